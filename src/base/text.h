/* Small text helpers that several folders need. All text is UTF-8. */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* The longest prefix of `text` that has at most `bytes_max` bytes and ends between characters. Caller frees. */
char *text_cut(const char *text, gsize bytes_max);

/* Valid UTF-8 with control characters (but tab and newline where `keep_lines`) removed. Caller frees. */
char *text_clean(const char *text, gssize length, bool keep_lines);

/* White space folded to single spaces, none at the ends. Caller frees. */
char *text_fold_space(const char *text);

/* A client's file name as storage.md asks: last path component (of / and \), control characters and separators
 * removed, valid UTF-8, never empty, "." or "..", at most FILENAME_BYTES_MAX (extension kept). Caller frees. */
char *text_clean_filename(const char *name);

/* "meeting-" is not added: a random UUIDv4. Caller frees. */
#define text_uuid() g_uuid_string_random()

/* A UUID made of the text's SHA-256 (RFC 9562, version 8: by a rule of one's own): the same for the same text. Caller frees. */
char *text_uuid_of(const char *text);

/* Lower-case hexadecimal SHA-256. Caller frees. */
char *text_sha256(const void *data, gsize size);

/* "1:02:03" or "2:03" for milliseconds. Caller frees. */
char *text_duration(gint64 ms);

/* A map by text, in the order of its bytes. For texts that a stranger chose: GLib's hash of text has no seed, so that a table of them can be made
 * to collide. Either function may be NULL. Unref the tree. */
GTree *text_map_new(GDestroyNotify key_free, GDestroyNotify value_free);
