"""A line a folder of gcovr's JSON, the total, and the files that lack most lines: coverage_table.py JSON.

Of a branch counts what a condition of the source makes. Where a statement has none (no if, loop, switch, ?:, && or ||), its branches are the compiler's or a
library macro's: the clean-up of g_autofree on the several ways out of a block, MIN, g_clear_pointer, json_array_foreach, g_assert. They are left out by this
rule alone; the last line has the figure with them."""
import collections
import json
import pathlib
import re
import sys

CONDITION = re.compile(r"\b(if|while|for|switch|case|default)\b|&&|\|\||\?")
LITERAL = re.compile(r'"(\\.|[^"\\])*"|\'(\\.|[^\'\\])*\'|/\*.*?\*/')
LACKING = 25

with open(sys.argv[1], encoding="utf-8") as file:
    measured = json.load(file)


def conditional_lines(path):
    """The numbers of the lines whose statement has a condition."""
    found, begins, conditional = set(), 1, False
    for number, line in enumerate(pathlib.Path(path).read_text(encoding="utf-8").splitlines(), 1):
        code = LITERAL.sub("0", line)
        conditional = conditional or bool(CONDITION.search(code))
        if not code.strip() or code.rstrip().endswith((";", "{", "}", "*/", ":")):
            if conditional:
                found.update(range(begins, number + 1))
            begins, conditional = number + 1, False
    return found


def percent(part, whole):
    return 100 * part / max(whole, 1)


folders = collections.defaultdict(lambda: [0] * 6)
files = []
for entry in measured["files"]:
    conditional = conditional_lines(entry["file"])
    lines = [line for line in entry["lines"] if not line.get("gcovr/noncode")]
    every = [bool(branch["count"]) for line in lines for branch in line["branches"]]
    ours = [bool(branch["count"]) for line in lines if line["line_number"] in conditional for branch in line["branches"]]
    reached = sum(bool(line["count"]) for line in lines)
    figures = [reached, len(lines), sum(ours), len(ours), sum(every), len(every)]
    files.append((len(lines) - reached, len(lines), len(ours) - sum(ours), len(ours), entry["file"]))
    for name in (entry["file"].split("/")[1], "~ all"):
        folders[name] = [a + b for a, b in zip(folders[name], figures)]
print(f"{'folder':<12} {'lines':>7} {'%':>6} {'branches':>9} {'%':>6}")
for name, figures in sorted(folders.items()):
    print(f"{name.strip('~ '):<12} {figures[1]:>7} {percent(*figures[:2]):>6.1f} {figures[3]:>9} {percent(*figures[2:4]):>6.1f}")
print(f"\nnot reached: lines, of; branches, of ({LACKING} files)")
for lines, all_lines, branches, all_branches, name in sorted(files, reverse=True)[:LACKING]:
    print(f"{lines:>5} {all_lines:>5} {branches:>5} {all_branches:>5}  {name}")
print(f"\nbranches with those that no condition makes: {folders['~ all'][5]}, {percent(*folders['~ all'][4:]):.1f} %")
