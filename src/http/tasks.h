/* Work that may wait for a disk or a service is done here, never on the threads that serve sockets. It runs in lanes, so that a
 * list never waits for an upload's fsync, and neither for a text that is worked on:
 *
 *  LANE_INLINE   no task: on the socket's thread
 *  LANE_WHOLE    what reads a meeting whole, transcript included, which may take hundreds of megabytes: few at a time
 *  LANE_PROCESS  extraction, which keeps a processor busy and holds a whole text: few at a time
 *
 * The queues are bounded by the number of connections, each of which has one task at most; LANE_PROCESS by TASKS_PROCESS_MAX. */
#pragma once

#include "base/error.h"

typedef enum { LANE_INLINE, LANE_READ, LANE_WRITE, LANE_WHOLE, LANE_PROCESS, LANE_COUNT } Lane;

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
