/* A list row and its index key. A key of another version, or one that was not made here, is no row; it is never an error. */
#include "model/row.h"

#include <string.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/text.h"
#include "model/keys.h"
#include "model/members.h"

#define INVERTED_FROM 9999999999999LL /* Unix milliseconds of the year 2286 */
#define INVERTED_DIGITS 13
#define CARD_VERSION "1"
#define CUT "~"

/* The card's fields in their order. */
enum {
    CARD_CODE,
    CARD_UPDATED,
    CARD_STATE,
    CARD_DURATION,
    CARD_ACTIONS,
    CARD_DECISIONS,
    CARD_QUESTIONS,
    CARD_REQUIREMENTS,
    CARD_RECORDING,
    CARD_FILENAME,
    CARD_TITLE,
    CARD_TAGS,
    CARD_FIELDS
};

Row *row_new(void) {
    Row *row = g_new0(Row, 1);
    row->tags = g_ptr_array_new_with_free_func(g_free);
    return row;
}

void row_free(Row *row) {
    if (!row) return;
    g_free(row->meeting_id);
    g_free(row->audio_key);
    g_free(row->filename);
    g_free(row->title);
    g_ptr_array_unref(row->tags);
    g_free(row);
}

Row *row_of_record(const Record *record) {
    Row *row = row_new();
    row->meeting_id = g_strdup(record->meeting_id);
    row->audio_key = g_strdup(record->audio_key);
    row->timestamp_ms = record->timestamp_ms;
    row->updated_ms = record->updated_ms;
    row->state = record->state;
    row->duration_ms = record->duration_ms;
    row->actions = record->action_items_count;
    row->decisions = record->decisions_count;
    row->questions = record->questions_count;
    row->requirements = record->requirements_count;
    row->filename = g_strdup(record->filename ? record->filename : "");
    row->title = g_strdup(record->title ? record->title : row->filename);
    for (guint i = 0; i < record->tags->len; i++) g_ptr_array_add(row->tags, g_strdup(record->tags->pdata[i]));
    return row;
}

/* Escaped are the bytes that structure the card, and those that no name in a directory or an XML listing carries safely. */
static void append_escaped(GString *card, const char *text) {
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    for (const guchar *at = (const guchar *)valid; *at; at++) {
        if (*at < 0x20 || *at == 0x7F || strchr("_%~/\\+", *at))
            g_string_append_printf(card, "%%%02X", *at);
        else
            g_string_append_c(card, (char)*at);
    }
}

static GString *escaped(const char *text) {
    GString *field = g_string_new(NULL);
    append_escaped(field, text);
    return field;
}

/* Cuts the field by `*excess` bytes, or as many as it has, between characters; counts down what it gave. */
static void cut_field(GString *field, gssize *excess) {
    if (*excess <= 0 || field->len <= strlen(CUT)) return;
    gssize before = (gssize)field->len;
    g_autofree char *kept = text_cut(field->str, (gsize)MAX(before - *excess - (gssize)strlen(CUT), 0));
    gsize length = strlen(kept);
    for (gsize back = 1; back <= 2 && back <= length; back++) /* not inside an escape */
        if (kept[length - back] == '%') kept[length - back] = '\0';
    g_string_assign(field, kept);
    g_string_append(field, CUT);
    *excess -= before - (gssize)field->len;
}

static void append_base36(GString *card, gint64 number) {
    char digits[16], *at = digits + sizeof digits;
    *--at = '\0';
    guint64 left = (guint64)MAX(number, 0);
    do *--at = "0123456789abcdefghijklmnopqrstuvwxyz"[left % 36];
    while ((left /= 36) > 0);
    g_string_append(card, at);
}

/* What stands between "meetings/" and "_{filename}": "" for the meeting's own UUID, "-" without a recording, CUT for a key of
 * another form. */
static char *recording_field(const Row *row) {
    if (!row->audio_key) return g_strdup("-");
    g_autofree char *tail = g_strconcat("_", row->filename, NULL);
    if (!g_str_has_prefix(row->audio_key, PREFIX_RECORDINGS) || !g_str_has_suffix(row->audio_key, tail)) return g_strdup(CUT);
    const char *start = row->audio_key + strlen(PREFIX_RECORDINGS);
    gssize length = (gssize)strlen(start) - (gssize)strlen(tail);
    if (length < 0) return g_strdup(CUT);
    g_autofree char *uuid = g_strndup(start, (gsize)length);
    g_autofree char *own_id = meeting_id_new(uuid);
    if (strcmp(own_id, row->meeting_id) == 0) return g_strdup("");
    return g_uuid_string_is_valid(uuid) ? g_strdup(uuid) : g_strdup(CUT);
}

