#!/usr/bin/env python3
"""Every request to S3 that beginning, completing and cancelling an upload make goes wrong once, in each way of tests/fault_proxy.py, and again so that it and
all after it go wrong. What must hold: the answer says what happened; a completion that is asked for again comes to the one meeting, with the recording as it
was sent; a cancelled upload leaves nothing; and nobody is told of what is not so."""
import concurrent.futures
import http.client
import json
import pathlib
import re
import shutil
import sys
import unittest
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import servers  # noqa: E402
from fault_proxy import FAULTS, FaultProxy  # noqa: E402
from program import Server, scratch  # noqa: E402

ONCE = [fault for fault in FAULTS if fault != "stall"]  # that one costs half a minute each time; s3_faults_test.py has it
LASTING = ["error", "slow-down", "reset", "lost", "cut"]
SENT = b"WEBVTT\n\n00:01.000 --> 00:04.000\nAnn: I will send the report to Bob by Friday.\n"
WORDS = r"InternalError|SlowDown|\b50[03]\b|too many|reset|closed|broken|cut|half|end|damaged|valid|read|answer"
REQUESTS_MAX = 40


class Way:
    """A server behind a proxy that breaks one request after the other, in a workspace of its own."""

    def __init__(self, test, fault, lasting):
        self.fault, self.lasting = fault, lasting
        name = f"{fault}{'-lasting' if lasting else ''}"
        self.space = test.bucket.workspace(name)
        folder = test.folder / name
        folder.mkdir()
        self.way = FaultProxy(test.gateway.url)
        self.way.__enter__()
        # Nothing but what is asked of it goes to the bucket.
        self.server = Server(folder, **self.space.settings(endpoint=self.way.url, HANSARD_WORKERS="0", HANSARD_INBOX="false"))
        self.server.start()
        self.settle()

    def settle(self):
        """What the server does at its start is over."""
        for _ in range(3):
            self.server.request("GET", "/api/meetings")

    def close(self):
        self.server.__exit__()
        self.way.__exit__()

    def check(self, holds, what):
        assert holds, f"{self.fault}, lasting {self.lasting}: {what}"

    def broken(self, at, method, path, body=None):
        """The answer with the fault at this request."""
        self.way.arm(self.fault, at, self.lasting)
        status, answer = self.server.json(method, path, body, timeout=300)
        self.way.disarm()
        self.reached = bool(self.way.hits)
        if status >= 400:
            self.check(self.reached, f"{method} {path}: {status} {answer} without a fault")
            self.check(status in (500, 502, 503), f"{method} {path}: {status} {answer}")
            self.check(re.search(WORDS, answer["detail"], re.I), f"does not say what happened: {answer}")
        return status, answer

    def ask(self, method, path, body=None):
        return self.server.json(method, path, body, timeout=120)

    def begin(self):
        status, answer = self.ask("POST", "/api/uploads", {"filename": "talk.vtt", "size": len(SENT)})
        self.check(status == 201, answer)
        return answer["meeting_id"]

    def send(self, meeting_id):
        status, answer = self.ask("POST", f"/api/uploads/{meeting_id}/parts", {"numbers": [1]})
        self.check(status == 200, answer)
        url = urllib.parse.urlsplit(answer["urls"][0]["url"])
        connection = http.client.HTTPConnection(url.netloc, timeout=60)
        connection.request("PUT", f"{url.path}?{url.query}", SENT)
        self.check(connection.getresponse().status == 200, "the part")
        connection.close()

    def check_taken(self, meeting_id):
        """The recording and one job, and nothing of the upload."""
        job = self.space.json(f"hansard/jobs/{meeting_id}.json")
        self.check(self.space.get(job["audio_s3_key"]) == SENT, "another recording")
        self.check(self.space.keys() == sorted([job["audio_s3_key"], f"hansard/jobs/{meeting_id}.json"]), self.space.keys())
        self.check(self.space.unfinished_uploads() == [], "parts are left")
        self.clear(*self.space.keys())

    def clear(self, *keys):
        for key in keys:
            self.space.client.delete_object(Bucket=self.space.name, Key=self.space.prefix + key)

    def each(self, step):
        """Breaks the first request, the second … until the step makes fewer."""
        for at in range(1, REQUESTS_MAX):
            step(at)
            if not self.reached:
                return at - 1
        raise AssertionError("it never ends")

    def complete(self, at):
        meeting_id = self.begin()
        self.send(meeting_id)
        status, answer = self.broken(at, "POST", f"/api/uploads/{meeting_id}/complete")
        self.check(status >= 400 or answer["meeting_id"] == meeting_id, answer)
        status, answer = self.ask("POST", f"/api/uploads/{meeting_id}/complete")
        self.check((status, answer.get("meeting_id")) == (202, meeting_id), f"at {at}: asked again: {status} {answer}")
        self.check_taken(meeting_id)

    def cancel(self, at):
        meeting_id = self.begin()
        self.send(meeting_id)
        status, _ = self.broken(at, "DELETE", f"/api/uploads/{meeting_id}")
        if status != 200:
            status, answer = self.ask("DELETE", f"/api/uploads/{meeting_id}")
            self.check(status in (200, 404), f"at {at}: asked again: {status} {answer}")
        self.check((self.space.keys(), self.space.unfinished_uploads()) == ([], []), f"at {at}: left over: {self.space.keys()}")

    def first(self, at):
        """Begins with the fault."""
        status, answer = self.broken(at, "POST", "/api/uploads", {"filename": "talk.vtt", "size": len(SENT)})
        if status == 201:
            self.send(answer["meeting_id"])
            status, done = self.ask("POST", f"/api/uploads/{answer['meeting_id']}/complete")
            self.check(status == 202, f"at {at}: {done}")
            self.abort_unknown()
            self.check_taken(answer["meeting_id"])
            return
        # Nobody was told; what could not be taken back is dropped in its time.
        left = self.space.keys()
        self.check(all(key.startswith("hansard/uploads/") for key in left) and (self.lasting or not left), f"at {at}: left over: {left}")
        self.clear(*left)
        self.abort_unknown()

    def abort_unknown(self):
        """An upload whose id got lost on its way, so that it was begun once more: the bucket's rule drops it, as this does."""
        for upload in self.space.client.list_multipart_uploads(Bucket=self.space.name, Prefix=self.space.prefix).get("Uploads", []):
            self.space.client.abort_multipart_upload(Bucket=self.space.name, Key=upload["Key"], UploadId=upload["UploadId"])


