/* The lists are those of the HTTP routes: a tool's arguments become the route's query, so that both read alike. */
#include "http/mcp_tools.h"

#include <string.h>

#include "base/limits.h"
#include "http/resources.h"

typedef struct {
    const char *name, *title, *description;
    const char *schema;     /* of its arguments: JSON */
    const char *const *query; /* of a list: {argument, its name in the query, …}; NULL: `call` reads them */
    Handler list;
    bool (*call)(Context *context, const json_t *arguments, json_t **result, GError **error);
} Tool;

#define ID_SCHEMA "\"meeting_id\":{\"type\":\"string\",\"pattern\":\"^[A-Za-z0-9._-]{1,128}$\",\"description\":\"As lists and hits tell it\"}"
#define TEXT_SCHEMA(name, what) "\"" name "\":{\"type\":\"string\",\"description\":\"" what "\"}"
#define NUMBER_SCHEMA(name, min, max, what) \
    "\"" name "\":{\"type\":\"integer\",\"minimum\":" G_STRINGIFY(min) ",\"maximum\":" G_STRINGIFY(max) ",\"description\":\"" what "\"}"
#define OBJECT_SCHEMA(properties) "{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{" properties "}}"
#define OBJECT_SCHEMA_WITH(required, properties) \
    "{\"type\":\"object\",\"additionalProperties\":false,\"required\":[\"" required "\"],\"properties\":{" properties "}}"

/* -- arguments ----------------------------------------------------------------------------------------------------------- */

static bool check_known(const Tool *tool, const json_t *arguments, GError **error) {
    g_autoptr(json_t) schema = json_loads(tool->schema, 0, NULL);
    const json_t *properties = json_object_get(schema, "properties"), *declared;
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)arguments, name, value) {
        declared = json_object_get(properties, name);
        if (!declared) return fail(error, ERROR_INVALID, "%s takes no argument %.60s", tool->name, name);
        bool wants_number = strcmp(json_get_string(declared, "type", ""), "integer") == 0;
        gint64 number = 0;
        if (wants_number ? !body_read_whole(value, &number) : !json_is_string(value))
            return fail(error, ERROR_INVALID, "%s must be a %s", name, wants_number ? "whole number" : "string");
        if (wants_number && (number < json_get_int(declared, "minimum", 0) || number > json_get_int(declared, "maximum", 0)))
            return fail(error, ERROR_INVALID, "%s must be a whole number from %d to %d", name, (int)json_get_int(declared, "minimum", 0),
                        (int)json_get_int(declared, "maximum", 0));
    }
    const char *required = json_string_value(json_array_get(json_object_get(schema, "required"), 0));
    return !required || json_object_get(arguments, required) || fail(error, ERROR_INVALID, "%s needs the argument %s", tool->name, required);
}

static bool read_meeting_id(const json_t *arguments, const char **meeting_id, GError **error) {
    *meeting_id = json_get_string(arguments, "meeting_id", NULL);
    return meeting_id_valid(*meeting_id) || fail(error, ERROR_NOT_FOUND, "there is no meeting of this id");
}

/* -- lists --------------------------------------------------------------------------------------------------------------- */

static bool run_list(Context *context, const Tool *tool, const json_t *arguments, json_t **result, GError **error) {
    g_autoptr(GString) target = g_string_new("/?");
    g_auto(Response) response = {0};
    response_init(&response);
    const char *separator = "";
    for (guint i = 0; tool->query[i]; i += 2) {
        const json_t *value = json_object_get(arguments, tool->query[i]);
        gint64 number;
        g_autofree char *text = body_read_whole(value, &number) ? g_strdup_printf("%" G_GINT64_FORMAT, number) : g_strdup(json_string_value(value));
        g_autofree char *escaped = text ? g_uri_escape_string(text, NULL, false) : NULL;
        if (!escaped) continue;
        g_string_append_printf(target, "%s%s=%s", separator, tool->query[i + 1], escaped);
        separator = "&";
    }
    if (!json_object_get(arguments, "limit")) g_string_append_printf(target, "%slimit=%d", separator, MCP_LIMIT_DEFAULT);
    g_autoptr(Request) request = request_new(target->str);
    if (!request_begin(request, "GET", error) || !tool->list(context, request, &response, error)) return false;
    gsize size = 0;
    const void *data = g_bytes_get_data(response.bytes, &size);
    *result = json_parse_object(data, size, tool->name, error);
    if (*result) json_object_del(*result, "success");
    return *result != NULL;
}

/* What the page makes bold; to an assistant these are no characters. */
static void unmark(json_t *hit) {
    g_autoptr(GString) snippet = g_string_new(json_get_string(hit, "snippet", ""));
    g_string_replace(snippet, "\xee\x80\x80", "**", 0);
    g_string_replace(snippet, "\xee\x80\x81", "**", 0);
    json_object_set_new(hit, "snippet", json_text(snippet->str));
}

