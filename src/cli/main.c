/* The command line: finds the command, reads its options and the settings, reports its error once.
 * Exit status: 0 done, 1 failed, 2 wrong usage or a wrong setting. */
#include <glib-unix.h>
#include <locale.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/help.h"
#include "cli/terminal.h"
#include "operate/unlisted.h"

static const Command *const commands[] = {&command_serve,  &command_worker, &command_add,  &command_list,  &command_show,
                                          &command_search, &command_items,  &command_export, &command_url, &command_rm,
                                          &command_retry,  &command_retention,
                                          &command_reindex, &command_verify, &command_migrate, &command_setup, &command_doctor, &command_cost,
                                          &command_token,
                                          &command_audit, &command_model, &command_media_child, &command_extract, NULL};

static const Command *command_named(const char *name) {
    for (gsize i = 0; commands[i]; i++)
        if (strcmp(commands[i]->name, name) == 0) return commands[i];
    return NULL;
}

typedef struct {
    GPtrArray *settings; /* name, value, name, value, … for settings_load */
    gboolean json;
} Options;

/* A setting given as --option: HANSARD_DATA as --data, S3_BUCKET_NAME as --s3-bucket-name. */
static gboolean set_option(const char *option, const char *value, gpointer data, GError **error) {
    Options *options = data;
    for (gsize i = 0; i < settings_count; i++) {
        g_autofree char *name = help_option_name(&settings_table[i]);
        if (g_strcmp0(option + strlen("--"), name) != 0) continue;
        g_ptr_array_add(options->settings, g_strdup(settings_table[i].name));
        g_ptr_array_add(options->settings, g_strdup(value));
        return TRUE;
    }
    return fail(error, ERROR_INVALID, "unknown option %s", option);
}

static GArray *setting_entries(GPtrArray *names) {
    GArray *entries = g_array_new(TRUE, TRUE, sizeof(GOptionEntry));
    for (gsize i = 0; i < settings_count; i++) {
        char *name = help_option_name(&settings_table[i]);
        g_ptr_array_add(names, name);
        GOptionEntry entry = {.long_name = name,
                              .arg = G_OPTION_ARG_CALLBACK,
                              .arg_data = (gpointer)set_option,
                              .description = settings_table[i].sentence,
                              .arg_description = "VALUE"};
        g_array_append_val(entries, entry);
    }
    return entries;
}

static bool parse_options(const Command *command, int *argc, char ***argv, Options *options, GError **error) {
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GArray) entries = setting_entries(names);
    g_autofree char *usage = g_strconcat(command->arguments, " — ", command->sentence, NULL);
    g_autofree char *example = g_strconcat("Example:\n  ", command->example, NULL);
    g_autoptr(GOptionContext) context = g_option_context_new(usage);
    GOptionGroup *settings = g_option_group_new("settings", "Settings (also as environment variables and in .env):",
                                                "Show the settings as options", options, NULL);
    const GOptionEntry json[] = {{"json", 0, 0, G_OPTION_ARG_NONE, &options->json, "Print JSON", NULL}, {0}};
    g_autoptr(GError) problem = NULL;
    g_option_group_add_entries(settings, (const GOptionEntry *)(gpointer)entries->data);
    g_option_context_add_group(context, settings);
    g_option_context_add_main_entries(context, json, NULL);
    if (command->options) g_option_context_add_main_entries(context, command->options, NULL);
    g_option_context_set_description(context, example);
    if (g_option_context_parse(context, argc, argv, &problem)) return true;
    return fail(error, ERROR_INVALID, "%s; see `hansard %s --help`", problem->message, command->name);
}

static bool check_arguments(const Command *command, const Invocation *invocation, GError **error) {
    guint count = invocation->argument_count;
    if (count >= command->arguments_min && count <= command->arguments_max) return true;
    return fail(error, ERROR_INVALID, "usage: hansard %s %s (see `hansard %s --help`)", command->name, command->arguments,
                command->name);
}

