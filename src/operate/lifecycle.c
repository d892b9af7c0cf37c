/* The bucket's lifecycle rules that the settings ask for: each of its own ID, so that it is found again, set right where it was changed, and taken
 * away where no setting asks for it any more. Rules of others stay; one that removes or archives what the program lives by is told.
 *
 * Recordings alone are moved and removed. The rule for old versions is for the whole workspace: what is current is never touched by it, and jobs,
 * which are rewritten every few seconds of work, leave the most versions. */
#include <string.h>

#include "base/limits.h"
#include "model/keys.h"
#include "operate/bucket_config.h"
#include "store/s3_bucket.h"

typedef struct Rule Rule;
struct Rule {
    const char *id, *why, *setting, *lacking; /* `lacking`: what to do where the service has no such rule */
    SetupLack lack;
    char *(*body)(const SetupContext *context, bool versioned); /* after ID and Status; NULL: the settings ask for none. Caller frees */
    bool (*apply)(const SetupContext *context, GError **error);
};

static char *filter(const SetupContext *context, const char *under) {
    g_autofree char *prefix = g_strconcat(s3_bucket_prefix(context->bucket), under, NULL);
    return g_markup_printf_escaped("<Filter><Prefix>%s</Prefix></Filter>", prefix);
}

static char *clearing(const SetupContext *context, bool versioned) {
    g_autofree char *where = filter(context, "");
    return g_strdup_printf("%s<AbortIncompleteMultipartUpload><DaysAfterInitiation>%d</DaysAfterInitiation></AbortIncompleteMultipartUpload>", where,
                           UPLOAD_IDLE_S_MAX / 86400);
}

static char *archiving(const SetupContext *context, bool versioned) {
    const Settings *settings = context->settings;
    g_autofree char *where = filter(context, PREFIX_RECORDINGS);
    if (settings->s3_archive_days == 0) return NULL;
    return g_strdup_printf("%s<Transition><Days>%d</Days><StorageClass>%s</StorageClass></Transition>", where, settings->s3_archive_days,
                           settings->s3_archive_class);
}

static char *expiring(const SetupContext *context, bool versioned) {
    g_autofree char *where = filter(context, PREFIX_RECORDINGS);
    int days = context->settings->s3_expire_days;
    return days ? g_strdup_printf("%s<Expiration><Days>%d</Days></Expiration>", where, days) : NULL;
}

static char *forgetting(const SetupContext *context, bool versioned) {
    g_autofree char *where = filter(context, "");
    int days = context->settings->s3_old_versions_days;
    if (days == 0 || !versioned) return NULL;
    return g_strdup_printf("%s<Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration>"
                           "<NoncurrentVersionExpiration><NoncurrentDays>%d</NoncurrentDays></NoncurrentVersionExpiration>", where, days);
}

static bool set_clearing(const SetupContext *context, GError **error);
static bool set_archiving(const SetupContext *context, GError **error);
static bool set_expiring(const SetupContext *context, GError **error);
static bool set_forgetting(const SetupContext *context, GError **error);

static const Rule rules[] = {
    {"hansard-clear-broken-off-uploads", "parts of uploads that were broken off cost money until they are cleared", NULL,
     "this service has no lifecycle rule for them: see how it clears uploads that were never completed", SETUP_LACKS_CLEARING, clearing,
     set_clearing},
    {"hansard-archive-recordings", "old recordings cost less in another class", "S3_ARCHIVE_DAYS",
     "this service moves nothing to S3_ARCHIVE_CLASS: set S3_ARCHIVE_DAYS=0, or another class", SETUP_LACKS_ARCHIVING, archiving, set_archiving},
    {"hansard-expire-recordings", "recordings are removed by age, whatever their tags; `hansard retention` heeds a hold", "S3_EXPIRE_DAYS",
     "this service has no lifecycle rules: set S3_EXPIRE_DAYS=0, and see docs/retention.md", SETUP_LACKS_EXPIRING, expiring, set_expiring},
    {"hansard-forget-old-versions", "what was overwritten or removed is kept, and paid for, only for a while", "S3_OLD_VERSIONS_DAYS",
     "this service has no lifecycle rules: remove old versions by its own means, or set S3_PURGE_VERSIONS=true", SETUP_LACKS_FORGETTING, forgetting,
     set_forgetting},
};
enum { CLEARING, ARCHIVING, EXPIRING, FORGETTING };

/* -- what stands ---------------------------------------------------------------------------------------------------------- */

static const char *const deeds[] = {"Expiration", "Transition", "NoncurrentVersionExpiration", "NoncurrentVersionTransition",
                                    "AbortIncompleteMultipartUpload", NULL};

static bool holds(const XmlElement *found, const XmlElement *wanted);

static bool holds_child(const XmlElement *found, const XmlElement *wanted) {
    for (guint i = 0; found->children && i < found->children->len; i++)
        if (holds(g_ptr_array_index(found->children, i), wanted)) return true;
    return false;
}

