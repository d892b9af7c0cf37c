#!/usr/bin/env python3
"""Trains the model of the offline extractor: src/extract/model.bin. Same input, same bytes.

For each task a logistic regression (liblinear) over the features of features.py, on AMI's training meetings and four fifths of ICSI's; each
meeting is read a second time with words lost and misheard, as speech recognition does. The probability is fitted on meetings that were
left out for that, then the weights are trained again on all. AMI's validation meetings and ICSI's other fifth are never read here."""
import argparse
import array
import collections
import math
import os
import pathlib
import random
import struct
import subprocess
import sys
import tempfile

import corpus
import features

ROOT = pathlib.Path(__file__).resolve().parents[1]
Task = collections.namedtuple("Task", "name label corpora scale cost labelled")

# scale: of each block of features; labelled: which part of the units that have other labels is used. The place in the meeting is used where
# it does no harm on ICSI (docs/model-card.md).
TASKS = (
    Task("action", lambda row: row.labels["action"], ("ami",), (1, 0.7, 0.5, 0.4, 0.3), 5, 0.3),
    Task("commitment", lambda row: row.labels["commit"] or row.labels["command"], ("icsi",), (1, 0.7, 0.5, 0.4, 0), 5, 0.3),
    Task("decision", lambda row: row.labels["decision"], ("ami", "icsi"), (1, 0.7, 0.5, 0.4, 0), 5, 0.3),
    Task("requirement", lambda row: row.labels["requirement"], ("ami",), (1, 0.7, 0.5, 0.4, 0), 5, 0.3),
    Task("key", lambda row: row.labels["extract"], ("ami", "icsi"), (1, 0.7, 0.5, 0.4, 0), 2, 1),
)
UNLABELLED = 0.12  # part of the units without any label that are examples
WORDS_LOST, WORDS_MISHEARD = 0.1, 0.1
CALIBRATION_FOLD = 5  # every fifth group of meetings fits the probability


def series(meeting):
    """AMI's meetings a to d are of one team: they stay together."""
    return meeting[:-1] if meeting[-1] in "abcd" else meeting


def misheard(units, vocabulary, chance):
    result = []
    for row in units:
        words = []
        for word in row.text.split():
            draw = chance.random()
            if draw < WORDS_LOST:
                continue
            words.append(chance.choice(vocabulary) if draw < WORDS_LOST + WORDS_MISHEARD else word)
        result.append(row._replace(text=" ".join(words)))
    return result


class Example:
    """A unit with its features, kept small: there are many."""
    __slots__ = ("group", "corpus", "row", "blocks")

    def __init__(self, group, source, row, blocks):
        self.group, self.corpus, self.row, self.blocks = group, source, row, blocks


def keep_chance(row):
    """Whether a unit becomes an example: those without any label are many."""
    return 1.0 if any(row.labels.values()) else UNLABELLED


def examples_of(source, meetings, chance):
    vocabulary = sorted({word for units in meetings.values() for row in units for word in row.text.split()})
    groups = {name: i for i, name in enumerate(dict.fromkeys(series(meeting) for meeting in meetings))}
    clean, noisy = [], []
    for meeting, units in meetings.items():
        for rows, into in ((units, clean), (misheard(units, vocabulary, chance), noisy)):
            wanted = {i for i, row in enumerate(rows) if chance.random() < keep_chance(row)}
            found = features.features([(row.text, row.speaker) for row in rows], wanted)
            into += [Example(groups[series(meeting)], source, rows[i], [array.array("H", block) for block in found[i]]) for i in sorted(wanted)]
    return clean, noisy


def vector(blocks, scale):
    values = collections.defaultdict(float)
    for block, weight in zip(blocks, scale):
        if weight and block:
            value = weight / math.sqrt(len(block))
            for feature in block:
                values[feature] += value
    return values


