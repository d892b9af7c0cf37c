/* Amazon Transcribe's double: the calls that the program makes, answered in the shapes that the service publishes (API of 2017-10-26), and no call
 * taken whose signature does not hold or whose members the service would refuse. Its jobs live here, its results go into the test's store. */
#pragma once

#include "scripted_signature.h"
#include "store/memory.h"
#include "transcribe/amazon_internal.h"

#define ACCESS_KEY "AKIATESTEXAMPLE00001"
#define SECRET_KEY "secret/of+the+double/9f8e7d6c5b4a"
#define REGION "eu-central-1"
#define BUCKET "acme-meetings"

typedef struct Double Double;
/* Called for each call, `number` counting those of this action from 0; NULL: the double answers as the service would; "": it does what it is told,
 * and no answer ever comes. */
typedef char *(*DoubleFault)(Double *service, const char *action, guint number);

struct Double {
    Store *store;
    const char *prefix;   /* of the workspace */
    GBytes *result;       /* put at the end of a job; NULL: nothing is */
    const char *failure;  /* the job ends with this reason; NULL: it does not fail */
    const char *language; /* found out, where none was said */
    DoubleFault fault;
    /* its state */
    GTree *counts;       /* action → calls */
    json_t *job;         /* what StartTranscriptionJob was sent; NULL: there is none */
    guint age;           /* looks at the job: queued, running, done */
    GTree *vocabularies; /* name → looks */
    json_t *vocabulary;  /* the last CreateVocabulary */
    bool vocabulary_fails;
};

static inline guint double_count(Double *service, const char *action) { return GPOINTER_TO_UINT(g_tree_lookup(service->counts, action)); }

static inline char *double_error(int status, const char *type, const char *message) {
    return scripted_reply_json(status, json_pack("{ssss}", "__type", type, "Message", message));
}

static inline void double_check_members(const json_t *object, const char *const *known) {
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)object, name, value) if (!g_strv_contains(known, name)) g_error("the service knows no member %s", name);
}

/* The rules of the API's reference for StartTranscriptionJob. */
static inline void double_check_start(const Double *service, const json_t *sent) {
    static const char *const members[] = {"TranscriptionJobName",
                                          "Media",
                                          "OutputBucketName",
                                          "OutputKey",
                                          "OutputEncryptionKMSKeyId",
                                          "LanguageCode",
                                          "IdentifyLanguage",
                                          "IdentifyMultipleLanguages",
                                          "Settings",
                                          NULL};
    static const char *const settings_members[] = {"ChannelIdentification", "ShowSpeakerLabels", "MaxSpeakerLabels", "VocabularyName", NULL};
    const json_t *settings = json_object_get(sent, "Settings"), *labels = json_object_get(settings, "MaxSpeakerLabels");
    double_check_members(sent, members);
    double_check_members(settings, settings_members);
    g_assert_true(g_regex_match_simple("^[0-9a-zA-Z._-]{1,200}$", json_get_string(sent, "TranscriptionJobName", ""), 0, 0));
    g_assert_true(g_regex_match_simple("^s3://.{1,1995}$", json_get_string(json_object_get(sent, "Media"), "MediaFileUri", ""), 0, 0));
    g_assert_true(g_regex_match_simple("^[a-zA-Z0-9-_.!*'()/]{1,1024}$", json_get_string(sent, "OutputKey", ""), 0, 0));
    g_assert_cmpstr(json_get_string(sent, "OutputBucketName", ""), ==, BUCKET);
    guint languages = !!json_object_get(sent, "LanguageCode") + json_get_bool(sent, "IdentifyLanguage", false) +
                      json_get_bool(sent, "IdentifyMultipleLanguages", false);
    g_assert_cmpuint(languages, ==, 1);
    g_assert_cmpint(json_get_bool(settings, "ShowSpeakerLabels", false), ==, labels != NULL);
    if (labels) g_assert_true(json_integer_value(labels) >= 2 && json_integer_value(labels) <= 30);
    g_assert_false(labels && json_get_bool(settings, "ChannelIdentification", false));
    g_assert_false(json_object_get(settings, "VocabularyName") && !json_object_get(sent, "LanguageCode"));
}

