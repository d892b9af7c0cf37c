/* Keys as a listing tells them, and what is read from them becomes part of other keys: a line each for a key and an id. */
#include "fuzz.h"
#include "model/keys.h"
#include "store/key.h"

static void check_id(const char *id) {
    g_assert_true(meeting_id_valid(id));
    g_assert_null(strpbrk(id, "/\\%_ \n") && !strchr(id, '_') ? id : NULL);
    for (int document = 0; document < DOCUMENT_COUNT; document++) {
        g_autofree char *key = key_document(id, (Document)document), *read = meeting_id_of_key(key);
        g_assert_true(store_key_check(key, NULL));
        g_assert_cmpstr(read, ==, id);
    }
    g_autofree char *job = key_job(id), *of_job = meeting_id_of_key(job), *upload = key_upload(id), *of_upload = meeting_id_of_key(upload);
    g_assert_true(store_key_check(job, NULL) && store_key_check(upload, NULL));
    g_assert_cmpstr(of_job, ==, id);
    g_assert_cmpstr(of_upload, ==, id);
}

void fuzz_model_keys(const guint8 *data, gsize size) {
    FuzzInput input = {data, size};
    g_autofree char *key = input_line(&input), *id = input_line(&input);
    g_autofree char *of_key = meeting_id_of_key(key), *of_recording = meeting_id_of_recording(key);
    if (of_key) check_id(of_key);
    if (of_recording) check_id(of_recording);
    if (meeting_id_valid(id)) check_id(id);
    if (FUZZ_CALL(store_key_check(key, &error))) {
        g_auto(GStrv) parts = g_strsplit(key, "/", -1);
        for (guint i = 0; parts[i]; i++) g_assert_true(parts[i][0] && strcmp(parts[i], ".") != 0 && strcmp(parts[i], "..") != 0);
        g_assert_true(store_text_is_plain(key));
        g_assert_cmpstr(parts[0], !=, ".hansard");
        g_assert_true(store_prefix_check(key, NULL));
    }
    FUZZ_CALL(store_prefix_check(key, &error));
    FUZZ_CALL(store_start_after_check(key, &error));
}
