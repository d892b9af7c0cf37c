/* The phrase table and the checks that keep hypotheticals, negations and small talk out. */
#include "extract/cues.h"

#include <string.h>

#include "extract/clauses.h"
#include "extract/replies.h"

typedef enum {
    WHO_UNKNOWN,
    WHO_SPEAKER,   /* "I'll …" */
    WHO_NAMED,     /* the group `who`; without a name that is known there is no match */
    WHO_ADDRESSED, /* the name before or at the end, where there is one */
    WHO_EVERYONE,
} Who;

enum {
    CUE_TASK = 1,  /* `what` must begin with a verb of work, else much less sure */
    CUE_ASKS = 2,  /* may be a question: "can you …?" */
    CUE_BARE = 4,  /* `what` may be empty: see the sentence before */
    CUE_OPENS = 8, /* stands at the beginning of a sentence */
    CUE_WORK = 16, /* its words stand for work as they are */
};

typedef struct {
    ItemKind kind;
    Who who;
    double confidence;
    unsigned flags;
    const char *phrase;
} Cue;

#define SOON                                                                                                                     \
    "(?:be (?=[^ ]+ing )|also |still |probably |maybe |certainly |gladly |happily |quickly |now |first |have to |need to |try to |go ahead and |go and |make " \
    "sure to )*"
#define GOING "(?:going to|gonna|about to)"
#define WE                                                                                                                       \
    "(?:we|we all|we both|everybody|everyone|the (?:team|group|board|committee|council|management|steering (?:group|committee)|"     \
    "department|client|customer)|management)"
#define WHAT " (?<what>.+)"
#define LOOK "a (?:look|word|chat|call|think|meeting|conversation|go|closer look) (?:at|with|about|on|through|into|over)"
#define READY "(?:ready|done|finished|out|sent|fixed|prepared|available|written|up|in place|over to you|delivered|shipped|for you)"
/* "the decision was hard" is about deciding, and decides nothing */
#define NO_OPINION                                                                                                               \
    "(?!(?:very |really |so |too |quite |not )?(?:hard|tough|easy|difficult|good|bad|great|wrong|right|made|yours|mine|ours|up|important|"     \
    "pending|open|due|still|final|clear|fine|point|making|maker)\\b)"

