/* Recordings whose heads lie about what follows: sizes, counts and lengths of any number, and pictures of any size. Each ends with the sound that is
 * there or with a clear error, soon, and without memory of the size that was promised. */
#include "audio_fixture.h"

#define LIE_RSS_KIB_MAX (96 * 1024)
#define LIE_SECONDS_MAX 20 /* of this process's processor, also on a busy machine under a sanitizer */

typedef struct {
    struct rusage begin;
} Bounds;

static double processor_s(const struct rusage *usage) { return (double)(usage->ru_utime.tv_sec + usage->ru_stime.tv_sec); }

static Bounds begin(void) {
    Bounds bounds;
    getrusage(RUSAGE_SELF, &bounds.begin);
    return bounds;
}

static void assert_bounded(const Bounds *bounds, const char *name) {
    struct rusage end;
    getrusage(RUSAGE_SELF, &end);
    if (processor_s(&end) - processor_s(&bounds->begin) > LIE_SECONDS_MAX) g_error("%s takes too long", name);
#ifndef HANSARD_SANITIZER
    if (end.ru_maxrss - bounds->begin.ru_maxrss > LIE_RSS_KIB_MAX) g_error("%s takes %ld KiB", name, end.ru_maxrss - bounds->begin.ru_maxrss);
#endif
}

/* It is decoded to what is there, `ms` long. */
static void assert_sound(GBytes *bytes, const char *name, gint64 ms) {
    Bounds bounds = begin();
    g_auto(Decoded) decoded = decode_well(bytes, name);
    assert_bounded(&bounds, name);
    if (ABS(decoded.count * 1000 / AUDIO_RATE_HZ - ms) > 150) g_error("%s is %" G_GINT64_FORMAT " samples", name, decoded.count);
}

/* It is refused as media is; or what comes of it is no longer than `ms_max`. */
static void assert_bounded_end(GBytes *bytes, const char *name, gint64 ms_max) {
    Bounds bounds = begin();
    g_auto(Decoded) decoded = {0};
    g_autoptr(GError) error = NULL;
    bool done = decode(bytes, name, &decoded, &error);
    assert_bounded(&bounds, name);
    if (!done && !error_is(error, ERROR_BAD_MEDIA) && !error_is(error, ERROR_UNSUPPORTED_MEDIA) && !error_is(error, ERROR_TOO_LARGE))
        g_error("%s: code %d, \"%s\"", name, error->code, error->message);
    if (done) g_assert_cmpint(decoded.count * 1000 / AUDIO_RATE_HZ, <=, ms_max);
}

static GBytes *changed(GBytes *bytes, gsize at, const void *data, gsize size) {
    gsize whole = g_bytes_get_size(bytes);
    guint8 *copy = g_memdup2(g_bytes_get_data(bytes, NULL), whole);
    g_assert_cmpuint(at + size, <=, whole);
    memcpy(copy + at, data, size);
    return g_bytes_new_take(copy, whole);
}

/* Where `word` stands for the n-th time, from 1. */
static gsize place_of(GBytes *bytes, const char *word, guint n) {
    const guint8 *data = g_bytes_get_data(bytes, NULL), *at = data;
    gsize size = g_bytes_get_size(bytes);
    for (; n > 0 && at; n--) {
        at = memmem(at, size - (gsize)(at - data), word, strlen(word));
        if (at) at++;
    }
    g_assert_nonnull(at);
    return (gsize)(at - 1 - data);
}

static void as_big_endian(guint64 value, guint8 *bytes, gsize size) {
    for (gsize i = 0; i < size; i++) bytes[i] = (guint8)(value >> (8 * (size - 1 - i)));
}

/* ---- WAV ---- */

#define WAV_BLOCK_AT 32
#define WAV_BITS_AT 34
#define WAV_SIZE_AT 40

