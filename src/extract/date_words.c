/* Numbers, months and weekdays by their words, and counting in days. */
#include "extract/date_words.h"

#include <string.h>

char *date_part(const GMatchInfo *match, const char *name) {
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

guint date_number(const char *word) {
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

guint date_ordinal(const char *word) {
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

guint date_month(const char *word) { return position_in("jan feb mar apr may jun jul aug sep oct nov dec", word, 3); }
guint date_weekday(const char *word) { return position_in("mon tue wed thu fri sat sun", word, 3); }

GDate *date_add(GDate *day, int days) {
    if (days >= 0)
        g_date_add_days(day, (guint)days);
    else
        g_date_subtract_days(day, (guint)-days);
    return day;
}

void date_to_weekday(GDate *day, guint weekday, int weeks) {
    date_add(day, (int)weekday - (int)g_date_get_weekday(day) + 7 * weeks);
}

void date_to_month_end(GDate *day) {
    g_date_set_day(day, 1);
    g_date_add_months(day, 1);
    g_date_subtract_days(day, 1);
}

bool date_set(GDate *day, guint year, guint month, guint number) {
    if (month < 1 || month > 12 || number < 1 || number > 31 ||
        !g_date_valid_dmy((GDateDay)number, (GDateMonth)month, (GDateYear)year))
        return false;
    g_date_set_dmy(day, (GDateDay)number, (GDateMonth)month, (GDateYear)year);
    return true;
}

void date_to_week_end(GDate *day, int weeks) {
    if (weeks == 0 && g_date_get_weekday(day) > G_DATE_FRIDAY) weeks = 1;
    date_to_weekday(day, G_DATE_FRIDAY, weeks);
}

void date_to_end(GDate *day, char unit, guint ahead) {
    if (unit != 'd' && unit != 'w') g_date_set_day(day, 1);
    if (unit == 'd') {
        g_date_add_days(day, ahead);
    } else if (unit == 'w') {
        date_to_week_end(day, (int)ahead);
    } else if (unit == 'm') {
        g_date_add_months(day, ahead);
        date_to_month_end(day);
    } else if (unit == 'q') {
        g_date_add_months(day, 2 - ((guint)g_date_get_month(day) - 1) % 3 + 3 * ahead);
        date_to_month_end(day);
    } else {
        g_date_set_dmy(day, 31, G_DATE_DECEMBER, (GDateYear)(g_date_get_year(day) + ahead));
    }
}

guint date_ahead_of(const char *which) { return which && (strcmp(which, "next") == 0 || strcmp(which, "following") == 0 || strcmp(which, "the following") == 0); }

void date_add_working_days(GDate *day, guint number) {
    while (number > 0) {
        g_date_add_days(day, 1);
        number -= g_date_get_weekday(day) <= G_DATE_FRIDAY;
    }
}
