/* The search for installed models. */
#include "workspace/models.h"

#include <string.h>

static char *beside_program(void) {
    g_autofree char *program = g_file_read_link("/proc/self/exe", NULL);
    g_autofree char *folder = program ? g_path_get_dirname(program) : NULL;
    return folder ? g_build_filename(folder, "..", "share", "hansard", "models", NULL) : NULL;
}

static char *in_prefix(void) {
    const char *prefix = g_getenv("HANSARD_PREFIX");
    return prefix && prefix[0] ? g_build_filename(prefix, "models", NULL)
                               : g_build_filename(g_get_user_cache_dir(), "hansard", "models", NULL);
}

static char *find(const char *const *folders, const char *const *names) {
    for (gsize n = 0; names[n]; n++)
        for (gsize f = 0; f < 3; f++) {
            g_autofree char *path = folders[f] ? g_build_filename(folders[f], names[n], NULL) : NULL;
            if (path && g_file_test(path, G_FILE_TEST_IS_REGULAR)) return g_steal_pointer(&path);
        }
    return NULL;
}

void models_find(Settings *settings) {
    static const char *const english[] = {"ggml-tiny.en-q8_0.bin", "ggml-base-q8_0.bin", NULL};
    static const char *const any_language[] = {"ggml-base-q8_0.bin", NULL};
    static const char *const vad[] = {"silero-vad.bin", NULL};
    g_autofree char *prefix = in_prefix();
    g_autofree char *beside = beside_program();
    const char *const folders[3] = {prefix, beside, "/usr/share/hansard/models"};
    bool is_english = !settings->language || g_str_has_prefix(settings->language, "en");
    if (!settings->model) settings->model = find(folders, is_english ? english : any_language);
    if (!settings->vad_model) settings->vad_model = find(folders, vad);
}
