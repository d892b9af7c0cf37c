/* The child's cage, closed by itself before it touches hostile bytes: resource limits first, then the system-call filter for all
 * its threads. What is in neither table below kills the process. */
#include "sandbox/child.h"

#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

/* Enough for what is open already; poll() takes no more either. */
#define DESCRIPTORS_MAX 64

static bool limit(int resource, rlim_t soft, rlim_t hard, GError **error) {
    struct rlimit current;
    if (getrlimit(resource, &current) == 0) hard = MIN(hard, current.rlim_max);
    if (setrlimit(resource, &(struct rlimit){MIN(soft, hard), hard}) == 0) return true;
    return fail_errno(error, errno, "Setting the child's resource limit %d failed", resource);
}

static bool set_limits(const ChildLimits *limits, GError **error) {
    signal(SIGXFSZ, SIG_IGN); /* a message to a standard error that is a file (of a sanitizer build) then fails */
    if (!limit(RLIMIT_CORE, 0, 0, error) || !limit(RLIMIT_FSIZE, 0, 0, error) || !limit(RLIMIT_MEMLOCK, 0, 0, error) ||
        !limit(RLIMIT_NOFILE, DESCRIPTORS_MAX, DESCRIPTORS_MAX, error))
        return false;
    /* SIGXCPU, which tells the parent why, comes a second before SIGKILL. */
    if (limits->cpu_s_max && !limit(RLIMIT_CPU, limits->cpu_s_max, limits->cpu_s_max + 1, error)) return false;
#ifndef HANSARD_SANITIZER
    if (limits->memory_bytes_max && !limit(RLIMIT_AS, limits->memory_bytes_max, limits->memory_bytes_max, error)) return false;
#endif
    return true;
}

#ifndef HANSARD_SANITIZER
static const int allowed[] = {
    /* I/O on what is open */
    SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(readv), SCMP_SYS(writev), SCMP_SYS(recvfrom), SCMP_SYS(recvmsg), SCMP_SYS(sendmsg),
    SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(lseek), SCMP_SYS(close),
    /* memory */
    SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(brk), SCMP_SYS(membarrier), SCMP_SYS(sysinfo),
    /* threads */
    SCMP_SYS(futex), SCMP_SYS(set_robust_list), SCMP_SYS(rseq), SCMP_SYS(gettid), SCMP_SYS(getpid), SCMP_SYS(sched_yield),
    SCMP_SYS(sched_getaffinity), SCMP_SYS(sched_setaffinity), SCMP_SYS(sched_getparam), SCMP_SYS(sched_getscheduler),
    SCMP_SYS(getcpu), SCMP_SYS(exit), SCMP_SYS(exit_group),
    /* own signals */
    SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn), SCMP_SYS(sigaltstack), SCMP_SYS(restart_syscall),
    /* time, chance, identity */
    SCMP_SYS(clock_gettime), SCMP_SYS(clock_getres), SCMP_SYS(clock_nanosleep), SCMP_SYS(nanosleep), SCMP_SYS(gettimeofday),
    SCMP_SYS(time), SCMP_SYS(getrandom), SCMP_SYS(getrusage), SCMP_SYS(uname), SCMP_SYS(getuid), SCMP_SYS(geteuid),
    SCMP_SYS(getgid), SCMP_SYS(getegid)};

/* Tried by libraries that go on without: refused with an error number. ENOSYS for clone3 makes the C library use clone, whose
 * flags can be looked at. */
static const struct {
    int call, error_number;
} refused[] = {{SCMP_SYS(open), EACCES},         {SCMP_SYS(openat), EACCES},   {SCMP_SYS(access), EACCES},
               {SCMP_SYS(faccessat), EACCES},    {SCMP_SYS(stat), EACCES},     {SCMP_SYS(newfstatat), EACCES},
               {SCMP_SYS(statx), EACCES},        {SCMP_SYS(readlink), EACCES}, {SCMP_SYS(readlinkat), EACCES},
               {SCMP_SYS(fstat), EACCES},        {SCMP_SYS(ioctl), ENOTTY},    {SCMP_SYS(clone3), ENOSYS},
               {SCMP_SYS(getpeername), ENOTSOCK}};

static int add_rules(scmp_filter_ctx filter) {
    int failed = 0;
    for (gsize i = 0; !failed && i < G_N_ELEMENTS(allowed); i++) failed = seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i], 0);
    for (gsize i = 0; !failed && i < G_N_ELEMENTS(refused); i++)
        failed = seccomp_rule_add(filter, SCMP_ACT_ERRNO(refused[i].error_number), refused[i].call, 0);
    /* memory that is never to be executed; threads, no processes; signals to this process alone; limits are read, not set */
    const struct {
        guint32 action;
        int call;
        struct scmp_arg_cmp when;
    } conditional[] = {
        {SCMP_ACT_ALLOW, SCMP_SYS(mmap), SCMP_A2_64(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)},
        {SCMP_ACT_ALLOW, SCMP_SYS(mprotect), SCMP_A2_64(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)},
        {SCMP_ACT_ALLOW, SCMP_SYS(clone), SCMP_A0_64(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD)},
        {SCMP_ACT_ALLOW, SCMP_SYS(tgkill), SCMP_A0_64(SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0)},
        {SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), SCMP_A2_64(SCMP_CMP_EQ, 0, 0)},
        {SCMP_ACT_ALLOW, SCMP_SYS(prctl), SCMP_A0_64(SCMP_CMP_EQ, PR_SET_NAME, 0)},
        {SCMP_ACT_ERRNO(EPERM), SCMP_SYS(prctl), SCMP_A0_64(SCMP_CMP_NE, PR_SET_NAME, 0)},
    };
    for (gsize i = 0; !failed && i < G_N_ELEMENTS(conditional); i++)
        failed = seccomp_rule_add(filter, conditional[i].action, conditional[i].call, 1, conditional[i].when);
    return failed;
}

static bool set_filter(GError **error) {
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
    if (!filter) return fail(error, ERROR_INTERNAL, "The system-call filter cannot be made: libseccomp refused.");
    int failed = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
    if (!failed) failed = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1); /* threads that libraries have started too */
    if (!failed) failed = add_rules(filter);
    if (!failed) failed = seccomp_load(filter);
    seccomp_release(filter);
    return !failed || fail_errno(error, -failed, "Loading the system-call filter failed");
}
#endif

bool child_confine(const ChildLimits *limits, GError **error) {
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0) return fail_errno(error, errno, "Binding the child's life to its parent's failed");
    if (!set_limits(limits, error)) return false;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) return fail_errno(error, errno, "Giving up new privileges failed");
#ifndef HANSARD_SANITIZER
    /* Not dumpable: other processes of the same user can neither trace it nor read its memory. */
    if (prctl(PR_SET_DUMPABLE, 0) < 0) return fail_errno(error, errno, "Closing the child's memory to others failed");
    return set_filter(error);
#else
    return true;
#endif
}
