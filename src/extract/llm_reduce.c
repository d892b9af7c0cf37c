/* The summaries of the parts become one: asked from the model in rounds,
    since those of a very long meeting don't fit either. Each sentence names those
 * that it rests on, which were proved by quotes; one that names none, or speaks of something else, is left out. */
#include <string.h>

#include "base/limits.h"
#include "extract/llm_internal.h"

#define SENTENCES_ENOUGH 8   /* so many need no further round */
#define SENTENCES_SHOWN 12   /* where the model can't help */
#define ROUNDS_MAX 6
#define LINE_TOKENS 8

static char *joined(const GPtrArray *sentences) {
    GString *text = g_string_new(NULL);
    guint shown = MIN(sentences->len, SENTENCES_SHOWN);
    for (guint i = 0; i < shown; i++) /* spread over the meeting where there are more */
        g_string_append_printf(text, "%s%s", i > 0 ? " " : "", (const char *)sentences->pdata[(guint64)i * sentences->len / shown]);
    return g_string_free(text, FALSE);
}

static guint sentence_tokens(const GPtrArray *sentences, guint i) {
    const char *text = sentences->pdata[i];
    return LINE_TOKENS + llm_tokens(text, strlen(text));
}

/* How many of them, from `from` on, fit into a question. At least one. */
static guint group_end(const GPtrArray *sentences, guint from, guint tokens_max) {
    guint end = from + 1, used = sentence_tokens(sentences, from);
    while (end < sentences->len && used + sentence_tokens(sentences, end) <= tokens_max) used += sentence_tokens(sentences, end++);
    return end;
}

/* What does a sentence share with those that it names, and does it say more? The checks of llm_rests_on and llm_unsaid,
    against a transcript of just these. */
static bool rests_on(const LlmRun *run, const GPtrArray *sentences, guint first, const GArray *from, const char *text) {
    g_autoptr(Transcript) named = transcript_new();
    named->language = g_strdup(run->input->transcript->language);
    if (from->len == 0) return false;
    for (guint i = 0; i < from->len; i++)
        transcript_add(named, 0, 0, -1, sentences->pdata[first + g_array_index(from, guint, i)]);
    g_autofree char *unsaid = llm_unsaid(named, 0, named->segments->len - 1, text);
    return !unsaid && llm_rests_on(named, 0, SEGMENTS_MAX, 0, text);
}

static void take(const LlmRun *run, const GPtrArray *sentences, guint first, const LlmReduction *reduction, GPtrArray *made) {
    for (guint i = 0; i < reduction->texts->len; i++) {
        const char *text = reduction->texts->pdata[i];
        const GArray *from = reduction->from->pdata[i];
        if (rests_on(run, sentences, first, from, text)) g_ptr_array_add(made, g_strdup(text));
    }
}

/* Sentences first..end become fewer in `made`. */
static bool reduce_group(LlmRun *run, const GPtrArray *sentences, guint first, guint end, GPtrArray *made, bool *stopped, GError **error) {
    g_autoptr(GString) body = g_string_new(NULL);
    for (guint i = first; i < end; i++) g_string_append_printf(body, "[%u] %s\n", i - first, (const char *)sentences->pdata[i]);
    g_autofree char *text = llm_marked("The sentences", body->str);
    LlmQuestion question = {.form = &run->llm->reduce,
                            .text = text,
                            .answer_tokens_max = llm_answer_tokens(run->context_tokens),
                            .timeout_ms = run->llm->timeout_ms};
    LlmReduction reduction = {g_ptr_array_new_with_free_func(g_free), g_ptr_array_new_with_free_func((GDestroyNotify)g_array_unref), end - first};
    LlmFault fault;
    bool done = llm_ask(run, &question, llm_read_reduce, &reduction, &fault, stopped, error);
    if (done) take(run, sentences, first, &reduction, made);
    g_ptr_array_unref(reduction.texts);
    g_ptr_array_unref(reduction.from);
    return done;
}

/* One round over all sentences. */
static bool reduce(LlmRun *run, const GPtrArray *sentences, GPtrArray **reduced, bool *stopped, GError **error) {
    g_autoptr(GPtrArray) made = g_ptr_array_new_with_free_func(g_free);
    guint room = llm_room(run->context_tokens, &run->llm->reduce);
    for (guint first = 0, end; first < sentences->len; first = end) {
        end = group_end(sentences, first, room);
        if (!reduce_group(run, sentences, first, end, made, stopped, error)) return false;
    }
    *reduced = g_steal_pointer(&made);
    return true;
}

bool llm_summarise(LlmRun *run, char **text, char **trouble, GError **error) {
    g_autoptr(GPtrArray) present = g_ptr_array_ref(run->sentences);
    for (guint round = 0; round < ROUNDS_MAX && present->len > SENTENCES_ENOUGH; round++) {
        g_autoptr(GPtrArray) fewer = NULL;
        g_autoptr(GError) problem = NULL;
        bool stopped = false;
        if (!reduce(run, present, &fewer, &stopped, &problem)) {
            if (!stopped) {
                *trouble = g_strdup(problem->message);
                break;
            }
            g_propagate_error(error, g_steal_pointer(&problem));
            return false;
        }
        if (fewer->len == 0 || fewer->len >= present->len) break; /* it gets no shorter */
        g_ptr_array_unref(present);
        present = g_steal_pointer(&fewer);
    }
    *text = joined(present);
    return true;
}
