/* All that is known of a meeting in one document: {"record", "summary", "requirements", "transcript"}, each in its stored form.
 */
#include "base/clock.h"
#include "export/export_format.h"

static bool write_json(const Meeting *meeting, GString *out, GError **error) {
    const Record *record = meeting->record;
    g_autofree char *timestamp = time_format(record->timestamp_ms);
    g_autoptr(json_t) summary = minutes_summary_to_json(meeting->minutes, record->meeting_id, timestamp, record->audio_key);
    g_autoptr(json_t) requirements =
        minutes_requirements_to_json(meeting->minutes, record->meeting_id, timestamp, record->audio_key);
    g_autoptr(json_t) document =
        json_pack("{sosOsO}", "record", record_to_json(record), "summary", json_object_get(summary, "summary"), "requirements",
                  json_object_get(requirements, "requirements"));
    json_object_set_new(document, "transcript", meeting->transcript ? transcript_to_json(meeting->transcript) : json_null());
    if (!meeting->transcript) json_object_set_new(document, "text", json_text(meeting->text));
    g_autoptr(GBytes) bytes = json_to_bytes(document, true);
    gsize size;
    const char *text = g_bytes_get_data(bytes, &size);
    g_string_append_len(out, text, (gssize)size);
    return true;
}

const ExportFormat export_json = {"json", "application/json", "Record, summary, items and transcript in one document",
                                  write_json};
