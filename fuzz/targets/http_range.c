/* Range, If-None-Match: "size", then the field, then an ETag. */
#include "fuzz.h"
#include "http/request.h"

void fuzz_http_range(const guint8 *data, gsize size) {
    FuzzInput input = {data, size};
    g_autofree char *number = input_line(&input), *header = input_line(&input), *etag = input_line(&input);
    guint64 bytes = g_ascii_strtoull(number, NULL, 10), first = 7, length = 7;
    RangeResult result = range_parse(header, bytes, &first, &length);
    if (result == RANGE_PART)
        g_assert_true(length > 0 && first < bytes && length <= bytes - first);
    else
        g_assert_true(first == 7 && length == 7);
    /* what is asked for outright is given */
    if (bytes > 0) {
        g_autofree char *last = g_strdup_printf("bytes=%" G_GUINT64_FORMAT "-%" G_GUINT64_FORMAT, bytes / 2, bytes - 1);
        g_assert_true(range_parse(last, bytes, &first, &length) == RANGE_PART || bytes == G_MAXUINT64);
    }
    g_assert_true(etag_listed("*", etag));
    etag_listed(header, etag);
}
