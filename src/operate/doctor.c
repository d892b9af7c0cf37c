/* The findings, and the checks that are short: lists, what setup would make, the disk. */
#include "operate/doctor.h"

#include <errno.h>
#include <string.h>
#include <sys/statvfs.h>

#include "base/limits.h"

const char *doctor_state_name(DoctorState state) {
    static const char *const names[] = {[DOCTOR_OK] = "ok", [DOCTOR_WARNING] = "warning", [DOCTOR_FAULT] = "fault"};
    return names[state];
}

static void finding_free(gpointer data) {
    DoctorFinding *finding = data;
    g_free(finding->what);
    g_free(finding->found);
    g_free(finding);
}

GPtrArray *doctor_findings_new(void) { return g_ptr_array_new_with_free_func(finding_free); }

void doctor_add(GPtrArray *findings, DoctorState state, const char *what, const char *format, ...) {
    DoctorFinding *finding = g_new0(DoctorFinding, 1);
    va_list arguments;
    va_start(arguments, format);
    *finding = (DoctorFinding){.state = state, .what = g_strdup(what), .found = g_strdup_vprintf(format, arguments)};
    va_end(arguments);
    g_ptr_array_add(findings, finding);
}

void doctor_add_result(GPtrArray *findings, const char *what, const char *found, GError *problem) {
    doctor_add(findings, problem ? DOCTOR_FAULT : DOCTOR_OK, what, "%s", problem ? problem->message : found);
    g_clear_error(&problem);
}

guint doctor_count(const GPtrArray *findings, DoctorState state) {
    guint count = 0;
    for (guint i = 0; i < findings->len; i++) count += ((const DoctorFinding *)g_ptr_array_index(findings, i))->state == state;
    return count;
}

static void examine_list(const SetupContext *context, GPtrArray *findings) {
    g_auto(CatalogPage) page = {0};
    CatalogQuery query = {.limit = 1};
    GError *problem = NULL;
    gint64 began_us = g_get_monotonic_time();
    catalog_list(context->meetings->catalog, &query, &page, &problem);
    g_autofree char *found = g_strdup_printf("the list of meetings answers in %d ms", (int)((g_get_monotonic_time() - began_us) / 1000));
    doctor_add_result(findings, "list", found, problem);
}

/* What setup would make is missing: the main work goes on without most of it. */
static void examine_setup(const SetupContext *context, GPtrArray *findings) {
    g_autoptr(GPtrArray) steps = NULL;
    GError *problem = NULL;
    if (!setup_plan(context, &steps, &problem))
        doctor_add(findings, DOCTOR_WARNING, "setup", "what it would make can't be looked at: %s", problem->message);
    g_clear_error(&problem);
    for (guint i = 0; steps && i < steps->len; i++) {
        const SetupStep *step = g_ptr_array_index(steps, i);
        if (step->state == SETUP_PRESENT) doctor_add(findings, DOCTOR_OK, step->what, "%s", step->why);
        else if (step->apply) doctor_add(findings, DOCTOR_WARNING, step->what, "%s: %s; `hansard setup --apply` makes it", setup_state_name(step->state), step->why);
        else doctor_add(findings, DOCTOR_WARNING, step->what, "%s: %s", setup_state_name(step->state), step->remedy ? step->remedy : step->why);
    }
}

static void examine_disk(const SetupContext *context, GPtrArray *findings) {
    const char *folder = context->settings->data_dir;
    struct statvfs disk;
    if (statvfs(folder, &disk) != 0) {
        doctor_add(findings, DOCTOR_FAULT, "disk", "%s: %s; name a folder that can be written in HANSARD_DATA", folder, g_strerror(errno));
        return;
    }
    guint64 free_bytes = (guint64)disk.f_bavail * disk.f_frsize;
    g_autofree char *size = g_format_size_full(free_bytes, G_FORMAT_SIZE_IEC_UNITS);
    if (free_bytes >= DOCTOR_DISK_BYTES_MIN) doctor_add(findings, DOCTOR_OK, "disk", "%s free at %s", size, folder);
    else doctor_add(findings, DOCTOR_WARNING, "disk", "only %s free at %s: make room, or name another folder in HANSARD_DATA", size, folder);
}

void doctor_examine(const SetupContext *context, const char *place, GPtrArray *findings) {
    doctor_examine_identity(context, findings);
    doctor_examine_store(context, place, findings);
    examine_list(context, findings);
    examine_setup(context, findings);
    examine_disk(context, findings);
}
