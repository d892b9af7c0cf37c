# Writes OUTPUT, a C file with the table web_assets of web_assets.h, for the files ASSETS (names relative to SOURCE). Scripts and styles
# are put into FOLDER by esbuild without what only those who work on them need: comments and spaces; and scripts that are wanted together
# become one file. Names stay, so that what a browser reports can be read. The page asks for its scripts, styles and icons below a version, the
# hash of all of them, so that a browser may keep them for good; and web_modules names the scripts without which nothing is shown.
# Run as a script: cmake -DSOURCE=… -DASSETS=… -DESBUILD=… -DFOLDER=… -DOUTPUT=… -P embed.cmake

cmake_minimum_required(VERSION 3.25)

set(type_html "text/html; charset=utf-8")
set(type_css "text/css; charset=utf-8")
set(type_js "text/javascript; charset=utf-8")
set(type_webmanifest "application/manifest+json")
set(type_svg "image/svg+xml")

file(REMOVE_RECURSE "${FOLDER}")
set(modules ${ASSETS})
list(FILTER modules INCLUDE REGEX "^app/.*\\.js$")
list(REMOVE_ITEM modules app/first.js)
list(REMOVE_ITEM ASSETS ${modules})
set(lean ${ASSETS})
list(FILTER lean INCLUDE REGEX "\\.(js|css)$")
set(options --minify-whitespace --minify-syntax --charset=utf8 --log-level=warning --outbase=. "--outdir=${FOLDER}")
execute_process(COMMAND "${ESBUILD}" ${options} ${lean} WORKING_DIRECTORY "${SOURCE}" COMMAND_ERROR_IS_FATAL ANY)
# What app/app.js imports is joined, and what import() brings in later is; the latter under its own name, by which a page of an older server asks
# for it. first.js runs before all that and stays a file of its own.
set(entries app/app.js)
foreach(module IN LISTS modules)
  file(READ "${SOURCE}/${module}" text)
  string(REGEX MATCHALL "import\\('\\./[a-z-]+\\.js'\\)" imports "${text}")
  list(TRANSFORM imports REPLACE ".*'\\./(.*)'.*" "app/\\1")
  list(APPEND entries ${imports})
endforeach()
list(REMOVE_DUPLICATES entries)
execute_process(COMMAND "${ESBUILD}" ${options} --bundle --splitting --format=esm "--external:*/first.js" "--chunk-names=app/[name]-[hash]"
                        ${entries} WORKING_DIRECTORY "${SOURCE}" COMMAND_ERROR_IS_FATAL ANY)
file(GLOB joined RELATIVE "${FOLDER}" "${FOLDER}/app/*.js")
list(APPEND ASSETS ${joined})
list(APPEND lean ${joined})
list(REMOVE_DUPLICATES ASSETS)
list(SORT ASSETS)

# Of the other files, comments go (but those that say where rows go), and line ends between tags: a space that is to be seen stands in its line.
set(hashes "")
foreach(asset IN LISTS ASSETS)
  if(NOT asset IN_LIST lean)
    file(READ "${SOURCE}/${asset}" text)
    string(REGEX REPLACE "<!-- [^>]*-->" "" text "${text}")
    string(REGEX REPLACE "\n *" "\n" text "${text}")
    string(REGEX REPLACE ">\n+<" "><" text "${text}")
    file(WRITE "${FOLDER}/${asset}" "${text}")
  endif()
  file(SHA256 "${FOLDER}/${asset}" hash)
  string(APPEND hashes "${asset} ${hash}\n")
endforeach()
string(SHA256 version "${hashes}")
string(SUBSTRING "${version}" 0 16 version)
file(READ "${FOLDER}/index.html" text)
string(REGEX REPLACE "\"(/app[./]|/icons)" "\"/${version}\\1" text "${text}")
file(WRITE "${FOLDER}/index.html" "${text}")

# What app/app.js imports, and what that imports, in the order in which it is met. What import() brings in later is not of them.
set(modules app/first.js app/app.js)
set(links "")
set(at 0)
list(LENGTH modules count)
while(at LESS count)
  list(GET modules ${at} module)
  string(APPEND links ", </${version}/${module}>; rel=modulepreload")
  file(READ "${FOLDER}/${module}" text)
  string(REGEX MATCHALL "(from|import)[ ]*\"\\./[A-Za-z0-9-]+\\.js\"" imports "${text}")
  foreach(import IN LISTS imports)
    string(REGEX REPLACE ".*\"\\./(.*)\"" "app/\\1" import "${import}")
    list(APPEND modules "${import}")
  endforeach()
  list(REMOVE_DUPLICATES modules)
  list(LENGTH modules count)
  math(EXPR at "${at} + 1")
endwhile()
string(SUBSTRING "${links}" 2 -1 links)

set(declarations "")
set(rows "")
set(number 0)
foreach(asset IN LISTS ASSETS)
  set(file "${FOLDER}/${asset}")
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
const char web_version[] = \"${version}\";
const char web_modules[] = \"${links}\";
")
