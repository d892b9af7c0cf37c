/* What the planners of the bucket share: its configurations are XML, read to judge and changed as text, so that nothing of another's is lost.
 * Private to operate. */
#pragma once

#include "aws/xml.h"
#include "operate/setup.h"

bool xml_is(const XmlElement *element, const char *name, const char *text);
bool xml_has(const XmlElement *parent, const char *name, const char *text); /* a child of this name and text */

/* Caller frees both. `xml` NULL: no configuration is set yet. */
char *xml_with_rule(const char *xml, const char *root, const char *rule); /* before the end of the root */
/* Without the <Rule> of this ID; NULL: no rule is left. */
char *xml_without_rule(const char *xml, const char *id);

/* s3_bucket_read and _write within a plan: what the service does not offer is noted as `lack`. */
bool bucket_config_write(const SetupContext *context, const char *what, const char *xml, SetupLack lack, GError **error);
/* The configuration as text and parsed; both NULL: none is set, or the service has none (`*supported` false). */
bool bucket_config_read(const SetupContext *context, const char *what, SetupLack lack, bool *supported, char **xml, XmlElement **root,
                        GError **error);

/* The lifecycle rules of the settings. `versioned`: the bucket keeps old versions, or is to. */
bool lifecycle_plan(const SetupContext *context, bool exists, bool versioned, GPtrArray *steps, GError **error);
