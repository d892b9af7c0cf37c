/* Progress and tables. */
#include "cli/terminal.h"

#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/text.h"

#define BAR_COLUMNS 24
#define REDRAW_US (100 * 1000)

static gint64 drawn_us;

void terminal_progress(const char *label, double done, gint64 remaining_ms) {
    gint64 now_us = g_get_monotonic_time();
    if (!isatty(STDERR_FILENO) || (now_us - drawn_us < REDRAW_US && done < 1)) return;
    drawn_us = now_us;
    guint full = (guint)(CLAMP(done, 0, 1) * BAR_COLUMNS);
    g_autofree char *cell = terminal_cell(label, 26);
    g_autofree char *left = remaining_ms >= 0 ? text_duration(remaining_ms) : NULL;
    fprintf(stderr, "\r\033[K%s [", cell);
    for (guint i = 0; i < BAR_COLUMNS; i++) fputs(i < full ? "█" : "·", stderr);
    fprintf(stderr, "] %3d %%%s%s", (int)(CLAMP(done, 0, 1) * 100), left ? "  left " : "", left ? left : "");
    fflush(stderr);
}

void terminal_progress_clear(void) {
    if (!isatty(STDERR_FILENO)) return;
    fputs("\r\033[K", stderr);
    fflush(stderr);
    drawn_us = 0;
}

guint terminal_width(void) {
    struct winsize size = {0};
    if (!isatty(STDOUT_FILENO)) return 0;
    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20 ? size.ws_col : 80;
}

static guint char_columns(gunichar c) { return g_unichar_iszerowidth(c) ? 0 : g_unichar_iswide(c) ? 2 : 1; }

static guint text_columns(const char *text) {
    guint columns = 0;
    for (const char *at = text; *at; at = g_utf8_next_char(at)) columns += char_columns(g_utf8_get_char(at));
    return columns;
}

char *terminal_cell(const char *text, guint columns) {
    g_autofree char *safe = terminal_safe(text);
    GString *cell = g_string_new(NULL);
    bool cut = text_columns(safe) > columns;
    guint used = 0, room = cut && columns > 0 ? columns - 1 : columns;
    for (const char *at = safe; *at; at = g_utf8_next_char(at)) {
        gunichar c = g_utf8_get_char(at);
        if (used + char_columns(c) > room) break;
        used += char_columns(c);
        g_string_append_unichar(cell, c);
    }
    if (cut && columns > 0) {
        g_string_append(cell, "…");
        used++;
    }
    for (; used < columns; used++) g_string_append_c(cell, ' ');
    return g_string_free(cell, FALSE);
}

char *terminal_safe(const char *text) { return text_clean(text ? text : "", -1, false); }
