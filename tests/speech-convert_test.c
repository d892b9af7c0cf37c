/* The converter: a small model in CTranslate2's layout, made here, comes out as ggml's; damaged ones are refused by name. */
#include <ggml.h>
#include <glib/gstdio.h>
#include <string.h>

#include "speech/convert.h"
#include "speech/model_file.h"

#define STATE 64
#define MELS 80
#define VOCABULARY 51864
#define TOKENS 50256

typedef struct {
    char *folder, *weights, *vocabulary, *out;
    GByteArray *model;
} Fixture;

static void put(GByteArray *model, const void *data, gsize size) { g_byte_array_append(model, data, (guint)size); }

static void put_name(GByteArray *model, const char *name) {
    guint16 length = (guint16)(strlen(name) + 1);
    put(model, &length, sizeof length);
    put(model, name, length);
}

/* 16-bit floats that all are `value`. */
static void put_array(GByteArray *model, guint32 *count, const char *name, float value, guint8 rank, const guint32 *dims) {
    guint32 elements = 1;
    for (guint8 i = 0; i < rank; i++) elements *= dims[i];
    guint32 bytes = elements * 2;
    guint8 type = 4;
    put_name(model, name);
    put(model, &rank, 1);
    put(model, dims, rank * sizeof *dims);
    put(model, &type, 1);
    put(model, &bytes, sizeof bytes);
    ggml_fp16_t half = ggml_fp32_to_fp16(value);
    for (guint32 i = 0; i < elements; i++) put(model, &half, sizeof half);
    ++*count;
}

static void put_integer(GByteArray *model, guint32 *count, const char *name, gint16 value) {
    guint8 rank = 0, type = 2;
    guint32 bytes = 2;
    put_name(model, name);
    put(model, &rank, 1);
    put(model, &type, 1);
    put(model, &bytes, sizeof bytes);
    put(model, &value, sizeof value);
    ++*count;
}

static void put_linear(GByteArray *model, guint32 *count, const char *block, const char *name, guint32 rows, guint32 columns) {
    g_autofree char *weight = g_strdup_printf("%s/%s/weight", block, name), *bias = g_strdup_printf("%s/%s/bias", block, name);
    put_array(model, count, weight, 0.5F, 2, (guint32[]){rows, columns});
    put_array(model, count, bias, 0.25F, 1, &rows);
}

static void put_norm(GByteArray *model, guint32 *count, const char *block, const char *name) {
    guint32 size = STATE;
    g_autofree char *gamma = g_strdup_printf("%s/%s/gamma", block, name), *beta = g_strdup_printf("%s/%s/beta", block, name);
    put_array(model, count, gamma, 1, 1, &size);
    put_array(model, count, beta, 0, 1, &size);
}

static void put_block(GByteArray *model, guint32 *count, const char *block, bool cross) {
    put_norm(model, count, block, "self_attention/layer_norm");
    put_linear(model, count, block, "self_attention/linear_0", 3 * STATE, STATE);
    put_linear(model, count, block, "self_attention/linear_1", STATE, STATE);
    put_norm(model, count, block, "ffn/layer_norm");
    put_linear(model, count, block, "ffn/linear_0", 4 * STATE, STATE);
    put_linear(model, count, block, "ffn/linear_1", STATE, 4 * STATE);
    if (!cross) return;
    put_norm(model, count, block, "attention/layer_norm");
    put_linear(model, count, block, "attention/linear_0", STATE, STATE);
    put_linear(model, count, block, "attention/linear_1", 2 * STATE, STATE);
    put_linear(model, count, block, "attention/linear_2", STATE, STATE);
}

/* A whole model of one layer a side; `value` fills the token embeddings. */
static GByteArray *make_model(float value) {
    GByteArray *model = g_byte_array_new();
    guint32 version = 6, revision = 3, count = 0, aliases = 1;
    put(model, &version, sizeof version);
    put_name(model, "WhisperSpec");
    put(model, &revision, sizeof revision);
    guint count_at = model->len;
    put(model, &count, sizeof count);
    put_integer(model, &count, "encoder/num_heads", STATE / 64);
    put_integer(model, &count, "decoder/num_heads", STATE / 64);
    put_array(model, &count, "encoder/position_encodings/encodings", 0.1F, 2, (guint32[]){1500, STATE});
    put_array(model, &count, "encoder/conv1/weight", 0.1F, 3, (guint32[]){STATE, MELS, 3});
    put_array(model, &count, "encoder/conv1/bias", 0.1F, 1, (guint32[]){STATE});
    put_array(model, &count, "encoder/conv2/weight", 0.1F, 3, (guint32[]){STATE, STATE, 3});
    put_array(model, &count, "encoder/conv2/bias", 0.1F, 1, (guint32[]){STATE});
    put_block(model, &count, "encoder/layer_0", false);
    put_norm(model, &count, "encoder", "layer_norm");
    put_array(model, &count, "decoder/position_encodings/encodings", 0.1F, 2, (guint32[]){448, STATE});
    put_array(model, &count, "decoder/embeddings/weight", value, 2, (guint32[]){VOCABULARY, STATE});
    put_block(model, &count, "decoder/layer_0", true);
    put_norm(model, &count, "decoder", "layer_norm");
    memcpy(model->data + count_at, &count, sizeof count);
    put(model, &aliases, sizeof aliases);
    put_name(model, "decoder/projection/weight");
    put_name(model, "decoder/embeddings/weight");
    return model;
}

