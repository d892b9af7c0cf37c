#!/usr/bin/env python3
"""The main job over S3: the command line and the server with S3_BUCKET_NAME and nothing else but where and who; and other clients, who must agree about
what stands in the bucket (boto3, the AWS command line, curl)."""
import csv
import hashlib
import io
import json
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import servers  # noqa: E402
from program import Server, environment, run, run_json, scratch, short_clip  # noqa: E402

TALK = """WEBVTT

00:00:01.000 --> 00:00:04.000
Ann Lee: I will send the reports to Bob by Friday.

00:00:05.000 --> 00:00:09.500
Bob: We decided to start with the café in Zürich as pilot customers.

00:01:10.000 --> 00:01:14.250
Ann Lee: The system must export the bookings as a file.
"""
DOCUMENTS = ("transcription.txt", "transcript.json", "summary.json", "requirements.json", "metadata.json")
AWS = servers.VENV / "bin/aws"


def curl(url, *options):
    """(status, body, headers as text)"""
    with tempfile.NamedTemporaryFile() as head, tempfile.NamedTemporaryFile() as body:
        done = subprocess.run(["curl", "-sS", "-D", head.name, "-o", body.name, "-w", "%{http_code}", *options, url], capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        return int(done.stdout), pathlib.Path(body.name).read_bytes(), pathlib.Path(head.name).read_text()


class OnServer:
    """A bucket of its own for each test, on one server for all."""
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.server = cls.kind().start()
        cls.addClassCleanup(cls.server.stop)

    def setUp(self):
        self.folder = scratch()
        self.addCleanup(shutil.rmtree, self.folder)
        self.data = self.folder / "data"
        self.data.mkdir()
        self.bucket = s3.Bucket(self.server)
        self.settings = self.bucket.settings()
        self.talk = self.folder / "talk.vtt"
        self.talk.write_text(TALK)

    def command(self, *arguments, status=0, **settings):
        done = run(self.data, *arguments, **{**self.settings, **settings})
        self.assertEqual(done.returncode, status, f"{arguments}: {done.stdout}\n{done.stderr}")
        return done

    def json(self, *arguments, **settings):
        return json.loads(self.command(*arguments, "--json", **settings).stdout)

    def serve(self, **settings):
        return Server(self.folder, **{**self.settings, **settings})

    def clip(self, seconds=6):
        clip = short_clip(self.folder, seconds)
        if not clip:
            self.skipTest("ffmpeg is not installed")
        return clip

    def url(self, meeting_id, *options, **settings):
        return self.command("url", meeting_id, *options, **settings).stdout.strip()


class MainJob(OnServer):
    def test_command_line(self):
        clip = self.clip()
        record = self.json("add", clip, "--tag", "team-a")
        meeting_id = record["meeting_id"]
        talk_id = self.json("add", self.talk)["meeting_id"]
        self.assertEqual([row["meeting_id"] for row in self.json("list")["meetings"]], [talk_id, meeting_id])
        self.assertEqual([row["meeting_id"] for row in self.json("list", "--tag", "team-a")["meetings"]], [meeting_id])
        self.assertIn("pilot customers", self.command("show", talk_id).stdout)
        self.assertEqual({hit["meeting_id"] for hit in self.json("search", "pilot", "customers")}, {talk_id})
        self.assertEqual([item["due_said"] for item in self.json("items", "--kind", "action")], ["by Friday"])
        for form in ("md", "txt", "srt", "vtt", "json", "csv"):
            exported = self.command("export", talk_id, "-f", form).stdout
            self.assertIn("bookings" if form != "csv" else "export the bookings", exported)
        self.assertGreaterEqual(len(list(csv.reader(io.StringIO(exported)))), 2)

        status, body, headers = curl(self.url(meeting_id))
        self.assertEqual((status, body), (200, clip.read_bytes()))
        self.assertRegex(headers.lower(), r"content-type: audio/(x-)?wav")

        self.command("rm", "--yes", meeting_id, talk_id)
        self.assertEqual((self.bucket.keys(), self.bucket.unfinished_uploads()), ([], []))
        self.assertEqual(self.json("list")["meetings"], [])
        self.command("show", meeting_id, status=1)

    def test_server(self):
        clip = self.clip().read_bytes()
        with self.serve() as server:
            status, answer = server.json("POST", "/api/meetings?filename=weekly%20call.wav", clip, {"Content-Type": "audio/wav"})
            self.assertEqual(status, 202, answer)
            meeting_id = answer["meeting_id"]
            meeting = server.wait_done(meeting_id)
            self.assertEqual(meeting["metadata"]["filename"], "weekly call.wav")
            audio = f"http://127.0.0.1:{server.port}/api/meetings/{meeting_id}/audio"
            status, body, headers = curl(audio, "-L")
            self.assertEqual((status, body), (200, clip))
            self.assertIn(f"Location: {self.server.url}/{self.bucket.name}/meetings/", headers)
            status, body, headers = curl(audio, "-L", "-r", "100-1099")
            self.assertEqual((status, body), (206, clip[100:1100]))
            status, body, _ = curl(audio, "-L", "-r", f"{len(clip)}-")
            self.assertEqual(status, 416)

            # An edit is decided by If-Match, and what it changes stands in the bucket.
            _, headers, _ = server.request("GET", f"/api/meetings/{meeting_id}")
            edit = {"title": "Weekly", "tags": ["team"]}
            self.assertEqual(server.json("PATCH", f"/api/meetings/{meeting_id}", edit, {"If-Match": headers["ETag"]})[0], 200)
            self.assertEqual(server.json("PATCH", f"/api/meetings/{meeting_id}", edit, {"If-Match": headers["ETag"]})[0], 412)
            self.assertEqual(self.bucket.json(f"transcriptions/{meeting_id}/metadata.json")["title"], "Weekly")

            text = {"text": "Ann: I will send the figures by Friday.", "filename": "note.txt"}
            status, answer = server.json("POST", "/api/meeting/process", text)
            self.assertEqual((status, len(answer["meeting_summary"]["action_items"])), (200, 1))
            self.assertEqual(server.json("GET", "/api/meetings")[1]["count"], 2)
            for one in (meeting_id, answer["meeting_id"]):
                self.assertEqual(server.json("DELETE", f"/api/meetings/{one}")[0], 200)
            self.assertEqual(self.bucket.keys(), [])

    def test_large_recording(self):
        """Over several parts, whose sizes nobody knew before; and an upload that breaks off leaves nothing."""
        if not shutil.which("ffmpeg"):
            self.skipTest("ffmpeg is not installed")
        sound = subprocess.run(["ffmpeg", "-loglevel", "error", "-f", "lavfi", "-i", "anullsrc=r=96000:cl=stereo", "-t", "55", "-f", "wav", "-"],
                               capture_output=True, check=True).stdout
        self.assertGreater(len(sound), 20_000_000)
        with self.serve() as server:
            status, answer = server.json("POST", "/api/meetings?filename=long.wav", sound, {"Content-Type": "audio/wav"})
            self.assertEqual(status, 202, answer)
            record = server.wait_done(answer["meeting_id"])["metadata"]
            key = record["audio_s3_key"]
            head = self.bucket.head(key)
            self.assertRegex(head["ETag"], r'^"[0-9a-f]{32}-[0-9]+"$')
            self.assertEqual(hashlib.sha256(self.bucket.get(key)).hexdigest(), hashlib.sha256(sound).hexdigest())
            self.assertEqual(record["objects"][key]["sha256"], hashlib.sha256(sound).hexdigest())
            cut_short(server.port, sound)
            deadline = time.monotonic() + 20
            while (len(self.bucket.keys("meetings/")), self.bucket.unfinished_uploads()) != (1, []) and time.monotonic() < deadline:
                time.sleep(0.1)
            self.assertEqual((self.bucket.keys("meetings/"), self.bucket.unfinished_uploads()), ([key], []))
            self.assertEqual(server.json("GET", "/api/jobs")[1]["jobs"], [])


def cut_short(port, body):
    """An upload whose client dies after most of it."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(f"POST /api/meetings?filename=cut.wav HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Length: {len(body)}\r\nContent-Type: audio/wav\r\n\r\n".encode())
        connection.sendall(body[:len(body) - 1000])
        time.sleep(0.5)


class Contents(OnServer):
    """The bucket as docs/storage.md says, to the letter."""

    def add(self, first):
        records = [self.json("add", first, "--title", "Größe: Plan_1"), self.json("add", self.talk)]
        return {record["meeting_id"]: record for record in records}

    def expected_keys(self, record):
        meeting_id, folder = record["meeting_id"], f"transcriptions/{record['meeting_id']}/"
        keys = {folder + document for document in DOCUMENTS} | {record["audio_s3_key"]}
        if record["filename"].endswith(".wav"):
            keys.add(folder + "waveform.json")
        uuid = meeting_id.removeprefix("meeting-")
        self.assertEqual(record["audio_s3_key"], f"meetings/{uuid}_{record['filename']}")
        self.assertRegex(meeting_id, r"^meeting-[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")
        return keys

    def test_keys_and_documents(self):
        records = self.add(self.clip())
        wanted = set().union(*(self.expected_keys(record) for record in records.values()))
        keys = set(self.bucket.keys())
        index = {key for key in keys if key.startswith("hansard/index/")}
        self.assertEqual(keys - index, wanted)
        for meeting_id in records:
            record = self.bucket.json(f"transcriptions/{meeting_id}/metadata.json")
            self.assertEqual((record["schema"], record["state"], record["meeting_id"]), (2, "ready", meeting_id))
            self.assertEqual(set(record["objects"]), {key for key in wanted if meeting_id.removeprefix("meeting-") in key} - {f"transcriptions/{meeting_id}/metadata.json"})
            self.bucket.whole_record(meeting_id)
            for key in record["objects"]:
                kind = {"json": "application/json", "txt": "text/plain", "vtt": "text/vtt", "wav": "audio/wav"}[key.rsplit(".", 1)[1]]
                self.assertTrue(self.bucket.head(key)["ContentType"].replace("x-wav", "wav").startswith(kind), key)
            summary = self.bucket.json(f"transcriptions/{meeting_id}/summary.json")
            self.assertEqual((summary["meeting_id"], summary["audio_s3_key"]), (meeting_id, record["audio_s3_key"]))
            self.assertEqual(len(summary["summary"]["action_items"]), record["action_items_count"])
            requirements = self.bucket.json(f"transcriptions/{meeting_id}/requirements.json")
            self.assertEqual(len(requirements["requirements"]), record["requirements_count"])
            text = self.bucket.get(f"transcriptions/{meeting_id}/transcription.txt").decode()
            self.assertEqual(len(text), record["transcription_length"])
        self.check_index(index, records)

    def check_index(self, index, records):
        """One empty object a meeting, newest first, whose card carries a list's row."""
        self.assertEqual(len(index), len(records))
        newest_first = sorted(records.values(), key=lambda record: record["timestamp"], reverse=True)
        for key, record in zip(sorted(index), newest_first):
            self.assertEqual(self.bucket.get(key), b"")
            match = re.fullmatch(r"hansard/index/([0-9]{13})_(meeting-[0-9a-f-]{36})_(.*)", key)
            self.assertEqual(match[2], record["meeting_id"])
            milliseconds = 9999999999999 - int(match[1])
            self.assertEqual(time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(milliseconds // 1000)) + f".{milliseconds % 1000:03d}Z", record["timestamp"])
            card = match[3].split("_")
            self.assertEqual((card[0], card[2]), ("1", "r"))
            self.assertEqual([int(count) for count in card[3:8]],
                             [record["duration_ms"] // 1000, record["action_items_count"], record["decisions_count"], record["questions_count"],
                              record["requirements_count"]])
            self.assertEqual((urllib.parse.unquote(card[9]), urllib.parse.unquote(card[10]) or record["filename"]), (record["filename"], record["title"]))

    def aws(self, *arguments):
        env = {**environment(self.data), "AWS_ACCESS_KEY_ID": servers.ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": servers.SECRET_KEY, "AWS_REGION": servers.REGION,
               "AWS_ENDPOINT_URL": self.server.url, "AWS_PAGER": ""}
        done = subprocess.run([AWS, *arguments], env=env, capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_aws_command_line(self):
        """Reads what Hansard wrote; copies it to where Hansard reads it."""
        records = self.add(self.talk)
        listed = {line.split(None, 3)[3]: int(line.split()[2]) for line in self.aws("s3", "ls", "--recursive", f"s3://{self.bucket.name}").splitlines()}
        self.assertEqual(listed, {key: len(data) for key, data in self.bucket.snapshot().items()})
        copy = self.folder / "copy"
        self.aws("s3", "sync", "--quiet", f"s3://{self.bucket.name}", str(copy))
        from_directory = run_json(self.data, "list", HANSARD_DATA=str(copy))
        self.assertEqual(from_directory, self.json("list"))
        for meeting_id in records:
            self.assertEqual(run_json(self.data, "show", meeting_id, HANSARD_DATA=str(copy)), self.json("show", meeting_id))
        other = s3.Bucket(self.server)
        self.aws("s3", "sync", "--quiet", str(copy), f"s3://{other.name}", "--exclude", ".hansard/*")
        self.assertEqual(self.json("list", S3_BUCKET_NAME=other.name), from_directory)


class Prefix(OnServer):
    def test_workspaces_apart(self):
        """Workspaces in one bucket see nothing of one another, not even one whose prefix begins like another's."""
        places = {"": "none", "team": "team", "team-b": "b", "team/sub": "sub"}
        ids = {}
        for prefix, name in places.items():
            path = self.folder / f"{name}.vtt"
            path.write_text(TALK)
            ids[prefix] = self.json("add", path, S3_PREFIX=prefix)["meeting_id"]
        for prefix, name in places.items():
            data = self.folder / f"data-{name}"
            with_prefix = {"S3_PREFIX": prefix, "HANSARD_DATA": str(data)}
            self.assertEqual([row["meeting_id"] for row in self.json("list", **with_prefix)["meetings"]], [ids[prefix]])
            self.assertEqual({hit["meeting_id"] for hit in self.json("search", "pilot", **with_prefix)}, {ids[prefix]})
            status, body, _ = curl(self.url(ids[prefix], **with_prefix))
            self.assertEqual((status, body), (200, TALK.encode()))
            for other in places:
                if other != prefix:
                    self.command("show", ids[other], status=1, **with_prefix)
        tops = {key.split("meetings/")[0].split("transcriptions/")[0].split("hansard/")[0] for key in self.bucket.keys()}
        self.assertEqual(tops, {"", "team/", "team-b/", "team/sub/"})
        self.command("rm", "--yes", ids["team"], S3_PREFIX="team")
        self.assertEqual(sorted({key.split("/")[0] + "/" + key.split("/")[1] for key in self.bucket.keys("team/")}), ["team/sub"])
        self.json("reindex", S3_PREFIX="team/sub")
        self.assertEqual(self.json("list", S3_PREFIX="team-b")["count"], 1)


class Presigned(OnServer):
    def test_nothing_but_what_it_says(self):
        ids = [self.json("add", self.talk)["meeting_id"] for _ in range(2)]
        keys = self.bucket.keys("meetings/")
        url = self.url(ids[0])
        other_key = next(key for key in keys if ids[0].removeprefix("meeting-") not in key)
        self.assertEqual(curl(url)[:2], (200, TALK.encode()))
        parts = urllib.parse.urlsplit(url)
        query = dict(urllib.parse.parse_qsl(parts.query))

        def with_query(**changed):
            return urllib.parse.urlunsplit(parts._replace(query=urllib.parse.urlencode({**query, **changed}, quote_via=urllib.parse.quote)))

        self.assertEqual(curl(with_query())[0], 200, "put together again as it was")
        signature = query["X-Amz-Signature"]
        self.assertEqual(query["X-Amz-Expires"], "3600")
        altered = [with_query(**{"X-Amz-Signature": ("0" if signature[0] != "0" else "1") + signature[1:]}), with_query(**{"X-Amz-Expires": "7200"}),
                   with_query(**{"X-Amz-Date": "20990101T000000Z"}), with_query(**{"response-content-type": "text/html"}),
                   with_query(**{"X-Amz-Credential": query["X-Amz-Credential"].replace(servers.ACCESS_KEY, "SOMEONEELSE")}),
                   urllib.parse.urlunsplit(parts._replace(path=f"/{self.bucket.name}/{urllib.parse.quote(other_key)}")),
                   urllib.parse.urlunsplit(parts._replace(path=f"/{self.bucket.name}/")), urllib.parse.urlunsplit(parts._replace(query=""))]
        for wrong in altered:
            status, body, _ = curl(wrong)
            self.assertIn(status, (400, 403), wrong)
            self.assertNotIn(b"pilot", body)
        for method in ("PUT", "DELETE", "POST"):
            self.assertIn(curl(url, "-X", method, "--data", "x")[0], (400, 403, 405), method)
        self.assertEqual([self.bucket.get(key) for key in keys], [TALK.encode()] * 2, "nothing was changed by them")
        short = self.url(ids[0], "--expires", "1")
        time.sleep(2.1)
        self.assertEqual(curl(short)[0], 403)
        self.assertEqual(curl(self.url(ids[0], URL_EXPIRY_SECONDS="60"))[0], 200)
        self.assertNotIn(servers.SECRET_KEY, url)


class EncryptionAtRest(OnServer):
    def test_asked_for_with_each_object(self):
        for sse, key in (("AES256", None), ("aws:kms", None), ("aws:kms", servers.Minio.kms_key)):
            with_key = {"S3_SSE_KMS_KEY_ID": key} if key else {}
            record = self.json("add", self.talk, S3_SSE=sse, **with_key)
            for stored in (record["audio_s3_key"], f"transcriptions/{record['meeting_id']}/metadata.json", f"transcriptions/{record['meeting_id']}/transcript.json"):
                head = self.bucket.head(stored)
                self.assertEqual(head["ServerSideEncryption"], sse, stored)
                if key:
                    self.assertTrue(head["SSEKMSKeyId"].endswith(key), head)
            self.assertEqual(self.json("show", record["meeting_id"])["record"]["meeting_id"], record["meeting_id"])
            self.assertEqual(curl(self.url(record["meeting_id"]))[:2], (200, TALK.encode()))


class MainJobOnVersitygw(MainJob, unittest.TestCase):
    kind = servers.Versitygw


class ContentsOnVersitygw(Contents, unittest.TestCase):
    kind = servers.Versitygw


class PrefixOnVersitygw(Prefix, unittest.TestCase):
    kind = servers.Versitygw


class PresignedOnVersitygw(Presigned, unittest.TestCase):
    kind = servers.Versitygw


class MainJobOnMinio(MainJob, unittest.TestCase):
    kind = servers.Minio


class ContentsOnMinio(Contents, unittest.TestCase):
    kind = servers.Minio


class PresignedOnMinio(Presigned, unittest.TestCase):
    kind = servers.Minio


class EncryptionOnMinio(EncryptionAtRest, unittest.TestCase):
    kind = servers.Minio


if __name__ == "__main__":
    servers.prepare("versitygw", "minio")
    import s3
    unittest.main()
