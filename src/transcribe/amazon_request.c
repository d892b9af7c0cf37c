/* What Amazon Transcribe is sent: which recordings, languages and names it takes. Limits and formats are those of its published API (2017-10-26). */
#include <string.h>

#include "base/limits.h"
#include "model/keys.h"
#include "transcribe/amazon_internal.h"

#define INSTEAD "or set HANSARD_TRANSCRIBER=whisper to transcribe on this machine"

/* ---- recordings ---- */

/* The format by its first bytes, whatever the file is called; NULL: none that is taken. */
static const char *format_of(const guint8 *head, gsize size) {
    static const struct {
        gsize offset, length;
        const char *magic, *name;
    } formats[] = {{0, 4, "fLaC", "flac"}, {0, 4, "OggS", "ogg"}, {0, 3, "ID3", "mp3"}, {0, 5, "#!AMR", "amr"}, {8, 4, "WAVE", "wav"}};
    for (gsize i = 0; i < G_N_ELEMENTS(formats); i++)
        if (size >= formats[i].offset + formats[i].length && memcmp(head + formats[i].offset, formats[i].magic, formats[i].length) == 0)
            return formats[i].name;
    if (size >= 12 && memcmp(head + 4, "ftyp", 4) == 0) return memcmp(head + 8, "qt  ", 4) == 0 ? NULL : "mp4";               /* m4a, too */
    if (size >= 4 && memcmp(head, "\x1A\x45\xDF\xA3", 4) == 0) return memmem(head, MIN(size, 64), "webm", 4) ? "webm" : NULL; /* else Matroska */
    /* a frame of MPEG audio, layer III */
    return size >= 2 && head[0] == 0xFF && (head[1] & 0xE0) == 0xE0 && (head[1] & 0x06) == 0x02 ? "mp3" : NULL;
}

bool amazon_media_check(guint64 size, const void *head, gsize head_size, GError **error) {
    if (size > TRANSCRIBE_BYTES_MAX)
        return fail(error, ERROR_TOO_LARGE,
                    "Amazon Transcribe takes recordings of at most 2 GB: split this one or convert it to a smaller format, " INSTEAD ".");
    if (!format_of(head, head_size))
        return fail(error, ERROR_UNSUPPORTED_MEDIA,
                    "Amazon Transcribe takes AMR, FLAC, M4A, MP3, MP4, Ogg, WebM and WAV, and this recording is none of them: convert it, " INSTEAD
                    ".");
    return true;
}

/* ---- languages ---- */

/* Transcribe wants a country with most languages; these are meant where none is said. */
static const char *const languages[] = {
    "en-US", "de-DE", "es-ES", "fr-FR", "it-IT", "pt-BR", "nl-NL", "da-DK", "sv-SE", "no-NO", "fi-FI", "is-IS", "pl-PL", "cs-CZ", "sk-SK", "sl-SI",
    "hr-HR", "sr-RS", "bs-BA", "mk-MK", "bg-BG", "ro-RO", "hu-HU", "el-GR", "et-EE", "lv-LV", "lt-LT", "uk-UA", "ru-RU", "be-BY", "tr-TR", "ar-SA",
    "he-IL", "fa-IR", "zh-CN", "ja-JP", "ko-KR", "hi-IN", "bn-IN", "ta-IN", "te-IN", "mr-IN", "gu-IN", "kn-IN", "ml-IN", "pa-IN", "ps-AF", "si-LK",
    "th-TH", "vi-VN", "id-ID", "ms-MY", "tl-PH", "af-ZA", "zu-ZA", "sw-KE", "am-ET", "so-SO", "ha-NG", "wo-SN", "rw-RW", "ca-ES", "gl-ES", "eu-ES",
    "cy-GB", "ga-IE", "mt-MT", "hy-AM", "ka-GE", "az-AZ", "kk-KZ", "ky-KG", "uz-UZ", "tt-RU", "mn-MN", "ne-NP", "my-MM", "km-KH", "ht-HT",
};

