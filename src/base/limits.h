/* Every limit of the program, named and in one place. Each has a test at it and one over it.
 * Sizes in bytes, times in milliseconds unless the name says otherwise. */
#pragma once

#define KIB 1024ULL
#define MIB (1024ULL * KIB)
#define GIB (1024ULL * MIB)
#define TIB (1024ULL * GIB)

/* names */
#define KEY_BYTES_MAX 1024           /* S3's limit on a key */
#define KEY_COMPONENT_BYTES_MAX 255  /* NAME_MAX of the file systems that carry the directory store */
#define MEETING_ID_BYTES_MAX 128
#define FILENAME_BYTES_MAX 200       /* of a recording, after cleaning */
#define TITLE_BYTES_MAX 400
#define TAG_BYTES_MAX 64
#define TAGS_MAX 32
#define RECORD_OBJECTS_MAX 64              /* objects that a record names; a meeting has six */
#define SPEAKER_NAME_BYTES_MAX 120
#define SPEAKERS_MAX 256

/* objects */
#define DOCUMENT_BYTES_MAX (64 * MIB)      /* a JSON document of a meeting */
#define RECORD_BYTES_MAX (1 * MIB)         /* metadata.json */
#define JOB_BYTES_MAX (64 * KIB)
#define RECORDING_BYTES_MAX (5 * TIB)      /* S3's limit on an object */
#define TRANSCRIPT_FILE_BYTES_MAX (32 * MIB) /* a transcript that comes in as a file */
#define USER_METADATA_BYTES_MAX (2048 - 64) /* S3's limit, names and values together, less what the S3 store adds for itself */
#define LIST_LIMIT_MAX 1000                /* keys in one store listing, as S3 */
#define DELETE_MANY_MAX 1000               /* keys in one batch delete, as S3 */
#define JSON_DEPTH_MAX 64
#define SEGMENTS_MAX 200000
#define SEGMENT_TEXT_BYTES_MAX (64 * KIB)
#define WORDS_MAX 2000000
#define ITEMS_MAX 2000                     /* of one kind in one meeting */
#define ITEM_TEXT_BYTES_MAX 4000
#define PATCH_SEGMENTS_MAX 200             /* edited in one patch */
#define PATCH_ITEMS_MAX 50                 /* added in one patch */
#define PATCH_EVIDENCE_SEGMENTS_MAX 20     /* that one quote stands in */
#define WAVEFORM_PEAKS_MAX 8000
#define TIME_MS_MAX 9999999999999LL         /* of a date: the index keys have 13 digits (the year 2286) */
#define RECORDING_MS_MAX (48LL * 3600 * 1000)

/* HTTP */
#define JSON_BODY_BYTES_MAX (8 * MIB)      /* a body that is read whole */
#define OPEN_BODY_BYTES_MAX (16 * KIB)     /* the same of those whom nobody knows yet */
#define UPLOAD_BLOCK_BYTES (256 * KIB)     /* moved from socket to store in one step */
#define CONNECTIONS_MAX 1024               /* beyond them the slowest is closed for each that comes */
#define CONNECTIONS_PER_ADDRESS_MAX 512    /* likewise */
#define CONNECTIONS_SPARE 128              /* open beyond either while the slowest are being closed */
#define DESCRIPTORS_REST 768               /* open files of a server beside its connections: what is streamed in and out, the store, the index */
#define UPLOADS_MAX 64                     /* recordings streaming in at one time */
#define ANSWERS_MAX 192                    /* objects streaming out at one time */
#define PLACES_SPARE 16                    /* of each beyond that while a slow client is being closed */
#define DECENT_BYTES_S 16384               /* so fast, a client is not closed for others */
#define CONNECTION_GRACE_MS 500            /* nor so soon after its turn has begun */
#define PLACE_GRACE_MS 5000                /* nor so soon for its place among uploads or downloads */
#define CONNECTION_IDLE_S 30
#define TLS_LOOK_MS 5000                   /* between two looks at the certificate's files */
#define PAGE_LIMIT_DEFAULT 50
#define PAGE_LIMIT_MAX 200
#define FIRST_VIEW_ROWS 25               /* meetings that the HTML of the page carries: more than a screen shows, … */
#define FIRST_VIEW_JOBS_MAX 20           /* … and jobs, each of which is read for it; of more none is carried */
#define LIST_CACHE_ENTRIES_MAX 64          /* lists that a server keeps as it answered them, … */
#define LIST_CACHE_BYTES_MAX (4 * MIB)     /* … in all, … */
#define LIST_CACHE_QUERY_BYTES_MAX 512     /* … with their queries */
#define VIEW_CACHE_ENTRIES_MAX 64          /* meetings of which a server keeps what it made for their answers, … */
#define VIEW_CACHE_BYTES_MAX (8 * MIB)     /* … in all */
#define VIEW_LIST_MAX 16                   /* objects of a meeting among which its documents are looked for in a bucket */
#define SEARCH_QUERY_BYTES_MAX 400
#define UPLOAD_SIGN_MAX 100                /* parts whose URLs are signed in one call */
#define URL_EXPIRY_S_MAX 604800            /* a week, as S3's presigned URLs */
#define EVENT_STREAMS_MAX 64

