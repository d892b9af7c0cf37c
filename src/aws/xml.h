/* The XML answers of S3 and STS, over GLib's parser: bounded in depth, size and number of elements; no entities but the five, no doctype. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "base/error.h"

typedef struct XmlElement XmlElement;
struct XmlElement {
    char *name;          /* without a namespace prefix */
    char *text;          /* of this element alone, never NULL */
    GPtrArray *children; /* XmlElement*; NULL: none */
};

/* ERROR_CORRUPT where it is not well-formed or over a limit; `what` names the source. Free the root. */
XmlElement *xml_parse(const void *data, gsize size, const char *what, GError **error);
void xml_free(XmlElement *element);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(XmlElement, xml_free)

const XmlElement *xml_child(const XmlElement *parent, const char *name); /* the first; NULL: none, also for a NULL parent */
const char *xml_text(const XmlElement *parent, const char *name);        /* its text; NULL: none */

/* Appends `text` with the five characters escaped and what XML 1.0 does not allow left out. */
void xml_append_text(GString *xml, const char *text);
