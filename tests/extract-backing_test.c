/* What a model's text says beyond what was said: a true quote beside a false sentence. */
#include "extract/llm_internal.h"
#include "llm_meetings.h"

static const char *const lines[][2] = {
    {"Anna", "We have forty thousand euros and a team of twenty five for the pilot in Leeds."},
    {"David", "I'll send the figures of the pilot to the board by Friday."},
    {"Anna", "We won't support the old tablets, and nobody wants the API of two thousand and nine."},
    {"Maria", "The start is on March the fifteenth, twenty twenty six."},
    {"Maria", "Users must be able to print the report."},
};

static const struct {
    const char *text;
    guint segment;
    const char *unsaid; /* NULL: all of it was said */
} texts[] = {
    {"Send the figures of the pilot to the board by Friday", 1, NULL},
    {"David will send the figures to the board", 1, NULL},
    {"Send the pilot's 3 figures to the board", 1, "3"},
    {"Send the figures by Monday", 1, "monday"},
    {"Send the figures by tomorrow", 1, "tomorrow"},
    {"Send the figures to Carla", 1, "carla"},
    {"Carla will send the figures", 1, "carla"},
    {"Send the figures to Maria", 1, NULL}, /* who speaks is known by name */
    {"The pilot has 40,000 euros", 0, NULL},
    {"The pilot has 40k euros and 25 people", 0, NULL},
    {"The pilot has 50,000 euros", 0, "50000"},
    {"The pilot has thirty six people", 0, "36"},
    {"The pilot takes place in London", 0, "london"},
    {"The APIs are not wanted", 2, NULL},
    {"The start is on 15 March 2026", 3, NULL},
    {"The start is on 16 March 2026", 3, "16"},
    {"The start is in April", 3, "april"},
    {"The system shall let users print the report", 4, NULL},
    {"One of the users prints the report", 4, NULL},
};

static void test_unsaid(void) {
    g_autoptr(Transcript) transcript = meeting_of(lines, G_N_ELEMENTS(lines));
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autofree char *unsaid = llm_unsaid(transcript, texts[i].segment, texts[i].segment, texts[i].text);
        if (g_strcmp0(unsaid, texts[i].unsaid) != 0) g_test_message("%s", texts[i].text);
        g_assert_cmpstr(unsaid, ==, texts[i].unsaid);
    }
}

static const struct {
    const char *text, *quote;
    guint segment;
    bool turned;
} denials[] = {
    {"Send the figures to the board", "I'll send the figures of the pilot to the board by Friday", 1, false},
    {"Do not send the figures to the board", "I'll send the figures of the pilot to the board by Friday", 1, true},
    {"Support the old tablets", "We won't support the old tablets", 2, true},
    {"The old tablets are not supported", "We won't support the old tablets", 2, false},
    {"Drop support for the old tablets", "We won't support the old tablets", 2, false},
    {"The system shall let users print the report", "Users must be able to print the report", 4, false},
    {"The system shall never let users print", "Users must be able to print the report", 4, true},
};

static void test_turned(void) {
    g_autoptr(Transcript) transcript = meeting_of(lines, G_N_ELEMENTS(lines));
    for (gsize i = 0; i < G_N_ELEMENTS(denials); i++) {
        g_autofree char *quote = g_strdup(denials[i].quote);
        Evidence evidence = {.first = denials[i].segment, .last = denials[i].segment, .quote = quote};
        if (llm_turned(transcript, &evidence, denials[i].text) != denials[i].turned) g_test_message("%s", denials[i].text);
        g_assert_true(llm_turned(transcript, &evidence, denials[i].text) == denials[i].turned);
    }
}

