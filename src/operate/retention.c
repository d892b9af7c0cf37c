/* Rules, and the walk over the list that applies them. */
#include "operate/retention.h"

#include <string.h>

#include "base/limits.h"

#define DAY_MS (86400LL * 1000)

const char *retention_scope_name(RetentionScope scope) { return scope == RETENTION_ALL ? "all" : "recording"; }

/* -- rules ---------------------------------------------------------------------------------------------------------------- */

static void rule_free(gpointer data) {
    RetentionRule *rule = data;
    g_free(rule->text);
    g_free(rule->tag);
    g_free(rule);
}

static bool read_days(const char *text, int *days) {
    gint64 number = 0;
    if (strcmp(text, "never") == 0) {
        *days = RETENTION_NEVER;
        return true;
    }
    if (!g_ascii_string_to_signed(text, 10, 1, RETENTION_DAYS_MAX, &number, NULL)) return false;
    *days = (int)number;
    return true;
}

/* "all 90" */
static bool read_deed(const char *text, RetentionRule *rule) {
    g_auto(GStrv) words = g_strsplit_set(text, " \t", -1);
    const char *found[3] = {0};
    guint count = 0;
    for (guint i = 0; words[i] && count < G_N_ELEMENTS(found); i++)
        if (*words[i]) found[count++] = words[i];
    if (count != 2 || !read_days(found[1], &rule->days)) return false;
    rule->scope = strcmp(found[0], "all") == 0 ? RETENTION_ALL : RETENTION_RECORDING;
    return strcmp(found[0], retention_scope_name(rule->scope)) == 0;
}

static bool read_rule(char *text, GPtrArray *rules, GError **error) {
    g_strstrip(text);
    if (!*text) return true;
    RetentionRule *rule = g_new0(RetentionRule, 1);
    const char *colon = strrchr(text, ':');
    rule->text = g_strdup(text);
    rule->tag = colon ? g_strstrip(g_strndup(text, (gsize)(colon - text))) : NULL;
    g_ptr_array_add(rules, rule);
    if (rules->len > RETENTION_RULES_MAX) return fail(error, ERROR_CONFIG, "HANSARD_RETENTION has more than %d rules", RETENTION_RULES_MAX);
    return (read_deed(colon ? colon + 1 : text, rule) && (!rule->tag || *rule->tag)) ||
           fail(error, ERROR_CONFIG,
                "HANSARD_RETENTION: \"%.100s\" is no rule; write \"recording 365\", \"all 3650\", \"all never\", or one of these after a tag: "
                "\"interview: all 90\" (days are 1 to %d)",
                text, RETENTION_DAYS_MAX);
}

bool retention_parse(const char *setting, GPtrArray **rules, GError **error) {
    g_autoptr(GPtrArray) read = g_ptr_array_new_with_free_func(rule_free);
    g_auto(GStrv) texts = g_strsplit(setting ? setting : "", ";", -1);
    for (guint i = 0; texts[i]; i++)
        if (!read_rule(texts[i], read, error)) return false;
    *rules = g_steal_pointer(&read);
    return true;
}

static bool has_tag(const GPtrArray *tags, const char *tag) { return g_ptr_array_find_with_equal_func((GPtrArray *)tags, tag, g_str_equal, NULL); }

static const RetentionRule *longer(const RetentionRule *one, const RetentionRule *other) {
    if (!one) return other;
    bool other_is = one->days != RETENTION_NEVER && (other->days == RETENTION_NEVER || other->days > one->days);
    return other_is ? other : one;
}

/* The rule that counts for one scope; NULL: none. */
static const RetentionRule *rule_of(const GPtrArray *rules, const GPtrArray *tags, RetentionScope scope) {
    const RetentionRule *of_tags = NULL, *of_all = NULL;
    for (guint i = 0; i < rules->len; i++) {
        const RetentionRule *rule = g_ptr_array_index(rules, i);
        if (rule->scope != scope) continue;
        if (!rule->tag) of_all = longer(of_all, rule);
        else if (has_tag(tags, rule->tag)) of_tags = longer(of_tags, rule);
    }
    return of_tags ? of_tags : of_all;
}

const RetentionRule *retention_judge(const GPtrArray *rules, const GPtrArray *tags, gint64 age_ms, bool has_recording) {
    for (int scope = RETENTION_ALL; scope >= RETENTION_RECORDING; scope--) {
        const RetentionRule *rule = rule_of(rules, tags, (RetentionScope)scope);
        bool is_due = rule && rule->days != RETENTION_NEVER && age_ms >= rule->days * DAY_MS;
        if (is_due && (scope == RETENTION_ALL || has_recording)) return rule;
    }
    return NULL;
}

/* -- the walk ------------------------------------------------------------------------------------------------------------- */

typedef struct {
    const RetentionOptions *options;
    RetentionResult *result;
    GPtrArray *rules;
    int days_min; /* of all rules: younger meetings are due by none */
    gint64 now_ms;
    char *last;   /* the meeting seen last: several rows of one may come */
} Walk;

/* A transcript that came as a file goes with the meeting. A removal that was broken off is finished, whatever has been tagged or set since: it can't
 * be taken back. */
static const RetentionRule *judge(const Walk *walk, const Record *record) {
    return retention_judge(walk->rules, record->tags, walk->now_ms - record->timestamp_ms, record_has_recording(record));
}

