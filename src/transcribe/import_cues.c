/* What caption files share: timings, cues, markup. Nothing that is said is lost silently: it lands in a cue or is an error that
 * names its line. */
#include <string.h>

#include "base/limits.h"
#include "transcribe/import_format.h"

#define MARKUP_BYTES_MAX 200 /* of a tag: "<v " and a name */

GRegex *pattern_once(GRegex **pattern, const char *text) {
    if (g_once_init_enter(pattern)) g_once_init_leave(pattern, g_regex_new(text, G_REGEX_OPTIMIZE, 0, NULL));
    return *pattern;
}

bool lines_split(const char *text, char ***lines, GError **error) {
    g_autoptr(GPtrArray) split = g_ptr_array_new_with_free_func(g_free);
    for (const char *start = text, *end; start; start = *end ? end + 1 : NULL) {
        end = strchrnul(start, '\n');
        if (split->len == LINES_MAX)
            return fail(error, ERROR_TOO_LARGE, "The transcript has more than %d lines; split the file", LINES_MAX);
        g_ptr_array_add(split, g_strndup(start, (gsize)(end - start)));
    }
    g_ptr_array_add(split, NULL);
    *lines = (char **)g_ptr_array_steal(split, NULL);
    return true;
}

static void cue_clear(gpointer data) {
    g_free(((Cue *)data)->speaker);
    g_free(((Cue *)data)->text);
}

GArray *cues_new(void) {
    GArray *cues = g_array_new(FALSE, TRUE, sizeof(Cue));
    g_array_set_clear_func(cues, cue_clear);
    return cues;
}

void cues_add(GArray *cues, Cue cue) {
    if (*g_strstrip(cue.text))
        g_array_append_val(cues, cue);
    else
        cue_clear(&cue);
}

gint64 time_matched(const GMatchInfo *match, int group) {
    g_autofree char *hours = g_match_info_fetch(match, group), *minutes = g_match_info_fetch(match, group + 1);
    g_autofree char *seconds = g_strdelimit(g_match_info_fetch(match, group + 2), ",", '.');
    gint64 whole = g_ascii_strtoll(hours, NULL, 10) * 3600 + g_ascii_strtoll(minutes, NULL, 10) * 60;
    return whole * 1000 + (gint64)(g_ascii_strtod(seconds, NULL) * 1000 + 0.5);
}

/* A line that means to be a timing, whether it can be read or not: it begins with digits and has an arrow, or a time and a dash.
 */
static bool means_timing(const char *line) {
    const char *at = line + strspn(line, " \t");
    if (!g_ascii_isdigit(*at)) return false;
    if (strstr(at, "-->")) return true;
    gsize digits = strspn(at, "0123456789:.,");
    return memchr(at, ':', digits) && at[digits + strspn(at + digits, " \t")] == '-';
}

static bool is_blank(const char *line) { return line[strspn(line, " \t\f")] == '\0'; }

static bool is_comment(const char *line) {
    static const char *const words[] = {"NOTE", "STYLE", "REGION"};
    for (gsize i = 0; i < G_N_ELEMENTS(words); i++)
        if (g_str_has_prefix(line, words[i]) && strchr(" \t", line[strlen(words[i])]))
            return true; /* strchr finds the end, too */
    return false;
}

/* A name of the cue whose timing follows: any line that begins a block, or a bare number where the empty line is missing. */
static bool is_cue_id(const char *line, const char *next, bool begins_block) {
    if (!next || !means_timing(next)) return false;
    return begins_block || line[strspn(line, "0123456789")] == '\0';
}

static void raw_cue_clear(gpointer data) { g_string_free(((RawCue *)data)->payload, TRUE); }

static bool add_raw_cue(GArray *cues, const char *line, guint number, GError **error) {
    static GRegex *timing;
    g_autoptr(GMatchInfo) match = NULL;
    pattern_once(&timing, "^\\s*" TIME_PATTERN "\\s*-->\\s*" TIME_PATTERN "(?:\\s|$)");
    if (!g_regex_match(timing, line, 0, &match))
        return fail(error, ERROR_INVALID,
                    "Line %u of the transcript is no timing that can be read; write it as 00:01:02.345 --> 00:01:04.000", number);
    RawCue cue = {time_matched(match, 1), time_matched(match, 4), g_string_new(NULL)};
    g_array_append_val(cues, cue);
    return true;
}

static bool read_line(GArray *cues, const char *line, guint number, GError **error) {
    if (is_blank(line)) return true;
    if (means_timing(line)) return add_raw_cue(cues, line, number, error);
    if (cues->len == 0)
        return fail(error, ERROR_INVALID, "Line %u of the transcript has words before the first timing; put one above them",
                    number);
    GString *payload = g_array_index(cues, RawCue, cues->len - 1).payload;
    if (payload->len > 0) g_string_append_c(payload, '\n');
    g_string_append(payload, line);
    return true;
}

