/* Shared by the files that apply a patch (patch.c, patch_segments.c, patch_added.c). */
#pragma once

#include "meeting/meeting_internal.h"

/* A JSON string within `bytes_max`, cleaned, on one line; null gives NULL where `nullable`. */
bool patch_read_text(const json_t *value, const char *name, gsize bytes_max, bool nullable, char **text, GError **error);
/* One of the members of an item that a person may set. */
bool patch_item_member(Item *item, const char *name, const json_t *value, GError **error);

/* "segments": {"12": {text, speaker}}. An edit of the text keeps the times of the words that stay, and carries over the quotes of items that
 * stand in it. `was`, the text before, is put by patch_complete_segments(). */
bool patch_segments(Meeting *meeting, const json_t *patch, const json_t *value, GError **error);
bool patch_complete_segments(const Meeting *meeting, json_t *segments, GError **error);

/* "new_items": [{kind, text, owner, due, type, priority, status, segments: [first, last], quote}], of origin "user". `id` is put by
 * patch_complete_new_items(). */
bool patch_new_items(Meeting *meeting, const json_t *patch, const json_t *value, GError **error);
bool patch_complete_new_items(const Meeting *meeting, json_t *items, GError **error);
