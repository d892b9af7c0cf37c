#!/usr/bin/env python3
"""`hansard setup --policy`: the rights that it prints are enough for the main job, each is needed, and nothing beside them is allowed. MinIO enforces the very
policy: the program runs as a session that has it and no more."""
import json
import pathlib
import shutil
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import servers  # noqa: E402

servers.prepare("minio")

import boto3  # noqa: E402
import botocore.exceptions  # noqa: E402

import s3  # noqa: E402
from program import Server, run, scratch  # noqa: E402

TALK = "WEBVTT\n\n00:00:01.000 --> 00:00:04.000\nAnn Lee: I will send the reports to Bob by Friday.\n"


class Policy(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.minio = servers.Minio().start()
        cls.addClassCleanup(cls.minio.stop)
        cls.sts = boto3.client("sts", endpoint_url=cls.minio.url, region_name=servers.REGION, aws_access_key_id=servers.ACCESS_KEY,
                               aws_secret_access_key=servers.SECRET_KEY)

    def setUp(self):
        self.folder = scratch()
        self.addCleanup(shutil.rmtree, self.folder)
        (self.folder / "data").mkdir()
        self.talk = self.folder / "talk.vtt"
        self.talk.write_text(TALK)
        self.bucket = s3.Bucket(self.minio)

    def policy(self, *options, **settings):
        done = run(self.folder / "data", "setup", *(options or ("--policy",)), **settings)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return json.loads(done.stdout)

    def as_session(self, policy, settings):
        """The settings, with a user who has this policy alone."""
        made = self.sts.assume_role(RoleArn="arn:minio:iam:::role/hansard", RoleSessionName="hansard", Policy=json.dumps(policy, separators=(",", ":")))
        keys = made["Credentials"]
        return {**settings, "AWS_ACCESS_KEY_ID": keys["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": keys["SecretAccessKey"],
                "AWS_SESSION_TOKEN": keys["SessionToken"]}

    def client(self, settings):
        return boto3.client("s3", endpoint_url=self.minio.url, region_name=servers.REGION, aws_access_key_id=settings["AWS_ACCESS_KEY_ID"],
                            aws_secret_access_key=settings["AWS_SECRET_ACCESS_KEY"], aws_session_token=settings["AWS_SESSION_TOKEN"])

    def command(self, settings, *arguments):
        done = run(self.folder / "data", *arguments, **settings)
        self.assertEqual(done.returncode, 0, f"{arguments}: {done.stdout}\n{done.stderr}")
        return done.stdout

    def main_job(self, settings):
        """Everything that asks S3 for a right of its own."""
        self.command_line(settings)
        self.server(settings)
        self.assertEqual((self.bucket.keys(), self.bucket.unfinished_uploads()), ([], []))

    def command_line(self, settings):
        meeting_id = json.loads(self.command(settings, "add", self.talk, "--json"))["meeting_id"]
        self.assertIn(meeting_id, self.command(settings, "list"))
        self.assertIn(meeting_id, self.command(settings, "search", "reports", "--json"))
        self.command(settings, "verify")
        self.command(settings, "rm", "--yes", meeting_id)

    def server(self, settings):
        with Server(self.folder, HANSARD_TRANSCRIBER="none", **settings) as server:
            status, answer = server.json("POST", "/api/meetings?filename=call.vtt", TALK.encode(), {"Content-Type": "text/vtt"})
            self.assertEqual(status, 202, answer)
            second = server.wait_done(answer["meeting_id"])["meeting_id"]
            server.edit(second, {"title": "Weekly"})
            status, upload = server.json("POST", "/api/uploads", {"filename": "long.wav", "size": 20_000_000, "content_type": "audio/wav"})
            self.assertEqual(status, 201, upload)
            where = f"/api/uploads/{upload['upload']['meeting_id']}" if "upload" in upload else f"/api/uploads/{upload['meeting_id']}"
            self.assertEqual(server.json("GET", where)[0], 200)
            self.assertEqual(server.json("DELETE", where)[0], 200)
            self.assertEqual(server.json("DELETE", f"/api/meetings/{second}")[0], 200)
            server.wait_gone(second)
            self.assertEqual(server.json("GET", "/api/meetings/meeting-there-is-none")[0], 404)

    def refused(self, call, **arguments):
        with self.assertRaises(botocore.exceptions.ClientError) as caught:
            call(**arguments)
        self.assertEqual(caught.exception.response["ResponseMetadata"]["HTTPStatusCode"], 403, caught.exception)

    def test_enough_and_no_more(self):
        self.bucket = self.bucket.workspace("team-a")
        settings = self.bucket.settings()
        other = s3.Bucket(self.minio)
        other.put("secret", b"of another")
        self.bucket.workspace("team-b", {"meetings/x": b"of another team", "meetings/y": b""})
        policy = self.policy(**settings)
        restricted = self.as_session(policy, settings)
        self.main_job(restricted)
        client, name = self.client(restricted), self.bucket.name
        self.refused(client.get_object, Bucket=other.name, Key="secret")
        self.refused(client.get_object, Bucket=name, Key="team-b/meetings/x")
        self.refused(client.put_object, Bucket=name, Key="team-b/meetings/x", Body=b"")
        self.refused(client.delete_object, Bucket=name, Key="team-b/meetings/x")
        self.refused(client.list_objects_v2, Bucket=name, Prefix="team-b/")
        self.refused(client.list_objects_v2, Bucket=name)
        self.refused(client.put_bucket_versioning, Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        self.refused(client.put_bucket_policy, Bucket=name, Policy=json.dumps(policy))
        self.refused(client.delete_bucket, Bucket=name)
        self.refused(client.create_bucket, Bucket="one-more-bucket")

    def test_purge(self):
        self.bucket = s3.Bucket(self.minio, versioned=True)
        settings = self.bucket.settings(S3_PURGE_VERSIONS="true")
        self.command_line(self.as_session(self.policy(**settings), settings))
        found = self.bucket.client.list_object_versions(Bucket=self.bucket.name)
        self.assertEqual([version["Key"] for version in found.get("Versions", []) if not version["Key"].startswith(s3.AUDIT)], [])

    def test_each_is_needed(self):
        """Without any one of the actions something of what a server does is refused."""
        settings = self.bucket.settings()
        policy = self.policy(**settings)
        actions = [action for statement in policy["Statement"] for action in statement["Action"]]
        self.assertEqual(len(actions), len(set(actions)))
        for action in actions:
            with self.subTest(action):
                less = json.loads(json.dumps(policy))
                for statement in less["Statement"]:
                    statement["Action"] = [name for name in statement["Action"] if name != action]
                less["Statement"] = [statement for statement in less["Statement"] if statement["Action"]]
                self.bucket = s3.Bucket(self.minio)
                settings = self.bucket.settings()
                less = json.loads(json.dumps(less).replace(policy["Statement"][0]["Resource"].rpartition(":")[2], self.bucket.name))
                with self.assertRaises(AssertionError):
                    self.server(self.as_session(less, settings))

    def test_setup(self):
        """`setup --apply` and `doctor` under the policy that is printed for them."""
        name = "made-by-setup"
        settings = {**self.bucket.settings(), "S3_BUCKET_NAME": name, "S3_VERSIONING": "true", "S3_EXPIRE_DAYS": "400"}
        policy = self.policy("--policy=setup", **settings)
        for statement in policy["Statement"]:  # MinIO minds the case of letters, which AWS does not, and knows of no public-access block
            statement["Action"] = [action.replace("CORS", "Cors") for action in statement["Action"] if "PublicAccessBlock" not in action]
        restricted = self.as_session(policy, settings)
        made = json.loads(self.command(restricted, "setup", "--apply", "--json"))
        self.assertGreaterEqual(made["changes"], 4)
        self.assertEqual(json.loads(self.command(restricted, "setup", "--apply", "--json"))["changes"], 0)
        rules = self.bucket.client.get_bucket_lifecycle_configuration(Bucket=name)["Rules"]
        self.assertEqual({rule["ID"] for rule in rules}, {"hansard-expire-recordings", "hansard-forget-old-versions"})
        self.command({**restricted, "HANSARD_TRANSCRIBER": "none"}, "doctor")
        server = self.as_session(self.policy(**settings), settings)
        done = run(self.folder / "data", "setup", "--apply", **server)
        self.assertEqual(done.returncode, 2)
        self.assertIn("hansard setup --policy", done.stderr)
        self.command({**server, "HANSARD_TRANSCRIBER": "none"}, "doctor")

    def test_settings_in_force(self):
        """What each setting adds, and on what."""
        base = {"S3_BUCKET_NAME": "acme", "AWS_REGION": "eu-central-1"}
        by_sid = {statement["Sid"]: statement for statement in self.policy(**base)["Statement"]}
        self.assertEqual(set(by_sid), {"List", "Objects"})
        self.assertEqual(by_sid["Objects"]["Resource"], "arn:aws:s3:::acme/*")
        more = {"S3_PREFIX": "a*b", "USE_DYNAMODB": "true", "HANSARD_QUEUE_URL": "https://sqs.eu-west-1.amazonaws.com/123456789012/events", "S3_SSE": "aws:kms",
                "S3_SSE_KMS_KEY_ID": "1234", "HANSARD_TRANSCRIBER": "amazon", "HANSARD_EXTRACTOR": "bedrock", "BEDROCK_MODEL_ID": "eu.maker.model-1",
                "AWS_REGION": "cn-north-1"}
        by_sid = {statement["Sid"]: statement for statement in self.policy(**{**base, **more})["Statement"]}
        self.assertEqual(by_sid["Objects"]["Resource"], "arn:aws-cn:s3:::acme/a${*}b/*")
        self.assertEqual(by_sid["List"]["Condition"], {"StringLike": {"s3:prefix": "a${*}b/*"}})
        self.assertEqual(by_sid["Rows"]["Resource"], "arn:aws-cn:dynamodb:cn-north-1:*:table/meeting-metadata")
        self.assertEqual(by_sid["Lists"]["Resource"], "arn:aws-cn:dynamodb:cn-north-1:*:table/meeting-metadata/index/newest-first")
        self.assertEqual(by_sid["Queue"]["Resource"], "arn:aws-cn:sqs:eu-west-1:123456789012:events")
        self.assertEqual(by_sid["Key"]["Resource"], "arn:aws-cn:kms:cn-north-1:*:key/1234")
        self.assertEqual(len(by_sid["Model"]["Resource"]), 2)
        self.assertIn("transcribe:StartTranscriptionJob", by_sid["Transcribe"]["Action"])
        self.assertEqual(run(self.folder / "data", "setup", "--policy").returncode, 2)
        self.assertEqual(run(self.folder / "data", "setup", "--policy=all", **base).returncode, 2)


if __name__ == "__main__":
    unittest.main()