/* -- one meeting --------------------------------------------------------------------------------------------------------- */

static json_t *first_items(const GPtrArray *items) {
    json_t *array = json_array();
    for (guint i = 0; i < MIN(items->len, MCP_ITEMS_MAX); i++) json_array_append_new(array, item_to_json(items->pdata[i]));
    return array;
}

static bool get_meeting(Context *context, const json_t *arguments, json_t **result, GError **error) {
    static const char *const names[ITEM_KIND_COUNT] = {"action_items", "decisions", "questions", "requirements"};
    const Meetings *meetings = &context->workspace->meetings;
    g_autoptr(Record) record = NULL;
    g_autoptr(Minutes) minutes = NULL;
    const char *meeting_id;
    if (!read_meeting_id(arguments, &meeting_id, error) || !meeting_read_record(meetings, meeting_id, &record, NULL, error) ||
        !meeting_read_minutes(meetings, meeting_id, &minutes, error))
        return false;
    if (!minutes) minutes = minutes_new();
    g_autofree char *timestamp = time_format(record->timestamp_ms);
    json_t *counts = json_object(), *json = json_pack("{s:s, s:o, s:s, s:I, s:o, s:o}", "meeting_id", meeting_id, "title", json_text(record->title),
                                                      "timestamp", timestamp, "duration_ms", (json_int_t)record->duration_ms, "language",
                                                      json_text(record->language), "summary", json_text(minutes->text));
    for (ItemKind kind = 0; kind < ITEM_KIND_COUNT; kind++) {
        json_object_set_new(json, names[kind], first_items(minutes->items[kind]));
        json_object_set_new(counts, names[kind], json_integer(minutes->items[kind]->len));
    }
    json_object_set_new(json, "counts", counts);
    *result = json;
    return true;
}

static json_t *segment_view(const Transcript *transcript, guint index) {
    const Segment *segment = transcript_segment(transcript, index);
    json_t *view = json_pack("{s:i, s:o, s:o}", "id", (int)index, "speaker", json_text(transcript_speaker_name(transcript, segment->speaker)), "text",
                             json_text(segment->text));
    if (!transcript->timed) return view;
    json_object_set_new(view, "start_ms", json_integer(segment->start_ms));
    json_object_set_new(view, "end_ms", json_integer(segment->end_ms));
    return view;
}

/* A page ends at its count or its size, whichever comes first, and always holds one segment. */
static bool get_transcript(Context *context, const json_t *arguments, json_t **result, GError **error) {
    g_autoptr(Transcript) transcript = NULL;
    g_autoptr(Record) record = NULL;
    const char *meeting_id;
    gint64 first = json_get_int(arguments, "from_segment", 0), limit = json_get_int(arguments, "limit", MCP_SEGMENTS_DEFAULT);
    if (!read_meeting_id(arguments, &meeting_id, error) ||
        !meeting_read_record(&context->workspace->meetings, meeting_id, &record, NULL, error) ||
        !meeting_read_transcript(&context->workspace->meetings, meeting_id, &transcript, NULL, error))
        return false;
    if (!transcript) return fail(error, ERROR_NOT_FOUND, "the meeting %s has no transcript", meeting_id);
    guint count = transcript->segments->len, next = (guint)MIN(first, count);
    gsize bytes = 0;
    json_t *segments = json_array();
    while (next < count && next < first + limit) {
        bytes += strlen(transcript_segment(transcript, next)->text);
        if (next > first && bytes > MCP_TRANSCRIPT_BYTES) break;
        json_array_append_new(segments, segment_view(transcript, next++));
    }
    *result = json_pack("{s:s, s:o, s:i, s:o, s:o}", "meeting_id", meeting_id, "title", json_text(record->title), "segment_count", (int)count,
                        "segments", segments, "next_segment", next < count ? json_integer(next) : json_null());
    return true;
}

/* -- the table ----------------------------------------------------------------------------------------------------------- */

static const char *const search_query[] = {"query", "q", "limit", "limit", "offset", "offset", NULL};
static const char *const meetings_query[] = {"limit", "limit", "cursor", "cursor", "from", "from", "to", "to", "tag", "tag", NULL};
static const char *const items_query[] = {"kind",     "kind",     "status", "status", "owner", "owner", "due_from", "due_from",
                                          "due_to",   "due_to",   "sort",   "sort",   "limit", "limit", "offset",   "offset",
                                          NULL};

#define LIMIT_SCHEMA NUMBER_SCHEMA("limit", 1, MCP_LIMIT_MAX, "How many at most; without it 20")
#define OFFSET_SCHEMA NUMBER_SCHEMA("offset", 0, 100000, "How many to leave out, for the next page")

