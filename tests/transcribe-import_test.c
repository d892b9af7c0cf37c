/* Transcripts that people already have: what real programs write, what people write by hand, what is damaged, and what is
 * hostile. */
#include <string.h>

#include "base/limits.h"
#include "processor_time.h"
#include "random_input.h"
#include "transcribe/import.h"

static Transcript *import_as(ImportFormat format, const char *text) {
    g_autoptr(GError) error = NULL;
    Transcript *transcript = NULL;
    g_assert_true(import_transcript(format, text, strlen(text), &transcript, &error));
    g_assert_no_error(error);
    return transcript;
}

static void assert_refused(ImportFormat format, const char *data, gsize size, ErrorCode code, const char *said) {
    g_autoptr(GError) error = NULL;
    Transcript *untouched = NULL;
    g_assert_false(import_transcript(format, data, size, &untouched, &error));
    g_assert_error(error, HANSARD_ERROR, (int)code);
    if (!strstr(error->message, said)) g_error("\"%s\" does not say \"%s\"", error->message, said);
    g_assert_null(untouched);
}

static void assert_invalid(ImportFormat format, const char *text, const char *said) {
    assert_refused(format, text, strlen(text), ERROR_INVALID, said);
}

/* "start-end Name: words" a segment, times in milliseconds. */
static void assert_segments(const Transcript *transcript, const char *const *expected) {
    guint i = 0;
    for (; expected[i]; i++) {
        const Segment *segment = transcript_segment(transcript, i);
        g_assert_nonnull(segment);
        const char *name = transcript_speaker_name(transcript, segment->speaker);
        g_autofree char *line =
            g_strdup_printf("%d-%d %s: %s", (int)segment->start_ms, (int)segment->end_ms, name ? name : "?", segment->text);
        g_assert_cmpstr(line, ==, expected[i]);
    }
    g_assert_cmpuint(transcript->segments->len, ==, i);
}
#define SEGMENTS(...) ((const char *const[]){__VA_ARGS__, NULL})

#define ZOOM                                                                                                                     \
    "WEBVTT\r\n\r\n1\r\n00:00:01.500 --> 00:00:03.000\r\nAnn Smith: Hello all.\r\n\r\n2\r\n00:00:03.200 --> 00:00:05.000\r\n"    \
    "Bob Lee: Hi, Ann.\r\n\r\n3\r\n00:00:05.000 --> 00:00:09.000\r\nAnn Smith: One thing: we ship.\r\n"
#define TEAMS                                                                                                                    \
    "\xEF\xBB\xBFWEBVTT\n\n3f2504e0-4f89-11d3-9a0c-0305e82c3301/11-0\n00:00:01.000 --> 00:00:02.000\n<v Ann "                    \
    "Smith>Good\nmorning.</v>\n\n"                                                                                               \
    "3f2504e0-4f89-11d3-9a0c-0305e82c3301/12-0\n00:00:02.000 --> 00:00:04.000 align:start position:0%\n<v.loud Bob>R&amp;D is "  \
    "&lt; done</v>"                                                                                                              \
    "<v Ann Smith>Yes.</v>\n"
#define YOUTUBE                                                                                                                  \
    "WEBVTT\nKind: captions\nLanguage: en\n\n00:00:00.000 --> 00:00:02.000 align:start position:0%\n \nhello<00:00:00.500><c> "  \
    "world</c>\n\n"                                                                                                              \
    "00:00:02.000 --> 00:00:02.010 align:start position:0%\nhello world\n \n\n00:00:02.010 --> 00:00:04.000 align:start "        \
    "position:0%\n"                                                                                                              \
    "hello world\nnext<00:00:03.000><c> line</c>\n"
#define SRT                                                                                                                      \
    "1\n00:00:01,000 --> 00:00:02,500\n<i>Hello</i>\n{\\an8}there\n\n2\n00:00:02,500 --> 00:00:04,000\n<inaudible> a < b "       \
    "&#39;ok&#x27;\n"

static void test_zoom(void) {
    g_autoptr(Transcript) transcript = import_as(IMPORT_VTT, ZOOM);
    assert_segments(transcript, SEGMENTS("1500-3000 Ann Smith: Hello all.", "3200-5000 Bob Lee: Hi, Ann.",
                                         "5000-9000 Ann Smith: One thing: we ship."));
    g_assert_cmpint(transcript->duration_ms, ==, 9000);
    g_assert_cmpint(transcript->covered_ms, ==, 9000);
    g_assert_cmpstr(transcript->transcriber, ==, "import");
    g_assert_cmpstr(transcript->model, ==, "webvtt");
    g_assert_true(transcript->timed);
}

