/* The HTTP library's form of an answer that is given again and again, so that it is made once. Counted references, from any thread. */
#pragma once

#include <glib.h>
#include <microhttpd.h>

typedef struct SharedReply {
    GMutex mutex;                 /* guards the rest */
    struct MHD_Response *made[2]; /* for clients that see TLS: the second; NULL: not made yet */
} SharedReply;

SharedReply *shared_reply_new(void);
SharedReply *shared_reply_ref(SharedReply *reply);
void shared_reply_unref(SharedReply *reply); /* NULL: nothing */
