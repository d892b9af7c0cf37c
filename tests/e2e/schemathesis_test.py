#!/usr/bin/env python3
"""The description of the HTTP interface against a running server, by schemathesis: examples, coverage of each constraint, random requests good and bad,
and sequences of calls. No server error, no status, header or body that is not declared; what is valid is taken and what is not is refused.

    schemathesis_test.py                      a few examples of each operation, by a fixed seed
    schemathesis_test.py --full [EXAMPLES]    many, by a seed of their own (make api-fuzz)"""
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


class Fuzz(unittest.TestCase):
    examples, options, limit_s = 3, ("--seed", "1", "--generation-deterministic", "--no-shrink"), 55

    def test_description_holds(self):
        folder = scratch()
        self.addCleanup(shutil.rmtree, folder)
        (folder / "store").mkdir()
        token = run(folder / "store", "token", "create", "--scopes", "admin").stdout.strip()
        with Server(folder, HANSARD_TRANSCRIBER="none") as server:
            headers = {"Authorization": "Bearer " + token, "Content-Type": "application/json"}
            status, _, body = server.request("POST", "/api/meeting/process", json.dumps({"text": TEXT}), headers)
            self.assertEqual(status, 200, body)
            done = subprocess.run([pathlib.Path(sys.executable).parent / "schemathesis", "run", f"http://127.0.0.1:{server.port}/api/openapi.json",
                                   "--header", "Authorization: Bearer " + token, "--max-examples", str(self.examples), "--no-color",
                                   "--max-time", str(self.limit_s), "--request-timeout", "30", "--continue-on-failure",
                                   "--generation-database", "none", *self.options], cwd=folder, env={**os.environ, "PYTHONHASHSEED": "0"},
                                  capture_output=True, text=True, timeout=self.limit_s + 120, check=False)
            print(done.stdout[-2500:] if done.returncode == 0 else done.stdout, done.stderr[-2000:], file=sys.stderr)
            self.assertEqual(done.returncode, 0)
            self.assertEqual(server.request("GET", "/healthz")[0], 200)
            self.assertEqual(server.stop(), 0)


if __name__ == "__main__":
    if "--full" in sys.argv:
        given = sys.argv[sys.argv.index("--full") + 1:]
        Fuzz.examples, Fuzz.options, Fuzz.limit_s = int(given[0]) if given else 200, (), 6 * 3600
        sys.argv = sys.argv[:1]
    unittest.main()
