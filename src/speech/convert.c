/* The converter: CTranslate2's arrays become ggml's tensors under OpenAI's names, in the type asked for. The same input gives the
 * same bytes.
 *
 * The ggml file: magic, eleven i32 of sizes, mel filters, tokens, tensors (i32 rank, name length, type; dimensions from the
 * innermost; name;
 * data). As whisper.cpp's loader wants it, vectors, positions and the convolutions' bias are f32, the convolutions f16,
 * and all matrices of the type asked for. */
#include "speech/convert.h"

#include <errno.h>
#include <fcntl.h>
#include <ggml.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "speech/ctranslate2.h"

#define MAGIC 0x67676d6c /* "ggml" */
#define LAYERS_MAX 64
#define STATE_MAX 4096
#define VOCABULARY_FILE_BYTES_MAX (16 << 20)
#define TOKEN_BYTES_MAX 256
#define TOKENS_ENGLISH 50256 /* text tokens of the English-only models; the others have one more */
#define VOCABULARY_MULTILINGUAL 51865
#define FFT_SIZE 400
#define FFT_BINS (FFT_SIZE / 2 + 1)
#define RATE_HZ 16000.0

typedef struct {
    const Ct2Model *model;
    FILE *out;
    enum ggml_type matrix_type;
    GArray *values; /* float: the tensor in work */
    GByteArray *packed; /* the same in its output type */
} Converter;

typedef struct {
    gint32 magic, vocabulary, audio_context, audio_state, audio_heads, audio_layers, text_context, text_state, text_heads,
        text_layers,
        mels, type;
} Header;

/* How one module of a block maps: rows `part` of `parts` of the source's weight and bias. Sizes in units of the state. */
typedef struct {
    const char *to, *from;
    guint8 part, parts, rows, columns; /* columns 0: a layer norm */
    bool biased;
} Module;

static const Module self_modules[] = {
    {"attn_ln", "self_attention/layer_norm", 0, 1, 1, 0, true}, {"attn.query", "self_attention/linear_0", 0, 3, 1, 1, true},
    {"attn.key", "self_attention/linear_0", 1, 3, 1, 1, false}, {"attn.value", "self_attention/linear_0", 2, 3, 1, 1, true},
    {"attn.out", "self_attention/linear_1", 0, 1, 1, 1, true},  {"mlp_ln", "ffn/layer_norm", 0, 1, 1, 0, true},
    {"mlp.0", "ffn/linear_0", 0, 1, 4, 1, true},                {"mlp.2", "ffn/linear_1", 0, 1, 1, 4, true},
};
static const Module cross_modules[] = {
    {"cross_attn_ln", "attention/layer_norm", 0, 1, 1, 0, true},    {"cross_attn.query", "attention/linear_0", 0, 1, 1, 1, true},
    {"cross_attn.key", "attention/linear_1", 0, 2, 1, 1, false},    {"cross_attn.value", "attention/linear_1", 1, 2, 1, 1, true},
    {"cross_attn.out", "attention/linear_2", 0, 1, 1, 1, true},
};

static void write_bytes(Converter *converter, const void *data, gsize size) {
    fwrite(data, 1, size, converter->out); /* a failure stays in ferror(), asked once at the end */
}

static void write_i32(Converter *converter, gint32 value) { write_bytes(converter, &value, sizeof value); }

/* Takes rows `first` to `first + rows` of an array seen as `rows_total` rows into `values`. */
static bool load_rows(Converter *converter, const char *name, gsize rows_total, gsize first, gsize rows, gsize columns,
                      GError **error) {
    const Ct2Array *array = ct2_find(converter->model, name);
    if (!array) return fail(error, ERROR_CORRUPT, "The model's weights lack %s; fetch it again.", name);
    if (!array->number)
        return fail(error, ERROR_CORRUPT, "The model's weights %s are of integers; fetch a model in 16 or 32-bit floats.", name);
    if (array->count != rows_total * columns)
        return fail(error, ERROR_CORRUPT, "The model's weights %s have %" G_GSIZE_FORMAT " numbers, not %" G_GSIZE_FORMAT "; "
                    "fetch it again.",
                    name, array->count, rows_total * columns);
    gsize count = rows * columns, from = first * columns;
    g_array_set_size(converter->values, (guint)count);
    float *values = (float *)(void *)converter->values->data;
    if (array->half) {
        g_autofree ggml_fp16_t *aligned = g_memdup2(array->data + from * sizeof(ggml_fp16_t), count * sizeof(ggml_fp16_t));
        ggml_fp16_to_fp32_row(aligned, values, (gint64)count);
    } else {
        memcpy(values, array->data + from * sizeof(float), count * sizeof(float));
    }
    for (gsize i = 0; i < count; i++)
        if (!isfinite(values[i]))
            return fail(error, ERROR_CORRUPT, "The model's weights %s are not all finite; fetch it again.", name);
    return true;
}

