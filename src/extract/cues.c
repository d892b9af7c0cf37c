/* What the phrases of the table stand for in a sentence, and the checks that keep hypotheticals, negations and small talk out. */
#include "extract/cues.h"

#include <string.h>

#include "extract/clauses.h"
#include "extract/cue_table.h"
#include "extract/dates.h"
#include "extract/replies.h"

/* Verbs that stand for work someone takes home. */
static const char *const task_verbs[] = {
    "send",     "write",     "prepare",     "check",     "draft",      "update",   "fix",        "call",      "email",
    "mail",     "ask",       "schedule",    "book",      "organise",   "organize", "review",     "finish",    "create",
    "look",     "follow",    "investigate", "contact",   "find",       "arrange",  "circulate",  "post",      "upload",
    "test",     "order",     "add",         "work",      "put",        "come",     "finalise",   "finalize",  "document",
    "deliver",  "provide",   "submit",      "publish",   "confirm",    "complete", "build",      "run",       "design",
    "research", "collect",   "compile",     "present",   "buy",        "pay",      "sign",       "invite",    "remind",
    "file",     "open",      "raise",       "report",    "move",       "migrate",  "deploy",     "release",   "implement",
    "handle",   "own",       "reach",       "ping",      "speak",      "talk",     "coordinate", "negotiate", "evaluate",
    "set",      "get",       "make",        "share",   "decide",     "do",         "take",     "bring",      "analyse",   "analyze",
    "gather",   "forward",   "clean",       "remove",    "change",     "rewrite",  "hire",       "verify",    "measure",
    "estimate", "calculate", "cut",         "plan",      "register",   "install",  "configure",  "translate", "correct",
    "discuss",  "inform",    "tell",        "notify",    "provide",    "supply",   "produce",    "define",    "specify",
    "list",     "archive",   "summarise",   "summarize", "distribute", "print",    "scan",       "meet",      "visit",
    "consult",  "compare",   "cancel",      "reply",     "respond",    "answer",   "chase",      "clarify",   "escalate",
    "merge",    "refactor",  "log",         "record",    "fill",       "train",    "develop",    "sort",      "resolve",
    "start",    "begin",     "continue",    "revise",    "approve",    "close",    "delete",     "sync",      "adapt",
    "adjust",   "assess",    "audit",       "back",      "benchmark",  "brief",    "code",       "connect",   "convert",
    "copy",     "debug",     "demo",        "describe",  "determine",  "disable",  "double",     "download",  "edit",
    "enable",   "enter",     "examine",     "explore",   "export",     "extend",   "figure",     "fetch",     "format",
    "host",     "identify",  "import",      "improve",   "inspect",    "integrate", "interview", "introduce", "label",
    "lead",     "liaise",    "maintain",    "map",       "mark",       "monitor",  "obtain",     "outline",   "pick",
    "polish",   "price",     "process",     "proofread", "prototype",  "provision", "purchase",  "push",      "read",
    "rebuild",  "recruit",   "redo",        "reduce",    "refine",     "rename",   "renew",      "repair",    "replace",
    "reproduce", "request",  "reserve",     "reset",     "restart",    "restore",  "return",     "revisit",   "rework",
    "roll",     "select",    "ship",        "sketch",    "solve",      "source",   "split",      "study",     "supply",
    "survey",   "swap",      "switch",      "tidy",      "track",      "transcribe", "transfer", "upgrade",   "validate",
    "wrap",     "adopt",     "attach",      "assign",    "allocate",   "draw",     "mock",       "optimise",  "optimize",
    "patch",    "post",      "quantify",    "redesign",  "reformat",   "reorganise", "schedule", "secure",    "simplify",
    "specify",  "store",     "structure",   "test",      "transition", "turn",     "unblock",    "unify",     NULL};

