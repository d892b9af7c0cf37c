/* What the files of the S3 store share. s3.c tells the guarantees.
 *
 *   s3_url.c      names and addresses: bucket, prefix, endpoint, presigned URLs
 *   s3_call.c     one request: the client of the bucket's region, answers read
 *   s3_buffer.c   the memory of a part, or its file; how large parts are and how many may be under way
 *   s3_writer.c   the streamed put
 *   s3_reader.c   reading at any offset, with windows fetched ahead
 *   s3_list.c     the list
 *   s3_delete.c   deletes, versions
 *   s3_uploads.c  multipart uploads whose parts others send
 *   s3_part.c     … and a part of those that comes through this server
 *   s3.c          opening and closing */
#pragma once

#include "aws/client.h"
#include "aws/xml.h"
#include "base/settings.h"
#include "store/crc32c.h"
#include "store/store_backend.h"

typedef struct {
    Store base;
    const Settings *settings;         /* borrowed, as the next two */
    HttpTransport *transport;
    AwsCredentialsChain *credentials;
    const AwsRetryHooks *hooks;       /* tests: of the clients, which are made by the first request */
    char *bucket, *prefix;            /* the prefix is "" or ends in '/' */
    char *resource;                   /* for messages */
    char *spool;                      /* the directory of parts too large for memory; made when it is needed */
    bool is_aws;                      /* AWS's own endpoint: another region may be followed */
    guint64 (*part_bytes)(guint number); /* s3_part_bytes; tests set another */

    GMutex mutex;                     /* of what follows */
    GPtrArray *clients;               /* AwsClient*, the one in use last; the others may still have calls under way */
    bool region_known;                /* a call was answered from it */
    bool one_by_one;                  /* the service has no batch delete */
    GCond slots_freed;
    guint slots_free;                 /* parts that may go under way */
    guint64 slot_tickets, slot_turn;  /* who waits is served in order */
    guint uploading;                  /* writers that have begun a multipart upload */
    GPtrArray *spare;                 /* memory of parts that were sent, kept while any is uploading: at most as much as may be under way */
    guint tasks;                      /* of the pool `parts`, waiting or under way */
    GCond task_done;
    GThreadPool *parts;               /* parts under way, and uploads to be aborted */
    GCancellable *closing;            /* ends what they wait for */
    GThreadPool *fetches;             /* windows fetched ahead */
} S3Store;

/* ---- names ---- */

bool s3_bucket_check(const char *bucket, GError **error);
/* The prefix of S3_PREFIX (NULL: none) as it stands before keys. ERROR_CONFIG. */
bool s3_prefix_read(const char *setting, char **prefix, GError **error);
/* The address of `key` (NULL: of the bucket) with `query` (percent-encoded; NULL: none). Caller frees. */
char *s3_url(const S3Store *s3, const char *endpoint, const char *key, const char *query);
/* Appends "&name=value" (without '&' at the start), the value percent-encoded. */
void s3_query_add(GString *query, const char *name, const char *value);
/* Whether the prefix leaves room for the key. ERROR_INVALID. */
bool s3_key_fits(const S3Store *s3, const char *key, GError **error);
/* Of the region that is known by now. */
char *s3_origin(Store *store);
bool s3_sign_url(Store *store, const char *key, const StoreUrl *url, char **signed_url, GError **error);

/* ---- calls ---- */

typedef struct {
    const char *method;
    const char *key;          /* as callers of the port name it; NULL: the bucket itself */
    const char *query;        /* percent-encoded; NULL: none */
    HttpHeaders *headers;     /* NULL: none */
    HttpBody body;
    bool sign_body;           /* the body, which is in memory, is signed too, so that one that was changed on the way is refused */
    void *into;               /* as in HttpRequest */
    gsize into_size;
    gsize body_bytes_max;
    int idle_timeout_ms;
    GCancellable *cancel;
} S3Request;

/* aws_send to the bucket's region, which is learnt from the answer where it is another one of AWS's. `outcome` may be NULL. */
bool s3_send(S3Store *s3, const S3Request *request, HttpResponse *response, AwsOutcome *outcome, GError **error);
/* The client in use; it stays while the store is open. */
AwsClient *s3_client(S3Store *s3);
/* A presigned URL of `key`. */
bool s3_presign(S3Store *s3, const char *method, const char *key, const char *query, gint64 expires_s, char **url, GError **error);

/* What the headers of an answer about an object tell, but for the size. `mark` (may be NULL) gets the mark of the put, or NULL. ERROR_CORRUPT. */
bool s3_describe(const HttpResponse *response, const char *key, StoreInfo *info, char **mark, GError **error);
/* An ETag without its quotes; NULL where it is none. Caller frees. */
char *s3_etag(const char *quoted);
char *s3_quoted(const char *etag);
/* Content-MD5: the sum that every service knows. */
void s3_md5_set(HttpHeaders *headers, GBytes *body);
/* When the answer was made, as its Date tells; else our clock. */
gint64 s3_answer_ms(const S3Store *s3, const HttpResponse *response);
bool s3_head_marked(S3Store *s3, const char *key, StoreInfo *info, char **mark, GError **error);
bool s3_head(Store *store, const char *key, StoreInfo *info, GError **error);
bool s3_check_readable(Store *store, const char *key, GError **error);

