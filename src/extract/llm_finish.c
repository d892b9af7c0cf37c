/* The end of a run: what the model found, with the offline extractor's work where it has none, and a note that says so. */
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "extract/evidence.h"
#include "extract/llm_internal.h"

#define GAPS_NAMED 3

static void add_note(Minutes *minutes, const char *note) {
    char *both = minutes->note ? g_strconcat(minutes->note, " ", note, NULL) : g_strdup(note);
    g_free(minutes->note);
    minutes->note = text_cut(both, ITEM_TEXT_BYTES_MAX);
    g_free(both);
}

static bool run_offline(const LlmRun *run, Minutes **minutes, GError **error) {
    ExtractInput input = {.transcript = run->input->transcript, .meeting_ms = run->input->meeting_ms};
    if (!extractor_offline.run(NULL, &input, minutes, error)) return false;
    evidence_check_all(run->input->transcript, *minutes);
    return true;
}

static bool is_in_gap(const LlmRun *run, const Item *item) {
    for (guint i = 0; i < run->gaps->len; i++) {
        const LlmGap *gap = &g_array_index(run->gaps, LlmGap, i);
        for (guint j = 0; j < item->evidence->len; j++) {
            guint segment = g_array_index(item->evidence, Evidence, j).first;
            if (segment >= gap->first && segment <= gap->last) return true;
        }
    }
    return false;
}

/* The offline extractor's items of the parts that the model did not read. */
static void fill_gaps(LlmRun *run, Minutes *offline) {
    for (ItemKind kind = 0; kind < ITEM_KIND_COUNT; kind++) {
        GPtrArray *items = offline->items[kind];
        for (guint i = items->len; i-- > 0;) {
            if (!is_in_gap(run, items->pdata[i])) continue;
            Item *item = g_ptr_array_steal_index(items, i);
            g_clear_pointer(&item->id, g_free);
            llm_merge_add(run->merge, item);
        }
    }
}

static void name_gaps(const LlmRun *run, GString *text) {
    const Transcript *transcript = run->input->transcript;
    for (guint i = 0; i < MIN(run->gaps->len, GAPS_NAMED); i++) {
        const LlmGap *gap = &g_array_index(run->gaps, LlmGap, i);
        g_string_append(text, i > 0 ? ", " : "");
        if (transcript->timed) {
            g_autofree char *from = text_duration(transcript_segment(transcript, gap->first)->start_ms);
            g_autofree char *to = text_duration(transcript_segment(transcript, gap->last)->end_ms);
            g_string_append_printf(text, "%s to %s", from, to);
        } else {
            g_string_append_printf(text, "segments %u to %u", gap->first, gap->last);
        }
    }
    if (run->gaps->len > GAPS_NAMED) g_string_append(text, " and more");
}

static void note_gaps(const LlmRun *run, Minutes *minutes) {
    g_autoptr(GString) note = g_string_new(NULL);
    g_string_append_printf(note, "The model read %d %% of this meeting. The rest (", (int)(100 * (double)run->tokens_read / (double)run->tokens));
    name_gaps(run, note);
    g_string_append_printf(note, ") was read by the offline extractor, because %s.", run->trouble);
    add_note(minutes, note->str);
}

static void note_reworded(const LlmRun *run, Minutes *minutes) {
    g_autofree char *note = g_strdup_printf("%u item%s in the words spoken: the model's own text had a number, a day, a name or a \"not\" that "
     "nobody said there, or left one out.",
                                            run->reworded, run->reworded == 1 ? " stands" : "s stand");
    add_note(minutes, note);
}

/* Nothing was read by the model: the offline extractor's minutes stand. */
static void stand_in(const LlmRun *run, Minutes *minutes) {
    minutes->extractor = g_strdup(extractor_offline.name);
    if (!run->trouble) return; /* there was nothing to read */
    g_autofree char *note = g_strdup_printf("This was made by the offline extractor, because %s.", run->trouble);
    add_note(minutes, note);
}

static void take_text(Minutes *minutes, char *text) {
    g_free(minutes->text);
    minutes->text = text;
}

static void take_topics(Minutes *minutes, Minutes *offline) {
    if (minutes->topics->len > 0) return;
    GArray *topics = minutes->topics;
    minutes->topics = offline->topics;
    offline->topics = topics;
}

static bool write_summary(LlmRun *run, Minutes *minutes, Minutes *offline, GError **error) {
    g_autofree char *text = NULL, *trouble = NULL;
    if (run->sentences->len == 0) {
        take_text(minutes, g_strdup(offline->text));
        add_note(minutes, "The model gave no summary that the transcript proves: this one is the offline extractor's.");
        return true;
    }
    if (!llm_summarise(run, &text, &trouble, error)) return false;
    take_text(minutes, g_steal_pointer(&text));
    if (!trouble) return true;
    g_autofree char *note = g_strdup_printf("The summary is a choice of the sentences about its parts, because %s.", trouble);
    add_note(minutes, note);
    return true;
}

bool llm_finish(LlmRun *run, Minutes **minutes, GError **error) {
    g_autoptr(Minutes) offline = NULL, made = NULL;
    if (!run_offline(run, &offline, error)) return false;
    if (run->tokens_read == 0) {
        stand_in(run, offline);
        *minutes = g_steal_pointer(&offline);
        return true;
    }
    made = minutes_new();
    if (run->gaps->len > 0) {
        note_gaps(run, made);
        fill_gaps(run, offline);
    }
    if (!write_summary(run, made, offline, error)) return false;
    llm_merge_finish(run->merge, made);
    take_topics(made, offline);
    if (run->reworded > 0) note_reworded(run, made);
    *minutes = g_steal_pointer(&made);
    return true;
}
