/* A price table (HANSARD_PRICES). */
#include "fuzz.h"
#include "operate/prices.h"

void fuzz_operate_prices(const guint8 *data, gsize size) {
    g_autoptr(Prices) prices = NULL;
    if (!FUZZ_CALL(prices_parse(data, size, "the price table", &prices, &error))) return;
    g_assert_cmpint(prices_class_index(prices, "STANDARD"), >=, 0);
    for (guint i = 0; i < prices->classes->len; i++) {
        const PriceClass *class = prices->classes->pdata[i];
        g_assert_true(class->gb_month >= 0 && class->billed_bytes_min >= 0 && class->days_min >= 0);
    }
}
