#!/usr/bin/env python3
"""hansard verify as an engineer runs it: what it prints and its exit status, on a directory; and on a bucket (versitygw) with
lists in keys and a DynamoDB table."""
import json
import os
import pathlib
import pty
import shutil
import sys
import subprocess
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import servers  # noqa: E402
from program import PROGRAM, Server, environment, run, scratch  # noqa: E402

TALK = "WEBVTT\n\n00:01.000 --> 00:04.000\nAnn: I will send the report to Bob by Friday.\n\n" \
       "00:05.000 --> 00:08.600\nBob: The system must answer in time.\n"


class Verified(unittest.TestCase):
    settings = {}

    def setUp(self):
        self.folder = scratch()
        self.addCleanup(shutil.rmtree, self.folder)
        self.data = self.folder / "store"
        self.data.mkdir()

    def command(self, status, *arguments, **more):
        done = run(self.data, *arguments, HANSARD_TRANSCRIBER="none", **{**self.settings, **more})
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done

    def add(self, count=3):
        names = [self.folder / f"talk{number}.vtt" for number in range(count)]
        for name in names:
            name.write_text(TALK)
        lines = self.command(0, "add", *names).stdout.splitlines()
        return [line.split()[0] for line in lines]

    def verify(self, status, *options):
        """({code: key}, summary)"""
        lines = [json.loads(line) for line in self.command(status, "verify", "--json", "--settled", "0", *options).stdout.splitlines()]
        for line in lines[:-1]:
            self.assertEqual(set(line), {"code", "severity", "key", "meeting_id", "found", "advice", "outcome"})
        return {line["code"]: line["key"] for line in lines[:-1]}, lines[-1]["summary"]


class VerifyDirectory(Verified):
    def damage(self):
        first, second, _ = self.add()
        (self.data / f"transcriptions/{first}/transcription.txt").unlink()
        (self.data / f"transcriptions/{second}/notes.txt").write_text("mine")
        next((self.data / "hansard/index").glob(f"*{second}*")).unlink()

    def test_clean(self):
        self.assertEqual(self.command(0, "verify").stdout.count("\n"), 1)  # nothing at all
        self.add()
        done = self.command(0, "verify", "--read", "--settled", "0")
        self.assertRegex(done.stdout, r"^3 meetings, 3 recordings, 0 jobs .* 0 faults, 0 warnings, 0 derived; 0 mended, 0 queued, 0 left\n$")
        self.assertEqual(done.stderr, "")

    def test_wrong_usage(self):
        for wrong in (("--settled", "-1"), ("--yes",), ("what",), ("--no-such",)):
            self.command(2, "verify", *wrong)

    def test_what_is_new_is_left_alone(self):
        self.damage()
        self.assertIn("(3 meetings are being worked on)", self.command(0, "verify").stdout)

    def test_report_and_repair(self):
        self.damage()
        text = self.command(1, "verify", "--settled", "0")
        self.assertRegex(text.stdout, r"(?m)^fault    document-missing    transcriptions/meeting-\S+/transcription.txt: .* \(--repair .*\)$")
        self.assertEqual(len(text.stderr.splitlines()), 1)
        found, summary = self.verify(1)
        self.assertEqual(set(found), {"document-missing", "document-extra", "index-missing"})
        self.assertEqual((summary["faults"], summary["warnings"], summary["derived"], summary["left"]), (1, 1, 1, 3))
        _, summary = self.verify(1, "--repair")  # nobody is there to be asked
        self.assertEqual((summary["mended"], summary["left"]), (1, 2))
        self.assertEqual(set(self.verify(1)[0]), {"document-missing", "document-extra"})
        _, summary = self.verify(0, "--repair", "--yes")
        self.assertEqual((summary["mended"], summary["left"]), (2, 0))
        self.assertEqual(self.verify(0, "--read")[0], {})
        kept = list((self.data / "hansard/quarantine").glob("*/*/transcriptions/*/notes.txt"))
        self.assertEqual([path.read_text() for path in kept], ["mine"])
        self.assertEqual(json.loads((self.data / "hansard/verify.json").read_text())["mended"], 2)

    def answer(self, *answers):
        """Runs the repair at a terminal, where a person answers."""
        ours, theirs = pty.openpty()
        process = subprocess.Popen([PROGRAM, "verify", "--repair", "--settled", "0"], stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   env=environment(self.data, HANSARD_TRANSCRIBER="none"), cwd=self.data)
        os.close(theirs)
        os.write(ours, "".join(answer + "\n" for answer in answers).encode())
        output, asked = process.communicate(timeout=60)
        os.close(ours)
        return process.returncode, output.decode(), asked.decode()

    def test_asked(self):
        self.damage()
        status, output, asked = self.answer("n", "y")
        self.assertEqual(status, 1)
        self.assertEqual(asked.count("Do it?"), 2)
        self.assertEqual(output.count(": mended\n"), 2)  # the one that was allowed, and the one that asks nobody
        for number in range(3):
            (self.data / f"transcriptions/extra{number}").write_text("")
        status, output, asked = self.answer("q")
        self.assertEqual((status, asked.count("Do it?")), (1, 1))
        status, output, asked = self.answer("y", "a", "y")
        self.assertEqual((status, asked.count("Do it?")), (0, 3))

    def test_beside_a_server(self):
        with Server(self.folder, HANSARD_TRANSCRIBER="none") as server:
            for _ in range(20):
                status, answer = server.json("POST", "/api/meetings?filename=talk.vtt", TALK, {"Content-Type": "text/vtt"})
                self.assertIn(status, (200, 201, 202), answer)
                found, _ = self.verify(0, "--read", "--repair", "--yes")
                self.assertEqual(found, {})


