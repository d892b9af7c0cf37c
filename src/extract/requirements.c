/* Requirements by their modal verb. The subject decides the form:
 *   the system must V        → The system shall V
 *   users must be able to V  → The system shall let users V
 *   users must V             → The system shall require users to V
 *   the report must be X     → The system shall keep the report X
 *   the report must V        → The system shall make the report V */
#include "extract/requirements.h"

#include <string.h>

#include "extract/clauses.h"

#define ADVERB "(?: (?:always|at least|absolutely|really|clearly|ideally|only))*"
#define MODAL                                                                                                                    \
    "(?<modal>must|mustn't|shall|should|shouldn't|ought to|has to|have to|has got to|needs to|need to|will have to|will need to|is required to|"     \
    "are required "                                                                                                                                  \
    "to|could|may|won't|will not|cannot|can't)" ADVERB "(?<not> not| never)?" ADVERB
#define OPENING "(?:the |our |this |a |an |each |every |any |all |all the |both |new )*"
#define OTHER                                                                                                                    \
    "(?:(?!(?:that|is|are|so|and|then|but|because|think|too|the|our|if|when|we|they|i|you|for|to|of|in|on|with|need|have|clear|not|never|hardly)" \
    " )[^ ]+ )?"
#define SYSTEM                                                                                                                   \
    "(?:system|app|application|product|platform|tool|service|site|website|web site|software|device|remote "                      \
    "control|remote|program|portal|solution|machine|robot|prototype)"
#define PEOPLE                                                                                                                   \
    "(?:users?|customers?|admins?|administrators?|operators?|clients?|managers?|visitors?|members?|employees?|agents?|guests?|"  \
    "editors?|buyers?|drivers?|patients?|students?|teachers?|nurses?|clerks?|cashiers?|pupils?|parents?|readers?|authors?|sellers?|technicians?|"    \
    "analysts?|"                                                                                                                                     \
    "moderators?|subscribers?|shoppers?|callers?|tenants?|citizens?|learners?|listeners?|viewers?|applicants?|doctors?|staff)"
#define THING                                                                                                                    \
    "(?:(?:response|loading|load|start ?up|page load|battery) (?:times?|life)|latency|throughput|(?:home ?|web ?|landing "       \
    ")?pages?|interfaces?|user interface|api|buttons?|passwords?|data|databases?|reports?|"                                      \
    "exports?|imports?|search|screens?|dashboards?|backups?|servers?|features?|modules?|menus?|forms?|fields?|files?|uploads?|"  \
    "downloads?|notifications?|emails?|battery|display|"                                                                         \
    "versions?|log ?in|sign "                                                                                                    \
    "?up|checkout|payments?|invoices?|sessions?|logs?|recordings?|results?|links?|messages?|documents?|code|keys?|tokens?|"      \
    "connections?|requests?|sync|case|keypad|sensors?|gateway|(?:chat ?)?bot|firmware|components?|algorithm|cameras?|printers?|phones?|kiosks?|"     \
    "terminals?|engine|"                                                                                                                             \
    "pipelines?|queues?|clusters?|networks?|routers?|cables?|plugs?|handles?|housing|casing|enclosure|motors?|pumps?|valves?|lamps?|lights?|"        \
    "alarms?|locks?|"                                                                                                                                \
    "packaging|labels?|tables?|calendars?|maps?|charts?|graphs?|filters?|editor|players?|widgets?|plug ?ins?|extensions?|installer|updates?|"        \
    "upgrades?|"                                                                                                                                     \
    "images?|videos?|streams?|feeds?|transactions?|entries|entry|tickets?|font|text|icons?|volume|thermostat|"                                       \
    "(?:unit |production |total |maximum )?(?:costs?|price|weight|size|temperature|noise|accuracy|uptime|downtime|delay|lag|range|capacity|"         \
    "bandwidth))"
