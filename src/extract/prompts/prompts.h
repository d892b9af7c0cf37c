/* The prompts and the schemas of the answers, as they stand in the files beside this, embedded in the program. Each ends with a NUL that its size
 * does not count. */
#pragma once

#include <stddef.h>

extern const char prompt_map[], prompt_map_schema[], prompt_reduce[], prompt_reduce_schema[];

/* Lower-case hexadecimal SHA-256 of the four files, one after the other: cat src/extract/prompts/{map,reduce}.{txt,json} | sha256sum */
extern const char prompts_sha256[];
