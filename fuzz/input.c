/* Taking inputs apart; checks that hold everywhere. */
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"

char *input_line(FuzzInput *input) {
    const guint8 *end = input->left > 0 ? memchr(input->at, '\n', input->left) : NULL;
    gsize length = end ? (gsize)(end - input->at) : input->left;
    char *line = g_strndup((const char *)input->at, length);
    gsize taken = length + (end != NULL);
    input->at += taken;
    input->left -= taken;
    return line;
}

char *input_rest(const FuzzInput *input) { return g_strndup((const char *)input->at, input->left); }

json_t *input_json(const guint8 *data, gsize size) {
    json_t *json = NULL;
    FUZZ_CALL((json = json_parse(data, size, "the input", &error)) != NULL);
    return json;
}

char *input_file(const void *data, gsize size, int *fd) {
    *fd = memfd_create("input", MFD_CLOEXEC);
    g_assert_cmpint(*fd, >=, 0);
    g_assert_cmpint(write(*fd, data, size), ==, (gssize)size);
    return g_strdup_printf("/proc/self/fd/%d", *fd);
}

bool fuzz_outcome(bool done, GError *error) {
    g_assert_true(done == !error);
    if (!error) return true;
    g_assert_true(error->domain == HANSARD_ERROR);
    if (error->code == ERROR_INTERNAL) g_printerr("told as a defect: %s\n", error->message);
    g_assert_cmpint(error->code, !=, ERROR_INTERNAL);
    g_assert_cmpint(error->code, <, ERROR_CODE_COUNT);
    g_assert_true(error->message[0] != '\0');
    g_error_free(error);
    return false;
}

void fuzz_same_json(json_t *first, json_t *second) {
    if (!json_equal(first, second)) {
        g_autofree char *one = json_dumps(first, JSON_INDENT(1)), *other = json_dumps(second, JSON_INDENT(1));
        g_printerr("not the same:\n%s\n%s\n", one, other);
        abort();
    }
    json_decref(first);
    json_decref(second);
}

void fuzz_text(const char *text, gsize bytes_max) {
    if (!text) return;
    g_assert_cmpuint(strlen(text), <=, bytes_max);
    g_assert_true(g_utf8_validate(text, -1, NULL));
}
