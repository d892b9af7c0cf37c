/* The option table and its three sources: command line over environment over `.env`. */
#include "base/settings.h"

#include <errno.h>
#include <string.h>

#include "base/limits.h"
#include "base/text.h"

#define FIELD(member) G_STRUCT_OFFSET(Settings, member)

const SettingSpec settings_table[] = {
    {"HANSARD_DATA", SETTING_PATH, FIELD(data_dir), "./hansard-data", 0, 0, NULL,
     "Directory of the embedded store, the search index and what else stands on this machine."},
    {"S3_BUCKET_NAME", SETTING_TEXT, FIELD(bucket), NULL, 3, 63, NULL,
     "The bucket. Without it everything stands in the directory HANSARD_DATA."},
    {"STORE_IN_S3", SETTING_BOOL, FIELD(store_in_s3), "true", 0, 0, NULL,
     "false: results stay in the directory though a bucket is named."},
    {"SKIP_LOCAL_STORAGE", SETTING_BOOL, FIELD(skip_local_storage), "true", 0, 0, NULL,
     "true: a recording streams straight to the store. false: a copy is kept under `uploads/` first, until you remove it, and goes to the store from there."},
    {"S3_PREFIX", SETTING_TEXT, FIELD(s3_prefix), NULL, 1, 200, NULL,
     "Stands before every key, so that several workspaces share a bucket."},
    {"S3_SSE", SETTING_CHOICE, FIELD(s3_sse), NULL, 0, 0, "AES256|aws:kms",
     "Encryption at rest that is asked for with each object: AES256, or aws:kms. Without it the bucket's default."},
    {"S3_SSE_KMS_KEY_ID", SETTING_TEXT, FIELD(s3_sse_kms_key), NULL, 1, 2048, NULL, "The key for S3_SSE=aws:kms; without it AWS's own."},
    {"S3_STORAGE_CLASS", SETTING_CHOICE, FIELD(s3_storage_class), NULL, 0, 0,
     "STANDARD|STANDARD_IA|ONEZONE_IA|INTELLIGENT_TIERING|GLACIER_IR", "Storage class of recordings. Without it STANDARD."},
    {"S3_FORCE_PATH_STYLE", SETTING_BOOL, FIELD(s3_path_style), "false", 0, 0, NULL,
     "true: the bucket stands in the path of URLs, not in the host name. On by itself where AWS_ENDPOINT_URL names another service."},
    {"S3_PURGE_VERSIONS", SETTING_BOOL, FIELD(s3_purge_versions), "false", 0, 0, NULL,
     "true: what is deleted is gone for good in a bucket that keeps versions, too: all versions are removed."},
    {"S3_VERSIONING", SETTING_BOOL, FIELD(s3_versioning), "false", 0, 0, NULL,
     "For `hansard setup`: true: the bucket keeps old versions. false: it is left as it is."},
    {"S3_ARCHIVE_DAYS", SETTING_INT, FIELD(s3_archive_days), "0", 0, 36500, NULL,
     "For `hansard setup`: a lifecycle rule moves recordings of so many days to S3_ARCHIVE_CLASS; 0: none does."},
    {"S3_ARCHIVE_CLASS", SETTING_CHOICE, FIELD(s3_archive_class), "GLACIER_IR", 0, 0,
     "GLACIER_IR|STANDARD_IA|ONEZONE_IA|INTELLIGENT_TIERING|GLACIER|DEEP_ARCHIVE",
     "That class. Recordings in GLACIER and DEEP_ARCHIVE can't be played before they are restored, which takes hours."},
    {"S3_EXPIRE_DAYS", SETTING_INT, FIELD(s3_expire_days), "0", 0, 36500, NULL,
     "For `hansard setup`: a lifecycle rule removes recordings of so many days, whatever their tags; 0: none does."},
    {"S3_OLD_VERSIONS_DAYS", SETTING_INT, FIELD(s3_old_versions_days), "30", 0, 36500, NULL,
     "For `hansard setup`: in a bucket that keeps versions a lifecycle rule removes old ones after so many days; 0: none does."},
    {"USE_DYNAMODB", SETTING_BOOL, FIELD(use_dynamodb), "false", 0, 0, NULL, "true: lists are asked from a DynamoDB table, too."},
    {"DYNAMODB_TABLE_NAME", SETTING_TEXT, FIELD(dynamodb_table), "meeting-metadata", 3, 255, NULL, "That table."},
    {"HANSARD_INDEX", SETTING_CHOICE, FIELD(index), "auto", 0, 0, "auto|keys|dynamodb|both",
     "Where lists are kept: keys in the bucket, the DynamoDB table, or both (reads fall back to the keys). auto: keys, with USE_DYNAMODB both."},
    {"HANSARD_QUEUE_URL", SETTING_TEXT, FIELD(queue_url), NULL, 8, 1024, NULL,
     "An SQS queue that the bucket's events go to: it wakes the workers, so that they need not ask."},
    {"AWS_REGION", SETTING_AWS, 0, NULL, 1, 64, NULL, "Region of the bucket and table. Without it AWS_DEFAULT_REGION, or the profile's."},
    {"AWS_PROFILE", SETTING_AWS, 0, NULL, 1, 255, NULL, "Profile in ~/.aws/config and ~/.aws/credentials."},
    {"AWS_ACCESS_KEY_ID", SETTING_AWS, 0, NULL, 1, 255, NULL,
     "Credentials, with AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN. Without them AWS's usual chain: profile, web identity, container, instance."},
    {"AWS_ENDPOINT_URL", SETTING_AWS, 0, NULL, 8, 1024, NULL,
     "Another service than AWS; AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL_DYNAMODB, … for one service."},
    {"HANSARD_TRANSCRIBER", SETTING_CHOICE, FIELD(transcriber), "whisper", 0, 0, "whisper|amazon|none",
     "Who turns speech into text: whisper (on this machine), amazon (Amazon Transcribe, from the bucket), or none (only transcripts are taken)."},
    {"HANSARD_MODEL", SETTING_PATH, FIELD(model), NULL, 0, 0, NULL,
     "Path of a Whisper model in ggml format. Without it the model that set-up installed."},
    {"HANSARD_VAD_MODEL", SETTING_PATH, FIELD(vad_model), NULL, 0, 0, NULL,
     "Path of a Silero voice activity model in ggml format. Without it the one that set-up installed."},
    {"HANSARD_LANGUAGE", SETTING_TEXT, FIELD(language), NULL, 2, 8, NULL,
     "Language spoken, as ISO 639-1 (en, de, …), for amazon also with its country (de-CH), or auto; for amazon also multi, where several are spoken. Without it English for an English model, else detected."},
    {"HANSARD_VOCABULARY", SETTING_TEXT, FIELD(vocabulary), NULL, 0, 4000, NULL,
     "Names and terms to expect, separated by commas, the most important first: Whisper takes in some fifty to a hundred of them. Amazon takes letters only, and a language must be set."},
    {"HANSARD_VOCABULARY_NAME", SETTING_TEXT, FIELD(vocabulary_name), NULL, 1, 200, NULL,
     "For amazon: a custom vocabulary that stands there already, instead of one made of HANSARD_VOCABULARY."},
    {"HANSARD_MAX_SPEAKERS", SETTING_INT, FIELD(max_speakers), "10", 1, 30, NULL,
     "For amazon: how many people it tells apart at most; 1: it does not try."},
    {"HANSARD_TRANSCRIBER_TIMEOUT_SECONDS", SETTING_INT, FIELD(transcriber_timeout_s), "28800", 1, 604800, NULL,
     "For amazon: how long one recording may take, waiting in its queue included. What it has done by then is not lost: a retry goes on with it."},
    {"HANSARD_PRICE_MINUTE", SETTING_REAL, FIELD(price_minute), "0", 0, 1000000, NULL,
     "For amazon: what a minute of recording costs, in your currency: the cost of each meeting is then recorded."},
    {"HANSARD_CHANNELS", SETTING_CHOICE, FIELD(channels), "auto", 0, 0, "auto|mix|separate",
     "What becomes of a recording with several channels: auto (where each carries a speaker of its own, as in a recorded call, each is heard by itself and "
     "named Channel 1, 2, …; else they are mixed), mix (always), or separate (always). Amazon does not judge: for it auto is mix, and two channels can be separate."},
    {"HANSARD_THREADS", SETTING_INT, FIELD(threads), "0", 0, 256, NULL, "Threads for the recognition of one recording; 0: the processors shared among HANSARD_WORKERS."},
    {"HANSARD_EXTRACTOR", SETTING_CHOICE, FIELD(extractor), "offline", 0, 0, "offline|openai|bedrock",
     "Who finds summary and items: offline (on this machine), openai (a model behind OpenAI's chat completions: OpenAI, Ollama, vLLM, llama.cpp, …), "
     "or bedrock (a model of Amazon Bedrock). Models are sent the transcript."},
    {"OPENAI_BASE_URL", SETTING_TEXT, FIELD(openai_base_url), NULL, 8, 1024, NULL,
     "For HANSARD_EXTRACTOR=openai: where the service is, as http://127.0.0.1:11434/v1. Without it https://api.openai.com/v1."},
    {"OPENAI_API_KEY", SETTING_TEXT, FIELD(openai_api_key), NULL, 1, 4096, NULL,
     "Its key. Needed without OPENAI_BASE_URL. Better set in the environment or .env than as an option, which others on the machine can see."},
    {"OPENAI_MODEL", SETTING_TEXT, FIELD(openai_model), NULL, 1, 256, NULL, "Its model, by the service's name for it."},
    {"BEDROCK_MODEL_ID", SETTING_TEXT, FIELD(bedrock_model), NULL, 1, 2048, NULL,
     "For HANSARD_EXTRACTOR=bedrock: id of a model or inference profile, or its ARN. Region and credentials as AWS's."},
    {"HANSARD_CONTEXT_TOKENS", SETTING_INT, FIELD(context_tokens), "16384", 4096, 4000000, NULL,
     "What the model takes at a time, question and answer together. Longer transcripts are read in parts."},
    {"HANSARD_EXTRACTOR_TIMEOUT_SECONDS", SETTING_INT, FIELD(extractor_timeout_s), "300", 1, 3600, NULL,
     "How long one answer of the model may take."},
    {"HANSARD_PRICE_INPUT", SETTING_REAL, FIELD(price_input), "0", 0, 1000000, NULL,
     "What a million tokens sent to the model cost, in your currency: the cost of each meeting is then recorded."},
    {"HANSARD_PRICE_OUTPUT", SETTING_REAL, FIELD(price_output), "0", 0, 1000000, NULL, "What a million tokens of its answers cost."},
    {"HANSARD_PRICES", SETTING_PATH, FIELD(prices), NULL, 1, 4096, NULL,
     "For `hansard cost`: a price table in place of the program's own (list prices of AWS, us-east-1); src/operate/prices.json is one."},
    {"HANSARD_LISTEN", SETTING_TEXT, FIELD(listen), "127.0.0.1:8080", 3, 255, NULL,
     "Address and port of the server. Beyond loopback only once a token is made (`hansard token create`), or with HANSARD_NO_AUTH=1."},
    {"HANSARD_METRICS_LISTEN", SETTING_TEXT, FIELD(metrics_listen), NULL, 3, 255, NULL,
     "Address and port where `hansard worker` answers /metrics, /healthz and /readyz, by the rules of HANSARD_LISTEN. Without it nowhere."},
    {"HANSARD_NO_AUTH", SETTING_BOOL, FIELD(no_auth), "false", 0, 0, NULL,
     "true: whoever reaches the server may read and write everything, tokens or not."},
    {"HANSARD_TLS_CERT", SETTING_PATH, FIELD(tls_cert), NULL, 1, 4096, NULL,
     "File with the server's certificate and those between it and the root, in PEM: it then speaks HTTPS alone. Read when the server starts."},
    {"HANSARD_TLS_KEY", SETTING_PATH, FIELD(tls_key), NULL, 1, 4096, NULL, "File with its private key, in PEM, without a password."},
    {"HANSARD_TRUSTED_PROXIES", SETTING_TEXT, FIELD(trusted_proxies), NULL, 2, 4096, NULL,
     "Addresses and networks, separated by commas (10.0.0.0/8, ::1), whose X-Forwarded-For, -Proto and -Host are believed. Without it nobody's are."},
    {"HANSARD_RATE_LIMIT", SETTING_INT, FIELD(rate_limit), "50", 0, 1000000, NULL,
     "Requests a second of one token, or of one address without; ten times as many at once. 0: any number. This machine itself is not held to it."},
    {"HANSARD_WEBHOOK_PRIVATE", SETTING_BOOL, FIELD(webhook_private), "false", 0, 0, NULL,
     "true: webhooks may lead to this machine and into private networks."},
    {"HANSARD_WORKERS", SETTING_INT, FIELD(workers), "1", 0, 64, NULL,
     "Jobs that one process works on at a time; 0: a server that leaves the work to `hansard worker`."},
    {"HANSARD_POLL_SECONDS", SETTING_INT, FIELD(poll_s), "60", 1, 3600, NULL,
     "Longest wait between two looks for work that another server has queued in the bucket. A directory is looked at every 3 seconds."},
    {"HANSARD_INBOX", SETTING_BOOL, FIELD(inbox), "true", 0, 0, NULL,
     "true: recordings that someone drops under inbox/ in the bucket or directory are taken in."},
    {"URL_EXPIRY_SECONDS", SETTING_INT, FIELD(url_expiry_s), "3600", 1, 604800, NULL, "Life of a signed URL."},
    {"HANSARD_LOG", SETTING_CHOICE, FIELD(log), "text", 0, 0, "text|json",
     "What `hansard serve` and `hansard worker` say on standard error: lines for people, or a JSON object a line, with each request, too."},
    {"HANSARD_RETENTION", SETTING_TEXT, FIELD(retention), NULL, 5, 4000, NULL,
     "What is removed when, after days since the recording came in: recording 365; all 3650; interview: all 90; contract: all never. "
     "See docs/retention.md."},
    {"HANSARD_HOLD_TAG", SETTING_TEXT, FIELD(hold_tag), "legal-hold", 1, 64, NULL, "The tag of meetings that no rule of HANSARD_RETENTION touches."},
    {"HANSARD_RETENTION_APPLY", SETTING_BOOL, FIELD(retention_apply), "false", 0, 0, NULL,
     "true: `hansard serve` removes once a day what HANSARD_RETENTION says. false: only `hansard retention --apply` does."},
};
const gsize settings_count = G_N_ELEMENTS(settings_table);

