/* Names of features are short strings ("b" and two words: a pair), hashed by CRC-32: cheap, the same everywhere, and in Python's
 * standard library. Work on bytes, so that no table of letters can differ between the two. */
#include "extract/features.h"

#include <string.h>

#define WORDS_MAX_OF_UNIT 80
#define SUBSTANCE 3 /* words from which a unit counts as a neighbour: "yeah" is none */
#define NEIGHBOURS 3
#define AROUND 15
#define LENGTHS 8

typedef struct {
    GPtrArray *words; /* char* */
    int speaker;
    bool asks;
} Talk;

struct FeatureReader {
    GArray *talk;   /* of Talk, one a unit */
    GArray *full;   /* indices (guint) of the units that have substance */
    guint *seen;    /* feature → stamp of the block that last had it */
    guint stamp;
    GString *name;
    guint32 table[256];
};

static const char *const fillers[] = {"um", "uh", "er", "erm", "hmm", "mm", "mhm", "ah", "eh", "oh", "uhm", "hum", "huh", NULL};

static void fill_table(guint32 *table) {
    for (guint32 i = 0; i < 256; i++) {
        guint32 value = i;
        for (int bit = 0; bit < 8; bit++) value = value & 1 ? 0xEDB88320u ^ value >> 1 : value >> 1;
        table[i] = value;
    }
}

static guint hash(const guint32 *table, const char *bytes, gsize length) {
    guint32 value = 0xFFFFFFFFu;
    for (gsize i = 0; i < length; i++) value = table[(value ^ (guchar)bytes[i]) & 0xFF] ^ value >> 8;
    return (value ^ 0xFFFFFFFFu) & ((1u << FEATURE_BITS) - 1);
}

static bool is_letter(char c) { return g_ascii_isalnum(c) || c == '\'' || (guchar)c >= 0x80; }

/* A run of letters as a word; NULL where it says nothing. "T_V_" is "tv", "12" is "0". */
static char *word_of(const char *run, gsize length, char next, char after) {
    while (length > 0 && run[0] == '\'') run++, length--;
    while (length > 0 && run[length - 1] == '\'') length--;
    if (length == 0 || (next == '-' && (after == ' ' || after == '\0'))) return NULL;
    char *word = g_ascii_isdigit(run[0]) ? g_strdup("0") : g_ascii_strdown(run, (gssize)length);
    if (g_strv_contains(fillers, word)) g_clear_pointer(&word, g_free);
    return word;
}

static Talk talk_of(const Unit *unit) {
    Talk talk = {.words = g_ptr_array_new_with_free_func(g_free), .speaker = unit->speaker};
    g_autoptr(GString) text = g_string_new(unit->text);
    g_string_replace(text, "\xe2\x80\x99", "'", 0);
    g_string_replace(text, "_", "", 0);
    g_strchomp(text->str);
    talk.asks = g_str_has_suffix(text->str, "?");
    for (const char *at = text->str; *at && talk.words->len < WORDS_MAX_OF_UNIT;) {
        const char *end = at;
        while (is_letter(*end)) end++;
        char *word = word_of(at, (gsize)(end - at), *end, *end ? end[1] : '\0');
        bool again = word && talk.words->len > 0 && strcmp(word, g_ptr_array_index(talk.words, talk.words->len - 1)) == 0;
        if (word && !again) g_ptr_array_add(talk.words, g_steal_pointer(&word));
        g_free(word);
        at = *end ? end + 1 : end;
    }
    return talk;
}

static void talk_clear(gpointer data) { g_ptr_array_unref(((Talk *)data)->words); }

FeatureReader *features_open(const GArray *units) {
    FeatureReader *reader = g_new0(FeatureReader, 1);
    reader->talk = g_array_new(FALSE, FALSE, sizeof(Talk));
    g_array_set_clear_func(reader->talk, talk_clear);
    reader->full = g_array_new(FALSE, FALSE, sizeof(guint));
    reader->seen = g_new0(guint, 1u << FEATURE_BITS);
    reader->name = g_string_new(NULL);
    fill_table(reader->table);
    for (guint i = 0; i < units->len; i++) {
        Talk talk = talk_of(&g_array_index(units, Unit, i));
        g_array_append_val(reader->talk, talk);
        if (talk.words->len >= SUBSTANCE) g_array_append_val(reader->full, i);
    }
    return reader;
}

void features_close(FeatureReader *reader) {
    if (!reader) return;
    g_array_unref(reader->talk);
    g_array_unref(reader->full);
    g_free(reader->seen);
    g_string_free(reader->name, TRUE);
    g_free(reader);
}

void features_init(Features *features) {
    for (int i = 0; i < BLOCK_COUNT; i++) features->blocks[i] = g_array_new(FALSE, FALSE, sizeof(guint));
}

void features_clear(Features *features) {
    for (int i = 0; i < BLOCK_COUNT; i++) g_array_unref(features->blocks[i]);
}

static const Talk *talk_at(const FeatureReader *reader, guint i) { return &g_array_index(reader->talk, Talk, i); }
static const char *word_at(const Talk *talk, guint i) { return g_ptr_array_index(talk->words, i); }

