/* An answer of Amazon Bedrock to Converse, or whatever stands in its place. */
#include "fuzz.h"
#include "model_service.h"

void fuzz_extract_bedrock(const guint8 *data, gsize size) {
    static const char *const options[] = {"BEDROCK_MODEL_ID", "a-model", "AWS_REGION", "eu-central-1", "AWS_ACCESS_KEY_ID", "AKIDEXAMPLE",
                                          "AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI-secret", NULL};
    fuzz_service(&llm_service_bedrock, options, "wJalrXUtnFEMI-secret", data, size);
}