/* The file that HANSARD_SETTINGS names, which must be there; else `.env`, which may be. */
static bool load_settings(const char *const *options, Settings **settings, GError **error) {
    const char *named = g_getenv("HANSARD_SETTINGS");
    if (!named || !*named) return settings_load(".env", options, settings, error);
    if (!g_file_test(named, G_FILE_TEST_EXISTS))
        return fail(error, ERROR_CONFIG, "there is no settings file %s: HANSARD_SETTINGS must name one that this user can reach", named);
    return settings_load(named, options, settings, error);
}

static bool run_command(const Command *command, int argc, char **argv, GError **error) {
    g_autoptr(GPtrArray) settings = g_ptr_array_new_with_free_func(g_free);
    Options options = {settings, FALSE};
    g_autoptr(Settings) loaded = NULL;
    if (!parse_options(command, &argc, &argv, &options, error)) return false;
    g_ptr_array_add(settings, NULL);
    /* The confined child takes its orders from the channel: no settings, no files. */
    if (!command->hidden && !load_settings((const char *const *)settings->pdata, &loaded, error)) return false;
    char **arguments = argv + 1;
    if (arguments[0] && strcmp(arguments[0], "--") == 0) arguments++;
    Invocation invocation = {loaded, options.json, arguments, g_strv_length(arguments)};
    loaded = NULL;
    bool done = check_arguments(command, &invocation, error) && command->run(&invocation, error);
    settings_free(invocation.settings);
    return done;
}

/* One line, whatever names and file contents the message quotes. */
static void print_error(const GError *error) {
    g_autofree char *safe = terminal_safe(error->message);
    g_printerr("hansard: %s\n", safe);
}

static int report(const GError *error) {
    print_error(error);
    return error_kind(error)->exit_status;
}

bool command_open(Invocation *invocation, bool pipeline, Workspace **workspace, GError **error) {
    g_autoptr(Workspace) opened = NULL;
    if (!workspace_open(g_steal_pointer(&invocation->settings), &opened, error)) return false;
    if (pipeline && !workspace_open_pipeline(opened, error)) return false;
    *workspace = g_steal_pointer(&opened);
    return true;
}

SetupContext command_setup_context(const Workspace *workspace, guint *lacking) {
    return (SetupContext){.settings = workspace->settings,
                          .clock = workspace->clock,
                          .queue = workspace->queue,
                          .dynamodb = workspace->dynamodb,
                          .bucket = workspace_uses_bucket(workspace->settings) ? workspace->store : NULL,
                          .origin = "*",
                          .meetings = &workspace->meetings,
                          .search = workspace->search,
                          .lacking = lacking,
                          .cancel = command_cancellable()};
}

bool command_each(const Invocation *invocation, Workspace *workspace, CommandStep step, GError **error) {
    guint failed = 0, count = invocation->argument_count;
    for (guint i = 0; i < count; i++) {
        g_autoptr(GError) problem = NULL;
        if (step(workspace, invocation->arguments[i], invocation->json, &problem)) continue;
        if (count == 1 || error_is(problem, ERROR_CANCELLED)) {
            g_propagate_error(error, g_steal_pointer(&problem));
            return false;
        }
        print_error(problem);
        failed++;
    }
    return failed == 0 || fail(error, ERROR_IO, "%u of %u failed", failed, count);
}

bool command_refresh_search(Workspace *workspace, GError **error) {
    g_autoptr(GError) problem = NULL;
    if (search_refresh(workspace->search, 0, NULL, NULL, &problem)) return true;
    if (error_is(problem, ERROR_CORRUPT) || error_is(problem, ERROR_TOO_LARGE)) {
        g_prefix_error(&problem, "left out: ");
        print_error(problem);
        return true;
    }
    g_propagate_error(error, g_steal_pointer(&problem));
    return false;
}

