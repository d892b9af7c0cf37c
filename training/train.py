#!/usr/bin/env python3
"""Trains the model of the offline extractor: src/extract/model.bin. Same input, same bytes.

For each task a logistic regression (liblinear) over the features of features.py, on every unit of AMI's training meetings and of four fifths
of ICSI's; each meeting is read a second time with words lost and misheard, as speech recognition does. The probability is fitted on meetings
that were left out for that, then the weights are trained again on all. AMI's validation meetings and ICSI's other fifth are never read here."""
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
MODEL = ROOT / "src/extract/model.bin"
Task = collections.namedtuple("Task", "name label corpora scale cost")
Example = collections.namedtuple("Example", "group row blocks")  # a unit; blocks: those of its first reading, kept where they calibrate

# scale: of each block of features. The place in the meeting is used where it does no harm on ICSI (docs/model-card.md).
WITH_PLACE, WITHOUT_PLACE = (1, 0.7, 0.5, 0.4, 0.3), (1, 0.7, 0.5, 0.4, 0)
TASKS = (
    Task("action", lambda row: row.labels["action"], ("ami",), WITH_PLACE, 2),
    Task("commitment", lambda row: row.labels["commit"] or row.labels["command"], ("icsi",), WITHOUT_PLACE, 2),
    Task("decision", lambda row: row.labels["decision"], ("ami", "icsi"), WITHOUT_PLACE, 0.5),
    Task("requirement", lambda row: row.labels["requirement"], ("ami",), WITHOUT_PLACE, 1),
    Task("key", lambda row: row.labels["extract"], ("ami", "icsi"), WITHOUT_PLACE, 0.15),
)
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


class Readings:
    """A corpus as liblinear wants it: an example a line, without its label; a file for each scale, since the text is large and slow to make."""

    def __init__(self, name, meetings, chance, work):
        self.examples = []
        self.paths = {scale: work / f"{name}-{i}" for i, scale in enumerate(sorted({task.scale for task in TASKS if name in task.corpora}))}
        files = {scale: open(path, "w") for scale, path in self.paths.items()}
        vocabulary = sorted({word for units in meetings.values() for row in units for word in row.text.split()})
        groups = {name: i for i, name in enumerate(dict.fromkeys(series(meeting) for meeting in meetings))}
        for meeting, units in meetings.items():
            group = groups[series(meeting)]
            for rows, rough in ((units, False), (misheard(units, vocabulary, chance), True)):
                for row, blocks in zip(rows, features.features([(row.text, row.speaker) for row in rows])):
                    kept = None if rough or group % CALIBRATION_FOLD != 1 else [array.array("H", block) for block in blocks]
                    self.examples.append(Example(group, row, kept))
                    for scale, file in files.items():
                        values = vector(blocks, scale)
                        file.write(" ".join(f"{i + 1}:{values[i]:.5f}" for i in sorted(values)) + "\n")
        for file in files.values():
            file.close()


def vector(blocks, scale):
    values = collections.defaultdict(float)
    for block, weight in zip(blocks, scale):
        if weight and block:
            value = weight / math.sqrt(len(block))
            for feature in block:
                values[feature] += value
    return values


def fit(readings, task, used, work):
    """Weights (a list) and bias by liblinear's L2-regularised logistic regression, on the examples of the groups that `used` says."""
    with open(work / "examples", "w") as file:
        for corpus_readings in readings:
            with open(corpus_readings.paths[task.scale]) as lines:
                file.writelines(("+1 " if task.label(example.row) else "-1 ") + line
                                for example, line in zip(corpus_readings.examples, lines) if used(example.group))
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
    """Slope and offset of Platt's sigmoid, by Newton's method."""
    slope, offset = 1.0, 0.0
    for _ in range(50):
        gradient, hessian = [0.0, 0.0], [1e-9, 0.0, 1e-9]
        for value, label in zip(scores, labels):
            p = 1 / (1 + math.exp(-(slope * value + offset)))
            gradient[0] += (p - label) * value
            gradient[1] += p - label
            curve = p * (1 - p)
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


def train(task, readings, work, used=lambda group: True):
    """The task's header and weights, learnt from the groups of meetings that `used` says."""
    weights, bias = fit(readings, task, lambda group: used(group) and group % CALIBRATION_FOLD != 1, work)
    integers, step = quantised(weights)
    left_out = [example for corpus_readings in readings for example in corpus_readings.examples if example.blocks is not None and used(example.group)]
    scores = [score(example.blocks, task.scale, integers, step, bias) for example in left_out]
    slope, offset = calibrate(scores, [task.label(example.row) for example in left_out])
    weights, bias = fit(readings, task, used, work)
    integers, step = quantised(weights)
    labels = [task.label(example.row) for corpus_readings in readings for example in corpus_readings.examples]
    print(f"{task.name}: {sum(labels)} of {len(labels)} examples, bias {bias:.3f}, probability {slope:.3f} x + {offset:.3f}", file=sys.stderr, flush=True)
    header = struct.pack(f"<12s{4 + len(task.scale)}f", task.name.encode(), step, bias, slope, offset, *task.scale)
    return header, struct.pack(f"<{len(integers)}b", *integers)


HEAD = b"HANSARDMODEL001\n" + struct.pack("<3I", features.BITS, len(features.BLOCKS), len(TASKS))
TASK_HEAD = struct.calcsize(f"<12s{4 + len(features.BLOCKS)}f")


def write(path, parts):
    path.write_bytes(HEAD + b"".join(header for header, _ in parts) + b"".join(weights for _, weights in parts))


def read(path):
    data, size = path.read_bytes(), 1 << features.BITS
    headers = [data[len(HEAD) + i * TASK_HEAD:][:TASK_HEAD] for i in range(len(TASKS))]
    weights = len(HEAD) + len(TASKS) * TASK_HEAD
    return [(header, data[weights + i * size:][:size]) for i, header in enumerate(headers)]


def fold_of(group, folds):
    return group % folds


def meetings_left_out(data, fold, folds):
    """The AMI training meetings that the fold's model has not seen."""
    names = list(corpus.utterances(data, "ami_train"))
    groups = list(dict.fromkeys(map(series, names)))
    return {name for name in names if fold_of(groups.index(series(name)), folds) == fold}


def cross_validate(data, model, folds, folder):
    """For each fold a model whose action items were learnt without it, its other tasks as in `model`: folder/0.bin, folder/1.bin, …"""
    with tempfile.TemporaryDirectory() as work:
        readings = Readings("ami", corpus.meetings(data, "ami_train"), random.Random(5), pathlib.Path(work))
        for fold in range(folds):
            part = train(TASKS[0], [readings], pathlib.Path(work), lambda group, fold=fold: fold_of(group, folds) != fold)
            write(folder / f"{fold}.bin", [part, *read(model)[1:]])


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--data", default=ROOT / "../shared/data/meetings", type=pathlib.Path)
    parser.add_argument("--output", default=MODEL, type=pathlib.Path)
    options = parser.parse_args()
    os.environ["LC_ALL"] = "C"
    chance = random.Random(5)
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        readings = {name: Readings(name, meetings, chance, work)
                    for name, meetings in (("ami", corpus.meetings(options.data, "ami_train")), ("icsi", corpus.icsi(options.data)[0]))}
        write(options.output, [train(task, [readings[name] for name in task.corpora], work) for task in TASKS])


if __name__ == "__main__":
    main()
