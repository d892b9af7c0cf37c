/* What a patch does to a meeting in memory. Every member is checked before any is applied to the store; applying a patch twice
 * is the same as once. The transcript's part is in patch_segments.c, new items are in patch_added.c. */
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "meeting/patch_internal.h"

bool patch_read_text(const json_t *value, const char *name, gsize bytes_max, bool nullable, char **text, GError **error) {
    if (json_is_null(value) && nullable) {
        g_free(*text);
        *text = NULL;
        return true;
    }
    if (!json_is_string(value)) return fail(error, ERROR_INVALID, "%s must be text", name);
    g_autofree char *clean = text_clean(json_string_value(value), (gssize)json_string_length(value), false);
    g_strstrip(clean);
    if (clean[0] == '\0' && !nullable) return fail(error, ERROR_INVALID, "%s must not be empty", name);
    if (strlen(clean) > bytes_max) return fail(error, ERROR_INVALID, "%s has more than %d bytes", name, (int)bytes_max);
    g_free(*text);
    *text = clean[0] ? g_steal_pointer(&clean) : NULL;
    return true;
}

static bool patch_title(Meeting *meeting, const json_t *patch, const json_t *value, GError **error) {
    return patch_read_text(value, "title", TITLE_BYTES_MAX, false, &meeting->record->title, error);
}

static bool patch_tags(Meeting *meeting, const json_t *patch, const json_t *value, GError **error) {
    g_autoptr(GPtrArray) tags = g_ptr_array_new_with_free_func(g_free);
    size_t index = 0;
    json_t *entry = NULL;
    if (!json_is_array(value) || json_array_size(value) > TAGS_MAX)
        return fail(error, ERROR_INVALID, "tags must be an array of at most %d texts", TAGS_MAX);
    json_array_foreach(value, index, entry) {
        char *tag = NULL;
        if (!patch_read_text(entry, "a tag", TAG_BYTES_MAX, false, &tag, error)) return false;
        g_ptr_array_add(tags, tag);
    }
    g_ptr_array_unref(meeting->record->tags);
    meeting->record->tags = g_steal_pointer(&tags);
    return true;
}

/* Otherwise applying the patch twice would not be the same as once: another speaker that the patch renames is named in the new name. */
static bool names_another(const json_t *speakers, const char *from, const char *to) {
    const char *other = NULL;
    json_t *entry = NULL;
    json_object_foreach((json_t *)speakers, other, entry) {
        if (strcmp(other, from) != 0 && (strcmp(other, to) == 0 || (strchr(other, ' ') && strstr(to, other)))) return true;
    }
    return false;
}

static bool patch_speakers(Meeting *meeting, const json_t *patch, const json_t *value, GError **error) {
    const char *from = NULL;
    json_t *entry = NULL;
    if (!json_is_object(value) || json_object_size(value) > SPEAKERS_MAX)
        return fail(error, ERROR_INVALID, "speakers must be an object {\"present name\": \"new name\"}");
    json_object_foreach((json_t *)value, from, entry) {
        g_autofree char *to = NULL;
        if (!patch_read_text(entry, "a speaker's name", SPEAKER_NAME_BYTES_MAX, false, &to, error)) return false;
        if (names_another(value, from, to))
            return fail(error, ERROR_INVALID, "speakers can't be swapped in one patch: use a third name first");
        meeting_rename_speaker(meeting, from, to);
    }
    return true;
}

static bool patch_due(Item *item, const json_t *value, GError **error) {
    gint64 unix_ms = 0;
    const char *text = json_string_value(value);
    if (!json_is_null(value) && !(text && strlen(text) == 10 && time_parse(text, &unix_ms)))
        return fail(error, ERROR_INVALID, "due must be a date such as 2026-03-31, or null");
    g_free(item->due);
    item->due = g_strdup(text);
    return true;
}

