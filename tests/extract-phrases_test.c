/* Sentences as people say them, each alone in a transcript: what is found, how it is restated, and what must not be found. */
#include <string.h>

#include "base/clock.h"
#include "extract/extract.h"

static Minutes *minutes_of(const char *const *lines) {
    g_autoptr(Transcript) transcript = transcript_new();
    for (guint i = 0; lines[i]; i++) {
        g_auto(GStrv) parts = g_strsplit(lines[i], ": ", 2);
        transcript_add(transcript, i * 5000, i * 5000 + 4000, transcript_speaker(transcript, parts[0]), parts[1]);
    }
    Settings settings = {.extractor = (char *)"offline"};
    g_autoptr(Extractor) extractor = NULL;
    g_autoptr(GError) error = NULL;
    g_assert_true(extractor_open(&settings, &extractor, &error));
    ExtractInput input = {.transcript = transcript};
    g_assert_true(time_parse("2026-03-03T10:00:00Z", &input.meeting_ms));
    Minutes *minutes = NULL;
    g_assert_true(extractor_run(extractor, &input, &minutes, &error));
    g_assert_no_error(error);
    g_assert_cmpuint(minutes->dropped, ==, 0);
    return minutes;
}

static Minutes *minutes_of_one(const char *line) {
    g_autofree char *said = g_strconcat("Sue: ", line, NULL);
    return minutes_of((const char *const[]){said, NULL});
}

static const Item *only_item(const Minutes *minutes, ItemKind kind, const char *line) {
    if (minutes->items[kind]->len != 1)
        g_test_message("%u %s items in: %s", minutes->items[kind]->len, item_kind_name(kind), line);
    g_assert_cmpuint(minutes->items[kind]->len, ==, 1);
    return g_ptr_array_index(minutes->items[kind], 0);
}

typedef struct {
    const char *line, *text, *owner, *due;
} ActionCase;

static const ActionCase actions[] = {
    {"I'll send the figures by Friday.", "Send the figures by Friday", "Sue", "2026-03-06"},
    {"I will send the figures by Friday.", "Send the figures by Friday", "Sue", "2026-03-06"},
    {"i'll send the figures by friday", "Send the figures by friday", "Sue", "2026-03-06"},
    {"Okay, so I'll, um, send the figures tomorrow.", "Send the figures tomorrow", "Sue", "2026-03-04"},
    {"I\xe2\x80\x99ll prepare the slides.", "Prepare the slides", "Sue", NULL},
    {"Sure, I'll check the contract.", "Check the contract", "Sue", NULL},
    {"Yeah I'll draft a proposal next week.", "Draft a proposal next week", "Sue", "2026-03-13"},
    {"I'm going to write the report tonight.", "Write the report tonight", "Sue", "2026-03-03"},
    {"I'm gonna call the supplier tomorrow.", "Call the supplier tomorrow", "Sue", "2026-03-04"},
    {"I'll just update the ticket.", "Update the ticket", "Sue", NULL},
    {"I'll set up a meeting with the vendor.", "Set up a meeting with the vendor", "Sue", NULL},
    {"I'll look into the crash.", "Look into the crash", "Sue", NULL},
    {"I'll find out about the licence.", "Find out about the licence", "Sue", NULL},
    {"I'll follow up with the client.", "Follow up with the client", "Sue", NULL},
    {"I think I'll order two more screens.", "Order two more screens", "Sue", NULL},
    {"On Monday, I'll present the results to the board.", "Present the results to the board", "Sue", "2026-03-09"},
    {"Ann, can you check the contract?", "Check the contract", "Ann", NULL},
    {"Ann can you check the contract by the 15th", "Check the contract by the 15th", "Ann", "2026-03-15"},
    {"Bob, could you please send the invoice today?", "Send the invoice today", "Bob", "2026-03-03"},
    {"Can you review the draft, Ann?", "Review the draft", "Ann", NULL},
    {"Could you please book the room?", "Book the room", NULL, NULL},
    {"Bob, please update the price list.", "Update the price list", "Bob", NULL},
    {"Please send me the minutes.", "Send me the minutes", NULL, NULL},
    {"So Bob will test the new build on Thursday.", "Test the new build on Thursday", "Bob", "2026-03-05"},
    {"And Bob is going to write the test plan.", "Write the test plan", "Bob", NULL},
    {"I think Bob should contact the bank.", "Contact the bank", "Bob", NULL},
    {"Let's have Bob do the demo by the end of the month.", "Do the demo by the end of the month", "Bob", "2026-03-31"},
    {"Let's get Ann to review the budget.", "Review the budget", "Ann", NULL},
    {"Action item: update the price list by March 20th.", "Update the price list by March 20th", NULL, "2026-03-20"},
    {"action item update the price list", "Update the price list", NULL, NULL},
    {"Action item for Bob: renew the certificate.", "Renew the certificate", "Bob", NULL},
    {"The next step is to collect the feedback.", "Collect the feedback", NULL, NULL},
    {"To do: clean the database.", "Clean the database", NULL, NULL},
    {"Everyone should fill in the survey by tomorrow.", "Fill in the survey by tomorrow", "Everyone", "2026-03-04"},
    {"Someone needs to call the landlord.", "Call the landlord", NULL, NULL},
    {"Don't forget to send the invitations.", "Send the invitations", NULL, NULL},
    {"We need to test the backup by the end of the quarter.", "Test the backup by the end of the quarter", NULL, "2026-03-31"},
    {"We have to finalise the agenda by noon.", "Finalise the agenda by noon", NULL, "2026-03-03"},
    {"I'll send the contract because Bob asked for it.", "Send the contract", "Sue", NULL},
    {"I'll send the contract as soon as possible, okay.", "Send the contract as soon as possible", "Sue", NULL},
    {"I'll send the contract soon.", "Send the contract soon", "Sue", NULL},
    {"I'd like you to write the summary.", "Write the summary", NULL, NULL},
};

