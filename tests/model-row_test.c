/* Rows and their index keys: every title comes back, no component is too long, keys sort newest first. */
#include <string.h>

#include "base/limits.h"
#include "model/keys.h"
#include "model/row.h"
#include "random_input.h"

#define UUID "0b1c2d3e-4f50-4161-8273-849596a7b8c9"
#define OTHER_UUID "aaaaaaaa-4f50-4161-8273-849596a7b8c9"

static Row *make_row(const char *filename, const char *title) {
    Row *row = row_new();
    row->meeting_id = meeting_id_new(UUID);
    row->audio_key = key_recording(UUID, filename);
    row->timestamp_ms = 1741064767089;
    row->updated_ms = 1741064999000;
    row->duration_ms = 61000;
    row->actions = 3;
    row->decisions = 2;
    row->questions = 1;
    row->requirements = 4;
    row->filename = g_strdup(filename);
    row->title = g_strdup(title);
    return row;
}

static Row *through_key(const Row *row) {
    g_autofree char *key = row_to_key(row);
    g_assert_true(g_str_has_prefix(key, PREFIX_INDEX));
    const char *component = key + strlen(PREFIX_INDEX);
    g_assert_cmpuint(strlen(component), <=, KEY_COMPONENT_BYTES_MAX);
    g_assert_null(strchr(component, '/'));
    g_assert_true(g_utf8_validate(key, -1, NULL));
    Row *read = row_from_key(key);
    g_assert_nonnull(read);
    return read;
}

static void assert_same(const Row *row, const Row *read) {
    g_assert_false(read->cut);
    g_autoptr(json_t) before = row_to_json(row), after = row_to_json(read);
    g_assert_true(json_equal(before, after));
}

static void test_documented_form(void) {
    g_autoptr(Row) row = make_row("stand_up.mp3", "Q1/Q2 50% ~done");
    g_ptr_array_add(row->tags, g_strdup("a+b"));
    g_ptr_array_add(row->tags, g_strdup("red"));
    g_autofree char *key = row_to_key(row);
    g_assert_cmpstr(key, ==,
                    "hansard/index/8258935232910_meeting-" UUID
                    "_1_m7u15b2w_r_61_3_2_1_4__stand%5Fup.mp3_Q1%2FQ2 50%25 %7Edone_a%2Bb+red");
    g_autoptr(Row) read = row_from_key(key);
    assert_same(row, read);
}

static void test_nasty_titles(void) {
    static const char *const titles[] = {"",        "_",   "~",  "%", "%25", "a~",  "/../..",
                                         "漢字 🙂", "a+b", "\\", "-", "..",  "%00", " spaced "};
    for (gsize i = 0; i < G_N_ELEMENTS(titles); i++) {
        g_autoptr(Row) row = make_row("f.mp3", *titles[i] ? titles[i] : "f.mp3");
        g_autoptr(Row) read = through_key(row);
        assert_same(row, read);
        g_autoptr(Row) file = make_row(*titles[i] ? titles[i] : "x", "title");
        g_autoptr(Row) file_read = through_key(file);
        assert_same(file, file_read);
    }
}

static void test_random_round_trip(void) {
    g_autoptr(GRand) rand = g_rand_new_with_seed(6);
    int whole = 0, cut = 0;
    for (int i = 0; i < 5000; i++) {
        g_autofree char *filename = random_text(rand, 40), *title = random_text(rand, 120);
        g_autoptr(Row) row = make_row(*filename ? filename : "f", *title ? title : "t");
        row->timestamp_ms = (gint64)(g_rand_double(rand) * 9999999999999.0);
        row->updated_ms = (gint64)(g_rand_double(rand) * 253402300799999.0);
        row->actions = g_rand_int(rand);
        row->state = g_rand_boolean(rand) ? MEETING_DELETING : MEETING_READY;
        for (int t = g_rand_int_range(rand, 0, 4); t > 0; t--) {
            char *tag = random_text(rand, 12);
            g_ptr_array_add(row->tags, *tag ? tag : (g_free(tag), g_strdup("tag")));
        }
        g_autoptr(Row) read = through_key(row);
        read->cut ? cut++ : whole++;
        if (!read->cut) assert_same(row, read);
        g_assert_cmpstr(read->meeting_id, ==, row->meeting_id);
        g_assert_cmpint(read->timestamp_ms, ==, row->timestamp_ms);
        g_assert_cmpint(read->updated_ms, ==, row->updated_ms);
        g_assert_cmpuint(read->actions, ==, row->actions);
    }
    g_assert_cmpint(whole, >, 1000);
    g_assert_cmpint(cut, >, 100);
}