static inline char *double_job(Double *service) {
    static const char *const states[] = {"QUEUED", "IN_PROGRESS", "COMPLETED"};
    const json_t *sent = service->job;
    const char *state = states[MIN(service->age, 2)], *code = json_get_string(sent, "LanguageCode", service->age < 2 ? NULL : service->language);
    json_t *job =
        json_pack("{sssssOsfsO*}", "TranscriptionJobName", json_get_string(sent, "TranscriptionJobName", ""), "TranscriptionJobStatus", state,
                  "Media", json_object_get(sent, "Media"), "CreationTime", 1772600000.5, "Settings", json_object_get(sent, "Settings"));
    if (code) json_object_set_new(job, "LanguageCode", json_string(code));
    if (service->age >= 2 && service->failure) {
        json_object_set_new(job, "TranscriptionJobStatus", json_string("FAILED"));
        json_object_set_new(job, "FailureReason", json_string(service->failure));
    } else if (service->age >= 2) {
        const char *key = json_get_string(sent, "OutputKey", "");
        g_autofree char *uri = g_strdup_printf("https://s3." REGION ".amazonaws.com/" BUCKET "/%s", key);
        json_object_set_new(job, "Transcript", json_pack("{ss}", "TranscriptFileUri", uri));
        g_assert_true(g_str_has_prefix(key, service->prefix));
        if (service->result) g_assert_true(store_put(service->store, key + strlen(service->prefix), service->result, NULL, NULL, NULL));
    }
    service->age++;
    return scripted_reply_json(200, json_pack("{so}", "TranscriptionJob", job));
}

static inline bool double_is_job(const Double *service, const json_t *sent) {
    return service->job && strcmp(json_get_string(sent, "TranscriptionJobName", ""), json_get_string(service->job, "TranscriptionJobName", "-")) == 0;
}

static inline char *double_vocabulary(Double *service, const char *name) {
    guint looks = GPOINTER_TO_UINT(g_tree_lookup(service->vocabularies, name));
    g_tree_insert(service->vocabularies, g_strdup(name), GUINT_TO_POINTER(looks + 1));
    json_t *told = json_pack("{sssssssf}", "VocabularyName", name, "LanguageCode", "en-US", "VocabularyState", looks < 2 ? "PENDING" : "READY",
                             "LastModifiedTime", 1772600000.5);
    if (looks >= 2 && service->vocabulary_fails) {
        json_object_set_new(told, "VocabularyState", json_string("FAILED"));
        json_object_set_new(told, "FailureReason", json_string("Your vocabulary contains a character that isn't supported for the language."));
    }
    return scripted_reply_json(200, told);
}

static inline char *double_answer_well(Double *service, const char *action, const json_t *sent) {
    if (strcmp(action, "StartTranscriptionJob") == 0) {
        double_check_start(service, sent);
        if (double_is_job(service, sent))
            return double_error(409, "ConflictException", "The requested job name already exists. Use a different job name.");
        json_decref(service->job);
        service->job = json_incref((json_t *)sent);
        service->age = 0;
        return double_job(service);
    }
    if (strcmp(action, "GetTranscriptionJob") == 0)
        return double_is_job(service, sent)
                   ? double_job(service)
                   : double_error(400, "BadRequestException", "The requested job couldn't be found. Check the job name and try your request again.");
    if (strcmp(action, "DeleteTranscriptionJob") == 0) {
        if (double_is_job(service, sent)) g_clear_pointer(&service->job, json_decref);
        return scripted_reply(200, NULL, "");
    }
    const char *name = json_get_string(sent, "VocabularyName", "");
    bool stands = g_tree_lookup(service->vocabularies, name);
    if (strcmp(action, "GetVocabulary") == 0 && stands) return double_vocabulary(service, name);
    if (strcmp(action, "GetVocabulary") == 0) return double_error(404, "NotFoundException", "The requested vocabulary couldn't be found.");
    if (strcmp(action, "DeleteVocabulary") == 0) {
        g_tree_remove(service->vocabularies, name);
        return scripted_reply(200, NULL, "");
    }
    g_assert_cmpstr(action, ==, "CreateVocabulary");
    g_assert_false(stands);
    json_decref(service->vocabulary);
    service->vocabulary = json_incref((json_t *)sent);
    return double_vocabulary(service, name);
}

