#!/usr/bin/env python3
"""A store that the first version of this system has filled (Python, five objects a meeting): before `hansard reindex` the program says what to do, after
it everything lists, shows, searches, exports, edits and deletes; and reading changes nothing of it. On a directory, and on S3 where boto3 did the filling."""
import json
import pathlib
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import servers  # noqa: E402
from program import Server, environment, run, run_json, scratch, short_clip  # noqa: E402

NOTICE = "There are meetings here that no list shows"
UUID = "1b4e28ba-2fa1-41d2-883f-0016d3cca4%02x"


def first_version(number, filename, timestamp, text, summary, requirements, recording=b"no sound at all", **more):
    """The objects of a meeting as the first version wrote them; what is None was never written."""
    audio_key, meeting_id = f"meetings/{UUID % number}_{filename}", f"meeting-{UUID % (number + 100)}"
    envelope = {"meeting_id": meeting_id, "timestamp": timestamp, "audio_s3_key": audio_key}
    actions = summary.get("action_items", []) if isinstance(summary, dict) else []
    record = {**envelope, "filename": filename, "action_items_count": len(actions), "requirements_count": len(requirements or []),
              "transcription_length": len(text), "extraction_method": "bedrock", "bedrock_used": True, **more}
    folder = f"transcriptions/{meeting_id}"
    objects = {audio_key: recording, f"{folder}/transcription.txt": text.encode(),
               f"{folder}/summary.json": summary and json.dumps({**envelope, "summary": summary}, indent=2).encode(),
               f"{folder}/requirements.json": requirements and json.dumps({**envelope, "requirements": requirements}, indent=2).encode(),
               f"{folder}/metadata.json": json.dumps(record, indent=2).encode()}
    return meeting_id, {key: data for key, data in objects.items() if data is not None}


def meetings(clip):
    """Newest first."""
    return [
        first_version(1, "Größe & Gewicht.mp3", "2025-03-04T10:00:00", "Wir nehmen das gelbe Gehäuse.", "Ein Satz, sonst nichts.", None, recording=None),
        first_version(2, "planning.m4a", "2025-02-03T09:15:30.000120", "Ann: We start with the pilot.\nBob: I order the batteries.",
                      {"overview": "The pilot starts.",
                       "action_items": [{"task": "Order the batteries", "assignee": "Bob", "deadline": "Friday"}, {"action": "Call the plant"}, 42, None,
                                        ["twice", "nested"]],
                       "decisions": ["Start with the pilot"], "mood": "good"},
                      [{"id": "REQ-007", "description": "The remote must fit a hand", "priority": "High", "type": "Functional"},
                       {"requirement": "Two batteries last a year"}]),
        first_version(3, "review.wav", "2025-01-02T03:04:05.678901", "Let us review the remote control.\nI will send the drawings to Eve.",
                      {"summary": "A review of the remote control.", "key_points": ["It is yellow"], "action_items": ["Send the drawings to Eve"]},
                      ["It must answer within a second", "It must be yellow"], recording=clip, custom={"team": ["a", 1]}),
    ]


