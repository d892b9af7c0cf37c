/* The stages of a job, used by pipeline.c only. Each finds its own output of the same run in the store and then does nothing. */
#pragma once

#include "pipeline/pipeline.h"

/* Told how far a stage is: below 1 while it works, 1 just before it writes its output. False with `error` set stops it. */
typedef bool (*StageProgress)(double done, gpointer user_data, GError **error);

bool stage_transcribe(const Pipeline *pipeline, const Job *job, StageProgress progress, gpointer user_data, GError **error);
/* The meeting goes, and a job that was under way with it: a service that transcribes drops what it keeps of that. */
void stage_forget(const Pipeline *pipeline, const Job *job);
bool stage_extract(const Pipeline *pipeline, const Job *job, StageProgress progress, gpointer user_data, GError **error);
bool stage_commit(const Pipeline *pipeline, const Job *job, StageProgress progress, gpointer user_data, GError **error);
