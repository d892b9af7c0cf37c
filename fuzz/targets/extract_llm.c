/* What a model answers: a run over a meeting whose model gives the input as the answer to everything. Whatever it says, an item comes with words that
 * stand in the transcript. */
#include "base/limits.h"
#include "extract/llm_internal.h"
#include "fuzz.h"

static struct {
    const guint8 *data;
    gsize size;
} said;

static bool service_open(const Settings *settings, gpointer *state, GError **error) { return true; }
static const char *service_model(gpointer state) { return "a-model"; }
static void service_close(gpointer state) {}

static bool service_ask(gpointer state, const LlmQuestion *question, LlmAnswer *answer, GError **error) {
    answer->text = g_strndup((const char *)said.data, said.size);
    return true;
}

static Transcript *meeting(void) {
    Transcript *transcript = transcript_new();
    int ann = transcript_speaker(transcript, "Ann Lee"), bob = transcript_speaker(transcript, "Bob Ray");
    transcript_add(transcript, 1000, 5000, ann, "I will send the figures to Bob by Friday.");
    transcript_add(transcript, 6000, 9000, bob, "We decided to go with the second design.");
    transcript_add(transcript, 10000, 14000, ann, "The system must keep every recording for a year.");
    transcript_add(transcript, 15000, 19000, bob, "Who tells the customers about the new price?");
    return transcript;
}

void fuzz_extract_llm(const guint8 *data, gsize size) {
    static const LlmService service = {"a-service", service_open, service_ask, service_model, service_close};
    static Settings *settings;
    if (!settings) g_assert_true(settings_load(NULL, NULL, &settings, NULL));
    g_autoptr(Transcript) transcript = meeting();
    g_autoptr(Minutes) minutes = NULL;
    ExtractInput input = {.transcript = transcript, .meeting_ms = 1772600767089};
    gpointer state = NULL;
    said.data = data;
    said.size = size;
    g_assert_true(llm_open(&service, settings, &state, NULL));
    g_assert_true(FUZZ_CALL(llm_run(state, &input, &minutes, &error)));
    llm_close(state);
    for (int kind = 0; kind < ITEM_KIND_COUNT; kind++) {
        g_assert_cmpuint(minutes->items[kind]->len, <=, ITEMS_MAX);
        for (guint i = 0; i < minutes->items[kind]->len; i++) {
            const Item *item = minutes->items[kind]->pdata[i];
            fuzz_text(item->text, ITEM_TEXT_BYTES_MAX);
            g_assert_cmpuint(item->evidence->len, >, 0);
            for (guint j = 0; j < item->evidence->len; j++) {
                Evidence proof = g_array_index(item->evidence, Evidence, j);
                g_assert_cmpuint(proof.last, <, transcript->segments->len);
                g_assert_nonnull(proof.quote);
            }
        }
    }
    g_autoptr(Minutes) checked = NULL;
    json_t *summary = minutes_summary_to_json(minutes, "meeting-1", "", NULL), *needs = minutes_requirements_to_json(minutes, "meeting-1", "", NULL);
    checked = minutes_from_json(summary, needs);
    json_decref(summary);
    json_decref(needs);
    guint before = checked->dropped;
    evidence_check_all(transcript, checked);
    g_assert_cmpuint(checked->dropped, ==, before);
    g_autofree char *text = g_strndup((const char *)data, size), *told = llm_quote_service(text, "sk-secret-key");
    g_assert_null(strstr(told, "sk-secret-key"));
    llm_says_too_long(text);
    g_assert_cmpint(llm_retry_after_ms(text), >=, -1);
}
