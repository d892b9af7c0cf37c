#!/bin/bash
# Speaks product-review.txt with flite's voices and writes product-review.m4a beside it.
# Needs flite, sox and ffmpeg (apt: flite sox ffmpeg). The same input gives the same words and pauses.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
script="$here/product-review.txt"
target="$here/product-review.m4a"
rate=16000      # Hz; what the voices were recorded in
pause_s=0.7     # between turns
bitrate=32k

declare -A voice=([Anna]=slt [David]=rms [Maria]=slt [Peter]=awb)
# Maria has Anna's voice, a little higher, so that the two can be told apart.
declare -A pitch=([Anna]=0 [David]=0 [Maria]=180 [Peter]=0)

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

turn=0
parts=()
while IFS=: read -r name line; do
    [[ -n "$line" ]] || continue
    [[ -n "${voice[$name]:-}" ]] || { echo "make-sample.sh: no voice for \"$name\" in $script" >&2; exit 1; }
    turn=$((turn + 1))
    part=$(printf '%s/%03d.wav' "$work" "$turn")
    flite -voice "${voice[$name]}" --setf duration_stretch=1.05 -t "${line# }" -o "$work/said.wav"
    sox "$work/said.wav" -r "$rate" -c 1 "$part" pitch "${pitch[$name]}" gain -n -4 pad 0 "$pause_s"
    parts+=("$part")
done <"$script"

sox "${parts[@]}" "$work/meeting.wav"
ffmpeg -nostdin -loglevel error -y -i "$work/meeting.wav" -c:a aac -b:a "$bitrate" -movflags +faststart -map_metadata -1 \
    -fflags +bitexact -flags:a +bitexact "$target"
echo "$target: $(stat -c %s "$target") bytes, $(soxi -d "$work/meeting.wav")"
