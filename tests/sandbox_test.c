/* The channel's bounds, and a child's confinement: this program starts itself again in a role (`--child ROLE`) that tries what a
 * taken-over decoder would try. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/limits.h"
#include "sandbox/channel.h"
#include "sandbox/child.h"

#define MEMORY_MAX (512 * MIB)
#define WAIT_MS 20000

extern char **environ;

/* ---- the child's roles ---- */

static void say(const char *format, ...) G_GNUC_PRINTF(1, 2);
static void say(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    if (!channel_send(CHILD_CHANNEL_FD, 1, text, strlen(text), NULL)) _exit(9);
}

static void confine(guint64 cpu_s) {
    const ChildLimits limits = {.memory_bytes_max = MEMORY_MAX, .cpu_s_max = cpu_s};
    if (!child_confine(&limits, NULL)) _exit(8);
    say("confined");
}

static int role_environment(void) {
    int open_count = 0;
    for (int fd = 0; fd < 256; fd++) open_count += fcntl(fd, F_GETFD) >= 0;
    char in, handed[8] = "";
    ssize_t in_size = read(STDIN_FILENO, &in, 1), handed_size = read(CHILD_FIRST_FD, handed, sizeof handed - 1);
    g_autofree char *joined = g_strjoinv(",", environ);
    say("%s|%d|%zd|%.*s", joined, open_count, in_size, (int)MAX(handed_size, 0), handed);
    return 0;
}

static int role_echo(void) {
    for (;;) {
        g_auto(Message) message = {0};
        if (!channel_receive(CHILD_CHANNEL_FD, -1, &message, NULL)) return 0;
        if (!channel_send(CHILD_CHANNEL_FD, message.type + 1, message.data, message.size, NULL)) return 1;
    }
}

static int role_open(void) {
    confine(0);
    int fd = open("/etc/passwd", O_RDONLY);
    int written = open("/tmp/hansard-sandbox-escape", O_CREAT | O_WRONLY, 0600);
    say("%d %d %s", fd, written, errno == EACCES ? "EACCES" : "other");
    return 0;
}

static gpointer thread_main(gpointer data) {
    g_autofree char *memory = g_malloc(1 << 20);
    memset(memory, 1, 1 << 20);
    g_usleep(1000);
    return GINT_TO_POINTER(GPOINTER_TO_INT(data) * 2);
}

static int role_threads(void) {
    confine(0);
    GThread *threads[4];
    int sum = 0;
    for (int i = 0; i < 4; i++) threads[i] = g_thread_new("worker", thread_main, GINT_TO_POINTER(i + 1));
    for (int i = 0; i < 4; i++) sum += GPOINTER_TO_INT(g_thread_join(threads[i]));
    g_autoptr(GDateTime) now = g_date_time_new_now_utc();
    say("%d %d", sum, now != NULL);
    return 0;
}

static int role_memory(void) {
    confine(0);
    void *some = malloc(64 * MIB), *much = malloc(2 * MEMORY_MAX);
    say("%d %d", some != NULL, much != NULL);
    char *block = g_malloc(2 * MEMORY_MAX); /* ends the process */
    say("%p", (void *)block);
    return 0;
}

static G_NORETURN int role_cpu(void) {
    confine(1);
    for (volatile guint64 i = 0;; i++) continue;
}

static int role_socket(void) { return confine(0), socket(AF_INET, SOCK_STREAM, 0); }
static int role_exec(void) { return confine(0), execl("/bin/true", "true", NULL); }
static int role_fork(void) { return confine(0), fork() == 0 ? 0 : 1; }
static int role_kill(void) { return confine(0), kill(getppid(), SIGTERM); }
static int role_ptrace(void) { return confine(0), (int)ptrace(PTRACE_ATTACH, getppid(), 0, 0); }
static int role_code(void) {
    confine(0);
    return mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED;
}
static int role_segv(void) {
    signal(SIGSEGV, SIG_DFL); /* sanitizers would turn it into an exit status */
    return confine(0), raise(SIGSEGV);
}
static int role_status(void) { return 7; }

/* More than a pipe holds, without a reader; escapes for a terminal; then the end. */
static int role_noisy(void) {
    for (int i = 0; i < 50000; i++) fputs("flood\n", stderr);
    return 6;
}
static int role_last_words(void) {
    fputs("\033]0;owned\007\033[2J first\nsecond \xff\n", stderr);
    return 6;
}
static G_NORETURN int role_hang(void) {
    close(CHILD_CHANNEL_FD);
    for (;;) pause();
}

