/* Work that may wait for a disk or a service is done here, never on the threads that serve sockets. Two lanes, so that a list
 * never waits for an upload's fsync. The queues are bounded by the number of connections: each has one task at most. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef enum { LANE_INLINE, LANE_READ, LANE_WRITE, LANE_COUNT } Lane; /* INLINE: needs no task; on the socket's thread */

typedef struct Tasks Tasks;
typedef void (*Task)(gpointer user_data);

Tasks *tasks_new(void);
/* A place for one task; false once tasks_drain() has begun. Who holds one pushes exactly one task. */
bool tasks_reserve(Tasks *tasks);
void tasks_push(Tasks *tasks, Lane lane, Task task, gpointer user_data);
/* Refuses new reservations and waits until every reserved task is done. */
void tasks_drain(Tasks *tasks);
void tasks_free(Tasks *tasks); /* after tasks_drain */