/* What is said of the talk itself, or of no work at all, though it begins like work. */
static const char *const small_talk =
    "^(?:share (?:my|your|the|this) (?:screen|slides?)|share screen|be |see\\b|get back to (?:that|this|it)|start "
    "(?:with|by|off|us)?\\b|start$|begin\\b|take (?:a look(?! at (?:the|our|your|his|her|their) (?!slide|screen|picture|agenda|next))|that(?! one| "
    "on)|"
    "it|the floor|over|five|(?:a|another) (?:[^ ]+ ){0,3}break|a vote|a moment|a minute|a second|that as)|make (?:sense|it quick|a note of that|"
    "it$)|do "
    "(?:that|it|so|this|my best)$|get (?:started|going|it$|there|"
    "that$|to that|to it|into that|rid)|talk (?:about|you)|tell you|ask (?:you|a question|one)|come (?:back|to that|in|up "
    "to)|move (?:on|to|over|ahead)|look (?:like|at (?:that|"
    "it|this)$|forward)|run (?:through|late|out)|put (?:it|that) (?:this|that) way|present\\b(?! (?:the|a|our|my|your|these) )|open (?:it|that) up|"
    "call it|answer (?:that|your)|"
    "(?:speak|talk) (?:up|louder|to that)|take (?:a|your|the) (?:seat|break|breath|step)|take (?:five|ten|turns)|(?:speak|talk) (?:a (?:bit|"
    "little)|slower|slowly|more|into)|finish (?:my|your|this|that|the) (?:sentence|point|thought|sandwich|coffee)|have (?:a (?:break|look|seat|"
    "coffee|drink|nice|good|great|think)|lunch|dinner|fun|to)|make (?:a|the|any|that) decision|decide|do what|get (?:some|a) (?:coffee|water|tea|"
    "drink)|(?:back|turn) (?:to|in|off the|on the)|(?:close|open|shut) (?:the (?:doors?|windows?|blinds|curtains))|find (?:it|that|this) |find "
    "out$|continue\\b|"
    "work (?:for|with) (?:me|that|it)$|make (?:that|it) (?:bigger|clear)|tell (?:me|us)\\b|repeat|hear|say |close "
    "(?:with|off)|put (?:up|on|down)|cut (?:you|in)|do (?:you|something like)|"
    "take (?:it|that) (?:offline|from there|from here)|discuss (?:that|this|it)(?: later)?$|set (?:it|that)$|check "
    "(?:in|out)$|go |read (?:it|that|this|out|from|the (?:slide|agenda|next))|bring (?:it|that) up$|talk$|meet$|"
    "sit\\b(?! down with)|(?:pick up|get|drop off|collect|fetch|pick) (?:my|the|our) (?:kids?|son|daughter|children|wife|husband|car|dog|bike|"
    "parents)|wrap (?:up|it up|this up|things up)|hand (?:it |you )?over|kick (?:off|it off)|walk you|(?:turn|switch) (?:on |off )?(?:your|the|my) "
    "(?:camera|mic|microphone|video|volume|light|lights|heating|fan|phone|sound)|"
    "look at (?:the|this) (?:next|slide|screen|picture|agenda)|finish (?:here|now|up|there|off)|print$|start$)";

/* Verbs of every kind of doing say little unless their particle does ("set up", "find out"); so does a task that is only "it". */
static const char *const vague =
    "^(?:(?:get|make|put|look|do|take|come|find|start|work|set|run|move|change|tell|add|bring|begin|talk|cut|continue|open|close|"
    "discuss)\\b(?! (?:up with|sure (?:that )?[^ ]+ [^ ]+ [^ ]+ |up\\b|out\\b|into|on |"
    "together|in touch|(?:that|it|this|them) up\\b|care|back to (?:you|him|her|them|everyone|everybody|us) (?:on|about|with|by|when|before|"
    "tomorrow|next|after)|back in touch|hold of|an? |the |our |all |with |[^ ]+ figures|to (?:the )?[^ ]+ about))|[^ ]+ "
    "(?:it|that|this|them|there|these|those|one)(?: (?:up|in|on|down|out|back|here|there|too|again|first|off))?$)";

