#include "extract/jobs.h"

#include <string.h>

#include "extract/clauses.h"

#define LOOK_BACK 4 /* units in which "you" may have been called by a job */

#define JOBS                                                                                                                     \
    "(?i:designer|expert|manager|engineer|developer|director|officer|analyst|architect|tester|specialist|coordinator|executive)"
static const char *const jobs =
    "(?|(?<job>(?:[A-Z][a-z]+ ){1,2}" JOBS ")|(?i:the|our|and|um|uh|then) (?<job>(?:[a-z]+ ){1,2}" JOBS "))(?![a-z])";
static const char *const you = "(?i:you(?:'ll| will| can| should| have to| are (?:going to|gonna)|'re (?:going to|gonna)))(?![a-z])";

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

/* "U_I_D_" is whose title begins so ("User Interface Designer") where such a title is said anywhere. */
static char *title_of_initials(const Talk *talk, const char *initials) {
    static GRegex *regex;
    for (guint i = 0; i < talk->units->len; i++) {
        g_autoptr(GMatchInfo) match = NULL;
        const char *text = g_array_index(talk->units, Unit, i).text;
        for (g_regex_match(phrase_once(&regex, jobs, ""), text, 0, &match); g_match_info_matches(match); g_match_info_next(match, NULL)) {
            g_autofree char *words = g_match_info_fetch_named(match, "job"), *job = titled(words);
            g_auto(GStrv) parts = g_strsplit(job, " ", -1);
            g_autoptr(GString) begins = g_string_new(NULL);
            for (guint j = 0; parts[j]; j++) g_string_append_printf(begins, "%c_", parts[j][0]);
            if (strcmp(begins->str, initials) == 0) return g_steal_pointer(&job);
        }
    }
    return NULL;
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

/* Whom a unit is about: a job, "you", or NULL. */
static char *about(const Talk *talk, const Unit *unit) {
    static GRegex *regex;
    g_autofree char *job = NULL;
    if (!read_jobs(talk, unit->text, &job)) return NULL;
    if (job) return g_steal_pointer(&job);
    return g_regex_match(phrase_once(&regex, you, ""), unit->text, 0, NULL) ? g_strdup("you") : NULL;
}

static void pick_clear(gpointer data) { g_array_unref(((Pick *)data)->units); }

static void begin_part(GArray *parts, const Pick *pick, guint best) {
    Pick part = {.best = best, .units = g_array_new(FALSE, FALSE, sizeof(guint)), .probability = pick->probability};
    g_array_append_val(parts, part);
}

/* A part's best unit is the pick's where it holds that, else the one that says whom it is about. */
GArray *jobs_parts(const Talk *talk, const Pick *pick) {
    GArray *parts = g_array_new(FALSE, FALSE, sizeof(Pick));
    g_autofree char *whom = NULL;
    g_array_set_clear_func(parts, pick_clear);
    begin_part(parts, pick, g_array_index(pick->units, guint, 0));
    for (guint i = 0; i < pick->units->len; i++) {
        guint index = g_array_index(pick->units, guint, i);
        g_autofree char *next = about(talk, unit_of(talk, pick, i));
        /* "the designer … you'll look at": still the designer */
        bool other = next && whom && strcmp(next, whom) != 0 && strcmp(next, "you") != 0;
        if (other) begin_part(parts, pick, index);
        Pick *part = &g_array_index(parts, Pick, parts->len - 1);
        g_array_append_val(part->units, index);
        if (index == pick->best || (next && !whom)) part->best = index;
        if (next && (other || !whom)) {
            g_free(whom);
            whom = g_steal_pointer(&next);
        }
    }
    return parts;
}
