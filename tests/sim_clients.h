/* Those who use the servers of a simulation: they upload, edit, delete, read and mend, and keep in mind what they were told (Known). */
#pragma once

#include "sim_world.h"

#define UPLOADS_WEIGHT 5
#define ACTS_WEIGHT (UPLOADS_WEIGHT + 19)

typedef struct {
    World *world;
    int number;
    GThread *thread;
} Client;

/* -- uploads ------------------------------------------------------------------------------------------------------------- */

static inline void note_upload(World *world, const char *id, guint number) {
    world_know(world, id, number)->acknowledged = true;
    world->acknowledged++;
}

static inline void client_upload(World *world, Server *server) {
    guint number = ++world->numbers;
    g_autofree char *text = recording_of(number), *name = g_strdup_printf("talk-%u.vtt", number);
    g_autoptr(Ingest) ingest = NULL;
    g_autoptr(Job) job = NULL;
    IngestOptions options = {.filename = name};
    bool answer = ingest_open(&server->pipeline.meetings, server->jobs, &options, &ingest, NULL) && ingest_write(ingest, text, strlen(text), NULL) &&
                  ingest_finish(g_steal_pointer(&ingest), &job, NULL);
    if (server->up) worker_wake(server->worker);
    if (world_answered(server, answer)) note_upload(world, job->meeting_id, number);
}

static inline bool send_part(Server *server, const Transfer *transfer, const char *text) {
    g_autoptr(StoreWriter) writer = NULL;
    gsize size = strlen(text);
    return transfer_put_part(&server->pipeline.meetings, transfer->audio_key, transfer->upload_id, 1, size, &writer, NULL) &&
           store_writer_write(writer, text, size, NULL) && store_writer_commit(g_steal_pointer(&writer), NULL, NULL);
}

/* In parts, through whichever server is there, each step again and again; now and then given up. What was aborted becomes no meeting. */
static inline void client_transfer(World *world, Server *server) {
    guint number = ++world->numbers;
    GRand *chance = world->sky.chance;
    g_autofree char *text = recording_of(number), *name = g_strdup_printf("talk-%u.vtt", number);
    g_autoptr(Transfer) transfer = NULL;
    IngestOptions options = {.filename = name};
    bool begun = transfer_begin(&server->pipeline.meetings, &options, strlen(text), &transfer, NULL), abort = g_rand_int_range(chance, 0, 4) == 0;
    if (!world_answered(server, begun)) return;
    for (int step = 0, tries = 0; tries < 12; tries++) {
        fiber_sleep(g_rand_int_range(chance, 0, 20) * (gint64)SIM_SECOND_US);
        Server *other = world_ask(world);
        guint64 bytes = 0;
        if (!other) continue;
        bool done = step == 0 ? send_part(other, transfer, text)
                    : abort   ? transfer_abort(&other->pipeline.meetings, other->jobs, transfer->meeting_id, NULL)
                              : transfer_complete(&other->pipeline.meetings, other->jobs, transfer->meeting_id, &bytes, NULL);
        if (!world_answered(other, done)) continue;
        if (step++ == 0) continue;
        if (!abort) note_upload(world, transfer->meeting_id, number);
        else world_know(world, transfer->meeting_id, number)->delete_begun_us = world_know(world, transfer->meeting_id, number)->delete_done_us = fibers.now_us;
        return;
    }
}

/* -- what is read -------------------------------------------------------------------------------------------------------- */

static inline guint number_in(const char *text, const char *before) {
    const char *at = text ? strstr(text, before) : NULL;
    return at ? (guint)g_ascii_strtoull(at + strlen(before), NULL, 10) : 0;
}

static inline guint title_number(const Meeting *meeting) { return number_in(meeting->record->title, "Edit "); }

/* Whoever was shown it sees the whole of it: words and minutes, and of nobody else. (For a moment there may be a record that a worker put behind a
 * delete which it had not heard of.) */
static inline void check_whole(const Known *known, const Meeting *meeting) {
    if (known->delete_begun_us != FIBER_NEVER_US && !meeting->transcript) return;
    SIM_CHECK(meeting->transcript && meeting->text, "half a meeting is shown: %s has no transcript", known->id);
    SIM_CHECK(meeting->transcript->segments->len == 3, "%s has lost words", known->id);
    guint number = number_in(g_array_index(meeting->transcript->segments, Segment, 1).text, "design ");
    SIM_CHECK(number == known->number, "%s has the words of another recording: %u, not %u", known->id, number, known->number);
    SIM_CHECK(meeting->minutes->items[ITEM_ACTION]->len > 0, "half a meeting is shown: %s has no items", known->id);
}

/* What is deleted stays deleted: nobody who asks later is shown it. */
static inline void check_not_deleted(const Known *known, gint64 asked_us, const char *how) {
    SIM_CHECK(known->delete_done_us >= asked_us, "%s was deleted %.1f s ago, and is %s", known->id,
              (double)(asked_us - known->delete_done_us) / SIM_SECOND_US, how);
}

