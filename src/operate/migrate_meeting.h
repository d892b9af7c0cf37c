/* One meeting on its way: shared by the files that judge it (migrate_judge.c) and bring it (migrate_meeting.c). */
#pragma once

#include "operate/migrate_internal.h"

typedef enum { JUDGED_GONE, JUDGED_THERE, JUDGED_COPY, JUDGED_LEAVE } Judgement;

typedef struct {
    Migrate *migrate;
    const char *meeting_id;
    json_t *source, *standing; /* the records; NULL: none */
    char *source_etag, *standing_etag;
    Record *record, *standing_record;
    GPtrArray *from, *to;      /* of StoreEntry: the folders, without the records */
    const char *audio_key;     /* NULL: none that can be copied */
    bool audio_stands;
    StoreInfo audio;           /* of the destination's recording */
    guint64 bytes;             /* of all that the source has of it */
    guint64 copied;
    char *reason;              /* why it is left, or what is to be known of it */
} Bringing;

void bringing_clear(Bringing *bringing);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Bringing, bringing_clear)

/* NULL: the folder has no such object. Borrowed. */
const StoreEntry *bringing_entry(const GPtrArray *entries, const char *key);

/* Reads what both sides have of the meeting, and tells what is to be done. ERROR_CORRUPT where a record can't be read. */
bool bringing_judge(Bringing *bringing, Judgement *judgement, GError **error);
