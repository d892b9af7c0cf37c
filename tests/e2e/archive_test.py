#!/usr/bin/env python3
"""A recording that the bucket has moved to an archive class: what to do is said by the API, the command line and the job, not left to a broken player. On moto, a model
of S3: no server that runs here has such classes."""
import json
import pathlib
import shutil
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import servers  # noqa: E402

servers.prepare("moto")

import page_browser  # noqa: E402
import s3  # noqa: E402
from program import Server, run, scratch  # noqa: E402


class Archived(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.moto = servers.Moto().start()
        cls.addClassCleanup(cls.moto.stop)

    def setUp(self):
        self.folder = scratch()
        self.addCleanup(shutil.rmtree, self.folder)
        (self.folder / "data").mkdir()
        self.bucket = s3.Bucket(self.moto)
        self.settings = self.bucket.settings()
        self.talk = self.folder / "talk.vtt"  # a file under the recording's key, as good as sound here
        self.talk.write_text("WEBVTT\n\n00:00:01.000 --> 00:00:04.000\nAnn Lee: I will send the reports to Bob by Friday.\n")

    def archive(self, key):
        self.bucket.client.copy_object(Bucket=self.bucket.name, Key=key, CopySource={"Bucket": self.bucket.name, "Key": key}, StorageClass="GLACIER",
                                       MetadataDirective="REPLACE", ContentType="text/vtt")

    def test_said_everywhere(self):
        done = run(self.folder / "data", "add", self.talk, "--json", **self.settings)
        self.assertEqual(done.returncode, 0, done.stderr)
        meeting_id = json.loads(done.stdout)["meeting_id"]
        key = self.bucket.json(f"transcriptions/{meeting_id}/metadata.json")["audio_s3_key"]
        self.archive(key)
        command = f"aws s3api restore-object --bucket {self.bucket.name} --key '{key}'"
        with Server(self.folder, HANSARD_TRANSCRIBER="none", **self.settings) as server:
            status, problem = server.json("GET", f"/api/meetings/{meeting_id}/audio")
            self.assertEqual((status, problem["code"]), (409, "archived"))
            self.assertIn(command, problem["detail"])
            self.assertEqual(server.json("GET", f"/api/meetings/{meeting_id}")[0], 200)  # all else is there
            self.assertEqual(server.request("GET", f"/api/meetings/{meeting_id}/export?format=md")[0], 200)
            refused = run(self.folder / "data", "url", meeting_id, **self.settings)
            self.assertEqual(refused.returncode, 1)
            self.assertIn(command, refused.stderr)
            self.bucket.client.restore_object(Bucket=self.bucket.name, Key=key, RestoreRequest={"Days": 7})
            self.assertEqual(server.request("GET", f"/api/meetings/{meeting_id}/audio")[0], 302)
            self.bucket.client.delete_object(Bucket=self.bucket.name, Key=key)
            status, problem = server.json("GET", f"/api/meetings/{meeting_id}/audio")
            self.assertEqual(status, 404)
            self.assertIn("lifecycle rule", problem["detail"])

    def heard(self, meeting_id, **more):
        """The meeting as if it had been heard, not read: it has something to play."""
        for name in ("metadata.json", "transcript.json"):
            key = f"transcriptions/{meeting_id}/{name}"
            document = self.bucket.json(key)
            document.pop("record_sha256", None)
            document["transcriber"] = {"name": "whisper", "model": "tiny.en"}
            document.update(more if name == "metadata.json" else {})
            self.bucket.put(key, json.dumps(document).encode())
        return document

    @unittest.skipUnless(page_browser.PROGRAM, "Chromium is not installed")
    def test_page(self):
        """The player says what to do, and a meeting whose recording was removed says that."""
        done = run(self.folder / "data", "add", self.talk, "--json", **self.settings)
        meeting_id = json.loads(done.stdout)["meeting_id"]
        key = self.bucket.json(f"transcriptions/{meeting_id}/metadata.json")["audio_s3_key"]
        self.archive(key)
        self.heard(meeting_id)
        with Server(self.folder, HANSARD_TRANSCRIBER="none", **self.settings) as server, page_browser.Browser() as browser:
            page = f"http://127.0.0.1:{server.port}/#/m/{meeting_id}"
            browser.open(page)
            browser.wait("document.querySelector('.player .note')?.innerText.includes('aws s3api restore-object')")
            self.heard(meeting_id, audio_s3_key=None, recording_removed={"time": "2026-03-04T05:06:07.000Z", "why": "HANSARD_RETENTION: recording 30"})
            browser.open("about:blank")
            browser.open(page)
            browser.wait("document.querySelector('.removed')?.innerText.includes('HANSARD_RETENTION: recording 30')")
            self.assertFalse(browser.js("document.querySelector('.player') !== null"))

    def test_job(self):
        """It fails at once, keeps what to do, and goes on by a retry."""
        with Server(self.folder, HANSARD_WORKERS="0", HANSARD_TRANSCRIBER="none", **self.settings) as server:
            status, answer = server.json("POST", "/api/meetings?filename=call.vtt", self.talk.read_bytes(), {"Content-Type": "text/vtt"})
            self.assertEqual(status, 202, answer)
        meeting_id = answer["meeting_id"]
        key = self.bucket.json(f"hansard/jobs/{meeting_id}.json")["audio_s3_key"]
        self.archive(key)
        with Server(self.folder, HANSARD_TRANSCRIBER="none", **self.settings) as server:
            deadline = time.monotonic() + 30
            while True:
                meeting = server.json("GET", f"/api/meetings/{meeting_id}")[1]["meeting"]
                if meeting["status"] == "failed":
                    break
                self.assertLess(time.monotonic(), deadline, meeting)
                time.sleep(0.1)
            self.assertEqual(meeting["error"]["code"], "archived")
            self.assertIn("restore-object", meeting["error"]["message"])
            self.bucket.client.restore_object(Bucket=self.bucket.name, Key=key, RestoreRequest={"Days": 7})
            self.assertEqual(server.json("POST", f"/api/meetings/{meeting_id}/retry")[0], 202)
            server.wait_done(meeting_id)


if __name__ == "__main__":
    unittest.main()
