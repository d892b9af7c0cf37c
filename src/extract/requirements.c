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
    "(?<modal>must|shall|should|ought to|has to|have to|needs to|need to|will have to|will need to|is required to|are required " \
    "to|could|may|won't|will not|cannot|can't)" ADVERB "(?<not> not| never)?" ADVERB
#define OPENING "(?:the |our |this |a |an |each |every |any |all |all the |both |new )*"
#define OTHER                                                                                                                    \
    "(?:(?!(?:that|is|are|so|and|then|but|because|think|too|the|our|if|when|we|they|i|you|for|to|of|in|on|with|need|have|clear)" \
    " )[^ ]+ )?"
#define SYSTEM                                                                                                                   \
    "(?:system|app|application|product|platform|tool|service|site|website|web site|software|device|remote "                      \
    "control|remote|program|portal|solution|machine|robot|prototype)"
#define PEOPLE                                                                                                                   \
    "(?:users?|customers?|admins?|administrators?|operators?|clients?|managers?|visitors?|members?|employees?|agents?|guests?|"  \
    "editors?|buyers?|drivers?|patients?|students?|teachers?)"
#define THING                                                                                                                    \
    "(?:(?:response|loading|load|start ?up|page load|battery) (?:times?|life)|latency|throughput|(?:home ?|web ?|landing "       \
    ")?pages?|interfaces?|user interface|api|buttons?|passwords?|data|databases?|reports?|"                                      \
    "exports?|imports?|search|screens?|dashboards?|backups?|servers?|features?|modules?|menus?|forms?|fields?|files?|uploads?|"  \
    "downloads?|notifications?|emails?|battery|display|"                                                                         \
    "versions?|log ?in|sign "                                                                                                    \
    "?up|checkout|payments?|invoices?|sessions?|logs?|recordings?|results?|links?|messages?|documents?|code|keys?|tokens?|"      \
    "connections?|requests?|sync|case|keypad)"

#define TEXT_BYTES_SURE 200 /* what runs on longer was thought aloud */

typedef enum { FORM_SYSTEM, FORM_ABLE, FORM_PEOPLE, FORM_THING, FORM_PROVIDE, FORM_STATED, FORM_EXCLUDE } Form;

typedef struct {
    Form form;
    double confidence;
    const char *priority; /* NULL: by the modal */
    const char *phrase;
} Rule;

static const Rule rules[] = {
    {FORM_EXCLUDE, 0.82, "wont",
     "(?<what>.+) (?:is|are|will be) (?:out of scope|not in scope|not part of this (?:version|release))(?: .+)?"},
    {FORM_ABLE, 0.88, NULL, "(?<who>" OPENING OTHER PEOPLE ") " MODAL " be able to (?<what>.+)"},
    {FORM_ABLE, 0.82, NULL, "(?<who>we|you|people|everyone|anyone|they|one) " MODAL " be able to (?<what>.+)"},
    {FORM_ABLE, 0.8, "must",
     "(?:we|i) (?:want|need|would like) (?<who>" OPENING "(?:[^ ]+ )?" PEOPLE "|people) to be able to (?<what>.+)"},
    {FORM_SYSTEM, 0.8, "must", "(?:we|i) (?:want|need|would like) (?:it|" OPENING "(?:[^ ]+ )?" SYSTEM ") to (?<what>.+)"},
    {FORM_SYSTEM, 0.9, NULL, OPENING OTHER OTHER SYSTEM " " MODAL "(?: be able to)? (?<what>.+)"},
    {FORM_PEOPLE, 0.82, NULL, "(?<who>" OPENING OTHER PEOPLE ") " MODAL " (?<what>.+)"},
    {FORM_THING, 0.85, NULL, "(?<who>" OPENING OTHER OTHER THING ") " MODAL " (?<what>.+)"},
    {FORM_THING, 0.8, NULL,
     "(?<who>(?:the|every|each|all|any|no) (?:(?!(?:that|which|who|is|are|was|team|group|boss|guys|guy|man|woman|kids|people|company|management|"
     "committee|weather|train|bus|soup|rest|others?|i|we|you|they|he|she|it|of|and|so|but|then|because|in|on|at) )[^ ]+ ){1,3}?)(?<modal>must|shall)(?<not> not| never)? "
     "(?<what>.+)"},
    {FORM_SYSTEM, 0.8, NULL,
     "(?:it|it also) " MODAL " (?:be able to |still "
     ")?(?<what>(?:support|work|run|handle|allow|let|provide|show|display|send|store|save|keep|load|respond|"
     "start|scale|encrypt|export|import|integrate|detect|notify|remember|log|record|connect|sync|accept|reject|validate|offer|"
     "include|have(?! [^ ]+(?:ed|en)(?: |$))|cost|last|fit|"
     "be (?:compatible|available|accessible|usable|secure|encrypted|easy|fast|simple|possible "
     "to|safe|reliable|portable|intuitive|readable|able)) ?.*)"},
    {FORM_SYSTEM, 0.6, NULL,
     "(?:it|it also) " MODAL " (?:be able to )?(?<what>be (?!i |it |the |his |her |my |your |our |their |a |an |is |that |when |something|pretty |as |what |used "
     "to|fine|good|ok|okay|nice|great|there|done|ready|interesting|fun|a problem|enough|like|noted|about|in |on |at )[^ ]+ .+)"},
    {FORM_PROVIDE, 0.8, "could", "(?:a |an )?nice to have (?:would be|is) (?<what>.+)"},
    {FORM_PROVIDE, 0.75, "could", "(?:it would|it'd) be nice (?:to have|if we had|if there was) (?<what>.+)"},
    {FORM_PROVIDE, 0.75, "could",
     "(?<what>(?:the |a |an )?" OTHER OTHER OTHER "[^ ]+) (?:would be|is) (?:a )?nice to have(?: .+)?"},
    {FORM_PROVIDE, 0.82, "must",
     "(?<what>(?:the |a |an )?" OTHER OTHER OTHER "[^ ]+) (?:is|are) (?:a must(?: have)?|mandatory|required)(?: .+)?"},
    {FORM_STATED, 0.85, "must",
     "(?:the |one |another |a |our |next |first )*requirement (?:is|here is|would be)(?: that)? (?!(?:met|fulfilled|not|done|clear) ?)(?<what>.+)"},
    {FORM_STATED, 0.85, "must", "(?:it's|it is|that's|that is) (?:a |an )?(?:hard |strict |key |legal )?requirement that (?<what>.+)"},
    {FORM_STATED, 0.85, "must", "(?:we|they|the (?:customer|client|law|contract)) (?:require|requires|demand|demands|insist|insists)(?: that)? (?<what>(?:the|all|every|each|any|our|no|a|an) .+)"},
    {FORM_STATED, 0.85, "must", "it (?:must|has to|should|needs to) be possible to (?<what>.+)"},
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

static const char *priority_of(const char *modal) {
    if (g_str_equal(modal, "should") || g_str_equal(modal, "ought to")) return "should";
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
        return g_strdup_printf("The system shall fulfil: %s", words);
    case FORM_EXCLUDE:
        return g_strdup_printf("The system shall not include %s", words);
    }
    return NULL;
}

