"""The features of a unit of talk are the same in the program and in training: 1,000 utterances, and what is strange in talk."""
import json
import pathlib
import random
import sys
import unittest

import program

sys.path.insert(0, str(program.ROOT / "training"))
import features  # noqa: E402

STRANGE = ["T_V_ and D_V_D_ p- player, I I think.", "It’s ‘fine’, isn't it?", "12.50 euros or 3/4 of 1,000", "Straße überall naïve 会議 ok", "um uh er", "'quoted' word's",
           "'' ' ''", "Well... no?! Yes", "A_B-C d-e- f- ", "word " * 90]


def utterances():
    """A thousand, the same every time: sentences of the phrasings and mixtures of their words."""
    lines = (program.ROOT / "tests/phrasings.tsv").read_text(encoding="utf-8").splitlines()
    sentences = [line.split("\t")[-1] for line in lines if "\t" in line][1:]
    chance = random.Random(1)
    words = " ".join(sentences + STRANGE).split()
    while len(sentences) < 1000 - len(STRANGE):
        sentences.append(" ".join(chance.choice(words) for _ in range(chance.randint(1, 30))))
    return sentences[:1000 - len(STRANGE)] + STRANGE


class Features(unittest.TestCase):
    def test_program_and_training_agree(self):
        folder = program.scratch()
        speakers = [{"id": f"S{i}", "name": f"Speaker {i}"} for i in range(1, 4)]
        segments = [{"id": i, "start_ms": i * 1000, "end_ms": i * 1000 + 900, "speaker": f"S{i * 7 % 3 + 1}", "text": text}
                    for i, text in enumerate(utterances())]
        path = pathlib.Path(folder) / "meeting.json"
        path.write_text(json.dumps({"schema": 2, "language": "en", "duration_ms": 10**6, "covered_ms": 10**6, "timed": True,
                                    "transcriber": {"name": "import", "model": None}, "speakers": speakers, "segments": segments}))
        done = program.run(folder, "extract", "--units", path)
        self.assertEqual(done.returncode, 0, done.stderr)
        units = json.loads(done.stdout)["units"]
        self.assertGreaterEqual(len(units), 1000)
        wanted = features.features([(unit["text"], unit["segment"] * 7 % 3) for unit in units])
        for unit, blocks in zip(units, wanted):
            self.assertEqual(unit["features"], blocks, unit["text"])


if __name__ == "__main__":
    unittest.main()
