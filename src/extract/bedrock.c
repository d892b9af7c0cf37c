/* A model of Amazon Bedrock, by Converse. The answer is the input of a tool that the model has to call, which holds it to a JSON Schema; models that
 * can't be made to call one are asked to, and those that know no tools get the schema in words. */
#include <string.h>

#include "aws/client.h"
#include "aws/sigv4.h"
#include "base/limits.h"
#include "extract/llm.h"
#include "net/curl.h"

#define ATTEMPTS_MAX 2 /* of one call, for a wrong clock and credentials that have expired; more patience is llm_ask.c's */
#define REFUSALS_MAX 3 /* of parameters, within one question */

typedef enum { TOOL_FORCED, TOOL_OFFERED, TOOL_NONE } Tool;

typedef struct {
    char *url; /* of the calls */
    char *model, *region;
    HttpTransport *transport;
    AwsCredentialsChain *credentials;
    AwsClient *client;
    /* what this model was found not to take; shared by all threads */
    gint tool; /* Tool */
    gint no_temperature;
} Bedrock;

static void bedrock_close(gpointer state) {
    Bedrock *bedrock = state;
    aws_client_free(bedrock->client);
    aws_credentials_chain_free(bedrock->credentials);
    http_transport_close(bedrock->transport);
    g_free(bedrock->url);
    g_free(bedrock->model);
    g_free(bedrock->region);
    g_free(bedrock);
}

static bool bedrock_open(const Settings *settings, gpointer *state, GError **error) {
    if (!settings->bedrock_model)
        return fail(error, ERROR_CONFIG, "HANSARD_EXTRACTOR=bedrock needs a model: set BEDROCK_MODEL_ID to the id of a model or inference profile");
    g_autofree char *region = aws_region_of(settings);
    if (!region) return fail(error, ERROR_CONFIG, "HANSARD_EXTRACTOR=bedrock needs a region: set AWS_REGION");
    bool is_aws;
    g_autofree char *endpoint = aws_endpoint_of(settings, "bedrock-runtime", region, &is_aws), *id = sigv4_encode(settings->bedrock_model, false);
    g_autofree char *resource = g_strdup_printf("the model %s (BEDROCK_MODEL_ID) in region %s", settings->bedrock_model, region);
    Bedrock *bedrock = g_new0(Bedrock, 1);
    bedrock->url = g_strconcat(endpoint, "/model/", id, "/converse", NULL);
    bedrock->model = g_strdup(settings->bedrock_model);
    bedrock->region = g_steal_pointer(&region);
    bedrock->transport = http_curl_new(settings_aws(settings, "AWS_CA_BUNDLE"));
    bedrock->credentials = aws_credentials_chain_new(settings, bedrock->transport, clock_system());
    bedrock->client = aws_client_new(&(AwsClientOptions){.service = "bedrock",
                                                         .endpoint = endpoint,
                                                         .region = bedrock->region,
                                                         .resource = resource,
                                                         .transport = bedrock->transport,
                                                         .credentials = bedrock->credentials,
                                                         .clock = clock_system(),
                                                         .attempts_max = ATTEMPTS_MAX});
    *state = bedrock;
    return true;
}

static const char *bedrock_model(gpointer state) { return ((Bedrock *)state)->model; }

static json_t *tool_of(const LlmForm *form, Tool tool) {
    json_t *config = json_pack("{s[{s{sssss{sO}}}]}", "tools", "toolSpec", "name", form->name, "description", form->sentence, "inputSchema", "json",
                               form->schema);
    if (tool == TOOL_FORCED) json_object_set_new(config, "toolChoice", json_pack("{s{ss}}", "tool", "name", form->name));
    return config;
}