/* assistants (POST /mcp) */
#define MCP_BODY_BYTES_MAX (64 * KIB)
#define MCP_BATCH_MAX 20                   /* messages in one array */
#define MCP_RESULT_BYTES_MAX (512 * KIB)   /* of one tool */
#define MCP_LIMIT_DEFAULT 20               /* of lists and hits */
#define MCP_LIMIT_MAX 50
#define MCP_ITEMS_MAX 100                  /* of a kind, of one meeting */
#define MCP_SEGMENTS_DEFAULT 100
#define MCP_SEGMENTS_MAX 500
#define MCP_TRANSCRIPT_BYTES (64 * KIB)    /* of text in one page of a transcript; one segment may be as long */

/* jobs */
#define JOB_LEASE_MS 60000
#define JOB_RENEW_MS 15000                 /* a quarter of the lease: three renewals may fail */
#define JOB_ATTEMPTS_MAX 5
#define JOB_BACKOFF_FIRST_MS 5000
#define JOB_BACKOFF_MAX_MS 600000
#define JOB_ERROR_BYTES_MAX 2000

/* the media child */
#define CHILD_MESSAGE_BYTES_MAX (1 * MIB)
#define CHILD_READ_BLOCK_BYTES (256 * KIB)
#define CHILD_SILENCE_MS 300000            /* no sign of life for so long: the child is stuck and is ended */
#define VOCABULARY_BYTES_MAX 4000
#define CHANNELS_PROBE_MS 600000           /* of a recording are heard to judge whether its channels are speakers */

/* Amazon Transcribe; the first three are its own limits */
#define TRANSCRIBE_BYTES_MAX (2 * GIB)
#define TRANSCRIBE_MS_MAX (4 * 3600 * 1000)
#define TRANSCRIBE_PHRASE_BYTES_MAX 256
#define TRANSCRIBE_ATTEMPTS_MAX 2          /* of one call; more patience is between calls, where the progress is told */
#define TRANSCRIBE_CALL_MS 10000           /* one try; a stop waits for it */
#define TRANSCRIBE_POLL_FIRST_MS 2000      /* between two looks at a job, half as long again each time up to … */
#define TRANSCRIBE_POLL_MS_MAX 20000
#define TRANSCRIBE_OUTAGE_MS 600000        /* without an answer that can be read: then the job fails, and a retry goes on with it */
#define TRANSCRIBE_VOCABULARY_MS 900000    /* until a vocabulary is ready; it takes a minute or a few */
#define TRANSCRIBE_MISSES_MAX 3            /* in a row: then a job that was started is taken to be gone */
#define TRANSCRIBE_MESSAGE_BYTES_MAX 400   /* kept of the service's words */
#define TRANSCRIBE_BILLED_S_MIN 15         /* the least that a recording counts for */

