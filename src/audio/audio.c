/* The decoder: libav's demuxer over the caller's reads, one audio stream, one decoder, one resampler. Pulled by audio_read(),
 * which asks in this order: silence owed for a gap, what the resampler still holds, the next frame. At most one packet, one frame
 * and the resampler's delay are held, whatever the recording's length. */
#include "audio/audio.h"

#include <string.h>

#include "audio/libav.h"
#include "base/limits.h"

#define IO_BUFFER_BYTES ((int)CHILD_READ_BLOCK_BYTES)
#define PROBE_BYTES ((int)(5 * MIB))
#define ANALYZE_US (10LL * AV_TIME_BASE)
#define CHANNELS_MAX 64 /* libswresample's own limit */
#define RATE_HZ_MIN 1000
#define RATE_HZ_MAX 768000
#define READ_ERRORS_MAX 16 /* in a row: a demuxer may get over one, but past these the file has ended */
#define GAP_MS_MIN 100
#define STEP_BACK_MS 10000 /* time stamps that fall back so far were restarted, and count from here */
#define TIME_MAX (G_GINT64_CONSTANT(1) << 60)
#define SAMPLES_OF_MS(ms) ((gint64)(ms) * AUDIO_RATE_HZ / 1000)

struct Audio {
    AudioRead read;
    gpointer source;
    guint64 size, offset;
    GError *read_error; /* libav sees a number only; this is what the caller gets */

    AVIOContext *io;
    AVFormatContext *format;
    AVCodecContext *decoder;
    AVPacket *packet;
    AVFrame *frame;
    const AVStream *stream;
    bool frame_held; /* `frame` waits for its turn */
    bool flushing;   /* the demuxer has no more packets */
    bool finished;   /* nor the decoder frames */

    SwrContext *resampler; /* NULL: made from the next frame */
    bool draining;         /* the resampler gets no more input and goes once it is empty */
    AVChannelLayout layout;
    int sample_format, rate_hz;
    int tracks; /* that come out */

    /* Times in samples of AUDIO_RATE_HZ. */
    gint64 produced;    /* handed out or owed, silence too */
    gint64 silence;     /* owed */
    gint64 silence_end; /* no gap is filled beyond */
    gint64 anchor;      /* the time stamp that stands for 0 */
    bool anchored;

    guint64 packets, undecodable, read_errors, decoded;
    bool packet_damaged; /* the last packet is counted in `undecodable` */
};

/* Demuxers of containers that hold sound and refer to no other file. What libav reads beyond (playlists, images, subtitles,
 * devices) is no recording. */
static const char *const containers[] = {"aac",    "ac3",        "aiff",          "amr",
                                         "amrnb",  "amrwb",      "ape",           "asf",
                                         "au",     "avi",        "caf",           "dss",
                                         "dts",    "eac3",       "flac",          "flv",
                                         "gsm",    "loas",       "matroska,webm", "mov,mp4,m4a,3gp,3g2,mj2",
                                         "mp3",    "mpc",        "mpc8",          "mpeg",
                                         "mpegts", "nistsphere", "ogg",           "rm",
                                         "tta",    "voc",        "w64",           "wav",
                                         "wv",     NULL};

bool audio_load(GError **error) { return libav_load(error); }

/* ---- reading ---- */

static int io_read(void *opaque, uint8_t *buffer, int size) {
    Audio *audio = opaque;
    if (audio->read_error || size <= 0) return AVERROR(EIO);
    if (audio->offset >= audio->size) return AVERROR_EOF;
    gsize got = 0;
    if (!audio->read(audio->source, audio->offset, buffer, (gsize)size, &got, &audio->read_error)) return AVERROR(EIO);
    audio->offset += got;
    return got > 0 ? (int)got : AVERROR_EOF;
}

static int64_t io_seek(void *opaque, int64_t offset, int whence) {
    Audio *audio = opaque;
    gint64 base = 0, target = 0;
    switch (whence & ~AVSEEK_FORCE) {
    case AVSEEK_SIZE:
        return (int64_t)audio->size;
    case SEEK_SET:
        break;
    case SEEK_CUR:
        base = (gint64)audio->offset;
        break;
    case SEEK_END:
        base = (gint64)audio->size;
        break;
    default:
        return AVERROR(EINVAL);
    }
    if (__builtin_add_overflow(base, offset, &target) || target < 0) return AVERROR(EINVAL);
    audio->offset = (guint64)target;
    return target;
}

