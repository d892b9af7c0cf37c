/* Where lists are kept: keys in the store (A), a DynamoDB table (B), or both (C), as HANSARD_INDEX and USE_DYNAMODB say. */
#include <string.h>

#include "catalog/dynamodb.h"
#include "workspace/workspace.h"

static const char *index_of(const Settings *settings) {
    if (strcmp(settings->index, "auto") != 0) return settings->index;
    return settings->use_dynamodb ? "both" : "keys";
}

bool workspace_uses_table(const Settings *settings) { return strcmp(index_of(settings), "keys") != 0; }

static bool open_table(Workspace *workspace, Catalog **table, GError **error) {
    const Settings *settings = workspace->settings;
    g_autofree char *name = dynamodb_workspace(settings);
    return dynamodb_client_open(settings, workspace->transport, workspace->credentials, workspace->clock, &workspace->dynamodb, error) &&
           catalog_dynamodb_open(workspace->dynamodb, settings->dynamodb_table, name, table, error);
}

bool workspace_open_catalog(Workspace *workspace, GError **error) {
    const char *index = index_of(workspace->settings);
    g_autoptr(Catalog) table = NULL;
    g_autoptr(Catalog) keys = NULL;
    if (strcmp(index, "keys") == 0) return catalog_keys_open(workspace->store, &workspace->catalog, error);
    if (!open_table(workspace, &table, error)) return false;
    if (strcmp(index, "dynamodb") == 0) {
        workspace->catalog = g_steal_pointer(&table);
        return true;
    }
    return catalog_keys_open(workspace->store, &keys, error) &&
           catalog_both_open(g_steal_pointer(&keys), g_steal_pointer(&table), workspace->clock, &workspace->catalog, error);
}