static void test_actions(void) {
    for (gsize i = 0; i < G_N_ELEMENTS(actions); i++) {
        const ActionCase *wanted = &actions[i];
        g_autoptr(Minutes) minutes = minutes_of_one(wanted->line);
        const Item *item = only_item(minutes, ITEM_ACTION, wanted->line);
        g_assert_cmpstr(item->text, ==, wanted->text);
        if (g_strcmp0(item->owner, wanted->owner) != 0 || g_strcmp0(item->due, wanted->due) != 0)
            g_test_message("%s", wanted->line);
        g_assert_cmpstr(item->owner, ==, wanted->owner);
        g_assert_cmpstr(item->due, ==, wanted->due);
        g_assert_cmpuint(item->evidence->len, ==, 1);
        g_assert_cmpint(g_array_index(item->evidence, Evidence, 0).match, ==, MATCH_EXACT);
    }
}

static const char *const sure_actions[] = {"I'll send the figures by Friday.", "Ann, can you check the contract?",
                                           "Action item: update the price list.",
                                           "Let's have Bob do the demo by the end of the month."};
static const char *const suggested_actions[] = {"We need to test the backup.", "We should write the report.",
                                                "I'll perfect the text."};

static void test_confidence(void) {
    for (gsize i = 0; i < G_N_ELEMENTS(sure_actions); i++) {
        g_autoptr(Minutes) minutes = minutes_of_one(sure_actions[i]);
        const Item *item = only_item(minutes, ITEM_ACTION, sure_actions[i]);
        g_assert_cmpfloat(item->confidence, >=, 0.8);
        g_assert_cmpfloat(item->confidence, <=, 0.95);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(suggested_actions); i++) {
        g_autoptr(Minutes) minutes = minutes_of_one(suggested_actions[i]);
        g_assert_cmpfloat(only_item(minutes, ITEM_ACTION, suggested_actions[i])->confidence, <, 0.8);
    }
}

