#!/usr/bin/env python3
"""What is dropped under inbox/ becomes a meeting: in a directory, in a bucket, and at once where a queue tells of it (SQS, by moto)."""
import json
import shutil
import sys
import time
import unittest

from program import ROOT, Server, run, scratch

sys.path.insert(0, str(ROOT / "tests"))
import servers  # noqa: E402

servers.prepare("versitygw", "moto")
import boto3  # noqa: E402
from s3 import Bucket  # noqa: E402

CALL = "WEBVTT\n\n00:01.000 --> 00:04.000\nAnn: I will send the figures by Friday.\n"


class InboxTest(unittest.TestCase):
    def setUp(self):
        self.folder = scratch()
        self.addCleanup(shutil.rmtree, self.folder)

    def wait_for_meetings(self, server, count, seconds=60):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            meetings = server.json("GET", "/api/meetings")[1]["meetings"]
            if len(meetings) == count:
                return meetings
            time.sleep(0.2)
        self.fail(f"{len(meetings)} of {count} meetings after {seconds} s")

    def test_directory(self):
        inbox = self.folder / "store/inbox/team"
        inbox.mkdir(parents=True)
        (inbox / "call.vtt").write_text(CALL)
        with Server(self.folder) as server:
            (meeting,) = self.wait_for_meetings(server, 1)
        self.assertEqual((meeting["filename"], meeting["action_items_count"]), ("call.vtt", 1))
        self.assertFalse((inbox / "call.vtt").exists())

    def test_bucket_and_queue(self):
        with servers.Versitygw() as s3, servers.Moto() as moto:
            bucket = Bucket(s3)
            sqs = boto3.client("sqs", endpoint_url=moto.url, region_name=servers.REGION, aws_access_key_id="test", aws_secret_access_key="test")
            url = sqs.create_queue(QueueName="events")["QueueUrl"]
            queue = {"HANSARD_QUEUE_URL": url, "AWS_ENDPOINT_URL_SQS": moto.url}
            with Server(self.folder, **bucket.settings(**queue)) as server:
                self.wait_for_meetings(server, 0)
                time.sleep(1)  # the first look is over; the next would come in 15 minutes
                bucket.put("inbox/call.vtt", CALL.encode())
                event = {"Records": [{"eventName": "ObjectCreated:Put", "s3": {"object": {"key": "inbox/call.vtt"}}}]}
                sqs.send_message(QueueUrl=url, MessageBody=json.dumps(event))
                (meeting,) = self.wait_for_meetings(server, 1)
                self.assertEqual(meeting["filename"], "call.vtt")
                self.assertEqual(bucket.get(meeting["audio_s3_key"]), CALL.encode())
                self.assertEqual(bucket.keys("inbox/"), [])
                # work that another machine has queued: the message wakes this one
                other = self.folder / "other"
                other.mkdir()
                (self.folder / "second.vtt").write_text(CALL.replace("Friday", "Monday"))
                queued = run(other, "add", "--queue", self.folder / "second.vtt", **bucket.settings())
                self.assertEqual(queued.returncode, 0, queued.stderr)
                sqs.send_message(QueueUrl=url, MessageBody="{}")
                self.wait_for_meetings(server, 2)

    def test_off(self):
        with servers.Versitygw() as s3:
            bucket = Bucket(s3)
            bucket.put("inbox/call.vtt", CALL.encode())
            with Server(self.folder, **bucket.settings(HANSARD_INBOX="false", HANSARD_POLL_SECONDS="1")) as server:
                time.sleep(3)
                self.assertEqual(server.json("GET", "/api/jobs")[1]["jobs"], [])
            self.assertEqual(bucket.keys("inbox/"), ["inbox/call.vtt"])


if __name__ == "__main__":
    unittest.main()
