/* Picks that hand out work: whom each part is about. */
#include "extract/jobs.h"

typedef struct {
    const char *units[5], *parts[3]; /* what is said, by one speaker; per part its owner ("" for none) */
    guint lengths[3];                /* units of each part */
} Case;

static const Case cases[] = {
    {{"The Industrial Designer will work on the components.", "And the Marketing Expert is going to watch the trends."},
     {"Industrial Designer", "Marketing Expert"}, {1, 1}},
    {{"For the next meeting.", "The Industrial Designer,", "you'll look at the working design,", "with the clay.",
      "and the user interface designer at the technical functions."},
     {"Industrial Designer", "User Interface Designer"}, {4, 1}},
    {{"You will do the evaluation.", "And you'll find the price."}, {""}, {2}},
    {{"You will do the evaluation.", "The project manager writes the minutes."}, {"", "Project Manager"}, {1, 1}},
    {{"The Industrial Designer and the Marketing Expert will talk."}, {"Industrial Designer and Marketing Expert"}, {1}},
    {{"The Industrial Designer works on the case.", "And U_I_D_ on the menu.", "I am the User Interface Designer."},
     {"Industrial Designer", "User Interface Designer"}, {1, 2}},
    {{"The R_S_I_ is high."}, {""}, {1}},
    {{"Somebody should check the contract."}, {""}, {1}},
};

static void test_parts(void) {
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        const Case *one = &cases[i];
        g_autoptr(Transcript) transcript = transcript_new();
        g_autoptr(GArray) all = g_array_new(FALSE, FALSE, sizeof(guint)), units = NULL, sentences = NULL, parts = NULL;
        for (guint unit = 0; unit < G_N_ELEMENTS(one->units) && one->units[unit]; unit++) {
            transcript_add(transcript, unit * 1000, unit * 1000 + 900, transcript_speaker(transcript, "Ann"), one->units[unit]);
            g_array_append_val(all, unit);
        }
        sentences = sentences_of(transcript, &units);
        g_assert_cmpuint(units->len, ==, all->len);
        const Talk talk = {transcript, sentences, units, NULL};
        const Pick pick = {.best = all->len - 1, .units = all, .probability = 0.4};
        parts = jobs_parts(&talk, &pick);
        guint wanted = 0, next = 0;
        for (; wanted < G_N_ELEMENTS(one->parts) && one->parts[wanted]; wanted++) {
            g_assert_cmpuint(parts->len, >, wanted);
            const Pick *part = &g_array_index(parts, Pick, wanted);
            g_autofree char *owner = jobs_named(&talk, part);
            g_assert_cmpstr(owner ? owner : "", ==, one->parts[wanted]);
            g_assert_cmpuint(part->units->len, ==, one->lengths[wanted]);
            g_assert_cmpfloat(part->probability, ==, pick.probability);
            for (guint j = 0; j < part->units->len; j++) g_assert_cmpuint(g_array_index(part->units, guint, j), ==, next++);
        }
        g_assert_cmpuint(parts->len, ==, wanted);
    }
}

static void test_whole_name(void) {
    g_autoptr(Transcript) transcript = transcript_new();
    g_autoptr(GArray) units = NULL, sentences = NULL;
    transcript_add(transcript, 0, 900, transcript_speaker(transcript, "Ann"), "So the User Interface Designer can draw a menu for Bob.");
    sentences = sentences_of(transcript, &units);
    const Sentence *sentence = sentence_at(sentences, 0);
    g_autofree char *job = jobs_full_name(sentence, 4, "Designer"), *person = jobs_full_name(sentence, 10, "Bob");
    g_assert_cmpstr(job, ==, "User Interface Designer");
    g_assert_cmpstr(person, ==, "Bob");
    g_assert_null(jobs_full_name(sentence, 4, NULL));
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/extract/jobs/parts", test_parts);
    g_test_add_func("/extract/jobs/whole_name", test_whole_name);
    return g_test_run();
}
