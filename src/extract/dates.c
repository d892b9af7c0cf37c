/* A table of phrases, each with the function that turns its parts into a day. Longest and most definite phrases first: of two
 * that begin at the same place the upper one wins. */
#include "extract/dates.h"

#include <string.h>

#define NUMBERS                                                                                                                  \
    "\\d{1,2}|an?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|"    \
    "eighteen|nineteen|(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)(?:[- ](?:one|two|three|four|five|six|seven|eight|nine))?|"          \
    "a couple of|a couple|a pair of|a few|few"
#define WEEKDAYS "mon(?:day)?|tue(?:s|sday)?|wednesday|thu(?:r|rs|rsday)?|fri(?:day)?|saturday|sunday"
#define MONTHS                                                                                                                   \
    "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sep(?:t|tember)?|oct(?:ober)?|nov(?:ember)?|"  \
    "dec(?:ember)?"
#define ORDINAL_WORDS                                                                                                            \
    "first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth|thirteenth|fourteenth|fifteenth|"         \
    "sixteenth|"                                                                                                                 \
    "seventeenth|eighteenth|nineteenth|twentieth|twenty[- ]first|twenty[- ]second|twenty[- ]third|twenty[- ]fourth|twenty[- "    \
    "]fifth|"                                                                                                                    \
    "twenty[- ]sixth|twenty[- ]seventh|twenty[- ]eighth|twenty[- ]ninth|thirtieth|thirty[- ]first"
#define CARDINAL_WORDS                                                                                                           \
    "twenty[- ](?:one|two|three|four|five|six|seven|eight|nine)|thirty[- ]one|one|two|three|four|five|six|seven|eight|nine|ten|"  \
    "eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|twenty|thirty"
#define DAY "(?<day>\\d{1,2}(?:st|nd|rd|th)?|" ORDINAL_WORDS ")"
#define ORDINAL_DAY "(?<day>\\d{1,2}(?:st|nd|rd|th)|" ORDINAL_WORDS ")"
#define MONTH "(?<month>" MONTHS ")"
#define YEAR "(?: (?:in |of )?(?<year>20\\d\\d)| (?:in |of )?twenty twenty (?<spoken>five|six|seven|eight|nine))?"
#define WEEKDAY "(?<weekday>" WEEKDAYS ")"
#define TIME                                                                                                                     \
    "(?:noon|midday|midnight|lunch ?time|lunch|(?:\\d{1,2}(?::\\d\\d)?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve) " \
    "?(?:[ap] ?m|o'?clock)(?: sharp)?)"
/* "end of day Friday", "close of business tomorrow", "first thing Monday" */
#define AT_ITS_END                                                                                                               \
    "(?:(?:(?:the )?(?:end|close) of (?:(?:the )?(?:business|day|play) )?|eod |cob |first thing (?:in the morning )?)(?:on |of )?)?"
#define UNITS "days?|weeks?|months?|years?|fortnights?|quarters?|hours?"
#define BY "(?:by|on|before|until|till|til|due|for|at|around|no later than|not later than|latest by) "
#define PART_OF_DAY "(?: (?:first thing|morning|afternoon|evening|night|noon|at noon|lunch ?time|at the latest))?"

typedef bool (*Resolve)(const GMatchInfo *match, const GDate *today, GDate *day);

static char *part(const GMatchInfo *match, const char *name) {
    char *text = g_match_info_fetch_named(match, name);
    if (text && *text) return text;
    g_free(text);
    static const char *const spoken[] = {"five", "six", "seven", "eight", "nine"};
    g_autofree char *last = strcmp(name, "year") == 0 ? g_match_info_fetch_named(match, "spoken") : NULL; /* "twenty twenty six" */
    for (guint i = 0; last && i < G_N_ELEMENTS(spoken); i++)
        if (strcmp(last, spoken[i]) == 0) return g_strdup_printf("202%u", i + 5);
    return NULL;
}

/* The word of the list that begins with these letters, from 1; where there are several, one that is no longer. */
static guint position_in(const char *list, const char *word, gsize letters) {
    g_auto(GStrv) words = g_strsplit(list, " ", -1);
    guint found = 0;
    for (guint i = 0; words[i]; i++) {
        if (strncmp(words[i], word, letters) != 0) continue;
        if (!found || strlen(words[i]) == letters) found = i + 1;
    }
    return found;
}

static const char cardinals[] = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
                                "seventeen eighteen nineteen twenty";

static guint number_of(const char *word) {
    if (g_ascii_isdigit(word[0])) return (guint)g_ascii_strtoull(word, NULL, 10);
    if (g_str_has_prefix(word, "a couple") || strcmp(word, "a pair of") == 0) return 2;
    if (strcmp(word, "a") == 0 || strcmp(word, "an") == 0) return 1;
    static const char tens[] = "ten twenty thirty forty fifty sixty seventy eighty ninety";
    gsize letters = strcspn(word, " -");
    guint ten = letters > 4 ? position_in(tens, word, letters) : 0;
    if (ten > 1 && word[letters]) return 10 * ten + position_in(cardinals, word + letters + 1, strlen(word + letters + 1));
    if (ten > 1 && g_str_has_suffix(word, "ty")) return 10 * ten;
    return position_in(cardinals, word, strlen(word)); /* "a few" is 0: no number */
}

static bool is_cardinal(const char *word, guint number) {
    g_auto(GStrv) words = g_strsplit(cardinals, " ", -1);
    return number > 0 && strcmp(words[number - 1], word) == 0;
}

static guint ordinal_of(const char *word) {
    static const char ordinals[] =
        "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth "
        "sixteenth seventeenth eighteenth nineteenth twentieth";
    if (g_ascii_isdigit(word[0])) return (guint)g_ascii_strtoull(word, NULL, 10);
    if (strcmp(word, "thirtieth") == 0 || strcmp(word, "thirty") == 0) return 30;
    if (g_str_has_prefix(word, "thirty")) return 31;
    if (strcmp(word, "twenty") == 0) return 20;
    const char *unit = g_str_has_prefix(word, "twenty") ? word + 7 : word;
    guint tens = unit == word ? 0 : 20, number = position_in(cardinals, unit, strlen(unit));
    return is_cardinal(unit, number) ? tens + number : tens + position_in(ordinals, unit, strlen(unit));
}

