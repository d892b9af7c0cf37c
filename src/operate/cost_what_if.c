/* Figures that someone asks about instead of a store. */
#include <string.h>

#include "model/keys.h"
#include "operate/cost.h"

typedef struct {
    const char *name;
    guint64 max, value;
} Figure;

enum { MEETINGS, MB, MINUTES, DOCUMENTS_KB, DAYS, FIGURE_COUNT };

static bool set_figure(Figure *figures, const char *text, GError **error) {
    const char *equals = strchr(text, '=');
    for (int i = 0; equals && i < FIGURE_COUNT; i++) {
        if (strlen(figures[i].name) != (gsize)(equals - text) || strncmp(figures[i].name, text, (gsize)(equals - text)) != 0) continue;
        return g_ascii_string_to_unsigned(equals + 1, 10, 0, figures[i].max, &figures[i].value, NULL) ||
               fail(error, ERROR_INVALID, "--what-if: %s must be a whole number from 0 to %" G_GUINT64_FORMAT, figures[i].name, figures[i].max);
    }
    return fail(error, ERROR_INVALID, "--what-if takes meetings=N,mb=N,minutes=N,documents-kb=N,days=N, not \"%s\"", text);
}

bool cost_what_if(const char *text, const Prices *prices, CostCount *count, GError **error) {
    Figure figures[FIGURE_COUNT] = {[MEETINGS] = {"meetings", COST_WHAT_IF_MAX, 100},
                                    [MB] = {"mb", RECORDING_BYTES_MAX / 1000000, 50},
                                    [MINUTES] = {"minutes", RECORDING_MS_MAX / 60000, 60},
                                    [DOCUMENTS_KB] = {"documents-kb", DOCUMENT_BYTES_MAX / 1000, 400},
                                    [DAYS] = {"days", G_MAXINT, 0}};
    g_auto(GStrv) given = g_strsplit(text, ",", FIGURE_COUNT + 1);
    for (guint i = 0; given[i]; i++)
        if (!set_figure(figures, given[i], error)) return false;
    guint64 meetings = figures[MEETINGS].value;
    int days = (int)figures[DAYS].value;
    memset(count, 0, sizeof *count);
    if (meetings == 0) return true;
    cost_add_object(count, prices, COST_RECORDINGS, NULL, figures[MB].value * 1000000, meetings, days);
    cost_add_object(count, prices, COST_DOCUMENTS, NULL, figures[DOCUMENTS_KB].value * 1000 / DOCUMENT_COUNT, meetings * DOCUMENT_COUNT, days);
    cost_add_object(count, prices, COST_INDEX, NULL, 0, meetings, days);
    cost_add_meeting(count, "meeting.m4a", (gint64)figures[MINUTES].value * 60000, meetings);
    count->records = meetings;
    return true;
}
