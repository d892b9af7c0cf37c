/* ~/.aws/config and ~/.aws/credentials, read as the AWS CLI reads them. Not by GKeyFile, which knows neither indented blocks nor `name: value` nor the
 * line of a mistake. A file has at most AWS_PROFILE_FILE_BYTES_MAX bytes and AWS_PROFILE_ENTRIES_MAX headers and values. Since it holds secrets, it
 * is taken apart where it stands in memory, its copies are overwritten when freed, and no message quotes it. */
#include <string.h>

#include "aws/credentials_internal.h"
#include "base/limits.h"
#include "base/text.h"

typedef struct {
    char *path;
    GTree *profiles, *services; /* name → GTree of key → value */
    GTree *others;              /* [x] of the config file, which should be [profile x] */
} Entries;

struct AwsProfiles {
    Entries files[2]; /* by ProfilesFile */
};

typedef struct {
    Entries *entries;
    ProfilesFile file;
    guint line, count;
    GTree *headers;            /* those that were seen */
    GTree *section;            /* the present one; NULL: none yet */
    char *key;                 /* of the value that may go on in the next line; NULL: none */
    char *value, *value_end;   /* in the file's own memory */
    gsize indent;              /* of that key */
    bool is_block;             /* its first line was empty, so that `name = value` lines follow */
} Parser;

static void parser_clear(Parser *parser) {
    g_tree_unref(parser->headers);
    g_free(parser->key);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Parser, parser_clear)

static bool fail_at(const Parser *parser, const char *what, GError **error) {
    return fail(error, ERROR_CONFIG, "%s, line %u: %s", parser->entries->path, parser->line, what);
}

static bool count_entry(Parser *parser, GError **error) {
    if (++parser->count <= AWS_PROFILE_ENTRIES_MAX) return true;
    return fail(error, ERROR_CONFIG, "%s has more than %d headers and values: move what this program does not need to another file",
                parser->entries->path, AWS_PROFILE_ENTRIES_MAX);
}

static GTree *section_new(void) { return text_map_new(g_free, (GDestroyNotify)secret_free); }

/* What a header names. Other kinds (sso-session, preview, …) are read, so that mistakes in them show, and dropped. */
static GTree **section_map(Parser *parser, const char *header, char **name) {
    g_auto(GStrv) words = NULL;
    Entries *entries = parser->entries;
    if (parser->file == PROFILES_CREDENTIALS || strcmp(header, "default") == 0) {
        *name = g_strdup(header);
        return &entries->profiles;
    }
    bool is_pair = command_split(header, &words) && g_strv_length(words) == 2;
    bool is_profile = is_pair && strcmp(words[0], "profile") == 0, is_services = is_pair && strcmp(words[0], "services") == 0;
    *name = g_strdup(is_profile || is_services ? words[1] : header);
    return is_profile ? &entries->profiles : is_services ? &entries->services : &entries->others;
}

static bool take_header(Parser *parser, char *line, GError **error) {
    char *end = strchr(line, ']');
    if (!end) return fail_at(parser, "the header lacks its ]", error);
    *end = '\0';
    g_autofree char *header = g_strdup(g_strstrip(line + 1)), *name = NULL;
    if (!header[0]) return fail_at(parser, "the header is empty", error);
    /* As the AWS CLI: of two, nobody could say which is meant. */
    if (g_tree_lookup(parser->headers, header)) return fail_at(parser, "this header stands twice: put what follows under the first", error);
    if (!count_entry(parser, error)) return false;
    g_tree_insert(parser->headers, g_strdup(header), GINT_TO_POINTER(1));
    GTree *map = *section_map(parser, header, &name);
    parser->section = section_new();
    g_tree_replace(map, g_steal_pointer(&name), parser->section);
    return true;
}

/* Without what stands behind " #" or " ;". A command may mean either. */
static void cut_comment(const char *key, char *value) {
    if (strcmp(key, "credential_process") == 0) return;
    for (char *c = value; *c; c++)
        if (g_ascii_isspace(c[0]) && (c[1] == '#' || c[1] == ';')) {
            *c = '\0';
            return;
        }
}

