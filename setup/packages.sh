#!/usr/bin/env bash
# Installs the Debian packages that are missing. "build" is what `make run` needs; "test" is that and what the tests use; "package" what makes
# Debian packages; "package-test" what tries them on a clean Debian; "check"
# what the tests use and what `make analyze`, `coverage` and `valgrind` do.
. "$(dirname "$0")/common.sh"

build=(build-essential cmake ninja-build pkg-config python3 python3-pip ca-certificates
       libglib2.0-dev libmicrohttpd-dev libgnutls28-dev libcurl4-openssl-dev libssl-dev libisal-dev libjansson-dev libsqlite3-dev libzip-dev libseccomp-dev esbuild
       libavformat-dev libavcodec-dev libavutil-dev libswresample-dev)
test=(clang libclang-rt-14-dev cppcheck ffmpeg chromium curl jq python3-venv maven default-jre-headless
      dpkg-dev file gzip man-db lintian zsh fish)
command -v cargo >/dev/null || test+=(cargo) # fetches the signing test suite
check=(clang-tidy gcovr valgrind clang-19 llvm-19 libclang-rt-19-dev)
bench=(ffmpeg nginx-light wrk time rclone)
train=(python3 liblinear-tools)
package=(dpkg-dev file gzip)
package_test=(debootstrap systemd-container curl jq)

case ${1:-build} in
    build) wanted=("${build[@]}") ;;
    test) wanted=("${build[@]}" "${test[@]}") ;;
    check) wanted=("${build[@]}" "${test[@]}" "${check[@]}") ;;
    bench) wanted=("${build[@]}" "${bench[@]}") ;;
    train) wanted=("${train[@]}") ;;
    package) wanted=("${build[@]}" "${package[@]}") ;;
    package-test) wanted=("${build[@]}" "${package[@]}" "${package_test[@]}") ;;
    *) die "usage: packages.sh build|test|check|bench|train|package|package-test" ;;
esac

missing=()
for package in "${wanted[@]}"; do
    dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

command -v apt-get >/dev/null || die "this needs Debian 12 (or its packages by these names): ${missing[*]}"
as_root=()
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || die "as root, run: apt-get install ${missing[*]}"
    as_root=(sudo)
fi
say "installing ${#missing[@]} Debian packages: ${missing[*]}"
mkdir -p "$HANSARD_PREFIX"
run_logged "$HANSARD_PREFIX/apt-update.log" "${as_root[@]}" apt-get update
run_logged "$HANSARD_PREFIX/apt-install.log" "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y --no-install-recommends "${missing[@]}"
