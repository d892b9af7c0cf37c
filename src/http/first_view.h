/* Rows of the page's first view as HTML: the very elements that web/app/meetings.js and progress.js make of the same meetings and jobs, so that the page
 * takes them over as they stand (a test compares the two). Times are left empty: only the browser knows its user's zone and language, and
 * web/app/first.js writes them before anything is painted. All text is escaped. */
#pragma once

#include "base/json.h"

/* `rows`: Row*, in their order. Caller frees. */
char *first_view_meetings(const GPtrArray *rows);
/* `jobs`: views as of job_view(); newest first, whatever order they come in. How far one is in work is told by the page alone. Caller frees. */
char *first_view_jobs(const json_t *jobs);
