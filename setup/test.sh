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

# A real model server takes ten minutes to build: only where it is asked for, or there already.
[ "${HANSARD_TEST_LLAMA:-}" != 1 ] || "$setup_dir/llama.sh" >/dev/null

say "building with clang (warnings are errors)"
"$setup_dir/build.sh" clang
"$setup_dir/build.sh" asan
run_suite asan -LE e2e -j "$jobs"
"$setup_dir/build.sh" tsan
run_suite tsan -LE 'e2e|model' -j "$jobs"
[ "${HANSARD_TEST_LLAMA:-}" = 1 ] ||
    say "SKIPPED: extraction through a real model server (tests/e2e/openai_test.py); HANSARD_TEST_LLAMA=1 make test builds one first"
run_suite release -j "$jobs"
