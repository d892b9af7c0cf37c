/* The settings file. */
#include <unistd.h>

#include "base/settings.h"
#include "fuzz.h"
#include "http/peer.h"
#include "http/security.h"

static void check(const Settings *settings) {
    for (gsize i = 0; i < settings_count; i++) {
        const SettingSpec *spec = &settings_table[i];
        gconstpointer field = G_STRUCT_MEMBER_P(settings, spec->offset);
        if (spec->type == SETTING_INT) g_assert_true(*(const int *)field >= spec->min && *(const int *)field <= spec->max);
        if (spec->type == SETTING_REAL) g_assert_true(*(const double *)field >= (double)spec->min && *(const double *)field <= (double)spec->max);
        if (spec->type == SETTING_TEXT && !spec->fallback) fuzz_text(*(char *const *)field, (gsize)spec->max);
        if (spec->type == SETTING_CHOICE && *(char *const *)field) {
            g_auto(GStrv) choices = g_strsplit(spec->choices, "|", -1);
            g_assert_true(g_strv_contains((const char *const *)choices, *(char *const *)field));
        }
    }
}

void fuzz_base_settings(const guint8 *data, gsize size) {
    int fd;
    g_autofree char *path = input_file(data, size, &fd);
    g_autoptr(Settings) settings = NULL;
    if (FUZZ_CALL(settings_load(path, NULL, &settings, &error))) {
        g_auto(Listen) place = {0};
        g_autoptr(Proxies) proxies = NULL;
        check(settings);
        if (FUZZ_CALL(listen_parse(settings->listen, settings->no_auth, &place, &error))) g_assert_true(place.address && place.host);
        FUZZ_CALL(proxies_parse(settings->trusted_proxies, &proxies, &error));
    }
    close(fd);
}