/* A header of a size over the limit, with no bytes behind. */
static int role_oversized(void) {
    guint32 header[2] = {1, (guint32)CHILD_MESSAGE_BYTES_MAX + 1};
    return send(CHILD_CHANNEL_FD, header, sizeof header, 0) == sizeof header ? role_echo() : 1;
}

/* Half a header, then the end. */
static int role_half(void) { return send(CHILD_CHANNEL_FD, "abc", 3, 0) == 3 ? 0 : 1; }

/* Announces ten bytes, sends four and waits. */
static int role_trickle(void) {
    guint32 block[3] = {1, 10, 0};
    return send(CHILD_CHANNEL_FD, block, sizeof block, 0) == sizeof block ? role_echo() : 1;
}

/* A parent that starts a grandchild, tells its pid and dies. */
static int role_parent(void) {
    Child *child = NULL;
    child_set_binary("/proc/self/exe");
    const char *const arguments[] = {"--child", "sleeper", NULL};
    int pass[] = {CHILD_FIRST_FD};
    if (!child_start(arguments, pass, 1, &child, NULL)) return 1;
    g_auto(Message) message = {0};
    if (!channel_receive(child_channel(child), WAIT_MS, &message, NULL)) return 2;
    _exit(0);
}

/* Holds the pipe at descriptor 4 open for as long as it lives, deaf to its channel. */
static G_NORETURN int role_sleeper(void) {
    confine(0);
    for (;;) g_usleep(G_USEC_PER_SEC);
}

static const struct {
    const char *name;
    int (*run)(void);
} roles[] = {{"environment", role_environment},
             {"echo", role_echo},
             {"open", role_open},
             {"threads", role_threads},
             {"memory", role_memory},
             {"cpu", role_cpu},
             {"socket", role_socket},
             {"exec", role_exec},
             {"fork", role_fork},
             {"kill", role_kill},
             {"ptrace", role_ptrace},
             {"code", role_code},
             {"segv", role_segv},
             {"status", role_status},
             {"noisy", role_noisy},
             {"last-words", role_last_words},
             {"hang", role_hang},
             {"oversized", role_oversized},
             {"half", role_half},
             {"trickle", role_trickle},
             {"parent", role_parent},
             {"sleeper", role_sleeper}};

static int role_run(const char *name) {
    for (gsize i = 0; i < G_N_ELEMENTS(roles); i++)
        if (g_str_equal(roles[i].name, name)) return roles[i].run();
    return 99;
}

/* ---- the tests ---- */

static Child *start(const char *role, const int *fds, gsize fd_count) {
    const char *const arguments[] = {"--child", role, NULL};
    Child *child = NULL;
    GError *error = NULL;
    g_assert_true(child_start(arguments, fds, fd_count, &child, &error));
    g_assert_no_error(error);
    return child;
}

static void assert_says(Child *child, const char *expected) {
    g_auto(Message) message = {0};
    GError *error = NULL;
    g_assert_true(channel_receive(child_channel(child), WAIT_MS, &message, &error));
    g_assert_no_error(error);
    g_assert_cmpstr((char *)message.data, ==, expected);
}

static void assert_crash(Child *child, const char *words) {
    g_auto(Message) message = {0};
    g_autoptr(GError) gone = NULL, why = NULL;
    g_assert_false(channel_receive(child_channel(child), WAIT_MS, &message, &gone));
    g_assert_true(error_is(gone, ERROR_CRASHED));
    g_assert_false(child_explain(child, &why));
    g_assert_true(error_is(why, ERROR_CRASHED));
    if (!strstr(why->message, words)) g_error("\"%s\" lacks \"%s\"", why->message, words);
}

static void test_environment(void) {
    g_setenv("HANSARD_SECRET", "of the parent", TRUE);
    int pipe_fds[2];
    g_assert_cmpint(pipe(pipe_fds), ==, 0);
    g_assert_cmpint(write(pipe_fds[1], "handed", 6), ==, 6);
    g_autoptr(Child) child = start("environment", pipe_fds, 1);
    assert_says(child, "LANG=C.UTF-8,GOMP_SPINCOUNT=100|5|0|handed"); /* 0, 1, 2, the channel and the one handed over */
    close(pipe_fds[0]);
    close(pipe_fds[1]);
}

/* Descriptors whose numbers are targets of each other arrive in order. */
static void test_descriptors(void) {
    int pipes[3][2], fds[3];
    for (int i = 0; i < 3; i++) {
        g_assert_cmpint(pipe(pipes[i]), ==, 0);
        fds[i] = pipes[i][0];
        char letter = (char)('a' + i);
        g_assert_cmpint(write(pipes[i][1], &letter, 1), ==, 1);
    }
    int rotated[] = {fds[2], fds[0], fds[1]};
    g_autoptr(Child) child = start("environment", rotated, 3);
    assert_says(child, "LANG=C.UTF-8,GOMP_SPINCOUNT=100|7|0|c");
    for (int i = 0; i < 3; i++) {
        close(pipes[i][0]);
        close(pipes[i][1]);
    }
}

