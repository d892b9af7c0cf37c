/* What the files llm*.c share. */
#pragma once

#include "extract/evidence.h"
#include "extract/llm.h"
#include "extract/terms.h"

typedef struct {
    const LlmService *service;
    gpointer service_state;
    int context_tokens;
    int timeout_ms;
    double price_input, price_output; /* of a million tokens; 0: unknown */
    LlmForm map, reduce;
} Llm;

typedef struct LlmMerge LlmMerge;

/* Segments that the model did not read. */
typedef struct {
    guint first, last;
} LlmGap;

/* One run: a transcript on its way through a model. */
typedef struct {
    Llm *llm;
    const ExtractInput *input;
    int context_tokens;          /* what the model has shown to take, at most */
    MinutesUsage usage;
    double done;                 /* told as progress */
    guint dropped;               /* what the model claimed and the transcript does not prove */
    guint reworded;              /* items whose text said more than their quote, and now is the quote */
    GArray *pieces;              /* of LlmPiece */
    guint64 tokens, tokens_read; /* of the pieces */
    GArray *gaps;                /* of LlmGap */
    char *trouble;               /* why there is the first of them, as the end of a sentence; NULL: there is none */
    GPtrArray *sentences;        /* char*: the summaries of the parts, proved, in order */
    EvidenceIndex *index;
    LlmMerge *merge;
} LlmRun;

/* llm.c */

/* What is kept for the answer of a model with this context, and what then is left for the text of a question of this form: 0 where nothing is. */
int llm_answer_tokens(int context_tokens);
guint llm_room(int context_tokens, const LlmForm *form);

/* llm_ask.c */

/* Reads an answer that came whole; false with the reason where it can't be used. */
typedef bool (*LlmReader)(const char *text, gpointer user_data, GError **error);
/* Asks with patience, as the policy in llm_ask.c says, counts what was used, and tells the progress meanwhile. False with `*fault` set and an
 * error; `*stopped` where the error is the progress callback's. */
bool llm_ask(LlmRun *run, const LlmQuestion *question, LlmReader read, gpointer user_data, LlmFault *fault, bool *stopped, GError **error);

/* llm_chunk.c */

/* A segment, or a part of a long one. */
typedef struct {
    guint segment;
    guint at, end; /* bytes of its text */
    guint tokens;  /* what its line will take, estimated from above */
} LlmPiece;

guint llm_tokens(const char *text, gsize bytes); /* from above: no tokeniser known needs more for ordinary text */
guint llm_tokens_at_least(const char *text);     /* from below */
GArray *llm_pieces(const Transcript *transcript); /* of LlmPiece, in order. Unref */
/* Where the chunk that begins with piece `from` ends (exclusive), and `*first`: the piece that it is sent from, so that it overlaps with what was
 * read. At least one piece, at most `tokens_max` where that is possible. */
guint llm_chunk(const GArray *pieces, guint from, guint tokens_max, guint *first);
/* The lines of these pieces between two marks that no transcript can forge, with a sentence before and after. Caller frees. */
char *llm_chunk_text(const Transcript *transcript, const GArray *pieces, guint first, guint end);
/* `body` between the marks. Caller frees. */
char *llm_marked(const char *what, const char *body);

/* llm_answer.c */

/* What one answer claims, unchecked but for its form. */
typedef struct {
    GPtrArray *claims;  /* of LlmClaim */
    GArray *topics;     /* of LlmTopic */
} LlmReading;

typedef enum { LLM_CLAIM_ITEM, LLM_CLAIM_SENTENCE } LlmClaimWhat;
typedef struct {
    LlmClaimWhat what;
    Item *item; /* its kind, text, type, priority, confidence and one piece of evidence; of a sentence text and evidence count */
    char *owner_said, *due_said; /* NULL: none */
} LlmClaim;
typedef struct {
    char *title;
    guint first, last; /* segments */
} LlmTopic;

void llm_reading_init(LlmReading *reading);
void llm_reading_clear(LlmReading *reading);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(LlmReading, llm_reading_clear)
/* LlmReaders: of a map's answer into an LlmReading, of a reduce's into an LlmReduction. */
bool llm_read_map(const char *text, gpointer reading, GError **error);
bool llm_read_reduce(const char *text, gpointer reduction, GError **error);
/* The JSON object in what a model wrote: bare, in a code fence, or after its thoughts. New reference. */
json_t *llm_find_object(const char *text, GError **error);

typedef struct {
    GPtrArray *texts; /* char* */
    GPtrArray *from;  /* GArray* of guint: numbers of the sentences given, each in range */
    guint given;      /* how many there were */
} LlmReduction;

/* llm_said.c: what the transcript says near some evidence. */

/* The owner that these words name: the speaker for "I", a speaker by name, a name that was said nearby; NULL: none. Caller frees. */
char *llm_owner(const Transcript *transcript, const Evidence *evidence, const char *owner_said);
/* Sets due and due_said of the item from these words where they were said nearby, else from its quote. */
void llm_due(const Transcript *transcript, gint64 meeting_ms, const char *due_said, Item *item);
/* Does the text speak of what is said in these segments and so many around them, and bring in no address that is not said there? */
bool llm_rests_on(const Transcript *transcript, guint first, guint last, guint around, const char *text);
#define LLM_NEAR_SEGMENTS 3

/* llm_backing.c: what a text says beyond what was said. English only; another language has nothing to hold against it. */

/* A number, a day or a name in the text that nobody said: numbers and days in the segments first..last and ten around them,
    names anywhere; NULL: none. Caller
 * frees. */
char *llm_unsaid(const Transcript *transcript, guint first, guint last, const char *text);
/* Does the text deny what nobody denies in the segments of its quote, or say plainly what the quote denies? */
bool llm_turned(const Transcript *transcript, const Evidence *evidence, const char *text);

/* llm_merge.c */

LlmMerge *llm_merge_new(const Transcript *transcript);
void llm_merge_free(LlmMerge *merge);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LlmMerge, llm_merge_free)
/* Takes the item, or what it adds to one that is there. */
void llm_merge_add(LlmMerge *merge, Item *item);
void llm_merge_add_topic(LlmMerge *merge, const char *title, gint64 start_ms, gint64 end_ms);
/* Moves all into the minutes, in order of time. */
void llm_merge_finish(LlmMerge *merge, Minutes *minutes);

/* llm_reduce.c */

/* One summary of the sentences of all parts, of which there is at least one, by the model where there are many; `*trouble` says why it is not,
    NULL: all went well. False with
 * `error` only where the progress says stop. Caller frees. */
bool llm_summarise(LlmRun *run, char **text, char **trouble, GError **error);

/* llm_finish.c */

/* The minutes of a run whose parts have been read. False only where the progress says stop. */
bool llm_finish(LlmRun *run, Minutes **minutes, GError **error);
