#!/usr/bin/env python3
"""kill -9 at random moments of upload, transcription, extraction and commit: after a restart each acknowledged recording finishes, and no list ever
shows half a meeting. The seed is printed; HANSARD_SEED replays it (as far as the machine's own timing allows)."""
import hashlib
import http.client
import json
import os
import random
import shutil
import sys
import threading
import time
import unittest

from program import Server, scratch, short_clip

ROUNDS = int(os.environ.get("HANSARD_KILL_ROUNDS", "30"))
LEASE_S = 60

TRANSCRIPT = "\n".join(["WEBVTT", ""] + [
    f"00:{i // 60:02d}:{i % 60:02d}.000 --> 00:{i // 60:02d}:{i % 60:02d}.900\nAnn Lee: I will send report number {i} to Bob by Friday.\n"
    for i in range(300)]).encode()


class KillTest(unittest.TestCase):
    def setUp(self):
        self.folder = scratch()
        self.addCleanup(shutil.rmtree, self.folder)
        self.seed = int(os.environ.get("HANSARD_SEED", random.SystemRandom().randrange(1 << 32)))
        print(f"seed {self.seed}", file=sys.stderr)
        self.random = random.Random(self.seed)
        self.acknowledged = {}

    def upload(self, port, name, body, pause):
        """Sends the body in pieces; keeps the id once the server has acknowledged it."""
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        try:
            connection.putrequest("POST", f"/api/meetings?filename={name}")
            connection.putheader("Content-Length", str(len(body)))
            connection.putheader("Content-Type", "application/octet-stream")
            connection.endheaders()
            step = max(1, len(body) // 20)
            for at in range(0, len(body), step):
                connection.send(body[at:at + step])
                time.sleep(pause)
            answer = connection.getresponse()
            data = json.loads(answer.read())
            if answer.status == 202:
                self.acknowledged[data["meeting_id"]] = hashlib.sha256(body).hexdigest()
        except (OSError, http.client.HTTPException, ValueError):
            pass  # the server was killed meanwhile: nothing was acknowledged
        finally:
            connection.close()

    def check_list(self, server):
        """Whatever a list shows is there as a whole: each object that the record names, with its size and SHA-256."""
        status, answer = server.json("GET", "/api/meetings?limit=200")
        self.assertEqual(status, 200)
        store = server.data / "store"
        for row in answer["meetings"]:
            record = json.loads((store / "transcriptions" / row["meeting_id"] / "metadata.json").read_text())
            self.assertGreaterEqual(len(record["objects"]), 5)
            for key, known in record["objects"].items():
                data = (store / key).read_bytes()
                self.assertEqual((len(data), hashlib.sha256(data).hexdigest()), (known["bytes"], known["sha256"]), key)
        return {row["meeting_id"] for row in answer["meetings"]}

    def test_kill_at_random_moments(self):
        clip = short_clip(self.folder, 6)
        bodies = [("meeting.vtt", TRANSCRIPT)] + ([("clip.wav", clip.read_bytes())] if clip else [])
        server = Server(self.folder)
        self.addCleanup(lambda: server.process and server.kill())
        for _ in range(ROUNDS):
            server.start()
            self.check_list(server)
            threads = [threading.Thread(target=self.upload, args=(server.port, *self.random.choice(bodies), self.random.choice([0, 0.002, 0.02])))
                       for _ in range(self.random.randrange(1, 4))]
            for thread in threads:
                thread.start()
            time.sleep(self.random.uniform(0, 1.5))
            server.kill()
            for thread in threads:
                thread.join()
        server.start()
        deadline = time.monotonic() + LEASE_S + 300
        while time.monotonic() < deadline and not self.acknowledged.keys() <= self.check_list(server):
            time.sleep(1)
        listed = self.check_list(server)
        self.assertLessEqual(self.acknowledged.keys(), listed)
        self.assertGreater(len(self.acknowledged), 0)
        for meeting_id, sha256 in self.acknowledged.items():
            record = json.loads((server.data / "store/transcriptions" / meeting_id / "metadata.json").read_text())
            self.assertEqual(record["objects"][record["audio_s3_key"]]["sha256"], sha256)
        # Nothing is left over: no job, no half upload.
        _, jobs = server.json("GET", "/api/jobs")
        self.assertEqual(jobs["jobs"], [])
        server.stop()
        server.start()
        self.assertEqual(list((server.data / "store/.hansard/tmp").iterdir()), [])
        recordings = {path.name for path in (server.data / "store/meetings").iterdir()}
        print(f"{ROUNDS} kills, {len(self.acknowledged)} acknowledged, {len(listed)} listed, {len(recordings)} recordings", file=sys.stderr)


if __name__ == "__main__":
    unittest.main()