/* The first 256 tokens are the bytes in GPT-2's order, a space (U+0120) among them. */
static char *make_vocabulary(guint count) {
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < count; i++) {
        if (i == 220) g_string_append(text, "Ġ\n");
        else g_string_append_printf(text, "Ġt%u\n", i);
    }
    return g_string_free(text, FALSE);
}

static void write_input(Fixture *fixture, gsize bytes) {
    g_assert_true(g_file_set_contents(fixture->weights, (const char *)fixture->model->data, (gssize)bytes, NULL));
}

static void set_up(Fixture *fixture, gconstpointer unused) {
    fixture->folder = g_dir_make_tmp("hansard-convert-XXXXXX", NULL);
    fixture->weights = g_build_filename(fixture->folder, "model.bin", NULL);
    fixture->vocabulary = g_build_filename(fixture->folder, "vocabulary.txt", NULL);
    fixture->out = g_build_filename(fixture->folder, "out.bin", NULL);
    fixture->model = make_model(0.5F);
    write_input(fixture, fixture->model->len);
    g_autofree char *vocabulary = make_vocabulary(TOKENS);
    g_assert_true(g_file_set_contents(fixture->vocabulary, vocabulary, -1, NULL));
}

static void tear_down(Fixture *fixture, gconstpointer unused) {
    g_unlink(fixture->weights);
    g_unlink(fixture->vocabulary);
    g_unlink(fixture->out);
    g_assert_cmpint(g_rmdir(fixture->folder), ==, 0); /* nothing else is left behind */
    g_byte_array_unref(fixture->model);
    g_free(fixture->folder), g_free(fixture->weights), g_free(fixture->vocabulary), g_free(fixture->out);
}

static void assert_refused(Fixture *fixture, ErrorCode code, const char *says) {
    g_autoptr(GError) error = NULL;
    g_assert_false(convert_ctranslate2(fixture->folder, fixture->out, CONVERT_Q8_0, &error));
    g_assert_true(error_is(error, code));
    if (!strstr(error->message, says)) g_error("\"%s\" doesn't say \"%s\"", error->message, says);
    g_assert_false(g_file_test(fixture->out, G_FILE_TEST_EXISTS));
}

static void test_converts(Fixture *fixture, gconstpointer unused) {
    gsize sizes[2];
    for (ConvertType type = CONVERT_F16; type <= CONVERT_Q8_0; type++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *made = NULL;
        g_assert_true(convert_ctranslate2(fixture->folder, fixture->out, type, &error));
        g_assert_no_error(error);
        g_assert_true(model_file_check_whisper(fixture->out, &error));
        g_assert_no_error(error);
        g_assert_true(g_file_get_contents(fixture->out, &made, &sizes[type], NULL));
        gint32 header[12];
        memcpy(header, made, sizeof header);
        const gint32 want[] = {0x67676d6c, VOCABULARY, 1500, STATE, 1, 1, 448, STATE, 1, 1, MELS, type == CONVERT_F16 ? 1 : 2007};
        g_assert_cmpmem(header, sizeof header, want, sizeof want);
    }
    g_assert_cmpuint(sizes[CONVERT_Q8_0], <, sizes[CONVERT_F16]);
}

static void test_repeats(Fixture *fixture, gconstpointer unused) {
    g_autofree char *first = NULL, *second = NULL;
    gsize first_size, second_size;
    g_assert_true(convert_ctranslate2(fixture->folder, fixture->out, CONVERT_Q8_0, NULL));
    g_assert_true(g_file_get_contents(fixture->out, &first, &first_size, NULL));
    g_assert_true(convert_ctranslate2(fixture->folder, fixture->out, CONVERT_Q8_0, NULL));
    g_assert_true(g_file_get_contents(fixture->out, &second, &second_size, NULL));
    g_assert_cmpmem(first, first_size, second, second_size);
}

