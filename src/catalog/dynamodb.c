/* The catalog as items of a DynamoDB table (dynamodb.h): a list is one Query of the index, and nothing is ever scanned.
 *
 *  1. A meeting has one item. A put is conditional: it stands where it is newer than what stands, else that stays and nothing is wrong.
 *  2. The sort key does not change when the meeting does, so that no reader of the index, which follows the table a moment later, sees it moved.
 *  3. A list is only given where the workspace's rows are known to be whole: reindex has put the mark (dynamodb_internal.h). Otherwise a table of the
 *     first version, or a new one, would show the few meetings that came since as if they were all.
 *  4. Attributes of items that this program does not know stay, and so do items of other workspaces. */
#include "catalog/dynamodb_internal.h"

#include <string.h>

#include "base/limits.h"
#include "catalog/cursor_internal.h"
#include "model/keys.h"

#define AFTER_ROWS ":" /* sorts after every digit, and so after every row */
#define NEXT "\x01"    /* text with this behind it is the next one after it: keys and ids hold no control characters */

/* -- one row -------------------------------------------------------------------------------------------------------------- */

static json_t *input_for(const char *meeting_id) { return json_pack("{s:{s:o}}", "Key", TABLE_KEY, item_text(meeting_id)); }

/* The row that stands is another workspace's or the first version's, has no time of change that is one, or is older. Of equal ones the row that is
 * being deleted stays. */
static void add_newer_condition(const DynamoCatalog *catalog, const Row *row, json_t *input) {
    g_autofree char *first_time = item_time(0), *last_time = item_time(G_MAXINT64);
    g_autofree char *condition = g_strconcat(
        "attribute_not_exists(#workspace) OR #workspace <> :workspace OR NOT (#updated BETWEEN :first_time AND :last_time) OR #updated < :updated OR ",
        row->state == MEETING_DELETING ? "#updated = :updated" : "(#updated = :updated AND #state <> :deleting)", NULL);
    input_value(input, "first_time", item_text(first_time));
    input_value(input, "last_time", item_text(last_time));
    if (row->state != MEETING_DELETING) input_value(input, "deleting", item_text(meeting_state_name(MEETING_DELETING)));
    json_object_set_new(input, "ConditionExpression", json_string(condition));
}

static bool dynamodb_put(Catalog *base, const Row *row, GError **error) {
    DynamoCatalog *catalog = (DynamoCatalog *)base;
    g_autoptr(json_t) input = input_for(row->meeting_id);
    g_autoptr(json_t) answer = NULL;
    bool newer_stands;
    item_add_update(row, catalog->workspace, input);
    add_newer_condition(catalog, row, input);
    return dynamodb_ask(catalog, "UpdateItem", input, &answer, &newer_stands, error);
}

/* An item of the first version has neither attribute: it is the meeting's all the same. */
static bool dynamodb_remove(Catalog *base, const char *meeting_id, gint64 timestamp_ms, GError **error) {
    DynamoCatalog *catalog = (DynamoCatalog *)base;
    g_autoptr(json_t) input = input_for(meeting_id);
    g_autoptr(json_t) answer = NULL;
    bool another_stands, any_time = timestamp_ms == CATALOG_TIME_UNKNOWN;
    input_name(input, TABLE_INDEX_PARTITION);
    input_value(input, TABLE_INDEX_PARTITION, item_text(catalog->workspace));
    if (!any_time) {
        g_autofree char *sort_key = row_sort_key(timestamp_ms, meeting_id);
        input_name(input, TABLE_INDEX_SORT);
        input_value(input, TABLE_INDEX_SORT, item_text(sort_key));
    }
    json_object_set_new(input, "ConditionExpression",
                        json_string(any_time ? "attribute_not_exists(#workspace) OR #workspace = :workspace"
                                             : "attribute_not_exists(#workspace) OR attribute_not_exists(#sort) OR "
                                               "(#workspace = :workspace AND #sort = :sort)"));
    return dynamodb_ask(catalog, "DeleteItem", input, &answer, &another_stands, error);
}

/* -- the index ------------------------------------------------------------------------------------------------------------ */

