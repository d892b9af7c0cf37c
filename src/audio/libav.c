/* Fills the table. The sonames follow from the headers' major versions, for the structures' layouts change with them. */
#include "audio/libav.h"

#include <dlfcn.h>

#include "base/limits.h"

#define SONAME(name, major) "lib" #name ".so." G_STRINGIFY(major)

/* libav's largest single allocation: the index of two days of AAC has 200 MB. */
#define ALLOCATION_BYTES_MAX (256 * MIB)

Libav libav;

static bool open_library(const char *soname, void **library, GError **error) {
    *library = dlopen(soname, RTLD_NOW | RTLD_LOCAL);
    return *library || fail(error, ERROR_CONFIG,
                            "The decoder's library %s cannot be loaded (%s): install libavformat, libavcodec and libswresample.",
                            soname, dlerror());
}

/* Libraries stay loaded to the process's end. */
bool libav_load(GError **error) {
    void *avutil = NULL, *avcodec = NULL, *avformat = NULL, *swresample = NULL;
    if (!open_library(SONAME(avutil, LIBAVUTIL_VERSION_MAJOR), &avutil, error) ||
        !open_library(SONAME(avcodec, LIBAVCODEC_VERSION_MAJOR), &avcodec, error) ||
        !open_library(SONAME(avformat, LIBAVFORMAT_VERSION_MAJOR), &avformat, error) ||
        !open_library(SONAME(swresample, LIBSWRESAMPLE_VERSION_MAJOR), &swresample, error))
        return false;
    const struct {
        const char *name;
        void *library, **member;
    } functions[] = {
#define LIBAV_ENTRY(library, function) {#function, library, (void **)(gpointer) & libav.function},
        LIBAV_FUNCTIONS(LIBAV_ENTRY)
#undef LIBAV_ENTRY
    };
    for (gsize i = 0; i < G_N_ELEMENTS(functions); i++) {
        *functions[i].member = dlsym(functions[i].library, functions[i].name);
        if (!*functions[i].member)
            return fail(error, ERROR_CONFIG,
                        "The decoder's library lacks %s: install libav of the version this program was built with.",
                        functions[i].name);
    }
    libav.av_log_set_level(AV_LOG_QUIET);
    libav.av_max_alloc(ALLOCATION_BYTES_MAX);
    return true;
}
