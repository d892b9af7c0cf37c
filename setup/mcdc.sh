#!/usr/bin/env bash
# Branches and MC/DC (each condition shown to decide alone) of the code that commits, deletes, leases and signs, counted by clang 19 from the unit tests named
# here: mcdc.sh. Fails where anything is not reached, and tells where. Left out is only what a macro of a library makes (setup/mcdc_table.py).
. "$(dirname "$0")/common.sh"
cd "$setup_dir/.."
sources=(src/meeting/{commit,edit,delete}.c src/jobs/jobs.c src/aws/sigv4.c src/access/secret.c src/hooks/webhook.c)
tests=(meeting_test meeting-order_test meeting-faults_test jobs_test jobs-faults_test aws-sigv4_test aws-sigv4-faults_test access_test access-secret_test
       hooks_test hooks-webhook_test)
build=build/mcdc
"$setup_dir/build.sh" mcdc "${tests[@]}"
rm -rf "$build/profiles"
say "tests: branches and MC/DC of ${#sources[@]} files"
objects=()
for test in "${tests[@]}"; do
    LLVM_PROFILE_FILE=$build/profiles/$test-%p.profraw run_logged "$build/$test.log" "$build/tests/$test"
    objects+=(-object "$build/tests/$test")
done
llvm-profdata-19 merge -sparse "$build"/profiles/*.profraw -o "$build/tests.profdata"
llvm-cov-19 export -instr-profile "$build/tests.profdata" "${objects[@]}" -sources "${sources[@]/#/$PWD/}" >"$build/mcdc.json"
python3 -B setup/mcdc_table.py "$build/mcdc.json"
