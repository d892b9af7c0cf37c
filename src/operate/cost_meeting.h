/* What one meeting holds and costs: by its own objects, which are read, and not by the list. */
#pragma once

#include "meeting/meeting.h"
#include "operate/cost.h"

typedef struct {
    CostCount count;           /* of this meeting alone, its recording among it */
    gint64 transcribed_s;      /* `usage` of transcript.json: seconds that a service counted; −1: none says so */
    double transcribed_cost;   /* −1: not recorded, as no price was set then */
    MinutesUsage usage;        /* of summary.json; calls 0: no model was asked */
} CostMeeting;

/* ERROR_NOT_FOUND where there is no such meeting. A recording that is gone is not counted. */
bool cost_meeting(const Meetings *meetings, const Prices *prices, const char *meeting_id, CostMeeting *cost, GError **error);
