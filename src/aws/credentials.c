/* One set of credentials, and the chain over the providers.
 *
 * The chain holds the set in force. One thread at a time asks for a new one, without the lock; meanwhile the others take the old one where it still
 * holds, and else wait for the answer. Between two asks lie AWS_CREDENTIALS_RETRY_MS, whatever came of the first, so that a provider that fails, or
 * whose sets live shorter than AWS_CREDENTIALS_REFRESH_MS, is not asked with every call. */
#include <string.h>

#include "aws/credentials_internal.h"
#include "base/limits.h"

static const CredentialsProvider providers[] = {credentials_environment, credentials_web_identity, credentials_profile, credentials_container,
                                                credentials_instance};

struct AwsCredentialsChain {
    CredentialsAsk ask;
    bool is_fixed;
    GMutex lock; /* of all below */
    GCond answered;
    bool asking;
    guint64 answers;         /* so many asks have ended */
    AwsCredentials *current; /* NULL: none yet */
    char *source;
    bool rejected;           /* the service has refused the current ones */
    GError *problem;         /* of the last ask; NULL: it went well */
    gint64 asked_ms;         /* when it ended; 0: never asked */
};

AwsCredentials *aws_credentials_new(const char *access_key, const char *secret_key, const char *session_token, gint64 expires_ms) {
    AwsCredentials *credentials = g_atomic_rc_box_new0(AwsCredentials);
    credentials->access_key = g_strdup(access_key);
    credentials->secret_key = g_strdup(secret_key);
    credentials->session_token = g_strdup(session_token);
    credentials->expires_ms = expires_ms;
    return credentials;
}

AwsCredentials *aws_credentials_ref(const AwsCredentials *credentials) { return g_atomic_rc_box_acquire((gpointer)credentials); }

static void clear(gpointer data) {
    AwsCredentials *credentials = data;
    g_free(credentials->access_key);
    secret_free(credentials->secret_key);
    secret_free(credentials->session_token);
}

void aws_credentials_unref(AwsCredentials *credentials) {
    if (credentials) g_atomic_rc_box_release_full(credentials, clear);
}

void credentials_found_clear(CredentialsFound *found) {
    aws_credentials_unref(found->credentials);
    g_free(found->source);
    g_free(found->absent);
    *found = (CredentialsFound){0};
}

AwsCredentialsChain *aws_credentials_chain_new(const Settings *settings, HttpTransport *transport, Clock *clock) {
    AwsCredentialsChain *chain = g_new0(AwsCredentialsChain, 1);
    chain->ask = (CredentialsAsk){.settings = settings, .transport = transport, .clock = clock};
    g_mutex_init(&chain->lock);
    g_cond_init(&chain->answered);
    return chain;
}

AwsCredentialsChain *aws_credentials_chain_fixed(const char *access_key, const char *secret_key, const char *session_token) {
    AwsCredentialsChain *chain = aws_credentials_chain_new(NULL, NULL, clock_system());
    chain->is_fixed = true;
    chain->current = aws_credentials_new(access_key, secret_key, session_token, 0);
    chain->source = g_strdup("fixed");
    return chain;
}

void aws_credentials_chain_free(AwsCredentialsChain *chain) {
    if (!chain) return;
    aws_credentials_unref(chain->current);
    g_free(chain->source);
    g_clear_error(&chain->problem);
    g_cond_clear(&chain->answered);
    g_mutex_clear(&chain->lock);
    g_free(chain);
}

/* A set that has ended before it was used: its source is stale, or a clock is wrong. */
static bool check_life(const CredentialsAsk *ask, const CredentialsFound *found, GError **error) {
    gint64 expires_ms = found->credentials->expires_ms, now_ms = clock_now_ms(ask->clock);
    if (expires_ms == 0 || expires_ms > now_ms) return true;
    g_autofree char *end = time_format(expires_ms), *now = time_format(now_ms);
    return fail(error, ERROR_CONFIG, "The AWS credentials (from: %s) expired at %s, and it is %s: renew them there, or set this machine's clock right",
                found->source, end, now);
}

