/* Which transcript a file is, what its bytes mean as text, and the one way in which every format becomes a Transcript. */
#include "transcribe/import.h"

#include <string.h>

#include "base/limits.h"
#include "transcribe/import_format.h"

static const char *const names[] = {"none", "webvtt", "srt", "text", "amazon", "whisper", "hansard"};

const char *import_format_name(ImportFormat format) {
    g_assert((gsize)format < G_N_ELEMENTS(names));
    return names[format];
}

static bool has_utf16_mark(const guint8 *bytes, gsize size) {
    return size >= 2 && ((bytes[0] == 0xFF && bytes[1] == 0xFE) || (bytes[0] == 0xFE && bytes[1] == 0xFF));
}

/* UTF-8 from what the bytes seem to be; NULL where they are no text. */
static char *decode(const guint8 *bytes, gsize size) {
    const char *text = (const char *)bytes;
    if (size == 0) return g_strdup("");
    if (has_utf16_mark(bytes, size)) {
        gsize written = 0;
        char *wide =
            g_convert(text + 2, (gssize)size - 2, "UTF-8", bytes[0] == 0xFF ? "UTF-16LE" : "UTF-16BE", NULL, &written, NULL);
        if (wide && strlen(wide) == written) return wide;
        g_free(wide); /* it holds a zero: what follows would be lost */
        return NULL;
    }
    if (size >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0) text += 3, size -= 3;
    if (g_utf8_validate_len(text, size, NULL)) return g_strndup(text, size);
    return g_convert(text, (gssize)size, "UTF-8", "WINDOWS-1252", NULL, NULL, NULL);
}

static bool is_media(const guint8 *bytes, gsize size) {
    static const struct {
        gsize offset, size;
        const char *magic;
    } magics[] = {{0, 4, "RIFF"},
                  {0, 3, "ID3"},
                  {0, 4, "OggS"},
                  {0, 4, "fLaC"},
                  {0, 4, "\x1A\x45\xDF\xA3"},
                  {4, 4, "ftyp"},
                  {0, 4, "FORM"},
                  {0, 5, "#!AMR"},
                  {0, 4, "\x30\x26\xB2\x75"},
                  {0, 4, "caff"},
                  {0, 4, "PK\x03\x04"},
                  {0, 5, "%PDF-"},
                  {0, 2, "\x1F\x8B"}};
    for (gsize i = 0; i < G_N_ELEMENTS(magics); i++)
        if (size >= magics[i].offset + magics[i].size && memcmp(bytes + magics[i].offset, magics[i].magic, magics[i].size) == 0)
            return true;
    /* an MPEG audio frame: eleven bits set, a layer that is not reserved; FF FE would be UTF-16's mark */
    return size >= 2 && bytes[0] == 0xFF && (bytes[1] & 0xE0) == 0xE0 && (bytes[1] & 0x06) != 0x06;
}

static bool has_extension(const char *filename, const char *const *extensions) {
    const char *dot = strrchr(filename, '.');
    g_autofree char *extension = dot ? g_ascii_strdown(dot + 1, -1) : NULL;
    return extension && g_strv_contains(extensions, extension);
}

static bool is_named_media(const char *filename) {
    static const char *const extensions[] = {"aac", "aif", "aiff", "amr", "avi",  "caf", "flac", "m4a", "m4v",
                                             "mka", "mkv", "mov",  "mp2", "mp3",  "mp4", "mpeg", "mpg", "oga",
                                             "ogg", "ogv", "opus", "wav", "webm", "wma", "wmv",  NULL};
    return filename && has_extension(filename, extensions);
}

/* Without a name (pasted text), with none of its own, or with one that says text. */
static bool is_named_text(const char *filename) {
    static const char *const extensions[] = {"txt", "text", "md", "markdown", "vtt", "srt", NULL};
    return !filename || !strchr(filename, '.') || has_extension(filename, extensions);
}

/* The bytes' text; a head may end inside a character, and an odd byte of UTF-16 is none. NULL where they are no text. */
static char *decode_head(const guint8 *bytes, gsize size) {
    if (has_utf16_mark(bytes, size)) size &= ~(gsize)1;
    for (gsize cut = 0; cut <= 3 && cut <= size; cut++) {
        char *text = cut == 0 || bytes[size - cut] >= 0x80 ? decode(bytes, size - cut) : NULL;
        if (text) return text;
    }
    return NULL;
}

static bool is_plain(const char *text) {
    for (; *text; text++)
        if ((guchar)*text < 0x20 && !strchr("\t\n\r\f", *text)) return false;
    return true;
}

static ImportFormat detect_json(const char *text) {
    if (strstr(text, "\"results\"") &&
        (strstr(text, "\"transcripts\"") || strstr(text, "\"items\"") || strstr(text, "\"audio_segments\"")))
        return IMPORT_AMAZON_JSON;
    if (strstr(text, "\"schema\"") && strstr(text, "\"duration_ms\"")) return IMPORT_HANSARD_JSON;
    if (strstr(text, "\"transcription\"") || strstr(text, "\"segments\"") || strstr(text, "\"text\"")) return IMPORT_WHISPER_JSON;
    return IMPORT_NONE;
}

