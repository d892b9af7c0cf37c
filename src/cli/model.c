/* hansard model: the speech model's file. */
#include <string.h>

#include "cli/command.h"
#include "speech/convert.h"

static char *type_name;

static bool run(Invocation *invocation, GError **error) {
    ConvertType type = CONVERT_Q8_0;
    if (strcmp(invocation->arguments[0], "convert") != 0)
        return fail(error, ERROR_INVALID, "usage: hansard model convert DIRECTORY OUT.bin");
    if (type_name && strcmp(type_name, "f16") == 0) type = CONVERT_F16;
    else if (type_name && strcmp(type_name, "q8_0") != 0)
        return fail(error, ERROR_INVALID, "--type must be q8_0 or f16, not \"%s\"", type_name);
    return convert_ctranslate2(invocation->arguments[1], invocation->arguments[2], type, error);
}

static const GOptionEntry options[] = {
    {"type", 0, 0, G_OPTION_ARG_STRING, &type_name, "q8_0 (smaller and faster; the default) or f16", "TYPE"}, {0}};

const Command command_model = {.name = "model",
                               .arguments = "convert DIR OUT",
                               .sentence = "Convert Whisper weights (CTranslate2's format) to the ggml file that HANSARD_MODEL takes",
                               .example = "hansard model convert ./whisper-tiny.en ggml-tiny.en.bin",
                               .arguments_min = 3,
                               .arguments_max = 3,
                               .options = options,
                               .run = run};