class Faults(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.gateway = servers.Versitygw().start()
        cls.addClassCleanup(cls.gateway.stop)
        cls.bucket = s3.Bucket(cls.gateway)
        cls.folder = scratch()
        cls.addClassCleanup(shutil.rmtree, cls.folder)

    def work(self, fault, lasting):
        way = Way(self, fault, lasting)
        try:
            return {name: way.each(getattr(way, name)) for name in ("first", "complete", "cancel")}
        finally:
            way.close()

    def run_all(self, faults, lasting):
        with concurrent.futures.ThreadPoolExecutor(len(faults)) as pool:
            futures = {pool.submit(self.work, fault, lasting): fault for fault in faults}
            problems, counts = [], {}
            for future in concurrent.futures.as_completed(futures):
                if future.exception():
                    problems.append(f"{futures[future]}: {type(future.exception()).__name__}: {future.exception()}")
                else:
                    counts[futures[future]] = future.result()
        self.assertEqual(problems, [], "\n".join(problems))
        print(json.dumps(counts), file=sys.stderr)
        self.assertTrue(all(count["complete"] >= 8 and count["first"] >= 3 and count["cancel"] >= 4 for count in counts.values()), counts)

    def test_once(self):
        self.run_all(ONCE, False)

    def test_lasting(self):
        self.run_all(LASTING, True)


if __name__ == "__main__":
    servers.prepare("versitygw")
    import s3
    unittest.main()
