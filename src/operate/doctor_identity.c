/* Who the credentials are, in the words of AWS's Security Token Service: the call needs no right. */
#include <string.h>

#include "aws/xml.h"
#include "base/limits.h"
#include "net/curl.h"
#include "operate/doctor.h"

#define BODY "Action=GetCallerIdentity&Version=2011-06-15"

static bool ask(AwsClient *client, char **arn, GError **error) {
    g_autoptr(GPtrArray) headers = http_headers_new();
    g_autoptr(GBytes) body = g_bytes_new_static(BODY, strlen(BODY));
    g_autofree char *url = g_strconcat(aws_client_endpoint(client), "/", NULL);
    g_auto(HttpResponse) response = {0};
    gsize size = 0;
    HttpRequest request = {.method = "POST",
                           .url = url,
                           .headers = headers,
                           .body = {.bytes = body},
                           .body_bytes_max = AWS_CREDENTIAL_ANSWER_BYTES_MAX,
                           .total_timeout_ms = AWS_STS_MS};
    http_headers_set(headers, "Content-Type", "application/x-www-form-urlencoded; charset=utf-8");
    if (!aws_send(client, &request, NULL, &response, NULL, error)) return false;
    gconstpointer data = g_bytes_get_data(response.body, &size);
    g_autoptr(XmlElement) xml = xml_parse(data, size, "The answer of STS", error);
    if (!xml) return false;
    const char *found = xml_text(xml_child(xml, "GetCallerIdentityResult"), "Arn");
    *arn = g_strdup(found);
    return found || fail(error, ERROR_CORRUPT, "The answer of %s does not say who the credentials are: is it AWS's STS? AWS_ENDPOINT_URL_STS names another", url);
}

void doctor_examine_identity(const SetupContext *context, GPtrArray *findings) {
    if (!context->bucket && !context->dynamodb) return;
    const Settings *settings = context->settings;
    bool store_in_aws;
    g_autofree char *set = aws_region_of(settings), *region = set ? g_strdup(set) : g_strdup("us-east-1");
    g_autofree char *endpoint = aws_endpoint_of(settings, "sts", region, NULL);
    g_free(aws_endpoint_of(settings, context->bucket ? "s3" : "dynamodb", region, &store_in_aws));
    HttpTransport *transport = http_curl_new(settings_aws(settings, "AWS_CA_BUNDLE"));
    AwsCredentialsChain *credentials = aws_credentials_chain_new(settings, transport, context->clock);
    g_autoptr(AwsClient) client = aws_client_new(&(AwsClientOptions){.service = "sts",
                                                                     .endpoint = endpoint,
                                                                     .region = region,
                                                                     .resource = "the Security Token Service",
                                                                     .transport = transport,
                                                                     .credentials = credentials,
                                                                     .clock = context->clock,
                                                                     .attempts_max = AWS_STS_ATTEMPTS_MAX});
    GError *problem = NULL;
    g_autofree char *arn = NULL;
    bool named = settings_aws(settings, "AWS_ENDPOINT_URL_STS") != NULL, asked = (store_in_aws || named) && ask(client, &arn, &problem);
    g_autofree char *source = aws_credentials_source(credentials);
    if (asked) doctor_add(findings, DOCTOR_OK, "credentials", "%s, from %s", arn, source);
    else if (problem) doctor_add(findings, DOCTOR_WARNING, "credentials", "whose they are is not known: %s", problem->message);
    /* another maker's service has none to ask */
    g_clear_error(&problem);
    aws_credentials_chain_free(credentials);
    http_transport_close(transport);
}
