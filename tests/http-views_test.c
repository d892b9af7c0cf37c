/* What is kept of meetings for their answers, its bounds, and an edit that comes while one is answered. That each change of a document is in the very
 * next answer: tests/e2e/kept_meetings_test.py. */
#include "http_server.h"
#include "meeting_fixture.h"

static void keep(ViewCache *cache, const char *name, gsize size) {
    g_auto(View) view = {g_bytes_new_take(g_malloc0(size), size), g_strdup("recording"), g_strdup("e")};
    view_cache_keep(cache, name, &view);
}

static bool kept(ViewCache *cache, const char *name, gsize size) {
    g_auto(View) view = {0};
    if (!view_cache_find(cache, name, &view)) return false;
    g_assert_cmpstr(view.recording, ==, "recording");
    g_assert_cmpstr(view.etag, ==, "e");
    return g_bytes_get_size(view.members) == size;
}

static void test_names(void) {
    ViewCache *cache = view_cache_new();
    keep(cache, "m 1", 5);
    keep(cache, "m 2", 6);
    g_assert_true(kept(cache, "m 1", 5));
    g_assert_true(kept(cache, "m 2", 6));
    g_assert_false(kept(cache, "m", 5));
    keep(cache, "m 1", 5);
    g_assert_true(kept(cache, "m 1", 5));
    view_cache_free(cache);
    view_cache_free(NULL);
}

static void test_bounds(void) {
    const gsize most = VIEW_CACHE_BYTES_MAX / 4 - 1; /* with a name of one letter */
    ViewCache *cache = view_cache_new();
    keep(cache, "x", most + 1);
    g_assert_false(kept(cache, "x", most + 1));
    for (const char *name = "abcd"; *name; name++) {
        const char one[] = {*name, '\0'};
        keep(cache, one, most);
        g_assert_true(kept(cache, one, most));
    }
    g_assert_true(kept(cache, "a", most));
    keep(cache, "e", 1); /* there is no room: the others go */
    g_assert_true(kept(cache, "e", 1));
    g_assert_false(kept(cache, "a", most));
    for (int i = 0; i < VIEW_CACHE_ENTRIES_MAX; i++) {
        g_autofree char *name = g_strdup_printf("m %d", i);
        keep(cache, name, 10);
        g_assert_true(kept(cache, name, 10));
    }
    g_assert_false(kept(cache, "e", 1));
    view_cache_free(cache);
}

/* -- an edit meanwhile --------------------------------------------------------------------------------------------------- */

static json_t *answer(Server *server, bool *spliced) {
    g_autoptr(Request) request = request_new("/api/meetings/" ID);
    g_auto(Response) response = {0};
    g_autoptr(GError) error = NULL;
    g_assert_true(request_begin(request, "GET", NULL));
    request->parameter = g_strdup(ID);
    response_init(&response);
    meeting_get(&server->context, request, &response, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(response.status, ==, 200);
    *spliced = response.reader != NULL;
    g_autoptr(GByteArray) text = g_byte_array_new();
    GBytes *parts[] = {response.bytes, response.head, response.tail};
    for (gsize i = 0; i < G_N_ELEMENTS(parts); i++) {
        gsize size = 0, got = 0;
        const guint8 *data = parts[i] ? g_bytes_get_data(parts[i], &size) : NULL;
        if (data) g_byte_array_append(text, data, (guint)size);
        if (i != 1 || !response.reader) continue;
        g_autofree guint8 *block = g_malloc(store_reader_size(response.reader));
        g_assert_true(store_reader_read(response.reader, 0, block, store_reader_size(response.reader), &got, NULL));
        g_byte_array_append(text, block, (guint)got);
    }
    json_t *json = json_parse_object(text->data, text->len, "the answer", &error);
    g_assert_no_error(error);
    return json;
}

static void rival_renames(gpointer meetings) {
    g_autoptr(Record) record = NULL;
    g_autoptr(json_t) patch = json_pack("{s:{s:s}}", "speakers", "Ann", "Anna");
    g_autofree char *etag = NULL;
    g_assert_true(meeting_read_record(meetings, ID, &record, &etag, NULL));
    g_assert_true(meeting_edit(meetings, ID, etag, patch, NULL, NULL, NULL));
}

/* Between any two operations by which a meeting is answered, kept or not, someone renames a speaker: transcript, text and items still tell the same
 * name. */
static void test_edited_meanwhile(gconstpointer is_kept) {
    guint renamed = 0, count = 0;
    for (int at = 1, reached = true; reached; at++) {
        Fixture under = open_on(committed_store());
        Server server = {.settings = {.bucket = (char *)"bucket", .store_in_s3 = true, .url_expiry_s = 60}}; /* names views by a list, of any store */
        FaultyStore *faulty = (FaultyStore *)faulty_store_new(under.store, FAULT_MEANWHILE, 0);
        bool spliced;
        server_open(&server, &faulty->base);
        if (is_kept) json_decref(answer(&server, &spliced));
        faulty->meanwhile = rival_renames;
        faulty->data = &under.meetings;
        faulty->fail_at = faulty->operations + at;
        g_autoptr(json_t) json = answer(&server, &spliced), meeting = json_incref(json_object_get(json, "meeting"));
        reached = faulty->operations >= faulty->fail_at;
        if (!reached) g_assert_true(spliced);
        const json_t *transcript = json_object_get(meeting, "transcript");
        g_autofree char *words = json_dumps(transcript, JSON_COMPACT);
        const json_t *action = json_array_get(json_object_get(json_object_get(meeting, "summary"), "action_items"), 0);
        bool anna = strstr(words, "Anna") != NULL;
        g_assert_true(json_is_object(transcript) && json_is_object(action));
        g_test_message("operation %d: %s", at, anna ? "Anna" : "Ann");
        g_assert_cmpstr(json_get_string(action, "owner", ""), ==, anna ? "Anna" : "Ann");
        g_assert_true((strstr(json_get_string(meeting, "transcription", ""), "Anna") != NULL) == anna);
        renamed += anna;
        count++;
        server_close(&server);
        close_fixture(&under);
    }
    g_assert_true(renamed > 0 && renamed < count);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/http/views/names", test_names);
    g_test_add_func("/http/views/bounds", test_bounds);
    g_test_add_data_func("/http/views/edited-meanwhile/read", NULL, test_edited_meanwhile);
    g_test_add_data_func("/http/views/edited-meanwhile/kept", "", test_edited_meanwhile);
    return g_test_run();
}
