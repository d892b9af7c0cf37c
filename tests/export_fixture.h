/* A small meeting, and the ways to export it. */
#pragma once

#include <string.h>

#include "export/export.h"

static inline Meeting *meeting_make(void) {
    Meeting *meeting = g_new0(Meeting, 1);
    meeting->record = record_new();
    meeting->record->meeting_id = g_strdup("meeting-1");
    meeting->record->filename = g_strdup("a.mp3");
    meeting->record->title = g_strdup("Stand-up");
    meeting->record->timestamp_ms = 1741064767089;
    meeting->minutes = minutes_new();
    meeting->transcript = transcript_new();
    return meeting;
}

static inline Meeting *meeting_sample(void) {
    Meeting *meeting = meeting_make();
    Transcript *transcript = meeting->transcript;
    int ann = transcript_speaker(transcript, "Ann"), bob = transcript_speaker(transcript, "Bob <b>");
    transcript_add(transcript, 1000, 3000, ann, "Bob will send it by Friday.");
    transcript_add(transcript, 62000, 63000, bob, "Yes --> & <i>sure</i>.");
    Item *item = item_new(ITEM_ACTION);
    g_free(item->text);
    item->text = g_strdup("Send \"it\", now");
    item->owner = g_strdup("Bob");
    item->due = g_strdup("2026-03-06");
    item->due_said = g_strdup("by Friday");
    item_add_evidence(item, &(Evidence){0, 0, 1000, 3000, (char *)"Ann", (char *)"Bob will send it by Friday", MATCH_EXACT});
    minutes_add(meeting->minutes, item);
    Item *requirement = item_new(ITEM_REQUIREMENT);
    g_free(requirement->text);
    requirement->text = g_strdup("The system shall a|b");
    requirement->type = g_strdup("functional");
    requirement->priority = g_strdup("must");
    minutes_add(meeting->minutes, requirement);
    g_free(meeting->minutes->text);
    meeting->minutes->text = g_strdup("We met.\n\n# not a title");
    Topic topic = {g_strdup("Delivery"), 1000, 3000};
    g_array_append_val(meeting->minutes->topics, topic);
    return meeting;
}

static inline char *write_as(const Meeting *meeting, const char *name) {
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) bytes = NULL;
    const ExportFormat *format = export_format_named(name);
    g_assert_nonnull(format);
    g_assert_true(export_meeting(meeting, format, &bytes, &error));
    g_assert_no_error(error);
    gsize size;
    const char *text = g_bytes_get_data(bytes, &size);
    g_assert_true(g_utf8_validate(text, (gssize)size, NULL));
    return g_strndup(text, size);
}

static inline void assert_refused(const Meeting *meeting, const char *name) {
    g_autoptr(GError) error = NULL;
    GBytes *untouched = NULL;
    g_assert_false(export_meeting(meeting, export_format_named(name), &untouched, &error));
    g_assert_error(error, HANSARD_ERROR, ERROR_INVALID);
    g_assert_null(untouched);
}
