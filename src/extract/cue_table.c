#include "extract/cue_table.h"

#define SOON                                                                                                                     \
    "(?:be (?=[^ ]+ing )|also |still |probably |maybe |certainly |gladly |happily |quickly |now |first |have to |need to |try to |go ahead and |"    \
    "go and |make "                                                                                                                                  \
    "sure to )*"
#define GOING "(?:going to|gonna|about to)"
#define WE                                                                                                                       \
    "(?:we|we all|we both|everybody|everyone|the (?:team|group|board|committee|council|management|steering (?:group|committee)|"     \
    "department|client|customer)|management)"
#define WHAT " (?<what>.+)"
#define TODO "to do(?! (?:that|this|it|so|an?|the|what|something|some|any|all|with|in|on)\\b)"
#define HEAD "(?:action (?:items?|points?)|action|todo|" TODO "|follow up|next step|homework|reminder|assignment|task|ai)"
#define LABEL "(?:the |an |a |one |first |next |another |new |my )*" HEAD
#define TASK_NOUN "(?:action|action item|action point|to do|task|job)"
#define KIND_ASK "(?: please| maybe| kindly| perhaps| possibly| also| be able to| be so kind as to| be kind enough to| be willing to)*"
/* "I'm meeting them on Friday" is as often private as work */
#define DOING "(?!meeting|visiting|moving|starting|beginning|coming|going|working|looking|taking|getting|reading|doing|having|being|making|"         \
    "planning|hoping|trying|aiming|thinking)(?<what>[^ ]+ing .+)"
#define OBJECT                                                                                                                   \
    "(?:the|a|an|this|that|these|those|my|your|our|his|her|their|it|them|him|us|me|all|every|each|two|three|four|some|any|with|up|out|into|" \
    "everyone|everybody|what|how|whether|who|\\d+)"
#define PAPER                                                                                                                    \
    "(?:drafts?|figures?|numbers|reports?|answers?|results?|slides?|documents?|docs?|files?|lists?|data|proposals?|quotes?|invoices?|versions?|"     \
    "updates?|"                                                                                                                                      \
    "emails?|feedback|plans?|contracts?|offers?|estimates?|comments?|summary|minutes|specs?|designs?|mock ?ups?|prototypes?|links?|details|"       \
    "samples?|response|reply|code|schedule|budget)"
#define LOOK "a (?:look|word|chat|call|think|meeting|conversation|go|closer look) (?:at|with|about|on|through|into|over)"
#define READY "(?:ready|done|finished|out|sent|fixed|prepared|available|written|up|in place|over to you|delivered|shipped|for you)"
/* "the decision was hard" is about deciding, and decides nothing */
#define NO_OPINION                                                                                                               \
    "(?!(?:very |really |so |too |quite |not )?(?:hard|tough|easy|difficult|good|bad|great|wrong|right|made|yours|mine|ours|up|important|"     \
    "pending|open|due|still|final|clear|fine|point|making|maker)\\b)"

