/* Shared by the files of migrate. */
#pragma once

#include "operate/key_table.h"
#include "operate/migrate.h"

typedef struct {
    const MigrateOptions *options;
    Store *source, *store;     /* store: the destination's */
    const Meetings *meetings;  /* of the destination */
    KeyTable *recordings;      /* of the source: key → size, a version where it is archived; marked where a meeting or a job names it */
    KeyTable *source_jobs;     /* meetings' ids */
    KeyTable *jobs;            /* the same of the destination */
    KeyTable *rows;            /* index keys that stand in the destination; for a folder the recordings that its rows name. NULL: not known */
    gint64 begun_us;
    GMutex large;              /* held while a large object is copied */
    GMutex mutex;              /* of what follows, and of `recordings` */
    GError *failure;           /* the first; it ends all workers */
    MigrateSummary summary;
    guint64 done, all;         /* bytes of the source */
    /* the walk over the source's meetings */
    GPtrArray *page;           /* of StoreEntry */
    guint at;
    char *last_key, *last_id;
    bool more;
} Migrate;

/* One object. */
typedef struct {
    guint64 bytes;
    char *sha256, *etag;
} MigrateObject;

void migrate_object_clear(MigrateObject *object);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(MigrateObject, migrate_object_clear)

typedef struct {
    const char *from, *to;     /* keys */
    const char *sha256;        /* what its bytes must have; NULL: not known, and `bytes` has no meaning */
    guint64 bytes;
    bool stands;               /* in the destination, so: */
    guint64 standing_bytes;
    const char *standing_etag;
} MigrateCopy;

/* -- migrate.c -- */
void migrate_tell(Migrate *migrate, const MigrateReport *report);
/* Counts and tells; ERROR_CANCELLED. */
bool migrate_advance(Migrate *migrate, guint64 bytes, GError **error);
/* The first failure ends the run. Takes the problem. */
void migrate_fail(Migrate *migrate, GError *problem);
/* Whether the fault is of this one thing, not of a store: it is told, and the others are brought. */
bool migrate_is_of_one(const GError *problem);
/* The same of what has this recording (NULL: none), which may be archived: a service then gives the others, and not this one. */
bool migrate_is_of_recording(Migrate *migrate, const char *key, const GError *problem);
/* A NOT_FOUND is no error: `*there` false. */
bool migrate_head(Store *store, const char *key, bool *there, StoreInfo *info, GError **error);
/* Marks the source's recording as used; its size, 0 where it is not there. */
guint64 migrate_use_recording(Migrate *migrate, const char *key);

/* -- migrate_object.c -- */
/* The object stands in the destination and was proved. ERROR_CORRUPT: the source's bytes are not what they must be; ERROR_NOT_FOUND: it has
 * none; ERROR_PRECONDITION: changed on one of the sides meanwhile. `*copied` (may be NULL): it was not there. */
bool migrate_object(Migrate *migrate, const MigrateCopy *copy, MigrateObject *object, bool *copied, GError **error);
/* All of an object; ERROR_PRECONDITION where it is not the version of `etag` (NULL: any). */
bool migrate_sum(Migrate *migrate, Store *store, const char *key, const char *etag, MigrateObject *object, GError **error);

/* -- migrate_record.c -- */
/* metadata.json; *json NULL where there is none; ERROR_CORRUPT where it can't be read. `*etag` is the caller's. */
bool migrate_record_read(Store *store, const char *meeting_id, json_t **json, char **etag, GError **error);
/* Whether the destination's was made of the source's as it stands, or says the same. */
bool migrate_record_same(const json_t *source, const json_t *standing);
/* Whether nobody has rewritten the destination's since it was made. */
bool migrate_record_untouched(const json_t *standing);
/* The destination's, made of the source's: `objects` (key → MigrateObject) tells what stands there. With `keep` what the source says of sizes and
 * sums stays, whatever the objects are. New reference. */
json_t *migrate_record_make(const json_t *source, GTree *objects, bool keep);

/* -- migrate_meeting.c -- */
bool migrate_meeting(Migrate *migrate, const char *meeting_id, GError **error);
/* Removes the meeting from the source where the destination has all of it. */
bool migrate_remove_meeting(Migrate *migrate, const Meetings *source, const char *meeting_id, GError **error);

/* -- migrate_rest.c -- */
bool migrate_work(Migrate *migrate, GError **error);     /* jobs */
bool migrate_orphans(Migrate *migrate, GError **error);  /* recordings that nothing names */
bool migrate_others(Migrate *migrate, GError **error);   /* what is copied as it is */

/* -- migrate_folder.c -- */
bool migrate_folder(Migrate *migrate, GError **error);
