#!/usr/bin/env python3
"""Can the tests of the promises fail? In a copy of the sources each mutation of mutations.py breaks one promise, its test is built and run, and must fail.

    run.py [WORD…]      only mutations whose promise, file or test holds one of the words

Prints promise, place, test and result. Exit status 1: one survived (its promise has no test), or a test fails without a mutation."""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from mutations import MUTATIONS  # noqa: E402 (beside this file)

SCRATCH = ROOT / "build/mutations"
BUILD = SCRATCH / "build/debug"
PREFIX = pathlib.Path(os.environ.get("HANSARD_PREFIX", pathlib.Path.home() / ".cache/hansard"))
TEST_S = 300


def say(text):
    print(text, flush=True)


def command(*arguments, **options):
    return subprocess.run([str(argument) for argument in arguments], capture_output=True, text=True, **options)


def copy_sources():
    """What git has, as it stands now; files that are the same stay untouched, so that little is built again."""
    files = command("git", "-C", ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard").stdout.split("\0")
    kept = set()
    for name in filter(None, files):
        source, target = ROOT / name, SCRATCH / name
        if not source.is_file():
            continue
        kept.add(target)
        if not target.exists() or target.read_bytes() != source.read_bytes():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
    for path in (SCRATCH / "src").rglob("*"):
        if path.is_file() and path not in kept:
            path.unlink()


def configure():
    ccache = shutil.which("ccache")
    launcher = [f"-DCMAKE_C_COMPILER_LAUNCHER={ccache}", f"-DCMAKE_CXX_COMPILER_LAUNCHER={ccache}"] if ccache else []
    whisper = sorted(PREFIX.glob("whisper-*"))
    given = [f"-DHANSARD_WHISPER={whisper[-1]}"] if whisper else []
    done = command("cmake", "--preset", "debug", f"-DHANSARD_MODEL_DIR={PREFIX / 'models'}", f"-DHANSARD_VECTORS_DIR={PREFIX / 'vectors'}", "-DCMAKE_C_FLAGS_DEBUG=-O0 -w", *given, *launcher, cwd=SCRATCH)
    if done.returncode != 0:
        sys.exit(done.stdout[-2000:] + done.stderr[-2000:])


def build(targets):
    """The errors; empty where it was built."""
    done = command("cmake", "--build", BUILD, "-j", os.cpu_count() or 2, "--target", *sorted(targets))
    return "" if done.returncode == 0 else done.stdout[-3000:]


def target_of(test):
    return "hansard" if test.endswith(".py") else test


def run(test, case):
    """Whether `case` (NULL: all) of the test passes, and the cases that failed."""
    environment = {**os.environ, "HANSARD_BIN": str(BUILD / "hansard"), "G_SLICE": "always-malloc", "PYTHONDONTWRITEBYTECODE": "1"}
    if test.endswith(".py"):
        arguments = [sys.executable, "-B", SCRATCH / "tests/e2e" / test, *([case] if case else []), "-v"]
        failure = r"^(?:FAIL|ERROR): \S+ \(__main__\.([\w.]+)\)"
    else:
        arguments = [BUILD / "tests" / test, "-k", "--tap", *(["-p", case] if case else [])]
        failure = r"^(?:not ok \d+ (?=/)|Bail out! ERROR:[^:]*:\d+:)([^\s:]+)"
    try:
        done = command(*arguments, timeout=TEST_S, env=environment, cwd=SCRATCH)
    except subprocess.TimeoutExpired:
        return False, ["no end within its time"]
    text = done.stdout + done.stderr
    if not test.endswith(".py") and not re.search(r"^(?:not )?ok \d+", text, re.M) and done.returncode == 0:
        return True, ["no such case"]
    if done.returncode in (0, 77):
        return True, ["skipped"] if done.returncode == 77 or re.search(r"^ok \d+ .*# SKIP", text, re.M) else []
    return False, sorted(set(re.findall(failure, text, re.M))) or [f"exit status {done.returncode}"]


def check_baseline(chosen):
    tests = sorted({(mutation.test, mutation.case or "") for mutation in chosen})
    say(f"building {len({target_of(test) for test, _ in tests})} targets without a mutation …")
    problem = build({target_of(test) for test, _ in tests})
    if problem:
        sys.exit(problem)
    for test, case in tests:
        passes, notes = run(test, case or None)
        if not passes or notes:
            sys.exit(f"{test} {case} must pass without a mutation: {', '.join(notes)}")


def judge(mutation):
    path = SCRATCH / mutation.file
    whole = path.read_text()
    if whole.count(mutation.old) != 1:
        return "NOT FOUND", f"its text stands {whole.count(mutation.old)} times in {mutation.file}"
    path.write_text(whole.replace(mutation.old, mutation.new))
    try:
        problem = build({target_of(mutation.test)})
        if problem:
            return "NOT BUILT", problem
        passes, notes = run(mutation.test, mutation.case)
        return ("SURVIVED", "") if passes else ("killed", ", ".join(notes))
    finally:
        path.write_text(whole)


def main():
    words = [word.lower() for word in sys.argv[1:]]
    chosen = [mutation for mutation in MUTATIONS
              if not words or any(word in f"{mutation.promise} {mutation.file} {mutation.test} {mutation.case}".lower() for word in words)]
    copy_sources()
    configure()
    check_baseline(chosen)
    bad = 0
    for number, mutation in enumerate(chosen, 1):
        began = time.monotonic()
        result, note = judge(mutation)
        bad += result != "killed"
        say(f"{number:3} {result:9} {mutation.promise}\n{'':13} {mutation.file}: {mutation.what}\n{'':13} {mutation.test} {mutation.case or ''}"
            f"{': ' + note if note else ''} ({time.monotonic() - began:.0f} s)")
    say(f"{len(chosen)} mutations, {len(chosen) - bad} killed, {bad} not")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
