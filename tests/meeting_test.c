/* meeting: commit, edit and delete in their order, and what a failure at each single store operation leaves. */
#include "meeting_fixture.h"

static void test_commit(void) {
    Fixture fixture = open_on(store_memory_new(&clock_now.base));
    g_autoptr(Record) record = sample_record();
    g_autoptr(Meeting) meeting = NULL;
    g_autoptr(GError) error = NULL;
    write_documents(&fixture.meetings);
    g_assert_cmpuint(count_rows(fixture.catalog), ==, 0); /* documents alone are no meeting */
    g_assert_false(meeting_read(&fixture.meetings, ID, &meeting, &error));
    g_assert_true(error_is(error, ERROR_NOT_FOUND));
    g_clear_error(&error);
    g_assert_true(meeting_commit(&fixture.meetings, record, NULL, &error));
    g_assert_true(meeting_read(&fixture.meetings, ID, &meeting, &error));
    g_assert_no_error(error);
    g_assert_cmpuint(count_rows(fixture.catalog), ==, 1);
    g_assert_cmpuint(meeting->record->action_items_count, ==, 1);
    g_assert_cmpuint(meeting->record->requirements_count, ==, 1);
    g_assert_cmpint(meeting->record->schema, ==, 2);
    g_assert_cmpuint(meeting->record->transcription_length, ==, (guint64)g_utf8_strlen(meeting->text, -1));
    for (guint i = 0; i < meeting->record->objects->len; i++) {
        const RecordObject *object = meeting->record->objects->pdata[i];
        g_auto(StoreInfo) info = {0};
        g_assert_true(store_head(fixture.store, object->key, &info, NULL));
        g_assert_cmpuint(info.size, ==, object->bytes);
        g_assert_cmpstr(info.etag, ==, object->etag);
    }
    g_assert_cmpuint(meeting->record->objects->len, ==, 5); /* four documents and the recording */
    /* created once only */
    g_assert_false(meeting_commit(&fixture.meetings, record, NULL, &error));
    g_assert_true(error_is(error, ERROR_PRECONDITION));
    close_fixture(&fixture);
}

static void test_first_version(void) {
    Fixture fixture = open_on(store_memory_new(&clock_now.base));
    g_autoptr(Meeting) meeting = NULL;
    g_autoptr(GError) error = NULL;
    put_text(fixture.store, "transcriptions/old-1/metadata.json",
             "{\"meeting_id\":\"old-1\",\"audio_s3_key\":\"meetings/x_y.mp3\",\"timestamp\":\"2025-01-02T03:04:05.678901\","
             "\"filename\":\"y.mp3\",\"action_items_count\":1,\"requirements_count\":2,\"transcription_length\":11,\"custom\":[1]}");
    put_text(fixture.store, "transcriptions/old-1/transcription.txt", "Hello there\nSecond line");
    put_text(fixture.store, "transcriptions/old-1/summary.json",
             "{\"meeting_id\":\"old-1\",\"summary\":{\"summary\":\"It was short.\",\"action_items\":[\"Call Bob\"]}}");
    put_text(fixture.store, "transcriptions/old-1/requirements.json",
             "{\"meeting_id\":\"old-1\",\"requirements\":[\"Fast\",{\"description\":\"Safe\",\"id\":\"R9\"}]}");
    g_assert_true(meeting_read(&fixture.meetings, "old-1", &meeting, &error));
    g_assert_no_error(error);
    g_assert_cmpint(meeting->record->schema, ==, 1);
    g_assert_cmpint(meeting->record->timestamp_ms, ==, 1735787045678);
    g_assert_cmpuint(meeting->transcript->segments->len, ==, 2);
    g_assert_cmpstr(transcript_segment(meeting->transcript, 1)->text, ==, "Second line");
    g_assert_cmpstr(meeting->minutes->text, ==, "It was short.");
    g_assert_cmpstr(((Item *)meeting->minutes->items[ITEM_ACTION]->pdata[0])->text, ==, "Call Bob");
    g_assert_cmpuint(meeting->minutes->items[ITEM_REQUIREMENT]->len, ==, 2);
    close_fixture(&fixture);
}

static json_t *sample_patch(void) {
    return json_pack("{s:s, s:[s], s:{s:s}, s:{s:{s:s, s:s}, s:{s:s}}}", "title", "New title", "tags", "team", "speakers", "Ann",
                     "Anna", "items", "A-1", "status", "confirmed", "due", "2026-03-06", "REQ-1", "text", "The system shall be calm.");
}

