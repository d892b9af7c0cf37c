#!/usr/bin/env python3
"""hansard doctor, as an engineer runs it before anyone uses the program: on a directory, on a real bucket, and where something is amiss."""
import json
import pathlib
import shutil
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import s3  # noqa: E402
import servers  # noqa: E402
from program import run, scratch  # noqa: E402


class Examined(unittest.TestCase):
    def setUp(self):
        self.folder = scratch()
        self.addCleanup(shutil.rmtree, self.folder)
        self.data = self.folder / "data"

    def examine(self, status, **settings):
        done = run(self.data, "doctor", "--json", HANSARD_TRANSCRIBER="none", **settings)
        self.assertEqual(done.returncode, status, done.stderr)
        answer = json.loads(done.stdout)
        self.assertEqual(answer["faults"], sum(finding["state"] == "fault" for finding in answer["findings"]))
        return answer, {finding["what"]: finding for finding in answer["findings"]}

    def faults(self, **settings):
        return [finding for finding in self.examine(1, **settings)[0]["findings"] if finding["state"] == "fault"]


class DoctorOfDirectory(Examined):
    def test_directory(self):
        answer, findings = self.examine(0)
        self.assertEqual((answer["faults"], answer["warnings"]), (0, 0))
        self.assertEqual(set(findings), {"speech to text", "access", "store: write", "store: read", "store: list", "store: conditional writes",
                                         "store: delete", "list", "disk"})
        self.assertFalse((self.data / "hansard").exists())
        lines = run(self.data, "doctor", HANSARD_TRANSCRIBER="none").stdout.splitlines()
        self.assertEqual(len(lines), len(findings))
        self.assertTrue(all(line.startswith("ok       ") for line in lines), lines)

    def test_no_model(self):
        done = run(self.data, "doctor", HANSARD_MODEL=str(self.folder / "none.bin"))
        self.assertEqual(done.returncode, 1)
        self.assertIn("fault    speech to text: ", done.stdout)
        self.assertIn("HANSARD_MODEL", done.stdout)
        self.assertEqual(len(done.stderr.splitlines()), 1)


class DoctorOfBucket(Examined):
    @classmethod
    def setUpClass(cls):
        cls.gateway = servers.Versitygw().start()
        cls.addClassCleanup(cls.gateway.stop)

    def setUp(self):
        super().setUp()
        self.bucket = s3.Bucket(self.gateway)

    def test_bucket(self):
        settings = self.bucket.settings()
        answer, findings = self.examine(0, **settings)
        self.assertEqual(findings["bucket: conditional writes"]["state"], "ok")
        self.assertEqual(findings["clock"]["state"], "ok")
        self.assertGreater(answer["warnings"], 0)
        self.assertEqual(findings["CORS rule"]["state"], "warning")
        self.assertIn("they go through the server; `hansard setup --apply`", findings["CORS rule"]["found"])
        self.assertEqual(self.bucket.keys("hansard/"), [])
        before = answer["warnings"]
        run(self.data, "setup", "--apply", **settings)
        answer, findings = self.examine(0, **settings)
        self.assertLess(answer["warnings"], before)
        self.assertEqual(findings["CORS rule"]["state"], "ok")

    def test_who_the_credentials_are(self):
        moto = servers.Moto().start()
        self.addCleanup(moto.stop)
        found = self.examine(0, **self.bucket.settings(AWS_ENDPOINT_URL_STS=moto.url))[1]["credentials"]
        self.assertEqual(found["state"], "ok")
        self.assertRegex(found["found"], r"^arn:aws:sts::\d{12}:user/\S+, from environment")
        found = self.examine(0, **self.bucket.settings(AWS_ENDPOINT_URL_STS=self.gateway.url))[1]["credentials"]
        self.assertEqual(found["state"], "warning")
        self.assertNotIn("credentials", self.examine(0, **self.bucket.settings())[1])

    def test_wrong_secret(self):
        secret = "a-secret-that-nobody-may-see"
        found = self.faults(**{**self.bucket.settings(), "AWS_SECRET_ACCESS_KEY": secret})
        self.assertIn("AWS_SECRET_ACCESS_KEY", found[0]["found"])
        self.assertNotIn(secret, json.dumps(found))

    def test_no_bucket(self):
        found = self.faults(**{**self.bucket.settings(), "S3_BUCKET_NAME": "there-is-none"})
        self.assertIn("S3_BUCKET_NAME", found[0]["found"])

    def test_nobody_answers(self):
        found = self.faults(**{**self.bucket.settings(), "AWS_ENDPOINT_URL": "http://127.0.0.1:9"})
        self.assertIn("127.0.0.1", found[0]["found"])


if __name__ == "__main__":
    unittest.main()