static ImportFormat detect_text(const char *text, const char *filename) {
    static const char *const vtt[] = {"vtt", NULL}, *const srt[] = {"srt", NULL};
    text += strspn(text, " \t\r\n\f");
    if (g_str_has_prefix(text, "WEBVTT") && strchr(" \t\r\n", text[6])) return IMPORT_VTT; /* strchr finds the end, too */
    if (*text == '{' || (*text == '[' && text[1 + strspn(text + 1, " \t\r\n")] == '{')) return detect_json(text);
    if (g_regex_match_simple("^(\\d+[ \\t]*\\r?\\n)?\\s*(\\d+:)?\\d+:\\d+[.,]\\d+\\s*-->", text, 0, 0))
        return filename && has_extension(filename, vtt) ? IMPORT_VTT : IMPORT_SRT;
    if (filename && has_extension(filename, srt) && strstr(text, "-->")) return IMPORT_SRT;
    if (filename && has_extension(filename, vtt) && strstr(text, "-->")) return IMPORT_VTT;
    return is_named_text(filename) ? IMPORT_TEXT : IMPORT_NONE;
}

ImportFormat import_detect(const void *head, gsize size, const char *filename) {
    const guint8 *bytes = head;
    size = MIN(size, 64 * KIB);
    bool wide = has_utf16_mark(bytes, size);
    if (is_named_media(filename) || is_media(bytes, size) || (!wide && size > 0 && memchr(bytes, 0, size))) return IMPORT_NONE;
    g_autofree char *text = decode_head(bytes, size);
    if (!text || !is_plain(text)) return IMPORT_NONE;
    return detect_text(text, filename);
}

/* "\r\n" and "\r" become "\n", in place. */
static void unify_line_ends(char *text) {
    char *to = text;
    for (const char *from = text; *from; from++) {
        if (*from == '\r' && from[1] == '\n') continue;
        *to++ = *from == '\r' ? '\n' : *from;
    }
    *to = '\0';
}

static bool decode_file(const void *data, gsize size, char **text, GError **error) {
    if (size > TRANSCRIPT_FILE_BYTES_MAX)
        return fail(error, ERROR_TOO_LARGE, "The transcript file is larger than %llu MiB; split it",
                    TRANSCRIPT_FILE_BYTES_MAX / MIB);
    if (!has_utf16_mark(data, size) && size > 0 && memchr(data, 0, size))
        return fail(error, ERROR_INVALID, "The transcript file holds zero bytes, so it is no text; export it as text again");
    *text = decode(data, size);
    if (!*text)
        return fail(error, ERROR_INVALID, "The transcript file is neither UTF-8, UTF-16 nor Windows-1252 text; save it as UTF-8");
    unify_line_ends(*text);
    return true;
}

static bool read_json(ImportFormat format, const char *text, Transcript **transcript, GError **error) {
    g_autoptr(json_t) json = json_parse(text, strlen(text), "The transcript", error);
    if (!json) return false;
    if (format == IMPORT_AMAZON_JSON) return import_amazon(json, *transcript, error);
    if (format == IMPORT_WHISPER_JSON) return import_whisper(json, *transcript, error);
    Transcript *read = NULL;
    GError *reason = NULL;
    if (!transcript_from_json(json, &read, &reason)) {
        fail(error, ERROR_INVALID, "%s", reason->message); /* a file that someone sends is invalid, not corrupt */
        g_error_free(reason);
        return false;
    }
    g_clear_pointer(&read->meeting_id, g_free); /* it becomes another meeting */
    g_clear_pointer(&read->run, g_free);
    transcript_free(*transcript);
    *transcript = read;
    return true;
}

static bool read_format(ImportFormat format, const char *text, Transcript **transcript, GError **error) {
    switch (format) {
    case IMPORT_VTT:
        return import_vtt(text, *transcript, error);
    case IMPORT_SRT:
        return import_srt(text, *transcript, error);
    case IMPORT_TEXT:
        return import_text(text, *transcript, error);
    case IMPORT_AMAZON_JSON:
    case IMPORT_WHISPER_JSON:
    case IMPORT_HANSARD_JSON:
        return read_json(format, text, transcript, error);
    case IMPORT_NONE:
        break;
    }
    return fail(error, ERROR_UNSUPPORTED_MEDIA,
                "The file is no transcript that can be read; send WebVTT, SRT, text or a transcriber's JSON");
}

bool import_result(ImportFormat format, const void *data, gsize size, Transcript **transcript, GError **error) {
    g_autofree char *text = NULL;
    g_autoptr(Transcript) read = transcript_new();
    if (!decode_file(data, size, &text, error) || !read_format(format, text, &read, error)) return false;
    transcript_sort(read);
    if (!transcript_language_is_code(read->language)) g_clear_pointer(&read->language, g_free); /* "english", or a stranger's long text */
    gint64 end_ms = 0;
    for (guint i = 0; i < read->segments->len; i++) end_ms = MAX(end_ms, transcript_segment(read, i)->end_ms);
    read->duration_ms = MAX(read->duration_ms, end_ms);
    if (format != IMPORT_HANSARD_JSON) read->covered_ms = read->duration_ms;
    g_free(read->transcriber);
    g_free(read->model);
    read->transcriber = g_strdup("import");
    read->model = g_strdup(import_format_name(format));
    *transcript = g_steal_pointer(&read);
    return true;
}

bool import_transcript(ImportFormat format, const void *data, gsize size, Transcript **transcript, GError **error) {
    g_autoptr(Transcript) read = NULL;
    if (!import_result(format, data, size, &read, error)) return false;
    if (read->segments->len == 0)
        return fail(error, ERROR_INVALID, "The transcript file has no words in it; check that it is the right one");
    *transcript = g_steal_pointer(&read);
    return true;
}
