/* A queue that the bucket's events go to (S3 event notifications to SQS). A message is a hint that something has come, never the truth: whoever gets
 * one looks into the store. So it is removed as it is received, and a lost or doubled one costs nothing but a later or needless look. */
#pragma once

#include "aws/client.h"

typedef struct Queue Queue;

/* On Amazon SQS, by settings->queue_url. ERROR_CONFIG where that is none. Borrows settings, transport, credentials and clock. Asks nobody yet. */
bool queue_open(const Settings *settings, HttpTransport *transport, AwsCredentialsChain *credentials, Clock *clock, Queue **queue, GError **error);
void queue_close(Queue *queue);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Queue, queue_close)

/* For `hansard setup`: the queue's ARN and its policy, NULL where it has none; `*exists` false, and both NULL, where there is no such queue.
 * Caller frees. */
bool queue_describe(Queue *queue, bool *exists, char **arn, char **policy, GError **error);
/* Makes the queue that the settings name. One that stands is no error. */
bool queue_create(Queue *queue, GError **error);
bool queue_set_policy(Queue *queue, const char *policy, GError **error);

/* Waits at most QUEUE_WAIT_S for messages and removes those that came; `*came`: how many. ERROR_CANCELLED soon after `cancel` (NULL: none). */
bool queue_wait(Queue *queue, GCancellable *cancel, guint *came, GError **error);