static guint month_of(const char *word) { return position_in("jan feb mar apr may jun jul aug sep oct nov dec", word, 3); }
static guint weekday_of(const char *word) { return position_in("mon tue wed thu fri sat sun", word, 3); }

static GDate *add_days(GDate *day, int days) {
    if (days >= 0)
        g_date_add_days(day, (guint)days);
    else
        g_date_subtract_days(day, (guint)-days);
    return day;
}

/* `weeks` from the week of `day`, which begins on Monday. */
static void to_weekday(GDate *day, guint weekday, int weeks) {
    add_days(day, (int)weekday - (int)g_date_get_weekday(day) + 7 * weeks);
}

static void to_month_end(GDate *day) {
    g_date_set_day(day, 1);
    g_date_add_months(day, 1);
    g_date_subtract_days(day, 1);
}

static bool set_day(GDate *day, guint year, guint month, guint number) {
    if (month < 1 || month > 12 || number < 1 || number > 31 ||
        !g_date_valid_dmy((GDateDay)number, (GDateMonth)month, (GDateYear)year))
        return false;
    g_date_set_dmy(day, (GDateDay)number, (GDateMonth)month, (GDateYear)year);
    return true;
}

static bool is_today(const GMatchInfo *match, const GDate *today, GDate *day) { return true; }

static bool is_tomorrow(const GMatchInfo *match, const GDate *today, GDate *day) {
    g_autofree char *after = part(match, "after");
    add_days(day, after ? 2 : 1);
    return true;
}

/* "Friday" and "this Friday" are the next to come; "next Friday" is that of the week that begins on the Monday to come. */
static bool is_weekday(const GMatchInfo *match, const GDate *today, GDate *day) {
    g_autofree char *name = part(match, "weekday"), *which = part(match, "which"), *week = part(match, "week");
    guint weekday = weekday_of(name);
    bool next_week = g_strcmp0(which, "next") == 0 || g_strcmp0(which, "following") == 0 || (week && strstr(week, "next") && !strstr(week, "after"));
    int ahead = ((int)weekday - (int)g_date_get_weekday(day) + 6) % 7 + 1;
    if (next_week)
        to_weekday(day, weekday, 1);
    else if (week && strstr(week, "after"))
        add_days(day, ahead + 7);
    else if (week)
        to_weekday(day, weekday, 0);
    else
        add_days(day, ahead);
    return g_date_compare(day, today) >= 0;
}

static bool is_weeks_from_weekday(const GMatchInfo *match, const GDate *today, GDate *day) {
    g_autofree char *name = part(match, "weekday"), *count = part(match, "count");
    guint weeks = count ? number_of(count) : 1;
    add_days(day, ((int)weekday_of(name) - (int)g_date_get_weekday(day) + 6) % 7 + 1 + 7 * (int)weeks);
    return weeks > 0;
}

/* A week ends on its Friday; at a weekend that is the next one's. */
static void to_week_end(GDate *day, int weeks) {
    if (weeks == 0 && g_date_get_weekday(day) > G_DATE_FRIDAY) weeks = 1;
    to_weekday(day, G_DATE_FRIDAY, weeks);
}

/* The last day of the span `ahead` units on: of a week its last working day. */
static void to_end(GDate *day, char unit, guint ahead) {
    if (unit != 'd' && unit != 'w') g_date_set_day(day, 1);
    if (unit == 'd') {
        g_date_add_days(day, ahead);
    } else if (unit == 'w') {
        to_week_end(day, (int)ahead);
    } else if (unit == 'm') {
        g_date_add_months(day, ahead);
        to_month_end(day);
    } else if (unit == 'q') {
        g_date_add_months(day, 2 - ((guint)g_date_get_month(day) - 1) % 3 + 3 * ahead);
        to_month_end(day);
    } else {
        g_date_set_dmy(day, 31, G_DATE_DECEMBER, (GDateYear)(g_date_get_year(day) + ahead));
    }
}

static guint ahead_of(const char *which) { return which && (strcmp(which, "next") == 0 || strcmp(which, "following") == 0); }

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

static bool is_end_of(const GMatchInfo *match, const GDate *today, GDate *day) {
    g_autofree char *which = part(match, "which"), *unit = part(match, "unit");
    if (is_idiom(match)) return false;
    if (strcmp(unit, "weekend") == 0)
        to_weekday(day, G_DATE_SUNDAY, (int)ahead_of(which));
    else
        to_end(day, unit[0], ahead_of(which));
    return true;
}

static bool is_unit_after_next(const GMatchInfo *match, const GDate *today, GDate *day) {
    g_autofree char *unit = part(match, "unit");
    to_end(day, unit[0], 2);
    return true;
}

static bool is_before_weekend(const GMatchInfo *match, const GDate *today, GDate *day) {
    to_week_end(day, 0);
    return true;
}

/* "the beginning of next week", "mid next month" */
static bool is_within(const GMatchInfo *match, const GDate *today, GDate *day) {
    g_autofree char *which = part(match, "which"), *unit = part(match, "unit"), *middle = part(match, "middle");
    to_end(day, unit[0], ahead_of(which));
    if (unit[0] == 'w')
        to_weekday(day, middle ? G_DATE_WEDNESDAY : G_DATE_MONDAY, 0);
    else if (unit[0] == 'm')
        g_date_set_day(day, middle ? 15 : 1);
    else
        return false;
    return g_date_compare(day, today) >= 0;
}

static bool is_middle_of_month(const GMatchInfo *match, const GDate *today, GDate *day) {
    g_autofree char *month = part(match, "month");
    for (guint ahead = 0; ahead < 2; ahead++)
        if (set_day(day, g_date_get_year(today) + ahead, month_of(month), 15) && g_date_compare(day, today) >= 0) return true;
    return false;
}

