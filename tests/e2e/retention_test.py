#!/usr/bin/env python3
"""What is removed by age: the plan changes nothing, --apply keeps the order and the audit log, a hold holds, a meeting without its recording says so; servers share
one turn a day; and what a bucket that keeps versions keeps is told. On the directory store and on a versioned bucket of MinIO."""
import json
import pathlib
import shutil
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import servers  # noqa: E402

servers.prepare("minio")

import s3  # noqa: E402
from program import Server, run, scratch, short_clip  # noqa: E402

TALK = "WEBVTT\n\n00:00:01.000 --> 00:00:04.000\nAnn Lee: I will send the reports to Bob by Friday.\n"
DAY_MS = 86400 * 1000


class Retention:
    def setUp(self):
        self.folder = scratch()
        self.addCleanup(shutil.rmtree, self.folder)
        self.data = self.folder / "store"
        self.data.mkdir()
        self.talk = self.folder / "talk.vtt"
        self.talk.write_text(TALK)
        self.store = self.make_store()
        self.settings = {**self.store.settings(), "HANSARD_TRANSCRIBER": "none"}

    def command(self, *arguments, status=0, **settings):
        done = run(self.data, *arguments, **{**self.settings, **settings})
        self.assertEqual(done.returncode, status, f"{arguments}: {done.stdout}\n{done.stderr}")
        return done

    def retention(self, rules, *options, **settings):
        return json.loads(self.command("retention", "--json", *options, HANSARD_RETENTION=rules, **settings).stdout)

    def add(self, *tags, days=0):
        """A meeting that came in so many days ago; with a recording of its own."""
        meeting_id = json.loads(self.command("add", self.talk, "--json", *[word for tag in tags for word in ("--tag", tag)]).stdout)["meeting_id"]
        key = f"transcriptions/{meeting_id}/metadata.json"
        record = self.store.json(key)
        record.pop("record_sha256")
        record["timestamp"] = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(time.time() - days * 86400 - 60))
        record["transcriber"] = {"name": "whisper", "model": "tiny.en"}  # as if it had been heard
        self.store.put(key, json.dumps(record).encode())
        return meeting_id

    def ready(self):
        self.command("reindex")

    def outcomes(self, answer):
        return {meeting["meeting_id"]: (meeting["outcome"], meeting["what"]) for meeting in answer["meetings"]}

    def audit(self):
        return [(entry["action"], entry["subject"]) for entry in map(json.loads, self.command("audit", "--json").stdout.splitlines())]

    def test_plan_and_apply(self):
        young, middle, old = self.add(days=5), self.add(days=40), self.add(days=400)
        held, tagged, kept = self.add("legal-hold", days=400), self.add("interview", days=40), self.add("contract", "interview", days=4000)
        self.ready()
        rules = "recording 30; all 365; interview: all 35; contract: all never; contract: recording never"
        before = self.store.snapshot()
        expected = {middle: ("due", "recording"), old: ("due", "all"), held: ("held", "all"), tagged: ("due", "all")}
        answer = self.retention(rules)
        self.assertEqual(self.outcomes(answer), expected)
        self.assertEqual((answer["looked_at"], answer["all"], answer["recordings"], answer["held"]), (6, 2, 1, 1))
        self.assertEqual(self.store.snapshot(), before)
        answer = self.retention(rules, "--apply")
        self.assertEqual(self.outcomes(answer), {middle: ("removed", "recording"), old: ("removed", "all"), held: ("held", "all"), tagged: ("removed", "all")})
        keys = self.store.keys()
        for gone in (old, tagged):
            self.assertFalse([key for key in keys if gone.removeprefix("meeting-") in key])
        self.assertEqual(sorted(key for key in keys if key.startswith("meetings/")),
                         sorted(key for key in before if key.startswith("meetings/") and any(one.removeprefix("meeting-") in key for one in (young, held, kept))))
        self.assertEqual(sorted(self.audit()), sorted([("meeting.recording.delete", middle), ("meeting.delete", old), ("meeting.delete", tagged)]))
        self.assertEqual(self.outcomes(self.retention(rules, "--apply")), {held: ("held", "all")})
        self.assertIn("1 held by the tag legal-hold", self.command("retention", HANSARD_RETENTION=rules).stdout)
        self.command("verify")

        # The meeting without its recording is whole in all else.
        record = self.store.json(f"transcriptions/{middle}/metadata.json")
        self.assertIsNone(record["audio_s3_key"])
        self.assertEqual(record["recording_removed"]["why"], "HANSARD_RETENTION: recording 30")
        self.assertNotIn("pending", record["recording_removed"])
        self.assertIn("Ann Lee", self.command("export", middle, "-f", "md").stdout)
        self.assertIn("was removed", self.command("url", middle, status=1).stderr)
        with Server(self.folder, **self.settings) as server:
            meeting = server.json("GET", f"/api/meetings/{middle}")[1]["meeting"]
            self.assertIsNone(meeting["audio_url"])
            self.assertIn("time", meeting["metadata"]["recording_removed"])
            status, problem = server.json("GET", f"/api/meetings/{middle}/audio")
            self.assertEqual(status, 404)
            self.assertIn("was removed on", problem["detail"])
            self.assertEqual(server.json("POST", f"/api/meetings/{middle}/retry")[0], 404)
            server.edit(middle, {"title": "Still edited"})


