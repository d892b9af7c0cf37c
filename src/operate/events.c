/* The queue that wakes servers (HANSARD_QUEUE_URL): there, open to the bucket's messages, and told by the bucket of new jobs and of what comes
 * into the inbox. Policies and notifications of others stay: ours are added. */
#include <string.h>

#include "base/text.h"
#include "ingest/inbox.h"
#include "model/keys.h"
#include "operate/bucket_config.h"
#include "store/s3_bucket.h"

#define EVENT "s3:ObjectCreated:*"
#define SENDER "s3.amazonaws.com"

static const char *const prefixes[] = {PREFIX_JOBS, PREFIX_INBOX};

/* The bucket in the partition of the queue: "arn:aws:s3:::name". Caller frees. */
static char *bucket_arn(const SetupContext *context, const char *queue_arn) {
    g_auto(GStrv) parts = g_strsplit(queue_arn, ":", 3);
    return g_strdup_printf("arn:%s:s3:::%s", parts[0] && parts[1] ? parts[1] : "aws", context->settings->bucket);
}

/* -- the queue's policy --------------------------------------------------------------------------------------------------- */

static json_t *statement_for(const char *queue_arn, const char *bucket) {
    return json_pack("{s:s, s:s, s:{s:s}, s:s, s:s, s:{s:{s:s}}}", "Sid", "hansard-bucket-events", "Effect", "Allow", "Principal", "Service", SENDER,
                     "Action", "sqs:SendMessage", "Resource", queue_arn, "Condition", "ArnEquals", "aws:SourceArn", bucket);
}

static bool has_statement(const json_t *policy, const json_t *statement) {
    const json_t *statements = json_object_get(policy, "Statement");
    for (size_t i = 0; i < json_array_size(statements); i++)
        if (json_equal(json_array_get(statements, i), statement)) return true;
    return false;
}

/* NULL: it can't be read, and is another's. */
static json_t *parse_policy(const char *text) {
    if (text) return json_parse_object(text, strlen(text), "the queue's policy", NULL);
    return json_pack("{s:s, s:[]}", "Version", "2012-10-17", "Statement");
}

