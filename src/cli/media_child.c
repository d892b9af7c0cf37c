/* hansard media-child: the confined process that decodes and recognises; started by the program itself, never by people. */
#include "cli/command.h"
#include "transcribe/child.h"

static bool run(Invocation *invocation, GError **error) {
    /* It reports over the channel, in its own words. */
    exit(transcribe_child_main());
}

const Command command_media_child = {.name = "media-child", .arguments = "", .sentence = "", .example = "", .hidden = true, .run = run};