/* Writes `values` as a tensor; `dims` from the innermost. */
static void write_tensor(Converter *converter, const char *name, enum ggml_type type, guint rank, const gint32 *dims) {
    gint64 count = converter->values->len, row = dims[0];
    g_assert(row > 0); /* read_header() has seen to it */
    const float *values = (const float *)(const void *)converter->values->data;
    g_byte_array_set_size(converter->packed, (guint)(ggml_row_size(type, row) * (gsize)(count / row)));
    if (type == GGML_TYPE_F32) memcpy(converter->packed->data, values, converter->packed->len);
    else if (type == GGML_TYPE_F16) ggml_fp32_to_fp16_row(values, (ggml_fp16_t *)(void *)converter->packed->data, count);
    else ggml_quantize_chunk(type, values, converter->packed->data, 0, count / row, row, NULL);
    write_i32(converter, (gint32)rank);
    write_i32(converter, (gint32)strlen(name));
    write_i32(converter, (gint32)type);
    write_bytes(converter, dims, rank * sizeof *dims);
    write_bytes(converter, name, strlen(name));
    write_bytes(converter, converter->packed->data, converter->packed->len);
}

static bool put_vector(Converter *converter, const char *to, const char *from, gint32 parts, gint32 part, gint32 size,
                       GError **error) {
    if (!load_rows(converter, from, (gsize)parts, (gsize)part, 1, (gsize)size, error)) return false;
    write_tensor(converter, to, GGML_TYPE_F32, 1, &size);
    return true;
}

static bool put_matrix(Converter *converter, const char *to, const char *from, enum ggml_type type, gint32 rows, gint32 columns,
                       GError **error) {
    if (!load_rows(converter, from, (gsize)rows, 0, (gsize)rows, (gsize)columns, error)) return false;
    write_tensor(converter, to, type, 2, (gint32[]){columns, rows});
    return true;
}

static bool put_norm(Converter *converter, const char *to, const char *from, gint32 state, GError **error) {
    g_autofree char *to_weight = g_strconcat(to, ".weight", NULL), *to_bias = g_strconcat(to, ".bias", NULL);
    g_autofree char *gamma = g_strconcat(from, "/gamma", NULL), *beta = g_strconcat(from, "/beta", NULL);
    return put_vector(converter, to_weight, gamma, 1, 0, state, error) &&
           put_vector(converter, to_bias, beta, 1, 0, state, error);
}

static bool put_module(Converter *converter, const char *to_block, const char *from_block, const Module *module, gint32 state,
                       GError **error) {
    g_autofree char *to = g_strconcat(to_block, ".", module->to, NULL), *from = g_strconcat(from_block, "/", module->from, NULL);
    if (module->columns == 0) return put_norm(converter, to, from, state, error);
    g_autofree char *to_weight = g_strconcat(to, ".weight", NULL), *to_bias = g_strconcat(to, ".bias", NULL);
    g_autofree char *weight = g_strconcat(from, "/weight", NULL), *bias = g_strconcat(from, "/bias", NULL);
    gint32 rows = module->rows * state, columns = module->columns * state;
    if (!load_rows(converter, weight, (gsize)rows * module->parts, (gsize)rows * module->part, (gsize)rows, (gsize)columns,
                   error))
        return false;
    write_tensor(converter, to_weight, converter->matrix_type, 2, (gint32[]){columns, rows});
    return !module->biased || put_vector(converter, to_bias, bias, module->parts, module->part, rows, error);
}

static bool put_blocks(Converter *converter, const char *side, gint32 layers, gint32 state, bool cross, GError **error) {
    for (gint32 i = 0; i < layers; i++) {
        g_autofree char *to = g_strdup_printf("%s.blocks.%d", side, i), *from = g_strdup_printf("%s/layer_%d", side, i);
        for (gsize m = 0; m < G_N_ELEMENTS(self_modules); m++)
            if (!put_module(converter, to, from, &self_modules[m], state, error)) return false;
        for (gsize m = 0; cross && m < G_N_ELEMENTS(cross_modules); m++)
            if (!put_module(converter, to, from, &cross_modules[m], state, error)) return false;
    }
    return true;
}

