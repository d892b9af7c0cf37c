/* Speech to text over a stream. Samples wait until their voice activity is known and a chunk is full; the recogniser hears a
 * chunk once,
 * and what it left unfinished at the chunk's end comes again with the next. Nothing is opened after speech_open(). */
#include "speech/speech.h"

#include <string.h>
#include <whisper.h>

#include "base/limits.h"
#include "speech/chunker.h"
#include "speech/model_file.h"
#include "speech/vocabulary.h"
#include "speech/words.h"

#define BLOCK_FRAMES 32                              /* judged by voice activity in one go: about a second */
#define BLOCK_SAMPLES (BLOCK_FRAMES * FRAME_SAMPLES)
#define LANGUAGE_FRAMES_MIN (10000 / FRAME_MS)       /* speech that a language is known by for the rest */
#define PROGRESS_INTERVAL_US (G_USEC_PER_SEC / 2)
#define ADVANCE_MS_MIN 2000                          /* a chunk moves on at least so far */
#define REST_FRAMES_MIN 10                           /* less speech at a chunk's end is not worth another hearing */
#define WARM_UP_AUDIO_CONTEXT 64

struct Speech {
    struct whisper_context *whisper;
    struct whisper_vad_context *vad;
    int threads;
    bool multilingual;
    const char *language; /* whisper's static name; NULL until it is known */
    bool detects;         /* the language, of each recording */
    const char *guess;    /* the language of the longest chunk until then */
    guint guess_frames;   /* that chunk's */
    char *prompt;         /* NULL: none */
    struct whisper_full_params recognition; /* but for the language; whisper.cpp opens a file to make the default ones */
    Chunker *chunker;
    GArray *samples;      /* float: from frame `samples_first` on; frames not judged yet at the end */
    gint64 samples_first; /* frame */
    gint64 judged;        /* frames of the recording with known voice activity */
    Chunk chunk;          /* in work */
    GArray *hearing;      /* float: the chunk's samples */
    Words words;          /* said, not handed on yet */
    guint windows;        /* times that the recogniser has begun a window in this chunk */
    SpeechProgress on_progress;
    gpointer user_data;
    gint64 done_ms, reported_us;
};

static void silence_log(enum ggml_log_level level, const char *text, void *user_data) {}

static void report_progress(Speech *speech) {
    gint64 now_us = g_get_monotonic_time();
    if (!speech->on_progress || now_us - speech->reported_us < PROGRESS_INTERVAL_US) return;
    speech->reported_us = now_us;
    speech->on_progress(speech->done_ms, speech->user_data);
}

/* whisper.cpp asks this before each step of its computation. */
static bool never_abort(void *user_data) {
    report_progress(user_data);
    return false;
}

/* One window a call: what the first leaves over is heard again with the next chunk, which costs no more than hearing it alone. */
static bool first_window_only(struct whisper_context *context, struct whisper_state *state, void *user_data) {
    Speech *speech = user_data;
    return ++speech->windows == 1;
}

static void set_recognition(Speech *speech) {
    struct whisper_full_params params = whisper_full_default_params(WHISPER_SAMPLING_GREEDY);
    params.n_threads = speech->threads;
    params.greedy.best_of = 1;
    params.no_context = true;
    params.print_progress = false;
    params.print_timestamps = false;
    params.suppress_nst = true;
    params.initial_prompt = speech->prompt;
    params.encoder_begin_callback = first_window_only;
    params.encoder_begin_callback_user_data = speech;
    params.abort_callback = never_abort;
    params.abort_callback_user_data = speech;
    speech->recognition = params;
}

/* A confined process can't open files or start what threads need later: one short run of each model brings all of that up. */
static bool warm_up(Speech *speech, GError **error) {
    g_autofree float *silence = g_new0(float, BLOCK_SAMPLES);
    set_recognition(speech);
    struct whisper_full_params params = speech->recognition;
    params.audio_ctx = WARM_UP_AUDIO_CONTEXT;
    params.temperature_inc = 0;
    params.language = "en";
    bool ran = whisper_full(speech->whisper, params, silence, BLOCK_SAMPLES) == 0 &&
               whisper_vad_detect_speech(speech->vad, silence, FRAME_SAMPLES);
    whisper_vad_reset_state(speech->vad);
    return ran || fail(error, ERROR_CONFIG, "The models named by HANSARD_MODEL and HANSARD_VAD_MODEL load but don't run; run "
                       "setup/model.sh.");
}

static bool load_models(Speech *speech, const SpeechOptions *options, GError **error) {
    if (!model_file_check_whisper(options->model_path, error) || !model_file_check_vad(options->vad_path, error)) return false;
    struct whisper_context_params params = whisper_context_default_params();
    params.use_gpu = false;
    params.flash_attn = true; /* a quarter less time in the encoder, and a third of its memory */
    speech->whisper = whisper_init_from_file_with_params(options->model_path, params);
    if (!speech->whisper)
        return fail(error, ERROR_CONFIG, "The model %s can't be loaded: set HANSARD_MODEL to another, or run setup/model.sh.",
                    options->model_path);
    struct whisper_vad_context_params vad_params = whisper_vad_default_context_params();
    vad_params.n_threads = 1; /* too small a model to share */
    vad_params.use_gpu = false;
    speech->vad = whisper_vad_init_from_file_with_params(options->vad_path, vad_params);
    if (!speech->vad)
        return fail(error, ERROR_CONFIG, "The model %s can't be loaded: set HANSARD_VAD_MODEL to another, or run setup/model.sh.",
                    options->vad_path);
    return true;
}