static const char *const never_work[] = {
    "be",      "not",    "never", "have", "had",    "been",       "see",    "say",    "admit", "bet",      "guess",    "think",
    "know",    "want",   "like",  "love", "need",   "let",        "give",   "wait",   "stop",  "agree",    "mention",  "explain",
    "show",    "hear",   "hold",  "go",   "skip",       "pass",   "leave",  "keep",  "try",      "use",      "imagine",
    "believe", "repeat", "hate",  "mute", "unmute", "understand", "only",   "always", "still", "probably", "remember", "help",
    "live",    "feel",   "grab",  "excuse", "seem",   "mean",       "wonder", "stay",
    "sleep",   "survive", "miss", "die",  "happen", "regret",     "the",    "a",      "an",    "my",      "your",     "our",
    "his",     "her",    "their", "this", "that",   "these",      "those",  "it",     "in",    "on",      "at",       "to",
    "for",     "with",   "from",  "of",   "so",     "very",       "too",    "all",    "some",  "any",     "no",       "by",
    "don't",   "not",    "shout", "listen", "relax", "stand", "join", "ignore", "note", "forgive", "proceed",
    "out",     "home",   "there", "here", "back to", "bear",      "enjoy",  "apologise", "apologize", "laugh", "cry",
    "assume",  "suppose", "pretend", "presume", "expect", "suspect", "eat", "drink", "second", "paraphrase", "rephrase", "recap", "quote",
        "reiterate", "emphasise",
    "emphasize", "stress", "highlight", "illustrate", "win", "lose", "suffer", "blame", "trust", "follow-up", "kill", "leave", "become", "remain",
        "look forward", "end", NULL};

#define CONFIDENCE_FIRM 0.85 /* "action item: …" */
#define CONFIDENCE_DOUBTED 0.6
#define SETTLED_WORDS_MIN 4

static const char *addressed(const Sentence *sentence, const Names *names, guint cue) {
    guint last = sentence->words->len - 1;
    if (cue > 0) {
        const char *name = name_known_at(names, sentence, cue - 1);
        if (name) return name;
    }
    const char *first = g_array_index(sentence->words, PlainWord, MIN(1, last)).after_comma ? name_at(names, sentence, 0) : NULL;
    if (first && cue > 0) return first;
    for (guint i = cue + 1; i < last; i++) /* "draft it, Ann, by Friday" */
        if (g_array_index(sentence->words, PlainWord, i).after_comma && g_array_index(sentence->words, PlainWord, i + 1).after_comma &&
            name_known_at(names, sentence, i))
            return name_known_at(names, sentence, i);
    return g_array_index(sentence->words, PlainWord, last).after_comma ? name_at(names, sentence, last) : NULL;
}

/* Nothing stands before it but "okay", or a name that is spoken to. */
static bool opens_sentence(const Sentence *sentence, const Names *names, guint word) {
    static const char *const openers[] = {"and", "so", "okay", "ok", "yes", "yeah", "but", "well", "now", "right", "good", "alright", NULL};
    if (word == 1 && g_array_index(sentence->words, PlainWord, 1).after_comma && name_at(names, sentence, 0)) return true;
    return word == 0 || (word <= 2 && sentence_word_is(sentence, word - 1, openers));
}

/* Whoever is named. At a sentence's beginning any word is capital: there it is somebody only where work follows (`*open`). */
static const char *named(const Cue *cue, const Sentence *sentence, const Names *names, guint word, bool *open) {
    const char *known = name_known_at(names, sentence, word), *any = name_at(names, sentence, word);
    if (known || cue->flags & CUE_ASKS) return known ? known : any;
    *open = opens_sentence(sentence, names, word);
    return *open ? any : NULL;
}

static bool find_owner(const Cue *cue, const Transcript *transcript, const Sentence *sentence, const Names *names,
                       const GMatchInfo *match, guint cue_word, Candidate *candidate, bool *open) {
    const char **owner = &candidate->owner;
    int at;
    switch (cue->who) {
    case WHO_UNKNOWN:
        return true;
    case WHO_SPEAKER:
        *owner = transcript_speaker_name(transcript, sentence->speaker);
        return true;
    case WHO_NAMED:
        if (!g_match_info_fetch_named_pos(match, "who", &at, NULL) || at < 0) return false;
        candidate->owner_word = sentence_word_at(sentence, (guint)at);
        *owner = named(cue, sentence, names, candidate->owner_word, open);
        return *owner != NULL;
    case WHO_ADDRESSED:
        *owner = addressed(sentence, names, cue_word);
        return true;
    case WHO_MENTIONED:
        for (guint i = cue_word; i-- > 0 && !*owner;) *owner = name_known_at(names, sentence, i);
        return *owner != NULL;
    case WHO_EVERYONE:
        *owner = "Everyone";
        return true;
    }
    return false;
}

