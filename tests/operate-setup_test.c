/* setup: what the plan says of a table, what applying it makes, and that twice is the same as once; reindex over a table. On DynamoDB Local, and what
 * that can't show (waiting, tags, recovery) against answers as DynamoDB gives them. */
#include "operate/setup.h"

#include <string.h>

#include "base/limits.h"
#include "fake_clock.h"
#include "operate/reindex.h"
#include "store/memory.h"
#include "test_table.h"

#define START_MS 1767225600000LL

typedef struct {
    TestTable *table;
    Settings settings;
    FakeClock clock;
    Store *store;
    Catalog *catalog;
    Meetings meetings;
    SetupContext context;
} World;

/* A world with a table's name, but no table; false: there is no server. */
static bool world_open(World *world) {
    *world = (World){.table = test_table_open(), .clock = FAKE_CLOCK(START_MS)};
    if (!world->table) {
        g_test_skip("HANSARD_TEST_DYNAMODB names no DynamoDB Local");
        return false;
    }
    world->settings = (Settings){.dynamodb_table = world->table->name, .bucket = (char *)"bucket", .store_in_s3 = true, .s3_prefix = (char *)"prefix"};
    world->store = store_memory_new(clock_system());
    g_assert_true(catalog_dynamodb_open(world->table->client, world->table->name, TEST_WORKSPACE, &world->catalog, NULL));
    world->meetings = (Meetings){world->store, world->catalog, clock_system()};
    world->context = (SetupContext){
        .settings = &world->settings, .clock = &world->clock.base, .dynamodb = world->table->client, .meetings = &world->meetings};
    return true;
}

static void world_close(World *world) {
    catalog_close(world->catalog);
    store_close(world->store);
    test_table_close(world->table);
}

static void put_text(Store *store, const char *key, const char *text) {
    g_autoptr(GBytes) bytes = g_bytes_new(text, strlen(text));
    g_assert_true(store_put(store, key, bytes, NULL, NULL, NULL));
}

static void put_old_meetings(Store *store) {
    put_text(store, "transcriptions/old-1/metadata.json", "{\"meeting_id\":\"old-1\",\"timestamp\":\"2025-01-02T03:04:05.678901\",\"filename\":\"a.mp3\"}");
    put_text(store, "transcriptions/old-2/metadata.json", "{\"meeting_id\":\"old-2\",\"timestamp\":\"2025-02-02T03:04:05\",\"filename\":\"b.mp3\"}");
}

/* The plan's states as letters: p present, m missing, d different. */
static void assert_plan(World *world, const char *states) {
    g_autoptr(GPtrArray) steps = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(GString) found = g_string_new("");
    setup_plan(&world->context, &steps, &error);
    g_assert_no_error(error);
    for (guint i = 0; i < steps->len; i++) {
        const SetupStep *step = steps->pdata[i];
        g_string_append_c(found, setup_state_name(step->state)[0]);
        if (step->state == SETUP_PRESENT) g_assert_null(step->apply);
        if (step->state == SETUP_DIFFERENT) g_assert_nonnull(step->remedy);
    }
    g_assert_cmpstr(found->str, ==, states);
}

static guint must_apply(World *world) {
    g_autoptr(GPtrArray) steps = NULL;
    g_autoptr(GError) error = NULL;
    guint changes = 99;
    g_assert_true(setup_plan(&world->context, &steps, NULL));
    setup_apply(&world->context, steps, &changes, &error);
    g_assert_no_error(error);
    return changes;
}

static void assert_listed(World *world, const char *expected) {
    g_auto(CatalogPage) page = {0};
    g_autoptr(GError) error = NULL;
    g_autoptr(GString) found = g_string_new("");
    catalog_list(world->catalog, &(CatalogQuery){.limit = 100}, &page, &error);
    g_assert_no_error(error);
    for (guint i = 0; i < page.rows->len; i++) g_string_append_printf(found, "%s ", ((const Row *)page.rows->pdata[i])->meeting_id);
    g_assert_cmpstr(found->str, ==, expected);
}

static void test_no_table_wanted(void) {
    g_autoptr(GPtrArray) steps = NULL;
    guint changes = 99;
    SetupContext context = {0};
    g_assert_true(setup_plan(&context, &steps, NULL));
    g_assert_cmpuint(steps->len, ==, 0);
    g_assert_true(setup_apply(&context, steps, &changes, NULL));
    g_assert_cmpuint(changes, ==, 0);
}