/* "more than two kilos", "at most ten": a bound with a number in it */
#define NUMBER                                                                                                                   \
    "(?:\\d[\\d.,]*|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|a " \
    "(?:second|hundred|thousand|million|minute|metre|meter|kilo|gram|percent)|half|hundred|thousand)"
#define BOUND "(?:more than|less than|fewer than|longer than|over|under|below|above|within|at most|at least|up to|exactly|no more than|no less than)"
#define PARTICIPLE                                                                                                               \
    "(?:logged|encrypted|stored|saved|backed up|displayed|shown|validated|recorded|versioned|audited|protected|hashed|cached|translated|"            \
    "sanitised|sanitized|"                                                                                                                           \
    "anonymised|anonymized|archived|compressed|authenticated|synced|synchronised|synchronized|isolated|monitored|tracked|sealed|grounded|insulated)"
#define QUALITY                                                                                                                  \
    "(?:(?!available|terrible|horrible|unbelievable|incredible|impossible|valuable|miserable|possible)[^ ]+(?:proof|able|ible|less|compliant|"       \
    "resistant)|backwards? compatible|wireless|light|"                                                                                               \
    "lightweight|secure|responsive|robust|silent|quiet|compatible|encrypted|modular|open source|multilingual|bilingual|symmetric|transparent|"       \
    "anonymous|idempotent)"
#define PROPERTY                                                                                                                 \
    "(?:support|withstand|survive|comply with|conform to|meet|integrate with|interoperate with|run on|work (?:on|with|in|without|offline|under)|"    \
    "fit|weigh|cost|last|"                                                                                                                           \
    "respond|scale|encrypt|export|import|sync|detect|log|notify|allow|let|offer|show|display|store|provide|include|contain|have (?:an?|the|at|no|"   \
    "its)|return|"                                                                                                                                   \
    "accept|handle|refuse|reject|stay|remain|cope with|tolerate|recover|resist|absorb|operate|boot|wake up|refresh|retry|resume|block|prevent|"      \
    "mask|charge|pair|"                                                                                                                              \
    "adapt|adjust|prompt|render|generate|open|shut|switch (?:on|off|itself|back|over)|turn (?:on|off|itself)|[^ ]+ (?:[^ ]+ ){0,2}automatically|"    \
    "hold|carry|keep|be (?:" QUALITY "|" PARTICIPLE "|available|readable|accessible|accurate|made of|based on|able to|compatible|between|at "        \
    "(?:least|most)|"                                                                                                                                \
    "no |under |below |within |easy|simple|safe|reliable))"
/* Whoever can be told to do something is no part of the product. */
#define NO_THING                                                                                                                 \
    "(?!(?:thing|stuff|that|which|who|is|are|was|team|group|boss|guys|guy|man|woman|kids|people|company|management|committee|weather|train|bus|"     \
    "soup|rest|others?|i|we|you|"                                                                                                                    \
    "they|he|she|it|of|and|so|but|then|because|in|on|at|to|for|with|if|when|boy|girl|lawyers?|landlord|intern|interns|staff|developers?|"            \
    "designers?|board|"                                                                                                                              \
    "doesn't|don't|didn't|not|never|won't|does|do|did|can|could|would|will|may|might|have|has|had|must|should|shall|needs?|be|always|also|there|"    \
    "this|what|how|whether|"                                                                                                                         \
    "government|school|parents?|teacher|doctor|meeting|king|queen|student|players?|dog|cat|think|said|says) )"

#define TEXT_BYTES_SURE 200 /* what runs on longer was thought aloud */

typedef enum { FORM_SYSTEM, FORM_ABLE, FORM_PEOPLE, FORM_THING, FORM_PROVIDE, FORM_STATED, FORM_LABEL, FORM_MAKE, FORM_EXCLUDE } Form;

typedef struct {
    Form form;
    double confidence;
    const char *priority; /* NULL: by the modal */
    const char *phrase;
} Rule;

