/* The option table and its three sources: command line over environment over `.env`. */
#include "base/settings.h"

#include <errno.h>
#include <string.h>

#define FIELD(member) G_STRUCT_OFFSET(Settings, member)

const SettingSpec settings_table[] = {
    {"HANSARD_DATA", SETTING_PATH, FIELD(data_dir), "./hansard-data", 0, 0, NULL,
     "Directory of the embedded store, the search index and what else stands on this machine."},
    {"S3_BUCKET_NAME", SETTING_TEXT, FIELD(bucket), NULL, 3, 63, NULL,
     "The bucket. Without it everything stands in the directory HANSARD_DATA."},
    {"STORE_IN_S3", SETTING_BOOL, FIELD(store_in_s3), "true", 0, 0, NULL,
     "false: results stay in the directory though a bucket is named."},
    {"SKIP_LOCAL_STORAGE", SETTING_BOOL, FIELD(skip_local_storage), "true", 0, 0, NULL,
     "true: a recording streams straight to the store."},
    {"HANSARD_TRANSCRIBER", SETTING_CHOICE, FIELD(transcriber), "whisper", 0, 0, "whisper|none",
     "Who turns speech into text: whisper (on this machine), or none (only transcripts are taken)."},
    {"HANSARD_MODEL", SETTING_PATH, FIELD(model), NULL, 0, 0, NULL,
     "Path of a Whisper model in ggml format. Without it the model that set-up installed."},
    {"HANSARD_VAD_MODEL", SETTING_PATH, FIELD(vad_model), NULL, 0, 0, NULL,
     "Path of a Silero voice activity model in ggml format. Without it the one that set-up installed."},
    {"HANSARD_LANGUAGE", SETTING_TEXT, FIELD(language), NULL, 2, 8, NULL,
     "Language spoken, as ISO 639-1 (en, de, …), or auto. Without it English for an English model, else detected."},
    {"HANSARD_VOCABULARY", SETTING_TEXT, FIELD(vocabulary), NULL, 0, 4000, NULL,
     "Names and terms to expect, separated by commas."},
    {"HANSARD_THREADS", SETTING_INT, FIELD(threads), "0", 0, 256, NULL, "Threads for the recognition of one recording; 0: the processors shared among HANSARD_WORKERS."},
    {"HANSARD_EXTRACTOR", SETTING_CHOICE, FIELD(extractor), "offline", 0, 0, "offline",
     "Who finds summary and items: offline (on this machine)."},
    {"HANSARD_LISTEN", SETTING_TEXT, FIELD(listen), "127.0.0.1:8080", 3, 255, NULL,
     "Address and port of the server. Beyond loopback only with HANSARD_NO_AUTH=1."},
    {"HANSARD_NO_AUTH", SETTING_BOOL, FIELD(no_auth), "false", 0, 0, NULL,
     "true: whoever reaches the server may read and write everything."},
    {"HANSARD_WORKERS", SETTING_INT, FIELD(workers), "1", 0, 64, NULL,
     "Jobs that one process works on at a time; 0: a server that leaves the work to `hansard worker`."},
    {"URL_EXPIRY_SECONDS", SETTING_INT, FIELD(url_expiry_s), "3600", 1, 604800, NULL, "Life of a signed URL."},
};
const gsize settings_count = G_N_ELEMENTS(settings_table);

/* Names that other programs of the project read; not settings, not unknown either. */
static const char *const foreign_names[] = {"HANSARD_PREFIX", "HANSARD_BIN", NULL};

static const SettingSpec *spec_named(const char *name) {
    for (gsize i = 0; i < settings_count; i++)
        if (strcmp(settings_table[i].name, name) == 0) return &settings_table[i];
    return NULL;
}

static bool set_text(const SettingSpec *spec, const char *text, char **field, GError **error) {
    gsize length = strlen(text);
    if (spec->type == SETTING_TEXT && spec->max > 0 && ((gint64)length < spec->min || (gint64)length > spec->max))
        return fail(error, ERROR_CONFIG, "%s must have %d to %d characters, not %d", spec->name, (int)spec->min, (int)spec->max,
                    (int)length);
    if (!g_utf8_validate(text, -1, NULL)) return fail(error, ERROR_CONFIG, "%s is not valid UTF-8", spec->name);
    g_free(*field);
    *field = g_strdup(text);
    return true;
}

static bool set_bool(const SettingSpec *spec, const char *text, bool *field, GError **error) {
    static const char *const yes[] = {"true", "1", "yes", "on", NULL}, *const no[] = {"false", "0", "no", "off", NULL};
    g_autofree char *lower = g_ascii_strdown(text, -1);
    bool is_yes = g_strv_contains(yes, lower);
    if (!is_yes && !g_strv_contains(no, lower))
        return fail(error, ERROR_CONFIG, "%s must be true or false, not \"%s\"", spec->name, text);
    *field = is_yes;
    return true;
}

