/* The handlers of the resources, one file each. */
#pragma once

#include "http/router.h"

bool meetings_list(Context *context, const Request *request, Response *response, GError **error);
/* The same where it is at hand (list_cache.h); false: it is not. Waits for nothing. */
bool meetings_list_kept(Context *context, const Request *request, Response *response);
bool meeting_get(Context *context, const Request *request, Response *response, GError **error);
bool meeting_patch(Context *context, const Request *request, Response *response, GError **error);
bool meeting_remove(Context *context, const Request *request, Response *response, GError **error);
bool meeting_waveform(Context *context, const Request *request, Response *response, GError **error);
bool meeting_audio(Context *context, const Request *request, Response *response, GError **error);
bool meeting_events(Context *context, const Request *request, Response *response, GError **error);
bool meeting_export(Context *context, const Request *request, Response *response, GError **error);
bool meeting_retry(Context *context, const Request *request, Response *response, GError **error);
bool uploads_list(Context *context, const Request *request, Response *response, GError **error);
bool uploads_begin(Context *context, const Request *request, Response *response, GError **error);
bool upload_get(Context *context, const Request *request, Response *response, GError **error);
bool upload_sign(Context *context, const Request *request, Response *response, GError **error);
bool upload_complete(Context *context, const Request *request, Response *response, GError **error);
bool upload_abort(Context *context, const Request *request, Response *response, GError **error);
bool meeting_process(Context *context, const Request *request, Response *response, GError **error);
/* The answer of an earlier request that processed a text, from the meeting as it stands now; of another answer nothing changes. */
bool meeting_process_repeat(Context *context, Response *response, GError **error);
bool shares_get(Context *context, const Request *request, Response *response, GError **error);
bool share_make(Context *context, const Request *request, Response *response, GError **error);
bool share_remove(Context *context, const Request *request, Response *response, GError **error);
bool session_get(Context *context, const Request *request, Response *response, GError **error);
bool session_begin(Context *context, const Request *request, Response *response, GError **error);
bool session_end(Context *context, const Request *request, Response *response, GError **error);
bool tokens_get(Context *context, const Request *request, Response *response, GError **error);
bool token_make(Context *context, const Request *request, Response *response, GError **error);
bool token_remove(Context *context, const Request *request, Response *response, GError **error);
bool webhooks_get(Context *context, const Request *request, Response *response, GError **error);
bool webhook_make(Context *context, const Request *request, Response *response, GError **error);
bool webhook_delete(Context *context, const Request *request, Response *response, GError **error);
bool webhook_deliveries(Context *context, const Request *request, Response *response, GError **error);
bool webhook_ping(Context *context, const Request *request, Response *response, GError **error);
bool jobs_get(Context *context, const Request *request, Response *response, GError **error);
bool storage_get(Context *context, const Request *request, Response *response, GError **error);
bool search_get(Context *context, const Request *request, Response *response, GError **error);
bool items_get(Context *context, const Request *request, Response *response, GError **error);
bool mcp_post(Context *context, const Request *request, Response *response, GError **error);
bool store_object_get(Context *context, const Request *request, Response *response, GError **error);
bool health_live(Context *context, const Request *request, Response *response, GError **error);
bool health_ready(Context *context, const Request *request, Response *response, GError **error);
bool health_metrics(Context *context, const Request *request, Response *response, GError **error);
bool openapi_get(Context *context, const Request *request, Response *response, GError **error);
bool page_get(Context *context, const Request *request, Response *response, GError **error);
/* Whether the page has a file at this path. */
bool page_has(const char *path);
bool front_get(Context *context, const Request *request, Response *response, GError **error);
/* The same where it carries no list, since to have one means to wait for a bucket; false: front_get is to be asked. Waits for nothing. */
bool front_get_plain(Context *context, const Request *request, Response *response);

/* GET /api/meetings?open_actions=1. */
bool meetings_list_open(Context *context, const Request *request, const CatalogQuery *query, Response *response, GError **error);

/* The source of server-sent events (event_hub.h); `context` is a Context. */
bool meeting_event_state(gpointer context, const char *meeting_id, json_t **state, bool *final, GError **error);

/* The job as the API shows it, brought up to date from this process's progress: {meeting_id, filename, title, timestamp,
 * status, stage, progress, remaining_ms, error}. */
json_t *job_view(Context *context, Job *job);
/* The meeting's job, `*job` NULL where it has none. */
bool job_find(Context *context, const char *meeting_id, Job **job, GError **error);
/* An array of at most `limit` (1..LIST_LIMIT_MAX) jobs' views; `state` NULL or one of "queued", "running", "failed", "processing"
 * (queued or running). `*truncated`: there may be more. */
bool job_views(Context *context, const char *state, guint limit, json_t **views, bool *truncated, GError **error);

/* A member of a request's body that is a string; `*text` borrows, NULL where it is absent, null or empty. */
bool body_get_text(const json_t *body, const char *name, const char **text, GError **error);

/* A whole number as JSON has it: 3.0 is 3. False for all else. */
bool body_read_whole(const json_t *value, gint64 *number);
/* A time in "expires"; `fallback_ms` from now on where it is absent (0: never). */
bool body_get_expiry(const Context *context, const json_t *body, gint64 fallback_ms, gint64 *expires_ms, GError **error);
/* An array of grants' views. */
json_t *grant_views(const GPtrArray *grants);
/* ERROR_NOT_FOUND for what is no id of a grant. */
bool grant_id_check(const char *id, GError **error);

/* 202 {success, meeting_id, status: "queued"} with its Location. */
void response_accepted(Response *response, const char *meeting_id);
