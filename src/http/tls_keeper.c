/* A pair that was replaced is kept for a while: a handshake may have been given it. */
#include "http/tls_keeper.h"

#include <string.h>
#include <sys/stat.h>

#include "base/limits.h"

#define CHAIN_MAX 16
#define RETIRED_US (10 * 60 * G_USEC_PER_SEC) /* many times as long as a handshake may take (CONNECTION_IDLE_S) */

typedef struct {
    gnutls_pcert_st chain[CHAIN_MAX];
    unsigned int chain_length;
    gnutls_privkey_t key;
    gint64 retired_us; /* monotonic; 0: in use */
} Pair;

typedef struct {
    guint64 device, inode, size;
    gint64 changed_ns;
} FileState;

struct TlsKeeper {
    const Settings *settings;
    void (*report)(const char *what, const GError *error);
    GMutex mutex;    /* guards the rest */
    GQueue pairs;    /* of Pair; the head is in use */
    FileState files[2]; /* as they were when the head was read */
    gint64 looked_us;
    char *problem;   /* that was told; NULL: none */
};

static TlsKeeper *the_keeper = NULL; /* set while the server runs */

static void pair_free(gpointer data) {
    Pair *pair = data;
    for (unsigned int i = 0; i < pair->chain_length; i++) gnutls_pcert_deinit(&pair->chain[i]);
    if (pair->key) gnutls_privkey_deinit(pair->key);
    g_free(pair);
}

static bool look_at(const char *path, FileState *state) {
    struct stat status;
    if (stat(path, &status) != 0) return false;
    *state = (FileState){status.st_dev, status.st_ino, (guint64)status.st_size,
                         status.st_mtim.tv_sec * G_GINT64_CONSTANT(1000000000) + status.st_mtim.tv_nsec};
    return true;
}

static gnutls_datum_t datum_of(char *text) { return (gnutls_datum_t){(unsigned char *)text, (unsigned int)strlen(text)}; }

static Pair *pair_make(const Settings *settings, const Tls *tls, GError **error) {
    Pair *pair = g_new0(Pair, 1);
    gnutls_datum_t certificates = datum_of(tls->certificates), key = datum_of(tls->key);
    unsigned int length = CHAIN_MAX;
    int code = gnutls_pcert_list_import_x509_raw(pair->chain, &length, &certificates, GNUTLS_X509_FMT_PEM, GNUTLS_X509_CRT_LIST_FAIL_IF_UNSORTED);
    if (code >= 0) pair->chain_length = length;
    const char *setting = code < 0 ? "HANSARD_TLS_CERT" : "HANSARD_TLS_KEY", *path = code < 0 ? settings->tls_cert : settings->tls_key;
    if (code >= 0) code = gnutls_privkey_init(&pair->key);
    if (code >= 0) code = gnutls_privkey_import_x509_raw(pair->key, &key, GNUTLS_X509_FMT_PEM, NULL, 0);
    if (code >= 0) return pair;
    pair_free(pair);
    fail(error, ERROR_CONFIG, "%s: %s can't be used: %s", setting, path, gnutls_strerror(code));
    return NULL;
}

/* Under the lock. What has been retired for long goes. */
static void take_pair(TlsKeeper *keeper, Pair *pair) {
    gint64 now_us = g_get_monotonic_time();
    Pair *before = g_queue_peek_head(&keeper->pairs);
    if (before) before->retired_us = now_us;
    g_queue_push_head(&keeper->pairs, pair);
    for (Pair *oldest; (oldest = g_queue_peek_tail(&keeper->pairs))->retired_us > 0 && now_us - oldest->retired_us > RETIRED_US;)
        pair_free(g_queue_pop_tail(&keeper->pairs));
}

/* Under the lock. The files are looked at before they are read: what is written meanwhile is seen by the next look. */
static bool load(TlsKeeper *keeper, GError **error) {
    const Settings *settings = keeper->settings;
    FileState files[2] = {0};
    g_auto(Tls) tls = {0};
    bool there = look_at(settings->tls_cert, &files[0]) && look_at(settings->tls_key, &files[1]);
    if (there && memcmp(files, keeper->files, sizeof files) == 0) return true;
    if (!tls_load(settings, &tls, error)) return false;
    Pair *pair = pair_make(settings, &tls, error);
    if (!pair) return false;
    take_pair(keeper, pair);
    memcpy(keeper->files, files, sizeof files);
    return true;
}

/* Under the lock. */
static void renew(TlsKeeper *keeper) {
    g_autoptr(GError) problem = NULL;
    gint64 now_us = g_get_monotonic_time();
    if (now_us - keeper->looked_us < TLS_LOOK_MS * G_GINT64_CONSTANT(1000)) return;
    keeper->looked_us = now_us;
    bool loaded = load(keeper, &problem);
    if (!loaded && g_strcmp0(problem->message, keeper->problem) != 0)
        keeper->report("the renewed certificate can't be used, the one before stays", problem);
    g_free(keeper->problem);
    keeper->problem = loaded ? NULL : g_strdup(problem->message);
}

bool tls_keeper_open(const Settings *settings, void (*report)(const char *what, const GError *error), TlsKeeper **keeper, GError **error) {
    g_auto(Tls) tls = {0};
    *keeper = NULL;
    if (!tls_load(settings, &tls, error)) return false;
    if (!tls.key) return true;
    g_assert(!the_keeper);
    TlsKeeper *opened = g_new0(TlsKeeper, 1);
    opened->settings = settings;
    opened->report = report;
    g_mutex_init(&opened->mutex);
    g_queue_init(&opened->pairs);
    the_keeper = *keeper = opened;
    opened->looked_us = g_get_monotonic_time();
    if (load(opened, error)) return true;
    tls_keeper_close(g_steal_pointer(keeper));
    return false;
}

void tls_keeper_close(TlsKeeper *keeper) {
    if (!keeper) return;
    the_keeper = NULL;
    g_queue_clear_full(&keeper->pairs, pair_free);
    g_mutex_clear(&keeper->mutex);
    g_free(keeper->problem);
    g_free(keeper);
}

int tls_keeper_retrieve(gnutls_session_t session, const gnutls_datum_t *authorities, int authority_count, const gnutls_pk_algorithm_t *algorithms,
                        int algorithm_count, gnutls_pcert_st **certificates, unsigned int *certificate_count, gnutls_privkey_t *key) {
    TlsKeeper *keeper = the_keeper;
    g_mutex_lock(&keeper->mutex);
    renew(keeper);
    Pair *pair = g_queue_peek_head(&keeper->pairs);
    *certificates = pair->chain;
    *certificate_count = pair->chain_length;
    *key = pair->key;
    g_mutex_unlock(&keeper->mutex);
    return 0;
}
