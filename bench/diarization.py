#!/usr/bin/env python3
"""Whether voices in a mono recording can be told apart well enough to be worth showing, on real meetings:

    $(setup/diarization.sh)/venv/bin/python bench/diarization.py --audio ../shared/data/audio/ami build/release/hansard

The folder holds 16 kHz mono WAV files and beside each who speaks when (.stm). Hansard hears the words; who said each is then told in several
ways. Printed: the diarization error rate of each recording and of all in percent, by pyannote.metrics, speech of several at a time included: of
all words given to one speaker, of each word given to whom it belongs (nobody can do better with these words), and of the ways of bench/voices.py.
Each of these is tried with the threshold that is best on all other recordings."""
import argparse
import glob
import json
import os
import subprocess
import sys
import tempfile
import warnings
import wave

import numpy as np
from pyannote.core import Annotation, Segment, Timeline
from pyannote.metrics.diarization import DiarizationErrorRate

from voices import RATE, Bayes, Cepstra, Encoder, Voices

PARTS = ("confusion", "missed detection", "false alarm")


def read_wave(path):
    with wave.open(path) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (RATE, 1, 2), path
        return np.frombuffer(file.readframes(file.getnframes()), np.int16).astype(np.float32) / 32768


def read_reference(path, end_s):
    turns = Annotation()
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file):
            _, _, speaker, start, end, *_ = line.split(None, 5)
            if float(start) < end_s:
                turns[Segment(float(start), min(float(end), end_s)), number] = speaker
    return turns


def hear(hansard, path):
    """(start, end) of each word, in seconds."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([hansard, "add", path], check=True, capture_output=True, env={**os.environ, "HANSARD_DATA": folder})
        (transcript,) = glob.glob(os.path.join(folder, "transcriptions", "*", "transcript.json"))
        with open(transcript, encoding="utf-8") as file:
            segments = json.load(file)["segments"]
    return [(word[0] / 1000, word[1] / 1000) for segment in segments for word in segment.get("words", [])]


def true_speakers(turns, words):
    """Who speaks most of each word."""
    def share(start, end):
        said = {}
        for turn, _, speaker in turns.itertracks(yield_label=True):
            said[speaker] = said.get(speaker, 0) + max(0, min(end, turn.end) - max(start, turn.start))
        return max(said, key=said.get) if said else None
    return [share(*word) for word in words]


class Recording:
    def __init__(self, path, hansard):
        self.name = os.path.basename(path)[:-4]
        self.samples = read_wave(path)
        self.length_s = len(self.samples) / RATE
        self.turns = read_reference(path[:-4] + ".stm", self.length_s)
        self.words = hear(hansard, path)

    def score(self, speakers, collar):
        """Seconds of error and of speech; the collar is left out on either side of each turn's ends."""
        heard = Annotation()
        for number, ((start, end), speaker) in enumerate(zip(self.words, speakers)):
            if end > start:
                heard[Segment(start, end), number] = str(speaker)
        found = DiarizationErrorRate(collar=2 * collar)(self.turns, heard, uem=Timeline([Segment(0, self.length_s)]), detailed=True)
        return sum(found[part] for part in PARTS), found["total"]


def rate(scores):
    speech = sum(total for _, total in scores)
    return 100 * sum(error for error, _ in scores) / speech if speech > 0 else 0.0


def leave_one_out(by_threshold):
    """{threshold: [score of each recording]} -> the score of each with the threshold that is best on the others."""
    count = len(next(iter(by_threshold.values())))
    chosen = [max(by_threshold, key=lambda t: -rate(by_threshold[t][:i] + by_threshold[t][i + 1:])) for i in range(count)]
    return [by_threshold[threshold][i] for i, threshold in enumerate(chosen)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("hansard")
    parser.add_argument("--audio", default="../shared/data/audio/ami")
    prefix = os.environ.get("HANSARD_PREFIX", os.path.expanduser("~/.cache/hansard"))
    parser.add_argument("--encoder", default=os.path.join(prefix, "diarization/encoder/resemblyzer/pretrained.pt"))
    options = parser.parse_args()
    warnings.filterwarnings("ignore", module="pyannote")
    paths = sorted(glob.glob(os.path.join(options.audio, "*.wav")))
    if not paths:
        sys.exit(f"{options.audio} holds no recordings")
    recordings = [Recording(path, os.path.abspath(options.hansard)) for path in paths]
    kinds = [Cepstra(), Bayes(), Encoder(options.encoder)]
    said = {kind.name: [Voices(kind, recording.samples, recording.words) for recording in recordings] for kind in kinds}
    labels = {kind.name: {t: [voices.speakers(t) for voices in said[kind.name]] for t in kind.thresholds} for kind in kinds}
    for collar in (0.25, 0):
        columns = {"one speaker": [recording.score([0] * len(recording.words), collar) for recording in recordings],
                   "true speakers": [recording.score(true_speakers(recording.turns, recording.words), collar) for recording in recordings]}
        best = {}
        for name, by_threshold in labels.items():
            scores = {t: [recording.score(given, collar) for recording, given in zip(recordings, each)] for t, each in by_threshold.items()}
            columns[name] = leave_one_out(scores)
            best[name] = {t: round(rate(each), 1) for t, each in scores.items()}
        print(f"\nDiarization error rate in percent, collar {collar} s\n{'':<20}" + "".join(f"{name:>15}" for name in columns))
        for i, recording in enumerate(recordings):
            print(f"{recording.name:<20}" + "".join(f"{rate([scores[i]]):>15.1f}" for scores in columns.values()))
        print(f"{'all':<20}" + "".join(f"{rate(scores):>15.1f}" for scores in columns.values()))
        for name, rates in best.items():
            print(f"  {name} with one threshold for all: " + ", ".join(f"{threshold}: {value}" for threshold, value in rates.items()))


if __name__ == "__main__":
    main()
