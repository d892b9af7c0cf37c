#include "extract/jobs.h"

#include <string.h>

#include "extract/clauses.h"

#define LOOK_BACK 4 /* units in which "you" may have been called by a job */
#define TITLES_MAX 64

#define JOBS                                                                                                                     \
    "(?i:designer|expert|manager|engineer|developer|director|officer|analyst|architect|tester|specialist|coordinator|executive)"
static const char *const jobs =
    "(?|(?<job>(?:[A-Z][a-z]+ ){1,2}" JOBS ")|(?i:the|our|and|um|uh|then) (?<job>(?:[a-z]+ ){1,2}" JOBS "))(?![a-z])";

char *jobs_full_name(const Sentence *sentence, guint word, const char *name) {
    static const char *const last[] = {"Designer", "Expert", "Manager", "Engineer", "Developer", "Director", "Officer", "Analyst",
                                       "Architect", "Tester", "Specialist", "Coordinator", "Executive", "Team", NULL};
    static const char *const articles[] = {"the", "our", "so", "and", "then", NULL};
    guint from = word;
    if (!name || !g_strv_contains(last, name)) return g_strdup(name);
    while (from > 0 && word - from < 2 && g_array_index(sentence->words, PlainWord, from - 1).capital &&
           !g_array_index(sentence->words, PlainWord, from).after_comma)
        from--;
    if (from < word && sentence_word_is(sentence, from, articles)) from++;
    return sentence_words(sentence, from, word + 1);
}

/* "industrial designer" → "Industrial Designer" */
static char *titled(const char *words) {
    static const char *const openings[] = {"The ", "So ", "And ", "Then ", "Our ", "Uh ", "Um ", NULL};
    g_auto(GStrv) parts = g_strsplit(words, " ", -1);
    for (guint i = 0; parts[i]; i++) parts[i][0] = g_ascii_toupper(parts[i][0]);
    g_autofree char *job = g_strjoinv(" ", parts);
    const char *rest = job;
    for (guint i = 0; openings[i]; i++)
        if (g_str_has_prefix(rest, openings[i])) rest += strlen(openings[i]);
    return g_strdup(rest);
}

char *jobs_asked(const char *words) {
    static GRegex *regex;
    g_autoptr(GMatchInfo) match = NULL;
    if (!g_regex_match(phrase_once(&regex, jobs, ""), words, 0, &match)) return NULL;
    g_autofree char *job = g_match_info_fetch_named(match, "job");
    return titled(job);
}

static gint longest_first(gconstpointer left, gconstpointer right) {
    const char *a = *(char *const *)left, *b = *(char *const *)right;
    if (strlen(a) != strlen(b)) return strlen(a) > strlen(b) ? -1 : 1;
    return strcmp(a, b);
}

GPtrArray *jobs_titles(const GArray *units) {
    static GRegex *regex, *others;
    GPtrArray *titles = g_ptr_array_new_with_free_func(g_free);
    phrase_once(&others, "(?:Next|New|Other|Same|Last|First|Whole|Good|Great|Best|My|Your|Their|His|Her|This|That|Each|Every|Any|Some|One|Two) ", "");
    for (guint i = 0; i < units->len; i++) {
        g_autoptr(GMatchInfo) match = NULL;
        const char *text = g_array_index(units, Unit, i).text;
        for (g_regex_match(phrase_once(&regex, jobs, ""), text, 0, &match); g_match_info_matches(match); g_match_info_next(match, NULL)) {
            g_autofree char *words = g_match_info_fetch_named(match, "job"), *title = titled(words);
            if (titles->len < TITLES_MAX && !g_regex_match(others, title, G_REGEX_MATCH_ANCHORED, NULL) && !g_ptr_array_find_with_equal_func(titles, title, g_str_equal, NULL))
                g_ptr_array_add(titles, g_steal_pointer(&title));
        }
    }
    g_ptr_array_sort(titles, longest_first);
    return titles;
}

/* "U_I_D_" is whose title begins so ("User Interface Designer") where such a title is said anywhere. */
static char *title_of_initials(const Talk *talk, const char *initials) {
    for (guint i = 0; i < talk->titles->len; i++) {
        g_auto(GStrv) parts = g_strsplit(talk->titles->pdata[i], " ", -1);
        g_autoptr(GString) begins = g_string_new(NULL);
        for (guint j = 0; parts[j]; j++) g_string_append_printf(begins, "%c_", parts[j][0]);
        if (strcmp(begins->str, initials) == 0) return g_strdup(talk->titles->pdata[i]);
    }
    return NULL;
}

/* Whether a text begins with these words, in any case; then how long they are. */
static bool begins_with(const char *text, const char *words, gsize length) {
    return g_ascii_strncasecmp(text, words, length) == 0 && !g_ascii_isalnum(text[length]) && text[length] != '\'' && text[length] != '-';
}

