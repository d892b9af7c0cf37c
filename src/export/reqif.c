/* The requirements for requirements tools: OMG ReqIF 1.2 (formal/2016-07-01), whose files keep the namespace and the version number of 1.0.
 * Text is XHTML, as its implementation guide asks for ("ReqIF.Text", "ReqIF.ForeignID"); priority and status are enumerations. Rejected
 * requirements are left out. Identifiers are made of the meeting's and the item's ids, so that a second export updates what a first one
 * brought in. */
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "export/export_format.h"

static const char *const priorities[] = {"must", "should", "could", "wont", NULL};
static const char *const statuses[] = {"draft", "confirmed", "done", NULL};

/* Attributes that are plain text. */
static const char *const texts[] = {"ReqIF.ForeignID", "Type", "Owner", "Quote", "Speaker", "Time"};
#define TEXT_COUNT G_N_ELEMENTS(texts)

typedef struct {
    GString *out;
    const Record *record;
    char *change; /* LAST-CHANGE */
} Writer;

/* xsd:ID has letters, digits, '.', '-' and '_' only. */
static void append_id(GString *out, const char *prefix, const char *text) {
    g_string_append_printf(out, "_%s", prefix);
    for (; text && *text; text++) {
        if (g_ascii_isalnum(*text) || strchr(".-", *text)) g_string_append_c(out, *text);
        else g_string_append_printf(out, "_%02x", (guchar)*text);
    }
}

/* <NAME IDENTIFIER="…" LAST-CHANGE="…" LONG-NAME="…" and `rest` */
static void begin(Writer *writer, const char *name, const char *prefix, const char *id, const char *long_name, const char *rest) {
    g_string_append_printf(writer->out, "<%s IDENTIFIER=\"", name);
    append_id(writer->out, prefix, id);
    g_string_append_printf(writer->out, "\" LAST-CHANGE=\"%s\"", writer->change);
    if (long_name) {
        g_string_append(writer->out, " LONG-NAME=\"");
        append_xml(writer->out, long_name);
        g_string_append_c(writer->out, '"');
    }
    g_string_append(writer->out, rest);
}

static void append_reference(Writer *writer, const char *name, const char *prefix, const char *id) {
    g_string_append_printf(writer->out, "<%s>", name);
    append_id(writer->out, prefix, id);
    g_string_append_printf(writer->out, "</%s>", name);
}

static void append_enumeration(Writer *writer, const char *name, const char *const *values) {
    begin(writer, "DATATYPE-DEFINITION-ENUMERATION", "type-", name, name, "><SPECIFIED-VALUES>\n");
    for (int i = 0; values[i]; i++) {
        g_autofree char *prefix = g_strdup_printf("%s-", name);
        begin(writer, "ENUM-VALUE", prefix, values[i], values[i], "><PROPERTIES>");
        g_string_append_printf(writer->out, "<EMBEDDED-VALUE KEY=\"%d\" OTHER-CONTENT=\"\"/></PROPERTIES></ENUM-VALUE>\n", i);
    }
    g_string_append(writer->out, "</SPECIFIED-VALUES></DATATYPE-DEFINITION-ENUMERATION>\n");
}

static void append_attribute(Writer *writer, const char *kind, const char *name, const char *type) {
    g_autofree char *element = g_strdup_printf("ATTRIBUTE-DEFINITION-%s", kind), *reference = g_strdup_printf("DATATYPE-DEFINITION-%s-REF", kind);
    begin(writer, element, "attribute-", name, name, strcmp(kind, "ENUMERATION") == 0 ? " MULTI-VALUED=\"false\"><TYPE>" : "><TYPE>");
    append_reference(writer, reference, "type-", type);
    g_string_append_printf(writer->out, "</TYPE></%s>\n", element);
}

static void append_types(Writer *writer) {
    g_string_append(writer->out, "<DATATYPES>\n");
    begin(writer, "DATATYPE-DEFINITION-STRING", "type-", "text", "Text", " MAX-LENGTH=\"4000\"/>\n");
    begin(writer, "DATATYPE-DEFINITION-XHTML", "type-", "xhtml", "XHTML", "/>\n");
    append_enumeration(writer, "Priority", priorities);
    append_enumeration(writer, "Status", statuses);
    g_string_append(writer->out, "</DATATYPES>\n<SPEC-TYPES>\n");
    begin(writer, "SPEC-OBJECT-TYPE", "type-", "requirement", "Requirement", "><SPEC-ATTRIBUTES>\n");
    append_attribute(writer, "XHTML", "ReqIF.Text", "xhtml");
    for (gsize i = 0; i < TEXT_COUNT; i++) append_attribute(writer, "STRING", texts[i], "text");
    append_attribute(writer, "ENUMERATION", "Priority", "Priority");
    append_attribute(writer, "ENUMERATION", "Status", "Status");
    g_string_append(writer->out, "</SPEC-ATTRIBUTES></SPEC-OBJECT-TYPE>\n");
    begin(writer, "SPECIFICATION-TYPE", "type-", "meeting", "Meeting", "/>\n</SPEC-TYPES>\n");
}

static void append_text_value(Writer *writer, const char *name, const char *text) {
    if (!text || !*text) return;
    g_string_append(writer->out, "<ATTRIBUTE-VALUE-STRING THE-VALUE=\"");
    append_xml(writer->out, text);
    g_string_append(writer->out, "\"><DEFINITION>");
    append_reference(writer, "ATTRIBUTE-DEFINITION-STRING-REF", "attribute-", name);
    g_string_append(writer->out, "</DEFINITION></ATTRIBUTE-VALUE-STRING>\n");
}

