/* A model behind OpenAI's chat completions: OpenAI itself, Ollama, vLLM, llama.cpp and many others.
 *
 * They differ in what they take. The first question is asked in the strictest way (an answer held to a JSON Schema); what a server refuses is left out
 * from then on: json_schema → json_object → no format at all with the schema in words, max_tokens → max_completion_tokens, temperature. */
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "extract/llm.h"
#include "net/curl.h"

#define OWN_URL "https://api.openai.com/v1"
#define REFUSALS_MAX 5 /* of parameters, within one question */

typedef enum { FORMAT_SCHEMA, FORMAT_OBJECT, FORMAT_NONE } Format;

typedef struct {
    char *url;   /* of the calls */
    char *base;  /* as in the settings, for messages */
    char *key;   /* NULL: none */
    char *model;
    HttpTransport *transport;
    /* what this server was found not to take; shared by all threads */
    gint format; /* Format */
    gint completion_tokens, no_temperature;
} OpenAi;

static bool check_url(const char *url, GError **error) {
    g_autoptr(GUri) uri = g_uri_parse(url, G_URI_FLAGS_NONE, NULL);
    const char *scheme = uri ? g_uri_get_scheme(uri) : "";
    bool is_http = strcmp(scheme, "http") == 0 || strcmp(scheme, "https") == 0;
    if (is_http && *g_uri_get_host(uri) && !g_uri_get_userinfo(uri) && !g_uri_get_query(uri)) return true;
    return fail(error, ERROR_CONFIG, "OPENAI_BASE_URL must be an address such as http://127.0.0.1:11434/v1, without a name, password or query in it");
}

static bool check_key(const char *key, GError **error) {
    for (const char *at = key; at && *at; at++)
        if (!g_ascii_isgraph(*at)) return fail(error, ERROR_CONFIG, "OPENAI_API_KEY holds a space or another character that no key has");
    return true;
}

static bool openai_open(const Settings *settings, gpointer *state, GError **error) {
    const char *base = settings->openai_base_url ? settings->openai_base_url : OWN_URL;
    if (!settings->openai_model)
        return fail(error, ERROR_CONFIG, "HANSARD_EXTRACTOR=openai needs a model: set OPENAI_MODEL to the service's name for it");
    if (!settings->openai_base_url && !settings->openai_api_key)
        return fail(error, ERROR_CONFIG,
                    "HANSARD_EXTRACTOR=openai needs a key: set OPENAI_API_KEY, or OPENAI_BASE_URL to a service that asks for none");
    if (!check_url(base, error) || !check_key(settings->openai_api_key, error)) return false;
    OpenAi *openai = g_new0(OpenAi, 1);
    openai->base = g_strdup(base);
    while (g_str_has_suffix(openai->base, "/")) openai->base[strlen(openai->base) - 1] = '\0';
    openai->url = g_strconcat(openai->base, "/chat/completions", NULL);
    openai->key = g_strdup(settings->openai_api_key);
    openai->model = g_strdup(settings->openai_model);
    openai->transport = http_curl_new(settings_aws(settings, "AWS_CA_BUNDLE"));
    *state = openai;
    return true;
}

static void openai_close(gpointer state) {
    OpenAi *openai = state;
    http_transport_close(openai->transport);
    g_free(openai->url);
    g_free(openai->base);
    g_free(openai->key);
    g_free(openai->model);
    g_free(openai);
}

static const char *openai_model(gpointer state) { return ((OpenAi *)state)->model; }

static json_t *format_of(const LlmQuestion *question, Format format) {
    if (format == FORMAT_OBJECT) return json_pack("{ss}", "type", "json_object");
    return json_pack("{sss{sssbsO}}", "type", "json_schema", "json_schema", "name", question->form->name, "strict", 1, "schema",
                     question->form->schema);
}

static GBytes *question_body(const OpenAi *openai, const LlmQuestion *question) {
    Format format = (Format)g_atomic_int_get(&openai->format);
    g_autofree char *rules = llm_rules(question, format != FORMAT_SCHEMA);
    g_autoptr(json_t) body = json_pack("{sos[{ssso}{ssso}]sb}", "model", json_text(openai->model), "messages", "role", "system", "content",
                                       json_text(rules), "role", "user", "content", json_text(question->text), "stream", 0);
    if (format != FORMAT_NONE) json_object_set_new(body, "response_format", format_of(question, format));
    if (!g_atomic_int_get(&openai->no_temperature)) json_object_set_new(body, "temperature", json_real(question->temperature));
    json_object_set_new(body, g_atomic_int_get(&openai->completion_tokens) ? "max_completion_tokens" : "max_tokens",
                        json_integer(question->answer_tokens_max));
    return json_to_bytes(body, false);
}

