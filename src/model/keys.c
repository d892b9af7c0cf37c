/* The names of the keys. Whatever is read from a key is checked before it becomes part of another one. */
#include "model/keys.h"

#include <string.h>

#include "base/limits.h"

#define UUID_CHARS 36

static const char *const document_names[DOCUMENT_COUNT] = {
    [DOCUMENT_TEXT] = "transcription.txt",         [DOCUMENT_TRANSCRIPT] = "transcript.json", [DOCUMENT_SUMMARY] = "summary.json",
    [DOCUMENT_REQUIREMENTS] = "requirements.json", [DOCUMENT_WAVEFORM] = "waveform.json",     [DOCUMENT_RECORD] = "metadata.json",
};

const char *document_name(Document document) {
    g_assert(document < DOCUMENT_COUNT);
    return document_names[document];
}

char *key_document(const char *meeting_id, Document document) {
    return g_strconcat(PREFIX_MEETINGS, meeting_id, "/", document_name(document), NULL);
}

char *key_recording(const char *uuid, const char *filename) { return g_strconcat(PREFIX_RECORDINGS, uuid, "_", filename, NULL); }

char *key_job(const char *meeting_id) { return g_strconcat(PREFIX_JOBS, meeting_id, ".json", NULL); }

char *key_upload(const char *meeting_id) { return g_strconcat(PREFIX_UPLOADS, meeting_id, ".json", NULL); }

char *meeting_id_new(const char *uuid) { return g_strconcat("meeting-", uuid, NULL); }

bool meeting_id_valid(const char *meeting_id) {
    if (!meeting_id) return false;
    gsize length = strlen(meeting_id);
    if (length == 0 || length > MEETING_ID_BYTES_MAX) return false;
    if (strcmp(meeting_id, ".") == 0 || strcmp(meeting_id, "..") == 0) return false;
    for (const char *at = meeting_id; *at; at++)
        if (!g_ascii_isalnum(*at) && !strchr("._-", *at)) return false;
    return true;
}

char *meeting_id_of_key(const char *key) {
    static const char *const flat[] = {PREFIX_JOBS, PREFIX_UPLOADS}; /* {meeting-id}.json */
    g_autofree char *id = NULL;
    if (g_str_has_prefix(key, PREFIX_MEETINGS)) {
        const char *start = key + strlen(PREFIX_MEETINGS), *slash = strchr(start, '/');
        if (slash) id = g_strndup(start, (gsize)(slash - start));
    }
    for (gsize i = 0; i < G_N_ELEMENTS(flat); i++) {
        if (!g_str_has_prefix(key, flat[i])) continue;
        const char *name = key + strlen(flat[i]);
        if (g_str_has_suffix(name, ".json")) id = g_strndup(name, strlen(name) - strlen(".json"));
    }
    return meeting_id_valid(id) ? g_steal_pointer(&id) : NULL;
}

char *meeting_id_of_recording(const char *key) {
    const char *name = g_str_has_prefix(key, PREFIX_RECORDINGS) ? key + strlen(PREFIX_RECORDINGS) : "";
    g_autofree char *uuid = strlen(name) > UUID_CHARS && name[UUID_CHARS] == '_' ? g_strndup(name, UUID_CHARS) : NULL;
    return uuid && g_uuid_string_is_valid(uuid) ? meeting_id_new(uuid) : NULL;
}