bool raw_cues_read(char *const *lines, guint first, bool comments, GArray **raw_cues, GError **error) {
    g_autoptr(GArray) cues = g_array_new(FALSE, TRUE, sizeof(RawCue));
    g_array_set_clear_func(cues, raw_cue_clear);
    for (guint i = first; lines[i]; i++) {
        bool begins_block = i == first || is_blank(lines[i - 1]);
        if (is_cue_id(lines[i], lines[i + 1], begins_block)) continue;
        if (comments && begins_block && is_comment(lines[i])) {
            while (lines[i + 1] && !is_blank(lines[i + 1])) i++;
            continue;
        }
        bool lone_id = begins_block && lines[i][0] && lines[i][strspn(lines[i], "0123456789")] == '\0' &&
                       (!lines[i + 1] || is_blank(lines[i + 1]));
        if (!lone_id && !read_line(cues, lines[i], i + 1, error)) return false;
    }
    *raw_cues = g_steal_pointer(&cues);
    return true;
}

/* The tag at `at` ("<b>") ends before the pointer returned; NULL where it is no markup but words ("<inaudible>", "a < b"). */
static const char *tag_end(const char *at) {
    static const char *const names[] = {"v", "c", "i", "b", "u", "s", "font", "ruby", "rt", "lang", "em", "strong", "span", NULL};
    const char *end = memchr(at, '>', strnlen(at, MARKUP_BYTES_MAX));
    const char *start = at + 1 + (at[1] == '/');
    if (!end) return NULL;
    if (g_ascii_isdigit(*start)) return start[strspn(start, "0123456789:.,")] == '>' ? end + 1 : NULL;
    g_autofree char *name = g_ascii_strdown(start, (gssize)strcspn(start, " \t\n.>"));
    return g_strv_contains(names, name) ? end + 1 : NULL;
}

/* "<v.loud Ann Smith>" names Ann Smith. */
static char *voice_name(const char *tag, const char *end) {
    gsize length = (gsize)(end - 1 - tag);
    const char *space = memchr(tag, ' ', length);
    return g_strstrip(space ? g_strndup(space, (gsize)(end - 1 - space)) : g_strdup(""));
}

/* Appends the character of an entity and returns what follows it; an unknown one stands as it is. */
static const char *append_entity(GString *plain, const char *at) {
    static const char *const entities[][2] = {{"&amp;", "&"},   {"&lt;", "<"},   {"&gt;", ">"}, {"&nbsp;", " "},
                                              {"&quot;", "\""}, {"&apos;", "'"}, {"&lrm;", ""}, {"&rlm;", ""}};
    for (gsize i = 0; i < G_N_ELEMENTS(entities); i++) {
        if (!g_str_has_prefix(at, entities[i][0])) continue;
        g_string_append(plain, entities[i][1]);
        return at + strlen(entities[i][0]);
    }
    bool hexadecimal = at[1] == '#' && (at[2] == 'x' || at[2] == 'X');
    const char *digits = at + (hexadecimal ? 3 : 2);
    char *end = NULL;
    guint64 code = at[1] == '#' && g_ascii_isxdigit(*digits) ? g_ascii_strtoull(digits, &end, hexadecimal ? 16 : 10) : 0;
    if (code > 0 && code <= 0x10FFFF && g_unichar_validate((gunichar)code) && *end == ';') {
        g_string_append_unichar(plain, (gunichar)code);
        return end + 1;
    }
    g_string_append_c(plain, '&');
    return at + 1;
}

char *cue_plain_text(const char *payload, CueVoice voice, gpointer user_data) {
    GString *plain = g_string_new(NULL);
    const char *at = payload;
    while (*at) {
        const char *after = *at == '<' ? tag_end(at) : NULL;
        if (after) {
            bool closes = at[1] == '/';
            if (voice && at[1 + closes] == 'v' && !g_ascii_isalnum(at[2 + closes])) {
                g_autofree char *name = closes ? NULL : voice_name(at, after);
                voice(name, plain, user_data);
            }
            at = after;
        } else if (*at == '{' && at[1] == '\\' && memchr(at, '}', strnlen(at, MARKUP_BYTES_MAX))) {
            at = strchr(at, '}') + 1; /* a position as SubStation writes it: {\an8} */
        } else if (*at == '&') {
            at = append_entity(plain, at);
        } else {
            g_string_append_c(plain, *at++);
        }
    }
    return g_string_free(plain, FALSE);
}
