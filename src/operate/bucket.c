/* The bucket as the program wants it: there; open to a browser that has a signed URL (CORS); and clearing away the parts of uploads that were broken off.
 * Rules of others stay as they are: ours are added to them. */
#include <string.h>

#include "aws/xml.h"
#include "base/limits.h"
#include "operate/setup.h"
#include "store/s3_bucket.h"

#define RULE_ID "hansard-clear-broken-off-uploads"

static const char why_bucket[] = "recordings, transcripts, jobs and the list stand in it";
static const char why_cors[] = "a browser sends recordings straight to it, and plays them from it";
static const char why_rule[] = "parts of uploads that were broken off cost money until they are cleared";

static bool make_bucket(const SetupContext *context, GError **error) { return s3_bucket_create(context->bucket, error); }

/* -- rules: XML that is read to judge, and added to as text, so that nothing of another's is lost ------------------------- */

static bool is_text(const XmlElement *element, const char *name, const char *text) {
    return element && strcmp(element->name, name) == 0 && strcmp(element->text, text) == 0;
}

static bool has_text(const XmlElement *parent, const char *name, const char *text) {
    for (guint i = 0; parent->children && i < parent->children->len; i++)
        if (is_text(g_ptr_array_index(parent->children, i), name, text)) return true;
    return false;
}

/* A rule by which any page may GET and PUT. */
static bool is_cors_rule(const XmlElement *rule, const SetupContext *context) {
    return strcmp(rule->name, "CORSRule") == 0 && has_text(rule, "AllowedOrigin", context->origin) && has_text(rule, "AllowedMethod", "GET") &&
           has_text(rule, "AllowedMethod", "PUT") && has_text(rule, "AllowedHeader", "*");
}

/* A rule in force that aborts uploads under our prefix (or everywhere). */
static bool is_clearing_rule(const XmlElement *rule, const SetupContext *context) {
    const XmlElement *filter = xml_child(rule, "Filter");
    const char *prefix = xml_text(filter ? filter : rule, "Prefix"), *ours = s3_bucket_prefix(context->bucket);
    return strcmp(rule->name, "Rule") == 0 && has_text(rule, "Status", "Enabled") && xml_child(rule, "AbortIncompleteMultipartUpload") &&
           (!prefix || g_str_has_prefix(ours, prefix)) && !(filter && (xml_child(filter, "And") || xml_child(filter, "Tag")));
}

typedef bool (*IsRule)(const XmlElement *rule, const SetupContext *context);

static bool has_rule(const char *xml, IsRule is_rule, const SetupContext *context, bool *has, GError **error) {
    *has = false;
    if (!xml) return true;
    g_autoptr(XmlElement) root = xml_parse(xml, strlen(xml), "the bucket's configuration", error);
    if (!root) return false;
    for (guint i = 0; root->children && i < root->children->len && !*has; i++) *has = is_rule(g_ptr_array_index(root->children, i), context);
    return true;
}

/* `xml` (NULL: none yet) with `rule` added before the end of its `root`. Caller frees. */
static char *add_rule(const char *xml, const char *root, const char *rule) {
    g_autofree char *end = g_strdup_printf("</%s>", root);
    const char *at = xml ? g_strrstr(xml, end) : NULL;
    if (!at) return g_strdup_printf("<%s>%s</%s>", root, rule, root);
    return g_strdup_printf("%.*s%s%s", (int)(at - xml), xml, rule, at);
}

static bool write_with(const SetupContext *context, const char *what, const char *root, const char *rule, SetupLack lack, GError **error) {
    g_autofree char *present = NULL;
    bool supported = false;
    if (!s3_bucket_read(context->bucket, what, &supported, &present, error)) return false;
    g_autofree char *whole = add_rule(present, root, rule);
    if (supported && !s3_bucket_write(context->bucket, what, whole, &supported, error)) return false;
    if (!supported) *context->lacking |= lack;
    return true;
}

static bool make_cors(const SetupContext *context, GError **error) {
    g_autofree char *rule = g_markup_printf_escaped("<CORSRule><AllowedOrigin>%s</AllowedOrigin><AllowedMethod>GET</AllowedMethod><AllowedMethod>HEAD</AllowedMethod>"
                                                    "<AllowedMethod>PUT</AllowedMethod><AllowedHeader>*</AllowedHeader><ExposeHeader>ETag</ExposeHeader>"
                                                    "<MaxAgeSeconds>3600</MaxAgeSeconds></CORSRule>", context->origin);
    return write_with(context, "cors", "CORSConfiguration", rule, SETUP_LACKS_CORS, error);
}

static bool make_rule(const SetupContext *context, GError **error) {
    g_autofree char *rule = g_markup_printf_escaped("<Rule><ID>" RULE_ID "</ID><Filter><Prefix>%s</Prefix></Filter><Status>Enabled</Status>"
                                                    "<AbortIncompleteMultipartUpload><DaysAfterInitiation>%d</DaysAfterInitiation>"
                                                    "</AbortIncompleteMultipartUpload></Rule>",
                                                    s3_bucket_prefix(context->bucket), UPLOAD_IDLE_S_MAX / 86400);
    return write_with(context, "lifecycle", "LifecycleConfiguration", rule, SETUP_LACKS_LIFECYCLE, error);
}

/* -- the plan ------------------------------------------------------------------------------------------------------------- */

typedef struct {
    const char *config, *what, *why, *lacking; /* `lacking`: what to do where the service has no such thing */
    SetupLack lack;
    IsRule is_rule;
    bool (*apply)(const SetupContext *context, GError **error);
} RuleStep;

static const RuleStep rule_steps[] = {
    {"cors", "CORS rule", why_cors, "this service has no CORS rules for a bucket: allow the page's origin in its own configuration, or let recordings go through the server",
     SETUP_LACKS_CORS, is_cors_rule, make_cors},
    {"lifecycle", "lifecycle rule", why_rule, "this service has no lifecycle rules: see how it clears uploads that were never completed",
     SETUP_LACKS_LIFECYCLE, is_clearing_rule, make_rule},
};

static bool plan_rule(const SetupContext *context, const RuleStep *step, bool bucket_exists, GPtrArray *steps, GError **error) {
    g_autofree char *xml = NULL;
    bool supported = true, has = false;
    if (bucket_exists && (!s3_bucket_read(context->bucket, step->config, &supported, &xml, error) || !has_rule(xml, step->is_rule, context, &has, error)))
        return false;
    supported = supported && !(*context->lacking & step->lack);
    SetupState state = has ? SETUP_PRESENT : SETUP_MISSING;
    setup_add(steps, state, has || !supported ? NULL : step->apply, step->what, step->why, supported ? NULL : step->lacking);
    return true;
}

bool bucket_plan(const SetupContext *context, GPtrArray *steps, GError **error) {
    bool exists = false;
    if (!context->bucket) return true;
    g_autofree char *what = g_strdup_printf("bucket %s", context->settings->bucket);
    if (!s3_bucket_exists(context->bucket, &exists, error)) return false;
    setup_add(steps, exists ? SETUP_PRESENT : SETUP_MISSING, exists ? NULL : make_bucket, what, why_bucket, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(rule_steps); i++)
        if (!plan_rule(context, &rule_steps[i], exists, steps, error)) return false;
    return true;
}