/* Old (false) or new (true) throughout: title, tags, items, speakers in every document. */
static bool is_edited(const Meeting *meeting) {
    bool edited = strcmp(meeting->record->title, "New title") == 0;
    const Item *action = minutes_find(meeting->minutes, "A-1"), *requirement = minutes_find(meeting->minutes, "REQ-1");
    g_assert_cmpstr(action->status, ==, edited ? "confirmed" : "draft");
    g_assert_cmpstr(action->owner, ==, edited ? "Anna" : "Ann");
    g_assert_cmpstr(requirement->text, ==, edited ? "The system shall be calm." : "The system shall keep the figures.");
    g_assert_cmpstr(transcript_speaker_name(meeting->transcript, 0), ==, edited ? "Anna" : "Ann");
    g_assert_cmpuint(meeting->record->tags->len, ==, edited ? 1 : 0);
    return edited;
}

static void test_edit(void) {
    Fixture fixture = open_on(committed_store());
    g_autoptr(Meeting) before = NULL;
    g_autoptr(Meeting) after = NULL;
    g_autoptr(json_t) patch = sample_patch();
    g_autofree char *etag = NULL;
    g_autoptr(GError) error = NULL;
    g_assert_true(meeting_read(&fixture.meetings, ID, &before, NULL));
    g_assert_false(is_edited(before));
    g_assert_true(meeting_edit(&fixture.meetings, ID, before->etag, patch, &etag, NULL, &error));
    g_assert_no_error(error);
    g_assert_true(meeting_read(&fixture.meetings, ID, &after, &error));
    g_assert_true(is_edited(after));
    g_assert_cmpstr(after->etag, ==, etag);
    g_assert_nonnull(strstr(after->text, "Anna: I will send"));
    g_assert_null(json_object_get(after->record->extra, "pending_edit"));
    /* the loser of two edits is told so and changes nothing */
    g_autoptr(json_t) late = json_pack("{s:s}", "title", "Late");
    g_assert_false(meeting_edit(&fixture.meetings, ID, before->etag, late, NULL, NULL, &error));
    g_assert_true(error_is(error, ERROR_PRECONDITION));
    close_fixture(&fixture);
}

/* Two speakers of one name are one, in every document; what was said stays. */
static void test_merge_speakers(void) {
    Fixture fixture = open_on(committed_store());
    g_autoptr(Meeting) before = NULL;
    g_autoptr(Meeting) after = NULL;
    g_autoptr(json_t) patch = json_pack("{s:{s:s}}", "speakers", "Ann", "Bob");
    g_autoptr(GError) error = NULL;
    g_assert_true(meeting_read(&fixture.meetings, ID, &before, NULL));
    g_assert_true(meeting_edit(&fixture.meetings, ID, before->etag, patch, NULL, NULL, &error));
    g_assert_no_error(error);
    g_assert_true(meeting_read(&fixture.meetings, ID, &after, &error));
    g_assert_cmpuint(after->record->speakers->len, ==, 1);
    g_assert_cmpstr(after->record->speakers->pdata[0], ==, "Bob");
    g_assert_cmpuint(after->transcript->speakers->len, ==, 1);
    g_assert_cmpstr(after->text, ==, "Bob: I will send the figures by Friday. Thank you.\n");
    const Item *action = minutes_find(after->minutes, "A-1");
    g_assert_cmpstr(action->owner, ==, "Bob");
    g_assert_cmpstr(g_array_index(action->evidence, Evidence, 0).speaker, ==, "Bob");
    close_fixture(&fixture);
}

/* In the words of summary and items a name of one word is only sure where it stands for who speaks. */
static void test_rename_in_texts(void) {
    static const struct {
        const char *from, *to, *summary, *renamed;
    } cases[] = {{"Speaker 1", "Ann", "Speaker 1: Speaker 1 calls Speaker 12.\nSpeaker 1: yes.", "Ann: Ann calls Speaker 12.\nAnn: yes."},
                 {"Will", "William", "Will: Will you send it?\nAnn: Will: no.", "William: Will you send it?\nAnn: Will: no."},
                 {"Ann Lee", "Ann Lee (CEO)", "Ann Lee: to Ann Lee.", "Ann Lee (CEO): to Ann Lee."},
                 {"Ann Lee", "Bo", "XAnn Lee, Ann Leeds, \"Ann Lee\"", "XAnn Lee, Ann Leeds, \"Bo\""},
                 {"Jürgen Ö", "Bo", "Jürgen Ö, Jürgen Öl", "Bo, Jürgen Öl"}};
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(Record) record = sample_record();
        g_autoptr(Minutes) minutes = minutes_new();
        Meeting meeting = {.record = record, .minutes = minutes};
        g_autoptr(json_t) patch = json_pack("{s:{s:s}}", "speakers", cases[i].from, cases[i].to);
        set_text(&minutes->text, cases[i].summary);
        for (int times = 0; times < 2; times++) {
            g_assert_true(meeting_apply_patch(&meeting, patch, NULL));
            g_assert_cmpstr(minutes->text, ==, cases[i].renamed);
        }
    }
}

