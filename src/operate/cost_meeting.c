/* A list of the meeting's documents, one of its recording (which tells the class, too), and the documents themselves. */
#include "operate/cost_meeting.h"

#include <string.h>

typedef struct {
    const Prices *prices;
    CostCount *count;
} Walk;

static bool take_document(const StoreEntry *entry, gpointer user_data, GError **error) {
    Walk *walk = user_data;
    cost_add_object(walk->count, walk->prices, COST_DOCUMENTS, entry->storage_class, entry->size, 1, 0);
    return true;
}

/* The record names it, and may be wrong. */
static bool count_recording(Store *store, const Prices *prices, const char *key, CostCount *count, GError **error) {
    g_autoptr(GPtrArray) entries = NULL;
    bool more;
    if (!key || !store_key_check(key, NULL)) return true;
    if (!store_list(store, key, NULL, 1, &entries, &more, error)) return false;
    const StoreEntry *entry = entries->len > 0 ? g_ptr_array_index(entries, 0) : NULL;
    if (entry && strcmp(entry->key, key) == 0) cost_add_object(count, prices, COST_RECORDINGS, entry->storage_class, entry->size, 1, 0);
    return true;
}

static bool count_objects(const Meetings *meetings, const Prices *prices, const char *meeting_id, CostCount *count, GError **error) {
    g_autofree char *folder = g_strconcat(PREFIX_MEETINGS, meeting_id, "/", NULL);
    Walk walk = {prices, count};
    return store_each(meetings->store, folder, take_document, &walk, error);
}

bool cost_meeting(const Meetings *meetings, const Prices *prices, const char *meeting_id, CostMeeting *cost, GError **error) {
    g_autoptr(Meeting) meeting = NULL;
    memset(cost, 0, sizeof *cost);
    if (!meeting_read(meetings, meeting_id, &meeting, error)) return false;
    const Record *record = meeting->record;
    const json_t *counted = meeting->transcript ? json_object_get(meeting->transcript->extra, "usage") : NULL;
    cost->transcribed_s = MAX(json_get_int(counted, "seconds", -1), -1);
    cost->transcribed_cost = MAX(json_get_real(counted, "cost", -1), -1);
    cost->usage = meeting->minutes->usage;
    cost->count.records = 1;
    cost_add_meeting(&cost->count, record->filename ? record->filename : "", record->duration_ms, 1);
    return count_objects(meetings, prices, meeting_id, &cost->count, error) &&
           count_recording(meetings->store, prices, record->audio_key, &cost->count, error);
}
