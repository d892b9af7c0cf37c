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
"$setup_dir/build.sh" asan
run_suite asan -LE e2e -j "$jobs"
"$setup_dir/build.sh" tsan
run_suite tsan -LE 'e2e|model' -j "$jobs"
run_suite release -j "$jobs"