/* calls of services */
#define HTTP_BODY_BYTES_MAX (4 * MIB)      /* an answer that is kept in memory */
#define HTTP_HEADER_BYTES_MAX (64 * KIB)   /* of an answer */
#define HTTP_ERROR_BYTES_MAX (64 * KIB)    /* kept of the body of an answer that is an error */
#define HTTP_URL_BYTES_MAX (16 * KIB)
#define HTTP_CONNECTIONS_KEPT 64
#define HTTP_CONNECTION_KEPT_S 30          /* unused for so long, a connection is closed: servers do so after 60 and more */
#define HTTP_CONNECT_TIMEOUT_MS 10000
#define HTTP_IDLE_TIMEOUT_MS 30000
#define AWS_ATTEMPTS_MAX 5
#define AWS_BACKOFF_FIRST_MS 100
#define AWS_BACKOFF_MAX_MS 20000
#define AWS_RETRY_TOKENS 500               /* the standard mode's bucket: 5 a retry, 10 for a time-out, 1 back with each success */
#define AWS_CREDENTIALS_REFRESH_MS 300000  /* before they expire */
#define AWS_CREDENTIALS_RETRY_MS 5000      /* between two asks for credentials, whatever came of the first */
#define AWS_CREDENTIAL_BYTES_MAX (16 * KIB) /* of a key, a secret, a token */
#define AWS_CREDENTIAL_ANSWER_BYTES_MAX (64 * KIB) /* of a command, STS, a metadata service; and a token's file */
#define AWS_PROFILE_FILE_BYTES_MAX (1 * MIB)
#define AWS_PROFILE_ENTRIES_MAX 10000      /* headers and values in one such file */
#define AWS_ROLE_CHAIN_MAX 8               /* profiles in a chain of source_profile */
#define AWS_COMMAND_MS 60000               /* credential_process */
#define AWS_STS_MS 15000                   /* a try */
#define AWS_STS_ATTEMPTS_MAX 3
#define AWS_INSTANCE_MS 1000               /* a try of the instance's metadata: a machine without must not wait for it */
#define AWS_INSTANCE_ATTEMPTS_MAX 2
#define AWS_CONTAINER_MS 5000              /* a try of the container's */
#define AWS_CONTAINER_ATTEMPTS_MAX 3
#define AWS_VARIABLE_BYTES_MAX (8 * KIB)
#define TABLE_QUERIES_MAX 4                /* of DynamoDB's index for one page of a list; beyond it the page stays short */
#define TABLE_ANSWER_BYTES_MAX (8 * MIB)   /* one query reads 1 MiB at most, which JSON can blow up by six */
#define TABLE_CONNECT_TIMEOUT_MS 3000      /* someone waits for a list, and the keys can give it */
#define TABLE_CALL_TIMEOUT_MS 10000
#define TABLE_ATTEMPTS_MAX 3
#define TABLE_REST_MS 15000                /* lists come from the keys for so long after the table has failed */
#define TABLE_WAIT_FIRST_MS 500            /* between two looks whether the table or its index is ready, doubled up to … */
#define TABLE_WAIT_EACH_MS_MAX 5000
#define TABLE_WAIT_MS_MAX (30 * 60 * 1000) /* an index is filled at some thousand rows a second; setup may be run again to go on waiting */
#define XML_DEPTH_MAX 16
#define XML_ELEMENTS_MAX 20000

/* a language model */
#define LLM_PASSING_TRIES_MAX 4            /* of one question, where no answer comes */
#define LLM_ANSWER_TRIES_MAX 3             /* of one question, where the answers can't be used */
#define LLM_BACKOFF_FIRST_MS 1000          /* doubled with each try, with jitter */
#define LLM_WAIT_MS_MAX 60000              /* between two tries, whatever the service asks for */
#define LLM_HALVINGS_MAX 3                 /* of a part whose answer is cut off */
#define LLM_MISSES_MAX 3                   /* parts in a row without a usable answer: the model is not fit for it */
#define LLM_ANSWER_BYTES_MAX (1 * MIB)     /* of a service, thoughts included */
#define LLM_ANSWER_CLAIMS_MAX 400          /* items, sentences and topics, each, in one answer */
#define LLM_PIECE_TOKENS_MAX 256           /* of a long segment; also the smallest part that is asked about */
#define LLM_OVERLAP_TOKENS_MAX 400
#define LLM_QUOTE_WORDS_MIN 3              /* fewer are found anywhere */
#define LLM_TOPICS_MAX 40                  /* of a meeting */