/* None of these holds an item of any kind. */
static const char *const nothing[] = {
    "I sent it yesterday.",
    "I sent the figures on Friday.",
    "Bob wrote the report last week.",
    "We don't need to change the logo.",
    "We do not have to test that.",
    "I won't send the figures.",
    "I'll never send that.",
    "I'll not call them.",
    "I don't think we need to update the page.",
    "If the server fails, I'll restart it.",
    "If we had the money, we would buy it.",
    "Unless he calls, I'll send the figures.",
    "I'll be right back.",
    "I'll be there in a minute.",
    "Let me share my screen.",
    "I'll share my screen.",
    "I'll see you tomorrow.",
    "I'll start with the agenda.",
    "I'll go first.",
    "I'll let you know.",
    "I'll say it again.",
    "I'll wait.",
    "I'll have a coffee.",
    "Can you hear me?",
    "Can you see my screen?",
    "Could you repeat that?",
    "Can you speak up?",
    "Could you say that again?",
    "How are you?",
    "What do you think?",
    "Any questions?",
    "Good morning everyone.",
    "Thank you all.",
    "See you next week.",
    "That was a nice lunch.",
    "It was raining all day.",
    "Do we need to send the figures?",
    "Should I send the figures?",
    "Did you send the contract?",
    "Have we decided on the colour?",
    "We haven't decided yet.",
    "When we decided on the colour, it was too late.",
    "As we agreed last time, the budget stays.",
    "It will be fine.",
    "This will take some time.",
    "That will be all.",
    "They should have called.",
    "You should have seen it.",
    "It should be fine.",
    "It must have been hard.",
    "I like the blue one.",
    "The weather is nice today.",
    "What's next?",
    "Shall we start?",
    "Where were we?",
    "He said he'd call.",
    "She said I'll send it.",
    "We could have lunch.",
    "I would send it.",
    "Nothing will change.",
    "Okay.",
    "Yeah, right.",
    "Mm-hmm.",
    "I guess so.",
    "That makes sense.",
    "Let me think.",
    "Let's see.",
    "Let's start.",
    "Let's move on.",
};

static void test_nothing(void) {
    for (gsize i = 0; i < G_N_ELEMENTS(nothing); i++) {
        g_autoptr(Minutes) minutes = minutes_of_one(nothing[i]);
        for (ItemKind kind = 0; kind < ITEM_KIND_COUNT; kind++) {
            if (minutes->items[kind]->len > 0) g_test_message("%s: %s", item_kind_name(kind), nothing[i]);
            g_assert_cmpuint(minutes->items[kind]->len, ==, 0);
        }
    }
}

static const struct {
    const char *line, *text;
} decisions[] = {
    {"We decided to launch in May.", "Launch in May"},
    {"Okay, so we agreed that the budget stays as it is.", "The budget stays as it is"},
    {"We've decided to drop the tablet version.", "Drop the tablet version"},
    {"We all agreed on the blue design.", "The blue design"},
    {"Then we should not hurry, we decided to wait for the test.", "Wait for the test"},
    {"Let's go with the blue design then.", "Go with the blue design"},
    {"We will go with the second option.", "Go with the second option"},
    {"We'll go with plastic.", "Go with plastic"},
    {"We're going to stick with the old supplier.", "Stick with the old supplier"},
    {"Let's postpone the release.", "Postpone the release"},
    {"The decision is to hire two people.", "Hire two people"},
    {"Decision: no meeting on Fridays.", "No meeting on Fridays"},
    {"The new budget is approved.", "The new budget is approved"},
    {"We have chosen the hotel in Leeds.", "The hotel in Leeds"},
    {"The team decided to move the office.", "Move the office"},
};

static void test_decisions(void) {
    for (gsize i = 0; i < G_N_ELEMENTS(decisions); i++) {
        g_autoptr(Minutes) minutes = minutes_of_one(decisions[i].line);
        const Item *item = only_item(minutes, ITEM_DECISION, decisions[i].line);
        g_assert_cmpstr(item->text, ==, decisions[i].text);
        g_assert_cmpuint(minutes->items[ITEM_ACTION]->len, ==, 0);
        g_assert_cmpfloat(item->confidence, >=, 0.8);
    }
}