/* Services add members of their own, and leave out an empty prefix. */
static bool holds(const XmlElement *found, const XmlElement *wanted) {
    if (strcmp(found->name, wanted->name) != 0) return false;
    if (!wanted->children) return strcmp(found->text, wanted->text) == 0;
    for (guint i = 0; i < wanted->children->len; i++) {
        const XmlElement *child = g_ptr_array_index(wanted->children, i);
        bool is_empty = !child->children && !*child->text;
        if (!holds_child(found, child) && !(is_empty && !xml_child(found, child->name))) return false;
    }
    return true;
}

static guint count_of(const XmlElement *rule, const char *name) {
    guint count = 0;
    for (guint i = 0; rule->children && i < rule->children->len; i++)
        count += strcmp(((const XmlElement *)g_ptr_array_index(rule->children, i))->name, name) == 0;
    return count;
}

/* Does what is wanted and nothing beside it. */
static bool is_as_wanted(const XmlElement *found, const XmlElement *wanted) {
    for (gsize i = 0; deeds[i]; i++)
        if (count_of(found, deeds[i]) != count_of(wanted, deeds[i])) return false;
    return holds(found, wanted);
}

static const XmlElement *find_rule(const XmlElement *root, const char *id) {
    for (guint i = 0; root && root->children && i < root->children->len; i++)
        if (xml_has(g_ptr_array_index(root->children, i), "ID", id)) return g_ptr_array_index(root->children, i);
    return NULL;
}

/* The prefix that a rule is for; "": the whole bucket. NULL: narrowed by tags or sizes, too, which the program's objects have none of. */
static const char *prefix_of(const XmlElement *rule) {
    const XmlElement *narrowed = xml_child(rule, "Filter");
    const char *prefix = xml_text(narrowed ? narrowed : rule, "Prefix");
    if (narrowed && (xml_child(narrowed, "And") || xml_child(narrowed, "Tag"))) return NULL;
    return prefix ? prefix : "";
}

/* A rule of another's in force that aborts uploads under our prefix will do. */
static bool is_clearing(const XmlElement *rule, const char *ours) {
    const char *prefix = prefix_of(rule);
    return strcmp(rule->name, "Rule") == 0 && xml_has(rule, "Status", "Enabled") && xml_child(rule, "AbortIncompleteMultipartUpload") && prefix &&
           g_str_has_prefix(ours, prefix);
}

static bool has_clearing(const XmlElement *root, const char *ours) {
    for (guint i = 0; root && root->children && i < root->children->len; i++)
        if (is_clearing(g_ptr_array_index(root->children, i), ours)) return true;
    return false;
}

/* -- what is wanted ------------------------------------------------------------------------------------------------------- */

static char *wanted_rule(const Rule *rule, const SetupContext *context, bool versioned) {
    g_autofree char *body = rule->body(context, versioned);
    return body ? g_strdup_printf("<Rule><ID>%s</ID><Status>Enabled</Status>%s</Rule>", rule->id, body) : NULL;
}

/* By what stands when it is done, not when it was planned. */
static bool is_versioned(const SetupContext *context, bool *versioned, GError **error) {
    g_autofree char *xml = NULL;
    g_autoptr(XmlElement) root = NULL;
    bool supported = false;
    if (!bucket_config_read(context, "versioning", 0, &supported, &xml, &root, error)) return false;
    *versioned = root && xml_text(root, "Status");
    return true;
}

static bool set_rule(const SetupContext *context, const Rule *rule, GError **error) {
    g_autofree char *present = NULL;
    g_autoptr(XmlElement) root = NULL;
    bool supported = false, versioned = false;
    if (!is_versioned(context, &versioned, error) || !bucket_config_read(context, "lifecycle", rule->lack, &supported, &present, &root, error))
        return false;
    g_autofree char *wanted = wanted_rule(rule, context, versioned), *others = present ? xml_without_rule(present, rule->id) : NULL;
    g_autofree char *whole = wanted ? xml_with_rule(others, "LifecycleConfiguration", wanted) : g_strdup(others);
    if (supported) return bucket_config_write(context, "lifecycle", whole, rule->lack, error);
    *context->lacking |= rule->lack;
    return true;
}

static bool set_clearing(const SetupContext *context, GError **error) { return set_rule(context, &rules[CLEARING], error); }
static bool set_archiving(const SetupContext *context, GError **error) { return set_rule(context, &rules[ARCHIVING], error); }
static bool set_expiring(const SetupContext *context, GError **error) { return set_rule(context, &rules[EXPIRING], error); }
static bool set_forgetting(const SetupContext *context, GError **error) { return set_rule(context, &rules[FORGETTING], error); }

/* -- the plan ------------------------------------------------------------------------------------------------------------- */