static bool is_numbered_quarter(const GMatchInfo *match, const GDate *today, GDate *day) {
    g_autofree char *number = part(match, "quarter"), *year = part(match, "year");
    guint quarter = ordinal_of(number), named = year ? (guint)g_ascii_strtoull(year, NULL, 10) : g_date_get_year(today);
    g_autofree char *start = part(match, "start");
    if (quarter < 1 || quarter > 4) return false;
    if (start) {
        g_date_set_dmy(day, 1, (GDateMonth)(3 * quarter - 2), (GDateYear)named);
        if (g_date_compare(day, today) < 0 && !year) g_date_add_years(day, 1);
        return g_date_compare(day, today) >= 0;
    }
    g_date_set_dmy(day, 1, (GDateMonth)(3 * quarter), (GDateYear)named);
    to_month_end(day);
    if (year) return g_date_compare(day, today) >= 0;
    if (g_date_compare(day, today) < 0) {
        g_date_set_day(day, 1);
        g_date_add_years(day, 1);
        to_month_end(day);
    }
    return true;
}

static void add_working_days(GDate *day, guint number) {
    while (number > 0) {
        g_date_add_days(day, 1);
        number -= g_date_get_weekday(day) <= G_DATE_FRIDAY;
    }
}

static bool is_next_quarter(const GMatchInfo *match, const GDate *today, GDate *day) {
    to_end(day, 'q', 0);
    g_date_add_days(day, 1);
    return true;
}