static bool send(const OpenAi *openai, const LlmQuestion *question, HttpResponse *response, GError **error) {
    g_autoptr(GBytes) body = question_body(openai, question);
    g_autoptr(GPtrArray) headers = http_headers_new();
    http_headers_set(headers, "Content-Type", "application/json");
    http_headers_set(headers, "Accept", "application/json");
    if (openai->key) {
        g_autofree char *bearer = g_strconcat("Bearer ", openai->key, NULL);
        http_headers_set(headers, "Authorization", bearer);
    }
    HttpRequest request = {.method = "POST",
                           .url = openai->url,
                           .headers = headers,
                           .body = {.bytes = body},
                           .body_bytes_max = LLM_ANSWER_BYTES_MAX,
                           .idle_timeout_ms = question->timeout_ms, /* it says nothing while it thinks */
                           .total_timeout_ms = question->timeout_ms,
                           .cancel = question->cancel};
    return http_send(openai->transport, &request, response, error);
}

/* What a server says is wrong, whatever form it has: {"error": {"message", "type", "param", "code"}}, {"error": "…"}, {"detail": "…"}, or text. */
typedef struct {
    char *message; /* fit for the user */
    char *all;     /* everything, in small letters, for looking into */
} Complaint;

static void complaint_clear(Complaint *complaint) {
    g_free(complaint->message);
    g_free(complaint->all);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Complaint, complaint_clear)

static void read_complaint(const OpenAi *openai, GBytes *body, Complaint *complaint) {
    gsize size;
    const char *data = g_bytes_get_data(body, &size);
    g_autoptr(json_t) json = size > 0 ? json_parse(data, size, "the answer", NULL) : NULL;
    const json_t *detail = json_object_get(json, "error");
    const char *message = json_is_string(detail) ? json_string_value(detail) : json_get_string(detail, "message", NULL);
    if (!message) message = json_get_string(json, "message", json_get_string(json, "detail", NULL));
    g_autofree char *text = g_utf8_make_valid(data ? data : "", (gssize)size);
    complaint->message = llm_quote_service(message, openai->key);
    complaint->all = g_ascii_strdown(text, -1);
}

static bool turn_on(gint *flag) { return g_atomic_int_compare_and_exchange(flag, 0, 1); }

/* Leaves out what the server does not take; false where nothing is left to leave out. Another thread may have done so already, with `used`. */
static bool make_simpler(OpenAi *openai, Format used, const char *complaint) {
    if (strstr(complaint, "max_completion_tokens") && turn_on(&openai->completion_tokens)) return true;
    if (strstr(complaint, "temperature") && turn_on(&openai->no_temperature)) return true;
    if (g_atomic_int_get(&openai->format) != (gint)used) return true;
    return used != FORMAT_NONE && g_atomic_int_compare_and_exchange(&openai->format, (gint)used, (gint)used + 1);
}

static bool has_no_money(const char *complaint) { return strstr(complaint, "insufficient_quota") || strstr(complaint, "billing"); }

/* An answer that is no answer, by its status. */
static bool tell_refusal(const OpenAi *openai, int status, const Complaint *complaint, LlmAnswer *answer, GError **error) {
    const char *base = openai->base, *why = complaint->message;
    answer->fault = LLM_FAULT_FINAL;
    if (status == 401)
        return fail(error, ERROR_CONFIG, "%s does not accept %s: set OPENAI_API_KEY to one that it knows", base,
                    openai->key ? "the key" : "a call without a key");
    if (status == 403) return fail(error, ERROR_CONFIG, "%s does not let this key use the model %s: set OPENAI_API_KEY or OPENAI_MODEL to another", base, openai->model);
    if (status == 404)
        return fail(error, ERROR_CONFIG, "%s has no model %s, or no chat completions (%s): check OPENAI_MODEL and OPENAI_BASE_URL", base, openai->model, why);
    if (status == 429 && has_no_money(complaint->all))
        return fail(error, ERROR_CONFIG, "the account at %s has no quota left (%s)", base, why);
    if (status >= 300 && status < 400) return fail(error, ERROR_CONFIG, "%s sends its callers elsewhere: check OPENAI_BASE_URL", base);
    if (status == 413 || llm_says_too_long(complaint->all)) {
        answer->fault = LLM_FAULT_CONTEXT;
        return fail(error, ERROR_TOO_LARGE, "the model %s at %s takes less at a time than HANSARD_CONTEXT_TOKENS says (%s): set it lower", openai->model,
                    base, why);
    }
    if (status == 408 || status == 409 || status == 425 || status == 429 || status >= 500) {
        answer->fault = LLM_FAULT_PASSING;
        return fail(error, status == 429 ? ERROR_TOO_MANY : ERROR_UNAVAILABLE, "%s answers %d (%s)", base, status, why);
    }
    return fail(error, ERROR_CONFIG, "%s does not take the question: it answers %d (%s); check OPENAI_BASE_URL and OPENAI_MODEL", base, status, why);
}

