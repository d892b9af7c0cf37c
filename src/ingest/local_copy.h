/* A copy of a recording on this machine, kept before it goes to the store (SKIP_LOCAL_STORAGE=false), as {folder}/{uuid}_{filename}. It stays until a
 * person removes it.
 *
 *  1. Under its name it is whole and on the disk, or not there. What was broken off is removed when the next copy begins.
 *  2. One block is in memory. */
#pragma once

#include "store/store.h"

typedef struct LocalCopy LocalCopy;

bool local_copy_open(const char *folder, const char *uuid, const char *filename, LocalCopy **copy, GError **error);
const char *local_copy_path(const LocalCopy *copy);
bool local_copy_write(LocalCopy *copy, const void *data, gsize size, GError **error);
/* Its bytes and its name are durable. */
bool local_copy_keep(LocalCopy *copy, GError **error);
/* Writes all of it. */
bool local_copy_send(const LocalCopy *copy, StoreWriter *writer, GError **error);
/* One that is not kept goes. */
void local_copy_free(LocalCopy *copy);