static GBytes *question_body(const Bedrock *bedrock, const LlmQuestion *question) {
    Tool tool = (Tool)g_atomic_int_get(&bedrock->tool);
    g_autofree char *rules = llm_rules(question, tool == TOOL_NONE);
    g_autoptr(json_t) body =
        json_pack("{s[{so}]s[{sss[{so}]}]s{si}}", "system", "text", json_text(rules), "messages", "role", "user", "content", "text",
                  json_text(question->text), "inferenceConfig", "maxTokens", question->answer_tokens_max);
    if (!g_atomic_int_get(&bedrock->no_temperature))
        json_object_set_new(json_object_get(body, "inferenceConfig"), "temperature", json_real(question->temperature));
    if (tool != TOOL_NONE) json_object_set_new(body, "toolConfig", tool_of(question->form, tool));
    return json_to_bytes(body, false);
}

/* The input of the tool's call, else the text. NULL: neither. Caller frees. */
static char *content_of(const json_t *content) {
    g_autoptr(GString) text = g_string_new(NULL);
    gsize i;
    json_t *block;
    json_array_foreach(content, i, block) {
        const json_t *input = json_object_get(json_object_get(block, "toolUse"), "input");
        if (json_is_object(input)) {
            g_autoptr(GBytes) bytes = json_to_bytes(input, false);
            return g_strndup(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
        }
        g_string_append(text, json_get_string(block, "text", ""));
    }
    return text->len > 0 ? g_strdup(text->str) : NULL;
}

static bool read_answer(const Bedrock *bedrock, const json_t *json, LlmAnswer *answer, GError **error) {
    static const char *const withheld[] = {"guardrail_intervened", "content_filtered", "refusal", NULL};
    const json_t *message = json_object_get(json_object_get(json, "output"), "message"), *usage = json_object_get(json, "usage");
    const char *stop = json_get_string(json, "stopReason", "");
    answer->input_tokens = (guint64)MAX(json_get_int(usage, "inputTokens", 0), 0);
    answer->output_tokens = (guint64)MAX(json_get_int(usage, "outputTokens", 0), 0);
    answer->fault = LLM_FAULT_LENGTH;
    if (strcmp(stop, "max_tokens") == 0)
        return fail(error, ERROR_INVALID, "the answer of the model %s was cut off at its limit: set HANSARD_CONTEXT_TOKENS higher if it takes more",
                    bedrock->model);
    answer->fault = LLM_FAULT_CONTEXT;
    if (strcmp(stop, "model_context_window_exceeded") == 0)
        return fail(error, ERROR_TOO_LARGE, "the model %s takes less at a time than HANSARD_CONTEXT_TOKENS says: set it lower", bedrock->model);
    answer->fault = LLM_FAULT_ANSWER;
    if (g_strv_contains(withheld, stop)) return fail(error, ERROR_INVALID, "Bedrock withholds the answer of the model %s (%s)", bedrock->model, stop);
    g_autofree char *text = content_of(json_object_get(message, "content"));
    if (!text || !*g_strstrip(text)) return fail(error, ERROR_INVALID, "the model %s gives an empty answer", bedrock->model);
    answer->text = g_steal_pointer(&text);
    return true;
}

static bool turn_on(gint *flag) { return g_atomic_int_compare_and_exchange(flag, 0, 1); }

/* As in openai.c: leaves out what the model does not take. */
static bool make_simpler(Bedrock *bedrock, Tool used, const char *message) {
    g_autofree char *complaint = g_ascii_strdown(message ? message : "", -1);
    if (strstr(complaint, "temperature") && turn_on(&bedrock->no_temperature)) return true;
    if (!strstr(complaint, "tool")) return false;
    if (g_atomic_int_get(&bedrock->tool) != (gint)used) return true;
    return used != TOOL_NONE && g_atomic_int_compare_and_exchange(&bedrock->tool, (gint)used, (gint)used + 1);
}

/* What became of a call that failed; Bedrock's codes where they say more than the error of the client. */
static bool tell_failure(const Bedrock *bedrock, const AwsOutcome *outcome, GError *problem, LlmAnswer *answer, GError **error) {
    static const char *const passing[] = {"ThrottlingException", "ModelNotReadyException", "ModelTimeoutException", "ServiceUnavailableException",
                                          "InternalServerException", "ModelErrorException", NULL};
    g_autofree char *why = llm_quote_service(outcome->message, NULL);
    const char *code = outcome->code ? outcome->code : "";
    bool is_passing = error_is(problem, ERROR_TIMEOUT) || error_is(problem, ERROR_UNAVAILABLE) || error_is(problem, ERROR_CANCELLED) ||
                      g_strv_contains(passing, code);
    answer->fault = is_passing ? LLM_FAULT_PASSING : error_is(problem, ERROR_TOO_LARGE) && outcome->status < 300 ? LLM_FAULT_ANSWER : LLM_FAULT_FINAL;
    if (llm_says_too_long(outcome->message)) {
        answer->fault = LLM_FAULT_CONTEXT;
        fail(error, ERROR_TOO_LARGE, "the model %s takes less at a time than HANSARD_CONTEXT_TOKENS says (%s): set it lower", bedrock->model, why);
    } else if (strcmp(code, "ResourceNotFoundException") == 0 || strcmp(code, "ValidationException") == 0) {
        fail(error, ERROR_CONFIG, "Bedrock in region %s does not take the question (%s): check BEDROCK_MODEL_ID %s and AWS_REGION", bedrock->region, why,
             bedrock->model);
    } else if (strcmp(code, "AccessDeniedException") == 0) {
        fail(error, ERROR_CONFIG,
             "the credentials may not use the model %s in region %s: give them bedrock:InvokeModel, and ask for access to the model in Bedrock's console",
             bedrock->model, bedrock->region);
    } else {
        g_propagate_error(error, problem);
        return false;
    }
    g_error_free(problem);
    return false;
}

static bool call(Bedrock *bedrock, const LlmQuestion *question, LlmAnswer *answer, bool *again, GError **error) {
    g_autoptr(GBytes) body = question_body(bedrock, question);
    g_autoptr(GPtrArray) headers = http_headers_new();
    g_auto(HttpResponse) response = {0};
    g_auto(AwsOutcome) outcome = {0};
    GError *problem = NULL;
    Tool used = (Tool)g_atomic_int_get(&bedrock->tool);
    http_headers_set(headers, "Content-Type", "application/json");
    http_headers_set(headers, "Accept", "application/json");
    HttpRequest request = {.method = "POST",
                           .url = bedrock->url,
                           .headers = headers,
                           .body = {.bytes = body},
                           .body_bytes_max = LLM_ANSWER_BYTES_MAX,
                           .idle_timeout_ms = question->timeout_ms, /* it says nothing while it thinks */
                           .total_timeout_ms = question->timeout_ms,
                           .cancel = question->cancel};
    if (!aws_send(bedrock->client, &request, NULL, &response, &outcome, &problem)) {
        *again = g_strcmp0(outcome.code, "ValidationException") == 0 && !llm_says_too_long(outcome.message) &&
                 make_simpler(bedrock, used, outcome.message);
        return tell_failure(bedrock, &outcome, problem, answer, error);
    }
    *again = false;
    gsize size;
    const void *data = g_bytes_get_data(response.body, &size);
    answer->fault = LLM_FAULT_ANSWER;
    if (size == 0) return fail(error, ERROR_INVALID, "Bedrock gives an empty answer");
    g_autoptr(json_t) json = json_parse_object(data, size, "Bedrock's answer", error);
    return json && read_answer(bedrock, json, answer, error);
}

static bool bedrock_ask(gpointer state, const LlmQuestion *question, LlmAnswer *answer, GError **error) {
    for (guint refusals = 0;; refusals++) {
        g_autoptr(GError) problem = NULL;
        bool again;
        if (call(state, question, answer, &again, &problem)) return true;
        if (again && refusals < REFUSALS_MAX) continue;
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
}

const LlmService llm_service_bedrock = {.name = "bedrock", .open = bedrock_open, .ask = bedrock_ask, .model = bedrock_model, .close = bedrock_close};

static bool open(const Settings *settings, gpointer *state, GError **error) { return llm_open(&llm_service_bedrock, settings, state, error); }

const ExtractorBackend extractor_bedrock = {.name = "bedrock", .open = open, .run = llm_run, .close = llm_close};