/* The text says nothing that the words said do not: conditions, doubts, refusals. */
static const struct {
    ItemKind kind;
    const char *line, *text;
    bool sure;
} restated[] = {
    {ITEM_ACTION, "I'll hire a tester if we get the budget.", "Hire a tester if we get the budget", true},
    {ITEM_ACTION, "I'll send it by Friday unless the tests fail.", "Send it by Friday unless the tests fail", true},
    {ITEM_ACTION, "As soon as the budget is approved I'll order the laptops.", "As soon as the budget is approved I'll order the laptops", true},
    {ITEM_ACTION, "Provided that they agree I'll sign the contract.", "Provided that they agree I'll sign the contract", true},
    {ITEM_ACTION, "Maybe I'll send the draft by Friday.", "Maybe I'll send the draft by Friday", false},
    {ITEM_ACTION, "I'll probably send the draft tomorrow.", "Probably send the draft tomorrow", false},
    {ITEM_ACTION, "I'll try to reproduce the crash this afternoon.", "Try to reproduce the crash this afternoon", true},
    {ITEM_ACTION, "You'll have the numbers from me by noon tomorrow.", "You'll have the numbers from me by noon tomorrow", true},
    {ITEM_DECISION, "We've rejected the blue one.", "Rejected the blue one", true},
    {ITEM_DECISION, "We decided not to renew the lease.", "Not to renew the lease", true},
    {ITEM_DECISION, "We'll launch in May, but only if legal agrees.", "Launch in May, but only if legal agrees", true},
    {ITEM_DECISION, "Then we take the second design, it is decided.", "We take the second design", true},
    {ITEM_DECISION, "The proposal was accepted with two abstentions.", "The proposal was accepted with two abstentions", true},
    {ITEM_REQUIREMENT, "No personal data shall be stored on the device.", "The system shall not let any personal data be stored on the device", true},
    {ITEM_REQUIREMENT, "No user must see another user's data.", "The system shall not let any user see another user's data", true},
    {ITEM_REQUIREMENT, "The lift must never move with the doors open.", "The system shall not let the lift move with the doors open", true},
    {ITEM_REQUIREMENT, "It must be possible to undo the last step.", "The system shall make it possible to undo the last step", true},
    {ITEM_REQUIREMENT, "The app must not crash.", "The system shall not crash", true},
    {ITEM_REQUIREMENT, "Response time mustn't exceed two hundred milliseconds.", "The system shall not let response time exceed two hundred "
     "milliseconds", true},
};

static void test_restated(void) {
    for (gsize i = 0; i < G_N_ELEMENTS(restated); i++) {
        g_autoptr(Minutes) minutes = minutes_of_one(restated[i].line);
        const Item *item = only_item(minutes, restated[i].kind, restated[i].line);
        g_assert_cmpstr(item->text, ==, restated[i].text);
        g_assert_true((item->confidence >= 0.8) == restated[i].sure);
    }
}

static const char *const not_said[] = {"We'll go with the blue one, right?",   "I doubt that we'll go with the blue one.", "Tom thinks we'll go "
 "with the blue one.",
                                       "Not every report must be exported.", "The system doesn't have to support Windows.", "In cricket the ball "
                                       "must not touch the ground.",
                                       "The budget was approved last year.", "Yeah, it is.",                               "Will Rahul update the "
                                       "register?"};

static void test_not_said(void) {
    for (gsize i = 0; i < G_N_ELEMENTS(not_said); i++) {
        g_autoptr(Minutes) minutes = minutes_of_one(not_said[i]);
        for (ItemKind kind = 0; kind < ITEM_KIND_COUNT; kind++) {
            if (kind != ITEM_QUESTION && minutes->items[kind]->len > 0) g_test_message("%s: %s", item_kind_name(kind), not_said[i]);
            g_assert_true(kind == ITEM_QUESTION || minutes->items[kind]->len == 0);
        }
    }
}

