#!/usr/bin/env bash
# Configures and builds one preset, or of it the targets named; quiet unless it fails.
. "$(dirname "$0")/common.sh"
preset=${1:-release}
cd "$setup_dir/.."
mkdir -p "build/$preset"
say "building hansard ($preset)"
run_logged "build/$preset/configure.log" cmake --preset "$preset" -DHANSARD_WHISPER="$HANSARD_PREFIX/$WHISPER_BUILD" \
    -DHANSARD_MODEL_DIR="$HANSARD_PREFIX/models" -DHANSARD_VECTORS_DIR="$HANSARD_PREFIX/vectors"
run_logged "build/$preset/build.log" cmake --build "build/$preset" -j "$jobs" ${2:+--target "${@:2}"}
