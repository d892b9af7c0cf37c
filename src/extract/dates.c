/* A table of phrases, each with the function that turns its parts into a day. Longest and most definite phrases first: of two
 * that begin at the same place the upper one wins. */
#include "extract/dates.h"

#include <string.h>

#include "extract/date_resolve.h"
#include "extract/date_words.h"

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

typedef struct {
    const char *phrase;
    DueResolve *resolve; /* NULL: a deadline that names no day */
    bool bound;      /* a deadline only after "by" and the like */
} Phrase;

/* Long and definite phrases stand before those that they begin with. */
static const Phrase phrases[] = {
    {"(?:the )?day (?<after>after) tomorrow" PART_OF_DAY, due_tomorrow, false},
    {AT_ITS_END "tomorrow(?:'?s)?(?! week)" PART_OF_DAY, due_tomorrow, false},
    {"(?:the )?end of (?:the |this )?(?:business |working )?(?<unit>day)(?! (?:tomorrow|on |" WEEKDAYS "))", due_end_of, false},
    {"(?:later |some ?time |the )?(?:end of )?today(?! week)|tonight|later this (?:morning|afternoon|evening)|this (?:morning|afternoon|evening)|"
     "close of (?:business|play)(?! (?:tomorrow|on |" WEEKDAYS "))|(?:eod|cob)(?! (?:tomorrow|on |" WEEKDAYS "))|within the (?:hour|"
     "day)", due_today, false},
    {"(?:the )?(?:(?<nth>" ORDINAL_WORDS "|\\d{1,2}(?:st|nd|rd|th)) (?:to )?last day) (?:of|in) " MONTH YEAR, due_last_day_but, false},
    {"(?:the )?(?:end|last day|very end)(?: of| in)? " MONTH YEAR, due_end_of_month, false},
    {"(?:the )?(?:end|last day) of (?:(?<which>next|this|the|current) )?(?:calendar |working |business |work )?(?<unit>week|month|quarter|year)(?! "
     "after)|eo(?<unit>w|m|q|y)|(?<!fiscal )(?<!financial )(?<!tax )(?<!school )(?<unit>week|month|quarter|year)(?:'s)? end", due_end_of, false},
    {"(?:the )?(?<unit>week|month|quarter|year) after next", due_unit_after_next, false},
    {"(?:the )?(?:(?<middle>middle of|mid|midway through)|beginning of|start of|early|early in) (?:the )?(?<which>next|this|the following)? "
     "?(?<unit>week|month)", due_within, false},
    {"(?:the )?(?:middle of|mid) " MONTH "(?! (?:the )?\\d)", due_middle_of_month, false},
    {"(?:by |at |in |before |until |from )?(?:the )?(?:(?<start>start|beginning) of|(?<start>early)(?: in)?) (?:the )?(?:q(?<quarter>[1-4])|"
     "(?<quarter>[1-4](?:st|nd|rd|th)|first|second|third|fourth) quarter)" YEAR, due_numbered_quarter, false},
    {"(?:the )?(?:start|beginning) of (?:the )?(?<next>next) quarter", due_next_quarter, false},
    {"(?:in |during |within |late in |late |(?:the )?end of |end )(?:the )?(?:q(?<quarter>[1-4])|(?<quarter>[1-4](?:st|nd|rd|th)|first|second|"
     "third|fourth) (?:quarter|qtr))" YEAR, due_numbered_quarter, false},
    {"(?:the )?(?:q(?<quarter>[1-4])|(?<quarter>[1-4](?:st|nd|rd|th)|first|second|third|fourth) (?:quarter|qtr))" YEAR "(?= (?:is|as|at|and|or|"
     "because|if|then|so|that)\\b|$)"
     "|(?<year>20\\d\\d) ?q(?<quarter>[1-4])",
     due_numbered_quarter, false},
    {"(?:the )?(?<nth>first|second|third|fourth|last|1st|2nd|3rd|4th) " WEEKDAY
     " (?:of|in) (?:(?:the|this|(?<next>next)) month|" MONTH YEAR ")",
     due_nth_weekday, false},
    {"(?<count>" NUMBERS ") " WEEKDAY "s from (?:now|today)", due_nth_weekday_ahead, false},
    {"(?:(?<count>" NUMBERS ") weeks? (?:from (?:on )?|on )(?:this )?)" WEEKDAY, due_weeks_from_weekday, false},
    {"" WEEKDAY " week", due_weeks_from_weekday, false},
    {"(?:the )?(?:week (?:of|beginning|commencing|starting)|w ?c) (?:the )?" ORDINAL_DAY "(?! (?:of )?(?:" MONTHS "))", due_week_of_day, false},
    {"(?:the )?(?:week (?:of|beginning|commencing|starting)|w ?c) (?:the "
     ")?(?:" MONTH " (?:the )?" DAY "|" DAY " (?:of )?" MONTH ")", due_week_of, false},
    {AT_ITS_END "(?:" WEEKDAY " )?(?:the )?" MONTH " (?:the )?" DAY "(?! (?:o'?clock|[ap] ?m|in the (?:morning|afternoon)))" YEAR, due_dated, false},
    {AT_ITS_END "(?:" WEEKDAY " )?(?:the )?" MONTH " (?<day>" CARDINAL_WORDS ")(?! (?:o'?clock|[ap] ?m|people|of|or|days?|"
     "weeks?))" YEAR, due_dated, false},
    {AT_ITS_END "(?:" WEEKDAY " )?(?:the )?" DAY "(?: day)? (?:of )?" MONTH "(?! \\d{1,2}(?:st|nd|rd|th)?(?: |$))" YEAR, due_dated, false},
    {"(?:the )?(?<day>\\d{1,2})" MONTH YEAR, due_dated, false},
    {"(?<year>20\\d\\d) " MONTH " (?<day>\\d{1,2})", due_dated, false},
    {AT_ITS_END "(?:(?<which>this|next|coming|this coming) )?" WEEKDAY PART_OF_DAY "(?: of)? (?<week>next week|this week)", due_weekday,
     false},
    {"(?:the )?(?:next )?" WEEKDAY " (?<week>after next)", due_weekday, false},
    {"(?:(?<week>next week|this week) (?:on )?)" WEEKDAY PART_OF_DAY, due_weekday, false},
    {"(?:this |next )?" WEEKDAY " (?<left>\\d{1,2})[./](?<right>\\d{1,2})", due_weekday_and_pair, false},
    {AT_ITS_END "(?:this |next )?(?<weekday>" WEEKDAYS "|wed|sat|sun)(?: the)? (?<day>\\d{1,2}(?:st|nd|rd|th)|" ORDINAL_WORDS "|\\d{1,2}(?! "
     "(?:o'?clock|[ap] ?m)|:))", due_weekday_and_day, false},
    {AT_ITS_END "(?:the )?(?:(?<which>this coming|this|next|coming|following) )?" WEEKDAY "\\b(?!'s)" PART_OF_DAY
     "(?! after next)(?! (?:the )?(?:\\d{1,2}(?:st|nd|rd|th)|" ORDINAL_WORDS "))(?! \\d{1,2}(?![\\d:.]| ?[ap] ?m| ?o'?clock))(?! \\d{4}-)"
     "(?! \\d{1,2}[./]\\d)",
     due_weekday, false},
    {"(?<which>this|next)? ?(?<weekday>wed|sat|sun)", due_weekday, true},
    {"(?:later |some ?time |within |early |late )?(?<which>next|this|following|current) (?<unit>week(?:end)?|month|quarter|qtr|year|"
     "yr)", due_end_of, false},
    {"within the (?<unit>week|month|quarter|year)", due_end_of, false},
    {"before the weekend", due_before_weekend, false},
    {"before (?:the|this) (?<unit>week|month|quarter|year|day) (?:is (?:out|over|up)|ends)", due_end_of, false},
    {"(?:over )?the (?<unit>weekend)", due_end_of, true},
    {"over the (?<unit>weekend)", due_end_of, false},
    {"(?:with)?in (?:about |around |roughly |approximately |maybe |another |some |exactly |precisely |at most )?(?:" NUMBERS ")(?: to | or |"
     "-)(?<count>" NUMBERS ")(?: more|(?<working> business| working))? (?<unit>" UNITS ")'?s?(?: time)?", due_ahead, false},
    {"(?:in|within|over|during) the (?:next|coming) (?<unit>hour|day|week|month)", due_ahead, false},
    {"(?:in|within) (?<half>half) a (?<unit>year)", due_ahead, false},
    {"(?:(?:with)?in|inside|over the next|during the next|in the coming|over the coming) (?:the )?(?:next |coming )?(?:about |around |roughly |"
     "approximately |maybe |another |exactly |precisely |at most )?(?<count>" NUMBERS ")(?: more|(?<working> business| working))? "
     "(?<unit>" UNITS ")'?s?(?: time)?", due_ahead, false},
    {"(?:(?<=have )|(?<=got )|(?<=give me )|(?<=give us )|(?<=gives us )|(?<=leaves us ))(?<count>" NUMBERS ")(?: more|(?<working> business| "
     "working))? (?<unit>" UNITS ")(?= (?:to|for|until|left) )", due_ahead, false},
    {"(?<count>" NUMBERS ")(?<working> business| working) (?<unit>days?)", due_ahead, true},
    {"(?:a|one) week today|(?:the )?(?:this|same) time next week", due_week_ahead, false},
    {"(?:a|one) week tomorrow|tomorrow week", due_week_ahead, false},
    {"(?<count>" NUMBERS ") (?<unit>weeks|fortnights|months) today", due_ahead, false},
    {"(?:first|second) half of (?:the|this) year|(?:end of )?(?:the )?h(?<half>[12])", due_half_year, false},
    {"(?:the )?(?<nth>first|second|1st|2nd) half of (?:(?<next>next|this|the) month|" MONTH YEAR ")", due_half_month, false},
    {"(?:the )?(?<!st )(?<!nd )(?<!rd )(?<!th )(?<nth>first|second|third|fourth|last|1st|2nd|3rd|4th) week (?:of|in) (?:(?:the|this|(?<next>next)) "
     "month|" MONTH YEAR ")", due_nth_week, false},
    {"(?:calendar week|cw|week number|kw) ?(?<week>\\d{1,2})", due_numbered_week, false},
    {"(?:in |within )?(?:the )?(?:upcoming (?<count>" NUMBERS ")|(?<count>" NUMBERS ") upcoming) (?<unit>" UNITS ")", due_ahead, false},
    {"(?<count>" NUMBERS ") (?<unit>" UNITS ") (?:from (?:right )?(?:now|today)|hence|today)", due_ahead, false},
    {"next week this time", due_week_ahead, false},
    {"(?:(?:" WEEKDAYS ") )?(?<year>20\\d\\d)[-/](?<month>\\d{1,2})[-/](?<day>\\d{1,2})", due_iso, false},
    {"(?<left>\\d{1,2})(?:/|(?<dot>\\.))(?<right>\\d{1,2})[/.](?<year>20\\d\\d|\\d\\d)", due_pair, false},
    {"(?<month>\\d{1,2})/(?<year>20\\d\\d)|(?<year>20\\d\\d)[-/](?<month>\\d{1,2})", due_numbered_month, false},
    {"(?!24/7|9/11|50/50)(?<left>\\d{1,2})/(?<right>\\d{1,2})", due_pair, false},
    {"(?<holiday>christmas eve|christmas|boxing day|new year's eve|new year's day|new year|halloween|valentine's day|st patrick's day|saint "
     "patrick's day|(?:the )?fourth of july|independence day|mayday|may day)",
     due_holiday, true},
    {"thanksgiving", due_thanksgiving, true},
    {"(?<easter>good friday|easter monday|easter)" YEAR, due_easter, true},
    {"(?:" TIME "|\\d{1,2}:\\d\\d)(?! (?:tomorrow|on|next))", due_today, true},
    {"(?:the )?(?<day>\\d{1,2}(?:st|nd|rd|th)?|" ORDINAL_WORDS ")(?: day)? of (?:(?<next>next)|this|the) month", due_day_of_month, false},
    {"the " ORDINAL_DAY "(?= (?:at|by|in|on|to|for|from|and|or|but|so|if|with|because|before|after|please|we|i|you|he|she|they|it|is|was|will|"
     "would|can|should|must|has|latest|i'll|we'll|let's|when|while|as|"
     "noon|midday|midnight|morning|afternoon|evening|right|okay|ok|yeah|that|works?|maybe|the|end|though|instead|that's|it's|i'm|we're|i've|we've|"
     "otherwise|then|thanks|"
     "since|until|unless|there|what|who|how|does|do|did|are|not|no|yes|either|too|tomorrow|today|\\d{1,2} ?[ap] ?m)\\b|$)",
     due_day_of_month, true},
    {"(?:in )?(?:early|the (?:beginning|start) of|the first days of) (?:in )?" MONTH "(?! (?:the )?\\d)" YEAR, due_month_start, false},
    {"(?:in )?late " MONTH "(?! (?:the )?\\d)" YEAR, due_month, false},
    {MONTH " after next", due_month_after_next, false},
    {"(?:in|during|this(?! may)|next|sometime in|late|later in|for) " MONTH "(?:" YEAR "| in (?<count>" NUMBERS ") years?)", due_month, false},
    {MONTH " in (?<count>" NUMBERS ") years?", due_month, false},
    {"(?<until>by|before|until) (?:early |the (?:beginning|start) of )?" MONTH "(?! (?:the )?\\d)" YEAR, due_month, false},
    {"(?:in|during|by the end of) (?<year>20\\d\\d)", due_year, false},
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
    g_autofree char *rest = g_strconcat("by ", text + end, NULL), *way = date_part(match, "way"), *weekday_word = NULL;
    const gsize by = strlen("by ");
    GDate day;
    if (!find_phrase(rest, today, &base) || base.at != 0 || !base.date[0]) return false;
    g_date_clear(&day, 1);
    date_set(&day, (guint)g_ascii_strtoull(base.date, NULL, 10),
             (guint)g_ascii_strtoull(base.date + 5, NULL, 10), (guint)g_ascii_strtoull(base.date + 8, NULL, 10));
    GDate from = day;
    if (strcmp(way, "before") == 0) {
        g_autofree char *count = date_part(match, "count"), *unit = date_part(match, "unit");
        guint number = date_number(count);
        if (number == 0 || unit[0] == 'y') return false;
        if (unit[0] == 'm') g_date_subtract_months(&day, number);
        else g_date_subtract_days(&day, number * (unit[0] == 'w' ? 7 : 1));
    } else if (!due_ahead(match, &from, &day)) {
        return false;
    }
    guint used = base.end - (guint)by;
    if (g_str_has_prefix(text + end + used, " on ")) {
        weekday_word = g_strndup(text + end + used + 4, strcspn(text + end + used + 4, " "));
        guint weekday = strlen(weekday_word) >= 3 ? date_weekday(weekday_word) : 0;
        if (weekday) date_add(&day, ((int)weekday - (int)g_date_get_weekday(&day) + 7) % 7);
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