static bool choose_language(Speech *speech, const char *language, GError **error) {
    speech->multilingual = whisper_is_multilingual(speech->whisper);
    bool automatic = !language || strcmp(language, "auto") == 0;
    int id = automatic ? -1 : whisper_lang_id(language);
    if (!automatic && id < 0)
        return fail(error, ERROR_CONFIG, "HANSARD_LANGUAGE is \"%s\", which is no language that the model knows; use a code such "
                    "as \"en\".",
                    language);
    if (!speech->multilingual && !automatic && strcmp(whisper_lang_str(id), "en") != 0)
        return fail(error, ERROR_CONFIG, "HANSARD_LANGUAGE is \"%s\", but HANSARD_MODEL names an English-only model; use a "
                    "multilingual one.",
                    language);
    if (!speech->multilingual) speech->language = "en";
    else if (!automatic) speech->language = whisper_lang_str(id);
    speech->detects = !speech->language;
    return true;
}

bool speech_open(const SpeechOptions *options, Speech **speech, GError **error) {
    whisper_log_set(silence_log, NULL);
    g_autoptr(Speech) opened = g_new0(Speech, 1);
    opened->threads = MAX(options->threads, 1);
    opened->chunker = chunker_new();
    opened->samples = g_array_new(FALSE, FALSE, sizeof(float));
    opened->hearing = g_array_new(FALSE, FALSE, sizeof(float));
    words_init(&opened->words);
    if (options->vocabulary && strlen(options->vocabulary) > VOCABULARY_BYTES_MAX)
        return fail(error, ERROR_CONFIG, "HANSARD_VOCABULARY has more than %d bytes; shorten it.", VOCABULARY_BYTES_MAX);
    if (!load_models(opened, options, error) || !choose_language(opened, options->language, error)) return false;
    opened->prompt = vocabulary_prompt(opened->whisper, options->vocabulary);
    if (!warm_up(opened, error)) return false;
    *speech = g_steal_pointer(&opened);
    return true;
}

/* Copies the chunk's frames out of the waiting samples. */
static void gather(Speech *speech) {
    g_array_set_size(speech->hearing, 0);
    for (guint i = 0; i < speech->chunk.count; i++) {
        gint64 at = (speech->chunk.frames[i] - speech->samples_first) * FRAME_SAMPLES;
        g_array_append_vals(speech->hearing, &g_array_index(speech->samples, float, at), FRAME_SAMPLES);
    }
}

static void collect_phrase(Speech *speech, int index) {
    struct whisper_context *whisper = speech->whisper;
    whisper_token text_end = whisper_token_eot(whisper); /* tokens from this on are not text */
    whisper_token zero = whisper_token_beg(whisper);     /* the first of the tokens that mean a time, 20 ms apart */
    g_autoptr(GArray) pieces = g_array_new(FALSE, FALSE, sizeof(Piece));
    for (int i = 0; i < whisper_full_n_tokens(whisper, index); i++) {
        whisper_token_data token = whisper_full_get_token_data(whisper, index, i);
        if (token.id >= text_end) continue;
        Piece piece = {.text = whisper_full_get_token_text(whisper, index, i),
                       .probability = token.p,
                       .hint_ms = (token.tid - zero) * 20,
                       .sure = token.pt};
        g_array_append_val(pieces, piece);
    }
    gint64 start_ms = whisper_full_get_segment_t0(whisper, index) * 10, end_ms = whisper_full_get_segment_t1(whisper, index) * 10;
    words_add_phrase(&speech->words, &speech->chunk, start_ms, end_ms, (const Piece *)(const void *)pieces->data, pieces->len);
}

/* The frame of the recording where the next chunk begins: behind this one, or where the recogniser broke off. */
static gint64 next_frame(const Speech *speech) {
    const Chunk *chunk = &speech->chunk;
    int phrases = whisper_full_n_segments(speech->whisper);
    if (speech->windows < 2 || phrases == 0) return chunk->end;
    gint64 heard_ms = MAX(whisper_full_get_segment_t1(speech->whisper, phrases - 1) * 10, ADVANCE_MS_MIN);
    guint rest = (guint)MIN(heard_ms / FRAME_MS, chunk->count), spoken = 0;
    for (guint i = rest; i < chunk->count; i++) spoken += chunk->speech[i] >= SPEECH_OFF;
    return spoken < REST_FRAMES_MIN ? chunk->end : chunk->frames[rest];
}

