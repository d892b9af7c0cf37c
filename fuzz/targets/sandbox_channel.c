/* What a child sends over its channel. */
#include <sys/socket.h>
#include <unistd.h>

#include "base/limits.h"
#include "fuzz.h"
#include "sandbox/channel.h"

#define SENT_MAX (64 * KIB) /* what a socket takes without a reader */

void fuzz_sandbox_channel(const guint8 *data, gsize size) {
    int ends[2];
    size = MIN(size, SENT_MAX);
    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), ==, 0);
    g_assert_cmpint(send(ends[0], data, size, MSG_NOSIGNAL), ==, (gssize)size);
    close(ends[0]);
    gsize read = 0;
    for (bool more = true; more;) {
        g_auto(Message) message = {0};
        more = FUZZ_CALL(channel_receive(ends[1], 1000, &message, &error));
        if (!more) break;
        g_assert_cmpuint(message.size, <=, CHILD_MESSAGE_BYTES_MAX);
        g_assert_cmpint(message.data[message.size], ==, 0);
        read += message.size + 8;
        g_assert_cmpuint(read, <=, size);
    }
    close(ends[1]);
}