/* Sure ones first: a place is taken by the first that matches it. */
static const Cue cues[] = {
    {ITEM_ACTION, WHO_NAMED, 0.95, 0, "(?:action (?:items?|points?)|to do|todo|task) (?:for|on) (?<who>[^ ]+)(?: is)?(?: to)?" WHAT},
    {ITEM_ACTION, WHO_NAMED, 0.94, CUE_OPENS,
     "(?:the |an |one |first |next |another |new )*(?:action (?:items?|points?)|action|to do|todo)(?: is| here)?(?: that)? (?<who>[^ ]+)(?: to| "
     "will| should| is " GOING "| has to| needs to|)" WHAT},
    {ITEM_ACTION, WHO_UNKNOWN, 0.93, CUE_OPENS,
     "(?:(?:the |an |one |first |next |another |new )*(?:action (?:items?|points?)|action|todo|to do|follow up))(?: here)?(?: "
     "is| are)?(?: to| that)?" WHAT},
    {ITEM_ACTION, WHO_UNKNOWN, 0.85, 0,
     "(?:action (?:items?|points?)|next steps?)(?: here)? (?:is|are|would be|will be)(?: to| that)?" WHAT},
    {ITEM_ACTION, WHO_NAMED, 0.88, 0, "let's (?:have|get|ask|let) (?<who>[^ ]+)(?: to)?" WHAT},
    {ITEM_ACTION, WHO_NAMED, 0.88, CUE_TASK, "i(?:'ve| have|'ll| will)? (?:ask|asked|get|told|tell) (?<who>[^ ]+) to" WHAT},
    {ITEM_ACTION, WHO_NAMED, 0.86, CUE_TASK, "i(?:'d| would)? (?:like|want|need) (?<who>[^ ]+) to" WHAT},
    {ITEM_ACTION, WHO_NAMED, 0.84, CUE_TASK, "(?:the )?ball is in (?<who>[^ ]+) court(?: now)? to" WHAT},
    {ITEM_ACTION, WHO_NAMED, 0.86, CUE_TASK, "(?:i'm|i am|i'll|we'll|we're|we) (?:assigning|assign|giving|give) (?:that|this|it) to (?<who>[^ ]+) to" WHAT},
    {ITEM_ACTION, WHO_NAMED, 0.88, CUE_ASKS,
     "(?<who>[^ ]+) (?:can|could|would|will|might) you(?: please| maybe| kindly| perhaps)*" WHAT},
    {ITEM_ACTION, WHO_NAMED, 0.86, CUE_ASKS | CUE_TASK | CUE_OPENS, "(?:can|could|would|will) (?<who>[^ ]+)(?: please| maybe| also)*" WHAT},
    {ITEM_ACTION, WHO_NAMED, 0.86, CUE_ASKS | CUE_TASK,
     "(?<who>[^ ]+) (?:can|could|would|will) you(?: please| maybe| kindly)*" WHAT},
    {ITEM_ACTION, WHO_NAMED, 0.88, CUE_ASKS | CUE_TASK, "(?<who>[^ ]+) (?:would|do) you mind" WHAT},
    {ITEM_ACTION, WHO_NAMED, 0.88, CUE_ASKS | CUE_TASK, "(?<who>[^ ]+) please" WHAT},
    {ITEM_ACTION, WHO_NAMED, 0.86, CUE_TASK, "(?<who>[^ ]+) (?:i need|i want|i'd like|i would like) you to" WHAT},
    {ITEM_ACTION, WHO_NAMED, 0.86, CUE_TASK, "(?<who>[^ ]+) (?:remember to|don't forget to|make sure to|be sure to)" WHAT},
    {ITEM_ACTION, WHO_NAMED, 0.84, 0, "(?<who>[^ ]+) (?<what>make sure (?!to )(?:[^ ]+ ){2,}.+)"},
    {ITEM_ACTION, WHO_NAMED, 0.86, CUE_TASK | CUE_OPENS, "(?<who>[^ ]+) to" WHAT},
    {ITEM_ACTION, WHO_NAMED, 0.86, CUE_TASK, "(?<who>[^ ]+?)(?:'ll| will| shall| is " GOING "|'s " GOING ")(?: be)? " SOON
     "(?<what>.+)"},
    {ITEM_ACTION, WHO_NAMED, 0.82, CUE_TASK,
     "(?<who>[^ ]+) (?:you can|you could|you'll|you will|you should|you need to|you have to|you're " GOING "|you are " GOING ") " SOON
     "(?<what>.+)"},
    {ITEM_ACTION, WHO_NAMED, 0.8, CUE_TASK,
     "(?<who>[^ ]+) (?:should|needs to|has to|is supposed to|(?:has |have )?(?:agreed|offered|promised|volunteered) to|is responsible for|is in "
     "charge of|takes care of|must) " SOON "(?<what>.+)"},
    {ITEM_ACTION, WHO_SPEAKER, 0.84, CUE_WORK, "(?:(?:i'll|i will|i can) (?<what>take (?:that|this|it)(?: one| on)?))"},
    {ITEM_ACTION, WHO_SPEAKER, 0.86, CUE_WORK, "you(?:'ll| will| can) (?<what>(?:have|get|receive|hear|expect) (?:.+ )?from me(?: .+)?)"},
    {ITEM_ACTION, WHO_SPEAKER, 0.86, CUE_WORK, "i(?:'ll| will| can| should| could) (?<what>have (?:.+ )?" READY "(?: .+)?)"},
    {ITEM_ACTION, WHO_NAMED, 0.86, CUE_WORK, "(?<who>[^ ]+)(?:'ll| will| can| should) (?<what>have (?:.+ )?" READY "(?: .+)?)"},
    {ITEM_ACTION, WHO_UNKNOWN, 0.62, CUE_WORK,
     "(?:we'll|we will|we can|we have to|we need to) (?<what>have (?:.+ )?" READY "(?: .+)?)"},
    {ITEM_ACTION, WHO_SPEAKER, 0.84, CUE_WORK, "(?:i'll|i will|i can|let me) (?<what>have " LOOK " .+)"},
    {ITEM_ACTION, WHO_NAMED, 0.84, CUE_WORK, "(?<who>[^ ]+)(?:'ll| will| should| can you| could you) (?<what>have " LOOK " .+)"},
    {ITEM_ACTION, WHO_ADDRESSED, 0.82, CUE_WORK | CUE_OPENS,
     "(?:please )?(?<what>(?:let|give) (?:me|us) (?:have )?(?:your|the|a|an|some) (?!(?:second|minute|moment|sec|hand|chance|break|idea|example|floor)).+)"},
    {ITEM_ACTION, WHO_UNKNOWN, 0.82, CUE_TASK | CUE_ASKS, "(?:can|could|would|will) (?:someone|somebody|anyone|anybody|one of (?:you|us))(?: please| maybe)*" WHAT},
    {ITEM_ACTION, WHO_SPEAKER, 0.88, CUE_TASK, "(?:i'll|i will|i shall) " SOON "(?<what>.+)"},
    {ITEM_ACTION, WHO_SPEAKER, 0.8, CUE_TASK, "i(?:'m| am) " GOING " " SOON "(?<what>.+)"},
    {ITEM_ACTION, WHO_SPEAKER, 0.88, CUE_TASK,
     "(?:i(?:'ve| have)? (?:promised?|volunteer(?:ed)?|agreed?|offer(?:ed)?|intend|plan|commit(?:ted)?|undertake) to|i'm planning to|i'm "
     "(?:also )?(?:happy|glad|willing|supposed|planning|committed) to|i(?:'d| would) be (?:happy|glad) to|i am (?:happy|glad|planning) "
     "to|i've been asked to|i'm (?:responsible for|in charge of)|my (?:job|task|action|action item|part|next step|to do) (?:is|will be) to)" WHAT},
    {ITEM_ACTION, WHO_ADDRESSED, 0.84, CUE_TASK, "your (?:job|task|action|action item|homework|part|next step) (?:is|will be|would be) to" WHAT},
    {ITEM_ACTION, WHO_SPEAKER, 0.66, CUE_TASK,
     "(?:i need to|i should be able to|i could probably|i better|i'd better|i have to|i must|i've got to|i should|i can|let me) " SOON "(?<what>.+)"},
    {ITEM_ACTION, WHO_ADDRESSED, 0.82, CUE_TASK | CUE_ASKS,
     "(?:can|could|would|will) you(?: please| maybe| kindly| perhaps| mind)*" WHAT},
    {ITEM_ACTION, WHO_ADDRESSED, 0.82, CUE_TASK, "(?:i need you to|i want you to|i'd like you to|i would like you to)" WHAT},
    {ITEM_ACTION, WHO_ADDRESSED, 0.58, CUE_TASK,
     "(?:you need to|you have to|you'll have to|you'll need to|you'll|you will|you should|you are " GOING "|you're " GOING
     ") " SOON "(?<what>.+)"},
    {ITEM_ACTION, WHO_ADDRESSED, 0.82, CUE_TASK,
     "(?:please|(?:please )?make sure to|remember to|don't forget to|be sure to)" WHAT},
    {ITEM_ACTION, WHO_ADDRESSED, 0.82, CUE_OPENS, "(?:please )?(?<what>make sure (?!to )(?:[^ ]+ ){2,}.+)"},
    {ITEM_ACTION, WHO_EVERYONE, 0.85, CUE_TASK,
     "(?:everyone|everybody|all of you|all of us)(?: please| should| will| needs to| has to| must| is going to)+" WHAT},
    {ITEM_ACTION, WHO_UNKNOWN, 0.8, CUE_TASK, "(?:someone|somebody|one of us)(?: should| will| needs to| has to| must)" WHAT},

    {ITEM_DECISION, WHO_UNKNOWN, 0.93, CUE_OPENS, "(?:the |our |a |final )*decision(?: here)?(?: is| was)?+(?: that| to)? " NO_OPINION
     "(?<what>.+)"},
    {ITEM_DECISION, WHO_UNKNOWN, 0.9, 0, "(?:the|our) (?:final )?decision (?:is|was)(?: that| to)?+ " NO_OPINION "(?<what>.+)"},
    {ITEM_DECISION, WHO_UNKNOWN, 0.92, 0,
     "(?:we|they|the (?:team|board|group|committee|management)|management)(?:'ve| have| has)? (?:made|took|taken|reached) (?:the|a) decision "
     "(?:to|that|on)" WHAT},
    {ITEM_DECISION, WHO_UNKNOWN, 0.88, 0, "it (?:was|has been|is|'s been) (?:decided|agreed|resolved)(?: unanimously| then)?(?: that| to)?" WHAT},
    {ITEM_DECISION, WHO_UNKNOWN, 0.84, 0, "(?:we have|we've got|we've|we got) a (?:decision|deal|winner)(?: then)?(?: that| to)?" WHAT},
    {ITEM_DECISION, WHO_UNKNOWN, 0.82, 0, "(?:we're|we are) (?:all |now )?(?:decided|agreed|settled)(?: then)?(?: that| to| on)?" WHAT},
    {ITEM_DECISION, WHO_UNKNOWN, 0.82, CUE_OPENS, "all agreed(?: then| so)*(?: that| to| on)?" WHAT},
    {ITEM_DECISION, WHO_UNKNOWN, 0.86, 0, "(?:we've|we have) made up our minds?(?: that| to| on)?" WHAT},
    {ITEM_DECISION, WHO_UNKNOWN, 0.86, CUE_OPENS, "as (?:agreed|decided|discussed and agreed) " NO_OPINION "(?<what>(?:the|a|an|our|no|all|every|this|that|it|there) .+)"},
    {ITEM_DECISION, WHO_UNKNOWN, 0.86, CUE_BARE, "(?:the )?(?:motion|proposal|vote) (?:is|was|has been) (?:carried|passed|adopted|approved|accepted)(?<what> .+)?"},
    {ITEM_DECISION, WHO_UNKNOWN, 0.86, 0,
     "(?:the (?:board|management|committee|team|group|client|customer|steering group)|management) (?<what>(?:has |have )?(?:approved|rejected|accepted|adopted|signed "
     "off on|chose|selected|ruled out) .+)"},
    {ITEM_DECISION, WHO_UNKNOWN, 0.84, 0, "(?:everyone's|everybody's|everyone is|we're all|we are all|all are|all) in favou?r(?: so| then| of)*" WHAT},
    {ITEM_DECISION, WHO_UNKNOWN, 0.82, 0, "(?:so|therefore|hereby|then) we (?<what>(?:adopt|approve|reject|accept) .+)"},
    {ITEM_DECISION, WHO_UNKNOWN, 0.9, CUE_OPENS | CUE_BARE, "(?:the )?decision (?:is |has been )?(?:made|taken)(?: then)?(?<what> .+)?"},
    {ITEM_DECISION, WHO_UNKNOWN, 0.92, 0,
     "(?:" WE "(?: have| had)?|we've|we'd) (?:all |now |both |already |finally "
              ")*(?:decided|agreed|settled|concluded|voted|resolved)(?: unanimously)?(?: to| that| on| upon| for)?" WHAT},
    {ITEM_DECISION, WHO_UNKNOWN, 0.88, 0,
     "(?:" WE "(?: have)?|we've) (?:all |now |finally )*(?:chosen|chose|picked|selected|opted for|approved|rejected)" WHAT},
    {ITEM_DECISION, WHO_UNKNOWN, 0.87, 0,
     "(?:let's|let us|we'll|we will|we shall|we're " GOING "|we are " GOING
     ") (?<what>(?:go with|go for|go ahead with|stick with|stick to|stay with|settle on|settle for|opt "
     "for|adopt|choose|pick|drop|postpone|cancel|skip|keep the|keep it|launch)(?: .+)?)"},
    {ITEM_DECISION, WHO_UNKNOWN, 0.7, 0, "(?:let's|we'll|we will|we're " GOING "|we are " GOING ") (?<what>(?:use|take|keep|make it|leave|have|move to|switch to|replace|drop|stop|start)(?: .+)?)"},
    {ITEM_DECISION, WHO_UNKNOWN, 0.84, CUE_BARE,
     "(?:it's|it is|that's|that is|this is|so it's)(?: all| now)? (?:settled|decided|agreed|approved|a deal)(?: then)?(?: "
     "that)?(?<what> .+)?"},
    {ITEM_DECISION, WHO_UNKNOWN, 0.8, 0,
     "(?<what>(?:the|our|this|that|your) (?:[^ ]+ ){1,4}(?:is|was|has been|are|were) (?:approved|rejected|accepted|agreed|signed "
     "off|cancelled|postponed)(?: .+)?)"},
    {ITEM_DECISION, WHO_UNKNOWN, 0.82, CUE_OPENS, "agreed(?: that| to)?" WHAT},
    {ITEM_DECISION, WHO_UNKNOWN, 0.55, 0,
     "(?:we're|we are) (?<what>(?:going with|going for|sticking with|keeping|dropping|not going to|using)(?: .+)?)"},

    {ITEM_ACTION, WHO_UNKNOWN, 0.57, CUE_TASK,
     "(?:we'll need to|we'll have to|we need to|we have to|we've got to|we must|we gotta)"
     " " SOON "(?<what>.+)"},
    {ITEM_ACTION, WHO_UNKNOWN, 0.52, CUE_TASK,
     "(?:we'll|we will|we should|we ought to|we're " GOING "|we are " GOING "|let's) " SOON "(?<what>.+)"},
};

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
    "(?:with|by|off|us)?\\b|start$|begin\\b|take (?:a look(?! at (?:the|our|your|his|her|their) (?!slide|screen|picture|agenda|next))|that(?! one| on)|"
    "it|the floor|over|five|a break|a vote|a moment|a minute|a second|that as)|make (?:sense|it quick|a note of that|it$)|do "
    "(?:that|it|so|this|my best)$|get (?:started|going|it$|there|"
    "that$|to that|to it|into that|rid)|talk (?:about|you)|tell you|ask (?:you|a question|one)|come (?:back|to that|in|up "
    "to)|move (?:on|to|over|ahead)|look (?:like|at (?:that|"
    "it|this)$|forward)|run (?:through|late|out)|put (?:it|that) (?:this|that) way|present\\b(?! (?:the|a|our|my|your|these) )|open (?:it|that) up|call it|answer (?:that|your)|"
    "(?:speak|talk) (?:up|louder|to that)|take (?:a|your|the) (?:seat|break|breath|step)|take (?:five|ten|turns)|(?:speak|talk) (?:a (?:bit|little)|slower|slowly|more|into)|finish (?:my|your|this|that|the) (?:sentence|point|thought|sandwich|coffee)|have (?:a (?:break|look|seat|coffee|drink|nice|good|great|think)|lunch|dinner|fun|to)|make (?:a|the|any|that) decision|decide|do what|get (?:some|a) (?:coffee|water|tea|drink)|(?:back|turn) (?:to|in|off the|on the)|close (?:the (?:door|window))|find (?:it|that|this) |find out$|continue\\b|"
    "work (?:for|with) (?:me|that|it)$|make (?:that|it) (?:bigger|clear)|tell (?:me|us)\\b|repeat|hear|say |close "
    "(?:with|off)|put (?:up|on|down)|cut (?:you|in)|do (?:you|something like)|"
    "take (?:it|that) (?:offline|from there|from here)|discuss (?:that|this|it)(?: later)?$|set (?:it|that)$|check "
    "(?:in|out)$|go |read (?:it|that|this|out|from|the (?:slide|agenda|next))|bring (?:it|that) up$|talk$|meet$|"
    "look at (?:the|this) (?:next|slide|screen|picture|agenda)|finish (?:here|now|up|there|off)|print$|start$)";

