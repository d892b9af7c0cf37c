/* A command of the program: one file each. To add one: write its file, declare its Command below, name it in main.c's table. */
#pragma once

#include <stdio.h>

#include "operate/setup.h"
#include "workspace/workspace.h"

typedef struct {
    Settings *settings; /* owned; a command hands it on to its workspace with g_steal_pointer */
    bool json;          /* --json */
    char **arguments;   /* what is left after the options; NULL-terminated */
    guint argument_count;
} Invocation;

typedef struct {
    const char *name;
    const char *arguments; /* for the usage line: "FILE…" */
    const char *sentence;  /* what it does */
    const char *example;   /* one line that works */
    guint arguments_min, arguments_max;
    bool hidden;           /* not for people: left out of help */
    const GOptionEntry *options; /* of its own; NULL: none */
    bool (*run)(Invocation *invocation, GError **error);
} Command;

extern const Command command_add, command_cost, command_doctor, command_export, command_extract, command_items, command_list, command_media_child,
    command_migrate, command_model, command_reindex, command_retention, command_retry, command_rm, command_search, command_serve, command_setup, command_show, command_token,
    command_audit, command_url, command_verify, command_worker;

/* Opens the workspace of the invocation; with `pipeline` also what processing needs. */
bool command_open(Invocation *invocation, bool pipeline, Workspace **workspace, GError **error);

/* What setup and doctor look at: all that the workspace has open. Borrows both. */
SetupContext command_setup_context(const Workspace *workspace, guint *lacking);

/* Runs `step` on every argument. With several, each that fails is reported and the others are done all the same; a stop ends it. */
typedef bool (*CommandStep)(Workspace *workspace, const char *argument, bool json, GError **error);
bool command_each(const Invocation *invocation, Workspace *workspace, CommandStep step, GError **error);

/* Brings the search index up to date. A damaged meeting is named on standard error and left out: the others can still be found. */
bool command_refresh_search(Workspace *workspace, GError **error);

/* Where there is nothing to show though there are meetings, says on standard error what brings them into the lists. */
bool command_explain_nothing(Workspace *workspace, GError **error);

/* To standard output. What can't be written is reported once, when the command has ended. */
void command_print(GBytes *bytes);
/* The same for JSON, indented for a terminal. */
void command_print_json(const json_t *json);

/* A sink for SIGINT and SIGTERM: cancelled when one comes. Borrowed. */
GCancellable *command_cancellable(void);