/* ---- parts ---- */

/* The size of a part, so that small objects take small parts, and S3_PARTS_MAX of them hold RECORDING_BYTES_MAX. */
guint64 s3_part_bytes(guint number);

/* A part that is filled: in memory of its own, or, a large one, in a file without a name. */
typedef struct {
    S3Store *s3;
    guint64 limit, used;
    guint8 *data; /* `limit` bytes; NULL: nothing came yet, or in a file */
    int fd;      /* -1: in memory */
    guint32 sum; /* CRC-32C of what is in it */
} S3Buffer;

S3Buffer *s3_buffer_new(S3Store *s3, guint64 limit, GError **error);
void s3_buffer_free(S3Buffer *buffer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(S3Buffer, s3_buffer_free)
/* Takes as many bytes as fit. */
bool s3_buffer_append(S3Buffer *buffer, const void *data, gsize size, gsize *taken, GError **error);
/* `*bytes` is the caller's to unref after the body was sent; NULL for a file. */
HttpBody s3_buffer_body(const S3Buffer *buffer, GBytes **bytes);

/* A writer begins an upload, or ends. */
void s3_uploading(S3Store *s3, bool begins);
void s3_spare_free(gpointer data); /* of S3Store.spare */

/* Waits until a part of this size may go under way, in turn; what it gives goes to s3_slots_give. */
guint s3_slots_take(S3Store *s3, guint64 part_bytes);
void s3_slots_give(S3Store *s3, guint slots);

/* ---- puts ---- */

/* What is asked of a new object: type, metadata, the mark (NULL: none), encryption, storage class. */
HttpHeaders *s3_object_headers(const S3Store *s3, const char *key, const StorePut *put, const char *mark);
void s3_condition_headers(HttpHeaders *headers, const StorePut *put);
bool s3_put_open(Store *store, const char *key, const StorePut *put, StoreWriter **writer, GError **error);

/* Sends one part. `headers` may be NULL; S3 takes a checksum of a part only where the upload was begun with one. */
bool s3_upload_part(S3Store *s3, const char *key, const char *upload_id, guint number, const S3Buffer *buffer, HttpHeaders *headers, char **etag,
                    GError **error);
bool s3_upload_begin(S3Store *s3, const char *key, const StorePut *put, const char *mark, bool with_checksum, char **upload_id, GError **error);
typedef struct {
    guint number;
    const char *etag, *checksum; /* the latter may be NULL */
} S3Part;
/* Joins the parts; `whole_sum` NULL: S3 checks no sum of the whole. ERROR_NOT_FOUND where the upload is gone. */
bool s3_upload_complete(S3Store *s3, const char *key, const char *upload_id, const char *mark, const S3Part *parts, guint count,
                        const char *whole_sum, const StorePut *put, char **etag, gint64 *modified_ms, GError **error);
bool s3_upload_abort(S3Store *s3, const char *key, const char *upload_id, GError **error);
/* The work of the pool `parts`. */
void s3_part_work(gpointer task, gpointer s3);

/* A condition that did not hold, in the port's words; a condition on an object that is not there is answered with 404. Takes `problem`, and gives it or
 * another. */
GError *s3_read_refusal(const char *key, const StorePut *put, GError *problem);
/* A put was refused with `problem`, which is taken. Where an earlier try, whose answer was lost, has stored the object all the same (it carries
 * `mark`), true with its ETag and time; else false with `problem`, or with what kept it from being known. */
bool s3_settle(S3Store *s3, const char *key, const char *mark, const AwsOutcome *outcome, GError *problem, char **etag, gint64 *modified_ms,
               GError **error);

/* Takes an upload id of the port's apart; `*mark` is the caller's to free. S3's id, inside `id`; NULL with ERROR_NOT_FOUND where the store can't have made
 * it. */
const char *s3_take_upload_id(const char *key, const char *id, char **mark, GError **error);
/* False, with `problem`, which is taken: in the port's words where it is of an upload that the service does not know. */
bool s3_told_of_upload(const char *key, GError *problem, GError **error);
bool s3_put_part(Store *store, const char *key, const char *upload_id, guint number, StoreWriter **writer, GError **error);
extern const StoreUploadsBackend s3_uploads_backend;

/* ---- the rest ---- */

bool s3_open(Store *store, const char *key, StoreReader **reader, StoreInfo *info, GError **error);
void s3_fetch_work(gpointer fetch, gpointer s3);
bool s3_list(Store *store, const char *prefix, const char *start_after, guint limit, GPtrArray **entries, bool *more, GError **error);
bool s3_delete_many(Store *store, const char *const *keys, gsize key_count, GError **error);
bool s3_purge_versions(Store *store, const char *key, GError **error);

/* A name in a list, decoded where the list says that it is encoded; NULL where it is none, or not UTF-8. Caller frees. */
char *s3_listed_name(const XmlElement *root, const char *text);
