# Writes OUTPUT, a C file with what prompts.h declares, for the files FILES in SOURCE.
# Run as a script: cmake -DSOURCE=… -DFILES=… -DOUTPUT=… -P embed.cmake

set(names_map.txt prompt_map)
set(names_map.json prompt_map_schema)
set(names_reduce.txt prompt_reduce)
set(names_reduce.json prompt_reduce_schema)

set(declarations "")
foreach(file IN LISTS FILES)
  string(APPEND declarations "EMBED(${names_${file}}, \"${SOURCE}/${file}\")\n")
endforeach()

# All files hashed as one.
execute_process(COMMAND ${CMAKE_COMMAND} -E cat ${FILES} WORKING_DIRECTORY "${SOURCE}" OUTPUT_FILE "${OUTPUT}.all" COMMAND_ERROR_IS_FATAL ANY)
file(SHA256 "${OUTPUT}.all" hash)
file(REMOVE "${OUTPUT}.all")

file(WRITE "${OUTPUT}" "/* Made by embed.cmake from the files in ${SOURCE}. */
#include \"extract/prompts/prompts.h\"

#define EMBED(name, file)                                                                          \\
    __asm__(\".pushsection .rodata.prompts,\\\"a\\\"\\n\"                                                   \\
            \".hidden \" #name \"\\n.global \" #name \"\\n\" #name \":\\n\"                                  \\
            \".incbin \\\"\" file \"\\\"\\n.byte 0\\n.popsection\\n\");

${declarations}
const char prompts_sha256[] = \"${hash}\";
")