/* A demuxer that follows a reference to another file or address gets nothing. */
static int refuse_open(AVFormatContext *format, AVIOContext **io, const char *url, int flags, AVDictionary **options) {
    return AVERROR(EACCES);
}

/* ---- opening ---- */

static bool fail_format(GError **error) {
    return fail(error, ERROR_UNSUPPORTED_MEDIA,
                "The file is in no sound or video format that is read here: convert it to M4A, MP3, WAV, FLAC, OGG or WebM.");
}

/* False with the reader's own error where reading failed, for then whatever libav says is only its consequence. */
static bool read_intact(Audio *audio, GError **error) {
    if (!audio->read_error) return true;
    g_propagate_error(error, g_steal_pointer(&audio->read_error));
    return false;
}

static bool open_container(Audio *audio, const char *filename, GError **error) {
    uint8_t *buffer = libav.av_malloc((gsize)IO_BUFFER_BYTES);
    audio->io = buffer ? libav.avio_alloc_context(buffer, IO_BUFFER_BYTES, 0, audio, io_read, NULL, io_seek) : NULL;
    audio->format = libav.avformat_alloc_context();
    if (!audio->io || !audio->format) g_error("out of memory");
    const AVInputFormat *container = NULL;
    int score = libav.av_probe_input_buffer2(audio->io, &container, filename, NULL, 0, 0);
    if (!read_intact(audio, error)) return false;
    /* 1 is the score of a name's extension that nothing in the bytes speaks for. */
    if (score <= 1 || !container || !g_strv_contains(containers, container->name)) return fail_format(error);
    audio->format->pb = audio->io;
    audio->format->flags |= AVFMT_FLAG_CUSTOM_IO;
    audio->format->io_open = refuse_open;
    audio->format->probesize = PROBE_BYTES;
    audio->format->max_analyze_duration = ANALYZE_US;
    int opened = libav.avformat_open_input(&audio->format, "", container, NULL); /* frees and clears it on failure */
    if (opened >= 0) opened = libav.avformat_find_stream_info(audio->format, NULL);
    if (!read_intact(audio, error)) return false;
    return opened >= 0 || fail(error, ERROR_BAD_MEDIA,
                               "The recording is damaged, or was cut off before its index was written: "
                               "repair it or export it again.");
}

static bool open_decoder(Audio *audio, GError **error) {
    const AVCodec *codec = NULL;
    int index = libav.av_find_best_stream(audio->format, AVMEDIA_TYPE_AUDIO, -1, -1, &codec, 0);
    if (index == AVERROR_STREAM_NOT_FOUND)
        return fail(error, ERROR_BAD_MEDIA, "The recording has no sound track: export it with sound.");
    if (index < 0 || !codec)
        return fail(error, ERROR_UNSUPPORTED_MEDIA,
                    "The recording's sound is coded in a way that is not read here: convert it to M4A, MP3 or WAV.");
    AVStream *stream = audio->format->streams[index];
    for (unsigned i = 0; i < audio->format->nb_streams; i++)
        if ((int)i != index) audio->format->streams[i]->discard = AVDISCARD_ALL;
    audio->stream = stream;
    audio->decoder = libav.avcodec_alloc_context3(codec);
    if (!audio->decoder) g_error("out of memory");
    if (libav.avcodec_parameters_to_context(audio->decoder, stream->codecpar) >= 0) {
        audio->decoder->pkt_timebase = stream->time_base;
        audio->decoder->thread_count = 1;
        if (libav.avcodec_open2(audio->decoder, codec, NULL) >= 0) return true;
    }
    return fail(error, ERROR_BAD_MEDIA, "The recording's sound track (%s) is damaged at its head: repair it or export it again.",
                codec->name);
}

