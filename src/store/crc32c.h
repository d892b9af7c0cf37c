/* CRC-32C (Castagnoli, as of iSCSI and S3's x-amz-checksum-crc32c), with the processor's own instructions. */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* The sum of `size` more bytes after those of `sum`; 0 for none yet. */
guint32 crc32c_add(guint32 sum, const void *data, gsize size);
/* The sum of a text whose first part has `first` and whose second has `second` and is `second_size` bytes long. */
guint32 crc32c_join(guint32 first, guint32 second, guint64 second_size);
/* As S3's headers have it: Base64 of its four bytes, the highest first. Caller frees. */
char *crc32c_text(guint32 sum);
/* False where `text` is none: S3 marks a sum of sums ("…-3"), which tells nothing of the whole. */
bool crc32c_parse(const char *text, guint32 *sum);
