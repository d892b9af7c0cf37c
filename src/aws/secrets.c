/* Secrets from outside: read within limits, checked, overwritten when done with, and kept out of messages. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "aws/credentials_internal.h"
#include "base/limits.h"
#include "base/text.h"

#define TOLD_BYTES_MAX 300

void secret_free(char *secret) {
    if (secret) explicit_bzero(secret, strlen(secret));
    g_free(secret);
}

void secret_bytes_overwrite(GBytes *bytes) {
    gsize size = 0;
    gconstpointer data = bytes ? g_bytes_get_data(bytes, &size) : NULL;
    if (size > 0) explicit_bzero((gpointer)data, size);
}

/* Up to `room` bytes, and one more where there are. */
static bool read_all(int fd, char *text, gsize room, gsize *size) {
    gsize done = 0;
    while (done <= room) {
        ssize_t got = read(fd, text + done, room + 1 - done);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return false;
        if (got == 0) break;
        done += (gsize)got;
    }
    *size = done;
    return true;
}

static bool read_open(int fd, const char *path, const char *setting, gsize bytes_max, char **text, gsize *size, GError **error) {
    gsize got = 0;
    char *buffer = g_malloc0(bytes_max + 2);
    bool done = read_all(fd, buffer, bytes_max, &got);
    if (!done)
        fail(error, ERROR_CONFIG, "%s can't be read (%s names it): %s", path, setting, g_strerror(errno));
    else if (got > bytes_max)
        done = fail(error, ERROR_CONFIG, "%s has more than %d bytes: set %s to the right file", path, (int)bytes_max, setting);
    if (!done) {
        explicit_bzero(buffer, bytes_max + 2);
        g_free(buffer);
        return false;
    }
    *text = buffer;
    *size = got;
    return true;
}

bool secret_file_read(const char *path, const char *setting, gsize bytes_max, bool may_lack, char **text, gsize *size, GError **error) {
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe that nobody writes to must not hold it up */
    struct stat status;
    bool is_file = fd >= 0 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode), done = true;
    if (is_file) {
        done = read_open(fd, path, setting, bytes_max, text, size, error);
    } else if (may_lack && (fd >= 0 || errno == ENOENT || errno == ENOTDIR)) {
        *text = g_strdup("");
        *size = 0;
    } else {
        done = fail(error, ERROR_CONFIG, "%s can't be read: %s; set %s to a file that this program may read", path,
                    fd >= 0 ? "it is no regular file" : g_strerror(errno), setting);
    }
    if (fd >= 0) close(fd);
    return done;
}

bool secret_of_file(const char *path, const char *setting, char **secret, GError **error) {
    char *text = NULL;
    gsize size = 0;
    if (!secret_file_read(path, setting, AWS_CREDENTIAL_ANSWER_BYTES_MAX, false, &text, &size, error)) return false;
    bool good = g_strstrip(text)[0] != '\0';
    for (const char *c = text; good && *c; c++) good = g_ascii_isprint(*c);
    if (good)
        *secret = g_strdup(text);
    else
        fail(error, ERROR_CONFIG, "%s, which %s names, holds no token: it is empty, or has more than one line of printable ASCII", path, setting);
    explicit_bzero(text, size);
    g_free(text);
    return good;
}

char *told_by_service(const char *text, const char *const *secrets) {
    for (; text && *secrets; secrets++)
        if ((*secrets)[0] && strstr(text, *secrets)) return g_strdup("");
    if (!text) return g_strdup("");
    g_autofree char *clean = text_clean(text, (gssize)MIN(strlen(text), 4 * TOLD_BYTES_MAX), true);
    g_autofree char *folded = text_fold_space(clean);
    return text_cut(folded, TOLD_BYTES_MAX);
}

/* Printable ASCII without spaces: what goes into a header as it is. */
static bool check_text(const char *text, const char *name, const char *what, GError **error) {
    if (!text || !text[0]) return fail(error, ERROR_CONFIG, "%s has no %s", what, name);
    gsize length = strlen(text);
    if (length > AWS_CREDENTIAL_BYTES_MAX)
        return fail(error, ERROR_CONFIG, "%s: %s has more than %d bytes", what, name, (int)AWS_CREDENTIAL_BYTES_MAX);
    for (const char *c = text; *c; c++)
        if (!g_ascii_isgraph(*c)) return fail(error, ERROR_CONFIG, "%s: %s holds a space or another character that none has", what, name);
    return true;
}

bool credentials_of_texts(const CredentialTexts *texts, const CredentialTexts *names, const char *what, AwsCredentials **credentials, GError **error) {
    const char *token = texts->session_token && texts->session_token[0] ? texts->session_token : NULL;
    gint64 expires_ms = 0;
    if (!check_text(texts->access_key, names->access_key, what, error) || !check_text(texts->secret_key, names->secret_key, what, error) ||
        (token && !check_text(token, names->session_token, what, error)))
        return false;
    if (texts->expires && (!time_parse(texts->expires, &expires_ms) || expires_ms <= 0))
        return fail(error, ERROR_CONFIG, "%s has in %s no time such as 2026-01-31T10:00:00Z", what, names->expires);
    *credentials = aws_credentials_new(texts->access_key, texts->secret_key, token, expires_ms);
    return true;
}

static void overwrite(const json_t *value) {
    if (json_is_string(value)) explicit_bzero((gpointer)json_string_value(value), json_string_length(value));
}

bool credentials_of_json(json_t *json, const char *token_name, const char *what, AwsCredentials **credentials, GError **error) {
    CredentialTexts names = {"AccessKeyId", "SecretAccessKey", token_name, "Expiration"};
    CredentialTexts texts = {json_get_string(json, names.access_key, NULL), json_get_string(json, names.secret_key, NULL),
                             json_get_string(json, names.session_token, NULL), json_get_string(json, names.expires, NULL)};
    const json_t *expires = json_object_get(json, names.expires);
    bool good = (!expires || json_is_string(expires) || json_is_null(expires) ||
                 fail(error, ERROR_CONFIG, "%s has in %s no time such as 2026-01-31T10:00:00Z", what, names.expires)) &&
                credentials_of_texts(&texts, &names, what, credentials, error);
    overwrite(json_object_get(json, names.secret_key));
    overwrite(json_object_get(json, names.session_token));
    return good;
}
