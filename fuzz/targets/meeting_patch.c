/* The body of PATCH /api/meetings/{id}: it is applied as a whole, and what stands then is a meeting, or it is refused and nothing has changed. */
#include "fuzz.h"
#include "base/limits.h"
#include "meeting/meeting.h"
#include "store/memory.h"

#define ID "meeting-0a1b2c3d-0000-4000-8000-000000000000"

static void make_meeting(const Meetings *meetings) {
    g_autoptr(Transcript) transcript = transcript_new();
    g_autoptr(Minutes) minutes = minutes_new();
    g_autoptr(Record) record = record_new();
    int ann = transcript_speaker(transcript, "Ann"), bob = transcript_speaker(transcript, "Bob");
    Segment *first = transcript_add(transcript, 1000, 3000, ann, "Bob will send it by Friday.");
    segment_add_word(first, 1000, 2000, 1, "Bob");
    segment_add_word(first, 2000, 3000, 1, "will");
    transcript_add(transcript, 4000, 5000, bob, "Yes, I will.");
    Item *item = item_new(ITEM_ACTION);
    g_free(item->text);
    item->text = g_strdup("Send it");
    item_add_evidence(item, &(Evidence){0, 0, 1000, 3000, (char *)"Ann", (char *)"Bob will send it by Friday", MATCH_EXACT});
    minutes_add(minutes, item);
    g_free(record->meeting_id);
    record->meeting_id = g_strdup(ID);
    record->timestamp_ms = 1772600767089;
    g_free(record->filename);
    record->filename = g_strdup("a.vtt");
    g_assert_true(meeting_write_transcript(meetings, ID, &(MeetingVersions){0}, transcript, NULL, NULL));
    g_assert_true(meeting_write_minutes(meetings, ID, &(MeetingVersions){0}, minutes, record->timestamp_ms, NULL, NULL));
    g_assert_true(meeting_commit(meetings, record, NULL, NULL));
}

static void check_whole(const Meeting *meeting) {
    for (guint i = 0; i < meeting->transcript->segments->len; i++)
        fuzz_text(transcript_segment(meeting->transcript, i)->text, SEGMENT_TEXT_BYTES_MAX);
    for (int kind = 0; kind < ITEM_KIND_COUNT; kind++)
        for (guint i = 0; i < meeting->minutes->items[kind]->len; i++) {
            const Item *item = meeting->minutes->items[kind]->pdata[i];
            fuzz_text(item->text, ITEM_TEXT_BYTES_MAX);
            for (guint j = 0; j < item->evidence->len; j++)
                g_assert_cmpuint(g_array_index(item->evidence, Evidence, j).last, <, meeting->transcript->segments->len);
        }
}

void fuzz_meeting_patch(const guint8 *data, gsize size) {
    g_autoptr(json_t) patch = input_json(data, size);
    if (!json_is_object(patch)) return;
    g_autoptr(Store) store = store_memory_new(clock_system());
    g_autoptr(Catalog) catalog = NULL;
    g_assert_true(catalog_keys_open(store, &catalog, NULL));
    Meetings meetings = {store, catalog, clock_system()};
    make_meeting(&meetings);
    g_autoptr(Meeting) before = NULL, after = NULL;
    g_autofree char *etag = NULL;
    g_assert_true(meeting_read(&meetings, ID, &before, NULL));
    bool done = FUZZ_CALL(meeting_edit(&meetings, ID, before->etag, patch, &etag, NULL, &error));
    g_assert_true(FUZZ_CALL(meeting_read(&meetings, ID, &after, &error)));
    g_assert_cmpstr(after->etag, ==, done ? etag : before->etag);
    check_whole(after);
}
