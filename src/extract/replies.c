#include "extract/replies.h"

#include "extract/clauses.h"

#define REPLIES 2 /* sentences in which a yes is looked for */

/* More than an okay. */
#define PROMISE                                                                                                                  \
    "sure|of course|no problem|absolutely|certainly|definitely|gladly|happy to|with pleasure|will do|i will|i'll|i can|on it|i'm on it|" \
    "consider it done"

static const char *const yes =
    "^(?:(?:oh|uh|um|well|yes|yeah|ah) )*(?:yes|yeah|yep|okay|ok|alright|all right|fine|i do|" PROMISE ")(?: |$)";
static const char *const several = "(?:you (?:two|guys|both|all)|(?:both|all|two) of you|together)(?: |$)"; /* one of them says yes, all are meant */
static const char *const but = "(?:but|can't|cannot|won't|not|don't|later|ask|who|why)(?: |$)";

/* "You will …" "Okay.": in a room of several the okay is anybody's. It takes more to know whose task it is. */
static const char *const promise = "(?:" PROMISE ")(?: |$)";
static const char *const refusal = "^(?:(?:oh|uh|um|well|ah) )*(?:no|nope|sorry|i can't|i cannot|i won't|i don't|not)(?: |$)";
static const char *const asking = "(?:(?:can|could|will|would) you|please)(?: |$)";

static bool matches(GRegex **regex, const char *phrase, const Sentence *sentence) {
    return g_regex_match(phrase_once(regex, phrase, ""), sentence->plain, 0, NULL);
}

const char *reply_accepted_by(const Transcript *transcript, const GArray *sentences, guint index, bool *accepted) {
    static GRegex *accepting, *doubting, *many, *promising, *asked, *refusing;
    const Sentence *task = sentence_at(sentences, index);
    int accepts = -1;
    *accepted = false;
    if (task->speaker < 0 || matches(&many, several, task)) return NULL;
    bool sure = task->question || matches(&asked, asking, task);
    for (guint i = index + 1; i <= index + REPLIES && i < sentences->len; i++) {
        const Sentence *sentence = sentence_at(sentences, i);
        if (sentence->speaker < 0 || sentence->speaker == task->speaker) continue;
        if (matches(&refusing, refusal, sentence)) return NULL;
        if (!matches(&accepting, yes, sentence)) continue;
        if (sentence->question || matches(&doubting, but, sentence)) return NULL;
        if (accepts >= 0 && accepts != sentence->speaker) return NULL;
        accepts = sentence->speaker;
        sure = sure || matches(&promising, promise, sentence);
    }
    *accepted = accepts >= 0;
    if (!sure) return NULL;
    if (accepts < 0 && transcript->speakers->len == 2) accepts = 1 - task->speaker; /* "you" is the other */
    return accepts >= 0 ? transcript_speaker_name(transcript, accepts) : NULL;
}
