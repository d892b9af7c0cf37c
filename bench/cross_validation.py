#!/usr/bin/env python3
"""Action items and their owners on all of AMI's training meetings, each read by a model that has not seen it: four models are trained, each is
built into the program, and the program reads the quarter that was left out. The 20 validation meetings have 40 items, and one item is 2.5 %; here are 186."""
import argparse
import os
import pathlib
import re
import subprocess
import tempfile

import understanding  # and training/ with it
import train

ROOT = pathlib.Path(__file__).resolve().parents[1]
FOLDS = 4  # not a multiple of the groups that fit the probability


def build(model, folder):
    """The program as build/release is set up, with this model in it."""
    cache = (ROOT / "build/release/CMakeCache.txt").read_text()
    options = [f"-D{name}={value}" for name, value in re.findall(r"^(HANSARD_(?:WHISPER|MODEL_DIR)):\w+=(.*)$", cache, re.MULTILINE)]
    run = lambda *command: subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    run("cmake", "--preset", "release", "-B", folder, *options, f"-DHANSARD_EXTRACT_MODEL={model}")
    run("cmake", "--build", folder, "--target", "hansard")
    return str(folder / "hansard")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--data", default=ROOT / "../shared/data/meetings", type=pathlib.Path)
    options = parser.parse_args()
    os.environ["LC_ALL"] = "C"
    meetings = []
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        train.cross_validate(options.data, train.MODEL, FOLDS, work)
        for fold in range(FOLDS):
            understanding.PROGRAM = build(work / f"{fold}.bin", work / "build")
            meetings += understanding.read_meetings(options.data, "ami_train", train.meetings_left_out(options.data, fold, FOLDS), work)
    exact, unknown, wrong = understanding.owners(meetings)
    count = exact + unknown + wrong
    wanted = sum(len(meeting.wanted("action")) for meeting in meetings)
    understanding.print_table([
        ("", f"{len(meetings)} meetings, {wanted} items", "goal"),
        *[(f"actions: items found among the first {picks}", f"{understanding.items_found(meetings, 'action', picks):.0f} %", goal)
          for picks, goal in zip(understanding.PICKS, ("≥ 85 %", "-"))],
        (f"owner of the {count} actions found: exact / unknown / wrong", " / ".join(f"{100 * part / count:.0f}" for part in (exact, unknown, wrong)) + " %",
         "exact ≥ 60 %, wrong ≤ 20 %"),
    ])


main()
