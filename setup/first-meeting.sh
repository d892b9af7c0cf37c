#!/usr/bin/env bash
# first-meeting.sh HANSARD AUDIO: takes a recording through to its action items and prints them. The sample is taken in once.
. "$(dirname "$0")/common.sh"
hansard=$1 audio=$2
[ -e "$audio" ] || die "there is no file $audio; name a recording: make run AUDIO=my.m4a"
name=$(basename "$audio")
sample=samples/product-review.m4a
id=
if [ "$audio" = "$sample" ]; then # not once more with each `make run`
    id=$("$hansard" list --json | python3 -c 'import json, sys
print(next((m["meeting_id"] for m in json.load(sys.stdin)["meetings"] if m["filename"] == sys.argv[1]), ""))' "$name")
fi
if [ -z "$id" ]; then
    say "listening to $audio"
    id=$("$hansard" add --json "$audio" | python3 -c 'import json, sys; print(json.load(sys.stdin)["meeting_id"])')
fi
"$hansard" show "$id"
say "kept under ${HANSARD_DATA:-hansard-data}/ as $id"