static void drop_before(Speech *speech, gint64 frame) {
    chunker_drop(speech->chunker, frame);
    gint64 first = chunker_first(speech->chunker);
    g_array_remove_range(speech->samples, 0, (guint)((first - speech->samples_first) * FRAME_SAMPLES));
    speech->samples_first = first;
    speech->done_ms = first * FRAME_MS;
}

/* The language that was detected stands for the rest once there was enough speech to tell. */
static void note_language(Speech *speech) {
    if (speech->chunk.count <= speech->guess_frames) return;
    speech->guess = whisper_lang_str(whisper_full_lang_id(speech->whisper));
    speech->guess_frames = speech->chunk.count;
    if (speech->guess_frames >= LANGUAGE_FRAMES_MIN) speech->language = speech->guess;
}

static bool recognise(Speech *speech, SpeechSegment on_segment, GError **error) {
    gather(speech);
    speech->windows = 0;
    struct whisper_full_params params = speech->recognition;
    params.language = speech->language ? speech->language : "auto";
    const float *samples = (const float *)(const void *)speech->hearing->data;
    int status = whisper_full(speech->whisper, params, samples, (int)speech->hearing->len);
    if (status != 0) return fail(error, ERROR_INTERNAL, "The speech recogniser failed with status %d; try again.", status);
    if (!speech->language) note_language(speech);
    for (int i = 0; i < whisper_full_n_segments(speech->whisper); i++) collect_phrase(speech, i);
    words_collapse_loops(&speech->words);
    return words_to_segments(&speech->words, false, on_segment, speech->user_data, error);
}

static bool recognise_ready(Speech *speech, bool last, SpeechSegment on_segment, GError **error) {
    while (chunker_next(speech->chunker, last, &speech->chunk)) {
        if (!recognise(speech, on_segment, error)) return false;
        drop_before(speech, next_frame(speech));
    }
    drop_before(speech, chunker_first(speech->chunker));
    return true;
}

/* Judges the waiting frames from `judged` on. */
static bool judge(Speech *speech, guint frames, GError **error) {
    gint64 at = (speech->judged - speech->samples_first) * FRAME_SAMPLES;
    const float *samples = &g_array_index(speech->samples, float, at);
    if (!whisper_vad_detect_speech_no_reset(speech->vad, samples, (int)frames * FRAME_SAMPLES))
        return fail(error, ERROR_INTERNAL, "The voice activity model failed; try again.");
    chunker_add(speech->chunker, whisper_vad_probs(speech->vad), (guint)whisper_vad_n_probs(speech->vad));
    speech->judged += frames;
    return true;
}

static gint64 frames_waiting(const Speech *speech) {
    return speech->samples_first + speech->samples->len / FRAME_SAMPLES - speech->judged;
}

bool speech_write(Speech *speech, const float *samples, gsize count, SpeechSegment on_segment, SpeechProgress on_progress,
                  gpointer user_data,
                  GError **error) {
    speech->on_progress = on_progress;
    speech->user_data = user_data;
    for (gsize taken; count > 0; samples += taken, count -= taken) {
        taken = MIN(count, BLOCK_SAMPLES);
        g_array_append_vals(speech->samples, samples, (guint)taken);
        if (frames_waiting(speech) < BLOCK_FRAMES) continue;
        if (!judge(speech, BLOCK_FRAMES, error) || !recognise_ready(speech, false, on_segment, error)) return false;
        report_progress(speech);
    }
    return true;
}

/* Ready for another recording. */
static void start_again(Speech *speech) {
    whisper_vad_reset_state(speech->vad);
    chunker_free(speech->chunker);
    speech->chunker = chunker_new();
    g_array_set_size(speech->samples, 0);
    speech->samples_first = speech->judged = speech->done_ms = 0;
    if (speech->detects) speech->language = NULL;
    speech->guess = NULL;
    speech->guess_frames = 0;
}

bool speech_finish(Speech *speech, SpeechSegment on_segment, SpeechProgress on_progress, gpointer user_data,
                   const char **language,
                   GError **error) {
    speech->on_progress = on_progress;
    speech->user_data = user_data;
    guint uneven = speech->samples->len % FRAME_SAMPLES;
    if (uneven > 0) {
        static const float silence[FRAME_SAMPLES];
        g_array_append_vals(speech->samples, silence, FRAME_SAMPLES - uneven);
    }
    gint64 waiting = frames_waiting(speech);
    if (waiting > 0 && !judge(speech, (guint)waiting, error)) return false;
    if (!recognise_ready(speech, true, on_segment, error) ||
        !words_to_segments(&speech->words, true, on_segment, user_data, error))
        return false;
    speech->done_ms = speech->judged * FRAME_MS;
    if (on_progress) on_progress(speech->done_ms, user_data);
    *language = speech->language ? speech->language : speech->guess;
    start_again(speech);
    return true;
}

void speech_close(Speech *speech) {
    if (speech->vad) whisper_vad_free(speech->vad);
    if (speech->whisper) whisper_free(speech->whisper);
    g_clear_pointer(&speech->chunker, chunker_free);
    g_array_unref(speech->samples);
    g_array_unref(speech->hearing);
    words_clear(&speech->words);
    g_free(speech->prompt);
    g_free(speech);
}
