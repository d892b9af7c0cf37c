/* Starting, ending and explaining a child of the same binary. posix_spawn, because the parent has many threads and a large
 * address space: nothing runs between fork and exec but the kernel's own file actions, and no memory is copied. */
#include "sandbox/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"

/* A child that has closed its channel is about to be gone; past this it is killed. */
#define CHILD_END_MS 5000
#define CHILD_FDS_MAX 8
#define STDERR_BYTES_MAX 65536 /* a pipe's size: what comes after it is full is lost, for the child never waits for a reader */
#define QUOTE_BYTES_MAX 500

struct Child {
    pid_t pid;
    int channel;
    int errors; /* the reading end of its standard error */
    bool reaped, killed;
    int status; /* of waitpid, once reaped */
};

static const char *child_binary = "/proc/self/exe";

void child_set_binary(const char *path) { child_binary = path; }

int child_channel(const Child *child) { return child->channel; }

typedef struct {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
} SpawnPlan;

static void plan_clear(SpawnPlan *plan) {
    posix_spawn_file_actions_destroy(&plan->actions);
    posix_spawnattr_destroy(&plan->attributes);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SpawnPlan, plan_clear)

/* Standard input and output are nothing, standard error is `errors`, `sources` come to 3 and up, all else is closed. Signals are
 * as a fresh process has them, and a process group of its own keeps the terminal's Ctrl-C for the parent to handle. */
