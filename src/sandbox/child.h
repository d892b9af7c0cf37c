/* A child process of the same binary that does dangerous work: it starts with an empty environment and no open files but the
 * channel and those handed over, then confines itself before it touches hostile bytes. Its standard error is a pipe that only
 * child_explain() reads: it never reaches a terminal or log by itself. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"

typedef struct Child Child;

/* Starts /proc/self/exe (or HANSARD_BINARY's path set by child_set_binary, for tests) with `arguments` (NULL-terminated,
 * without argv[0]). In the child the channel is file descriptor 3 and `fds[i]` is 4 + i. The confined child dies when the parent
 * dies, by the kernel's parent-death signal: that is bound to the calling thread, which therefore must outlive the child. */
bool child_start(const char *const *arguments, const int *fds, gsize fd_count, Child **child, GError **error);
void child_set_binary(const char *path);

int child_channel(const Child *child);

/* Kills it where it still runs, reaps and frees it. */
void child_end(Child *child);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Child, child_end)

/* Waits for its end after the channel closed and says in `error` (ERROR_CRASHED) how it died: signal, limit, seccomp, exit
 * status; and quotes the end of what it wrote to standard error, cleaned. (Sanitizer builds let that through to the parent's.) */
bool child_explain(Child *child, GError **error);

/* In the child. */
#define CHILD_CHANNEL_FD 3
#define CHILD_FIRST_FD 4

typedef struct {
    guint64 memory_bytes_max; /* RLIMIT_AS; 0: none (sanitizer builds reserve terabytes) */
    guint64 cpu_s_max;        /* RLIMIT_CPU; 0: none */
} ChildLimits;

/* Resource limits (no core, no file growth, few descriptors), no new privileges, and a seccomp filter (libseccomp) that lets
 * through memory, threads, time and I/O on descriptors already open. Looking at or opening files fails with EACCES (libraries try
 * it unasked, for time zones and the like, and go on without); sockets, exec, signals to others, ptrace and the rest kill the
 * process. After this nothing new can be loaded or opened: load libraries and models first. Sanitizer builds set neither filter
 * nor RLIMIT_AS: their run-time reserves terabytes and traces its own process. */
bool child_confine(const ChildLimits *limits, GError **error);
