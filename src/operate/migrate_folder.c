/* A folder of recordings and transcripts, such as `uploads/`: each file becomes a recording and a job, as an upload does. The meeting's id is made
 * of the file's bytes and name, or is the one that the file's name begins with ({uuid}_{name}), so that a file is taken in once however often this
 * runs. */
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "ingest/ingest.h"
#include "operate/migrate_internal.h"

#define UUID_CHARS 36

/* A folder with more in it than one would think has other files, too. */
static bool is_wanted(const char *path) {
    static const char *const extensions[] = {".aac", ".aif", ".aiff", ".amr", ".caf",  ".flac", ".m4a", ".mka", ".mp3", ".oga", ".ogg",
                                             ".opus", ".wav", ".weba", ".wma", ".3gp", ".avi",  ".m4v", ".mkv", ".mov", ".mp4", ".mpeg",
                                             ".mpg", ".ogv", ".webm", ".wmv", ".vtt",  ".srt",  ".txt", ".json"};
    const char *dot = strrchr(path, '.');
    for (gsize i = 0; dot && i < G_N_ELEMENTS(extensions); i++)
        if (g_ascii_strcasecmp(dot, extensions[i]) == 0) return true;
    return false;
}

static bool is_hidden(const char *path) { return path[0] == '.' || strstr(path, "/."); }

typedef struct {
    Migrate *migrate;
    const StoreEntry *entry;
    MigrateObject file;
    char *meeting_id, *filename, *key;
} Taking;

