#include "extract/replies.h"

#include "extract/clauses.h"

#define REPLIES 2 /* sentences in which a yes is looked for */

static const char *const yes =
    "^(?:(?:oh|uh|um|well|yes|yeah|ah) )*(?:yes|yeah|yep|sure|okay|ok|of course|no problem|absolutely|certainly|definitely|gladly|happy to|"
    "with pleasure|alright|all right|fine|will do|i will|i'll|i can|i do|on it|i'm on it|consider it done)(?: |$)";
static const char *const several = "(?:you (?:two|guys|both|all)|(?:both|all|two) of you|together)(?: |$)"; /* one of them says yes, all are meant */
static const char *const but = "(?:but|can't|cannot|won't|not|don't|later|ask|who|why)(?: |$)";

const char *reply_accepted_by(const Transcript *transcript, const GArray *sentences, guint index) {
    static GRegex *accepting, *doubting, *many;
    int asks = sentence_at(sentences, index)->speaker, accepts = -1;
    if (asks < 0 || g_regex_match(phrase_once(&many, several, ""), sentence_at(sentences, index)->plain, 0, NULL)) return NULL;
    for (guint i = index + 1; i <= index + REPLIES && i < sentences->len; i++) {
        const Sentence *sentence = sentence_at(sentences, i);
        if (sentence->speaker < 0 || sentence->speaker == asks) continue;
        if (!g_regex_match(phrase_once(&accepting, yes, ""), sentence->plain, 0, NULL)) continue;
        if (sentence->question || g_regex_match(phrase_once(&doubting, but, ""), sentence->plain, 0, NULL)) return NULL;
        if (accepts >= 0 && accepts != sentence->speaker) return NULL;
        accepts = sentence->speaker;
    }
    return accepts >= 0 ? transcript_speaker_name(transcript, accepts) : NULL;
}