guint features_word_count(const FeatureReader *reader, guint index) { return talk_at(reader, index)->words->len; }

static void add_bytes(FeatureReader *reader, GArray *block, const char *bytes, gsize length) {
    guint feature = hash(reader->table, bytes, length);
    if (reader->seen[feature] == reader->stamp) return;
    reader->seen[feature] = reader->stamp;
    g_array_append_val(block, feature);
}

static void G_GNUC_PRINTF(3, 4) add(FeatureReader *reader, GArray *block, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    g_string_vprintf(reader->name, format, arguments);
    va_end(arguments);
    add_bytes(reader, block, reader->name->str, reader->name->len);
}

/* Faster than by a format: there are many. */
static void add_word(FeatureReader *reader, GArray *block, const char *prefix, const char *word) {
    g_string_assign(reader->name, prefix);
    g_string_append(reader->name, word);
    add_bytes(reader, block, reader->name->str, reader->name->len);
}

static void read_words(FeatureReader *reader, const Talk *talk, GArray *block) {
    guint count = talk->words->len;
    for (guint i = 0; i < count; i++) add_word(reader, block, "u", word_at(talk, i));
    for (guint i = 0; i <= count; i++) {
        const char *one = i > 0 ? word_at(talk, i - 1) : "<", *two = i < count ? word_at(talk, i) : ">";
        add(reader, block, "b%s_%s", one, two);
        if (i < count) add(reader, block, "t%s_%s_%s", one, two, i + 1 < count ? word_at(talk, i + 1) : ">");
    }
    add(reader, block, "L%u", MIN(count / 3, LENGTHS));
    if (talk->asks) add_bytes(reader, block, "Q", 1);
}

static void read_letters(FeatureReader *reader, const Talk *talk, GArray *block) {
    g_autoptr(GString) text = g_string_new("c");
    for (guint i = 0; i < talk->words->len; i++) g_string_append_printf(text, " %s", word_at(talk, i));
    g_string_append_c(text, ' ');
    for (gsize length = 3; length <= 5; length++) {
        for (gsize i = 1; i + length <= text->len; i++) {
            char run[6] = {'c'};
            memcpy(run + 1, text->str + i, length);
            add_bytes(reader, block, run, length + 1);
        }
    }
}

static void read_neighbour(FeatureReader *reader, const Talk *talk, const Talk *other, const char *side, guint distance,
                           GArray *block) {
    g_autofree char *prefix = g_strdup_printf("%s%u", side, MIN(distance, 2));
    for (guint i = 0; i < other->words->len; i++) {
        add_word(reader, block, prefix, word_at(other, i));
        if (distance == 1 && i > 0) add(reader, block, "%sb%s_%s", side, word_at(other, i - 1), word_at(other, i));
    }
    add(reader, block, "%ss%u%d", side, distance, talk->speaker == other->speaker);
}

/* How many of the units with substance stand before this one. */
static guint full_before(const FeatureReader *reader, guint index) {
    guint low = 0, high = reader->full->len;
    while (low < high) {
        guint middle = low + (high - low) / 2;
        if (g_array_index(reader->full, guint, middle) < index)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void read_context(FeatureReader *reader, guint index, Features *features) {
    const Talk *talk = talk_at(reader, index);
    guint before = full_before(reader, index), count = reader->full->len;
    guint after = before + (before < count && g_array_index(reader->full, guint, before) == index);
    reader->stamp++;
    for (guint k = 1; k <= NEIGHBOURS; k++) {
        GArray *block = features->blocks[BLOCK_NEIGHBOURS];
        if (k <= before)
            read_neighbour(reader, talk, talk_at(reader, g_array_index(reader->full, guint, before - k)), "p", k, block);
        if (after + k - 1 < count)
            read_neighbour(reader, talk, talk_at(reader, g_array_index(reader->full, guint, after + k - 1)), "n", k, block);
    }
    reader->stamp++;
    for (guint i = before > AROUND ? before - AROUND : 0; i < count && i < before + AROUND; i++) {
        const Talk *other = talk_at(reader, g_array_index(reader->full, guint, i));
        for (guint j = 0; j < other->words->len; j++)
            add_word(reader, features->blocks[BLOCK_AROUND], "w", word_at(other, j));
    }
}

void features_read(FeatureReader *reader, guint index, Features *features) {
    const Talk *talk = talk_at(reader, index);
    for (int i = 0; i < BLOCK_COUNT; i++) g_array_set_size(features->blocks[i], 0);
    reader->stamp++;
    read_words(reader, talk, features->blocks[BLOCK_WORDS]);
    reader->stamp++;
    read_letters(reader, talk, features->blocks[BLOCK_LETTERS]);
    read_context(reader, index, features);
    reader->stamp++;
    guint64 units = reader->talk->len;
    add(reader, features->blocks[BLOCK_PLACE], "P%u", (guint)(index * 10ull / units));
    if (index * 20ull >= units * 19ull) add(reader, features->blocks[BLOCK_PLACE], "P95");
}
