#!/usr/bin/env python3
"""Two servers on one bucket share who may come in: what one makes the other knows, and what one revokes the other refuses within five seconds."""
import json
import pathlib
import shutil
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import servers  # noqa: E402
from program import Server, run, scratch  # noqa: E402

LOOK_S = 5.0


class TwoServers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.gateway = servers.Versitygw().start()
        cls.addClassCleanup(cls.gateway.stop)

    def setUp(self):
        self.folder = scratch()
        self.addCleanup(shutil.rmtree, self.folder)
        self.bucket = s3.Bucket(self.gateway)
        self.settings = self.bucket.settings(HANSARD_TRANSCRIBER="none")
        self.admin = run(self.folder, "token", "create", "--scopes", "admin", **self.settings).stdout.strip()
        self.assertTrue(self.admin.startswith("hat_"))
        self.first, self.second = (self.start(name) for name in ("first", "second"))

    def start(self, name):
        (self.folder / name).mkdir()
        server = Server(self.folder / name, **self.settings).start()
        self.addCleanup(lambda: server.process and server.kill())
        return server

    def call(self, server, method, path, body=None, token=None, cookie=None):
        headers = {"Authorization": f"Bearer {token}"} if token else {"Cookie": cookie} if cookie else {}
        if body is not None:
            body, headers["Content-Type"] = json.dumps(body), "application/json"
        return server.request(method, path, body, headers)

    def refused_within(self, server, path, **credential):
        """Seconds until the server refuses; asked ten times a second, as long as it may still hold."""
        began = time.monotonic()
        while self.call(server, "GET", path, **credential)[0] == 200:
            self.assertLess(time.monotonic() - began, LOOK_S + 0.5)
            time.sleep(0.1)
        self.assertEqual(self.call(server, "GET", path, **credential)[0], 401)
        return time.monotonic() - began

    def test_tokens(self):
        made = json.loads(self.call(self.first, "POST", "/api/tokens", {"scopes": ["read"], "name": "both"}, self.admin)[2])
        for server in (self.first, self.second):
            self.assertEqual(self.call(server, "GET", "/api/meetings", token=made["token"])[0], 200)
        self.assertEqual(self.call(self.first, "DELETE", f"/api/tokens/{made['id']}", token=self.admin)[0], 200)
        self.assertEqual(self.call(self.first, "GET", "/api/meetings", token=made["token"])[0], 401)
        print(f"token: {self.refused_within(self.second, '/api/meetings', token=made['token']):.1f} s", file=sys.stderr)

    def test_sessions(self):
        cookie = self.call(self.first, "POST", "/api/session", {"token": self.admin})[1]["Set-Cookie"].split(";")[0]
        for server in (self.first, self.second):
            self.assertEqual(self.call(server, "GET", "/api/meetings", cookie=cookie)[0], 200)
        self.assertEqual(self.call(self.second, "DELETE", "/api/session", cookie=cookie)[0], 200)
        self.assertEqual(self.call(self.second, "GET", "/api/meetings", cookie=cookie)[0], 401)
        self.refused_within(self.first, "/api/meetings", cookie=cookie)
        self.assertEqual(self.bucket.keys("hansard/sessions/"), [])

    def test_shares(self):
        text = {"text": "Ann: I will send the figures by Friday.", "filename": "a.txt"}
        status, _, body = self.call(self.first, "POST", "/api/meeting/process", text, self.admin)
        self.assertEqual(status, 200, body)
        path = f"/api/meetings/{json.loads(body)['meeting_id']}"
        made = json.loads(self.call(self.first, "POST", path + "/shares", {}, self.admin)[2])
        self.assertEqual(self.call(self.second, "GET", path, token=made["share"])[0], 200)
        self.assertEqual(self.call(self.first, "DELETE", f"{path}/shares/{made['id']}", token=self.admin)[0], 200)
        self.refused_within(self.second, path, token=made["share"])

    def test_no_bucket_no_entry(self):
        """What was seen holds for its seconds; then, with the bucket away, nobody comes in and nothing hangs."""
        self.assertEqual(self.call(self.second, "GET", "/api/session", token=self.admin)[0], 200)
        self.gateway.stop()
        try:
            time.sleep(LOOK_S)
            began = time.monotonic()
            status, _, body = self.call(self.second, "GET", "/api/meetings", token=self.admin)
            self.assertIn(status, (500, 503), body)
            self.assertLess(time.monotonic() - began, 60)
            self.assertEqual(self.call(self.second, "GET", "/healthz")[0], 200)
        finally:
            self.gateway.start()

    def test_audit_of_both(self):
        for server, name in ((self.first, "by the first"), (self.second, "by the second")):
            self.assertEqual(self.call(server, "POST", "/api/tokens", {"scopes": ["read"], "name": name}, self.admin)[0], 201)
            self.assertEqual(server.stop(), 0)
        entries = [json.loads(line) for line in run(self.folder, "audit", "--json", **self.settings).stdout.splitlines()]
        made = [entry for entry in entries if entry["action"] == "token.create"]
        self.assertEqual(len(made), 3)
        self.assertEqual(len({entry["server"] for entry in made}), 3)  # the command line, and each server
        self.assertTrue(all(key.endswith(".jsonl") for key in self.bucket.keys("hansard/audit/")))


if __name__ == "__main__":
    servers.prepare("versitygw")
    import s3
    unittest.main()
