/* Threads, locks and time of a simulation: the program's threads run as coroutines, one at a time, in an order that a seed draws, on a clock that
 * leaps to whatever is due next. The linker puts the __wrap_ functions here in the place of GLib's (tests/CMakeLists.txt), so what runs is the code
 * as it is. Outside of fibers_run() they are GLib's own. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <ucontext.h>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/common_interface_defs.h>
#define FIBER_STACK_BYTES (2 * 1024 * 1024)
#else
#define FIBER_STACK_BYTES (512 * 1024)
#endif
#define FIBER_NEVER_US G_MAXINT64

typedef struct {
    ucontext_t context;
    void *stack;
    GThreadFunc run;
    gpointer data, result;
    gint64 wake_us;         /* it may go on from then */
    gconstpointer waits_for; /* a mutex, a condition or a fiber; NULL: for its time alone */
    bool done, joined;
} Fiber;

static struct {
    GPtrArray *fibers; /* those not yet joined; detached ones end with the run */
    GPtrArray *stacks; /* to be used again */
    Fiber *current;    /* NULL: the scheduler */
    ucontext_t scheduler;
    gint64 now_us;
    GRand *chance;
    guint64 switches;
#ifdef __SANITIZE_ADDRESS__
    const void *scheduler_stack;
    size_t scheduler_stack_bytes;
#endif
} fibers;

static inline void fiber_switch_to_scheduler(Fiber *from) {
#ifdef __SANITIZE_ADDRESS__
    void *fake = NULL;
    __sanitizer_start_switch_fiber(from->done ? NULL : &fake, fibers.scheduler_stack, fibers.scheduler_stack_bytes);
#endif
    swapcontext(&from->context, &fibers.scheduler);
#ifdef __SANITIZE_ADDRESS__
    __sanitizer_finish_switch_fiber(fake, NULL, NULL);
#endif
}

static inline void fiber_switch_to(Fiber *fiber) {
#ifdef __SANITIZE_ADDRESS__
    void *fake = NULL;
    __sanitizer_start_switch_fiber(&fake, fiber->stack, FIBER_STACK_BYTES);
#endif
    fibers.current = fiber;
    fibers.switches++;
    swapcontext(&fibers.scheduler, &fiber->context);
    fibers.current = NULL;
#ifdef __SANITIZE_ADDRESS__
    __sanitizer_finish_switch_fiber(fake, NULL, NULL);
#endif
}

/* Waits for `what` (NULL: for time alone), at most until `until_us`; whether it came. */
static inline bool fiber_wait(gconstpointer what, gint64 until_us) {
    Fiber *fiber = fibers.current;
    fiber->waits_for = what;
    fiber->wake_us = until_us;
    fiber_switch_to_scheduler(fiber);
    bool came = fiber->waits_for == NULL;
    fiber->waits_for = NULL;
    return came;
}

static inline void fiber_wake(gconstpointer what, bool all) {
    for (guint i = 0; i < fibers.fibers->len; i++) {
        Fiber *fiber = fibers.fibers->pdata[i];
        if (fiber->waits_for != what) continue;
        fiber->waits_for = NULL;
        fiber->wake_us = fibers.now_us;
        if (!all) return;
    }
}

static inline void fiber_sleep(gint64 us) { fiber_wait(NULL, fibers.now_us + us); }

static inline void fiber_main(void) {
    Fiber *fiber = fibers.current;
#ifdef __SANITIZE_ADDRESS__
    __sanitizer_finish_switch_fiber(NULL, &fibers.scheduler_stack, &fibers.scheduler_stack_bytes);
#endif
    fiber->result = fiber->run(fiber->data);
    fiber->done = true;
    fiber_wake(fiber, true);
    fiber->wake_us = FIBER_NEVER_US;
    fiber_switch_to_scheduler(fiber);
    g_assert_not_reached();
}