static const Rule rules[] = {
    {FORM_EXCLUDE, 0.82, "wont",
     "(?<what>.+) (?:is|are|will be) (?:out of scope|not in scope|not part of this (?:version|release))(?: .+)?"},
    {FORM_ABLE, 0.88, NULL, "(?<who>" OPENING OTHER PEOPLE ")(?: they)? " MODAL " be able to (?<what>.+)"},
    {FORM_ABLE, 0.82, NULL, "(?<who>(?:an?|the|every|each|any|all) (?:" NO_THING "[^ ]+ )?" NO_THING "[^ ]+)(?: they)? (?<modal>must|should|has to|"
     "have to|needs to|need to)(?<not> not| never)? be able to "
                            "(?<what>.+)"},
    {FORM_ABLE, 0.82, NULL, "(?<who>we|you|people|everyone|anyone|they|one) " MODAL " be able to (?<what>.+)"},
    {FORM_ABLE, 0.8, "must",
     "(?:we|i) (?:want|need|would like) (?<who>" OPENING "(?:[^ ]+ )?" PEOPLE "|people) to be able to (?<what>.+)"},
    {FORM_SYSTEM, 0.8, "must", "(?:we|i) (?:want|need|would like) (?:it|" OPENING "(?:[^ ]+ )?" SYSTEM ") to (?<what>.+)"},
    {FORM_THING, 0.82, "must", "(?:we|i) (?:want|need|would like) (?<who>" OPENING OTHER THING ") to (?<what>" PROPERTY "(?: .+)?)"},
    {FORM_SYSTEM, 0.9, NULL, OPENING OTHER OTHER SYSTEM " " MODAL "(?: be able to)? (?<what>.+)"},
    {FORM_PEOPLE, 0.82, NULL, "(?<who>" OPENING OTHER PEOPLE ")(?: they)? " MODAL " (?<what>.+)"},
    {FORM_THING, 0.85, NULL, "(?<who>" OPENING OTHER OTHER THING ")(?: it| they)? " MODAL " (?<what>.+)"},
    {FORM_THING, 0.82, NULL,
     "(?<who>(?:the|our|this|every|each|all|any|no|an?) (?:" NO_THING "[^ ]+ ){0,3}?" NO_THING "[^ ]+)(?: it| they)? "
     "(?<modal>must|mustn't|shall|should|shouldn't|has to|have to|has got to|needs to|need to|may|can|cannot|can't)(?: always| really| "
     "absolutely)?(?<not> not| never)? "
     "(?<what>(?:take|be|cost|exceed|weigh|use|need|have|last|stay|contain|require|handle|hold|draw) (?:" BOUND " )?(?:[^ ]+ ){0,3}"
     NUMBER "(?: (?!hours|hour|days|day|weeks|minutes).*)?)"},
    {FORM_THING, 0.82, NULL,
     "(?<who>(?:the|our|this|every|each|all|any|no|an?) (?:" NO_THING "[^ ]+ ){0,3}?" NO_THING "[^ ]+)(?: it| they)? "
     "(?<modal>must|mustn't|shall|should|shouldn't|has to|have to|needs to|need to)(?: always)?(?<not> not| never)? "
     "(?<what>(?:finish|complete|load|respond|start|boot|run|return|refresh|update|open|close|render|answer|reply|react|charge|switch)(?: [^ "
     "]+){0,2} (?:in|within|every|after) (?:" BOUND " )?" NUMBER
     "(?: [^ ]+)? ?(?:seconds?|milliseconds?|minutes?)(?: .+)?)"},
    {FORM_THING, 0.82, NULL,
     "(?<who>(?:the|our|this|every|each|all|any|no|an?) (?:" NO_THING "[^ ]+ ){0,2}?" NO_THING "[^ ]+)(?: it| they)? "
     "(?<modal>must|mustn't|shall|has to|have to|has got to|needs to|need to)(?: always| really| absolutely)?(?<not> not| never)? "
     "(?<what>" PROPERTY "(?: .+)?)"},
    {FORM_THING, 0.8, NULL, "(?<who>^(?:and |so |but |also |the )?(?!(?:children|parents|kids|people|patients|others|things|days|humans|tourists|"
     "men|women|colleagues|friends|guests|doctors|members|employees|colleagues|"
                            "politicians|sales|banks|shops|dogs|cats|birds|plants|trains|buses|needs|sometimes|always|this|us|his|its|was|is|as|"
                            "has|does|yes|times|shes|wages|guys|folks|volunteers|neighbours|neighbors) )[^ ]+s) "
                            "(?<modal>must|shall|have to|need to)(?<not> not| never)? (?<what>" PROPERTY "(?: .+)?)"},
    {FORM_THING, 0.82, NULL,
     "(?<who>(?:every|each|all|any|no) (?:" NO_THING "[^ ]+ ){0,2}?" NO_THING "[^ ]+) (?<modal>must|shall|has to|have to|needs to|need to)(?: "
     "always)?(?<not> not| never)? "
     "(?<what>be [^ ]+ed(?: .+)?)"},
    {FORM_THING, 0.8, NULL,
     "(?<who>(?:the|every|each|all|any|no)(?: " NO_THING "[^ ]+){1,3}?) (?<modal>must|shall)(?<not> not| never)? "
     "(?<what>.+)"},
    {FORM_SYSTEM, 0.8, NULL,
     "(?:it|it also) " MODAL " (?:be able to |still "
     ")?(?<what>(?:support|work|run|handle|allow|let|provide|show|display|send|store|save|keep|load|respond|"
     "start|scale|encrypt|export|import|integrate|detect|notify|remember|log|record|connect|sync|accept|reject|validate|offer|"
     "include|have(?! [^ ]+(?:ed|en)(?: |$))|cost|last|fit|"
     "be (?:compatible|available|accessible|usable|secure|encrypted|easy|fast|simple|"
     "safe|reliable|portable|intuitive|readable|able)) ?.*)"},
    {FORM_SYSTEM, 0.82, NULL,
     "(?:it|it also) (?<modal>must|mustn't|shall|should|shouldn't|has to|has got to|needs to|can't|cannot)(?: always| really| absolutely)?(?<not> "
     "not| never)? "
     "(?<what>(?:take|be|cost|exceed|weigh|use|need|have|last|require|handle|hold|draw) (?:" BOUND ") (?:[^ ]+ ){0,2}" NUMBER "(?: (?!hours|hour|"
     "days|day|weeks|minutes).*)?)"},
    {FORM_SYSTEM, 0.82, NULL, "(?:it|it also) (?<modal>must|shall|should|has to|needs to)(?<not> never)(?: ever)? (?<what>(?!have |be |happen|know|"
     "come|go |get )[^ ]+ .+)"},
    {FORM_SYSTEM, 0.82, NULL, "(?:it|it also) (?<modal>must|mustn't|shall|has to|has got to|needs to)(?: always| really| absolutely)?(?<not> not| "
     "never)? (?<what>be " QUALITY "(?: .+)?)"},
    {FORM_SYSTEM, 0.82, NULL, "(?:it|it also) (?<modal>must|mustn't|shall|has to|has got to|needs to)(?: always| really| absolutely)?(?<not> not| "
     "never)? "
     "(?<what>(?:withstand|survive|comply with|conform to|meet|interoperate|fit|weigh|detect|refuse|stay|remain) .+)"},
    {FORM_SYSTEM, 0.6, NULL,
     "(?:it|it also) " MODAL " (?:be able to )?(?<what>be (?!possible |impossible |i |if |it |the |his |her |my |your |our |their |a |an |is |that "
     "|when |something|pretty |as |what |used "
     "to|fine|good|ok|okay|nice|great|there|done|ready|interesting|fun|a problem|enough|like|noted|about|in |on |at )[^ ]+ .+)"},
    {FORM_SYSTEM, 0.8, "must",
     "we (?:must|have to|need to|want to|shall) (?<what>support (?!each|the team|them|him|her|you|that|this|it\\b|people|our|one another|the "
     "decision|the idea|[^ ]+ (?:in|with) )[^ ]+.*)"},
    {FORM_ABLE, 0.85, "must", "(?:as|for) (?<who>an? (?:[^ ]+ ){0,2}?" PEOPLE ") i (?:want|need|would like|'d like|expect|should be able|must be "
     "able|have) to (?:be able to )?(?<what>.+)"},
    {FORM_PROVIDE, 0.8, NULL,
     "there (?<modal>must|has to|needs to|should|shall) be (?<what>(?:an?|some|at least one|no) (?:[^ ]+ ){0,3}?(?:way|options?|possibility|"
     "buttons?|fields?|limits?|confirmation|warnings?|"
     "message|log|audit trail|backups?|filters?|switch|search|export|api|fallback|dashboard|menu|help page)(?: .+)?)"},
    {FORM_STATED, 0.84, "must", "(?:it's|it is|that's|that is) (?:really |very |absolutely )?(?:a must(?: have)?|essential|crucial|critical|"
     "mandatory|vital|imperative|non negotiable|important|required) that "
     "(?<what>(?!we |you |i |he |she |everyone|everybody|people).+)"},
    {FORM_STATED, 0.84, "must", "(?<what>(?:the )?(?:maximum|minimum|max|min|upper limit|lower limit)(?: [^ ]+){1,4}? (?:is|should be|must be|has "
     "to be) (?:[^ ]+ ){0,2}" NUMBER ".*)"},
    {FORM_PROVIDE, 0.8, "could", "(?:a |an )?nice to have (?:would be|is) (?<what>.+)"},
    {FORM_PROVIDE, 0.75, "could", "(?:it would|it'd) be nice (?:to have|if we had|if there was) (?<what>.+)"},
    {FORM_PROVIDE, 0.75, "could",
     "(?<what>(?:the |a |an )?" OTHER OTHER OTHER "[^ ]+) (?:would be|is) (?:a )?nice to have(?: .+)?"},
    {FORM_PROVIDE, 0.82, "must",
     "(?<what>(?:the |a |an )?" OTHER OTHER OTHER "[^ ]+) (?:is|are) (?:a must(?: have)?|mandatory|required)(?: .+)?"},
    {FORM_LABEL, 0.86, "must", "(?:(?:non )?functional |user |business |security |performance |hard |key |new |next )*(?:requirement|must have|"
     "constraint|acceptance criteri(?:on|a))(?: number)?(?: one|two|three|four|five|\\d+)? "
                                "(?<what>(?:the|a|an|all|every|each|no|users?|data|response|any|it|system|support|maximum|minimum|at (?:least|"
                                "most)) .+)"},
    {FORM_STATED, 0.85, "must",
     "(?:the |one |another |a |our |next |first )*requirement (?:is|here is|would be)(?: that)? (?!(?:met|fulfilled|not|done|clear) ?)(?<what>.+)"},
    {FORM_STATED, 0.85, "must", "(?:it's|it is|that's|that is) (?:a |an )?(?:hard |strict |key |legal )?requirement that (?<what>.+)"},
    {FORM_PROVIDE, 0.82, "must",
     "(?:we|they|the (?:customers?|clients?|users?|regulators?|law|contract|standard|auditors?|spec|specification)|gdpr) (?:require|requires|"
     "demand|demands|insist on|insists on) "
     "(?!that |more time|time|help|it|this|them|some|you|us|the (?:approval|budget|money))(?<what>.+)"},
    {FORM_STATED, 0.85, "must", "(?:we|they|the (?:customer|client|law|contract|regulator|spec)) (?:require|requires|demand|demands|insist|"
     "insists)(?: that)? (?<what>(?:the|all|every|each|any|our|no|a|an) .+)"},
    {FORM_STATED, 0.82, "must", "(?<what>(?:nobody|no one|no user|no other user|no outsider) (?:must|may|shall|is allowed to|is permitted to) "
     "(?:ever )?.+)"},
    {FORM_MAKE, 0.85, NULL, "it (?<modal>must|has to|should|needs to|shall)(?<not> not| never)? be (?<what>(?:possible|easy|impossible) (?:for "
     "(?:[^ ]+ ){1,4})?to .+)"},
    {FORM_PROVIDE, 0.72, "must",
     "(?:we|they|users|customers) need (?:support for|a way to|an option to|the ability to|the option to) (?<what>.+)"},
};