class OfDirectory(Retention, unittest.TestCase):
    def make_store(self):
        return s3.Folder(self.data)

    def test_broken_off(self):
        """A removal that was begun is finished by the next run, whatever was tagged since."""
        meeting_id = self.add(days=40)
        self.ready()
        key = f"transcriptions/{meeting_id}/metadata.json"
        record = self.store.json(key)
        record.pop("record_sha256", None)
        record["recording_removed"] = {"time": "2026-01-01T00:00:00.000Z", "why": "HANSARD_RETENTION: recording 30", "key": record["audio_s3_key"], "bytes": 1,
                                       "sha256": None, "pending": True}
        record["tags"] = ["legal-hold"]
        self.store.put(key, json.dumps(record).encode())
        answer = self.retention("recording 30", "--apply")
        self.assertEqual(self.outcomes(answer), {meeting_id: ("removed", "recording")})
        self.assertFalse([key for key in self.store.keys() if key.startswith("meetings/")])
        self.assertIsNone(self.store.json(key)["audio_s3_key"])
        record = self.store.json(key)
        record.pop("record_sha256", None)
        record["state"] = "deleting"  # a delete that got no further
        self.store.put(key, json.dumps(record).encode())
        self.retention("all 30", "--apply")
        self.assertFalse([key for key in self.store.keys() if meeting_id in key])

    def test_server_takes_its_turn(self):
        old = self.add(days=40)
        self.ready()
        settings = {**self.settings, "HANSARD_RETENTION": "all 30", "HANSARD_RETENTION_APPLY": "true"}
        with Server(self.folder, **settings) as server:
            server.wait_gone(old)
            deadline = time.monotonic() + 10
            while ("meeting.delete", old) not in self.audit():
                self.assertLess(time.monotonic(), deadline)
                time.sleep(0.2)
        turn = self.store.json("hansard/retention.json")
        second = self.add(days=40)
        self.ready()
        with Server(self.folder, **settings) as server:
            time.sleep(1.5)
            self.assertEqual(server.json("GET", f"/api/meetings/{second}")[0], 200)  # today's turn was taken
        self.assertEqual(self.store.json("hansard/retention.json"), turn)

    def test_rules_that_are_none(self):
        self.assertIn("HANSARD_RETENTION is not set", self.command("retention", status=2).stderr)
        for rules in ("all x", "recordings 30", "all 0", "all 36501", ": all 30", "all 30 days", "tag: x: 3"):
            self.assertIn("is no rule", self.command("retention", status=2, HANSARD_RETENTION=rules).stderr)
        self.assertIn("is no rule", self.command("serve", status=2, HANSARD_RETENTION="forever").stderr)

    def test_no_versions(self):
        self.add(days=40)
        self.ready()
        self.assertIsNone(self.retention("all 30")["versions"])


class OfVersionedBucket(Retention, unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = servers.Minio().start()
        cls.addClassCleanup(cls.server.stop)

    def make_store(self):
        return s3.Bucket(self.server, versioned=True)

    def test_versions_are_told(self):
        meeting_id = self.add(days=40)
        self.ready()
        recording = self.store.json(f"transcriptions/{meeting_id}/metadata.json")["audio_s3_key"]
        self.assertIn("old version", self.retention("all 30", S3_OLD_VERSIONS_DAYS="0")["versions"])
        self.assertIn("after 30 days", self.retention("all 30", "--apply")["versions"])
        self.assertEqual(len(self.store.versions(recording)), 1)  # as it said
        second = self.add(days=40)
        self.ready()
        recording = self.store.json(f"transcriptions/{second}/metadata.json")["audio_s3_key"]
        self.assertIsNone(self.retention("recording 30", "--apply", S3_PURGE_VERSIONS="true")["versions"])
        self.assertEqual(self.store.versions(recording), [])


if __name__ == "__main__":
    unittest.main()
