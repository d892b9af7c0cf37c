#!/usr/bin/env python3
"""Several servers and workers on one bucket, with no other service between them, while kill -9 takes them at random: each acknowledged job is done, none is
committed twice, a dead worker's job is taken over after its lease, and of two edits of one version one is told. The seed is printed; HANSARD_SEED replays
it (as far as the machine's own timing allows)."""
import hashlib
import http.client
import os
import pathlib
import random
import shutil
import subprocess
import sys
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import servers  # noqa: E402
from program import PROGRAM, Server, environment, run_json, scratch, short_clip  # noqa: E402

SERVERS, WORKERS, JOBS, KILLS = 3, 3, 30, 10
LEASE_S, POLL_S = 60, 3
THINGS = ("apples", "batteries", "curtains", "drawings", "engines", "filters", "gaskets", "hinges", "inks", "jackets", "kettles", "lamps", "mirrors", "nails",
          "ovens", "pillows", "quilts", "ropes", "screws", "tables")


def transcript(number):
    lines = [f"00:{i // 60:02d}:{i % 60:02d}.000 --> 00:{i // 60:02d}:{i % 60:02d}.900\nAnn Lee: I will send report {number} part {i} to Bob by Friday.\n" for i in range(120)]
    return ("WEBVTT\n\n" + "\n".join(lines)).encode()


class Worker:
    """`hansard worker` with a directory of its own."""

    def __init__(self, folder, settings):
        self.folder, self.settings, self.process = folder, settings, None
        folder.mkdir()

    def start(self):
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen([PROGRAM, "worker"], stdout=log, stderr=log, cwd=self.folder,
                                            env=environment(self.folder / "data", **self.settings))
        return self

    def kill(self):
        self.process.kill()
        self.process.wait(60)

    def log(self):
        return (self.folder / "log").read_text()