/* "U_I_D_ the menu"; initials of no title ("L_C_D_") are things. */
static char *initials_here(const Talk *talk, const char *text, gsize *length) {
    *length = 0;
    while (g_ascii_isupper(text[*length]) && text[*length + 1] == '_') *length += 2;
    if (*length < 4 || g_ascii_isalpha(text[*length])) return NULL;
    g_autofree char *initials = g_strndup(text, *length);
    return title_of_initials(talk, initials);
}

char *jobs_asked_first(const Talk *talk, const char *words) {
    static const char *const openings[] = {"ask the ", "ask our ", "ask ", "tell the ", "tell our ", "tell ", NULL};
    gsize length;
    for (guint i = 0; openings[i]; i++)
        if (g_ascii_strncasecmp(words, openings[i], strlen(openings[i])) == 0) return jobs_here(talk, words + strlen(openings[i]), &length);
    return NULL;
}

char *jobs_here(const Talk *talk, const char *text, gsize *length) {
    static const char *const common[] = {"Project", "General", "Chief", "Senior", "Product", "Software", NULL};
    if (!g_ascii_isalpha(text[0])) return NULL;
    for (guint i = 0; i < talk->titles->len; i++) {
        const char *title = talk->titles->pdata[i];
        *length = strlen(title);
        if (begins_with(text, title, *length)) return g_strdup(title);
    }
    for (guint i = 0; i < talk->titles->len; i++) { /* "and marketing, you'll …" */
        const char *title = talk->titles->pdata[i], *last = strrchr(title, ' ');
        *length = last ? (gsize)(last - title) : 0;
        if (!last || !begins_with(text, title, *length) || (text[*length] != ',' && strncmp(text + *length, " you", 4) != 0)) continue;
        g_autofree char *field = g_strndup(title, *length);
        if (!g_strv_contains(common, field)) return g_strdup(title);
    }
    return initials_here(talk, text, length);
}

/* Adds the job to `found`; "X and Y" where `joined`, else false where there are two different ones. */
static bool take_job(char *job, bool joined, char **found) {
    g_autofree char *taken = job;
    if (*found && strcmp(*found, taken) == 0) return true;
    if (*found && !joined) return false;
    char *both = *found ? g_strdup_printf("%s and %s", *found, taken) : g_strdup(taken);
    g_free(*found);
    *found = both;
    return true;
}

/* Adds the jobs that a unit names to `found`; false where there are two different ones that "and" does not join. */
static bool read_jobs(const Talk *talk, const char *text, char **found) {
    static GRegex *regex, *initials;
    g_autoptr(GMatchInfo) match = NULL, letters = NULL;
    int begin, end, before = -1;
    for (g_regex_match(phrase_once(&regex, jobs, ""), text, 0, &match); g_match_info_matches(match); g_match_info_next(match, NULL)) {
        g_autofree char *words = g_match_info_fetch_named(match, "job");
        if (!g_match_info_fetch_named_pos(match, "job", &begin, &end)) continue;
        g_autofree char *between = before >= 0 ? g_strndup(text + before, (gsize)(begin - before)) : NULL;
        bool joined = between && (strcmp(between, " and ") == 0 || strcmp(between, " and the ") == 0 || strcmp(between, " and uh the ") == 0);
        if (!take_job(titled(words), joined, found)) return false;
        before = end;
    }
    before = -1;
    for (g_regex_match(phrase_once(&initials, "(?:[A-Z]_){2,4}", ""), text, 0, &letters); g_match_info_matches(letters);
         g_match_info_next(letters, NULL)) {
        g_autofree char *word = g_match_info_fetch(letters, 0), *job = title_of_initials(talk, word);
        if (!job || !g_match_info_fetch_pos(letters, 0, &begin, &end)) continue;
        bool joined = before >= 0 && begin - before == 5 && strncmp(text + before, " and ", 5) == 0;
        if (!take_job(g_steal_pointer(&job), joined, found)) return false;
        before = end;
    }
    return true;
}

static const Unit *unit_of(const Talk *talk, const Pick *pick, guint i) {
    return &g_array_index(talk->units, Unit, g_array_index(pick->units, guint, i));
}

char *jobs_named(const Talk *talk, const Pick *pick) {
    g_autofree char *found = NULL;
    for (guint i = 0; i < pick->units->len; i++)
        if (!read_jobs(talk, unit_of(talk, pick, i)->text, &found)) return NULL;
    const Unit *best = &g_array_index(talk->units, Unit, pick->best);
    for (guint i = pick->best; !found && i > 0 && pick->best - i < LOOK_BACK; i--) {
        const Unit *unit = &g_array_index(talk->units, Unit, i - 1);
        if (unit->speaker == best->speaker && !read_jobs(talk, unit->text, &found)) return NULL;
    }
    return g_steal_pointer(&found);
}