char *cues_base_form(const char *word) {
    gsize length = strlen(word);
    if (length < 6 || !g_str_has_suffix(word, "ing")) return NULL;
    g_autofree char *stem = g_strndup(word, length - 3), *with_e = g_strconcat(stem, "e", NULL);
    if (g_strv_contains(task_verbs, stem)) return g_steal_pointer(&stem);
    if (g_strv_contains(task_verbs, with_e)) return g_steal_pointer(&with_e);
    if (stem[length - 4] == stem[length - 5]) stem[length - 4] = '\0'; /* "getting" */
    return g_strv_contains(task_verbs, stem) ? g_steal_pointer(&stem) : NULL;
}

/* Also "sending", "getting", "writing": after "I'll be", "responsible for", "would you mind". */
static bool begins_with_task(const Sentence *sentence, guint word) {
    if (sentence_word_is(sentence, word, task_verbs)) return true;
    const PlainWord *at = &g_array_index(sentence->words, PlainWord, word);
    g_autofree char *text = g_strndup(sentence->plain + at->plain_at, at->plain_end - at->plain_at), *base = cues_base_form(text);
    return base != NULL;
}

/* A verb that is in no list, but does something to something: "mentor the interns", "sit down with the unions", "ring Tom". */
static bool acts_on_something(const Sentence *sentence, const Names *names, guint from, guint to) {
    static const char *const particles[] = {"up", "out", "down", "in", "on", "off", "over", "through", "together", "away", "back", "with", "to",
        "for", "into",
                                            "around", "after", "about", "at", "round", NULL};
    static const char *const objects[] = {"the", "a", "an", "this", "these", "those", "my", "your", "our", "his", "her", "their", "its", "them",
        "him",
                                          "all", "every", "each", "two", "three", "four", "five", "some", "any", "everyone", "everybody",
                                              "another", NULL};
    const PlainWord *verb = &g_array_index(sentence->words, PlainWord, from);
    if (verb->plain_end - verb->plain_at < 3 || g_str_has_prefix(sentence->plain + verb->plain_end - 2, "ly")) return false;
    guint next = from + 1;
    for (guint i = 0; i < 2 && next + 1 < to && sentence_word_is(sentence, next, particles); i++) next++;
    return next < to && (sentence_word_is(sentence, next, objects) || name_known_at(names, sentence, next));
}

/* Requests and promises are as sure as their verb: "I'll send" is, "I'll see" is none, "I'll polish" is likely. */
static bool weigh_task(const Cue *cue, const Sentence *sentence, const Names *names, Candidate *candidate) {
    const PlainWord *first = &g_array_index(sentence->words, PlainWord, candidate->from);
    const PlainWord *last = &g_array_index(sentence->words, PlainWord, candidate->to - 1);
    static GRegex *chatting, *unclear;
    phrase_once(&chatting, small_talk, "");
    phrase_once(&unclear, vague, "");
    g_autofree char *words = g_strndup(sentence->plain + first->plain_at, last->plain_end - first->plain_at);
    Due due;
    candidate->task = cue->flags & CUE_WORK;
    if (candidate->task) return !(cue->flags & CUE_DATED) || due_find(words, 0, &due);
    bool place = g_array_index(sentence->words, PlainWord, candidate->from).capital && candidate->from > 0; /* "I'm going to Paris" */
    if (place || sentence_word_is(sentence, candidate->from, never_work) || g_regex_match(chatting, words, 0, NULL)) return false;
    candidate->task = begins_with_task(sentence, candidate->from);
    if (cue->flags & (CUE_DATED | CUE_COMMA) && !candidate->task) return false;
    if (cue->flags & CUE_DATED && !due_find(words, 0, &due)) return false;
    bool acts = !candidate->task && acts_on_something(sentence, names, candidate->from, candidate->to);
    candidate->task = candidate->task || acts;
    if (cue->flags & CUE_TASK && !candidate->task)
        candidate->confidence -= 0.3;
    else if (cue->flags & CUE_TASK && acts)
        candidate->confidence -= 0.1;
    else if (g_regex_match(unclear, words, 0, NULL))
        candidate->confidence -= due_find(words, 0, &due) ? 0.05 : cue->who == WHO_UNKNOWN ? 0.1 : 0.25;
    return !clause_is_broken_off(sentence, candidate->to - 1) && candidate->to - candidate->from >= 2;
}

