#!/usr/bin/env bash
# Puts AWS's own test suite for request signing into the prefix, once, out of the Rust crate that carries it. Prints its folder.
. "$(dirname "$0")/common.sh"

out=$HANSARD_PREFIX/vectors/$SIGV4_CRATE-$SIGV4_CRATE_VERSION
work=$HANSARD_PREFIX/work/vectors
crate=$SIGV4_CRATE-$SIGV4_CRATE_VERSION.crate

# The crate is a library, so cargo refuses to install it, but not before it has fetched that one file (a project that depends on it would fetch some
# forty). Debian 12's cargo knows the registry's small index only as an unstable feature; the other one is hundreds of megabytes.
fetch_crate() {
    local cache=${CARGO_HOME:-$HOME/.cargo}/registry/cache minor options=() found
    command -v cargo >/dev/null || die "cargo is missing; setup/packages.sh test installs it"
    minor=$(cargo --version | sed -E 's/^cargo 1\.([0-9]+).*/\1/')
    if [ "$minor" -lt 68 ]; then
        export RUSTC_BOOTSTRAP=1
        options=(-Z sparse-registry)
    fi
    say "fetching $SIGV4_CRATE $SIGV4_CRATE_VERSION"
    cargo "${options[@]}" install "$SIGV4_CRATE" --version "=$SIGV4_CRATE_VERSION" --root "$work/root" >"$work/cargo.log" 2>&1 || true
    found=$(find "$cache" -name "$crate" 2>/dev/null | head -n 1)
    if [ -z "$found" ]; then
        tail -n 20 "$work/cargo.log" >&2
        die "the crate $SIGV4_CRATE could not be fetched; is the Rust package registry within reach?"
    fi
    cp "$found" "$work/$crate"
    printf '%s  %s\n' "$SIGV4_CRATE_SHA256" "$work/$crate" | sha256sum --check --status || die "$found is not the expected file; remove it"
}

if [ ! -e "$out/.complete" ]; then
    rm -rf "$work" "$out" && mkdir -p "$work" "$(dirname "$out")"
    fetch_crate
    tar -xzf "$work/$crate" -C "$work" --strip-components=2 "$SIGV4_CRATE-$SIGV4_CRATE_VERSION/aws-signing-test-suite/v4" ||
        die "the crate $SIGV4_CRATE can't be unpacked"
    touch "$work/v4/.complete"
    mv "$work/v4" "$out"
    rm -rf "$work"
fi
echo "$out"
