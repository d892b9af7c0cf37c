/* Whose turn it is, and what versions do to what is removed. */
#include <string.h>

#include "aws/xml.h"
#include "base/limits.h"
#include "base/text.h"
#include "model/keys.h"
#include "operate/retention.h"
#include "store/s3_bucket.h"

/* *since_s: since the last turn; G_MAXINT64: there was none that can be read. `etag` NULL: no object stands. Caller frees. */
static bool read_turn(Store *store, Clock *clock, gint64 *since_s, char **etag, GError **error) {
    g_autoptr(GBytes) bytes = NULL;
    g_autoptr(GError) problem = NULL;
    g_auto(StoreInfo) info = {0};
    gint64 ran_ms = 0;
    *since_s = G_MAXINT64;
    *etag = NULL;
    if (!store_get(store, KEY_RETENTION, RETENTION_TURN_BYTES_MAX, &bytes, &info, &problem)) {
        if (error_is(problem, ERROR_NOT_FOUND)) return true;
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
    gsize size = 0;
    const void *data = g_bytes_get_data(bytes, &size);
    g_autoptr(json_t) turn = json_parse_object(data, size, KEY_RETENTION, NULL);
    if (time_parse(json_get_string(turn, "began", ""), &ran_ms)) *since_s = MAX(0, (clock_now_ms(clock) - ran_ms) / 1000);
    *etag = g_steal_pointer(&info.etag);
    return true;
}

bool retention_take_turn(Store *store, Clock *clock, const char *server, bool *ours, GError **error) {
    g_autofree char *etag = NULL, *began = time_format(clock_now_ms(clock)), *revision = text_uuid();
    g_autoptr(GError) problem = NULL;
    gint64 since_s;
    *ours = false;
    if (!read_turn(store, clock, &since_s, &etag, error)) return false;
    if (since_s < RETENTION_EVERY_S - RETENTION_LOOK_S / 2) return true;
    g_autoptr(json_t) turn = json_pack("{s:s, s:s, s:s}", "began", began, "server", server, "revision", revision);
    g_autoptr(GBytes) bytes = json_to_bytes(turn, false);
    StorePut put = {.content_type = "application/json", .if_match = etag, .if_none_match = !etag};
    *ours = store_put(store, KEY_RETENTION, bytes, &put, NULL, &problem);
    if (*ours || error_is(problem, ERROR_PRECONDITION)) return true; /* another has it */
    g_propagate_error(error, g_steal_pointer(&problem));
    return false;
}

char *retention_versions_note(Store *store, const Settings *settings) {
    g_autofree char *xml = NULL;
    g_autoptr(GError) problem = NULL;
    bool supported = false;
    if (strcmp(store_name(store), "s3") != 0 || settings->s3_purge_versions) return NULL;
    if (!s3_bucket_read(store, "versioning", &supported, &xml, &problem))
        return g_strdup_printf("Whether the bucket keeps old versions of what is removed can't be asked: %s", problem->message);
    g_autoptr(XmlElement) root = xml ? xml_parse(xml, strlen(xml), "the bucket's versioning", NULL) : NULL;
    if (!root || !xml_text(root, "Status")) return NULL;
    if (settings->s3_old_versions_days > 0)
        return g_strdup_printf("The bucket keeps versions: what is removed can still be read as an old version until a lifecycle rule ends it, after "
                               "%d days by the "
                               "rule of `hansard setup` (S3_OLD_VERSIONS_DAYS). S3_PURGE_VERSIONS=true removes old versions at once.",
                               settings->s3_old_versions_days);
    return g_strdup("The bucket keeps versions, and no setting ends old ones: what is removed can still be read as an old version. Set "
                    "S3_PURGE_VERSIONS=true, or "
                    "S3_OLD_VERSIONS_DAYS and run `hansard setup --apply`.");
}
