/* Recognition with the real models: what was said, when, and nothing where nothing was said. Skipped where the models or the
 * recordings (HANSARD_TEST_AUDIO, else ../shared/data/audio beside the tree) are not there. */
#include "speech/speech.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>
#include <sys/resource.h>

#define RATE_HZ 16000
#define MODEL TEST_MODEL_DIR "/ggml-tiny.en-q8_0.bin"
#define MODEL_MULTILINGUAL TEST_MODEL_DIR "/ggml-base-q8_0.bin"
#define VAD TEST_MODEL_DIR "/silero-vad.bin"

static GArray *no_samples(void) { return g_array_new(FALSE, TRUE, sizeof(float)); }

static bool read_wave(const char *name, GArray *samples) {
    const char *set = g_getenv("HANSARD_TEST_AUDIO");
    g_autofree char *path = g_build_filename(set ? set : TEST_SOURCE_DIR "/../../shared/data/audio", name, NULL);
    g_autofree char *bytes = NULL;
    gsize size;
    if (!g_file_get_contents(path, &bytes, &size, NULL)) return false;
    for (gsize at = 44; at + 1 < size; at += 2) {
        gint16 value;
        memcpy(&value, bytes + at, sizeof value);
        float sample = (float)value / 32768;
        g_array_append_val(samples, sample);
    }
    return true;
}

static void add_silence(GArray *samples, guint seconds) { g_array_set_size(samples, samples->len + seconds * RATE_HZ); }

static void add_noise(GArray *samples, guint seconds) {
    g_autoptr(GRand) random = g_rand_new_with_seed(7);
    for (guint i = 0; i < seconds * RATE_HZ; i++) {
        float sample = (float)g_rand_double_range(random, -0.1, 0.1);
        g_array_append_val(samples, sample);
    }
}

/* Of the mains, with overtones. */
static void add_hum(GArray *samples, guint seconds) {
    for (guint i = 0; i < seconds * RATE_HZ; i++) {
        double turn = 2 * G_PI * 50 * i / RATE_HZ;
        float sample = (float)(0.2 * sin(turn) + 0.05 * sin(2 * turn) + 0.05 * sin(3 * turn));
        g_array_append_val(samples, sample);
    }
}

/* A tune of chords, three notes a second, as while callers wait. */
static void add_music(GArray *samples, guint seconds) {
    static const double notes[] = {261.6, 329.6, 392, 523.3, 440, 349.2, 293.7, 246.9};
    for (guint i = 0; i < seconds * RATE_HZ; i++) {
        double note = notes[i * 3 / RATE_HZ % G_N_ELEMENTS(notes)], turn = 2 * G_PI * i / RATE_HZ;
        double fade = 1 - (double)(i * 3 % RATE_HZ) / RATE_HZ;
        float sample = (float)(fade * (0.2 * sin(turn * note) + 0.1 * sin(turn * note * 1.5) + 0.1 * sin(turn * note / 2)));
        g_array_append_val(samples, sample);
    }
}

static bool models_there(void) {
    if (g_file_test(MODEL, G_FILE_TEST_EXISTS) && g_file_test(VAD, G_FILE_TEST_EXISTS)) return true;
    g_test_skip("the models are not there: run setup/model.sh tiny.en");
    return false;
}

typedef struct {
    Transcript *transcript;
    guint refuse_at, reports;
    gint64 done_ms;
} Heard;

static bool on_segment(const Segment *segment, gpointer user_data, GError **error) {
    Heard *heard = user_data;
    if (heard->refuse_at > 0 && --heard->refuse_at == 0) return fail(error, ERROR_CANCELLED, "enough");
    Segment *copy = transcript_add(heard->transcript, segment->start_ms, segment->end_ms, segment->speaker, segment->text);
    g_assert_nonnull(copy);
    gint64 last_ms = segment->start_ms;
    for (guint i = 0; i < segment->words->len; i++) {
        const Word *word = &g_array_index(segment->words, Word, i);
        g_assert_cmpint(word->start_ms, >=, last_ms);
        g_assert_cmpint(word->end_ms, >=, word->start_ms);
        g_assert_cmpfloat(word->confidence, >=, 0);
        g_assert_cmpfloat(word->confidence, <=, 1);
        last_ms = word->end_ms;
        segment_add_word(copy, word->start_ms, word->end_ms, word->confidence, word->text);
    }
    g_assert_cmpint(last_ms, <=, segment->end_ms);
    return true;
}

