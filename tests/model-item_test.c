/* Items and minutes: the stored form, every shape of the first version, and hostile documents. */
#include <string.h>

#include "base/limits.h"
#include "model/item.h"
#include "random_input.h"

static char *dump(const json_t *json) {
    g_autoptr(GBytes) bytes = json_to_bytes(json, false);
    gsize size;
    const char *text = g_bytes_get_data(bytes, &size);
    return g_strndup(text, size - 1);
}

static json_t *parse(const char *text) {
    g_autoptr(GError) error = NULL;
    json_t *json = json_parse(text, strlen(text), "the test", &error);
    g_assert_no_error(error);
    return json;
}

static Minutes *read_minutes(const char *summary, const char *requirements) {
    g_autoptr(json_t) summary_json = summary ? parse(summary) : NULL,
                      requirements_json = requirements ? parse(requirements) : NULL;
    return minutes_from_json(summary_json, requirements_json);
}

static const Item *item_at(const Minutes *minutes, ItemKind kind, guint index) {
    g_assert_cmpuint(minutes->items[kind]->len, >, index);
    return g_ptr_array_index(minutes->items[kind], index);
}

static void test_names(void) {
    for (ItemKind kind = 0; kind < ITEM_KIND_COUNT; kind++) {
        ItemKind named = ITEM_KIND_COUNT;
        g_assert_true(item_kind_named(item_kind_name(kind), &named));
        g_assert_cmpint(named, ==, kind);
    }
    ItemKind untouched = ITEM_QUESTION;
    g_assert_false(item_kind_named("chore", &untouched));
    g_assert_false(item_kind_named(NULL, &untouched));
    g_assert_cmpint(untouched, ==, ITEM_QUESTION);
    g_assert_true(item_status_known("done"));
    g_assert_false(item_status_known("Done"));
    g_assert_false(item_status_known(NULL));
}

static void test_ids(void) {
    g_autoptr(Minutes) minutes = minutes_new();
    minutes_add(minutes, item_new(ITEM_ACTION));
    Item *far = item_new(ITEM_ACTION);
    far->id = g_strdup("A-7");
    minutes_add(minutes, far);
    minutes_add(minutes, item_new(ITEM_ACTION));
    minutes_add(minutes, item_new(ITEM_REQUIREMENT));
    Item *taken = item_new(ITEM_DECISION);
    taken->id = g_strdup("A-7");
    minutes_add(minutes, taken);
    g_assert_cmpstr(item_at(minutes, ITEM_ACTION, 0)->id, ==, "A-1");
    g_assert_cmpstr(item_at(minutes, ITEM_ACTION, 2)->id, ==, "A-8");
    g_assert_cmpstr(item_at(minutes, ITEM_REQUIREMENT, 0)->id, ==, "REQ-1");
    g_assert_cmpstr(taken->id, ==, "D-1");
    g_assert_true(minutes_find(minutes, "A-7") == far);
    g_assert_null(minutes_find(minutes, "A-2"));
    g_assert_null(minutes_find(minutes, NULL));
}

static void test_item_limit(void) {
    g_autoptr(Minutes) minutes = minutes_new();
    for (int i = 0; i < ITEMS_MAX + 1; i++) minutes_add(minutes, item_new(ITEM_QUESTION));
    g_assert_cmpuint(minutes->items[ITEM_QUESTION]->len, ==, ITEMS_MAX);

    g_autofree char *at = g_strnfill(ITEM_TEXT_BYTES_MAX, 'a'), *over = g_strnfill(ITEM_TEXT_BYTES_MAX + 1, 'a');
    g_autoptr(json_t) at_json = json_string(at), over_json = json_string(over), list = json_array();
    g_autoptr(Item) whole = item_from_json(ITEM_ACTION, at_json, 1), cut = item_from_json(ITEM_ACTION, over_json, 1);
    g_assert_cmpuint(strlen(whole->text), ==, ITEM_TEXT_BYTES_MAX);
    g_assert_cmpuint(strlen(cut->text), ==, ITEM_TEXT_BYTES_MAX);

    for (int i = 0; i < ITEMS_MAX + 1; i++) json_array_append_new(list, json_string("same"));
    g_autoptr(Minutes) read = minutes_from_json(NULL, list);
    g_assert_cmpuint(read->items[ITEM_REQUIREMENT]->len, ==, ITEMS_MAX);
}

