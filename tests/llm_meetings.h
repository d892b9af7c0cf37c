/* For the tests of extraction by a model: small meetings, a model that is a script, and what its services' answers look like. */
#pragma once

#include "base/clock.h"
#include "extract/extract.h"
#include "scripted_endpoint.h"

#define TEST_KEY "sk-test-9f8e7d6c5b4a-secret"

static inline gint64 meeting_time(void) {
    gint64 ms = 0;
    g_assert_true(time_parse("2026-03-03T10:00:00Z", &ms)); /* a Tuesday */
    return ms;
}

static inline Transcript *meeting_of(const char *const (*lines)[2], guint count) {
    Transcript *transcript = transcript_new();
    for (guint i = 0; i < count; i++)
        transcript_add(transcript, i * 5000, i * 5000 + 4500, transcript_speaker(transcript, lines[i][0]), lines[i][1]);
    transcript->language = g_strdup("en");
    return transcript;
}

static const char *const product_review[][2] = {
    {"Anna", "Good morning everyone, today we review the new booking app and plan its launch."},
    {"David", "The system must send a confirmation email after every booking."},
    {"Anna", "Okay, we decided to launch the booking app in the first week of May."},
    {"David", "I'll send the figures of the pilot to the board by Friday."},
    {"Anna", "Maria, can you check the contract with the hotel before Wednesday?"},
    {"Maria", "Who will pay for the translation of the help pages?"},
    {"David", "I don't know, let us ask Zoe from accounting."},
};

static inline Transcript *small_meeting(void) { return meeting_of(product_review, G_N_ELEMENTS(product_review)); }

/* Two hours of talk about nothing (1,440 turns of 5 s), with a task every quarter of an hour and one in the last minute. */
static inline Transcript *long_meeting(void) {
    static const char *const nothing[] = {"Yeah, the weather on the coast was quite something last summer, wasn't it.",
                                          "My neighbour has painted his fence in a green that nobody likes.",
                                          "There was a long queue in the canteen again, and the soup was cold.",
                                          "Right, and the train stood in the tunnel for a while this morning."};
    static const char *const chapters[] = {"billing", "security", "printing", "travel", "hiring", "taxes", "health", "safety"};
    static const char *const names[] = {"Anna", "David", "Maria"};
    Transcript *transcript = transcript_new();
    for (guint i = 0; i < 1440; i++) {
        g_autofree char *task = g_strdup_printf("I will prepare the handbook's chapter on %s by Friday.", chapters[i / 180]);
        const char *text = i == 1438 ? "I will book the big room for the workshop by Thursday." : i % 180 == 90 ? task : nothing[i % 4];
        transcript_add(transcript, (gint64)i * 5000, (gint64)i * 5000 + 4800, transcript_speaker(transcript, names[i % 3]), text);
    }
    transcript->language = g_strdup("en");
    return transcript;
}

/* Options as for settings_load, then NULL; opens the extractor that they name. */
static inline Extractor *extractor_with(Settings **settings, const char *const *options) {
    Extractor *extractor = NULL;
    g_autoptr(GError) error = NULL;
    g_assert_true(settings_load(NULL, options, settings, &error));
    g_assert_true(extractor_open(*settings, &extractor, &error));
    g_assert_no_error(error);
    return extractor;
}

static inline Minutes *minutes_by(Extractor *extractor, const Transcript *transcript) {
    Minutes *minutes = NULL;
    g_autoptr(GError) error = NULL;
    ExtractInput input = {.transcript = transcript, .meeting_ms = meeting_time()};
    g_assert_true(extractor_run(extractor, &input, &minutes, &error));
    g_assert_no_error(error);
    return minutes;
}

static inline const Item *item_with(const Minutes *minutes, ItemKind kind, const char *text) {
    for (guint i = 0; i < minutes->items[kind]->len; i++) {
        const Item *item = minutes->items[kind]->pdata[i];
        if (strstr(item->text, text)) return item;
    }
    return NULL;
}

static inline const Evidence *first_evidence(const Item *item) {
    g_assert_nonnull(item);
    g_assert_cmpuint(item->evidence->len, >, 0);
    return &g_array_index(item->evidence, Evidence, 0);
}

/* What a scripted model writes. */
static inline json_t *model_item(const char *kind, const char *text, int segment, const char *quote, const char *owner, const char *due) {
    return json_pack("{sssssisssososssssb}", "kind", kind, "text", text, "segment", segment, "quote", quote, "owner_said", json_text(owner), "due_said",
                     json_text(due), "type", "none", "priority", "none", "explicit", 1);
}

static inline json_t *model_sentence(const char *text, int segment, const char *quote) {
    return json_pack("{sssiss}", "text", text, "segment", segment, "quote", quote);
}

static inline json_t *model_answer(void) { return json_pack("{s[]s[]s[]}", "items", "summary", "topics"); }

static inline void answer_add(json_t *answer, const char *list, json_t *value) {
    g_assert_nonnull(value);
    json_array_append_new(json_object_get(answer, list), value);
}

/* Calls back for each line of the data in a question: the segment (or sentence) number and what follows it. */
typedef void (*LineReader)(int number, const char *text, gpointer user_data);
static inline void read_lines(const char *question, LineReader read, gpointer user_data) {
    g_auto(GStrv) lines = g_strsplit(question, "\n", -1);
    for (guint i = 0; lines[i]; i++) {
        char *end = NULL;
        if (lines[i][0] != '[') continue;
        int number = (int)g_ascii_strtoll(lines[i] + 1, &end, 10);
        if (g_str_has_prefix(end, "] ")) read(number, end + 2, user_data);
    }
}

/* A model that reads: every "I will …" is a task of whoever says so. */
static inline void find_tasks(int number, const char *text, gpointer answer) {
    const char *quote = strstr(text, "I will ");
    if (!quote) return;
    g_autofree char *restated = g_strdup(quote + strlen("I will "));
    restated[0] = g_ascii_toupper(restated[0]);
    answer_add(answer, "items", model_item("action", restated, number, quote, "I", strstr(quote, "by ")));
    answer_add(answer, "summary", model_sentence(restated, number, quote));
}

/* The answer that a model which reads gives to this question, as JSON text; of a summary's question: all sentences made one. Caller frees (libc). */
static inline char *model_that_reads(const char *question) {
    json_t *answer = model_answer();
    if (strstr(question, "The sentences stand")) {
        json_decref(answer);
        answer = json_pack("{s[{sss[i]}]}", "sentences", "text", "They prepare the handbook's chapters and book a room.", "from", 0);
    } else {
        read_lines(question, find_tasks, answer);
    }
    char *text = json_dumps(answer, JSON_COMPACT);
    json_decref(answer);
    return text;
}
