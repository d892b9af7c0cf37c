/* The offline extractor over any text: every item is proved, and the minutes are read again as they were written. */
#include "base/limits.h"
#include "extract/evidence.h"
#include "extract/extract.h"
#include "fuzz.h"
#include "transcribe/import.h"

void fuzz_extract_offline(const guint8 *data, gsize size) {
    static Extractor *extractor;
    static Settings *settings;
    if (!extractor) {
        g_assert_true(settings_load(NULL, NULL, &settings, NULL));
        g_assert_true(extractor_open(settings, &extractor, NULL));
    }
    g_autoptr(Transcript) transcript = NULL;
    g_autoptr(Minutes) minutes = NULL;
    if (!FUZZ_CALL(import_transcript(IMPORT_TEXT, data, size, &transcript, &error))) return;
    ExtractInput input = {.transcript = transcript, .meeting_ms = 1772600767089};
    g_assert_true(FUZZ_CALL(extractor_run(extractor, &input, &minutes, &error)));
    guint dropped = minutes->dropped;
    evidence_check_all(transcript, minutes);
    g_assert_cmpuint(minutes->dropped, ==, dropped);
    g_autoptr(json_t) summary = minutes_summary_to_json(minutes, "meeting-1", "", NULL);
    g_autoptr(json_t) needs = minutes_requirements_to_json(minutes, "meeting-1", "", NULL);
    g_autoptr(Minutes) again = minutes_from_json(summary, needs);
    fuzz_same_json(json_incref(summary), minutes_summary_to_json(again, "meeting-1", "", NULL));
    fuzz_same_json(json_incref(needs), minutes_requirements_to_json(again, "meeting-1", "", NULL));
}
