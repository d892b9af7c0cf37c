#!/usr/bin/env bash
# package.sh DIR [VERSION]: the Debian packages of this tree in DIR; VERSION instead of the tree's own, as for a test of an upgrade.
. "$(dirname "$0")/common.sh"

out=$(realpath -m "${1:?usage: setup/package.sh DIR [VERSION]}")
version=${2:-}
cd "$setup_dir/.."
"$setup_dir/packages.sh" package
"$setup_dir/whisper.sh" >/dev/null
build=build/${version:-release}
mkdir -p "$build" "$out"
say "packages${version:+ of version $version}"
run_logged "$build/configure.log" cmake --preset release -B "$build" -DHANSARD_WHISPER="$HANSARD_PREFIX/$WHISPER_BUILD" \
    -DHANSARD_MODEL_DIR="$HANSARD_PREFIX/models" ${version:+-DHANSARD_RELEASE="$version"}
run_logged "$build/build.log" cmake --build "$build" -j "$jobs" --target hansard generated_documents
HANSARD_BIN=$build/hansard "$setup_dir/model.sh" tiny.en >/dev/null
run_logged "$build/package.log" cpack --config "$build/CPackConfig.cmake" -B "$build/packages"
for package in "$build"/packages/*.deb; do
    install -m 644 "$package" "$out/"
    (cd "$out" && sha256sum "$(basename "$package")")
done
rm -rf "$build/packages"
