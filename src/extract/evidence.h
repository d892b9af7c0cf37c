/* Facts checked by code: a quote must stand in the transcript. */
#pragma once

#include "model/item.h"
#include "model/transcript.h"

/* Looks for `evidence->quote` in the segments first..last (widened by two on each side, then anywhere). Exact: the same words in order, case, punctuation and
 * spaces aside. Fuzzy: word edit distance at most 15 % of the quote's words (quotes of four words or more only). On success sets first, last, start_ms,
 * end_ms (word times where known), speaker, quote (the transcript's own words) and match; false where it is nowhere. */
bool evidence_check(const Transcript *transcript, Evidence *evidence);

/* The same for many quotes of one transcript, which is read once. The transcript must outlive the index. */
typedef struct EvidenceIndex EvidenceIndex;
EvidenceIndex *evidence_index_new(const Transcript *transcript);
void evidence_index_free(EvidenceIndex *index);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EvidenceIndex, evidence_index_free)
bool evidence_index_check(const EvidenceIndex *index, Evidence *evidence);

/* Checks every item's evidence: evidence that fails is removed, an item left without any is dropped and counted in minutes->dropped. */
void evidence_check_all(const Transcript *transcript, Minutes *minutes);
