/* The bucket as the program wants it: there; closed to the public; encrypted at rest; with versions where the settings want them; open to a
 * browser that has a signed URL (CORS). Its lifecycle rules are lifecycle.c's. */
#include <string.h>

#include "operate/bucket_config.h"
#include "store/s3_bucket.h"

static bool make_bucket(const SetupContext *context, GError **error) { return s3_bucket_create(context->bucket, error); }

/* -- one configuration each ----------------------------------------------------------------------------------------------- */

static const char *const blocks[] = {"BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"};

static bool is_closed(const XmlElement *root, const SetupContext *context) {
    for (gsize i = 0; i < G_N_ELEMENTS(blocks); i++)
        if (!xml_has(root, blocks[i], "true")) return false;
    return true;
}

static bool close_public(const SetupContext *context, GError **error) {
    g_autoptr(GString) xml = g_string_new("<PublicAccessBlockConfiguration>");
    for (gsize i = 0; i < G_N_ELEMENTS(blocks); i++) g_string_append_printf(xml, "<%s>true</%s>", blocks[i], blocks[i]);
    g_string_append(xml, "</PublicAccessBlockConfiguration>");
    return bucket_config_write(context, "publicAccessBlock", xml->str, SETUP_LACKS_BLOCK, error);
}

/* Any default will do where the settings name none. */
static bool is_encrypted(const XmlElement *root, const SetupContext *context) {
    const Settings *settings = context->settings;
    const XmlElement *by = xml_child(xml_child(root, "Rule"), "ApplyServerSideEncryptionByDefault");
    const char *algorithm = xml_text(by, "SSEAlgorithm"), *key = xml_text(by, "KMSMasterKeyID");
    if (!algorithm || !settings->s3_sse) return algorithm != NULL;
    return strcmp(algorithm, settings->s3_sse) == 0 && (!settings->s3_sse_kms_key || (key && g_str_has_suffix(key, settings->s3_sse_kms_key)));
}

static bool encrypt(const SetupContext *context, GError **error) {
    const Settings *settings = context->settings;
    const char *key = settings->s3_sse_kms_key;
    bool by_kms = g_strcmp0(settings->s3_sse, "aws:kms") == 0;
    g_autofree char *named = by_kms && key ? g_markup_printf_escaped("<KMSMasterKeyID>%s</KMSMasterKeyID>", key) : g_strdup("");
    /* A bucket key spares a call of KMS with each object. */
    g_autofree char *xml =
        g_strdup_printf("<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>%s</SSEAlgorithm>%s"
                        "</ApplyServerSideEncryptionByDefault>%s</Rule></ServerSideEncryptionConfiguration>",
                        by_kms ? "aws:kms" : "AES256", named, by_kms ? "<BucketKeyEnabled>true</BucketKeyEnabled>" : "");
    return bucket_config_write(context, "encryption", xml, SETUP_LACKS_ENCRYPTION, error);
}

static bool keeps_versions(const XmlElement *root, const SetupContext *context) { return xml_has(root, "Status", "Enabled"); }

static bool keep_versions(const SetupContext *context, GError **error) {
    return bucket_config_write(context, "versioning", "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>",
                               SETUP_LACKS_VERSIONING, error);
}

/* A rule by which any page may GET and PUT. */
static bool is_cors_rule(const XmlElement *rule, const SetupContext *context) {
    return strcmp(rule->name, "CORSRule") == 0 && xml_has(rule, "AllowedOrigin", context->origin) && xml_has(rule, "AllowedMethod", "GET") &&
           xml_has(rule, "AllowedMethod", "PUT") && xml_has(rule, "AllowedHeader", "*");
}

static bool has_cors_rule(const XmlElement *root, const SetupContext *context) {
    for (guint i = 0; root->children && i < root->children->len; i++)
        if (is_cors_rule(g_ptr_array_index(root->children, i), context)) return true;
    return false;
}

static bool add_cors_rule(const SetupContext *context, GError **error) {
    g_autofree char *rule = g_markup_printf_escaped("<CORSRule><AllowedOrigin>%s</AllowedOrigin><AllowedMethod>GET</AllowedMethod><AllowedMethod>HEAD</AllowedMethod>"
                                                    "<AllowedMethod>PUT</AllowedMethod><AllowedHeader>*</AllowedHeader><ExposeHeader>ETag</ExposeHeader>"
                                                    "<MaxAgeSeconds>3600</MaxAgeSeconds></CORSRule>", context->origin);
    g_autofree char *present = NULL;
    g_autoptr(XmlElement) root = NULL;
    bool supported = false;
    if (!bucket_config_read(context, "cors", SETUP_LACKS_CORS, &supported, &present, &root, error)) return false;
    g_autofree char *whole = xml_with_rule(present, "CORSConfiguration", rule);
    if (supported) return bucket_config_write(context, "cors", whole, SETUP_LACKS_CORS, error);
    *context->lacking |= SETUP_LACKS_CORS;
    return true;
}

