/* Framed messages between a process and its confined child: a header of type and size in the machine's byte order (both
 * ends are the same program on the same machine), then the bytes. The size is checked before anything is allocated, and
 * no wait is for ever unless asked for: a peer that trickles or stops reading is given up at the deadline. */
#include "sandbox/channel.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "base/limits.h"

typedef struct {
    guint32 type, size;
} Header;

void message_clear(Message *message) {
    g_clear_pointer(&message->data, g_free);
    message->size = 0;
}

static bool peer_gone(int saved_errno) { return saved_errno == EPIPE || saved_errno == ECONNRESET || saved_errno == ENOTCONN; }

static bool try_again(int saved_errno) { return saved_errno == EINTR || saved_errno == EAGAIN || saved_errno == EWOULDBLOCK; }

static bool fail_gone(GError **error) {
    return fail(error, ERROR_CRASHED, "The process at the other end of the channel is gone: try the work again.");
}

/* `deadline_us` is of g_get_monotonic_time(); negative: none. */
static bool wait_for(int fd, short events, gint64 deadline_us, GError **error) {
    for (;;) {
        gint64 left_us = deadline_us < 0 ? 0 : MAX(deadline_us - g_get_monotonic_time(), 0);
        struct pollfd poller = {.fd = fd, .events = events};
        int ready = poll(&poller, 1, deadline_us < 0 ? -1 : (int)MIN((left_us + 999) / 1000, G_MAXINT));
        if (ready > 0) return true;
        if (ready == 0)
            return fail(error, ERROR_TIMEOUT, "The process at the other end of the channel does not answer: try the work again.");
        if (errno != EINTR) return fail_errno(error, errno, "Waiting on a child's channel failed");
    }
}

bool channel_wait(int fd, int timeout_ms, GError **error) {
    return wait_for(fd, POLLIN, timeout_ms < 0 ? -1 : g_get_monotonic_time() + timeout_ms * 1000LL, error);
}

static void block_advance(struct msghdr *block, gsize sent) {
    while (block->msg_iovlen > 0 && sent >= block->msg_iov->iov_len) {
        sent -= block->msg_iov->iov_len;
        block->msg_iov++;
        block->msg_iovlen--;
    }
    if (block->msg_iovlen == 0) return;
    block->msg_iov->iov_base = (guint8 *)block->msg_iov->iov_base + sent;
    block->msg_iov->iov_len -= sent;
}

bool channel_send(int fd, guint32 type, const void *data, gsize size, GError **error) {
    if (size > CHILD_MESSAGE_BYTES_MAX)
        return fail(error, ERROR_TOO_LARGE, "A message of %zu bytes is over the channel's limit of %llu: send it in parts.", size,
                    CHILD_MESSAGE_BYTES_MAX);
    Header header = {.type = type, .size = (guint32)size};
    struct iovec parts[2] = {{.iov_base = &header, .iov_len = sizeof header}, {.iov_base = (void *)data, .iov_len = size}};
    struct msghdr block = {.msg_iov = parts, .msg_iovlen = size > 0 ? 2 : 1};
    gint64 deadline_us = g_get_monotonic_time() + CHILD_SILENCE_MS * 1000LL;
    while (block.msg_iovlen > 0) {
        ssize_t sent = sendmsg(fd, &block, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent >= 0)
            block_advance(&block, (gsize)sent);
        else if (peer_gone(errno))
            return fail_gone(error);
        else if (!try_again(errno))
            return fail_errno(error, errno, "Writing to a child's channel failed");
        else if (!wait_for(fd, POLLOUT, deadline_us, error))
            return false;
    }
    return true;
}

static bool receive_all(int fd, void *data, gsize size, gint64 deadline_us, GError **error) {
    gsize done = 0;
    while (done < size) {
        ssize_t got = recv(fd, (guint8 *)data + done, size - done, MSG_DONTWAIT);
        if (got == 0 || (got < 0 && peer_gone(errno))) return fail_gone(error);
        if (got > 0)
            done += (gsize)got;
        else if (!try_again(errno))
            return fail_errno(error, errno, "Reading from a child's channel failed");
        else if (!wait_for(fd, POLLIN, deadline_us, error))
            return false;
    }
    return true;
}

bool channel_receive(int fd, int timeout_ms, Message *message, GError **error) {
    gint64 deadline_us = timeout_ms < 0 ? -1 : g_get_monotonic_time() + timeout_ms * 1000LL;
    Header header;
    if (!receive_all(fd, &header, sizeof header, deadline_us, error)) return false;
    if (header.size > CHILD_MESSAGE_BYTES_MAX)
        return fail(error, ERROR_CRASHED,
                    "A child announced a message of %u bytes, over the limit of %llu: it is damaged or hostile.", header.size,
                    CHILD_MESSAGE_BYTES_MAX);
    g_autofree guint8 *data = g_malloc((gsize)header.size + 1);
    if (!receive_all(fd, data, header.size, deadline_us, error)) return false;
    data[header.size] = '\0';
    *message = (Message){.type = header.type, .size = header.size, .data = g_steal_pointer(&data)};
    return true;
}
