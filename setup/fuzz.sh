#!/usr/bin/env bash
# libFuzzer over the fuzz targets, so many seconds each, one after another: fuzz.sh SECONDS [TARGET…]. What it finds new stays in build/fuzz/corpus,
# a crash in build/fuzz/crashes: mend it, then put the file (made small: see docs/testing.md) into fuzz/corpus/TARGET/, where `make test` runs it.
. "$(dirname "$0")/common.sh"
cd "$setup_dir/.."
seconds=${1:-60}
shift || true
targets=("$@")
[ "${#targets[@]}" -gt 0 ] || mapfile -t targets < <(sed -n 's/^ *X(\([a-z0-9_]*\)).*/\1/p' fuzz/targets.h)

"$setup_dir/build.sh" fuzz fuzz
found=()
mkdir -p build/fuzz/crashes
for target in "${targets[@]}"; do
    mkdir -p "build/fuzz/corpus/$target"
    say "$target, $seconds s"
    FUZZ_TARGET=$target G_SLICE=always-malloc nice -n 19 build/fuzz/fuzz/fuzz -max_total_time="$seconds" -max_len=8192 -rss_limit_mb=1024 \
        -timeout=20 -print_final_stats=1 -artifact_prefix="build/fuzz/crashes/$target-" "build/fuzz/corpus/$target" "fuzz/corpus/$target" \
        >"build/fuzz/$target.log" 2>&1 || found+=("$target")
    grep -E 'number_of_executed_units|new_units_added|^#.* DONE' "build/fuzz/$target.log" | sed 's/^/    /'
done
[ "${#found[@]}" -eq 0 ] || die "crashes in: ${found[*]}; the inputs are build/fuzz/crashes/TARGET-*, what happened stands in build/fuzz/TARGET.log"