/* The first provider that has credentials or fails. `had_some`: then their source is away for a while, not unset. */
static bool ask_providers(const CredentialsAsk *ask, bool had_some, CredentialsFound *answer, GError **error) {
    g_autoptr(GString) looked = g_string_new(NULL);
    for (guint i = 0; i < G_N_ELEMENTS(providers); i++) {
        g_auto(CredentialsFound) found = {0};
        if (!providers[i](ask, &found, error) || (found.credentials && !check_life(ask, &found, error))) return false;
        if (found.credentials) {
            *answer = found;
            found = (CredentialsFound){0};
            return true;
        }
        g_string_append_printf(looked, "%s%s", looked->len > 0 ? ", " : "", found.absent);
    }
    return fail(error, had_some ? ERROR_UNAVAILABLE : ERROR_CONFIG,
                "There are no AWS credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment or .env, or AWS_PROFILE to a "
                "profile that has some (looked at: %s)",
                looked->str);
}

static bool holds(const AwsCredentialsChain *chain, gint64 now_ms) {
    return chain->current && !chain->rejected && (chain->current->expires_ms == 0 || chain->current->expires_ms > now_ms);
}

static bool is_fresh(const AwsCredentialsChain *chain, gint64 now_ms) {
    return holds(chain, now_ms) && (chain->current->expires_ms == 0 || chain->current->expires_ms - now_ms > AWS_CREDENTIALS_REFRESH_MS);
}

/* A clock that was set back does not put the next ask off. */
static bool asked_just_now(const AwsCredentialsChain *chain, gint64 now_ms) {
    return chain->asked_ms != 0 && now_ms >= chain->asked_ms && now_ms - chain->asked_ms < AWS_CREDENTIALS_RETRY_MS;
}

/* The lock is held, but not while the providers are asked. */
static void ask(AwsCredentialsChain *chain) {
    g_auto(CredentialsFound) answer = {0};
    GError *problem = NULL;
    bool had_some = chain->current != NULL;
    chain->asking = true;
    g_mutex_unlock(&chain->lock);
    bool done = ask_providers(&chain->ask, had_some, &answer, &problem);
    g_mutex_lock(&chain->lock);
    chain->asking = false;
    chain->answers++;
    chain->asked_ms = clock_now_ms(chain->ask.clock);
    g_clear_error(&chain->problem);
    chain->problem = problem;
    if (done) {
        aws_credentials_unref(chain->current);
        chain->current = g_steal_pointer(&answer.credentials);
        g_free(chain->source);
        chain->source = g_steal_pointer(&answer.source);
        chain->rejected = false;
    }
    g_cond_broadcast(&chain->answered);
}

static void wait_for_answer(AwsCredentialsChain *chain) {
    guint64 answers = chain->answers;
    while (chain->answers == answers) g_cond_wait(&chain->answered, &chain->lock);
}

/* The lock is held. */
static bool get(AwsCredentialsChain *chain, AwsCredentials **credentials, GError **error) {
    gint64 now_ms = clock_now_ms(chain->ask.clock);
    bool must = !chain->is_fixed && !is_fresh(chain, now_ms);
    if (must && chain->asking) {
        if (!holds(chain, now_ms)) wait_for_answer(chain);
    } else if (must && (!asked_just_now(chain, now_ms) || (!chain->problem && !holds(chain, now_ms)))) {
        ask(chain);
    }
    if (chain->problem && !holds(chain, clock_now_ms(chain->ask.clock))) {
        g_propagate_error(error, g_error_copy(chain->problem));
        return false;
    }
    *credentials = aws_credentials_ref(chain->current);
    return true;
}

bool aws_credentials_get(AwsCredentialsChain *chain, AwsCredentials **credentials, GError **error) {
    g_mutex_lock(&chain->lock);
    bool done = get(chain, credentials, error);
    g_mutex_unlock(&chain->lock);
    return done;
}

void aws_credentials_reject(AwsCredentialsChain *chain, const AwsCredentials *credentials) {
    g_mutex_lock(&chain->lock);
    if (!chain->is_fixed && credentials == chain->current && !asked_just_now(chain, clock_now_ms(chain->ask.clock))) chain->rejected = true;
    g_mutex_unlock(&chain->lock);
}

char *aws_credentials_source(AwsCredentialsChain *chain) {
    g_mutex_lock(&chain->lock);
    char *source = g_strdup(chain->source);
    g_mutex_unlock(&chain->lock);
    return source;
}
