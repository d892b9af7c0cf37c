/* One question, asked with patience. The policy:
 *
 *  - no answer (too slow, too busy, out of reach): LLM_PASSING_TRIES_MAX tries, with a wait between them that doubles, or as long as the service asks
 *    for, at most LLM_WAIT_MS_MAX;
 *  - an answer that can't be used (empty, refused, not JSON, not of the form): LLM_ANSWER_TRIES_MAX tries, the later ones with the form spelled out
 *    in words and a little chance, since the same question often gets the same answer;
 *  - all else: once. The caller makes the part smaller, or gives up.
 *
 * The service is asked in a thread of its own, so that the caller's thread can tell the progress, and be stopped, while a slow model thinks. */
#include <math.h>

#include "base/limits.h"
#include "extract/llm_internal.h"

#define PROGRESS_MS 500
#define CHANCE 0.3 /* temperature of a second try; twice that of a third */

void llm_answer_clear(LlmAnswer *answer) { g_clear_pointer(&answer->text, g_free); }

typedef struct {
    const LlmService *service;
    gpointer state;
    const LlmQuestion *question;
    LlmAnswer *answer;
    GError *error;
    bool answered;
    GMutex mutex;
    GCond ended;
    bool end;
} Call;

static gpointer call_service(gpointer user_data) {
    Call *call = user_data;
    call->answered = call->service->ask(call->state, call->question, call->answer, &call->error);
    g_mutex_lock(&call->mutex);
    call->end = true;
    g_cond_signal(&call->ended);
    g_mutex_unlock(&call->mutex);
    return NULL;
}

static bool tell(const LlmRun *run, GError **error) {
    const ExtractInput *input = run->input;
    return !input->progress || input->progress(run->done, input->user_data, error);
}

/* Waits for the call's end; stops it where the progress says so. */
static bool watch(const LlmRun *run, Call *call, GCancellable *cancel, GError **error) {
    bool going = true;
    g_mutex_lock(&call->mutex);
    while (!call->end) {
        gint64 until = g_get_monotonic_time() + PROGRESS_MS * G_TIME_SPAN_MILLISECOND;
        if (g_cond_wait_until(&call->ended, &call->mutex, until) || !going) continue;
        g_mutex_unlock(&call->mutex);
        going = tell(run, error);
        if (!going) g_cancellable_cancel(cancel);
        g_mutex_lock(&call->mutex);
    }
    g_mutex_unlock(&call->mutex);
    return going;
}

/* One try. False with `*stopped` where the progress stopped it. */
static bool ask_once(LlmRun *run, const LlmQuestion *question, LlmAnswer *answer, bool *stopped, GError **error) {
    g_autoptr(GCancellable) cancel = g_cancellable_new();
    LlmQuestion cancellable = *question;
    cancellable.cancel = cancel;
    Call call = {.service = run->llm->service, .state = run->llm->service_state, .question = &cancellable, .answer = answer};
    *stopped = !tell(run, error);
    if (*stopped) return false;
    g_mutex_init(&call.mutex);
    g_cond_init(&call.ended);
    GThread *thread = g_thread_new("model", call_service, &call);
    *stopped = !watch(run, &call, cancel, error);
    g_thread_join(thread);
    g_mutex_clear(&call.mutex);
    g_cond_clear(&call.ended);
    run->usage.calls++;
    run->usage.input_tokens += answer->input_tokens;
    run->usage.output_tokens += answer->output_tokens;
    if (*stopped) {
        g_clear_error(&call.error);
        return false;
    }
    if (!call.answered) g_propagate_error(error, call.error);
    return call.answered;
}

/* Some servers take what fits of a question and say nothing: their count of it tells. */
static bool was_whole(const LlmQuestion *question, const LlmAnswer *answer, GError **error) {
    guint64 least = (guint64)llm_tokens_at_least(question->form->rules) + llm_tokens_at_least(question->text);
    if (answer->input_tokens == 0 || answer->input_tokens >= least) return true;
    return fail(error, ERROR_TOO_LARGE,
                "the service read %" G_GUINT64_FORMAT " tokens of a question that has at least %" G_GUINT64_FORMAT
                ": it cut it off; give its model a longer context, or set HANSARD_CONTEXT_TOKENS to the one it has",
                answer->input_tokens, least);
}

static bool pause_ms(const LlmRun *run, gint64 wait_ms, GError **error) {
    gint64 until = g_get_monotonic_time() + wait_ms * G_TIME_SPAN_MILLISECOND;
    for (gint64 left; (left = until - g_get_monotonic_time()) > 0;) {
        if (!tell(run, error)) return false;
        g_usleep((gulong)MIN(left, PROGRESS_MS * G_TIME_SPAN_MILLISECOND));
    }
    return true;
}

static gint64 wait_before(guint tries, gint64 asked_ms) {
    if (asked_ms >= 0) return MIN(asked_ms, LLM_WAIT_MS_MAX);
    gint64 backoff_ms = MIN((gint64)LLM_BACKOFF_FIRST_MS << MIN(tries - 1, 16), LLM_WAIT_MS_MAX);
    return backoff_ms / 2 + g_random_int_range(0, (gint32)backoff_ms / 2 + 1);
}

/* A try from question to read answer. */
static bool try_once(LlmRun *run, const LlmQuestion *question, LlmReader read, gpointer user_data, LlmAnswer *answer, bool *stopped, GError **error) {
    if (!ask_once(run, question, answer, stopped, error)) return false;
    answer->fault = LLM_FAULT_CONTEXT;
    if (!was_whole(question, answer, error)) return false;
    answer->fault = LLM_FAULT_ANSWER;
    return read(answer->text, user_data, error);
}

bool llm_ask(LlmRun *run, const LlmQuestion *question, LlmReader read, gpointer user_data, LlmFault *fault, bool *stopped, GError **error) {
    LlmQuestion asked = *question;
    guint passing = 0, unusable = 0;
    for (;;) {
        g_auto(LlmAnswer) answer = {.fault = LLM_FAULT_FINAL, .wait_ms = -1};
        g_autoptr(GError) problem = NULL;
        if (try_once(run, &asked, read, user_data, &answer, stopped, &problem)) return true;
        bool again = (answer.fault == LLM_FAULT_PASSING && ++passing < LLM_PASSING_TRIES_MAX) ||
                     (answer.fault == LLM_FAULT_ANSWER && ++unusable < LLM_ANSWER_TRIES_MAX);
        if (*stopped || !again) {
            *fault = answer.fault;
            g_propagate_error(error, g_steal_pointer(&problem));
            return false;
        }
        asked.spell_out = asked.spell_out || unusable > 0;
        asked.temperature = fmax(asked.temperature, CHANCE * unusable);
        if (answer.fault == LLM_FAULT_PASSING && !pause_ms(run, wait_before(passing, answer.wait_ms), error)) {
            *stopped = true;
            return false;
        }
    }
}