static void test_documented_form(void) {
    g_autoptr(Item) item = item_new(ITEM_REQUIREMENT);
    item->id = g_strdup("REQ-3");
    g_free(item->text);
    item->text = g_strdup("The system shall answer.");
    item->priority = g_strdup("must");
    item->confidence = 0.75;
    item_add_evidence(item, &(Evidence){3, 4, 100, 200, (char *)"Ann", (char *)"it must answer", MATCH_FUZZY});
    g_autoptr(json_t) json = item_to_json(item);
    g_autofree char *text = dump(json);
    g_assert_cmpstr(
        text, ==,
        "{\"id\":\"REQ-3\",\"text\":\"The system shall answer.\",\"owner\":null,\"due\":null,\"due_said\":null,"
        "\"evidence\":[{\"segments\":[3,4],\"start_ms\":100,\"end_ms\":200,\"speaker\":\"Ann\",\"quote\":\"it must answer\","
        "\"match\":\"fuzzy\"}],\"type\":null,\"priority\":\"must\",\"confidence\":0.75,\"origin\":\"model\",\"status\":"
        "\"draft\"}");
    g_autoptr(Item) read = item_from_json(ITEM_REQUIREMENT, json, 9);
    g_autoptr(json_t) again = item_to_json(read);
    g_assert_true(json_equal(json, again));
}

static void assert_item(const char *json_text, const char *text, const char *owner, const char *due, const char *due_said) {
    g_autoptr(json_t) json = parse(json_text);
    g_autoptr(Item) item = item_from_json(ITEM_ACTION, json, 4);
    g_assert_cmpstr(item->text, ==, text);
    g_assert_cmpstr(item->owner, ==, owner);
    g_assert_cmpstr(item->due, ==, due);
    g_assert_cmpstr(item->due_said, ==, due_said);
    g_assert_nonnull(item->id);
}

static void test_old_items(void) {
    assert_item("\" Send  it \"", "Send it", NULL, NULL, NULL);
    assert_item("{\"description\":\"Send it\",\"assignee\":\"Bob\",\"deadline\":\"Friday\"}", "Send it", "Bob", NULL, "Friday");
    assert_item("{\"title\":\"B\",\"task\":\"A\",\"owner\":\"\",\"responsible\":\"Eve\",\"due_date\":\"2026-02-28\"}", "A", "Eve",
                "2026-02-28", NULL);
    assert_item("{\"text\":\"A\",\"due\":\"2026-02-30\"}", "A", NULL, NULL, "2026-02-30");
    assert_item("{\"text\":\"A\",\"due\":\"2026-W10-3\",\"due_said\":\"soon\"}", "A", NULL, NULL, "soon");
    assert_item("{\"text\":5,\"item\":\"A\"}", "A", NULL, NULL, NULL);
    assert_item("{\"who\":\"Bob\",\"what\":[1,2]}", "{\"who\":\"Bob\",\"what\":[1,2]}", NULL, NULL, NULL);
    assert_item("[1,\"a\"]", "[1,\"a\"]", NULL, NULL, NULL);
    assert_item("42", "42", NULL, NULL, NULL);
    static const char *const nothing[] = {"null", "\"\"", "\" \\n\"", "{}", "[]"};
    for (gsize i = 0; i < G_N_ELEMENTS(nothing); i++) {
        g_autoptr(json_t) json = parse(nothing[i]);
        g_assert_null(item_from_json(ITEM_ACTION, json, 1));
    }
}

static void test_old_item_keeps_members(void) {
    g_autoptr(json_t) json =
        parse("{\"description\":\"Send it\",\"id\":12,\"assignee\":\"Bob\",\"context\":{\"a\":[1]},\"status\":\"open\"}");
    g_autoptr(Item) item = item_from_json(ITEM_ACTION, json, 1);
    g_assert_cmpstr(item->id, ==, "12");
    g_assert_cmpstr(item->status, ==, "draft");
    g_autoptr(json_t) written = item_to_json(item);
    g_assert_true(json_equal(json_object_get(written, "context"), json_object_get(json, "context")));
    g_assert_cmpstr(json_get_string(written, "description", NULL), ==, "Send it");
    g_assert_cmpstr(json_get_string(written, "text", NULL), ==, "Send it");
    g_autoptr(json_t) bad_id = parse("{\"text\":\"a\",\"id\":\"../x\"}");
    g_autoptr(Item) named = item_from_json(ITEM_DECISION, bad_id, 3);
    g_assert_cmpstr(named->id, ==, "D-3");
}