static void test_new_table(void) {
    World world;
    if (!world_open(&world)) return;
    put_old_meetings(world.store);
    assert_plan(&world, "mm");
    assert_plan(&world, "mm"); /* a plan changes nothing */
    g_assert_cmpuint(must_apply(&world), ==, 2);
    assert_plan(&world, "ppp");
    g_assert_cmpuint(must_apply(&world), ==, 0);
    assert_listed(&world, "old-2 old-1 ");
    g_autoptr(json_t) answer = test_call(world.table, "DescribeTable", json_object());
    const json_t *billing = json_object_get(json_object_get(json_object_get(answer, "Table"), "BillingModeSummary"), "BillingMode");
    g_assert_cmpstr(json_string_value(billing), ==, "PAY_PER_REQUEST");
    test_table_remove(world.table);
    world_close(&world);
}

/* A table as the first version made it, with items of it, gets the index and the sort attributes; what others keep in it stays. */
static void test_first_version(void) {
    World world;
    if (!world_open(&world)) return;
    test_table_make(world.table, false);
    put_old_meetings(world.store);
    test_table_put_item(world.table, "{'meeting_id': {'S': 'old-1'}, 'timestamp': {'S': '2025-01-02T03:04:05.678901'}, 'filename': {'S': 'a.mp3'}, "
                                     "'action_items_count': {'N': '2'}, 'ours': {'S': 'kept'}}");
    test_table_put_item(world.table, "{'meeting_id': {'S': 'of-another-bucket'}, 'timestamp': {'S': '2025-01-02T03:04:05'}, 'filename': {'S': 'z.mp3'}}");
    assert_plan(&world, "pmm");
    g_assert_cmpuint(must_apply(&world), ==, 2);
    assert_plan(&world, "ppp");
    g_assert_cmpuint(must_apply(&world), ==, 0);
    assert_listed(&world, "old-2 old-1 ");
    g_autoptr(json_t) kept = test_table_get_item(world.table, "old-1");
    g_autoptr(json_t) other = test_table_get_item(world.table, "of-another-bucket");
    g_assert_cmpstr(json_get_string(json_object_get(kept, "ours"), "S", ""), ==, "kept");
    g_assert_cmpstr(json_get_string(json_object_get(kept, "sort"), "S", ""), ==, "8264212954321_old-1_1_");
    g_assert_nonnull(other);
    test_table_remove(world.table);
    world_close(&world);
}

static void test_provisioned(void) {
    World world;
    if (!world_open(&world)) return;
    json_t *input = test_json("{'ProvisionedThroughput': {'ReadCapacityUnits': 3, 'WriteCapacityUnits': 2}, "
                              "'KeySchema': [{'AttributeName': 'meeting_id', 'KeyType': 'HASH'}], "
                              "'AttributeDefinitions': [{'AttributeName': 'meeting_id', 'AttributeType': 'S'}]}");
    json_decref(test_call(world.table, "CreateTable", input));
    g_assert_cmpuint(must_apply(&world), ==, 2);
    g_autoptr(json_t) answer = test_call(world.table, "DescribeTable", json_object());
    const json_t *index = json_array_get(json_object_get(json_object_get(answer, "Table"), "GlobalSecondaryIndexes"), 0);
    g_assert_cmpint(json_get_int(json_object_get(index, "ProvisionedThroughput"), "ReadCapacityUnits", 0), ==, 3);
    g_assert_cmpint(json_get_int(json_object_get(index, "ProvisionedThroughput"), "WriteCapacityUnits", 0), ==, 2);
    test_table_remove(world.table);
    world_close(&world);
}

