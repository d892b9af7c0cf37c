/* A sorted array. */
#include "operate/key_table.h"

#include <string.h>

#include "base/limits.h"
#include "base/sha256.h"

struct KeyTable {
    guint8 secret[16];
    GArray *entries; /* of KeyEntry */
};

KeyTable *key_table_new(void) {
    KeyTable *table = g_new0(KeyTable, 1);
    for (gsize i = 0; i < sizeof table->secret / 4; i++) {
        guint32 word = g_random_int();
        memcpy(table->secret + 4 * i, &word, 4);
    }
    table->entries = g_array_new(FALSE, FALSE, sizeof(KeyEntry));
    return table;
}

void key_table_free(KeyTable *table) {
    if (!table) return;
    g_array_unref(table->entries);
    g_free(table);
}

guint64 key_table_digest(const KeyTable *table, const char *text) {
    Sha256 *sha256 = sha256_new();
    sha256_update(sha256, table->secret, sizeof table->secret);
    sha256_update(sha256, text, strlen(text));
    g_autofree char *sum = sha256_finish(sha256);
    sum[16] = '\0';
    return g_ascii_strtoull(sum, NULL, 16);
}

bool key_table_add(KeyTable *table, const char *key, guint64 value, const char *version, GError **error) {
    if (table->entries->len >= VERIFY_KEYS_MAX)
        return fail(error, ERROR_TOO_MANY, "the store has more than %d objects of one kind: verify keeps no more in mind", VERIFY_KEYS_MAX);
    KeyEntry entry = {.digest = key_table_digest(table, key), .value = value, .version = version ? (guint32)key_table_digest(table, version) : 0};
    g_array_append_val(table->entries, entry);
    return true;
}

static int compare(gconstpointer one, gconstpointer other) {
    guint64 a = ((const KeyEntry *)one)->digest, b = ((const KeyEntry *)other)->digest;
    return a < b ? -1 : a > b;
}

void key_table_seal(KeyTable *table) { g_array_sort(table->entries, compare); }

KeyEntry *key_table_find(const KeyTable *table, const char *key) {
    KeyEntry wanted = {.digest = key_table_digest(table, key)};
    guint at;
    return g_array_binary_search(table->entries, &wanted, compare, &at) ? &g_array_index(table->entries, KeyEntry, at) : NULL;
}

bool key_entry_is_version(const KeyTable *table, const KeyEntry *entry, const char *version) {
    return entry->version == (guint32)key_table_digest(table, version);
}

guint key_table_unmarked(const KeyTable *table) {
    guint count = 0;
    for (guint i = 0; i < table->entries->len; i++) count += g_array_index(table->entries, KeyEntry, i).marks == 0;
    return count;
}