static void test_hostile_evidence(void) {
    g_autoptr(json_t) json =
        parse("{\"text\":\"a\",\"confidence\":-1e308,\"evidence\":[1,{\"quote\":7},{\"quote\":\"q\",\"segments\":[-5,1e99],"
              "\"start_ms\":50,\"end_ms\":10,\"match\":3},{\"quote\":\"r\",\"segments\":[9223372036854775807,2]}]}");
    g_autoptr(Item) item = item_from_json(ITEM_ACTION, json, 1);
    g_assert_cmpuint(item->evidence->len, ==, 2);
    const Evidence *first = &g_array_index(item->evidence, Evidence, 0), *second = first + 1;
    g_assert_cmpuint(first->first, ==, 0);
    g_assert_cmpint(first->end_ms, ==, 50);
    g_assert_cmpint(first->match, ==, MATCH_FUZZY);
    g_assert_cmpuint(second->first, ==, SEGMENTS_MAX - 1);
    g_assert_cmpuint(second->last, ==, SEGMENTS_MAX - 1);
    g_assert_cmpfloat(item->confidence, ==, 0);
}

static void test_old_summaries(void) {
    g_autoptr(Minutes) text =
        read_minutes("{\"meeting_id\":\"m\",\"summary\":\"We met.\\nIt was good.\",\"action_items\":[\"Go\"]}", NULL);
    g_assert_cmpstr(text->text, ==, "We met.\nIt was good.");
    g_assert_cmpstr(item_at(text, ITEM_ACTION, 0)->text, ==, "Go");
    g_assert_null(text->extra);

    g_autoptr(Minutes) object =
        read_minutes("{\"by\":\"v1\",\"summary\":{\"overview\":\"We met.\",\"key_points\":[\"One\",{\"p\":2}],\"mood\":\"good\","
                     "\"actions\":[{\"action\":\"Go\"},null,\"\"],\"open_questions\":\"Why?\",\"decisions\":[[1]]}}",
                     "{\"requirements\":[\"Fast\",{\"requirement\":\"Safe\",\"priority\":\"High\"}],\"n\":2}");
    g_assert_cmpstr(object->text, ==, "We met.\n- One\n- {\"p\":2}");
    g_assert_cmpuint(object->items[ITEM_ACTION]->len, ==, 1);
    g_assert_cmpstr(item_at(object, ITEM_QUESTION, 0)->text, ==, "Why?");
    g_assert_cmpstr(item_at(object, ITEM_DECISION, 0)->text, ==, "[1]");
    g_assert_cmpstr(item_at(object, ITEM_REQUIREMENT, 1)->priority, ==, "High");
    g_assert_cmpstr(json_get_string(object->extra, "mood", NULL), ==, "good");

    /* what the rewrite says is read as the same, and nothing unknown is lost */
    g_autoptr(json_t) summary = minutes_summary_to_json(object, "m", "2026-01-01T00:00:00.000Z", NULL);
    g_autoptr(json_t) requirements = minutes_requirements_to_json(object, "m", "2026-01-01T00:00:00.000Z", "meetings/x");
    g_assert_cmpstr(json_get_string(summary, "by", NULL), ==, "v1");
    g_assert_cmpint(json_get_int(requirements, "n", 0), ==, 2);
    g_autoptr(Minutes) again = minutes_from_json(summary, requirements);
    g_autoptr(json_t) rewritten = minutes_summary_to_json(again, "m", "2026-01-01T00:00:00.000Z", NULL);
    g_assert_true(json_equal(summary, rewritten));
}

static void test_any_shape(void) {
    static const char *const shapes[] = {
        "null",
        "5",
        "[]",
        "[\"a\"]",
        "{}",
        "\"all of it\"",
        "{\"summary\":null}",
        "{\"summary\":[1,2]}",
        "{\"summary\":{\"text\":{\"a\":1},\"topics\":[5,\"t\",{\"title\":7}],\"extractor\":\"x\",\"dropped\":-1}}"};
    for (gsize i = 0; i < G_N_ELEMENTS(shapes); i++) {
        g_autoptr(Minutes) minutes = read_minutes(shapes[i], shapes[i]);
        g_assert_nonnull(minutes->text);
    }
    g_autoptr(Minutes) bare = read_minutes("\"all of it\"", NULL);
    g_assert_cmpstr(bare->text, ==, "all of it");
    g_autoptr(Minutes) list = read_minutes("{\"summary\":[1,2]}", "{\"requirements\":\"One thing\"}");
    g_assert_cmpstr(list->text, ==, "[1,2]");
    g_assert_cmpstr(item_at(list, ITEM_REQUIREMENT, 0)->text, ==, "One thing");
    g_autoptr(Minutes) topics = read_minutes(shapes[8], NULL);
    g_assert_cmpuint(topics->topics->len, ==, 2);
    g_assert_cmpstr(topics->extractor, ==, "x");
    g_assert_cmpuint(topics->dropped, ==, 0);
    g_autoptr(Minutes) absent = minutes_from_json(NULL, NULL);
    g_assert_cmpstr(absent->text, ==, "");
    g_assert_cmpfloat(absent->coverage, ==, 1);
}

