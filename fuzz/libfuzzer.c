/* libFuzzer's entry points: the target is named by FUZZ_TARGET. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "fuzz.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void (*target)(const guint8 *data, gsize size);

int LLVMFuzzerInitialize(int *argc, char ***argv) {
    static const struct {
        const char *name;
        void (*run)(const guint8 *data, gsize size);
    } targets[] = {
#define FUZZ_ENTRY(name) {#name, fuzz_##name},
        FUZZ_TARGETS(FUZZ_ENTRY)};
    const char *name = g_getenv("FUZZ_TARGET");
    for (gsize i = 0; i < G_N_ELEMENTS(targets); i++)
        if (g_strcmp0(name, targets[i].name) == 0) target = targets[i].run;
    if (target) return 0;
    fputs("FUZZ_TARGET must name one of:", stderr);
    for (gsize i = 0; i < G_N_ELEMENTS(targets); i++) fprintf(stderr, " %s", targets[i].name);
    fputc('\n', stderr);
    exit(2);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    target(data, size);
    return 0;
}
