#!/usr/bin/env python3
"""Every test that docs/reliability.md and docs/security.md name exists: a promise without its test is none. `file_test.c: test_case` is a function of it,
`file_test.py: Class.test_case` a method of that class, and every row of a promise names at least one."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
NAMED = re.compile(r"`([\w-]+(?:_test\.c|_test\.py|_contract\.h)): ([\w.]+)`")


def exists(name, case):
    """Whether the case is in the file; a class may have it from another one of the same file."""
    for folder in (ROOT / "tests", ROOT / "tests/e2e"):
        path = folder / name
        if not path.is_file():
            continue
        text = path.read_text()
        owner, _, function = case.rpartition(".")
        if name.endswith(".py"):
            return bool(owner and re.search(rf"^class {owner}\b", text, re.M) and re.search(rf"^    def {function}\(self", text, re.M))
        return bool(re.search(rf"^(?:static )?void {function}\(", text, re.M))
    return False


def main():
    problems, count = [], 0
    for name in ("reliability.md", "security.md"):
        promises = False
        for number, line in enumerate((ROOT / "docs" / name).read_text().splitlines(), 1):
            named = NAMED.findall(line)
            count += len(named)
            problems += [f"docs/{name}:{number}: there is no {file}: {case}" for file, case in named if not exists(file, case)]
            if not line.startswith("|"):
                promises = False
            elif line.startswith("| promise |"):
                promises = True
            elif promises and not named and not line.startswith("| ---"):
                problems.append(f"docs/{name}:{number}: no test holds this promise")
    if count < 40:
        problems.append(f"only {count} tests are named: are they still written as this test reads them?")
    print("\n".join(problems) or f"{count} tests are named, and all exist")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