static void taking_clear(Taking *taking) {
    migrate_object_clear(&taking->file);
    g_clear_pointer(&taking->meeting_id, g_free);
    g_clear_pointer(&taking->filename, g_free);
    g_clear_pointer(&taking->key, g_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Taking, taking_clear)

/* Who it is to be. */
static bool identify(Taking *taking, GError **error) {
    const char *slash = strrchr(taking->entry->key, '/'), *name = slash ? slash + 1 : taking->entry->key;
    g_autofree char *uuid = strlen(name) > UUID_CHARS + 1 && name[UUID_CHARS] == '_' ? g_strndup(name, UUID_CHARS) : NULL;
    if (!migrate_sum(taking->migrate, taking->migrate->source, taking->entry->key, taking->entry->etag, &taking->file, error)) return false;
    if (uuid && g_uuid_string_is_valid(uuid)) {
        taking->filename = text_clean_filename(name + UUID_CHARS + 1);
    } else {
        taking->filename = text_clean_filename(name);
        g_autofree char *text = g_strdup_printf("hansard-file-1\n%s\n%s", taking->file.sha256, taking->filename);
        g_free(uuid);
        uuid = text_uuid_of(text);
    }
    taking->meeting_id = meeting_id_new(uuid);
    taking->key = key_recording(uuid, taking->filename);
    return true;
}

/* The recording is a meeting's: of its own id, or, in a store of the first version, of any. */
static bool is_taken(const Taking *taking, bool *taken, GError **error) {
    const Migrate *migrate = taking->migrate;
    *taken = key_table_find(migrate->rows, taking->key) != NULL;
    return *taken || ingest_is_taken(migrate->meetings, migrate->options->jobs, taking->meeting_id, taken, error);
}

static bool check_standing(const Taking *taking, const StoreInfo *info, bool *same, GError **error) {
    g_auto(MigrateObject) standing = {0};
    if (!migrate_sum(taking->migrate, taking->migrate->store, taking->key, info->etag, &standing, error)) return false;
    *same = standing.bytes == taking->file.bytes && strcmp(standing.sha256, taking->file.sha256) == 0;
    return true;
}

static bool take_in(Taking *taking, const StoreInfo *info, bool stands, GError **error) {
    const Migrate *migrate = taking->migrate;
    g_auto(MigrateObject) object = {0};
    MigrateCopy copy = {.from = taking->entry->key, .to = taking->key, .sha256 = taking->file.sha256, .bytes = taking->file.bytes,
                        .stands = stands, .standing_bytes = info->size, .standing_etag = info->etag};
    IngestRecording recording = {.meeting_id = taking->meeting_id, .key = taking->key, .bytes = taking->file.bytes, .sha256 = taking->file.sha256};
    IngestOptions options = {.filename = taking->filename,
                             .language = migrate->options->language,
                             .vocabulary = migrate->options->vocabulary,
                             .timestamp_ms = taking->entry->modified_ms};
    return migrate_object(taking->migrate, &copy, &object, NULL, error) &&
           ingest_recording(migrate->meetings, migrate->options->jobs, &recording, &options, NULL, error);
}

/* Only what the destination gives back byte for byte goes from the folder. */
static bool remove_file(const Taking *taking, GError **error) {
    Migrate *migrate = taking->migrate;
    g_auto(StoreInfo) info = {0}, now = {0};
    bool stands = false, same = false;
    if (!migrate_head(migrate->store, taking->key, &stands, &info, error)) return false;
    if (stands && !check_standing(taking, &info, &same, error)) return false;
    if (!same) return true;
    if (!store_head(migrate->source, taking->entry->key, &now, error)) return false;
    if (strcmp(now.etag, taking->entry->etag) != 0) return true; /* written anew since */
    if (!store_delete(migrate->source, taking->entry->key, error)) return false;
    migrate->summary.removed++;
    return true;
}

static bool take(Taking *taking, MigrateReport *report, GError **error) {
    const MigrateOptions *options = taking->migrate->options;
    g_auto(StoreInfo) info = {0};
    bool taken = false, stands = false;
    if (!identify(taking, error) || !is_taken(taking, &taken, error) ||
        !migrate_head(taking->migrate->store, taking->key, &stands, &info, error))
        return false;
    report->outcome = taken ? MIGRATE_THERE : options->dry_run ? MIGRATE_PLANNED : MIGRATE_COPIED;
    report->bytes = taken ? 0 : taking->file.bytes;
    if (taken && stands && info.size != taking->file.bytes)
        return fail(error, ERROR_CONFLICT, "the meeting of this file's name has another recording: rename the file to take it in");
    if (options->dry_run) return true;
    if (!taken && !take_in(taking, &info, stands, error)) return false;
    return !options->remove_source || remove_file(taking, error);
}

static const char *passed_over(const StoreEntry *entry) {
    if (entry->size == 0) return "it is empty";
    return is_wanted(entry->key) ? NULL : "its extension is of no recording or transcript";
}

static bool visit_file(const StoreEntry *entry, gpointer user_data, GError **error) {
    Migrate *migrate = user_data;
    g_auto(Taking) taking = {.migrate = migrate, .entry = entry};
    MigrateReport report = {.kind = MIGRATE_FILE, .name = entry->key, .outcome = MIGRATE_LEFT, .reason = passed_over(entry)};
    g_autoptr(GError) problem = NULL;
    guint64 before = migrate->done;
    if (is_hidden(entry->key)) return true;
    if (!report.reason && !take(&taking, &report, &problem)) {
        bool passing = error_is(problem, ERROR_NOT_FOUND) || error_is(problem, ERROR_PRECONDITION);
        if (!passing && !migrate_is_of_one(problem)) {
            g_propagate_error(error, g_steal_pointer(&problem));
            return false;
        }
        if (passing) g_prefix_error(&problem, "it is being written, run this again when it is whole: ");
        report = (MigrateReport){.kind = MIGRATE_FILE, .name = entry->key, .outcome = MIGRATE_LEFT, .reason = problem->message};
    }
    migrate_tell(migrate, &report);
    guint64 copied = migrate->done - before;
    return migrate_advance(migrate, entry->size - MIN(entry->size, copied), error);
}

static bool note_size(const StoreEntry *entry, gpointer user_data, GError **error) {
    Migrate *migrate = user_data;
    if (!is_hidden(entry->key)) migrate->all += entry->size;
    return migrate_advance(migrate, 0, error);
}

bool migrate_folder(Migrate *migrate, GError **error) {
    return store_each(migrate->source, "", note_size, migrate, error) && store_each(migrate->source, "", visit_file, migrate, error);
}
