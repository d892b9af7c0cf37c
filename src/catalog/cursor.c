/* Cursors: base64url without padding, of the mark and the position. Every cursor has one form alone, so that an altered one is refused or is another
 * position. */
#include "catalog/cursor_internal.h"

#include <string.h>

#include "base/limits.h"
#include "model/keys.h"
#include "store/store.h"

/* The first byte: what follows, and in which version. */
#define MARK_KEY 'k'
#define MARK_SORT_KEY 's'
#define CURSOR_BYTES_MAX (4 * (KEY_BYTES_MAX / 3 + 1))

void cursor_clear(Cursor *cursor) {
    g_clear_pointer(&cursor->position, g_free);
    g_clear_pointer(&cursor->meeting_id, g_free);
}

static char *encode(char mark, const char *position) {
    g_autofree char *marked = g_strdup_printf("%c%s", mark, position);
    char *text = g_base64_encode((const guchar *)marked, strlen(marked));
    g_strdelimit(g_strdelimit(text, "+", '-'), "/", '_');
    text[strcspn(text, "=")] = '\0';
    return text;
}

char *cursor_of_key(const char *key) { return encode(MARK_KEY, key + strlen(PREFIX_INDEX)); }

char *cursor_of_sort_key(const char *sort_key) { return encode(MARK_SORT_KEY, sort_key); }

/* The mark and the position; NULL where the text is none. */
static char *decode(const char *text) {
    gsize length = strlen(text);
    if (length == 0 || length > CURSOR_BYTES_MAX) return NULL;
    g_autofree char *base64 = g_strdup_printf("%s%.*s", text, (int)(-length & 3), "==");
    g_strdelimit(g_strdelimit(base64, "-", '+'), "_", '/');
    gsize size;
    g_autofree guchar *bytes = g_base64_decode(base64, &size);
    if (size < 2 || memchr(bytes, '\0', size)) return NULL;
    g_autofree char *marked = g_strndup((const char *)bytes, size);
    g_autofree char *again = encode(marked[0], marked + 1); /* GLib's decoder passes over what is no base64 */
    return strcmp(again, text) == 0 ? g_steal_pointer(&marked) : NULL;
}

static bool read_position(const char *marked, Cursor *cursor) {
    const char *position = marked + 1;
    g_autofree char *key = g_strconcat(PREFIX_INDEX, position, NULL);
    if (marked[0] == MARK_SORT_KEY) {
        if (!row_sort_key_read(position, &cursor->timestamp_ms, &cursor->meeting_id)) return false;
    } else if (marked[0] == MARK_KEY && store_key_check(key, NULL)) {
        g_autoptr(Row) row = row_from_key(key);
        if (row) {
            cursor->timestamp_ms = row->timestamp_ms;
            cursor->meeting_id = g_steal_pointer(&row->meeting_id);
        }
    } else {
        return false;
    }
    cursor->position = g_strdup(position);
    return true;
}

bool cursor_read(const char *text, Cursor *cursor, GError **error) {
    g_autofree char *marked = decode(text);
    if (marked && read_position(marked, cursor)) return true;
    return fail(error, ERROR_INVALID, "The cursor is none of this list: take `next_cursor` of the page before, or none");
}
