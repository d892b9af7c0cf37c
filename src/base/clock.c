/* The system clock, and times as text. */
#include "base/clock.h"

#include <string.h>

static gint64 system_now_ms(Clock *clock) { return g_get_real_time() / 1000; }

Clock *clock_system(void) {
    static Clock clock = {.now_ms = system_now_ms};
    return &clock;
}

char *time_format(gint64 unix_ms) {
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(unix_ms / 1000);
    if (!time) return g_strdup("1970-01-01T00:00:00.000Z");
    g_autofree char *seconds = g_date_time_format(time, "%Y-%m-%dT%H:%M:%S");
    return g_strdup_printf("%s.%03dZ", seconds, (int)(unix_ms % 1000));
}

bool time_parse(const char *text, gint64 *unix_ms) {
    if (!text || strlen(text) > 40) return false;
    g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
    g_autofree char *whole = strlen(text) == 10 ? g_strconcat(text, "T00:00:00Z", NULL) : g_strdup(text);
    if (strlen(whole) > 10 && whole[10] == ' ') whole[10] = 'T';
    g_autoptr(GDateTime) time = g_date_time_new_from_iso8601(whole, utc);
    if (!time) return false;
    *unix_ms = g_date_time_to_unix(time) * 1000 + g_date_time_get_microsecond(time) / 1000;
    return true;
}