def fit(examples, task, seed, work):
    """Weights (a list) and bias by liblinear's L2-regularised logistic regression."""
    chance = random.Random(seed)
    with open(work / "examples", "w") as file:
        for example in examples:
            positive = task.label(example.row)
            if not positive and any(example.row.labels.values()) and chance.random() >= task.labelled:
                continue
            values = vector(example.blocks, task.scale)
            file.write(f"{'+1' if positive else '-1'} " + " ".join(f"{i + 1}:{values[i]:.5f}" for i in sorted(values)) + "\n")
    subprocess.run(["liblinear-train", "-q", "-s", "0", "-c", str(task.cost), "-B", "1", work / "examples", work / "model"],
                   check=True)
    lines = (work / "model").read_text().split("\n")
    sign = 1 if next(line for line in lines if line.startswith("label")).split()[1] == "1" else -1
    numbers = [sign * float(line) for line in lines[lines.index("w") + 1:] if line.strip()]
    bias = numbers.pop()
    return numbers + [0.0] * ((1 << features.BITS) - len(numbers)), bias


def quantised(weights):
    """Bytes and the step between them; the few that are larger than all others are cut."""
    limit = sorted(abs(weight) for weight in weights)[-9]
    step = struct.unpack("<f", struct.pack("<f", limit / 127))[0]
    return [max(-127, min(127, round(weight / step))) for weight in weights], step


def score(blocks, scale, weights, step, bias):
    total = 0.0
    for block, weight in zip(blocks, scale):
        if block:
            total += weight / math.sqrt(len(block)) * sum(weights[feature] for feature in block)
    return bias + step * total


def calibrate(scores, labels):
    """Slope and offset of Platt's sigmoid, by Newton's method, on units as they come (all negatives count)."""
    slope, offset = 1.0, 0.0
    for _ in range(50):
        gradient, hessian = [0.0, 0.0], [1e-9, 0.0, 1e-9]
        for value, (label, weight) in zip(scores, labels):
            p = 1 / (1 + math.exp(-(slope * value + offset)))
            gradient[0] += weight * (p - label) * value
            gradient[1] += weight * (p - label)
            curve = weight * p * (1 - p)
            hessian[0] += curve * value * value
            hessian[1] += curve * value
            hessian[2] += curve
        determinant = hessian[0] * hessian[2] - hessian[1] ** 2
        step = ((hessian[2] * gradient[0] - hessian[1] * gradient[1]) / determinant,
                (hessian[0] * gradient[1] - hessian[1] * gradient[0]) / determinant)
        slope, offset = slope - step[0], offset - step[1]
        if max(map(abs, step)) < 1e-9:
            break
    return slope, offset


def train(task, clean, noisy, work):
    used = [example for name in task.corpora for example in clean[name]]
    rough = [example for name in task.corpora for example in noisy[name]]
    left_out = [example for example in used if example.group % CALIBRATION_FOLD == 1]
    weights, bias = fit([example for example in used + rough if example.group % CALIBRATION_FOLD != 1], task, 7, work)
    integers, step = quantised(weights)
    scores = [score(example.blocks, task.scale, integers, step, bias) for example in left_out]
    slope, offset = calibrate(scores, [(task.label(example.row), 1 / keep_chance(example.row)) for example in left_out])
    weights, bias = fit(used + rough, task, 8, work)
    integers, step = quantised(weights)
    print(f"{task.name}: {sum(task.label(e.row) for e in used)} units of {len(used)}, bias {bias:.3f}, probability {slope:.3f} x + {offset:.3f}",
          file=sys.stderr, flush=True)
    header = struct.pack(f"<12s{4 + len(task.scale)}f", task.name.encode(), step, bias, slope, offset, *task.scale)
    return header, struct.pack(f"<{len(integers)}b", *integers)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--data", default=ROOT / "../shared/data/meetings", type=pathlib.Path)
    parser.add_argument("--output", default=ROOT / "src/extract/model.bin", type=pathlib.Path)
    options = parser.parse_args()
    os.environ["LC_ALL"] = "C"
    chance = random.Random(5)
    clean, noisy = {}, {}
    for name, meetings in (("ami", corpus.meetings(options.data, "ami_train")), ("icsi", corpus.icsi(options.data)[0])):
        clean[name], noisy[name] = examples_of(name, meetings, chance)
    with tempfile.TemporaryDirectory() as work:
        parts = [train(task, clean, noisy, pathlib.Path(work)) for task in TASKS]
    data = b"HANSARDMODEL001\n" + struct.pack("<3I", features.BITS, len(features.BLOCKS), len(TASKS))
    data += b"".join(header for header, _ in parts) + b"".join(weights for _, weights in parts)
    options.output.write_bytes(data)


main()
