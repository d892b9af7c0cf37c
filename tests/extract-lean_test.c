/* What a sentence of the summary is shown with, and how much it reads like minutes. */
#include "extract/lean.h"

static const struct {
    const char *said, *shown;
} cases[] = {
    {"So okay, I think we need, you know, a rubber case.", "We need, a rubber case"},
    {"Um the chip is used is used in the television or something like that.", "The chip is used in the television"},
    {"And it has, I mean, an okay button.", "It has, an okay button"},
    {"Well do you know what the battery costs?", "Do you know what the battery costs"},
    {"The price is what I think about, and", "The price is what I think about"},
    {"Yeah, sort of.", "Yeah, sort of"}, /* nothing is left of it otherwise */
    {"I think so.", "I think so"},
};

static GArray *read_sentence(const char *said, GArray **units) {
    g_autoptr(Transcript) transcript = transcript_new();
    transcript_add(transcript, 0, 900, transcript_speaker(transcript, "Ann"), said);
    GArray *sentences = sentences_of(transcript, units);
    g_assert_cmpuint(sentences->len, ==, 1);
    return sentences;
}

static void test_shown(void) {
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GArray) units = NULL, sentences = read_sentence(cases[i].said, &units);
        g_autoptr(GArray) words = lean_words(sentence_at(sentences, 0));
        g_autofree char *text = lean_text(sentence_at(sentences, 0), words);
        g_assert_cmpstr(text, ==, cases[i].shown);
    }
}

static double style_of(const char *said) {
    g_autoptr(GArray) units = NULL, sentences = read_sentence(said, &units);
    g_autoptr(GArray) words = lean_words(sentence_at(sentences, 0));
    return lean_style(sentence_at(sentences, 0), words);
}

static void test_style(void) {
    double written = style_of("The designer will present the prototype to the board.");
    double spoken = style_of("We just don't know if you really got something like it.");
    g_assert_cmpfloat(written, >, 0);
    g_assert_cmpfloat(written, <=, 0.5);
    g_assert_cmpfloat(spoken, <, -1);
    g_assert_cmpfloat(spoken, >=, -2);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/extract/lean/shown", test_shown);
    g_test_add_func("/extract/lean/style", test_style);
    return g_test_run();
}
