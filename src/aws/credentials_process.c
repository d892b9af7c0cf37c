/* Credentials that a command prints, as the AWS CLI runs it: split into words, no shell. Nothing on its standard input (a recording may be coming in on
 * ours), its own process group (so that all of it can be ended), a limited time and AWS_CREDENTIAL_ANSWER_BYTES_MAX. What it says on standard
 * error goes to ours: it is meant for the user ("log in again"), and since it may hold secrets it is not in our messages; nor is the command,
 * but for its first word. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "aws/credentials_internal.h"
#include "base/limits.h"

typedef struct {
    pid_t pid;
    int pidfd;
    int output; /* the reading end of its standard output */
    char *text; /* AWS_CREDENTIAL_ANSWER_BYTES_MAX + 1 bytes */
    gsize got;
    bool at_end; /* of its output */
} Command;

static int fill(posix_spawn_file_actions_t *actions, posix_spawnattr_t *attributes, int output) {
    sigset_t every, none;
    sigfillset(&every);
    sigemptyset(&none);
    int failed = posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (!failed) failed = posix_spawn_file_actions_adddup2(actions, output, STDOUT_FILENO);
    if (!failed) failed = posix_spawn_file_actions_addclosefrom_np(actions, STDERR_FILENO + 1);
    if (!failed) failed = posix_spawnattr_setsigdefault(attributes, &every);
    if (!failed) failed = posix_spawnattr_setsigmask(attributes, &none);
    if (!failed) failed = posix_spawnattr_setpgroup(attributes, 0);
    if (!failed) failed = posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
    return failed;
}

static int spawn(char **words, char **environment, int output, pid_t *pid) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    int failed = fill(&actions, &attributes, output);
    if (!failed) failed = posix_spawnp(pid, words[0], &actions, &attributes, words, environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return failed;
}

