/* The directory store: each key is the file of that name under `root`. See dir.c for its layout and guarantees.
 * Beyond what store.h asks: keys "a" and "a/b" can't both exist (a file is no directory); the second is ERROR_CONFLICT. */
#pragma once

#include "store/store.h"

/* Opens (and makes, where it is missing) the directory. Several processes may share it. */
bool store_dir_open(const char *root, Clock *clock, Store **store, GError **error);

/* The same for reading alone: nothing in the directory is made or changed, not even what the store keeps for itself, and whatever would write is
 * ERROR_FORBIDDEN. ERROR_NOT_FOUND where there is no such directory. */
bool store_dir_open_to_read(const char *root, Clock *clock, Store **store, GError **error);
