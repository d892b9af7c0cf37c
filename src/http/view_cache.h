/* What was made of meetings for their answers, so that it need not be made again: the members of the answer that are not the transcript, which is sent
 * from the store, nor the recording's signed URL. Each is kept under a name that tells the version of every document that it was made of (meeting.c), so
 * there is nothing to invalidate. At most VIEW_CACHE_ENTRIES_MAX of them and VIEW_CACHE_BYTES_MAX in all. May be used from any thread. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct ViewCache ViewCache;

ViewCache *view_cache_new(void);
void view_cache_free(ViewCache *cache);

typedef struct {
    GBytes *members; /* JSON without its braces */
    char *recording; /* the key of what can be played; NULL: nothing */
    char *etag;      /* of metadata.json */
} View;
void view_clear(View *view);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(View, view_clear)

/* What was kept under this name; clear it. False: nothing. */
bool view_cache_find(ViewCache *cache, const char *name, View *view);
/* Keeps a copy. One that is larger than a quarter of the room is not kept; where there is no room, all others go. */
void view_cache_keep(ViewCache *cache, const char *name, const View *view);
