/* hansard extract: what the offline extractor makes of a transcript in a file, without storing anything: for benchmarks and tests.
 * One line of JSON for each file; with --due, for each line "DAY<tab>WORDS" of it. */
#include <string.h>
#include <time.h>

#include "cli/command.h"

#include "base/clock.h"
#include "extract/dates.h"
#include "extract/extract.h"
#include "extract/ranking.h"
#include "transcribe/import.h"

#define FILES_MAX 4096
#define DATE_DEFAULT "2026-03-04"

static char *date;
static gboolean with_units, only_due;

static bool read_transcript(const char *path, Transcript **transcript, GError **error) {
    g_autofree char *bytes = NULL;
    g_autoptr(GError) problem = NULL;
    gsize size = 0;
    if (!g_file_get_contents(path, &bytes, &size, &problem)) return fail(error, ERROR_IO, "%s can't be read: %s", path, problem->message);
    ImportFormat format = import_detect(bytes, size, path);
    if (format == IMPORT_NONE) return fail(error, ERROR_INVALID, "%s is no transcript; give WebVTT, SRT, text or JSON", path);
    return import_transcript(format, bytes, size, transcript, error);
}

static json_t *items_to_json(const Minutes *minutes, double cpu_s) {
    json_t *all = json_object(), *items = json_array(), *topics = json_array();
    for (ItemKind kind = 0; kind < ITEM_KIND_COUNT; kind++) {
        for (guint i = 0; i < minutes->items[kind]->len; i++) {
            json_t *item = item_to_json(g_ptr_array_index(minutes->items[kind], i));
            json_object_set_new(item, "kind", json_string(item_kind_name(kind)));
            json_array_append_new(items, item);
        }
    }
    for (guint i = 0; i < minutes->topics->len; i++) {
        const Topic *topic = &g_array_index(minutes->topics, Topic, i);
        json_array_append_new(topics, json_pack("{s:o, s:I, s:I}", "title", json_text(topic->title), "start_ms",
                                                (json_int_t)topic->start_ms, "end_ms", (json_int_t)topic->end_ms));
    }
    json_object_set_new(all, "summary", json_text(minutes->text));
    json_object_set_new(all, "topics", topics);
    json_object_set_new(all, "items", items);
    json_object_set_new(all, "dropped", json_integer(minutes->dropped));
    json_object_set_new(all, "note", json_text(minutes->note));
    json_object_set_new(all, "cpu_s", json_real(cpu_s));
    return all;
}

/* Of this process: what an otherwise idle machine takes, since the extractor has one thread and waits for nothing. */
static double cpu_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static bool extract_file(Extractor *extractor, gint64 meeting_ms, const char *path, GError **error) {
    g_autoptr(Transcript) transcript = NULL;
    g_autoptr(Minutes) minutes = NULL;
    if (!read_transcript(path, &transcript, error)) return false;
    ExtractInput input = {.transcript = transcript, .meeting_ms = meeting_ms};
    double before = cpu_seconds();
    if (!extractor_run(extractor, &input, &minutes, error)) return false;
    g_autoptr(json_t) result = items_to_json(minutes, cpu_seconds() - before);
    if (with_units) json_object_set_new(result, "units", ranking_to_json(transcript));
    g_autoptr(GBytes) line = json_to_bytes(result, false);
    command_print(line);
    return true;
}

/* The deadline that is heard in the words, as the extractor reads them. */
static json_t *due_of(gint64 said_ms, const char *words) {
    g_autoptr(Transcript) transcript = transcript_new();
    g_autoptr(GArray) units = NULL;
    transcript_add(transcript, 0, 1000, -1, words);
    g_autoptr(GArray) sentences = sentences_of(transcript, &units);
    Due due;
    if (sentences->len == 0 || !due_find(sentence_at(sentences, 0)->plain, said_ms, &due)) return json_null();
    g_autofree char *said = g_strndup(sentence_at(sentences, 0)->plain + due.at, due.end - due.at);
    return json_pack("{s:s, s:o}", "date", due.date, "said", json_text(said));
}

static bool due_file(const char *path, GError **error) {
    g_autofree char *bytes = NULL;
    g_autoptr(GError) problem = NULL;
    if (!g_file_get_contents(path, &bytes, NULL, &problem)) return fail(error, ERROR_IO, "%s can't be read: %s", path, problem->message);
    g_auto(GStrv) lines = g_strsplit(bytes, "\n", -1);
    for (guint i = 0; lines[i]; i++) {
        char *tab = strchr(lines[i], '\t');
        gint64 said_ms = 0;
        if (!*lines[i]) continue;
        if (tab) *tab = '\0';
        if (!tab || !time_parse(lines[i], &said_ms))
            return fail(error, ERROR_INVALID, "line %u of %s must be a day, a tab and words", i + 1, path);
        g_autoptr(json_t) due = due_of(said_ms, tab + 1);
        g_autoptr(GBytes) line = json_to_bytes(due, false);
        command_print(line);
    }
    return true;
}

static bool run(Invocation *invocation, GError **error) {
    static const Settings settings = {.extractor = (char *)"offline"};
    g_autoptr(Extractor) extractor = NULL;
    gint64 meeting_ms = 0;
    if (!time_parse(date ? date : DATE_DEFAULT, &meeting_ms))
        return fail(error, ERROR_INVALID, "--date must be a day like %s, not \"%s\"", DATE_DEFAULT, date);
    if (!extractor_open(&settings, &extractor, error)) return false;
    for (guint i = 0; i < invocation->argument_count; i++)
        if (!(only_due ? due_file(invocation->arguments[i], error) : extract_file(extractor, meeting_ms, invocation->arguments[i], error))) return false;
    return true;
}

static const GOptionEntry options[] = {
    {"date", 0, 0, G_OPTION_ARG_STRING, &date, "The meeting's day (" DATE_DEFAULT ")", "DATE"},
    {"units", 0, 0, G_OPTION_ARG_NONE, &with_units, "Also what the model sees of each unit of talk, and its scores", NULL},
    {"due", 0, 0, G_OPTION_ARG_NONE, &only_due, "Read lines of a day, a tab and words, and show the deadline in them", NULL},
    {0}};

const Command command_extract = {.name = "extract",
                                 .arguments = "FILE…",
                                 .sentence = "Show what the offline extractor finds in a transcript, as JSON",
                                 .example = "hansard extract --date 2026-03-04 standup.vtt",
                                 .arguments_min = 1,
                                 .arguments_max = FILES_MAX,
                                 .hidden = true,
                                 .options = options,
                                 .run = run};