static void test_teams(void) {
    g_autoptr(Transcript) transcript = import_as(IMPORT_VTT, TEAMS);
    assert_segments(transcript,
                    SEGMENTS("1000-2000 Ann Smith: Good morning.", "2000-4000 Bob: R&D is < done", "2000-4000 Ann Smith: Yes."));
}

static void test_youtube(void) {
    g_autoptr(Transcript) transcript = import_as(IMPORT_VTT, YOUTUBE);
    assert_segments(transcript, SEGMENTS("0-2000 ?: hello world", "2010-4000 ?: next line"));
    /* without word times a repetition was said twice */
    g_autoptr(Transcript) twice =
        import_as(IMPORT_VTT, "WEBVTT\n\n00:01.000 --> 00:02.000\nyes\n\n00:02.000 --> 00:03.000\nyes\n");
    assert_segments(twice, SEGMENTS("1000-2000 ?: yes", "2000-3000 ?: yes"));
}

static void test_vtt_structure(void) {
    g_autoptr(Transcript) transcript =
        import_as(IMPORT_VTT, "WEBVTT - title\nX-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:0\n\nNOTE a remark\nof two "
                              "lines\n\nSTYLE\n::cue { }\n\nREGION\nid:x\n\n"
                              "intro\n1:00:01.000 --> 1:00:02.000\nlate\n\nmore after an empty line\n\n00:05.5 --> "
                              "00:04.0\nearly\n00:06.000 --> 00:07.000\nno gap\n\n"
                              "00:08.000 --> 00:09.000\n\n");
    assert_segments(transcript,
                    SEGMENTS("5500-5500 ?: early", "6000-7000 ?: no gap", "3601000-3602000 ?: late more after an empty line"));
}

static void test_cr_and_utf16(void) {
    g_autoptr(Transcript) old_mac = import_as(IMPORT_VTT, "WEBVTT\r\r00:01.000 --> 00:02.000\rhi\r");
    assert_segments(old_mac, SEGMENTS("1000-2000 ?: hi"));
    static const char text[] = "WEBVTT\n\n00:01.000 --> 00:02.000\nGrüße 🙂\n";
    static const char *const encodings[][2] = {{"UTF-16LE", "\xFF\xFE"}, {"UTF-16BE", "\xFE\xFF"}};
    for (gsize i = 0; i < G_N_ELEMENTS(encodings); i++) {
        gsize written;
        g_autofree char *wide = g_convert(text, -1, encodings[i][0], "UTF-8", NULL, &written, NULL);
        g_autoptr(GByteArray) bytes = g_byte_array_new();
        g_byte_array_append(bytes, (const guint8 *)encodings[i][1], 2);
        g_byte_array_append(bytes, (const guint8 *)wide, (guint)written);
        g_assert_cmpint(import_detect(bytes->data, bytes->len, "a.vtt"), ==, IMPORT_VTT);
        Transcript *read = NULL;
        g_assert_true(import_transcript(IMPORT_VTT, bytes->data, bytes->len, &read, NULL));
        assert_segments(read, SEGMENTS("1000-2000 ?: Grüße 🙂"));
        transcript_free(read);
        assert_refused(IMPORT_VTT, (const char *)bytes->data, bytes->len - 1, ERROR_INVALID, "neither UTF-8");
    }
    g_autoptr(Transcript) western = import_as(IMPORT_TEXT, "Gr\xFC\xDF"
                                                           "e \x93"
                                                           "dort\x94");
    g_assert_cmpstr(transcript_segment(western, 0)->text, ==, "Grüße “dort”");
}

static void test_srt(void) {
    g_autoptr(Transcript) transcript = import_as(IMPORT_SRT, SRT);
    assert_segments(transcript, SEGMENTS("1000-2500 ?: Hello there", "2500-4000 ?: <inaudible> a < b 'ok'"));
    g_autoptr(Transcript) loose =
        import_as(IMPORT_SRT, "1\n0:00:01,5 --> 0:00:02\nnine\n10\n00:00:02,000 --> 00:00:03,000\nsee --> there\n\n7\n\n");
    assert_segments(loose, SEGMENTS("1500-2000 ?: nine", "2000-3000 ?: see --> there"));
}

