/* A transcript that someone sends, by each of the formats' readers, whatever it looks like; and Amazon Transcribe's and Whisper's results, which are
 * read by the same. */
#include "base/limits.h"
#include "fuzz.h"
#include "transcribe/import.h"

static void check(const Transcript *transcript) {
    gint64 before_ms = 0;
    for (guint i = 0; i < transcript->segments->len; i++) {
        const Segment *segment = transcript_segment(transcript, i);
        g_assert_true(segment->start_ms >= before_ms && segment->end_ms >= segment->start_ms && segment->end_ms <= RECORDING_MS_MAX);
        g_assert_cmpint(segment->speaker, <, (int)transcript->speakers->len);
        fuzz_text(segment->text, SEGMENT_TEXT_BYTES_MAX);
        before_ms = segment->start_ms;
    }
    g_autoptr(json_t) written = transcript_to_json(transcript);
    g_autoptr(Transcript) again = NULL;
    g_assert_true(FUZZ_CALL(transcript_from_json(written, &again, &error)));
    fuzz_same_json(json_incref(written), transcript_to_json(again));
}

void fuzz_transcribe_import(const guint8 *data, gsize size) {
    static const char *const names[] = {"a", "a.txt", "a.vtt", "a.json", "a.mp3"};
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) import_detect(data, size, names[i]);
    for (int format = IMPORT_VTT; format <= IMPORT_HANSARD_JSON; format++) {
        g_autoptr(Transcript) transcript = NULL, result = NULL;
        if (FUZZ_CALL(import_transcript((ImportFormat)format, data, size, &transcript, &error))) {
            g_assert_cmpuint(transcript->segments->len, >, 0);
            check(transcript);
        }
        if (FUZZ_CALL(import_result((ImportFormat)format, data, size, &result, &error))) check(result);
    }
}
