/* A statement for each service that the settings name. Where the number of the account is not known it is left open: a policy of an identity
 * reaches no other account's table or key without that account's leave. */
#include "operate/policy.h"

#include <string.h>

#include "aws/credentials.h"
#include "catalog/dynamodb.h"

typedef struct {
    const Settings *settings;
    const PolicyOptions *options;
    const char *partition, *region; /* "*": not known */
    json_t *statements;
} Draft;

static void add_action(json_t *actions, const char *name, bool wanted) {
    if (wanted) json_array_append_new(actions, json_string(name));
}

static json_t *actions_of(const char *const *names) {
    json_t *actions = json_array();
    for (; *names; names++) add_action(actions, *names, true);
    return actions;
}

/* Takes actions and resource; its condition may be added by the caller. */
static json_t *allow(Draft *draft, const char *sid, json_t *actions, json_t *resource) {
    json_t *statement = json_pack("{s:s, s:s, s:o, s:o}", "Sid", sid, "Effect", "Allow", "Action", actions, "Resource", resource);
    json_array_append_new(draft->statements, statement);
    return statement;
}

static json_t *arn(const Draft *draft, const char *format, ...) G_GNUC_PRINTF(2, 3);
static json_t *arn(const Draft *draft, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *rest = g_strdup_vprintf(format, arguments), *whole = g_strdup_printf("arn:%s:%s", draft->partition, rest);
    va_end(arguments);
    return json_string(whole);
}

/* What a policy would read as more than itself stands for itself. Caller frees. */
static char *literal(const char *text) {
    GString *safe = g_string_new(NULL);
    for (; *text; text++) {
        if (strchr("*?$", *text)) g_string_append_printf(safe, "${%c}", *text);
        else g_string_append_c(safe, *text);
    }
    return g_string_free(safe, FALSE);
}

/* -- S3 ------------------------------------------------------------------------------------------------------------------- */

static void allow_objects(Draft *draft, const char *prefix) {
    static const char *const names[] =
        {"s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts", NULL};
    json_t *actions = actions_of(names);
    add_action(actions, "s3:DeleteObjectVersion", draft->settings->s3_purge_versions);
    allow(draft, "Objects", actions, arn(draft, "s3:::%s/%s*", draft->settings->bucket, prefix));
}

/* A key that is not there is told as such only to those who may list it: S3 then takes the key for `s3:prefix`. */
static void allow_list(Draft *draft, const char *prefix) {
    json_t *actions = json_array();
    g_autofree char *all = g_strconcat(prefix, "*", NULL);
    add_action(actions, "s3:ListBucket", true);
    add_action(actions, "s3:ListBucketVersions", draft->settings->s3_purge_versions);
    json_t *statement = allow(draft, "List", actions, arn(draft, "s3:::%s", draft->settings->bucket));
    if (*prefix) json_object_set_new(statement, "Condition", json_pack("{s:{s:s}}", "StringLike", "s3:prefix", all));
}

/* Of the bucket as a whole: HEAD of it is `s3:ListBucket` without a prefix. */
static void allow_configuration(Draft *draft) {
    static const char *const names[] = {"s3:CreateBucket", "s3:ListBucket", "s3:GetBucketCORS", "s3:PutBucketCORS", "s3:GetLifecycleConfiguration",
                                        "s3:PutLifecycleConfiguration", "s3:GetEncryptionConfiguration", "s3:PutEncryptionConfiguration",
                                        "s3:GetBucketPublicAccessBlock", "s3:PutBucketPublicAccessBlock", "s3:GetBucketVersioning", NULL};
    json_t *actions = actions_of(names);
    add_action(actions, "s3:PutBucketVersioning", draft->settings->s3_versioning);
    add_action(actions, "s3:GetBucketNotification", draft->settings->queue_url != NULL);
    add_action(actions, "s3:PutBucketNotification", draft->settings->queue_url != NULL);
    allow(draft, "Bucket", actions, arn(draft, "s3:::%s", draft->settings->bucket));
}

/* AWS's own key for S3 needs no right. An alias is none of the key's names in a policy: it is asked for by a condition. */
static void allow_key(Draft *draft) {
    static const char *const names[] = {"kms:GenerateDataKey", "kms:Decrypt", NULL};
    const char *key = draft->settings->s3_sse_kms_key, *alias = key ? strstr(key, "alias/") : NULL;
    if (!key || g_strcmp0(draft->settings->s3_sse, "aws:kms") != 0) return;
    json_t *resource = alias                            ? arn(draft, "kms:%s:*:key/*", draft->region)
                       : g_str_has_prefix(key, "arn:") ? json_string(key)
                                                        : arn(draft, "kms:%s:*:key/%s", draft->region, key);
    json_t *statement = allow(draft, "Key", actions_of(names), resource);
    if (alias) json_object_set_new(statement, "Condition", json_pack("{s:{s:s}}", "ForAnyValue:StringEquals", "kms:ResourceAliases", alias));
}

static void allow_bucket(Draft *draft) {
    const Settings *settings = draft->settings;
    if (!settings->bucket || !settings->store_in_s3) return;
    g_autofree char *name = literal(settings->s3_prefix ? settings->s3_prefix : ""), *prefix = g_strconcat(name, *name ? "/" : "", NULL);
    allow_list(draft, prefix);
    allow_objects(draft, prefix);
    allow_key(draft);
    /* It tells whether what is removed can still be read. */
    static const char *const versions[] = {"s3:GetBucketVersioning", NULL};
    if (settings->retention) allow(draft, "Versions", actions_of(versions), arn(draft, "s3:::%s", settings->bucket));
    if (draft->options->kind == POLICY_SETUP) allow_configuration(draft);
}

