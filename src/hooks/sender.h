/* Tells what is due. Any number of servers do so side by side. */
#pragma once

#include "hooks/outbox.h"
#include "net/http.h"

typedef struct {
    Store *store; /* all are borrowed */
    Clock *clock;
    HttpTransport *transport;
    bool allow_private; /* also addresses of private networks and of this machine */
} Sender;

/* One look: tries what is due, once each; after a failure the rest of that webhook waits for the next look. `*next_ms`: Unix time of what is due
 * next, as far as it was seen; 0: nothing waits. `*tried`: how many were. What a receiver does wrong is kept with the delivery and no error here. */
bool sender_run(const Sender *sender, GCancellable *cancel, guint *tried, gint64 *next_ms, GError **error);

/* How long to wait after so many failures, `chance` of 0..1 spreading it by a quarter either way. */
gint64 sender_backoff_ms(guint attempts, double chance);