/* What is another's is told, and left as it is. */
static void test_different(void) {
    static const char *const tables[] = {
        "{'BillingMode': 'PAY_PER_REQUEST', 'KeySchema': [{'AttributeName': 'meeting_id', 'KeyType': 'HASH'}, {'AttributeName': 'at', 'KeyType': 'RANGE'}], "
        "'AttributeDefinitions': [{'AttributeName': 'meeting_id', 'AttributeType': 'S'}, {'AttributeName': 'at', 'AttributeType': 'S'}]}",
        "{" TEST_TABLE_FIRST_VERSION ", {'AttributeName': 'workspace', 'AttributeType': 'S'}], 'GlobalSecondaryIndexes': [{'IndexName': 'newest-first', "
        "'Projection': {'ProjectionType': 'KEYS_ONLY'}, 'KeySchema': [{'AttributeName': 'workspace', 'KeyType': 'HASH'}]}]}"};
    static const char *const states[] = {"d", "pd"};
    for (gsize i = 0; i < G_N_ELEMENTS(tables); i++) {
        World world;
        if (!world_open(&world)) return;
        json_decref(test_call(world.table, "CreateTable", test_json(tables[i])));
        g_autoptr(json_t) before = test_call(world.table, "DescribeTable", json_object());
        assert_plan(&world, states[i]);
        g_assert_cmpuint(must_apply(&world), ==, 0);
        g_autoptr(json_t) after = test_call(world.table, "DescribeTable", json_object());
        g_assert_true(json_equal(before, after));
        test_table_remove(world.table);
        world_close(&world);
    }
}

/* Whichever request fails for good, the next run does the rest. */
static void test_faults(void) {
    World world;
    if (!world_open(&world)) return;
    put_old_meetings(world.store);
    const NetFault faults[] = {NET_REFUSED, NET_LATE, NET_DENIED};
    for (guint fault = 0; fault < G_N_ELEMENTS(faults); fault++) {
        bool done = false;
        for (int nth = 1; !done; nth++) {
            g_autoptr(GPtrArray) steps = NULL;
            g_autoptr(GError) error = NULL;
            guint changes = 0;
            g_assert_cmpint(nth, <, 100);
            faulty_service_fail(world.table->transport, faults[fault], 0);
            world.table->transport->fail_from += nth - 1;
            done = setup_plan(&world.context, &steps, &error) && setup_apply(&world.context, steps, &changes, &error);
            g_assert_true(done == (error == NULL));
            faulty_service_mend(world.table->transport);
            must_apply(&world);
            assert_plan(&world, "ppp");
            assert_listed(&world, "old-2 old-1 ");
            test_table_remove(world.table);
            catalog_close(world.catalog); /* another run of the program: it knows of no mark */
            g_assert_true(catalog_dynamodb_open(world.table->client, world.table->name, TEST_WORKSPACE, &world.catalog, NULL));
            world.meetings.catalog = world.catalog;
        }
    }
    world_close(&world);
}

/* -- reindex over a table ------------------------------------------------------------------------------------------------- */

static bool go_on(const ReindexResult *so_far, gpointer limit, GError **error) {
    return !limit || so_far->meetings < GPOINTER_TO_UINT(limit) || fail(error, ERROR_CANCELLED, "that is enough");
}

static void test_reindex(void) {
    World world;
    if (!world_open(&world)) return;
    ReindexResult result = {0};
    g_autoptr(GError) stopped = NULL;
    bool whole = true;
    test_table_make(world.table, true);
    put_old_meetings(world.store);
    for (guint i = 0; i < 30; i++) {
        g_autofree char *id = g_strdup_printf("gone-%u", i);
        g_autoptr(Row) gone = row_new();
        gone->meeting_id = g_strdup(id);
        gone->timestamp_ms = START_MS + i;
        gone->filename = g_strdup("c.mp3");
        gone->title = g_strdup("c");
        gone->state = i % 2 ? MEETING_READY : MEETING_DELETING;
        g_assert_true(catalog_put(world.catalog, gone, NULL));
    }
    /* Stopped half-way it has not made the rows whole, and says so. */
    g_assert_false(reindex(&world.meetings, NULL, go_on, GUINT_TO_POINTER(1), &result, &stopped));
    g_assert_error(stopped, HANSARD_ERROR, ERROR_CANCELLED);
    g_assert_true(catalog_is_whole(world.catalog, &whole, NULL));
    g_assert_false(whole);
    for (int round = 0; round < 2; round++) {
        g_autoptr(GError) error = NULL;
        reindex(&world.meetings, NULL, go_on, NULL, &result, &error);
        g_assert_no_error(error);
        g_assert_cmpuint(result.meetings, ==, 2);
        g_assert_cmpuint(result.removed, ==, round == 0 ? 30 : 0);
        assert_listed(&world, "old-2 old-1 ");
    }
    g_assert_null(test_table_get_item(world.table, "gone-0"));
    test_table_remove(world.table);
    world_close(&world);
}