static gint64 inverted(gint64 unix_ms) { return INVERTED_FROM - CLAMP(unix_ms, 0, INVERTED_FROM); }

char *row_sort_key(gint64 timestamp_ms, const char *meeting_id) {
    return g_strdup_printf("%013" G_GINT64_FORMAT "_%s_" CARD_VERSION "_", inverted(timestamp_ms), meeting_id);
}

char *row_to_key(const Row *row) {
    g_autofree char *sort_key = row_sort_key(row->timestamp_ms, row->meeting_id);
    g_autoptr(GString) key = g_string_new(PREFIX_INDEX);
    g_string_append(key, sort_key);
    append_base36(key, row->updated_ms);
    g_string_append_printf(key, "_%c_%" G_GINT64_FORMAT "_%u_%u_%u_%u_", row->state == MEETING_DELETING ? 'd' : 'r',
                           (ms_clamp(row->duration_ms) + 500) / 1000, row->actions, row->decisions, row->questions,
                           row->requirements);
    g_autofree char *recording = recording_field(row);
    g_autoptr(GString) audio = g_string_new(recording);
    g_autoptr(GString) filename = escaped(row->filename),
                       title = escaped(strcmp(row->title, row->filename) == 0 ? "" : row->title);
    g_autoptr(GString) tags = g_string_new(NULL);
    for (guint i = 0; i < row->tags->len; i++) {
        if (i > 0) g_string_append_c(tags, '+');
        append_escaped(tags, row->tags->pdata[i]);
    }
    gssize excess = (gssize)(key->len - strlen(PREFIX_INDEX) + audio->len + filename->len + title->len + tags->len + 3) -
                    KEY_COMPONENT_BYTES_MAX;
    cut_field(tags, &excess);
    cut_field(title, &excess);
    cut_field(filename, &excess);
    cut_field(audio, &excess);
    g_string_append_printf(key, "%s_%s_%s_%s", audio->str, filename->str, title->str, tags->str);
    return g_string_free(g_steal_pointer(&key), FALSE);
}

static bool read_number(const char *text, guint base, gint64 max, gint64 *number) {
    guint64 value;
    if (!g_ascii_string_to_unsigned(text, base, 0, (guint64)max, &value, NULL)) return false;
    *number = (gint64)value;
    return true;
}

static bool read_count(const char *text, guint *count) {
    gint64 number;
    if (!read_number(text, 10, G_MAXUINT, &number)) return false;
    *count = (guint)number;
    return true;
}

/* A text field; `*cut` is set where it is not whole, NULL is returned where it is damaged. */
static char *read_text(const char *field, bool *cut) {
    gsize length = strlen(field);
    bool field_cut = length > 0 && field[length - 1] == CUT[0];
    g_autofree char *escaped_text = g_strndup(field, length - field_cut);
    g_autofree char *text = g_uri_unescape_string(escaped_text, NULL);
    if (!text || !g_utf8_validate(text, -1, NULL)) return NULL;
    *cut |= field_cut;
    return text_clean(text, -1, false);
}

/* The last tag of a list that was cut may be a part of one, and is left out. */
static bool read_tags(Row *row, const char *field) {
    g_auto(GStrv) parts = g_strsplit(field, "+", TAGS_MAX);
    for (char **part = parts; *part; part++) {
        bool cut = false;
        g_autofree char *tag = read_text(*part, &cut);
        if (!tag) return false;
        row->cut |= cut;
        if (*tag && !cut) g_ptr_array_add(row->tags, g_steal_pointer(&tag));
    }
    return true;
}

static void read_recording(Row *row, const char *field, bool filename_cut) {
    if (strcmp(field, "-") == 0) return;
    if (g_str_has_suffix(field, CUT) || filename_cut || !g_str_has_prefix(row->meeting_id, "meeting-"))
        row->cut = true;
    else
        row->audio_key = key_recording(*field ? field : row->meeting_id + strlen("meeting-"), row->filename);
}

static bool read_texts(Row *row, char *const *card) {
    row->filename = read_text(card[CARD_FILENAME], &row->cut);
    if (!row->filename) return false;
    read_recording(row, card[CARD_RECORDING], row->cut);
    row->title = read_text(card[CARD_TITLE], &row->cut);
    if (!row->title) return false;
    if (!*row->title) {
        g_free(row->title);
        row->title = g_strdup(row->filename);
    }
    return read_tags(row, card[CARD_TAGS]);
}

