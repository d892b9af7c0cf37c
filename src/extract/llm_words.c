/* What services and prompts have in common: words for the model, and the service's words for the user. */
#include <string.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/text.h"
#include "extract/llm.h"
#include "net/http.h"

#define QUOTED_BYTES_MAX 240

char *llm_quote_service(const char *text, const char *secret) {
    if (!text) return g_strdup("no reason given");
    g_autofree char *clean = text_clean(text, -1, false);
    g_autofree char *line = text_fold_space(clean);
    if (secret && *secret) {
        g_auto(GStrv) parts = g_strsplit(line, secret, -1);
        g_free(line);
        line = g_strjoinv("***", parts);
    }
    return *line ? text_cut(line, QUOTED_BYTES_MAX) : g_strdup("no reason given");
}

/* The words of OpenAI, vLLM, llama.cpp, Ollama, Amazon and others. */
bool llm_says_too_long(const char *text) {
    static const char *const words[] = {"context_length_exceeded", "exceed_context_size", "context length", "context size",  "context window",
                                        "maximum context",         "prompt is too long",  "input is too long", "too many input tokens",
                                        "too many tokens",         "reduce the length",   "request too large",   "longer than the model", NULL};
    if (!text) return false;
    g_autofree char *lower = g_ascii_strdown(text, -1);
    for (gsize i = 0; words[i]; i++)
        if (strstr(lower, words[i])) return true;
    return false;
}

char *llm_rules(const LlmQuestion *question, bool spell_out) {
    if (!spell_out && !question->spell_out) return g_strdup(question->form->rules);
    return g_strconcat(question->form->rules, "\nAnswer with one JSON object and nothing else, neither before nor after it, of this JSON schema:\n",
                       question->form->schema_text, NULL);
}

/* Seconds, or a date. */
gint64 llm_retry_after_ms(const char *header) {
    gint64 seconds, at_ms;
    if (!header) return -1;
    if (g_ascii_string_to_signed(header, 10, 0, G_MAXINT32, &seconds, NULL)) return seconds * 1000;
    if (http_date_parse(header, &at_ms)) return MAX(at_ms - clock_now_ms(clock_system()), 0);
    return -1;
}
