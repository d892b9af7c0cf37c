#!/usr/bin/env bash
# All tests: the release build as users get it, then the same suite under AddressSanitizer with UndefinedBehaviorSanitizer and under
# ThreadSanitizer, and a build by clang. The closing lines are ctest's.
. "$(dirname "$0")/common.sh"
cd "$setup_dir/.."

run_suite() { # PRESET [ctest options]
    local preset=$1
    shift
    say "tests: $preset"
    ctest --test-dir "build/$preset" --output-on-failure --no-tests=error "$@" ||
        die "tests failed in the $preset build; again: ctest --test-dir build/$preset --rerun-failed --output-on-failure"
}

say "building with clang (warnings are errors)"
"$setup_dir/build.sh" clang
for preset in asan tsan; do
    "$setup_dir/build.sh" "$preset"
    run_suite "$preset" -LE 'e2e|slow' -j "$jobs"
done
run_suite release -j "$jobs"
