/* A table of open sockets with their deadlines, and a thread that looks at it once a second. A socket that is late is shut
 * down; the HTTP library then finds it closed and cleans up. It tells of a connection's end before it closes the socket, so
 * under the lock a number in the table is always that connection's. */
#include "http/connections.h"

#include <netinet/in.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/socket.h>

#include "base/limits.h"

#define SWEEP_US G_TIME_SPAN_SECOND
#define PATIENCE_US (CONNECTION_IDLE_S * G_TIME_SPAN_SECOND)

typedef struct {
    int fd;
    atomic_llong deadline_us; /* monotonic; 0: none */
    size_t received;          /* since the deadline was set; of the socket's thread alone */
    GInetAddress *address;    /* NULL: unknown */
} Watch;

struct Connections {
    GMutex mutex;
    GCond stop;
    bool stopping;
    GHashTable *watches; /* set of Watch, owned */
    GThread *thread;
};

static void watch_free(gpointer data) {
    Watch *watch = data;
    g_clear_object(&watch->address);
    g_free(watch);
}

static GInetAddress *address_of(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    gsize size = info && info->client_addr->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
    g_autoptr(GSocketAddress) address = info ? g_socket_address_new_from_native(info->client_addr, size) : NULL;
    return G_IS_INET_SOCKET_ADDRESS(address) ? g_object_ref(g_inet_socket_address_get_address(G_INET_SOCKET_ADDRESS(address))) : NULL;
}

static void sweep(Connections *connections) {
    gint64 now_us = g_get_monotonic_time();
    GHashTableIter iter;
    gpointer key;
    g_hash_table_iter_init(&iter, connections->watches);
    while (g_hash_table_iter_next(&iter, &key, NULL)) {
        const Watch *watch = key;
        gint64 deadline_us = watch->deadline_us;
        if (deadline_us > 0 && now_us > deadline_us) shutdown(watch->fd, SHUT_RDWR);
    }
}

static gpointer watch_main(gpointer data) {
    Connections *connections = data;
    g_mutex_lock(&connections->mutex);
    while (!connections->stopping) {
        gint64 next_us = g_get_monotonic_time() + SWEEP_US;
        while (!connections->stopping && g_cond_wait_until(&connections->stop, &connections->mutex, next_us)) continue;
        sweep(connections);
    }
    g_mutex_unlock(&connections->mutex);
    return NULL;
}

Connections *connections_new(void) {
    Connections *connections = g_new0(Connections, 1);
    g_mutex_init(&connections->mutex);
    g_cond_init(&connections->stop);
    connections->watches = g_hash_table_new_full(NULL, NULL, watch_free, NULL);
    connections->thread = g_thread_new("connections", watch_main, connections);
    return connections;
}

void connections_free(Connections *connections) {
    if (!connections) return;
    g_mutex_lock(&connections->mutex);
    connections->stopping = true;
    g_cond_signal(&connections->stop);
    g_mutex_unlock(&connections->mutex);
    g_thread_join(connections->thread);
    g_hash_table_unref(connections->watches);
    g_cond_clear(&connections->stop);
    g_mutex_clear(&connections->mutex);
    g_free(connections);
}

static void await(Watch *watch) {
    watch->received = 0;
    watch->deadline_us = g_get_monotonic_time() + PATIENCE_US;
}

void connections_notify(void *cls, struct MHD_Connection *connection, void **socket_context,
                        enum MHD_ConnectionNotificationCode code) {
    Connections *connections = cls;
    g_mutex_lock(&connections->mutex);
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        Watch *watch = g_new0(Watch, 1);
        watch->fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
        watch->address = address_of(connection);
        await(watch);
        g_hash_table_add(connections->watches, watch);
        *socket_context = watch;
    } else {
        g_hash_table_remove(connections->watches, *socket_context);
    }
    g_mutex_unlock(&connections->mutex);
}

static Watch *watch_of(struct MHD_Connection *connection) {
    return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
}

GInetAddress *connection_address(struct MHD_Connection *connection) { return watch_of(connection)->address; }

void connection_await(struct MHD_Connection *connection) { await(watch_of(connection)); }

void connection_received(struct MHD_Connection *connection, size_t size) {
    Watch *watch = watch_of(connection);
    watch->received += size;
    if (watch->received >= PACE_BYTES || watch->deadline_us == 0) await(watch);
}

void connection_rest(struct MHD_Connection *connection) { watch_of(connection)->deadline_us = 0; }