static const struct {
    const char *type, *words; /* any of these words or beginnings of words */
} qualities[] = {
    {"security", "encrypt|password|authenticat|authoris|authoriz|two factor|permission|access "
                 "control|gdpr|audit|secure|security|privacy|private|credential|log in with|token|unauthori"},
    {"safety", "safe\\b|safety|hazard|injur|emergency|overheat|fail safe|children|harm|burn"},
    {"performance-efficiency", "second\\b|seconds|millisecond|response time|latency|throughput|fast|quick|load "
                               "time|memory|concurrent|per second|per minute|performance|at the same time|simultaneous|"
                               "within (?:a|one|two|five|ten) minute|scale|battery life"},
    {"reliability", "available|availability|uptime|99|recover|backup|backed up|failover|crash|lose data|data "
                    "loss|fault|redundan|restore|reliab|outage|offline\\b|retry"},
    {"usability", "easy|easily|intuitive|accessib|screen reader|user friendly|learn|simple to|font|readable|clicks?\\b|one "
                  "click|ergonomic|comfortable|usable|large buttons|understand"},
    {"portability", "windows|linux|android|ios\\b|iphone|mac\\b|macos|browsers?\\b|mobile phones?|tablets?|install|different "
                    "platforms|all platforms"},
    {"compatibility", "compatib|integrat|interoperat|work with|works with|single sign|\\bapi\\b|connect to|third party|existing "
                      "(?:system|crm|tool)"},
    {"maintainability", "maintain|modular|testab|test coverage|documented|easy to change|reusable|configurable|logging"},
};