static bool put_convolution(Converter *converter, int number, gint32 channels_in, gint32 state, GError **error) {
    g_autofree char *to_weight = g_strdup_printf("encoder.conv%d.weight", number);
    g_autofree char *to_bias = g_strdup_printf("encoder.conv%d.bias", number);
    g_autofree char *weight = g_strdup_printf("encoder/conv%d/weight", number);
    g_autofree char *bias = g_strdup_printf("encoder/conv%d/bias", number);
    if (!load_rows(converter, weight, (gsize)state, 0, (gsize)state, (gsize)channels_in * 3, error)) return false;
    write_tensor(converter, to_weight, GGML_TYPE_F16, 3, (gint32[]){3, channels_in, state});
    return put_matrix(converter, to_bias, bias, GGML_TYPE_F32, state, 1, error);
}

static bool put_tensors(Converter *converter, const Header *header, GError **error) {
    gint32 state = header->audio_state;
    return put_matrix(converter, "encoder.positional_embedding", "encoder/position_encodings/encodings", GGML_TYPE_F32,
                      header->audio_context, state, error) &&
           put_convolution(converter, 1, header->mels, state, error) && put_convolution(converter, 2, state, state, error) &&
           put_blocks(converter, "encoder", header->audio_layers, state, false, error) &&
           put_norm(converter, "encoder.ln_post", "encoder/layer_norm", state, error) &&
           put_matrix(converter, "decoder.positional_embedding", "decoder/position_encodings/encodings", GGML_TYPE_F32,
                      header->text_context, state, error) &&
           put_matrix(converter, "decoder.token_embedding.weight", "decoder/embeddings/weight", converter->matrix_type,
                      header->vocabulary, state, error) &&
           put_blocks(converter, "decoder", header->text_layers, state, true, error) &&
           put_norm(converter, "decoder.ln", "decoder/layer_norm", state, error);
}

static gint32 count_layers(const Ct2Model *model, const char *side) {
    for (gint32 i = 0; i <= LAYERS_MAX; i++) {
        g_autofree char *name = g_strdup_printf("%s/layer_%d/self_attention/linear_0/weight", side, i);
        if (!ct2_find(model, name)) return i;
    }
    return LAYERS_MAX + 1;
}

/* Dimension `axis` of an array, or 0 where there is no such array or axis, or it is out of all reason. */
static gint32 dimension(const Ct2Model *model, const char *name, guint axis) {
    const Ct2Array *array = ct2_find(model, name);
    return array && axis < array->rank && array->dims[axis] <= 1 << 20 ? (gint32)array->dims[axis] : 0;
}

static gint32 setting(const Ct2Model *model, const char *name) {
    const Ct2Array *array = ct2_find(model, name);
    return array && array->integer > 0 && array->integer <= STATE_MAX ? (gint32)array->integer : 0;
}

static bool in_range(gint32 value, gint32 min, gint32 max) { return value >= min && value <= max; }

static bool read_header(const Ct2Model *model, ConvertType type, Header *header, GError **error) {
    *header = (Header){.magic = MAGIC,
                       .vocabulary = dimension(model, "decoder/embeddings/weight", 0),
                       .audio_context = dimension(model, "encoder/position_encodings/encodings", 0),
                       .audio_state = dimension(model, "encoder/position_encodings/encodings", 1),
                       .audio_heads = setting(model, "encoder/num_heads"),
                       .audio_layers = count_layers(model, "encoder"),
                       .text_context = dimension(model, "decoder/position_encodings/encodings", 0),
                       .text_state = dimension(model, "decoder/embeddings/weight", 1),
                       .text_heads = setting(model, "decoder/num_heads"),
                       .text_layers = count_layers(model, "decoder"),
                       .mels = dimension(model, "encoder/conv1/weight", 1),
                       .type = type == CONVERT_F16 ? GGML_FTYPE_MOSTLY_F16
                                                   : GGML_FTYPE_MOSTLY_Q8_0 + GGML_QNT_VERSION * GGML_QNT_VERSION_FACTOR};
    bool sound = in_range(header->vocabulary, TOKENS_ENGLISH + 2, 60000) && in_range(header->audio_context, 1, 3000) &&
                 in_range(header->audio_state, 32, STATE_MAX) && header->audio_state % 32 == 0 &&
                 header->text_state == header->audio_state && header->audio_heads > 0 && header->text_heads > 0 &&
                 header->audio_state % header->audio_heads == 0 && header->text_state % header->text_heads == 0 &&
                 in_range(header->audio_layers, 1, LAYERS_MAX) && in_range(header->text_layers, 1, LAYERS_MAX) &&
                 in_range(header->text_context, 1, 3000) && in_range(header->mels, 1, 256);
    if (!sound)
        return fail(error, ERROR_CORRUPT, "The model's weights have sizes that no Whisper model has; fetch the right package.");
    return true;
}