static bool take_value(Parser *parser, char *line, gsize indent, GError **error) {
    char *delimiter = strpbrk(line, "=:");
    if (!delimiter || delimiter == line) return fail_at(parser, "neither a [header] nor name = value", error);
    if (!parser->section) return fail_at(parser, "a value before the first [header]", error);
    *delimiter = '\0';
    g_autofree char *key = g_ascii_strdown(g_strchomp(line), -1);
    if (g_tree_lookup_extended(parser->section, key, NULL, NULL))
        return fail_at(parser, "this name stands twice under its header: remove one", error);
    if (!count_entry(parser, error)) return false;
    char *value = delimiter + 1;
    cut_comment(key, value);
    g_strstrip(value);
    parser->value = value;
    parser->value_end = value + strlen(value);
    parser->is_block = value[0] == '\0';
    parser->indent = indent;
    g_tree_replace(parser->section, g_strdup(key), NULL);
    parser->key = g_steal_pointer(&key);
    return true;
}

/* A line that is indented deeper than its key goes on with the value. */
static bool take_more(Parser *parser, const char *line, GError **error) {
    if (parser->is_block && !strchr(line, '=')) return fail_at(parser, "not name = value, as the lines of a block must be", error);
    gsize length = strlen(line);
    *parser->value_end++ = '\n'; /* at or before the end of the line before */
    memmove(parser->value_end, line, length);
    parser->value_end += length;
    return true;
}

static void finish_value(Parser *parser) {
    if (!parser->key) return;
    *parser->value_end = '\0';
    g_tree_replace(parser->section, g_steal_pointer(&parser->key), g_strdup(parser->value));
}

static bool take_line(Parser *parser, char *line, GError **error) {
    gsize indent = strspn(line, " \t");
    char *text = g_strstrip(line + indent);
    parser->line++;
    if (text[0] == '\0' || text[0] == '#' || text[0] == ';') return true;
    if (parser->key && indent > parser->indent) return take_more(parser, text, error);
    finish_value(parser);
    return text[0] == '[' ? take_header(parser, text, error) : take_value(parser, text, indent, error);
}

static bool parse(ProfilesFile file, char *text, gsize size, Entries *entries, GError **error) {
    g_auto(Parser) parser = {.entries = entries, .file = file, .headers = text_map_new(g_free, NULL)};
    if (!g_utf8_validate(text, (gssize)size, NULL)) return fail(error, ERROR_CONFIG, "%s is not valid UTF-8 text", entries->path);
    if (g_str_has_prefix(text, "\xef\xbb\xbf")) text += 3;
    for (char *line = text, *next; line; line = next) {
        next = strchr(line, '\n');
        if (next) *next++ = '\0';
        if (!take_line(&parser, line, error)) return false;
    }
    finish_value(&parser);
    return true;
}

static void section_unref(gpointer section) { g_tree_unref(section); }

static void entries_init(Entries *entries, char *path) {
    *entries = (Entries){.path = path,
                         .profiles = text_map_new(g_free, section_unref),
                         .services = text_map_new(g_free, section_unref),
                         .others = text_map_new(g_free, section_unref)};
}

static char *path_of(const Settings *settings, const char *setting, const char *name) {
    const char *path = settings_aws(settings, setting), *home = g_getenv("HOME");
    if (!home || !home[0]) home = g_get_home_dir();
    if (!path) return g_build_filename(home, ".aws", name, NULL);
    return path[0] == '~' && (path[1] == '/' || path[1] == '\0') ? g_strconcat(home, path + 1, NULL) : g_strdup(path);
}

static bool load(const Settings *settings, ProfilesFile file, AwsProfiles *profiles, GError **error) {
    const char *setting = file == PROFILES_CONFIG ? "AWS_CONFIG_FILE" : "AWS_SHARED_CREDENTIALS_FILE";
    Entries *entries = &profiles->files[file];
    g_autofree char *text = NULL;
    gsize size = 0;
    entries_init(entries, path_of(settings, setting, file == PROFILES_CONFIG ? "config" : "credentials"));
    if (!secret_file_read(entries->path, setting, AWS_PROFILE_FILE_BYTES_MAX, true, &text, &size, error)) return false;
    bool good = parse(file, text, size, entries, error);
    explicit_bzero(text, size);
    return good;
}