/* S3 */
#define S3_PART_BYTES (8 * MIB)            /* of the first parts; it grows so that 5 TiB fit */
#define S3_PART_BYTES_MEMORY_MAX (16 * MIB) /* larger parts stand in a file */
#define S3_PARTS_MAX 10000
#define S3_PARTS_SMALL 2000                /* so many parts have S3_PART_BYTES (16 GiB in all), … */
#define S3_PARTS_DOUBLING 800              /* … then the size doubles after each so many */
#define S3_PARTS_IN_FLIGHT 4               /* of one store, beyond the one that each writer fills; a larger part than S3_PART_BYTES counts as two */
#define S3_FIRST_BYTES (1 * MIB)           /* read when an object is opened: most documents in one request */
#define S3_BLOCK_BYTES (256 * KIB)         /* read at once where nothing tells that more is wanted */
#define S3_WINDOW_BYTES (4 * MIB)          /* read at once where an object is read on and on */
#define S3_WINDOWS 3                       /* of one reader: the one that is read, and those that are fetched meanwhile */
#define S3_FETCHES_AHEAD 8                 /* of one store at a time */
#define S3_LIST_BYTES_MAX (8 * MIB)        /* an answer: 1,000 keys of 1,024 bytes, each as %XX, and what stands around them */
#define S3_COMPLETE_TIMEOUT_MS 300000      /* while a service joins the parts it may say nothing for minutes */
#define S3_PREFLIGHT_TIMEOUT_MS 10000
#define S3_CLOSE_WAIT_MS 10000             /* for uploads that are being aborted, when the store is closed */
#define S3_CLIENTS_MAX 4                   /* regions that answers may send one store to */
#define UPLOAD_PART_BYTES_MIN (5 * MIB)    /* S3's limit on every part but the last */
#define UPLOAD_PART_BYTES_MAX (5 * GIB)    /* S3's limit on a part */
#define UPLOAD_ID_BYTES_MAX 1024          /* S3's upload ids have 100 to 300 */
#define UPLOADS_OPEN_MAX 256               /* uploads in parts that wait beside the objects of a directory or in memory */
#define UPLOAD_IDLE_S_MAX (7 * 86400)      /* one that no part came to for so long is dropped, as the rule of a bucket does */

/* recordings that come in parts */
#define TRANSFER_BYTES_MAX (64 * KIB)      /* what is known of one */
#define TRANSFERS_MAX 1000                 /* under way at one time */
#define TRANSFERS_SWEEP_MAX 10000          /* looked at in one sweep */
#define UPLOAD_AGE_MS_MAX (7LL * 86400 * 1000) /* since it began: then it is dropped, as by the bucket's rule */
#define TRANSFER_ASSEMBLE_MS 30000         /* while parts that are gone may still become the recording; services that let them go early need less than a second */
#define UPLOAD_SETTLE_MS 600000            /* the sweep leaves alone what someone wrote so recently */

/* who may come in */
#define TOKEN_NAME_BYTES_MAX 120
#define GRANT_BYTES_MAX (8 * KIB)          /* the object of a token, a session, a link */
#define TOKENS_MAX 1000                    /* of one workspace */
#define SHARES_MAX 100                     /* links to one meeting */
#define SHARE_AGE_MS_DEFAULT (7LL * 86400 * 1000)
#define SHARE_AGE_MS_MAX (366LL * 86400 * 1000)
#define SESSION_AGE_MS (7LL * 86400 * 1000)
#define GATE_LOOK_MS 5000                  /* how long a server believes what it last saw of a token: so soon a revocation by another holds */
#define GATE_ENTRIES_MAX 4096              /* grants that one server remembers */
#define RATE_CLIENTS_MAX 16384             /* callers whose rate one server remembers */
#define RATE_BURST_S 10                    /* of HANSARD_RATE_LIMIT at one time */
#define SIGN_IN_FAILURES_MAX 10            /* of one address at one time, … */
#define SIGN_IN_FAILURE_S 6                /* … and one more after each so many seconds */
#define TRUSTED_PROXIES_MAX 64

/* requests with a key */
#define ONCE_KEY_BYTES_MAX 255
#define ONCE_BYTES_MAX (64 * KIB)          /* what is kept of one */
#define ONCE_KEPT_MS (24LL * 3600 * 1000)  /* then the key is free again */
#define ONCE_LEASE_MS 600000               /* who has begun and says nothing for so long is dead */
#define ONCE_SWEEP_MAX 10000               /* looked at in one sweep */