/* Slaney's mel scale, linear below 1 kHz and logarithmic above: the filters that Whisper was trained with. */
static double mel_to_hz(double mel) { return mel < 15 ? mel * 200 / 3 : 1000 * exp(log(6.4) / 27 * (mel - 15)); }
static double hz_to_mel(double hz) { return hz < 1000 ? hz * 3 / 200 : 15 + log(hz / 1000) / (log(6.4) / 27); }

static void write_mel_filters(Converter *converter, gint32 mels) {
    double step = hz_to_mel(RATE_HZ / 2) / (mels + 1);
    write_i32(converter, mels);
    write_i32(converter, FFT_BINS);
    for (gint32 mel = 0; mel < mels; mel++) {
        double low = mel_to_hz(step * mel), middle = mel_to_hz(step * (mel + 1)), high = mel_to_hz(step * (mel + 2));
        for (gint32 bin = 0; bin < FFT_BINS; bin++) {
            double hz = bin * RATE_HZ / FFT_SIZE;
            double weight = MAX(0, MIN((hz - low) / (middle - low), (high - hz) / (high - middle)));
            float value = (float)(weight * 2 / (high - low));
            write_bytes(converter, &value, sizeof value);
        }
    }
}

/* GPT-2's vocabularies write each byte as a character: printable ones as themselves, the others from U+0100 on. -1: none of
 * these. */
static int byte_of_character(gunichar character) {
    bool itself = (character >= 33 && character <= 126) || (character >= 161 && character <= 255 && character != 173);
    if (itself) return (int)character;
    static const guint8 ranges[][2] = {{0, 32}, {127, 160}, {173, 173}};
    gunichar next = 256;
    for (gsize i = 0; i < G_N_ELEMENTS(ranges); i++) {
        gunichar length = ranges[i][1] - ranges[i][0] + 1u;
        if (character >= next && character < next + length) return (int)(ranges[i][0] + (character - next));
        next += length;
    }
    return -1;
}

static bool write_token(Converter *converter, const char *token, gsize number, GError **error) {
    guint8 bytes[TOKEN_BYTES_MAX];
    gsize count = 0;
    for (const char *at = token; *at; at = g_utf8_next_char(at)) {
        int byte = byte_of_character(g_utf8_get_char(at));
        if (byte < 0 || count == sizeof bytes)
            return fail(error, ERROR_CORRUPT, "The model's vocabulary is damaged at token %" G_GSIZE_FORMAT "; fetch it again.",
                        number);
        bytes[count++] = (guint8)byte;
    }
    write_i32(converter, (gint32)count);
    write_bytes(converter, bytes, count);
    return true;
}

static bool read_vocabulary_text(GBytes *text, GPtrArray *tokens, GError **error) {
    if (!g_utf8_validate_len(g_bytes_get_data(text, NULL), g_bytes_get_size(text), NULL))
        return fail(error, ERROR_CORRUPT, "The model's vocabulary is not UTF-8; fetch it again.");
    g_autofree char *copy = g_strndup(g_bytes_get_data(text, NULL), g_bytes_get_size(text));
    g_auto(GStrv) lines = g_strsplit(copy, "\n", -1);
    for (char **line = lines; *line; line++) g_ptr_array_add(tokens, g_steal_pointer(line));
    return true;
}

static bool read_vocabulary_json(GBytes *text, GPtrArray *tokens, GError **error) {
    g_autoptr(json_t) list = json_parse(g_bytes_get_data(text, NULL), g_bytes_get_size(text), "the model's vocabulary.json",
                                        error);
    if (!list) return false;
    gsize i;
    json_t *token;
    json_array_foreach(list, i, token) {
        if (!json_is_string(token))
            return fail(error, ERROR_CORRUPT, "The model's vocabulary is damaged at token %" G_GSIZE_FORMAT "; fetch it again.",
                        i);
        g_ptr_array_add(tokens, g_strdup(json_string_value(token)));
    }
    return true;
}