static bool set_int(const SettingSpec *spec, const char *text, int *field, GError **error) {
    gint64 number = 0;
    if (!g_ascii_string_to_signed(text, 10, spec->min, spec->max, &number, NULL))
        return fail(error, ERROR_CONFIG, "%s must be a whole number from %d to %d, not \"%s\"", spec->name, (int)spec->min,
                    (int)spec->max, text);
    *field = (int)number;
    return true;
}

static bool set_choice(const SettingSpec *spec, const char *text, char **field, GError **error) {
    g_auto(GStrv) choices = g_strsplit(spec->choices, "|", -1);
    if (!g_strv_contains((const char *const *)choices, text)) {
        g_autofree char *list = g_strjoinv(", ", choices);
        return fail(error, ERROR_CONFIG, "%s must be one of: %s; not \"%s\"", spec->name, list, text);
    }
    g_free(*field);
    *field = g_strdup(text);
    return true;
}

static bool set(Settings *settings, const SettingSpec *spec, const char *text, GError **error) {
    gpointer field = G_STRUCT_MEMBER_P(settings, spec->offset);
    switch (spec->type) {
    case SETTING_TEXT:
    case SETTING_PATH:
        return set_text(spec, text, field, error);
    case SETTING_BOOL:
        return set_bool(spec, text, field, error);
    case SETTING_INT:
        return set_int(spec, text, field, error);
    case SETTING_CHOICE:
        return set_choice(spec, text, field, error);
    }
    g_assert_not_reached();
}

/* An empty value means: not set. */
static bool set_named(Settings *settings, const char *name, const char *text, GError **error) {
    const SettingSpec *spec = spec_named(name);
    if (!spec && g_str_has_prefix(name, "HANSARD_") && !g_strv_contains(foreign_names, name))
        return fail(error, ERROR_CONFIG, "%s is no setting of this program; `hansard help settings` lists them", name);
    return !spec || text[0] == '\0' || set(settings, spec, text, error);
}

/* NAME=value lines; `export`, blank lines, comments and one pair of quotes around a value are allowed. */
static bool load_file(Settings *settings, const char *path, GError **error) {
    g_autofree char *content = NULL;
    gsize size = 0;
    g_autoptr(GError) problem = NULL;
    if (!path) return true;
    if (!g_file_get_contents(path, &content, &size, &problem))
        return g_error_matches(problem, G_FILE_ERROR, G_FILE_ERROR_NOENT) ||
               fail(error, ERROR_CONFIG, "the settings file %s can't be read: %s", path, problem->message);
    g_auto(GStrv) lines = g_strsplit(content, "\n", -1);
    for (guint i = 0; lines[i]; i++) {
        char *line = g_strstrip(lines[i]);
        if (g_str_has_prefix(line, "export ")) line = g_strchug(line + strlen("export "));
        char *equals = strchr(line, '=');
        if (line[0] == '#' || !equals) continue;
        *equals = '\0';
        char *value = g_strstrip(equals + 1);
        gsize length = strlen(value);
        if (length >= 2 && (value[0] == '"' || value[0] == '\'') && value[length - 1] == value[0]) {
            value[length - 1] = '\0';
            value++;
        }
        if (!set_named(settings, g_strchomp(line), value, error)) return false;
    }
    return true;
}

static bool load_environment(Settings *settings, GError **error) {
    g_auto(GStrv) environment = g_get_environ();
    for (guint i = 0; environment[i]; i++) {
        g_auto(GStrv) pair = g_strsplit(environment[i], "=", 2);
        if (pair[0] && pair[1] && !set_named(settings, pair[0], pair[1], error)) return false;
    }
    return true;
}

static bool load_options(Settings *settings, const char *const *options, GError **error) {
    for (guint i = 0; options && options[i] && options[i + 1]; i += 2)
        if (!set_named(settings, options[i], options[i + 1], error)) return false;
    return true;
}

bool settings_load(const char *env_file, const char *const *options, Settings **settings, GError **error) {
    g_autoptr(Settings) loaded = g_new0(Settings, 1);
    for (gsize i = 0; i < settings_count; i++)
        if (settings_table[i].fallback && !set(loaded, &settings_table[i], settings_table[i].fallback, error)) return false;
    if (!load_file(loaded, env_file, error) || !load_environment(loaded, error) || !load_options(loaded, options, error))
        return false;
    *settings = g_steal_pointer(&loaded);
    return true;
}

void settings_free(Settings *settings) {
    if (!settings) return;
    for (gsize i = 0; i < settings_count; i++) {
        SettingType type = settings_table[i].type;
        if (type == SETTING_TEXT || type == SETTING_PATH || type == SETTING_CHOICE)
            g_free(*(char **)G_STRUCT_MEMBER_P(settings, settings_table[i].offset));
    }
    g_free(settings);
}
