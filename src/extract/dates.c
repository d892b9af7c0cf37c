/* A table of phrases, each with the function that turns its parts into a day. Longest and most definite phrases first: of two
 * that begin at the same place the upper one wins. */
#include "extract/dates.h"

#include <string.h>

#define NUMBERS "\\d{1,2}|an?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|a couple of|a pair of|a few"
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
#define DAY "(?<day>\\d{1,2}(?:st|nd|rd|th)?|" ORDINAL_WORDS ")"
#define ORDINAL_DAY "(?<day>\\d{1,2}(?:st|nd|rd|th)|" ORDINAL_WORDS ")"
#define MONTH "(?<month>" MONTHS ")"
#define YEAR "(?: (?:in )?(?<year>20\\d\\d))?"
#define WEEKDAY "(?<weekday>" WEEKDAYS ")"
#define TIME "(?:noon|midday|lunch ?time|lunch|\\d{1,2}(?::\\d\\d)? ?(?:[ap] ?m|o'?clock))"
#define BY "(?:by|on|before|until|till|til|due|for|at|no later than|not later than) "
#define PART_OF_DAY "(?: (?:morning|afternoon|evening|night|noon|at noon|lunch ?time))?"

typedef bool (*Resolve)(const GMatchInfo *match, const GDate *today, GDate *day);

static char *part(const GMatchInfo *match, const char *name) {
    char *text = g_match_info_fetch_named(match, name);
    if (text && *text) return text;
    g_free(text);
    return NULL;
}

static guint position_in(const char *list, const char *word, gsize letters) {
    g_auto(GStrv) words = g_strsplit(list, " ", -1);
    for (guint i = 0; words[i]; i++)
        if (strncmp(words[i], word, letters) == 0) return i + 1;
    return 0;
}

static guint number_of(const char *word) {
    if (g_ascii_isdigit(word[0])) return (guint)g_ascii_strtoull(word, NULL, 10);
    if (strcmp(word, "a couple of") == 0 || strcmp(word, "a pair of") == 0) return 2;
    if (strcmp(word, "a") == 0 || strcmp(word, "an") == 0) return 1;
    guint number = position_in("one two three four five six seven eight nine ten eleven twelve", word, strlen(word));
    return number; /* "a few" is 0: no number */
}

