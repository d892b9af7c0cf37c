#!/usr/bin/env python3
"""HANSARD_TRANSCRIBER=amazon end to end: a bucket on versitygw, and in place of the service a double that holds each call against Amazon's published
model (transcribe_service.py), and moto's. kill -9 in the middle of a job costs nothing: the job is gone on with, and only one was ever started."""
import json
import pathlib
import shutil
import subprocess
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import servers  # noqa: E402

servers.prepare("versitygw", "moto")

import boto3  # noqa: E402
import s3  # noqa: E402
import transcribe_service  # noqa: E402
from program import PROGRAM, SAMPLE, Server, environment, run, run_json, scratch  # noqa: E402

LINES = [(0, "Good morning, let us plan the launch of the booking app."),
         (1, "I will send the budget to the board by Friday."), (0, "We decided to start in June.")]
LEASE_S = 60


class Workspace(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.gateway = servers.Versitygw().start()
        cls.addClassCleanup(cls.gateway.stop)

    def setUp(self):
        self.folder = scratch()
        self.addCleanup(shutil.rmtree, self.folder)
        self.data = self.folder / "data"
        self.data.mkdir()
        self.bucket = s3.Bucket(self.gateway)
        self.service = self.enterContext(transcribe_service.TranscribeService(self.bucket.client, LINES))

    def settings(self, **more):
        return self.bucket.settings(HANSARD_TRANSCRIBER="amazon", HANSARD_LANGUAGE="en", AWS_ENDPOINT_URL_TRANSCRIBE=self.service.url, **more)

    def check_meeting(self, meeting_id):
        record = self.bucket.whole_record(meeting_id)
        transcript = self.bucket.json(f"transcriptions/{meeting_id}/transcript.json")
        self.assertEqual(record["transcriber"], {"name": "amazon", "model": "en-US"})
        self.assertEqual([segment["text"] for segment in transcript["segments"]], [sentence for _, sentence in LINES])
        self.assertEqual([speaker["name"] for speaker in transcript["speakers"]], ["Speaker 1", "Speaker 2"])
        self.assertEqual(transcript["segments"][1]["words"][3][2], "the")
        self.assertGreater(transcript["usage"]["seconds"], 15)
        self.assertGreater(record["duration_ms"], 15000)  # of the recording, which this machine has listened to
        self.assertIn(f"transcriptions/{meeting_id}/waveform.json", record["objects"])
        summary = self.bucket.json(f"transcriptions/{meeting_id}/summary.json")["summary"]
        self.assertIn("budget", " ".join(item["text"] for item in summary["action_items"]))
        self.assertEqual(self.service.faults, [])
        return record

    def keys_left(self):
        """What is in the bucket beside meetings."""
        return [key for key in self.bucket.keys() if "/amazon-" in key or key.startswith("hansard/jobs/")]

    def wait_for(self, holds, seconds=60):
        deadline = time.monotonic() + seconds
        while not holds():
            self.assertLess(time.monotonic(), deadline, "it does not come about")
            time.sleep(0.05)


class AmazonTest(Workspace):
    def test_add(self):
        self.service.release()
        record = run_json(self.data, "add", str(SAMPLE), **self.settings())
        self.check_meeting(record["meeting_id"])
        self.assertEqual(self.service.calls["StartTranscriptionJob"], 1)
        self.assertEqual((self.service.jobs, self.keys_left()), ({}, []))  # nothing is left at the service, and no result of its
        shown = run(self.data, "show", record["meeting_id"], **self.settings()).stdout
        self.assertIn("budget", shown)

    @unittest.skipUnless(shutil.which("ffmpeg"), "ffmpeg is not installed")
    def test_cut_short(self):
        """What the head of a recording says and its rest has not is no part of what was read."""
        whole = self.folder / "whole.flac"
        subprocess.run(["ffmpeg", "-loglevel", "error", "-t", "40", "-i", str(SAMPLE), str(whole)], check=True)
        (self.folder / "half.flac").write_bytes(whole.read_bytes()[:whole.stat().st_size // 2])
        self.service.release()
        record = run_json(self.data, "add", str(self.folder / "half.flac"), **self.settings())
        self.assertAlmostEqual(record["duration_ms"], 40000, delta=100)
        self.assertTrue(0.3 < record["coverage"] < 0.7, record)

    def test_transcripts_are_not_sent(self):
        (self.folder / "talk.vtt").write_text("WEBVTT\n\n00:01.000 --> 00:03.000\nAnn: I will send the budget by Friday.\n")
        record = run_json(self.data, "add", str(self.folder / "talk.vtt"), **self.settings())
        self.assertEqual(record["transcriber"]["name"], "import")
        self.assertEqual(run(self.data, "rm", "--yes", record["meeting_id"], **self.settings()).returncode, 0)
        self.assertEqual(self.service.calls, {})

    def test_killed_and_restarted(self):
        server = Server(self.folder, **self.settings(HANSARD_POLL_SECONDS="1"))
        self.addCleanup(lambda: server.process and server.kill())
        server.start()
        status, answer = server.json("POST", f"/api/meetings?filename={SAMPLE.name}", SAMPLE.read_bytes())
        self.assertEqual(status, 202, answer)
        self.wait_for(lambda: self.service.calls["GetTranscriptionJob"] >= 2)
        server.kill()
        self.service.release()  # the job ends while nobody looks
        server.start()
        server.wait_done(answer["meeting_id"], LEASE_S + 60)
        self.assertEqual(server.stop(), 0)
        self.check_meeting(answer["meeting_id"])
        self.assertEqual(self.service.calls["StartTranscriptionJob"], 1)
        self.assertEqual((self.service.jobs, self.keys_left()), ({}, []))

    def test_stopped_and_gone_on_with(self):
        """A stop gives the job back at once: the next worker goes on with it."""
        with Server(self.folder, **self.settings(HANSARD_POLL_SECONDS="1")) as server:
            _, answer = server.json("POST", f"/api/meetings?filename={SAMPLE.name}", SAMPLE.read_bytes())
            self.wait_for(lambda: self.service.calls["GetTranscriptionJob"] >= 2)
            began = time.monotonic()
            self.assertEqual(server.stop(), 0)
            self.assertLess(time.monotonic() - began, 10)
            self.assertEqual(len(self.service.jobs), 1)
            self.service.release()
            server.start()
            server.wait_done(answer["meeting_id"], 40)
        self.check_meeting(answer["meeting_id"])
        self.assertEqual(self.service.calls["StartTranscriptionJob"], 1)

    def test_deleted_while_it_runs(self):
        with Server(self.folder, **self.settings(HANSARD_POLL_SECONDS="1")) as server:
            _, answer = server.json("POST", f"/api/meetings?filename={SAMPLE.name}", SAMPLE.read_bytes())
            self.wait_for(lambda: self.service.calls["GetTranscriptionJob"] >= 1)
            done = run(self.data, "rm", "--yes", answer["meeting_id"], **self.settings())
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(self.service.jobs, {})
            self.service.release()
            self.wait_for(lambda: self.bucket.keys() == [])
        self.assertEqual(self.bucket.keys(), [])
        self.assertEqual(self.service.calls["StartTranscriptionJob"], 1)

    def test_failure_in_plain_words(self):
        self.service.release()
        self.service.failure = "The data in your input media file isn't valid. Check the media file and try your request again."
        done = run(self.data, "add", str(SAMPLE), **self.settings())
        self.assertEqual(done.returncode, 1)
        self.assertIn("convert it to WAV, FLAC or MP3, or set HANSARD_TRANSCRIBER=whisper", done.stderr)
        self.assertIn("isn't valid", done.stderr)
        self.service.failure = None
        meeting_id = self.bucket.json(self.keys_left()[0])["meeting_id"]
        done = run(self.data, "retry", meeting_id, **self.settings())
        self.assertEqual(done.returncode, 0, done.stderr)
        with Server(self.folder, **self.settings()) as server:
            server.wait_done(meeting_id)
        self.check_meeting(meeting_id)
        self.assertEqual(self.service.calls["StartTranscriptionJob"], 2)

    def test_doctor(self):
        found = run(self.data, "doctor", **self.settings())
        self.assertIn("ok       speech to text: HANSARD_TRANSCRIBER=amazon is ready", found.stdout)
        found = run(self.data, "doctor", **{**self.settings(), "AWS_ACCESS_KEY_ID": "AKIAOTHER"})
        self.assertIn("fault    speech to text: Amazon Transcribe does not know the access key", found.stdout)
        found = run(self.data, "doctor", HANSARD_TRANSCRIBER="amazon", AWS_REGION=servers.REGION)
        self.assertIn("fault    speech to text: HANSARD_TRANSCRIBER=amazon transcribes recordings where they stand in S3: set S3_BUCKET_NAME",
                      found.stdout)
        self.assertEqual(self.service.calls["StartTranscriptionJob"], 0)

    def test_without_a_bucket(self):
        done = run(self.data, "add", str(SAMPLE), HANSARD_TRANSCRIBER="amazon", AWS_REGION=servers.REGION)
        self.assertEqual(done.returncode, 2)
        self.assertIn("S3_BUCKET_NAME", done.stderr)


class MotoTest(Workspace):
    """Another's model of the service: it runs jobs, and writes no results, so the test does."""

    def test_add(self):
        with servers.Moto() as moto:
            settings = {**self.settings(), "AWS_ENDPOINT_URL_TRANSCRIBE": moto.url, "HANSARD_VOCABULARY": "Acme, New York"}
            with subprocess.Popen([PROGRAM, "add", str(SAMPLE), "--json"], env=environment(self.data, **settings), cwd=self.data,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as added:
                self.wait_for(lambda: self.bucket.keys("hansard/jobs/"))
                job = self.bucket.json(self.bucket.keys("hansard/jobs/")[0])
                self.bucket.put(f"transcriptions/{job['meeting_id']}/amazon-{job['run']}.json",
                                json.dumps(transcribe_service.result("moto", LINES)).encode())
                out, problem = added.communicate(timeout=120)
            self.assertEqual(added.returncode, 0, problem)
            self.check_meeting(job["meeting_id"])
            there = boto3.client("transcribe", endpoint_url=moto.url, region_name=servers.REGION, aws_access_key_id=servers.ACCESS_KEY,
                                 aws_secret_access_key=servers.SECRET_KEY)
            self.assertEqual(there.list_transcription_jobs()["TranscriptionJobSummaries"], [])
            self.assertEqual([made["VocabularyState"] for made in there.list_vocabularies()["Vocabularies"]], ["READY"])
        self.assertEqual(self.keys_left(), [])


if __name__ == "__main__":
    unittest.main()
