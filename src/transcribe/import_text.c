/* Plain text: paragraphs, "Name: words" lines, and times as Otter, Teams, Rev and people by hand write them: "[00:01:02] Ann:
 * words", "Ann (1:02): words", "Ann  1:02" or "00:01:02 Ann" on a line of its own. What looks like times counts only where they
 * never run backwards; else it is text as any other. */
#include <string.h>

#include "base/limits.h"
#include "transcribe/import_format.h"

#define WORD_MS 400     /* 150 words a minute */
#define SPLIT_BYTES 240 /* a segment is one or a few sentences */
/* A line that an editor wrapped, in ASCII; a longer one was not. */
#define WRAP_BYTES_MIN 50
#define WRAP_BYTES_MAX 120

/* One line as its marks show it. */
typedef struct {
    bool timed, bracketed;
    bool header;   /* the name stands alone on the line */
    bool time_led; /* the time stands first */
    gint64 start_ms;
    char *speaker; /* where the form itself shows it */
    const char *words;
} Line;

typedef struct {
    gint64 start_ms, end_ms; /* start -1: unknown */
    char *speaker;
    GString *text;
    bool goes_on;   /* with the speaker of the piece before */
    bool paragraph; /* begins one */
} Piece;

static void line_clear(gpointer data) { g_free(((Line *)data)->speaker); }

static int after_match(const GMatchInfo *match) {
    int start, end;
    g_match_info_fetch_pos(match, 0, &start, &end);
    return end;
}

/* "[00:01:02] …", "(1:02) …", "00:01:02 …" */
static bool leading_time(const char *text, Line *line) {
    static GRegex *pattern;
    g_autoptr(GMatchInfo) match = NULL;
    if (!g_ascii_isdigit(*text) && *text != '[' && *text != '(') return false; /* most lines: no pattern is tried */
    if (!g_regex_match(pattern_once(&pattern, "^([\\[(]?)" TIME_PATTERN "([\\])]?)(?:\\s*[-–—]\\s+|:?\\s+|$)"), text, 0, &match))
        return false;
    g_autofree char *opening = g_match_info_fetch(match, 1), *closing = g_match_info_fetch(match, 5);
    if ((*opening != '\0') != (*closing != '\0')) return false;
    line->timed = line->time_led = true;
    line->bracketed = *opening != '\0';
    line->start_ms = time_matched(match, 2);
    line->words = text + after_match(match);
    return true;
}

/* "Ann (1:02): words", "Ann [1:02]", "Ann  1:02" */
static bool time_after_name(const char *text, Line *line) {
    static GRegex *bracketed, *alone;
    g_autoptr(GMatchInfo) in_brackets = NULL, bare = NULL;
    GMatchInfo *match;
    gsize length = strlen(text);
    pattern_once(&bracketed, "^([^\\[(:]{1,60}?)\\s*[\\[(]" TIME_PATTERN "[\\])]\\s*(?::\\s*|$)");
    pattern_once(&alone, "^([^\\[(:]{1,60}?)\\s+" TIME_PATTERN "$");
    if (strpbrk(text, "[(") && g_regex_match(bracketed, text, 0, &in_brackets))
        match = in_brackets;
    else if (length > 0 && g_ascii_isdigit(text[length - 1]) && g_regex_match(alone, text, 0, &bare))
        match = bare;
    else
        return false;
    g_autofree char *name = g_match_info_fetch(match, 1);
    if (!looks_like_name(name, strlen(name))) return false;
    line->timed = true;
    line->bracketed = match == in_brackets;
    line->start_ms = time_matched(match, 2);
    line->speaker = g_steal_pointer(&name);
    line->words = text + after_match(match);
    line->header = *line->words == '\0';
    return true;
}

/* "00:01:02 Ann" and nothing else, the words below: it counts where at least half of the lines that begin with a time are so. */
static void find_names_after_times(GArray *lines) {
    guint time_led = 0, names = 0;
    for (int pass = 0; pass < 2; pass++) {
        for (guint i = 0; i + 1 < lines->len; i++) {
            Line *line = &g_array_index(lines, Line, i);
            const Line *next = line + 1;
            if (!line->time_led) continue;
            bool is_name = !next->timed && *next->words && looks_like_name(line->words, strlen(line->words));
            if (pass == 0) {
                time_led++;
                names += is_name;
            } else if (is_name && names * 2 >= time_led) {
                line->speaker = g_strdup(line->words);
                line->words += strlen(line->words);
                line->header = true;
            }
        }
    }
}

static GArray *read_lines(char *const *texts) {
    GArray *lines = g_array_new(FALSE, TRUE, sizeof(Line));
    g_array_set_clear_func(lines, line_clear);
    for (; *texts; texts++) {
        Line line = {.words = *texts};
        if (!leading_time(*texts, &line)) time_after_name(*texts, &line);
        g_array_append_val(lines, line);
    }
    find_names_after_times(lines);
    return lines;
}

