/* The DynamoDB table as the catalog wants it (catalog/dynamodb.h), against what stands: made with its index where there is none; given the index where it
 * is of the first version; and filled with the meetings' rows. A table keeps the way it is billed; a new one is billed by request, so that an idle one
 * costs nothing. */
#include <string.h>

#include "base/limits.h"
#include "catalog/dynamodb.h"
#include "operate/reindex.h"
#include "operate/setup.h"

#define TAG_NAME "application"
#define TAG_VALUE "hansard"

/* -- calls ---------------------------------------------------------------------------------------------------------------- */

static const char *table_name(const SetupContext *context) { return context->settings->dynamodb_table; }

/* Takes the input. `allowed`, codes that are no error, separated by spaces: with one of them *answer is NULL. */
static bool call(const SetupContext *context, const char *operation, json_t *input, const char *allowed, json_t **answer, GError **error) {
    g_auto(AwsOutcome) outcome = {0};
    g_autoptr(GError) problem = NULL;
    bool done = dynamodb_call(context->dynamodb, operation, input, answer, &outcome, &problem);
    json_decref(input);
    if (done) return true;
    if (allowed && outcome.code && strstr(allowed, outcome.code)) {
        *answer = NULL;
        return true;
    }
    g_propagate_error(error, g_steal_pointer(&problem));
    return false;
}

static json_t *input_for_table(const SetupContext *context) { return json_pack("{s:s}", "TableName", table_name(context)); }

/* The table's description, a new reference; NULL where there is none. */
static bool describe(const SetupContext *context, json_t **table, GError **error) {
    g_autoptr(json_t) answer = NULL;
    if (!call(context, "DescribeTable", input_for_table(context), "ResourceNotFoundException", &answer, error)) return false;
    *table = json_incref(json_object_get(answer, "Table"));
    return true;
}

static json_t *find_named(const json_t *list, const char *member, const char *name) {
    for (size_t i = 0; i < json_array_size(list); i++)
        if (strcmp(json_get_string(json_array_get(list, i), member, ""), name) == 0) return json_array_get(list, i);
    return NULL;
}

static json_t *index_of(const json_t *table) { return find_named(json_object_get(table, "GlobalSecondaryIndexes"), "IndexName", TABLE_INDEX); }

static bool is_active(const json_t *described, const char *member) { return strcmp(json_get_string(described, member, ""), "ACTIVE") == 0; }

/* -- waiting -------------------------------------------------------------------------------------------------------------- */

static bool is_ready(const json_t *table, bool with_index) {
    return is_active(table, "TableStatus") && (!with_index || is_active(index_of(table), "IndexStatus"));
}

/* Until the table, and its index with `with_index`, can be used. */
static bool wait_ready(const SetupContext *context, bool with_index, GError **error) {
    gint64 began_ms = clock_now_ms(context->clock);
    for (int wait_ms = TABLE_WAIT_FIRST_MS;; wait_ms = MIN(2 * wait_ms, TABLE_WAIT_EACH_MS_MAX)) {
        g_autoptr(json_t) table = NULL;
        if (!describe(context, &table, error)) return false;
        if (is_ready(table, with_index)) return true;
        gint64 waited_ms = clock_now_ms(context->clock) - began_ms;
        if (waited_ms > TABLE_WAIT_MS_MAX)
            return fail(error, ERROR_TIMEOUT, "the table is not ready after %d minutes; it may still become so: run `hansard setup --apply` again to wait on",
                        (int)(waited_ms / 60000));
        setup_tell(context, "waiting for table %s%s, %d s", table_name(context), with_index ? " and its index" : "", (int)(waited_ms / 1000));
        if (!setup_wait(context, wait_ms, error)) return false;
    }
}

/* -- the table and its index ---------------------------------------------------------------------------------------------- */

static json_t *key_of(const char *partition, const char *sort) {
    json_t *key = json_pack("[{s:s, s:s}]", "AttributeName", partition, "KeyType", "HASH");
    if (sort) json_array_append_new(key, json_pack("{s:s, s:s}", "AttributeName", sort, "KeyType", "RANGE"));
    return key;
}

static json_t *attributes_of_keys(void) {
    const char *const names[] = {TABLE_KEY, TABLE_INDEX_PARTITION, TABLE_INDEX_SORT};
    json_t *attributes = json_array();
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
        json_array_append_new(attributes, json_pack("{s:s, s:s}", "AttributeName", names[i], "AttributeType", "S"));
    return attributes;
}

static json_t *wanted_index(void) {
    return json_pack("{s:s, s:o, s:{s:s}}", "IndexName", TABLE_INDEX, "KeySchema", key_of(TABLE_INDEX_PARTITION, TABLE_INDEX_SORT), "Projection",
                     "ProjectionType", "ALL");
}

