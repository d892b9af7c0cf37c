"""A line a folder of gcovr's summary, and the total: coverage_table.py SUMMARY."""
import collections
import json
import sys

with open(sys.argv[1], encoding="utf-8") as file:
    summary = json.load(file)
folders = collections.defaultdict(lambda: [0, 0, 0, 0])
for entry in summary["files"]:
    figures = [entry["line_covered"], entry["line_total"], entry["branch_covered"], entry["branch_total"]]
    for name in (entry["filename"].split("/")[1], "~ all"):
        folders[name] = [a + b for a, b in zip(folders[name], figures)]
print(f"{'folder':<12} {'lines':>7} {'%':>6} {'branches':>9} {'%':>6}")
for name, (lines, lines_all, branches, branches_all) in sorted(folders.items()):
    print(f"{name.strip('~ '):<12} {lines_all:>7} {100 * lines / max(lines_all, 1):>6.1f} {branches_all:>9} {100 * branches / max(branches_all, 1):>6.1f}")
