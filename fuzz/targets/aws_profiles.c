/* ~/.aws/config and ~/.aws/credentials. */
#include <unistd.h>

#include "aws/credentials_internal.h"
#include "fuzz.h"

void fuzz_aws_profiles(const guint8 *data, gsize size) {
    int fd;
    g_autofree char *path = input_file(data, size, &fd);
    const char *const options[] = {"AWS_CONFIG_FILE", path, "AWS_SHARED_CREDENTIALS_FILE", path, NULL};
    g_autoptr(Settings) settings = NULL;
    g_autoptr(AwsProfiles) profiles = NULL;
    g_assert_true(settings_load(NULL, options, &settings, NULL));
    FUZZ_CALL(aws_profiles_check(settings, &error));
    if (FUZZ_CALL(aws_profiles_load(settings, &profiles, &error))) {
        const char *key = aws_profiles_get(profiles, "default", "aws_access_key_id");
        g_assert_true(!key || (key[0] && aws_profiles_has(profiles, "default")));
        g_autofree char *service = aws_profiles_service(profiles, "dev", "s3", "endpoint_url");
        g_assert_true(!service || service[0]);
        g_autofree char *region = aws_region_of(settings);
        bool is_aws;
        g_autofree char *endpoint = aws_endpoint_of(settings, "s3", region ? region : "us-east-1", &is_aws);
        g_assert_true(endpoint[0] == '\0' || endpoint[strlen(endpoint) - 1] != '/');
    }
    close(fd);
}