/* Verbs of every kind of doing say little unless their particle does ("set up", "find out"); so does a task that is only "it". */
static const char *const vague =
    "^(?:(?:get|make|put|look|do|take|come|find|start|work|set|run|move|change|tell|add|bring|begin|talk|cut|continue|open|close|"
    "discuss)\\b(?! (?:up with|sure (?:that )?[^ ]+ [^ ]+ [^ ]+ |up\\b|out\\b|into|on |"
    "together|in touch|(?:that|it|this|them) up\\b|care|back to (?:you|him|her|them|everyone|everybody|us) (?:on|about|with|by|when|before|tomorrow|next|after)|back in touch|hold of|an? |the |our |all |with |[^ ]+ figures|to (?:the )?[^ ]+ about))|[^ ]+ "
    "(?:it|that|this|them|there|these|those|one)(?: (?:up|in|on|down|out|back|here|there|too|again|first|off))?$)";

static const char *const never_work[] = {
    "be",      "not",    "never", "have", "had",    "been",       "see",    "say",    "admit", "bet",      "guess",    "think",
    "know",    "want",   "like",  "love", "need",   "let",        "give",   "wait",   "stop",  "agree",    "mention",  "explain",
    "show",    "hear",   "hold",  "go",   "sit",    "skip",       "pass",   "leave",  "keep",  "try",      "use",      "imagine",
    "believe", "repeat", "hate",  "mute", "unmute", "understand", "only",   "always", "still", "probably", "remember", "help",
    "live",    "feel",   "grab",  "excuse", "seem",   "mean",       "wonder", "stay",
    "sleep",   "survive", "miss", "die",  "happen", "regret",     "the",    "a",      "an",    "my",      "your",     "our",
    "his",     "her",    "their", "this", "that",   "these",      "those",  "it",     "in",    "on",      "at",       "to",
    "for",     "with",   "from",  "of",   "so",     "very",       "too",    "all",    "some",  "any",     "no",       "by",
    "don't",   "not",    "shout", "listen", "relax", "stand", "join", "ignore", "note", "forgive", "proceed",
    "out",     "home",   "there", "here", "back to", "bear",      "enjoy",  "apologise", "apologize", "laugh", "cry", NULL};

