/* A question is open when someone says so ("we don't know whether …"), when the reply is that no one knows, or when what follows
 * neither begins like an answer nor shares a word with it. */
#include "extract/questions.h"

#include "extract/clauses.h"

#define ASKED "(?:whether|if|who|what|when|where|which|how|why)"
#define REPLIES 2 /* sentences in which an answer is looked for */

static const struct {
    const char *phrase;
    double confidence; /* when it is open */
    bool stated;       /* said to be open: whatever follows */
    bool opens;        /* begins a clause */
} cues[] = {
    {"(?:the |one |an |another |our |big |main )*(?:open|remaining|unresolved) (?:question|issue|point)(?: here| for "
     "me)?(?: is| remains)? (?<what>.+)",
     0.92, true, true},
    {"(?:the |one |my |another |big )*question (?:is|remains|for me is) (?<what>" ASKED " .+)", 0.8, true, true},
    {"(?<what>(?:(?:we|i)(?: still)? (?:don't|do not) know|(?:nobody|no one) knows)(?: yet)? " ASKED " .+)", 0.82, true, false},
    {"(?<what>(?:it's|it is|that's) (?:still )?(?:unclear|not clear|undecided|open|an open question|not decided)(?: yet)? " ASKED
     " .+)",
     0.86, true, false},
    {"(?<what>(?:we|i)(?:'m|'re| am| are) (?:still )?not sure(?: yet)? " ASKED " .+)", 0.6, true, false},
    {"(?<what>(?:do|does) (?:we|anyone|anybody|somebody|you|they)(?: all)? know (?:yet )?" ASKED " .+)", 0.86, false, true},
    {"(?<what>(?:who|when|where|which [^ ]+|what [^ ]+|how (?:much|many|long|soon|often)) (?:will|should|shall|is going "
     "to|are going to|would|can|could|do|does|is|are) .+)",
     0.82, false, true},
    {"(?<what>(?:what|how|why|who's|what's|when's) .+)", 0.6, false, true},
    {"(?<what>(?:should|shall|can|will|do|does|is|are) (?:we|the|our|it|they|this) .+)", 0.62, false, true},
};

static const char *const chatter =
    "^(?:what do you (?:think|mean|guys)|how are you|how do you (?:spell|feel)|what's next|any (?:other )?questions|what about "
    "(?:you|that|it)$|how about|what was (?:that|it)|"
    "who wants to|where were we|who's next|what are we (?:doing|talking)|is it (?:working|on|okay)|is this "
    "(?:working|on|okay)|are we (?:ready|done|all|finished)|"
    "should we (?:start|move|go on|begin|continue)|shall we (?:start|move|go|begin|continue)|what time is it|how much time|how's "
    "it|what is that|what's that|what else|"
    "can we (?:move|start|go|begin)|how long (?:do we have|have we)|do we have time|is that (?:it|right|okay|all)|is there any)";
static const char *const replies =
    "^(?:yes|no|yeah|yep|nope|sure|of course|okay|i'll|i will|i can|i would|i "
    "think|i'd|we|we'll|we're|it|it's|that's|probably|absolutely|because|at|by|about|around|on|in|"
    "let's|they|he|she|exactly|right|correct|maybe|the|there|there's|you|not|only|definitely|that)(?: |$)";
static const char *const ignorance =
    "(?:don't know|do not know|no idea|not sure|good question|find out|nobody knows|still open|unclear|need to "
    "check|have to check|will check|i'll check|"
    "i'll ask|come back to|park (?:that|it)|leave (?:that|it) open|not decided|not yet|to be decided|take (?:that|it) offline)";

typedef enum { REPLY_NONE, REPLY_ANSWER, REPLY_UNKNOWN } Reply;

static Reply reply_to(const GArray *sentences, const GPtrArray *terms, guint index) {
    static GRegex *ignorant, *answering;
    Reply reply = REPLY_NONE;
    for (guint i = index + 1; i <= index + REPLIES && i < sentences->len; i++) {
        const Sentence *sentence = sentence_at(sentences, i);
        if (g_regex_match(phrase_once(&ignorant, ignorance, ""), sentence->plain, 0, NULL)) return REPLY_UNKNOWN;
        if (sentence->question) continue;
        bool answers = g_regex_match(phrase_once(&answering, replies, ""), sentence->plain, 0, NULL) ||
                       terms_likeness(g_ptr_array_index(terms, index), g_ptr_array_index(terms, i)) > 0;
        if (answers) reply = REPLY_ANSWER;
    }
    return reply;
}

/* "Fine, but who will …?" does; "he knows who will …" does not. */
static bool begins_clause(const Sentence *sentence, guint word) {
    static const char *const joints[] = {"and", "but", "so", "or", "okay", "well", "yeah", "then", "now", "thing", "mean", NULL};
    return word == 0 || g_array_index(sentence->words, PlainWord, word).after_comma ||
           sentence_word_is(sentence, word - 1, joints);
}

void question_find(const GArray *sentences, const GPtrArray *terms, guint index, GArray *candidates) {
    static GRegex *regexes[G_N_ELEMENTS(cues)], *chatting;
    const Sentence *sentence = sentence_at(sentences, index);
    const GArray *own = g_ptr_array_index(terms, index);
    if (own->len < 1 || sentence->words->len < 4) return;
    for (gsize i = 0; i < G_N_ELEMENTS(cues); i++) {
        g_autoptr(GMatchInfo) match = NULL;
        int at, end, from;
        if (!(sentence->question || cues[i].stated || cues[i].confidence > CONFIDENCE_SURE)) continue;
        if (!g_regex_match(phrase_once(&regexes[i], cues[i].phrase, "$"), sentence->plain, 0, &match)) continue;
        if (!g_match_info_fetch_named_pos(match, "what", &at, &end) || !g_match_info_fetch_pos(match, 0, &from, NULL)) continue;
        if (cues[i].opens && !begins_clause(sentence, sentence_word_at(sentence, (guint)from))) continue;
        if (g_regex_match(phrase_once(&chatting, chatter, ""), sentence->plain + at, 0, NULL)) return;
        Reply reply = cues[i].stated ? REPLY_UNKNOWN : reply_to(sentences, terms, index);
        if (reply == REPLY_ANSWER) return;
        Candidate candidate = {
            .kind = ITEM_QUESTION, .sentence = index, .from = sentence_word_at(sentence, (guint)at), .to = sentence->words->len};
        candidate.confidence =
            cues[i].confidence - (reply == REPLY_NONE ? 0.15 : 0) - (sentence->question || cues[i].stated ? 0 : 0.2);
        g_array_append_val(candidates, candidate);
        return;
    }
}
