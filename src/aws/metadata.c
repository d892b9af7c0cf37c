/* What the metadata services of instances and containers have in common. */
#include <string.h>

#include "aws/credentials_internal.h"
#include "base/limits.h"

#define RETRY_MS 100

static bool may_pass(int status) { return status >= 500 || status == 429; }

void metadata_response_clear(HttpResponse *response) {
    secret_bytes_overwrite(response->body);
    http_response_clear(response);
}

bool metadata_send(const CredentialsAsk *ask, HttpRequest *request, int time_ms_max, int attempts_max, HttpResponse *response, GError **error) {
    request->body_bytes_max = AWS_CREDENTIAL_ANSWER_BYTES_MAX;
    request->direct = g_str_has_prefix(request->url, "http://"); /* a proxy would see, or be, another machine than this */
    request->connect_timeout_ms = time_ms_max;
    request->total_timeout_ms = time_ms_max;
    for (int attempt = 1;; attempt++) {
        g_autoptr(GError) problem = NULL;
        bool answered = http_send(ask->transport, request, response, &problem);
        bool again = answered ? may_pass(response->status) : error_kind(problem)->retryable;
        if (!again || attempt == attempts_max) {
            if (!answered) g_propagate_error(error, g_steal_pointer(&problem));
            return answered;
        }
        metadata_response_clear(response);
        g_usleep(RETRY_MS * 1000);
    }
}

/* {"code": …, "message": …}; the instance's writes them with capitals, and 200. */
static bool refuse(const HttpResponse *response, const json_t *json, const char *what, const char *secret, GError **error) {
    const char *secrets[] = {secret, NULL};
    const char *code = json_get_string(json, "Code", json_get_string(json, "code", ""));
    const char *message = json_get_string(json, "Message", json_get_string(json, "message", ""));
    g_autofree char *told_code = told_by_service(code, secrets), *told_message = told_by_service(message, secrets);
    return fail(error, may_pass(response->status) ? ERROR_UNAVAILABLE : ERROR_CONFIG, "%s gives no credentials: status %d%s%s%s%s", what,
                response->status, told_code[0] ? ", " : "", told_code, told_message[0] ? ": " : "", told_message);
}

bool metadata_credentials(const HttpResponse *response, const char *what, const char *secret, AwsCredentials **credentials, GError **error) {
    gsize size = 0;
    gconstpointer data = g_bytes_get_data(response->body, &size);
    g_autoptr(json_t) json = json_parse_object(data, size, what, NULL); /* whose words could quote it */
    const char *code = json_get_string(json, "Code", "Success");
    if (response->status != 200 || strcmp(code, "Success") != 0) return refuse(response, json, what, secret, error);
    if (!json) return fail(error, ERROR_CONFIG, "%s answers with something else than a JSON object", what);
    return credentials_of_json(json, "Token", what, credentials, error);
}
