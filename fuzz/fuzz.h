/* What the fuzz targets share: taking an input apart, and what holds of every function whatever it is given. A target aborts (g_assert) where a property
 * does not hold; the sanitizers see to the rest. It keeps nothing from one input to the next. */
#pragma once

#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "targets.h"

/* An input on its way through a target. */
typedef struct {
    const guint8 *at;
    gsize left;
} FuzzInput;

/* The next line without its end, "" behind the last; all that is left. As text, which ends at the first NUL; caller frees. */
char *input_line(FuzzInput *input);
char *input_rest(const FuzzInput *input);

/* The input as JSON; NULL where it is none. */
json_t *input_json(const guint8 *data, gsize size);

/* The bytes as a file of this process: its path, and in `*fd` what closes it. Caller frees. */
char *input_file(const void *data, gsize size, int *fd);

/* The contract of fallible functions (base/error.h): false and an error of our domain that is no defect and says something, or true and none. */
bool fuzz_outcome(bool done, GError *error);
/* fuzz_outcome of a call that sets `error`. */
#define FUZZ_CALL(call)              \
    ({                               \
        GError *error = NULL;        \
        bool done_ = (call);         \
        fuzz_outcome(done_, error);  \
    })

/* Both are the same value, to the order of nothing; takes both. */
void fuzz_same_json(json_t *first, json_t *second);

/* Text that may be shown, stored and put into JSON: UTF-8 of at most `bytes_max`. NULL is fine. */
void fuzz_text(const char *text, gsize bytes_max);