/* What was marked and never came to its end is no meeting any more, and has its row still. */
static bool finish_delete(const Walk *walk, const char *meeting_id, GError **error) {
    g_autoptr(GError) problem = NULL;
    const RetentionOptions *options = walk->options;
    if (!options->apply || pipeline_delete(options->pipeline, options->worker, meeting_id, &problem) || error_is(problem, ERROR_NOT_FOUND) ||
        error_is(problem, ERROR_CONFLICT))
        return true;
    g_propagate_error(error, g_steal_pointer(&problem));
    return false;
}

/* A job that stands works with the recording. ERROR_CONFLICT. */
static bool check_idle(const Walk *walk, const char *meeting_id, GError **error) {
    g_autoptr(Job) job = NULL;
    g_autoptr(GError) problem = NULL;
    if (jobs_read(walk->options->pipeline->jobs, meeting_id, &job, &problem))
        return fail(error, ERROR_CONFLICT, "it is being worked on: the next run comes back to it");
    if (error_is(problem, ERROR_NOT_FOUND)) return true;
    g_propagate_error(error, g_steal_pointer(&problem));
    return false;
}

static bool carry_out(const Walk *walk, const RetentionRule *rule, Record *record, const char *etag, GError **error) {
    const RetentionOptions *options = walk->options;
    const Meetings *meetings = &options->pipeline->meetings;
    if (rule->scope == RETENTION_ALL)
        return meeting_begin_delete(meetings, record, etag, error) && pipeline_delete(options->pipeline, options->worker, record->meeting_id, error);
    g_autofree char *why = g_strdup_printf("HANSARD_RETENTION: %s", rule->text);
    return check_idle(walk, record->meeting_id, error) && meeting_remove_recording(meetings, record, etag, why, error);
}

/* One meeting; false with what kept it from being done. Someone's edit at the same moment: it is judged anew. */
static bool settle(const Walk *walk, const char *meeting_id, RetentionDue *due, Record **record, GError **error) {
    const Meetings *meetings = &walk->options->pipeline->meetings;
    for (int tries = 1;; tries++) {
        g_autofree char *etag = NULL;
        g_autoptr(GError) problem = NULL;
        g_clear_pointer(record, record_free);
        *due = (RetentionDue){0};
        if (!meeting_read_record(meetings, meeting_id, record, &etag, &problem)) {
            if (error_is(problem, ERROR_NOT_FOUND)) return finish_delete(walk, meeting_id, error);
            g_propagate_error(error, g_steal_pointer(&problem));
            return false;
        }
        const RetentionRule *rule = (*record)->timestamp_ms > 0 ? judge(walk, *record) : NULL;
        bool begun = (*record)->audio_key && meeting_recording_removed(*record);
        *due = (RetentionDue){.meeting_id = meeting_id, .title = (*record)->title, .timestamp_ms = (*record)->timestamp_ms, .rule = rule,
                              .held = !begun && has_tag((*record)->tags, walk->options->settings->hold_tag)};
        if (!rule || due->held || !walk->options->apply || carry_out(walk, rule, *record, etag, &problem)) return true;
        if (!error_is(problem, ERROR_PRECONDITION) || tries == RETENTION_TRIES_MAX) {
            g_propagate_error(error, g_steal_pointer(&problem));
            return false;
        }
    }
}

/* By what its row shows; where that is not whole, the record must be read. */
static bool may_be_due(const Walk *walk, const Row *row) {
    gint64 age_ms = walk->now_ms - row->timestamp_ms;
    if (row->timestamp_ms <= 0 || walk->days_min == 0 || age_ms < walk->days_min * DAY_MS) return false;
    return row->cut || retention_judge(walk->rules, row->tags, age_ms, row->audio_key != NULL);
}

static bool visit(const Row *row, gpointer user_data, GError **error) {
    Walk *walk = user_data;
    const RetentionOptions *options = walk->options;
    g_autoptr(Record) record = NULL;
    g_autoptr(GError) problem = NULL;
    RetentionDue due = {0};
    if (g_cancellable_is_cancelled(options->cancel)) return fail(error, ERROR_CANCELLED, "stopped; run it again to go on");
    if (g_strcmp0(walk->last, row->meeting_id) == 0) return true;
    g_free(walk->last);
    walk->last = g_strdup(row->meeting_id);
    walk->result->meetings++;
    if (!may_be_due(walk, row)) return true;
    bool done = settle(walk, row->meeting_id, &due, &record, &problem);
    if (!done) {
        walk->result->failed++;
        if (!due.rule) due = (RetentionDue){.meeting_id = row->meeting_id, .title = row->title, .timestamp_ms = row->timestamp_ms};
    } else if (!due.rule) return true;
    else if (due.held) walk->result->held++;
    else walk->result->due[due.rule->scope]++;
    options->told(&due, problem, options->user_data);
    return true;
}

bool retention_run(const RetentionOptions *options, RetentionResult *result, GError **error) {
    Walk walk = {.options = options, .result = result, .now_ms = clock_now_ms(options->pipeline->meetings.clock)};
    g_autoptr(GPtrArray) rules = NULL;
    *result = (RetentionResult){0};
    if (!retention_parse(options->settings->retention, &rules, error)) return false;
    walk.rules = rules;
    for (guint i = 0; i < rules->len; i++) {
        int days = ((const RetentionRule *)g_ptr_array_index(rules, i))->days;
        if (days != RETENTION_NEVER && (walk.days_min == 0 || days < walk.days_min)) walk.days_min = days;
    }
    bool done = catalog_scan(options->pipeline->meetings.catalog, visit, &walk, error);
    g_free(walk.last);
    return done;
}
