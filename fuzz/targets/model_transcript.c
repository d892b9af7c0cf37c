/* transcript.json: what was taken is in order, within limits, and written and read again as the same. */
#include "base/limits.h"
#include "fuzz.h"
#include "model/transcript.h"

void fuzz_model_transcript(const guint8 *data, gsize size) {
    g_autoptr(json_t) json = input_json(data, size);
    g_autoptr(Transcript) transcript = NULL, again = NULL;
    if (!json || !FUZZ_CALL(transcript_from_json(json, &transcript, &error))) return;
    gint64 before_ms = 0;
    for (guint i = 0; i < transcript->segments->len; i++) {
        const Segment *segment = transcript_segment(transcript, i);
        g_assert_true(segment->start_ms >= before_ms && segment->end_ms >= segment->start_ms && segment->end_ms <= RECORDING_MS_MAX);
        g_assert_cmpint(segment->speaker, <, (int)transcript->speakers->len);
        g_assert_true(segment->text[0] != '\0');
        fuzz_text(segment->text, SEGMENT_TEXT_BYTES_MAX);
        before_ms = segment->start_ms;
    }
    g_autoptr(json_t) written = transcript_to_json(transcript);
    g_assert_true(FUZZ_CALL(transcript_from_json(written, &again, &error)));
    fuzz_same_json(json_incref(written), transcript_to_json(again));
    g_autofree char *text = transcript_to_text(transcript);
    g_assert_true(g_utf8_validate(text, -1, NULL));
    transcript_rename_speaker(again, transcript->speakers->len > 0 ? transcript->speakers->pdata[0] : "Ann", "Someone");
}