static Item *read_match(const Rule *rule, const Sentence *sentence, const Names *names, const GMatchInfo *match) {
    int at;
    if (!g_match_info_fetch_pos(match, 0, &at, NULL) || clause_is_denied(sentence, sentence_word_at(sentence, (guint)at)))
        return NULL;
    g_autofree char *modal = g_match_info_fetch_named(match, "modal"), *not = g_match_info_fetch_named(match, "not");
    g_autofree char *who = group_words(sentence, names, match, "who");
    g_autofree char *what = group_words(sentence, names, match, "what");
    static const char *const idle[] = {"have been", "be fine",        "be good",  "be ok",        "be okay",    "be nice",
                                       "be great",  "be done",        "be ready", "be a problem", "be careful", "think",
                                       "be there",  "be interesting", "be i ",    "be I ",        "be is ",     "look like",
                                       "be like",   "be when",        "do ",      "make and",     NULL};
    if (!what || (rule->form != FORM_PROVIDE && rule->form != FORM_EXCLUDE && !strchr(what, ' '))) return NULL;
    for (guint i = 0; idle[i]; i++)
        if (g_str_has_prefix(what, idle[i])) return NULL;
    static GRegex *past; /* "must have clicked", "should be happy": guesses about people */
    if (g_regex_match(phrase_once(&past, "(?:have (?:[^ ]+ )?(?:been|gone|seen|got|done|made|had|taken|[^ ]+ed)(?: |$)|be (?:happy|glad|sad|angry|tired|crazy|mad|"
                                         "sick|joking|kidding|here|on (?:their|his|her) way|pleased|fine|aware|proud|surprised)(?: |$)|(?:know|like|love|want|think|feel|enjoy|care|worry|realise|"
                                         "realize)(?: |$)|work (?:now|again|fine|out|today|tomorrow|like|for|this|that)(?: |$))", ""),
                      what, 0, NULL))
        return NULL;
    bool negated =
        (not && *not) || (modal && g_strv_contains((const char *const[]){"won't", "will not", "cannot", "can't", NULL}, modal));
    Item *item = item_new(ITEM_REQUIREMENT);
    g_free(item->text);
    item->text = restate(rule->form, who, what, negated);
    item->type = g_strdup(requirement_type(sentence->plain));
    item->priority = g_strdup(rule->priority ? rule->priority : priority_of(modal));
    item->confidence = rule->confidence;
    if (strlen(item->text) > TEXT_BYTES_SURE) item->confidence -= 0.2;
    /* "it could", "it won't" are said of anything */
    if (rule->form != FORM_EXCLUDE && modal &&
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