/* Without a single capital a word is a name by where it stands. */
static void test_caseless_names(void) {
    static const char *const lines[][2] = {{"priya could you ping the legal team today", "Priya"},
                                           {"so david you're gonna talk to the union by monday right", "David"},
                                           {"leila is going to send out the survey tomorrow", "Leila"},
                                           {"then could you ping the legal team today", NULL},
                                           {"guys could you ping the legal team today", NULL}};
    for (gsize i = 0; i < G_N_ELEMENTS(lines); i++) {
        Minutes *minutes = minutes_of_one(lines[i][0]);
        g_assert_cmpstr(only_item(minutes, ITEM_ACTION, lines[i][0])->owner, ==, lines[i][1]);
        minutes_free(minutes);
    }
}

static void test_settled_is_what_was_said_before(void) {
    g_autoptr(Minutes) minutes =
        minutes_of((const char *const[]){"Ann: The fair is in October.", "Bob: Good, it's settled.", NULL});
    const Item *item = only_item(minutes, ITEM_DECISION, "it's settled");
    g_assert_cmpstr(item->text, ==, "The fair is in October.");
    g_assert_cmpuint(item->evidence->len, ==, 2);
}

static const struct {
    const char *line, *text, *type, *priority;
} requirements[] = {
    {"The system must send a receipt after every payment.", "The system shall send a receipt after every payment", "functional",
     "must"},
    {"The system shall keep a log of every change.", "The system shall keep a log of every change", "functional", "must"},
    {"The app should remind guests of their stay.", "The system shall remind guests of their stay", "functional", "should"},
    {"The tool needs to show the total.", "The system shall show the total", "functional", "must"},
    {"Users have to be able to cancel a booking.", "The system shall let users cancel a booking", "functional", "must"},
    {"Our customers should be able to change their order.", "The system shall let our customers change their order", "functional",
     "should"},
    {"It is clear that users must be able to print their order.", "The system shall let users print their order", "functional",
     "must"},
    {"You should be able to undo the last step.", "The system shall let users undo the last step", "functional", "should"},
    {"It must support English and German.", "The system shall support English and German", "functional", "must"},
    {"It should run on Linux and Windows.", "The system shall run on Linux and Windows", "portability", "should"},
    {"The response time should be under two seconds.", "The system shall keep the response time under two seconds",
     "performance-efficiency", "should"},
    {"All passwords must be encrypted in the database.", "The system shall keep all passwords encrypted in the database",
     "security", "must"},
    {"The system must not store credit card numbers.", "The system shall not store credit card numbers", "functional", "must"},
    {"The site has to be easy to use.", "The system shall be easy to use", "usability", "must"},
    {"The service must be available all day.", "The system shall be available all day", "reliability", "must"},
    {"The product must be compatible with the old models.", "The system shall be compatible with the old models", "compatibility",
     "must"},
    {"The device must never overheat in a child's hand.", "The system shall not overheat in a child's hand", "safety", "must"},
    {"The code should be modular and well documented.", "The system shall keep the code modular and well documented",
     "maintainability", "should"},
    {"Dark mode would be nice to have.", "The system shall provide dark mode", "functional", "could"},
    {"It would be nice to have a map.", "The system shall provide a map", "functional", "could"},
    {"Video chat is out of scope.", "The system shall not include video chat", "functional", "wont"},
    {"A search box is a must.", "The system shall provide a search box", "functional", "must"},
    {"We need the system to export all orders.", "The system shall export all orders", "functional", "must"},
    {"The user must not see other people's orders.", "The system shall not let the user see other people's orders", "functional",
     "must"},
};

