/* The JSON body of a request: a line that names whose it is, then the body. Over a store in memory with one meeting; what is answered is JSON, and what
 * is refused is the client's fault. Form bodies are read by libmicrohttpd. */
#include <glib/gstdio.h>
#include <stdlib.h>

#include "fuzz.h"
#include "http/resources.h"
#include "store/memory.h"

#define MEETING "meeting-0b54cd33-5c0f-4b13-a6a8-b6e2bd0cb8a2"

typedef struct {
    const char *name, *method;
    Handler handler;
} Named;

static const Named handlers[] = {{"mcp", "POST", mcp_post},          {"webhook", "POST", webhook_make}, {"token", "POST", token_make},
                                 {"share", "POST", share_make},      {"upload", "POST", uploads_begin}, {"process", "POST", meeting_process},
                                 {"meeting", "PATCH", meeting_patch}};

typedef struct {
    Workspace workspace;
    Context context;
} World;

static char *search_folder;

static void remove_search(void) {
    static const char *const names[] = {"s", "s-wal", "s-shm", "s-journal"};
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path = g_build_filename(search_folder, names[i], NULL);
        g_unlink(path);
    }
    g_rmdir(search_folder);
    g_free(search_folder);
}

/* Empty, and nothing is ever put into it. */
static Search *search(void) {
    static Search *opened;
    static Store *store;
    static Catalog *catalog;
    if (opened) return opened;
    search_folder = g_dir_make_tmp("hansard-fuzz-XXXXXX", NULL);
    atexit(remove_search);
    g_autofree char *path = g_build_filename(search_folder, "s", NULL);
    store = store_memory_new(clock_system());
    g_assert_true(catalog_keys_open(store, &catalog, NULL) && search_open(path, store, catalog, &opened, NULL));
    return opened;
}

static void put_meeting(const Meetings *meetings) {
    g_autoptr(Record) record = record_new();
    g_autoptr(Transcript) transcript = transcript_new();
    g_autoptr(Minutes) minutes = minutes_new();
    g_auto(MeetingVersions) none = {0};
    record->meeting_id = g_strdup(MEETING);
    record->timestamp_ms = 1772600767089;
    transcript_add(transcript, 0, 900, transcript_speaker(transcript, "Ann"), "We decided to go on.");
    minutes_add(minutes, item_new(ITEM_DECISION));
    g_assert_true(meeting_write_transcript(meetings, MEETING, &none, transcript, NULL, NULL) &&
                  meeting_write_minutes(meetings, MEETING, &none, minutes, record->timestamp_ms, NULL, NULL) &&
                  meeting_commit(meetings, record, NULL, NULL));
}

static void world_open(World *world) {
    static Settings *settings;
    static Extractor *extractor;
    if (!settings) g_assert_true(settings_load(NULL, NULL, &settings, NULL) && extractor_open(settings, &extractor, NULL));
    Workspace *workspace = &world->workspace;
    *world = (World){.workspace = {.settings = settings, .clock = clock_system(), .extractor = extractor, .search = search()}};
    workspace->store = store_memory_new(workspace->clock);
    g_assert_true(catalog_keys_open(workspace->store, &workspace->catalog, NULL));
    workspace->meetings = (Meetings){workspace->store, workspace->catalog, workspace->clock};
    workspace->jobs = jobs_new(workspace->store, workspace->clock);
    world->context.workspace = workspace;
    world->context.progress = progress_new(workspace->clock);
    world->context.gate = gate_new(workspace->store, workspace->clock, true, true);
    context_init(&world->context);
    put_meeting(&workspace->meetings);
}

static void world_close(World *world) {
    context_release(&world->context);
    gate_free(world->context.gate);
    progress_free(world->context.progress);
    jobs_free(world->workspace.jobs);
    catalog_close(world->workspace.catalog);
    store_close(world->workspace.store);
}

static void check_answer(const Response *response) {
    gsize size = 0;
    const void *data = response->bytes ? g_bytes_get_data(response->bytes, &size) : NULL;
    g_assert_true(response->status >= 200 && response->status < 400);
    if (size == 0) return;
    g_autoptr(json_t) json = json_loadb(data, size, 0, NULL);
    g_assert_nonnull(json);
}

static void ask(const Named *named, FuzzInput body) {
    World world;
    g_auto(Response) response = {0};
    g_autoptr(Request) request = request_new("/");
    g_assert_true(request_begin(request, named->method, NULL));
    request->body = g_bytes_new(body.at, body.left);
    request->parameter = g_strdup(MEETING);
    world_open(&world);
    response_init(&response);
    if (FUZZ_CALL(named->handler(&world.context, request, &response, &error))) check_answer(&response);
    world_close(&world);
}

void fuzz_http_body(const guint8 *data, gsize size) {
    FuzzInput input = {data, size};
    g_autofree char *name = input_line(&input);
    for (gsize i = 0; i < G_N_ELEMENTS(handlers); i++)
        if (strcmp(name, handlers[i].name) == 0) ask(&handlers[i], input);
}
