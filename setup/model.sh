#!/usr/bin/env bash
# model.sh tiny.en|base: puts a speech model and the voice activity model into the prefix, once. Prints the speech model's path.
# HANSARD_BIN names the built program, which converts the weights (default build/release/hansard).
. "$(dirname "$0")/common.sh"

name=${1:-}
case $name in
tiny.en) model_sha256=$TINY_MODEL_SHA256 ;;
base) model_sha256=$BASE_MODEL_SHA256 ;;
*) die "usage: setup/model.sh tiny.en|base" ;;
esac
hansard=${HANSARD_BIN:-$setup_dir/../build/release/hansard}
models=$HANSARD_PREFIX/models
out=$models/ggml-$name-q8_0.bin
work=$HANSARD_PREFIX/work/model-$name

has_sha256() { [ -f "$1" ] && printf '%s  %s\n' "$2" "$1" | sha256sum --check --status; }

whisper=$("$setup_dir/whisper.sh")
mkdir -p "$models"
cmp --quiet "$whisper/share/silero-vad.bin" "$models/silero-vad.bin" || install -m 644 "$whisper/share/silero-vad.bin" "$models/silero-vad.bin"
if ! has_sha256 "$out" "$model_sha256"; then
    [ -x "$hansard" ] || die "$hansard is not built yet; build it, or name it in HANSARD_BIN"
    "$setup_dir/weights.sh" "$name" "$work"
    say "converting $name"
    "$hansard" model convert "$work" "$out.new" --type q8_0 || die "the weights of $name can't be converted"
    has_sha256 "$out.new" "$model_sha256" || die "the converted model $out.new is not the expected file"
    mv "$out.new" "$out"
    rm -rf "$work"
fi
echo "$out"