bool command_explain_nothing(Workspace *workspace, GError **error) {
    bool unlisted = false;
    if (!meetings_unlisted(&workspace->meetings, &unlisted, error)) return false;
    if (unlisted) g_printerr("%s\n", UNLISTED_NOTICE);
    return true;
}

void command_print(GBytes *bytes) { fwrite(g_bytes_get_data(bytes, NULL), 1, g_bytes_get_size(bytes), stdout); }

void command_print_json(const json_t *json) {
    g_autoptr(GBytes) bytes = json_to_bytes(json, isatty(STDOUT_FILENO));
    command_print(bytes);
}

/* A reader that has seen enough (`| head`) is no failure. */
static bool reader_is_gone(void) {
    GPollFD output = {.fd = STDOUT_FILENO, .events = G_IO_OUT};
    return g_poll(&output, 1, 0) == 1 && (output.revents & G_IO_ERR);
}

static bool end_output(GError **error) {
    if ((fflush(stdout) == 0 && !ferror(stdout)) || reader_is_gone()) return true;
    return fail(error, ERROR_IO, "standard output can't be written; is its disk full?");
}

static gboolean on_signal(gpointer cancellable) {
    g_cancellable_cancel(cancellable);
    return G_SOURCE_CONTINUE;
}

/* The signals arrive on a thread of their own, so that a command may block. */
static gpointer signal_thread(gpointer context) {
    for (;;) g_main_context_iteration(context, TRUE);
    return NULL;
}

/* From its return on a signal cancels instead of killing. */
static void catch_signals(GCancellable *cancellable) {
    static const int signals[] = {SIGINT, SIGTERM};
    GMainContext *context = g_main_context_new(); /* as long as the program */
    for (gsize i = 0; i < G_N_ELEMENTS(signals); i++) {
        g_autoptr(GSource) source = g_unix_signal_source_new(signals[i]);
        g_source_set_callback(source, on_signal, cancellable, NULL);
        g_source_attach(source, context);
    }
    g_thread_unref(g_thread_new("signals", signal_thread, context));
}

GCancellable *command_cancellable(void) {
    static gsize once = 0;
    static GCancellable *cancellable = NULL;
    if (g_once_init_enter(&once)) {
        cancellable = g_cancellable_new();
        catch_signals(cancellable);
        g_once_init_leave(&once, 1);
    }
    return cancellable;
}

/* `hansard help`, `hansard help settings`, and `hansard help COMMAND`, which is `hansard COMMAND --help`. */
static int help(const char *topic) {
    g_autoptr(GError) error = NULL;
    const Command *command = topic ? command_named(topic) : NULL;
    if (!command || command->hidden) return help_print(commands, topic);
    g_autofree char *program = g_strdup_printf("hansard %s", topic);
    char *arguments[] = {program, "--help", NULL};
    g_set_prgname(program);
    return run_command(command, 2, arguments, &error) ? 0 : report(error);
}

int main(int argc, char **argv) {
    static const char *const help_words[] = {"help", "--help", "-h", NULL};
    g_autoptr(GError) error = NULL;
    /* Names and titles are UTF-8, also where the locale is not set, as in a container. */
    if (!setlocale(LC_ALL, "") || !g_get_charset(NULL)) setlocale(LC_CTYPE, "C.UTF-8");
    signal(SIGPIPE, SIG_IGN);
    if (argc < 2 || g_strv_contains(help_words, argv[1])) return help(argc > 2 ? argv[2] : NULL);
    if (strcmp(argv[1], "--version") == 0) {
        g_print("hansard %s\n", HANSARD_VERSION);
        return 0;
    }
    const Command *command = command_named(argv[1]);
    if (!command) {
        fail(&error, ERROR_INVALID, "there is no command \"%s\"; `hansard help` lists them", argv[1]);
        return report(error);
    }
    g_autofree char *program = g_strdup_printf("hansard %s", command->name);
    g_set_prgname(program);
    return run_command(command, argc - 1, argv + 1, &error) && end_output(&error) ? 0 : report(error);
}
