#!/usr/bin/env python3
"""The description of the HTTP interface against a running server, by schemathesis: examples, each constraint at its edge, random requests good and bad,
and sequences of calls. No server error, no status, header or body that is not declared; what is valid is taken and what is not is refused.

    schemathesis_test.py                      what fits into some seconds, by a fixed seed
    schemathesis_test.py --full [EXAMPLES]    all of it, so many random examples of each operation, by a seed of their own (make api-fuzz)"""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import servers  # noqa: E402

servers.prepare()

from program import Server, run, scratch  # noqa: E402

TEXT = "Ann: I will send the figures by Friday.\nBob: The system must keep them.\n"
# What a schema can't say: which items and segments a meeting has, what keys a store can have, that there is nothing to write in a format, and that any bytes may be a recording.
SETTINGS = """
[[operations]]
include-name = "PATCH /api/meetings/{id}"
[operations.checks]
positive_data_acceptance.enabled = false

[[operations]]
include-name = "POST /api/meeting/process"
[operations.checks]
positive_data_acceptance.enabled = false

[[operations]]
include-name = "GET /api/meetings/{id}/export"
[operations.checks]
positive_data_acceptance.enabled = false

[[operations]]
include-name = "POST /api/meetings"
[operations.checks]
negative_data_rejection.enabled = false
"""


class Fuzz(unittest.TestCase):
    full = None

    @classmethod
    def setUpClass(cls):
        cls.folder = scratch()
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        (cls.folder / "store").mkdir()
        (cls.folder / "schemathesis.toml").write_text(SETTINGS)
        cls.token = cls.new_token()
        cls.server = Server(cls.folder, HANSARD_TRANSCRIBER="none", HANSARD_RATE_LIMIT="0", HANSARD_TRUSTED_PROXIES="127.0.0.1").start()
        headers = {"Authorization": "Bearer " + cls.token, "Content-Type": "application/json"}
        status, _, body = cls.server.request("POST", "/api/meeting/process", json.dumps({"text": TEXT}), headers)
        assert status == 200, body
        cls.meeting = json.loads(body)["meeting_id"]

    @classmethod
    def new_token(cls):
        return run(cls.folder / "store", "token", "create", "--scopes", "admin").stdout.strip()

    @classmethod
    def tearDownClass(cls):
        status = cls.server.stop()
        assert status == 0, status

    def hold(self, phases, seconds):
        token = self.new_token()  # it may revoke the one that it is given
        chosen = ("--max-examples", self.full, "--generation-database", "none") if self.full else (
            "--max-examples", "2", "--max-time", str(seconds), "--seed", "1", "--generation-deterministic", "--no-shrink")
        environment = {**os.environ, "PYTHONPATH": str(pathlib.Path(__file__).parent), "SCHEMATHESIS_HOOKS": "schemathesis_hooks",
                       "HANSARD_TEST_MEETING": self.meeting}
        done = subprocess.run([pathlib.Path(sys.executable).parent / "schemathesis", "run", f"http://127.0.0.1:{self.server.port}/api/openapi.json",
                               "--header", "Authorization: Bearer " + token, "--phases", phases, "--continue-on-failure", "--no-color",
                               "--request-timeout", "60", "--warnings", "off", "--output-truncate", "false",
                               # A limit on text is one of bytes, which a schema can't say.
                               "--generation-codec", "ascii", "--generation-allow-x00", "false", "--generation-with-security-parameters", "false",
                               *chosen], cwd=self.folder, env=environment, capture_output=True, text=True, check=False)
        print(done.stdout if self.full or done.returncode else done.stdout[-300:], done.stderr, file=sys.stderr)
        self.assertEqual(done.returncode, 0)
        self.assertEqual(self.server.request("GET", "/healthz")[0], 200)

    def test_examples_and_edges(self):
        self.hold("examples,coverage", 9)

    def test_random_requests(self):
        self.hold("fuzzing", 6)

    def test_sequences(self):
        self.hold("stateful", 3)


if __name__ == "__main__":
    if "--full" in sys.argv:
        Fuzz.full = (sys.argv[sys.argv.index("--full") + 1:] or ["200"])[0]
        sys.argv = sys.argv[:1]
    unittest.main()
