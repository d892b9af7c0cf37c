/* Temporary credentials for a role, from AWS's Security Token Service. A call is tried AWS_STS_ATTEMPTS_MAX times. Not through AwsClient, which signs
 * everything, and asks for credentials what asks here. */
#include <string.h>

#include "aws/credentials_internal.h"
#include "aws/sigv4.h"
#include "aws/xml.h"
#include "base/limits.h"
#include "base/text.h"

#define VERSION "2011-06-15"
#define RETRY_FIRST_MS 200
#define SKEW_MS 240000 /* AWS takes five minutes */

typedef struct {
    const CredentialsAsk *ask;
    const StsRole *role;
    const char *what, *action;
    char *region, *url;
    GBytes *body;
    gint64 skew_ms; /* the service's clock less ours */
} Call;

static void call_clear(Call *call) {
    secret_bytes_overwrite(call->body);
    g_clear_pointer(&call->body, g_bytes_unref);
    g_free(call->region);
    g_free(call->url);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Call, call_clear)

/* What the service answered to one try. */
typedef struct {
    HttpResponse response;
    XmlElement *xml; /* NULL: it is none */
    const char *code, *message; /* in `xml`, of an error */
} Answer;

static void answer_clear(Answer *answer) {
    secret_bytes_overwrite(answer->response.body);
    http_response_clear(&answer->response);
    xml_free(answer->xml);
    *answer = (Answer){0};
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Answer, answer_clear)

static void append_field(GString *body, const char *name, const char *value) {
    if (!value) return;
    g_autofree char *encoded = sigv4_encode(value, false);
    g_string_append_printf(body, "&%s=%s", name, encoded);
    explicit_bzero(encoded, strlen(encoded));
}

/* In one buffer from the start: as it grew it would leave copies of the token behind. */
static GBytes *body_of(const StsRole *role, const char *action, gint64 now_ms) {
    GString *body = g_string_sized_new(4 * AWS_CREDENTIAL_ANSWER_BYTES_MAX);
    g_autofree char *session = role->session_name ? g_strdup(role->session_name) : g_strdup_printf("hansard-%" G_GINT64_FORMAT, now_ms / 1000);
    g_autofree char *duration = role->duration_s ? g_strdup_printf("%d", role->duration_s) : NULL;
    g_string_append_printf(body, "Action=%s&Version=" VERSION, action);
    append_field(body, "RoleArn", role->role_arn);
    append_field(body, "RoleSessionName", session);
    append_field(body, "ExternalId", role->external_id);
    append_field(body, "DurationSeconds", duration);
    append_field(body, "WebIdentityToken", role->web_identity_token);
    return g_string_free_to_bytes(body);
}

static bool send_once(const Call *call, Answer *answer, GError **error) {
    g_autoptr(GPtrArray) headers = http_headers_new();
    HttpRequest request = {.method = "POST",
                           .url = call->url,
                           .headers = headers,
                           .body = {.bytes = call->body},
                           .body_bytes_max = AWS_CREDENTIAL_ANSWER_BYTES_MAX,
                           .total_timeout_ms = AWS_STS_MS};
    http_headers_set(headers, "Content-Type", "application/x-www-form-urlencoded; charset=utf-8");
    if (call->role->source) {
        /* Without a region AWS's one STS for all answers, which is signed as if it were in us-east-1. */
        SigV4 sign = {.credentials = call->role->source,
                      .region = call->region ? call->region : "us-east-1",
                      .service = "sts",
                      .time_ms = clock_now_ms(call->ask->clock) + call->skew_ms};
        g_autofree char *hash = text_sha256(g_bytes_get_data(call->body, NULL), g_bytes_get_size(call->body));
        sigv4_sign(&sign, &request, hash);
    }
    if (!http_send(call->ask->transport, &request, &answer->response, error)) return false;
    gsize size = 0;
    gconstpointer data = g_bytes_get_data(answer->response.body, &size);
    answer->xml = xml_parse(data, size, "The answer of STS", NULL); /* a proxy may answer what it likes: judged by what was found in it */
    const XmlElement *problem = xml_child(answer->xml, "Error");
    answer->code = xml_text(problem, "Code");
    answer->message = xml_text(problem, "Message");
    return true;
}

static bool is_busy(const Answer *answer) {
    static const char *const codes[] = {"Throttling", "ThrottlingException", "RequestLimitExceeded", "IDPCommunicationError", NULL};
    return answer->response.status >= 500 || answer->response.status == 429 || (answer->code && g_strv_contains(codes, answer->code));
}

/* True where the refusal may come from our clock: the next try is signed by the service's. */
static bool corrects_clock(Call *call, const Answer *answer) {
    gint64 service_ms = 0, now_ms = clock_now_ms(call->ask->clock);
    bool refused = answer->response.status == 400 || answer->response.status == 403;
    if (!refused || !call->role->source || call->skew_ms != 0 || !http_date_parse(http_response_header(&answer->response, "Date"), &service_ms) ||
        ABS(service_ms - now_ms) < SKEW_MS)
        return false;
    call->skew_ms = service_ms - now_ms;
    return true;
}