static bool is_ahead(const GMatchInfo *match, const GDate *today, GDate *day) {
    g_autofree char *count = part(match, "count"), *unit = part(match, "unit"), *working = part(match, "working");
    g_autofree char *half = part(match, "half");
    guint number = count ? number_of(count) : half ? 6 : 1;
    if (half)
        g_date_add_months(day, number);
    else if (g_str_has_prefix(unit, "hour"))
        g_date_add_days(day, number / 24);
    else if (g_str_has_prefix(unit, "quarter"))
        g_date_add_months(day, 3 * number);
    else if (g_str_has_prefix(unit, "fortnight"))
        g_date_add_days(day, 14 * number);
    else if (g_str_has_prefix(unit, "day") && working)
        add_working_days(day, number);
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
static bool is_week_ahead(const GMatchInfo *match, const GDate *today, GDate *day) {
    g_autofree char *words = g_match_info_fetch(match, 0);
    add_days(day, strstr(words, "tomorrow") ? 8 : 7);
    return true;
}

static bool is_half_year(const GMatchInfo *match, const GDate *today, GDate *day) {
    g_autofree char *words = g_match_info_fetch(match, 0), *half = part(match, "half");
    bool second = half ? half[0] == '2' : strstr(words, "second") != NULL;
    g_date_set_dmy(day, second ? 31 : 30, second ? G_DATE_DECEMBER : G_DATE_JUNE, g_date_get_year(today));
    if (g_date_compare(day, today) < 0) g_date_add_years(day, 1);
    return true;
}

static bool is_half_month(const GMatchInfo *match, const GDate *today, GDate *day) {
    g_autofree char *nth = part(match, "nth"), *month = part(match, "month"), *next = part(match, "next"), *year = part(match, "year");
    guint wanted = month ? month_of(month) : (guint)g_date_get_month(today), named = year ? (guint)g_ascii_strtoull(year, NULL,
        10) : g_date_get_year(today);
    for (guint ahead = 0; ahead < (year ? 1 : 2); ahead++) {
        if (!set_day(day, named + ahead, wanted, 15)) return false;
        if (g_strcmp0(next, "next") == 0) g_date_add_months(day, 1);
        if (ordinal_of(nth) == 2) to_month_end(day);
        if (g_date_compare(day, today) >= 0) return true;
    }
    return false;
}

/* The fourth Thursday of November. */
static bool is_thanksgiving(const GMatchInfo *match, const GDate *today, GDate *day) {
    for (guint ahead = 0; ahead < 2; ahead++) {
        g_date_set_dmy(day, 1, G_DATE_NOVEMBER, (GDateYear)(g_date_get_year(today) + ahead));
        add_days(day, (G_DATE_THURSDAY - (int)g_date_get_weekday(day) + 7) % 7 + 21);
        if (g_date_compare(day, today) >= 0) return true;
    }
    return false;
}

/* "the first week of April": the Friday of the week in which its first working day stands. */
static bool is_nth_week(const GMatchInfo *match, const GDate *today, GDate *day) {
    g_autofree char *nth = part(match, "nth"), *month = part(match, "month"), *next = part(match, "next"), *year = part(match, "year");
    guint wanted = month ? month_of(month) : (guint)g_date_get_month(today), named = year ? (guint)g_ascii_strtoull(year, NULL,
        10) : g_date_get_year(today);
    if (!year && month && wanted < (guint)g_date_get_month(today)) named++;
    if (!set_day(day, named, wanted, 1)) return false;
    if (next) g_date_add_months(day, 1);
    if (strcmp(nth, "last") == 0) {
        to_month_end(day);
        if (g_date_get_weekday(day) < G_DATE_FRIDAY) return g_date_compare(day, today) >= 0;
        to_weekday(day, G_DATE_FRIDAY, 0);
    } else {
        to_week_end(day, 0);
        add_days(day, 7 * ((int)ordinal_of(nth) - 1));
    }
    return g_date_compare(day, today) >= 0;
}

/* Weeks as ISO 8601 counts them. */
static bool is_numbered_week(const GMatchInfo *match, const GDate *today, GDate *day) {
    g_autofree char *week = part(match, "week");
    guint number = number_of(week);
    for (guint ahead = 0; ahead < 2 && number >= 1 && number <= 53; ahead++) {
        g_date_set_dmy(day, 4, G_DATE_JANUARY, (GDateYear)(g_date_get_year(today) + ahead));
        to_weekday(day, G_DATE_FRIDAY, (int)number - 1);
        if (g_date_compare(day, today) >= 0) return true;
    }
    return false;
}

static bool is_dated(const GMatchInfo *match, const GDate *today, GDate *day) {
    g_autofree char *number = part(match, "day"), *month = part(match, "month"), *year = part(match, "year");
    guint this_year = g_date_get_year(today);
    if (year)
        return set_day(day, (guint)g_ascii_strtoull(year, NULL, 10), month_of(month), ordinal_of(number)) &&
               g_date_compare(day, today) >= 0;
    g_autofree char *weekday = part(match, "weekday");
    for (int exact = weekday != NULL; exact >= 0; exact--) { /* "Friday, July 18": the year in which it is one */
        for (guint ahead = 0; ahead <= (exact ? 1 : 8); ahead++) /* 29 February may be far */
            if (set_day(day, this_year + ahead, month_of(month), ordinal_of(number)) && g_date_compare(day, today) >= 0 &&
                (!exact || (guint)g_date_get_weekday(day) == weekday_of(weekday)))
                return true;
    }
    return false;
}

/* "Tuesday the 19th", "Friday 13": the next such day. */
static bool is_weekday_and_day(const GMatchInfo *match, const GDate *today, GDate *day) {
    g_autofree char *weekday = part(match, "weekday"), *number = part(match, "day");
    guint wanted = ordinal_of(number), months = (guint)g_date_get_year(today) * 12 + (guint)g_date_get_month(today) - 1;
    for (guint i = 0; i < 48; i++)
        if (set_day(day, (months + i) / 12, (months + i) % 12 + 1, wanted) && g_date_compare(day, today) >= 0 &&
            (guint)g_date_get_weekday(day) == weekday_of(weekday))
            return true;
    return false;
}

/* "Friday 7.6", "Friday 5/12": of month and day, and day and month, the one that is such a weekday. */
static bool is_weekday_and_pair(const GMatchInfo *match, const GDate *today, GDate *day) {
    g_autofree char *weekday = part(match, "weekday"), *left = part(match, "left"), *right = part(match, "right");
    for (guint ahead = 0; ahead < 2; ahead++) {
        for (guint swapped = 0; swapped < 2; swapped++) {
            guint month = number_of(swapped ? right : left), number = number_of(swapped ? left : right);
            if (set_day(day, g_date_get_year(today) + ahead, month, number) && g_date_compare(day, today) >= 0 &&
                (guint)g_date_get_weekday(day) == weekday_of(weekday))
                return true;
        }
    }
    return false;
}

/* "3 Fridays from now" */
static bool is_nth_weekday_ahead(const GMatchInfo *match, const GDate *today, GDate *day) {
    g_autofree char *weekday = part(match, "weekday"), *count = part(match, "count");
    guint weeks = number_of(count);
    if (weeks == 0) return false;
    add_days(day, ((int)weekday_of(weekday) - (int)g_date_get_weekday(day) + 6) % 7 + 1 + 7 * ((int)weeks - 1));
    return true;
}

/* "the fifth last day of May", "the last day of the month" */
static bool is_last_day_but(const GMatchInfo *match, const GDate *today, GDate *day) {
    g_autofree char *nth = part(match, "nth"), *month = part(match, "month"), *year = part(match, "year");
    guint back = nth ? ordinal_of(nth) - 1 : 0, named = year ? (guint)g_ascii_strtoull(year, NULL, 10) : g_date_get_year(today);
    for (guint ahead = 0; ahead < 2; ahead++) {
        if (!set_day(day, named + ahead, month_of(month), 1)) return false;
        to_month_end(day);
        g_date_subtract_days(day, back);
        if (g_date_compare(day, today) >= 0) return true;
    }
    return false;
}

/* "the week of April 10th" */
static bool is_week_of(const GMatchInfo *match, const GDate *today, GDate *day) {
    if (!is_dated(match, today, day)) return false;
    to_weekday(day, G_DATE_FRIDAY, 0);
    return g_date_compare(day, today) >= 0;
}

/* "in March" is its last day, "by March" its first. */
static bool is_month(const GMatchInfo *match, const GDate *today, GDate *day) {
    g_autofree char *month = part(match, "month"), *year = part(match, "year"), *until = part(match, "until"), *years = part(match, "count");
    guint named = year ? (guint)g_ascii_strtoull(year, NULL, 10) : g_date_get_year(today) + (years ? number_of(years) : 0);
    for (guint ahead = 0; ahead < (year ? 1 : 2); ahead++) {
        if (!set_day(day, named + ahead, month_of(month), 1)) return false;
        if (!until) to_month_end(day);
        if (g_date_compare(day, today) >= 0) return true;
    }
    return false;
}

/* "early April", "the beginning of May": the first, as for "the beginning of next month" */
static bool is_month_start(const GMatchInfo *match, const GDate *today, GDate *day) {
    g_autofree char *month = part(match, "month"), *year = part(match, "year");
    guint named = year ? (guint)g_ascii_strtoull(year, NULL, 10) : g_date_get_year(today);
    for (guint ahead = 0; ahead < (year ? 1 : 2); ahead++)
        if (set_day(day, named + ahead, month_of(month), 1) && g_date_compare(day, today) >= 0) return true;
    return false;
}

static bool is_month_after_next(const GMatchInfo *match, const GDate *today, GDate *day) {
    if (!is_month(match, today, day)) return false;
    g_date_add_years(day, 1);
    to_month_end(day);
    return true;
}

/* "10/2014" and "2014-10" */
static bool is_numbered_month(const GMatchInfo *match, const GDate *today, GDate *day) {
    g_autofree char *month = part(match, "month"), *year = part(match, "year");
    if (!set_day(day, (guint)g_ascii_strtoull(year, NULL, 10), number_of(month), 1)) return false;
    to_month_end(day);
    return g_date_compare(day, today) >= 0;
}

static bool is_year(const GMatchInfo *match, const GDate *today, GDate *day) {
    g_autofree char *year = part(match, "year");
    g_date_set_dmy(day, 31, G_DATE_DECEMBER, (GDateYear)g_ascii_strtoull(year, NULL, 10));
    return g_date_compare(day, today) >= 0;
}

/* Gauss's rule in the form of Butcher (1877). */
static void to_easter(GDate *day, guint year) {
    guint a = year % 19, b = year / 100, c = year % 100, d = (19 * a + b - b / 4 - (b - (b + 8) / 25 + 1) / 3 + 15) % 30;
    guint e = (32 + 2 * (b % 4) + 2 * (c / 4) - d - c % 4) % 7, f = d + e - 7 * ((a + 11 * d + 22 * e) / 451) + 114;
    g_date_set_dmy(day, (GDateDay)(f % 31 + 1), (GDateMonth)(f / 31), (GDateYear)year);
}

static bool is_easter(const GMatchInfo *match, const GDate *today, GDate *day) {
    g_autofree char *name = part(match, "easter"), *year = part(match, "year");
    guint named = year ? (guint)g_ascii_strtoull(year, NULL, 10) : g_date_get_year(today);
    for (guint ahead = 0; ahead < (year ? 1 : 2); ahead++) {
        to_easter(day, named + ahead);
        if (strcmp(name, "good friday") == 0) g_date_subtract_days(day, 2);
        if (strcmp(name, "easter monday") == 0) g_date_add_days(day, 1);
        if (g_date_compare(day, today) >= 0) return true;
    }
    return false;
}

static bool is_end_of_month(const GMatchInfo *match, const GDate *today, GDate *day) {
    g_autofree char *month = part(match, "month"), *year = part(match, "year");
    guint named = year ? (guint)g_ascii_strtoull(year, NULL, 10) : g_date_get_year(today);
    g_date_set_dmy(day, 1, (GDateMonth)month_of(month), (GDateYear)named);
    to_month_end(day);
    if (g_date_compare(day, today) < 0 && !year) {
        g_date_set_dmy(day, 1, (GDateMonth)month_of(month), (GDateYear)(named + 1));
        to_month_end(day);
    }
    return g_date_compare(day, today) >= 0;
}

/* "the 15th": of this month or, when that is over, of the next that has such a day. */
static bool is_day_of_month(const GMatchInfo *match, const GDate *today, GDate *day) {
    g_autofree char *number = part(match, "day"), *next = part(match, "next");
    g_date_set_day(day, 1);
    if (next) g_date_add_months(day, 1);
    for (guint tries = 0; tries < 3; tries++, g_date_add_months(day, 1)) {
        GDate found;
        g_date_clear(&found, 1);
        if (!set_day(&found, g_date_get_year(day), g_date_get_month(day), ordinal_of(number)) ||
            g_date_compare(&found, today) <= 0)
            continue;
        *day = found;
        return true;
    }
    return false;
}

static bool is_week_of_day(const GMatchInfo *match, const GDate *today, GDate *day) {
    if (!is_day_of_month(match, today, day)) return false;
    if (g_date_get_weekday(day) <= G_DATE_FRIDAY) to_weekday(day, G_DATE_FRIDAY, 0);
    return true;
}

static bool is_iso(const GMatchInfo *match, const GDate *today, GDate *day) {
    g_autofree char *year = part(match, "year"), *month = part(match, "month"), *number = part(match, "day");
    return set_day(day, (guint)g_ascii_strtoull(year, NULL, 10), number_of(month), number_of(number)) &&
           g_date_compare(day, today) >= 0;
}

/* 3/15 is month and day, 15/3 day and month; 3/4 may be either and is no date. */
static bool is_pair(const GMatchInfo *match, const GDate *today, GDate *day) {
    g_autofree char *left = part(match, "left"), *right = part(match, "right"), *dot = part(match, "dot"),
                    *year = part(match, "year");
    guint a = number_of(left), b = number_of(right);
    if (a <= 12 && b <= 12 && a != b && !dot) return false;
    guint month = dot || a > 12 ? b : a, number = dot || a > 12 ? a : b;
    guint named = year ? (guint)g_ascii_strtoull(year, NULL, 10) : g_date_get_year(today);
    if (year && named < 100) named += 2000;
    for (guint ahead = 0; ahead <= (year ? 0 : 8); ahead++) /* 2/29 may be far */
        if (set_day(day, named + ahead, month, number) && g_date_compare(day, today) >= 0) return true;
    return false;
}

static bool is_nth_weekday(const GMatchInfo *match, const GDate *today, GDate *day) {
    g_autofree char *nth = part(match, "nth"), *weekday = part(match, "weekday"), *month = part(match, "month"),
                    *next = part(match, "next");
    guint wanted = month ? month_of(month) : (guint)g_date_get_month(today), year = g_date_get_year(today);
    g_autofree char *named_year = part(match, "year");
    if (named_year)
        year = (guint)g_ascii_strtoull(named_year, NULL, 10);
    else if (month && wanted < (guint)g_date_get_month(today))
        year++;
    g_date_set_dmy(day, 1, (GDateMonth)wanted, (GDateYear)year);
    if (next) g_date_add_months(day, 1);
    guint this_month = g_date_get_month(day);
    if (strcmp(nth, "last") == 0) {
        to_month_end(day);
        add_days(day, -(((int)g_date_get_weekday(day) - (int)weekday_of(weekday) + 7) % 7));
    } else {
        add_days(day, ((int)weekday_of(weekday) - (int)g_date_get_weekday(day) + 7) % 7 + 7 * ((int)ordinal_of(nth) - 1));
    }
    return (guint)g_date_get_month(day) == this_month && g_date_compare(day, today) >= 0;
}

static bool is_holiday(const GMatchInfo *match, const GDate *today, GDate *day) {
    static const struct {
        const char *name;
        guint month, day;
    } holidays[] = {{"christmas eve", 12, 24}, {"christmas", 12, 25}, {"boxing day", 12, 26}, {"new year's eve", 12, 31},
                    {"new year", 1, 1},        {"halloween", 10, 31}, {"valentine", 2, 14},
                    {"st patrick", 3, 17},     {"saint patrick", 3, 17}, {"the fourth of "
                     "july", 7, 4}, {"fourth of july", 7, 4}, {"independence", 7, 4}, {"may", 5, 1}};
    g_autofree char *name = part(match, "holiday");
    for (gsize i = 0; i < G_N_ELEMENTS(holidays); i++) {
        if (!g_str_has_prefix(name, holidays[i].name)) continue;
        set_day(day, g_date_get_year(today), holidays[i].month, holidays[i].day);
        if (g_date_compare(day, today) < 0) g_date_add_years(day, 1);
        return true;
    }
    return false;
}

typedef struct {
    const char *phrase;
    Resolve resolve; /* NULL: a deadline that names no day */
    bool bound;      /* a deadline only after "by" and the like */
} Phrase;

/* Long and definite phrases stand before those that they begin with. */
static const Phrase phrases[] = {
    {"(?:the )?day (?<after>after) tomorrow" PART_OF_DAY, is_tomorrow, false},
    {AT_ITS_END "tomorrow(?:'?s)?(?! week)" PART_OF_DAY, is_tomorrow, false},
    {"(?:the )?end of (?:the |this )?(?:business |working )?(?<unit>day)(?! (?:tomorrow|on |" WEEKDAYS "))", is_end_of, false},
    {"(?:later |some ?time |the )?(?:end of )?today(?! week)|tonight|later this (?:morning|afternoon|evening)|this (?:morning|afternoon|evening)|"
     "close of (?:business|play)(?! (?:tomorrow|on |" WEEKDAYS "))|(?:eod|cob)(?! (?:tomorrow|on |" WEEKDAYS "))|within the (?:hour|"
     "day)", is_today, false},
    {"(?:the )?(?:(?<nth>" ORDINAL_WORDS "|\\d{1,2}(?:st|nd|rd|th)) (?:to )?last day) (?:of|in) " MONTH YEAR, is_last_day_but, false},
    {"(?:the )?(?:end|last day|very end)(?: of| in)? " MONTH YEAR, is_end_of_month, false},
    {"(?:the )?(?:end|last day) of (?:(?<which>next|this|the|current) )?(?:calendar |working |business |work )?(?<unit>week|month|quarter|year)(?! "
     "after)|eo(?<unit>w|m|q|y)|(?<!fiscal )(?<!financial )(?<!tax )(?<!school )(?<unit>week|month|quarter|year)(?:'s)? end", is_end_of, false},
    {"(?:the )?(?<unit>week|month|quarter|year) after next", is_unit_after_next, false},
    {"(?:the )?(?:(?<middle>middle of|mid|midway through)|beginning of|start of|early|early in) (?:the )?(?<which>next|this|the following)? "
     "?(?<unit>week|month)", is_within, false},
    {"(?:the )?(?:middle of|mid) " MONTH "(?! (?:the )?\\d)", is_middle_of_month, false},
    {"(?:by |at |in |before |until |from )?(?:the )?(?:(?<start>start|beginning) of|(?<start>early)(?: in)?) (?:the )?(?:q(?<quarter>[1-4])|"
     "(?<quarter>[1-4](?:st|nd|rd|th)|first|second|third|fourth) quarter)" YEAR, is_numbered_quarter, false},
    {"(?:the )?(?:start|beginning) of (?:the )?(?<next>next) quarter", is_next_quarter, false},
    {"(?:in |during |within |late in |late |(?:the )?end of |end )(?:the )?(?:q(?<quarter>[1-4])|(?<quarter>[1-4](?:st|nd|rd|th)|first|second|"
     "third|fourth) (?:quarter|qtr))" YEAR, is_numbered_quarter, false},
    {"(?:the )?(?:q(?<quarter>[1-4])|(?<quarter>[1-4](?:st|nd|rd|th)|first|second|third|fourth) (?:quarter|qtr))" YEAR "(?= (?:is|as|at|and|or|"
     "because|if|then|so|that)\\b|$)"
     "|(?<year>20\\d\\d) ?q(?<quarter>[1-4])",
     is_numbered_quarter, false},
    {"(?:the )?(?<nth>first|second|third|fourth|last|1st|2nd|3rd|4th) " WEEKDAY
     " (?:of|in) (?:(?:the|this|(?<next>next)) month|" MONTH YEAR ")",
     is_nth_weekday, false},
    {"(?<count>" NUMBERS ") " WEEKDAY "s from (?:now|today)", is_nth_weekday_ahead, false},
    {"(?:(?<count>" NUMBERS ") weeks? (?:from (?:on )?|on )(?:this )?)" WEEKDAY, is_weeks_from_weekday, false},
    {"" WEEKDAY " week", is_weeks_from_weekday, false},
    {"(?:the )?(?:week (?:of|beginning|commencing|starting)|w ?c) (?:the )?" ORDINAL_DAY "(?! (?:of )?(?:" MONTHS "))", is_week_of_day, false},
    {"(?:the )?(?:week (?:of|beginning|commencing|starting)|w ?c) (?:the "
     ")?(?:" MONTH " (?:the )?" DAY "|" DAY " (?:of )?" MONTH ")", is_week_of, false},
    {AT_ITS_END "(?:" WEEKDAY " )?(?:the )?" MONTH " (?:the )?" DAY "(?! (?:o'?clock|[ap] ?m|in the (?:morning|afternoon)))" YEAR, is_dated, false},
    {AT_ITS_END "(?:" WEEKDAY " )?(?:the )?" MONTH " (?<day>" CARDINAL_WORDS ")(?! (?:o'?clock|[ap] ?m|people|of|or|days?|"
     "weeks?))" YEAR, is_dated, false},
    {AT_ITS_END "(?:" WEEKDAY " )?(?:the )?" DAY "(?: day)? (?:of )?" MONTH "(?! \\d{1,2}(?:st|nd|rd|th)?(?: |$))" YEAR, is_dated, false},
    {"(?:the )?(?<day>\\d{1,2})" MONTH YEAR, is_dated, false},
    {"(?<year>20\\d\\d) " MONTH " (?<day>\\d{1,2})", is_dated, false},
    {AT_ITS_END "(?:(?<which>this|next|coming|this coming) )?" WEEKDAY PART_OF_DAY "(?: of)? (?<week>next week|this week)", is_weekday,
     false},
    {"(?:the )?(?:next )?" WEEKDAY " (?<week>after next)", is_weekday, false},
    {"(?:(?<week>next week|this week) (?:on )?)" WEEKDAY PART_OF_DAY, is_weekday, false},
    {"(?:this |next )?" WEEKDAY " (?<left>\\d{1,2})[./](?<right>\\d{1,2})", is_weekday_and_pair, false},
    {AT_ITS_END "(?:this |next )?(?<weekday>" WEEKDAYS "|wed|sat|sun)(?: the)? (?<day>\\d{1,2}(?:st|nd|rd|th)|" ORDINAL_WORDS "|\\d{1,2}(?! "
     "(?:o'?clock|[ap] ?m)|:))", is_weekday_and_day, false},
    {AT_ITS_END "(?:the )?(?:(?<which>this coming|this|next|coming|following) )?" WEEKDAY "\\b(?!'s)" PART_OF_DAY
     "(?! after next)(?! (?:the )?(?:\\d{1,2}(?:st|nd|rd|th)|" ORDINAL_WORDS "))(?! \\d{1,2}(?![\\d:.]| ?[ap] ?m| ?o'?clock))(?! \\d{4}-)"
     "(?! \\d{1,2}[./]\\d)",
     is_weekday, false},
    {"(?<which>this|next)? ?(?<weekday>wed|sat|sun)", is_weekday, true},
    {"(?:later |some ?time |within |early |late )?(?<which>next|this|following|current) (?<unit>week(?:end)?|month|quarter|qtr|year|"
     "yr)", is_end_of, false},
    {"within the (?<unit>week|month|quarter|year)", is_end_of, false},
    {"before the weekend", is_before_weekend, false},
    {"before (?:the|this) (?<unit>week|month|quarter|year|day) (?:is (?:out|over|up)|ends)", is_end_of, false},
    {"(?:over )?the (?<unit>weekend)", is_end_of, true},
    {"over the (?<unit>weekend)", is_end_of, false},
    {"(?:with)?in (?:about |around |roughly |approximately |maybe |another |some |exactly |precisely |at most )?(?:" NUMBERS ")(?: to | or |"
     "-)(?<count>" NUMBERS ")(?: more|(?<working> business| working))? (?<unit>" UNITS ")'?s?(?: time)?", is_ahead, false},
    {"(?:in|within|over|during) the (?:next|coming) (?<unit>hour|day|week|month)", is_ahead, false},
    {"(?:in|within) (?<half>half) a (?<unit>year)", is_ahead, false},
    {"(?:(?:with)?in|inside|over the next|during the next|in the coming|over the coming) (?:the )?(?:next |coming )?(?:about |around |roughly |"
     "approximately |maybe |another |exactly |precisely |at most )?(?<count>" NUMBERS ")(?: more|(?<working> business| working))? "
     "(?<unit>" UNITS ")'?s?(?: time)?", is_ahead, false},
    {"(?:(?<=have )|(?<=got )|(?<=give me )|(?<=give us )|(?<=gives us )|(?<=leaves us ))(?<count>" NUMBERS ")(?: more|(?<working> business| "
     "working))? (?<unit>" UNITS ")(?= (?:to|for|until|left) )", is_ahead, false},
    {"(?<count>" NUMBERS ")(?<working> business| working) (?<unit>days?)", is_ahead, true},
    {"(?:a|one) week today|(?:the )?(?:this|same) time next week", is_week_ahead, false},
    {"(?:a|one) week tomorrow|tomorrow week", is_week_ahead, false},
    {"(?<count>" NUMBERS ") (?<unit>weeks|fortnights|months) today", is_ahead, false},
    {"(?:first|second) half of (?:the|this) year|(?:end of )?(?:the )?h(?<half>[12])", is_half_year, false},
    {"(?:the )?(?<nth>first|second|1st|2nd) half of (?:(?<next>next|this|the) month|" MONTH YEAR ")", is_half_month, false},
    {"(?:the )?(?<!st )(?<!nd )(?<!rd )(?<!th )(?<nth>first|second|third|fourth|last|1st|2nd|3rd|4th) week (?:of|in) (?:(?:the|this|(?<next>next)) "
     "month|" MONTH YEAR ")", is_nth_week, false},
    {"(?:calendar week|cw|week number|kw) ?(?<week>\\d{1,2})", is_numbered_week, false},
    {"(?:in |within )?(?:the )?(?:upcoming (?<count>" NUMBERS ")|(?<count>" NUMBERS ") upcoming) (?<unit>" UNITS ")", is_ahead, false},
    {"(?<count>" NUMBERS ") (?<unit>" UNITS ") (?:from (?:right )?(?:now|today)|hence|today)", is_ahead, false},
    {"next week this time", is_week_ahead, false},
    {"(?:(?:" WEEKDAYS ") )?(?<year>20\\d\\d)[-/](?<month>\\d{1,2})[-/](?<day>\\d{1,2})", is_iso, false},
    {"(?<left>\\d{1,2})(?:/|(?<dot>\\.))(?<right>\\d{1,2})[/.](?<year>20\\d\\d|\\d\\d)", is_pair, false},
    {"(?<month>\\d{1,2})/(?<year>20\\d\\d)|(?<year>20\\d\\d)[-/](?<month>\\d{1,2})", is_numbered_month, false},
    {"(?!24/7|9/11|50/50)(?<left>\\d{1,2})/(?<right>\\d{1,2})", is_pair, false},
    {"(?<holiday>christmas eve|christmas|boxing day|new year's eve|new year's day|new year|halloween|valentine's day|st patrick's day|saint "
     "patrick's day|(?:the )?fourth of july|independence day|mayday|may day)",
     is_holiday, true},
    {"thanksgiving", is_thanksgiving, true},
    {"(?<easter>good friday|easter monday|easter)" YEAR, is_easter, true},
    {"(?:" TIME "|\\d{1,2}:\\d\\d)(?! (?:tomorrow|on|next))", is_today, true},
    {"(?:the )?(?<day>\\d{1,2}(?:st|nd|rd|th)?|" ORDINAL_WORDS ")(?: day)? of (?:(?<next>next)|this|the) month", is_day_of_month, false},
    {"the " ORDINAL_DAY "(?= (?:at|by|in|on|to|for|from|and|or|but|so|if|with|because|before|after|please|we|i|you|he|she|they|it|is|was|will|"
     "would|can|should|must|has|latest|i'll|we'll|let's|when|while|as|"
     "noon|midday|midnight|morning|afternoon|evening|right|okay|ok|yeah|that|works?|maybe|the|end|though|instead|that's|it's|i'm|we're|i've|we've|"
     "otherwise|then|thanks|"
     "since|until|unless|there|what|who|how|does|do|did|are|not|no|yes|either|too|tomorrow|today|\\d{1,2} ?[ap] ?m)\\b|$)",
     is_day_of_month, true},
    {"(?:in )?(?:early|the (?:beginning|start) of|the first days of) (?:in )?" MONTH "(?! (?:the )?\\d)" YEAR, is_month_start, false},
    {"(?:in )?late " MONTH "(?! (?:the )?\\d)" YEAR, is_month, false},
    {MONTH " after next", is_month_after_next, false},
    {"(?:in|during|this(?! may)|next|sometime in|late|later in|for) " MONTH "(?:" YEAR "| in (?<count>" NUMBERS ") years?)", is_month, false},
    {MONTH " in (?<count>" NUMBERS ") years?", is_month, false},
    {"(?<until>by|before|until) (?:early |the (?:beginning|start) of )?" MONTH "(?! (?:the )?\\d)" YEAR, is_month, false},
    {"(?:in|during|by the end of) (?<year>20\\d\\d)", is_year, false},
    {"(?:the |our )?next (?:meeting|sprint|release|call|review)", NULL, true},
    {"(?:as soon as possible|asap)", NULL, false},
};

static GRegex *phrase_regex(gsize i) {
    static GRegex *regexes[G_N_ELEMENTS(phrases)];
    static gsize ready;
    if (g_once_init_enter(&ready)) {
        for (gsize j = 0; j < G_N_ELEMENTS(phrases); j++) {
            g_autofree char *pattern =
                g_strdup_printf("(?J)(?<![^ ])(?<!last )(?<! a )(?<!since )(?<!from )(?<!after )(?<!days )(?<!weeks )(?<!months )(?<!every "
                 ")(?<!each )(?:" BY
                                ")%s(?:" TIME " (?:on )?)?(?:%s)(?![^ ])(?! ago)(?! (?:of |from |in )?last )",
                                phrases[j].bound ? "" : "?", phrases[j].phrase);
            regexes[j] = g_regex_new(pattern, G_REGEX_OPTIMIZE, 0, NULL);
            g_assert(regexes[j]);
        }
        g_once_init_leave(&ready, 1);
    }
    return regexes[i];
}

/* True where the match is a deadline; `due` gets its day. */
static bool resolve(const Phrase *phrase, const GMatchInfo *match, const GDate *today, Due *due) {
    GDate day = *today;
    due->date[0] = '\0';
    if (!phrase->resolve) return true;
    if (!phrase->resolve(match, today, &day)) return false;
    if (g_date_get_year(&day) > 9999) return false;
    g_date_strftime(due->date, sizeof due->date, "%Y-%m-%d", &day);
    return true;
}

static bool find_phrase(const char *text, const GDate *today, Due *due) {
    bool found = false;
    for (gsize i = 0; i < G_N_ELEMENTS(phrases); i++) {
        g_autoptr(GMatchInfo) match = NULL;
        int at, end;
        if (!g_regex_match(phrase_regex(i), text, 0, &match) || !g_match_info_fetch_pos(match, 0, &at, &end)) continue;
        if (found && (guint)at >= due->at) continue;
        Due here = {.at = (guint)at, .end = (guint)end};
        if (!resolve(&phrases[i], match, today, &here)) continue;
        *due = here;
        found = true;
    }
    return found;
}

/* "3 weeks after Easter", "two days before the 15th", "a week from tomorrow on Tuesday": counted from another day. */
static bool find_counted(const char *text, const GDate *today, Due *due) {
    static GRegex *regex;
    if (g_once_init_enter(&regex)) {
        GRegex *compiled = g_regex_new("(?<![^ ])(?:" BY ")?(?<count>" NUMBERS ") (?<unit>days?|weeks?|months?|years?) (?<way>from|after|before) ",
                                       G_REGEX_OPTIMIZE, 0, NULL);
        g_once_init_leave(&regex, compiled);
    }
    g_autoptr(GMatchInfo) match = NULL;
    int at, end;
    Due base = {0};
    if (!g_regex_match(regex, text, 0, &match) || !g_match_info_fetch_pos(match, 0, &at, &end)) return false;
    g_autofree char *rest = g_strconcat("by ", text + end, NULL), *way = part(match, "way"), *weekday_word = NULL;
    const gsize by = strlen("by ");
    GDate day;
    if (!find_phrase(rest, today, &base) || base.at != 0 || !base.date[0]) return false;
    g_date_clear(&day, 1);
    g_date_set_parse(&day, base.date);
    GDate from = day;
    if (strcmp(way, "before") == 0) {
        g_autofree char *count = part(match, "count"), *unit = part(match, "unit");
        guint number = number_of(count);
        if (number == 0 || unit[0] == 'y') return false;
        if (unit[0] == 'm') g_date_subtract_months(&day, number);
        else g_date_subtract_days(&day, number * (unit[0] == 'w' ? 7 : 1));
    } else if (!is_ahead(match, &from, &day)) {
        return false;
    }
    guint used = base.end - (guint)by;
    if (g_str_has_prefix(text + end + used, " on ")) {
        weekday_word = g_strndup(text + end + used + 4, strcspn(text + end + used + 4, " "));
        guint weekday = strlen(weekday_word) >= 3 ? weekday_of(weekday_word) : 0;
        if (weekday) add_days(&day, ((int)weekday - (int)g_date_get_weekday(&day) + 7) % 7);
        if (weekday) used += 4 + (guint)strlen(weekday_word);
    }
    if (g_date_compare(&day, today) < 0 || g_date_get_year(&day) > 9999) return false;
    *due = (Due){.at = (guint)at, .end = (guint)end + used};
    g_date_strftime(due->date, sizeof due->date, "%Y-%m-%d", &day);
    return true;
}

bool due_find(const char *text, gint64 meeting_ms, Due *due) {
    g_autoptr(GDateTime) meeting = g_date_time_new_from_unix_utc(CLAMP(meeting_ms, 0, G_GINT64_CONSTANT(253370764800000)) / 1000);
    GDate today;
    g_date_clear(&today, 1);
    int year, month, day;
    g_date_time_get_ymd(meeting, &year, &month, &day);
    g_date_set_dmy(&today, (GDateDay)day, (GDateMonth)month, (GDateYear)year);
    Due counted, plain;
    bool is_counted = find_counted(text, &today, &counted), is_plain = find_phrase(text, &today, &plain);
    if (is_counted && (!is_plain || counted.at <= plain.at || plain.at < counted.end)) {
        *due = counted;
        return true;
    }
    if (is_plain) *due = plain;
    return is_plain;
}
