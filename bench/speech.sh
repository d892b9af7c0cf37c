#!/usr/bin/env bash
# Words: error rate, time and memory of speech-to-text beside whisper.cpp's own tool and faster-whisper, on recordings with their words.
. "$(dirname "$0")/../setup/common.sh"
cd "$setup_dir/.."
recordings=${RECORDINGS:-../shared/data/audio/ami}
[ -d "$recordings" ] || { say "skipped: bench/speech.py needs recordings with their words in $recordings"; exit 0; }
"$setup_dir/packages.sh" bench
"$setup_dir/whisper.sh" cli >/dev/null
peer=$("$setup_dir/faster-whisper.sh")
exec python3 -B bench/speech.py --audio "$recordings" --faster-whisper "$peer" --model "$HANSARD_PREFIX/models/ggml-tiny.en-q8_0.bin" \
    "${HANSARD_BIN:-build/release/hansard}"