static int plan_fill(SpawnPlan *plan, int errors, const int *sources, gsize count) {
    posix_spawn_file_actions_t *actions = &plan->actions;
    int failed = 0;
#ifndef HANSARD_SANITIZER /* whose reports are to be read whole */
    failed = posix_spawn_file_actions_adddup2(actions, errors, STDERR_FILENO);
#endif
    if (!failed) failed = posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (!failed) failed = posix_spawn_file_actions_addopen(actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    for (gsize i = 0; !failed && i < count; i++)
        failed = posix_spawn_file_actions_adddup2(actions, sources[i], CHILD_CHANNEL_FD + (int)i);
    if (!failed) failed = posix_spawn_file_actions_addclosefrom_np(actions, CHILD_CHANNEL_FD + (int)count);
    sigset_t every, none;
    sigfillset(&every);
    sigemptyset(&none);
    if (!failed) failed = posix_spawnattr_setsigdefault(&plan->attributes, &every);
    if (!failed) failed = posix_spawnattr_setsigmask(&plan->attributes, &none);
    if (!failed) failed = posix_spawnattr_setpgroup(&plan->attributes, 0);
    if (!failed)
        failed =
            posix_spawnattr_setflags(&plan->attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
    return failed;
}

static bool spawn(const char *const *arguments, int errors, const int *sources, gsize count, pid_t *pid, GError **error) {
    g_auto(SpawnPlan) plan;
    posix_spawn_file_actions_init(&plan.actions);
    posix_spawnattr_init(&plan.attributes);
    g_autoptr(GPtrArray) argv = g_ptr_array_new();
    g_ptr_array_add(argv, (gpointer) "hansard");
    for (const char *const *argument = arguments; *argument; argument++) g_ptr_array_add(argv, (gpointer)*argument);
    g_ptr_array_add(argv, NULL);
    /* OpenMP threads that wait for each other sleep soon: spinning, two children on one machine slow each other down tenfold. */
    char *environment[] = {(char *)"LANG=C.UTF-8", (char *)"GOMP_SPINCOUNT=100", NULL};
    int failed = plan_fill(&plan, errors, sources, count);
    if (!failed) failed = posix_spawn(pid, child_binary, &plan.actions, &plan.attributes, (char **)argv->pdata, environment);
    return !failed || fail_errno(error, failed, "Starting the child process %s failed", child_binary);
}

static void close_all(const int *fds, gsize count) {
    for (gsize i = 0; i < count; i++) close(fds[i]);
}

bool child_start(const char *const *arguments, const int *fds, gsize fd_count, Child **child, GError **error) {
    if (fd_count > CHILD_FDS_MAX) return fail(error, ERROR_INTERNAL, "A child takes at most %d descriptors.", CHILD_FDS_MAX);
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
        return fail_errno(error, errno, "Making a child's channel failed");
    int errors[2];
    if (pipe2(errors, O_CLOEXEC | O_NONBLOCK) < 0) {
        fail_errno(error, errno, "Making the pipe for a child's standard error failed");
        close_all(pair, 2);
        return false;
    }
    /* Copies above every target, so that no dup2 in the child overwrites a source that is still to come. */
    int sources[1 + CHILD_FDS_MAX];
    gsize count = 0;
    bool done = true;
    for (gsize i = 0; done && i < 1 + fd_count; i++) {
        int copy = fcntl(i == 0 ? pair[1] : fds[i - 1], F_DUPFD_CLOEXEC, CHILD_FIRST_FD + CHILD_FDS_MAX);
        if (copy < 0)
            done = fail_errno(error, errno, "Handing descriptors to a child failed");
        else
            sources[count++] = copy;
    }
    pid_t pid = -1;
    done = done && spawn(arguments, errors[1], sources, count, &pid, error);
    close_all(sources, count);
    close(pair[1]);
    close(errors[1]);
    if (!done) {
        close(pair[0]);
        close(errors[0]);
        return false;
    }
    Child *started = g_new0(Child, 1);
    *started = (Child){.pid = pid, .channel = pair[0], .errors = errors[0]};
    *child = started;
    return true;
}

static void child_kill(Child *child) {
    if (child->reaped) return;
    child->killed = true;
    kill(child->pid, SIGKILL);
}

static void child_reap(Child *child) {
    while (!child->reaped) {
        pid_t reaped = waitpid(child->pid, &child->status, 0);
        child->reaped = reaped == child->pid || (reaped < 0 && errno != EINTR);
    }
}

void child_end(Child *child) {
    if (!child) return;
    child_kill(child);
    child_reap(child);
    close(child->channel);
    close(child->errors);
    g_free(child);
}

/* True when it ended by itself within `timeout_ms`. */
static bool child_wait(Child *child, int timeout_ms) {
    int handle = pidfd_open(child->pid, 0);
    if (handle < 0) return false;
    gint64 deadline_us = g_get_monotonic_time() + timeout_ms * 1000LL;
    struct pollfd poller = {.fd = handle, .events = POLLIN};
    int ready;
    do ready = poll(&poller, 1, (int)MAX((deadline_us - g_get_monotonic_time()) / 1000, 0));
    while (ready < 0 && errno == EINTR);
    close(handle);
    return ready > 0;
}

/* The end of what it wrote to standard error, on one line; "" where it wrote nothing. */
static char *last_words(const Child *child) {
    g_autofree char *written = g_malloc(STDERR_BYTES_MAX);
    ssize_t got = read(child->errors, written, STDERR_BYTES_MAX);
    gssize length = MIN(MAX(got, 0), QUOTE_BYTES_MAX);
    const char *end = written + MAX(got, 0) - length;
    g_autofree char *clean = text_clean(end, length, true);
    return text_fold_space(clean);
}

static bool explain_end(const Child *child, GError **error) {
    if (child->killed)
        return fail(error, ERROR_CRASHED, "The child process stopped answering and was ended: try the work again.");
    if (WIFEXITED(child->status))
        return fail(error, ERROR_CRASHED,
                    "The child process ended before its work was done, with exit status %d: try the work again.",
                    WEXITSTATUS(child->status));
    int signal_number = WTERMSIG(child->status);
    switch (signal_number) {
    case SIGSYS:
        return fail(error, ERROR_CRASHED,
                    "The child process was stopped by its system-call filter: the file is hostile, or a library needs what is "
                    "not allowed.");
    case SIGXCPU:
        return fail(error, ERROR_CRASHED,
                    "The child process used all the processor time that it is allowed: split the recording.");
    case SIGKILL:
        return fail(error, ERROR_CRASHED,
                    "The child process was killed, most often because the machine ran out of memory: free some.");
    case SIGABRT:
    case SIGTRAP:
        return fail(error, ERROR_CRASHED,
                    "The child process gave up (%s), most often because it reached its memory limit: "
                    "try a smaller model.",
                    strsignal(signal_number));
    default:
        return fail(error, ERROR_CRASHED, "The child process crashed (%s): the file may be damaged; convert it and try again.",
                    strsignal(signal_number));
    }
}

bool child_explain(Child *child, GError **error) {
    if (!child->reaped && !child_wait(child, CHILD_END_MS)) child_kill(child);
    child_reap(child);
    GError *reason = NULL;
    explain_end(child, &reason);
    g_autofree char *words = last_words(child);
    if (*words == '\0') {
        g_propagate_error(error, reason);
        return false;
    }
    fail(error, ERROR_CRASHED, "%s It wrote: \"%s\".", reason->message, words);
    g_error_free(reason);
    return false;
}