const char *requirement_type(const char *plain) {
    static GRegex *regexes[G_N_ELEMENTS(qualities)];
    for (gsize i = 0; i < G_N_ELEMENTS(qualities); i++)
        if (g_regex_match(phrase_once(&regexes[i], qualities[i].words, ""), plain, 0, NULL)) return qualities[i].type;
    return "functional";
}

static const char *priority_of(const char *modal, bool negated) {
    if (negated && (g_str_equal(modal, "may") || g_str_equal(modal, "can") || g_str_has_prefix(modal, "can"))) return "must"; /* "may not" forbids */
    if (g_str_equal(modal, "should") || g_str_equal(modal, "shouldn't") || g_str_equal(modal, "ought to")) return "should";
    if (g_str_equal(modal, "could") || g_str_equal(modal, "may")) return "could";
    if (g_str_equal(modal, "won't") || g_str_equal(modal, "will not")) return "wont";
    return "must";
}

/* The words of a group as they were said; NULL where it is not there. What stands before the verb begins after the last comma,
 * what stands after it runs to the end of its clause. */
static char *group_words(const Sentence *sentence, const Names *names, const GMatchInfo *match, const char *group) {
    int at, end, match_end;
    if (!g_match_info_fetch_named_pos(match, group, &at, &end) || at < 0 || end <= at ||
        !g_match_info_fetch_pos(match, 0, NULL, &match_end))
        return NULL;
    guint from = sentence_word_at(sentence, (guint)at), to = sentence_word_at(sentence, (guint)end - 1) + 1;
    if (end == match_end) return sentence_words(sentence, from, MIN(to, clause_end(sentence, names, from)));
    for (guint i = from + 1; i < to; i++)
        if (g_array_index(sentence->words, PlainWord, i).after_comma) from = i;
    return sentence_words(sentence, from, to);
}