static void test_wav_sizes(void) {
    static const guint32 sizes[] = {0, 0x7fffffff, 0x80000000, 0xfffffff0, 0xffffffff};
    g_autoptr(GBytes) wav = g_byte_array_free_to_bytes(make_wav(1, 16000, 2, 1000));
    for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++) {
        guint32 claim = GUINT32_TO_LE(sizes[i]);
        g_autofree char *name = g_strdup_printf("claims-%u.wav", sizes[i]);
        g_autoptr(GBytes) lying = changed(wav, WAV_SIZE_AT, &claim, sizeof claim), both = changed(lying, 4, &claim, sizeof claim);
        assert_sound(lying, name, 1000);
        assert_sound(both, name, 1000);
    }
}

/* Every number of the format's description at its ends. */
static void test_wav_format(void) {
    static const struct {
        gsize at, size;
    } fields[] = {{16, 4}, {20, 2}, {22, 2}, {24, 4}, {28, 4}, {WAV_BLOCK_AT, 2}, {WAV_BITS_AT, 2}};
    static const guint32 values[] = {0, 1, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff};
    g_autoptr(GBytes) wav = g_byte_array_free_to_bytes(make_wav(1, 16000, 2, 1000));
    for (gsize i = 0; i < G_N_ELEMENTS(fields); i++)
        for (gsize j = 0; j < G_N_ELEMENTS(values); j++) {
            guint32 value = GUINT32_TO_LE(values[j]);
            g_autofree char *name = g_strdup_printf("field-%u-is-%u.wav", (guint)fields[i].at, values[j]);
            g_autoptr(GBytes) lying = changed(wav, fields[i].at, &value, fields[i].size);
            assert_bounded_end(lying, name, 60 * 1000); /* 32,000 bytes at 1 kHz, four bits each */
        }
}

/* ---- MP4 ---- */

/* Sizes of boxes, and the counts in those that have one. */
static void test_mp4_boxes(void) {
    static const char *const boxes[] = {"ftyp", "moov", "mvhd", "trak", "mdia", "mdhd", "minf", "stbl", "stsd", "stts", "stsc", "stsz", "stco", "mdat", "esds"};
    static const guint64 claims[] = {0, 1, 7, 0x00ffffff, 0x7fffffff, 0x80000000, 0xffffffff};
    if (no_ffmpeg()) return;
    g_autoptr(GBytes) whole = make_media_bytes("-i TONE -t 1 -c:a aac -movflags +faststart", "boxes.m4a");
    for (gsize i = 0; i < G_N_ELEMENTS(boxes); i++)
        for (gsize j = 0; j < G_N_ELEMENTS(claims); j++) {
            guint8 claim[4];
            gsize at = place_of(whole, boxes[i], 1);
            as_big_endian(claims[j], claim, sizeof claim);
            g_autofree char *name = g_strdup_printf("%s-%x.m4a", boxes[i], (guint)claims[j]);
            g_autoptr(GBytes) size = changed(whole, at - 4, claim, 4), count = changed(whole, at + 8, claim, 4), next = changed(whole, at + 12, claim, 4);
            assert_bounded_end(size, name, RECORDING_MS_MAX);
            assert_bounded_end(count, name, RECORDING_MS_MAX);
            assert_bounded_end(next, name, RECORDING_MS_MAX);
        }
}

/* A box of sound data that is said to be larger than the file, of 32 bits: what is there is decoded. */
static void test_mp4_data(void) {
    if (no_ffmpeg()) return;
    g_autoptr(GBytes) whole = make_media_bytes("-i TONE -c:a aac -movflags +faststart", "data.m4a");
    g_autoptr(GBytes) lying = changed(whole, place_of(whole, "mdat", 1) - 4, "\x7f\xff\xff\xff", 4);
    assert_sound(lying, "data.m4a", TONE_MS);
}

/* ---- lengths ---- */

