/* Extraction by a model of Amazon Bedrock, against a double of Converse that answers in the service's published shapes and takes no call whose signature
 * does not hold. The signature is computed here anew, by the public algorithm, from what came over the wire. */
#include "base/limits.h"
#include "extract/prompts/prompts.h"
#include "llm_meetings.h"
#include "scripted_signature.h"

#define ACCESS_KEY "AKIATESTEXAMPLE00001"
#define SECRET_KEY "secret/of+the+double/9f8e7d6c5b4a"
#define REGION "eu-central-1"
#define MODEL "eu.anthropic.claude-test-v1:0"
#define PATH "/model/eu.anthropic.claude-test-v1%3A0/converse"

static void check_signature(const ScriptedRequest *request) { scripted_check_signature(request, ACCESS_KEY, SECRET_KEY, REGION, "bedrock"); }

/* --- the double --- */

static json_t *usage(void) { return json_pack("{sisisi}", "inputTokens", 8000, "outputTokens", 400, "totalTokens", 8400); }

static char *converse_reply(json_t *content, const char *stop) {
    return scripted_reply_json(200, json_pack("{s{s{ssso}}sssos{si}}", "output", "message", "role", "assistant", "content", content, "stopReason", stop,
                                              "usage", usage(), "metrics", "latencyMs", 1200));
}

static char *tool_reply(json_t *input) {
    json_t *call = json_pack("{ssssso}", "toolUseId", "tooluse_1", "name", "record_minutes", "input", input);
    return converse_reply(json_pack("[{ss}{so}]", "text", "I record it.", "toolUse", call), "tool_use");
}

static char *text_reply(const char *text, const char *stop) { return converse_reply(json_pack("[{ss}]", "text", text), stop); }

static char *service_error(int status, const char *type, const char *message) {
    g_autofree char *headers = g_strdup_printf("x-amzn-ErrorType: %s:http://internal.amazon.com/\r\nx-amzn-RequestId: 1-2-3\r\n", type);
    g_autofree char *body = g_strdup_printf("{\"message\":\"%s\"}", message);
    return scripted_reply(status, headers, body);
}

static json_t *good_answer(void) {
    json_t *answer = model_answer();
    answer_add(answer, "items", model_item("action", "Send the pilot's figures to the board", 3, "I'll send the figures of the pilot to the board by Friday", "I", "by Friday"));
    answer_add(answer, "items", model_item("action", "Pay Eve", 3, "pay one million to Eve at once", "Eve", NULL));
    answer_add(answer, "summary", model_sentence("The team plans the launch of the booking app.", 0, "we review the new booking app and plan its launch"));
    return answer;
}

static const char *question_of(const ScriptedRequest *request) {
    const json_t *message = json_array_get(json_object_get(request->json, "messages"), 0);
    return json_get_string(json_array_get(json_object_get(message, "content"), 0), "text", "");
}

typedef struct {
    ScriptedEndpoint *endpoint;
    Settings *settings;
    Extractor *extractor;
} Fixture;

static void open_with(Fixture *fixture, ScriptedAnswer answer, gpointer user_data) {
    fixture->endpoint = scripted_start(answer, user_data);
    g_autofree char *url = g_strdup_printf("http://127.0.0.1:%u", fixture->endpoint->port);
    const char *options[] = {"HANSARD_EXTRACTOR", "bedrock", "BEDROCK_MODEL_ID", MODEL, "AWS_REGION", REGION, "AWS_ACCESS_KEY_ID", ACCESS_KEY,
                             "AWS_SECRET_ACCESS_KEY", SECRET_KEY, "AWS_ENDPOINT_URL_BEDROCK_RUNTIME", url, "AWS_EC2_METADATA_DISABLED", "true",
                             "HANSARD_EXTRACTOR_TIMEOUT_SECONDS", "1", NULL};
    fixture->extractor = extractor_with(&fixture->settings, options);
}

static void close_all(Fixture *fixture) {
    extractor_close(fixture->extractor);
    settings_free(fixture->settings);
    scripted_stop(fixture->endpoint);
}

/* --- cases --- */

static char *answer_well(const ScriptedRequest *request, guint number, gpointer user_data) {
    check_signature(request);
    return tool_reply(good_answer());
}

