/* Days counted from today: "Friday", "in three weeks", "the end of next month". */
#include "extract/date_resolve.h"
#include "extract/date_words.h"

#include <string.h>

bool due_today(const GMatchInfo *match, const GDate *today, GDate *day) { return true; }

bool due_tomorrow(const GMatchInfo *match, const GDate *today, GDate *day) {
    g_autofree char *after = date_part(match, "after");
    date_add(day, after ? 2 : 1);
    return true;
}

/* "Friday" and "this Friday" are the next to come; "next Friday" is that of the week that begins on the Monday to come. */
bool due_weekday(const GMatchInfo *match, const GDate *today, GDate *day) {
    g_autofree char *name = date_part(match, "weekday"), *which = date_part(match, "which"), *week = date_part(match, "week");
    guint weekday = date_weekday(name);
    bool next_week = g_strcmp0(which, "next") == 0 || g_strcmp0(which, "following") == 0 || (week && strstr(week, "next") && !strstr(week, "after"));
    int ahead = ((int)weekday - (int)g_date_get_weekday(day) + 6) % 7 + 1;
    if (next_week)
        date_to_weekday(day, weekday, 1);
    else if (week && strstr(week, "after"))
        date_add(day, ahead + 7);
    else if (week)
        date_to_weekday(day, weekday, 0);
    else
        date_add(day, ahead);
    return g_date_compare(day, today) >= 0;
}

bool due_weeks_from_weekday(const GMatchInfo *match, const GDate *today, GDate *day) {
    g_autofree char *name = date_part(match, "weekday"), *count = date_part(match, "count");
    guint weeks = count ? date_number(count) : 1;
    date_add(day, ((int)date_weekday(name) - (int)g_date_get_weekday(day) + 6) % 7 + 1 + 7 * (int)weeks);
    return weeks > 0;
}

/* "At the end of the day it's your call" */
static bool is_idiom(const GMatchInfo *match) {
    static const char idiom[] = "at the end of the day";
    static const char *const subjects[] = {" it", " we", " you", " i", " that", " what", " they", " he", " she", " there", " this", " everything",
        " nobody", " the", NULL};
    int at, end;
    const char *text = g_match_info_get_string(match);
    if (!g_match_info_fetch_pos(match, 0, &at, &end) || !g_str_has_prefix(text + at, idiom) || text[end] == '\0') return false;
    for (guint i = 0; subjects[i]; i++)
        if (g_str_has_prefix(text + end, subjects[i])) return true;
    return false;
}

bool due_end_of(const GMatchInfo *match, const GDate *today, GDate *day) {
    g_autofree char *which = date_part(match, "which"), *unit = date_part(match, "unit");
    if (is_idiom(match)) return false;
    if (strcmp(unit, "weekend") == 0)
        date_to_weekday(day, G_DATE_SUNDAY, (int)date_ahead_of(which));
    else
        date_to_end(day, unit[0], date_ahead_of(which));
    return true;
}

bool due_unit_after_next(const GMatchInfo *match, const GDate *today, GDate *day) {
    g_autofree char *unit = date_part(match, "unit");
    date_to_end(day, unit[0], 2);
    return true;
}

bool due_before_weekend(const GMatchInfo *match, const GDate *today, GDate *day) {
    date_to_week_end(day, 0);
    return true;
}

/* "the beginning of next week", "mid next month" */
bool due_within(const GMatchInfo *match, const GDate *today, GDate *day) {
    g_autofree char *which = date_part(match, "which"), *unit = date_part(match, "unit"), *middle = date_part(match, "middle");
    date_to_end(day, unit[0], date_ahead_of(which));
    if (unit[0] == 'w')
        date_to_weekday(day, middle ? G_DATE_WEDNESDAY : G_DATE_MONDAY, 0);
    else if (unit[0] == 'm')
        g_date_set_day(day, middle ? 15 : 1);
    else
        return false;
    return g_date_compare(day, today) >= 0;
}

bool due_next_quarter(const GMatchInfo *match, const GDate *today, GDate *day) {
    date_to_end(day, 'q', 0);
    g_date_add_days(day, 1);
    return true;
}

bool due_ahead(const GMatchInfo *match, const GDate *today, GDate *day) {
    g_autofree char *count = date_part(match, "count"), *unit = date_part(match, "unit"), *working = date_part(match, "working");
    g_autofree char *half = date_part(match, "half");
    guint number = count ? date_number(count) : half ? 6 : 1;
    if (half)
        g_date_add_months(day, number);
    else if (g_str_has_prefix(unit, "hour"))
        g_date_add_days(day, number / 24);
    else if (g_str_has_prefix(unit, "quarter"))
        g_date_add_months(day, 3 * number);
    else if (g_str_has_prefix(unit, "fortnight"))
        g_date_add_days(day, 14 * number);
    else if (g_str_has_prefix(unit, "day") && working)
        date_add_working_days(day, number);
    else if (g_str_has_prefix(unit, "day"))
        g_date_add_days(day, number);
    else if (g_str_has_prefix(unit, "week"))
        g_date_add_days(day, 7 * number);
    else if (g_str_has_prefix(unit, "month"))
        g_date_add_months(day, number);
    else
        g_date_add_years(day, number);
    return number > 0;
}

/* "a week today", "this time next week", "a week tomorrow" */
bool due_week_ahead(const GMatchInfo *match, const GDate *today, GDate *day) {
    g_autofree char *words = g_match_info_fetch(match, 0);
    date_add(day, strstr(words, "tomorrow") ? 8 : 7);
    return true;
}

/* "3 Fridays from now" */
bool due_nth_weekday_ahead(const GMatchInfo *match, const GDate *today, GDate *day) {
    g_autofree char *weekday = date_part(match, "weekday"), *count = date_part(match, "count");
    guint weeks = date_number(count);
    if (weeks == 0) return false;
    date_add(day, ((int)date_weekday(weekday) - (int)g_date_get_weekday(day) + 6) % 7 + 1 + 7 * ((int)weeks - 1));
    return true;
}

bool due_month_after_next(const GMatchInfo *match, const GDate *today, GDate *day) {
    if (!due_month(match, today, day)) return false;
    g_date_add_years(day, 1);
    date_to_month_end(day);
    return true;
}
