# Writes OUTPUT, a C file with the table web_assets of web_assets.h, for the files ASSETS (names relative to SOURCE). What is for those who
# work on them stays behind: comments that have lines of their own, and indentation; so no text of the page may span lines.
# Run as a script: cmake -DSOURCE=… -DASSETS=… -DFOLDER=… -DOUTPUT=… -P embed.cmake; FOLDER takes the files as they are embedded.

set(type_html "text/html; charset=utf-8")
set(type_css "text/css; charset=utf-8")
set(type_js "text/javascript; charset=utf-8")
set(type_svg "image/svg+xml")

set(comment "/[*][^*]*[*]+([^/*][^*]*[*]+)*/")
function(write_lean from to)
  file(READ "${from}" text)
  string(REGEX REPLACE "\n[ \t]+" "\n" text "\n${text}")
  if(from MATCHES "\\.js$")
    string(REGEX REPLACE "\n//[^\n]*" "" text "${text}")
  endif()
  if(from MATCHES "\\.(js|css)$")
    string(REGEX REPLACE "\n${comment}" "" text "${text}")
  endif()
  string(REGEX REPLACE "\n\n+" "\n" text "${text}")
  string(STRIP "${text}" text)
  file(WRITE "${to}" "${text}\n")
endfunction()

set(declarations "")
set(rows "")
set(number 0)
foreach(asset IN LISTS ASSETS)
  set(file "${FOLDER}/${asset}")
  write_lean("${SOURCE}/${asset}" "${file}")
  file(SIZE "${file}" size)
  file(SHA256 "${file}" hash)
  string(SUBSTRING "${hash}" 0 16 hash)
  string(REGEX REPLACE "^.*\\." "" extension "${asset}")
  if(NOT DEFINED type_${extension})
    message(FATAL_ERROR "No content type is known for ${asset}; add one to embed.cmake.")
  endif()
  if(asset STREQUAL "index.html")
    set(path "/")
  else()
    set(path "/${asset}")
  endif()
  string(APPEND declarations "EMBED(${number}, \"${file}\", ${size})\n")
  string(APPEND rows "    {\"${path}\", \"${type_${extension}}\", web_asset_${number}, ${size}, \"\\\"${hash}\\\"\"},\n")
  math(EXPR number "${number} + 1")
endforeach()

file(WRITE "${OUTPUT}" "/* Made by web/embed.cmake from the files in web/. */
#include \"web_assets.h\"

#define EMBED(number, file, size)                                                                 \\
    extern const unsigned char web_asset_##number[] __attribute__((visibility(\"hidden\")));        \\
    __asm__(\".pushsection .rodata.web_assets,\\\"a\\\"\\n\"                                            \\
            \".hidden web_asset_\" #number \"\\n.global web_asset_\" #number \"\\nweb_asset_\" #number \":\\n\" \\
            \".incbin \\\"\" file \"\\\", 0, \" #size \"\\n.popsection\\n\");

${declarations}
const WebAsset web_assets[] = {
${rows}};
const size_t web_asset_count = ${number};
")
