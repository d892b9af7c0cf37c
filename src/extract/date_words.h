/* What words of dates mean, and counting in days: for the deadlines of dates.c. Days are valid GDates. */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* A named part of a match; NULL where it did not take part. "twenty twenty six" is the year 2026. Caller frees. */
char *date_part(const GMatchInfo *match, const char *name);

/* "3", "three", "a", "a couple of"; 0 where that is no number ("a few"). */
guint date_number(const char *word);

/* "3rd", "third", "twenty-first", and "twenty first"; 0: none. */
guint date_ordinal(const char *word);

/* From 1; 0: none. Three letters are enough. */
guint date_month(const char *word);
guint date_weekday(const char *word);

/* Moves the day, forward or back, and returns it. */
GDate *date_add(GDate *day, int days);
/* `weeks` from the week of `day`, which begins on Monday. */
void date_to_weekday(GDate *day, guint weekday, int weeks);
void date_to_month_end(GDate *day);
/* False where there is no such day; `day` is then as it was. */
bool date_set(GDate *day, guint year, guint month, guint number);

/* A week ends on its Friday; at a weekend that is the next one's. */
void date_to_week_end(GDate *day, int weeks);
/* The last day of the span (d, w, m, q, y) `ahead` units on: of a week its last working day. */
void date_to_end(GDate *day, char unit, guint ahead);
/* 1 for "next" and "following", else 0; NULL is 0. */
guint date_ahead_of(const char *which);
/* Monday to Friday; holidays are not known. */
void date_add_working_days(GDate *day, guint number);
