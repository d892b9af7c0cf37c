#!/usr/bin/env bash
# Lines and branches of src/ that the tests reach, a folder at a time: coverage.sh [TEST-REGEX]. Unit tests, fuzz seeds and the end-to-end tests that need no
# browser. What the confined child does in the end-to-end tests is not counted: it may write no file. A branch is what gcc makes of it, without those that
# only an assertion or a cleanup takes.
. "$(dirname "$0")/common.sh"
cd "$setup_dir/.."
"$setup_dir/build.sh" coverage
find build/coverage -name '*.gcda' -delete
say "tests: coverage"
ctest --test-dir build/coverage -j "$jobs" -R "${1:-.}" -E '^(layers|e2e-(page|damage).*)$' >build/coverage/tests.log 2>&1 ||
    say "some tests failed (build/coverage/tests.log); what they reached counts all the same"
tail -n 3 build/coverage/tests.log >&2
gcovr --root . --filter src/ --object-directory build/coverage -j "$jobs" --exclude-throw-branches --exclude-unreachable-branches \
    --exclude-lines-by-pattern '.*g_assert.*' --exclude-branches-by-pattern '.*g_auto.*' --gcov-ignore-parse-errors --json-summary build/coverage/summary.json
python3 -B setup/coverage_table.py build/coverage/summary.json
