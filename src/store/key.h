/* The checks of names that store.c makes for every backend. */
#pragma once

#include "store/store_backend.h"

/* UTF-8 without control characters. */
bool store_text_is_plain(const char *text);

/* A prefix that some key can begin with; "" is one. ERROR_INVALID. */
bool store_prefix_check(const char *prefix, GError **error);

/* Any text that has the length and characters of a key. ERROR_INVALID. */
bool store_start_after_check(const char *start_after, GError **error);

/* Content type, metadata and conditions of a put. ERROR_INVALID, ERROR_TOO_LARGE. */
bool store_put_check(const StorePut *put, GError **error);
