/* XML rules, looked for and changed. */
#include "operate/bucket_config.h"

#include <string.h>

#include "store/s3_bucket.h"

bool xml_is(const XmlElement *element, const char *name, const char *text) {
    return element && strcmp(element->name, name) == 0 && strcmp(element->text, text) == 0;
}

bool xml_has(const XmlElement *parent, const char *name, const char *text) {
    for (guint i = 0; parent->children && i < parent->children->len; i++)
        if (xml_is(g_ptr_array_index(parent->children, i), name, text)) return true;
    return false;
}

char *xml_with_rule(const char *xml, const char *root, const char *rule) {
    g_autofree char *end = g_strdup_printf("</%s>", root);
    const char *at = xml ? g_strrstr(xml, end) : NULL;
    if (!at) return g_strdup_printf("<%s>%s</%s>", root, rule, root);
    return g_strdup_printf("%.*s%s%s", (int)(at - xml), xml, rule, at);
}

/* Rules hold no rules, so that one ends where the first "</Rule>" stands. */
char *xml_without_rule(const char *xml, const char *id) {
    g_autofree char *mark = g_strdup_printf("<ID>%s</ID>", id);
    GString *left = g_string_new(xml);
    for (char *at = strstr(left->str, "<Rule>"); at;) {
        char *end = strstr(at, "</Rule>"), *found = strstr(at, mark);
        if (!end) break;
        end += strlen("</Rule>");
        gssize begin = at - left->str;
        bool is_ours = found && found < end;
        if (is_ours) g_string_erase(left, begin, end - at);
        at = strstr(left->str + (is_ours ? begin : end - left->str), "<Rule>");
    }
    bool is_empty = !strstr(left->str, "<Rule>");
    char *text = g_string_free(left, is_empty);
    return is_empty ? NULL : text;
}

bool bucket_config_write(const SetupContext *context, const char *what, const char *xml, SetupLack lack, GError **error) {
    bool supported = true;
    if (!s3_bucket_write(context->bucket, what, xml, &supported, error)) return false;
    if (!supported) *context->lacking |= lack;
    return true;
}

bool bucket_config_read(const SetupContext *context, const char *what, SetupLack lack, bool *supported, char **xml, XmlElement **root,
                        GError **error) {
    g_autofree char *text = NULL;
    *xml = NULL;
    *root = NULL;
    if (!s3_bucket_read(context->bucket, what, supported, &text, error)) return false;
    if (text && !(*root = xml_parse(text, strlen(text), "the bucket's configuration", error))) return false;
    *supported = *supported && !(*context->lacking & lack);
    *xml = g_steal_pointer(&text);
    return true;
}
