/* CTranslate2's binary format, little-endian: u32 version; name of the specification; u32 revision; u32 count; arrays (name, u8
 * rank, u32
 * dimensions, u8 type, u32 bytes, data); u32 count of aliases; aliases (name, name of what it stands for). A name is a u16
 * length, then
 * that many bytes with a NUL at the end. */
#include "speech/ctranslate2.h"

#include <string.h>

_Static_assert(G_BYTE_ORDER == G_LITTLE_ENDIAN, "model files are read as they lie");

#define ARRAYS_MAX 65536
#define NAME_BYTES_MAX 512

struct Ct2Model {
    GMappedFile *file;
    GHashTable *arrays; /* char* → Ct2Array* */
};

typedef enum { TYPE_F32, TYPE_I8, TYPE_I16, TYPE_I32, TYPE_F16, TYPE_COUNT } Type;
static const guint8 type_bytes[TYPE_COUNT] = {[TYPE_F32] = 4, [TYPE_I8] = 1, [TYPE_I16] = 2, [TYPE_I32] = 4, [TYPE_F16] = 2};

typedef struct {
    const guint8 *at, *end;
} Cursor;

static bool take(Cursor *cursor, gsize size, const guint8 **data) {
    if ((gsize)(cursor->end - cursor->at) < size) return false;
    *data = cursor->at;
    cursor->at += size;
    return true;
}

static bool take_value(Cursor *cursor, void *value, gsize size) {
    const guint8 *data;
    if (!take(cursor, size, &data)) return false;
    memcpy(value, data, size);
    return true;
}

/* Caller frees. */
static bool take_name(Cursor *cursor, char **name) {
    guint16 length;
    const guint8 *data;
    if (!take_value(cursor, &length, sizeof length) || length > NAME_BYTES_MAX || !take(cursor, length, &data)) return false;
    *name = g_strndup((const char *)data, length);
    return true;
}

static gint64 integer_of(const guint8 *data, Type type) {
    gint16 i16;
    gint32 i32;
    switch (type) {
    case TYPE_I8: return (gint8)data[0];
    case TYPE_I16: memcpy(&i16, data, sizeof i16); return i16;
    case TYPE_I32: memcpy(&i32, data, sizeof i32); return i32;
    default: return 0;
    }
}

/* False where the array runs over the file's end or its bytes don't fit its shape. */
static bool take_array(Cursor *cursor, Ct2Array *array) {
    guint8 type;
    guint32 bytes;
    gsize want;
    if (!take_value(cursor, &array->rank, 1) || array->rank > CT2_RANK_MAX) return false;
    array->count = 1;
    for (guint i = 0; i < array->rank; i++) {
        if (!take_value(cursor, &array->dims[i], sizeof array->dims[i]) || array->dims[i] == 0) return false;
        if (!g_size_checked_mul(&array->count, array->count, array->dims[i])) return false;
    }
    if (!take_value(cursor, &type, 1) || type >= TYPE_COUNT || !take_value(cursor, &bytes, sizeof bytes)) return false;
    if (!g_size_checked_mul(&want, array->count, type_bytes[type]) || want != bytes) return false;
    if (!take(cursor, bytes, &array->data)) return false;
    array->half = type == TYPE_F16;
    array->number = type == TYPE_F16 || type == TYPE_F32;
    array->integer = integer_of(array->data, (Type)type);
    return true;
}

static bool read_arrays(Ct2Model *model, Cursor *cursor, GError **error) {
    guint32 count;
    if (!take_value(cursor, &count, sizeof count) || count > ARRAYS_MAX)
        return fail(error, ERROR_CORRUPT, "The model's weights are damaged: it has no sound count of arrays; fetch it again.");
    for (guint32 i = 0; i < count; i++) {
        g_autofree char *name = NULL;
        g_autofree Ct2Array *array = g_new0(Ct2Array, 1);
        if (!take_name(cursor, &name) || !take_array(cursor, array))
            return fail(error, ERROR_CORRUPT, "The model's weights are damaged or cut short at array %u of %u; fetch it again.",
                        i + 1,
                        count);
        if (g_hash_table_contains(model->arrays, name))
            return fail(error, ERROR_CORRUPT, "The model's weights hold array %u twice; fetch it again.", i + 1);
        g_hash_table_insert(model->arrays, g_steal_pointer(&name), g_steal_pointer(&array));
    }
    return true;
}

static bool read_aliases(Ct2Model *model, Cursor *cursor, GError **error) {
    guint32 count;
    bool sound = take_value(cursor, &count, sizeof count) && count <= ARRAYS_MAX;
    for (guint32 i = 0; sound && i < count; i++) {
        g_autofree char *alias = NULL, *name = NULL;
        sound = take_name(cursor, &alias) && take_name(cursor, &name);
        const Ct2Array *array = sound ? g_hash_table_lookup(model->arrays, name) : NULL;
        if (array && !g_hash_table_contains(model->arrays, alias))
            g_hash_table_insert(model->arrays, g_steal_pointer(&alias), g_memdup2(array, sizeof *array));
    }
    if (!sound || cursor->at != cursor->end)
        return fail(error, ERROR_CORRUPT, "The model's weights are damaged behind the last array; fetch it again.");
    return true;
}

static bool read_model(Ct2Model *model, GError **error) {
    Cursor cursor = {.at = (const guint8 *)g_mapped_file_get_contents(model->file)};
    cursor.end = cursor.at + g_mapped_file_get_length(model->file);
    guint32 version, revision;
    g_autofree char *specification = NULL;
    if (!take_value(&cursor, &version, sizeof version) || version < 4 || version > 6 || !take_name(&cursor, &specification) ||
        !take_value(&cursor, &revision, sizeof revision) || strcmp(specification, "WhisperSpec") != 0)
        return fail(error, ERROR_CORRUPT, "The model's weights are none of Whisper's in CTranslate2's format; fetch the right "
                    "package.");
    return read_arrays(model, &cursor, error) && read_aliases(model, &cursor, error);
}

bool ct2_open(const char *path, Ct2Model **model, GError **error) {
    g_autoptr(GError) map_error = NULL;
    GMappedFile *file = g_mapped_file_new(path, FALSE, &map_error);
    if (!file) return fail(error, ERROR_NOT_FOUND, "The model's weights can't be read: %s.", map_error->message);
    g_autoptr(Ct2Model) opened = g_new0(Ct2Model, 1);
    opened->file = file;
    opened->arrays = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    if (!read_model(opened, error)) return false;
    *model = g_steal_pointer(&opened);
    return true;
}

void ct2_close(Ct2Model *model) {
    g_hash_table_unref(model->arrays);
    g_mapped_file_unref(model->file);
    g_free(model);
}

const Ct2Array *ct2_find(const Ct2Model *model, const char *name) { return g_hash_table_lookup(model->arrays, name); }
