/* Reads the weights of a CTranslate2 model (model.bin, binary versions 4 to 6): for the converter alone. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "base/error.h"

#define CT2_RANK_MAX 4

/* One array of numbers; `data` points into the mapped file. */
typedef struct {
    const guint8 *data;
    gsize count; /* product of the dimensions */
    guint8 rank;
    bool half; /* 16-bit floats; else 32-bit */
    bool number; /* a floating-point array; else an integer setting, of which only `integer` counts */
    gint64 integer;
    guint32 dims[CT2_RANK_MAX];
} Ct2Array;

typedef struct Ct2Model Ct2Model;

/* Maps and checks the whole file: every size against the file's end, every array's bytes against its shape. ERROR_CORRUPT says
 * what is wrong. */
bool ct2_open(const char *path, Ct2Model **model, GError **error);
void ct2_close(Ct2Model *model);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Ct2Model, ct2_close)

/* Borrowed; NULL where the model has none of that name. */
const Ct2Array *ct2_find(const Ct2Model *model, const char *name);
