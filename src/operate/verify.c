/* The groups in their order: what is listed first is what the later ones look up. A finding that rests on two listings is looked at once more in
 * the store itself before it is told, so that what changes meanwhile is not taken for damage. */
#include "operate/verify_internal.h"

#include <string.h>

#include "base/limits.h"
#include "base/sha256.h"
#include "base/text.h"

#define PROGRESS_EACH 64

void verify_report(Verify *verify, guint code, const char *key, const char *meeting_id, VerifyOutcome outcome, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *sentence = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_autofree char *found = text_cut(sentence, VERIFY_SENTENCE_BYTES_MAX);
    VerifyFinding finding = {&verify_codes[code], key, meeting_id, found, outcome};
    VerifySummary *summary = &verify->summary;
    summary->found[finding.code->severity]++;
    if (outcome == VERIFY_MENDED) summary->mended++;
    else if (outcome == VERIFY_QUEUED) summary->queued++;
    else summary->left++;
    verify->options->report(&finding, verify->options->user_data);
}

bool verify_may(const Verify *verify, guint code, const char *key) {
    const VerifyOptions *options = verify->options;
    if (!options->repair) return false;
    return !verify_codes[code].asks || (options->confirm && options->confirm(&verify_codes[code], key, options->user_data));
}

bool verify_settle(bool done, GError **problem, VerifyOutcome *outcome, GString *found, GError **error) {
    if (done) {
        if (*outcome == VERIFY_LEFT) *outcome = VERIFY_MENDED;
        return true;
    }
    *outcome = VERIFY_LEFT;
    if (error_kind(*problem)->retryable || error_is(*problem, ERROR_CONFIG) || error_is(*problem, ERROR_INTERNAL)) {
        g_propagate_error(error, g_steal_pointer(problem));
        return false;
    }
    if (error_is(*problem, ERROR_PRECONDITION) || error_is(*problem, ERROR_LEASE_LOST) || error_is(*problem, ERROR_NOT_FOUND))
        g_string_append(found, "; it was changed meanwhile: verify again");
    else g_string_append_printf(found, "; it could not be mended: %s", (*problem)->message);
    g_clear_error(problem);
    return true;
}

bool verify_find(Verify *verify, const VerifyFound *found, VerifyMend mend, gconstpointer what, VerifyOutcome *outcome, GError **error) {
    g_autoptr(GString) sentence = g_string_new(found->sentence);
    g_autoptr(GError) problem = NULL;
    VerifyOutcome came = VERIFY_LEFT;
    if (mend && verify_may(verify, found->code, found->key)) {
        bool done = mend(verify, what, &came, &problem);
        if (!verify_settle(done, &problem, &came, sentence, error)) return false;
    }
    verify_report(verify, found->code, found->key, found->meeting_id, came, "%s", sentence->str);
    if (outcome) *outcome = came;
    return true;
}

bool verify_settled(const Verify *verify, gint64 modified_ms) { return modified_ms <= verify->settled_before_ms; }

bool verify_progress(const Verify *verify, const char *what, guint64 done, GError **error) {
    const VerifyOptions *options = verify->options;
    if (options->cancel && g_cancellable_is_cancelled(options->cancel)) return fail(error, ERROR_CANCELLED, "stopped; run it again to go on");
    if (options->progress && done % PROGRESS_EACH == 0) options->progress(what, done, options->user_data);
    return true;
}

bool verify_stands(const Verify *verify, const char *key, bool *there, StoreInfo *info, GError **error) {
    g_autoptr(GError) problem = NULL;
    g_auto(StoreInfo) unseen = {0};
    *there = store_head(verify->store, key, info ? info : &unseen, &problem);
    if (*there || error_is(problem, ERROR_NOT_FOUND)) return true;
    g_propagate_error(error, g_steal_pointer(&problem));
    return false;
}

bool verify_sum(Verify *verify, const char *key, char **sha256, char **etag, GError **error) {
    g_autoptr(StoreReader) reader = NULL;
    g_autoptr(Sha256) sum = sha256_new();
    g_autofree guint8 *block = g_malloc(VERIFY_BLOCK_BYTES);
    g_auto(StoreInfo) info = {0};
    if (!store_open(verify->store, key, &reader, &info, error)) return false;
    guint64 size = store_reader_size(reader);
    gsize got = 0;
    for (guint64 at = 0; at < size; at += got) {
        if (!verify_progress(verify, key, at / VERIFY_BLOCK_BYTES * PROGRESS_EACH, error) ||
            !store_reader_read(reader, at, block, VERIFY_BLOCK_BYTES, &got, error))
            return false;
        if (got == 0) return fail(error, ERROR_IO, "%s ended after %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT " bytes", key, at, size);
        sha256_update(sum, block, got);
        verify->summary.bytes_read += got;
    }
    *sha256 = sha256_finish(g_steal_pointer(&sum));
    *etag = g_steal_pointer(&info.etag);
    return true;
}

/* The last repair's figures, for who asks later. */
static bool keep_summary(const Verify *verify, GError **error) {
    g_autoptr(json_t) json = verify_summary_to_json(&verify->summary);
    g_autofree char *time = time_format(clock_now_ms(verify->meetings->clock));
    json_object_set_new(json, "ended", json_string(time));
    json_object_set_new(json, "read", json_boolean(verify->options->read));
    g_autoptr(GBytes) bytes = json_to_bytes(json, true);
    return store_put(verify->store, KEY_VERIFIED, bytes, NULL, NULL, error);
}

static bool changed(const Verify *verify) { return verify->summary.mended + verify->summary.queued > 0; }

/* A search index is brought up to date wherever meetings were mended; a damaged meeting, which was named, holds up no other. */
static bool end(const Verify *verify, GError **error) {
    g_autoptr(GError) problem = NULL;
    Search *search = verify->options->pipeline.search;
    if (!verify->options->repair || !changed(verify)) return true;
    if (search && !search_refresh(search, 0, verify->options->cancel, NULL, &problem) && !error_is(problem, ERROR_CORRUPT) &&
        !error_is(problem, ERROR_TOO_LARGE)) {
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
    return keep_summary(verify, error);
}

static bool run(Verify *verify, GError **error) {
    static bool (*const groups[])(Verify *, GError **) = {verify_note_index, verify_note_recordings, verify_note_rows, verify_note_jobs,
                                                          verify_uploads,    verify_meetings,        verify_index,     verify_recordings,
                                                          verify_rows,       verify_other_keys};
    for (gsize i = 0; i < G_N_ELEMENTS(groups); i++)
        if (!groups[i](verify, error)) return false;
    return end(verify, error);
}

bool verify(const VerifyOptions *options, VerifySummary *summary, GError **error) {
    const Meetings *meetings = &options->pipeline.meetings;
    Verify state = {.options = options,
                    .meetings = meetings,
                    .store = meetings->store,
                    .table = catalog_table(meetings->catalog),
                    .settled_before_ms = clock_now_ms(meetings->clock) - options->settled_ms,
                    .recordings = key_table_new(),
                    .index = key_table_new(),
                    .rows = key_table_new(),
                    .jobs = key_table_new()};
    bool done = run(&state, error);
    key_table_free(state.recordings);
    key_table_free(state.index);
    key_table_free(state.rows);
    key_table_free(state.jobs);
    *summary = state.summary;
    return done;
}