/* Names that other programs of the project read; not settings, not unknown either. */
static const char *const foreign_names[] = {"HANSARD_PREFIX", "HANSARD_BIN", "HANSARD_SETTINGS", NULL};

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

/* Finite, with a point for the decimals whatever the locale. */
static bool set_real(const SettingSpec *spec, const char *text, double *field, GError **error) {
    char *end = NULL;
    double number = g_ascii_strtod(text, &end);
    if (end == text || *end || !(number >= (double)spec->min && number <= (double)spec->max))
        return fail(error, ERROR_CONFIG, "%s must be a number from %d to %d, as 0.15, not \"%s\"", spec->name, (int)spec->min,
                    (int)spec->max, text);
    *field = number;
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
    case SETTING_REAL:
        return set_real(spec, text, field, error);
    case SETTING_CHOICE:
        return set_choice(spec, text, field, error);
    case SETTING_AWS:
        break;
    }
    g_assert_not_reached();
}

/* What stands there is judged by who uses it; here only that it is text of some length. */
static bool set_aws(Settings *settings, const SettingSpec *spec, const char *name, const char *text, GError **error) {
    if (strlen(text) > (spec ? (gsize)spec->max : AWS_VARIABLE_BYTES_MAX) || !g_utf8_validate(text, -1, NULL))
        return fail(error, ERROR_CONFIG, "%s is too long or not valid UTF-8", name);
    if (text[0]) g_tree_replace(settings->aws, g_strdup(name), g_strdup(text));
    return true;
}

const char *settings_aws(const Settings *settings, const char *name) { return g_tree_lookup(settings->aws, name); }

static bool is_foreign(const char *name) { return g_strv_contains(foreign_names, name) || g_str_has_prefix(name, "HANSARD_TEST_"); }

/* An empty value means: not set. */
static bool set_named(Settings *settings, const char *name, const char *text, GError **error) {
    const SettingSpec *spec = spec_named(name);
    if (g_str_has_prefix(name, "AWS_")) return set_aws(settings, spec, name, text, error);
    if (!spec && g_str_has_prefix(name, "HANSARD_") && !is_foreign(name))
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
    loaded->aws = text_map_new(g_free, g_free);
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
    g_tree_unref(settings->aws);
    g_free(settings);
}
