/* Days that a calendar names: "the 15th", "March 3rd", "week 12", "Easter", "the third Monday in May". */
#include "extract/date_resolve.h"
#include "extract/date_words.h"

#include <string.h>

bool due_middle_of_month(const GMatchInfo *match, const GDate *today, GDate *day) {
    g_autofree char *month = date_part(match, "month");
    for (guint ahead = 0; ahead < 2; ahead++)
        if (date_set(day, g_date_get_year(today) + ahead, date_month(month), 15) && g_date_compare(day, today) >= 0) return true;
    return false;
}

bool due_numbered_quarter(const GMatchInfo *match, const GDate *today, GDate *day) {
    g_autofree char *number = date_part(match, "quarter"), *year = date_part(match, "year");
    guint quarter = date_ordinal(number), named = year ? (guint)g_ascii_strtoull(year, NULL, 10) : g_date_get_year(today);
    g_autofree char *start = date_part(match, "start");
    if (quarter < 1 || quarter > 4) return false;
    if (start) {
        g_date_set_dmy(day, 1, (GDateMonth)(3 * quarter - 2), (GDateYear)named);
        if (g_date_compare(day, today) < 0 && !year) g_date_add_years(day, 1);
        return g_date_compare(day, today) >= 0;
    }
    g_date_set_dmy(day, 1, (GDateMonth)(3 * quarter), (GDateYear)named);
    date_to_month_end(day);
    if (year) return g_date_compare(day, today) >= 0;
    if (g_date_compare(day, today) < 0) {
        g_date_set_day(day, 1);
        g_date_add_years(day, 1);
        date_to_month_end(day);
    }
    return true;
}

bool due_half_year(const GMatchInfo *match, const GDate *today, GDate *day) {
    g_autofree char *words = g_match_info_fetch(match, 0), *half = date_part(match, "half");
    bool second = half ? half[0] == '2' : strstr(words, "second") != NULL;
    g_date_set_dmy(day, second ? 31 : 30, second ? G_DATE_DECEMBER : G_DATE_JUNE, g_date_get_year(today));
    if (g_date_compare(day, today) < 0) g_date_add_years(day, 1);
    return true;
}

bool due_half_month(const GMatchInfo *match, const GDate *today, GDate *day) {
    g_autofree char *nth = date_part(match, "nth"), *month = date_part(match, "month"),
                    *next = date_part(match, "next"), *year = date_part(match, "year");
    guint wanted = month ? date_month(month) : (guint)g_date_get_month(today), named = year ? (guint)g_ascii_strtoull(year, NULL,
        10) : g_date_get_year(today);
    for (guint ahead = 0; ahead < (year || !month ? 1 : 2); ahead++) {
        if (!date_set(day, named + ahead, wanted, 15)) return false;
        if (g_strcmp0(next, "next") == 0) g_date_add_months(day, 1);
        if (date_ordinal(nth) == 2) date_to_month_end(day);
        if (g_date_compare(day, today) >= 0) return true;
    }
    return false;
}

/* The fourth Thursday of November. */
bool due_thanksgiving(const GMatchInfo *match, const GDate *today, GDate *day) {
    for (guint ahead = 0; ahead < 2; ahead++) {
        g_date_set_dmy(day, 1, G_DATE_NOVEMBER, (GDateYear)(g_date_get_year(today) + ahead));
        date_add(day, (G_DATE_THURSDAY - (int)g_date_get_weekday(day) + 7) % 7 + 21);
        if (g_date_compare(day, today) >= 0) return true;
    }
    return false;
}

/* "the first week of April": the Friday of the week in which its first working day stands. */
bool due_nth_week(const GMatchInfo *match, const GDate *today, GDate *day) {
    g_autofree char *nth = date_part(match, "nth"), *month = date_part(match, "month"),
                    *next = date_part(match, "next"), *year = date_part(match, "year");
    guint wanted = month ? date_month(month) : (guint)g_date_get_month(today), named = year ? (guint)g_ascii_strtoull(year, NULL,
        10) : g_date_get_year(today);
    if (!year && month && wanted < (guint)g_date_get_month(today)) named++;
    if (!date_set(day, named, wanted, 1)) return false;
    if (next) g_date_add_months(day, 1);
    if (strcmp(nth, "last") == 0) {
        date_to_month_end(day);
        if (g_date_get_weekday(day) < G_DATE_FRIDAY) return g_date_compare(day, today) >= 0;
        date_to_weekday(day, G_DATE_FRIDAY, 0);
    } else {
        date_to_week_end(day, 0);
        date_add(day, 7 * ((int)date_ordinal(nth) - 1));
    }
    return g_date_compare(day, today) >= 0;
}