/* -- against answers as DynamoDB gives them ------------------------------------------------------------------------------ */

#define READY_INDEX                                                                                                                                    \
    "{'IndexName': 'newest-first', 'IndexStatus': '%s', 'Projection': {'ProjectionType': 'ALL'}, "                                                     \
    "'KeySchema': [{'AttributeName': 'workspace', 'KeyType': 'HASH'}, {'AttributeName': 'sort', 'KeyType': 'RANGE'}]}"

/* A service whose index becomes active with the n-th look. */
typedef struct {
    HttpTransport base;
    int looks, active_at;
    FakeClock *clock;
    gint64 step_ms; /* by which the clock goes on with each look */
    bool tagged, recovers, tags_denied;
    GCancellable *cancel; /* cancelled with the third look; NULL: never */
} Scripted;

static bool answer(HttpResponse *response, int status, const char *text) {
    g_autofree char *body = g_strdelimit(g_strdup(text), "'", '"');
    return faulty_answer(response, status, body);
}

static bool answer_describe(Scripted *scripted, HttpResponse *response) {
    scripted->looks++;
    scripted->clock->now += scripted->step_ms;
    if (scripted->cancel && scripted->looks == 3) g_cancellable_cancel(scripted->cancel);
    g_autofree char *index = g_strdup_printf(READY_INDEX, scripted->looks >= scripted->active_at ? "ACTIVE" : "CREATING");
    g_autofree char *text = g_strdup_printf("{'Table': {'TableStatus': 'ACTIVE', 'TableArn': 'arn:x', 'KeySchema': [{'AttributeName': 'meeting_id', "
                                            "'KeyType': 'HASH'}], 'GlobalSecondaryIndexes': [%s]}}",
                                            index);
    return answer(response, 200, text);
}

static bool scripted_send(HttpTransport *base, const HttpRequest *request, HttpResponse *response, GError **error) {
    Scripted *scripted = (Scripted *)base;
    const char *target = http_headers_get(request->headers, "X-Amz-Target"), *operation = strchr(target, '.') + 1;
    g_assert_true(g_str_has_prefix(target, "DynamoDB_20120810."));
    if (strcmp(operation, "DescribeTable") == 0) return answer_describe(scripted, response);
    if (strcmp(operation, "GetItem") == 0) return answer(response, 200, "{'Item': {'sort': {'S': '!'}, 'indexed': {'S': '2026'}}}");
    if (strcmp(operation, "ListTagsOfResource") == 0 && scripted->tags_denied)
        return answer(response, 400, "{'__type': 'com.amazon.coral.service#AccessDeniedException', 'Message': 'no'}");
    if (strcmp(operation, "ListTagsOfResource") == 0)
        return answer(response, 200, scripted->tagged ? "{'Tags': [{'Key': 'a', 'Value': 'b'}, {'Key': 'application', 'Value': 'hansard'}]}" : "{'Tags': []}");
    if (strcmp(operation, "DescribeContinuousBackups") == 0)
        return answer(response, 200,
                      scripted->recovers
                          ? "{'ContinuousBackupsDescription': {'PointInTimeRecoveryDescription': {'PointInTimeRecoveryStatus': 'ENABLED'}}}"
                          : "{'ContinuousBackupsDescription': {'PointInTimeRecoveryDescription': {'PointInTimeRecoveryStatus': 'DISABLED'}}}");
    if (strcmp(operation, "TagResource") == 0) scripted->tagged = true;
    else if (strcmp(operation, "UpdateContinuousBackups") == 0) scripted->recovers = true;
    else g_error("the plan calls %s", operation);
    return answer(response, 200, "{}");
}

typedef struct {
    Scripted scripted;
    Settings settings;
    FakeClock clock;
    AwsCredentialsChain *credentials;
    AwsClient *client;
    Catalog *catalog;
    Meetings meetings;
    World world; /* of which the plan's helpers use the context */
} ScriptedWorld;