static void test_echo(void) {
    g_autoptr(Child) child = start("echo", NULL, 0);
    g_autofree guint8 *block = g_malloc(CHILD_MESSAGE_BYTES_MAX + 1);
    for (gsize i = 0; i <= CHILD_MESSAGE_BYTES_MAX; i++) block[i] = (guint8)(i * 7);
    const gsize sizes[] = {0, 1, CHILD_READ_BLOCK_BYTES, CHILD_MESSAGE_BYTES_MAX};
    for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++) {
        g_auto(Message) message = {0};
        GError *error = NULL;
        g_assert_true(channel_send(child_channel(child), 41, block, sizes[i], &error));
        g_assert_true(channel_receive(child_channel(child), WAIT_MS, &message, &error));
        g_assert_no_error(error);
        g_assert_cmpuint(message.type, ==, 42);
        g_assert_cmpmem(message.data, message.size, block, sizes[i]);
        g_assert_cmpint(message.data[message.size], ==, 0);
    }
    g_autoptr(GError) error = NULL;
    g_assert_false(channel_send(child_channel(child), 1, block, CHILD_MESSAGE_BYTES_MAX + 1, &error));
    g_assert_true(error_is(error, ERROR_TOO_LARGE));
}

static void test_timeout(void) {
    g_autoptr(Child) child = start("echo", NULL, 0);
    g_auto(Message) message = {0};
    g_autoptr(GError) receive = NULL, wait = NULL;
    g_assert_false(channel_receive(child_channel(child), 50, &message, &receive));
    g_assert_true(error_is(receive, ERROR_TIMEOUT));
    g_assert_false(channel_wait(child_channel(child), 50, &wait));
    g_assert_true(error_is(wait, ERROR_TIMEOUT));
    g_assert_null(message.data);
    g_assert_true(channel_send(child_channel(child), 1, "x", 1, NULL));
    g_assert_true(channel_wait(child_channel(child), WAIT_MS, NULL));
    assert_says(child, "x");
}

static void test_oversized(void) {
    g_autoptr(Child) child = start("oversized", NULL, 0);
    g_auto(Message) message = {0};
    g_autoptr(GError) error = NULL;
    g_assert_false(channel_receive(child_channel(child), WAIT_MS, &message, &error));
    g_assert_true(error_is(error, ERROR_CRASHED));
    g_assert_nonnull(strstr(error->message, "over the limit"));
}

static void test_half(void) {
    g_autoptr(Child) child = start("half", NULL, 0);
    assert_crash(child, "exit status 0");
}

static void test_trickle(void) {
    g_autoptr(Child) child = start("trickle", NULL, 0);
    g_auto(Message) message = {0};
    g_autoptr(GError) error = NULL;
    g_assert_false(channel_receive(child_channel(child), 500, &message, &error));
    g_assert_true(error_is(error, ERROR_TIMEOUT));
}

static void test_send_to_dead(void) {
    g_autoptr(Child) child = start("status", NULL, 0);
    assert_crash(child, "exit status 7");
    g_autoptr(GError) error = NULL;
    g_assert_false(channel_send(child_channel(child), 1, "x", 1, &error));
    g_assert_true(error_is(error, ERROR_CRASHED));
}

/* What it writes to standard error is quoted, bounded and without control characters; it never waits for a reader. */
static void test_last_words(void) {
#ifdef HANSARD_SANITIZER
    return g_test_skip("sanitizer builds let standard error through");
#endif
    const char *const noisy[] = {"last-words", "noisy"};
    for (gsize i = 0; i < G_N_ELEMENTS(noisy); i++) {
        g_autoptr(Child) child = start(noisy[i], NULL, 0);
        g_auto(Message) message = {0};
        g_autoptr(GError) why = NULL;
        g_assert_false(channel_receive(child_channel(child), WAIT_MS, &message, NULL));
        g_assert_false(child_explain(child, &why));
        g_assert_true(error_is(why, ERROR_CRASHED));
        g_assert_nonnull(strstr(why->message, "exit status 6"));
        g_assert_nonnull(strstr(why->message, i == 0 ? "first second" : "flood flood"));
        g_assert_cmpuint(strlen(why->message), <, 700);
        g_assert_true(g_utf8_validate(why->message, -1, NULL));
        for (const char *at = why->message; *at; at++) g_assert_cmpint((guchar)*at, >=, ' ');
    }
}

