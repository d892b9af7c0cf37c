#!/usr/bin/env bash
# Lines and branches of src/ that the tests reach, a folder at a time: coverage.sh [TEST-REGEX]. Unit tests, fuzz seeds and the end-to-end tests that need no
# browser. A confined child may write no file, so that what it does is not counted, and sandbox_test, which looks at how such a child ends, can't run here. A
# branch is one of gcc's that a condition in the source makes (setup/coverage_table.py). Then MC/DC of the code that has to have all of it.
. "$(dirname "$0")/common.sh"
cd "$setup_dir/.."
"$setup_dir/build.sh" coverage
find build/coverage -name '*.gcda' -delete
say "tests: coverage"
ctest --test-dir build/coverage -j "$jobs" -R "${1:-.}" -E '^(layers|sandbox_test|e2e-(page|damage|access_page|docs|uploads_s3).*)$' >build/coverage/tests.log 2>&1 ||
    say "some tests failed (build/coverage/tests.log); what they reached counts all the same"
tail -n 3 build/coverage/tests.log >&2
gcovr --root . --filter src/ --object-directory build/coverage -j "$jobs" --exclude-throw-branches --exclude-unreachable-branches \
    --gcov-ignore-parse-errors --json build/coverage/coverage.json
python3 -B setup/coverage_table.py build/coverage/coverage.json
"$setup_dir/mcdc.sh"
