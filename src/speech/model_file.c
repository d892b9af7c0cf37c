/* The whole structure is walked, data passed over: header, filters, tokens, tensors, and then the file's end. */
#include "speech/model_file.h"

#include <ggml.h>
#include <stdio.h>
#include <string.h>

#define MAGIC 0x67676d6c
#define AUDIO_CONTEXT 1500 /* of every Whisper model: 30 s */
#define TEXT_CONTEXT 448
#define HEAD_SIZE 64
#define FFT_BINS 201
#define TOKEN_BYTES_MAX 256
#define TENSOR_NAME_BYTES_MAX 128
#define ELEMENTS_MAX (1 << 29)

typedef struct {
    FILE *file;
    gint64 left; /* bytes until the end */
} Walk;

static bool take(Walk *walk, void *value, gsize size) {
    if (walk->left < (gint64)size || fread(value, 1, size, walk->file) != size) return false;
    walk->left -= (gint64)size;
    return true;
}

static bool pass_over(Walk *walk, gint64 size) {
    if (size < 0 || walk->left < size || fseeko(walk->file, size, SEEK_CUR) != 0) return false;
    walk->left -= size;
    return true;
}

static bool take_i32(Walk *walk, gint32 *value, gint32 min, gint32 max) {
    return take(walk, value, sizeof *value) && *value >= min && *value <= max;
}

static bool open_walk(Walk *walk, const char *path) {
    gint32 magic;
    walk->file = fopen(path, "rbe");
    if (!walk->file || fseeko(walk->file, 0, SEEK_END) != 0) return false;
    walk->left = ftello(walk->file);
    return walk->left > 0 && fseeko(walk->file, 0, SEEK_SET) == 0 && take_i32(walk, &magic, MAGIC, MAGIC);
}

/* A tensor of type f32, f16 or `matrix_type`. */
static bool pass_tensor(Walk *walk, gint32 matrix_type) {
    gint32 rank, name_bytes, type, dims[4];
    gint64 elements = 1;
    bool sound = take_i32(walk, &rank, 0, G_N_ELEMENTS(dims)) && take_i32(walk, &name_bytes, 1, TENSOR_NAME_BYTES_MAX) &&
                 take_i32(walk, &type, 0, GGML_TYPE_COUNT - 1);
    if (!sound || (type != GGML_TYPE_F32 && type != GGML_TYPE_F16 && type != matrix_type)) return false;
    for (gint32 i = 0; i < rank; i++) {
        if (!take_i32(walk, &dims[i], 1, ELEMENTS_MAX)) return false;
        elements *= dims[i];
        if (elements > ELEMENTS_MAX) return false;
    }
    gint64 block = ggml_blck_size((enum ggml_type)type);
    return block > 0 && elements % block == 0 && pass_over(walk, name_bytes) &&
           pass_over(walk, elements / block * (gint64)ggml_type_size((enum ggml_type)type));
}

static bool pass_tensors(Walk *walk, gint32 matrix_type) {
    do
        if (!pass_tensor(walk, matrix_type)) return false;
    while (walk->left > 0);
    return true;
}

static bool pass_tokens(Walk *walk, gint32 vocabulary) {
    gint32 count;
    bool has_space = false; /* whisper.cpp asks for this token and has no answer to its absence */
    if (!take_i32(walk, &count, 1, vocabulary)) return false;
    for (gint32 i = 0; i < count; i++) {
        gint32 length;
        char token[TOKEN_BYTES_MAX];
        if (!take_i32(walk, &length, 0, sizeof token) || !take(walk, token, (gsize)length)) return false;
        has_space |= length == 1 && token[0] == ' ';
    }
    return has_space;
}

