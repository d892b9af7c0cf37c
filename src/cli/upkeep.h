/* What a server and a worker do once in a while beside their work. */
#pragma once

#include "workspace/workspace.h"

/* A thread that finishes or drops uploads that were left behind, now and every UPKEEP_S, until the program is told to end: then join it. Trouble goes to
 * standard error. */
GThread *upkeep_start(Workspace *workspace);
