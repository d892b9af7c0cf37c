#!/usr/bin/env python3
"""hansard migrate as an engineer runs it: between directories and buckets of two services, from a bucket of the first version, from a folder of files; and
killed (kill -9) again and again on the way. `hansard verify --read` must find nothing in the destination, and the source must stay as it was."""
import json
import pathlib
import random
import shutil
import subprocess
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import first_version_test  # noqa: E402
import servers  # noqa: E402
from program import PROGRAM, environment, run, scratch  # noqa: E402

TALK = "WEBVTT\n\n00:01.000 --> 00:04.000\nAnn: I will send report {0} to Bob by Friday.\n\n" \
       "00:05.000 --> 00:08.600\nBob: The system must answer in time.\n"
LARGE = 20 << 20  # three parts


class Migration(unittest.TestCase):
    """A directory with meetings, one of them with a large recording; made once."""

    @classmethod
    def setUpClass(cls):
        cls.versitygw, cls.minio = servers.Versitygw().start(), servers.Minio().start()
        cls.addClassCleanup(cls.versitygw.stop)
        cls.addClassCleanup(cls.minio.stop)
        cls.shared = scratch()
        cls.addClassCleanup(shutil.rmtree, cls.shared)
        cls.filled = s3.Folder(cls.shared / "filled")
        talks = [cls.shared / f"talk{number}.vtt" for number in range(12)]
        for number, talk in enumerate(talks):
            talk.write_text(TALK.format(number))
        with open(talks[0], "a", encoding="ascii") as file:
            file.write("\nNOTE " + random.Random(1).randbytes(LARGE // 2).hex() + "\n")
        done = run(cls.filled.path, "add", *talks, HANSARD_TRANSCRIBER="none")
        assert done.returncode == 0, done.stderr
        cls.before = cls.filled.snapshot()
        cls.ids = sorted(line.split()[0] for line in done.stdout.splitlines())

    def setUp(self):
        self.folder = scratch()
        self.addCleanup(shutil.rmtree, self.folder)
        self.data = self.folder / "here"
        self.data.mkdir()

    def command(self, status, *arguments, **settings):
        done = run(self.data, *arguments, HANSARD_TRANSCRIBER="none", **settings)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done

    def migrate(self, source, *options, status=0, **settings):
        """The reports and the summary."""
        lines = [json.loads(line) for line in self.command(status, "migrate", source, "--json", *options, **settings).stdout.splitlines()]
        for line in lines[:-1]:
            self.assertEqual(set(line), {"kind", "name", "outcome", "bytes", "reason"})
        return lines[:-1], lines[-1]["summary"]

    def assert_sound(self, count, **settings):
        done = self.command(0, "verify", "--read", "--settled", "0", **settings)
        self.assertRegex(done.stdout, rf"^{count} meetings, .* 0 faults, 0 warnings, 0 derived")
        self.assertEqual(len(json.loads(self.command(0, "list", "--json", **settings).stdout)["meetings"]), count)

    def assert_same_but_records(self, store):
        """Byte for byte, and the records say the same."""
        after = store.snapshot()
        for key, data in self.before.items():
            if not key.endswith("/metadata.json"):
                self.assertEqual(after.pop(key), data, key)
                continue
            one, other = json.loads(data), json.loads(after.pop(key))
            other.pop("migrated")
            for record in (one, other):
                record.pop("record_sha256")
                for known in record["objects"].values():
                    known.pop("etag")
            self.assertEqual(one, other)
        self.assertEqual(after, {})

    def test_there_and_back(self):
        """Directory, bucket, bucket of another service, directory."""
        first, second = s3.Bucket(self.versitygw), s3.Bucket(self.minio).workspace("team-a")
        reports, plan = self.migrate(self.filled.path, "--dry-run", **first.settings())
        self.assertEqual((plan["meeting"]["planned"], len(reports), first.keys()), (12, 12, []))
        _, summary = self.migrate(self.filled.path, **first.settings())
        self.assertEqual((summary["meeting"]["copied"], summary["bytes"]), (12, plan["bytes"]))
        self.assert_sound(12, **first.settings())
        self.assert_same_but_records(first)
        again, summary = self.migrate(self.filled.path, **first.settings())
        self.assertEqual((again, summary["meeting"]["there"], summary["objects"], summary["bytes_proved"]), ([], 12, 0, 0))
        for meeting_id in self.ids[:2]:
            first.whole_record(meeting_id)

        stands = first.snapshot()
        endpoint = f"AWS_ENDPOINT_URL={self.versitygw.url}"
        self.migrate(f"s3://{first.name}/", "--from", endpoint, **second.settings())
        self.assert_sound(12, **second.settings())
        self.assertEqual(first.snapshot(), stands)
        self.assertEqual(self.filled.snapshot(), self.before)

        back = self.folder / "back"
        access = {name: value for name, value in second.settings().items() if name.startswith("AWS_")}
        self.migrate(f"s3://{second.name}/team-a", HANSARD_DATA=str(back), **access)
        self.assert_sound(12, HANSARD_DATA=str(back))
        self.assert_same_but_records(s3.Folder(back))
        self.assertEqual(second.unfinished_uploads() + first.unfinished_uploads(), [])

    def test_first_version(self):
        source, target = s3.Bucket(self.versitygw).workspace("old"), s3.Bucket(self.versitygw)
        objects = {}
        for _, found in first_version_test.meetings(b"no sound at all"):
            objects.update(found)
        for key, data in objects.items():
            source.put(key, data)
        reports, summary = self.migrate(f"s3://{source.name}/old", **target.settings())
        self.assertEqual((summary["meeting"]["copied"], len([report for report in reports if report["reason"]])), (3, 1))
        self.assertEqual(source.snapshot(), objects)
        for key, data in objects.items():
            if key.endswith("/metadata.json"):
                self.assertEqual({**target.json(key), **json.loads(data)}, target.json(key))
            else:
                self.assertEqual(target.get(key), data)
        self.assertEqual(len(json.loads(self.command(0, "list", "--json", **target.settings()).stdout)["meetings"]), 3)
        self.assertIn("Order the batteries", self.command(0, "items", **target.settings()).stdout)
        self.assertEqual(self.migrate(f"s3://{source.name}/old", **target.settings())[1]["meeting"]["there"], 3)

    def test_killed(self):
        """However often it dies, no list shows half a meeting, and in the end all are there."""
        target = s3.Bucket(self.versitygw)
        seed = random.SystemRandom().randrange(1 << 32)
        print(f"seed {seed}", file=sys.stderr)
        chance, kills = random.Random(seed), 0
        settings = environment(self.data, HANSARD_TRANSCRIBER="none", **target.settings())
        for attempt in range(40):
            process = subprocess.Popen([PROGRAM, "migrate", self.filled.path], env=settings, cwd=self.data, stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL)
            try:
                process.wait(timeout=0.05 + chance.uniform(0, 0.04) * (attempt + 1))
                break
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                kills += 1
            rows = json.loads(self.command(0, "list", "--json", **target.settings()).stdout)["meetings"]
            for row in rows:
                target.whole_record(row["meeting_id"])
        self.assertGreater(kills, 0)
        print(f"{kills} kills", file=sys.stderr)
        self.migrate(self.filled.path, **target.settings())
        time.sleep(0.01)  # what was written in this very millisecond is not settled
        self.assert_sound(12, **target.settings())
        self.assert_same_but_records(target)
        self.assertEqual(self.filled.snapshot(), self.before)

    def test_table(self):
        """The rows of a DynamoDB table stand as well, and it lists them."""
        target = s3.Bucket(self.versitygw)
        with servers.DynamoDbLocal() as dynamodb:
            settings = target.settings(USE_DYNAMODB="true", HANSARD_INDEX="both", AWS_ENDPOINT_URL_DYNAMODB=dynamodb.url)
            self.command(0, "setup", "--apply", **settings)
            self.migrate(self.filled.path, **settings)
            self.assert_sound(12, **settings)
            alone = json.loads(self.command(0, "list", "--json", **{**settings, "HANSARD_INDEX": "dynamodb"}).stdout)
            self.assertEqual(len(alone["meetings"]), 12)

    def test_folder(self):
        uploads = self.folder / "uploads"
        (uploads / "march").mkdir(parents=True)
        uuid = "1b4e28ba-2fa1-41d2-883f-0016d3cca427"
        (uploads / f"{uuid}_Talk.vtt").write_text(TALK.format(1))
        (uploads / "march" / "Täglich.vtt").write_text(TALK.format(2))
        (uploads / "notes.docx").write_text("of another kind")
        done = self.command(1, "migrate", uploads)
        self.assertIn("left     file notes.docx: its extension is of no recording or transcript", done.stdout)
        self.assertIn("files: 2 brought, 0 there already, 1 left", done.stdout)
        self.assertEqual(len(done.stderr.splitlines()), 1)
        (uploads / "notes.docx").unlink()
        self.assertIn("files: 0 brought, 2 there already, 0 left", self.command(0, "migrate", uploads).stdout)
        worker = subprocess.Popen([PROGRAM, "worker"], env=environment(self.data, HANSARD_TRANSCRIBER="none"), cwd=self.data)
        try:
            deadline = time.monotonic() + 60
            while len(json.loads(self.command(0, "list", "--json").stdout)["meetings"]) < 2:
                self.assertLess(time.monotonic(), deadline)
                time.sleep(0.2)
        finally:
            worker.terminate()
            worker.wait(timeout=60)
        self.assertIn("Talk.vtt", self.command(0, "show", f"meeting-{uuid}", "--json").stdout)
        self.assertIn("files: 0 brought, 2 there already, 0 left", self.command(0, "migrate", uploads, "--remove-source", "--yes").stdout)
        self.assertEqual([path.name for path in uploads.rglob("*.vtt")], [])

    def test_remove_source(self):
        source = self.folder / "source"
        shutil.copytree(self.filled.path, source)
        self.assertEqual(self.migrate(source, "--remove-source", "--yes")[1]["removed"], 12)
        self.assert_sound(12)
        left = [path for path in source.rglob("*") if path.is_file() and ".hansard" not in path.parts]
        self.assertEqual(left, [])

    def test_wrong_usage(self):
        bucket = s3.Bucket(self.versitygw)
        own = bucket.settings()
        for wrong in ((), ("a", "b"), (self.folder / "nothing-here",), (self.data,), (self.folder,), (self.filled.path, "--yes"),
                      (self.filled.path, "--remove-source"), (self.filled.path, "--from", "AWS_REGION=eu-west-1"), ("s3://",)):
            self.assertEqual(len(self.command(2, "migrate", *wrong).stderr.splitlines()), 1, wrong)
        self.assertIn("the workspace itself", self.command(2, "migrate", f"s3://{bucket.name}", **own).stderr)
        self.assertIn("--from takes", self.command(2, "migrate", "s3://another", "--from", "HANSARD_DATA=x", **own).stderr)
        self.assertIn("does not exist", self.command(2, "migrate", "s3://no-such-bucket", **own).stderr)


if __name__ == "__main__":
    servers.prepare("versitygw", "minio", "dynamodb")
    import s3
    unittest.main()