static void test_cut_in_order(void) {
    g_autofree char *long_text = g_strnfill(TITLE_BYTES_MAX, '_'), *long_name = g_strnfill(FILENAME_BYTES_MAX, '%');
    g_autoptr(Row) tags = make_row("f.mp3", "title");
    g_ptr_array_add(tags->tags, g_strdup("first"));
    g_ptr_array_add(tags->tags, g_strdup(long_text));
    g_autoptr(Row) tags_read = through_key(tags);
    g_assert_true(tags_read->cut);
    g_assert_cmpuint(tags_read->tags->len, ==, 1); /* a part of a tag is no tag */
    g_assert_cmpstr(tags_read->tags->pdata[0], ==, "first");
    g_assert_cmpstr(tags_read->title, ==, "title");
    g_assert_cmpstr(tags_read->audio_key, ==, "meetings/" UUID "_f.mp3");

    g_autoptr(Row) title = make_row("f.mp3", long_text);
    g_autoptr(Row) title_read = through_key(title);
    g_assert_true(title_read->cut);
    g_assert_true(g_str_has_prefix(long_text, title_read->title));
    g_assert_cmpstr(title_read->filename, ==, "f.mp3");

    g_autoptr(Row) name = make_row(long_name, "title");
    g_autoptr(Row) name_read = through_key(name);
    g_assert_true(name_read->cut);
    g_assert_true(g_str_has_prefix(long_name, name_read->filename));
    g_assert_cmpstr(name_read->title, ==, name_read->filename); /* the title gave way first: the name stands in for it */
    g_assert_null(name_read->audio_key);
}

/* The component holds exactly KEY_COMPONENT_BYTES_MAX bytes before anything is cut. */
static void test_component_limit(void) {
    g_autoptr(Row) row = make_row("f.mp3", "t");
    g_autofree char *key = row_to_key(row);
    gsize room = KEY_COMPONENT_BYTES_MAX - (strlen(key) - strlen(PREFIX_INDEX)) + 1;
    g_free(row->title);
    row->title = g_strnfill(room, 't');
    g_autofree char *at = row_to_key(row);
    g_assert_cmpuint(strlen(at) - strlen(PREFIX_INDEX), ==, KEY_COMPONENT_BYTES_MAX);
    g_autoptr(Row) whole = row_from_key(at);
    assert_same(row, whole);
    g_free(row->title);
    row->title = g_strnfill(room + 1, 't');
    g_autoptr(Row) cut = through_key(row);
    g_assert_true(cut->cut);
    g_assert_cmpuint(strlen(cut->title), ==, room - 1);
}

static void test_largest(void) {
    g_autofree char *long_text = g_strnfill(TITLE_BYTES_MAX, '%');
    g_autoptr(Row) row = make_row(long_text, long_text);
    g_free(row->meeting_id);
    row->meeting_id = g_strnfill(MEETING_ID_BYTES_MAX, '_');
    g_free(row->audio_key);
    row->audio_key = key_recording(OTHER_UUID, long_text);
    row->timestamp_ms = row->updated_ms = 253402300799999;
    row->duration_ms = G_MAXINT64;
    row->actions = row->decisions = row->questions = row->requirements = G_MAXUINT;
    for (int i = 0; i < TAGS_MAX; i++) g_ptr_array_add(row->tags, g_strdup(long_text));
    g_autoptr(Row) read = through_key(row);
    g_assert_cmpstr(read->meeting_id, ==, row->meeting_id);
    g_assert_cmpuint(read->requirements, ==, G_MAXUINT);
    g_assert_cmpint(read->duration_ms, ==, RECORDING_MS_MAX);
    g_assert_true(read->cut);
}

static void test_recording_keys(void) {
    static const struct {
        const char *key;
        bool in_card;
    } cases[] = {{NULL, true},
                 {"meetings/" UUID "_f.mp3", true},
                 {"meetings/" OTHER_UUID "_f.mp3", true},
                 {"meetings/2024/f.mp3", false},
                 {"meetings/x_f.mp3", false},
                 {"f.mp3", false},
                 {"meetings/_f.mp3", false},
                 {"meetings/" UUID "_other.mp3", false}};
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(Row) row = make_row("f.mp3", "t");
        g_free(row->audio_key);
        row->audio_key = g_strdup(cases[i].key);
        g_autoptr(Row) read = through_key(row);
        g_assert_cmpint(read->cut, ==, !cases[i].in_card);
        g_assert_cmpstr(read->audio_key, ==, cases[i].in_card ? cases[i].key : NULL);
    }
}

