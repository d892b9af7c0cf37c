/* A run: the transcript in parts through the model (map), what it claims checked and merged, the parts' summaries made one (reduce).
 *
 * How a part that can't be read as it is goes on: too long for the model → the context is taken to be half of what it was, for all parts to come; an
 * answer cut off → this part in halves, LLM_HALVINGS_MAX times; no usable answer → this part is left to the offline extractor; LLM_MISSES_MAX of those
 * in a row, or a service that can't be had → all that is left is. */
#include "extract/llm.h"

#include <string.h>

#include "base/limits.h"
#include "extract/evidence.h"
#include "extract/llm_internal.h"
#include "extract/prompts/prompts.h"
#include "extract/requirements.h"
#include "extract/words.h"

#define ANSWER_PART 4              /* of the context */
#define ANSWER_TOKENS_MIN 512
#define ANSWER_TOKENS_MAX 16384
#define FRAME_TOKENS 200           /* the words around the data, and what a chat's form adds */
#define MAP_PART 0.95              /* of the progress; the rest is the summary's */
#define FUZZY_CONFIDENCE 0.9       /* of what a quote mended by the model is worth */
#define REWORDED_CONFIDENCE 0.7 /* of an item whose text was not borne out */

int llm_answer_tokens(int context_tokens) { return CLAMP(context_tokens / ANSWER_PART, ANSWER_TOKENS_MIN, ANSWER_TOKENS_MAX); }

guint llm_room(int context_tokens, const LlmForm *form) {
    gint64 room = (gint64)context_tokens - llm_answer_tokens(context_tokens) - FRAME_TOKENS - llm_tokens(form->rules, strlen(form->rules)) -
                  llm_tokens(form->schema_text, strlen(form->schema_text));
    return room < LLM_PIECE_TOKENS_MAX ? 0 : (guint)room;
}

static void form_init(LlmForm *form, const char *name, const char *sentence, const char *rules, const char *schema) {
    g_autoptr(GError) error = NULL;
    json_t *json = json_parse_object(schema, strlen(schema), name, &error);
    if (!json) g_error("the program's own schema is broken: %s", error->message);
    g_autoptr(GBytes) compact = json_to_bytes(json, false);
    *form = (LlmForm){.rules = rules, .name = name, .sentence = sentence, .schema = json};
    form->schema_text = g_strndup(g_bytes_get_data(compact, NULL), g_bytes_get_size(compact));
}

static void form_clear(LlmForm *form) {
    json_decref(form->schema);
    g_free(form->schema_text);
}

bool llm_open(const LlmService *service, const Settings *settings, gpointer *state, GError **error) {
    gpointer service_state = NULL;
    if (!service->open(settings, &service_state, error)) return false;
    Llm *llm = g_new0(Llm, 1);
    *llm = (Llm){.service = service,
                 .service_state = service_state,
                 .context_tokens = settings->context_tokens,
                 .timeout_ms = settings->extractor_timeout_s * 1000,
                 .price_input = settings->price_input,
                 .price_output = settings->price_output};
    form_init(&llm->map, "record_minutes", "Records what was agreed in this part of the meeting.", prompt_map, prompt_map_schema);
    form_init(&llm->reduce, "record_summary", "Records the summary of the meeting.", prompt_reduce, prompt_reduce_schema);
    *state = llm;
    return true;
}

void llm_close(gpointer state) {
    Llm *llm = state;
    if (!llm) return;
    llm->service->close(llm->service_state);
    form_clear(&llm->map);
    form_clear(&llm->reduce);
    g_free(llm);
}

static guint word_count(const char *text) {
    guint count = 0;
    for (WordSpan span = {0}; word_next(text, &span);) count++;
    return count;
}

/* The proof of a claim: a quote of some length that stands in the transcript, and a text that has to do with it. */
static bool is_proved(const LlmRun *run, const LlmClaim *claim) {
    Evidence *evidence = &g_array_index(claim->item->evidence, Evidence, 0);
    const Transcript *transcript = run->input->transcript;
    const char *text = claim->item->text;
    if (word_count(evidence->quote) < LLM_QUOTE_WORDS_MIN || !evidence_index_check(run->index, evidence) ||
        !llm_rests_on(transcript, evidence->first, evidence->last, LLM_NEAR_SEGMENTS, text))
        return false;
    g_autofree char *unsaid = claim->what == LLM_CLAIM_SENTENCE ? llm_unsaid(transcript, evidence->first, evidence->last, text) : NULL;
    return !unsaid;
}