class ManyServers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = servers.Versitygw().start()
        cls.addClassCleanup(cls.server.stop)

    def setUp(self):
        self.folder = scratch()
        self.addCleanup(shutil.rmtree, self.folder)
        self.bucket = s3.Bucket(self.server, versioned=True)
        self.settings = self.bucket.settings(HANSARD_POLL_SECONDS=str(POLL_S))
        self.seed = int(os.environ.get("HANSARD_SEED", random.SystemRandom().randrange(1 << 32)))
        print(f"seed {self.seed}", file=sys.stderr)
        self.random = random.Random(self.seed)

    def start_servers(self, count, **settings):
        started = []
        for number in range(count):
            folder = self.folder / f"server-{number}"
            folder.mkdir()
            server = Server(folder, **{**self.settings, **settings}).start()
            self.addCleanup(lambda server=server: server.process and server.kill())
            started.append(server)
        return started

    def start_workers(self, count):
        workers = [Worker(self.folder / f"worker-{number}", self.settings).start() for number in range(count)]
        for worker in workers:
            self.addCleanup(lambda worker=worker: worker.process.poll() is None and worker.kill())
        return workers

    def list_jobs(self):
        return self.bucket.keys("hansard/jobs/")

    def wait_until(self, what, check, seconds):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if check():
                return
            time.sleep(0.2)
        self.fail(f"not in {seconds} s: {what}")

    def check_meeting(self, meeting_id):
        """Committed once, and whole: each object that the record names, with its size and SHA-256."""
        key = f"transcriptions/{meeting_id}/metadata.json"
        versions = self.bucket.versions(key)
        self.assertEqual(len(versions), 1, f"{meeting_id} was committed {len(versions)} times")
        record = self.bucket.whole_record(meeting_id)
        for document in ("transcript", "summary", "requirements"):
            made = self.bucket.json(f"transcriptions/{meeting_id}/{document}.json")
            self.assertEqual(made.get("run") or made["summary"]["run"], record["run"], f"{document} of {meeting_id} is of another run than the record")
        return record

    def test_killed_at_random(self):
        clip = short_clip(self.folder, 5)
        bodies = [(f"call {number}.vtt", transcript(number)) for number in range(JOBS)]
        for number in range(0, JOBS if clip else 0, 6):
            bodies[number] = (f"clip-{number}.wav", clip.read_bytes())
        started = self.start_servers(SERVERS, HANSARD_WORKERS="1")
        workers = self.start_workers(WORKERS)
        acknowledged = {}

        def feed():
            for number, (name, body) in enumerate(bodies):
                meeting_id = upload(started[number % SERVERS], name, body)
                if meeting_id:
                    acknowledged[meeting_id] = hashlib.sha256(body).hexdigest()

        feeder = threading.Thread(target=feed)
        feeder.start()
        for _ in range(KILLS):
            time.sleep(self.random.uniform(0.1, 1.5))
            victim = self.random.choice(started + workers)
            victim.kill()
            victim.start(*([False] if victim in started else []))
        feeder.join()
        for server in started:
            server.wait_ready()
        self.assertGreaterEqual(len(acknowledged), JOBS // 2)
        # Whoever was killed held one job at most; its lease runs out, and another takes it.
        self.wait_until("all jobs done", lambda: not self.list_jobs(), 2 * (LEASE_S + POLL_S) + 120)
        listed = {row["meeting_id"] for row in started[0].json("GET", "/api/meetings?limit=200")[1]["meetings"]}
        self.assertLessEqual(acknowledged.keys(), listed)
        for meeting_id in listed:
            record = self.check_meeting(meeting_id)
            if meeting_id in acknowledged:
                self.assertEqual(record["objects"][record["audio_s3_key"]]["sha256"], acknowledged[meeting_id])
        # Each server, and a machine that has never been here, show the same.
        for server in started[1:]:
            self.assertEqual({row["meeting_id"] for row in server.json("GET", "/api/meetings?limit=200")[1]["meetings"]}, listed)
        newcomer = run_json(self.folder / "newcomer", "list", "--limit", "200", **self.settings)
        self.assertEqual({row["meeting_id"] for row in newcomer["meetings"]}, listed)
        self.assertEqual(len(self.bucket.keys("hansard/index/")), len(listed))
        print(f"{KILLS} kills, {len(acknowledged)} of {JOBS} acknowledged, {len(listed)} listed", file=sys.stderr)

    def test_dead_workers_job_is_taken_over(self):
        """By another machine, when its lease is over and not before."""
        clip = short_clip(self.folder, 20)
        if not clip:
            self.skipTest("ffmpeg is not installed")
        server, = self.start_servers(1, HANSARD_WORKERS="0")
        first, = self.start_workers(1)
        meeting_id = upload(server, "clip.wav", clip.read_bytes())
        key = f"hansard/jobs/{meeting_id}.json"
        self.wait_until("the worker holds the job", lambda: self.bucket.json(key)["worker"], 30)
        holder = self.bucket.json(key)["worker"]
        first.kill()
        job = self.bucket.json(key)
        self.assertEqual((job["worker"], job["state"]), (holder, "running"))
        killed = time.monotonic()
        second = Worker(self.folder / "second", self.settings).start()
        self.addCleanup(second.kill)

        def other_holder():
            return not self.bucket.has(key) or self.bucket.json(key)["worker"] not in (holder, None)

        self.wait_until("another has taken the job", other_holder, LEASE_S + 2 * POLL_S + 20)
        self.assertGreater(time.monotonic() - killed, LEASE_S / 2, "taken from a worker that may have been alive")
        meeting = server.wait_done(meeting_id)
        self.assertEqual(meeting["status"], "ready")
        self.check_meeting(meeting_id)
        self.assertIn(f"{meeting_id}: done", second.log())

    def test_edits_from_two_servers(self):
        """On one version at the same time: one is done, the other is told, and what was told done stands."""
        one, other = self.start_servers(2, HANSARD_TRANSCRIBER="none")
        path = self.folder / "talk.vtt"
        path.write_text("WEBVTT\n\n" + "\n".join(f"00:{i:02d}.000 --> 00:{i:02d}.900\nAnn Lee: I will order the {thing} by Friday.\n" for i, thing in enumerate(THINGS)))
        meeting_id = run_json(self.folder / "data", "add", path, HANSARD_TRANSCRIBER="none", **self.settings)["meeting_id"]
        for turn in range(10):
            _, headers, _ = one.request("GET", f"/api/meetings/{meeting_id}")
            answers = {}

            def edit(server, name):
                patch = {"title": f"{name} {turn}", "tags": [name], "items": {f"A-{turn + 1}": {"status": "confirmed", "owner": name}}}
                answers[name] = server.json("PATCH", f"/api/meetings/{meeting_id}", patch, {"If-Match": headers["ETag"]})

            threads = [threading.Thread(target=edit, args=pair) for pair in ((one, "one"), (other, "other"))]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            self.assertEqual(sorted(status for status, _ in answers.values()), [200, 412], answers)
            winner = next(name for name, (status, _) in answers.items() if status == 200)
            for server in (one, other):
                _, answer = server.json("GET", f"/api/meetings/{meeting_id}")
                meeting = answer["meeting"]
                item = meeting["summary"]["action_items"][turn]
                self.assertEqual((meeting["metadata"]["title"], meeting["metadata"]["tags"], item["owner"], item["status"]),
                                 (f"{winner} {turn}", [winner], winner, "confirmed"))
        # Edits one after the other, by turns, all stand.
        for turn, server in enumerate((one, other) * 5, start=11):
            _, headers, _ = server.request("GET", f"/api/meetings/{meeting_id}")
            status, answer = server.json("PATCH", f"/api/meetings/{meeting_id}", {"items": {f"A-{turn}": {"status": "done"}}}, {"If-Match": headers["ETag"]})
            self.assertEqual(status, 200, answer)
        done = run_json(self.folder / "data", "items", "--status", "done", **self.settings)
        self.assertEqual({item["id"] for item in done}, {f"A-{turn}" for turn in range(11, 21)})


def upload(server, name, body):
    """The meeting's id; None where the server was killed before it had acknowledged."""
    try:
        status, answer = server.json("POST", f"/api/meetings?filename={name.replace(' ', '%20')}", body, {"Content-Type": "application/octet-stream"}, 30)
    except (OSError, http.client.HTTPException, ValueError):
        return None
    return answer["meeting_id"] if status == 202 else None


if __name__ == "__main__":
    servers.prepare("versitygw")
    import s3
    unittest.main()