/* Weeks as ISO 8601 counts them. */
bool due_numbered_week(const GMatchInfo *match, const GDate *today, GDate *day) {
    g_autofree char *week = date_part(match, "week");
    guint number = date_number(week);
    for (guint ahead = 0; ahead < 2 && number >= 1 && number <= 53; ahead++) {
        g_date_set_dmy(day, 4, G_DATE_JANUARY, (GDateYear)(g_date_get_year(today) + ahead));
        date_to_weekday(day, G_DATE_FRIDAY, (int)number - 1);
        if (g_date_compare(day, today) >= 0) return true;
    }
    return false;
}

bool due_dated(const GMatchInfo *match, const GDate *today, GDate *day) {
    g_autofree char *number = date_part(match, "day"), *month = date_part(match, "month"), *year = date_part(match, "year");
    guint this_year = g_date_get_year(today);
    if (year)
        return date_set(day, (guint)g_ascii_strtoull(year, NULL, 10), date_month(month), date_ordinal(number)) &&
               g_date_compare(day, today) >= 0;
    g_autofree char *weekday = date_part(match, "weekday");
    for (int exact = weekday != NULL; exact >= 0; exact--) { /* "Friday, July 18": the year in which it is one */
        for (guint ahead = 0; ahead <= (exact ? 1 : 8); ahead++) /* 29 February may be far */
            if (date_set(day, this_year + ahead, date_month(month), date_ordinal(number)) && g_date_compare(day, today) >= 0 &&
                (!exact || (guint)g_date_get_weekday(day) == date_weekday(weekday)))
                return true;
    }
    return false;
}

/* "Tuesday the 19th", "Friday 13": the next such day. */
bool due_weekday_and_day(const GMatchInfo *match, const GDate *today, GDate *day) {
    g_autofree char *weekday = date_part(match, "weekday"), *number = date_part(match, "day");
    guint wanted = date_ordinal(number), months = (guint)g_date_get_year(today) * 12 + (guint)g_date_get_month(today) - 1;
    for (guint i = 0; i < 48; i++)
        if (date_set(day, (months + i) / 12, (months + i) % 12 + 1, wanted) && g_date_compare(day, today) >= 0 &&
            (guint)g_date_get_weekday(day) == date_weekday(weekday))
            return true;
    return false;
}

/* "Friday 7.6", "Friday 5/12": of month and day, and day and month, the one that is such a weekday. */
bool due_weekday_and_pair(const GMatchInfo *match, const GDate *today, GDate *day) {
    g_autofree char *weekday = date_part(match, "weekday"), *left = date_part(match, "left"), *right = date_part(match, "right");
    for (guint ahead = 0; ahead < 2; ahead++) {
        for (guint swapped = 0; swapped < 2; swapped++) {
            guint month = date_number(swapped ? right : left), number = date_number(swapped ? left : right);
            if (date_set(day, g_date_get_year(today) + ahead, month, number) && g_date_compare(day, today) >= 0 &&
                (guint)g_date_get_weekday(day) == date_weekday(weekday))
                return true;
        }
    }
    return false;
}

/* "the fifth last day of May" */
bool due_last_day_but(const GMatchInfo *match, const GDate *today, GDate *day) {
    g_autofree char *nth = date_part(match, "nth"), *month = date_part(match, "month"),
                    *year = date_part(match, "year");
    guint back = nth ? date_ordinal(nth) - 1 : 0, named = year ? (guint)g_ascii_strtoull(year, NULL, 10) : g_date_get_year(today);
    for (guint ahead = 0; ahead < (year ? 1 : 2); ahead++) {
        if (!date_set(day, named + ahead, date_month(month), 1)) return false;
        date_to_month_end(day);
        g_date_subtract_days(day, back);
        if (g_date_compare(day, today) >= 0) return true;
    }
    return false;
}

/* "the week of April 10th" */
bool due_week_of(const GMatchInfo *match, const GDate *today, GDate *day) {
    if (!due_dated(match, today, day)) return false;
    date_to_weekday(day, G_DATE_FRIDAY, 0);
    return g_date_compare(day, today) >= 0;
}