/* 0, or an errno. */
static int start(Command *command, char **words, char **environment) {
    int ends[2], failed;
    if (pipe2(ends, O_CLOEXEC) < 0) return errno;
    /* Above the child's own three, whatever of them is closed here: dup2 onto itself would leave it to be closed on exec. */
    int writing = fcntl(ends[1], F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    failed = writing < 0 ? errno : spawn(words, environment, writing, &command->pid);
    if (writing >= 0) close(writing);
    close(ends[1]);
    if (!failed && (command->pidfd = pidfd_open(command->pid, 0)) < 0) {
        failed = errno;
        kill(-command->pid, SIGKILL);
        waitpid(command->pid, NULL, 0);
    }
    command->output = failed ? -1 : ends[0];
    if (failed) close(ends[0]);
    return failed;
}

/* Takes what there is. False: more than may come. */
static bool take_output(Command *command) {
    ssize_t got = read(command->output, command->text + command->got, AWS_CREDENTIAL_ANSWER_BYTES_MAX + 1 - command->got);
    if (got < 0) return errno == EINTR;
    command->got += (gsize)got;
    command->at_end = got == 0;
    return command->got <= AWS_CREDENTIAL_ANSWER_BYTES_MAX;
}

typedef enum { COMMAND_ENDED, COMMAND_SLOW, COMMAND_LOUD } CommandEnd;

/* Until it has ended and its output is read, so far as it has left any: a child of its own may hold the pipe for longer. */
static CommandEnd follow(Command *command, int time_ms_max) {
    const gint64 end_us = g_get_monotonic_time() + time_ms_max * G_GINT64_CONSTANT(1000);
    for (bool ended = false;;) {
        struct pollfd polled[] = {{.fd = command->at_end ? -1 : command->output, .events = POLLIN},
                                  {.fd = ended ? -1 : command->pidfd, .events = POLLIN}};
        gint64 left_ms = (end_us - g_get_monotonic_time()) / 1000;
        int ready = poll(polled, 2, ended ? 0 : (int)MAX(left_ms, 0));
        if (polled[0].revents && ready > 0 && !take_output(command)) return COMMAND_LOUD;
        if (polled[1].revents && ready > 0) ended = true;
        if (ended && (command->at_end || ready == 0)) return COMMAND_ENDED;
        if (ready == 0 && left_ms <= 0) return COMMAND_SLOW;
    }
}

static int finish(Command *command, CommandEnd how) {
    int status = 0;
    if (how != COMMAND_ENDED) kill(-command->pid, SIGKILL);
    while (waitpid(command->pid, &status, 0) < 0 && errno == EINTR) continue;
    close(command->output);
    close(command->pidfd);
    return status;
}

static bool parse(const Command *command, const char *what, AwsCredentials **credentials, GError **error) {
    g_autoptr(GError) problem = NULL;
    g_autofree char *output = g_strdup_printf("What credential_process of %s printed", what);
    g_autoptr(json_t) json = json_parse_object(command->text, command->got, output, &problem);
    if (!json) return fail(error, ERROR_CONFIG, "%s is no JSON object of AWS credentials", output); /* jansson's own words quote it */
    if (json_get_int(json, "Version", 0) != 1) return fail(error, ERROR_CONFIG, "%s is not of \"Version\": 1", output);
    return credentials_of_json(json, "SessionToken", output, credentials, error);
}

static gboolean set_variable(gpointer name, gpointer value, gpointer data) {
    char ***environment = data;
    *environment = g_environ_setenv(*environment, name, value, TRUE);
    return FALSE;
}

/* Ours, and the AWS_* variables of `.env` too: the command is often the AWS CLI, which is to look into the same files. */
static char **environment_of(const Settings *settings) {
    char **environment = g_get_environ();
    g_tree_foreach(settings->aws, set_variable, &environment);
    return environment;
}

static bool run(const Settings *settings, char **words, const char *what, int time_ms_max, AwsCredentials **credentials, GError **error) {
    g_autofree char *text = g_malloc0(AWS_CREDENTIAL_ANSWER_BYTES_MAX + 1);
    g_auto(GStrv) environment = environment_of(settings);
    Command command = {.text = text};
    int failed = start(&command, words, environment);
    if (failed)
        return fail(error, ERROR_CONFIG, "credential_process of %s can't be run: %s: %s; write its whole path", what, words[0], g_strerror(failed));
    CommandEnd how = follow(&command, time_ms_max);
    int status = finish(&command, how);
    bool done = false;
    if (how == COMMAND_SLOW)
        fail(error, ERROR_TIMEOUT, "credential_process of %s (%s) did not end within %d ms: run it by hand to see what it waits for", what, words[0],
             time_ms_max);
    else if (how == COMMAND_LOUD)
        fail(error, ERROR_CONFIG, "credential_process of %s (%s) printed more than %d bytes: it must print one JSON object", what, words[0],
             (int)AWS_CREDENTIAL_ANSWER_BYTES_MAX);
    else if (WIFSIGNALED(status))
        fail(error, ERROR_CONFIG, "credential_process of %s (%s) was ended by signal %d: run it by hand to see why", what, words[0], WTERMSIG(status));
    else if (WEXITSTATUS(status) != 0)
        fail(error, ERROR_CONFIG, "credential_process of %s (%s) failed with status %d: what it said is on standard error, or run it by hand", what,
             words[0], WEXITSTATUS(status));
    else
        done = parse(&command, what, credentials, error);
    explicit_bzero(text, AWS_CREDENTIAL_ANSWER_BYTES_MAX + 1);
    return done;
}

bool credentials_process(const Settings *settings, const char *command, const char *what, int time_ms_max, AwsCredentials **credentials,
                         GError **error) {
    g_auto(GStrv) words = NULL;
    if (!command_split(command, &words)) return fail(error, ERROR_CONFIG, "credential_process of %s has a quote that is not closed", what);
    if (!words[0]) return fail(error, ERROR_CONFIG, "credential_process of %s is empty", what);
    return run(settings, words, what, time_ms_max, credentials, error);
}
