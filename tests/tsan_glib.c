/* GLib's locks as ThreadSanitizer sees them. Debian's GLib is not instrumented and its locks are futexes, so without this every access that they
 * order would be reported as a race. Linked into the programs of the tsan preset only; the program's own code is unchanged.
 *
 * A GMutex, a GCond holds a pointer that nobody else uses here: it gets a pthread object, made at first use, as their zero value is valid. */
#include <dlfcn.h>
#include <errno.h>
#include <glib.h>
#include <pthread.h>
#include <time.h>

static pthread_mutex_t *mutex_of(GMutex *mutex) {
    pthread_mutex_t *present = g_atomic_pointer_get(&mutex->p);
    if (present) return present;
    pthread_mutex_t *made = g_malloc(sizeof *made);
    pthread_mutex_init(made, NULL);
    if (g_atomic_pointer_compare_and_exchange(&mutex->p, NULL, made)) return made;
    pthread_mutex_destroy(made);
    g_free(made);
    return g_atomic_pointer_get(&mutex->p);
}

void g_mutex_init(GMutex *mutex) { mutex->p = NULL; }

void g_mutex_clear(GMutex *mutex) {
    if (!mutex->p) return;
    pthread_mutex_destroy(mutex->p);
    g_clear_pointer(&mutex->p, g_free);
}

void g_mutex_lock(GMutex *mutex) { pthread_mutex_lock(mutex_of(mutex)); }
gboolean g_mutex_trylock(GMutex *mutex) { return pthread_mutex_trylock(mutex_of(mutex)) == 0; }
void g_mutex_unlock(GMutex *mutex) { pthread_mutex_unlock(mutex_of(mutex)); }

static pthread_cond_t *cond_of(GCond *cond) {
    pthread_cond_t *present = g_atomic_pointer_get(&cond->p);
    if (present) return present;
    pthread_cond_t *made = g_malloc(sizeof *made);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(made, &attributes);
    pthread_condattr_destroy(&attributes);
    if (g_atomic_pointer_compare_and_exchange(&cond->p, NULL, made)) return made;
    pthread_cond_destroy(made);
    g_free(made);
    return g_atomic_pointer_get(&cond->p);
}

void g_cond_init(GCond *cond) { cond->p = NULL; }

void g_cond_clear(GCond *cond) {
    if (!cond->p) return;
    pthread_cond_destroy(cond->p);
    g_clear_pointer(&cond->p, g_free);
}

void g_cond_wait(GCond *cond, GMutex *mutex) { pthread_cond_wait(cond_of(cond), mutex_of(mutex)); }
void g_cond_signal(GCond *cond) { pthread_cond_signal(cond_of(cond)); }
void g_cond_broadcast(GCond *cond) { pthread_cond_broadcast(cond_of(cond)); }

gboolean g_cond_wait_until(GCond *cond, GMutex *mutex, gint64 end_time) {
    struct timespec until = {end_time / G_USEC_PER_SEC, (end_time % G_USEC_PER_SEC) * 1000};
    return pthread_cond_timedwait(cond_of(cond), mutex_of(mutex), &until) != ETIMEDOUT;
}

static pthread_mutex_t once_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t once_done = PTHREAD_COND_INITIALIZER;
static GHashTable *once_running;

gboolean(g_once_init_enter)(volatile void *location) {
    gsize *value = (gsize *)location;
    gboolean mine = FALSE;
    pthread_mutex_lock(&once_mutex);
    if (!once_running) once_running = g_hash_table_new(NULL, NULL);
    while (g_atomic_pointer_get(value) == 0 && !mine) {
        if (g_hash_table_add(once_running, value)) mine = TRUE;
        else pthread_cond_wait(&once_done, &once_mutex);
    }
    pthread_mutex_unlock(&once_mutex);
    return mine;
}

void(g_once_init_leave)(volatile void *location, gsize result) {
    pthread_mutex_lock(&once_mutex);
    g_atomic_pointer_set((gsize *)location, result);
    g_hash_table_remove(once_running, (gpointer)location);
    pthread_cond_broadcast(&once_done);
    pthread_mutex_unlock(&once_mutex);
}

/* What ThreadSanitizer's runtime offers to say that one thing happens before another. */
void __tsan_acquire(void *address);
void __tsan_release(void *address);

/* Reference-counted boxes: each release happens before the last one's clean-up. */
void g_atomic_rc_box_release_full(gpointer box, GDestroyNotify clear) {
    static void (*real)(gpointer, GDestroyNotify);
    if (!g_atomic_pointer_get(&real)) g_atomic_pointer_set(&real, dlsym(RTLD_NEXT, "g_atomic_rc_box_release_full"));
    __tsan_release(box);
    __tsan_acquire(box);
    real(box, clear);
}

/* Thread pools: a push happens before its task, a task before the pool's end. */
typedef struct {
    GFunc function;
    gpointer user_data;
} PoolTask;

static char pool_push, pool_end;

static void run_pool_task(gpointer data, gpointer user_data) {
    PoolTask *task = user_data;
    __tsan_acquire(&pool_push);
    task->function(data, task->user_data);
    __tsan_release(&pool_end);
}

GThreadPool *g_thread_pool_new(GFunc function, gpointer user_data, gint threads_max, gboolean exclusive, GError **error) {
    static GThreadPool *(*real)(GFunc, gpointer, gint, gboolean, GError **);
    if (!real) real = dlsym(RTLD_NEXT, "g_thread_pool_new");
    PoolTask *task = g_new(PoolTask, 1); /* as long as the program */
    *task = (PoolTask){function, user_data};
    return real(run_pool_task, task, threads_max, exclusive, error);
}

gboolean g_thread_pool_push(GThreadPool *pool, gpointer data, GError **error) {
    static gboolean (*real)(GThreadPool *, gpointer, GError **);
    if (!g_atomic_pointer_get(&real)) g_atomic_pointer_set(&real, dlsym(RTLD_NEXT, "g_thread_pool_push"));
    __tsan_release(&pool_push);
    return real(pool, data, error);
}

void g_thread_pool_free(GThreadPool *pool, gboolean immediate, gboolean wait) {
    void (*real)(GThreadPool *, gboolean, gboolean) = dlsym(RTLD_NEXT, "g_thread_pool_free");
    real(pool, immediate, wait);
    __tsan_acquire(&pool_end);
}
