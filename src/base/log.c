/* One write a line, so that lines of several threads and processes do not mix. */
#include "base/log.h"

#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"

static bool as_json;

void log_set_json(bool json) { as_json = json; }

bool log_is_json(void) { return as_json; }

static void say(const char *text, gsize size) {
    /* Where nobody takes the log, nobody can be told. */
    if (write(STDERR_FILENO, text, size) < 0) return;
}

void log_event(LogLevel level, const char *event, const char *line, ...) {
    static const char *const levels[] = {[LOG_ERROR] = "error", [LOG_WARNING] = "warning", [LOG_INFO] = "info"};
    if (!as_json) {
        g_autofree char *text = line ? g_strconcat(line, "\n", NULL) : NULL;
        if (text) say(text, strlen(text));
        return;
    }
    g_autofree char *time = time_format(clock_now_ms(clock_system()));
    g_autoptr(json_t) object = json_pack("{s:s, s:s, s:s}", "time", time, "level", levels[level], "event", event);
    va_list members;
    va_start(members, line);
    for (const char *name; (name = va_arg(members, const char *));) {
        const char *text = va_arg(members, const char *);
        if (text) json_object_set_new(object, name, json_text(text));
    }
    va_end(members);
    g_autoptr(GBytes) bytes = json_to_bytes(object, false);
    gsize size = 0;
    const char *text = g_bytes_get_data(bytes, &size);
    say(text, size);
}