static void test_damaged_cues(void) {
    assert_invalid(IMPORT_VTT, "WEBVTT\n\n00:00:01.000 --> 00:00:0x.000\nwords\n", "Line 3");
    assert_invalid(IMPORT_VTT, "WEBVTT\n\n00:01.000 --> 00:02.000\na\n\n00:00:01.000 -> 00:00:02.000\nwords\n", "Line 6");
    assert_invalid(IMPORT_SRT, "1\n00:00:01,000 --> \nwords\n", "Line 2");
    assert_invalid(IMPORT_SRT, "words\n\n1\n00:00:01,000 --> 00:00:02,000\n", "Line 1");
    assert_invalid(IMPORT_VTT, "WEBVTT\n\nNOTE nothing\n", "no words");
    assert_invalid(IMPORT_VTT, "WEBVTT\n\n00:01.000 --> 00:02.000\n<v Ann></v>\n", "no words");
    assert_invalid(IMPORT_TEXT, " \n\t\n", "no words");
    assert_invalid(IMPORT_TEXT, "", "no words");
    assert_refused(IMPORT_TEXT, "a\0b", 3, ERROR_INVALID, "zero bytes");
    assert_refused(IMPORT_TEXT,
                   "\xFF\xFE"
                   "a\0\0\0b\0",
                   8, ERROR_INVALID, "neither");
    assert_refused(IMPORT_TEXT, "a\x81\x8D", 3, ERROR_INVALID, "neither");
    assert_refused(IMPORT_NONE, "words", 5, ERROR_UNSUPPORTED_MEDIA, "no transcript");
}

/* What counts as a speaker, line by line in a file where others are named. */
static void test_names(void) {
    static const struct {
        const char *line, *name;
    } cases[] = {
        {"Ann: hi", "Ann"},
        {"Ann van der Berg: hi", "Ann van der Berg"},
        {"Dr. Ann O'Neil-Smith (Acme): hi", "Dr. Ann O'Neil-Smith (Acme)"},
        {"SPEAKER_00: hi", "SPEAKER_00"},
        {"speaker 1: hi", "speaker 1"},
        {"JÖRG: hi", "JÖRG"},
        {"山田: はい", "山田"},
        {"Note: it is late", NULL},
        {"Action items: none", NULL},
        {"http://example.org is up", NULL},
        {"The plan is this: we go", NULL},
        {"One Two Three Four Five Six: hi", NULL},
        {"10:30 is fine", NULL},
        {"lower: hi", NULL},
        {"A:b", NULL},
        {"This Name Is Far Too Long To Be That Of Anybody Who Ever Lived Here: hi", NULL},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text = g_strdup_printf("Zoe: a.\n\nZoe: b.\n\n%s\n", cases[i].line);
        g_autoptr(Transcript) transcript = import_as(IMPORT_TEXT, text);
        const Segment *last = transcript_segment(transcript, transcript->segments->len - 1);
        g_assert_cmpstr(transcript_speaker_name(transcript, last->speaker), ==, cases[i].name);
        if (!cases[i].name) g_assert_cmpstr(last->text, ==, cases[i].line);
    }
    /* one such line in prose is none, two are */
    g_autoptr(Transcript) prose = import_as(IMPORT_TEXT, "It went well.\n\nResult Two: fine.\n\nWe met again.\n\nAll agreed.\n");
    g_assert_cmpuint(prose->speakers->len, ==, 0);
    g_autoptr(Transcript) recurs =
        import_as(IMPORT_TEXT, "It went well.\n\nAnn: fine.\n\nWe met.\n\nAll agreed.\n\nSo be it.\n\nAnn: bye.\n");
    g_assert_cmpuint(recurs->speakers->len, ==, 1);
}

static void test_text_times(void) {
    static const char *const same[] = {
        "[00:00:02] Ann: hello there\n[00:01:02] Bob: bye", "(0:02) Ann: hello there\n(1:02) Bob: bye",
        "00:00:02 Ann: hello there\n00:01:02 Bob: bye",     "Ann (00:00:02): hello there\nBob (00:01:02): bye",
        "Ann [0:02]\nhello there\n\nBob [1:02]\nbye",       "Ann  0:02\nhello there\n\nBob  1:02\nbye\n",
        "00:00:02 Ann\nhello there\n\n00:01:02 Bob\nbye",   "00:00:02 - Ann: hello\nthere\n00:01:02 - Bob: bye",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(same); i++) {
        g_test_message("%s", same[i]);
        g_autoptr(Transcript) transcript = import_as(IMPORT_TEXT, same[i]);
        g_assert_true(transcript->timed);
        assert_segments(transcript, SEGMENTS("2000-2800 Ann: hello there", "62000-62400 Bob: bye"));
    }
    g_autoptr(Transcript) paragraphs = import_as(IMPORT_TEXT, "Ann 0:02\nOne.\n\nTwo.\n\nBob 0:09\nThree.");
    assert_segments(paragraphs, SEGMENTS("2000-2400 Ann: One.", "2400-2800 Ann: Two.", "9000-9400 Bob: Three."));
    g_autoptr(Transcript) crowded = import_as(IMPORT_TEXT, "[0:01] a b c d e f g h i j\n[0:02] k");
    assert_segments(crowded, SEGMENTS("1000-2000 ?: a b c d e f g h i j", "2000-2400 ?: k"));
}

