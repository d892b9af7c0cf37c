/* A slow holder's place is free a moment after its connection was cut: until then there are some to spare. */
#include "http/places.h"

#include "base/limits.h"
#include "http/connections.h"

static atomic_uint *taken(Context *context, Place place) {
    return place == PLACE_UPLOAD ? &context->counters.uploads_open : &context->counters.answers_open;
}

static bool fail_full(Place place, GError **error) {
    if (place == PLACE_UPLOAD)
        return fail(error, ERROR_TOO_MANY, "%d recordings, or parts of them, are coming in already; send this one again later", UPLOADS_MAX);
    return fail(error, ERROR_TOO_MANY, "%d downloads are under way already; ask again later", ANSWERS_MAX);
}

bool place_take(Context *context, Place place, GError **error) {
    guint max = place == PLACE_UPLOAD ? UPLOADS_MAX : ANSWERS_MAX;
    guint before = atomic_fetch_add(taken(context, place), 1);
    if (before < max) return true;
    Turn turn = place == PLACE_UPLOAD ? TURN_BODY : TURN_ANSWER;
    if (before < max + PLACES_SPARE && connections_cut_slowest(context->connections, turn)) return true;
    place_give(context, place);
    return fail_full(place, error);
}

void place_give(Context *context, Place place) { atomic_fetch_sub(taken(context, place), 1); }