/* "de-ch" → "de-CH"; false where it is not of the form. */
static bool read_full_code(const char *asked, AmazonLanguage *language) {
    gsize length = strlen(asked), letters = strcspn(asked, "-_");
    if (letters < 2 || letters > 3 || length != letters + 3) return false;
    for (gsize i = 0; i < length; i++) {
        if (i != letters && !g_ascii_isalpha(asked[i])) return false;
        language->text[i] = i < letters ? g_ascii_tolower(asked[i]) : i == letters ? '-' : g_ascii_toupper(asked[i]);
    }
    language->text[length] = '\0';
    language->code = language->text;
    return true;
}

bool amazon_language_read(const char *asked, AmazonLanguage *language, GError **error) {
    *language = (AmazonLanguage){0};
    if (!asked || !asked[0] || g_ascii_strcasecmp(asked, "auto") == 0) return true;
    language->several = g_ascii_strcasecmp(asked, "multi") == 0;
    if (language->several) return true;
    gsize length = strlen(asked);
    for (gsize i = 0; i < G_N_ELEMENTS(languages) && length == 2; i++)
        if (g_ascii_strncasecmp(languages[i], asked, 2) == 0) {
            language->code = languages[i];
            return true;
        }
    return read_full_code(asked, language) || fail(error, ERROR_CONFIG,
                                                   "\"%.20s\" is no language that Amazon Transcribe takes: set HANSARD_LANGUAGE (or the recording's "
                                                   "language) to one with its country as de-CH, to auto, "
                                                   "or to multi where several are spoken.",
                                                   asked);
}

/* ---- the job ---- */

/* Both of [A-Za-z0-9._-], 128 and 36 bytes at most: within the 200 of a name. */
char *amazon_job_name(const TranscribeInput *input) { return g_strconcat("hansard-", input->meeting_id, "-", input->run, NULL); }

/* Among the meeting's documents, so that a delete takes it, too. */
char *amazon_output_key(const TranscribeInput *input) {
    return g_strconcat(PREFIX_MEETINGS, input->meeting_id, "/amazon-", input->run, ".json", NULL);
}

static void set_language(json_t *request, const AmazonLanguage *language) {
    if (language->code)
        json_object_set_new(request, "LanguageCode", json_string(language->code));
    else
        json_object_set_new(request, language->several ? "IdentifyMultipleLanguages" : "IdentifyLanguage", json_true());
}

/* Channels and speaker labels exclude each other. */
static json_t *settings_of(const Settings *settings, const char *vocabulary) {
    json_t *asked = json_object();
    if (g_strcmp0(settings->channels, "separate") == 0) {
        json_object_set_new(asked, "ChannelIdentification", json_true());
    } else if (settings->max_speakers >= 2) {
        json_object_set_new(asked, "ShowSpeakerLabels", json_true());
        json_object_set_new(asked, "MaxSpeakerLabels", json_integer(settings->max_speakers));
    }
    if (vocabulary) json_object_set_new(asked, "VocabularyName", json_string(vocabulary));
    return asked;
}

json_t *amazon_job_request(const Amazon *amazon, const TranscribeInput *input, const AmazonLanguage *language, const char *vocabulary) {
    const Settings *settings = amazon->settings;
    g_autofree char *name = amazon_job_name(input), *key = amazon_output_key(input);
    g_autofree char *from = g_strconcat("s3://", settings->bucket, "/", amazon->prefix, input->key, NULL),
                    *to = g_strconcat(amazon->prefix, key, NULL);
    json_t *request = json_pack("{s:s, s:{s:o}, s:s, s:s}", "TranscriptionJobName", name, "Media", "MediaFileUri", json_text(from),
                                "OutputBucketName", settings->bucket, "OutputKey", to);
    json_t *asked = settings_of(settings, vocabulary);
    set_language(request, language);
    if (json_object_size(asked) > 0) json_object_set(request, "Settings", asked);
    json_decref(asked);
    if (settings->s3_sse_kms_key) json_object_set_new(request, "OutputEncryptionKMSKeyId", json_string(settings->s3_sse_kms_key));
    return request;
}
