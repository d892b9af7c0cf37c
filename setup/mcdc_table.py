"""A line a file of llvm-cov's export: decisions of two conditions or more, those conditions, how many are shown to decide alone (MC/DC), branches reached (two of
each condition, wherever it stands); then what is not reached, by its line: mcdc_table.py EXPORT. Fails unless all is reached.

What a macro of a library's header makes (the loop of json_array_foreach, MIN, the endless loop behind g_error) has no place of its own in our source, and is left
out: a branch, or a whole decision, whose place is empty."""
import json
import pathlib
import sys

export = json.load(open(sys.argv[1], encoding="utf-8"))["data"][0]
gaps = []


def has_place(place):
    return place[:2] != place[2:4]


def row(name, decisions, conditions, shown, branches, reached):
    print(f"{name:<24} {decisions:>9} {conditions:>11} {100 * shown / max(conditions, 1):>8.1f} {branches:>9} {100 * reached / max(branches, 1):>7.1f}")


print(f"{'file':<24} {'decisions':>9} {'conditions':>11} {'MC/DC %':>8} {'branches':>9} {'%':>7}")
total = [0] * 5
for file in sorted(export["files"], key=lambda file: file["filename"]):
    path = pathlib.Path(file["filename"])
    name = "/".join(path.parts[path.parts.index("src"):])
    source = path.read_text(encoding="utf-8").splitlines()

    def text(place):
        line, column, end_line, end_column = place[:4]
        return source[line - 1][column - 1:end_column - 1] if line == end_line else source[line - 1][column - 1:] + " …"

    branches = [branch for branch in file["branches"] if has_place(branch)]
    decisions = [record for record in file.get("mcdc_records", []) if has_place(record)]
    for branch in branches:
        gaps += [(name, *branch[:2], f"never {outcome}: {text(branch)}") for outcome, count in zip(("true", "false"), branch[4:6]) if not count]
    for decision in decisions:
        gaps += [(name, *decision[:2], f"condition {number} is not shown to decide: {text(decision)}")
                 for number, shown in enumerate(decision[-1], 1) if not shown]
    figures = [len(decisions), sum(len(decision[-1]) for decision in decisions), sum(sum(decision[-1]) for decision in decisions), 2 * len(branches),
               sum(bool(count) for branch in branches for count in branch[4:6])]
    row(name, *figures)
    total = [a + b for a, b in zip(total, figures)]
row("all", *total)
for name, line, column, what in sorted(gaps):
    print(f"{name}:{line}:{column}: {what}")
sys.exit(bool(gaps) or not total[0])
