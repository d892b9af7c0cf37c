/* A transcription job at Amazon, from its start to its end. Its name is made of the meeting and the run, so that whoever goes on with the run, after
 * a crash or on another machine, finds the job instead of starting, and paying for, a second one. */
#include <string.h>

#include "base/limits.h"
#include "transcribe/amazon_internal.h"

/* For the progress, which the service does not tell: it takes a part of the recording's length, and some time to begin. */
#define EXPECTED_FIRST_MS 15000
#define EXPECTED_PART 0.25
#define PROGRESS_MOST 0.95

typedef enum { STATUS_UNREADABLE, STATUS_QUEUED, STATUS_RUNNING, STATUS_COMPLETED, STATUS_FAILED } Status;

typedef struct {
    const Amazon *amazon;
    const TranscribeInput *input;
    gint64 duration_ms;
    gint64 began_ms, running_ms, trouble_ms; /* monotonic: the watch; the job, as first seen running; the first trouble of a row. 0: not */
    gint64 wait_ms;                          /* before the next look */
    guint misses;
    bool stands; /* the job was started or seen */
    char **note;
} Watch;

static Status status_of(const json_t *job) {
    static const char *const names[] = {
        [STATUS_QUEUED] = "QUEUED", [STATUS_RUNNING] = "IN_PROGRESS", [STATUS_COMPLETED] = "COMPLETED", [STATUS_FAILED] = "FAILED"};
    const char *said = json_get_string(job, "TranscriptionJobStatus", "");
    for (gsize i = STATUS_QUEUED; i < G_N_ELEMENTS(names); i++)
        if (strcmp(names[i], said) == 0) return (Status)i;
    return STATUS_UNREADABLE;
}

static json_t *named(const Watch *watch) {
    g_autofree char *name = amazon_job_name(watch->input);
    return json_pack("{s:s}", "TranscriptionJobName", name);
}

/* Trouble passes, or the run ends with it. */
static bool bear(Watch *watch, GError *problem, GError **error) {
    gint64 now_ms = amazon_now_ms();
    if (watch->trouble_ms == 0) watch->trouble_ms = now_ms;
    if (now_ms - watch->trouble_ms < watch->amazon->times.outage_ms) {
        g_error_free(problem);
        return true;
    }
    g_propagate_error(error, problem);
    return false;
}

static bool start(Watch *watch, GError **error) {
    const Amazon *amazon = watch->amazon;
    const TranscribeInput *input = watch->input;
    AmazonLanguage language;
    g_autofree char *vocabulary = NULL;
    g_autoptr(json_t) answer = NULL;
    GError *problem = NULL;
    if (!amazon_language_read(input->language ? input->language : amazon->settings->language, &language, error) ||
        !amazon_vocabulary(amazon, input, &language, &vocabulary, watch->note, error))
        return false;
    g_autoptr(json_t) request = amazon_job_request(amazon, input, &language, vocabulary);
    switch (amazon_call(amazon, "StartTranscriptionJob", request, &answer, &problem)) {
    case AMAZON_DONE:
    case AMAZON_CONFLICT: /* another has started it this moment, or a try of ours whose answer was lost */
        watch->stands = true;
        watch->trouble_ms = 0;
        return true;
    case AMAZON_MISSING:
        return fail(error, ERROR_UNAVAILABLE, "Amazon Transcribe did not find what the job needs: try again.");
    case AMAZON_TROUBLE:
        return bear(watch, problem, error);
    case AMAZON_REFUSED:
    case AMAZON_FAILED:
        break;
    }
    g_propagate_error(error, problem);
    return false;
}

static bool miss(Watch *watch, GError **error) {
    if (!watch->stands) return start(watch, error);
    if (++watch->misses < TRANSCRIBE_MISSES_MAX) return true;
    return fail(error, ERROR_UNAVAILABLE, "The job was deleted at Amazon Transcribe while it ran: a retry starts it anew.");
}

static bool job_failed(const Watch *watch, const json_t *job, GError **error) {
    amazon_job_remove(watch->amazon, watch->input);
    return amazon_tell_reason(watch->amazon, json_get_string(job, "FailureReason", ""), error);
}

