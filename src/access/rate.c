/* The buckets, in a tree by name: names come from strangers. */
#include "access/rate.h"

#include "base/text.h"

typedef struct {
    double left;
    gint64 at_us;
} Bucket;

struct Rate {
    double per_second, burst;
    guint clients_max;
    GMutex mutex; /* guards the tree */
    GTree *buckets;
};

Rate *rate_new(double per_second, double burst, guint clients_max) {
    Rate *rate = g_new0(Rate, 1);
    *rate = (Rate){.per_second = per_second, .burst = burst, .clients_max = clients_max, .buckets = text_map_new(g_free, g_free)};
    g_mutex_init(&rate->mutex);
    return rate;
}

void rate_free(Rate *rate) {
    if (!rate) return;
    g_tree_unref(rate->buckets);
    g_mutex_clear(&rate->mutex);
    g_free(rate);
}

static double filled(const Rate *rate, const Bucket *bucket, gint64 now_us) {
    double since_s = (double)MAX(now_us - bucket->at_us, 0) / G_USEC_PER_SEC;
    return MIN(rate->burst, bucket->left + since_s * rate->per_second);
}

typedef struct {
    const Rate *rate;
    gint64 now_us;
    GPtrArray *names;
} Search;

static gboolean note_full(gpointer name, gpointer bucket, gpointer user_data) {
    Search *search = user_data;
    if (filled(search->rate, bucket, search->now_us) >= search->rate->burst) g_ptr_array_add(search->names, name);
    return FALSE;
}

static void make_room(Rate *rate, gint64 now_us) {
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    Search search = {rate, now_us, names};
    if ((guint)g_tree_nnodes(rate->buckets) < rate->clients_max) return;
    g_tree_foreach(rate->buckets, note_full, &search);
    for (guint i = 0; i < names->len; i++) g_tree_remove(rate->buckets, g_ptr_array_index(names, i));
    if ((guint)g_tree_nnodes(rate->buckets) < rate->clients_max) return;
    g_tree_unref(rate->buckets);
    rate->buckets = text_map_new(g_free, g_free);
}

static bool use(Rate *rate, const char *client, gint64 now_us, double taken, guint *wait_s) {
    g_mutex_lock(&rate->mutex);
    Bucket *bucket = g_tree_lookup(rate->buckets, client);
    double left = bucket ? filled(rate, bucket, now_us) : rate->burst;
    bool may = left >= 1;
    if (may && taken > 0) {
        if (!bucket) {
            make_room(rate, now_us);
            bucket = g_new0(Bucket, 1);
            g_tree_insert(rate->buckets, g_strdup(client), bucket);
        }
        *bucket = (Bucket){left - taken, now_us};
    }
    g_mutex_unlock(&rate->mutex);
    *wait_s = may ? 0 : MAX(1, (guint)((1 - left) / rate->per_second + 0.999));
    return may;
}

bool rate_take(Rate *rate, const char *client, gint64 now_us, guint *wait_s) { return use(rate, client, now_us, 1, wait_s); }

bool rate_has(Rate *rate, const char *client, gint64 now_us, guint *wait_s) { return use(rate, client, now_us, 0, wait_s); }