static void test_requirements(void) {
    for (gsize i = 0; i < G_N_ELEMENTS(requirements); i++) {
        g_autoptr(Minutes) minutes = minutes_of_one(requirements[i].line);
        const Item *item = only_item(minutes, ITEM_REQUIREMENT, requirements[i].line);
        g_assert_cmpstr(item->text, ==, requirements[i].text);
        g_assert_cmpstr(item->type, ==, requirements[i].type);
        g_assert_cmpstr(item->priority, ==, requirements[i].priority);
    }
}

static void test_questions(void) {
    static const char *const open[][3] = {
        {"Ann: Who will pay for the translation?", "Bob: I don't know.", NULL},
        {"Ann: Do we know whether the provider supports refunds?", "Bob: No idea, good question.", NULL},
        {"Ann: When will the new printer arrive?", NULL, NULL},
        {"Ann: The open question is who owns the data.", NULL, NULL},
        {"Ann: It's still unclear whether the bank agrees.", NULL, NULL},
        {"Ann: We don't know who signs the contract.", NULL, NULL},
        {"Ann: How much does the licence cost?", "Bob: Not sure, I'd have to check.", NULL},
        {"Ann: Fine with me, but who is going to pay for the help pages.", "Bob: No idea.", NULL},
    };
    static const char *const answered[][3] = {
        {"Ann: Who will pay for the translation?", "Bob: We pay for that.", NULL},
        {"Ann: Do we know whether the provider supports refunds?", "Bob: Yes, they do.", NULL},
        {"Ann: When will the new printer arrive?", "Bob: On Monday.", NULL},
        {"Ann: How much does the licence cost?", "Bob: About ten euros.", NULL},
        {"Ann: He knows who will pay for the help pages.", NULL, NULL},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(open); i++) {
        g_autoptr(Minutes) minutes = minutes_of(open[i]);
        only_item(minutes, ITEM_QUESTION, open[i][0]);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(answered); i++) {
        g_autoptr(Minutes) minutes = minutes_of(answered[i]);
        if (minutes->items[ITEM_QUESTION]->len) g_test_message("%s", answered[i][0]);
        g_assert_cmpuint(minutes->items[ITEM_QUESTION]->len, ==, 0);
    }
}

static void test_two_in_one_sentence(void) {
    g_autoptr(Minutes) minutes = minutes_of_one("I'll send the figures by Friday, and Bob will write the test plan.");
    g_assert_cmpuint(minutes->items[ITEM_ACTION]->len, ==, 2);
    const Item *first = minutes_find(minutes, "A-1"), *second = minutes_find(minutes, "A-2");
    g_assert_true(g_str_equal(first->owner, "Sue") || g_str_equal(second->owner, "Sue"));
    g_assert_true(g_str_equal(first->owner, "Bob") || g_str_equal(second->owner, "Bob"));
}

