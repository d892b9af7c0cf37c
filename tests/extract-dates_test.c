/* Deadlines: each phrase said on Tuesday, 3 March 2026, and the day that it means. */
#include <glib.h>
#include <string.h>

#include "base/clock.h"
#include "extract/dates.h"

typedef struct {
    const char *text, *date; /* date NULL: no deadline; "": one without a day */
} Case;

static const Case cases[] = {
    {"send it today", "2026-03-03"},
    {"send it tonight", "2026-03-03"},
    {"send it by tonight", "2026-03-03"},
    {"by noon", "2026-03-03"},
    {"by 5 pm", "2026-03-03"},
    {"by 5:30pm", "2026-03-03"},
    {"before lunch", "2026-03-03"},
    {"by the end of today", "2026-03-03"},
    {"by the end of the day", "2026-03-03"},
    {"by end of day", "2026-03-03"},
    {"by eod", "2026-03-03"},
    {"this afternoon", "2026-03-03"},
    {"by close of business", "2026-03-03"},
    {"tomorrow", "2026-03-04"},
    {"by tomorrow", "2026-03-04"},
    {"tomorrow morning", "2026-03-04"},
    {"by noon tomorrow", "2026-03-04"},
    {"before tomorrow evening", "2026-03-04"},
    {"the day after tomorrow", "2026-03-05"},
    {"by friday", "2026-03-06"},
    {"on friday", "2026-03-06"},
    {"friday", "2026-03-06"},
    {"this friday", "2026-03-06"},
    {"by this coming friday", "2026-03-06"},
    {"no later than friday", "2026-03-06"},
    {"until friday afternoon", "2026-03-06"},
    {"by noon on friday", "2026-03-06"},
    {"by tuesday", "2026-03-10"},
    {"by monday morning", "2026-03-09"},
    {"by wednesday", "2026-03-04"},
    {"by next friday", "2026-03-13"},
    {"next tuesday", "2026-03-10"},
    {"friday next week", "2026-03-13"},
    {"wednesday of next week", "2026-03-11"},
    {"next week on monday", "2026-03-09"},
    {"a week from friday", "2026-03-13"},
    {"two weeks from monday", "2026-03-23"},
    {"by thu", "2026-03-05"},
    {"by sun", "2026-03-08"},
    {"by the end of the week", "2026-03-06"},
    {"by end of week", "2026-03-06"},
    {"this week", "2026-03-06"},
    {"next week", "2026-03-13"},
    {"by the end of next week", "2026-03-13"},
    {"by the weekend", "2026-03-08"},
    {"by the end of the month", "2026-03-31"},
    {"by the end of this month", "2026-03-31"},
    {"this month", "2026-03-31"},
    {"next month", "2026-04-30"},
    {"by the end of next month", "2026-04-30"},
    {"by the end of the quarter", "2026-03-31"},
    {"next quarter", "2026-06-30"},
    {"by the end of q3", "2026-09-30"},
    {"by the end of the year", "2026-12-31"},
    {"next year", "2027-12-31"},
    {"by the end of march", "2026-03-31"},
    {"by the end of february", "2027-02-28"},
    {"in two weeks", "2026-03-17"},
    {"in a week", "2026-03-10"},
    {"within three days", "2026-03-06"},
    {"in the next five days", "2026-03-08"},
    {"in a couple of weeks", "2026-03-17"},
    {"in a month", "2026-04-03"},
    {"in a fortnight", "2026-03-17"},
    {"two weeks from now", "2026-03-17"},
    {"in two weeks time", "2026-03-17"},
    {"by march 20th", "2026-03-20"},
    {"by march the 20th", "2026-03-20"},
    {"on the 20th of march", "2026-03-20"},
    {"march third", "2026-03-03"},
    {"by march twentieth", "2026-03-20"},
    {"by the twenty first of march", "2026-03-21"},
    {"march 2nd", "2027-03-02"},
    {"3 april", "2026-04-03"},
    {"by april 3 2027", "2027-04-03"},
    {"friday march 20th", "2026-03-20"},
    {"february 29th", "2028-02-29"},
    {"by the 15th", "2026-03-15"},
    {"on the fifteenth", "2026-03-15"},
    {"before the 2nd", "2026-04-02"},
    {"by the 31st of next month", "2026-05-31"},
    {"3/15", "2026-03-15"},
    {"by 15/3", "2026-03-15"},
    {"4/4", "2026-04-04"},
    {"3/15/2027", "2027-03-15"},
    {"15.3.2026", "2026-03-15"},
    {"2026-03-15", "2026-03-15"},
    {"by christmas", "2026-12-25"},
    {"by the first monday of april", "2026-04-06"},
    {"by the last friday of the month", "2026-03-27"},
    /* no day */
    {"as soon as possible", ""},
    {"asap", ""},
    {"by the next meeting", ""},
    /* none at all */
    {"some day", NULL},
    {"soon", NULL},
    {"later", NULL},
    {"one day", NULL},
    {"any day now", NULL},
    {"in a few days", NULL},
    {"yesterday", NULL},
    {"last friday", NULL},
    {"two weeks ago", NULL},
    {"since monday", NULL},
    {"3/4", NULL},
    {"february 30th", NULL},
    {"13/13", NULL},
    {"2026-02-30", NULL},
    {"2025-03-15", NULL},
    {"the 15th floor", NULL},
    {"in the meantime", NULL},
    {"by the team", NULL},
    {"on the second version", NULL},
    {"march on", NULL},
    {"we may do it", NULL},
    {"by bus", NULL},
    {"", NULL},
};