class VerifyBucket(Verified):
    @classmethod
    def setUpClass(cls):
        cls.gateway, cls.dynamodb = servers.Versitygw().start(), servers.DynamoDbLocal().start()
        cls.addClassCleanup(cls.gateway.stop)
        cls.addClassCleanup(cls.dynamodb.stop)
        cls.client = boto3.client("dynamodb", endpoint_url=cls.dynamodb.url, region_name=servers.REGION, aws_access_key_id=servers.ACCESS_KEY,
                                  aws_secret_access_key=servers.SECRET_KEY)

    def test_keys_and_table(self):
        bucket = s3.Bucket(self.gateway)
        self.settings = bucket.settings(HANSARD_INDEX="both", DYNAMODB_TABLE_NAME="verified", AWS_ENDPOINT_URL_DYNAMODB=self.dynamodb.url)
        self.command(0, "setup", "--apply")
        first, second, third = self.add()
        self.assertEqual(self.verify(0, "--read"), self.verify(0, "--read"))
        listed = json.loads(self.command(0, "list", "--json").stdout)
        key = {"meeting_id": {"S": first}}
        self.client.delete_item(TableName="verified", Key=key)
        self.client.update_item(TableName="verified", Key={"meeting_id": {"S": second}}, UpdateExpression="SET title = :title, updated = :later",
                                ExpressionAttributeValues={":title": {"S": "another"}, ":later": {"S": "2099-01-01T00:00:00.000Z"}})
        item = self.client.get_item(TableName="verified", Key={"meeting_id": {"S": third}})["Item"]
        stray = third[:-1] + ("0" if third[-1] != "0" else "1")
        item["meeting_id"]["S"], item["sort"]["S"] = stray, item["sort"]["S"].replace(third, stray)
        self.client.put_item(TableName="verified", Item=item)
        bucket.client.delete_object(Bucket=bucket.name, Key=f"transcriptions/{first}/summary.json")
        index = [key for key in bucket.keys("hansard/index/") if third in key][0]
        bucket.client.delete_object(Bucket=bucket.name, Key=index)
        bucket.client.put_object(Bucket=bucket.name, Key=f"transcriptions/{second}/requirements.json", Body=b"{}")
        wanted = {"row-missing", "row-differs", "row-orphan", "document-missing", "index-missing", "document-altered"}
        self.assertEqual(set(self.verify(1)[0]), wanted)
        self.assertEqual(set(self.verify(1, "--read")[0]), wanted)
        self.verify(0, "--repair", "--yes")
        self.assertEqual(self.verify(0, "--read")[0], {})
        again = json.loads(self.command(0, "list", "--json").stdout)
        for before, now in zip(listed["meetings"], again["meetings"], strict=True):
            self.assertEqual({**before, "updated": None}, {**now, "updated": None})
        keys = bucket.keys("")
        self.verify(0, "--read", "--repair", "--yes")
        self.assertEqual(bucket.keys(""), keys)

    def test_table_alone(self):
        bucket = s3.Bucket(self.gateway)
        self.settings = bucket.settings(HANSARD_INDEX="dynamodb", DYNAMODB_TABLE_NAME="alone", AWS_ENDPOINT_URL_DYNAMODB=self.dynamodb.url)
        self.command(0, "setup", "--apply")
        first, *_ = self.add()
        self.client.delete_item(TableName="alone", Key={"meeting_id": {"S": first}})
        self.assertEqual(set(self.verify(1)[0]), {"row-missing"})
        self.verify(0, "--repair", "--yes")
        self.assertEqual(self.verify(0, "--read")[0], {})
        self.assertEqual(bucket.keys("hansard/index/"), [])

    def test_recording_is_proved(self):
        bucket = s3.Bucket(self.gateway)
        self.settings = bucket.settings()
        first, *_ = self.add(1)
        recording = bucket.keys("meetings/")[0]
        body = bucket.client.get_object(Bucket=bucket.name, Key=recording)["Body"].read()
        bucket.client.put_object(Bucket=bucket.name, Key=recording, Body=body[:-2] + b"!\n")
        self.assertEqual(set(self.verify(1)[0]), {"recording-unproven"})
        self.assertEqual(set(self.verify(1, "--read")[0]), {"recording-altered"})


if __name__ == "__main__":
    servers.prepare("versitygw", "dynamodb")
    import boto3
    import s3
    unittest.main()