/* Articles and pronouns begin small within a sentence; names and abbreviations stay. */
static char *within_sentence(const char *words) {
    if (!words) return g_strdup("users");
    static const char *const pronouns[] = {"we", "you", "people", "everyone", "anyone", "they", "one", NULL};
    g_autofree char *lower = g_utf8_strdown(words, -1);
    if (g_strv_contains(pronouns, lower)) return g_strdup("users");
    bool abbreviation = g_ascii_isupper(words[0]) && g_ascii_isupper(words[1]);
    gunichar first = g_utf8_get_char(words);
    GString *text = g_string_new(NULL);
    g_string_append_unichar(text, abbreviation ? first : g_unichar_tolower(first));
    g_string_append(text, g_utf8_next_char(words));
    return g_string_free(text, FALSE);
}

static char *restate(Form form, const char *who, const char *what, bool negated) {
    const char *not = negated ? "not " : "";
    g_autofree char *subject = within_sentence(who), *words = within_sentence(what);
    switch (form) {
    case FORM_SYSTEM:
        return g_strdup_printf("The system shall %s%s", not, words);
    case FORM_ABLE:
        return g_strdup_printf("The system shall %slet %s %s", not, subject, words);
    case FORM_PEOPLE:
        return negated ? g_strdup_printf("The system shall not let %s %s", subject, words)
                       : g_strdup_printf("The system shall require %s to %s", subject, words);
    case FORM_THING:
        if (negated) return g_strdup_printf("The system shall not let %s %s", subject, words);
        if (g_str_has_prefix(words, "be ")) return g_strdup_printf("The system shall keep %s %s", subject, words + strlen("be "));
        return g_strdup_printf("The system shall make %s %s", subject, words);
    case FORM_PROVIDE:
        return g_strdup_printf("The system shall provide %s", words);
    case FORM_STATED:
    case FORM_LABEL:
        return g_strdup_printf("The system shall fulfil: %s", words);
    case FORM_MAKE:
        return g_strdup_printf("The system shall %smake it %s", not, words);
    case FORM_EXCLUDE:
        return g_strdup_printf("The system shall not include %s", words);
    }
    return NULL;
}

