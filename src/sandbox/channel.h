/* Framed messages over a stream socket between a process and its confined child. A message is a type, a length and that many
 * bytes, at most CHILD_MESSAGE_BYTES_MAX; whatever comes from the child is hostile and is checked. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "base/error.h"

typedef struct {
    guint32 type;
    guint32 size;
    guint8 *data; /* `size` bytes and a NUL behind them */
} Message;

void message_clear(Message *message);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Message, message_clear)

/* ERROR_TOO_LARGE over CHILD_MESSAGE_BYTES_MAX, ERROR_CRASHED when the other side is gone, ERROR_TIMEOUT when it does not
 * take the message within CHILD_SILENCE_MS. */
bool channel_send(int fd, guint32 type, const void *data, gsize size, GError **error);
/* Waits at most `timeout_ms` (-1: for ever) until a message begins or the other side goes; else ERROR_TIMEOUT. Nothing is
 * consumed. */
bool channel_wait(int fd, int timeout_ms, GError **error);
/* Waits at most `timeout_ms` (-1: for ever) for a whole message. ERROR_TIMEOUT when it does not come (the channel is then of no
 * more use, for a part may have been read), ERROR_CRASHED when the other side is gone or announces too large a message. */
bool channel_receive(int fd, int timeout_ms, Message *message, GError **error);