static void test_cut_short(Fixture *fixture, gconstpointer unused) {
    for (gsize bytes = 0; bytes < 64; bytes++) {
        write_input(fixture, bytes);
        assert_refused(fixture, ERROR_CORRUPT, "fetch");
    }
    for (guint i = 1; i < 8; i++) {
        write_input(fixture, (gsize)fixture->model->len * i / 8);
        assert_refused(fixture, ERROR_CORRUPT, "cut short");
    }
    write_input(fixture, fixture->model->len - 1);
    assert_refused(fixture, ERROR_CORRUPT, "behind the last array");
}

/* Any byte of the structure may be anything: refused or converted, never a crash. */
static void test_altered(Fixture *fixture, gconstpointer unused) {
    for (guint at = 0; at < 120; at += 3) {
        guint8 kept = fixture->model->data[at];
        fixture->model->data[at] = (guint8)(kept ^ (at % 2 ? 0xFF : 0x80));
        write_input(fixture, fixture->model->len);
        g_autoptr(GError) error = NULL;
        if (!convert_ctranslate2(fixture->folder, fixture->out, CONVERT_Q8_0, &error)) g_assert_true(error_is(error,
                                                                                                              ERROR_CORRUPT));
        fixture->model->data[at] = kept;
    }
}

static void test_not_finite(Fixture *fixture, gconstpointer unused) {
    g_byte_array_unref(fixture->model);
    fixture->model = make_model(G_MAXFLOAT); /* infinite as a 16-bit float */
    write_input(fixture, fixture->model->len);
    assert_refused(fixture, ERROR_CORRUPT, "decoder/embeddings/weight are not all finite");
}

static void test_lacks_array(Fixture *fixture, gconstpointer unused) {
    char *name = memmem(fixture->model->data, fixture->model->len, "ffn/linear_0/bias", 17);
    memcpy(name, "fnn", 3);
    write_input(fixture, fixture->model->len);
    assert_refused(fixture, ERROR_CORRUPT, "lack encoder/layer_0/ffn/linear_0/bias");
}

static void test_missing_input(Fixture *fixture, gconstpointer unused) {
    g_unlink(fixture->vocabulary);
    assert_refused(fixture, ERROR_NOT_FOUND, "vocabulary");
    g_unlink(fixture->weights);
    assert_refused(fixture, ERROR_NOT_FOUND, "weights");
}

static void test_vocabulary(Fixture *fixture, gconstpointer unused) {
    g_autofree char *few = make_vocabulary(TOKENS - 2); /* and an empty one behind the last line */
    g_assert_true(g_file_set_contents(fixture->vocabulary, few, -1, NULL));
    assert_refused(fixture, ERROR_CORRUPT, "tokens");
    g_assert_true(g_file_set_contents(fixture->vocabulary, "\xFF\xFE", 2, NULL));
    assert_refused(fixture, ERROR_CORRUPT, "UTF-8");
    g_autofree char *foreign = g_strconcat("\u4E00\n", few, "a\nb\nc\n", NULL);
    g_assert_true(g_file_set_contents(fixture->vocabulary, foreign, -1, NULL));
    assert_refused(fixture, ERROR_CORRUPT, "token 0");
}

/* Each byte of a model file's head altered, and each cut: the check answers ERROR_CONFIG, or the file is sound still. */
static void test_model_file(Fixture *fixture, gconstpointer unused) {
    g_assert_true(convert_ctranslate2(fixture->folder, fixture->out, CONVERT_Q8_0, NULL));
    g_autofree char *made = NULL;
    gsize size;
    g_assert_true(g_file_get_contents(fixture->out, &made, &size, NULL));
    for (gsize part = 0; part < 32; part++) {
        g_autoptr(GError) error = NULL;
        g_assert_true(g_file_set_contents(fixture->out, made, (gssize)(size * part / 32), NULL));
        g_assert_false(model_file_check_whisper(fixture->out, &error));
        g_assert_true(error_is(error, ERROR_CONFIG));
        g_assert_nonnull(strstr(error->message, "HANSARD_MODEL"));
    }
    for (gsize at = 0; at < 44; at++) { /* the type's version, in the last bytes, is not looked at */
        g_autoptr(GError) error = NULL;
        made[at] = (char)~made[at];
        g_assert_true(g_file_set_contents(fixture->out, made, (gssize)size, NULL));
        g_assert_false(model_file_check_whisper(fixture->out, &error));
        made[at] = (char)~made[at];
    }
    g_autoptr(GError) error = NULL;
    g_assert_false(model_file_check_vad(fixture->out, &error));
    g_assert_nonnull(strstr(error->message, "HANSARD_VAD_MODEL"));
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
#define CASE(name) g_test_add("/speech/convert/" #name, Fixture, NULL, set_up, test_##name, tear_down)
    CASE(converts);
    CASE(repeats);
    CASE(cut_short);
    CASE(altered);
    CASE(not_finite);
    CASE(lacks_array);
    CASE(missing_input);
    CASE(vocabulary);
    CASE(model_file);
    return g_test_run();
}
