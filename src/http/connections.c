/* A table of open sockets, and a thread that looks at it twice a second. A socket that is late is shut down; the HTTP library then finds it closed and
 * cleans up. It tells of a connection's end before it closes the socket, so under the lock a number in the table is always that connection's. */
#include "http/connections.h"

#include <arpa/inet.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "base/limits.h"

#define SWEEP_US (G_TIME_SPAN_SECOND / 2)
#define UNSENT_BYTES_MAX (128 * 1024)
#define PATIENCE_US (CONNECTION_IDLE_S * G_TIME_SPAN_SECOND)

typedef struct {
    int fd;
    GInetAddress *address;         /* NULL: unknown */
    char group[INET6_ADDRSTRLEN];  /* the address; of IPv6 the /64, which one client has whole */
    atomic_int turn;
    atomic_llong since_us;    /* monotonic, as all times here: when the turn began */
    atomic_llong deadline_us;
    atomic_ullong moved;      /* bytes of the body in this turn; of an answer: acknowledged on the connection when it began */
    atomic_ullong marked;     /* of `moved`, or acknowledged, when the deadline was set */
    bool cut;                 /* shut down; guarded by the table's lock */
} Watch;

struct Connections {
    GMutex mutex;
    GCond stop;
    bool stopping;
    guint max, address_max;
    GHashTable *watches; /* set of Watch, owned */
    GThread *thread;
};

static void watch_free(gpointer data) {
    Watch *watch = data;
    g_clear_object(&watch->address);
    g_free(watch);
}

