/* A list of the meeting's documents, one of its recording (which tells the class, too), and the documents themselves. */
#include "operate/cost_meeting.h"

#include <string.h>

typedef struct {
    const Prices *prices;
    CostCount *count;
    CostKind kind;
    const char *key; /* the only one that is meant; NULL: all */
} Walk;

static bool take_object(const StoreEntry *entry, gpointer user_data, GError **error) {
    Walk *walk = user_data;
    if (!walk->key || strcmp(entry->key, walk->key) == 0)
        cost_add_object(walk->count, walk->prices, walk->kind, entry->storage_class, entry->size, 1, 0);
    return true;
}

static bool count_objects(const Meetings *meetings, const Prices *prices, const char *meeting_id, const char *audio_key, CostCount *count, GError **error) {
    g_autofree char *folder = g_strconcat(PREFIX_MEETINGS, meeting_id, "/", NULL);
    Walk documents = {.prices = prices, .count = count, .kind = COST_DOCUMENTS};
    Walk recording = {.prices = prices, .count = count, .kind = COST_RECORDINGS, .key = audio_key};
    return store_each(meetings->store, folder, take_object, &documents, error) &&
           (!audio_key || !store_key_check(audio_key, NULL) || store_each(meetings->store, audio_key, take_object, &recording, error));
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
    return count_objects(meetings, prices, meeting_id, record->audio_key, &cost->count, error);
}
