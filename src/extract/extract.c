/* The port: chooses the backend once, bounds what it may claim, and has every quote checked before anyone sees it. */
#include "extract/extract.h"

#include <string.h>

#include "extract/evidence.h"
#include "extract/extract_backend.h"

static const ExtractorBackend *const backends[] = {&extractor_offline, &extractor_openai, &extractor_bedrock};

struct Extractor {
    const ExtractorBackend *backend;
    gpointer state;
};

bool extractor_open(const Settings *settings, Extractor **extractor, GError **error) {
    const char *name = settings->extractor ? settings->extractor : "offline";
    for (gsize i = 0; i < G_N_ELEMENTS(backends); i++) {
        if (strcmp(backends[i]->name, name) != 0) continue;
        gpointer state = NULL;
        if (backends[i]->open && !backends[i]->open(settings, &state, error)) return false;
        Extractor *opened = g_new0(Extractor, 1);
        *opened = (Extractor){.backend = backends[i], .state = state};
        *extractor = opened;
        return true;
    }
    return fail(error, ERROR_CONFIG, "there is no extractor \"%s\"; set HANSARD_EXTRACTOR to offline, openai or bedrock", name);
}

const char *extractor_name(const Extractor *extractor) { return extractor->backend->name; }

bool extractor_run(Extractor *extractor, const ExtractInput *input, Minutes **minutes, GError **error) {
    g_autoptr(Minutes) proposed = NULL;
    if (!extractor->backend->run(extractor->state, input, &proposed, error)) return false;
    evidence_check_all(input->transcript, proposed);
    proposed->coverage = CLAMP(proposed->coverage, 0, 1);
    if (!proposed->extractor) proposed->extractor = g_strdup(extractor->backend->name);
    *minutes = g_steal_pointer(&proposed);
    return true;
}

void extractor_close(Extractor *extractor) {
    if (!extractor) return;
    if (extractor->backend->close) extractor->backend->close(extractor->state);
    g_free(extractor);
}