static Item *read_match(const Rule *rule, const Sentence *sentence, const Names *names, const GMatchInfo *match) {
    int at, what_at;
    if (!g_match_info_fetch_pos(match, 0, &at, NULL) || clause_is_denied(sentence, sentence_word_at(sentence, (guint)at)))
        return NULL;
    static GRegex *elsewhere; /* "in cricket the ball must not …", "what concepts the phone has to support" */
    g_autofree char *before = g_strndup(sentence->plain, (gsize)at);
    if (g_regex_match(phrase_once(&elsewhere, "(?:what|which|how many|whether|if) (?:[^ ]+ ){0,3}$|(?:because|since|'cause) $|^(?:in|at) "
     "(?!addition|general|principle|future|production|the future|any case|all cases|that case|this case|practice|fact|short|offline)"
                                              "(?:my |our |his |her |the )?(?:[^ ]+ ){1,2}$", ""),
                      before, 0, NULL))
        return NULL;
    if (rule->form == FORM_LABEL && (at > 0 || !g_match_info_fetch_named_pos(match, "what", &what_at, NULL) ||
                                     !g_array_index(sentence->words, PlainWord, sentence_word_at(sentence, (guint)what_at)).after_comma))
        return NULL; /* "Requirement: …" */
    g_autofree char *modal = g_match_info_fetch_named(match, "modal"), *not = g_match_info_fetch_named(match, "not");
    g_autofree char *who = group_words(sentence, names, match, "who");
    g_autofree char *what = group_words(sentence, names, match, "what");
    static const char *const idle[] = {"have been", "be fine",        "be good",  "be ok",        "be okay",    "be nice",
                                       "be great",  "be done",        "be ready", "be a problem", "be careful", "think",
                                       "be there",  "be interesting", "be i ",    "be I ",        "be is ",     "look like",
                                       "be like",   "be when",        "do ",      "make and",     NULL};
    if (!what || (rule->form != FORM_PROVIDE && rule->form != FORM_EXCLUDE && !(not && *not) && !strchr(what, ' '))) return NULL;
    for (guint i = 0; idle[i]; i++)
        if (g_str_has_prefix(what, idle[i])) return NULL;
    static GRegex *past; /* "must have clicked", "should be happy": guesses about people */
    if (g_regex_match(phrase_once(&past, "(?:have (?:[^ ]+ )?(?:been|gone|seen|got|done|made|had|taken|given|come|cost|fallen|lost|found|left|felt|"
     "meant|kept|held|told|thought|bought|brought|caught|sold|sent|"
                                         "spent|built|broken|chosen|written|won|slept|forgotten|known|grown|shown|flown|drawn|eaten|driven|run|put|"
                                         "hit|cut|[^ ]+ed)(?: |$)|be (?:happy|glad|sad|angry|tired|crazy|mad|"
                                         "sick|joking|kidding|here|on (?:their|his|her) way|pleased|fine|aware|proud|surprised)(?: |$)|^(?:know|"
                                         "like|love|want|think|feel|enjoy|care|worry|realise|"
                                         "realize)(?: |$)|be (?:in|at|on) (?:the|your|my|our|his|her) (?:folder|inbox|mail|drawer|car|wiki|drive|"
                                         "repo|channel|post|fridge|kitchen|office|room)|.*(?: already| by now| these days| nowadays)$|.*(?: far "
                                         "too | too long)|work (?:now|again|fine|out|today|tomorrow|like|for|this|that)(?: |$))", ""),
                      what, 0, NULL))
        return NULL;
    bool negated =
        (not && *not) || (modal && g_strv_contains((const char *const[]){"won't", "will not", "cannot", "can't", "mustn't", "shouldn't", NULL},
            modal));
    /* "No page may show ads": not let any page */
    bool none = who && g_ascii_strncasecmp(who, "no ", 3) == 0, after_no = false;
    static const char *const no[] = {"no", NULL};
    guint match_word = sentence_word_at(sentence, (guint)at);
    /* "no data shall …", not "no, it must …" */
    if (who && match_word > 0 && !g_array_index(sentence->words, PlainWord, match_word).after_comma)
        after_no = sentence_word_is(sentence, match_word - 1, no);
    if ((none || after_no) && (negated || rule->form == FORM_STATED)) return NULL;
    if (none || after_no) {
        char *any = g_strconcat("any ", none ? who + 3 : who, NULL);
        g_free(who);
        who = any;
        negated = true;
    }
    Item *item = item_new(ITEM_REQUIREMENT);
    g_free(item->text);
    item->text = restate(rule->form, who, what, negated);
    item->type = g_strdup(requirement_type(sentence->plain));
    item->priority = g_strdup(rule->priority ? rule->priority : priority_of(modal, negated));
    item->confidence = rule->confidence;
    if (strlen(item->text) > TEXT_BYTES_SURE) item->confidence -= 0.2;
    /* "it could", "it won't" are said of anything */
    static GRegex *bounded; /* "may not", "no page may", "can't be more than two kilos" are not */
    bool forbids = negated && (g_strcmp0(modal, "may") == 0 || g_regex_match(phrase_once(&bounded, BOUND " (?:[^ ]+ )?" NUMBER, ""),
        sentence->plain, 0, NULL));
    if (rule->form != FORM_EXCLUDE && modal && !forbids &&
        g_strv_contains((const char *const[]){"could", "may", "won't", "will not", "cannot", "can't", NULL}, modal))
        item->confidence -= 0.35;
    return item;
}

Item *requirement_of(const Sentence *sentence, const Names *names) {
    static GRegex *regexes[G_N_ELEMENTS(rules)];
    if (sentence->question) return NULL;
    for (gsize i = 0; i < G_N_ELEMENTS(rules); i++) {
        g_autoptr(GMatchInfo) match = NULL;
        if (!g_regex_match(phrase_once(&regexes[i], rules[i].phrase, "$"), sentence->plain, 0, &match)) continue;
        Item *item = read_match(&rules[i], sentence, names, match);
        if (item) return item;
    }
    return NULL;
}
