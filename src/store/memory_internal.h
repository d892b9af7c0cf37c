/* What the files of the in-memory store share. */
#pragma once

#include "store/store_backend.h"

/* The uploads in parts of one store (memory_uploads.c). */
typedef struct MemoryUploads MemoryUploads;

MemoryUploads *memory_uploads_new(void);
void memory_uploads_free(MemoryUploads *uploads);
MemoryUploads *memory_uploads_of(Store *store);

extern const StoreUploadsBackend memory_uploads_backend;
