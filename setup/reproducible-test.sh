#!/usr/bin/env bash
# Builds the packages of the committed tree twice, in two folders of different names and at different times: the bytes must be the same.
. "$(dirname "$0")/common.sh"

work=$(mktemp -d /var/tmp/hansard-reproducible.XXXXXX)
trap 'rm -rf "$work"' EXIT
export CCACHE_DISABLE=1 # an object from a cache would prove nothing
commit=$(git -C "$setup_dir/.." rev-parse HEAD) # what is committed meanwhile is another source
for folder in one another/deeper; do
    git -C "$setup_dir/.." clone --quiet --no-checkout . "$work/$folder"
    git -C "$work/$folder" checkout --quiet --detach "$commit"
    "$work/$folder/setup/package.sh" "$work/$folder/packages" >"$work/$folder.sums"
    (cd "$work/$folder/build/release" && sha256sum hansard) >>"$work/$folder.sums"
    cat "$work/$folder.sums"
done
cmp "$work/one.sums" "$work/another/deeper.sums" || die "two builds of the same source differ"
echo "ok: two builds in two folders are the same bytes"