static void test_edit_refused(void) {
    static const char *const bad[] = {
        "{\"titel\":\"x\"}",
        "{\"title\":\"\"}",
        "{\"title\":7}",
        "{\"tags\":\"x\"}",
        "{\"tags\":[1]}",
        "{\"tags\":[\" \"]}",
        "{\"items\":{\"A-9\":{\"text\":\"x\"}}}",
        "{\"items\":{\"A-1\":{\"status\":\"perhaps\"}}}",
        "{\"items\":{\"A-1\":{\"due\":\"soon\"}}}",
        "{\"items\":{\"A-1\":{\"due\":\"2026-02-30\"}}}",
        "{\"items\":{\"A-1\":{\"id\":\"A-2\"}}}",
        "{\"items\":[]}",
        "{\"speakers\":{\"Ann\":\"Bob\",\"Bob\":\"Ann\"}}",
        "{\"segments\":[]}",
        "{\"segments\":{\"2\":{\"text\":\"x\"}}}",
        "{\"segments\":{\"-1\":{\"text\":\"x\"}}}",
        "{\"segments\":{\"0\":7}}",
        "{\"segments\":{\"0\":{\"text\":\" \"}}}",
        "{\"segments\":{\"0\":{\"text\":null}}}",
        "{\"segments\":{\"0\":{\"words\":[]}}}",
        "{\"segments\":{\"0\":{\"text\":\"x\",\"was\":\"y\"}}}",
        "{\"segments\":{\"0\":{\"speaker\":\"Ann\"}},\"speakers\":{\"Ann\":\"Anna\"}}",
        "{\"new_items\":{}}",
        "{\"new_items\":[1]}",
        "{\"new_items\":[{\"text\":\"x\"}]}",
        "{\"new_items\":[{\"kind\":\"action\"}]}",
        "{\"new_items\":[{\"kind\":\"thing\",\"text\":\"x\"}]}",
        "{\"new_items\":[{\"kind\":\"action\",\"text\":\"x\",\"id\":\"A-7\"}]}",
        "{\"new_items\":[{\"kind\":\"action\",\"text\":\"x\",\"origin\":\"model\"}]}",
        "{\"new_items\":[{\"kind\":\"action\",\"text\":\"x\",\"quote\":\"figures\"}]}",
        "{\"new_items\":[{\"kind\":\"action\",\"text\":\"x\",\"segments\":[0,0],\"quote\":\"other\"}]}",
        "{\"new_items\":[{\"kind\":\"action\",\"text\":\"x\",\"segments\":[1,0]}]}",
        "{\"new_items\":[{\"kind\":\"action\",\"text\":\"x\",\"segments\":[0,2]}]}",
        "{\"new_items\":[{\"kind\":\"requirement\",\"text\":\"x\",\"priority\":\"high\"}]}",
        "{\"speakers\":{\"Room 2\":\"Bob\",\"Ann\":\"Ann of Room 2\"}}",
    };
    Fixture fixture = open_on(committed_store());
    g_autoptr(Meeting) before = NULL;
    g_assert_true(meeting_read(&fixture.meetings, ID, &before, NULL));
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(json_t) patch = json_parse_object(bad[i], strlen(bad[i]), "patch", NULL);
        g_autoptr(GError) error = NULL;
        g_autoptr(Meeting) after = NULL;
        g_assert_false(meeting_edit(&fixture.meetings, ID, before->etag, patch, NULL, NULL, &error));
        g_assert_true(error_is(error, ERROR_INVALID));
        g_assert_true(meeting_read(&fixture.meetings, ID, &after, NULL));
        g_assert_cmpstr(after->etag, ==, before->etag);
    }
    close_fixture(&fixture);
}

static const Evidence *first_evidence(const Meeting *meeting, const char *id) {
    return &g_array_index(minutes_find(meeting->minutes, id)->evidence, Evidence, 0);
}

/* An edit of the text and of who speaks: in all documents, with the times of the words that stay, and the quotes that stand in it. */
static json_t *segments_patch(void) {
    return json_pack("{s:{s:{s:s}, s:{s:s}}, s:[{s:s, s:s, s:s, s:[i,i], s:s}, {s:s, s:s}]}", "segments", "0", "text",
                     "I shall send the new figures  by Friday.", "1", "speaker", "Cleo", "new_items", "kind", "decision", "text", "Figures are sent",
                     "owner", "Ann", "segments", 0, 1, "quote", "the new figures by", "kind", "action", "text", "Unheard");
}

