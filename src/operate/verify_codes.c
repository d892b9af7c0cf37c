/* The table of what verify finds. Names are stable: others act on them. docs/verify.md has the same table. */
#include "operate/verify_internal.h"

const VerifyCode verify_codes[] = {
    [METADATA_DAMAGED] = {"metadata-damaged", VERIFY_FAULT, true, "--repair makes it anew from the documents, title and tags from the list"},
    [METADATA_ALTERED] = {"metadata-altered", VERIFY_FAULT, true, "--repair makes it anew from the documents, title and tags from the list"},
    [METADATA_FOREIGN] = {"metadata-foreign", VERIFY_FAULT, true, "--repair moves this copy to the quarantine"},
    [METADATA_MISSING] = {"metadata-missing", VERIFY_FAULT, true, "--repair makes it anew from the documents, or moves these to the quarantine"},
    [METADATA_UNPROVEN] = {"metadata-unproven", VERIFY_DERIVED, false, "--repair gives it its sum"},
    [DOCUMENT_MISSING] = {"document-missing", VERIFY_FAULT, true, "--repair makes it anew from the transcript or the recording"},
    [DOCUMENT_DAMAGED] = {"document-damaged", VERIFY_FAULT, true, "--repair makes it anew from the transcript or the recording"},
    [DOCUMENT_ALTERED] = {"document-altered", VERIFY_FAULT, true, "--repair makes it anew from the transcript or the recording"},
    [DOCUMENT_FOREIGN] = {"document-foreign", VERIFY_FAULT, true, "--repair makes it anew from the transcript or the recording"},
    [WAVEFORM_DAMAGED] = {"waveform-damaged", VERIFY_DERIVED, false, "--repair does without it; processing the meeting again makes it"},
    [ETAG_STALE] = {"etag-stale", VERIFY_DERIVED, false, "--repair notes the present ETag"},
    [EVIDENCE_UNFOUNDED] = {"evidence-unfounded", VERIFY_WARNING, false, "look at the item: its quote is not in the transcript"},
    [OBJECT_UNREADABLE] = {"object-unreadable", VERIFY_FAULT, false, "look at the disk or the bucket's policy, then verify again"},
    [DOCUMENT_EXTRA] = {"document-extra", VERIFY_WARNING, true, "--repair moves it to the quarantine"},
    [RECORDING_MISSING] = {"recording-missing", VERIFY_FAULT, false, "restore it from a backup; nothing here can make it again"},
    [RECORDING_ALTERED] = {"recording-altered", VERIFY_FAULT, false, "restore it from a backup; nothing here can make it again"},
    [RECORDING_UNPROVEN] = {"recording-unproven", VERIFY_WARNING, false, "`hansard verify --read` tells whether it is the same"},
    [RECORDING_SHARED] = {"recording-shared", VERIFY_WARNING, false, 
                          "deleting one of the meetings takes the other's recording along: upload it again for one"},
    [RECORDING_ORPHAN] = {"recording-orphan", VERIFY_WARNING, true, "--repair gives it a job, so that it becomes a meeting"},
    [RECORDING_EXTRA] = {"recording-extra", VERIFY_WARNING, true, "--repair moves it to the quarantine"},
    [KEY_UNKNOWN] = {"key-unknown", VERIFY_WARNING, true, "--repair moves it to the quarantine"},
    [EDIT_UNFINISHED] = {"edit-unfinished", VERIFY_WARNING, false, "--repair finishes it"},
    [DELETE_UNFINISHED] = {"delete-unfinished", VERIFY_WARNING, true, "--repair finishes it"},
    [JOB_DAMAGED] = {"job-damaged", VERIFY_WARNING, true, "--repair moves it to the quarantine, and gives its recording a new one"},
    [JOB_LEFT] = {"job-left", VERIFY_WARNING, true, "--repair removes it: its meeting stands"},
    [JOB_ABANDONED] = {"job-abandoned", VERIFY_WARNING, false, 
                       "start `hansard worker`; --repair frees it, or does it where no speech is to be recognised"},
    [UPLOAD_LEFT] = {"upload-left", VERIFY_WARNING, true, "--repair finishes it where all parts are there, else drops it"},
    [UPLOAD_DAMAGED] = {"upload-damaged", VERIFY_WARNING, true, "--repair moves it to the quarantine; the store drops its parts in their time"},
    [DOCTOR_LEFT] = {"doctor-left", VERIFY_WARNING, true, "--repair removes it"},
    [INDEX_MISSING] = {"index-missing", VERIFY_DERIVED, false, "--repair makes it"},
    [INDEX_STALE] = {"index-stale", VERIFY_DERIVED, false, "--repair removes it: the meeting has another one"},
    [INDEX_ORPHAN] = {"index-orphan", VERIFY_DERIVED, false, "--repair removes it: there is no such meeting"},
    [INDEX_MALFORMED] = {"index-malformed", VERIFY_DERIVED, false, "--repair moves it to the quarantine"},
    [INDEX_FILLED] = {"index-filled", VERIFY_DERIVED, false, "--repair empties it"},
    [ROW_MISSING] = {"row-missing", VERIFY_DERIVED, false, "--repair makes it"},
    [ROW_DIFFERS] = {"row-differs", VERIFY_DERIVED, false, "--repair makes it anew"},
    [ROW_ORPHAN] = {"row-orphan", VERIFY_DERIVED, false, "--repair removes it: there is no such meeting"},
    [ROWS_UNMARKED] = {"rows-unmarked", VERIFY_DERIVED, false, "--repair marks the table as whole"},
};
const gsize verify_codes_count = G_N_ELEMENTS(verify_codes);

const char *verify_severity_name(VerifySeverity severity) {
    static const char *const names[VERIFY_SEVERITY_COUNT] = {"derived", "warning", "fault"};
    return names[severity];
}

const char *verify_outcome_name(VerifyOutcome outcome) {
    static const char *const names[] = {"left", "mended", "queued"};
    return names[outcome];
}

json_t *verify_finding_to_json(const VerifyFinding *finding) {
    return json_pack("{s:s, s:s, s:o, s:o, s:o, s:s, s:s}", "code", finding->code->name, "severity",
                     verify_severity_name(finding->code->severity), "key", json_text(finding->key), "meeting_id", json_text(finding->meeting_id),
                     "found", json_text(finding->found), "advice",
                     finding->code->advice, "outcome", verify_outcome_name(finding->outcome));
}

json_t *verify_summary_to_json(const VerifySummary *summary) {
    json_t *json = json_object();
    const struct {
        const char *name;
        guint64 count;
    } counts[] = {{"meetings", summary->meetings}, {"recordings", summary->recordings}, {"jobs", summary->jobs}, {"busy", summary->busy},
                  {"bytes_read", summary->bytes_read}, {"faults", summary->found[VERIFY_FAULT]}, {"warnings", summary->found[VERIFY_WARNING]},
                  {"derived", summary->found[VERIFY_DERIVED]}, {"mended", summary->mended}, {"queued", summary->queued}, {"left", summary->left}};
    for (gsize i = 0; i < G_N_ELEMENTS(counts); i++) json_object_set_new(json, counts[i].name, json_integer((json_int_t)counts[i].count));
    return json;
}
