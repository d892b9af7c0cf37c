#!/usr/bin/env bash
# Every benchmark, each against its peer in the same run. Needs nginx, wrk, ffmpeg and whisper.cpp's command line tool, which it gets.
. "$(dirname "$0")/../setup/common.sh"
cd "$setup_dir/.."
"$setup_dir/packages.sh" bench
"$setup_dir/whisper.sh" cli >/dev/null
export HANSARD_BIN=${HANSARD_BIN:-$PWD/build/release/hansard} HANSARD_PREFIX
"$setup_dir/servers.sh" versitygw python
cmake --build build/release --target store_bench >/dev/null
python3 -B bench/server.py
python3 -B bench/s3.py
if [ -d ../shared/data/audio/ami ]; then
    peer=$("$setup_dir/faster-whisper.sh")
    python3 -B bench/speech.py --audio ../shared/data/audio/ami --faster-whisper "$peer" --model "$HANSARD_PREFIX/models/ggml-tiny.en-q8_0.bin" "$HANSARD_BIN"
    encoder=$("$setup_dir/diarization.sh")
    "$encoder/venv/bin/python" -B bench/diarization.py --audio ../shared/data/audio/ami "$HANSARD_BIN"
else
    say "skipped: bench/speech.py and bench/diarization.py need recordings with their words in ../shared/data/audio/ami"
fi
python3 -B bench/memory.py