/* What the transport says, as a fault. */
static void judge_silence(const GError *problem, LlmAnswer *answer) {
    bool passing = error_is(problem, ERROR_TIMEOUT) || error_is(problem, ERROR_UNAVAILABLE) || error_is(problem, ERROR_CANCELLED);
    answer->fault = passing ? LLM_FAULT_PASSING : error_is(problem, ERROR_TOO_LARGE) ? LLM_FAULT_ANSWER : LLM_FAULT_FINAL;
}

/* A text, or a list of parts of which some are text. NULL: neither. Caller frees. */
static char *content_of(const json_t *content) {
    if (json_is_string(content)) return g_strdup(json_string_value(content));
    if (!json_is_array(content)) return NULL;
    GString *text = g_string_new(NULL);
    gsize i;
    json_t *part;
    json_array_foreach(content, i, part) g_string_append(text, json_get_string(part, "text", ""));
    return g_string_free(text, FALSE);
}

/* A whole answer, which may still be none. */
static bool read_answer(const OpenAi *openai, const json_t *json, LlmAnswer *answer, GError **error) {
    const json_t *choice = json_array_get(json_object_get(json, "choices"), 0), *message = json_object_get(choice, "message"),
                 *usage = json_object_get(json, "usage");
    const char *finish = json_get_string(choice, "finish_reason", ""), *refusal = json_get_string(message, "refusal", NULL);
    g_autofree char *text = content_of(json_object_get(message, "content"));
    answer->input_tokens = (guint64)MAX(json_get_int(usage, "prompt_tokens", 0), 0);
    answer->output_tokens = (guint64)MAX(json_get_int(usage, "completion_tokens", 0), 0);
    answer->fault = LLM_FAULT_LENGTH;
    if (strcmp(finish, "length") == 0)
        return fail(error, ERROR_INVALID, "the answer of the model %s was cut off at its limit: set HANSARD_CONTEXT_TOKENS higher if it takes more",
                    openai->model);
    answer->fault = LLM_FAULT_ANSWER;
    if (refusal && *refusal) {
        g_autofree char *why = llm_quote_service(refusal, openai->key);
        return fail(error, ERROR_INVALID, "the model %s refuses (%s)", openai->model, why);
    }
    if (strcmp(finish, "content_filter") == 0)
        return fail(error, ERROR_INVALID, "a content filter of %s withholds the answer of the model %s", openai->base, openai->model);
    if (!text || !*g_strstrip(text)) return fail(error, ERROR_INVALID, "the model %s at %s gives an empty answer", openai->model, openai->base);
    answer->text = g_steal_pointer(&text);
    return true;
}

/* One call. `*again` where the server refused a part of the question that it can be asked without. */
static bool call(OpenAi *openai, const LlmQuestion *question, LlmAnswer *answer, bool *again, GError **error) {
    g_auto(HttpResponse) response = {0};
    g_auto(Complaint) complaint = {0};
    Format used = (Format)g_atomic_int_get(&openai->format);
    *again = false;
    if (!send(openai, question, &response, error)) {
        judge_silence(*error, answer);
        return false;
    }
    answer->wait_ms = llm_retry_after_ms(http_response_header(&response, "Retry-After"));
    gsize size;
    const char *data = g_bytes_get_data(response.body, &size);
    if (response.status == 200) {
        g_autoptr(json_t) json = size > 0 ? json_parse_object(data, size, "the model service's answer", error) : NULL;
        answer->fault = LLM_FAULT_ANSWER;
        if (!json) return size > 0 ? false : fail(error, ERROR_INVALID, "%s gives an empty answer", openai->base);
        if (!json_object_get(json, "error") || json_object_get(json, "choices")) return read_answer(openai, json, answer, error);
    }
    read_complaint(openai, response.body, &complaint);
    int status = response.status == 200 ? 500 : response.status; /* some tell errors with a 200 */
    bool refused = (status == 400 || status == 422 || status == 501) && !llm_says_too_long(complaint.all);
    *again = refused && make_simpler(openai, used, complaint.all);
    return tell_refusal(openai, status, &complaint, answer, error);
}

static bool openai_ask(gpointer state, const LlmQuestion *question, LlmAnswer *answer, GError **error) {
    for (guint refusals = 0;; refusals++) {
        g_autoptr(GError) problem = NULL;
        bool again;
        if (call(state, question, answer, &again, &problem)) return true;
        if (again && refusals < REFUSALS_MAX) continue;
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
}

const LlmService llm_service_openai = {.name = "openai", .open = openai_open, .ask = openai_ask, .model = openai_model, .close = openai_close};

static bool open(const Settings *settings, gpointer *state, GError **error) { return llm_open(&llm_service_openai, settings, state, error); }

const ExtractorBackend extractor_openai = {.name = "openai", .open = open, .run = llm_run, .close = llm_close};