/* webhooks */
#define WEBHOOKS_MAX 20
#define WEBHOOK_URL_BYTES_MAX 2048
#define WEBHOOK_BYTES_MAX (64 * KIB)       /* the object of one, or of one delivery */
#define HOOK_TIMEOUT_MS 15000              /* one try */
#define HOOK_ANSWER_BYTES_MAX (1 * MIB)    /* of a receiver; nothing of it is kept */
#define HOOK_LEASE_MS 60000
#define HOOK_DOUBT_MS 120000               /* what was announced and neither settled nor withdrawn by then is told */
#define HOOK_ATTEMPTS_MAX 10
#define HOOK_BACKOFF_FIRST_MS 5000         /* four times as long after each failure, up to … */
#define HOOK_BACKOFF_MAX_MS (12LL * 3600 * 1000)
#define EVENT_ITEMS_MAX 200                /* ids named in one event */
#define HOOK_LOOK_MAX 10000                /* entries of the outbox passed over in one look */
#define HOOK_DELIVERIES_KEPT 100           /* of one webhook, for people to see */
#define HOOK_DELIVERIES_DEFAULT 20

/* the audit log */
#define AUDIT_FLUSH_MS 5000                /* an entry waits at most so long before it is written */
#define AUDIT_BATCH_MAX 500                /* entries of one object */
#define AUDIT_WAITING_MAX 10000            /* entries in memory while the store does not answer; more are only counted */
#define AUDIT_OBJECT_BYTES_MAX (4 * MIB)
#define AUDIT_REFUSALS_A_MINUTE 60         /* failed sign-ins and refusals written down; more are only counted */

/* what the doctor takes for healthy */
#define DOCTOR_CLOCK_S_MAX (JOB_LEASE_MS / 2000) /* between the bucket's clock and ours: half a lease */
#define DOCTOR_DISK_BYTES_MIN (1 * GIB)    /* free: less does not take a long recording */

/* verify */
#define VERIFY_SETTLED_S 600               /* what was written so recently is being worked on, and left alone */
#define VERIFY_SETTLED_S_MAX 604800
#define VERIFY_KEYS_MAX 10000000           /* of one kind (recordings, index keys, rows, jobs): 24 bytes each in memory */
#define VERIFY_EXTRA_MAX 1000              /* objects of one meeting that are looked at */
#define VERIFY_SENTENCE_BYTES_MAX 2000
#define VERIFY_BLOCK_BYTES (1 * MIB)

/* migrate */
#define MIGRATE_WORKERS 4                  /* meetings at a time */
#define MIGRATE_WORKERS_MAX 16

/* figures */
#define METRIC_SERIES_MAX 200              /* of one metric */
#define REQUEST_ID_BYTES_MAX 64            /* of a caller's own X-Request-Id */

/* retention */
#define RETENTION_RULES_MAX 64
#define RETENTION_TRIES_MAX 3              /* of one meeting, which others edit meanwhile */
#define RETENTION_DAYS_MAX 36500
#define RETENTION_EVERY_S 86400            /* a server's turn, where switched on */
#define RETENTION_LOOK_S 3600              /* how often a server asks whether today's turn was taken */
#define RETENTION_TURN_BYTES_MAX 1024

/* cost */
#define PRICES_BYTES_MAX (64 * KIB)        /* a price table */
#define PRICE_CLASSES_MAX 16
#define PRICE_MODELS_MAX 64
#define PRICE_TEXT_BYTES_MAX 500
#define PRICE_MAX 1000000
#define COST_AGE_DISK_MS 60000              /* a server's count of a directory is made anew when someone asks after so long, … */
#define COST_AGE_BUCKET_MS 3600000         /* … of a bucket, where each thousand keys are paid for, after so long */
#define VERIFIED_BYTES_MAX (64 * KIB)      /* hansard/verify.json */
#define COST_WHAT_IF_MAX 1000000000        /* of each figure of --what-if */

/* what a server does beside its jobs */
#define POLL_WITH_QUEUE_S 900              /* the queue tells; this is for what it has lost */
#define QUEUE_WAIT_S 20                    /* one long poll, SQS's most */
#define INBOX_TAKE_MAX 100                 /* files taken in with one look */
#define INBOX_SETTLED_MS 15000             /* a file that is still growing is left alone */
