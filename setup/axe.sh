#!/usr/bin/env bash
# Puts axe, the accessibility checker that the tests run in the browser, into the prefix, once, out of the Python package that carries it.
# Prints its file.
. "$(dirname "$0")/common.sh"

out=$HANSARD_PREFIX/axe/${AXE_PACKAGE##*==}
work=$HANSARD_PREFIX/work/axe

if [ ! -e "$out/axe.min.js" ]; then
    rm -rf "$work" && mkdir -p "$work" "$out"
    fetch_package "$AXE_PACKAGE" "$AXE_SHA256" "$work"
    python3 -m zipfile -e "$work"/*.whl "$work/unpacked" || die "the package of axe can't be unpacked"
    mv "$work/unpacked/axe_playwright_python/axe.min.js" "$out/axe.min.js"
    rm -rf "$work"
fi
echo "$out/axe.min.js"