static void scripted_open(ScriptedWorld *scripted) {
    *scripted = (ScriptedWorld){.clock = FAKE_CLOCK(START_MS), .settings = {.dynamodb_table = (char *)"table"}};
    scripted->scripted = (Scripted){.base.send = scripted_send, .clock = &scripted->clock};
    scripted->credentials = aws_credentials_chain_fixed("a", "b", NULL);
    scripted->client = aws_client_new(&(AwsClientOptions){.service = "dynamodb", .endpoint = "http://127.0.0.1:1", .region = "eu-central-1",
                                                          .transport = &scripted->scripted.base, .credentials = scripted->credentials,
                                                          .clock = clock_system()});
    g_assert_true(catalog_dynamodb_open(scripted->client, "table", "(directory)", &scripted->catalog, NULL));
    scripted->meetings.catalog = scripted->catalog;
    scripted->world.context = (SetupContext){
        .settings = &scripted->settings, .clock = &scripted->clock.base, .dynamodb = scripted->client, .meetings = &scripted->meetings};
}

static void scripted_close(ScriptedWorld *scripted) {
    catalog_close(scripted->catalog);
    aws_client_free(scripted->client);
    aws_credentials_chain_free(scripted->credentials);
}

static void test_waits(void) {
    ScriptedWorld scripted;
    scripted_open(&scripted);
    scripted.scripted.active_at = 5; /* the plan's look, create_index's two, and one that waits */
    scripted.scripted.tagged = true;
    g_assert_cmpuint(must_apply(&scripted.world), ==, 1);
    g_assert_cmpint(scripted.scripted.looks, ==, 5);
    assert_plan(&scripted.world, "pppp");
    scripted_close(&scripted);
}

static bool apply_once(ScriptedWorld *scripted, GError **error) {
    g_autoptr(GPtrArray) steps = NULL;
    guint changes;
    g_assert_true(setup_plan(&scripted->world.context, &steps, NULL));
    return setup_apply(&scripted->world.context, steps, &changes, error);
}

static void test_waits_no_longer(void) {
    ScriptedWorld scripted;
    g_autoptr(GError) error = NULL;
    scripted_open(&scripted);
    scripted.scripted.active_at = 1000;
    scripted.scripted.step_ms = TABLE_WAIT_MS_MAX / 2 + 1;
    g_assert_false(apply_once(&scripted, &error));
    g_assert_error(error, HANSARD_ERROR, ERROR_TIMEOUT);
    g_assert_nonnull(strstr(error->message, "hansard setup --apply"));
    scripted_close(&scripted);
}

static void test_waiting_can_be_stopped(void) {
    ScriptedWorld scripted;
    g_autoptr(GError) error = NULL;
    g_autoptr(GCancellable) cancel = g_cancellable_new();
    scripted_open(&scripted);
    scripted.scripted.active_at = 1000;
    scripted.scripted.cancel = scripted.world.context.cancel = cancel;
    g_assert_false(apply_once(&scripted, &error));
    g_assert_error(error, HANSARD_ERROR, ERROR_CANCELLED);
    scripted_close(&scripted);
}

static void test_tags_and_recovery(void) {
    ScriptedWorld scripted;
    scripted_open(&scripted);
    assert_plan(&scripted.world, "ppmp");
    scripted.world.context.table_recovery = true;
    assert_plan(&scripted.world, "ppmmp");
    g_assert_cmpuint(must_apply(&scripted.world), ==, 2);
    assert_plan(&scripted.world, "ppppp");
    g_assert_cmpuint(must_apply(&scripted.world), ==, 0);
    scripted.scripted.tags_denied = true;
    assert_plan(&scripted.world, "pppp");
    scripted_close(&scripted);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/operate/setup/no-table-wanted", test_no_table_wanted);
    g_test_add_func("/operate/setup/new-table", test_new_table);
    g_test_add_func("/operate/setup/first-version", test_first_version);
    g_test_add_func("/operate/setup/provisioned", test_provisioned);
    g_test_add_func("/operate/setup/different", test_different);
    g_test_add_func("/operate/setup/faults", test_faults);
    g_test_add_func("/operate/setup/waits", test_waits);
    g_test_add_func("/operate/setup/waits-no-longer", test_waits_no_longer);
    g_test_add_func("/operate/setup/waiting-can-be-stopped", test_waiting_can_be_stopped);
    g_test_add_func("/operate/setup/tags-and-recovery", test_tags_and_recovery);
    g_test_add_func("/operate/reindex/table", test_reindex);
    return g_test_run();
}