/* A text that says more than its quote bears out gives way to the quote, and the item is no longer a sure one. */
static void reword(LlmRun *run, Item *item) {
    const Evidence *evidence = &g_array_index(item->evidence, Evidence, 0);
    g_autofree char *unsaid = llm_unsaid(run->input->transcript, evidence->first, evidence->last, item->text);
    if (!unsaid && !llm_turned(run->input->transcript, evidence, item->text)) return;
    g_free(item->text);
    item->text = g_strconcat(item->kind == ITEM_REQUIREMENT ? "The system shall fulfil: " : "", evidence->quote, NULL);
    item->confidence *= REWORDED_CONFIDENCE;
    run->reworded++;
}

static void take_item(LlmRun *run, LlmClaim *claim) {
    Item *item = g_steal_pointer(&claim->item);
    const Transcript *transcript = run->input->transcript;
    const Evidence *evidence = &g_array_index(item->evidence, Evidence, 0);
    if (evidence->match == MATCH_FUZZY) item->confidence *= FUZZY_CONFIDENCE;
    reword(run, item);
    if (item->kind == ITEM_ACTION) {
        item->owner = llm_owner(transcript, evidence, claim->owner_said);
        llm_due(transcript, run->input->meeting_ms, claim->due_said, item);
    }
    if (item->kind == ITEM_REQUIREMENT && !item->type) {
        g_autofree char *plain = g_utf8_strdown(item->text, -1);
        item->type = g_strdup(requirement_type(plain));
    }
    llm_merge_add(run->merge, item);
}

static void take_topic(LlmRun *run, const LlmTopic *topic) {
    const Transcript *transcript = run->input->transcript;
    const Segment *first = transcript_segment(transcript, topic->first), *last = transcript_segment(transcript, topic->last);
    if (first && last && llm_rests_on(transcript, topic->first, topic->last, 0, topic->title))
        llm_merge_add_topic(run->merge, topic->title, first->start_ms, MAX(first->start_ms, last->end_ms));
}

static void take_answer(LlmRun *run, const LlmReading *reading) {
    for (guint i = 0; i < reading->claims->len; i++) {
        LlmClaim *claim = reading->claims->pdata[i];
        if (!is_proved(run, claim)) run->dropped++;
        else if (claim->what == LLM_CLAIM_ITEM) take_item(run, claim);
        else g_ptr_array_add(run->sentences, g_strdup(claim->item->text));
    }
    for (guint i = 0; i < reading->topics->len; i++) take_topic(run, &g_array_index(reading->topics, LlmTopic, i));
}

static guint64 tokens_between(const GArray *pieces, guint from, guint end) {
    guint64 tokens = 0;
    for (guint i = from; i < end; i++) tokens += g_array_index(pieces, LlmPiece, i).tokens;
    return tokens;
}

/* Asks about the part from piece `from` on; `*end` and `*tokens` tell how far it goes and how long it is. */
static bool read_part(LlmRun *run, guint from, guint room, guint *end, guint *tokens, LlmFault *fault, bool *stopped, GError **error) {
    guint first;
    *end = llm_chunk(run->pieces, from, room, &first);
    *tokens = (guint)tokens_between(run->pieces, first, *end);
    g_autofree char *text = llm_chunk_text(run->input->transcript, run->pieces, first, *end);
    LlmQuestion question = {.form = &run->llm->map,
                            .text = text,
                            .answer_tokens_max = llm_answer_tokens(run->context_tokens),
                            .timeout_ms = run->llm->timeout_ms};
    g_auto(LlmReading) reading;
    llm_reading_init(&reading);
    if (!llm_ask(run, &question, llm_read_map, &reading, fault, stopped, error)) return false;
    take_answer(run, &reading);
    run->tokens_read += tokens_between(run->pieces, from, *end);
    run->done = MAP_PART * (double)run->tokens_read / (double)run->tokens;
    return true;
}