static void append_choice(Writer *writer, const char *name, const char *const *known, const char *value) {
    if (!value || !g_strv_contains(known, value)) return;
    g_autofree char *prefix = g_strdup_printf("%s-", name);
    g_string_append(writer->out, "<ATTRIBUTE-VALUE-ENUMERATION><VALUES>");
    append_reference(writer, "ENUM-VALUE-REF", prefix, value);
    g_string_append(writer->out, "</VALUES><DEFINITION>");
    append_reference(writer, "ATTRIBUTE-DEFINITION-ENUMERATION-REF", "attribute-", name);
    g_string_append(writer->out, "</DEFINITION></ATTRIBUTE-VALUE-ENUMERATION>\n");
}

static char *object_id(const Writer *writer, const Item *item) { return g_strdup_printf("%s.%s", writer->record->meeting_id, item->id); }

static void append_object(Writer *writer, const Item *item) {
    const Evidence *evidence = item->evidence->len > 0 ? &g_array_index(item->evidence, Evidence, 0) : NULL;
    g_autofree char *id = object_id(writer, item), *time = evidence ? text_duration(evidence->start_ms) : NULL;
    const char *quote = evidence ? evidence->quote : NULL, *speaker = evidence ? evidence->speaker : NULL;
    const char *values[TEXT_COUNT] = {item->id, item->type, item->owner, quote, speaker, time};
    begin(writer, "SPEC-OBJECT", "", id, NULL, "><VALUES>\n<ATTRIBUTE-VALUE-XHTML><THE-VALUE><xhtml:div>");
    append_xml(writer->out, item->text);
    g_string_append(writer->out, "</xhtml:div></THE-VALUE><DEFINITION>");
    append_reference(writer, "ATTRIBUTE-DEFINITION-XHTML-REF", "attribute-", "ReqIF.Text");
    g_string_append(writer->out, "</DEFINITION></ATTRIBUTE-VALUE-XHTML>\n");
    for (gsize i = 0; i < TEXT_COUNT; i++) append_text_value(writer, texts[i], values[i]);
    append_choice(writer, "Priority", priorities, item->priority);
    append_choice(writer, "Status", statuses, item->status);
    g_string_append(writer->out, "</VALUES><TYPE>");
    append_reference(writer, "SPEC-OBJECT-TYPE-REF", "type-", "requirement");
    g_string_append(writer->out, "</TYPE></SPEC-OBJECT>\n");
}

static void append_head(Writer *writer) {
    g_string_append(writer->out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                                 "<REQ-IF xmlns=\"http://www.omg.org/spec/ReqIF/20110401/reqif.xsd\" xmlns:xhtml=\"http://www.w3.org/1999/xhtml\">\n"
                                 "<THE-HEADER><REQ-IF-HEADER IDENTIFIER=\"");
    append_id(writer->out, "header-", writer->record->meeting_id);
    g_string_append_printf(writer->out, "\"><CREATION-TIME>%s</CREATION-TIME><REQ-IF-TOOL-ID>Hansard " HANSARD_VERSION "</REQ-IF-TOOL-ID>"
                                        "<REQ-IF-VERSION>1.0</REQ-IF-VERSION><SOURCE-TOOL-ID>Hansard</SOURCE-TOOL-ID><TITLE>", writer->change);
    append_xml(writer->out, writer->record->title);
    g_string_append(writer->out, "</TITLE></REQ-IF-HEADER></THE-HEADER>\n<CORE-CONTENT><REQ-IF-CONTENT>\n");
}

static void append_specification(Writer *writer, const GPtrArray *items) {
    g_string_append(writer->out, "<SPECIFICATIONS>\n");
    begin(writer, "SPECIFICATION", "specification-", writer->record->meeting_id, writer->record->title, "><TYPE>");
    append_reference(writer, "SPECIFICATION-TYPE-REF", "type-", "meeting");
    g_string_append(writer->out, "</TYPE><CHILDREN>\n");
    for (guint i = 0; i < items->len; i++) {
        g_autofree char *id = object_id(writer, items->pdata[i]);
        begin(writer, "SPEC-HIERARCHY", "place-", id, NULL, "><OBJECT>");
        append_reference(writer, "SPEC-OBJECT-REF", "", id);
        g_string_append(writer->out, "</OBJECT></SPEC-HIERARCHY>\n");
    }
    g_string_append(writer->out, "</CHILDREN></SPECIFICATION>\n</SPECIFICATIONS>\n");
}

static bool write_reqif(const Meeting *meeting, GString *out, GError **error) {
    const GPtrArray *all = meeting->minutes->items[ITEM_REQUIREMENT];
    g_autoptr(GPtrArray) items = g_ptr_array_new();
    for (guint i = 0; i < all->len; i++)
        if (strcmp(((const Item *)all->pdata[i])->status, "rejected") != 0) g_ptr_array_add(items, all->pdata[i]);
    if (items->len == 0) return fail(error, ERROR_INVALID, "the meeting has no requirements to export");
    const Record *record = meeting->record;
    g_autofree char *change = time_format(MAX(record->updated_ms > 0 ? record->updated_ms : record->timestamp_ms, 0));
    Writer writer = {out, record, change};
    append_head(&writer);
    append_types(&writer);
    g_string_append(out, "<SPEC-OBJECTS>\n");
    for (guint i = 0; i < items->len; i++) append_object(&writer, items->pdata[i]);
    g_string_append(out, "</SPEC-OBJECTS>\n");
    append_specification(&writer, items);
    g_string_append(out, "</REQ-IF-CONTENT></CORE-CONTENT>\n</REQ-IF>\n");
    return true;
}

const ExportFormat export_reqif = {"reqif", "application/xml", "The requirements for requirements tools (ReqIF 1.2)", write_reqif};