/* Neither of the talk itself ("let's take a break") nor of days gone by ("back then we agreed"). */
static bool is_decided(const Cue *cue, const Sentence *sentence, const Candidate *candidate) {
    static GRegex *chatting, *past;
    phrase_once(&chatting, small_talk, "");
    phrase_once(&past, "(?:back then|back(?= we )|in the past|at the time|years ago|originally|initially|used to|in theory|last (?:year|month|"
     "summer|winter|spring|autumn|fall|time)|(?:years?|months?|weeks?|days?|ages) ago|yesterday|back in)(?![^ ])", "");
    const PlainWord *first = &g_array_index(sentence->words, PlainWord, candidate->from);
    if (g_regex_match(past, sentence->plain, 0, NULL)) return false;
    return cue->confidence >= CONFIDENCE_SURE || !g_regex_match(chatting, sentence->plain + first->plain_at, 0, NULL);
}

/* "You'll take care of it, right?" asks for a nod, not for an answer. */
static bool ends_in_tag(const Sentence *sentence) {
    static const char *const tags[] = {"right", "okay", "ok", "yeah", "yes", "alright", "please", "deal", NULL};
    guint last = sentence->words->len - 1;
    return last > 3 && g_array_index(sentence->words, PlainWord, last).after_comma && sentence_word_is(sentence, last, tags);
}

/* "I'll maybe send it", "I'll try to send it" is not "I'll send it": the text keeps the word, and a doubt is no sure item. */
static void keep_doubts(const Sentence *sentence, guint cue, Candidate *candidate) {
    static const char *const doubts[] = {"maybe", "probably", "possibly", "perhaps", "hopefully", NULL};
    static const char *const tries[] = {"try", NULL};
    guint begin = candidate->from;
    for (guint i = candidate->from; i-- > cue;) {
        bool doubted = sentence_word_is(sentence, i, doubts);
        if (doubted || sentence_word_is(sentence, i, tries)) begin = i;
        if (doubted) candidate->confidence = MIN(candidate->confidence, CONFIDENCE_DOUBTED);
    }
    if (cue > 0 && sentence_word_is(sentence, cue - 1, doubts)) {
        begin = cue - 1;
        candidate->confidence = MIN(candidate->confidence, CONFIDENCE_DOUBTED);
    }
    candidate->before = candidate->from - MIN(begin, candidate->from);
}

/* "As soon as the budget is approved I'll order the laptops": so does the condition that the sentence begins with. */
static void keep_condition(const Sentence *sentence, guint cue, Candidate *candidate) {
    static GRegex *conditional;
    g_autoptr(GMatchInfo) match = NULL;
    int at = 0;
    phrase_once(&conditional, "^(?:(?:and|so|but|okay|ok|yes|yeah|well|right|now|i think|i guess) ){0,3}(?<condition>as soon as|as long as|so long "
     "as|when|once|after|before|until|"
                              "provided|providing|assuming|in case|in the event|given that|depending on|subject to|should (?:the|we|they|it|he|she|"
                              "you|anything)) ", "");
    if (!g_regex_match(conditional, sentence->plain, 0, &match) || !g_match_info_fetch_named_pos(match, "condition", &at, NULL)) return;
    guint begin = sentence_word_at(sentence, (guint)at);
    if (begin < cue && begin < candidate->from) candidate->before = candidate->from - begin;
}

/* "We'll go with the blue one, right?" is not decided yet. */
static bool is_asked(const Cue *cue, const Sentence *sentence) {
    if (!sentence->question || cue->flags & CUE_ASKS) return false;
    return cue->kind == ITEM_DECISION || !ends_in_tag(sentence);
}

