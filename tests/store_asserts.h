/* What tests of stores share: a clock, short ways to say that a call works or fails, texts and streams of bytes in objects. */
#pragma once

#include <string.h>

#include "base/limits.h"
#include "store/store.h"

/* A clock that stands until it is moved. */
typedef struct {
    Clock base;
    gint64 ms;
} TestClock;

static inline gint64 test_clock_now_ms(Clock *clock) { return ((TestClock *)clock)->ms; }

/* The call names its last argument `error`, which is the macro's own. */
#define assert_fails(call, error_code)                                                                                          \
    do {                                                                                                                        \
        g_autoptr(GError) caught = NULL;                                                                                        \
        GError **error = &caught;                                                                                               \
        g_assert_false(call);                                                                                                   \
        g_assert_error(caught, HANSARD_ERROR, (int)(error_code));                                                               \
        g_assert_cmpuint(strlen(caught->message), >, 10);                                                                       \
    } while (0)

#define assert_works(call)                                                                                                      \
    do {                                                                                                                        \
        g_autoptr(GError) caught = NULL;                                                                                        \
        GError **error = &caught;                                                                                               \
        bool worked = (call);                                                                                                   \
        g_assert_no_error(caught);                                                                                              \
        g_assert_true(worked);                                                                                                  \
    } while (0)

/* Puts text; the ETag if it worked, else NULL with `error`. */
static inline char *put_text(Store *store, const char *key, const char *text, const StorePut *put, GError **error) {
    g_autoptr(GBytes) bytes = g_bytes_new(text, strlen(text));
    g_auto(StoreInfo) info = {0};
    return store_put(store, key, bytes, put, &info, error) ? g_steal_pointer(&info.etag) : NULL;
}

static inline void must_put_as(Store *store, const char *key, const char *text, const StorePut *put) {
    g_autoptr(GError) error = NULL;
    g_autofree char *etag = put_text(store, key, text, put, &error);
    g_assert_no_error(error);
    g_assert_nonnull(etag);
}

static inline void must_put(Store *store, const char *key, const char *text) { must_put_as(store, key, text, NULL); }

static inline char *get_text(Store *store, const char *key) {
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) bytes = NULL;
    if (!store_get(store, key, MIB, &bytes, NULL, &error)) {
        g_assert_error(error, HANSARD_ERROR, ERROR_NOT_FOUND);
        return NULL;
    }
    return g_strndup(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
}

static inline void assert_text(Store *store, const char *key, const char *expected) {
    g_autofree char *text = get_text(store, key);
    g_assert_cmpstr(text, ==, expected);
}

/* Byte number `at` of the streamed object: no two blocks are alike. */
static inline guint8 stream_byte(guint64 at) { return (guint8)(at ^ (at >> 8) ^ (at >> 16) * 31); }

/* The first 32 MiB of it. */
static inline const guint8 *stream_data(void) {
    static guint8 *data;
    if (data) return data;
    data = g_malloc(32 * MIB);
    for (gsize i = 0; i < 32 * MIB; i++) data[i] = stream_byte(i);
    return data;
}

static inline void assert_stream(Store *store, const char *key, guint64 size) {
    g_autoptr(GBytes) bytes = NULL;
    assert_works(store_get(store, key, 32 * MIB, &bytes, NULL, error));
    g_assert_cmpuint(g_bytes_get_size(bytes), ==, size);
    g_assert_true(memcmp(g_bytes_get_data(bytes, NULL), stream_data(), size) == 0);
}
