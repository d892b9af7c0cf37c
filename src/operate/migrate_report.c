/* What surfaces show of a migration. */
#include "operate/migrate.h"

guint64 migrate_total(const MigrateSummary *summary, MigrateOutcome outcome) {
    guint64 total = 0;
    for (int kind = 0; kind < MIGRATE_KIND_COUNT; kind++) total += summary->count[kind][outcome];
    return total;
}

const char *migrate_outcome_name(MigrateOutcome outcome) {
    static const char *const names[MIGRATE_OUTCOME_COUNT] = {"copied", "planned", "there", "left"};
    return names[outcome];
}

const char *migrate_kind_name(MigrateKind kind) {
    static const char *const names[MIGRATE_KIND_COUNT] = {"meeting", "work", "recording", "file", "other"};
    return names[kind];
}

json_t *migrate_report_to_json(const MigrateReport *report) {
    return json_pack("{s:s, s:o, s:s, s:I, s:o}", "kind", migrate_kind_name(report->kind), "name", json_text(report->name), "outcome",
                     migrate_outcome_name(report->outcome), "bytes", (json_int_t)report->bytes, "reason", json_text(report->reason));
}

json_t *migrate_summary_to_json(const MigrateSummary *summary) {
    json_t *json = json_object();
    for (int kind = 0; kind < MIGRATE_KIND_COUNT; kind++) {
        json_t *counts = json_object();
        for (int outcome = 0; outcome < MIGRATE_OUTCOME_COUNT; outcome++)
            json_object_set_new(counts, migrate_outcome_name(outcome), json_integer((json_int_t)summary->count[kind][outcome]));
        json_object_set_new(json, migrate_kind_name(kind), counts);
    }
    const struct {
        const char *name;
        guint64 count;
    } rest[] = {{"objects", summary->objects}, {"bytes", summary->bytes}, {"bytes_proved", summary->bytes_proved},
                {"removed", summary->removed}, {"inbox", summary->inbox}, {"uploads", summary->uploads}};
    for (gsize i = 0; i < G_N_ELEMENTS(rest); i++) json_object_set_new(json, rest[i].name, json_integer((json_int_t)rest[i].count));
    return json;
}
