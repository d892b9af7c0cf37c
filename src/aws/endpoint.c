/* Where AWS's services are: the region, and the endpoint of a service in it. */
#include <string.h>

#include "aws/credentials.h"

/* The public partitions of AWS: the regions of one begin alike, and so do the host names of its services end. */
static const struct {
    const char *region_prefix, *suffix;
} partitions[] = {
    {"cn-", "amazonaws.com.cn"},    {"us-iso-", "c2s.ic.gov"},       {"us-isob-", "sc2s.sgov.gov"},
    {"us-isof-", "csp.hci.ic.gov"}, {"eu-isoe-", "cloud.adc-e.uk"},  {"eusc-", "amazonaws.eu"},
    {"", "amazonaws.com"}, /* the rest, us-gov- too */
};

char *aws_region_of(const Settings *settings) {
    const char *region = settings_aws(settings, "AWS_REGION");
    if (!region) region = settings_aws(settings, "AWS_DEFAULT_REGION");
    return g_strdup(region);
}

static char *without_slash(const char *url) {
    char *copy = g_strdup(url);
    for (gsize length = strlen(copy); length > 0 && copy[length - 1] == '/'; length--) copy[length - 1] = '\0';
    return copy;
}

/* AWS_ENDPOINT_URL_BEDROCK_RUNTIME of "bedrock-runtime". */
static const char *endpoint_set(const Settings *settings, const char *service) {
    g_autofree char *upper = g_ascii_strup(service, -1);
    g_autofree char *name = g_strconcat("AWS_ENDPOINT_URL_", g_strdelimit(upper, "-", '_'), NULL);
    const char *url = settings_aws(settings, name);
    return url ? url : settings_aws(settings, "AWS_ENDPOINT_URL");
}

static char *endpoint_of_aws(const char *service, const char *region) {
    if (!region) return g_strdup_printf("https://%s.amazonaws.com", service);
    guint i = 0;
    while (!g_str_has_prefix(region, partitions[i].region_prefix)) i++;
    return g_strdup_printf("https://%s.%s.%s", service, region, partitions[i].suffix);
}

char *aws_endpoint_of(const Settings *settings, const char *service, const char *region, bool *is_aws) {
    const char *url = endpoint_set(settings, service);
    if (is_aws) *is_aws = !url;
    return url ? without_slash(url) : endpoint_of_aws(service, region);
}