static json_t *tags(void) { return json_pack("[{s:s, s:s}]", "Key", TAG_NAME, "Value", TAG_VALUE); }

static bool create_table(const SetupContext *context, GError **error) {
    g_autoptr(json_t) answer = NULL;
    json_t *input = input_for_table(context);
    json_object_set_new(input, "BillingMode", json_string("PAY_PER_REQUEST"));
    json_object_set_new(input, "KeySchema", key_of(TABLE_KEY, NULL));
    json_object_set_new(input, "AttributeDefinitions", attributes_of_keys());
    json_object_set_new(input, "GlobalSecondaryIndexes", json_pack("[o]", wanted_index()));
    json_object_set_new(input, "Tags", tags());
    /* Someone else may be making it at this moment. */
    return call(context, "CreateTable", input, "ResourceInUseException", &answer, error) && wait_ready(context, true, error);
}

/* An index of a table with provisioned throughput has its own: as much as the table. */
static void add_throughput(const json_t *table, json_t *index) {
    const json_t *throughput = json_object_get(table, "ProvisionedThroughput");
    gint64 reads = json_get_int(throughput, "ReadCapacityUnits", 0), writes = json_get_int(throughput, "WriteCapacityUnits", 0);
    if (strcmp(json_get_string(json_object_get(table, "BillingModeSummary"), "BillingMode", ""), "PAY_PER_REQUEST") == 0 || reads < 1 || writes < 1) return;
    json_object_set_new(index, "ProvisionedThroughput",
                        json_pack("{s:I, s:I}", "ReadCapacityUnits", (json_int_t)reads, "WriteCapacityUnits", (json_int_t)writes));
}

static bool create_index(const SetupContext *context, GError **error) {
    g_autoptr(json_t) table = NULL;
    g_autoptr(json_t) answer = NULL;
    if (!wait_ready(context, false, error) || !describe(context, &table, error)) return false;
    if (!index_of(table)) {
        json_t *input = input_for_table(context), *index = wanted_index();
        add_throughput(table, index);
        json_object_set_new(input, "AttributeDefinitions", attributes_of_keys());
        json_object_set_new(input, "GlobalSecondaryIndexUpdates", json_pack("[{s:o}]", "Create", index));
        if (!call(context, "UpdateTable", input, "ResourceInUseException", &answer, error)) return false;
    }
    return wait_ready(context, true, error);
}

static bool has_key(const json_t *described, const char *partition, const char *sort) {
    g_autoptr(json_t) wanted = key_of(partition, sort);
    return json_equal(json_object_get(described, "KeySchema"), wanted);
}

static void plan_table(const SetupContext *context, const json_t *table, GPtrArray *steps) {
    g_autofree char *what = g_strdup_printf("table %s in %s", table_name(context), aws_client_region(context->dynamodb));
    const char *why = "lists of meetings are asked from it";
    if (!table)
        setup_add(steps, SETUP_MISSING, create_table, what, "lists of meetings are asked from it; made with its index by time, and billed by request", NULL);
    else if (!has_key(table, TABLE_KEY, NULL))
        setup_add(steps, SETUP_DIFFERENT, NULL, what, why,
                  "its key is not meeting_id alone, so that it is another program's: set DYNAMODB_TABLE_NAME to another name");
    else setup_add(steps, SETUP_PRESENT, NULL, what, why, NULL);
}

static bool is_wanted_index(const json_t *index) {
    return has_key(index, TABLE_INDEX_PARTITION, TABLE_INDEX_SORT) &&
           strcmp(json_get_string(json_object_get(index, "Projection"), "ProjectionType", ""), "ALL") == 0;
}

static void plan_index(const SetupContext *context, const json_t *table, GPtrArray *steps) {
    const json_t *index = index_of(table);
    g_autofree char *what = g_strdup_printf("index %s of table %s", TABLE_INDEX, table_name(context));
    g_autofree char *remedy = g_strdup_printf("its keys are not %s and %s with all attributes: delete the index, then run this again", TABLE_INDEX_PARTITION,
                                              TABLE_INDEX_SORT);
    const char *why = "a list, newest first, is one query of it; tables of the first version have none";
    if (!index) setup_add(steps, SETUP_MISSING, create_index, what, why, NULL);
    else if (!is_wanted_index(index)) setup_add(steps, SETUP_DIFFERENT, NULL, what, why, remedy);
    else if (!is_active(index, "IndexStatus")) setup_add(steps, SETUP_MISSING, create_index, what, "it is being made", NULL);
    else setup_add(steps, SETUP_PRESENT, NULL, what, why, NULL);
}

/* -- tags and recovery ---------------------------------------------------------------------------------------------------- */

