/* The transport and the waiting stand at the linker's --wrap (CMakeLists.txt): the services' own code is what runs. */
#include "model_service.h"

#include "aws/client.h"
#include "base/limits.h"
#include "extract/llm_internal.h"
#include "fuzz.h"
#include "net/http_transport_backend.h"

#define CALLS_MAX 16 /* one question costs at most: five refusals, and as many tries of each call as a client makes */

static struct {
    const guint8 *data;
    gsize size;
    guint calls;
} said;

static bool send(HttpTransport *transport, const HttpRequest *request, HttpResponse *response, GError **error) {
    FuzzInput input = {said.data, said.size};
    g_autofree char *status = input_line(&input);
    *response = (HttpResponse){.status = (int)CLAMP(g_ascii_strtoll(status, NULL, 10), 100, 599), .headers = http_headers_new()};
    for (;;) {
        g_autofree char *line = input_line(&input);
        char *colon = strchr(line, ':');
        if (!colon) break;
        *colon = '\0';
        http_headers_add(response->headers, line, g_strstrip(colon + 1));
    }
    response->body = g_bytes_new(input.at, input.left);
    g_assert_cmpuint(++said.calls, <=, CALLS_MAX);
    return true;
}

static void close_nothing(HttpTransport *transport) {}

HttpTransport *__wrap_http_curl_new(const char *ca_file);
HttpTransport *__wrap_http_curl_new(const char *ca_file) {
    static HttpTransport transport = {send, close_nothing};
    return &transport;
}

static double no_chance(gpointer data) { return 0; }
static bool no_sleep(gpointer data, gint64 ms, GCancellable *cancel) { return true; }

AwsClient *__real_aws_client_new(const AwsClientOptions *options);
AwsClient *__wrap_aws_client_new(const AwsClientOptions *options);
AwsClient *__wrap_aws_client_new(const AwsClientOptions *options) {
    static const AwsRetryHooks hooks = {no_chance, no_sleep, NULL};
    AwsClientOptions at_once = *options;
    at_once.hooks = &hooks;
    return __real_aws_client_new(&at_once);
}

void fuzz_service(const LlmService *service, const char *const *options, const char *secret, const guint8 *data, gsize size) {
    static LlmForm form = {.rules = "Answer.", .name = "items", .sentence = "Items of a meeting", .schema_text = (char *)"{}"};
    g_autoptr(Settings) settings = NULL;
    g_autoptr(json_t) schema = json_object();
    g_autoptr(GError) problem = NULL;
    g_auto(LlmAnswer) answer = {.fault = LLM_FAULT_FINAL, .wait_ms = -1};
    gpointer state = NULL;
    LlmQuestion question = {.form = &form, .text = "What was decided?", .answer_tokens_max = 100, .timeout_ms = 1000};
    form.schema = schema;
    said.data = data;
    said.size = size;
    said.calls = 0;
    g_assert_true(settings_load(NULL, options, &settings, NULL));
    g_assert_true(service->open(settings, &state, NULL));
    bool answered = service->ask(state, &question, &answer, &problem);
    g_assert_true(answered == (answer.text != NULL));
    if (answered) g_assert_true(answer.text[0] && g_utf8_validate(answer.text, -1, NULL));
    if (problem) g_assert_true(!strstr(problem->message, secret) && g_utf8_validate(problem->message, -1, NULL));
    g_assert_cmpint(answer.fault, <=, LLM_FAULT_LENGTH);
    service->close(state);
    /* ERROR_INTERNAL is what a code of AWS gets that this program does not know (aws/failure.c). */
    if (!error_is(problem, ERROR_INTERNAL)) fuzz_outcome(answered, g_steal_pointer(&problem));
}