static bool plan_rule(const SetupContext *context, const Rule *rule, const XmlElement *root, bool supported, bool versioned, GPtrArray *steps,
                      GError **error) {
    g_autofree char *text = wanted_rule(rule, context, versioned), *what = g_strdup_printf("lifecycle rule %s", rule->id);
    g_autoptr(XmlElement) wanted = text ? xml_parse(text, strlen(text), "a lifecycle rule", error) : NULL;
    const XmlElement *found = find_rule(root, rule->id);
    if (text && !wanted) return false;
    if (!text && !found) return true;
    bool stands = wanted && (found ? is_as_wanted(found, wanted) : rule == &rules[CLEARING] && has_clearing(root, s3_bucket_prefix(context->bucket)));
    supported = supported && !(*context->lacking & rule->lack);
    if (stands) setup_add(steps, SETUP_PRESENT, NULL, what, rule->why, NULL);
    else if (!supported) setup_add(steps, SETUP_MISSING, NULL, what, rule->why, rule->lacking);
    else if (!found) setup_add(steps, SETUP_MISSING, rule->apply, what, rule->why, NULL);
    else {
        g_autofree char *remedy =
            wanted ? g_strdup("someone has changed it, or the setting: --apply sets it as the settings say")
                   : g_strdup_printf("%s does not ask for it: --apply takes it away", rule->setting ? rule->setting : "no setting");
        setup_add(steps, SETUP_DIFFERENT, rule->apply, what, rule->why, remedy);
    }
    return true;
}

/* Removes, or puts where it can't be read at once. A delete marker that hides nothing may go. */
static bool does_harm(const XmlElement *rule) {
    const XmlElement *expiration = xml_child(rule, "Expiration");
    if (expiration && (xml_child(expiration, "Days") || xml_child(expiration, "Date"))) return true;
    for (guint i = 0; rule->children && i < rule->children->len; i++) {
        const XmlElement *child = g_ptr_array_index(rule->children, i);
        const char *class_name = strcmp(child->name, "Transition") == 0 ? xml_text(child, "StorageClass") : NULL;
        if (g_strcmp0(class_name, "GLACIER") == 0 || g_strcmp0(class_name, "DEEP_ARCHIVE") == 0) return true;
    }
    return false;
}

static void plan_others(const SetupContext *context, const XmlElement *rule, GPtrArray *steps) {
    static const char *const vital[] = {PREFIX_MEETINGS, PREFIX_INDEX, PREFIX_JOBS, PREFIX_TOKENS, PREFIX_SESSIONS, PREFIX_UPLOADS};
    const char *prefix = strcmp(rule->name, "Rule") == 0 && xml_has(rule, "Status", "Enabled") && does_harm(rule) ? prefix_of(rule) : NULL;
    if (!prefix) return;
    for (gsize i = 0; i < G_N_ELEMENTS(vital); i++) {
        g_autofree char *ours = g_strconcat(s3_bucket_prefix(context->bucket), vital[i], NULL);
        if (!g_str_has_prefix(ours, prefix) && !g_str_has_prefix(prefix, ours)) continue;
        const char *id = xml_text(rule, "ID");
        g_autofree char *what = g_strdup_printf("lifecycle rule %s", id && *id ? id : "without an ID");
        g_autofree char *remedy = g_strdup_printf("it removes or archives what stands under %s: let it be for meetings/ alone", ours);
        setup_add(steps, SETUP_DIFFERENT, NULL, what, "another's rule must leave documents, jobs and index alone", remedy);
        return;
    }
}

static bool is_ours(const XmlElement *rule) {
    for (gsize i = 0; i < G_N_ELEMENTS(rules); i++)
        if (xml_has(rule, "ID", rules[i].id)) return true;
    return false;
}

static bool check_settings(const Settings *settings, GError **error) {
    bool is_infrequent = g_str_has_suffix(settings->s3_archive_class ? settings->s3_archive_class : "", "_IA");
    if (settings->s3_archive_days > 0 && is_infrequent && settings->s3_archive_days < 30)
        return fail(error, ERROR_CONFIG, "S3 moves nothing to %s before it is 30 days old: set S3_ARCHIVE_DAYS to 30 or more",
                    settings->s3_archive_class);
    if (settings->s3_archive_days > 0 && settings->s3_expire_days > 0 && settings->s3_expire_days <= settings->s3_archive_days)
        return fail(error, ERROR_CONFIG, "S3_EXPIRE_DAYS must be more than S3_ARCHIVE_DAYS, or one of them 0");
    return true;
}

bool lifecycle_plan(const SetupContext *context, bool exists, bool versioned, GPtrArray *steps, GError **error) {
    g_autofree char *xml = NULL;
    g_autoptr(XmlElement) root = NULL;
    bool supported = true;
    if (!check_settings(context->settings, error) || (exists && !bucket_config_read(context, "lifecycle", 0, &supported, &xml, &root, error)))
        return false;
    for (gsize i = 0; i < G_N_ELEMENTS(rules); i++)
        if (!plan_rule(context, &rules[i], root, supported, versioned, steps, error)) return false;
    for (guint i = 0; root && root->children && i < root->children->len; i++)
        if (!is_ours(g_ptr_array_index(root->children, i))) plan_others(context, g_ptr_array_index(root->children, i), steps);
    return true;
}