/* Half the context, where anything fits into that. */
static bool shrink(LlmRun *run) {
    if (llm_room(run->context_tokens / 2, &run->llm->map) == 0) return false;
    run->context_tokens /= 2;
    return true;
}

/* The pieces from..end are not read; the offline extractor stands in for them. */
static void leave_out(LlmRun *run, guint from, guint end, const GError *why) {
    LlmGap gap = {g_array_index(run->pieces, LlmPiece, from).segment, g_array_index(run->pieces, LlmPiece, end - 1).segment};
    g_array_append_val(run->gaps, gap);
    if (!run->trouble) run->trouble = g_strdup(why->message);
}

/* All parts in turn. False only where the progress says stop. */
static bool read_parts(LlmRun *run, GError **error) {
    guint room = llm_room(run->context_tokens, &run->llm->map), halvings = 0, misses = 0, end, tokens;
    for (guint from = 0; from < run->pieces->len;) {
        LlmFault fault = LLM_FAULT_FINAL;
        g_autoptr(GError) problem = NULL;
        bool stopped = false, read = read_part(run, from, room, &end, &tokens, &fault, &stopped, &problem);
        if (stopped) {
            g_propagate_error(error, g_steal_pointer(&problem));
            return false;
        }
        /* A model that found no end in a small part finds none in the next either: that one is asked about but once. */
        if (!read && fault == LLM_FAULT_LENGTH && misses == 0 && halvings < LLM_HALVINGS_MAX && end - from > 1) {
            halvings++;
            room = tokens / 2;
            continue;
        }
        if (!read && fault == LLM_FAULT_CONTEXT && shrink(run)) {
            room = llm_room(run->context_tokens, &run->llm->map);
            continue;
        }
        if (!read) {
            bool goes_on = (fault == LLM_FAULT_ANSWER || fault == LLM_FAULT_LENGTH) && ++misses < LLM_MISSES_MAX;
            if (!goes_on) end = run->pieces->len;
            leave_out(run, from, end, problem);
        } else {
            misses = 0;
        }
        from = end;
        halvings = 0;
        room = llm_room(run->context_tokens, &run->llm->map);
    }
    return true;
}

static void run_init(LlmRun *run, Llm *llm, const ExtractInput *input) {
    *run = (LlmRun){.llm = llm,
                    .input = input,
                    .context_tokens = llm->context_tokens,
                    .usage.cost = -1,
                    .pieces = llm_pieces(input->transcript),
                    .gaps = g_array_new(FALSE, FALSE, sizeof(LlmGap)),
                    .sentences = g_ptr_array_new_with_free_func(g_free),
                    .index = evidence_index_new(input->transcript),
                    .merge = llm_merge_new(input->transcript)};
    run->tokens = tokens_between(run->pieces, 0, run->pieces->len);
}

static void run_clear(LlmRun *run) {
    g_array_unref(run->pieces);
    g_array_unref(run->gaps);
    g_ptr_array_unref(run->sentences);
    evidence_index_free(run->index);
    llm_merge_free(run->merge);
    g_free(run->trouble);
}

static void describe(const LlmRun *run, Minutes *minutes) {
    const Llm *llm = run->llm;
    minutes->usage = run->usage;
    if (llm->price_input > 0 || llm->price_output > 0)
        minutes->usage.cost =
            ((double)run->usage.input_tokens * llm->price_input + (double)run->usage.output_tokens * llm->price_output) / 1e6;
    if (run->tokens_read == 0) return; /* none of it is the model's */
    minutes->extractor = g_strdup(llm->service->name);
    minutes->model = g_strdup(llm->service->model(llm->service_state));
    minutes->prompt_sha256 = g_strdup(prompts_sha256);
    minutes->coverage = (double)run->tokens_read / (double)run->tokens;
    minutes->dropped += run->dropped;
}

bool llm_run(gpointer state, const ExtractInput *input, Minutes **minutes, GError **error) {
    Llm *llm = state;
    LlmRun run;
    g_autoptr(Minutes) made = NULL;
    run_init(&run, llm, input);
    bool done = read_parts(&run, error) && llm_finish(&run, &made, error);
    if (done) describe(&run, made);
    run_clear(&run);
    if (!done || (input->progress && !input->progress(1, input->user_data, error))) return false;
    *minutes = g_steal_pointer(&made);
    return true;
}