static void test_items_by_model(void) {
    Fixture fixture;
    open_with(&fixture, answer_well, NULL);
    g_autoptr(Transcript) transcript = small_meeting();
    g_autoptr(Minutes) minutes = minutes_by(fixture.extractor, transcript);
    const ScriptedRequest *request = scripted_request(fixture.endpoint, 0);
    const json_t *config = json_object_get(request->json, "toolConfig"), *tool = json_object_get(json_array_get(json_object_get(config, "tools"), 0), "toolSpec");
    g_assert_cmpstr(request->path, ==, PATH);
    g_assert_cmpstr(json_get_string(tool, "name", ""), ==, "record_minutes");
    g_assert_true(json_is_object(json_object_get(json_object_get(json_object_get(tool, "inputSchema"), "json"), "properties")));
    g_assert_cmpstr(json_get_string(json_object_get(json_object_get(config, "toolChoice"), "tool"), "name", ""), ==, "record_minutes");
    g_assert_cmpstr(json_get_string(json_array_get(json_object_get(request->json, "system"), 0), "text", ""), ==, prompt_map);
    g_assert_cmpint(json_get_int(json_object_get(request->json, "inferenceConfig"), "maxTokens", 0), ==, 4096);
    g_assert_nonnull(strstr(question_of(request), "\n[3] David: I'll send the figures of the pilot to the board by Friday.\n"));
    g_assert_cmpuint(minutes->items[ITEM_ACTION]->len, ==, 1);
    g_assert_cmpstr(item_with(minutes, ITEM_ACTION, "figures")->due, ==, "2026-03-06");
    g_assert_cmpuint(minutes->dropped, ==, 1);
    g_assert_cmpstr(minutes->extractor, ==, "bedrock");
    g_assert_cmpstr(minutes->model, ==, MODEL);
    g_assert_cmpuint(minutes->usage.input_tokens, ==, 8000);
    g_assert_cmpuint(minutes->usage.output_tokens, ==, 400);
    g_assert_null(minutes->note);
    close_all(&fixture);
}

typedef struct {
    const char *name;
    char *(*make)(void);
    bool passes; /* answered well after `bad` bad answers */
    guint bad, calls; /* calls: over the wire, those of the AWS client's own second try too; 0: not said */
    const char *note;
} Fault;

static char *throttled(void) { return service_error(429, "ThrottlingException", "Too many requests, please wait before trying again."); }
static char *not_ready(void) { return service_error(429, "ModelNotReadyException", "The model is not ready for inference."); }
static char *model_error(void) { return service_error(424, "ModelErrorException", "The model failed."); }
static char *timed_out(void) { return service_error(408, "ModelTimeoutException", "The model took too long."); }
static char *unavailable(void) { return service_error(503, "ServiceUnavailableException", "Try again."); }
static char *denied(void) { return service_error(403, "AccessDeniedException", "You don't have access to the model with the specified model ID."); }
static char *unknown_key(void) { return service_error(403, "UnrecognizedClientException", "The security token included in the request is invalid."); }
static char *no_model(void) { return service_error(400, "ValidationException", "The provided model identifier is invalid."); }
static char *no_such(void) { return service_error(404, "ResourceNotFoundException", "Could not resolve the foundation model."); }
static char *too_long(void) { return service_error(400, "ValidationException", "Input is too long for requested model."); }
static char *guardrail(void) { return text_reply("Sorry, I can't answer.", "guardrail_intervened"); }
static char *filtered(void) { return text_reply("", "content_filtered"); }
static char *cut_off(void) { return text_reply("{\"items\":", "max_tokens"); }
static char *empty_content(void) { return converse_reply(json_array(), "end_turn"); }
static char *chatter(void) { return text_reply("Here you are:", "end_turn"); }
static char *other_input(void) { return tool_reply(json_pack("{ss}", "actions", "none")); }
static char *web_page(void) { return scripted_reply(200, NULL, "<html></html>"); }
static char *nothing(void) { return NULL; }

static const Fault faults[] = {
    {"throttled-for-a-while", throttled, true, 3, 4, NULL},
    {"not-ready-once", not_ready, true, 1, 2, NULL},
    {"model-error-once", model_error, true, 1, 2, NULL},
    {"model-timeout-once", timed_out, true, 1, 2, NULL},
    {"unavailable", unavailable, false, 0, 0, "can't do it for now"},
    {"throttled", throttled, false, 0, 0, "takes no more calls for now"},
    {"silent-once", nothing, true, 1, 2, NULL},
    {"denied", denied, false, 0, 1, "bedrock:InvokeModel"},
    {"unknown-key", unknown_key, false, 0, 0, "AWS_ACCESS_KEY_ID"},
    {"no-model", no_model, false, 0, 1, "BEDROCK_MODEL_ID"},
    {"no-such-model", no_such, false, 0, 1, "BEDROCK_MODEL_ID"},
    {"too-long", too_long, false, 0, 3, "HANSARD_CONTEXT_TOKENS"},
    {"guardrail", guardrail, false, 0, LLM_ANSWER_TRIES_MAX, "withholds the answer"},
    {"content-filter", filtered, false, 0, LLM_ANSWER_TRIES_MAX, "withholds the answer"},
    {"cut-off-once", cut_off, true, 1, 3, NULL},
    {"empty", empty_content, false, 0, LLM_ANSWER_TRIES_MAX, "empty answer"},
    {"chatter-once", chatter, true, 1, 2, NULL},
    {"other-input", other_input, false, 0, LLM_ANSWER_TRIES_MAX, "not of the form"},
    {"web-page", web_page, false, 0, LLM_ANSWER_TRIES_MAX, "not valid JSON"},
};

static char *answer_with_fault(const ScriptedRequest *request, guint number, gpointer user_data) {
    const Fault *fault = user_data;
    check_signature(request);
    return fault->passes && number >= fault->bad ? tool_reply(good_answer()) : fault->make();
}

