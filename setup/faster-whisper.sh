#!/usr/bin/env bash
# The peer of bench/speech.py: faster-whisper, and the same weights as it takes them, into the prefix, once. Prints the folder.
. "$(dirname "$0")/common.sh"

out=$HANSARD_PREFIX/faster-whisper
list=$setup_dir/faster-whisper-requirements.txt
stamp=$(cat "$list" "$setup_dir/versions.sh" | sha256sum)
if [ "$(cat "$out/.complete" 2>/dev/null)" != "$stamp" ]; then
    say "installing faster-whisper (once)"
    rm -rf "$out" && mkdir -p "$out"
    run_logged "$out/venv.log" python3 -m venv "$out/venv"
    run_logged "$out/pip.log" "$out/venv/bin/python" -m pip install --quiet --no-cache-dir -r "$list"
    "$setup_dir/weights.sh" tiny.en "$out/tiny.en"
    echo "$stamp" >"$out/.complete"
fi
echo "$out"
