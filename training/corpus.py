"""Reads the annotated meetings and cuts their utterances into units as src/extract/sentences.c does."""
import collections
import csv
import pathlib
import re

Row = collections.namedtuple("Row", "text speaker labels utterance")
ABBREVIATIONS = {"mr", "mrs", "ms", "dr", "prof", "st", "vs", "etc", "approx", "no", "inc", "e.g", "i.e"}
LABELS = ("extract", "action", "decision", "requirement", "commit", "command")


def sentences(text):
    """The parts of a text that end with ".", "?" or "!"."""
    parts, start = [], 0
    for match in re.finditer(r"([\w'’]+)[^\w\s]*?([.?!])[^\w\s]*(?=\s|$)", text):
        word = match[1].lower()
        if match[2] == "." and (word in ABBREVIATIONS or (len(word) == 1 and word.isalpha() and word != "i")):
            continue
        parts.append(text[start:match.end()].strip())
        start = match.end()
    parts.append(text[start:].strip())
    return [part for part in parts if re.search(r"\w", part)]


def read_table(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def utterances(folder, name):
    """Meeting → its rows, in the file's order."""
    meetings = collections.OrderedDict()
    for row in read_table(pathlib.Path(folder) / f"{name}.utts.tsv"):
        meetings.setdefault(row["meeting"], []).append(row)
    return meetings


def meetings(folder, name):
    """Meeting → its units, each with the labels of the utterance that it is part of."""
    result = collections.OrderedDict()
    for meeting, rows in utterances(folder, name).items():
        result[meeting] = [Row(part, row["speaker"], {label: row[label] == "1" for label in LABELS}, row["utt"])
                           for row in rows for part in sentences(row["text"])]
    return result


def held_out(meeting, position):
    """ICSI meetings that nothing is trained on, so that there is something to judge by: every fifth."""
    return position % 5 == 2


def icsi(folder):
    """The ICSI meetings to train on, and those to judge by."""
    train, judge = collections.OrderedDict(), collections.OrderedDict()
    for position, (meeting, units) in enumerate(meetings(folder, "icsi_dev").items()):
        (judge if held_out(meeting, position) else train)[meeting] = units
    return train, judge
