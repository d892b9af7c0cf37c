/* Who may own an action: the speakers, and whoever is named in the talk. */
#pragma once

#include "extract/sentences.h"

typedef struct Names Names;

/* Reads the speakers' names, and from the sentences every word that always stands with a capital letter. */
Names *names_of(const Transcript *transcript, const GArray *sentences);
void names_free(Names *names);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Names, names_free)

/* The name that this word of the sentence is, as it is written (a speaker's in full); borrowed, valid as long as `names`. NULL:
 * it is none. */
const char *name_at(const Names *names, const Sentence *sentence, guint word);

/* As name_at, for a word in an open place ("X will …"), where many a word may stand at a sentence's beginning: speakers, and
 * names that were seen to be spoken to or to stand within a sentence. */
const char *name_known_at(const Names *names, const Sentence *sentence, guint word);

/* As name_known_at, for a word by itself. */
const char *name_known(const Names *names, const char *word);