/* Some services (MinIO) have one rule for all buckets, in their own configuration. */
static bool admits_page(const SetupContext *context) { return s3_bucket_admits(context->bucket, context->origin); }

/* -- the plan ------------------------------------------------------------------------------------------------------------- */

typedef struct {
    const char *config, *what, *why, *lacking; /* `lacking`: what to do where the service has no such thing */
    SetupLack lack;
    bool replaces; /* what stands is another's choice, and not added to but replaced: told as such */
    bool (*is_so)(const XmlElement *root, const SetupContext *context);
    bool (*apply)(const SetupContext *context, GError **error);
    bool (*works)(const SetupContext *context); /* though the service has no such thing for a bucket; NULL: it never does */
} ConfigStep;

static const ConfigStep config_steps[] = {
    {"publicAccessBlock", "public access block", "no policy or list may open recordings to strangers by mistake",
     "this service has no such block: see to it that no policy of the bucket allows everyone", SETUP_LACKS_BLOCK, true, is_closed, close_public, NULL},
    {"encryption", "encryption at rest", "what a disk that is carried off holds can't be read",
     "this service has no default encryption for a bucket: encrypt its disks", SETUP_LACKS_ENCRYPTION, true, is_encrypted, encrypt, NULL},
    {"cors", "CORS rule", "a browser sends recordings straight to it; without the rule they go through the server",
     "this service has no CORS rules for a bucket: allow the page's origin in its own configuration, else recordings go through the server",
     SETUP_LACKS_CORS, false, has_cors_rule, add_cors_rule, admits_page},
};

static const ConfigStep versioning_step = {"versioning",
                                           "versions",
                                           "what is overwritten or removed by mistake can be had back (S3_VERSIONING)",
                                           "this service keeps no versions here: set S3_VERSIONING=false",
                                           SETUP_LACKS_VERSIONING,
                                           false,
                                           keeps_versions,
                                           keep_versions,
                                           NULL};

static bool plan_config(const SetupContext *context, const ConfigStep *step, bool exists, GPtrArray *steps, GError **error) {
    g_autofree char *xml = NULL;
    g_autoptr(XmlElement) root = NULL;
    bool supported = true;
    if (exists && !bucket_config_read(context, step->config, step->lack, &supported, &xml, &root, error)) return false;
    bool has = supported ? root && step->is_so(root, context) : step->works && step->works(context);
    if (has) setup_add(steps, SETUP_PRESENT, NULL, step->what, step->why, NULL);
    else if (!supported) setup_add(steps, SETUP_MISSING, NULL, step->what, step->why, step->lacking);
    else if (root && step->replaces)
        setup_add(steps, SETUP_DIFFERENT, step->apply, step->what, step->why, "it is set otherwise: --apply sets it as the settings say");
    else setup_add(steps, SETUP_MISSING, step->apply, step->what, step->why, NULL);
    return true;
}

static bool ask_versions(const SetupContext *context, bool exists, bool *versioned, GError **error) {
    g_autofree char *xml = NULL;
    g_autoptr(XmlElement) root = NULL;
    bool supported = true;
    if (exists && !bucket_config_read(context, "versioning", SETUP_LACKS_VERSIONING, &supported, &xml, &root, error)) return false;
    *versioned = (root && xml_text(root, "Status")) || (context->settings->s3_versioning && supported);
    return true;
}

bool bucket_plan(const SetupContext *context, GPtrArray *steps, GError **error) {
    bool exists = false, versioned = false;
    if (!context->bucket) return true;
    g_autofree char *what = g_strdup_printf("bucket %s", context->settings->bucket);
    if (!s3_bucket_exists(context->bucket, &exists, error) || !ask_versions(context, exists, &versioned, error)) return false;
    setup_add(steps, exists ? SETUP_PRESENT : SETUP_MISSING, exists ? NULL : make_bucket, what,
              "recordings, transcripts, jobs and the list stand in it", NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(config_steps); i++)
        if (!plan_config(context, &config_steps[i], exists, steps, error)) return false;
    if (context->settings->s3_versioning && !plan_config(context, &versioning_step, exists, steps, error)) return false;
    return lifecycle_plan(context, exists, versioned, steps, error);
}
