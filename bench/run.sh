#!/usr/bin/env bash
# Every benchmark, each against its peer in the same run. Needs nginx, wrk, ffmpeg and whisper.cpp's command line tool, which it gets.
. "$(dirname "$0")/../setup/common.sh"
cd "$setup_dir/.."
"$setup_dir/packages.sh" bench
"$setup_dir/whisper.sh" cli >/dev/null
export HANSARD_BIN=${HANSARD_BIN:-$PWD/build/release/hansard} HANSARD_PREFIX
python3 -B bench/http.py
bench/speech.sh
python3 -B bench/memory.py
