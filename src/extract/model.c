/* Inference, and the reader of model.bin (little-endian), which the assembler takes in:
 *   "HANSARDMODEL001\n", then uint32 bits, blocks, tasks
 *   for each task  char name[12]; float step, bias, slope, offset; float scale[blocks]
 *   for each task  int8 weights[2^bits]
 * score = bias + step * sum over blocks of scale / sqrt(features of the block) * sum of their weights
 * probability = 1 / (1 + exp(-(slope * score + offset))) */
#include "extract/model.h"

#include <math.h>
#include <string.h>

#define MAGIC "HANSARDMODEL001\n"
#define NAME_BYTES 12

__asm__(".pushsection .rodata.extract_model,\"a\"\n"
        ".hidden extract_model\n.global extract_model\n.balign 16\nextract_model:\n"
        ".incbin \"" HANSARD_EXTRACT_MODEL "\"\n"
        ".hidden extract_model_end\n.global extract_model_end\nextract_model_end:\n.popsection\n");
extern const unsigned char extract_model[], extract_model_end[];

typedef struct {
    float step, bias, slope, offset;
    float scale[BLOCK_COUNT];
    const gint8 *weights;
} Task;

static guint32 read_number(const unsigned char **at) {
    guint32 number;
    memcpy(&number, *at, sizeof number);
    *at += sizeof number;
    return GUINT32_FROM_LE(number);
}

static float read_float(const unsigned char **at) {
    guint32 bits = read_number(at);
    float number;
    memcpy(&number, &bits, sizeof number);
    return number;
}

/* The file is part of the program: one that does not fit is a mistake of the build, not of the user. */
static void read_tasks(Task *tasks) {
    static const char *const names[] = {"action", "commitment", "decision", "requirement", "key"};
    const unsigned char *at = extract_model;
    const gsize weights = 1u << FEATURE_BITS;
    gsize size = sizeof MAGIC - 1 + 3 * 4 + MODEL_COUNT * (NAME_BYTES + (4 + BLOCK_COUNT) * 4 + weights);
    g_assert((gsize)(extract_model_end - extract_model) == size && memcmp(at, MAGIC, sizeof MAGIC - 1) == 0);
    at += sizeof MAGIC - 1;
    guint32 bits = read_number(&at), blocks = read_number(&at), models = read_number(&at);
    g_assert(bits == FEATURE_BITS && blocks == BLOCK_COUNT && models == MODEL_COUNT);
    for (int i = 0; i < MODEL_COUNT; i++) {
        g_assert(strncmp((const char *)at, names[i], NAME_BYTES) == 0);
        at += NAME_BYTES;
        tasks[i].step = read_float(&at);
        tasks[i].bias = read_float(&at);
        tasks[i].slope = read_float(&at);
        tasks[i].offset = read_float(&at);
        for (int block = 0; block < BLOCK_COUNT; block++) tasks[i].scale[block] = read_float(&at);
    }
    for (int i = 0; i < MODEL_COUNT; i++) tasks[i].weights = (const gint8 *)at + (gsize)i * weights;
}

static const Task *task_of(ModelTask task) {
    static Task tasks[MODEL_COUNT];
    static gsize ready;
    if (g_once_init_enter(&ready)) {
        read_tasks(tasks);
        g_once_init_leave(&ready, 1);
    }
    return &tasks[task];
}

double model_score(ModelTask task, const Features *features) {
    const Task *model = task_of(task);
    double sum = 0;
    for (int block = 0; block < BLOCK_COUNT; block++) {
        const GArray *list = features->blocks[block];
        int weights = 0;
        for (guint i = 0; i < list->len; i++) weights += model->weights[g_array_index(list, guint, i)];
        if (list->len > 0) sum += (double)model->scale[block] / sqrt(list->len) * weights;
    }
    return (double)model->bias + (double)model->step * sum;
}

double model_probability(ModelTask task, double score) {
    const Task *model = task_of(task);
    return 1 / (1 + exp(-((double)model->slope * score + (double)model->offset)));
}