static bool patch_priority(Item *item, const json_t *value, GError **error) {
    static const char *const known[] = {"must", "should", "could", "wont", NULL};
    if (json_is_string(value) && !g_strv_contains(known, json_string_value(value)))
        return fail(error, ERROR_INVALID, "priority must be must, should, could, wont or null");
    return patch_read_text(value, "priority", 16, true, &item->priority, error);
}

bool patch_item_member(Item *item, const char *name, const json_t *value, GError **error) {
    if (strcmp(name, "text") == 0) return patch_read_text(value, "text", ITEM_TEXT_BYTES_MAX, false, &item->text, error);
    if (strcmp(name, "owner") == 0) return patch_read_text(value, "owner", SPEAKER_NAME_BYTES_MAX, true, &item->owner, error);
    if (strcmp(name, "due") == 0) return patch_due(item, value, error);
    if (strcmp(name, "type") == 0) return patch_read_text(value, "type", TAG_BYTES_MAX, true, &item->type, error);
    if (strcmp(name, "priority") == 0) return patch_priority(item, value, error);
    if (strcmp(name, "status") != 0) return fail(error, ERROR_INVALID, "an item has no member \"%.64s\" that can be changed", name);
    if (!item_status_known(json_string_value(value)))
        return fail(error, ERROR_INVALID, "status must be draft, confirmed, rejected or done");
    return patch_read_text(value, "status", 16, false, &item->status, error);
}

static bool patch_item(Item *item, const json_t *changes, GError **error) {
    const char *name = NULL;
    json_t *value = NULL;
    if (!json_is_object(changes)) return fail(error, ERROR_INVALID, "the patch of item %s must be an object", item->id);
    json_object_foreach((json_t *)changes, name, value)
        if (!patch_item_member(item, name, value, error)) return false;
    return true;
}

static bool patch_items(Meeting *meeting, const json_t *patch, const json_t *value, GError **error) {
    const char *id = NULL;
    json_t *changes = NULL;
    if (!json_is_object(value)) return fail(error, ERROR_INVALID, "items must be an object {\"A-1\": {…}}");
    json_object_foreach((json_t *)value, id, changes) {
        Item *item = minutes_find(meeting->minutes, id);
        if (!item) return fail(error, ERROR_INVALID, "the meeting has no item \"%.64s\"", id);
        if (!patch_item(item, changes, error)) return false;
    }
    return true;
}

/* In the order in which they are applied, whatever the order in the patch. */
static const struct {
    const char *name;
    bool (*apply)(Meeting *meeting, const json_t *patch, const json_t *value, GError **error);
} members[] = {{"title", patch_title}, {"tags", patch_tags},   {"speakers", patch_speakers},
               {"segments", patch_segments}, {"items", patch_items}, {"new_items", patch_new_items}};

static bool is_member(const char *name) {
    for (gsize i = 0; i < G_N_ELEMENTS(members); i++)
        if (strcmp(members[i].name, name) == 0) return true;
    return false;
}

bool meeting_complete_patch(const Meeting *meeting, json_t *patch, GError **error) {
    return patch_complete_segments(meeting, json_object_get(patch, "segments"), error) &&
           patch_complete_new_items(meeting, json_object_get(patch, "new_items"), error);
}

bool meeting_apply_patch(Meeting *meeting, const json_t *patch, GError **error) {
    const char *name = NULL;
    json_t *value = NULL;
    json_object_foreach((json_t *)patch, name, value)
        if (!is_member(name)) return fail(error, ERROR_INVALID, "a meeting has no member \"%.64s\" that can be changed", name);
    for (gsize i = 0; i < G_N_ELEMENTS(members); i++) {
        value = json_object_get(patch, members[i].name);
        if (value && !members[i].apply(meeting, patch, value, error)) return false;
    }
    if (meeting->text && meeting->transcript && (json_object_get(patch, "speakers") || json_object_get(patch, "segments"))) {
        g_free(meeting->text);
        meeting->text = transcript_to_text(meeting->transcript);
    }
    return true;
}