#define CONFIDENCE_FIRM 0.85 /* "action item: …" */

static const char *addressed(const Sentence *sentence, const Names *names, guint cue) {
    guint last = sentence->words->len - 1;
    if (cue > 0) {
        const char *name = name_known_at(names, sentence, cue - 1);
        if (name) return name;
    }
    const char *first = g_array_index(sentence->words, PlainWord, MIN(1, last)).after_comma ? name_at(names, sentence, 0) : NULL;
    if (first && cue > 0) return first;
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

/* Requests and promises are as sure as their verb: "I'll send" is, "I'll see" is none, "I'll polish" is likely. */
static bool weigh_task(const Cue *cue, const Sentence *sentence, Candidate *candidate) {
    const PlainWord *first = &g_array_index(sentence->words, PlainWord, candidate->from);
    const PlainWord *last = &g_array_index(sentence->words, PlainWord, candidate->to - 1);
    static GRegex *chatting, *unclear;
    phrase_once(&chatting, small_talk, "");
    phrase_once(&unclear, vague, "");
    g_autofree char *words = g_strndup(sentence->plain + first->plain_at, last->plain_end - first->plain_at);
    candidate->task = cue->flags & CUE_WORK;
    if (candidate->task) return true;
    bool place = g_array_index(sentence->words, PlainWord, candidate->from).capital && candidate->from > 0; /* "I'm going to Paris" */
    if (place || sentence_word_is(sentence, candidate->from, never_work) || g_regex_match(chatting, words, 0, NULL)) return false;
    candidate->task = begins_with_task(sentence, candidate->from);
    if (cue->flags & CUE_TASK && !candidate->task)
        candidate->confidence -= 0.3;
    else if (g_regex_match(unclear, words, 0, NULL))
        candidate->confidence -= cue->who == WHO_UNKNOWN ? 0.1 : 0.25;
    return !clause_is_broken_off(sentence, candidate->to - 1) && candidate->to - candidate->from >= 2;
}

/* Neither of the talk itself ("let's take a break") nor of days gone by ("back then we agreed"). */
static bool is_decided(const Cue *cue, const Sentence *sentence, const Candidate *candidate) {
    static GRegex *chatting, *past;
    phrase_once(&chatting, small_talk, "");
    phrase_once(&past, "(?:back then|back(?= we )|in the past|at the time|years ago|originally|initially|used to|in theory)(?![^ ])", "");
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

static bool read_match(const Cue *cue, const Transcript *transcript, const Sentence *sentence, const Names *names,
                       const GMatchInfo *match, Candidate *candidate) {
    int at, what = -1;
    if (!g_match_info_fetch_pos(match, 0, &at, NULL)) return false;
    guint cue_word = sentence_word_at(sentence, (guint)at);
    bool says_what = g_match_info_fetch_named_pos(match, "what", &what, NULL) && what >= 0;
    if (!says_what && !(cue->flags & CUE_BARE)) return false;
    if (sentence->question && !(cue->flags & CUE_ASKS) && !ends_in_tag(sentence)) return false;
    if (cue->flags & CUE_OPENS && !opens_sentence(sentence, names, cue_word)) return false;
    if (clause_is_denied(sentence, cue_word)) return false;
    bool open = false;
    if (!find_owner(cue, transcript, sentence, names, match, cue_word, candidate, &open)) return false;
    candidate->confidence = cue->confidence;
    candidate->from = says_what ? sentence_word_at(sentence, (guint)what + (sentence->plain[what] == ' ')) : cue_word;
    candidate->to = clause_end(sentence, names, candidate->from);
    candidate->previous = !says_what;
    if (cue->kind == ITEM_DECISION && !is_decided(cue, sentence, candidate)) return false;
    return cue->kind != ITEM_ACTION || (weigh_task(cue, sentence, candidate) && (candidate->task || !open));
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
    static GRegex *regexes[G_N_ELEMENTS(cues)];
    const Sentence *sentence = sentence_at(sentences, index);
    for (gsize i = 0; i < G_N_ELEMENTS(cues); i++) {
        const GRegex *regex = phrase_once(&regexes[i], cues[i].phrase, "$");
        int from = 0;
        /* What a cue matches runs to the end of the sentence: the next of its kind is looked for within it. */
        while (from >= 0 && from < (int)strlen(sentence->plain)) {
            g_autoptr(GMatchInfo) match = NULL;
            Candidate candidate = {.kind = cues[i].kind, .sentence = index};
            int at = 0;
            if (!g_regex_match_full(regex, sentence->plain, -1, from, 0, &match, NULL) ||
                !g_match_info_fetch_pos(match, 0, &at, NULL))
                break;
            if (read_match(&cues[i], transcript, sentence, names, match, &candidate) && !is_taken(candidates, &candidate)) {
                if (cues[i].who == WHO_ADDRESSED && !candidate.owner) candidate.owner = reply_accepted_by(transcript, sentences, index);
                candidate.firm = candidate.owner ? cues[i].who != WHO_SPEAKER : cues[i].confidence >= CONFIDENCE_FIRM;
                g_array_append_val(candidates, candidate);
            }
            const char *space = strchr(sentence->plain + at, ' ');
            from = space ? (int)(space - sentence->plain) + 1 : -1;
        }
    }
}
