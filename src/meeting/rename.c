/* A speaker's new name, wherever the old one stands. What was said stays as it was said. */
#include <string.h>

#include "meeting/meeting_internal.h"

static void rename_text(char **text, const char *from, const char *to) {
    if (g_strcmp0(*text, from) != 0) return;
    g_free(*text);
    *text = g_strdup(to);
}

/* A speaker may be given another's name: the name then stands once. */
static void drop_repeated(GPtrArray *names) {
    for (guint i = names->len; i-- > 1;)
        for (guint before = 0; before < i; before++) {
            if (strcmp(names->pdata[before], names->pdata[i]) != 0) continue;
            g_ptr_array_remove_index(names, i);
            break;
        }
}

static bool word_ends_at(const char *text) { return !g_unichar_isalnum(g_utf8_get_char(text)); }

static bool word_begins_at(const char *whole, const char *text) { return text == whole || word_ends_at(g_utf8_prev_char(text)); }

/* In a text that was written about the meeting, a name of several words ("Speaker 1") is that name wherever it stands. One of a single word may
 * be a word, too: only "Name: …" at a line's beginning is sure. Nothing is done where doing it twice would be another thing. */
static void rename_within(char **text, const char *from, const char *to) {
    gsize length = strlen(from);
    bool anywhere = strchr(from, ' ') && !strstr(to, from);
    if (!*text || length == 0 || !strstr(*text, from)) return;
    g_autoptr(GString) renamed = g_string_new(NULL);
    for (const char *at = *text, *next; *at; at = next) {
        bool line_head = (at == *text || at[-1] == '\n') && at[0] != '\0';
        bool here = strncmp(at, from, length) == 0 &&
                    ((line_head && strncmp(at + length, ": ", 2) == 0) ||
                     (anywhere && word_begins_at(*text, at) && word_ends_at(at + length)));
        next = here ? at + length : g_utf8_next_char(at);
        if (here) g_string_append(renamed, to);
        else g_string_append_len(renamed, at, next - at);
    }
    g_free(*text);
    *text = g_string_free(g_steal_pointer(&renamed), FALSE);
}

static void rename_in_item(Item *item, const char *from, const char *to) {
    rename_text(&item->owner, from, to);
    rename_within(&item->text, from, to);
    for (guint e = 0; e < item->evidence->len; e++) rename_text(&g_array_index(item->evidence, Evidence, e).speaker, from, to);
}

void meeting_rename_speaker(Meeting *meeting, const char *from, const char *to) {
    GPtrArray *names = meeting->record->speakers;
    if (meeting->transcript) transcript_rename_speaker(meeting->transcript, from, to);
    for (guint i = 0; i < names->len; i++) rename_text((char **)&names->pdata[i], from, to);
    drop_repeated(names);
    rename_within(&meeting->minutes->text, from, to);
    for (ItemKind kind = 0; kind < ITEM_KIND_COUNT; kind++)
        for (guint i = 0; i < meeting->minutes->items[kind]->len; i++) rename_in_item(meeting->minutes->items[kind]->pdata[i], from, to);
}