static Item *random_item(GRand *rand, ItemKind kind) {
    g_autofree char *text = random_text(rand, 40), *quote = random_text(rand, 20);
    g_autoptr(json_t) json = json_pack("{ssss}", "text", text, "note", "kept");
    Item *item = item_from_json(kind, json, 1);
    g_clear_pointer(&item->id, g_free);
    item->confidence = g_rand_double(rand);
    if (g_rand_boolean(rand)) item->due = g_strdup("2026-12-31");
    if (g_rand_boolean(rand)) item->type = g_strdup("security");
    if (g_strstrip(quote)[0]) item_add_evidence(item, &(Evidence){1, 2, 3, 4, NULL, (char *)"as said", MATCH_EXACT});
    return item;
}

static Minutes *random_minutes(GRand *rand) {
    Minutes *minutes = minutes_new();
    g_free(minutes->text);
    minutes->text = random_text(rand, 80);
    g_strstrip(minutes->text);
    minutes->coverage = g_rand_double(rand);
    minutes->dropped = g_rand_int_range(rand, 0, 9);
    minutes->run = g_strdup("run-1");
    for (int i = g_rand_int_range(rand, 0, 9); i > 0; i--)
        minutes_add(minutes, random_item(rand, g_rand_int_range(rand, 0, ITEM_KIND_COUNT)));
    for (int i = g_rand_int_range(rand, 0, 3); i > 0; i--) {
        Topic topic = {g_strdup("A topic"), i * 1000, i * 2000};
        g_array_append_val(minutes->topics, topic);
    }
    return minutes;
}

static void test_round_trip(void) {
    g_autoptr(GRand) rand = g_rand_new_with_seed(3);
    for (int i = 0; i < 1000; i++) {
        g_autoptr(Minutes) minutes = random_minutes(rand);
        g_autoptr(json_t) summary = minutes_summary_to_json(minutes, "m", "t", NULL);
        g_autoptr(json_t) requirements = minutes_requirements_to_json(minutes, "m", "t", NULL);
        g_autoptr(Minutes) read = minutes_from_json(summary, requirements);
        g_autoptr(json_t) summary_again = minutes_summary_to_json(read, "m", "t", NULL);
        g_autoptr(json_t) requirements_again = minutes_requirements_to_json(read, "m", "t", NULL);
        g_autofree char *before = dump(summary), *after = dump(summary_again);
        g_assert_cmpstr(before, ==, after);
        g_assert_true(json_equal(requirements, requirements_again));
    }
}

static void test_damage(void) {
    g_autoptr(GRand) rand = g_rand_new_with_seed(4);
    int parsed = 0;
    for (int i = 0; i < 5000; i++) {
        g_autoptr(Minutes) minutes = random_minutes(rand);
        g_autoptr(json_t) valid =
            i % 2 ? minutes_summary_to_json(minutes, "m", "t", NULL) : minutes_requirements_to_json(minutes, "m", "t", NULL);
        g_autofree char *written = dump(valid);
        gsize size = strlen(written);
        g_autofree guint8 *damaged = random_damage(rand, written, &size);
        g_autoptr(json_t) json = json_parse(damaged, size, "damage", NULL);
        if (!json) continue;
        parsed++;
        g_autoptr(Minutes) read = minutes_from_json(json, json);
        g_autoptr(json_t) rewritten = minutes_summary_to_json(read, "m", "t", NULL);
        g_autoptr(Minutes) again = minutes_from_json(rewritten, NULL);
        g_assert_cmpstr(again->text, ==, read->text);
        g_assert_cmpuint(again->items[ITEM_ACTION]->len, ==, read->items[ITEM_ACTION]->len);
    }
    g_assert_cmpint(parsed, >, 500);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/item/names", test_names);
    g_test_add_func("/item/ids", test_ids);
    g_test_add_func("/item/limits", test_item_limit);
    g_test_add_func("/item/documented-form", test_documented_form);
    g_test_add_func("/item/old-items", test_old_items);
    g_test_add_func("/item/old-item-keeps-members", test_old_item_keeps_members);
    g_test_add_func("/item/hostile-evidence", test_hostile_evidence);
    g_test_add_func("/minutes/old-summaries", test_old_summaries);
    g_test_add_func("/minutes/any-shape", test_any_shape);
    g_test_add_func("/minutes/round-trip", test_round_trip);
    g_test_add_func("/minutes/damage", test_damage);
    return g_test_run();
}
