#!/usr/bin/env bash
# Static analysis of src/: analyze.sh [cppcheck] [tidy] [gcc]; all three where none is named. Each is clean or fails; what they may not say stands, with its
# reason, in setup/cppcheck.txt, .clang-tidy and below.
. "$(dirname "$0")/common.sh"
cd "$setup_dir/.."
tools=("$@")
[ "${#tools[@]}" -gt 0 ] || tools=(cppcheck tidy gcc)

run_cppcheck() {
    cppcheck --quiet -j "$jobs" --std=c11 --library=gtk --library=posix --enable=warning,portability,performance --error-exitcode=1 \
        --suppressions-list=setup/cppcheck.txt --template='{file}:{line}: {severity}: {message} [{id}]' \
        -D_GNU_SOURCE -DHANSARD_VERSION='"0"' -DG_LOG_DOMAIN='"hansard"' --include=setup/cppcheck.h -I src src
}

# The commands of the release build: clang reads them, too.
database() { [ -f build/release/compile_commands.json ] || "$setup_dir/build.sh" release; }

run_tidy() {
    database
    find src -name '*.c' | sort | xargs -P "$jobs" -n 4 clang-tidy -p build/release --quiet 2>/dev/null
}

# -fanalyzer sees one file at a time and does not know that GLib ends the program where memory runs out, nor that a function which returned true has set
# what it was asked for; so what it says of null pointers and leaks is left to the sanitizers.
run_gcc() {
    database
    python3 -B setup/gcc_analyzer.py build/release "$jobs"
}

for tool in "${tools[@]}"; do
    say "$tool"
    begin=$SECONDS
    case $tool in
        cppcheck) run_cppcheck ;;
        tidy) run_tidy ;;
        gcc) run_gcc ;;
        *) die "usage: analyze.sh [cppcheck] [tidy] [gcc]" ;;
    esac || die "$tool has found something"
    say "$tool: clean, $((SECONDS - begin)) s"
done
