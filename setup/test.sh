#!/usr/bin/env bash
# All tests: the release build as users get it, then the same suite under AddressSanitizer with UndefinedBehaviorSanitizer and under
# ThreadSanitizer, and a build by clang.
. "$(dirname "$0")/common.sh"
cd "$setup_dir/.."

# Browsers and servers share two cores here: an end-to-end test that fails is run once more, alone, and is named at the end for someone to look
# at. A unit test that fails has failed.
again=()
run_again() { # PRESET
    local failed
    mapfile -t failed < <(cut -d: -f2 "build/$1/Testing/Temporary/LastTestsFailed.log")
    [ "${#failed[@]}" -gt 0 ] && [ "${#failed[@]}" -le 5 ] || return 1
    [ -z "$(printf '%s\n' "${failed[@]}" | grep -v '^e2e-')" ] || return 1
    say "once more, alone: ${failed[*]}"
    ctest --test-dir "build/$1" --output-on-failure --rerun-failed -j 1 || return 1
    again+=("${failed[@]}")
}

run_suite() { # PRESET [ctest options]
    local preset=$1
    shift
    say "tests: $preset"
    ctest --test-dir "build/$preset" --output-on-failure --no-tests=error "$@" || run_again "$preset" ||
        die "tests failed in the $preset build; again: ctest --test-dir build/$preset --rerun-failed --output-on-failure"
}

# A real model server takes ten minutes to build: only where it is asked for, or there already.
[ "${HANSARD_TEST_LLAMA:-}" != 1 ] || "$setup_dir/llama.sh" >/dev/null

"$setup_dir/analyze.sh" cppcheck
say "building with clang (warnings are errors)"
"$setup_dir/build.sh" clang
"$setup_dir/build.sh" asan
run_suite asan -LE e2e -j "$jobs"
"$setup_dir/build.sh" tsan
run_suite tsan -LE 'e2e|model' -j "$jobs"
[ "${HANSARD_TEST_LLAMA:-}" = 1 ] ||
    say "SKIPPED: extraction through a real model server (tests/e2e/openai_test.py); HANSARD_TEST_LLAMA=1 make test builds one first"
run_suite release -j "$jobs"
[ "${#again[@]}" -eq 0 ] || say "PASSED AT THE SECOND TRY ONLY: ${again[*]}"
