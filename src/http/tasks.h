/* Work that may wait for a disk or a service is done here, never on the threads that serve sockets. Three lanes, so that a
 * list never waits for an upload's fsync, and neither for a text that is worked on. The queues are bounded by the number of
 * connections: each has one task at most; LANE_PROCESS by TASKS_PROCESS_MAX. */
#pragma once

#include "base/error.h"

typedef enum { LANE_INLINE, LANE_READ, LANE_WRITE, LANE_PROCESS, LANE_COUNT } Lane; /* INLINE: no task; on the socket's thread */

#define TASKS_PROCESS_MAX 10 /* in LANE_PROCESS at one time, waiting ones included */

typedef struct Tasks Tasks;
typedef void (*Task)(gpointer user_data);

Tasks *tasks_new(void);
/* A place for one task in the lane. Who holds one pushes exactly one task. ERROR_TOO_MANY where the lane is full;
 * ERROR_CANCELLED once tasks_drain() has begun. */
bool tasks_reserve(Tasks *tasks, Lane lane, GError **error);
void tasks_push(Tasks *tasks, Lane lane, Task task, gpointer user_data);
/* Refuses new reservations and waits until every reserved task is done. */
void tasks_drain(Tasks *tasks);
void tasks_free(Tasks *tasks); /* after tasks_drain */