static void on_progress(gint64 done_ms, gpointer user_data) {
    Heard *heard = user_data;
    g_assert_cmpint(done_ms, >=, heard->done_ms);
    heard->done_ms = done_ms;
    heard->reports++;
}

/* Written in uneven pieces, as a decoder hands them over. */
static Transcript *hear_with(const SpeechOptions *options, const GArray *samples, const char *language_expected) {
    g_autoptr(Speech) speech = NULL;
    g_autoptr(GError) error = NULL;
    Heard heard = {.transcript = transcript_new()};
    const char *language = NULL;
    g_assert_true(speech_open(options, &speech, &error));
    g_assert_no_error(error);
    for (guint at = 0, size; at < samples->len; at += size) {
        size = MIN(1 + at % 5000, samples->len - at);
        g_assert_true(speech_write(speech, &g_array_index(samples, float, at), size, on_segment, on_progress, &heard, &error));
        g_assert_no_error(error);
    }
    g_assert_true(speech_finish(speech, on_segment, on_progress, &heard, &language, &error));
    g_assert_no_error(error);
    g_assert_cmpstr(language, ==, language_expected);
    g_assert_cmpuint(heard.reports, >=, 1);
    g_assert_cmpint(ABS(heard.done_ms - (gint64)samples->len * 1000 / RATE_HZ), <=, 32);
    return heard.transcript;
}

static Transcript *hear(const GArray *samples, const char *vocabulary) {
    SpeechOptions options = {.model_path = MODEL, .vad_path = VAD, .vocabulary = vocabulary, .threads = 2};
    return hear_with(&options, samples, "en");
}

static char *text_of(const Transcript *transcript) {
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; i < transcript->segments->len; i++)
        g_string_append_printf(text, "%s ", transcript_segment(transcript, i)->text);
    return g_ascii_strdown(text->str, -1);
}

/* When a word begins that is said `nth` (from 0). */
static gint64 word_start_ms(const Transcript *transcript, const char *text, guint nth) {
    for (guint s = 0; s < transcript->segments->len; s++) {
        const GArray *words = transcript_segment(transcript, s)->words;
        for (guint i = 0; i < words->len; i++) {
            const Word *word = &g_array_index(words, Word, i);
            if (g_str_has_prefix(word->text, text) && nth-- == 0) return word->start_ms;
        }
    }
    g_error("\"%s\" was not heard", text);
}

/* The onsets were read off the waveform. */
static void test_jfk(void) {
    static const struct {
        const char *word;
        guint nth;
        gint64 start_ms;
    } onsets[] = {{"ask", 0, 3290}, {"not", 0, 4020}, {"what", 0, 5400}, {"your", 0, 5620}, {"country", 0, 5840},
                  {"can", 0, 6420}, {"do", 0, 6620},  {"for", 0, 6940},  {"you", 1, 7140}};
    g_autoptr(GArray) samples = no_samples();
    if (!models_there()) return;
    if (!read_wave("read/jfk.wav", samples)) return g_test_skip("the recordings are not there");
    g_autoptr(Transcript) transcript = hear(samples, NULL), again = hear(samples, NULL);
    g_autofree char *text = text_of(transcript), *text_again = text_of(again);
    g_assert_nonnull(strstr(text, "my fellow americans"));
    g_assert_nonnull(strstr(text, "what you can do for your country"));
    g_assert_cmpstr(text, ==, text_again);
    for (gsize i = 0; i < G_N_ELEMENTS(onsets); i++) {
        gint64 off_ms = word_start_ms(transcript, onsets[i].word, onsets[i].nth) - onsets[i].start_ms;
        if (ABS(off_ms) > 150) g_error("\"%s\" is %d ms off", onsets[i].word, (int)off_ms);
    }
    const Segment *last = transcript_segment(transcript, transcript->segments->len - 1);
    g_assert_cmpint(ABS(transcript_segment(transcript, 0)->start_ms - 320), <=, 500);
    g_assert_cmpint(ABS(last->end_ms - 10500), <=, 500);
    g_assert_cmpuint(last->words->len, >=, 3);
}