static void test_times_that_are_none(void) {
    g_autoptr(Transcript) clock = import_as(IMPORT_TEXT, "10:30 we begin.");
    g_assert_false(clock->timed);
    g_assert_cmpstr(transcript_segment(clock, 0)->text, ==, "10:30 we begin.");
    g_autoptr(Transcript) backwards = import_as(IMPORT_TEXT, "[1:00] a.\n[0:30] b.");
    g_assert_false(backwards->timed);
    assert_segments(backwards, SEGMENTS("0-800 ?: [1:00] a.", "2800-3600 ?: [0:30] b."));
}

static void test_plain_text(void) {
    g_autoptr(Transcript) transcript = import_as(
        IMPORT_TEXT, "Ann: This is a line that an editor wrapped after its\nusual width. And so on.\nBob: Fine.\nAnn:\nBye.");
    g_assert_false(transcript->timed);
    g_assert_cmpuint(transcript->segments->len, ==, 3);
    g_assert_cmpstr(transcript_segment(transcript, 0)->text, ==,
                    "This is a line that an editor wrapped after its usual width. And so on.");
    g_assert_cmpstr(transcript_speaker_name(transcript, transcript_segment(transcript, 2)->speaker), ==, "Ann");
    /* 150 words a minute */
    g_autoptr(GString) minute = g_string_new(NULL);
    for (int i = 0; i < 150; i++) g_string_append(minute, "word ");
    g_autoptr(Transcript) spoken = import_as(IMPORT_TEXT, minute->str);
    g_assert_cmpint(spoken->duration_ms, ==, 60000);
    /* its own text comes back */
    g_autofree char *text = transcript_to_text(transcript);
    g_autoptr(Transcript) again = import_as(IMPORT_TEXT, text);
    g_autofree char *text_again = transcript_to_text(again);
    g_assert_cmpstr(text, ==, text_again);
}

static void test_long_paragraph(void) {
    g_autoptr(GString) long_text = g_string_new(NULL);
    for (int i = 0; i < 100; i++) g_string_append(long_text, "This sentence says that we do it. ");
    g_autoptr(Transcript) sentences = import_as(IMPORT_TEXT, long_text->str);
    g_assert_cmpuint(sentences->segments->len, >, 10);
    for (guint i = 0; i < sentences->segments->len; i++)
        g_assert_true(g_str_has_suffix(transcript_segment(sentences, i)->text, "it."));

    g_autofree char *unbroken = g_strnfill(2 * SEGMENT_TEXT_BYTES_MAX + 10, 'x');
    g_autofree char *cue = g_strconcat("WEBVTT\n\n00:01.000 --> 00:02.000\n", unbroken, "\n", NULL);
    g_autoptr(Transcript) pieces = import_as(IMPORT_VTT, cue);
    gsize total = 0;
    for (guint i = 0; i < pieces->segments->len; i++) total += strlen(transcript_segment(pieces, i)->text);
    g_assert_cmpuint(pieces->segments->len, ==, 3);
    g_assert_cmpuint(total, ==, strlen(unbroken));
}

#define WORD(text, start, end, more)                                                                                             \
    "{\"type\":\"pronunciation\",\"start_time\":\"" start "\",\"end_time\":\"" end                                               \
    "\",\"alternatives\":[{\"confidence\":\"0.5\",\"content\":\"" text "\"}]" more "}"
#define MARK(text) "{\"type\":\"punctuation\",\"alternatives\":[{\"confidence\":\"0.0\",\"content\":\"" text "\"}]}"
#define AMAZON(labels, more)                                                                                                     \
    "{\"jobName\":\"j\",\"results\":{\"language_code\":\"en-US\",\"transcripts\":[{\"transcript\":\"Hello, all. Hi.\"}]" labels  \
    ",\"items\":[" more "]},\"status\":\"COMPLETED\"}"