static guint64 acknowledged(const Watch *watch) {
    struct tcp_info info = {0};
    socklen_t size = sizeof(info);
    return getsockopt(watch->fd, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 ? info.tcpi_bytes_acked : 0;
}

static bool has_taken_all(const Watch *watch) {
    int waiting = 0;
    return ioctl(watch->fd, SIOCOUTQ, &waiting) == 0 && waiting == 0;
}

static void cut(Watch *watch) {
    watch->cut = true;
    shutdown(watch->fd, SHUT_RDWR);
}

static void grant(Watch *watch, guint64 marked) {
    watch->marked = marked;
    watch->deadline_us = g_get_monotonic_time() + PATIENCE_US;
}

static bool is_late(Watch *watch, gint64 now_us) {
    if (watch->turn == TURN_ANSWER) {
        guint64 taken = acknowledged(watch);
        if (has_taken_all(watch) || taken >= watch->marked + PACE_BYTES) grant(watch, taken);
    }
    return watch->turn != TURN_SERVER && now_us > watch->deadline_us;
}

/* Bytes a second in this turn. */
static double pace(const Watch *watch, gint64 now_us) {
    guint64 moved = watch->turn == TURN_BODY ? watch->moved : watch->turn == TURN_ANSWER ? acknowledged(watch) - watch->moved : 0;
    return (double)moved * G_TIME_SPAN_SECOND / (double)MAX(now_us - watch->since_us, 1);
}

typedef struct {
    const char *group; /* only connections of this one; NULL: any */
    int turn;          /* only those in this turn; -1: any but the server's */
    gint64 grace_us;
} Choice;

static bool is_eligible(const Watch *watch, const Choice *choice, gint64 now_us) {
    int turn = watch->turn;
    if (watch->cut || turn == TURN_SERVER || (choice->turn >= 0 && turn != choice->turn)) return false;
    if (choice->group && strcmp(watch->group, choice->group) != 0) return false;
    return now_us - watch->since_us > choice->grace_us;
}

static bool cut_slowest(Connections *connections, const Choice *choice) {
    gint64 now_us = g_get_monotonic_time();
    Watch *slowest = NULL;
    double least = DECENT_BYTES_S;
    GHashTableIter iter;
    gpointer key;
    g_hash_table_iter_init(&iter, connections->watches);
    while (g_hash_table_iter_next(&iter, &key, NULL)) {
        Watch *watch = key;
        if (!is_eligible(watch, choice, now_us)) continue;
        double its = pace(watch, now_us);
        bool slower = its < least || (slowest && its == least && watch->since_us < slowest->since_us);
        if (!slower) continue;
        slowest = watch;
        least = its;
    }
    if (slowest) cut(slowest);
    return slowest != NULL;
}

static guint count(const Connections *connections, const char *group) {
    guint found = 0;
    GHashTableIter iter;
    gpointer key;
    g_hash_table_iter_init(&iter, connections->watches);
    while (g_hash_table_iter_next(&iter, &key, NULL)) {
        const Watch *watch = key;
        found += !watch->cut && (!group || strcmp(watch->group, group) == 0);
    }
    return found;
}

/* Room for one that has come. */
static void make_room(Connections *connections, const char *group) {
    if (g_hash_table_size(connections->watches) <= connections->address_max) return;
    Choice choice = {NULL, -1, CONNECTION_GRACE_MS * G_TIME_SPAN_MILLISECOND};
    if (count(connections, group) > connections->address_max) choice.group = group;
    else if (count(connections, NULL) <= connections->max) return;
    cut_slowest(connections, &choice);
}

/* What came within the others' grace is above the limits still, and the library lets nobody else in. */
static void trim(Connections *connections) {
    GHashTableIter iter;
    gpointer key, value;
    g_autoptr(GHashTable) groups = g_hash_table_new(g_str_hash, g_str_equal); /* → how many */
    if (g_hash_table_size(connections->watches) <= connections->address_max) return;
    g_hash_table_iter_init(&iter, connections->watches);
    while (g_hash_table_iter_next(&iter, &key, NULL)) {
        Watch *watch = key;
        guint before = GPOINTER_TO_UINT(g_hash_table_lookup(groups, watch->group));
        if (!watch->cut) g_hash_table_insert(groups, watch->group, GUINT_TO_POINTER(before + 1));
    }
    g_hash_table_iter_init(&iter, groups);
    while (g_hash_table_iter_next(&iter, &key, &value)) {
        Choice choice = {key, -1, CONNECTION_GRACE_MS * G_TIME_SPAN_MILLISECOND};
        for (guint over = GPOINTER_TO_UINT(value); over > connections->address_max && cut_slowest(connections, &choice); over--) continue;
    }
    Choice choice = {NULL, -1, CONNECTION_GRACE_MS * G_TIME_SPAN_MILLISECOND};
    for (guint over = count(connections, NULL); over > connections->max && cut_slowest(connections, &choice); over--) continue;
}

static void sweep(Connections *connections) {
    gint64 now_us = g_get_monotonic_time();
    GHashTableIter iter;
    gpointer key;
    g_hash_table_iter_init(&iter, connections->watches);
    while (g_hash_table_iter_next(&iter, &key, NULL))
        if (!((Watch *)key)->cut && is_late(key, now_us)) cut(key);
    trim(connections);
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

static guint connections_affordable(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return CONNECTIONS_MAX / 2;
    rlim_t wanted = CONNECTIONS_MAX + CONNECTIONS_SPARE + DESCRIPTORS_REST;
    if (limit.rlim_cur < wanted) {
        limit.rlim_cur = MIN(wanted, limit.rlim_max);
        if (setrlimit(RLIMIT_NOFILE, &limit) != 0) getrlimit(RLIMIT_NOFILE, &limit);
    }
    if (limit.rlim_cur >= wanted) return CONNECTIONS_MAX;
    rlim_t most = limit.rlim_cur > 2 * DESCRIPTORS_REST ? limit.rlim_cur - DESCRIPTORS_REST : limit.rlim_cur / 2;
    return (guint)MAX(most > CONNECTIONS_SPARE ? most - CONNECTIONS_SPARE : 0, 2);
}

Connections *connections_new(void) {
    Connections *connections = g_new0(Connections, 1);
    g_mutex_init(&connections->mutex);
    g_cond_init(&connections->stop);
    connections->max = connections_affordable();
    connections->address_max = MIN(CONNECTIONS_PER_ADDRESS_MAX, connections->max / 2);
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

unsigned connections_most(const Connections *connections) { return connections->max + CONNECTIONS_SPARE; }

unsigned connections_most_of_address(const Connections *connections) { return connections->address_max + CONNECTIONS_SPARE; }

static void begin(Watch *watch, guint64 moved) {
    watch->since_us = g_get_monotonic_time();
    watch->moved = moved;
    grant(watch, moved);
}

static void note_address(Watch *watch, const struct sockaddr *socket_address) {
    bool is_v6 = socket_address->sa_family == AF_INET6;
    gsize size = is_v6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
    g_autoptr(GSocketAddress) address = g_socket_address_new_from_native((gpointer)socket_address, size);
    struct in6_addr v6;
    if (!G_IS_INET_SOCKET_ADDRESS(address)) return;
    watch->address = g_object_ref(g_inet_socket_address_get_address(G_INET_SOCKET_ADDRESS(address)));
    if (!is_v6) {
        inet_ntop(AF_INET, g_inet_address_to_bytes(watch->address), watch->group, sizeof(watch->group));
        return;
    }
    memcpy(&v6, g_inet_address_to_bytes(watch->address), sizeof(v6));
    if (!IN6_IS_ADDR_V4MAPPED(&v6)) memset(v6.s6_addr + 8, 0, 8);
    inet_ntop(AF_INET6, &v6, watch->group, sizeof(watch->group));
}

static Watch *watch_new(struct MHD_Connection *connection) {
    Watch *watch = g_new0(Watch, 1);
    watch->fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    /* What a slow reader has not asked for yet stays with us, not in the kernel's memory; a fast one does not notice. Where it fails all is well, too. */
    (void)setsockopt(watch->fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &(int){UNSENT_BYTES_MAX}, sizeof(int));
    note_address(watch, MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr);
    begin(watch, 0);
    return watch;
}

void connections_notify(void *cls, struct MHD_Connection *connection, void **socket_context,
                        enum MHD_ConnectionNotificationCode code) {
    Connections *connections = cls;
    g_mutex_lock(&connections->mutex);
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        Watch *watch = watch_new(connection);
        g_hash_table_add(connections->watches, watch);
        *socket_context = watch;
        make_room(connections, watch->group);
    } else {
        g_hash_table_remove(connections->watches, *socket_context);
    }
    g_mutex_unlock(&connections->mutex);
}

static Watch *watch_of(struct MHD_Connection *connection) {
    return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
}

GInetAddress *connection_address(struct MHD_Connection *connection) { return watch_of(connection)->address; }

void connection_turn(struct MHD_Connection *connection, Turn turn) {
    Watch *watch = watch_of(connection);
    bool goes_on = turn == TURN_BODY && watch->turn == TURN_SERVER; /* the rest of a body of which the server has worked on a block */
    if (turn != TURN_SERVER && !goes_on) begin(watch, turn == TURN_ANSWER ? acknowledged(watch) : 0);
    else grant(watch, watch->moved);
    watch->turn = (int)turn;
}

void connection_received(struct MHD_Connection *connection, size_t size) {
    Watch *watch = watch_of(connection);
    watch->moved += size;
    if (watch->moved >= watch->marked + PACE_BYTES) grant(watch, watch->moved);
}

bool connections_cut_slowest(Connections *connections, Turn turn) {
    Choice choice = {NULL, (int)turn, PLACE_GRACE_MS * G_TIME_SPAN_MILLISECOND};
    g_mutex_lock(&connections->mutex);
    bool done = cut_slowest(connections, &choice);
    g_mutex_unlock(&connections->mutex);
    return done;
}
