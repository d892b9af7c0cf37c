/* Dates: ISO 8601 in requests and documents, HTTP's in answers. A time that was read is written and read again as the same. */
#include "base/clock.h"
#include "fuzz.h"
#include "net/http.h"

#define YEAR_10000_MS 253402300800000LL

void fuzz_base_time(const guint8 *data, gsize size) {
    g_autofree char *text = g_strndup((const char *)data, size);
    gint64 ms = -1, again = -1;
    if (time_parse(text, &ms) && ms >= 0 && ms < YEAR_10000_MS) {
        g_autofree char *written = time_format(ms);
        g_assert_cmpuint(strlen(written), ==, strlen("2026-03-04T05:06:07.089Z"));
        g_assert_true(time_parse(written, &again));
        g_assert_cmpint(again, ==, ms);
    }
    http_date_parse(text, &ms);
}