static bool pass_whisper(Walk *walk) {
    gint32 vocabulary, audio_state, audio_layers, text_state, text_layers, mels, type, unused;
    bool sound = take_i32(walk, &vocabulary, 51864, 51866) && take_i32(walk, &unused, AUDIO_CONTEXT, AUDIO_CONTEXT) &&
                 take_i32(walk, &audio_state, HEAD_SIZE, 4096) && audio_state % HEAD_SIZE == 0 &&
                 take_i32(walk, &unused, audio_state / HEAD_SIZE, audio_state / HEAD_SIZE) &&
                 take_i32(walk, &audio_layers, 1, 64) &&
                 take_i32(walk, &unused, TEXT_CONTEXT, TEXT_CONTEXT) && take_i32(walk, &text_state, audio_state, audio_state) &&
                 take_i32(walk, &unused, text_state / HEAD_SIZE, text_state / HEAD_SIZE) && take_i32(walk, &text_layers, 1, 64) &&
                 take_i32(walk, &mels, 80, 128) && take_i32(walk, &type, 0, G_MAXINT32);
    if (!sound) return false;
    enum ggml_type matrix_type = GGML_TYPE_COUNT;
    switch (type % GGML_QNT_VERSION_FACTOR) { /* those that whisper.cpp's own converter makes */
    case GGML_FTYPE_ALL_F32: matrix_type = GGML_TYPE_F32; break;
    case GGML_FTYPE_MOSTLY_F16: matrix_type = GGML_TYPE_F16; break;
    case GGML_FTYPE_MOSTLY_Q4_0: matrix_type = GGML_TYPE_Q4_0; break;
    case GGML_FTYPE_MOSTLY_Q4_1: matrix_type = GGML_TYPE_Q4_1; break;
    case GGML_FTYPE_MOSTLY_Q5_0: matrix_type = GGML_TYPE_Q5_0; break;
    case GGML_FTYPE_MOSTLY_Q5_1: matrix_type = GGML_TYPE_Q5_1; break;
    case GGML_FTYPE_MOSTLY_Q8_0: matrix_type = GGML_TYPE_Q8_0; break;
    default: return false;
    }
    return take_i32(walk, &unused, mels, mels) && take_i32(walk, &unused, FFT_BINS, FFT_BINS) &&
           pass_over(walk, (gint64)mels * FFT_BINS * (gint64)sizeof(float)) && pass_tokens(walk, vocabulary) &&
           pass_tensors(walk, (gint32)matrix_type);
}

/* Silero's 16 kHz model has one shape in all its versions: window and context, four layers of channels in, out and kernel, the
 * rest. */
static bool pass_vad(Walk *walk) {
    static const char kind[] = "silero-16k";
    static const gint32 shape[] = {512, 64, 4, 129, 128, 3, 128, 64, 3, 64, 64, 3, 64, 128, 3, 128, 128, 128, 1};
    gint32 length, number;
    char name[sizeof kind - 1];
    if (!take_i32(walk, &length, sizeof name, sizeof name) || !take(walk, name, sizeof name) ||
        memcmp(name, kind, sizeof name) != 0)
        return false;
    for (guint i = 0; i < 3; i++)
        if (!take_i32(walk, &number, 0, G_MAXINT32)) return false;
    for (gsize i = 0; i < G_N_ELEMENTS(shape); i++)
        if (!take_i32(walk, &number, shape[i], shape[i])) return false;
    return pass_tensors(walk, GGML_TYPE_F16);
}

static bool check(const char *path, bool (*pass)(Walk *), const char *setting, const char *what, GError **error) {
    Walk walk = {0};
    bool sound = open_walk(&walk, path) && pass(&walk);
    bool there = walk.file != NULL;
    if (there) fclose(walk.file);
    if (!there)
        return fail(error, ERROR_CONFIG, "There is no readable file %s: set %s to %s, or run setup/model.sh.", path, setting,
                    what);
    if (!sound)
        return fail(error, ERROR_CONFIG, "The file %s is damaged or none of the right kind: set %s to %s, or run "
                    "setup/model.sh.", path,
                    setting, what);
    return true;
}

bool model_file_check_whisper(const char *path, GError **error) {
    return check(path, pass_whisper, "HANSARD_MODEL", "a Whisper model in ggml's format", error);
}

bool model_file_check_vad(const char *path, GError **error) {
    return check(path, pass_vad, "HANSARD_VAD_MODEL", "a Silero voice activity model in ggml's format", error);
}