static inline char *double_answer(const ScriptedRequest *request, guint number, gpointer user_data) {
    Double *service = user_data;
    g_autofree char *target = scripted_header(request, "X-Amz-Target"), *type = scripted_header(request, "Content-Type");
    scripted_check_signature(request, ACCESS_KEY, SECRET_KEY, REGION, "transcribe");
    g_assert_cmpstr(type, ==, "application/x-amz-json-1.1");
    g_assert_true(target && g_str_has_prefix(target, "Transcribe."));
    const char *action = target + strlen("Transcribe.");
    guint count = double_count(service, action);
    g_tree_insert(service->counts, g_strdup(action), GUINT_TO_POINTER(count + 1));
    char *fault = service->fault ? service->fault(service, action, count) : NULL;
    char *answer = fault && fault[0] ? NULL : double_answer_well(service, action, request->json);
    if (!fault || fault[0]) return fault ? fault : answer;
    g_free(fault); /* it was done, and nobody is told */
    g_free(answer);
    return NULL;
}

static inline void double_init(Double *service, Store *store) {
    *service = (Double){.store = store, .prefix = "", .language = "en-US"};
    service->counts = text_map_new(g_free, NULL);
    service->vocabularies = text_map_new(g_free, NULL);
}

static inline void double_clear(Double *service) {
    g_tree_unref(service->counts);
    g_tree_unref(service->vocabularies);
    json_decref(service->job);
    json_decref(service->vocabulary);
    g_clear_pointer(&service->result, g_bytes_unref);
}

/* A result as the service writes it, of two speakers; the words' members are those of its documentation. */
static inline json_t *double_word(const char *start, const char *end, const char *content, const char *confidence, const char *speaker) {
    return json_pack("{sssssss[{ssss}]ss}", "type", "pronunciation", "start_time", start, "end_time", end, "alternatives", "confidence", confidence,
                     "content", content, "speaker_label", speaker);
}

static inline json_t *double_point(const char *content, const char *speaker) {
    return json_pack("{sss[{ssss}]ss}", "type", "punctuation", "alternatives", "confidence", "0.0", "content", content, "speaker_label", speaker);
}

static inline json_t *double_good_result(void) {
    json_t *items = json_array(),
           *results = json_pack("{s[{ss}]s{si}so}", "transcripts", "transcript", "I send it. Good.", "speaker_labels", "speakers", 2, "items", items);
    json_array_append_new(items, double_word("0.25", "0.4", "I", "0.999", "spk_0"));
    json_array_append_new(items, double_word("0.4", "0.75", "send", "0.98", "spk_0"));
    json_array_append_new(items, double_word("0.75", "0.9", "it", "0.5", "spk_0"));
    json_array_append_new(items, double_point(".", "spk_0"));
    json_array_append_new(items, double_word("1.2", "1.5", "Good", "1.0", "spk_1"));
    json_array_append_new(items, double_point(".", "spk_1"));
    return json_pack("{ssssssso}", "jobName", "hansard", "accountId", "123456789012", "status", "COMPLETED", "results", results);
}

static inline GBytes *double_bytes(json_t *json) {
    GBytes *bytes = json_to_bytes(json, false);
    json_decref(json);
    return bytes;
}
