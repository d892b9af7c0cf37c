/* Each turns the parts of a match into a day: `day` begins as `today` and is left as the deadline. False where the words are none, or name a
 * day that is past. The phrases stand in dates.c. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef bool DueResolve(const GMatchInfo *match, const GDate *today, GDate *day);

/* Counted from today (date_ahead.c). */
DueResolve due_today, due_tomorrow, due_weekday, due_weeks_from_weekday, due_end_of, due_unit_after_next, due_before_weekend, due_within,
    due_next_quarter, due_ahead, due_week_ahead, due_nth_weekday_ahead, due_month_after_next;

/* Named by a calendar (date_named.c). */
DueResolve due_middle_of_month, due_numbered_quarter, due_half_year, due_half_month, due_thanksgiving, due_nth_week, due_numbered_week,
    due_dated, due_weekday_and_day, due_weekday_and_pair, due_last_day_but, due_week_of, due_month, due_month_start, due_numbered_month,
    due_year, due_easter, due_end_of_month, due_day_of_month, due_week_of_day, due_iso, due_pair, due_nth_weekday, due_holiday;
