/* What is remembered of each of many keys: 24 bytes, found by a keyed digest of 64 bits, so that nobody can choose keys that collide; that two of ten
 * million do by chance has the odds of one in 370,000. Filled, then sealed, then asked. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "base/error.h"

typedef struct KeyTable KeyTable;

typedef struct {
    guint64 digest, value;
    guint32 version; /* digest of a text: an ETag */
    guint32 marks;   /* the caller's */
} KeyEntry;

KeyTable *key_table_new(void);
void key_table_free(KeyTable *table);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KeyTable, key_table_free)

/* `version` may be NULL. ERROR_TOO_MANY beyond VERIFY_KEYS_MAX. */
bool key_table_add(KeyTable *table, const char *key, guint64 value, const char *version, GError **error);
void key_table_seal(KeyTable *table);
/* NULL: none. */
KeyEntry *key_table_find(const KeyTable *table, const char *key);
bool key_entry_is_version(const KeyTable *table, const KeyEntry *entry, const char *version);
guint64 key_table_digest(const KeyTable *table, const char *text);
guint key_table_unmarked(const KeyTable *table);