static void give_words(const Meetings *meetings) {
    static const char *const words[] = {"I", "will", "send", "the", "figures", "by", "Friday."};
    g_autoptr(Transcript) transcript = NULL;
    g_auto(MeetingVersions) versions = {0};
    g_assert_true(meeting_read_transcript(meetings, ID, &transcript, NULL, NULL));
    g_assert_true(meeting_read_versions(meetings, ID, &versions, NULL));
    for (gsize i = 0; i < G_N_ELEMENTS(words); i++)
        segment_add_word(&g_array_index(transcript->segments, Segment, 0), (gint64)i * 200, (gint64)i * 200 + 150, 0.5f, words[i]);
    g_assert_true(meeting_write_transcript(meetings, ID, &versions, transcript, NULL, NULL));
}

static void assert_segments_edited(const Meeting *meeting) {
    static const struct {
        const char *text;
        gint64 start_ms;
    } words[] = {{"I", 0}, {"shall", 150}, {"send", 216}, {"the", 283}, {"new", 350 + 66}, {"figures", 800}, {"by", 1000}, {"Friday.", 1200}};
    const Segment *segment = transcript_segment(meeting->transcript, 0);
    g_assert_cmpstr(segment->text, ==, "I shall send the new figures by Friday.");
    g_assert_cmpuint(segment->words->len, ==, G_N_ELEMENTS(words));
    for (gsize i = 0; i < G_N_ELEMENTS(words); i++) {
        const Word *word = &g_array_index(segment->words, Word, i);
        bool kept = i == 0 || i >= 5;
        g_assert_cmpstr(word->text, ==, words[i].text);
        g_assert_true((word->confidence > 0) == kept);
        if (kept) g_assert_cmpint(word->start_ms, ==, words[i].start_ms);
        else g_assert_cmpint(word->start_ms, <, 800);
    }
    g_assert_cmpstr(transcript_speaker_name(meeting->transcript, transcript_segment(meeting->transcript, 1)->speaker), ==, "Cleo");
    g_assert_nonnull(strstr(meeting->text, "Ann: I shall send the new figures by Friday.\nCleo: Thank you."));
    g_assert_cmpstr(meeting->record->speakers->pdata[2], ==, "Cleo");
    g_assert_cmpstr(first_evidence(meeting, "A-1")->quote, ==, "I shall send the new figures by Friday.");
    const Item *added = minutes_find(meeting->minutes, "D-1"), *unheard = minutes_find(meeting->minutes, "A-2");
    g_assert_cmpstr(added->origin, ==, "user");
    g_assert_cmpstr(added->status, ==, "confirmed");
    g_assert_cmpstr(added->owner, ==, "Ann");
    const Evidence *evidence = first_evidence(meeting, "D-1");
    g_assert_cmpstr(evidence->quote, ==, "the new figures by");
    g_assert_cmpstr(evidence->speaker, ==, "Ann");
    g_assert_cmpuint(evidence->last, ==, 0);
    g_assert_cmpint(evidence->end_ms, ==, 1150);
    g_assert_cmpuint(unheard->evidence->len, ==, 0);
    g_assert_cmpstr(unheard->origin, ==, "user");
    g_assert_cmpuint(meeting->minutes->items[ITEM_ACTION]->len, ==, 2);
    g_assert_cmpuint(meeting->minutes->items[ITEM_DECISION]->len, ==, 1);
}

static void test_edit_segments(void) {
    Fixture fixture = open_on(committed_store());
    g_autoptr(Meeting) before = NULL;
    g_autoptr(Meeting) after = NULL;
    g_autoptr(json_t) patch = segments_patch();
    g_autoptr(GError) error = NULL;
    give_words(&fixture.meetings);
    g_assert_true(meeting_read(&fixture.meetings, ID, &before, NULL));
    g_assert_true(meeting_edit(&fixture.meetings, ID, before->etag, patch, NULL, NULL, &error));
    g_assert_no_error(error);
    g_assert_cmpstr(json_string_value(json_object_get(json_array_get(json_object_get(patch, "new_items"), 0), "id")), ==, "D-1");
    g_assert_true(meeting_read(&fixture.meetings, ID, &after, NULL));
    assert_segments_edited(after);
    g_assert_cmpuint(after->record->action_items_count, ==, 2);
    close_fixture(&fixture);
}

