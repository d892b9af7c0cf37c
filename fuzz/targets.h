/* The list of the fuzz targets: NAME stands for fuzz_NAME() in targets/NAME.c and for the seeds in corpus/NAME/. */
#pragma once

#include <glib.h>

#define FUZZ_TARGETS(X)   \
    X(access_grant)       \
    X(aws_answer)         \
    X(aws_credentials)    \
    X(aws_profiles)       \
    X(aws_xml)            \
    X(base_filename)      \
    X(base_json)          \
    X(base_settings)      \
    X(base_time)          \
    X(catalog_cursor)     \
    X(catalog_item)       \
    X(extract_bedrock)    \
    X(extract_dates)      \
    X(extract_llm)        \
    X(extract_offline)    \
    X(extract_openai)     \
    X(http_body)          \
    X(http_peer)          \
    X(http_range)         \
    X(http_request)       \
    X(ingest_transfer)    \
    X(jobs_job)           \
    X(meeting_patch)      \
    X(model_keys)         \
    X(model_minutes)      \
    X(model_record)       \
    X(model_row)          \
    X(model_transcript)   \
    X(operate_prices)     \
    X(sandbox_channel)    \
    X(search_query)       \
    X(store_s3)           \
    X(store_url)          \
    X(transcribe_amazon)  \
    X(transcribe_import)

#define FUZZ_DECLARE(name) void fuzz_##name(const guint8 *data, gsize size);
FUZZ_TARGETS(FUZZ_DECLARE)