/* STREAMINFO promises 2^36 - 1 samples (16 days at 48 kHz), and frames of any size. */
static void test_flac_length(void) {
    if (no_ffmpeg()) return;
    g_autoptr(GBytes) whole = make_media_bytes("-i TONE", "length.flac");
    gsize info = place_of(whole, "fLaC", 1) + 8; /* behind the block's head */
    guint8 low = ((const guint8 *)g_bytes_get_data(whole, NULL))[info + 13] | 0x0f;
    g_autoptr(GBytes) longer = changed(whole, info + 13, &low, 1), longest = changed(longer, info + 14, "\xff\xff\xff\xff", 4);
    assert_sound(longest, "longest.flac", TONE_MS);
    g_autoptr(GBytes) frames = changed(longest, info, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 10);
    assert_sound(frames, "frames.flac", TONE_MS);
    g_autoptr(GBytes) block = changed(longest, info + 34 + 1, "\xff\xff\xff", 3); /* the next block is said to have 16 MiB */
    assert_bounded_end(block, "block.flac", TONE_MS + 1000);
}

/* RFC 3533, section 6: polynomial 0x04c11db7, not reflected, begun with 0. */
static guint32 ogg_sum(const guint8 *data, gsize size) {
    guint32 sum = 0;
    for (gsize i = 0; i < size; i++) {
        sum ^= (guint32)data[i] << 24;
        for (int bit = 0; bit < 8; bit++) sum = sum << 1 ^ (sum & 0x80000000 ? 0x04c11db7 : 0);
    }
    return sum;
}

/* The last page's position, with the page's sum made right again. */
static GBytes *with_last_position(GBytes *ogg, guint64 position) {
    gsize size = g_bytes_get_size(ogg), last = 0;
    guint8 *data = g_memdup2(g_bytes_get_data(ogg, NULL), size);
    for (gsize i = 0; i + 27 < size; i++)
        if (memcmp(data + i, "OggS", 4) == 0) last = i;
    guint64 little = GUINT64_TO_LE(position);
    memcpy(data + last + 6, &little, sizeof little);
    memset(data + last + 22, 0, 4);
    guint32 sum = GUINT32_TO_LE(ogg_sum(data + last, size - last));
    memcpy(data + last + 22, &sum, sizeof sum);
    return g_bytes_new_take(data, size);
}

/* An Opus stream of five seconds that ends, it says, after a million hours; or before it began. */
static void test_opus_length(void) {
    static const guint64 hour = G_GUINT64_CONSTANT(3600) * 48000;
    static const guint64 positions[] = {1000000 * hour, G_MAXINT64, (guint64)1 << 63, G_MAXUINT64 - 1, 0};
    if (no_ffmpeg()) return;
    g_autoptr(GBytes) whole = make_media_bytes("-i TONE -c:a libopus", "length.opus");
    g_autoptr(GBytes) same = with_last_position(whole, TONE_MS * 48 + 312); /* the sum is made as it should be */
    assert_sound(same, "same.opus", TONE_MS);
    for (gsize i = 0; i < G_N_ELEMENTS(positions); i++) {
        g_autofree char *name = g_strdup_printf("ends-at-%" G_GUINT64_FORMAT ".opus", positions[i]);
        g_autoptr(GBytes) lying = with_last_position(whole, positions[i]);
        assert_bounded_end(lying, name, TONE_MS + 1000);
    }
}

/* ---- attached pictures ---- */

static void put_chunk(GByteArray *png, const char *type, const guint8 *data, guint size) {
    guint8 number[4];
    as_big_endian(size, number, 4);
    g_byte_array_append(png, number, 4);
    g_byte_array_append(png, (const guint8 *)type, 4);
    if (size > 0) g_byte_array_append(png, data, size);
    g_byte_array_append(png, (const guint8 *)"\0\0\0\0", 4); /* its sum, which a lenient reader passes over */
}

