/* The search for the speech models. */
#include "transcribe/models.h"

#include <glib/gstdio.h>
#include <unistd.h>

#define MODEL_ENGLISH "ggml-tiny.en-q8_0.bin"
#define MODEL_ANY_LANGUAGE "ggml-base-q8_0.bin"
#define MODEL_VAD "silero-vad.bin"

void model_paths_clear(ModelPaths *paths) {
    g_clear_pointer(&paths->model, g_free);
    g_clear_pointer(&paths->vad, g_free);
}

static char *prefix_folder(void) {
    const char *prefix = g_getenv("HANSARD_PREFIX");
    return prefix && *prefix ? g_build_filename(prefix, "models", NULL)
                             : g_build_filename(g_get_user_cache_dir(), "hansard", "models", NULL);
}

static char *program_folder(void) {
    g_autofree char *program = g_file_read_link("/proc/self/exe", NULL);
    g_autofree char *folder = g_path_get_dirname(program ? program : "/usr/bin/hansard");
    return g_build_filename(folder, "..", "share", "hansard", "models", NULL);
}

/* The installed file of this name; NULL where there is none. */
static char *installed(const char *name) {
    g_autofree char *prefix = prefix_folder();
    g_autofree char *program = program_folder();
    const char *const folders[] = {prefix, program, "/usr/share/hansard/models"};
    for (gsize i = 0; i < G_N_ELEMENTS(folders); i++) {
        g_autofree char *path = g_build_filename(folders[i], name, NULL);
        if (g_file_test(path, G_FILE_TEST_IS_REGULAR)) return g_steal_pointer(&path);
    }
    return NULL;
}

static bool check(const char *path, const char *setting, const char *name, GError **error) {
    if (!path)
        return fail(error, ERROR_CONFIG, "the speech model %s is not installed: install hansard-model-tiny-en, or run `make model` (MODEL=base for other languages "
                    "than English), or set %s to a ggml file", name, setting);
    if (g_file_test(path, G_FILE_TEST_IS_REGULAR) && g_access(path, R_OK) == 0) return true;
    return fail(error, ERROR_CONFIG, "the speech model %s is missing or not readable: set %s to a ggml file, or remove it and run `make model`",
                path, setting);
}

bool models_find(const Settings *settings, const char *language, ModelPaths *paths, GError **error) {
    bool english = !language || g_str_equal(language, "en");
    g_auto(ModelPaths) found = {.model = g_strdup(settings->model), .vad = g_strdup(settings->vad_model)};
    if (!found.model && english) found.model = installed(MODEL_ENGLISH);
    if (!found.model) found.model = installed(MODEL_ANY_LANGUAGE);
    if (!found.vad) found.vad = installed(MODEL_VAD);
    if (!check(found.model, "HANSARD_MODEL", english ? MODEL_ENGLISH : MODEL_ANY_LANGUAGE, error) ||
        !check(found.vad, "HANSARD_VAD_MODEL", MODEL_VAD, error))
        return false;
    *paths = (ModelPaths){.model = g_steal_pointer(&found.model), .vad = g_steal_pointer(&found.vad)};
    return true;
}
