/* For the files of this folder: members of JSON objects that others wrote, read tolerantly and within bounds. */
#pragma once

#include "base/json.h"

/* The members whose names are not in `known` (NULL-terminated), as a new object; NULL where there are none. */
json_t *members_unknown(const json_t *object, const char *const *known);

/* Text cleaned and cut to `bytes_max`, white space folded unless `keep_lines`; NULL where nothing is left. Caller frees. */
char *tidy_text(const char *text, gsize bytes_max, bool keep_lines);

/* A string member as tidy_text() gives it; NULL where it is absent or no string. Caller frees. */
char *member_text(const json_t *object, const char *name, gsize bytes_max, bool keep_lines);

/* Any value as text: a string as it is, null and what is empty as NULL, all else as compact JSON. Caller frees. */
char *value_text(const json_t *value, gsize bytes_max, bool keep_lines);

/* A whole number within min..max; `fallback` where the member is absent or no number. */
gint64 member_int(const json_t *object, const char *name, gint64 min, gint64 max, gint64 fallback);

/* Milliseconds within 0..RECORDING_MS_MAX; 0 where it is no number. */
gint64 value_ms(const json_t *value);
gint64 ms_clamp(gint64 ms);

/* A part of a whole: read within 0..1, written with four decimals. */
double member_ratio(const json_t *object, const char *name, double fallback);
json_t *ratio_to_json(double ratio);

/* The strings of an array member, each cut to `bytes_max`, at most `count_max`; never NULL, empty where there are none. */
GPtrArray *member_strings(const json_t *object, const char *name, gsize bytes_max, guint count_max);
json_t *strings_to_json(const GPtrArray *strings);
