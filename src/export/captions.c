/* Segments cut into captions that can be read in time. Words keep the times that are known; where there are none, a segment's
 * time is shared out by the length of its words. */
#include <string.h>

#include "export/export_format.h"

typedef struct {
    char *text;
    glong chars;
    gint64 start_ms, end_ms;
} Token;

/* The caption under way. */
typedef struct {
    GArray *captions;
    GString *lines[CAPTION_LINES];
    int line; /* being filled */
    gint64 start_ms, end_ms;
    const char *speaker;
} Builder;

static void token_clear(gpointer token) { g_free(((Token *)token)->text); }

static void caption_clear(gpointer data) {
    for (int i = 0; i < CAPTION_LINES; i++) g_free(((Caption *)data)->lines[i]);
}

/* A word longer than a line, or a text written without spaces, goes on in several tokens. */
static void add_token(GArray *tokens, const char *word, gint64 start_ms, gint64 end_ms) {
    glong total = g_utf8_strlen(word, -1);
    for (glong from = 0; from < total; from += CAPTION_LINE_CHARS) {
        glong to = MIN(from + CAPTION_LINE_CHARS, total);
        Token token = {g_utf8_substring(word, from, to), to - from, start_ms + (end_ms - start_ms) * from / total,
                       start_ms + (end_ms - start_ms) * to / total};
        g_array_append_val(tokens, token);
    }
}

static GArray *tokens_of(const Segment *segment) {
    GArray *tokens = g_array_new(FALSE, TRUE, sizeof(Token));
    g_array_set_clear_func(tokens, token_clear);
    g_auto(GStrv) words = g_strsplit(segment->text, " ", -1);
    bool known = segment->words && segment->words->len == g_strv_length(words);
    gint64 length = (gint64)strlen(segment->text), span_ms = segment->end_ms - segment->start_ms, done = 0;
    for (guint i = 0; words[i]; i++) {
        gint64 end = done + (gint64)strlen(words[i]);
        const Word *word = known ? &g_array_index(segment->words, Word, i) : NULL;
        add_token(tokens, words[i], word ? word->start_ms : segment->start_ms + span_ms * done / length,
                  word ? word->end_ms : segment->start_ms + span_ms * end / length);
        done = end + 1;
    }
    return tokens;
}

static void end_caption(Builder *builder) {
    if (builder->lines[0]->len == 0) return;
    Caption caption = {.start_ms = builder->start_ms, .speaker = builder->speaker};
    caption.end_ms = CLAMP(builder->end_ms, caption.start_ms + 1, caption.start_ms + CAPTION_MS);
    for (int i = 0; i < CAPTION_LINES; i++) {
        if (builder->lines[i]->len > 0) caption.lines[i] = g_strdup(builder->lines[i]->str);
        g_string_truncate(builder->lines[i], 0);
    }
    g_array_append_val(builder->captions, caption);
    builder->line = 0;
}

static bool fits(const GString *line, const Token *token) {
    return line->len == 0 || g_utf8_strlen(line->str, -1) + 1 + token->chars <= CAPTION_LINE_CHARS;
}

static void put_token(Builder *builder, const Token *token) {
    bool too_long = builder->lines[0]->len > 0 && token->end_ms - builder->start_ms > CAPTION_MS;
    if (too_long) end_caption(builder);
    if (!fits(builder->lines[builder->line], token) && ++builder->line == CAPTION_LINES) end_caption(builder);
    GString *line = builder->lines[builder->line];
    if (builder->lines[0]->len == 0) builder->start_ms = builder->end_ms = token->start_ms;
    if (line->len > 0) g_string_append_c(line, ' ');
    g_string_append(line, token->text);
    builder->end_ms = MAX(builder->end_ms, token->end_ms);
}

/* "Name:" before the words, shown with the first of them. */
static void put_name(Builder *builder, gint64 start_ms) {
    g_autofree char *label = g_strconcat(builder->speaker, ":", NULL);
    g_auto(GStrv) words = g_strsplit(label, " ", -1);
    g_autoptr(GArray) tokens = g_array_new(FALSE, TRUE, sizeof(Token));
    g_array_set_clear_func(tokens, token_clear);
    for (char **word = words; *word; word++) add_token(tokens, *word, start_ms, start_ms);
    for (guint i = 0; i < tokens->len; i++) put_token(builder, &g_array_index(tokens, Token, i));
}

bool captions_make(const Meeting *meeting, bool names, GArray **captions, GError **error) {
    const Transcript *transcript = meeting->transcript;
    if (!transcript || transcript->segments->len == 0)
        return fail(error, ERROR_INVALID, "The meeting has no transcript with times, so there are no captions; export it as txt");
    if (!transcript->timed)
        return fail(error, ERROR_INVALID,
                    "The meeting's transcript came in as text without times, so there are no captions; export it as txt");
    Builder builder = {.captions = g_array_new(FALSE, TRUE, sizeof(Caption))};
    g_array_set_clear_func(builder.captions, caption_clear);
    for (int i = 0; i < CAPTION_LINES; i++) builder.lines[i] = g_string_new(NULL);
    for (guint i = 0; i < transcript->segments->len; i++) {
        const Segment *segment = transcript_segment(transcript, i);
        builder.speaker = transcript_speaker_name(transcript, segment->speaker);
        g_autoptr(GArray) tokens = tokens_of(segment);
        if (names && builder.speaker && (i == 0 || segment->speaker != segment[-1].speaker))
            put_name(&builder, segment->start_ms);
        for (guint t = 0; t < tokens->len; t++) put_token(&builder, &g_array_index(tokens, Token, t));
        end_caption(&builder);
    }
    for (int i = 0; i < CAPTION_LINES; i++) g_string_free(builder.lines[i], TRUE);
    *captions = builder.captions;
    return true;
}

void append_caption_time(GString *out, gint64 ms, char separator) {
    g_string_append_printf(out, "%02d:%02d:%02d%c%03d", (int)(ms / 3600000), (int)(ms / 60000 % 60), (int)(ms / 1000 % 60),
                           separator, (int)(ms % 1000));
}