/* Whatever part of it a crash leaves in the documents, it is read as done, and the next edit makes it so. */
static void test_edit_segments_faults(gconstpointer mode) {
    bool reached_end = false;
    for (int n = 1; !reached_end; n++) {
        Store *bucket = committed_store();
        Fixture healthy = open_on(bucket), broken = open_on(faulty_store_new(bucket, GPOINTER_TO_INT(mode), n));
        g_autoptr(Meeting) before = NULL;
        g_autoptr(Meeting) after = NULL;
        g_autoptr(Meeting) later = NULL;
        g_autoptr(json_t) patch = segments_patch();
        g_autoptr(json_t) next = json_pack("{s:s}", "title", "Next");
        give_words(&healthy.meetings);
        g_assert_true(meeting_read(&healthy.meetings, ID, &before, NULL));
        bool said_done = meeting_edit(&broken.meetings, ID, before->etag, patch, NULL, NULL, NULL);
        reached_end = ((FaultyStore *)broken.store)->operations < n;
        close_fixture(&broken);
        g_assert_true(meeting_read(&healthy.meetings, ID, &after, NULL));
        bool edited = minutes_find(after->minutes, "D-1") != NULL;
        g_assert_true(edited || !said_done);
        if (edited) assert_segments_edited(after);
        g_assert_true(meeting_edit(&healthy.meetings, ID, after->etag, next, NULL, NULL, NULL));
        g_assert_true(meeting_read(&healthy.meetings, ID, &later, NULL));
        if (edited) assert_segments_edited(later);
        else g_assert_cmpstr(first_evidence(later, "A-1")->quote, ==, "I will send the figures by Friday.");
        close_fixture(&healthy);
    }
}

/* A quote that was cut away, and one inside what was changed. */
static void test_edit_carries_quotes(void) {
    static const struct {
        const char *quote, *text, *carried;
        EvidenceMatch match;
    } cases[] = {
        {"send the figures", "I will send all figures by Friday.", "send all figures", MATCH_EXACT},
        {"by Friday.", "I will send the figures on Monday.", "on Monday.", MATCH_EXACT},
        {"I will send", "So I will send the figures by Friday.", "I will send", MATCH_EXACT},
        {"the figures", "I will send by Friday.", "the figures", MATCH_FUZZY},
        {"other words", "Nothing of it.", "other words", MATCH_FUZZY},
        {"I will send the figures by Friday.", "Quite new", "Quite new", MATCH_EXACT},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        Fixture fixture = open_on(committed_store());
        g_autoptr(Meeting) before = NULL;
        g_autoptr(Meeting) after = NULL;
        g_autoptr(GError) error = NULL;
        g_autoptr(json_t) patch = json_pack("{s:{s:{s:s}}}", "segments", "0", "text", cases[i].text);
        g_autoptr(Minutes) minutes = NULL;
        g_auto(MeetingVersions) versions = {0};
        g_assert_true(meeting_read_minutes(&fixture.meetings, ID, &minutes, NULL));
        g_assert_true(meeting_read_versions(&fixture.meetings, ID, &versions, NULL));
        set_text(&g_array_index(minutes_find(minutes, "A-1")->evidence, Evidence, 0).quote, cases[i].quote);
        g_assert_true(meeting_write_minutes(&fixture.meetings, ID, &versions, minutes, NOW, AUDIO, NULL));
        g_assert_true(meeting_read(&fixture.meetings, ID, &before, NULL));
        g_assert_true(meeting_edit(&fixture.meetings, ID, before->etag, patch, NULL, NULL, &error));
        g_assert_no_error(error);
        g_assert_true(meeting_read(&fixture.meetings, ID, &after, NULL));
        g_assert_cmpstr(first_evidence(after, "A-1")->quote, ==, cases[i].carried);
        g_assert_cmpint(first_evidence(after, "A-1")->match, ==, cases[i].match);
        close_fixture(&fixture);
    }
}

/* At the limits of one patch an edit is taken, one over them it is not. */
static void test_edit_limits(void) {
    Fixture fixture = open_on(store_memory_new(&clock_now.base));
    g_autoptr(Record) record = sample_record();
    g_autoptr(Transcript) transcript = transcript_new();
    g_autoptr(Minutes) minutes = sample_minutes();
    for (int i = 0; i < 300; i++) transcript_add(transcript, i * 1000, i * 1000 + 900, -1, "Word.");
    g_assert_true(meeting_write_transcript(&fixture.meetings, ID, &(MeetingVersions){0}, transcript, NULL, NULL));
    g_assert_true(meeting_write_minutes(&fixture.meetings, ID, &(MeetingVersions){0}, minutes, NOW, NULL, NULL));
    put_text(fixture.store, AUDIO, "sound");
    g_assert_true(meeting_commit(&fixture.meetings, record, NULL, NULL));
    for (int over = 0; over < 2; over++) {
        json_t *segments = json_object(), *items = json_array();
        for (int i = 0; i < PATCH_SEGMENTS_MAX + over; i++) {
            g_autofree char *id = g_strdup_printf("%d", i);
            json_object_set_new(segments, id, json_pack("{s:s}", "text", "Other."));
        }
        for (int i = 0; i < PATCH_ITEMS_MAX + over; i++) json_array_append_new(items, json_pack("{s:s, s:s}", "kind", "question", "text", "Why?"));
        json_t *patches[] = {json_pack("{s:o}", "segments", segments), json_pack("{s:o}", "new_items", items),
                             json_pack("{s:[{s:s, s:s, s:[i,i]}]}", "new_items", "kind", "action", "text", "Do", "segments", 200,
                                       200 + PATCH_EVIDENCE_SEGMENTS_MAX - 1 + over)};
        for (gsize i = 0; i < G_N_ELEMENTS(patches); i++) {
            g_autoptr(json_t) patch = patches[i];
            g_autoptr(Meeting) meeting = NULL;
            g_autoptr(GError) error = NULL;
            g_assert_true(meeting_read(&fixture.meetings, ID, &meeting, NULL));
            g_assert_true(meeting_edit(&fixture.meetings, ID, meeting->etag, patch, NULL, NULL, &error) == !over);
            if (over) g_assert_true(error_is(error, ERROR_INVALID));
        }
    }
    close_fixture(&fixture);
}

