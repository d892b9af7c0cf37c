#!/usr/bin/env python3
"""hansard cost as an engineer runs it: on a directory, on a bucket (versitygw) with one request a thousand keys, and about figures alone."""
import json
import os
import pathlib
import shutil
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import servers  # noqa: E402
from fault_proxy import FaultProxy  # noqa: E402
from program import run, scratch  # noqa: E402

TALK = "WEBVTT\n\n00:01.000 --> 00:04.000\nAnn: I will send the report to Bob by Friday.\n\n" \
       "01:05.000 --> 01:08.600\nBob: The system must answer in time.\n"
PRICES = {"date": "2026-01-02", "region": "nowhere", "currency": "GBP", "source": "a test", "list_1000": 1,
          "classes": [{"name": "STANDARD", "gb_month": 1000000, "put_1000": 0, "get_1000": 0}]}


class Cost(unittest.TestCase):
    settings = {}

    def setUp(self):
        self.folder = scratch()
        self.addCleanup(shutil.rmtree, self.folder)
        self.data = self.folder / "store"
        self.data.mkdir()

    def command(self, status, *arguments, **more):
        done = run(self.data, *arguments, HANSARD_TRANSCRIBER="none", **{**self.settings, **more})
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done

    def cost(self, *arguments, **more):
        return json.loads(self.command(0, "cost", "--json", *arguments, **more).stdout)

    def add(self):
        (self.folder / "talk.vtt").write_text(TALK)
        self.command(0, "add", self.folder / "talk.vtt")

    def kinds(self, cost):
        return {(kind["kind"], kind["class"]): (kind["objects"], kind["bytes"]) for kind in cost["storage"]["kinds"]}

    def prices(self, **more):
        path = self.folder / "prices.json"
        path.write_text(json.dumps({**PRICES, **more}))
        return path


