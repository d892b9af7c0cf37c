/* An answer of a service of AWS that is an error: "status", header lines, an empty line, the body. What is told of it never repeats a credential. */
#include "aws/credentials_internal.h"
#include "aws/failure.h"
#include "fuzz.h"

static void read_headers(FuzzInput *input, HttpHeaders *headers) {
    for (;;) {
        g_autofree char *line = input_line(input);
        char *colon = strchr(line, ':');
        if (!colon) return;
        *colon = '\0';
        http_headers_add(headers, line, g_strstrip(colon + 1));
    }
}

void fuzz_aws_answer(const guint8 *data, gsize size) {
    static const char secret[] = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", token[] = "FwoGZXIvYXdzEBYaDGV4YW1wbGV0b2tlbg";
    FuzzInput input = {data, size};
    g_autofree char *status = input_line(&input);
    g_auto(HttpResponse) answer = {.status = (int)CLAMP(g_ascii_strtoll(status, NULL, 10), 100, 599), .headers = http_headers_new()};
    read_headers(&input, answer.headers);
    answer.body = g_bytes_new(input.at, input.left);
    g_autoptr(AwsCredentials) credentials = aws_credentials_new("AKIDEXAMPLE", secret, token, 0);
    static const char *const services[] = {"s3", "dynamodb", "transcribe"};
    for (gsize i = 0; i < G_N_ELEMENTS(services); i++) {
        AwsFailureContext context = {services[i], "https://s3.eu-central-1.amazonaws.com", "eu-central-1", "bucket b (S3_BUCKET_NAME)", credentials};
        g_auto(AwsOutcome) outcome = {0};
        g_autoptr(GError) error = NULL;
        aws_failure_read(&context, &answer, &outcome);
        fuzz_text(outcome.code, 1024);
        fuzz_text(outcome.message, 4096);
        aws_failure_remedy(&context, &outcome);
        aws_failure_is_refusal(&context, &outcome);
        g_assert_false(aws_failure_tell(&context, &outcome, &error));
        g_assert_true(error && error->domain == HANSARD_ERROR && g_utf8_validate(error->message, -1, NULL));
        g_assert_true(!strstr(error->message, secret) && !strstr(error->message, token));
    }
    HttpRequest put = {.method = "PUT", .url = "https://h/k"};
    aws_failure_in_success(&put, &answer);
    g_autofree char *region = aws_failure_region(&answer);
    fuzz_text(region, 1024);
    gint64 wait_ms = aws_retry_after_ms(status, 1772600767089);
    g_assert_cmpint(wait_ms, >=, 0);
}
