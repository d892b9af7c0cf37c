/* The table is read by what its structs say: each number a name, a place, and a limit. */
#include "operate/prices.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/text.h"

__asm__(".pushsection .rodata.operate_prices,\"a\"\n"
        ".hidden operate_prices\n.global operate_prices\noperate_prices:\n"
        ".incbin \"" HANSARD_PRICES_FILE "\"\n"
        ".hidden operate_prices_end\n.global operate_prices_end\noperate_prices_end:\n.popsection\n");
extern const char operate_prices[], operate_prices_end[];

typedef enum { FIELD_TEXT, FIELD_PRICE, FIELD_COUNT } FieldType;

typedef struct {
    const char *name;
    FieldType type;
    gsize offset;
    bool required;
} Field;

static const Field table_fields[] = {
    {"date", FIELD_TEXT, G_STRUCT_OFFSET(Prices, date), true},
    {"region", FIELD_TEXT, G_STRUCT_OFFSET(Prices, region), true},
    {"currency", FIELD_TEXT, G_STRUCT_OFFSET(Prices, currency), true},
    {"source", FIELD_TEXT, G_STRUCT_OFFSET(Prices, source), true},
    {"list_1000", FIELD_PRICE, G_STRUCT_OFFSET(Prices, list_1000), true},
    {"table_reads_million", FIELD_PRICE, G_STRUCT_OFFSET(Prices, table_reads_million), false},
    {"transcribe_minute", FIELD_PRICE, G_STRUCT_OFFSET(Prices, transcribe_minute), false},
    {"transfer_gb", FIELD_PRICE, G_STRUCT_OFFSET(Prices, transfer_gb), false},
    {0}};
static const Field class_fields[] = {
    {"name", FIELD_TEXT, G_STRUCT_OFFSET(PriceClass, name), true},
    {"gb_month", FIELD_PRICE, G_STRUCT_OFFSET(PriceClass, gb_month), true},
    {"put_1000", FIELD_PRICE, G_STRUCT_OFFSET(PriceClass, put_1000), true},
    {"get_1000", FIELD_PRICE, G_STRUCT_OFFSET(PriceClass, get_1000), true},
    {"transition_1000", FIELD_PRICE, G_STRUCT_OFFSET(PriceClass, transition_1000), false},
    {"retrieval_gb", FIELD_PRICE, G_STRUCT_OFFSET(PriceClass, retrieval_gb), false},
    {"monitoring_1000", FIELD_PRICE, G_STRUCT_OFFSET(PriceClass, monitoring_1000), false},
    {"billed_bytes_min", FIELD_COUNT, G_STRUCT_OFFSET(PriceClass, billed_bytes_min), false},
    {"overhead_bytes", FIELD_COUNT, G_STRUCT_OFFSET(PriceClass, overhead_bytes), false},
    {"overhead_standard_bytes", FIELD_COUNT, G_STRUCT_OFFSET(PriceClass, overhead_standard_bytes), false},
    {"days_min", FIELD_COUNT, G_STRUCT_OFFSET(PriceClass, days_min), false},
    {0}};
static const Field model_fields[] = {
    {"name", FIELD_TEXT, G_STRUCT_OFFSET(PriceModel, name), true},
    {"service", FIELD_TEXT, G_STRUCT_OFFSET(PriceModel, service), true},
    {"input_million", FIELD_PRICE, G_STRUCT_OFFSET(PriceModel, input_million), true},
    {"output_million", FIELD_PRICE, G_STRUCT_OFFSET(PriceModel, output_million), true},
    {0}};

static bool read_text(const Field *field, const json_t *value, char **text, const char *what, GError **error) {
    const char *given = json_string_value(value);
    if (!given || !given[0] || strlen(given) != json_string_length(value) || strlen(given) > PRICE_TEXT_BYTES_MAX)
        return fail(error, ERROR_CONFIG, "%s: \"%s\" must be a text of 1 to %d bytes", what, field->name, PRICE_TEXT_BYTES_MAX);
    *text = text_clean(given, -1, false);
    return true;
}

static bool read_field(const Field *field, const json_t *value, gpointer place, const char *what, GError **error) {
    if (field->type == FIELD_TEXT) return read_text(field, value, place, what, error);
    double number = json_is_number(value) ? json_number_value(value) : -1;
    if (!(number >= 0 && number <= PRICE_MAX))
        return fail(error, ERROR_CONFIG, "%s: \"%s\" must be a number from 0 to %d", what, field->name, PRICE_MAX);
    if (field->type == FIELD_PRICE) {
        *(double *)place = number;
        return true;
    }
    if (!json_is_integer(value)) return fail(error, ERROR_CONFIG, "%s: \"%s\" must be a whole number", what, field->name);
    *(gint64 *)place = json_integer_value(value);
    return true;
}

static const Field *field_named(const Field *fields, const char *name) {
    while (fields->name && strcmp(fields->name, name) != 0) fields++;
    return fields->name ? fields : NULL;
}

/* Fills `into`; `lists` are members of the object that are read elsewhere. */
static bool read_fields(const Field *fields, json_t *object, const char *const *lists, gpointer into, const char *what, GError **error) {
    const char *name;
    json_t *value;
    if (!json_is_object(object)) return fail(error, ERROR_CONFIG, "%s: classes and models are lists of objects", what);
    json_object_foreach(object, name, value) {
        const Field *field = field_named(fields, name);
        if (field) {
            if (!read_field(field, value, (char *)into + field->offset, what, error)) return false;
        } else if (!lists || !g_strv_contains(lists, name)) {
            g_autofree char *cut = text_cut(name, PRICE_TEXT_BYTES_MAX);
            return fail(error, ERROR_CONFIG, "%s: nothing is known of \"%s\"; src/operate/prices.json shows the form", what, cut);
        }
    }
    for (const Field *field = fields; field->name; field++)
        if (field->required && !json_object_get(object, field->name)) return fail(error, ERROR_CONFIG, "%s: \"%s\" is missing", what, field->name);
    return true;
}

