/* XML answers: what is read, what is refused, what is written. */
#include <string.h>

#include "aws/xml.h"
#include "base/limits.h"
#include "random_input.h"

static XmlElement *parse(const char *text) {
    g_autoptr(GError) error = NULL;
    XmlElement *root = xml_parse(text, strlen(text), "the test", &error);
    if (!root) {
        g_assert_error(error, HANSARD_ERROR, ERROR_CORRUPT);
        g_assert_true(g_str_has_prefix(error->message, "the test "));
    }
    return root;
}

static void test_tree(void) {
    g_autoptr(XmlElement) root = parse("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- a list --><s3:List xmlns:s3=\"http://x/\">\n"
                                       "<Contents><Key>a&amp;b&lt;&#233;&#x41;</Key><Size>3</Size></Contents>"
                                       "<Contents><Key><![CDATA[c<d>&]]></Key></Contents><Empty/>mixed<Empty></Empty> text</s3:List>\n");
    g_assert_cmpstr(root->name, ==, "List");
    g_assert_cmpstr(root->text, ==, "\nmixed text");
    g_assert_cmpuint(root->children->len, ==, 4);
    g_assert_cmpstr(xml_text(xml_child(root, "Contents"), "Key"), ==, "a&b<éA");
    g_assert_cmpstr(xml_text(root->children->pdata[1], "Key"), ==, "c<d>&");
    g_assert_cmpstr(xml_text(root, "Empty"), ==, "");
    g_assert_null(xml_text(root, "None"));
    g_assert_null(xml_child(root, "None"));
    g_assert_null(xml_child(NULL, "Key"));
    g_assert_null(xml_text(xml_child(root, "Empty"), "Key"));
}

static void test_refused(void) {
    static const char *const texts[] = {"", " ", "no", "<a>", "<a></b>", "<a/><b/>", "<a></a>x", "</a>", "<a>&unknown;</a>", "<a>&</a>", "<a x=1/>", "<a>\xff</a>",
                                        "<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>", "<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>", "<a>&#0;</a>", "<1/>",
                                        "<a><![CDATA[x</a>", "<!-- x -->", "<?xml version=\"1.0\"?>"};
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        XmlElement *root = parse(texts[i]);
        if (root) g_error("this was taken: %s", texts[i]);
    }
    g_assert_null(xml_parse("<a>\0</a>", 8, "the test", NULL));
}

static char *nested(guint depth) {
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < depth; i++) g_string_append(text, "<a>");
    for (guint i = 0; i < depth; i++) g_string_append(text, "</a>");
    return g_string_free(text, FALSE);
}

static char *many(guint elements) { /* the root among them */
    GString *text = g_string_new("<a>");
    for (guint i = 1; i < elements; i++) g_string_append(text, "<b/>");
    g_string_append(text, "</a>");
    return g_string_free(text, FALSE);
}

static void test_limits(void) {
    g_autofree char *deep = nested(XML_DEPTH_MAX), *too_deep = nested(XML_DEPTH_MAX + 1);
    g_autofree char *most = many(XML_ELEMENTS_MAX), *too_many = many(XML_ELEMENTS_MAX + 1);
    g_autoptr(XmlElement) deep_root = parse(deep), most_root = parse(most);
    g_assert_nonnull(deep_root);
    g_assert_cmpuint(most_root->children->len, ==, XML_ELEMENTS_MAX - 1);
    g_assert_null(parse(too_deep));
    g_assert_null(parse(too_many));
}

static void test_damaged(void) {
    static const char document[] = "<?xml version=\"1.0\"?><Error xmlns=\"x\"><Code>NoSuchKey</Code><Message>a &lt; b</Message><![CDATA[x]]></Error>";
    g_autoptr(GRand) rand = g_rand_new_with_seed(4);
    for (int i = 0; i < 20000; i++) {
        gsize size = strlen(document);
        g_autofree guint8 *damaged = random_damage(rand, document, &size);
        g_autoptr(GError) error = NULL;
        g_autoptr(XmlElement) root = xml_parse(damaged, size, "it", &error);
        g_assert_true(!root == !!error);
    }
}

static void test_written(void) {
    GString *xml = g_string_new(NULL);
    xml_append_text(xml, "<a> & \"b\" 'c'\r\n\tü🙂\x01\x1f\xEF\xBF\xBE\xff.\x7f");
    g_assert_cmpstr(xml->str, ==, "&lt;a&gt; &amp; &quot;b&quot; &apos;c&apos;&#13;\n\tü🙂.\x7f");
    g_string_free(xml, TRUE);
}

/* What is written is read as it was. */
static void test_round_trip(void) {
    g_autoptr(GRand) rand = g_rand_new_with_seed(5);
    for (int i = 0; i < 2000; i++) {
        g_autofree char *text = random_text(rand, 60);
        g_autoptr(GString) xml = g_string_new("<a>");
        xml_append_text(xml, text);
        g_string_append(xml, "</a>");
        g_autoptr(XmlElement) root = parse(xml->str);
        g_assert_cmpstr(root->text, ==, text);
    }
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/xml/tree", test_tree);
    g_test_add_func("/xml/refused", test_refused);
    g_test_add_func("/xml/limits", test_limits);
    g_test_add_func("/xml/damaged", test_damaged);
    g_test_add_func("/xml/written", test_written);
    g_test_add_func("/xml/round-trip", test_round_trip);
    return g_test_run();
}
