/* What an assistant may ask the archive: search, lists, one meeting, a transcript page by page. All of it reads, none of it changes anything. */
#pragma once

#include "http/context.h"

/* [{name, title, description, inputSchema, annotations}] for tools/list; a new reference. */
json_t *mcp_tools_describe(void);
bool mcp_tools_known(const char *name);

/* Calls the tool; `arguments` is an object. `*result` is a new object of at most MCP_RESULT_BYTES_MAX as text. ERROR_INVALID names the argument
 * that is wrong; ERROR_TOO_LARGE says how to ask for less. */
bool mcp_tools_call(Context *context, const char *name, const json_t *arguments, json_t **result, GError **error);