static void class_free(gpointer data) {
    PriceClass *class = data;
    g_free(class->name);
    g_free(class);
}

static void model_free(gpointer data) {
    PriceModel *model = data;
    g_free(model->name);
    g_free(model->service);
    g_free(model);
}

static bool read_list(const json_t *list, const Field *fields, gsize size, guint count_max, GPtrArray *into, const char *what, GError **error) {
    if (list && (!json_is_array(list) || json_array_size(list) > count_max))
        return fail(error, ERROR_CONFIG, "%s: classes and models are lists of at most %d and %d", what, PRICE_CLASSES_MAX, PRICE_MODELS_MAX);
    for (gsize i = 0; i < json_array_size(list); i++) {
        g_ptr_array_add(into, g_malloc0(size));
        if (!read_fields(fields, json_array_get(list, i), NULL, g_ptr_array_index(into, into->len - 1), what, error)) return false;
    }
    return true;
}

static bool check(const Prices *prices, const char *what, GError **error) {
    gint64 date_ms;
    if (strlen(prices->date) != strlen("2025-06-01") || !time_parse(prices->date, &date_ms))
        return fail(error, ERROR_CONFIG, "%s: \"date\" must be a day like 2025-06-01", what);
    if (!prices_class(prices, "STANDARD")) return fail(error, ERROR_CONFIG, "%s: the class STANDARD is missing", what);
    for (guint i = 0; i < prices->classes->len; i++)
        if (prices_class_index(prices, ((PriceClass *)prices->classes->pdata[i])->name) != (int)i)
            return fail(error, ERROR_CONFIG, "%s: a class stands there twice", what);
    return true;
}

bool prices_parse(const void *data, gsize size, const char *what, Prices **prices, GError **error) {
    static const char *const lists[] = {"classes", "models", NULL};
    g_autoptr(GError) problem = NULL;
    g_autoptr(json_t) json = json_parse_object(data, size, what, &problem);
    g_autoptr(Prices) read = g_new0(Prices, 1);
    if (!json) return fail(error, ERROR_CONFIG, "%s", problem->message);
    read->classes = g_ptr_array_new_with_free_func(class_free);
    read->models = g_ptr_array_new_with_free_func(model_free);
    if (!read_fields(table_fields, json, lists, read, what, error) ||
        !read_list(json_object_get(json, "classes"), class_fields, sizeof(PriceClass), PRICE_CLASSES_MAX, read->classes, what, error) ||
        !read_list(json_object_get(json, "models"), model_fields, sizeof(PriceModel), PRICE_MODELS_MAX, read->models, what, error) ||
        !check(read, what, error))
        return false;
    *prices = g_steal_pointer(&read);
    return true;
}

/* A pipe or a device is no file: neither may hold the program up. */
static bool read_file(const char *path, GByteArray *into, GError **error) {
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat status;
    if (fd < 0) return fail(error, ERROR_CONFIG, "%s (HANSARD_PRICES) can't be read: %s", path, g_strerror(errno));
    bool is_file = fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
    ssize_t got = 1;
    g_byte_array_set_size(into, PRICES_BYTES_MAX + 1);
    gsize size = 0;
    while (is_file && got > 0 && size < into->len) {
        got = TEMP_FAILURE_RETRY(read(fd, into->data + size, into->len - size));
        if (got > 0) size += (gsize)got;
    }
    close(fd);
    if (!is_file || got < 0) return fail(error, ERROR_CONFIG, "%s (HANSARD_PRICES) can't be read: it must be a regular file", path);
    if (size > PRICES_BYTES_MAX) return fail(error, ERROR_CONFIG, "%s (HANSARD_PRICES) has more than %d bytes", path, (int)PRICES_BYTES_MAX);
    g_byte_array_set_size(into, (guint)size);
    return true;
}

bool prices_load(const char *path, Prices **prices, GError **error) {
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    if (!path) return prices_parse(operate_prices, (gsize)(operate_prices_end - operate_prices), "the program's price table", prices, error);
    g_autofree char *what = g_strdup_printf("the price table %s", path);
    return read_file(path, bytes, error) && prices_parse(bytes->data, bytes->len, what, prices, error);
}

void prices_free(Prices *prices) {
    if (!prices) return;
    g_free(prices->date);
    g_free(prices->region);
    g_free(prices->currency);
    g_free(prices->source);
    if (prices->classes) g_ptr_array_unref(prices->classes);
    if (prices->models) g_ptr_array_unref(prices->models);
    g_free(prices);
}

int prices_class_index(const Prices *prices, const char *name) {
    for (guint i = 0; i < prices->classes->len; i++)
        if (strcmp(((const PriceClass *)prices->classes->pdata[i])->name, name ? name : "STANDARD") == 0) return (int)i;
    return -1;
}

const PriceClass *prices_class(const Prices *prices, const char *name) {
    int at = prices_class_index(prices, name);
    return at < 0 ? NULL : prices->classes->pdata[at];
}

const PriceModel *prices_model(const Prices *prices, const char *service, const char *name) {
    for (guint i = 0; i < prices->models->len; i++) {
        const PriceModel *model = prices->models->pdata[i];
        if (strcmp(model->service, service) == 0 && g_strcmp0(model->name, name) == 0) return model;
    }
    return NULL;
}
