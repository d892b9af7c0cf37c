/* XML answers; and that any text stands in XML as it was, but for what XML does not allow. */
#include "aws/xml.h"
#include "base/limits.h"
#include "fuzz.h"

static guint count(const XmlElement *element, guint depth) {
    guint elements = 1;
    g_assert_cmpuint(depth, <=, XML_DEPTH_MAX);
    g_assert_nonnull(element->text);
    g_assert_null(strchr(element->name, ':'));
    for (guint i = 0; element->children && i < element->children->len; i++) elements += count(element->children->pdata[i], depth + 1);
    return elements;
}

static void escape(const guint8 *data, gsize size) {
    g_autofree char *text = g_utf8_make_valid((const char *)data, (gssize)size);
    g_autoptr(GString) xml = g_string_new("<a>"), again = g_string_new("<a>");
    g_autoptr(XmlElement) root = NULL, root_again = NULL;
    xml_append_text(xml, text);
    g_string_append(xml, "</a>");
    FUZZ_CALL((root = xml_parse(xml->str, xml->len, "the text", &error)) != NULL);
    g_assert_nonnull(root);
    g_assert_null(root->children);
    xml_append_text(again, root->text);
    g_string_append(again, "</a>");
    root_again = xml_parse(again->str, again->len, "the text", NULL);
    g_assert_nonnull(root_again);
    g_assert_cmpstr(root->text, ==, root_again->text);
}

void fuzz_aws_xml(const guint8 *data, gsize size) {
    g_autoptr(XmlElement) root = NULL;
    if (FUZZ_CALL((root = xml_parse(data, size, "the input", &error)) != NULL)) {
        g_assert_cmpuint(count(root, 1), <=, XML_ELEMENTS_MAX);
        xml_text(root, "Code");
    }
    escape(data, size);
}
