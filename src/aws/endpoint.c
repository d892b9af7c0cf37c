/* Where AWS's services are: the region, and the endpoint of a service in it. */
#include <string.h>

#include "aws/credentials_internal.h"

/* The public partitions of AWS: the regions of one begin alike, and so do the host names of its services end. */
static const struct {
    const char *region_prefix, *suffix;
} partitions[] = {
    {"cn-", "amazonaws.com.cn"},    {"us-iso-", "c2s.ic.gov"},       {"us-isob-", "sc2s.sgov.gov"},
    {"us-isof-", "csp.hci.ic.gov"}, {"eu-isoe-", "cloud.adc-e.uk"},  {"eusc-", "amazonaws.eu"},
    {"", "amazonaws.com"}, /* the rest, us-gov- too */
};

/* The profile files are asked last, and only where they can be read: aws_profiles_check() tells what is wrong with them. */
static AwsProfiles *profiles_of(const Settings *settings) {
    AwsProfiles *profiles = NULL;
    return aws_profiles_load(settings, &profiles, NULL) ? profiles : NULL;
}

bool aws_profiles_check(const Settings *settings, GError **error) {
    g_autoptr(AwsProfiles) profiles = NULL;
    return aws_profiles_load(settings, &profiles, error);
}

char *aws_region_of(const Settings *settings) {
    const char *region = settings_aws(settings, "AWS_REGION");
    if (!region) region = settings_aws(settings, "AWS_DEFAULT_REGION");
    if (region) return g_strdup(region);
    g_autoptr(AwsProfiles) profiles = profiles_of(settings);
    return profiles ? g_strdup(aws_profiles_get(profiles, aws_profile_name(settings), "region")) : NULL;
}

static bool is_on(const Settings *settings, const char *name) {
    const char *value = settings_aws(settings, name);
    return value && g_ascii_strcasecmp(value, "true") == 0;
}

/* In AWS's order: variables of the service, of all; then the profile's `services` section, then its endpoint_url. */
static char *endpoint_set(const Settings *settings, const char *service) {
    g_autofree char *lower = g_strdelimit(g_strdup(service), "-", '_'), *upper = g_ascii_strup(lower, -1);
    g_autofree char *name = g_strconcat("AWS_ENDPOINT_URL_", upper, NULL);
    const char *url = settings_aws(settings, name);
    if (is_on(settings, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")) return NULL;
    if (!url) url = settings_aws(settings, "AWS_ENDPOINT_URL");
    if (url) return g_strdup(url);
    g_autoptr(AwsProfiles) profiles = profiles_of(settings);
    const char *profile = aws_profile_name(settings), *services = profiles ? aws_profiles_get(profiles, profile, "services") : NULL;
    char *own = services ? aws_profiles_service(profiles, services, lower, "endpoint_url") : NULL;
    return own || !profiles ? own : g_strdup(aws_profiles_get(profiles, profile, "endpoint_url"));
}

/* AWS_USE_FIPS_ENDPOINT is for those who must not call anything else: where AWS has no such host, the call fails. */
static char *host_start(const Settings *settings, const char *service, const char *region) {
    bool is_transcribe = strcmp(service, "transcribe") == 0, is_china = g_str_has_prefix(region, "cn-");
    bool is_fips_anyway = g_str_has_prefix(region, "us-gov-") && (strcmp(service, "sts") == 0 || strcmp(service, "sqs") == 0);
    if (!is_on(settings, "AWS_USE_FIPS_ENDPOINT")) return g_strconcat(is_transcribe && is_china ? "cn." : "", service, NULL);
    if (is_fips_anyway) return g_strdup(service);
    return is_transcribe && !is_china ? g_strdup("fips.transcribe") : g_strconcat(service, "-fips", NULL);
}

static char *endpoint_of_aws(const Settings *settings, const char *service, const char *region) {
    if (!region) return g_strdup_printf("https://%s.amazonaws.com", service);
    g_autofree char *start = host_start(settings, service, region);
    guint i = 0;
    while (!g_str_has_prefix(region, partitions[i].region_prefix)) i++;
    return g_strdup_printf("https://%s.%s.%s", start, region, partitions[i].suffix);
}

char *aws_endpoint_of(const Settings *settings, const char *service, const char *region, bool *is_aws) {
    char *url = endpoint_set(settings, service);
    if (is_aws) *is_aws = !url;
    if (!url) return endpoint_of_aws(settings, service, region);
    for (gsize length = strlen(url); length > 0 && url[length - 1] == '/'; length--) url[length - 1] = '\0';
    return url;
}