static bool add_tags(const SetupContext *context, GError **error) {
    g_autoptr(json_t) table = NULL;
    g_autoptr(json_t) answer = NULL;
    if (!describe(context, &table, error)) return false;
    return call(context, "TagResource", json_pack("{s:s, s:o}", "ResourceArn", json_get_string(table, "TableArn", ""), "Tags", tags()), NULL, &answer, error);
}

/* A nicety: where the service has no tags, or does not let us see them, there is no step. */
static bool plan_tags(const SetupContext *context, const json_t *table, GPtrArray *steps, GError **error) {
    g_autoptr(json_t) answer = NULL;
    json_t *input = json_pack("{s:s}", "ResourceArn", json_get_string(table, "TableArn", ""));
    if (!call(context, "ListTagsOfResource", input, "UnknownOperationException AccessDeniedException", &answer, error)) return false;
    if (!answer) return true;
    const json_t *tag = find_named(json_object_get(answer, "Tags"), "Key", TAG_NAME);
    g_autofree char *what = g_strdup_printf("tag %s=%s of table %s", TAG_NAME, TAG_VALUE, table_name(context));
    setup_add(steps, tag ? SETUP_PRESENT : SETUP_MISSING, tag ? NULL : add_tags, what, "the bill can be read by it", NULL);
    return true;
}

static bool turn_recovery_on(const SetupContext *context, GError **error) {
    g_autoptr(json_t) answer = NULL;
    json_t *input = input_for_table(context);
    json_object_set_new(input, "PointInTimeRecoverySpecification", json_pack("{s:b}", "PointInTimeRecoveryEnabled", 1));
    return call(context, "UpdateContinuousBackups", input, NULL, &answer, error);
}

static bool plan_recovery(const SetupContext *context, GPtrArray *steps, GError **error) {
    g_autoptr(json_t) answer = NULL;
    if (!call(context, "DescribeContinuousBackups", input_for_table(context), NULL, &answer, error)) return false;
    const json_t *recovery = json_object_get(json_object_get(answer, "ContinuousBackupsDescription"), "PointInTimeRecoveryDescription");
    bool on = strcmp(json_get_string(recovery, "PointInTimeRecoveryStatus", ""), "ENABLED") == 0;
    g_autofree char *what = g_strdup_printf("point-in-time recovery of table %s", table_name(context));
    setup_add(steps, on ? SETUP_PRESENT : SETUP_MISSING, on ? NULL : turn_recovery_on, what,
              "asked for with --table-recovery; the rows can be made anew from the meetings without it", NULL);
    return true;
}

/* -- the rows ------------------------------------------------------------------------------------------------------------- */

static bool tell_rows(const ReindexResult *so_far, gpointer user_data, GError **error) {
    const SetupContext *context = user_data;
    if (so_far->meetings % 100 == 0) setup_tell(context, "%u meetings", so_far->meetings);
    return !g_cancellable_is_cancelled(context->cancel) || fail(error, ERROR_CANCELLED, "stopped; run it again to go on");
}

static bool fill(const SetupContext *context, GError **error) {
    ReindexResult result;
    return reindex(context->meetings, context->search, tell_rows, (gpointer)context, &result, error);
}

/* Where the table can't be used yet, nothing is known of its rows. */
static bool plan_rows(const SetupContext *context, bool usable, GPtrArray *steps, GError **error) {
    g_autofree char *workspace = dynamodb_workspace(context->settings);
    g_autofree char *what = g_strdup_printf("rows of %s in table %s", workspace, table_name(context));
    bool whole = false;
    if (usable && !catalog_is_whole(context->meetings->catalog, &whole, error)) return false;
    setup_add(steps, whole ? SETUP_PRESENT : SETUP_MISSING, whole ? NULL : fill, what,
              "one for each meeting; as `hansard reindex` makes them", NULL);
    return true;
}

/* A table of another program is left as it is, whole. */
static bool plan_standing(const SetupContext *context, const json_t *table, GPtrArray *steps, GError **error) {
    if (!has_key(table, TABLE_KEY, NULL)) return true;
    plan_index(context, table, steps);
    if (!plan_tags(context, table, steps, error) || (context->table_recovery && !plan_recovery(context, steps, error))) return false;
    const json_t *index = index_of(table);
    return (index && !is_wanted_index(index)) || plan_rows(context, is_active(table, "TableStatus"), steps, error);
}

bool table_plan(const SetupContext *context, GPtrArray *steps, GError **error) {
    g_autoptr(json_t) table = NULL;
    if (!context->dynamodb) return true;
    if (!describe(context, &table, error)) return false;
    plan_table(context, table, steps);
    return table ? plan_standing(context, table, steps, error) : plan_rows(context, false, steps, error);
}