/* "in March" is its last day, "by March" its first. */
bool due_month(const GMatchInfo *match, const GDate *today, GDate *day) {
    g_autofree char *month = date_part(match, "month"),
                    *year = date_part(match, "year"), *until = date_part(match, "until"), *years = date_part(match, "count");
    guint named = year ? (guint)g_ascii_strtoull(year, NULL, 10) : g_date_get_year(today) + (years ? date_number(years) : 0);
    for (guint ahead = 0; ahead < (year ? 1 : 2); ahead++) {
        if (!date_set(day, named + ahead, date_month(month), 1)) return false;
        if (!until) date_to_month_end(day);
        if (g_date_compare(day, today) >= 0) return true;
    }
    return false;
}

/* "early April", "the beginning of May": the first, as for "the beginning of next month" */
bool due_month_start(const GMatchInfo *match, const GDate *today, GDate *day) {
    g_autofree char *month = date_part(match, "month"), *year = date_part(match, "year");
    guint named = year ? (guint)g_ascii_strtoull(year, NULL, 10) : g_date_get_year(today);
    for (guint ahead = 0; ahead < (year ? 1 : 2); ahead++)
        if (date_set(day, named + ahead, date_month(month), 1) && g_date_compare(day, today) >= 0) return true;
    return false;
}

/* "10/2014" and "2014-10" */
bool due_numbered_month(const GMatchInfo *match, const GDate *today, GDate *day) {
    g_autofree char *month = date_part(match, "month"), *year = date_part(match, "year");
    if (!date_set(day, (guint)g_ascii_strtoull(year, NULL, 10), date_number(month), 1)) return false;
    date_to_month_end(day);
    return g_date_compare(day, today) >= 0;
}

bool due_year(const GMatchInfo *match, const GDate *today, GDate *day) {
    g_autofree char *year = date_part(match, "year");
    g_date_set_dmy(day, 31, G_DATE_DECEMBER, (GDateYear)g_ascii_strtoull(year, NULL, 10));
    return g_date_compare(day, today) >= 0;
}

/* Gauss's rule in the form of Butcher (1877). */
static void to_easter(GDate *day, guint year) {
    guint a = year % 19, b = year / 100, c = year % 100, d = (19 * a + b - b / 4 - (b - (b + 8) / 25 + 1) / 3 + 15) % 30;
    guint e = (32 + 2 * (b % 4) + 2 * (c / 4) - d - c % 4) % 7, f = d + e - 7 * ((a + 11 * d + 22 * e) / 451) + 114;
    g_date_set_dmy(day, (GDateDay)(f % 31 + 1), (GDateMonth)(f / 31), (GDateYear)year);
}

bool due_easter(const GMatchInfo *match, const GDate *today, GDate *day) {
    g_autofree char *name = date_part(match, "easter"), *year = date_part(match, "year");
    guint named = year ? (guint)g_ascii_strtoull(year, NULL, 10) : g_date_get_year(today);
    for (guint ahead = 0; ahead < (year ? 1 : 2); ahead++) {
        to_easter(day, named + ahead);
        if (strcmp(name, "good friday") == 0) g_date_subtract_days(day, 2);
        if (strcmp(name, "easter monday") == 0) g_date_add_days(day, 1);
        if (g_date_compare(day, today) >= 0) return true;
    }
    return false;
}

bool due_end_of_month(const GMatchInfo *match, const GDate *today, GDate *day) {
    g_autofree char *month = date_part(match, "month"), *year = date_part(match, "year");
    guint named = year ? (guint)g_ascii_strtoull(year, NULL, 10) : g_date_get_year(today);
    g_date_set_dmy(day, 1, (GDateMonth)date_month(month), (GDateYear)named);
    date_to_month_end(day);
    if (g_date_compare(day, today) < 0 && !year) {
        g_date_set_dmy(day, 1, (GDateMonth)date_month(month), (GDateYear)(named + 1));
        date_to_month_end(day);
    }
    return g_date_compare(day, today) >= 0;
}