static bool read_card(Row *row, char *const *card) {
    if (strcmp(card[CARD_CODE], CARD_VERSION) != 0) return false;
    if (strcmp(card[CARD_STATE], "r") != 0 && strcmp(card[CARD_STATE], "d") != 0) return false;
    row->state = card[CARD_STATE][0] == 'd' ? MEETING_DELETING : MEETING_READY;
    gint64 seconds;
    if (!read_number(card[CARD_DURATION], 10, RECORDING_MS_MAX / 1000, &seconds)) return false;
    row->duration_ms = seconds * 1000;
    return read_number(card[CARD_UPDATED], 36, G_MAXINT64, &row->updated_ms) && read_count(card[CARD_ACTIONS], &row->actions) &&
           read_count(card[CARD_DECISIONS], &row->decisions) && read_count(card[CARD_QUESTIONS], &row->questions) &&
           read_count(card[CARD_REQUIREMENTS], &row->requirements) && read_texts(row, card);
}

Row *row_from_key(const char *key) {
    if (!g_str_has_prefix(key, PREFIX_INDEX) || strlen(key) > KEY_BYTES_MAX || strchr(key + strlen(PREFIX_INDEX), '/')) return NULL;
    /* A meeting's id may hold '_', the card's fields can't: the card is counted from the end. */
    g_auto(GStrv) parts = g_strsplit(key + strlen(PREFIX_INDEX), "_", 0);
    guint count = g_strv_length(parts);
    gint64 time;
    if (count < 2 + CARD_FIELDS || strlen(parts[0]) != INVERTED_DIGITS || !read_number(parts[0], 10, INVERTED_FROM, &time)) return NULL;
    char **card = parts + count - CARD_FIELDS;
    g_autoptr(GStrvBuilder) id_parts = g_strv_builder_new();
    for (char **part = parts + 1; part < card; part++) g_strv_builder_add(id_parts, *part);
    g_auto(GStrv) id = g_strv_builder_end(id_parts);
    g_autoptr(Row) row = row_new();
    row->meeting_id = g_strjoinv("_", id);
    row->timestamp_ms = INVERTED_FROM - time;
    if (!meeting_id_valid(row->meeting_id) || !read_card(row, card)) return NULL;
    return g_steal_pointer(&row);
}

bool row_sort_key_read(const char *sort_key, gint64 *timestamp_ms, char **meeting_id) {
    static const char end[] = "_" CARD_VERSION "_";
    const char *id = strchr(sort_key, '_');
    gint64 time;
    if (!id || id - sort_key != INVERTED_DIGITS || !g_str_has_suffix(++id, end)) return false;
    g_autofree char *digits = g_strndup(sort_key, INVERTED_DIGITS);
    g_autofree char *read_id = g_strndup(id, strlen(id) - strlen(end));
    if (!read_number(digits, 10, INVERTED_FROM, &time) || !meeting_id_valid(read_id)) return false;
    *timestamp_ms = INVERTED_FROM - time;
    *meeting_id = g_steal_pointer(&read_id);
    return true;
}

char *row_key_from_time(gint64 unix_ms) { return g_strdup_printf(PREFIX_INDEX "%013" G_GINT64_FORMAT, inverted(unix_ms)); }

json_t *row_to_json(const Row *row) {
    g_autofree char *timestamp = row->timestamp_ms > 0 ? time_format(row->timestamp_ms) : NULL;
    g_autofree char *updated = row->updated_ms > 0 ? time_format(row->updated_ms) : NULL;
    json_t *json = json_pack("{sosososo}", "meeting_id", json_text(row->meeting_id), "audio_s3_key", json_text(row->audio_key),
                             "timestamp", json_text(timestamp), "filename", json_text(row->filename));
    json_object_set_new(json, "action_items_count", json_integer(row->actions));
    json_object_set_new(json, "requirements_count", json_integer(row->requirements));
    json_object_set_new(json, "decisions_count", json_integer(row->decisions));
    json_object_set_new(json, "questions_count", json_integer(row->questions));
    json_object_set_new(json, "title", json_text(row->title));
    json_object_set_new(json, "state", json_text(meeting_state_name(row->state)));
    json_object_set_new(json, "duration_ms", json_integer(row->duration_ms));
    json_object_set_new(json, "tags", strings_to_json(row->tags));
    json_object_set_new(json, "updated", json_text(updated));
    return json;
}
