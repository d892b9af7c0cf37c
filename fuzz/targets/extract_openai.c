/* An answer of a service of OpenAI's kind: a chat completion, or whatever stands in its place. */
#include "fuzz.h"
#include "model_service.h"

void fuzz_extract_openai(const guint8 *data, gsize size) {
    static const char *const options[] = {"OPENAI_BASE_URL", "http://127.0.0.1:1/v1", "OPENAI_MODEL", "a-model", "OPENAI_API_KEY", "sk-secret-key", NULL};
    fuzz_service(&llm_service_openai, options, "sk-secret-key", data, size);
}
