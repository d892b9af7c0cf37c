/* Talk that hands out work: its parts, and whom each is for. */
#include "extract/handout.h"

#include "extract/jobs.h"

typedef struct {
    const char *units[5], *owners[4]; /* what Ann says; of each part its owner: "?" for "you", "" where nothing is said */
    guint lengths[4];                 /* units of each part */
} Case;

static const Case cases[] = {
    {{"The Industrial Designer will work on the components.", "And the Marketing Expert is going to watch the trends."},
     {"Industrial Designer", "Marketing Expert"}, {1, 1}},
    {{"For the next meeting.", "The Industrial Designer,", "you'll look at the working design,", "with the clay.",
      "and the user interface designer at the technical functions."},
     {"Industrial Designer", "User Interface Designer"}, {4, 1}},
    {{"You will do the evaluation.", "And you'll find the price."}, {"?", "?"}, {1, 1}},
    {{"You will do the evaluation.", "The project manager writes the minutes."}, {"?", "Project Manager"}, {1, 1}},
    {{"The Industrial Designer and the Marketing Expert will talk."}, {"Industrial Designer and Marketing Expert"}, {1}},
    {{"The Industrial Designer works on the case.", "And U_I_D_ on the menu.", "There is a User Interface Designer."},
     {"Industrial Designer", "User Interface Designer"}, {1, 2}},
    {{"The R_S_I_ was high."}, {""}, {1}},
    {{"Somebody should check the contract."}, {""}, {1}},
    {{"Um Raj you'll be working on the menu.", "So Raj and Tara will build the model.", "And you two show it to Sue."},
     {"Raj", "Raj and Tara", "?"}, {1, 1, 1}},
    {{"The case is for Tara.", "Raj gets the menu.", "And for you, Sue, the trends.", "I'll ask Raj to bring clay."},
     {"Tara", "Raj", "Sue", "Raj"}, {1, 1, 1, 1}},
    {{"I'll put the minutes in the folder.", "Everyone could do the same.", "The uh the rest is my task."}, {"Ann", "Everyone", "Ann"}, {1, 1, 1}},
    {{"And marketing, you're gonna watch the trends.", "The Marketing Expert likes that."}, {"Marketing Expert"}, {2}},
    {{"You will have to work more, Raj, on the menu."}, {"Raj"}, {1}},
    {{"The price is for Raj to find.", "We have thirty minutes."}, {"Raj"}, {2}},
    {{"Raj is on holiday.", "The Marketing Expert wants it red."}, {""}, {2}},
    {{"I saw Raj, Tara and Sue."}, {""}, {1}}, /* the names are known from here */
    {{"@1 you'll do it, @0, @9 and @a."}, {""}, {1}},
};

typedef struct {
    Transcript *transcript;
    GArray *sentences, *units;
    Names *names;
    GPtrArray *titles;
    Talk talk;
} Room;

/* All units are Ann's; others have named Raj, Tara and Sue before. */
static void room_open(Room *room, const char *const *lines, guint count) {
    room->transcript = transcript_new();
    int ann = transcript_speaker(room->transcript, "Ann");
    for (guint i = 0; i < count && lines[i]; i++) transcript_add(room->transcript, i * 1000, i * 1000 + 900, ann, lines[i]);
    transcript_add(room->transcript, 90000, 91000, transcript_speaker(room->transcript, "Bob"), "So there are Raj, Tara and Sue.");
    room->sentences = sentences_of(room->transcript, &room->units);
    room->names = names_of(room->transcript, room->sentences);
    room->titles = jobs_titles(room->units);
    room->talk = (Talk){room->transcript, room->sentences, room->units, room->names, room->titles};
}

static void room_close(Room *room) {
    g_ptr_array_unref(room->titles);
    names_free(room->names);
    g_array_unref(room->units);
    g_array_unref(room->sentences);
    transcript_free(room->transcript);
}

static void test_parts(void) {
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        const Case *one = &cases[i];
        g_test_message("%s", one->units[0]);
        g_autoptr(GArray) all = g_array_new(FALSE, FALSE, sizeof(guint)), parts = NULL;
        Room room;
        room_open(&room, one->units, G_N_ELEMENTS(one->units));
        for (guint unit = 0; unit + 1 < room.units->len; unit++) g_array_append_val(all, unit);
        const Pick pick = {.best = all->len - 1, .units = all, .probability = 0.4};
        parts = handout_parts(&room.talk, &pick);
        guint wanted = 0, next = 0;
        for (; wanted < G_N_ELEMENTS(one->owners) && one->owners[wanted]; wanted++) {
            g_assert_cmpuint(parts->len, >, wanted);
            const Handout *part = &g_array_index(parts, Handout, wanted);
            g_assert_cmpstr(part->owner ? part->owner : part->said ? "?" : "", ==, one->owners[wanted]);
            g_assert_cmpuint(part->pick.units->len, ==, one->lengths[wanted]);
            g_assert_cmpfloat(part->pick.probability, ==, pick.probability);
            for (guint j = 0; j < part->pick.units->len; j++) g_assert_cmpuint(g_array_index(part->pick.units, guint, j), ==, next++);
        }
        g_assert_cmpuint(parts->len, ==, wanted);
        room_close(&room);
    }
}

/* One sentence over two segments, a task in each. */
static void test_part_of_sentence(void) {
    static const char *const lines[] = {"Raj will draw the menu,", "and Tara is going to watch the trends."};
    Room room;
    guint end = 0;
    room_open(&room, lines, G_N_ELEMENTS(lines));
    g_autoptr(Handout) first = handout_of_word(&room.talk, 0, 2, &end);
    g_assert_cmpstr(first->owner, ==, "Raj");
    g_assert_cmpuint(end, ==, 5);
    g_autoptr(Handout) second = handout_of_word(&room.talk, 0, 10, &end);
    g_assert_cmpstr(second->owner, ==, "Tara");
    g_assert_cmpuint(end, ==, 13);
    g_assert_cmpuint(handout_end(&room.talk, first, 0), ==, 5);
    g_autofree char *one = handout_named(&room.talk, 0, 4), *other = handout_named(&room.talk, 0, 7);
    g_assert_cmpstr(one, ==, "Raj");
    g_assert_cmpstr(other, ==, "Tara");
    g_assert_null(handout_named(&room.talk, 0, 12)); /* too far behind */
    g_assert_null(handout_of_word(&room.talk, 1, 0, &end)); /* one segment */
    room_close(&room);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/extract/handout/parts", test_parts);
    g_test_add_func("/extract/handout/part_of_sentence", test_part_of_sentence);
    return g_test_run();
}
