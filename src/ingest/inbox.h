/* Recordings that someone dropped under inbox/ in the bucket or directory, by whatever client: each becomes a meeting as if it had been uploaded.
 *
 *  1. Any number of servers may look at the same time, and any may die at any step: a file becomes one meeting. The meeting's id is made of the
 *     file's key and ETag, so that whoever takes it in again meets what stands.
 *  2. The file is removed only when its recording and its job stand.
 *  3. A file that was modified less than `settled_ms` ago is left for the next look, as it may still grow (in a directory; objects of a bucket come whole: 0). An
 *     empty one, and a name that starts with '.', are left for good. */
#pragma once

#include "ingest/ingest.h"

#define PREFIX_INBOX "inbox/"

/* Takes in at most INBOX_TAKE_MAX of the first LIST_LIMIT_MAX files; `*taken`: how many, whatever is returned. One listing where there is none. A file that
 * fails holds up no other; the error of the first such names it. */
bool inbox_take(const Meetings *meetings, Jobs *jobs, gint64 settled_ms, GCancellable *cancel, guint *taken, GError **error);
