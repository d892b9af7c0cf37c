#!/usr/bin/env python3
"""The tree is the architecture: a folder of src/ includes itself and what its line in CMakeLists.txt reaches, never sideways or up; and headers that are
private to a folder (*_backend.h for others, *_internal.h) stay in it."""
import pathlib
import re
import sys

root = pathlib.Path(__file__).resolve().parents[1]
lines = re.findall(r"^hansard_folder\((\w+) ?([^)]*)\)", (root / "CMakeLists.txt").read_text(), re.M)
direct = {name: [word for word in words.split() if re.fullmatch(r"[a-z]+", word)] for name, words in lines}
folders = set(direct)


def reach(name):
    found = {name}
    for other in direct[name]:
        if other in folders:
            found |= reach(other)
    return found


faults = []
for folder in sorted(path.name for path in (root / "src").iterdir() if path.is_dir()):
    if folder not in folders:
        faults.append(f"src/{folder} has no line in CMakeLists.txt")
        continue
    allowed = reach(folder)
    for source in sorted((root / "src" / folder).glob("*.[ch]")):
        for target in re.findall(r'^#include "([^"]+)"', source.read_text(), re.M):
            other = target.split("/")[0] if "/" in target else None
            if other in folders and other not in allowed:
                faults.append(f"{source.relative_to(root)} includes {target}: {folder} stands below or beside {other}")
            if other != folder and target.endswith(("_internal.h", "_backend.h")):
                faults.append(f"{source.relative_to(root)} includes {target}, which is private to {other}")
print("\n".join(faults) or f"{len(folders)} folders keep their layers")
sys.exit(bool(faults))