static guint ordinal_of(const char *word) {
    static const char ordinals[] =
        "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth "
        "sixteenth seventeenth eighteenth nineteenth twentieth";
    if (g_ascii_isdigit(word[0])) return (guint)g_ascii_strtoull(word, NULL, 10);
    if (strcmp(word, "thirtieth") == 0) return 30;
    if (g_str_has_prefix(word, "thirty")) return 31;
    if (g_str_has_prefix(word, "twenty")) return 20 + position_in(ordinals, word + 7, strlen(word + 7));
    return position_in(ordinals, word, strlen(word));
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
    bool next_week = g_strcmp0(which, "next") == 0 || (week && strstr(week, "next"));
    int ahead = ((int)weekday - (int)g_date_get_weekday(day) + 6) % 7 + 1;
    if (next_week)
        to_weekday(day, weekday, 1);
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

static bool is_end_of(const GMatchInfo *match, const GDate *today, GDate *day) {
    g_autofree char *which = part(match, "which"), *unit = part(match, "unit");
    guint ahead = g_strcmp0(which, "next") == 0;
    g_date_set_day(day, unit[0] == 'd' || unit[0] == 'w' ? g_date_get_day(day) : 1);
    if (unit[0] == 'd') {
        g_date_add_days(day, ahead);
    } else if (strcmp(unit, "weekend") == 0) {
        to_weekday(day, G_DATE_SUNDAY, (int)ahead);
    } else if (unit[0] == 'w') {
        to_week_end(day, (int)ahead);
    } else if (unit[0] == 'm') {
        g_date_add_months(day, ahead);
        to_month_end(day);
    } else if (unit[0] == 'q') {
        g_date_add_months(day, 2 - ((guint)g_date_get_month(day) - 1) % 3 + 3 * ahead);
        to_month_end(day);
    } else {
        g_date_set_dmy(day, 31, G_DATE_DECEMBER, (GDateYear)(g_date_get_year(day) + ahead));
    }
    return true;
}

static bool is_numbered_quarter(const GMatchInfo *match, const GDate *today, GDate *day) {
    g_autofree char *number = part(match, "quarter");
    g_date_set_dmy(day, 1, (GDateMonth)(3 * (number[0] - '0')), g_date_get_year(today));
    to_month_end(day);
    if (g_date_compare(day, today) < 0) {
        g_date_set_day(day, 1);
        g_date_add_years(day, 1);
        to_month_end(day);
    }
    return true;
}

static bool is_ahead(const GMatchInfo *match, const GDate *today, GDate *day) {
    g_autofree char *count = part(match, "count"), *unit = part(match, "unit");
    guint number = number_of(count);
    if (g_str_has_prefix(unit, "fortnight"))
        g_date_add_days(day, 14 * number);
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

static bool is_dated(const GMatchInfo *match, const GDate *today, GDate *day) {
    g_autofree char *number = part(match, "day"), *month = part(match, "month"), *year = part(match, "year");
    guint this_year = g_date_get_year(today);
    if (year)
        return set_day(day, (guint)g_ascii_strtoull(year, NULL, 10), month_of(month), ordinal_of(number)) &&
               g_date_compare(day, today) >= 0;
    for (guint ahead = 0; ahead <= 8; ahead++) /* 29 February may be far */
        if (set_day(day, this_year + ahead, month_of(month), ordinal_of(number)) && g_date_compare(day, today) >= 0) return true;
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
    if (!set_day(day, named, month, number)) return false;
    if (!year && g_date_compare(day, today) < 0) return set_day(day, named + 1, month, number);
    return g_date_compare(day, today) >= 0;
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
                    {"new year", 1, 1},        {"halloween", 10, 31}, {"valentine", 2, 14}};
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

static const Phrase phrases[] = {
    {"(?:the )?day (?<after>after) tomorrow" PART_OF_DAY, is_tomorrow, false},
    {"tomorrow(?:'s)?" PART_OF_DAY, is_tomorrow, false},
    {"(?:the )?end of (?:the |this )?(?:business )?(?<unit>day)(?! (?:tomorrow|on |" WEEKDAYS "))", is_end_of, false},
    {"(?:the )?(?:end of )?today|tonight|this (?:morning|afternoon|evening)|close of (?:business|play)|eod|cob", is_today, false},
    {"(?:the )?(?:end|last day) (?:of|in) " MONTH YEAR, is_end_of_month, false},
    {"(?:the )?end of (?:(?<which>next|this|the) )?(?<unit>week|month|quarter|year)|eo(?<unit>w|m|q|y)", is_end_of, false},
    {"(?:the )?end of q(?<quarter>[1-4])", is_numbered_quarter, false},
    {"(?:the )?(?<nth>first|second|third|fourth|last|1st|2nd|3rd|4th) " WEEKDAY
     " (?:of|in) (?:(?:the|this|(?<next>next)) month|" MONTH YEAR ")",
     is_nth_weekday, false},
    {"(?:(?<count>" NUMBERS ") weeks? from (?:on )?)" WEEKDAY, is_weeks_from_weekday, false},
    {"" WEEKDAY " week", is_weeks_from_weekday, false},
    {"(?:(?:" WEEKDAYS ") )?(?:the )?" MONTH " (?:the )?" DAY "(?! (?:o'?clock|[ap] ?m))" YEAR, is_dated, false},
    {"(?:(?:" WEEKDAYS ") )?(?:the )?" DAY " (?:of )?" MONTH YEAR, is_dated, false},
    {"(?:(?<which>this|next|coming|this coming) )?" WEEKDAY PART_OF_DAY "(?: of)? (?<week>next week|this week)", is_weekday,
     false},
    {"(?:(?<week>next week|this week) (?:on )?)" WEEKDAY PART_OF_DAY, is_weekday, false},
    {"(?:the )?(?:(?<which>this coming|this|next|coming) )?" WEEKDAY "\\b(?!'s)" PART_OF_DAY
     "(?! (?:after next|(?:the )?(?:\\d|" ORDINAL_WORDS ")))",
     is_weekday, false},
    {"(?<which>this|next)? ?(?<weekday>wed|sat|sun)", is_weekday, true},
    {"(?<which>next|this) (?<unit>week(?:end)?|month|quarter|year)", is_end_of, false},
    {"the (?<unit>weekend)", is_end_of, true},
    {"(?:with)?in (?:the next )?(?<count>" NUMBERS ")(?: more)? (?<unit>days?|weeks?|months?|years?|fortnights?)'?s?(?: time)?",
     is_ahead, false},
    {"(?<count>" NUMBERS ") (?<unit>days?|weeks?|months?|years?|fortnights?) (?:from (?:now|today)|hence)", is_ahead, false},
    {"(?<year>20\\d\\d)[-/](?<month>\\d{1,2})[-/](?<day>\\d{1,2})", is_iso, false},
    {"(?<left>\\d{1,2})(?:/|(?<dot>\\.))(?<right>\\d{1,2})[/.](?<year>20\\d\\d|\\d\\d)", is_pair, false},
    {"(?<left>\\d{1,2})/(?<right>\\d{1,2})", is_pair, false},
    {"(?<holiday>christmas eve|christmas|boxing day|new year's eve|new year's day|new year|halloween|valentine's day)",
     is_holiday, true},
    {TIME "(?! (?:tomorrow|on|next))", is_today, true},
    {"(?:(?:" WEEKDAYS ") )?the " ORDINAL_DAY "(?: (?:day )?of (?:(?<next>next)|this|the) month)?(?! day)(?! "
                                              "(?:of|time|version|one|floor|draft|round|release|meeting|sprint|quarter))",
     is_day_of_month, true},
    {"(?:the |our )?next (?:meeting|sprint|release|call|review)", NULL, true},
    {"(?:as soon as possible|asap)", NULL, false},
};

static GRegex *phrase_regex(gsize i) {
    static GRegex *regexes[G_N_ELEMENTS(phrases)];
    static gsize ready;
    if (g_once_init_enter(&ready)) {
        for (gsize j = 0; j < G_N_ELEMENTS(phrases); j++) {
            g_autofree char *pattern =
                g_strdup_printf("(?J)(?<![^ ])(?<!last )(?<!since )(?<!from )(?<!after )(?<!days )(?<!weeks )(?<!months )(?:" BY
                                ")%s(?:" TIME " (?:on )?)?(?:%s)(?![^ ])(?! ago)(?! (?:of|from|in) last )",
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

bool due_find(const char *text, gint64 meeting_ms, Due *due) {
    g_autoptr(GDateTime) meeting = g_date_time_new_from_unix_utc(CLAMP(meeting_ms, 0, G_GINT64_CONSTANT(253370764800000)) / 1000);
    GDate today;
    g_date_clear(&today, 1);
    int year, month, day;
    g_date_time_get_ymd(meeting, &year, &month, &day);
    g_date_set_dmy(&today, (GDateDay)day, (GDateMonth)month, (GDateYear)year);
    bool found = false;
    for (gsize i = 0; i < G_N_ELEMENTS(phrases); i++) {
        g_autoptr(GMatchInfo) match = NULL;
        int at, end;
        if (!g_regex_match(phrase_regex(i), text, 0, &match) || !g_match_info_fetch_pos(match, 0, &at, &end)) continue;
        if (found && (guint)at >= due->at) continue;
        Due here = {.at = (guint)at, .end = (guint)end};
        if (!resolve(&phrases[i], match, &today, &here)) continue;
        *due = here;
        found = true;
    }
    return found;
}
