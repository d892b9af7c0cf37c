/* The price table: prices.json, which the program carries, or a file of the same form (HANSARD_PRICES). All prices are in the table's currency;
 * a GB is S3's, 2^30 bytes. Members:
 *
 *   date ("2025-06-01"), region, currency, source     whose prices they are, and of when
 *   list_1000, table_reads_million                    a thousand LISTs; a million read units of DynamoDB
 *   transcribe_minute, transfer_gb                    a minute of recording at Amazon Transcribe; a GB that leaves for the internet
 *   classes [{name, gb_month, put_1000, get_1000, …}]  at most PRICE_CLASSES_MAX, STANDARD among them; see PriceClass
 *   models  [{name, service, input_million, output_million}]
 *
 * A member that is left out is 0; one that is not known is refused, as it would be a price that is not counted. */
#pragma once

#include "base/error.h"

#define PRICE_GB 1073741824.0

typedef struct {
    char *name; /* as S3 writes it: GLACIER_IR */
    double gb_month;
    double put_1000, get_1000;
    double transition_1000;            /* objects that a lifecycle rule moves into the class */
    double retrieval_gb;               /* of bytes read, beside the GET */
    double monitoring_1000;            /* objects a month (INTELLIGENT_TIERING), of at least 128 KiB */
    gint64 billed_bytes_min;           /* a smaller object is billed as if it had so many */
    gint64 overhead_bytes;             /* billed with each object, at this class's price … */
    gint64 overhead_standard_bytes;    /* … and at STANDARD's */
    gint64 days_min;                   /* billed from the day it came into the class, however soon it is removed */
} PriceClass;

typedef struct {
    char *name, *service; /* service: "bedrock", "openai" */
    double input_million, output_million; /* tokens */
} PriceModel;

typedef struct {
    char *date, *region, *currency, *source;
    double list_1000, table_reads_million, transcribe_minute, transfer_gb;
    GPtrArray *classes; /* of PriceClass; at most PRICE_CLASSES_MAX */
    GPtrArray *models;  /* of PriceModel */
} Prices;

/* `path` NULL: the program's own. ERROR_CONFIG says what is wrong with the file. */
bool prices_load(const char *path, Prices **prices, GError **error);
/* `what` names the source in errors. */
bool prices_parse(const void *data, gsize size, const char *what, Prices **prices, GError **error);
void prices_free(Prices *prices);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Prices, prices_free)

/* The class's place in `classes`; −1 where the table has none of this name. NULL is STANDARD. */
int prices_class_index(const Prices *prices, const char *name);
const PriceClass *prices_class(const Prices *prices, const char *name); /* NULL: none */
const PriceModel *prices_model(const Prices *prices, const char *service, const char *name);
