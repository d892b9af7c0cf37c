/* Who speaks, where the text alone says it; and cues made segments. */
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "transcribe/import_format.h"

#define NAME_WORDS_MAX 5
#define NAME_BYTES_MAX 60

/* Labels that stand before a colon in notes and are nobody's name. */
static const char *const labels[] = {
    "action",      "action item",  "action items", "actions", "agenda",  "answer",     "attendees", "background", "conclusion",
    "date",        "decision",     "decisions",    "due",     "example", "follow up",  "fyi",       "goal",       "goals",
    "important",   "issue",        "location",     "meeting", "next",    "next steps", "note",      "notes",      "ok",
    "outcome",     "owner",        "participants", "pros",    "cons",    "ps",         "question",  "questions",  "re",
    "requirement", "requirements", "result",       "risk",    "risks",   "status",     "step",      "subject",    "summary",
    "task",        "tasks",        "time",         "title",   "to do",   "todo",       "topic",     "topics",     "update",
    "warning",     "wip",          "http",         "https",   NULL};

/* Small words inside names that keep their lower case. */
static const char *const particles[] = {"al", "bin", "da", "de",  "del", "den", "der", "di", "dos", "du", "el",
                                        "la", "le",  "of", "ten", "ter", "van", "von", "y",  "zu",  NULL};

static bool is_name_character(gunichar c) {
    return g_unichar_isalnum(c) || g_unichar_ismark(c) || (c < 0x80 && strchr("._-'()&@#", (int)c)) || c == 0x2019;
}

/* A capital letter, a letter of a script without capitals, a digit after the first word, or something in brackets. */
static bool is_name_word(const char *word, bool first) {
    if (!first && g_strv_contains(particles, word)) return true;
    const char *at = word;
    while (*at == '(' || *at == '@' || *at == '#') at++;
    gunichar c = g_utf8_get_char(at);
    bool capital = g_unichar_isalpha(c) && !g_unichar_islower(c);
    if (!capital && (first || !(g_unichar_isdigit(c) || at != word || c == '&' || c == '-'))) return false;
    for (; *at; at = g_utf8_next_char(at))
        if (!is_name_character(g_utf8_get_char(at))) return false;
    return true;
}

bool looks_like_name(const char *text, gsize length) {
    if (length == 0 || length > NAME_BYTES_MAX) return false;
    static GRegex *numbered;
    g_autofree char *name = g_strstrip(g_strndup(text, length));
    g_autofree char *lower = g_utf8_strdown(name, -1);
    if (*name == '\0' || g_strv_contains(labels, lower)) return false;
    if (*lower == 's' && g_regex_match(pattern_once(&numbered, "^(speaker|spk)[ _-]?\\d+$"), lower, 0, NULL)) return true;
    g_auto(GStrv) words = g_strsplit_set(name, " \t", -1);
    guint count = 0;
    for (char **word = words; *word; word++) {
        if (**word == '\0') continue;
        if (!is_name_word(*word, count == 0) || ++count > NAME_WORDS_MAX) return false;
    }
    return true;
}

gsize name_before_colon(const char *text, const char **words) {
    const char *colon = memchr(text, ':', strnlen(text, NAME_BYTES_MAX + 1));
    if (!colon || !(colon[1] == ' ' || colon[1] == '\t' || colon[1] == '\0')) return 0;
    if (!looks_like_name(text, (gsize)(colon - text))) return 0;
    *words = colon + 1;
    return (gsize)(colon - text);
}

/* {name: how many cues begin with it}; `*named` counts those cues. */
static GTree *count_names(const GArray *cues, guint *named) {
    GTree *counts = text_map_new(g_free, NULL);
    *named = 0;
    for (guint i = 0; i < cues->len; i++) {
        const Cue *cue = &g_array_index(cues, Cue, i);
        const char *words;
        gsize length = cue->speaker ? 0 : name_before_colon(cue->text, &words);
        if (length == 0) continue;
        char *name = g_strndup(cue->text, length);
        guint count = GPOINTER_TO_UINT(g_tree_lookup(counts, name));
        g_tree_insert(counts, name, GUINT_TO_POINTER(count + 1));
        ++*named;
    }
    return counts;
}

static bool ends_sentence(const char *text, gsize at) {
    if (text[at] != ' ' || at == 0) return false;
    return strchr(".?!", text[at - 1]) || (at >= 3 && g_str_has_prefix(text + at - 3, "。"));
}

/* How much of the text makes the next segment: whole sentences within `split_bytes`, else one sentence, else words within the
 * hard limit. */
static gsize piece_length(const char *text, gsize split_bytes) {
    gsize sentence = 0, space = 0, at = 0;
    for (; text[at] && at < SEGMENT_TEXT_BYTES_MAX; at++) {
        if (text[at] == ' ') space = at;
        if (ends_sentence(text, at)) sentence = at;
        if (at >= split_bytes && sentence > 0) return sentence;
    }
    if (text[at] == '\0') return at;
    if (space > 0) return space;
    while (at > 0 && ((guchar)text[at] & 0xC0) == 0x80) at--;
    return at;
}

static bool add_pieces(const Cue *cue, int speaker, const char *words, gsize split_bytes, Transcript *transcript,
                       GError **error) {
    g_autofree char *line = g_strstrip(g_strdelimit(g_strdup(words), "\n\t", ' '));
    gsize total = strlen(line);
    for (gsize done = 0; done < total;) {
        gsize length = piece_length(line + done, split_bytes);
        g_autofree char *piece = g_strndup(line + done, length);
        double start = (double)done / (double)total, end = (double)(done + length) / (double)total;
        double span_ms = (double)MAX(cue->end_ms - cue->start_ms, 0);
        if (transcript->segments->len >= SEGMENTS_MAX)
            return fail(error, ERROR_TOO_LARGE, "The transcript has more than %d segments; split the file", SEGMENTS_MAX);
        transcript_add(transcript, cue->start_ms + (gint64)(start * span_ms), cue->start_ms + (gint64)(end * span_ms), speaker,
                       piece);
        done += length + strspn(line + done + length, " ");
    }
    return true;
}

bool cues_to_segments(const GArray *cues, gsize split_bytes, Transcript *transcript, GError **error) {
    if (cues->len > SEGMENTS_MAX)
        return fail(error, ERROR_TOO_LARGE, "The transcript has more than %d segments; split the file", SEGMENTS_MAX);
    guint named;
    g_autoptr(GTree) counts = count_names(cues, &named);
    bool mostly_named = named * 2 >= cues->len;
    int speaker = -1;
    for (guint i = 0; i < cues->len; i++) {
        const Cue *cue = &g_array_index(cues, Cue, i);
        const char *words = cue->text, *after = words;
        g_autofree char *name = g_strdup(cue->speaker);
        gsize length = name ? 0 : name_before_colon(cue->text, &after);
        if (length > 0) {
            g_autofree char *candidate = g_strndup(cue->text, length);
            if (mostly_named || GPOINTER_TO_UINT(g_tree_lookup(counts, candidate)) > 1) {
                name = g_steal_pointer(&candidate);
                words = after;
            }
        }
        if (name || !cue->goes_on) speaker = transcript_speaker(transcript, name);
        if (!add_pieces(cue, speaker, words, split_bytes, transcript, error)) return false;
    }
    return true;
}
