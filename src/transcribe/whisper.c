/* Speech recognition on this machine, by whisper.cpp in the media child. */
#include "transcribe/media.h"
#include "transcribe/transcribe_backend.h"

/* The state is the settings. */
static bool whisper_open(const Settings *settings, gpointer *state, GError **error) {
    g_auto(ModelPaths) paths = {0};
    *state = (gpointer)settings;
    return models_find(settings, settings->language, &paths, error);
}

static bool whisper_run(gpointer state, const TranscribeInput *input, TranscribeResult *result, GError **error) {
    const Settings *settings = state;
    const char *language = input->language ? input->language : settings->language;
    g_auto(ModelPaths) paths = {0};
    if (!models_find(settings, language, &paths, error)) return false;
    MediaRequest request = {.input = input,
                            .paths = &paths,
                            .language = language,
                            .vocabulary = input->vocabulary ? input->vocabulary : settings->vocabulary,
                            .channels = settings->channels,
                            .threads = settings->threads > 0 ? settings->threads : MAX((int)g_get_num_processors() / MAX(settings->workers, 1), 1)};
    if (!media_run(&request, result, error)) return false;
    result->transcript->transcriber = g_strdup(transcriber_whisper.name);
    result->transcript->model = g_path_get_basename(paths.model);
    return true;
}

const TranscriberBackend transcriber_whisper = {.name = "whisper", .open = whisper_open, .run = whisper_run};