typedef struct {
    char *low, *high; /* sort keys, both inclusive */
    const char *tag;  /* NULL: any */
    guint limit;      /* items looked at, before the tag is */
} Range;

static void range_clear(Range *range) {
    g_clear_pointer(&range->low, g_free);
    g_clear_pointer(&range->high, g_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Range, range_clear)

static json_t *query_input(const DynamoCatalog *catalog, const Range *range) {
    json_t *input = json_pack("{s:s, s:s, s:i}", "IndexName", TABLE_INDEX, "KeyConditionExpression",
                              "#workspace = :workspace AND #sort BETWEEN :low AND :high", "Limit", (int)range->limit);
    input_name(input, TABLE_INDEX_PARTITION);
    input_value(input, TABLE_INDEX_PARTITION, item_text(catalog->workspace));
    input_value(input, "low", item_text(range->low));
    input_value(input, "high", item_text(range->high));
    item_add_projection(input);
    if (range->tag) {
        json_object_set_new(input, "FilterExpression", json_string("contains(#tags, :tag) OR attribute_exists(#" MARK_ATTRIBUTE ")"));
        input_value(input, "tag", item_text(range->tag));
    }
    return input;
}

/* One Query; then the range begins behind what it has looked at. `*items` is a new reference; `*more`: whether there may be more. */
static bool query(DynamoCatalog *catalog, Range *range, json_t **items, bool *more, GError **error) {
    g_autoptr(json_t) input = query_input(catalog, range);
    g_autoptr(json_t) answer = NULL;
    if (!dynamodb_ask(catalog, "Query", input, &answer, NULL, error)) return false;
    const json_t *found = json_object_get(answer, "Items"), *last = json_object_get(answer, "LastEvaluatedKey");
    if (!json_is_array(found)) return fail(error, ERROR_CORRUPT, "the answer of DynamoDB for table %s has no items", catalog->table);
    if (last) {
        const char *reached = item_get_text(last, TABLE_INDEX_SORT);
        if (!reached || strcmp(reached, range->low) < 0 || strcmp(reached, range->high) > 0)
            return fail(error, ERROR_CORRUPT, "the answer of DynamoDB for table %s leads nowhere", catalog->table);
        g_free(range->low);
        range->low = g_strconcat(reached, NEXT, NULL);
    }
    *more = last && strcmp(range->low, range->high) <= 0;
    *items = json_incref((json_t *)found);
    return true;
}

static bool is_mark(const json_t *item) { return g_strcmp0(item_get_text(item, TABLE_INDEX_SORT), MARK_SORT) == 0 && item_get_text(item, MARK_ATTRIBUTE); }

/* -- the mark that the rows are whole ------------------------------------------------------------------------------------ */

static bool dynamodb_mark_whole(Catalog *base, gint64 now_ms, GError **error) {
    DynamoCatalog *catalog = (DynamoCatalog *)base;
    g_autofree char *id = mark_id(catalog->workspace), *time = item_time(now_ms);
    g_autoptr(json_t) input = json_pack("{s:{s:o, s:o, s:o, s:o}}", "Item", TABLE_KEY, item_text(id), TABLE_INDEX_PARTITION, item_text(catalog->workspace),
                                        TABLE_INDEX_SORT, item_text(MARK_SORT), MARK_ATTRIBUTE, item_text(time));
    g_autoptr(json_t) answer = NULL;
    if (!dynamodb_ask(catalog, "PutItem", input, &answer, NULL, error)) return false;
    g_atomic_int_set(&catalog->whole, 1);
    return true;
}

/* Asks the table itself, not the index that follows it. */
static bool dynamodb_is_whole(Catalog *base, bool *whole, GError **error) {
    DynamoCatalog *catalog = (DynamoCatalog *)base;
    g_autofree char *id = mark_id(catalog->workspace);
    g_autoptr(json_t) input = input_for(id);
    g_autoptr(json_t) answer = NULL;
    json_object_set_new(input, "ConsistentRead", json_true());
    if (!dynamodb_ask(catalog, "GetItem", input, &answer, NULL, error)) return false;
    *whole = is_mark(json_object_get(answer, "Item"));
    return true;
}

/* Once seen it is known, as long as the table stands. A list from the beginning has the mark among its `items`, any other asks for it. */
static bool check_whole(DynamoCatalog *catalog, bool from_beginning, const json_t *items, GError **error) {
    bool whole = g_atomic_int_get(&catalog->whole) == 1;
    if (whole) return true;
    if (from_beginning) whole = json_array_size(items) > 0 && is_mark(json_array_get(items, 0));
    else if (!dynamodb_is_whole(&catalog->base, &whole, error)) return false;
    if (!whole)
        return fail(error, ERROR_CONFIG,
                    "the DynamoDB table %s does not list the meetings of %s yet: run `hansard reindex` (after `hansard setup --apply`, where the table is "
                    "of the first version)",
                    catalog->table, catalog->workspace);
    g_atomic_int_set(&catalog->whole, 1);
    return true;
}

/* -- lists ---------------------------------------------------------------------------------------------------------------- */

/* A page in the making. */
typedef struct {
    const CatalogQuery *query;
    GPtrArray *rows;
    char *reached; /* sort key of the last row that was dealt with, shown or not; NULL: none */
    bool full;     /* a row follows the last one that the page has room for */
} Paging;

static void paging_clear(Paging *paging) {
    g_clear_pointer(&paging->rows, g_ptr_array_unref);
    g_clear_pointer(&paging->reached, g_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Paging, paging_clear)

/* What the query asks for, from the cursor on. */
static bool range_of(const CatalogQuery *query, Range *range, GError **error) {
    g_autofree char *newest = query->to_ms > 0 ? row_key_from_time(query->to_ms - 1) : NULL;
    g_autofree char *oldest = query->from_ms > 0 ? row_key_from_time(query->from_ms) : NULL;
    range->low = g_strdup(newest ? newest + strlen(PREFIX_INDEX) : MARK_SORT);
    range->high = oldest ? g_strconcat(oldest + strlen(PREFIX_INDEX), "`", NULL) : g_strdup(AFTER_ROWS); /* '`' follows '_' */
    range->tag = query->tag;
    if (!query->cursor) return true;
    g_auto(Cursor) cursor = {0};
    if (!cursor_read(query->cursor, &cursor, error)) return false;
    g_autofree char *next = g_strconcat(cursor.position, NEXT, NULL);
    if (strcmp(next, range->low) > 0) {
        g_free(range->low);
        range->low = g_steal_pointer(&next);
    }
    return true;
}

static bool is_wanted(const Row *row, const CatalogQuery *query) {
    if (row->state != MEETING_READY) return false;
    return !query->tag || g_ptr_array_find_with_equal_func(row->tags, query->tag, g_str_equal, NULL);
}

static void take_items(Paging *paging, const json_t *items) {
    for (size_t i = 0; i < json_array_size(items); i++) {
        const json_t *item = json_array_get(items, i);
        g_autoptr(Row) row = row_of_item(item);
        if (!row) continue; /* the mark, or not made here */
        paging->full = paging->rows->len == paging->query->limit;
        if (paging->full) return;
        g_free(paging->reached);
        paging->reached = g_strdup(item_get_text(item, TABLE_INDEX_SORT));
        if (is_wanted(row, paging->query)) g_ptr_array_add(paging->rows, g_steal_pointer(&row));
    }
}

/* Queries on until the page is full, the rows end or TABLE_QUERIES_MAX is reached. `*more`: whether there is a next page. */
static bool fill_page(DynamoCatalog *catalog, Paging *paging, Range *range, bool *more, GError **error) {
    bool from_beginning = strcmp(range->low, MARK_SORT) == 0;
    *more = strcmp(range->low, range->high) <= 0;
    for (int queries = 0; *more && queries < TABLE_QUERIES_MAX; queries++) {
        g_autoptr(json_t) items = NULL;
        /* One row more shows whether the page is the last, and at the beginning there is the mark. Where a tag leaves rows out, a full query costs the
         * same request. */
        range->limit = paging->query->tag ? LIST_LIMIT_MAX : paging->query->limit - paging->rows->len + 2;
        if (!query(catalog, range, &items, more, error) || (queries == 0 && !check_whole(catalog, from_beginning, items, error))) return false;
        take_items(paging, items);
        if (paging->full) {
            *more = true;
            return true;
        }
    }
    return true;
}

/* A page that ends where the queries did: behind rows that the tag left out. */
static bool cursor_behind(DynamoCatalog *catalog, const Paging *paging, const Range *range, char **next_cursor, GError **error) {
    g_autofree char *looked_at = g_strndup(range->low, strlen(range->low) - strlen(NEXT)), *id = NULL;
    gint64 timestamp_ms;
    if (!paging->full && row_sort_key_read(looked_at, &timestamp_ms, &id)) *next_cursor = cursor_of_sort_key(looked_at);
    else if (paging->reached) *next_cursor = cursor_of_sort_key(paging->reached);
    else
        return fail(error, ERROR_CORRUPT, "the table %s has more than %d items in a row that no program of this project wrote, from %.80s on",
                     catalog->table, (int)(TABLE_QUERIES_MAX * paging->query->limit), looked_at);
    return true;
}

static bool dynamodb_list(Catalog *base, const CatalogQuery *query, CatalogPage *page, GError **error) {
    DynamoCatalog *catalog = (DynamoCatalog *)base;
    g_auto(Paging) paging = {.query = query, .rows = g_ptr_array_new_with_free_func((GDestroyNotify)row_free)};
    g_auto(Range) range = {0};
    g_autofree char *next_cursor = NULL;
    bool more;
    if (!range_of(query, &range, error) || !fill_page(catalog, &paging, &range, &more, error) ||
        (more && !cursor_behind(catalog, &paging, &range, &next_cursor, error)))
        return false;
    page->rows = g_steal_pointer(&paging.rows);
    page->next_cursor = g_steal_pointer(&next_cursor);
    return true;
}

static bool dynamodb_each(Catalog *base, CatalogVisit visit, gpointer user_data, GError **error) {
    DynamoCatalog *catalog = (DynamoCatalog *)base;
    g_auto(Range) range = {.low = g_strdup(MARK_SORT), .high = g_strdup(AFTER_ROWS), .limit = LIST_LIMIT_MAX};
    for (bool more = true; more;) {
        g_autoptr(json_t) items = NULL;
        if (!query(catalog, &range, &items, &more, error)) return false;
        for (size_t i = 0; i < json_array_size(items); i++) {
            g_autoptr(Row) row = row_of_item(json_array_get(items, i));
            if (row && !visit(row, user_data, error)) return false;
        }
    }
    return true;
}

static bool dynamodb_scan(Catalog *base, CatalogVisit visit, gpointer user_data, GError **error) {
    return check_whole((DynamoCatalog *)base, false, NULL, error) && dynamodb_each(base, visit, user_data, error);
}

static Catalog *dynamodb_table(Catalog *base) { return base; }

static void dynamodb_close(Catalog *base) {
    DynamoCatalog *catalog = (DynamoCatalog *)base;
    g_free(catalog->table);
    g_free(catalog->workspace);
    g_free(catalog);
}

bool catalog_dynamodb_open(AwsClient *client, const char *table, const char *workspace, Catalog **catalog, GError **error) {
    static const CatalogBackend backend = {.name = "dynamodb",
                                           .put = dynamodb_put,
                                           .remove = dynamodb_remove,
                                           .list = dynamodb_list,
                                           .each = dynamodb_each,
                                           .scan = dynamodb_scan,
                                           .mark_whole = dynamodb_mark_whole,
                                           .is_whole = dynamodb_is_whole,
                                           .table = dynamodb_table,
                                           .close = dynamodb_close};
    DynamoCatalog *opened = g_new0(DynamoCatalog, 1);
    opened->base.backend = &backend;
    opened->client = client;
    opened->table = g_strdup(table);
    opened->workspace = g_strdup(workspace);
    *catalog = &opened->base;
    return true;
}