/* Too little speech to settle the language by: the best guess is told. Where nobody speaks there is none. */
static void test_language(void) {
    SpeechOptions options = {.model_path = MODEL_MULTILINGUAL, .vad_path = VAD, .threads = 2};
    g_autoptr(GArray) samples = no_samples(), silence = no_samples();
    if (!models_there()) return;
    if (!g_file_test(MODEL_MULTILINGUAL, G_FILE_TEST_EXISTS)) return g_test_skip("run setup/model.sh base");
    if (!read_wave("read/jfk.wav", samples)) return g_test_skip("the recordings are not there");
    g_array_set_size(samples, 4 * RATE_HZ);
    add_silence(silence, 5);
    g_autoptr(Transcript) spoken = hear_with(&options, samples, "en"), nothing = hear_with(&options, silence, NULL);
    g_assert_cmpuint(spoken->segments->len, >=, 1);
    g_assert_cmpuint(nothing->segments->len, ==, 0);
}

/* Names that are misheard without it, and heard with it, in each chunk of the recording; also where a list that is far longer than the model
 * takes begins with them. It invents nothing where nobody speaks. */
static void test_vocabulary(void) {
    g_autoptr(GArray) samples = no_samples(), silence = no_samples();
    if (!models_there()) return;
    if (!read_wave("ami/ES2011a_H0_40-46.wav", samples)) return g_test_skip("the recordings are not there");
    add_silence(samples, 130); /* more than a chunk reaches over */
    g_assert_true(read_wave("ami/ES2011a_H0_40-46.wav", samples));
    add_silence(silence, 30);
    g_autoptr(GString) list = g_string_new("Abigail Claflin; Abbie");
    while (list->len < 3900) g_string_append_printf(list, ", term number %u", (guint)list->len);
    const char *const vocabularies[] = {NULL, " ,;\n", "Abigail Claflin, Abbie", list->str};
    for (gsize i = 0; i < G_N_ELEMENTS(vocabularies); i++) {
        g_autoptr(Transcript) transcript = hear(samples, vocabularies[i]), nothing = hear(silence, vocabularies[i]);
        g_autofree char *text = text_of(transcript);
        const char *first = strstr(text, "abigail claflin");
        if ((first != NULL) != (i >= 2) || (first && !strstr(first + 1, "abigail claflin")))
            g_error("with vocabulary %d: \"%s\"", (int)i, text);
        g_assert_null(strstr(text, "glossary"));
        g_assert_null(strstr(text, "term"));
        g_assert_cmpuint(nothing->segments->len, ==, 0);
    }
}

static void test_nothing_said(void) {
    if (!models_there()) return;
    g_autoptr(GArray) silence = no_samples(), noise = no_samples(), hum = no_samples();
    g_autoptr(GArray) nothing = no_samples(), blink = no_samples(), music = no_samples();
    add_silence(silence, 60);
    add_noise(noise, 60);
    add_hum(hum, 60);
    add_music(music, 60);
    g_array_set_size(blink, 10);
    const GArray *cases[] = {silence, noise, hum, music, nothing, blink};
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(Transcript) transcript = hear(cases[i], NULL);
        g_assert_cmpuint(transcript->segments->len, ==, 0);
    }
}

/* Excerpts with minutes of silence and noise between: each is found at its place, and none stretches into what is between. */
static void test_places(void) {
    static const char *const names[] = {"read/jfk.wav", "read/libri-quilter.wav", "read/austen-0870.wav", "read/jfk.wav"};
    g_autoptr(GArray) samples = no_samples(), places = g_array_new(FALSE, FALSE, sizeof(gint64));
    if (!models_there()) return;
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        gint64 place = (gint64)samples->len * 1000 / RATE_HZ;
        g_array_append_val(places, place);
        if (!read_wave(names[i], samples)) return g_test_skip("the recordings are not there");
        place = (gint64)samples->len * 1000 / RATE_HZ;
        g_array_append_val(places, place);
        if (i == 1) add_noise(samples, 20);
        else add_silence(samples, i == 0 ? 5 : 150);
    }
    g_autoptr(Transcript) transcript = hear(samples, NULL);
    guint found[G_N_ELEMENTS(names)] = {0};
    for (guint s = 0; s < transcript->segments->len; s++) {
        const Segment *segment = transcript_segment(transcript, s);
        gsize i = 0;
        while (i + 1 < G_N_ELEMENTS(names) && segment->start_ms >= g_array_index(places, gint64, 2 * i + 2) - 500) i++;
        g_assert_cmpint(segment->end_ms, <=, g_array_index(places, gint64, 2 * i + 1) + 500);
        found[i]++;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) g_assert_cmpuint(found[i], >=, 1);
}

