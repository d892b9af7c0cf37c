/* Function words are those that say nothing of what a meeting is about, fillers of talk included. */
#include "base/text.h"
#include "extract/terms.h"

#include <string.h>

#include "extract/words.h"

static const char *const function_words =
    " a about above after again all already alright also always am an and another any anybody anyone anything are aren't around "
    "as at away back be because been before being below "
    "between both bit but by can can't cannot come could couldn't course did didn't different do does doesn't doing don't done "
    "down each either else even ever every everybody everyone "
    "everything few fine first for from get gets getting give go goes going gonna good got great guess had has have haven't "
    "having he he's her here hers him his how however i i'd i'll "
    "i'm i've if in into is isn't it it'll it's its just keep kind know let let's like little look looking lot lots made make "
    "makes many may maybe me mean means might mine more most "
    "much must my need needs never new next no none nope nor not nothing now of off oh ok okay on once one ones only or other "
    "others our out over own part people perhaps please point "
    "possible pretty probably put quite rather really right said same say saying says see seems set she should shouldn't since "
    "so some somebody someone something sort stuff sure take "
    "than thank thanks that that'd that'll that's the their them then there there's these they they'd they'll they're they've "
    "thing things think this those though thought three through time to "
    "today together too try two under until up us use used using very wanna want wants was wasn't way we we'd we'll we're we've "
    "well went were weren't what what's when where whether "
    "which while who who's whole whose why will with within without won't work would wouldn't yeah yep yes yet you you'd you'll "
    "you're you've your yours hello hi hey bye sorry morning "
    "tomorrow monday tuesday wednesday thursday friday saturday sunday week actually basically um uh mm hmm er agree agreed "
    "maybe shall talk talking tell says start later ";

void terms_init(Terms *terms) {
    terms->numbers = text_map_new(g_free, NULL);
    terms->names = g_ptr_array_new_with_free_func(g_free);
}

void terms_clear(Terms *terms) {
    g_tree_unref(terms->numbers);
    g_ptr_array_unref(terms->names);
}

static GHashTable *stop_words(void) {
    static GHashTable *words;
    static gsize ready;
    if (g_once_init_enter(&ready)) {
        words = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        g_auto(GStrv) list = g_strsplit(function_words, " ", -1);
        for (guint i = 0; list[i]; i++) g_hash_table_add(words, g_strdup(list[i]));
        g_once_init_leave(&ready, 1);
    }
    return words;
}

/* "figures" is "figure", "companies" is "company"; "glass" and "bus" stay. */
static void to_singular(char *word) {
    gsize length = strlen(word);
    if (g_str_has_suffix(word, "'s"))
        word[length - 2] = '\0';
    else if (length > 4 && g_str_has_suffix(word, "ies"))
        memcpy(word + length - 3, "y", 2);
    else if (length > 3 && word[length - 1] == 's' && !strchr("sui", word[length - 2]))
        word[length - 1] = '\0';
}

GArray *terms_of_text(Terms *terms, const char *text) {
    GArray *list = g_array_new(FALSE, FALSE, sizeof(guint));
    for (WordSpan span = {0}; word_next(text, &span);) {
        g_autofree char *word = word_fold(text, span);
        if (g_ascii_isdigit(word[0]) || strlen(word) < 2 || g_hash_table_contains(stop_words(), word)) continue;
        to_singular(word);
        guint number = GPOINTER_TO_UINT(g_tree_lookup(terms->numbers, word));
        if (!number) {
            g_ptr_array_add(terms->names, g_strndup(text + span.at, span.end - span.at));
            number = terms->names->len;
            g_tree_insert(terms->numbers, g_steal_pointer(&word), GUINT_TO_POINTER(number));
        }
        g_array_append_val(list, number);
    }
    return list;
}

GArray *terms_of(Terms *terms, const Sentence *sentence) { return terms_of_text(terms, sentence->text); }

static bool holds(const GArray *list, guint limit, guint term) {
    for (guint i = 0; i < limit; i++)
        if (g_array_index(list, guint, i) == term) return true;
    return false;
}

double terms_likeness(const GArray *left, const GArray *right) {
    guint shared = 0, all = 0;
    for (guint i = 0; i < left->len; i++) {
        guint term = g_array_index(left, guint, i);
        if (holds(left, i, term)) continue;
        all++;
        shared += holds(right, right->len, term);
    }
    for (guint i = 0; i < right->len; i++) {
        guint term = g_array_index(right, guint, i);
        all += !holds(right, i, term) && !holds(left, left->len, term);
    }
    return all > 0 ? (double)shared / all : 0;
}