static bool let_bucket_send(const SetupContext *context, GError **error) {
    bool exists = false;
    g_autofree char *arn = NULL, *text = NULL;
    if (!queue_describe(context->queue, &exists, &arn, &text, error)) return false;
    if (!exists) return fail(error, ERROR_CONFIG, "there is no queue yet: run `hansard setup --apply` again");
    g_autofree char *bucket = bucket_arn(context, arn);
    g_autoptr(json_t) policy = parse_policy(text);
    json_t *statements = json_object_get(policy, "Statement");
    if (!json_is_array(statements))
        return fail(error, ERROR_CONFIG, "the policy of the queue can't be read: let %s send to it (sqs:SendMessage for %s)", bucket, SENDER);
    json_array_append_new(statements, statement_for(arn, bucket));
    g_autoptr(GBytes) bytes = json_to_bytes(policy, false);
    g_autofree char *whole = g_strndup(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
    return queue_set_policy(context->queue, whole, error);
}

/* -- the bucket's notifications ------------------------------------------------------------------------------------------- */

static bool names_prefix(const XmlElement *configuration, const char *prefix) {
    const XmlElement *key = xml_child(xml_child(configuration, "Filter"), "S3Key");
    bool narrowed = false, covered = false;
    for (guint i = 0; key && key->children && i < key->children->len; i++) {
        const XmlElement *rule = g_ptr_array_index(key->children, i);
        const char *name = xml_text(rule, "Name"), *value = xml_text(rule, "Value");
        if (!name || !value || !*value) continue;
        bool is_prefix = g_ascii_strcasecmp(name, "prefix") == 0;
        narrowed |= !is_prefix;
        covered |= is_prefix && g_str_has_prefix(prefix, value);
        narrowed |= is_prefix && !g_str_has_prefix(prefix, value);
    }
    return covered || !narrowed;
}

static bool tells(const XmlElement *root, const char *queue_arn, const char *prefix) {
    for (guint i = 0; root && root->children && i < root->children->len; i++) {
        const XmlElement *configuration = g_ptr_array_index(root->children, i);
        if (strcmp(configuration->name, "QueueConfiguration") == 0 && xml_has(configuration, "Queue", queue_arn) &&
            xml_has(configuration, "Event", EVENT) && names_prefix(configuration, prefix))
            return true;
    }
    return false;
}

static char *with_configuration(const SetupContext *context, const char *xml, const char *queue_arn, const char *under) {
    g_autofree char *prefix = g_strconcat(s3_bucket_prefix(context->bucket), under, NULL), *sum = text_sha256(prefix, strlen(prefix));
    g_autofree char *rule =
        g_markup_printf_escaped("<QueueConfiguration><Id>hansard-%.12s</Id><Queue>%s</Queue><Event>" EVENT "</Event><Filter><S3Key><FilterRule>"
                                "<Name>prefix</Name><Value>%s</Value></FilterRule></S3Key></Filter></QueueConfiguration>",
                                sum, queue_arn, prefix);
    return xml_with_rule(xml, "NotificationConfiguration", rule);
}

static bool tell_queue(const SetupContext *context, GError **error) {
    bool exists = false, supported = false;
    g_autofree char *arn = NULL, *policy = NULL, *xml = NULL;
    g_autoptr(XmlElement) root = NULL;
    if (!queue_describe(context->queue, &exists, &arn, &policy, error) ||
        !bucket_config_read(context, "notification", SETUP_LACKS_EVENTS, &supported, &xml, &root, error))
        return false;
    if (!exists) return fail(error, ERROR_CONFIG, "there is no queue yet: run `hansard setup --apply` again");
    for (gsize i = 0; i < G_N_ELEMENTS(prefixes); i++) {
        g_autofree char *prefix = g_strconcat(s3_bucket_prefix(context->bucket), prefixes[i], NULL);
        if (tells(root, arn, prefix)) continue;
        char *more = with_configuration(context, xml, arn, prefixes[i]);
        g_free(xml);
        xml = more;
    }
    return bucket_config_write(context, "notification", xml, SETUP_LACKS_EVENTS, error);
}

/* -- the plan ------------------------------------------------------------------------------------------------------------- */

static bool create(const SetupContext *context, GError **error) { return queue_create(context->queue, error); }

static void add(GPtrArray *steps, bool stands, bool (*apply)(const SetupContext *, GError **), const char *what, const char *why) {
    setup_add(steps, stands ? SETUP_PRESENT : SETUP_MISSING, stands ? NULL : apply, what, why, NULL);
}

static bool plan_notifications(const SetupContext *context, const char *arn, GPtrArray *steps, GError **error) {
    g_autofree char *xml = NULL;
    g_autoptr(XmlElement) root = NULL;
    bool supported = true, exists = false, tells_all = arn != NULL;
    if (!s3_bucket_exists(context->bucket, &exists, error)) return false;
    if (exists && !bucket_config_read(context, "notification", SETUP_LACKS_EVENTS, &supported, &xml, &root, error)) return false;
    for (gsize i = 0; arn && i < G_N_ELEMENTS(prefixes); i++) {
        g_autofree char *prefix = g_strconcat(s3_bucket_prefix(context->bucket), prefixes[i], NULL);
        tells_all = tells_all && tells(root, arn, prefix);
    }
    const char *why = "servers are told at once of jobs that others have queued, and of files in the inbox";
    if (supported) add(steps, tells_all, tell_queue, "events of the bucket", why);
    else setup_add(steps, SETUP_MISSING, NULL, "events of the bucket", why, "this service sends no events to SQS: leave HANSARD_QUEUE_URL unset");
    return true;
}

bool events_plan(const SetupContext *context, GPtrArray *steps, GError **error) {
    bool exists = false;
    g_autofree char *arn = NULL, *text = NULL;
    if (!context->queue || !context->bucket) return true;
    if (!queue_describe(context->queue, &exists, &arn, &text, error)) return false;
    g_autofree char *what = g_strdup_printf("queue %s", context->settings->queue_url), *bucket = arn ? bucket_arn(context, arn) : NULL;
    g_autoptr(json_t) policy = parse_policy(text);
    g_autoptr(json_t) statement = arn ? statement_for(arn, bucket) : NULL;
    add(steps, exists, create, what, "it wakes servers (HANSARD_QUEUE_URL)");
    add(steps, statement && has_statement(policy, statement), let_bucket_send, "policy of the queue", "the bucket, and none but it, may send to it");
    return plan_notifications(context, arn, steps, error);
}