/* Ten minutes of talk and pauses take no more memory than one. */
static void test_memory(void) {
    g_autoptr(GArray) talk = no_samples(), talk_long = no_samples();
    if (!models_there()) return;
    if (!read_wave("read/jfk.wav", talk)) return g_test_skip("the recordings are not there");
#ifdef HANSARD_SANITIZER
    return g_test_skip("a sanitizer keeps memory of its own");
#endif
    for (guint i = 0; i < 7; i++) {
        g_array_append_vals(talk_long, talk->data, talk->len);
        add_silence(talk_long, 75);
    }
    transcript_free(hear(talk, NULL));
    struct rusage before, after;
    getrusage(RUSAGE_SELF, &before);
    transcript_free(hear(talk_long, NULL));
    getrusage(RUSAGE_SELF, &after);
    g_assert_cmpint(after.ru_maxrss - before.ru_maxrss, <=, 16 * 1024); /* KiB */
    GStatBuf model;
    g_assert_cmpint(g_stat(MODEL, &model), ==, 0);
    g_assert_cmpint(after.ru_maxrss, <=, model.st_size / 1024 + 200 * 1024);
}

static void test_stopped(void) {
    g_autoptr(GArray) samples = no_samples();
    if (!models_there()) return;
    if (!read_wave("read/jfk.wav", samples)) return g_test_skip("the recordings are not there");
    g_autoptr(Speech) speech = NULL;
    g_autoptr(GError) error = NULL;
    SpeechOptions options = {.model_path = MODEL, .vad_path = VAD, .threads = 2};
    g_autoptr(Transcript) transcript = transcript_new();
    Heard heard = {.transcript = transcript, .refuse_at = 1};
    const char *language = "untouched";
    g_assert_true(speech_open(&options, &speech, NULL));
    g_assert_true(speech_write(speech, (const float *)(const void *)samples->data, samples->len, on_segment, NULL, &heard, NULL));
    g_assert_false(speech_finish(speech, on_segment, NULL, &heard, &language, &error));
    g_assert_true(error_is(error, ERROR_CANCELLED));
    g_assert_cmpstr(language, ==, "untouched");
}

static void assert_not_opened(const SpeechOptions *options, const char *says) {
    g_autoptr(GError) error = NULL;
    Speech *speech = NULL;
    g_assert_false(speech_open(options, &speech, &error));
    g_assert_null(speech);
    g_assert_true(error_is(error, ERROR_CONFIG));
    if (!strstr(error->message, says)) g_error("\"%s\" doesn't say \"%s\"", error->message, says);
}

static void test_refused(void) {
    assert_not_opened(&(SpeechOptions){.model_path = "/nonexistent", .vad_path = VAD, .threads = 1}, "HANSARD_MODEL");
    assert_not_opened(&(SpeechOptions){.model_path = "/proc/self/exe", .vad_path = VAD, .threads = 1}, "HANSARD_MODEL");
    assert_not_opened(&(SpeechOptions){.model_path = TEST_SOURCE_DIR, .vad_path = VAD, .threads = 1}, "HANSARD_MODEL");
    if (!models_there()) return;
    assert_not_opened(&(SpeechOptions){.model_path = VAD, .vad_path = VAD, .threads = 1}, "HANSARD_MODEL");
    assert_not_opened(&(SpeechOptions){.model_path = MODEL, .vad_path = MODEL, .threads = 1}, "HANSARD_VAD_MODEL");
    assert_not_opened(&(SpeechOptions){.model_path = MODEL, .vad_path = VAD, .threads = 1, .language = "xx"}, "HANSARD_LANGUAGE");
    assert_not_opened(&(SpeechOptions){.model_path = MODEL, .vad_path = VAD, .threads = 1, .language = "de"}, "English-only");
    g_autofree char *vocabulary = g_strnfill(4001, 'a');
    assert_not_opened(&(SpeechOptions){.model_path = MODEL, .vad_path = VAD, .threads = 1, .vocabulary = vocabulary},
                      "HANSARD_VOCABULARY");
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/speech/memory", test_memory); /* first, while the peak is its own */
    g_test_add_func("/speech/jfk", test_jfk);
    g_test_add_func("/speech/language", test_language);
    g_test_add_func("/speech/vocabulary", test_vocabulary);
    g_test_add_func("/speech/nothing-said", test_nothing_said);
    g_test_add_func("/speech/places", test_places);
    g_test_add_func("/speech/stopped", test_stopped);
    g_test_add_func("/speech/refused", test_refused);
    return g_test_run();
}