static void test_order(void) {
    static const gint64 times[] = {9999999999999, 1741064767090, 1741064767089, 1000, 1, 0};
    g_autofree char *before = g_strdup(PREFIX_INDEX);
    for (gsize i = 0; i < G_N_ELEMENTS(times); i++) {
        g_autoptr(Row) row = make_row("f", "t");
        row->timestamp_ms = times[i];
        g_autofree char *key = row_to_key(row), *from = row_key_from_time(times[i]);
        g_assert_cmpint(strcmp(before, from), <, 0);
        g_assert_cmpint(strcmp(from, key), <, 0);
        g_free(before);
        before = g_steal_pointer(&key);
    }
    g_autofree char *early = row_key_from_time(-5), *late = row_key_from_time(G_MAXINT64);
    g_assert_cmpstr(early, ==, PREFIX_INDEX "9999999999999");
    g_assert_cmpstr(late, ==, PREFIX_INDEX "0000000000000");
}

static void test_of_record(void) {
    g_autoptr(Record) record = record_new();
    record->meeting_id = g_strdup("m");
    g_autoptr(Row) bare = row_of_record(record);
    g_assert_cmpstr(bare->filename, ==, "");
    record->filename = g_strdup("f");
    record->decisions_count = 2;
    g_ptr_array_add(record->tags, g_strdup("red"));
    g_autoptr(Row) row = row_of_record(record);
    g_assert_cmpstr(row->title, ==, "f");
    g_assert_cmpuint(row->decisions, ==, 2);
    g_autoptr(Row) read = through_key(row);
    assert_same(row, read);
}

static void test_no_row(void) {
    static const char *const keys[] = {
        "",
        "hansard/index/",
        "hansard/index/abc",
        "meetings/u_f",
        "hansard/index/8258935232910_m",
        "hansard/index/825893523291_m_1_0_r_0_0_0_0_0_-_f__",   /* 12 digits */
        "hansard/index/8258935232910_m_2_0_r_0_0_0_0_0_-_f__",  /* another version */
        "hansard/index/8258935232910_m_1_0_x_0_0_0_0_0_-_f__",  /* state */
        "hansard/index/8258935232910_m_1_0_r_-1_0_0_0_0_-_f__", /* duration */
        "hansard/index/8258935232910_m_1_0_r_0_0_0_4294967296_0_-_f__",
        "hansard/index/8258935232910_m_1_Z!_r_0_0_0_0_0_-_f__",
        "hansard/index/8258935232910_m_1_0_r_0_0_0_0_0_-_f%00__",
        "hansard/index/8258935232910_m_1_0_r_0_0_0_0_0_-_f%FF__",
        "hansard/index/8258935232910_m_1_0_r_0_0_0_0_0_-_f%4__",
        "hansard/index/8258935232910_m%2F_1_0_r_0_0_0_0_0_-_f__",
        "hansard/index/8258935232910__1_0_r_0_0_0_0_0_-_f__", /* no id */
    };
    for (gsize i = 0; i < G_N_ELEMENTS(keys); i++) g_assert_null(row_from_key(keys[i]));
    g_autoptr(Row) sound = row_from_key("hansard/index/8258935232910_m_1_0_r_0_0_0_0_0_-_f__");
    g_assert_nonnull(sound);
    g_autoptr(Row) terminal = row_from_key("hansard/index/8258935232910_m_1_0_r_0_0_0_0_0_-_f%1B[31m__");
    g_assert_cmpstr(terminal->filename, ==, "f[31m");
}

static void test_damage(void) {
    g_autoptr(GRand) rand = g_rand_new_with_seed(7);
    for (int i = 0; i < 5000; i++) {
        g_autofree char *title = random_text(rand, 30);
        g_autoptr(Row) row = make_row("f.mp3", *title ? title : "t");
        g_autofree char *key = row_to_key(row);
        gsize size = strlen(key);
        g_autofree guint8 *damaged = random_damage(rand, key, &size);
        g_autofree char *hostile = g_strndup((const char *)damaged, size);
        g_autoptr(Row) read = row_from_key(hostile);
        if (!read) continue;
        g_assert_true(meeting_id_valid(read->meeting_id));
        g_assert_true(g_utf8_validate(read->title, -1, NULL));
    }
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/row/documented-form", test_documented_form);
    g_test_add_func("/row/nasty-titles", test_nasty_titles);
    g_test_add_func("/row/random-round-trip", test_random_round_trip);
    g_test_add_func("/row/cut-in-order", test_cut_in_order);
    g_test_add_func("/row/component-limit", test_component_limit);
    g_test_add_func("/row/largest", test_largest);
    g_test_add_func("/row/recording-keys", test_recording_keys);
    g_test_add_func("/row/order", test_order);
    g_test_add_func("/row/of-record", test_of_record);
    g_test_add_func("/row/no-row", test_no_row);
    g_test_add_func("/row/damage", test_damage);
    return g_test_run();
}