static void test_amazon(void) {
    static const char *const with_labels[] = {
        /* older: labels aside */
        AMAZON(",\"speaker_labels\":{\"speakers\":2,\"segments\":[{\"speaker_label\":\"spk_0\",\"items\":[{\"start_time\":\"0."
               "1\"},{\"start_time\":\"0.6\"}]},"
               "{\"speaker_label\":\"spk_1\",\"items\":[{\"start_time\":\"1.2\",\"speaker_label\":\"spk_1\"}]}]}",
               WORD("Hello", "0.1", "0.5", "") "," MARK(",") "," WORD("all", "0.6", "0.9", "") "," MARK(".") "," WORD(
                   "Hi", "1.2", "1.4", "") "," MARK(".")),
        /* newer: a label on each item */
        AMAZON("", WORD("Hello", "0.1", "0.5", ",\"speaker_label\":\"spk_0\"") "," MARK(",") "," WORD(
                       "all", "0.6", "0.9",
                       ",\"speaker_label\":\"spk_0\"") "," MARK(".") "," WORD("Hi", "1.2", "1.4",
                                                                              ",\"speaker_label\":\"spk_1\"") "," MARK("."))};
    for (gsize i = 0; i < G_N_ELEMENTS(with_labels); i++) {
        g_assert_cmpint(import_detect(with_labels[i], strlen(with_labels[i]), "x.json"), ==, IMPORT_AMAZON_JSON);
        g_autoptr(Transcript) transcript = import_as(IMPORT_AMAZON_JSON, with_labels[i]);
        assert_segments(transcript, SEGMENTS("100-900 Speaker 1: Hello, all.", "1200-1400 Speaker 2: Hi."));
        g_assert_cmpstr(transcript->language, ==, "en");
        const Segment *first = transcript_segment(transcript, 0);
        g_assert_cmpuint(first->words->len, ==, 2);
        g_assert_cmpfloat(first->confidence, ==, 0.5F);
        g_assert_cmpint(g_array_index(first->words, Word, 1).start_ms, ==, 600);
    }
}

static void test_amazon_variants(void) {
    g_autoptr(Transcript) channels =
        import_as(IMPORT_AMAZON_JSON,
                  AMAZON(",\"channel_labels\":{\"channels\":[{\"channel_label\":\"ch_1\",\"items\":[{\"start_time\":\"0.1\"}]}]}",
                         WORD("Hello", "0.1", "0.5", "") "," WORD("you", "0.6", "0.9", ",\"channel_label\":\"ch_0\"")));
    assert_segments(channels, SEGMENTS("100-500 Channel 2: Hello", "600-900 Channel 1: you"));
    g_autoptr(Transcript) pause =
        import_as(IMPORT_AMAZON_JSON, AMAZON("", WORD("One", "0.1", "0.5", "") "," WORD("two", "2.0", "2.5", "")));
    g_assert_cmpuint(pause->segments->len, ==, 2);
    g_autoptr(Transcript) segments =
        import_as(IMPORT_AMAZON_JSON, AMAZON(",\"audio_segments\":[{\"transcript\":\"Hello.\",\"start_time\":\"0.1\",\"end_"
                                             "time\":\"0.5\",\"speaker_label\":\"spk_3\"}]",
                                             ""));
    assert_segments(segments, SEGMENTS("100-500 Speaker 4: Hello."));
    g_autoptr(Transcript) text = import_as(IMPORT_AMAZON_JSON, AMAZON("", ""));
    g_assert_false(text->timed);
    assert_invalid(IMPORT_AMAZON_JSON, "{\"status\":\"FAILED\"}", "results");
    assert_invalid(IMPORT_AMAZON_JSON, AMAZON("", WORD("a", "nan", "1", "")), "Word 0");
    assert_invalid(IMPORT_AMAZON_JSON, AMAZON("", "{\"type\":\"pronunciation\"}"), "Item 0");
    assert_invalid(IMPORT_AMAZON_JSON, "{\"results\":", "not valid JSON");
}

#define WHISPER                                                                                                                  \
    "{\"text\":\" Hello. Hi.\",\"segments\":[{\"id\":0,\"start\":0.0,\"end\":1.5,\"text\":\" Hello.\",\"avg_logprob\":0.0,"      \
    "\"words\":[{\"word\":\" Hello.\",\"start\":0.1,\"end\":0.9,\"probability\":0.75}]},"                                        \
    "{\"id\":1,\"start\":2,\"end\":3,\"text\":\" Hi.\",\"speaker\":\"SPEAKER_01\"}],\"language\":\"en\"}"