static inline void client_list(World *world, Server *server) {
    g_auto(CatalogPage) page = {0};
    CatalogQuery query = {.limit = 50};
    gint64 asked_us = fibers.now_us;
    bool listed = catalog_list(server->catalog, &query, &page, NULL);
    for (guint i = 0; listed && i < page.rows->len; i++) {
        const Row *row = page.rows->pdata[i];
        g_autoptr(Meeting) meeting = NULL;
        g_autoptr(GError) error = NULL;
        Known *known = world_know(world, row->meeting_id, number_in(row->filename, "talk-"));
        bool deleted = known->delete_done_us < asked_us;
        bool read = meeting_read(&server->pipeline.meetings, row->meeting_id, &meeting, &error);
        /* A row whose put was so slow that a delete went past it leads nowhere, and goes again: by who put it, or by verify where that one died. */
        SIM_CHECK(!deleted || !read || !meeting->transcript, "%s was deleted %.1f s ago, and is listed", known->id,
                  (double)(asked_us - known->delete_done_us) / SIM_SECOND_US);
        world->late_rows += deleted;
        if (read) check_whole(known, meeting);
        else SIM_CHECK(error_is(error, ERROR_UNAVAILABLE) || known->delete_begun_us < fibers.now_us, "%s is listed and can't be read: %s", known->id,
                       error->message);
    }
    world_answered(server, listed);
}

static inline Known *any_known(World *world) {
    return world->ids->len == 0 ? NULL : world->ids->pdata[g_rand_int_range(world->sky.chance, 0, (gint32)world->ids->len)];
}

/* -- changes ------------------------------------------------------------------------------------------------------------- */

static inline json_t *patch_of(guint number) {
    g_autofree char *title = g_strdup_printf("Edit %u", number), *tag = g_strdup_printf("edit-%u", number),
                    *words = g_strdup_printf("I will send the figures of edit %u to Bob by Friday.", number),
                    *item = g_strdup_printf("Item of edit %u.", number);
    return json_pack("{s:s, s:[s], s:{s:{s:s}}, s:[{s:s, s:s}]}", "title", title, "tags", tag, "segments", "0", "text", words, "new_items", "kind",
                     "decision", "text", item);
}

static inline void client_edit(World *world, Server *server) {
    Known *known = any_known(world);
    g_autoptr(Meeting) meeting = NULL;
    g_autoptr(GError) error = NULL;
    gint64 asked_us = fibers.now_us;
    if (!known || !meeting_read(&server->pipeline.meetings, known->id, &meeting, NULL)) {
        world_answered(server, false);
        return;
    }
    check_not_deleted(known, asked_us, "read");
    check_whole(known, meeting);
    fiber_sleep(g_rand_int_range(world->sky.chance, 0, 30) * (gint64)SIM_SECOND_US);
    guint at = known->edits->len;
    Edit edit = {.number = ++world->numbers, .begun_us = fibers.now_us, .ended_us = FIBER_NEVER_US};
    g_array_append_val(known->edits, edit);
    g_autoptr(json_t) patch = patch_of(edit.number);
    bool done = meeting_edit(&server->pipeline.meetings, known->id, meeting->etag, patch, NULL, NULL, &error);
    Edit *told = &g_array_index(known->edits, Edit, at);
    told->ended_us = fibers.now_us;
    told->came = done ? EDIT_DONE : error_is(error, ERROR_PRECONDITION) ? EDIT_REFUSED : EDIT_UNKNOWN;
    if (world_answered(server, done)) world->edits++;
    else if (done) told->came = EDIT_UNKNOWN;
}

static inline void client_delete(World *world, Server *server) {
    Known *known = any_known(world);
    g_autoptr(GError) error = NULL;
    if (!known) {
        world_answered(server, false);
        return;
    }
    known->delete_begun_us = MIN(known->delete_begun_us, fibers.now_us);
    bool deleted = pipeline_delete(&server->pipeline, server->name, known->id, &error);
    if (!world_answered(server, deleted)) return;
    known->delete_done_us = MIN(known->delete_done_us, fibers.now_us);
    world->deletes++;
}

static inline void client_retry(World *world, Server *server) {
    Known *known = any_known(world);
    g_autoptr(Job) job = NULL;
    world_answered(server, known && jobs_retry(server->jobs, known->id, &job, NULL));
}

static inline void ignore_finding(const VerifyFinding *finding, gpointer user_data) {}
static inline bool say_yes(const VerifyCode *code, const char *key, gpointer user_data) { return true; }

/* Beside all the rest. */
static inline void client_verify(World *world, Server *server) {
    VerifySummary summary;
    VerifyOptions options = {.pipeline = server->pipeline, .worker = server->name, .repair = true, .settled_ms = SIM_SETTLED_MS,
                             .report = ignore_finding, .confirm = say_yes};
    world_answered(server, verify(&options, &summary, NULL));
}

static inline gpointer client_live(gpointer data) {
    Client *client = data;
    World *world = client->world;
    static const struct {
        void (*act)(World *world, Server *server);
        int weight;
    } acts[] = {/* uploads first */ {client_upload, 3}, {client_transfer, 2}, {client_edit, 12}, {client_delete, 2}, {client_list, 3}, {client_retry, 1}, {client_verify, 1}};
    for (int left = g_rand_int_range(world->sky.chance, 3, 10), first = 1; left > 0; left--, first = 0) {
        int drawn = g_rand_int_range(world->sky.chance, 0, first ? UPLOADS_WEIGHT : ACTS_WEIGHT), act = 0;
        fiber_sleep(g_rand_int_range(world->sky.chance, 0, 90 * 1000) * G_GINT64_CONSTANT(1000));
        while (drawn >= acts[act].weight) drawn -= acts[act++].weight;
        Server *server = world_ask(world);
        if (server) acts[act].act(world, server);
    }
    return NULL;
}