/* One look. `*job` only where it is done. */
static bool look(Watch *watch, json_t **job, GError **error) {
    g_autoptr(json_t) request = named(watch);
    g_autoptr(json_t) answer = NULL;
    GError *problem = NULL;
    const json_t *told;
    switch (amazon_call(watch->amazon, "GetTranscriptionJob", request, &answer, &problem)) {
    case AMAZON_DONE:
        break;
    case AMAZON_MISSING:
        return miss(watch, error);
    case AMAZON_TROUBLE:
    case AMAZON_CONFLICT:
        if (!problem) fail(&problem, ERROR_UNAVAILABLE, "Amazon Transcribe answers a question with a conflict.");
        return bear(watch, problem, error);
    case AMAZON_REFUSED:
    case AMAZON_FAILED:
        g_propagate_error(error, problem);
        return false;
    }
    told = json_object_get(answer, "TranscriptionJob");
    Status status = status_of(told);
    if (status == STATUS_UNREADABLE) {
        fail(&problem, ERROR_UNAVAILABLE, "Amazon Transcribe tells no state of its job that this program knows.");
        return bear(watch, problem, error);
    }
    watch->stands = true;
    watch->misses = 0;
    watch->trouble_ms = 0;
    if (status == STATUS_RUNNING && watch->running_ms == 0) watch->running_ms = amazon_now_ms();
    if (status == STATUS_FAILED) return job_failed(watch, told, error);
    if (status == STATUS_COMPLETED) *job = json_incref((json_t *)told);
    return true;
}

static bool pass_time(Watch *watch, GError **error) {
    const AmazonTimes *times = &watch->amazon->times;
    gint64 now_ms = amazon_now_ms(), total_ms = watch->duration_ms;
    if (now_ms - watch->began_ms >= times->total_ms)
        return fail(
            error, ERROR_TIMEOUT,
            "Amazon Transcribe has not finished within %d minutes (HANSARD_TRANSCRIBER_TIMEOUT_SECONDS): a retry goes on with what it has done.",
            (int)(times->total_ms / 60000));
    double expected_ms = EXPECTED_FIRST_MS + EXPECTED_PART * (double)MAX(total_ms, 0);
    double part = watch->running_ms ? MIN((double)(now_ms - watch->running_ms) / expected_ms, PROGRESS_MOST) : 0;
    gint64 wait_ms = watch->wait_ms;
    watch->wait_ms = MIN(wait_ms + wait_ms / 2, times->poll_ms_max);
    return amazon_wait(watch->input, wait_ms, total_ms > 0 ? (gint64)(part * (double)total_ms) : 0, total_ms, error);
}

bool amazon_job_run(const Amazon *amazon, const TranscribeInput *input, gint64 duration_ms, json_t **job, char **note, GError **error) {
    Watch watch = {.amazon = amazon,
                   .input = input,
                   .duration_ms = duration_ms,
                   .began_ms = amazon_now_ms(),
                   .wait_ms = amazon->times.poll_first_ms,
                   .note = note};
    json_t *done = NULL;
    while (!done)
        if (!look(&watch, &done, error) || (!done && !pass_time(&watch, error))) return false;
    *job = done;
    return true;
}

void amazon_job_remove(const Amazon *amazon, const TranscribeInput *input) {
    Watch watch = {.amazon = amazon, .input = input};
    g_autoptr(json_t) request = named(&watch);
    g_autoptr(json_t) answer = NULL;
    g_autoptr(json_t) vocabulary_answer = NULL;
    g_autofree char *key = amazon_output_key(input), *name = amazon_job_name(input);
    amazon_call(amazon, "DeleteTranscriptionJob", request, &answer, NULL);
    store_delete(input->store, key, NULL);
    if (!amazon_vocabulary_is_own(amazon, input)) return;
    g_autoptr(json_t) vocabulary = json_pack("{s:s}", "VocabularyName", name);
    amazon_call(amazon, "DeleteVocabulary", vocabulary, &vocabulary_answer, NULL);
}