#define WHISPER_CPP                                                                                                              \
    "{\"systeminfo\":\"AVX\",\"result\":{\"language\":\"de\"},\"transcription\":[{\"timestamps\":{\"from\":\"00:00:00,000\"},"   \
    "\"offsets\":{\"from\":0,\"to\":1500},\"text\":\" Hallo.\"}]}"

static void test_whisper(void) {
    g_autoptr(Transcript) transcript = import_as(IMPORT_WHISPER_JSON, WHISPER);
    assert_segments(transcript, SEGMENTS("0-1500 ?: Hello.", "2000-3000 SPEAKER_01: Hi."));
    g_assert_cmpstr(transcript->language, ==, "en");
    const Segment *first = transcript_segment(transcript, 0);
    g_assert_cmpfloat(first->confidence, ==, 1);
    g_assert_cmpstr(g_array_index(first->words, Word, 0).text, ==, "Hello.");
    g_assert_cmpfloat(g_array_index(first->words, Word, 0).confidence, ==, 0.75F);
    g_autoptr(Transcript) cpp = import_as(IMPORT_WHISPER_JSON, WHISPER_CPP);
    assert_segments(cpp, SEGMENTS("0-1500 ?: Hallo."));
    g_assert_cmpstr(cpp->language, ==, "de");
    g_autoptr(Transcript) list = import_as(IMPORT_WHISPER_JSON, "[{\"start\":1,\"end\":2,\"text\":\"a\"}]");
    assert_segments(list, SEGMENTS("1000-2000 ?: a"));
    g_autoptr(Transcript) text = import_as(IMPORT_WHISPER_JSON, "{\"text\":\"only text\"}");
    g_assert_false(text->timed);
    assert_invalid(IMPORT_WHISPER_JSON, "{\"segments\":[{\"text\":\"a\",\"start\":1}]}", "Segment 0");
    assert_invalid(IMPORT_WHISPER_JSON, "{}", "no list of segments");
    assert_invalid(IMPORT_WHISPER_JSON, "5", "no list of segments");
}