/* The n-th operation of an edit fails, for every n, in each way: the edit is there as a whole or not at all, and the next one works. */
static void test_edit_faults(gconstpointer mode) {
    bool reached_end = false;
    for (int n = 1; !reached_end; n++) {
        Store *bucket = committed_store();
        Fixture broken = open_on(faulty_store_new(bucket, GPOINTER_TO_INT(mode), n));
        g_autoptr(Meeting) before = NULL;
        g_autoptr(json_t) patch = sample_patch();
        Fixture healthy = open_on(bucket);
        g_assert_true(meeting_read(&healthy.meetings, ID, &before, NULL));
        bool said_done = meeting_edit(&broken.meetings, ID, before->etag, patch, NULL, NULL, NULL);
        reached_end = ((FaultyStore *)broken.store)->operations < n;
        close_fixture(&broken);

        g_autoptr(Meeting) after = NULL;
        g_autoptr(GError) error = NULL;
        g_assert_true(meeting_read(&healthy.meetings, ID, &after, &error));
        bool edited = is_edited(after);
        g_assert_true(edited || !said_done);
        g_autoptr(json_t) next = json_pack("{s:s}", "title", edited ? "New title" : "Call");
        g_autofree char *etag = NULL;
        /* It finishes the pending edit first, which gives the record a new ETag: that is nobody's business. */
        g_assert_true(meeting_edit(&healthy.meetings, ID, after->etag, next, &etag, NULL, &error));
        g_assert_no_error(error);
        g_clear_pointer(&after, meeting_free);
        g_assert_true(meeting_read(&healthy.meetings, ID, &after, NULL));
        g_assert_true(is_edited(after) == edited);
        g_assert_null(json_object_get(after->record->extra, "pending_edit"));
        g_assert_cmpuint(count_rows(healthy.catalog), ==, 1);
        close_fixture(&healthy);
        g_assert_cmpint(n, <, 200);
    }
}

static void test_delete(void) {
    Fixture fixture = open_on(committed_store());
    g_autoptr(GError) error = NULL;
    put_text(fixture.store, "meetings/other.m4a", "stays");
    g_assert_true(meeting_delete(&fixture.meetings, ID, NULL, &error));
    g_assert_no_error(error);
    g_assert_cmpuint(count_keys(fixture.store, ""), ==, 1);
    g_assert_true(meeting_delete(&fixture.meetings, ID, NULL, &error)); /* once more is no error */
    close_fixture(&fixture);
}

static void test_delete_faults(gconstpointer mode) {
    bool reached_end = false;
    for (int n = 1; !reached_end; n++) {
        Store *bucket = committed_store();
        Fixture broken = open_on(faulty_store_new(bucket, GPOINTER_TO_INT(mode), n));
        bool said_done = meeting_delete(&broken.meetings, ID, NULL, NULL);
        reached_end = ((FaultyStore *)broken.store)->operations < n;
        close_fixture(&broken);

        Fixture healthy = open_on(bucket);
        g_autoptr(Meeting) meeting = NULL;
        g_auto(StoreInfo) info = {0};
        if (said_done) g_assert_cmpuint(count_keys(bucket, ""), ==, 0);
        /* While anything is left the record is, too: so what is left can be found and finished. */
        if (count_keys(bucket, "") > 0) g_assert_true(store_head(bucket, "transcriptions/" ID "/metadata.json", &info, NULL));
        /* Never a half meeting: readable means that all of it is there. */
        if (meeting_read(&healthy.meetings, ID, &meeting, NULL)) g_assert_cmpuint(meeting->record->objects->len, ==, 5);
        g_assert_true(meeting_delete(&healthy.meetings, ID, NULL, NULL));
        g_assert_cmpuint(count_keys(bucket, ""), ==, 0);
        close_fixture(&healthy);
        g_assert_cmpint(n, <, 200);
    }
}