static bool send(Call *call, Answer *answer, GError **error) {
    for (int attempt = 1;; attempt++) {
        g_autoptr(GError) problem = NULL;
        bool answered = send_once(call, answer, &problem);
        bool again = answered ? is_busy(answer) || corrects_clock(call, answer) : error_kind(problem)->retryable;
        if (!again || attempt == AWS_STS_ATTEMPTS_MAX) {
            return answered || fail(error, (ErrorCode)problem->code, "No credentials for the role %s (%s), since STS was not reached: %s",
                                    call->role->role_arn, call->what, problem->message);
        }
        answer_clear(answer);
        g_usleep((gulong)g_random_int_range(RETRY_FIRST_MS / 2, RETRY_FIRST_MS << attempt) * 1000);
    }
}

static const char *remedy_of(const char *code) {
    static const struct {
        const char *code, *remedy;
    } remedies[] = {
        {"AccessDenied", "the role's trust policy must allow it"},
        {"ExpiredToken", "renew the credentials that ask for the role"},
        {"ExpiredTokenException", "the token's file must be renewed by who writes it"},
        {"InvalidIdentityToken", "the token must come from an identity provider that the role's account knows"},
        {"InvalidClientTokenId", "the access key that asks for the role is unknown to AWS"},
        {"SignatureDoesNotMatch", "the secret key that asks for the role is wrong, or this machine's clock is"},
        {"RegionDisabledException", "set AWS_REGION to a region where the account lets STS work"},
        {"ValidationError", "check the role's ARN and the settings beside it"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(remedies); i++)
        if (strcmp(code, remedies[i].code) == 0) return remedies[i].remedy;
    return "check the role's ARN and its trust policy";
}

static bool refuse(const Call *call, const Answer *answer, GError **error) {
    const StsRole *role = call->role;
    const char *secrets[] = {role->web_identity_token ? role->web_identity_token : role->source->secret_key,
                             role->source && role->source->session_token ? role->source->session_token : "", NULL};
    g_autofree char *code = told_by_service(answer->code, secrets), *message = told_by_service(answer->message, secrets);
    ErrorCode kind = is_busy(answer) ? ERROR_UNAVAILABLE : ERROR_CONFIG;
    if (!code[0])
        return fail(error, kind, "%s answered status %d to the call for the role %s (%s): is it AWS's STS? AWS_ENDPOINT_URL_STS names another",
                    call->url, answer->response.status, role->role_arn, call->what);
    return fail(error, kind, "STS gives no credentials for the role %s (%s): %s%s%s; %s", role->role_arn, call->what, code, message[0] ? ": " : "", message,
                kind == ERROR_UNAVAILABLE ? "later it may" : remedy_of(code));
}

static void overwrite_text(const XmlElement *parent, const char *name) {
    const XmlElement *element = xml_child(parent, name);
    if (element) explicit_bzero(element->text, strlen(element->text));
}

static bool take(const Call *call, const Answer *answer, AwsCredentials **credentials, GError **error) {
    static const CredentialTexts names = {"AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration"};
    g_autofree char *result = g_strconcat(call->action, "Result", NULL);
    g_autofree char *what = g_strdup_printf("The answer of %s for the role %s", call->url, call->role->role_arn);
    const XmlElement *found = xml_child(xml_child(answer->xml, result), "Credentials");
    CredentialTexts texts = {xml_text(found, names.access_key), xml_text(found, names.secret_key), xml_text(found, names.session_token),
                             xml_text(found, names.expires)};
    bool good = credentials_of_texts(&texts, &names, what, credentials, error);
    overwrite_text(found, names.secret_key);
    overwrite_text(found, names.session_token);
    if (good && (*credentials)->expires_ms != 0) (*credentials)->expires_ms -= call->skew_ms; /* by our clock */
    return good;
}

bool sts_assume_role(const CredentialsAsk *ask, const StsRole *role, const char *what, AwsCredentials **credentials, GError **error) {
    const char *action = role->web_identity_token ? "AssumeRoleWithWebIdentity" : "AssumeRole";
    g_auto(Call) call = {.ask = ask, .role = role, .what = what, .action = action, .region = aws_region_of(ask->settings)};
    g_auto(Answer) answer = {0};
    g_autofree char *endpoint = aws_endpoint_of(ask->settings, "sts", call.region, NULL);
    call.url = g_strconcat(endpoint, "/", NULL);
    call.body = body_of(role, action, clock_now_ms(ask->clock));
    if (!send(&call, &answer, error)) return false;
    if (answer.response.status != 200) return refuse(&call, &answer, error);
    return take(&call, &answer, credentials, error);
}