class CostDirectory(Cost):
    def test_figures(self):
        """What the guide says of 100 meetings of 50 MB."""
        asked = self.cost("--what-if", "meetings=100,mb=50,documents-kb=0")
        self.assertAlmostEqual(asked["storage"]["month"], 0.1071, 4)
        self.assertAlmostEqual(asked["requests"]["meeting"]["once"] * 100, 0.0147, 4)
        self.assertAlmostEqual(asked["requests"]["idle_month"], 0.6696, 4)
        self.assertEqual(self.cost("--what-if", "", "--servers", "0")["requests"]["idle_month"], 0)
        self.assertEqual(self.cost("--what-if", "meetings=0")["storage"]["objects"], 0)
        old = self.cost("--what-if", "meetings=10,mb=1074,days=40")["lifecycle"]
        self.assertEqual([rule["now"]["objects"] for rule in old], [10, 0])
        self.assertEqual(list(self.data.iterdir()), [])  # nothing was opened

    def test_directory(self):
        self.add()
        (self.data / "uploads").mkdir()
        (self.data / "uploads/old.bin").write_bytes(b"x" * 300000)
        (self.data / "meetings/old.wav").write_bytes(b"x" * 200000)
        then = time.time() - 100 * 86400
        os.utime(self.data / "meetings/old.wav", (then, then))
        found = self.cost()
        kinds = self.kinds(found)
        self.assertEqual(kinds["recordings", "STANDARD"], (2, 200000 + len(TALK)))
        self.assertEqual(kinds["documents", "STANDARD"][0], 5)
        self.assertEqual((kinds["index", "STANDARD"], kinds["foreign", "STANDARD"]), ((1, 0), (1, 300000)))
        self.assertEqual(found["meetings"], {"listed": 1, "recorded": 0, "stored": 1, "talk_seconds": 69})
        self.assertEqual([rule["now"]["objects"] for rule in found["lifecycle"]], [1, 1])
        self.assertEqual([rule["small_objects_left"] for rule in found["lifecycle"]], [1, 1])
        text = self.command(0, "cost")
        self.assertEqual(text.stderr, "")
        self.assertIn("costs nothing; in S3 it would cost", text.stdout)
        self.assertRegex(text.stdout, r"(?m)^recordings  STANDARD +2 +195\.\d KiB")
        for line in text.stdout.splitlines()[1:]:
            self.assertLessEqual(len(line), 80, line)
        for index in (self.data / "hansard/index").iterdir():
            index.unlink()
        self.assertIn("1 meetings are not in the list", self.command(0, "cost").stdout)

    def test_one_meeting(self):
        """By its own objects, with what services counted of it."""
        self.add()
        (folder,) = (self.data / "transcriptions").iterdir()
        told = self.cost(folder.name)
        files = [*folder.iterdir(), *(self.data / "meetings").iterdir()]
        self.assertEqual((told["objects"], told["bytes"]), (len(files), sum(path.stat().st_size for path in files)))
        self.assertEqual((told["talk_seconds"], told["counted"]), (69, {"transcribe": None, "extract": None}))
        self.assertIn("No service was paid for it.", self.command(0, "cost", folder.name).stdout)
        for name, member, usage in (("transcript.json", (), {"seconds": 69, "cost": None}),
                                    ("summary.json", ("summary",), {"calls": 2, "input_tokens": 3000, "output_tokens": 400, "cost": 0.25})):
            document = json.loads((folder / name).read_text())
            inner = document[member[0]] if member else document
            inner["usage"] = usage
            (folder / name).write_text(json.dumps(document))
        self.assertEqual(self.cost(folder.name)["counted"], {"transcribe": {"seconds": 69, "cost": None},
                                                             "extract": {"calls": 2, "input_tokens": 3000, "output_tokens": 400, "cost": 0.25}})
        text = self.command(0, "cost", folder.name).stdout
        self.assertIn("69 s transcribed; cost not recorded", text)
        self.assertIn("2 calls of a model, 3000 tokens sent, 400 received; cost 0.250", text)
        self.command(1, "cost", "meeting-none")
        self.command(2, "cost", folder.name, "--what-if", "meetings=1")

    def test_prices(self):
        self.add()
        found = self.cost("--prices", self.prices())
        self.assertAlmostEqual(found["storage"]["month"], found["storage"]["bytes"] / 2**30 * 1000000, 3)
        self.assertEqual((found["prices"]["currency"], found["lifecycle"]), ("GBP", []))
        self.assertIn("GBP", self.command(0, "cost", HANSARD_PRICES=str(self.prices())).stdout)
        self.assertIn("list_2000", self.command(2, "cost", "--prices", self.prices(list_2000=1)).stderr)
        self.assertIn("HANSARD_PRICES", self.command(2, "cost", "--prices", "/dev/zero").stderr)

    def test_wrong_usage(self):
        for wrong in (("--what-if", "meetings"), ("--what-if", "meetings=-1"), ("--what-if", "mb=1x"), ("--what-if", "moon=1"),
                      ("--what-if", "minutes=2881"), ("--servers", "-1"), ("--servers", "1001")):
            self.command(2, "cost", *wrong)


class CostBucket(Cost):
    @classmethod
    def setUpClass(cls):
        cls.gateway = servers.Versitygw().start()
        cls.addClassCleanup(cls.gateway.stop)

    def test_bucket(self):
        bucket = s3.Bucket(self.gateway)
        self.settings = bucket.settings(S3_PREFIX="team-a", HANSARD_INBOX="false")
        self.add()
        bucket.put("elsewhere/1", b"of someone else")
        for number in range(1200):
            bucket.put(f"team-a/meetings/{number:04}_talk.m4a", b"x")
        with FaultProxy(self.gateway.url) as way:
            way.arm("error", 1000)
            found = self.cost(AWS_ENDPOINT_URL=way.url)
            self.assertEqual(way.seen, 2)  # a LIST a thousand keys, and no GET
        self.assertEqual(self.kinds(found)["recordings", "STANDARD"], (1201, 1200 + len(TALK)))
        self.assertEqual(found["meetings"]["listed"], 1)
        self.assertNotIn(("foreign", "STANDARD"), self.kinds(found))
        self.assertEqual([line["requests"] for line in found["requests"]["idle"]][:2], [43200, 0])
        self.assertIn("AWS_ENDPOINT_URL names another service", self.command(0, "cost").stdout)
        self.command(2, "cost", S3_BUCKET_NAME="no-such-bucket")


if __name__ == "__main__":
    servers.prepare("versitygw")
    import s3
    unittest.main()
