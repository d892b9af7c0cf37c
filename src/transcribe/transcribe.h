/* From a recording (or a transcript that someone already has) to a Transcript. One file a backend. */
#pragma once

#include "base/json.h"
#include "base/settings.h"
#include "model/transcript.h"
#include "store/store.h"

typedef struct Transcriber Transcriber;

/* done_ms of total_ms (−1: unknown) of the recording have been recognised; false asks it to stop (ERROR_CANCELLED, or the error
 * set). */
typedef bool (*TranscribeProgress)(gint64 done_ms, gint64 total_ms, gpointer user_data, GError **error);

typedef struct {
    StoreReader *reader;    /* borrowed */
    Store *store;           /* where the recording stands, and `key` it stands under: a service takes it from there; borrowed */
    const char *key;
    const char *meeting_id, *run; /* name this work: who goes on with it later, here or elsewhere, names it the same */
    const char *filename;   /* the client's name: helps to guess the format */
    const char *language;   /* the job's own; NULL: the setting's */
    const char *vocabulary; /* the job's own; NULL: the setting's */
    TranscribeProgress progress;
    gpointer user_data;
} TranscribeInput;

typedef struct {
    Transcript *transcript;
    json_t *waveform; /* waveform.json; NULL where there is no sound */
} TranscribeResult;

void transcribe_result_clear(TranscribeResult *result);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TranscribeResult, transcribe_result_clear)

/* By `settings->transcriber`; ERROR_CONFIG says what is missing (model file, bucket …). `settings` must outlive it. */
bool transcriber_open(const Settings *settings, Transcriber **transcriber, GError **error);
/* Whether a service does the work, so that deleting a meeting must reach it, too: transcriber_forget(). */
bool transcriber_is_remote(const Settings *settings);
const char *transcriber_name(const Transcriber *transcriber);
/* Whether a service answers, knows the credentials and lets them ask: for the doctor; nothing is begun there. True where all is on this machine. */
bool transcriber_probe(Transcriber *transcriber, GError **error);
/* Blocks until done; any number of threads may call it. A file that is a transcript (import.h) is imported whatever the backend.
 */
bool transcriber_run(Transcriber *transcriber, const TranscribeInput *input, TranscribeResult *result, GError **error);
/* The transcript is in the store, or the meeting is being deleted: a service drops what it does or keeps for this run. `input` without
 * reader, filename and progress. It is tried once and tells no error: what is left goes with the meeting's folder, or by the service's own
 * rule. `transcriber` NULL: nothing to do. */
void transcriber_forget(Transcriber *transcriber, const TranscribeInput *input);
void transcriber_close(Transcriber *transcriber);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Transcriber, transcriber_close)
