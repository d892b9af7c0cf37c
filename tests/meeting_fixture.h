/* A store with a meeting as the stages leave it, and as the commit does: for the tests of meeting. */
#pragma once

#include <string.h>

#include "base/limits.h"
#include "fake_clock.h"
#include "faulty_store.h"
#include "meeting/meeting_internal.h"
#include "store/memory.h"

#define ID "meeting-0b54cd33-5c0f-4b13-a6a8-b6e2bd0cb8a2"
#define AUDIO "meetings/0b54cd33-5c0f-4b13-a6a8-b6e2bd0cb8a2_call.m4a"
#define NOW 1772600767089

static FakeClock clock_now = FAKE_CLOCK(NOW);

typedef struct {
    Store *store;
    Catalog *catalog;
    Meetings meetings;
} Fixture;

static inline Fixture open_on(Store *store) {
    Fixture fixture = {.store = store};
    g_assert_true(catalog_keys_open(store, &fixture.catalog, NULL));
    fixture.meetings = (Meetings){store, fixture.catalog, &clock_now.base};
    return fixture;
}

static inline void close_fixture(Fixture *fixture) {
    catalog_close(fixture->catalog);
    store_close(fixture->store);
}

static inline void put_text(Store *store, const char *key, const char *text) {
    g_autoptr(GBytes) bytes = g_bytes_new(text, strlen(text));
    g_autoptr(GError) error = NULL;
    g_assert_true(store_put(store, key, bytes, NULL, NULL, &error));
    g_assert_no_error(error);
}

static inline guint count_keys(Store *store, const char *prefix) {
    g_autoptr(GPtrArray) entries = NULL;
    bool more = false;
    g_assert_true(store_list(store, prefix, NULL, LIST_LIMIT_MAX, &entries, &more, NULL));
    return entries->len;
}

static inline guint count_rows(Catalog *catalog) {
    g_auto(CatalogPage) page = {0};
    CatalogQuery query = {.limit = 50};
    g_autoptr(GError) error = NULL;
    g_assert_true(catalog_list(catalog, &query, &page, &error));
    g_assert_no_error(error);
    return page.rows->len;
}

static inline void set_text(char **field, const char *text) {
    g_free(*field);
    *field = g_strdup(text);
}

static inline Minutes *sample_minutes(void) {
    Minutes *minutes = minutes_new();
    Evidence evidence = {.first = 0, .last = 0, .start_ms = 0, .end_ms = 2000, .speaker = (char *)"Ann",
                         .quote = (char *)"I will send the figures by Friday."};
    Item *action = item_new(ITEM_ACTION), *requirement = item_new(ITEM_REQUIREMENT);
    set_text(&minutes->text, "Ann sends the figures.");
    set_text(&minutes->extractor, "offline");
    set_text(&action->text, "Send the figures by Friday");
    set_text(&action->owner, "Ann");
    set_text(&requirement->text, "The system shall keep the figures.");
    item_add_evidence(action, &evidence);
    item_add_evidence(requirement, &evidence);
    minutes_add(minutes, action);
    minutes_add(minutes, requirement);
    return minutes;
}

/* The documents of a meeting, as the stages leave them before the commit. */
static inline void write_documents(const Meetings *meetings) {
    g_autoptr(Transcript) transcript = transcript_new();
    g_autoptr(Minutes) minutes = sample_minutes();
    g_autoptr(GError) error = NULL;
    transcript->duration_ms = transcript->covered_ms = 4000;
    transcript_add(transcript, 0, 2000, transcript_speaker(transcript, "Ann"), "I will send the figures by Friday.");
    transcript_add(transcript, 2000, 4000, transcript_speaker(transcript, "Bob"), "Thank you.");
    put_text(meetings->store, AUDIO, "sound");
    g_assert_true(meeting_write_transcript(meetings, ID, &(MeetingVersions){0}, transcript, NULL, &error));
    g_assert_true(meeting_write_minutes(meetings, ID, &(MeetingVersions){0}, minutes, NOW, AUDIO, &error));
    g_assert_no_error(error);
}

static inline Record *sample_record(void) {
    Record *record = record_new();
    record->meeting_id = g_strdup(ID);
    record->audio_key = g_strdup(AUDIO);
    record->filename = g_strdup("call.m4a");
    record->title = g_strdup("Call");
    record->timestamp_ms = NOW;
    g_ptr_array_add(record->speakers, g_strdup("Ann"));
    g_ptr_array_add(record->speakers, g_strdup("Bob"));
    return record;
}

/* A memory store that holds one committed meeting. */
static inline Store *committed_store(void) {
    Fixture fixture = open_on(store_memory_new(&clock_now.base));
    g_autoptr(Record) record = sample_record();
    g_autoptr(GError) error = NULL;
    write_documents(&fixture.meetings);
    g_assert_true(meeting_commit(&fixture.meetings, record, NULL, &error));
    g_assert_no_error(error);
    catalog_close(fixture.catalog);
    return fixture.store;
}