static gint64 said_on(const char *day) {
    gint64 ms = 0;
    g_assert_true(time_parse(day, &ms));
    return ms;
}

static void test_table(void) {
    gint64 meeting_ms = said_on("2026-03-03T10:00:00Z");
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        Due due = {0};
        bool found = due_find(cases[i].text, meeting_ms, &due);
        const char *date = found ? due.date : NULL;
        if (g_strcmp0(date, cases[i].date) != 0)
            g_test_message("\"%s\" gave %s, not %s", cases[i].text, date ? date : "none", cases[i].date ? cases[i].date : "none");
        g_assert_cmpstr(date, ==, cases[i].date);
    }
}

static void test_words_of_the_deadline(void) {
    const char *text = "send the figures by friday to lisa";
    Due due;
    g_assert_true(due_find(text, said_on("2026-03-03"), &due));
    g_autofree char *said = g_strndup(text + due.at, due.end - due.at);
    g_assert_cmpstr(said, ==, "by friday");
}

static void test_first_of_two(void) {
    Due due;
    g_assert_true(due_find("by monday and again by friday", said_on("2026-03-03"), &due));
    g_assert_cmpstr(due.date, ==, "2026-03-09");
}

static void test_a_day_counts_in_utc(void) {
    Due due;
    g_assert_true(due_find("today", said_on("2026-03-03T23:59:59Z"), &due));
    g_assert_cmpstr(due.date, ==, "2026-03-03");
    g_assert_true(due_find("tomorrow", said_on("2026-12-31T00:00:00Z"), &due));
    g_assert_cmpstr(due.date, ==, "2027-01-01");
}

static void test_a_weekend_looks_ahead(void) {
    Due due;
    g_assert_true(due_find("by the end of the week", said_on("2026-03-07"), &due)); /* a Saturday */
    g_assert_cmpstr(due.date, ==, "2026-03-13");
    g_assert_true(due_find("in a month", said_on("2026-01-31"), &due));
    g_assert_cmpstr(due.date, ==, "2026-02-28");
}

static void test_times_out_of_all_bounds(void) {
    Due due;
    g_assert_true(due_find("tomorrow", G_MININT64, &due));
    g_assert_cmpstr(due.date, ==, "1970-01-02");
    g_assert_true(due_find("today", G_MAXINT64, &due));
    g_assert_cmpuint(strlen(due.date), ==, 10);
    g_assert_false(due_find("in 5 centuries", 0, &due));
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/extract/dates/table", test_table);
    g_test_add_func("/extract/dates/words", test_words_of_the_deadline);
    g_test_add_func("/extract/dates/first", test_first_of_two);
    g_test_add_func("/extract/dates/utc", test_a_day_counts_in_utc);
    g_test_add_func("/extract/dates/weekend", test_a_weekend_looks_ahead);
    g_test_add_func("/extract/dates/bounds", test_times_out_of_all_bounds);
    return g_test_run();
}
