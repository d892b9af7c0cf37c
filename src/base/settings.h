/* The settings: one table gives each its name, type, default, limits and sentence. It reads `--option`, the environment and `.env`
 * (in this order of precedence), prints `--help` and writes docs/options.md. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "base/error.h"

typedef struct {
    /* where things stand */
    char *data_dir;           /* HANSARD_DATA */
    char *bucket;             /* S3_BUCKET_NAME; NULL: the directory store */
    bool store_in_s3;         /* STORE_IN_S3 */
    bool skip_local_storage;  /* SKIP_LOCAL_STORAGE */
    char *s3_prefix;          /* S3_PREFIX; NULL: none; without a '/' at either end */
    char *s3_sse;             /* S3_SSE: AES256, aws:kms; NULL: the bucket's default */
    char *s3_sse_kms_key;     /* S3_SSE_KMS_KEY_ID */
    char *s3_storage_class;   /* S3_STORAGE_CLASS, of recordings; NULL: STANDARD */
    bool s3_path_style;       /* S3_FORCE_PATH_STYLE */
    bool s3_purge_versions;   /* S3_PURGE_VERSIONS */
    bool s3_versioning;       /* S3_VERSIONING: setup turns versions on; false: left as it is */
    int s3_archive_days;      /* S3_ARCHIVE_DAYS: age at which setup's rule moves recordings to s3_archive_class; 0: never */
    char *s3_archive_class;   /* S3_ARCHIVE_CLASS */
    int s3_expire_days;       /* S3_EXPIRE_DAYS: age at which setup's rule removes recordings; 0: never */
    int s3_old_versions_days; /* S3_OLD_VERSIONS_DAYS: how long setup's rule keeps versions that were overwritten or removed; 0: no rule */
    bool use_dynamodb;        /* USE_DYNAMODB */
    char *dynamodb_table;     /* DYNAMODB_TABLE_NAME */
    char *index;              /* HANSARD_INDEX: auto, keys, dynamodb, both */
    char *queue_url;          /* HANSARD_QUEUE_URL: SQS queue that S3's events go to; NULL: none */
    GTree *aws;               /* AWS_* variables of all sources, name → value: settings_aws() */
    /* speech */
    char *transcriber;        /* HANSARD_TRANSCRIBER: whisper, amazon, none */
    char *model;              /* HANSARD_MODEL: path of a ggml model; NULL: the one that set-up installed */
    char *vad_model;          /* HANSARD_VAD_MODEL */
    char *language;           /* HANSARD_LANGUAGE: ISO 639-1 or "auto"; NULL: English for an English model, else detected */
    char *vocabulary;         /* HANSARD_VOCABULARY */
    char *vocabulary_name;    /* HANSARD_VOCABULARY_NAME: one that stands at Amazon Transcribe; NULL: none */
    int max_speakers;         /* HANSARD_MAX_SPEAKERS; 1: they are not told apart */
    int transcriber_timeout_s; /* HANSARD_TRANSCRIBER_TIMEOUT_SECONDS */
    double price_minute;      /* HANSARD_PRICE_MINUTE, of recording; 0: unknown */
    char *channels;           /* HANSARD_CHANNELS: auto, mix, separate */
    int threads;              /* HANSARD_THREADS; 0: processors / workers */
    /* extraction */
    char *extractor;          /* HANSARD_EXTRACTOR: offline, openai, bedrock */
    char *openai_base_url;    /* OPENAI_BASE_URL; NULL: OpenAI's own */
    char *openai_api_key;     /* OPENAI_API_KEY: a secret, in no message; NULL: none is sent */
    char *openai_model;       /* OPENAI_MODEL */
    char *bedrock_model;      /* BEDROCK_MODEL_ID */
    int context_tokens;       /* HANSARD_CONTEXT_TOKENS */
    int extractor_timeout_s;  /* HANSARD_EXTRACTOR_TIMEOUT_SECONDS */
    double price_input;       /* HANSARD_PRICE_INPUT, of a million tokens; 0: unknown */
    double price_output;      /* HANSARD_PRICE_OUTPUT */
    char *prices;             /* HANSARD_PRICES: path of a price table; NULL: the program's own */
    /* server */
    char *listen;             /* HANSARD_LISTEN */
    char *metrics_listen;     /* HANSARD_METRICS_LISTEN */
    bool no_auth;             /* HANSARD_NO_AUTH */
    char *tls_cert, *tls_key; /* HANSARD_TLS_CERT, HANSARD_TLS_KEY: paths; both or neither */
    char *trusted_proxies;    /* HANSARD_TRUSTED_PROXIES */
    int rate_limit;           /* HANSARD_RATE_LIMIT: requests a second of one caller; 0: any number */
    bool webhook_private;     /* HANSARD_WEBHOOK_PRIVATE */
    int poll_s;               /* HANSARD_POLL_SECONDS: longest wait between two looks for work in a bucket */
    bool inbox;               /* HANSARD_INBOX */
    int workers;              /* HANSARD_WORKERS: jobs that one process works on at a time */
    int url_expiry_s;         /* URL_EXPIRY_SECONDS */
    char *log;                /* HANSARD_LOG: text, json */
    /* retention */
    char *retention;          /* HANSARD_RETENTION: rules (operate/retention.h); NULL: all is kept */
    char *hold_tag;           /* HANSARD_HOLD_TAG */
    bool retention_apply;     /* HANSARD_RETENTION_APPLY */
} Settings;

typedef enum { SETTING_TEXT, SETTING_PATH, SETTING_BOOL, SETTING_INT, SETTING_REAL, SETTING_CHOICE, SETTING_AWS /* kept for AWS's own rules */ } SettingType;

typedef struct {
    const char *name;         /* environment variable */
    SettingType type;
    gsize offset;             /* in Settings */
    const char *fallback;     /* as text; NULL: none */
    gint64 min, max;          /* SETTING_INT, SETTING_REAL; SETTING_TEXT: bytes */
    const char *choices;      /* SETTING_CHOICE: "a|b|c" */
    const char *sentence;
} SettingSpec;

extern const SettingSpec settings_table[];
extern const gsize settings_count;

/* `env_file` (".env") may be absent; `options` are {"NAME", "value"} pairs from the command line (NULL-terminated, may be NULL).
 * ERROR_CONFIG names an unknown HANSARD_ name, or a value out of range with what to put there. */
bool settings_load(const char *env_file, const char *const *options, Settings **settings, GError **error);
/* An AWS_* variable (AWS_PROFILE, AWS_REGION, AWS_ACCESS_KEY_ID, …) from the environment or `.env`; NULL: not set. Borrowed. */
const char *settings_aws(const Settings *settings, const char *name);
void settings_free(Settings *settings);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Settings, settings_free)