static void test_hansard(void) {
    g_autoptr(Transcript) first = import_as(IMPORT_VTT, ZOOM);
    first->meeting_id = g_strdup("meeting-1");
    first->run = g_strdup("run");
    g_autoptr(json_t) json = transcript_to_json(first);
    g_autoptr(GBytes) bytes = json_to_bytes(json, true);
    g_autofree char *text = g_strndup(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
    g_assert_cmpint(import_detect(text, strlen(text), "transcript.json"), ==, IMPORT_HANSARD_JSON);
    g_autoptr(Transcript) read = import_as(IMPORT_HANSARD_JSON, text);
    g_assert_null(read->meeting_id);
    g_assert_null(read->run);
    g_assert_cmpuint(read->segments->len, ==, 3);
    assert_invalid(IMPORT_HANSARD_JSON, "{\"schema\":2}", "no list of segments");
}

static void test_detect(void) {
    static const struct {
        const char *head, *name;
        ImportFormat format;
    } cases[] = {
        {ZOOM, "a.vtt", IMPORT_VTT},
        {TEAMS, NULL, IMPORT_VTT},
        {ZOOM, "a.mp3", IMPORT_NONE},
        {SRT, "a", IMPORT_SRT},
        {SRT, "a.txt", IMPORT_SRT},
        {WHISPER, "a.json", IMPORT_WHISPER_JSON},
        {WHISPER_CPP, "a.json", IMPORT_WHISPER_JSON},
        {"[{\"start\":1,\"text\":\"a\"}]", "a.json", IMPORT_WHISPER_JSON},
        {"{\"a\":1}", "a.json", IMPORT_NONE},
        {"hello", "a.txt", IMPORT_TEXT},
        {"hello", "A.MD", IMPORT_TEXT},
        {"hello", NULL, IMPORT_TEXT},
        {"hello", "a.mp3", IMPORT_NONE},
        {"hello", "a.docx", IMPORT_NONE},
        {"[0:01] Ann: hi", "a.txt", IMPORT_TEXT},
        {"", "a.txt", IMPORT_TEXT},
        {"00:01.000 --> 00:02.000\nx", "a.vtt", IMPORT_VTT},
        {"WEBVTTX", "a.bin", IMPORT_NONE},
        {"RIFF....WAVE", "a.txt", IMPORT_NONE},
        {"ID3\x04", "a.vtt", IMPORT_NONE},
        {"OggS", NULL, IMPORT_NONE},
        {"\xFF\xFBxx", "a.txt", IMPORT_NONE},
        {"....ftypM4A ", "a.txt", IMPORT_NONE},
        {"\x1A\x45\xDF\xA3", "a.txt", IMPORT_NONE},
        {"PK\x03\x04", "a.txt", IMPORT_NONE},
        {"a\x01"
         "b",
         "a.txt", IMPORT_NONE},
        {"caf\xE9", "a.txt", IMPORT_TEXT},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_test_message("case %zu", i);
        g_assert_cmpint(import_detect(cases[i].head, strlen(cases[i].head), cases[i].name), ==, cases[i].format);
    }
    g_assert_cmpint(import_detect("WEBVTT\0", 7, "a.vtt"), ==, IMPORT_NONE);
    g_assert_cmpint(import_detect(NULL, 0, "a.bin"), ==, IMPORT_NONE);
    g_assert_cmpint(import_detect("gr\xC3", 3, "a.txt"), ==, IMPORT_TEXT); /* the head ends inside a character */
    for (int format = IMPORT_VTT; format <= IMPORT_HANSARD_JSON; format++) g_assert_nonnull(import_format_name(format));
}

static void test_limits(void) {
    g_autofree char *words = g_malloc(TRANSCRIPT_FILE_BYTES_MAX + 1);
    memset(words, 'w', TRANSCRIPT_FILE_BYTES_MAX + 1);
    g_autoptr(Transcript) at = NULL;
    g_assert_true(import_transcript(IMPORT_TEXT, words, TRANSCRIPT_FILE_BYTES_MAX, &at, NULL));
    assert_refused(IMPORT_TEXT, words, TRANSCRIPT_FILE_BYTES_MAX + 1, ERROR_TOO_LARGE, "32 MiB");
    memset(words, '\n', TRANSCRIPT_FILE_BYTES_MAX);
    assert_refused(IMPORT_TEXT, words, TRANSCRIPT_FILE_BYTES_MAX, ERROR_TOO_LARGE, "lines");
    g_autoptr(GString) many = g_string_new(NULL);
    for (int i = 0; i < SEGMENTS_MAX; i++) g_string_append(many, "00:01.000 --> 00:02.000\na\n\n");
    g_autoptr(Transcript) full = import_as(IMPORT_VTT, many->str);
    g_assert_cmpuint(full->segments->len, ==, SEGMENTS_MAX);
    g_string_append(many, "00:01.000 --> 00:02.000\na\n\n");
    assert_refused(IMPORT_VTT, many->str, many->len, ERROR_TOO_LARGE, "segments");
}

/* Files made to be slow: each takes time in proportion to its size. */
/* What takes time in the square of the input takes hours; what does not, seconds, and under a sanitizer on a busy machine a minute. */
#ifdef HANSARD_SANITIZER
#define SLOW_INPUT_MS 240000
#else
#define SLOW_INPUT_MS 20000
#endif

static void test_slow_input(void) {
    static const char *const units[] = {"<", "<v ", "{\\", "&#1", "a\n", "A: ", "1\n", "(1:", "-->", "[", " ", "NOTE a\n\n"};
    for (gsize i = 0; i < G_N_ELEMENTS(units); i++) {
        g_autoptr(GString) text = g_string_new("00:01.000 --> 00:02.000\n");
        while (text->len < 2 * MIB) g_string_append(text, units[i]);
        for (int format = IMPORT_VTT; format <= IMPORT_TEXT; format++) {
            gint64 start = processor_us();
            Transcript *transcript = NULL;
            if (import_transcript(format, text->str, text->len, &transcript, NULL)) transcript_free(transcript);
            g_assert_cmpint((processor_us() - start) / 1000, <, SLOW_INPUT_MS);
        }
    }
}

/* Texts of one hash value (of g_str_hash(), which has no seed): in a hash table each looks at all before it. */
static void test_colliding_texts(void) {
    static const struct {
        ImportFormat format;
        const char *head, *before, *after, *tail;
    } forms[] = {{IMPORT_TEXT, "Ann: hello\n", "A", ": hello\n", ""},
                 {IMPORT_AMAZON_JSON,
                  "{\"results\":{\"items\":[" WORD("Hello", "0.1", "0.5", "") "],"
                  "\"speaker_labels\":{\"segments\":[{\"items\":[{}",
                  ",{\"speaker_label\":\"spk_0\",\"start_time\":\"", "\"}", "]}]}}}"},
                 {IMPORT_HANSARD_JSON, "{\"segments\":[{\"text\":\"hello\"}],\"speakers\":[{}",
                  ",{\"name\":\"A\",\"id\":\"", "\"}", "]}"}};
    g_assert_cmpuint(g_str_hash("EzFY"), ==, g_str_hash("FYEz"));
    for (gsize i = 0; i < G_N_ELEMENTS(forms); i++) {
        g_autoptr(GString) text = g_string_new(forms[i].head);
        for (guint number = 0; number < 1 << 16; number++) {
            g_string_append(text, forms[i].before);
            for (guint bit = 0; bit < 16; bit++) g_string_append(text, number >> bit & 1 ? "Ez" : "FY");
            g_string_append(text, forms[i].after);
        }
        g_string_append(text, forms[i].tail);
        gint64 begin_us = processor_us();
        g_autoptr(Transcript) transcript = import_as(forms[i].format, text->str);
        g_assert_cmpint(processor_us() - begin_us, <, 10 * G_USEC_PER_SEC);
        g_assert_cmpuint(transcript->segments->len, >, 0);
    }
}

static void test_damage(void) {
    static const struct {
        ImportFormat format;
        const char *text;
    } documents[] = {{IMPORT_VTT, ZOOM},
                     {IMPORT_VTT, TEAMS},
                     {IMPORT_VTT, YOUTUBE},
                     {IMPORT_SRT, SRT},
                     {IMPORT_TEXT, "[00:00:02] Ann: hi\nBob (1:00): bye\n"},
                     {IMPORT_WHISPER_JSON, WHISPER},
                     {IMPORT_WHISPER_JSON, WHISPER_CPP},
                     {IMPORT_AMAZON_JSON, AMAZON("", WORD("Hello", "0.1", "0.5", ",\"speaker_label\":\"spk_0\"") "," MARK("."))}};
    g_autoptr(GRand) rand = g_rand_new_with_seed(8);
    int imported = 0, refused = 0;
    for (int i = 0; i < 8000; i++) {
        gsize which = (gsize)i % G_N_ELEMENTS(documents), size = strlen(documents[which].text);
        g_autofree guint8 *damaged = random_damage(rand, documents[which].text, &size);
        import_detect(damaged, size, "a.txt");
        g_autoptr(GError) error = NULL;
        g_autoptr(Transcript) transcript = NULL;
        if (!import_transcript(documents[which].format, damaged, size, &transcript, &error)) {
            g_assert_true(error->domain == HANSARD_ERROR);
            refused++;
            continue;
        }
        imported++;
        g_assert_cmpuint(transcript->segments->len, >, 0);
        g_autoptr(json_t) json = transcript_to_json(transcript);
        g_autoptr(Transcript) read = NULL;
        g_assert_true(transcript_from_json(json, &read, NULL));
        g_assert_cmpuint(read->segments->len, ==, transcript->segments->len);
    }
    g_assert_cmpint(imported, >, 1000);
    g_assert_cmpint(refused, >, 1000);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/import/zoom", test_zoom);
    g_test_add_func("/import/teams", test_teams);
    g_test_add_func("/import/youtube", test_youtube);
    g_test_add_func("/import/vtt-structure", test_vtt_structure);
    g_test_add_func("/import/cr-and-utf16", test_cr_and_utf16);
    g_test_add_func("/import/srt", test_srt);
    g_test_add_func("/import/damaged-cues", test_damaged_cues);
    g_test_add_func("/import/names", test_names);
    g_test_add_func("/import/text-times", test_text_times);
    g_test_add_func("/import/times-that-are-none", test_times_that_are_none);
    g_test_add_func("/import/plain-text", test_plain_text);
    g_test_add_func("/import/long-paragraph", test_long_paragraph);
    g_test_add_func("/import/amazon", test_amazon);
    g_test_add_func("/import/amazon-variants", test_amazon_variants);
    g_test_add_func("/import/whisper", test_whisper);
    g_test_add_func("/import/hansard", test_hansard);
    g_test_add_func("/import/detect", test_detect);
    g_test_add_func("/import/limits", test_limits);
    g_test_add_func("/import/slow-input", test_slow_input);
    g_test_add_func("/import/colliding-texts", test_colliding_texts);
    g_test_add_func("/import/damage", test_damage);
    return g_test_run();
}
