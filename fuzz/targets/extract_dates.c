/* Deadlines in what was said. */
#include "extract/dates.h"
#include "fuzz.h"

void fuzz_extract_dates(const guint8 *data, gsize size) {
    g_autofree char *valid = g_utf8_make_valid((const char *)data, (gssize)size);
    g_autofree char *text = g_utf8_strdown(valid, -1);
    static const gint64 meetings_ms[] = {0, 1709164800000 /* 29 February */, 1772600767089, 9999999999999};
    for (gsize i = 0; i < G_N_ELEMENTS(meetings_ms); i++) {
        Due due = {0};
        if (!due_find(text, meetings_ms[i], &due)) continue;
        g_assert_true(due.at < due.end && due.end <= strlen(text));
        g_assert_true(g_utf8_validate(text + due.at, due.end - due.at, NULL));
        if (!due.date[0]) continue;
        int year, month, day;
        g_assert_cmpint(sscanf(due.date, "%4d-%2d-%2d", &year, &month, &day), ==, 3);
        g_assert_true(strlen(due.date) == 10 && g_date_valid_dmy((GDateDay)day, (GDateMonth)month, (GDateYear)year));
    }
}