/* Times are real where they run forwards, and one alone only in brackets. */
static bool times_hold(const GArray *lines) {
    gint64 before = 0;
    guint count = 0;
    bool bracketed = false;
    for (guint i = 0; i < lines->len; i++) {
        const Line *line = &g_array_index(lines, Line, i);
        if (!line->timed) continue;
        if (line->start_ms < before) return false;
        before = line->start_ms;
        bracketed |= line->bracketed;
        count++;
    }
    return count >= 2 || bracketed;
}

static bool is_wrapped(const char *line) {
    gsize length = strlen(line);
    return length >= WRAP_BYTES_MIN && length <= WRAP_BYTES_MAX;
}

/* The line goes on with the sentence before: that one is open, and this begins small or the editor wrapped it. */
static bool continues(const char *before, const char *words) {
    gsize length = strlen(before);
    const char *unused;
    if (length == 0 || strchr(".?!:;", before[length - 1]) || name_before_colon(words, &unused) > 0) return false;
    return g_unichar_islower(g_utf8_get_char(words)) || (is_wrapped(before) && !strchr("-*#", *words));
}

static void piece_clear(gpointer data) {
    Piece *piece = data;
    g_free(piece->speaker);
    g_string_free(piece->text, TRUE);
}

static GArray *read_pieces(char *const *texts, const GArray *lines, bool timed) {
    GArray *pieces = g_array_new(FALSE, TRUE, sizeof(Piece));
    g_array_set_clear_func(pieces, piece_clear);
    const char *before = ""; /* the last line; "" after an empty one */
    bool under_header = false;
    for (guint i = 0; i < lines->len; i++) {
        const Line *line = &g_array_index(lines, Line, i);
        const char *words = timed ? line->words : texts[i];
        bool marked = timed && line->timed;
        Piece *last = pieces->len > 0 ? &g_array_index(pieces, Piece, pieces->len - 1) : NULL;
        if (!marked && *words == '\0') {
            before = "";
            continue;
        }
        if (last && !marked && (last->text->len == 0 || continues(before, words))) {
            g_string_append_printf(last->text, "%s%s", last->text->len > 0 ? " " : "", words);
        } else {
            if (marked) under_header = line->header;
            Piece piece = {.start_ms = marked ? line->start_ms : -1, .speaker = marked ? g_strdup(line->speaker) : NULL};
            piece.text = g_string_new(words);
            piece.goes_on = !marked && (under_header || *before);
            piece.paragraph = last && !is_wrapped(before);
            g_array_append_val(pieces, piece);
        }
        before = marked && *words == '\0' ? texts[i] : words;
    }
    return pieces;
}

/* The words that take time; a name before them does not. */
static gint64 count_words(const char *text) {
    gint64 count = 0;
    name_before_colon(text, &text);
    for (bool inside = false; *text; text++) {
        bool space = *text == ' ' || *text == '\t';
        count += !space && !inside;
        inside = !space;
    }
    return count;
}

/* Between two known times words take WORD_MS each, or less where there is no room for that. Where no time is known, paragraphs
 * stand apart. */
static void set_times(GArray *pieces, bool timed) {
    gint64 now_ms = 0;
    for (guint i = 0; i < pieces->len;) {
        gint64 words = 0;
        guint next = i;
        do words += count_words(g_array_index(pieces, Piece, next).text->str);
        while (++next < pieces->len && g_array_index(pieces, Piece, next).start_ms < 0);
        now_ms = MAX(now_ms, g_array_index(pieces, Piece, i).start_ms);
        gint64 until_ms = next < pieces->len ? g_array_index(pieces, Piece, next).start_ms : G_MAXINT64;
        double word_ms = MIN(WORD_MS, (double)(until_ms - now_ms) / (double)MAX(words, 1));
        for (; i < next; i++) {
            Piece *piece = &g_array_index(pieces, Piece, i);
            if (!timed && piece->paragraph) now_ms += TRANSCRIPT_PAUSE_MS;
            piece->start_ms = now_ms;
            now_ms += (gint64)((double)count_words(piece->text->str) * word_ms);
            piece->end_ms = now_ms;
        }
    }
}

bool import_text(const char *text, Transcript *transcript, GError **error) {
    g_auto(GStrv) texts = NULL;
    if (!lines_split(text, &texts, error)) return false;
    for (char **line = texts; *line; line++) g_strstrip(*line);
    g_autoptr(GArray) lines = read_lines(texts), cues = cues_new();
    bool timed = times_hold(lines);
    g_autoptr(GArray) pieces = read_pieces(texts, lines, timed);
    set_times(pieces, timed);
    for (guint i = 0; i < pieces->len; i++) {
        Piece *piece = &g_array_index(pieces, Piece, i);
        cues_add(cues, (Cue){piece->start_ms, piece->end_ms, g_steal_pointer(&piece->speaker), g_strdup(piece->text->str),
                             piece->goes_on});
    }
    transcript->timed = timed;
    return cues_to_segments(cues, SPLIT_BYTES, transcript, error);
}