/* Whose task it is, and when it is due, is said in its own clause. */
static void test_own_clause(void) {
    static const struct {
        const char *line, *text, *owner, *due;
    } cases[] = {
        {"Bob is on holiday so I'll send the report.", "Send the report", "Sue", NULL},
        {"For Ann, I'll prepare the slides.", "Prepare the slides", "Sue", NULL},
        {"Bob will send the report and Carol will write the plan.", "Write the plan", "Carol", NULL},
        {"Ann will send the contract by Friday, Bob will check the figures.", "Check the figures", "Bob", NULL},
        {"Ann will send the contract by Friday, Bob will check the figures.", "Send the contract by Friday", "Ann", "2026-03-06"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(Minutes) minutes = minutes_of_one(cases[i].line);
        bool found = false;
        for (guint j = 0; j < minutes->items[ITEM_ACTION]->len; j++) {
            const Item *item = minutes->items[ITEM_ACTION]->pdata[j];
            if (!g_str_equal(item->text, cases[i].text)) continue;
            g_assert_cmpstr(item->owner, ==, cases[i].owner);
            g_assert_cmpstr(item->due, ==, cases[i].due);
            found = true;
        }
        if (!found) g_test_message("no \"%s\" in %s", cases[i].text, cases[i].line);
        g_assert_true(found);
    }
}

/* "No, …" answers. */
static void test_not_turned(void) {
    g_autoptr(Minutes) answer = minutes_of_one("No, it must support Linux.");
    g_assert_cmpstr(only_item(answer, ITEM_REQUIREMENT, "no, it must")->text, ==, "The system shall support Linux");
}

static void test_said_twice_is_one(void) {
    g_autoptr(Minutes) minutes = minutes_of((const char *const[]){"Ann: Bob, can you send the figures to Lisa?",
                                                                  "Bob: Yes, I'll send the figures to Lisa by Friday.", NULL});
    const Item *item = only_item(minutes, ITEM_ACTION, "said twice");
    g_assert_cmpstr(item->owner, ==, "Bob");
    g_assert_cmpstr(item->due, ==, "2026-03-06");
    g_assert_cmpuint(item->evidence->len, ==, 2);
}

/* Who says yes to a request has taken it on; where nobody does, or two do, nobody knows, but in a talk of two. */
static void test_accepted(void) {
    static const struct {
        const char *lines[5], *owner;
    } cases[] = {
        {{"Ann: Could you send us a copy of the slides?", "Bob: Yes, I will.", NULL}, "Bob"},
        {{"Ann: Could you send us a copy of the slides?", "Bob: Sure.", "Ann: Thanks.", NULL}, "Bob"},
        {{"Ann: Please check the contract before the call.", "Bob: Okay, will do.", NULL}, "Bob"},
        {{"Ann: Could you send us a copy of the slides?", "Bob: Sure.", "Eve: Of course.", NULL}, NULL},
        {{"Ann: Could you send us a copy of the slides?", "Bob: Yes, but not today.", NULL}, NULL},
        {{"Ann: Could you send us a copy of the slides?", "Bob: Which ones?", NULL}, "Bob"}, /* there are only two */
        {{"Ann: Could you send us a copy of the slides?", "Bob: Which ones?", "Eve: All of them.", NULL}, NULL},
        {{"Ann: Can you send us a copy of the slides?", "Bob: No, I can't.", NULL}, NULL},
        {{"Ann: You will write the report for the board.", "Bob: Okay.", "Eve: Which board?", NULL}, NULL}, /* anybody's okay */
        {{"Ann: You will write the report for the board.", "Bob: Okay, I will.", "Eve: Which board?", NULL}, "Bob"},
        {{"Ann: Could you send us a copy of the slides?", "Ann: Okay, the next point.", NULL}, NULL},
        {{"Ann: Eve, could you send us a copy of the slides?", "Bob: Sure.", NULL}, "Eve"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_test_message("%s %s", cases[i].lines[0], cases[i].lines[1]);
        g_autoptr(Minutes) minutes = minutes_of(cases[i].lines);
        g_assert_cmpstr(only_item(minutes, ITEM_ACTION, cases[i].lines[1])->owner, ==, cases[i].owner);
    }
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/extract/phrases/actions", test_actions);
    g_test_add_func("/extract/phrases/confidence", test_confidence);
    g_test_add_func("/extract/phrases/nothing", test_nothing);
    g_test_add_func("/extract/phrases/restated", test_restated);
    g_test_add_func("/extract/phrases/not-said", test_not_said);
    g_test_add_func("/extract/phrases/caseless-names", test_caseless_names);
    g_test_add_func("/extract/phrases/decisions", test_decisions);
    g_test_add_func("/extract/phrases/settled", test_settled_is_what_was_said_before);
    g_test_add_func("/extract/phrases/requirements", test_requirements);
    g_test_add_func("/extract/phrases/questions", test_questions);
    g_test_add_func("/extract/phrases/two", test_two_in_one_sentence);
    g_test_add_func("/extract/phrases/own-clause", test_own_clause);
    g_test_add_func("/extract/phrases/not-turned", test_not_turned);
    g_test_add_func("/extract/phrases/merged", test_said_twice_is_one);
    g_test_add_func("/extract/phrases/accepted", test_accepted);
    return g_test_run();
}
