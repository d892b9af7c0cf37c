/* The library counts its own references: what is on its way to a client outlives ours. */
#include "http/shared_reply.h"

static void shared_reply_clear(gpointer data) {
    SharedReply *reply = data;
    for (gsize i = 0; i < G_N_ELEMENTS(reply->made); i++)
        if (reply->made[i]) MHD_destroy_response(reply->made[i]);
    g_mutex_clear(&reply->mutex);
}

SharedReply *shared_reply_new(void) {
    SharedReply *reply = g_atomic_rc_box_new0(SharedReply);
    g_mutex_init(&reply->mutex);
    return reply;
}

SharedReply *shared_reply_ref(SharedReply *reply) { return g_atomic_rc_box_acquire(reply); }

void shared_reply_unref(SharedReply *reply) {
    if (reply) g_atomic_rc_box_release_full(reply, shared_reply_clear);
}