/* Another language has other numbers, and capitals where these rules know none. */
static void test_other_language(void) {
    static const char *const german[][2] = {{"Anna", "Wir haben zwei Wochen bis zum Start der Anwendung."}};
    g_autoptr(Transcript) transcript = meeting_of(german, 1);
    g_free(transcript->language);
    transcript->language = g_strdup("de");
    g_autofree char *quote = g_strdup("Wir haben zwei Wochen"), *unsaid = llm_unsaid(transcript, 0, 0, "Das Projekt hat 2 Wochen Zeit, never mehr");
    Evidence evidence = {.quote = quote};
    g_assert_null(unsaid);
    g_assert_false(llm_turned(transcript, &evidence, "Das Projekt hat 2 Wochen Zeit, never mehr"));
}

/* --- through the service */

static char *answer_with_inventions(const ScriptedRequest *request, guint number, gpointer user_data) {
    json_t *answer = model_answer();
    answer_add(answer, "items", model_item("action", "Send the pilot's figures to the board", 1, "I'll send the figures of the pilot to the board "
     "by Friday", "I", "by Friday"));
    answer_add(answer, "items", model_item("decision", "The old tablets of 2011 are supported", 2, "We won't support the old tablets", NULL, NULL));
    json_t *requirement = model_item("requirement", "The system shall let users in Paris print the report", 4, "Users must be able to print the "
     "report", NULL, NULL);
    answer_add(answer, "items", requirement);
    answer_add(answer, "summary", model_sentence("The pilot takes place in Leeds.", 0, "a team of twenty five for the pilot in Leeds"));
    answer_add(answer, "summary", model_sentence("The pilot has a team of 250.", 0, "a team of twenty five for the pilot in Leeds"));
    char *text = json_dumps(answer, JSON_COMPACT);
    char *reply = scripted_reply_json(200, json_pack("{sss[{sis{ssss}ss}]s{sisi}}", "object", "chat.completion", "choices", "index", 0, "message",
        "role", "assistant", "content", text,
                                                     "finish_reason", "stop", "usage", "prompt_tokens", 2000, "completion_tokens", 300));
    json_decref(answer);
    free(text);
    return reply;
}

static void test_reworded(void) {
    Settings *settings = NULL;
    ScriptedEndpoint *endpoint = scripted_start(answer_with_inventions, NULL);
    g_autofree char *url = g_strdup_printf("http://127.0.0.1:%u/v1/", endpoint->port);
    Extractor *extractor = extractor_with(&settings, (const char *const[]){"HANSARD_EXTRACTOR", "openai", "OPENAI_BASE_URL", url, "OPENAI_MODEL",
        "scripted-1", "OPENAI_API_KEY", TEST_KEY, NULL});
    g_autoptr(Transcript) transcript = meeting_of(lines, G_N_ELEMENTS(lines));
    g_autoptr(Minutes) minutes = minutes_by(extractor, transcript);
    const Item *figures = item_with(minutes, ITEM_ACTION, "figures"), *tablets = item_with(minutes, ITEM_DECISION, "tablets"),
        *report = item_with(minutes, ITEM_REQUIREMENT, "report");
    g_assert_cmpstr(figures->text, ==, "Send the pilot's figures to the board");
    g_assert_cmpstr(tablets->text, ==, first_evidence(tablets)->quote);
    g_assert_nonnull(strstr(tablets->text, "We won't support the old tablets"));
    g_assert_nonnull(strstr(report->text, "The system shall fulfil: Users must be able to print the report"));
    g_assert_cmpfloat(tablets->confidence, <, 0.8);
    g_assert_cmpfloat(figures->confidence, >=, 0.8);
    g_assert_cmpstr(minutes->text, ==, "The pilot takes place in Leeds.");
    g_assert_cmpuint(minutes->dropped, ==, 1); /* the sentence of the 250 */
    g_assert_true(minutes->note && g_str_has_prefix(minutes->note, "2 items stand in the words spoken"));
    extractor_close(extractor);
    settings_free(settings);
    scripted_stop(endpoint);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/extract/backing/unsaid", test_unsaid);
    g_test_add_func("/extract/backing/turned", test_turned);
    g_test_add_func("/extract/backing/other-language", test_other_language);
    g_test_add_func("/extract/backing/reworded", test_reworded);
    return g_test_run();
}
