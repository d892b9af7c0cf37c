#!/usr/bin/env bash
# Every benchmark, each against its peer in the same run; it gets what it needs.
. "$(dirname "$0")/../setup/common.sh"
cd "$setup_dir/.."
"$setup_dir/packages.sh" bench
export HANSARD_BIN=${HANSARD_BIN:-$PWD/build/release/hansard} HANSARD_PREFIX
"$setup_dir/servers.sh" versitygw python
cmake --build build/release --target store_bench >/dev/null
python3 -B bench/server.py
python3 -B bench/page.py
python3 -B bench/s3.py
bench/speech.sh
if [ -d ../shared/data/audio/ami ]; then
    encoder=$("$setup_dir/diarization.sh")
    "$encoder/venv/bin/python" -B bench/diarization.py --audio ../shared/data/audio/ami "$HANSARD_BIN"
else
    say "skipped: bench/diarization.py needs recordings with their words in ../shared/data/audio/ami"
fi
python3 -B bench/memory.py
