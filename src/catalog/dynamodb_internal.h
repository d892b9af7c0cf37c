/* Shared by dynamodb.c (the catalog), dynamodb_item.c (rows and items) and dynamodb_call.c (the service). */
#pragma once

#include "catalog/catalog_backend.h"
#include "catalog/dynamodb.h"

typedef struct {
    Catalog base;
    AwsClient *client;
    char *table, *workspace;
    gint whole; /* atomic; 1: the mark of a whole list was seen */
} DynamoCatalog;

/* As dynamodb_call, for this catalog's table; what its user must do about a missing table or index is in the error. `*condition_failed`, where it is
 * not NULL, takes the case that the call's condition did not hold, which then is no error: the answer is NULL. */
bool dynamodb_ask(DynamoCatalog *catalog, const char *operation, json_t *input, json_t **answer, bool *condition_failed, GError **error);

/* -- values of items; new references ------------------------------------------------------------------------------------- */

json_t *item_text(const char *text);                           /* {"S": text} */
const char *item_get_text(const json_t *item, const char *name); /* NULL: none, or of another type */

/* The row as UpdateItem takes it: adds UpdateExpression, and the names and values that it uses. */
void item_add_update(const Row *row, const char *workspace, json_t *input);
/* The attributes that row_of_item reads, for a query to ask for: adds ProjectionExpression and its names. */
void item_add_projection(json_t *input);
/* NULL where it is no row: no valid id, or it does not sort where its id and time say. Limits are applied: a text cut here sets `cut`. */
Row *row_of_item(const json_t *item);

/* ISO 8601, of one length for all times, so that text compares as time does. Caller frees. */
char *item_time(gint64 unix_ms);

/* -- expressions ---------------------------------------------------------------------------------------------------------- */

/* "#name" stands for the attribute (many are reserved words), ":name" for the value; takes the value. */
void input_name(json_t *input, const char *name);
void input_value(json_t *input, const char *name, json_t *value);

/* The mark that all meetings of the workspace have a row: an item of the index that sorts before all rows, so that a list from its beginning sees it. */
#define MARK_SORT "!"
#define MARK_ATTRIBUTE "indexed" /* when */
char *mark_id(const char *workspace); /* no meeting's id. Caller frees */
