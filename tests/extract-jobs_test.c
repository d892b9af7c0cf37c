/* People who are called by their job. */
#include "extract/jobs.h"

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

static void test_titles(void) {
    g_autoptr(Transcript) transcript = transcript_new();
    g_autoptr(GArray) units = NULL, sentences = NULL;
    transcript_add(transcript, 0, 900, transcript_speaker(transcript, "Ann"), "The user interface designer talks to the Marketing Expert.");
    transcript_add(transcript, 1000, 1900, transcript_speaker(transcript, "Ann"), "The User Interface Designer and our project manager agree.");
    sentences = sentences_of(transcript, &units);
    g_autoptr(GPtrArray) titles = jobs_titles(units);
    g_assert_cmpuint(titles->len, ==, 3);
    g_assert_cmpstr(titles->pdata[0], ==, "User Interface Designer"); /* the longest first */
    static const struct {
        const char *text, *job;
        gsize length;
    } cases[] = {
        {"user interface designer, you", "User Interface Designer", 23}, {"marketing, you'll", "Marketing Expert", 9},
        {"marketing you do", "Marketing Expert", 9}, {"marketing-wise", NULL, 0}, {"marketings", NULL, 0}, {"project documents", NULL, 0}, {"Project Manager", "Project Manager", 15},
        {"U_I_D_ the menu", "User Interface Designer", 6}, {"Q_A_ will test", NULL, 0}, {"L_C_D_ has to", NULL, 0}, {"marketing will", NULL, 0}, {"U_I_Designer", NULL, 0}, {"", NULL, 0}};
    const Talk talk = {transcript, sentences, units, NULL, titles};
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        gsize length = 0;
        g_autofree char *job = jobs_here(&talk, cases[i].text, &length);
        g_assert_cmpstr(job, ==, cases[i].job);
        if (job) g_assert_cmpuint(length, ==, cases[i].length);
    }
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/extract/jobs/titles", test_titles);
    g_test_add_func("/extract/jobs/whole_name", test_whole_name);
    return g_test_run();
}