/* "the 15th": of this month or, when that is over, of the next that has such a day. */
bool due_day_of_month(const GMatchInfo *match, const GDate *today, GDate *day) {
    g_autofree char *number = date_part(match, "day"), *next = date_part(match, "next");
    g_date_set_day(day, 1);
    if (next) g_date_add_months(day, 1);
    for (guint tries = 0; tries < 3; tries++, g_date_add_months(day, 1)) {
        GDate found;
        g_date_clear(&found, 1);
        if (!date_set(&found, g_date_get_year(day), g_date_get_month(day), date_ordinal(number)) ||
            g_date_compare(&found, today) <= 0)
            continue;
        *day = found;
        return true;
    }
    return false;
}

bool due_week_of_day(const GMatchInfo *match, const GDate *today, GDate *day) {
    if (!due_day_of_month(match, today, day)) return false;
    if (g_date_get_weekday(day) <= G_DATE_FRIDAY) date_to_weekday(day, G_DATE_FRIDAY, 0);
    return true;
}

bool due_iso(const GMatchInfo *match, const GDate *today, GDate *day) {
    g_autofree char *year = date_part(match, "year"), *month = date_part(match, "month"), *number = date_part(match, "day");
    return date_set(day, (guint)g_ascii_strtoull(year, NULL, 10), date_number(month), date_number(number)) &&
           g_date_compare(day, today) >= 0;
}

/* 3/15 is month and day, 15/3 day and month; 3/4 may be either and is no date. */
bool due_pair(const GMatchInfo *match, const GDate *today, GDate *day) {
    g_autofree char *left = date_part(match, "left"), *right = date_part(match, "right"), *dot = date_part(match, "dot"),
                    *year = date_part(match, "year");
    guint a = date_number(left), b = date_number(right);
    if (a <= 12 && b <= 12 && a != b && !dot) return false;
    guint month = dot || a > 12 ? b : a, number = dot || a > 12 ? a : b;
    guint named = year ? (guint)g_ascii_strtoull(year, NULL, 10) : g_date_get_year(today);
    if (year && named < 100) named += 2000;
    for (guint ahead = 0; ahead <= (year ? 0 : 8); ahead++) /* 2/29 may be far */
        if (date_set(day, named + ahead, month, number) && g_date_compare(day, today) >= 0) return true;
    return false;
}

bool due_nth_weekday(const GMatchInfo *match, const GDate *today, GDate *day) {
    g_autofree char *nth = date_part(match, "nth"), *weekday = date_part(match, "weekday"), *month = date_part(match, "month"),
                    *next = date_part(match, "next");
    guint wanted = month ? date_month(month) : (guint)g_date_get_month(today), year = g_date_get_year(today);
    g_autofree char *named_year = date_part(match, "year");
    if (named_year)
        year = (guint)g_ascii_strtoull(named_year, NULL, 10);
    else if (month && wanted < (guint)g_date_get_month(today))
        year++;
    g_date_set_dmy(day, 1, (GDateMonth)wanted, (GDateYear)year);
    if (next) g_date_add_months(day, 1);
    guint this_month = g_date_get_month(day);
    if (strcmp(nth, "last") == 0) {
        date_to_month_end(day);
        date_add(day, -(((int)g_date_get_weekday(day) - (int)date_weekday(weekday) + 7) % 7));
    } else {
        date_add(day, ((int)date_weekday(weekday) - (int)g_date_get_weekday(day) + 7) % 7 + 7 * ((int)date_ordinal(nth) - 1));
    }
    return (guint)g_date_get_month(day) == this_month && g_date_compare(day, today) >= 0;
}

bool due_holiday(const GMatchInfo *match, const GDate *today, GDate *day) {
    static const struct {
        const char *name;
        guint month, day;
    } holidays[] = {{"christmas eve", 12, 24}, {"christmas", 12, 25}, {"boxing day", 12, 26}, {"new year's eve", 12, 31},
                    {"new year", 1, 1},        {"halloween", 10, 31}, {"valentine", 2, 14},
                    {"st patrick", 3, 17},     {"saint patrick", 3, 17}, {"the fourth of "
                     "july", 7, 4}, {"fourth of july", 7, 4}, {"independence", 7, 4}, {"may", 5, 1}};
    g_autofree char *name = date_part(match, "holiday");
    for (gsize i = 0; i < G_N_ELEMENTS(holidays); i++) {
        if (!g_str_has_prefix(name, holidays[i].name)) continue;
        date_set(day, g_date_get_year(today), holidays[i].month, holidays[i].day);
        if (g_date_compare(day, today) < 0) g_date_add_years(day, 1);
        return true;
    }
    return false;
}
