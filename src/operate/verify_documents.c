/* The objects of one meeting: against what its record says of them, and by what they are. */
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "extract/evidence.h"
#include "operate/verify_meeting.h"

/* The object's bytes; *bytes NULL where the store can't give them (*state says why). */
static bool read_object(Check *check, const char *key, gsize bytes_max, GBytes **bytes, StoreInfo *info, ObjectState *state, GError **error) {
    g_autoptr(GError) problem = NULL;
    *bytes = NULL;
    if (store_get(check->verify->store, key, bytes_max, bytes, info, &problem)) {
        check->verify->summary.bytes_read += g_bytes_get_size(*bytes);
        return true;
    }
    if (error_is(problem, ERROR_NOT_FOUND)) *state = STATE_ABSENT;
    else if (error_is(problem, ERROR_TOO_LARGE)) *state = STATE_DAMAGED;
    else if (error_is(problem, ERROR_CORRUPT) || error_is(problem, ERROR_FORBIDDEN)) {
        *state = STATE_UNREADABLE;
        check_add(check, OBJECT_UNREADABLE, key, "%s", problem->message);
    } else {
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
    return true;
}

static json_t *parse(GBytes *bytes, const char *what) {
    gsize size;
    const void *data = g_bytes_get_data(bytes, &size);
    return json_parse_object(data ? data : "", size, what, NULL);
}

/* -- the record ---------------------------------------------------------------------------------------------------------- */

static bool speaks_for_another(const json_t *json, const char *meeting_id) {
    const char *id = json_get_string(json, "meeting_id", meeting_id);
    return strcmp(id, meeting_id) != 0;
}

bool check_read_record(Check *check, char **etag, GError **error) {
    const char *meeting_id = check->folder->meeting_id;
    g_autofree char *key = key_document(meeting_id, DOCUMENT_RECORD);
    g_autoptr(GBytes) bytes = NULL;
    g_auto(StoreInfo) info = {0};
    ObjectState *state = &check->state[DOCUMENT_RECORD];
    if (!read_object(check, key, RECORD_BYTES_MAX, &bytes, &info, state, error)) return false;
    if (!bytes) return true;
    *etag = g_steal_pointer(&info.etag);
    *state = STATE_DAMAGED;
    json_t *json = check->json[DOCUMENT_RECORD] = parse(bytes, key);
    if (!json || !record_from_json(json, meeting_id, &check->record, NULL)) return true;
    check->proof = record_proof(json);
    *state = check->proof == RECORD_ALTERED ? STATE_ALTERED : speaks_for_another(json, meeting_id) ? STATE_FOREIGN : STATE_GOOD;
    return true;
}

/* -- documents ----------------------------------------------------------------------------------------------------------- */

static bool fits(Check *check, Document document, GBytes *bytes, ObjectState *state) {
    gsize size;
    const char *data = g_bytes_get_data(bytes, &size);
    *state = STATE_DAMAGED;
    if (document == DOCUMENT_TEXT) {
        if ((check->record && check->record->schema < 2) || size == 0 || g_utf8_validate(data, (gssize)size, NULL)) *state = STATE_GOOD;
        return *state == STATE_GOOD;
    }
    json_t *json = check->json[document] = parse(bytes, document_name(document));
    if (!json || (document == DOCUMENT_TRANSCRIPT && !transcript_from_json(json, &check->transcript, NULL))) return false;
    *state = speaks_for_another(json, check->folder->meeting_id) ? STATE_FOREIGN : STATE_GOOD;
    return *state == STATE_GOOD;
}

/* Reads the document, and compares it with what the record describes (NULL: nothing). */
static bool judge_bytes(Check *check, Document document, const char *key, const RecordObject *described, bool *moved, GError **error) {
    const StoreEntry *entry = check->folder->documents[document];
    g_autoptr(GBytes) bytes = NULL;
    g_auto(StoreInfo) info = {0};
    ObjectState *state = &check->state[document];
    if (!read_object(check, key, DOCUMENT_BYTES_MAX, &bytes, &info, state, error)) return false;
    if (!bytes) return true;
    if (strcmp(info.etag, entry->etag) != 0) {
        *moved = true;
        return true;
    }
    if (!fits(check, document, bytes, state) || !described) return true;
    gsize size;
    const void *data = g_bytes_get_data(bytes, &size);
    g_autofree char *sha256 = text_sha256(data ? data : "", size);
    if (size != described->bytes || (described->sha256 && strcmp(sha256, described->sha256) != 0)) *state = STATE_ALTERED;
    else if (g_strcmp0(described->etag, info.etag) != 0) *state = STATE_RESTAMPED;
    return true;
}

/* A record that can't be trusted describes nothing. */
static const RecordObject *description(const Check *check, const char *key) {
    return check->state[DOCUMENT_RECORD] == STATE_GOOD ? record_object(check->record, key) : NULL;
}

static bool judge_document(Check *check, Document document, bool *moved, GError **error) {
    const Verify *verify = check->verify;
    const StoreEntry *entry = check->folder->documents[document];
    g_autofree char *key = key_document(check->folder->meeting_id, document);
    const RecordObject *described = description(check, key);
    bool trusted = check->state[DOCUMENT_RECORD] == STATE_GOOD, first_version = trusted && check->record->schema < 2;
    bool pending = trusted && json_object_get(check->record->extra, PENDING_EDIT) != NULL;
    if (!entry) {
        bool needed = trusted ? described != NULL : document != DOCUMENT_WAVEFORM;
        check->state[document] = needed ? STATE_ABSENT : STATE_GOOD;
        return true;
    }
    bool as_listed = described && entry->size == described->bytes && g_strcmp0(entry->etag, described->etag) == 0;
    if (trusted && !verify->options->read && (as_listed || first_version)) return true;
    if (!judge_bytes(check, document, key, described, moved, error)) return false;
    if (pending && (check->state[document] == STATE_ALTERED || check->state[document] == STATE_RESTAMPED)) check->state[document] = STATE_GOOD;
    if (trusted && !first_version && !described && check->state[document] == STATE_GOOD) check->state[document] = STATE_RESTAMPED;
    return true;
}

static void tell(Check *check, Document document) {
    g_autofree char *key = key_document(check->folder->meeting_id, document);
    const char *name = document_name(document);
    bool waveform = document == DOCUMENT_WAVEFORM;
    switch (check->state[document]) {
    case STATE_ABSENT:
        check_add(check, waveform ? WAVEFORM_DAMAGED : DOCUMENT_MISSING, key, "%s of the meeting is missing", name);
        break;
    case STATE_RESTAMPED:
        check_add(check, ETAG_STALE, key, "%s is what it was, but metadata.json does not have its ETag", name);
        break;
    case STATE_ALTERED:
        check_add(check, waveform ? WAVEFORM_DAMAGED : DOCUMENT_ALTERED, key,
                  "%s can be read, but is not what was written: its size or SHA-256 is another", name);
        break;
    case STATE_DAMAGED:
        check_add(check, waveform ? WAVEFORM_DAMAGED : DOCUMENT_DAMAGED, key, "%s can't be read as what it is to be", name);
        break;
    case STATE_FOREIGN:
        check_add(check, waveform ? WAVEFORM_DAMAGED : DOCUMENT_FOREIGN, key, "%s is another meeting's", name);
        break;
    case STATE_GOOD:
    case STATE_UNREADABLE: /* told already */
        break;
    }
}

/* -- evidence ------------------------------------------------------------------------------------------------------------ */

static bool is_founded(const EvidenceIndex *index, const Transcript *transcript, const Item *item) {
    for (guint i = 0; i < item->evidence->len; i++) {
        Evidence *evidence = &g_array_index(item->evidence, Evidence, i);
        if (evidence->first > evidence->last || evidence->last >= transcript->segments->len || !evidence_index_check(index, evidence)) return false;
    }
    return true;
}

static void check_evidence(Check *check) {
    const json_t *summary = check->json[DOCUMENT_SUMMARY], *requirements = check->json[DOCUMENT_REQUIREMENTS];
    if (!check->transcript || state_is_bad(check->state[DOCUMENT_TRANSCRIPT])) return;
    g_autoptr(EvidenceIndex) index = evidence_index_new(check->transcript);
    g_autoptr(Minutes) minutes = minutes_from_json(state_is_bad(check->state[DOCUMENT_SUMMARY]) ? NULL : summary,
                                                   state_is_bad(check->state[DOCUMENT_REQUIREMENTS]) ? NULL : requirements);
    for (ItemKind kind = 0; kind < ITEM_KIND_COUNT; kind++) {
        g_autofree char *key = key_document(check->folder->meeting_id, kind == ITEM_REQUIREMENT ? DOCUMENT_REQUIREMENTS : DOCUMENT_SUMMARY);
        for (guint i = 0; i < minutes->items[kind]->len; i++) {
            const Item *item = minutes->items[kind]->pdata[i];
            if (!is_founded(index, check->transcript, item))
                check_add(check, EVIDENCE_UNFOUNDED, key, "a quote of %s is not in the transcript", item->id);
        }
    }
}

bool check_documents(Check *check, bool *moved, GError **error) {
    for (Document document = 0; document < DOCUMENT_RECORD && !*moved; document++)
        if (!judge_document(check, document, moved, error)) return false;
    if (*moved) return true;
    /* Without a record nobody knows what there was to be. */
    for (Document document = 0; document < DOCUMENT_RECORD; document++)
        if (check->state[DOCUMENT_RECORD] == STATE_GOOD || check->state[document] == STATE_DAMAGED || check->state[document] == STATE_FOREIGN)
            tell(check, document);
    check_evidence(check);
    return true;
}

/* -- the recording ------------------------------------------------------------------------------------------------------- */

static bool prove_recording(Check *check, const RecordObject *described, bool same_etag, GError **error) {
    g_autofree char *sha256 = NULL, *etag = NULL;
    g_autoptr(GError) problem = NULL;
    const char *key = described->key;
    if (!verify_sum(check->verify, key, &sha256, &etag, &problem)) {
        if (!error_is(problem, ERROR_CORRUPT) && !error_is(problem, ERROR_FORBIDDEN)) {
            g_propagate_error(error, g_steal_pointer(&problem));
            return false;
        }
        check_add(check, OBJECT_UNREADABLE, key, "%s", problem->message);
    } else if (strcmp(sha256, described->sha256) != 0) {
        check->recording = STATE_ALTERED;
        check_add(check, RECORDING_ALTERED, key, "the recording's bytes are not those that came in");
    } else if (!same_etag) {
        check->recording = STATE_RESTAMPED;
        check->recording_etag = g_steal_pointer(&etag);
        check_add(check, ETAG_STALE, key, "the recording is what it was, but metadata.json does not have its ETag");
    }
    return true;
}

bool check_recording(Check *check, GError **error) {
    const Verify *verify = check->verify;
    const char *key = check->record->audio_key;
    KeyEntry *entry = key ? key_table_find(verify->recordings, key) : NULL;
    const RecordObject *described = key ? description(check, key) : NULL;
    g_auto(StoreInfo) info = {0};
    bool there = true;
    if (!key) return true;
    if (entry && (entry->marks++ & ~MARK_OF_WORK) > 0)
        check_add(check, RECORDING_SHARED, key, "more than one meeting has this recording, %s among them", check->folder->meeting_id);
    if (!entry) there = store_key_check(key, NULL);
    if (!entry && there && !verify_stands(verify, key, &there, &info, error)) return false;
    if (!there) {
        check->recording = STATE_ABSENT;
        check_add(check, RECORDING_MISSING, key, "the recording of the meeting is gone");
        return true;
    }
    if (!described) return true;
    guint64 size = entry ? entry->value : info.size;
    if (size != described->bytes) {
        check->recording = STATE_ALTERED;
        check_add(check, RECORDING_ALTERED, key, "the recording has %" G_GUINT64_FORMAT " bytes; %" G_GUINT64_FORMAT " came in", size,
                  described->bytes);
        return true;
    }
    bool same_etag = entry ? described->etag && key_entry_is_version(verify->recordings, entry, described->etag)
                           : g_strcmp0(info.etag, described->etag) == 0;
    if (described->sha256 && verify->options->read) return prove_recording(check, described, same_etag, error);
    if (!same_etag && described->sha256)
        check_add(check, RECORDING_UNPROVEN, key, "the recording was written anew since: its ETag is another, its size the same");
    return true;
}