/* -1 where the container gives none: libav's guess from the bit rate can be off by any factor. */
static gint64 container_duration_ms(const Audio *audio) {
    if (libav.av_fmt_ctx_get_duration_estimation_method(audio->format) == AVFMT_DURATION_FROM_BITRATE) return -1;
    if (audio->stream->duration > 0)
        return MAX(libav.av_rescale_q(audio->stream->duration, audio->stream->time_base, (AVRational){1, 1000}), -1);
    return audio->format->duration > 0 ? audio->format->duration / (AV_TIME_BASE / 1000) : -1;
}

static void describe(const Audio *audio, AudioInfo *info) {
    *info = (AudioInfo){.channels = audio->stream->codecpar->ch_layout.nb_channels,
                        .rate_hz = audio->stream->codecpar->sample_rate,
                        .duration_ms = container_duration_ms(audio)};
    g_strlcpy(info->container, audio->format->iformat->name, sizeof info->container);
    g_strlcpy(info->codec, libav.avcodec_get_name(audio->stream->codecpar->codec_id), sizeof info->codec);
}

bool audio_open(AudioRead read, gpointer source, guint64 size, const char *filename, Audio **audio, AudioInfo *info,
                GError **error) {
    if (size == 0) return fail(error, ERROR_BAD_MEDIA, "The recording is empty (0 bytes): upload it again.");
    if (size > RECORDING_BYTES_MAX) return fail(error, ERROR_TOO_LARGE, "The recording is over the limit of 5 TiB: split it.");
    g_autoptr(Audio) opened = g_new0(Audio, 1);
    *opened = (Audio){.read = read, .source = source, .size = size, .tracks = 1};
    opened->packet = libav.av_packet_alloc();
    opened->frame = libav.av_frame_alloc();
    if (!opened->packet || !opened->frame) g_error("out of memory");
    if (!open_container(opened, filename ? filename : "", error) || !open_decoder(opened, error)) return false;
    describe(opened, info);
    opened->silence_end = SAMPLES_OF_MS(RECORDING_MS_MAX);
    if (info->duration_ms >= 0 && info->duration_ms < RECORDING_MS_MAX) opened->silence_end = SAMPLES_OF_MS(info->duration_ms);
    *audio = g_steal_pointer(&opened);
    return true;
}

void audio_close(Audio *audio) {
    if (!audio) return;
    libav.swr_free(&audio->resampler);
    libav.av_channel_layout_uninit(&audio->layout);
    libav.av_frame_free(&audio->frame);
    libav.av_packet_free(&audio->packet);
    libav.avcodec_free_context(&audio->decoder);
    libav.avformat_close_input(&audio->format);
    if (audio->io) libav.av_freep(&audio->io->buffer);
    libav.avio_context_free(&audio->io);
    g_clear_error(&audio->read_error);
    g_free(audio);
}

void audio_separate(Audio *audio, guint tracks) { audio->tracks = (int)CLAMP(tracks, 1, AUDIO_TRACKS_MAX); }

guint64 audio_damaged_packets(const Audio *audio) { return audio->undecodable + audio->read_errors; }

/* ---- decoding ---- */

static void count_damaged(Audio *audio) {
    if (!audio->packet_damaged) audio->undecodable++;
    audio->packet_damaged = true;
}

/* The next packet of the stream goes to the decoder; behind the last one, the order to flush. */
static bool feed_decoder(Audio *audio, GError **error) {
    for (int errors = 0; errors < READ_ERRORS_MAX;) {
        int got = libav.av_read_frame(audio->format, audio->packet);
        if (!read_intact(audio, error)) return false;
        if (got == AVERROR_EOF) break;
        if (got < 0) {
            errors++;
            continue;
        }
        bool ours = audio->packet->stream_index == audio->stream->index;
        if (ours) {
            audio->packets++;
            audio->packet_damaged = false;
            if (libav.avcodec_send_packet(audio->decoder, audio->packet) < 0) count_damaged(audio);
        }
        libav.av_packet_unref(audio->packet);
        if (errors > 0) audio->read_errors++;
        errors = 0;
        if (ours) return true;
    }
    audio->flushing = true;
    libav.avcodec_send_packet(audio->decoder, NULL);
    return true;
}