static bool read_match(const Cue *cue, const Transcript *transcript, const Sentence *sentence, const Names *names,
                       const GMatchInfo *match, Candidate *candidate) {
    int at, what = -1;
    if (!g_match_info_fetch_pos(match, 0, &at, NULL)) return false;
    guint cue_word = sentence_word_at(sentence, (guint)at);
    bool says_what = g_match_info_fetch_named_pos(match, "what", &what, NULL) && what >= 0;
    if (!says_what && !(cue->flags & CUE_BARE)) return false;
    if (is_asked(cue, sentence)) return false;
    if (cue->flags & CUE_OPENS && !opens_sentence(sentence, names, cue_word)) return false;
    if (clause_is_denied(sentence, cue_word)) return false;
    bool open = false;
    if (!find_owner(cue, transcript, sentence, names, match, cue_word, candidate, &open)) return false;
    if (cue->flags & CUE_COMMA && (candidate->owner_word + 1 >= sentence->words->len ||
                                   !g_array_index(sentence->words, PlainWord, candidate->owner_word + 1).after_comma))
        return false;
    candidate->confidence = cue->confidence;
    if (cue->who == WHO_ADDRESSED && candidate->owner && cue->confidence < CONFIDENCE_DOUBTED) candidate->confidence += 0.15; /* "you need to …,
        Ann" */
    candidate->from = says_what ? sentence_word_at(sentence, (guint)what + (sentence->plain[what] == ' ')) : cue_word;
    candidate->to = clause_end(sentence, names, candidate->from);
    if (!says_what && cue_word >= SETTLED_WORDS_MIN) { /* "we take the second one, that's decided" */
        says_what = true;
        candidate->from = 0;
        candidate->to = cue_word;
    }
    candidate->cue = cue_word;
    candidate->previous = !says_what;
    if (cue->kind == ITEM_DECISION && !is_decided(cue, sentence, candidate)) return false;
    if (cue->kind == ITEM_ACTION && !(weigh_task(cue, sentence, names, candidate) && (candidate->task || !open))) return false;
    if (!(cue->flags & CUE_ASKS)) keep_doubts(sentence, cue_word, candidate);
    keep_condition(sentence, cue_word, candidate);
    return true;
}

/* The cues overlap ("Ann, can you" and "can you"): a place that a surer one has taken is not read again. */
static bool is_taken(const GArray *candidates, const Candidate *candidate) {
    for (guint i = candidates->len; i-- > 0;) {
        const Candidate *other = &g_array_index(candidates, Candidate, i);
        if (other->sentence != candidate->sentence) break;
        if (candidate->from < other->to && other->from < candidate->to) return true;
    }
    return false;
}

void cues_find(const Transcript *transcript, const GArray *sentences, const Names *names, guint index, GArray *candidates) {
    static GRegex *regexes[CUES_MAX];
    const Sentence *sentence = sentence_at(sentences, index);
    for (gsize i = 0; i < cue_count; i++) {
        const GRegex *regex = phrase_once(&regexes[i], cue_table[i].phrase, "$");
        int from = 0;
        /* What a cue matches runs to the end of the sentence: the next of its kind is looked for within it. */
        while (from >= 0 && from < (int)strlen(sentence->plain)) {
            g_autoptr(GMatchInfo) match = NULL;
            Candidate candidate = {.kind = cue_table[i].kind, .sentence = index};
            int at = 0;
            if (!g_regex_match_full(regex, sentence->plain, -1, from, 0, &match, NULL) ||
                !g_match_info_fetch_pos(match, 0, &at, NULL))
                break;
            if (read_match(&cue_table[i], transcript, sentence, names, match, &candidate) && !is_taken(candidates, &candidate)) {
                bool accepted = candidate.owner != NULL;
                if (cue_table[i].who == WHO_ADDRESSED && !candidate.owner)
                    candidate.owner = reply_accepted_by(transcript, sentences, index, &accepted);
                candidate.firm = accepted ? cue_table[i].who != WHO_SPEAKER : cue_table[i].confidence >= CONFIDENCE_FIRM;
                g_array_append_val(candidates, candidate);
            }
            const char *space = strchr(sentence->plain + at, ' ');
            from = space ? (int)(space - sentence->plain) + 1 : -1;
        }
    }
}