static void test_hang(void) {
    g_autoptr(Child) child = start("hang", NULL, 0);
    assert_crash(child, "stopped answering");
}

static void test_no_binary(void) {
    child_set_binary("/nonexistent/hansard");
    const char *const arguments[] = {NULL};
    Child *child = NULL;
    g_autoptr(GError) error = NULL;
    g_assert_false(child_start(arguments, NULL, 0, &child, &error));
    g_assert_nonnull(strstr(error->message, "/nonexistent/hansard"));
    g_assert_null(child);
    child_set_binary("/proc/self/exe");
}

/* True (and the case is skipped) where the filter is not loaded. */
static bool unfiltered(void) {
#ifdef HANSARD_SANITIZER
    g_test_skip("sanitizer builds load no filter");
    return true;
#else
    return false;
#endif
}

static void test_open(void) {
    if (unfiltered()) return;
    g_autoptr(Child) child = start("open", NULL, 0);
    assert_says(child, "confined");
    assert_says(child, "-1 -1 EACCES");
}

static void test_threads(void) {
    g_autoptr(Child) child = start("threads", NULL, 0);
    assert_says(child, "confined");
    assert_says(child, "20 1");
}

static void test_memory(void) {
    if (unfiltered()) return;
    g_autoptr(Child) child = start("memory", NULL, 0);
    assert_says(child, "confined");
    assert_says(child, "1 0");
    assert_crash(child, "memory limit");
}

static void test_cpu(void) {
    g_autoptr(Child) child = start("cpu", NULL, 0);
    assert_says(child, "confined");
    assert_crash(child, "processor time");
}

static void test_segv(void) {
    g_autoptr(Child) child = start("segv", NULL, 0);
    assert_says(child, "confined");
    assert_crash(child, "crashed");
}

static void test_forbidden(gconstpointer role) {
    if (unfiltered()) return;
    g_autoptr(Child) child = start(role, NULL, 0);
    assert_says(child, "confined");
    assert_crash(child, "system-call filter");
}

static void test_parent_death(void) {
    int pipe_fds[2];
    g_assert_cmpint(pipe2(pipe_fds, O_CLOEXEC), ==, 0);
    g_autoptr(Child) child = start("parent", &pipe_fds[1], 1);
    close(pipe_fds[1]);
    assert_crash(child, "exit status 0");
    /* The grandchild held the last copy of the pipe: its death is the pipe's end. */
    GPollFD poller = {.fd = pipe_fds[0], .events = G_IO_IN | G_IO_HUP};
    g_assert_cmpint(g_poll(&poller, 1, WAIT_MS), ==, 1);
    char byte;
    g_assert_cmpint(read(pipe_fds[0], &byte, 1), ==, 0);
    close(pipe_fds[0]);
}

int main(int argc, char **argv) {
    if (argc == 3 && g_str_equal(argv[1], "--child")) return role_run(argv[2]);
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sandbox/channel/echo", test_echo);
    g_test_add_func("/sandbox/channel/timeout", test_timeout);
    g_test_add_func("/sandbox/channel/oversized", test_oversized);
    g_test_add_func("/sandbox/channel/half", test_half);
    g_test_add_func("/sandbox/channel/trickle", test_trickle);
    g_test_add_func("/sandbox/child/environment", test_environment);
    g_test_add_func("/sandbox/child/descriptors", test_descriptors);
    g_test_add_func("/sandbox/child/send-to-dead", test_send_to_dead);
    g_test_add_func("/sandbox/child/last-words", test_last_words);
    g_test_add_func("/sandbox/child/hang", test_hang);
    g_test_add_func("/sandbox/child/no-binary", test_no_binary);
    g_test_add_func("/sandbox/child/parent-death", test_parent_death);
    g_test_add_func("/sandbox/confine/open", test_open);
    g_test_add_func("/sandbox/confine/threads", test_threads);
    g_test_add_func("/sandbox/confine/memory", test_memory);
    g_test_add_func("/sandbox/confine/cpu", test_cpu);
    g_test_add_func("/sandbox/confine/segv", test_segv);
    const char *const forbidden[] = {"socket", "exec", "fork", "kill", "ptrace", "code"};
    for (gsize i = 0; i < G_N_ELEMENTS(forbidden); i++) {
        g_autofree char *path = g_strconcat("/sandbox/confine/", forbidden[i], NULL);
        g_test_add_data_func(path, forbidden[i], test_forbidden);
    }
    return g_test_run();
}