static void delete_it(gpointer fixture) { g_assert_true(meeting_delete(&((Fixture *)fixture)->meetings, ID, NULL, NULL)); }

/* Deleted while it is read, before whichever operation: it is read as a whole, or is not there. */
static void test_delete_while_read(void) {
    bool reached = true;
    for (int n = 1; reached; n++) {
        Store *bucket = committed_store();
        Fixture healthy = open_on(bucket), reading = open_on(faulty_store_new(bucket, FAULT_MEANWHILE, n));
        g_autoptr(Meeting) meeting = NULL;
        g_autoptr(GError) error = NULL;
        ((FaultyStore *)reading.store)->meanwhile = delete_it;
        ((FaultyStore *)reading.store)->data = &healthy;
        if (meeting_read(&reading.meetings, ID, &meeting, &error)) {
            g_assert_nonnull(meeting->transcript);
            g_assert_nonnull(meeting->text);
            g_assert_nonnull(minutes_find(meeting->minutes, "A-1"));
            g_assert_nonnull(minutes_find(meeting->minutes, "REQ-1"));
        } else {
            g_assert_true(error_is(error, ERROR_NOT_FOUND));
        }
        reached = ((FaultyStore *)reading.store)->operations >= n;
        close_fixture(&reading);
        close_fixture(&healthy);
        g_assert_cmpint(n, <, 30);
    }
}

/* A damaged record can't make a delete remove what is no recording. */
static void test_delete_hostile_record(void) {
    Fixture fixture = open_on(store_memory_new(&clock_now.base));
    g_autoptr(GError) error = NULL;
    put_text(fixture.store, "transcriptions/victim/metadata.json", "{\"meeting_id\":\"victim\"}");
    put_text(fixture.store, "transcriptions/bad/metadata.json",
             "{\"meeting_id\":\"bad\",\"audio_s3_key\":\"transcriptions/victim/metadata.json\"}");
    g_assert_true(meeting_delete(&fixture.meetings, "bad", NULL, &error));
    g_assert_no_error(error);
    g_assert_cmpuint(count_keys(fixture.store, "transcriptions/victim/"), ==, 1);
    g_assert_cmpuint(count_keys(fixture.store, "transcriptions/bad/"), ==, 0);
    close_fixture(&fixture);
}

/* A copied folder is a meeting of its own: it can't speak for the one that it was copied from. */
static void test_copied_record(void) {
    Fixture fixture = open_on(committed_store());
    g_autoptr(GBytes) bytes = NULL;
    g_autoptr(Meeting) original = NULL;
    g_autoptr(GError) error = NULL;
    g_assert_true(store_get(fixture.store, "transcriptions/" ID "/metadata.json", RECORD_BYTES_MAX, &bytes, NULL, NULL));
    g_assert_true(store_put(fixture.store, "transcriptions/copy/metadata.json", bytes, NULL, NULL, NULL));
    g_assert_true(meeting_delete(&fixture.meetings, "copy", NULL, &error));
    g_assert_no_error(error);
    g_assert_cmpuint(count_keys(fixture.store, "transcriptions/copy/"), ==, 0);
    g_assert_true(meeting_read(&fixture.meetings, ID, &original, &error));
    g_assert_cmpint(original->record->state, ==, MEETING_READY);
    close_fixture(&fixture);
}

/* A meeting whose record is garbage can be got rid of, its row included. */
static void test_delete_damaged(void) {
    Fixture fixture = open_on(committed_store());
    g_autoptr(GError) error = NULL;
    put_text(fixture.store, "transcriptions/" ID "/metadata.json", "{");
    g_assert_cmpuint(count_rows(fixture.catalog), ==, 1);
    g_assert_true(meeting_delete(&fixture.meetings, ID, AUDIO, &error));
    g_assert_no_error(error);
    g_assert_cmpuint(count_keys(fixture.store, ""), ==, 0);
    close_fixture(&fixture);
}

/* A worker that was overtaken writes over nothing. */
static void test_overtaken(void) {
    Fixture fixture = open_on(committed_store());
    g_auto(MeetingVersions) early = {0};
    g_autoptr(Meeting) meeting = NULL;
    g_autoptr(Minutes) minutes = sample_minutes();
    g_autoptr(json_t) patch = sample_patch();
    g_autoptr(GError) error = NULL;
    g_assert_true(meeting_read_versions(&fixture.meetings, ID, &early, &error));
    g_assert_true(meeting_read(&fixture.meetings, ID, &meeting, NULL));
    g_assert_true(meeting_edit(&fixture.meetings, ID, meeting->etag, patch, NULL, NULL, &error));
    g_assert_false(meeting_write_minutes(&fixture.meetings, ID, &early, minutes, NOW, AUDIO, &error));
    g_assert_true(error_is(error, ERROR_PRECONDITION));
    g_clear_pointer(&meeting, meeting_free);
    g_assert_true(meeting_read(&fixture.meetings, ID, &meeting, NULL));
    g_assert_true(is_edited(meeting));
    close_fixture(&fixture);
}