/* vocabulary.json where there is one, else vocabulary.txt. */
static bool read_vocabulary(const char *directory, GPtrArray *tokens, GError **error) {
    g_autofree char *json_path = g_build_filename(directory, "vocabulary.json", NULL);
    g_autofree char *text_path = g_build_filename(directory, "vocabulary.txt", NULL);
    bool json = g_file_test(json_path, G_FILE_TEST_EXISTS);
    g_autoptr(GError) map_error = NULL;
    g_autoptr(GMappedFile) file = g_mapped_file_new(json ? json_path : text_path, FALSE, &map_error);
    if (!file) return fail(error, ERROR_NOT_FOUND, "The model's vocabulary can't be read: %s.", map_error->message);
    if (g_mapped_file_get_length(file) > VOCABULARY_FILE_BYTES_MAX)
        return fail(error, ERROR_CORRUPT, "The model's vocabulary has more than %d bytes; fetch it again.",
                    VOCABULARY_FILE_BYTES_MAX);
    g_autoptr(GBytes) text = g_mapped_file_get_bytes(file);
    return json ? read_vocabulary_json(text, tokens, error) : read_vocabulary_text(text, tokens, error);
}

static bool write_tokens(Converter *converter, const char *directory, gint32 vocabulary, GError **error) {
    g_autoptr(GPtrArray) tokens = g_ptr_array_new_with_free_func(g_free);
    if (!read_vocabulary(directory, tokens, error)) return false;
    guint count = TOKENS_ENGLISH + (vocabulary >= VOCABULARY_MULTILINGUAL);
    if (tokens->len < count)
        return fail(error, ERROR_CORRUPT, "The model's vocabulary has %u tokens, not %u; fetch it again.", tokens->len, count);
    write_i32(converter, (gint32)count);
    for (guint i = 0; i < count; i++)
        if (!write_token(converter, tokens->pdata[i], i, error)) return false;
    return true;
}

static bool write_model(Converter *converter, const char *directory, ConvertType type, GError **error) {
    Header header;
    if (!read_header(converter->model, type, &header, error)) return false;
    write_bytes(converter, &header, sizeof header);
    write_mel_filters(converter, header.mels);
    return write_tokens(converter, directory, header.vocabulary, error) && put_tensors(converter, &header, error);
}

/* Makes the file and its name last, then known under `out`. */
static bool publish(FILE *file, const char *temporary, const char *out, GError **error) {
    if (fflush(file) != 0 || ferror(file) || fsync(fileno(file)) != 0)
        return fail_errno(error, errno, "The converted model can't be written to %s", temporary);
    if (rename(temporary, out) != 0) return fail_errno(error, errno, "The converted model can't be put at %s", out);
    g_autofree char *folder = g_path_get_dirname(out);
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool lasting = fd >= 0 && fsync(fd) == 0;
    int saved_errno = errno;
    if (fd >= 0) close(fd);
    return lasting || fail_errno(error, saved_errno, "The folder %s can't be synced", folder);
}

bool convert_ctranslate2(const char *directory, const char *out, ConvertType type, GError **error) {
    g_autofree char *path = g_build_filename(directory, "model.bin", NULL);
    g_autoptr(Ct2Model) model = NULL;
    if (!ct2_open(path, &model, error)) return false;
    g_autofree char *temporary = g_strconcat(out, ".XXXXXX", NULL);
    int fd = g_mkstemp_full(temporary, O_RDWR | O_CLOEXEC, 0644);
    if (fd < 0) return fail_errno(error, errno, "The converted model can't be written to %s", temporary);
    FILE *file = fdopen(fd, "wb");
    g_autoptr(GArray) values = g_array_new(FALSE, FALSE, sizeof(float));
    g_autoptr(GByteArray) packed = g_byte_array_new();
    Converter converter = {.model = model,
                           .out = file,
                           .matrix_type = type == CONVERT_F16 ? GGML_TYPE_F16 : GGML_TYPE_Q8_0,
                           .values = values,
                           .packed = packed};
    bool done = write_model(&converter, directory, type, error) && publish(file, temporary, out, error);
    fclose(file);
    if (!done) unlink(temporary);
    return done;
}
