/* The planners one after the other, and what they found made so. */
#include "operate/setup.h"

static const SetupPlanner planners[] = {bucket_plan, events_plan, table_plan};

const char *setup_state_name(SetupState state) {
    static const char *const names[] = {[SETUP_PRESENT] = "present", [SETUP_MISSING] = "missing", [SETUP_DIFFERENT] = "different"};
    return names[state];
}

static void step_free(gpointer data) {
    SetupStep *step = data;
    g_free(step->what);
    g_free(step->why);
    g_free(step->remedy);
    g_free(step);
}

void setup_add(GPtrArray *steps, SetupState state, bool (*apply)(const SetupContext *, GError **), const char *what, const char *why,
               const char *remedy) {
    SetupStep *step = g_new0(SetupStep, 1);
    *step = (SetupStep){.what = g_strdup(what), .why = g_strdup(why), .state = state, .remedy = g_strdup(remedy), .apply = apply};
    g_ptr_array_add(steps, step);
}

bool setup_plan(const SetupContext *context, GPtrArray **steps, GError **error) {
    g_autoptr(GPtrArray) planned = g_ptr_array_new_with_free_func(step_free);
    for (gsize i = 0; i < G_N_ELEMENTS(planners); i++)
        if (!planners[i](context, planned, error)) return false;
    *steps = g_steal_pointer(&planned);
    return true;
}

bool setup_apply(const SetupContext *context, const GPtrArray *steps, guint *changes, GError **error) {
    guint made = 0;
    for (guint i = 0; i < steps->len; i++) {
        const SetupStep *step = g_ptr_array_index(steps, i);
        if (step->state == SETUP_PRESENT || !step->apply) continue;
        guint lacking = context->lacking ? *context->lacking : 0;
        setup_tell(context, "%s", step->what);
        if (!step->apply(context, error)) {
            g_prefix_error(error, "%s: ", step->what);
            return false;
        }
        if (!context->lacking || *context->lacking == lacking) made++;
    }
    *changes = made;
    return true;
}

void setup_tell(const SetupContext *context, const char *format, ...) {
    if (!context->progress) return;
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *what = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    context->progress(what, context->user_data);
}

bool setup_wait(const SetupContext *context, int ms, GError **error) {
    GPollFD wake = {0};
    bool pollable = context->cancel && g_cancellable_make_pollfd(context->cancel, &wake);
    g_poll(&wake, pollable ? 1 : 0, ms);
    if (pollable) g_cancellable_release_fd(context->cancel);
    return !g_cancellable_is_cancelled(context->cancel) || fail(error, ERROR_CANCELLED, "stopped; run it again to go on");
}
