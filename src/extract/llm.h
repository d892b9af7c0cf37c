/* Extraction by a language model, whatever service it stands behind: the transcript is read in parts (llm_chunk.c), each part is asked about
 * (llm_ask.c), the answers are read and checked (llm_answer.c, llm_said.c), merged (llm_merge.c) and summed up (llm_reduce.c). A service is one file
 * that puts a question to it (openai.c, bedrock.c).
 *
 *  1. Nothing is cut silently: what the model did not read is told in `coverage` and `note`, and read by the offline extractor.
 *  2. What a model answers is hostile: an item, a sentence or a topic gets in only with words that stand in the transcript.
 *  3. A run fails only where its progress stops it: else there are minutes, by the offline extractor where no model could be had. */
#pragma once

#include "extract/extract_backend.h"

/* What is wrong with a question or its answer: it decides what is tried next (llm_ask.c, llm.c). */
typedef enum {
    LLM_FAULT_FINAL,   /* no use in asking this service again: no such model, no permission, no money */
    LLM_FAULT_PASSING, /* no answer this time: too slow, too busy, out of reach. The same question later */
    LLM_FAULT_ANSWER,  /* an answer that can't be used: empty, refused, broken. The same question again */
    LLM_FAULT_CONTEXT, /* more than the model takes at a time. Smaller parts */
    LLM_FAULT_LENGTH,  /* the answer was cut off at its limit. A smaller part, which has less to tell */
} LlmFault;

/* A kind of question: its rules, and the form that answers have to take. */
typedef struct {
    const char *rules;           /* the prompt */
    const char *name, *sentence; /* for services that call it a tool */
    json_t *schema;              /* JSON Schema */
    char *schema_text;
} LlmForm;

typedef struct {
    const LlmForm *form;
    const char *text; /* the user's message; the form's rules are the system's */
    bool spell_out; /* the schema has to stand in the rules, too: an answer did not keep to it */
    int answer_tokens_max;
    double temperature;
    int timeout_ms;
    GCancellable *cancel;
} LlmQuestion;

typedef struct {
    char *text; /* the JSON that the model wrote */
    guint64 input_tokens, output_tokens; /* as the service counts; 0: not told */
    /* where the asking failed */
    LlmFault fault;
    gint64 wait_ms; /* the service says when to come again; negative: it does not */
} LlmAnswer;

void llm_answer_clear(LlmAnswer *answer);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(LlmAnswer, llm_answer_clear)

/* A service. Thread-safe; it neither waits nor repeats by itself. */
typedef struct {
    const char *name;
    bool (*open)(const Settings *settings, gpointer *state, GError **error);
    /* False with `answer->fault` and an error whose message names the service, the cause and the setting to mend, and holds no secret. What was
     * counted may be set in either case. */
    bool (*ask)(gpointer state, const LlmQuestion *question, LlmAnswer *answer, GError **error);
    const char *(*model)(gpointer state);
    void (*close)(gpointer state);
} LlmService;

extern const LlmService llm_service_openai, llm_service_bedrock;

/* The functions of an extractor on top of a service. */
bool llm_open(const LlmService *service, const Settings *settings, gpointer *state, GError **error);
bool llm_run(gpointer state, const ExtractInput *input, Minutes **minutes, GError **error);
void llm_close(gpointer state);

/* For services: a sentence of the other side, fit for a message: one line, short, every `secret` (NULL: none) in it replaced. Caller frees. */
char *llm_quote_service(const char *text, const char *secret);
/* Do these words of a service say that the question was too long? */
bool llm_says_too_long(const char *text);
/* The form's rules with the schema where the service (or an answer) needs it in words. Caller frees. */
char *llm_rules(const LlmQuestion *question, bool spell_out);
/* Retry-After and its like in an answer; negative: none. */
gint64 llm_retry_after_ms(const char *header);
