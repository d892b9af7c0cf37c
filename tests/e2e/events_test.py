#!/usr/bin/env python3
"""The queue that wakes servers, made by `hansard setup`: plan, apply, again, what others put there; and a server that is woken by the bucket's events. On moto, a model of
S3 and SQS: neither versitygw nor MinIO sends events to SQS."""
import json
import pathlib
import shutil
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import servers  # noqa: E402

servers.prepare("moto")

import boto3  # noqa: E402

import s3  # noqa: E402
from program import Server, run, scratch  # noqa: E402

TALK = b"WEBVTT\n\n00:00:01.000 --> 00:00:04.000\nAnn Lee: I will send the reports to Bob by Friday.\n"


class Events(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.moto = servers.Moto().start()
        cls.addClassCleanup(cls.moto.stop)
        cls.sqs = boto3.client("sqs", endpoint_url=cls.moto.url, region_name=servers.REGION, aws_access_key_id=servers.ACCESS_KEY,
                               aws_secret_access_key=servers.SECRET_KEY)

    def setUp(self):
        self.folder = scratch()
        self.addCleanup(shutil.rmtree, self.folder)
        (self.folder / "data").mkdir()
        self.bucket = s3.Bucket(self.moto).workspace("team")
        self.url = f"{self.moto.url}/123456789012/events-{self.bucket.name}"
        self.settings = self.bucket.settings(HANSARD_QUEUE_URL=self.url)

    def setup_json(self, *options):
        done = run(self.folder / "data", "setup", "--json", *options, **self.settings)
        self.assertEqual(done.returncode, 0, done.stderr)
        answer = json.loads(done.stdout)
        return answer, [step["state"] for step in answer["steps"] if "queue" in step["what"] or "events" in step["what"]]

    def test_made_and_woken(self):
        self.assertEqual(self.setup_json()[1], ["missing"] * 3)
        self.assertEqual(self.setup_json("--apply")[1], ["present"] * 3)
        self.assertEqual(self.setup_json("--apply")[0]["changes"], 0)
        found = self.bucket.client.get_bucket_notification_configuration(Bucket=self.bucket.name)["QueueConfigurations"]
        self.assertEqual(sorted(rule["Value"] for one in found for rule in one["Filter"]["Key"]["FilterRules"]), ["team/hansard/jobs/", "team/inbox/"])
        # Between two looks of its own lies a quarter of an hour: what comes sooner, the queue has told.
        with Server(self.folder, HANSARD_TRANSCRIBER="none", **self.settings) as server:
            time.sleep(1)
            self.bucket.put("inbox/call.vtt", TALK)
            deadline = time.monotonic() + 30
            while server.json("GET", "/api/meetings")[1]["count"] == 0:
                self.assertLess(time.monotonic(), deadline)
                time.sleep(0.2)

    def test_beside_others(self):
        """What is there already stays, and what is ours is added to it."""
        self.sqs.create_queue(QueueName=self.url.rpartition("/")[2])
        arn = self.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        theirs = {"Sid": "theirs", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:root"}, "Action": "sqs:SendMessage", "Resource": arn}
        self.sqs.set_queue_attributes(QueueUrl=self.url, Attributes={"Policy": json.dumps({"Version": "2012-10-17", "Statement": [theirs]})})
        self.bucket.client.put_bucket_notification_configuration(Bucket=self.bucket.name, NotificationConfiguration={
            "QueueConfigurations": [{"Id": "theirs", "QueueArn": arn, "Events": ["s3:ObjectRemoved:*"]}]})
        self.assertEqual(self.setup_json()[1], ["present", "missing", "missing"])
        self.assertEqual(self.setup_json("--apply")[1], ["present"] * 3)
        policy = json.loads(self.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=["Policy"])["Attributes"]["Policy"])
        self.assertEqual([statement["Sid"] for statement in policy["Statement"]], ["theirs", "hansard-bucket-events"])
        self.assertEqual(policy["Statement"][1]["Condition"], {"ArnEquals": {"aws:SourceArn": f"arn:aws:s3:::{self.bucket.name}"}})
        found = self.bucket.client.get_bucket_notification_configuration(Bucket=self.bucket.name)["QueueConfigurations"]
        self.assertEqual(len(found), 3)
        self.assertIn("theirs", [one["Id"] for one in found])


if __name__ == "__main__":
    unittest.main()