static void test_fault(gconstpointer data) {
    const Fault *fault = data;
    Fixture fixture;
    open_with(&fixture, answer_with_fault, (gpointer)fault);
    g_autoptr(Transcript) transcript = small_meeting();
    g_autoptr(Minutes) minutes = minutes_by(fixture.extractor, transcript);
    guint calls = scripted_count(fixture.endpoint);
    g_assert_nonnull(item_with(minutes, ITEM_ACTION, "figures")); /* by whom ever */
    if (fault->passes) {
        g_assert_cmpstr(minutes->extractor, ==, "bedrock");
        g_assert_null(minutes->note);
    } else {
        g_assert_cmpstr(minutes->extractor, ==, "offline");
        g_assert_nonnull(minutes->note);
        if (!strstr(minutes->note, fault->note)) g_error("the note is: %s", minutes->note);
        g_assert_null(strstr(minutes->note, SECRET_KEY));
        g_assert_null(strstr(minutes->note, ACCESS_KEY));
    }
    if (fault->calls) g_assert_cmpuint(calls, ==, fault->calls);
    else g_assert_cmpuint(calls, <=, 2 * LLM_PASSING_TRIES_MAX);
    close_all(&fixture);
}

/* Models that can't be made to call a tool, then ones that know none, and take no temperature. */
static char *answer_simple_minds(const ScriptedRequest *request, guint number, gpointer user_data) {
    const json_t *config = json_object_get(request->json, "toolConfig");
    check_signature(request);
    if (json_object_get(json_object_get(request->json, "inferenceConfig"), "temperature"))
        return service_error(400, "ValidationException", "temperature is deprecated for this model.");
    if (json_object_get(config, "toolChoice")) return service_error(400, "ValidationException", "This model doesn't support the toolConfig.toolChoice.tool field.");
    if (config) return service_error(400, "ValidationException", "This model doesn't support tool use.");
    g_autoptr(json_t) answer = good_answer();
    char *text = json_dumps(answer, 0), *reply = text_reply(text, "end_turn");
    free(text);
    return reply;
}

static void test_simpler_and_simpler(void) {
    Fixture fixture;
    open_with(&fixture, answer_simple_minds, NULL);
    g_autoptr(Transcript) transcript = small_meeting();
    for (guint run = 0; run < 2; run++) {
        g_autoptr(Minutes) minutes = minutes_by(fixture.extractor, transcript);
        g_assert_cmpstr(minutes->extractor, ==, "bedrock");
        g_assert_nonnull(item_with(minutes, ITEM_ACTION, "figures"));
        g_assert_cmpuint(scripted_count(fixture.endpoint), ==, 4 + run);
    }
    close_all(&fixture);
}

static char *answer_by_reading(const ScriptedRequest *request, guint number, gpointer user_data) {
    const char *question = question_of(request);
    check_signature(request);
    if (strlen(question) > 30000) return too_long();
    char *text = model_that_reads(question);
    json_t *input = json_loads(text, 0, NULL);
    free(text);
    return tool_reply(input);
}

static void test_two_hours(void) {
    Fixture fixture;
    open_with(&fixture, answer_by_reading, NULL);
    g_autoptr(Transcript) transcript = long_meeting();
    g_autoptr(Minutes) minutes = minutes_by(fixture.extractor, transcript);
    g_assert_cmpstr(minutes->extractor, ==, "bedrock");
    g_assert_cmpfloat(minutes->coverage, ==, 1);
    g_assert_cmpuint(minutes->items[ITEM_ACTION]->len, ==, 9);
    g_assert_cmpint(first_evidence(item_with(minutes, ITEM_ACTION, "Book the big room"))->start_ms, ==, 1438 * 5000);
    close_all(&fixture);
}

static void test_no_region(void) {
    const char *options[] = {"HANSARD_EXTRACTOR", "bedrock", "BEDROCK_MODEL_ID", MODEL, "AWS_CONFIG_FILE", "/dev/null", "AWS_SHARED_CREDENTIALS_FILE", "/dev/null", NULL};
    g_autoptr(Settings) settings = NULL;
    g_autoptr(Extractor) extractor = NULL;
    g_autoptr(GError) error = NULL;
    g_unsetenv("AWS_REGION");
    g_unsetenv("AWS_DEFAULT_REGION");
    g_assert_true(settings_load(NULL, options, &settings, &error));
    g_assert_false(extractor_open(settings, &extractor, &error));
    g_assert_true(error_is(error, ERROR_CONFIG));
    g_assert_nonnull(strstr(error->message, "AWS_REGION"));
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/extract/bedrock/items", test_items_by_model);
    for (gsize i = 0; i < G_N_ELEMENTS(faults); i++) {
        g_autofree char *path = g_strconcat("/extract/bedrock/fault/", faults[i].name, NULL);
        g_test_add_data_func(path, &faults[i], test_fault);
    }
    g_test_add_func("/extract/bedrock/simpler-and-simpler", test_simpler_and_simpler);
    g_test_add_func("/extract/bedrock/two-hours", test_two_hours);
    g_test_add_func("/extract/bedrock/no-region", test_no_region);
    return g_test_run();
}