/* -- the other services --------------------------------------------------------------------------------------------------- */

static void allow_table(Draft *draft) {
    static const char *const rows[] = {"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem", NULL};
    static const char *const query[] = {"dynamodb:Query", NULL};
    static const char *const making[] = {"dynamodb:DescribeTable", "dynamodb:CreateTable", "dynamodb:UpdateTable", "dynamodb:TagResource",
                                         "dynamodb:ListTagsOfResource", NULL};
    if (!draft->options->uses_table) return;
    const char *table = draft->settings->dynamodb_table;
    allow(draft, "Rows", actions_of(rows), arn(draft, "dynamodb:%s:*:table/%s", draft->region, table));
    allow(draft, "Lists", actions_of(query), arn(draft, "dynamodb:%s:*:table/%s/index/" TABLE_INDEX, draft->region, table));
    if (draft->options->kind != POLICY_SETUP) return;
    json_t *actions = actions_of(making);
    add_action(actions, "dynamodb:DescribeContinuousBackups", draft->options->table_recovery);
    add_action(actions, "dynamodb:UpdateContinuousBackups", draft->options->table_recovery);
    allow(draft, "Table", actions, arn(draft, "dynamodb:%s:*:table/%s", draft->region, table));
}

/* "https://sqs.REGION.amazonaws.com/ACCOUNT/NAME" */
static void allow_queue(Draft *draft) {
    static const char *const names[] = {"sqs:ReceiveMessage", "sqs:DeleteMessage", NULL};
    static const char *const making[] = {"sqs:CreateQueue", "sqs:GetQueueAttributes", "sqs:SetQueueAttributes", NULL};
    g_autoptr(GUri) uri = draft->settings->queue_url ? g_uri_parse(draft->settings->queue_url, G_URI_FLAGS_NONE, NULL) : NULL;
    if (!uri) return;
    g_auto(GStrv) path = g_strsplit(g_uri_get_path(uri), "/", 4), host = g_strsplit(g_uri_get_host(uri) ? g_uri_get_host(uri) : "", ".", 3);
    bool is_aws = g_strcmp0(host[0], "sqs") == 0 && g_strv_length(host) == 3, is_whole = g_strv_length(path) >= 3;
    const char *region = is_aws ? host[1] : draft->region, *account = is_whole ? path[1] : "*", *name = is_whole ? path[2] : "*";
    allow(draft, "Queue", actions_of(names), arn(draft, "sqs:%s:%s:%s", region, account, name));
    if (draft->options->kind == POLICY_SETUP) allow(draft, "MakeQueue", actions_of(making), arn(draft, "sqs:%s:%s:%s", region, account, name));
}

/* Amazon Transcribe knows no resources for what begins a job. It reads and writes the bucket with the caller's rights. */
static void allow_transcribe(Draft *draft) {
    static const char *const jobs[] = {"transcribe:StartTranscriptionJob", "transcribe:GetTranscriptionJob", "transcribe:DeleteTranscriptionJob",
                                       NULL};
    static const char *const vocabularies[] = {"transcribe:CreateVocabulary", "transcribe:GetVocabulary", "transcribe:DeleteVocabulary"};
    if (g_strcmp0(draft->settings->transcriber, "amazon") != 0) return;
    json_t *actions = actions_of(jobs);
    for (gsize i = 0; i < G_N_ELEMENTS(vocabularies); i++) add_action(actions, vocabularies[i], !draft->settings->vocabulary_name);
    allow(draft, "Transcribe", actions, json_string("*"));
}

/* An inference profile ("eu.anthropic.…") leads to the model of that name in several regions: both must be allowed. */
static void allow_model(Draft *draft) {
    static const char *const names[] = {"bedrock:InvokeModel", NULL};
    static const char *const profiles[] = {"us.", "eu.", "apac.", "us-gov.", "jp.", "au.", "ca.", "global."};
    const char *model = draft->settings->bedrock_model;
    if (g_strcmp0(draft->settings->extractor, "bedrock") != 0 || !model) return;
    json_t *resources = json_array();
    const char *base = model;
    for (gsize i = 0; i < G_N_ELEMENTS(profiles); i++)
        if (g_str_has_prefix(model, profiles[i])) base = model + strlen(profiles[i]);
    if (g_str_has_prefix(model, "arn:")) json_array_append_new(resources, json_string(model));
    else json_array_append_new(resources, arn(draft, "bedrock:%s::foundation-model/%s", base == model ? draft->region : "*", base));
    if (base != model) json_array_append_new(resources, arn(draft, "bedrock:%s:*:inference-profile/%s", draft->region, model));
    allow(draft, "Model", actions_of(names), resources);
}

static const char *partition_of(const char *region) {
    return g_str_has_prefix(region, "cn-") ? "aws-cn" : g_str_has_prefix(region, "us-gov-") ? "aws-us-gov" : "aws";
}

bool policy_of(const Settings *settings, const PolicyOptions *options, json_t **policy, GError **error) {
    g_autofree char *region = aws_region_of(settings);
    Draft draft = {settings, options, partition_of(region ? region : ""), region ? region : "*", json_array()};
    g_autoptr(json_t) statements = draft.statements;
    allow_bucket(&draft);
    allow_table(&draft);
    allow_queue(&draft);
    allow_transcribe(&draft);
    allow_model(&draft);
    if (json_array_size(statements) == 0)
        return fail(error, ERROR_CONFIG, "the settings use nothing of AWS, so that no rights are needed: set S3_BUCKET_NAME, or what else is meant");
    *policy = json_pack("{s:s, s:O}", "Version", "2012-10-17", "Statement", statements);
    return true;
}
