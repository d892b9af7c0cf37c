/* What costs more than a connection is had by few at a time: bodies that stream in, objects that stream out. A client that holds a place and hardly
 * moves loses it to the next one. */
#pragma once

#include "http/context.h"

typedef enum { PLACE_UPLOAD, PLACE_ANSWER } Place;

/* On a socket's thread. ERROR_TOO_MANY: all are taken, and none by a slow one. */
bool place_take(Context *context, Place place, GError **error);
void place_give(Context *context, Place place);