bool aws_profiles_load(const Settings *settings, AwsProfiles **profiles, GError **error) {
    AwsProfiles *loaded = g_new0(AwsProfiles, 1);
    if (!load(settings, PROFILES_CONFIG, loaded, error) || !load(settings, PROFILES_CREDENTIALS, loaded, error)) {
        aws_profiles_free(loaded);
        return false;
    }
    *profiles = loaded;
    return true;
}

void aws_profiles_free(AwsProfiles *profiles) {
    if (!profiles) return;
    for (guint i = 0; i < G_N_ELEMENTS(profiles->files); i++) {
        Entries *entries = &profiles->files[i];
        if (!entries->path) continue; /* the one before it failed */
        g_free(entries->path);
        g_tree_unref(entries->profiles);
        g_tree_unref(entries->services);
        g_tree_unref(entries->others);
    }
    g_free(profiles);
}

const char *aws_profile_name(const Settings *settings) {
    const char *name = settings_aws(settings, "AWS_PROFILE");
    if (!name) name = settings_aws(settings, "AWS_DEFAULT_PROFILE");
    return name ? name : "default";
}

const char *aws_profiles_path(const AwsProfiles *profiles, ProfilesFile file) { return profiles->files[file].path; }

bool aws_profiles_is_in(const AwsProfiles *profiles, ProfilesFile file, const char *profile) {
    return g_tree_lookup(profiles->files[file].profiles, profile) != NULL;
}

bool aws_profiles_has(const AwsProfiles *profiles, const char *profile) {
    return aws_profiles_is_in(profiles, PROFILES_CREDENTIALS, profile) || aws_profiles_is_in(profiles, PROFILES_CONFIG, profile);
}

const char *aws_profiles_get_of(const AwsProfiles *profiles, ProfilesFile file, const char *profile, const char *key) {
    GTree *section = g_tree_lookup(profiles->files[file].profiles, profile);
    const char *value = section ? g_tree_lookup(section, key) : NULL;
    return value && value[0] ? value : NULL;
}

const char *aws_profiles_get(const AwsProfiles *profiles, const char *profile, const char *key) {
    const char *value = aws_profiles_get_of(profiles, PROFILES_CREDENTIALS, profile, key);
    return value ? value : aws_profiles_get_of(profiles, PROFILES_CONFIG, profile, key);
}

char *aws_profiles_service(const AwsProfiles *profiles, const char *services, const char *block, const char *key) {
    GTree *section = g_tree_lookup(profiles->files[PROFILES_CONFIG].services, services);
    const char *value = section ? g_tree_lookup(section, block) : NULL;
    if (!value || value[0] != '\n') return NULL;
    g_auto(GStrv) lines = g_strsplit(value + 1, "\n", -1);
    for (guint i = 0; lines[i]; i++) {
        char *equals = strchr(lines[i], '='); /* the parser saw to it */
        *equals = '\0';
        if (strcmp(g_strchomp(lines[i]), key) != 0) continue;
        const char *text = g_strstrip(equals + 1);
        return text[0] ? g_strdup(text) : NULL;
    }
    return NULL;
}

bool aws_profiles_fail_absent(const AwsProfiles *profiles, const char *profile, const char *named_by, GError **error) {
    const Entries *config = &profiles->files[PROFILES_CONFIG];
    if (g_tree_lookup(config->others, profile))
        return fail(error, ERROR_CONFIG, "%s names the profile \"%s\"; its header in %s must read [profile %s]", named_by, profile, config->path,
                    profile);
    return fail(error, ERROR_CONFIG, "%s names the profile \"%s\", which stands neither in %s nor in %s: add it there or name another", named_by,
                profile, config->path, profiles->files[PROFILES_CREDENTIALS].path);
}