/* An earlier edit that fits no more does not make the meeting unreadable. */
static void test_pending_misfit(void) {
    Fixture fixture = open_on(committed_store());
    g_autoptr(Meeting) meeting = NULL;
    g_autoptr(json_t) next = json_pack("{s:s}", "title", "Next");
    g_autoptr(GBytes) bytes = NULL;
    g_autoptr(GError) error = NULL;
    g_assert_true(store_get(fixture.store, "transcriptions/" ID "/metadata.json", RECORD_BYTES_MAX, &bytes, NULL, NULL));
    g_autoptr(json_t) record = json_parse_object(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), "record", NULL);
    json_object_set_new(record, "pending_edit", json_pack("{s:{s:{s:s}}}", "items", "A-99", "text", "x"));
    g_autoptr(GBytes) changed = json_to_bytes(record, true);
    g_assert_true(store_put(fixture.store, "transcriptions/" ID "/metadata.json", changed, NULL, NULL, NULL));
    g_assert_true(meeting_read(&fixture.meetings, ID, &meeting, &error));
    g_assert_no_error(error);
    g_assert_true(meeting_edit(&fixture.meetings, ID, meeting->etag, next, NULL, NULL, &error));
    g_clear_pointer(&meeting, meeting_free);
    g_assert_true(meeting_read(&fixture.meetings, ID, &meeting, &error));
    g_assert_null(json_object_get(meeting->record->extra, "pending_edit"));
    g_assert_cmpstr(meeting->record->title, ==, "Next");
    close_fixture(&fixture);
}

static void test_damaged(void) {
    Fixture fixture = open_on(committed_store());
    g_autoptr(Meeting) meeting = NULL;
    g_autoptr(GError) error = NULL;
    put_text(fixture.store, "transcriptions/" ID "/summary.json", "{\"summary\": ");
    g_assert_false(meeting_read(&fixture.meetings, ID, &meeting, &error));
    g_assert_true(error_is(error, ERROR_CORRUPT));
    g_assert_nonnull(strstr(error->message, "summary.json"));
    g_clear_error(&error);
    g_assert_false(meeting_read(&fixture.meetings, "../x", &meeting, &error));
    g_assert_true(error_is(error, ERROR_INVALID));
    close_fixture(&fixture);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    static const struct {
        const char *name;
        FaultMode mode;
    } modes[] = {{"once", FAULT_ONCE}, {"crash", FAULT_CRASH}, {"late", FAULT_LATE}, {"lost", FAULT_LOST}};
    g_test_add_func("/meeting/commit", test_commit);
    g_test_add_func("/meeting/first-version", test_first_version);
    g_test_add_func("/meeting/edit", test_edit);
    g_test_add_func("/meeting/merge-speakers", test_merge_speakers);
    g_test_add_func("/meeting/rename-in-texts", test_rename_in_texts);
    g_test_add_func("/meeting/edit/refused", test_edit_refused);
    g_test_add_func("/meeting/edit/segments", test_edit_segments);
    g_test_add_func("/meeting/edit/carries-quotes", test_edit_carries_quotes);
    g_test_add_func("/meeting/edit/limits", test_edit_limits);
    g_test_add_func("/meeting/delete", test_delete);
    g_test_add_func("/meeting/delete/hostile-record", test_delete_hostile_record);
    g_test_add_func("/meeting/delete/while-read", test_delete_while_read);
    g_test_add_func("/meeting/delete/copied-record", test_copied_record);
    g_test_add_func("/meeting/delete/damaged", test_delete_damaged);
    g_test_add_func("/meeting/overtaken", test_overtaken);
    g_test_add_func("/meeting/edit/misfit", test_pending_misfit);
    g_test_add_func("/meeting/damaged", test_damaged);
    for (gsize i = 0; i < G_N_ELEMENTS(modes); i++) {
        g_autofree char *edit = g_strdup_printf("/meeting/edit/faults/%s", modes[i].name);
        g_autofree char *delete = g_strdup_printf("/meeting/delete/faults/%s", modes[i].name);
        g_autofree char *segments = g_strdup_printf("/meeting/edit/segments/faults/%s", modes[i].name);
        g_test_add_data_func(edit, GINT_TO_POINTER(modes[i].mode), test_edit_faults);
        g_test_add_data_func(segments, GINT_TO_POINTER(modes[i].mode), test_edit_segments_faults);
        g_test_add_data_func(delete, GINT_TO_POINTER(modes[i].mode), test_delete_faults);
    }
    return g_test_run();
}
