/* Credentials of the container's role, from the address that ECS or EKS (Pod Identity) put into the environment. A token of theirs may go along, so
 * plain HTTP is for this machine and their own addresses alone. */
#include <string.h>

#include "aws/credentials_internal.h"
#include "base/limits.h"

#define RELATIVE_URI "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"
#define FULL_URI "AWS_CONTAINER_CREDENTIALS_FULL_URI"
#define ECS_HOST "169.254.170.2"

static const char *const plain_hosts[] = {ECS_HOST, "169.254.170.23", "fd00:ec2::23", "localhost", NULL};

static bool may_be_plain(const char *host) {
    g_autoptr(GInetAddress) address = g_inet_address_new_from_string(host);
    return g_strv_contains(plain_hosts, host) || (address && g_inet_address_get_is_loopback(address));
}

bool container_url(const Settings *settings, char **url, GError **error) {
    const char *relative = settings_aws(settings, RELATIVE_URI);
    const char *full = settings_aws(settings, FULL_URI);
    if (relative && relative[0] != '/') return fail(error, ERROR_CONFIG, RELATIVE_URI " must begin with '/'");
    if (relative) {
        *url = g_strconcat("http://" ECS_HOST, relative, NULL);
        return true;
    }
    g_autoptr(GUri) uri = g_uri_parse(full, G_URI_FLAGS_NONE, NULL);
    const char *host = uri ? g_uri_get_host(uri) : NULL, *scheme = uri ? g_uri_get_scheme(uri) : "";
    bool is_https = strcmp(scheme, "https") == 0, is_http = strcmp(scheme, "http") == 0;
    if (!host || !host[0] || (!is_https && !is_http) || g_uri_get_userinfo(uri))
        return fail(error, ERROR_CONFIG, FULL_URI " must be http:// or https:// with a host and no user name");
    if (!is_https && !may_be_plain(host))
        return fail(error, ERROR_CONFIG, FULL_URI " names the host %s: without TLS it must be loopback, " ECS_HOST
                                         ", 169.254.170.23 or fd00:ec2::23; use https://", host);
    *url = g_strdup(full);
    return true;
}

/* The token for the Authorization header; NULL: none. The file is read anew each time, since it is replaced before its token expires. */
static bool read_token(const Settings *settings, char **token, GError **error) {
    const char *path = settings_aws(settings, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
    if (path) return secret_of_file(path, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", token, error);
    const char *text = settings_aws(settings, "AWS_CONTAINER_AUTHORIZATION_TOKEN");
    for (const char *c = text; c && *c; c++)
        if (!g_ascii_isprint(*c)) return fail(error, ERROR_CONFIG, "AWS_CONTAINER_AUTHORIZATION_TOKEN is no line of printable ASCII");
    *token = g_strdup(text);
    return true;
}

static bool fetch(const CredentialsAsk *ask, const char *url, const char *token, const char *what, AwsCredentials **credentials, GError **error) {
    g_autoptr(GPtrArray) headers = http_headers_new();
    HttpRequest request = {.method = "GET", .url = url, .headers = headers};
    HttpResponse response = {0};
    g_autoptr(GError) problem = NULL;
    http_headers_set(headers, "Accept", "application/json");
    if (token) http_headers_set(headers, "Authorization", token);
    bool done = metadata_send(ask, &request, AWS_CONTAINER_MS, AWS_CONTAINER_ATTEMPTS_MAX, &response, &problem);
    if (done)
        done = metadata_credentials(&response, what, token ? token : "", credentials, error);
    else
        fail(error, (ErrorCode)problem->code, "%s was not reached: %s", what, problem->message);
    metadata_response_clear(&response);
    return done;
}

bool credentials_container(const CredentialsAsk *ask, CredentialsFound *found, GError **error) {
    bool is_relative = settings_aws(ask->settings, RELATIVE_URI) != NULL;
    g_autofree char *url = NULL, *what = g_strdup_printf("The container's credential service (%s)", is_relative ? RELATIVE_URI : FULL_URI);
    char *token = NULL;
    if (!is_relative && !settings_aws(ask->settings, FULL_URI)) {
        found->absent = g_strdup(RELATIVE_URI " and " FULL_URI " are not set");
        return true;
    }
    if (!container_url(ask->settings, &url, error) || !read_token(ask->settings, &token, error)) return false;
    found->source = g_strdup("container");
    bool done = fetch(ask, url, token, what, &found->credentials, error);
    secret_free(token);
    return done;
}