static const Tool tools[] = {
    {.name = "search", .title = "Search all meetings",
     .description = "Full text over transcripts, titles and items of all meetings, best hits first. Each hit tells the meeting, the millisecond and "
                    "who speaks; hits stand between ** in the snippet.",
     .schema = OBJECT_SCHEMA_WITH("query", TEXT_SCHEMA("query", "Words, all of which must occur; \\\"in quotes\\\" a phrase; at most 400 bytes")
                                  "," LIMIT_SCHEMA "," OFFSET_SCHEMA),
     .query = search_query, .list = search_get},
    {.name = "list_meetings", .title = "List meetings",
     .description = "Meetings, newest first, with title, time, length and the number of their items. next_cursor leads to the next page.",
     .schema = OBJECT_SCHEMA(LIMIT_SCHEMA "," TEXT_SCHEMA("cursor", "next_cursor of the page before") ","
                             TEXT_SCHEMA("from", "Not before this date or time, ISO 8601") ","
                             TEXT_SCHEMA("to", "Before this date or time, ISO 8601") ","
                             TEXT_SCHEMA("tag", "Only those with this tag")),
     .query = meetings_query, .list = meetings_list},
    {.name = "get_meeting", .title = "One meeting: summary and items",
     .description = "Summary, action items, decisions, questions and requirements of one meeting, each item with the words that prove it (evidence: "
                    "quote, speaker, milliseconds). At most 100 items of a kind; counts tells how many there are.",
     .schema = OBJECT_SCHEMA_WITH("meeting_id", ID_SCHEMA), .call = get_meeting},
    {.name = "get_transcript", .title = "The transcript of one meeting",
     .description = "What was said, segment by segment, a page at a time; next_segment is where the next page begins, null at the end.",
     .schema = OBJECT_SCHEMA_WITH("meeting_id", ID_SCHEMA "," NUMBER_SCHEMA("from_segment", 0, 200000, "The first segment of the page; without it 0")
                                  "," NUMBER_SCHEMA("limit", 1, MCP_SEGMENTS_MAX, "How many segments at most; without it 100")),
     .call = get_transcript},
    {.name = "list_items", .title = "Items of all meetings",
     .description = "Action items, decisions, questions and requirements over all meetings, with their meeting and evidence.",
     .schema = OBJECT_SCHEMA(TEXT_SCHEMA("kind", "action, decision, question or requirement") ","
                             TEXT_SCHEMA("status", "draft, confirmed, rejected, done, or open (the first two)") ","
                             TEXT_SCHEMA("owner", "Who is to do it") ","
                             TEXT_SCHEMA("due_from", "Due on this date or later, YYYY-MM-DD") ","
                             TEXT_SCHEMA("due_to", "Due on this date or earlier") ","
                             TEXT_SCHEMA("sort", "newest (meeting first) or due (date first)") "," LIMIT_SCHEMA "," OFFSET_SCHEMA),
     .query = items_query, .list = items_get},
};

static const Tool *tool_named(const char *name) {
    for (gsize i = 0; name && i < G_N_ELEMENTS(tools); i++)
        if (strcmp(tools[i].name, name) == 0) return &tools[i];
    return NULL;
}

bool mcp_tools_known(const char *name) { return tool_named(name) != NULL; }

json_t *mcp_tools_describe(void) {
    json_t *array = json_array();
    for (gsize i = 0; i < G_N_ELEMENTS(tools); i++) {
        json_t *schema = json_loads(tools[i].schema, 0, NULL);
        g_assert(schema);
        json_array_append_new(array, json_pack("{s:s, s:s, s:s, s:o, s:{s:b, s:b, s:b}}", "name", tools[i].name, "title", tools[i].title,
                                               "description", tools[i].description, "inputSchema", schema, "annotations", "readOnlyHint", 1,
                                               "idempotentHint", 1, "openWorldHint", 0));
    }
    return array;
}

bool mcp_tools_call(Context *context, const char *name, const json_t *arguments, json_t **result, GError **error) {
    const Tool *tool = tool_named(name);
    g_autoptr(json_t) made = NULL;
    if (!check_known(tool, arguments, error)) return false;
    bool done = tool->list ? run_list(context, tool, arguments, &made, error) : tool->call(context, arguments, &made, error);
    if (!done) return false;
    json_t *hit;
    gsize i;
    json_array_foreach(json_object_get(made, "hits"), i, hit) unmark(hit);
    if (json_dumpb(made, NULL, 0, JSON_COMPACT) > MCP_RESULT_BYTES_MAX)
        return fail(error, ERROR_TOO_LARGE, "the answer has more than %d KiB: ask with a smaller limit, or with list_items for the items",
                    (int)(MCP_RESULT_BYTES_MAX / KIB));
    *result = g_steal_pointer(&made);
    return true;
}
