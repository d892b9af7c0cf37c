#!/usr/bin/env bash
# Memcheck over the fuzz seeds and the unit tests of parsers and values: what the sanitizers can't see (bytes that nobody has set) shows here.
. "$(dirname "$0")/common.sh"
cd "$setup_dir/.."
tests=(base_test model-item_test model-record_test model-row_test model-transcript_test jobs-value_test aws-profile_test aws-xml_test http_test
       transcribe-import_test extract-dates_test store-s3-values_test)
"$setup_dir/build.sh" debug fuzz "${tests[@]}"
check() { # COMMAND…
    say "valgrind: $(basename "$1")"
    G_SLICE=always-malloc G_DEBUG=gc-friendly run_logged "build/debug/valgrind-$(basename "$1").log" \
        valgrind --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite --track-origins=yes --quiet "$@"
}
for test in "${tests[@]}"; do check "build/debug/tests/$test"; done
check build/debug/fuzz/fuzz fuzz/corpus