static bool frame_usable(const AVFrame *frame) {
    return frame->nb_samples > 0 && frame->format >= 0 && frame->sample_rate >= RATE_HZ_MIN &&
           frame->sample_rate <= RATE_HZ_MAX && frame->ch_layout.nb_channels >= 1 && frame->ch_layout.nb_channels <= CHANNELS_MAX;
}

/* Holds the next frame, or sets `finished`. */
static bool next_frame(Audio *audio, GError **error) {
    for (;;) {
        int got = libav.avcodec_receive_frame(audio->decoder, audio->frame);
        if (got == 0 && frame_usable(audio->frame)) {
            audio->frame_held = true;
            return true;
        }
        if (got == 0) {
            libav.av_frame_unref(audio->frame);
            count_damaged(audio);
            continue;
        }
        if (got != AVERROR(EAGAIN) && got != AVERROR_EOF) count_damaged(audio);
        if (audio->flushing || got == AVERROR_EOF) {
            audio->finished = true;
            return true;
        }
        if (!feed_decoder(audio, error)) return false;
    }
}

/* ---- resampling ---- */

static bool frame_fits(const Audio *audio) {
    const AVFrame *frame = audio->frame;
    return frame->format == audio->sample_format && frame->sample_rate == audio->rate_hz &&
           libav.av_channel_layout_compare(&frame->ch_layout, &audio->layout) == 0;
}

/* Every channel has an equal share of the mono sum: libav's own mix leaves out what it takes for a bass channel, and in a
 * recording of several microphones that is a person. Where channels are read apart each has a row of its own. */
static void set_shares(double *shares, int channels, int tracks) {
    bool apart = channels == tracks;
    memset(shares, 0, (gsize)(channels * tracks) * sizeof *shares);
    for (int i = 0; i < channels; i++) shares[apart ? i * channels + i : i] = apart ? 1 : 1.0 / channels;
}

static bool make_resampler(Audio *audio, GError **error) {
    const AVFrame *frame = audio->frame;
    int channels = frame->ch_layout.nb_channels;
    AVChannelLayout out = AV_CHANNEL_LAYOUT_MONO, layout = {0};
    double shares[CHANNELS_MAX * AUDIO_TRACKS_MAX];
    set_shares(shares, channels, audio->tracks);
    libav.av_channel_layout_uninit(&audio->layout);
    libav.av_channel_layout_copy(&audio->layout, &frame->ch_layout);
    audio->sample_format = frame->format;
    audio->rate_hz = frame->sample_rate;
    if (frame->ch_layout.order == AV_CHANNEL_ORDER_UNSPEC)
        libav.av_channel_layout_default(&layout, channels);
    else
        libav.av_channel_layout_copy(&layout, &frame->ch_layout);
    if (audio->tracks > 1) libav.av_channel_layout_default(&out, audio->tracks);
    int made = libav.swr_alloc_set_opts2(&audio->resampler, &out, AV_SAMPLE_FMT_FLT, AUDIO_RATE_HZ, &layout,
                                         (enum AVSampleFormat)frame->format, frame->sample_rate, 0, NULL);
    if (made >= 0) made = libav.swr_set_matrix(audio->resampler, shares, channels);
    if (made >= 0) made = libav.swr_init(audio->resampler);
    libav.av_channel_layout_uninit(&layout);
    libav.av_channel_layout_uninit(&out);
    return made >= 0 || fail(error, ERROR_UNSUPPORTED_MEDIA,
                             "The recording's sound of %d channels at %d Hz cannot be mixed: "
                             "convert it to stereo.",
                             channels, frame->sample_rate);
}