class FirstVersion:
    """The same on every kind of store; a test has a new one, filled."""

    def setUp(self):
        self.folder = scratch()
        self.addCleanup(shutil.rmtree, self.folder)
        self.data = self.folder / "store"
        self.store = self.new_store()
        self.settings = self.store.settings(HANSARD_TRANSCRIBER="none")
        clip = short_clip(self.folder, 2)
        self.clip = clip.read_bytes() if clip else b"RIFF"
        self.ids, self.objects = [], {}
        for meeting_id, objects in meetings(self.clip):
            self.ids.append(meeting_id)
            self.objects.update(objects)
        for key, data in self.objects.items():
            self.store.put(key, data)

    def command(self, *arguments, status=0):
        done = run(self.data, *arguments, **self.settings)
        self.assertEqual(done.returncode, status, done.stderr)
        return done

    def json(self, *arguments):
        return run_json(self.data, *arguments, **self.settings)

    def reindex(self):
        self.assertIn("3 meetings listed", self.command("reindex").stdout)

    def test_before_reindex(self):
        """No list is empty without a word."""
        for command in (("list",), ("search", "remote"), ("items",), ("list", "--from", "2025-01-01")):
            done = self.command(*command)
            self.assertEqual(done.stdout, "", command)
            self.assertIn(NOTICE, done.stderr)
            self.assertIn("hansard reindex", done.stderr)
        self.assertIn("Send the drawings to Eve", self.command("show", self.ids[2]).stdout)
        with Server(self.folder, **self.settings) as server:
            status, answer = server.json("GET", "/api/meetings")
            self.assertEqual((status, answer["meetings"]), (200, []))
            self.assertIn(NOTICE, answer["notice"])
            self.assertIn(NOTICE, (self.folder / "server.log").read_text())
            self.reindex()
            status, answer = server.json("GET", "/api/meetings")
            self.assertEqual([row["meeting_id"] for row in answer["meetings"]], self.ids)
            self.assertNotIn("notice", answer)
        self.assertNotIn(NOTICE, self.command("list").stderr)

    def test_said_before_the_first_new_meeting(self):
        """With one meeting in the list nobody would miss the others."""
        (self.folder / "new.txt").write_text("Ann: I will call Bob by Friday.\n")
        self.assertIn(NOTICE, self.command("add", self.folder / "new.txt").stderr)
        self.assertIn("4 meetings listed", self.command("reindex").stdout)
        self.assertEqual(len(self.json("list")["meetings"]), 4)

    def test_nothing_there(self):
        """A new store has no such notice."""
        empty = {"HANSARD_DATA": str(self.folder / "other"), "S3_PREFIX": "other"}
        for command in (("list",), ("search", "remote"), ("items",)):
            done = run(self.data, *command, **{**self.settings, **empty})
            self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))

    def test_reading(self):
        self.reindex()
        rows = self.json("list")["meetings"]
        self.assertEqual([(row["meeting_id"], row["timestamp"]) for row in rows],
                         list(zip(self.ids, ("2025-03-04T10:00:00.000Z", "2025-02-03T09:15:30.000Z", "2025-01-02T03:04:05.678Z"))))
        self.assertEqual([row["filename"] for row in rows], ["Größe & Gewicht.mp3", "planning.m4a", "review.wav"])
        self.assertEqual([row["requirements_count"] for row in rows], [0, 2, 2])
        self.assertEqual(self.json("list", "--from", "2025-02-01", "--to", "2025-03-01")["count"], 1)

        self.assertIn("Ein Satz, sonst nichts.", self.command("show", self.ids[0]).stdout)
        planning = self.command("show", self.ids[1]).stdout
        for words in ("Order the batteries", "Call the plant", "Start with the pilot", "The remote must fit a hand", "Two batteries last a year", "The pilot starts."):
            self.assertIn(words, planning)
        self.assertEqual({hit["meeting_id"] for hit in self.json("search", "gelbe")}, {self.ids[0]})
        self.assertEqual({hit["meeting_id"] for hit in self.json("search", "remote")}, {self.ids[1], self.ids[2]})
        items = self.json("items", "--kind", "action")
        self.assertIn(("Order the batteries", "Bob"), {(item["text"], item["owner"]) for item in items})
        for meeting_id in self.ids:
            for form in ("md", "txt", "json", "csv"):
                self.command("export", meeting_id, "-f", form)
            self.assertIn("export it as txt", self.command("export", meeting_id, "-f", "srt", status=2).stderr)
        self.assertIn("The remote must fit a hand", self.command("export", self.ids[1], "-f", "csv").stdout)

        # Reading and reindexing again have changed nothing.
        self.reindex()
        after = self.store.snapshot()
        added = [key for key in after if key not in self.objects]
        self.assertEqual((len(added), [key for key in added if not key.startswith("hansard/index/")]), (3, []))
        self.assertEqual({key: after[key] for key in self.objects}, self.objects)

    def test_recording(self):
        self.reindex()
        with Server(self.folder, **self.settings) as server:
            fetched = subprocess.run(["curl", "-sSfL", f"http://127.0.0.1:{server.port}/api/meetings/{self.ids[2]}/audio"], capture_output=True,
                                     env=environment(self.data), timeout=60)
        self.assertEqual((fetched.returncode, fetched.stdout), (0, self.clip), fetched.stderr)

    def test_edit_upgrades(self):
        """What the first version wrote and this one does not know is kept."""
        self.reindex()
        with Server(self.folder, **self.settings) as server:
            _, headers, _ = server.request("GET", f"/api/meetings/{self.ids[2]}")
            status, answer = server.json("PATCH", f"/api/meetings/{self.ids[2]}", {"title": "Review", "items": {"A-1": {"status": "done"}}},
                                         {"If-Match": headers["ETag"]})
            self.assertEqual(status, 200, answer)
        record = self.store.json(f"transcriptions/{self.ids[2]}/metadata.json")
        self.assertEqual((record["schema"], record["title"], record["custom"], record["extraction_method"]), (2, "Review", {"team": ["a", 1]}, "bedrock"))
        self.assertEqual(self.json("list")["meetings"][2]["title"], "Review")
        self.assertEqual([item["text"] for item in self.json("items", "--status", "done")], ["Send the drawings to Eve"])
        summary = self.store.json(f"transcriptions/{self.ids[2]}/summary.json")["summary"]
        self.assertEqual(summary["action_items"][0]["status"], "done")

    def test_delete(self):
        self.reindex()
        self.command("rm", "--yes", self.ids[2], self.ids[0])
        left = [key for key in self.objects if self.ids[1] in key or key.endswith("_planning.m4a")]
        self.assertEqual([key for key in self.store.keys() if not key.startswith("hansard/index/")], sorted(left))
        self.assertEqual([row["meeting_id"] for row in self.json("list")["meetings"]], [self.ids[1]])
        self.assertEqual(len(self.store.keys("hansard/")), 1)


class OnDirectory(FirstVersion, unittest.TestCase):
    def new_store(self):
        return s3.Folder(self.data)


class OnVersitygw(FirstVersion, unittest.TestCase):
    kind = servers.Versitygw

    @classmethod
    def setUpClass(cls):
        cls.server = cls.kind().start()
        cls.addClassCleanup(cls.server.stop)

    def new_store(self):
        self.data.mkdir()
        return s3.Bucket(self.server)


class OnMinio(OnVersitygw):
    kind = servers.Minio


if __name__ == "__main__":
    servers.prepare("versitygw", "minio")
    import s3
    unittest.main()
