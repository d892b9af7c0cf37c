/* The package of a .docx: a zip with the parts that every such document has, and its body. */
#pragma once

#include "base/error.h"

/* Appends the file. `body`: paragraphs and tables of WordprocessingML, with the styles Title, Subtitle, Heading1, Quote, Cell, Proof and the
 * table style Grid. `created_ms` (Unix) stands in its properties and as the time of its parts, so that the same meeting gives the same bytes.
 * ERROR_INTERNAL. */
bool docx_package(const char *body, const char *title, gint64 created_ms, GString *out, GError **error);