const Cue cue_table[] = {
    {ITEM_ACTION, WHO_SPEAKER, 0.93, 0, "(?:action (?:items?|points?)|action|todo|to do|follow up|homework|reminder|task) (?:for|on|to) (?:me|"
     "myself)(?: is| here)?(?: to)?" WHAT},
    {ITEM_ACTION, WHO_EVERYONE, 0.9, CUE_OPENS, LABEL " (?:for|to) (?:everyone|everybody|all(?: of (?:you|us))?|you all|us all)(?: is)?(?: "
     "to)?" WHAT},
    {ITEM_ACTION, WHO_NAMED, 0.95, 0, "(?:action (?:items?|points?)|action|to do|todo|task|ai|homework|follow up|reminder) (?:for|on|to) (?<who>[^ "
     "]+)(?: is)?(?: to)?" WHAT},
    {ITEM_ACTION, WHO_NAMED, 0.94, CUE_OPENS,
     LABEL "(?: is| here)?(?: that)? (?<who>[^ ]+)(?: to| "
     "will| should| is " GOING "| has to| needs to|)" WHAT},
    {ITEM_ACTION, WHO_UNKNOWN, 0.93, CUE_OPENS,
     "(?:(?:the |an |one |first |next |another |new )*(?:action (?:items?|points?)|action|todo|" TODO "|follow up|homework|reminder))(?! "
     "lists?\\b)(?: here)?(?: "
     "is| are)?(?: to| that)?" WHAT},
    {ITEM_ACTION, WHO_SPEAKER, 0.9, CUE_TASK,
     "i(?:'ve got| have got|'ve| have| got| take|'ll take| will take|'ll have| will have|'ll own| own) (?:an?|the|this|that|"
     "one) " TASK_NOUN " (?:to|of|on)" WHAT},
    {ITEM_ACTION, WHO_NAMED, 0.9, CUE_TASK,
     "(?<who>[^ ]+)(?:'s| has| has got|'s got| takes| gets|'ll take| will take|'ll have| will have| owns) (?:an?|the|this|that|"
     "one) " TASK_NOUN " (?:to|of|on)" WHAT},
    {ITEM_ACTION, WHO_SPEAKER, 0.88, CUE_TASK, "(?:remind me to|note to self(?: to)?|(?:i'll|i will|let me|i'm going to) make a (?:mental )?note "
     "to|i(?:'ll| will| must) remember to)" WHAT},
    {ITEM_ACTION, WHO_SPEAKER, 0.84, CUE_WORK, "(?:put me down|count me in|sign me up|i'm signing up) for" WHAT},
    {ITEM_ACTION, WHO_NAMED, 0.84, CUE_WORK, "(?:put|sign|pencil) (?<who>[^ ]+) (?:down|in|up) for" WHAT},
    {ITEM_ACTION, WHO_NAMED, 0.84, CUE_WORK | CUE_OPENS,
     "(?:please |let's |can you |can we |we'll |i'll |we can )*(?<what>(?:assign|reassign|delegate|allocate|hand|give) (?!me |us |it a )(?:[^ ]+ "
     "){1,6}to (?<who>[^ ]+).*)"},
    {ITEM_ACTION, WHO_NAMED, 0.82, CUE_WORK,
     "(?<what>(?:[^ ]+ ){1,6}?(?:is|are|gets?|will be|goes?|'s) (?:assigned to|owned by|handled by|done by|taken care of by) (?<who>[^ ]+).*)"},
    {ITEM_ACTION, WHO_NAMED, 0.82, CUE_WORK,
     "(?<who>[^ ]+)(?:'s| is|'ll be| will be)? (?<what>(?:on the hook for|taking care of|taking on|taking over|taking the lead on|looking after|"
     "handling|owning|owns|"
     "takes on|takes over|takes the lead on|taking (?!a |an |some |part |place |notes |off|it |his |her |their |the (?:bus|train|day|week|car|kids|"
     "lead|floor))) ?.+)"},
    {ITEM_ACTION, WHO_SPEAKER, 0.86, CUE_TASK,
     "(?:the )?(?:next (?:steps?|thing|move|action|job)|it|that|this|plan|idea|task|job|action|ask|deal|ball)(?: here| now)?(?: is|'s| would be| "
     "will be) (?:for|on|up to|down to) me to" WHAT},
    {ITEM_ACTION, WHO_NAMED, 0.86, CUE_TASK,
     "(?:the )?(?:next (?:steps?|thing|move|action|job)|it|that|this|plan|idea|task|job|action|ask|deal|ball)(?: here| now)?(?: is|'s| would be| "
     "will be) (?:for|on|up to|down to|with) (?<who>[^ ]+) to" WHAT},
    {ITEM_ACTION, WHO_UNKNOWN, 0.85, 0,
     "(?:action (?:items?|points?)|next steps?)(?: here)? (?:is|are|would be|will be)(?: to| that)?" WHAT},
    {ITEM_ACTION, WHO_NAMED, 0.88, 0, "let's (?:have|get|ask|let) (?<who>[^ ]+)(?: to)?" WHAT},
    {ITEM_ACTION, WHO_NAMED, 0.88, CUE_TASK, "i(?:'ve| have|'ll| will)? (?:ask|asked|get|told|tell) (?<who>[^ ]+) to" WHAT},
    {ITEM_ACTION, WHO_NAMED, 0.86, CUE_TASK, "i(?:'d| would)? (?:like|want|need) (?<who>[^ ]+) to" WHAT},
    {ITEM_ACTION, WHO_NAMED, 0.84, CUE_TASK, "(?:the )?ball is in (?<who>[^ ]+) court(?: now)? to" WHAT},
    {ITEM_ACTION, WHO_NAMED, 0.86, CUE_TASK, "(?:i'm|i am|i'll|we'll|we're|we) (?:assigning|assign|giving|give) (?:that|this|it) to (?<who>[^ ]+) "
     "to" WHAT},
    {ITEM_ACTION, WHO_NAMED, 0.88, CUE_ASKS | CUE_TASK,
     "(?:can|could|may|shall) (?:i|we)(?: please| maybe)? (?:ask|get|have|let|request) (?<who>(?!you|the|this|that|it)[^ ]+)(?: to)?" WHAT},
    {ITEM_ACTION, WHO_NAMED, 0.86, CUE_TASK, "(?:i|we) (?:need|want|would like|'d like) (?<who>[^ ]+) to" WHAT},
    {ITEM_ACTION, WHO_NAMED, 0.86, CUE_TASK,
     "(?:i|we)(?:'ll| will| should| could| can| need to| must|'re " GOING "|'m " GOING ") (?:get|have|ask|let) (?<who>[^ ]+)(?: to)?" WHAT},
    {ITEM_ACTION, WHO_NAMED, 0.88, CUE_ASKS, "(?<who>[^ ]+) (?:can|could|would|will|might) you" KIND_ASK WHAT},
    {ITEM_ACTION, WHO_NAMED, 0.86, CUE_ASKS | CUE_TASK | CUE_OPENS, "(?:can|could) (?<who>[^ ]+)(?: please| maybe| also)*" WHAT},
    {ITEM_ACTION, WHO_NAMED, 0.86, CUE_ASKS | CUE_TASK | CUE_OPENS, "(?:would|will) (?<who>[^ ]+) please" WHAT},
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
     "(?<who>[^ ]+) (?:should|needs to|has to|has got to|'s got to|is supposed to|is due to|is set to|is down to|is tasked with|ought to|"
     "(?:has been |was |is )(?:asked|assigned|told|tasked) to|(?:has |have )?(?:agreed|offered|promised|volunteered) to|is responsible for|is in "
     "charge of|takes care of|must) " SOON "(?<what>.+)"},
    {ITEM_ACTION, WHO_NAMED, 0.82, CUE_TASK | CUE_DATED,
     "(?<who>[^ ]+) (?:said|says|confirmed|promised|told (?:me|us))(?: me| us)?(?: that)? (?:he|she|they)(?:'ll|'d| will| would| "
     "is " GOING "| can)(?! never| not)" WHAT},
    {ITEM_ACTION, WHO_NAMED, 0.82, CUE_TASK | CUE_OPENS | CUE_COMMA, "(?<who>[^ ]+)(?: go ahead and| kindly| maybe)? (?<what>[^ "
     "]+ " OBJECT "(?: .+)?)"},
    {ITEM_ACTION, WHO_NAMED, 0.76, CUE_TASK | CUE_DATED, "(?<who>[^ ]+)(?:'s| is) " DOING},
    {ITEM_ACTION, WHO_SPEAKER, 0.76, CUE_TASK | CUE_DATED, "i(?:'m| am) " DOING},
    {ITEM_ACTION, WHO_SPEAKER, 0.82, CUE_WORK | CUE_DATED,
     "(?<what>(?:you|they|he|she|everyone)(?:'ll| will|'re " GOING "| can) (?:have|get|receive|expect) (?:it|that|them|this|everything|(?:the|my|"
     "our|an?|that|some) (?:[^ ]+ ){0,3}?" PAPER ") .+)"},
    {ITEM_ACTION, WHO_SPEAKER, 0.84, CUE_WORK, "(?<what>(?:i|we) (?:still )?owe (?:[^ ]+ ){1,2}?(?:an?|the|some|that|those) (?:[^ ]+ "
     "){0,3}?" PAPER "(?: .+)?)"},
    {ITEM_ACTION, WHO_SPEAKER, 0.84, CUE_WORK, "(?:i'll|i will|i'm " GOING "|i shall) (?<what>(?:see to (?:it|that)|ensure) .+)"},
    {ITEM_ACTION, WHO_UNKNOWN, 0.82, CUE_WORK | CUE_ASKS, "(?:can|could|shall|should) we (?:please |all |also )?(?<what>(?:make sure|ensure) .+)"},
    {ITEM_ACTION, WHO_NAMED, 0.84, CUE_TASK, "(?<who>[^ ]+)(?: should| will| can|'ll| is " GOING "| has to| needs to|'s| is)? (?:be )?the one "
     "to" WHAT},
    {ITEM_ACTION, WHO_NAMED, 0.84, CUE_TASK, "(?<who>[^ ]+) (?:over to you|it's on you|it's up to you|it's your job) to" WHAT},
    {ITEM_ACTION, WHO_ADDRESSED, 0.84, CUE_TASK, "(?:you're|you are|you'll be|you will be) (?:responsible for|in charge of|tasked with|on the hook "
     "for|on point for)" WHAT},
    {ITEM_ACTION, WHO_SPEAKER, 0.84, CUE_WORK, "(?:i'll|i will|i'm " GOING "|let me) (?<what>let (?!you |me |us |it |him go)(?:[^ ]+ ){1,4}know(?: "
     ".+)?)"},
    {ITEM_ACTION, WHO_SPEAKER, 0.82, CUE_WORK | CUE_DATED, "(?:i'll|i will|i can) (?<what>let you know .+)"},
    {ITEM_ACTION, WHO_SPEAKER, 0.84, CUE_WORK | CUE_DATED,
     "i(?:'ll| will| can|'m " GOING ") (?<what>have (?:the|a|my|your|our|all|those|these|it|them|everything|that) (?:.+ )?[^ ]+(?:ed|en) (?:by|"
     "before|on|until|tomorrow|tonight|today|this|next|in|within) ?.*)"},
    {ITEM_ACTION, WHO_SPEAKER, 0.84, CUE_WORK, "(?<what>leave (?:the|that|this|those|these) [^ ]+.* (?:to|with) me)"},
    {ITEM_ACTION, WHO_SPEAKER, 0.84, CUE_WORK, "(?:(?:i'll|i will|i can) (?<what>take (?:that|this|it)(?: one| on)?))"},
    {ITEM_ACTION, WHO_SPEAKER, 0.86, CUE_WORK, "(?<what>you(?:'ll| will| can) (?:have|get|receive|hear|expect) (?:.+ )?from me(?: .+)?)"},
    {ITEM_ACTION, WHO_SPEAKER, 0.86, CUE_WORK, "i(?:'ll| will| can| should| could) (?<what>have (?:(?:the|a|an|it|that|them|this|these|those|my|"
     "your|our|everything|all|some|something|two|three|[^ ]+ (?=by|on|for)) ?(?:.+ )?)" READY "(?: .+)?)"},
    {ITEM_ACTION, WHO_NAMED, 0.86, CUE_WORK, "(?<who>[^ ]+)(?:'ll| will| can| should) (?<what>have (?:.+ )?" READY "(?: .+)?)"},
    {ITEM_ACTION, WHO_UNKNOWN, 0.62, CUE_WORK,
     "(?:we'll|we will|we can|we have to|we need to) (?<what>have (?:.+ )?" READY "(?: .+)?)"},
    {ITEM_ACTION, WHO_SPEAKER, 0.84, CUE_WORK, "(?:i'll|i will|i can|let me) (?<what>have " LOOK " .+)"},
    {ITEM_ACTION, WHO_NAMED, 0.84, CUE_WORK, "(?<who>[^ ]+)(?:'ll| will| should| can you| could you) (?<what>have " LOOK " .+)"},
    {ITEM_ACTION, WHO_ADDRESSED, 0.82, CUE_WORK | CUE_OPENS,
     "(?:please )?(?<what>(?:let|give) (?:me|us) (?:have )?(?:your|the|a|an|some) (?!(?:second|minute|moment|sec|hand|chance|break|idea|example|"
     "floor)).+)"},
    {ITEM_ACTION, WHO_UNKNOWN, 0.82, CUE_TASK | CUE_ASKS, "(?:can|could|would|will) (?:someone|somebody|anyone|anybody|one of (?:you|us))(?: "
     "please| maybe)*" WHAT},
    {ITEM_ACTION, WHO_SPEAKER, 0.88, CUE_TASK, "(?:i'll|i will|i shall) " SOON "(?<what>.+)"},
    {ITEM_ACTION, WHO_SPEAKER, 0.8, CUE_TASK, "i(?:'m| am) " GOING " " SOON "(?<what>.+)"},
    {ITEM_ACTION, WHO_SPEAKER, 0.88, CUE_TASK,
     "(?:i(?:'ve| have)? (?:promised?|volunteer(?:ed)?|agreed?|offer(?:ed)?|intend|plan|commit(?:ted)?|undertake) to|i'm planning to|i'm "
     "(?:also )?(?:happy|glad|willing|supposed|planning|committed) to|i(?:'d| would) be (?:happy|glad) to|i am (?:happy|glad|planning) "
     "to|i've been asked to|i'm (?:responsible for|in charge of)|my (?:job|task|action|action item|part|next step|to do)(?: for (?:[^ ]+ ){0,2}[^ "
     "]+)? (?:is|will be) to|"
     "i(?:'ll| will) be the one to|i'm the one to|my plan is to|(?:you can )?(?:count|rely|depend) on me to|you can leave it to me to|i'm tasked "
     "with|i've been tasked with)" WHAT},
    {ITEM_ACTION, WHO_SPEAKER, 0.72, CUE_TASK | CUE_DATED, "i(?:'m aiming| aim|'m hoping| hope| want|'d like| would like|'m looking|'m trying| "
     "try) to" WHAT},
    {ITEM_ACTION, WHO_ADDRESSED, 0.84, CUE_TASK, "your (?:job|task|action|action item|homework|part|next step)(?: for (?:[^ ]+ ){0,2}[^ ]+)? (?:is|"
     "will be|would be) to" WHAT},
    {ITEM_ACTION, WHO_SPEAKER, 0.7, CUE_TASK,
     "(?:i need to|i'll need to|i will need to|i've to|i gotta|i've gotta|i should be able to|i could probably|i better|i'd better|i have to|i "
     "must|i've got to|i should|i can|let me) " SOON "(?<what>.+)"},
    {ITEM_ACTION, WHO_ADDRESSED, 0.82, CUE_TASK | CUE_ASKS,
     "(?:can|could|may|might) i (?:please |maybe )?(?:ask|get|bother|trouble|have) you to" WHAT},
    {ITEM_ACTION, WHO_ADDRESSED, 0.82, CUE_TASK | CUE_ASKS,
     "(?:do you think you (?:could|can)|you think you (?:could|can)|(?:is it|would it be) possible for you to|any chance (?:that )?you (?:could|can)|"
     "i was (?:wondering|hoping) (?:if |that )?you (?:could|can|would)|i(?:'d| would) (?:really )?appreciate (?:it )?if you (?:could|can|would)|if "
     "you (?:could|can) please)" KIND_ASK WHAT},
    {ITEM_ACTION, WHO_ADDRESSED, 0.74, CUE_TASK | CUE_ASKS,
     "(?:it would|it'd|that would|would) be (?:really |very )?(?:great|good|nice|helpful|lovely|awesome|kind) if you (?:could|can|would)" WHAT},
    {ITEM_ACTION, WHO_ADDRESSED, 0.82, CUE_TASK | CUE_ASKS,
     "if you (?:could|can) (?<what>.+?) (?:that would|that'd|it would|it'd|would) be (?:really |very )?(?:great|good|nice|helpful|lovely|awesome|"
     "perfect|appreciated)"},
    {ITEM_ACTION, WHO_ADDRESSED, 0.82, CUE_TASK | CUE_ASKS,
     "(?:can|could|would|will) you(?: mind)?" KIND_ASK WHAT},
    {ITEM_ACTION, WHO_ADDRESSED, 0.82, CUE_TASK | CUE_OPENS, "(?:please )?go ahead and" WHAT},
    {ITEM_ACTION, WHO_ADDRESSED, 0.82, CUE_TASK, "(?:i need you to|i want you to|i'd like you to|i would like you to)" WHAT},
    {ITEM_ACTION, WHO_ADDRESSED, 0.58, CUE_TASK,
     "(?:you need to|you have to|you'll have to|you'll need to|you'll|you will|you should|you are " GOING "|you're " GOING
     ") " SOON "(?<what>.+)"},
    {ITEM_ACTION, WHO_ADDRESSED, 0.82, CUE_TASK,
     "(?:please|kindly|(?:please )?make sure to|remember to|don't forget to|be sure to|let's not forget to|let's make sure to|let's be sure "
     "to)" WHAT},
    {ITEM_ACTION, WHO_ADDRESSED, 0.82, CUE_OPENS, "(?:please )?(?<what>make sure (?!to )(?:[^ ]+ ){2,}.+)"},
    {ITEM_ACTION, WHO_EVERYONE, 0.85, CUE_TASK,
     "(?:everyone|everybody|all of you|all of us)(?: please| should| will| needs to| has to| must| is going to)+" WHAT},
    {ITEM_ACTION, WHO_SPEAKER, 0.74, CUE_TASK | CUE_DATED | CUE_OPENS,
     "i (?<what>(?!put|cut|set|read|let|hit|split|look|work|come|meet|visit|move|start|begin|get|take|go|finish (?:work |at|early))[^ ]+ .+)"},
    {ITEM_ACTION, WHO_ADDRESSED, 0.76, CUE_TASK | CUE_DATED | CUE_OPENS, "(?<what>(?!read|look|work|come|put|get|take|start|begin|set|cut)[^ "
     "]+ " OBJECT " .+)"},
    {ITEM_ACTION, WHO_UNKNOWN, 0.7, CUE_TASK | CUE_DATED, "we(?:'re| are) " DOING},
    {ITEM_ACTION, WHO_MENTIONED, 0.78, CUE_TASK, "(?:he|she)(?:'ll| will|'s " GOING "| is " GOING "| has agreed to| agreed to| offered to| has "
     "offered to)(?! never| not) " SOON "(?<what>.+)"},
    {ITEM_ACTION, WHO_UNKNOWN, 0.82, CUE_TASK, "(?:we|i)(?:'ll| will)? need (?:someone|somebody|a volunteer|anyone|one of you) to" WHAT},
    {ITEM_ACTION, WHO_ADDRESSED, 0.82, CUE_WORK, "(?<what>(?:i|we)(?:'ll| will)? need (?:the|that|those|your|an|all|these) (?:[^ ]+ "
     "){0,3}?" PAPER " from you(?: .+)?)"},
    {ITEM_ACTION, WHO_ADDRESSED, 0.82, CUE_WORK | CUE_DATED, "(?<what>(?:i|we)(?:'ll| will)? need .+ from you .+)"},
    {ITEM_ACTION, WHO_ADDRESSED, 0.8, CUE_WORK | CUE_DATED, "(?<what>(?:i|we)(?:'ll| will|'d| would)? (?:need|want|like)(?: to have)? (?:the|that|"
     "those|your|a|an|all|these) (?:[^ ]+ ){0,3}?" PAPER " .+)"},
    {ITEM_ACTION, WHO_UNKNOWN, 0.8, CUE_TASK | CUE_DATED,
     "(?:all|every|each|both) (?:of )?(?:the |our |you )?(?:[^ ]+ ){1,2}(?:need to|needs to|have to|has to|must|should)" WHAT},
    {ITEM_ACTION, WHO_UNKNOWN, 0.8, CUE_TASK | CUE_DATED,
     "(?:the )?(?:[^ ]+ )?(?:team|department|guys|folks|group|marketing|sales|legal|finance|engineering|hr|design|support|operations|procurement|"
     "accounting|management|developers|designers)(?:'ll| "
     "will| needs? to| should| must| ha(?:s|ve) to| (?:is|are) " GOING ") " SOON "(?<what>.+)"},
    {ITEM_ACTION, WHO_UNKNOWN, 0.8, CUE_WORK | CUE_DATED | CUE_OPENS,
     "(?<what>(?:it|that|(?:the|our|this|that|these|those|all|your|my) (?:[^ ]+ ){1,5}?)(?: ?)(?:needs? to|has to|have to|must) be (?:(?:fully|"
     "completely|all) )?(?!open|closed|held|delayed|located|even)(?:[^ ]+(?:ed|en|id|nt|lt|de)|done|ready|in place|available|live|out|shut|cut|put|"
     "set|built|rebuilt|"
     "bought|brought|taught|gone) .+)"},
    {ITEM_ACTION, WHO_UNKNOWN, 0.8, CUE_TASK, "(?:someone|somebody|one of us)(?: should| will| needs to| has to| must)" WHAT},

    {ITEM_DECISION, WHO_UNKNOWN, 0.93, CUE_OPENS, "(?:the |our |a |final )*decision(?: here)?(?: is| was)?+(?: that| to)? " NO_OPINION
     "(?<what>.+)"},
    {ITEM_DECISION, WHO_UNKNOWN, 0.9, 0, "(?:the|our) (?:final )?decision (?:is|was)(?: that| to)?+ " NO_OPINION "(?<what>.+)"},
    {ITEM_DECISION, WHO_UNKNOWN, 0.92, 0,
     "(?:we|they|the (?:team|board|group|committee|management)|management)(?:'ve| have| has)? (?:made|took|taken|reached) (?:the|a) decision "
     "(?:to|that|on)" WHAT},
    {ITEM_DECISION, WHO_UNKNOWN, 0.88, 0, "it(?: was| has been| is|'s been|'s) (?:decided|agreed|resolved)(?: unanimously| then)?(?: that| "
     "to)?" WHAT},
    {ITEM_DECISION, WHO_UNKNOWN, 0.84, 0, "(?:we have|we've got|we've|we got) a (?:decision|deal|winner)(?: then)?(?: that| to)?" WHAT},
    {ITEM_DECISION, WHO_UNKNOWN, 0.82, 0, "(?:we're|we are) (?:all |now )?(?:decided|agreed|settled)(?: then)?(?: that| to| on)?" WHAT},
    {ITEM_DECISION, WHO_UNKNOWN, 0.82, 0,
     "(?:we|we all|we both|all of us|everyone|everybody) agrees?(?: that| on| to)? (?<what>(?:no |we(?:'ll| will| should|'re| are| need| go| use| "
     "keep| take| do| drop) |let's |(?:to|on) (?!what|how|that|this|whether|which|where|the meaning)"
     "|the [^ ]+ (?:stays|moves|goes|will|remains|is going) )(?!.*(?:\\bwas|\\bwere|lucky|nice|hard|important)\\b).+)"},
    {ITEM_DECISION, WHO_UNKNOWN, 0.86, CUE_OPENS, "(?:the |our |general |a )*(?:consensus|conclusion|verdict|outcome|resolution|agreement|final "
     "(?:answer|call|word|choice))(?: here| "
     "then)? (?:is|was|here is)(?: that| to)? " NO_OPINION "(?<what>.+)"},
    {ITEM_DECISION, WHO_UNKNOWN, 0.84, 0,
     "(?:you've got|you have|you've|you got|it has|i give you|consider this) (?:my|our|the|full|board's) (?:approval|blessing|ok|okay|go ahead|"
     "green light|sign off)(?: for| to| on)?" WHAT},
    {ITEM_DECISION, WHO_UNKNOWN, 0.84, CUE_OPENS, "(?:i|we) (?:hereby |formally |officially )*(?<what>(?:approve|sign off on|authorise|authorize) "
     ".+)"},
    {ITEM_DECISION, WHO_UNKNOWN, 0.84, 0,
     "(?<what>(?:it's|it is|that's|that is|this is|we have|we've got|is|gets)(?: now)? (?:a |the )?(?:unanimous )?(?:go ahead|go|no go|green light|"
     "yes|no|unanimous (?:yes|no|decision|vote))"
     " (?:for|to|on|from all of us)(?: .+)?)"},
    {ITEM_DECISION, WHO_UNKNOWN, 0.84, 0, "(?:nobody|no one|no body) (?:objects|is against|disagrees|is opposed|has any objections?)(?: so| and| "
     "therefore)?" WHAT},
    {ITEM_DECISION, WHO_UNKNOWN, 0.86, CUE_OPENS, "(?:agreement|consensus|deal) (?:is |has been |was )?(?:reached|made|done)(?: that| to| on)?" WHAT},
    {ITEM_DECISION, WHO_UNKNOWN, 0.86, 0,
     "(?:" WE " (?:have |has )?|we've )(?<what>(?:given|gave|got|had) (?:the|its|their|our|a) (?:green light|go ahead|approval|blessing|ok|okay|"
     "thumbs up) (?:to|for|on) .+)"},
    {ITEM_DECISION, WHO_UNKNOWN, 0.82, 0,
     "we (?<what>(?:will not|won't) (?:be (?!seeing|getting|making|needing|having|knowing|going|able)[^ ]+ing|support|use|renew|ship|offer|hire|"
     "include|attend|launch|pursue|go with|go ahead with|extend|buy|move) ?.+)"},
    {ITEM_DECISION, WHO_UNKNOWN, 0.82, 0,
     "(?:we|i)(?:'ve| have)(?: got)? (?<what>(?:[^ ]+ )?(?:approval|permission|go ahead|green light|sign off|clearance) (?:from .+ )?(?:to|for|on) "
     ".+)"},
    {ITEM_DECISION, WHO_UNKNOWN, 0.84, 0, "(?:we have|we've|we've got|there is|there's|we've reached|we reached|we have reached) (?:a |an |full |"
     "general |broad )?(?:consensus|agreement|unanimity)(?: that| on| to| then)?" WHAT},
    {ITEM_DECISION, WHO_UNKNOWN, 0.84, 0, "(?:i'm|i am|we're) making (?:the|an executive|a) (?:call|decision)(?: that| to| here)?" WHAT},
    {ITEM_DECISION, WHO_UNKNOWN, 0.84, CUE_OPENS, "my (?:final )?decision (?:is|would be)(?: that| to)? " NO_OPINION "(?<what>.+)"},
    {ITEM_DECISION, WHO_UNKNOWN, 0.72, CUE_OPENS,
     "(?:fine |okay |ok |alright |all right |good |great |yes |so |right )*let's (?<what>do (?!it\\b|that|this|introductions|a (?:quick|short|"
     "little|round)|some|so|the (?:next|same|first))[^ ]+ .+)"},
    {ITEM_DECISION, WHO_UNKNOWN, 0.84, CUE_OPENS, "(?:there are )?no objections?(?: so| then| therefore)" WHAT},
    {ITEM_DECISION, WHO_UNKNOWN, 0.82, CUE_OPENS,
     "(?:from now on|from today(?: on)?|from next (?:week|month) on|going forward|moving forward|as of (?:today|now|next [^ ]+|[^ ]+day)|effective "
     "immediately|starting (?:today|tomorrow|now|next "
     "[^ ]+|[^ ]+day)) (?<what>(?:we|we'll|we're|all|every|the|no|there|our|everyone|nobody|each|only) .+)"},
    {ITEM_DECISION, WHO_UNKNOWN, 0.82, CUE_OPENS,
     "(?<what>(?!(?:that|this|what|there|here|yes|yeah|yep|no|nope|how|as|if|who|when|where|why|whatever|i|you|we|they|he|she|it|is|like|because|"
     "sure|oh|well|okay|ok|right|for|in|on|at|but|so|and|"
     "though|maybe|probably|certainly|definitely|indeed|apparently|exactly|absolutely|now|also|too|not|still|only|easy|good|bad|hard|difficult|"
     "important|mm|hmm|guess) )(?!.*\\b(?:what|how|as|that|which|whatever|think|know|sure|there|here|where|why)\\b)(?:[^ ]+ ){1,4}it is$)"},
    {ITEM_DECISION, WHO_UNKNOWN, 0.82, CUE_OPENS, "all agreed(?: then| so)*(?: that| to| on)?" WHAT},
    {ITEM_DECISION, WHO_UNKNOWN, 0.86, 0, "(?:we've|we have) made up our minds?(?: that| to| on)?" WHAT},
    {ITEM_DECISION, WHO_UNKNOWN, 0.86, CUE_OPENS, "as (?:agreed|decided|discussed and agreed) " NO_OPINION "(?<what>(?:the|a|an|our|no|all|every|"
     "this|that|it|there) .+)"},
    {ITEM_DECISION, WHO_UNKNOWN, 0.86, CUE_BARE, "(?:the )?(?:motion|proposal|vote|resolution) (?:is |was |has been |has |is now )?(?:carried|"
     "carries|passed|passes|adopted|approved|accepted)(?<what> (?!with |by |unanimously).+)?"},
    {ITEM_DECISION, WHO_UNKNOWN, 0.86, 0, "(?<what>(?:the )?(?:motion|proposal|vote|resolution) (?:is |was |has been |has |is now )?(?:carried|"
     "carries|passed|passes|adopted|approved|accepted) (?:with|by|unanimously).*)"},
    {ITEM_DECISION, WHO_UNKNOWN, 0.86, CUE_BARE, "(?<what>(?:the )?(?:motion|proposal|vote|resolution) (?:is |was |has been |has |is now "
     ")?(?:defeated|rejected|fails|failed)(?: .+)?)"},
    {ITEM_DECISION, WHO_UNKNOWN, 0.86, 0,
     "(?:the (?:board|management|committee|team|group|client|customer|steering group)|management) (?<what>(?:has |have )?(?:approved|rejected|"
     "accepted|adopted|signed "
     "off on|chose|selected|ruled out) .+)"},
    {ITEM_DECISION, WHO_UNKNOWN, 0.84, 0, "(?:everyone's|everybody's|everyone is|we're all|we are all|all are|all) in favou?r(?: so| then| "
     "of)*" WHAT},
    {ITEM_DECISION, WHO_UNKNOWN, 0.82, 0, "(?:so|therefore|hereby|then) we (?<what>(?:adopt|approve|reject|accept) .+)"},
    {ITEM_DECISION, WHO_UNKNOWN, 0.9, CUE_OPENS | CUE_BARE, "(?:the )?decision (?:is |has been )?(?:made|taken)(?: then)?(?<what> .+)?"},
    {ITEM_DECISION, WHO_UNKNOWN, 0.92, 0,
     "(?:" WE "(?: have| had| has)?|we've|we'd) (?:all |now |both |already |finally |unanimously |jointly "
              ")*(?:decided|agreed|settled|concluded|voted|resolved|elected|made the (?:call|choice)|come to the conclusion|reached (?:the "
              ")?(?:agreement|consensus|conclusion))(?: unanimously)?(?: to| that| on| upon| for)?" WHAT},
    {ITEM_DECISION, WHO_UNKNOWN, 0.88, 0,
     "(?:" WE "(?: have| has)?|we've) (?:all |now |finally )*(?:chosen|chose|picked|selected|opted for|landed on|plumped for|gone for)" WHAT},
    {ITEM_DECISION, WHO_UNKNOWN, 0.88, 0,
     "(?:" WE "(?: have| has)?|we've) (?:all |now |finally )*(?<what>(?:approved|rejected|ruled out|signed off on|signed off|turned down) .+)"},
    {ITEM_DECISION, WHO_UNKNOWN, 0.84, 0,
     "(?:" WE " (?:have|has)|we've) (?:all |now |finally )*(?<what>(?:finali[sz]ed|locked in|locked down|nailed down|dropped|scrapped|ditched|"
     "cancelled|postponed|gone with|committed to) .+)"},
    {ITEM_DECISION, WHO_UNKNOWN, 0.87, 0,
     "(?:let's|let us|we'll|we will|we shall|we're " GOING "|we are " GOING
     ") (?<what>(?:go with|go for|go ahead with|stick with|stick to|stay with|settle on|settle for|opt "
     "for|adopt|choose|pick|drop|postpone|cancel|skip|keep the|keep it|launch|scrap|ditch|shelve|call off|freeze|accept|approve|reject|delay|"
     "extend|push back|bring forward|"
     "proceed with|move ahead with|move forward with)(?: .+)?)"},
    {ITEM_DECISION, WHO_UNKNOWN, 0.7, 0, "(?:let's|we'll|we will|we're " GOING "|we are " GOING ") (?<what>(?:use|take|keep|make it|leave|have|"
     "move to|switch to|replace|drop|stop|start)(?: .+)?)"},
    {ITEM_DECISION, WHO_UNKNOWN, 0.7, CUE_OPENS, "(?:we'll|we will|we're " GOING "|we are " GOING "|let's) (?<what>(?:close|sell|increase|reduce|"
     "raise|lower|limit|allow|ban|outsource|charge|hold|open|shut|end|merge) the .+)"},
    {ITEM_DECISION, WHO_UNKNOWN, 0.86, 0, "(?<what>(?:the )?(?:motion|proposal|resolution|amendment|vote) (?:to|on|for|about|that) .+ (?:is |was |"
     "has been |has |is now )?(?:carried|passed|adopted|approved|accepted|defeated|rejected)(?: .+)?)"},
    {ITEM_DECISION, WHO_UNKNOWN, 0.84, CUE_BARE,
     "(?:it's|it is|that's|that is|this is|so it's)(?: all| now)? (?:settled|decided|agreed|approved|a deal|official|final|a done deal)(?: then)?(?: "
     "that)?(?<what> .+)?"},
    {ITEM_DECISION, WHO_UNKNOWN, 0.8, 0,
     "(?<what>(?:the|our|this|that|your) (?:[^ ]+ ){1,4}(?:is|was|has been|are|were) (?:approved|rejected|accepted|agreed|signed "
     "off|cancelled|postponed)(?: .+)?)"},
    {ITEM_DECISION, WHO_UNKNOWN, 0.82, CUE_OPENS, "(?:agreed|approved|resolved|decided|settled)(?: that| to| on)? (?<what>(?:the|a|an|our|no|all|"
     "every|this|that|it|there|we|we'll|we're|we've|so|let's|option|plan|"
     "one|two|three) .+)"},
    {ITEM_DECISION, WHO_UNKNOWN, 0.82, CUE_OPENS, "agreed(?: that| to)?" WHAT},
    {ITEM_DECISION, WHO_UNKNOWN, 0.55, 0,
     "(?:we're|we are) (?<what>(?:going with|going for|going ahead with|moving ahead with|moving forward with|proceeding with|settling on|sticking "
     "with|sticking to|switching to|choosing|adopting|opting "
     "for|scrapping|postponing|cancelling|keeping|dropping|not going to|using)(?: .+)?)"},

    {ITEM_ACTION, WHO_UNKNOWN, 0.57, CUE_TASK,
     "(?:we'll need to|we'll have to|we need to|we have to|we've got to|we must|we gotta)"
     " " SOON "(?<what>.+)"},
    {ITEM_ACTION, WHO_UNKNOWN, 0.52, CUE_TASK,
     "(?:we'll|we will|we should|we ought to|we're " GOING "|we are " GOING "|let's) " SOON "(?<what>.+)"},
};

const gsize cue_count = G_N_ELEMENTS(cue_table);
G_STATIC_ASSERT(G_N_ELEMENTS(cue_table) <= CUES_MAX);
