/* What would keep the program from working with its settings, found beforehand: each check tries one thing for real, on objects of its own that it
 * removes again. Nothing else is written.
 *
 * To add a check: its function here, called by doctor_examine(). */
#pragma once

#include "operate/setup.h"

typedef enum { DOCTOR_OK, DOCTOR_WARNING, DOCTOR_FAULT } DoctorState;
const char *doctor_state_name(DoctorState state); /* "ok", "warning", "fault" */

typedef struct {
    DoctorState state;
    char *what;  /* "bucket: write" */
    char *found; /* a sentence; where it is not ok also what to do */
} DoctorFinding;

/* A new array of DoctorFinding*, freed with it. */
GPtrArray *doctor_findings_new(void);
void doctor_add(GPtrArray *findings, DoctorState state, const char *what, const char *format, ...) G_GNUC_PRINTF(4, 5);
/* Adds what was found where `problem` is NULL, else a fault with its words; frees the problem. */
void doctor_add_result(GPtrArray *findings, const char *what, const char *found, GError *problem);
guint doctor_count(const GPtrArray *findings, DoctorState state);

/* Everything that the settings name, which is open already. `place`: the store, for people. */
void doctor_examine(const SetupContext *context, const char *place, GPtrArray *findings);

/* The store's rights, one by one; whether of many writers under a condition one wins; and how far its clock is from ours. */
void doctor_examine_store(const SetupContext *context, const char *place, GPtrArray *findings);
/* Who the credentials are, where AWS (or what AWS_ENDPOINT_URL_STS names) can be asked. */
void doctor_examine_identity(const SetupContext *context, GPtrArray *findings);