/* A PNG of a few bytes that says it is 65,535 pixels wide and high, in 16 bits and four colours: 32 GiB. */
static GBytes *picture_bomb(void) {
    static const guint8 head[] = {0, 0, 0xff, 0xff, 0, 0, 0xff, 0xff, 16, 6, 0, 0, 0}, data[] = {0x78, 0x9c, 3, 0, 0, 0, 0, 1};
    GByteArray *png = g_byte_array_new();
    g_byte_array_append(png, (const guint8 *)"\x89PNG\r\n\x1a\n", 8);
    put_chunk(png, "IHDR", head, sizeof head);
    put_chunk(png, "IDAT", data, sizeof data);
    put_chunk(png, "IEND", NULL, 0);
    return g_byte_array_free_to_bytes(png);
}

/* ID3 2.3 with one picture; `claim` instead of the tag's size where it is not 0. */
static GBytes *with_id3_picture(GBytes *mp3, GBytes *picture, guint32 claim) {
    static const guint8 about[] = "\0image/png\0\3"; /* encoding, type of the image, its role; the string's own NUL is its description */
    GByteArray *all = g_byte_array_new();
    guint32 body = (guint32)(sizeof about + g_bytes_get_size(picture)), tag = claim ? claim : body + 10;
    guint8 frame_size[4], tag_size[] = {tag >> 21 & 127, tag >> 14 & 127, tag >> 7 & 127, tag & 127};
    as_big_endian(body, frame_size, 4);
    g_byte_array_append(all, (const guint8 *)"ID3\3\0\0", 6);
    g_byte_array_append(all, tag_size, 4);
    g_byte_array_append(all, (const guint8 *)"APIC", 4);
    g_byte_array_append(all, frame_size, 4);
    g_byte_array_append(all, (const guint8 *)"\0\0", 2);
    g_byte_array_append(all, about, sizeof about);
    g_byte_array_append(all, g_bytes_get_data(picture, NULL), (guint)g_bytes_get_size(picture));
    g_byte_array_append(all, g_bytes_get_data(mp3, NULL), (guint)g_bytes_get_size(mp3));
    return g_byte_array_free_to_bytes(all);
}

static void test_pictures(void) {
    if (no_ffmpeg()) return;
    g_autoptr(GBytes) mp3 = make_media_bytes("-i TONE -c:a libmp3lame -id3v2_version 0 -write_xing 0", "bare.mp3"), bomb = picture_bomb();
    g_autoptr(GBytes) pictured = with_id3_picture(mp3, bomb, 0), longer = with_id3_picture(mp3, bomb, (1u << 28) - 1);
    assert_sound(pictured, "pictured.mp3", TONE_MS);
    assert_bounded_end(longer, "longer.mp3", TONE_MS + 1000);
    /* Pictures of a true size beside the sound, whose own size is then a lie. */
    static const char *const names[] = {"cover.flac", "cover.m4a", "cover.mp3"};
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autoptr(GBytes) whole = make_media_bytes("-f lavfi -i testsrc=size=8x8:duration=0.04:rate=25 -i TONE -map 1:a -map 0:v -c:v png "
                                                   "-disposition:v attached_pic -frames:v 1", names[i]);
        g_autoptr(GBytes) lying = changed(whole, place_of(whole, "IHDR", 1) + 4, "\0\0\xff\xff\0\0\xff\xff\x10\x06", 10);
        assert_sound(lying, names[i], TONE_MS);
    }
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    open_folder();
    g_test_add_func("/audio-lies/wav-sizes", test_wav_sizes);
    g_test_add_func("/audio-lies/wav-format", test_wav_format);
    g_test_add_func("/audio-lies/mp4-boxes", test_mp4_boxes);
    g_test_add_func("/audio-lies/mp4-data", test_mp4_data);
    g_test_add_func("/audio-lies/flac-length", test_flac_length);
    g_test_add_func("/audio-lies/opus-length", test_opus_length);
    g_test_add_func("/audio-lies/pictures", test_pictures);
    int failed = g_test_run();
    remove_folder();
    return failed;
}
