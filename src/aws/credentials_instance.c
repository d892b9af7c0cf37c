/* Credentials of an EC2 instance's role, from its metadata service in version 2: a token, the role's name, its credentials. Most machines are no
 * instance, so the tries are short, and a service that is not there is no failure. */
#include <string.h>

#include "aws/credentials_internal.h"
#include "base/limits.h"

#define ENDPOINT_IPV4 "http://169.254.169.254"
#define ENDPOINT_IPV6 "http://[fd00:ec2::254]"
#define ROLES "/latest/meta-data/iam/security-credentials/"
#define TOKEN_LIFE_S "21600"
#define ROLE_BYTES_MAX 128

typedef struct {
    const CredentialsAsk *ask;
    char *endpoint;
    char *what;  /* for messages */
    char *token; /* NULL until it is got */
} Instance;

static void instance_clear(Instance *instance) {
    g_free(instance->endpoint);
    g_free(instance->what);
    secret_free(instance->token);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Instance, instance_clear)

static char *endpoint_of(const Settings *settings) {
    const char *endpoint = settings_aws(settings, "AWS_EC2_METADATA_SERVICE_ENDPOINT");
    const char *mode = settings_aws(settings, "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE");
    if (!endpoint) return g_strdup(mode && g_ascii_strcasecmp(mode, "IPv6") == 0 ? ENDPOINT_IPV6 : ENDPOINT_IPV4);
    return g_strndup(endpoint, strlen(endpoint) - (g_str_has_suffix(endpoint, "/") ? 1 : 0));
}

static bool call(const Instance *instance, const char *method, const char *path, HttpResponse *response, GError **error) {
    g_autoptr(GPtrArray) headers = http_headers_new();
    g_autofree char *url = g_strconcat(instance->endpoint, path, NULL);
    HttpRequest request = {.method = method, .url = url, .headers = headers};
    if (instance->token)
        http_headers_set(headers, "X-aws-ec2-metadata-token", instance->token);
    else
        http_headers_set(headers, "X-aws-ec2-metadata-token-ttl-seconds", TOKEN_LIFE_S);
    return metadata_send(instance->ask, &request, AWS_INSTANCE_MS, AWS_INSTANCE_ATTEMPTS_MAX, response, error);
}

/* The answer's first line if it is one word of printable ASCII; NULL: it is not. */
static char *word_of(const HttpResponse *response, gsize bytes_max) {
    gsize size = 0;
    const char *data = g_bytes_get_data(response->body, &size);
    const char *end = size > 0 ? memchr(data, '\n', size) : NULL;
    gsize length = end ? (gsize)(end - data) : size;
    for (gsize i = 0; i < length; i++)
        if (!g_ascii_isgraph(data[i])) return NULL;
    return length > 0 && length <= bytes_max ? g_strndup(data, length) : NULL;
}

/* `instance->token`, or why there is none in `found->absent`. */
static bool get_token(Instance *instance, CredentialsFound *found, GError **error) {
    g_autoptr(GError) problem = NULL;
    HttpResponse response = {0};
    if (!call(instance, "PUT", "/latest/api/token", &response, &problem)) {
        if (!error_is(problem, ERROR_UNAVAILABLE) && !error_is(problem, ERROR_TIMEOUT))
            return fail(error, (ErrorCode)problem->code, "%s: %s", instance->what, problem->message);
        found->absent = g_strdup_printf("the instance metadata service at %s does not answer (in a container on EC2, its hop limit must be 2)",
                                        instance->endpoint);
        return true;
    }
    if (response.status == 200) instance->token = word_of(&response, AWS_VARIABLE_BYTES_MAX);
    if (!instance->token)
        found->absent = g_strdup_printf("the instance metadata service at %s gives no token (status %d)", instance->endpoint, response.status);
    metadata_response_clear(&response);
    return true;
}

static bool is_role_name(const char *name) {
    for (; *name; name++)
        if (!g_ascii_isalnum(*name) && !strchr("+=,.@_-", *name)) return false;
    return true;
}

static bool get_role(const Instance *instance, char **role, CredentialsFound *found, GError **error) {
    HttpResponse response = {0};
    if (!call(instance, "GET", ROLES, &response, error)) return false;
    g_autofree char *name = response.status == 200 ? word_of(&response, ROLE_BYTES_MAX) : NULL;
    int status = response.status;
    metadata_response_clear(&response);
    if (status >= 500 || status == 429)
        return fail(error, ERROR_UNAVAILABLE, "%s does not tell the instance's role for now (status %d)", instance->what, status);
    if (name && is_role_name(name))
        *role = g_steal_pointer(&name);
    else
        found->absent = g_strdup_printf("the instance metadata service at %s tells no role (status %d; give the instance an instance profile)",
                                        instance->endpoint, status);
    return true;
}

/* AWS asks that credentials which have ended be used while the service has no newer ones: its own services take them then. */
static AwsCredentials *extend(const Instance *instance, AwsCredentials *credentials) {
    gint64 now_ms = clock_now_ms(instance->ask->clock);
    if (credentials->expires_ms != 0 && credentials->expires_ms <= now_ms) credentials->expires_ms = now_ms + 2 * AWS_CREDENTIALS_REFRESH_MS;
    return credentials;
}

static bool get_credentials(const Instance *instance, const char *role, CredentialsFound *found, GError **error) {
    HttpResponse response = {0};
    g_autofree char *path = g_strconcat(ROLES, role, NULL);
    AwsCredentials *credentials = NULL;
    if (!call(instance, "GET", path, &response, error)) return false;
    bool done = metadata_credentials(&response, instance->what, instance->token, &credentials, error);
    metadata_response_clear(&response);
    if (!done) return false;
    found->credentials = extend(instance, credentials);
    found->source = g_strdup_printf("instance role %s", role);
    return true;
}

bool credentials_instance(const CredentialsAsk *ask, CredentialsFound *found, GError **error) {
    const char *disabled = settings_aws(ask->settings, "AWS_EC2_METADATA_DISABLED");
    if (disabled && g_ascii_strcasecmp(disabled, "true") == 0) {
        found->absent = g_strdup("AWS_EC2_METADATA_DISABLED keeps from asking the instance");
        return true;
    }
    g_auto(Instance) instance = {.ask = ask, .endpoint = endpoint_of(ask->settings)};
    g_autofree char *role = NULL;
    instance.what = g_strdup_printf("The instance metadata service at %s", instance.endpoint);
    if (!get_token(&instance, found, error)) return false;
    if (found->absent) return true;
    if (!get_role(&instance, &role, found, error)) return false;
    return found->absent || get_credentials(&instance, role, found, error);
}
