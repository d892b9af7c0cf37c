/* The directory store: each key is the file of that name under `root`. See dir.c for its layout and guarantees.
 * Beyond what store.h asks: keys "a" and "a/b" can't both exist (a file is no directory); the second is ERROR_CONFLICT. */
#pragma once

#include "store/store.h"

/* Opens (and makes, where it is missing) the directory. Several processes may share it. */
bool store_dir_open(const char *root, Clock *clock, Store **store, GError **error);