static inline Fiber *fiber_start(GThreadFunc run, gpointer data) {
    Fiber *fiber = g_new0(Fiber, 1);
    fiber->run = run;
    fiber->data = data;
    fiber->wake_us = fibers.now_us;
    fiber->stack = fibers.stacks->len > 0 ? g_ptr_array_steal_index_fast(fibers.stacks, fibers.stacks->len - 1)
                                          : mmap(NULL, FIBER_STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    g_assert_true(fiber->stack != MAP_FAILED);
    getcontext(&fiber->context);
    fiber->context.uc_stack.ss_sp = fiber->stack;
    fiber->context.uc_stack.ss_size = FIBER_STACK_BYTES;
    makecontext(&fiber->context, fiber_main, 0);
    g_ptr_array_add(fibers.fibers, fiber);
    return fiber;
}

static inline void fiber_free(Fiber *fiber) {
    g_ptr_array_add(fibers.stacks, fiber->stack);
    g_free(fiber);
}

static inline gpointer fiber_join(Fiber *fiber) {
    while (!fiber->done) fiber_wait(fiber, FIBER_NEVER_US);
    gpointer result = fiber->result;
    g_ptr_array_remove_fast(fibers.fibers, fiber);
    fiber_free(fiber);
    return result;
}

/* By chance one of those that may go on; where none may, the clock leaps to the next that will. */
static inline Fiber *fiber_next(void) {
    Fiber *ready[256];
    for (;;) {
        guint count = 0;
        gint64 next_us = FIBER_NEVER_US;
        for (guint i = 0; i < fibers.fibers->len; i++) {
            Fiber *fiber = fibers.fibers->pdata[i];
            if (fiber->done) continue;
            if (fiber->wake_us <= fibers.now_us && count < G_N_ELEMENTS(ready)) ready[count++] = fiber;
            next_us = MIN(next_us, fiber->wake_us);
        }
        if (count > 0) return ready[g_rand_int_range(fibers.chance, 0, (gint32)count)];
        if (next_us == FIBER_NEVER_US) g_error("every thread waits for another: a deadlock");
        fibers.now_us = next_us;
    }
}

/* Runs `run` and all threads that it starts, to its end. Those must have ended by then. */
static inline void fibers_run(guint32 seed, GThreadFunc run, gpointer data) {
    if (!fibers.stacks) fibers.stacks = g_ptr_array_new();
    fibers.fibers = g_ptr_array_new();
    fibers.now_us = 0;
    fibers.switches = 0;
    fibers.chance = g_rand_new_with_seed(seed);
    g_random_set_seed(seed); /* the program's own chance: UUIDs, salts */
    Fiber *root = fiber_start(run, data);
    while (!root->done) fiber_switch_to(fiber_next());
    g_assert_cmpuint(fibers.fibers->len, ==, 1);
    fiber_free(root);
    g_ptr_array_unref(fibers.fibers);
    g_rand_free(fibers.chance);
}

static inline void fibers_end(void) {
    for (guint i = 0; fibers.stacks && i < fibers.stacks->len; i++) munmap(fibers.stacks->pdata[i], FIBER_STACK_BYTES);
    g_clear_pointer(&fibers.stacks, g_ptr_array_unref);
}

/* -- in the place of GLib's ---------------------------------------------------------------------------------------------- */

#define WRAPPED(type, name, ...)    \
    type __real_##name(__VA_ARGS__); \
    type __wrap_##name(__VA_ARGS__);  \
    type __wrap_##name(__VA_ARGS__)

WRAPPED(GThread *, g_thread_new, const gchar *name, GThreadFunc run, gpointer data) {
    return fibers.current ? (GThread *)fiber_start(run, data) : __real_g_thread_new(name, run, data);
}

WRAPPED(gpointer, g_thread_join, GThread *thread) { return fibers.current ? fiber_join((Fiber *)thread) : __real_g_thread_join(thread); }

WRAPPED(void, g_mutex_lock, GMutex *mutex) {
    if (!fibers.current) __real_g_mutex_lock(mutex);
    else
        while (!g_mutex_trylock(mutex)) fiber_wait(mutex, FIBER_NEVER_US);
}

WRAPPED(void, g_mutex_unlock, GMutex *mutex) {
    __real_g_mutex_unlock(mutex);
    if (fibers.current) fiber_wake(mutex, false);
}

WRAPPED(void, g_cond_wait, GCond *cond, GMutex *mutex) {
    if (!fibers.current) {
        __real_g_cond_wait(cond, mutex);
        return;
    }
    __wrap_g_mutex_unlock(mutex);
    fiber_wait(cond, FIBER_NEVER_US);
    __wrap_g_mutex_lock(mutex);
}

WRAPPED(gboolean, g_cond_wait_until, GCond *cond, GMutex *mutex, gint64 end_us) {
    if (!fibers.current) return __real_g_cond_wait_until(cond, mutex, end_us);
    __wrap_g_mutex_unlock(mutex);
    bool came = fiber_wait(cond, MAX(end_us, fibers.now_us));
    __wrap_g_mutex_lock(mutex);
    return came;
}

WRAPPED(void, g_cond_signal, GCond *cond) {
    if (fibers.current) fiber_wake(cond, false);
    else __real_g_cond_signal(cond);
}

WRAPPED(void, g_cond_broadcast, GCond *cond) {
    if (fibers.current) fiber_wake(cond, true);
    else __real_g_cond_broadcast(cond);
}

WRAPPED(void, g_usleep, gulong us) {
    if (fibers.current) fiber_sleep((gint64)us);
    else __real_g_usleep(us);
}

WRAPPED(gint64, g_get_monotonic_time, void) { return fibers.current ? fibers.now_us : __real_g_get_monotonic_time(); }
