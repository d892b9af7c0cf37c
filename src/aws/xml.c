/* A small tree over GLib's parser, for answers of a few kinds of element. GLib knows no entities but the five and resolves nothing; a doctype is
 * refused outright. */
#include "aws/xml.h"

#include <string.h>

#include "base/limits.h"

typedef struct {
    GPtrArray *open; /* XmlElement*, borrowed but for the root: from the root to the innermost */
    GPtrArray *texts; /* GString*, of each of them */
    XmlElement *root;
    guint elements;
} Builder;

void xml_free(XmlElement *element) {
    if (!element) return;
    g_clear_pointer(&element->children, g_ptr_array_unref);
    g_free(element->name);
    g_free(element->text);
    g_free(element);
}

static void free_child(gpointer data) { xml_free(data); }
static void free_text(gpointer data) { g_string_free(data, TRUE); }

static bool refuse(GError **error, const char *why) {
    g_set_error(error, G_MARKUP_ERROR, G_MARKUP_ERROR_INVALID_CONTENT, "%s", why);
    return false;
}

static void on_start(GMarkupParseContext *context, const char *name, const char **names, const char **values, gpointer data, GError **error) {
    Builder *builder = data;
    if (++builder->elements > XML_ELEMENTS_MAX) return (void)refuse(error, "too many elements");
    if (builder->open->len >= XML_DEPTH_MAX) return (void)refuse(error, "nested too deeply");
    if (builder->open->len == 0 && builder->root) return (void)refuse(error, "a second root");
    const char *colon = strchr(name, ':');
    XmlElement *element = g_new0(XmlElement, 1);
    element->name = g_strdup(colon ? colon + 1 : name);
    if (builder->open->len > 0) {
        XmlElement *parent = builder->open->pdata[builder->open->len - 1];
        if (!parent->children) parent->children = g_ptr_array_new_with_free_func(free_child);
        g_ptr_array_add(parent->children, element);
    } else {
        builder->root = element;
    }
    g_ptr_array_add(builder->open, element);
    g_ptr_array_add(builder->texts, g_string_new(NULL));
}

static void on_end(GMarkupParseContext *context, const char *name, gpointer data, GError **error) {
    Builder *builder = data;
    guint last = builder->open->len - 1;
    XmlElement *element = g_ptr_array_remove_index(builder->open, last);
    element->text = g_string_free(g_ptr_array_steal_index(builder->texts, last), FALSE);
}

static void on_text(GMarkupParseContext *context, const char *text, gsize size, gpointer data, GError **error) {
    Builder *builder = data;
    if (builder->texts->len > 0) g_string_append_len(builder->texts->pdata[builder->texts->len - 1], text, (gssize)size);
}

/* The declaration and comments pass; `<!DOCTYPE` does not. */
static void on_other(GMarkupParseContext *context, const char *text, gsize size, gpointer data, GError **error) {
    bool passes = g_str_has_prefix(text, "<?") || g_str_has_prefix(text, "<!--");
    if (!passes) refuse(error, "a document type");
}

static bool run_parser(Builder *builder, const void *data, gsize size, GError **error) {
    static const GMarkupParser parser = {on_start, on_end, on_text, on_other, NULL};
    if (size == 0) return refuse(error, "it is empty");
    /* GLib's parser lets a NUL stand in text, which would end there, and trips over its own error at other bytes that are no UTF-8. */
    if (!g_utf8_validate_len(data, size, NULL)) return refuse(error, "not UTF-8");
    g_autoptr(GMarkupParseContext) context = g_markup_parse_context_new(&parser, G_MARKUP_TREAT_CDATA_AS_TEXT, builder, NULL);
    if (!g_markup_parse_context_parse(context, data, (gssize)size, error) || !g_markup_parse_context_end_parse(context, error)) return false;
    return builder->root || refuse(error, "no element"); /* a comment alone is a document to GLib */
}

XmlElement *xml_parse(const void *data, gsize size, const char *what, GError **error) {
    g_autoptr(GError) problem = NULL;
    Builder builder = {.open = g_ptr_array_new(), .texts = g_ptr_array_new_with_free_func(free_text)};
    bool parsed = run_parser(&builder, data, size, &problem);
    g_ptr_array_unref(builder.open);
    g_ptr_array_unref(builder.texts);
    if (parsed) return builder.root;
    xml_free(builder.root);
    fail(error, ERROR_CORRUPT, "%s is no XML that can be read: %s", what, problem->message);
    return NULL;
}

const XmlElement *xml_child(const XmlElement *parent, const char *name) {
    for (guint i = 0; parent && parent->children && i < parent->children->len; i++) {
        const XmlElement *child = parent->children->pdata[i];
        if (strcmp(child->name, name) == 0) return child;
    }
    return NULL;
}

const char *xml_text(const XmlElement *parent, const char *name) {
    const XmlElement *child = xml_child(parent, name);
    return child ? child->text : NULL;
}

static bool is_xml_character(gunichar c) {
    return c == '\t' || c == '\n' || c == '\r' || (c >= 0x20 && c <= 0xD7FF) || (c >= 0xE000 && c <= 0xFFFD) || c >= 0x10000;
}

void xml_append_text(GString *xml, const char *text) {
    for (const char *at = text; *at;) {
        gunichar c = g_utf8_get_char_validated(at, -1);
        bool valid = c < 0x110000;
        const char *next = valid ? g_utf8_next_char(at) : at + 1;
        if (c == '&') g_string_append(xml, "&amp;");
        else if (c == '<') g_string_append(xml, "&lt;");
        else if (c == '>') g_string_append(xml, "&gt;");
        else if (c == '"') g_string_append(xml, "&quot;");
        else if (c == '\'') g_string_append(xml, "&apos;");
        else if (c == '\r') g_string_append(xml, "&#13;"); /* a reader would take it as a line feed */
        else if (valid && is_xml_character(c)) g_string_append_len(xml, at, next - at);
        at = next;
    }
}