/* Samples of silence owed before the held frame, by its time stamp. Stamps that cannot be true move the anchor instead. */
static gint64 gap_before_frame(Audio *audio) {
    gint64 stamp = audio->frame->best_effort_timestamp;
    if (stamp == AV_NOPTS_VALUE) return 0;
    gint64 time = libav.av_rescale_q(stamp, audio->stream->time_base, (AVRational){1, AUDIO_RATE_HZ});
    if (time < -TIME_MAX || time > TIME_MAX) return 0;
    if (!audio->anchored) {
        /* The sound may begin after the picture: times count from the first of all. */
        gint64 start = audio->format->start_time;
        audio->anchor = start == AV_NOPTS_VALUE
                            ? time
                            : libav.av_rescale_q(start, (AVRational){1, AV_TIME_BASE}, (AVRational){1, AUDIO_RATE_HZ});
        if (audio->anchor < -TIME_MAX || audio->anchor > TIME_MAX) audio->anchor = time;
        audio->anchored = true;
    }
    gint64 delay = audio->resampler ? libav.swr_get_delay(audio->resampler, AUDIO_RATE_HZ) : 0;
    gint64 gap = time - audio->anchor - audio->produced - delay;
    if (gap > SAMPLES_OF_MS(GAP_MS_MIN) && audio->produced + delay + gap <= audio->silence_end) return gap;
    if (gap > SAMPLES_OF_MS(GAP_MS_MIN) || gap < -SAMPLES_OF_MS(STEP_BACK_MS)) audio->anchor += gap;
    return 0;
}

/* Gives the resampler `input` (NULL: what it holds) and takes up to `max` samples; 0 when it has none. */
static gsize resample(Audio *audio, float *samples, gsize max, bool with_frame) {
    uint8_t *out = (uint8_t *)samples;
    const uint8_t *none[CHANNELS_MAX] = {0};
    const uint8_t **input = with_frame ? (const uint8_t **)audio->frame->extended_data : audio->draining ? NULL : none;
    int got =
        libav.swr_convert(audio->resampler, &out, (int)MIN(max, G_MAXINT), input, with_frame ? audio->frame->nb_samples : 0);
    if (got > 0) audio->produced += got;
    return got > 0 ? (gsize)got : 0;
}

static gsize take_silence(Audio *audio, float *samples, gsize max) {
    gsize count = MIN(max, (gsize)audio->silence);
    memset(samples, 0, count * (gsize)audio->tracks * sizeof *samples);
    audio->silence -= (gint64)count;
    return count;
}

/* The held frame goes into the resampler. One that follows a gap or is of another shape first empties and replaces it. */
static bool take_frame(Audio *audio, float *samples, gsize max, gsize *count, GError **error) {
    *count = 0;
    gint64 gap = gap_before_frame(audio);
    if (audio->resampler && (gap > 0 || !frame_fits(audio))) {
        audio->draining = true;
        return true;
    }
    if (!audio->resampler && !make_resampler(audio, error)) return false;
    if (gap > 0) {
        audio->silence = gap;
        audio->produced += gap;
        return true;
    }
    audio->decoded += (guint64)audio->frame->nb_samples;
    *count = resample(audio, samples, max, true);
    libav.av_frame_unref(audio->frame);
    audio->frame_held = false;
    return true;
}

static bool judge_end(const Audio *audio, GError **error) {
    if (audio->decoded == 0)
        return fail(error, ERROR_BAD_MEDIA, "Nothing in the recording can be decoded: it is damaged, or no recording at all.");
    if (audio->undecodable * 2 > audio->packets)
        return fail(error, ERROR_BAD_MEDIA,
                    "More than half of the recording is damaged (%" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT
                    " packets): repair it or export it again.",
                    audio->undecodable, audio->packets);
    return true;
}

bool audio_read(Audio *audio, float *samples, gsize max, gsize *count, GError **error) {
    gsize got = 0;
    while (got == 0 && max > 0) {
        if (audio->produced - audio->silence > SAMPLES_OF_MS(RECORDING_MS_MAX))
            return fail(error, ERROR_TOO_LARGE, "The recording is longer than 48 hours: split it.");
        if (audio->silence > 0)
            got = take_silence(audio, samples, max);
        else if (audio->resampler && (got = resample(audio, samples, max, false)) > 0)
            break;
        else if (audio->draining) {
            libav.swr_free(&audio->resampler);
            audio->draining = false;
        } else if (audio->frame_held) {
            if (!take_frame(audio, samples, max, &got, error)) return false;
        } else if (!audio->finished) {
            if (!next_frame(audio, error)) return false;
            audio->draining = audio->finished && audio->resampler;
        } else if (!judge_end(audio, error))
            return false;
        else
            break;
    }
    *count = got;
    return true;
}
