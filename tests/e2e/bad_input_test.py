#!/usr/bin/env python3
"""Bad input, through the command line and over HTTP: every case has a clear answer and leaves nothing over in the store, or, where a recording is kept
with its failed job, exactly these two until they are removed."""
import contextlib
import hashlib
import http.client
import json
import os
import pathlib
import random
import shutil
import socket
import subprocess
import threading
import time
import unittest
import urllib.parse

from program import PROGRAM, Server, environment, run, scratch, short_clip

TALK = b"WEBVTT\n\n00:01.000 --> 00:04.000\nAnn: I will send the report to Bob by Friday.\n"
FFMPEG = shutil.which("ffmpeg")
NOBODY = 65534
DERIVED = ("locks", "search.sqlite", "url-secret")  # of this machine; they stay when meetings go


def ffmpeg(*arguments):
    subprocess.run(["ffmpeg", "-loglevel", "error", "-y", *map(str, arguments)], check=True)


def as_nobody(*arguments, **settings):
    """A command by someone whom file permissions bind: the caller, or nobody where root calls."""
    user = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
    return subprocess.run([PROGRAM, *map(str, arguments)], env=environment(settings.pop("data"), HANSARD_TRANSCRIBER="none", **settings), cwd="/",
                          capture_output=True, text=True, timeout=60, **user)


class Bad(unittest.TestCase):
    """A server and the command line over one store."""
    settings = {"HANSARD_TRANSCRIBER": "none"}

    @classmethod
    def setUpClass(cls):
        cls.folder = scratch()
        cls.server = Server(cls.folder, **cls.settings).start()
        cls.data = cls.folder / "store"

    @classmethod
    def tearDownClass(cls):
        status = cls.server.stop()
        log = (cls.folder / "server.log").read_text()
        shutil.rmtree(cls.folder)
        assert status == 0 and "Sanitizer" not in log and "CRITICAL" not in log, f"exit status {status}\n{log[-4000:]}"

    def stored(self):
        """But for what is derived, and for the audit log with its attributes, which the server writes when it has time."""
        files = [path.relative_to(self.data) for path in self.data.rglob("*") if path.is_file()]
        audit = {str(path) for path in files if path.parts[:2] == ("hansard", "audit")}
        of_audit = tuple(f".hansard/attributes/{hashlib.sha256(key.encode()).hexdigest()}-" for key in audit)
        return {str(path) for path in files if not (path.parts[0] == ".hansard" and path.parts[1].startswith(DERIVED)) and
                str(path) not in audit and not str(path).startswith(of_audit)}

    def at_rest(self, seconds=10):
        """The stored files, once nothing is under way."""
        deadline = time.monotonic() + seconds
        last = None
        while time.monotonic() < deadline:
            files = self.stored()
            if files == last and not any(name.startswith(("hansard/jobs", ".hansard/tmp")) for name in files):
                return files
            last = files
            time.sleep(0.05)
        self.fail(f"work is still under way: {files}")

    def settled(self, expected, seconds=10):
        """The stored files, once they are as expected or this time is over."""
        deadline = time.monotonic() + seconds
        while (files := self.stored()) != expected and time.monotonic() < deadline:
            time.sleep(0.05)
        return files

    def problem(self, answer, status, code, sentence=""):
        got, headers, body = answer
        self.assertEqual((got, headers["Content-Type"]), (status, "application/problem+json"), body[:500])
        details = json.loads(body)
        self.assertEqual((details["code"], details["status"], details["success"]), (code, status, False))
        self.assertIn(sentence, details["detail"])

    def says(self, status, sentence, *arguments, **settings):
        done = run(self.data, *arguments, **{**self.settings, **settings})
        self.assertEqual((done.returncode, done.stdout), (status, ""), done.stderr)
        self.assertEqual((done.stderr.startswith("hansard: "), done.stderr.count("\n")), (True, 1), done.stderr)
        self.assertIn(sentence, done.stderr)
        return done.stderr

    def post(self, name, content, **query):
        return self.server.request("POST", "/api/meetings?" + urllib.parse.urlencode({"filename": name, **query}), content)

    def wait_failed(self, meeting_id, seconds=60):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            meeting = self.server.json("GET", f"/api/meetings/{meeting_id}")[1]["meeting"]
            if meeting["status"] == "failed":
                return meeting
            self.assertNotEqual(meeting["status"], "ready", meeting)
            time.sleep(0.05)
        self.fail(f"{meeting_id} has not failed within {seconds} s")

    def kept(self, before, meeting_id):
        """Recording and job are kept, no more: someone may want to try again, or to fetch the recording."""
        new = self.stored() - before
        uuid = meeting_id.removeprefix("meeting-")
        attributes = {name for name in new if name.startswith(".hansard/attributes/")}
        self.assertEqual({name if not name.startswith("meetings/") else name.split("_")[0] for name in new - attributes},
                         {f"meetings/{uuid}", f"hansard/jobs/{meeting_id}.json"})

    def fails(self, name, content, code, sentence):
        """Taken in and then found to be bad, both ways; what is kept goes with rm and with DELETE."""
        before = self.at_rest()
        path = self.folder / name
        path.write_bytes(content)
        line = self.says(1, sentence, "add", path)
        meeting_id = line.split(" is kept as ")[1].split(",")[0]
        self.kept(before, meeting_id)
        self.assertEqual(run(self.data, "rm", "--yes", meeting_id).returncode, 0)
        self.assertEqual(self.stored(), before)

        status, _, body = self.post(name, content)
        self.assertEqual(status, 202, body)
        meeting_id = json.loads(body)["meeting_id"]
        error = self.wait_failed(meeting_id)["error"]
        self.assertEqual(error["code"], code)
        self.assertIn(sentence, error["message"])
        self.kept(before, meeting_id)
        self.assertEqual(self.server.request("DELETE", f"/api/meetings/{meeting_id}")[0], 200)
        self.assertEqual(self.settled(before), before)

    def refused(self, name, content, status, code, sentence):
        """Not taken in at all, both ways: nothing is kept."""
        before = self.at_rest()
        path = self.folder / name
        path.write_bytes(content)
        self.says(1, sentence, "add", path)
        self.problem(self.post(name, content), status, code, sentence)
        self.assertEqual(self.settled(before), before)


class Media(Bad):
    settings = {}

    def test_unknown_format(self):
        noise = b"\x00\xff" + random.Random(1).randbytes(20000)
        for name in ("noise.mp3", "noise.bin", "noise", "noise.txt", "noise.vtt"):
            self.fails(name, noise, "unsupported-media", "no sound or video format that is read")

    def test_text_called_mp3(self):
        self.fails("letter.mp3", b"Dear Ann,\nI will send the report by Friday.\n" * 20, "unsupported-media", "no sound or video format")

    def test_empty(self):
        self.refused("empty.m4a", b"", 422, "bad-media", "empty (0 bytes)")
        self.refused("empty.vtt", b"", 422, "bad-media", "empty (0 bytes)")

    @unittest.skipUnless(FFMPEG, "ffmpeg is not installed")
    def test_truncated_m4a(self):
        """The index of an m4a stands at its end: without it nothing can be decoded."""
        whole = self.folder / "whole.m4a"
        ffmpeg("-i", short_clip(self.folder, 8), whole)
        content = whole.read_bytes()
        self.assertGreater(content.index(b"moov"), len(content) // 2)
        self.fails("cut.m4a", content[:len(content) // 2], "bad-media", "recording")
        self.fails("head.m4a", content[:40], "bad-media", "recording")

    @unittest.skipUnless(FFMPEG, "ffmpeg is not installed")
    def test_truncated_mp3(self):
        """What is there of an mp3 is processed."""
        whole = self.folder / "whole.mp3"
        ffmpeg("-i", short_clip(self.folder, 8), whole)
        content = whole.read_bytes()
        meeting_id = json.loads(self.post("cut.mp3", content[:len(content) // 2])[2])["meeting_id"]
        record = self.server.wait_done(meeting_id)["metadata"]
        self.assertAlmostEqual(record["coverage"], 0.5, delta=0.05)  # of the length that the file's head tells
        cut = self.folder / "cut.mp3"
        cut.write_bytes(content[:len(content) // 2])
        done = run(self.data, "add", cut)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stderr, "^hansard: only (4[5-9]|5[0-5]) % of the recording of meeting-.* could be read")

    @unittest.skipUnless(FFMPEG, "ffmpeg is not installed")
    def test_video_without_sound(self):
        film = self.folder / "film.mp4"
        ffmpeg("-f", "lavfi", "-i", "testsrc=duration=1:size=64x64:rate=5", film)
        self.fails("silent.mp4", film.read_bytes(), "bad-media", "has no sound track")


class Transcripts(Bad):
    def test_damaged_captions(self):
        for name, content, sentence in (("early.vtt", b"WEBVTT\n\nwords\n\n00:01.000 --> 00:02.000\nmore\n", "Line 3 of the transcript"),
                                        ("odd.vtt", b"WEBVTT\n\n00:01.000 --> 00:0x.000\nwords\n", "Line 3 of the transcript is no timing"),
                                        ("none.vtt", b"WEBVTT\n\n", "no words"),
                                        ("negative.srt", b"1\n00:00:01,000 --> -00:00:02,000\nwords\n", "Line 2 of the transcript is no timing"),
                                        ("no-words.txt", b" \n\t\n", "no words"),
                                        ("whisper.json", b'{"segments": [{"start": 0}]}', "Segment 0"),
                                        ("cut.json", b'{"segments": [{"start": 0', "not valid JSON")):
            with self.subTest(name):
                self.fails(name, content, "invalid", sentence)

    def test_inverted_times(self):
        """Ends before beginnings and cues out of order are set right: what was said is kept, in order of time."""
        content = b"1\n00:00:09,000 --> 00:00:05,000\nBob: Second words.\n\n2\n00:00:01,000 --> 00:00:01,000\nAnn: First words.\n"
        meeting = self.server.wait_done(json.loads(self.post("inverted.srt", content)[2])["meeting_id"])
        segments = meeting["transcript"]["segments"]
        self.assertEqual([segment["text"] for segment in segments], ["First words.", "Second words."])
        self.assertTrue(all(segment["start_ms"] <= segment["end_ms"] for segment in segments), segments)

    def test_too_large(self):
        line = b"Ann: the same words again and again.\n"
        self.fails("large.txt", line * ((32 << 20) // len(line) + 1), "too-large", "32 MiB")

    def test_recording_where_only_transcripts_are_taken(self):
        self.fails("talk.mp3", b"ID3\x04" + bytes(5000), "unsupported-media", "HANSARD_TRANSCRIBER")


class Names(Bad):
    def test_names(self):
        for name, clean in (("../../etc/passwd.vtt", "passwd.vtt"), ("..\\..\\boot.vtt", "boot.vtt"), ("/abs/olute.vtt", "olute.vtt"), ("..", "recording"),
                            ("x\u202ecod.vtt", "xcod.vtt"), ("k" * 10240 + ".vtt", "k" * 196 + ".vtt"),
                            ("é" * 5000, "é" * 100), (" .vtt ", ".vtt")):
            with self.subTest(name[:20]):
                before = self.at_rest()
                status, _, body = self.post(name, TALK)
                self.assertEqual(status, 202, body)
                meeting = self.server.wait_done(json.loads(body)["meeting_id"])
                self.at_rest()
                self.assertEqual(meeting["metadata"]["filename"], clean)
                self.assertEqual(meeting["metadata"]["audio_s3_key"], f"meetings/{meeting['meeting_id'].removeprefix('meeting-')}_{clean}")
                self.assertEqual(self.server.request("DELETE", f"/api/meetings/{meeting['meeting_id']}")[0], 200)
                self.assertEqual(self.settled(before), before)
        for name in ("a\nb.vtt", "a\x1b[31m.vtt", "a\x7f.vtt"):
            self.problem(self.post(name, TALK), 400, "invalid", "filename holds a control character")
        self.problem(self.post("a\x00.vtt", TALK), 400, "invalid")
        self.assertEqual({path.name for path in self.folder.iterdir()}, {"server.log", "store"})

    def test_name_in_a_form(self):
        boundary = "b4711"
        body = (f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="../..\\x/é{"n" * 10240}.vtt"\r\n\r\n'.encode() + TALK +
                f"\r\n--{boundary}--\r\n".encode())
        status, _, answer = self.server.request("POST", "/api/meetings", body, {"Content-Type": f"multipart/form-data; boundary={boundary}"})
        self.assertEqual(status, 202, answer)
        self.assertEqual(self.server.wait_done(json.loads(answer)["meeting_id"])["metadata"]["filename"], "é" + "n" * 194 + ".vtt")

    def test_form_without_a_file(self):
        before = self.at_rest()
        form = {"Content-Type": "multipart/form-data; boundary=b4711"}
        part = b'--b4711\r\nContent-Disposition: form-data; name="title"\r\n\r\nx\r\n'
        self.problem(self.server.request("POST", "/api/meetings", part + b"--b4711--\r\n", form), 400, "invalid", "no file")
        self.problem(self.server.request("POST", "/api/meetings", part, form), 400, "invalid", "breaks off")
        self.problem(self.server.request("POST", "/api/meetings", TALK, form), 400, "invalid", "form")
        self.assertEqual(self.stored(), before)

    def test_ids(self):
        for bad in ("../meetings", "a/b", "a" * 129, "", "é", "a\nb"):
            self.says(2, "no meeting id", "show", bad)
            self.says(2, "no meeting id", "rm", "--yes", bad)
        for bad in ("..%2Fmeetings", "a" * 129, "%C3%A9", "%00", "a%0Ab"):
            for method in ("GET", "DELETE"):
                self.assertIn(self.server.request(method, f"/api/meetings/{bad}")[0], (400, 404), bad)


class Json(Bad):
    def test_bodies(self):
        meeting_id = json.loads(self.post("talk.vtt", TALK)[2])["meeting_id"]
        self.server.wait_done(meeting_id)
        before = self.at_rest()
        kind = {"Content-Type": "application/json"}
        for body, status, code, sentence in ((b"", 400, "invalid", "JSON"), (b"{", 400, "invalid", "not valid JSON"), (b"[1]", 400, "invalid", "object"),
                                             (b'{"a":' * 65 + b"1" + b"}" * 65, 400, "invalid", ""), (b"[" * 100000, 400, "invalid", ""),
                                             (b'{"title":"\xff"}', 400, "invalid", "unable to decode byte 0xff"), ('{"title":"é"}'.encode("utf-16"), 400, "invalid", ""),
                                             (b'{"title":"a","title":"b"}', 400, "invalid", "duplicate"), (b'{"text":"a\\u0000b"}', 400, "invalid", ""),
                                             (b'{"title":"\\ud800"}', 400, "invalid", ""), (b'{"text":1e999}', 400, "invalid", ""),
                                             (b'{"text":NaN}', 400, "invalid", ""), (b'{"text":[]}', 400, "invalid", "")):
            with self.subTest(body[:20]):
                self.problem(self.server.request("POST", "/api/meeting/process", body, kind), status, code, sentence)
                self.problem(self.server.request("PATCH", f"/api/meetings/{meeting_id}", body, {**kind, "If-Match": "*"}), status, code, sentence)
        for method, path in (("POST", "/api/meeting/process"), ("PATCH", f"/api/meetings/{meeting_id}")):
            # Refused by its length alone: the body need not come.
            announced = {**kind, "If-Match": "*", "Content-Length": str((8 << 20) + 1)}
            self.problem(self.server.request(method, path, headers=announced), 413, "too-large", "8 MiB")
        self.assertEqual(self.stored(), before)


class BrokenOff(Bad):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # A client that sends a byte now and then; it begins first, so that the other tests pass while it drips.
        cls.drip = threading.Thread(target=cls.drip_main)
        cls.drip.start()

    @classmethod
    def drip_main(cls):
        began = time.monotonic()
        with cls.opened("POST", "/api/meetings?filename=drip.mp3", 100000) as connection, contextlib.suppress(OSError):
            while time.monotonic() - began < 60:
                connection.sendall(b"x")
                time.sleep(0.5)
        cls.dripped_s = time.monotonic() - began

    @classmethod
    def opened(cls, method, path, size, *extra):
        connection = socket.create_connection(("127.0.0.1", cls.server.port), timeout=10)
        head = [f"{method} {path} HTTP/1.1", "Host: localhost", f"Content-Length: {size}", *extra]
        connection.sendall("\r\n".join([*head, "", ""]).encode())
        return connection

    def test_upload_stops_half_way(self):
        before = self.at_rest()
        for size in (10, 300000, 5000000):
            with self.opened("POST", "/api/meetings?filename=half.mp3", 2 * size) as connection:
                connection.sendall(b"x" * size)
                time.sleep(0.2)
            self.assertEqual(self.settled(before), before)

    def test_upload_is_reset(self):
        before = self.at_rest()
        with self.opened("POST", "/api/meetings?filename=half.mp3", 9000000) as connection:
            connection.sendall(b"x" * 1000000)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")  # RST
        self.assertEqual(self.settled(before), before)

    def test_text_stops_half_way(self):
        before = self.at_rest()
        for method, path in (("POST", "/api/meeting/process"), ("PATCH", "/api/meetings/meeting-1")):
            with self.opened(method, path, 50, "Content-Type: application/json", "If-Match: *") as connection:
                connection.sendall(b'{"text": "I will send')
        self.assertEqual(self.server.request("GET", "/healthz")[0], 200)
        self.assertEqual(self.settled(before), before)

    def test_slow_but_steady(self):
        """A slow line is no reason to refuse: a second and a half for three lines."""
        with self.opened("POST", "/api/meetings?filename=slow.vtt", len(TALK)) as connection:
            for start in range(0, len(TALK), 4):
                connection.sendall(TALK[start:start + 4])
                time.sleep(0.05)
            answer = connection.recv(10000)
        self.assertIn(b"HTTP/1.1 202 ", answer)
        self.server.wait_done(json.loads(answer.split(b"\r\n\r\n")[1])["meeting_id"])

    def test_too_slow(self):
        self.drip.join()
        self.assertLess(self.dripped_s, 45)
        self.assertFalse([name for name in self.stored() if "drip" in name])
        self.assertIn(b"hansard_uploads_open 0\n", self.server.request("GET", "/metrics")[2])


class FullDisk(unittest.TestCase):
    """A store on a file system of 2 MB."""

    def setUp(self):
        self.folder = scratch()
        self.addCleanup(shutil.rmtree, self.folder)
        self.data = self.folder / "store"
        self.data.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "none", self.data], capture_output=True, check=False)
        if mounted.returncode != 0:
            self.skipTest("no file system of its own can be mounted here: run as root")
        self.addCleanup(subprocess.run, ["umount", self.data], check=True)

    stored, at_rest, settled, problem, post = Bad.stored, Bad.at_rest, Bad.settled, Bad.problem, Bad.post

    def fill(self, left):
        """A file that takes all room but `left` bytes; removing it makes room again."""
        filler = self.data / "filler"
        free = os.statvfs(self.data)
        filler.write_bytes(bytes(max(free.f_bavail * free.f_frsize - left, 0)))
        return filler

    def test_recording_larger_than_the_disk(self):
        large = self.folder / "large.mp3"
        large.write_bytes(b"ID3" + bytes(4 << 20))
        run(self.data, "list")
        before = self.at_rest()
        done = run(self.data, "add", large, HANSARD_TRANSCRIBER="none")
        self.assertEqual((done.returncode, done.stdout, done.stderr.count("\n")), (1, "", 1), done.stderr)
        self.assertIn("No space left", done.stderr)
        self.assertEqual(self.stored(), before)
        with Server(self.folder, HANSARD_TRANSCRIBER="none") as self.server:
            self.problem(self.post("large.mp3", large.read_bytes()), 507, "no-space", "No space left")
            self.assertEqual(self.settled(before), before)
            # The server goes on: what fits is taken.
            self.server.wait_done(json.loads(self.post("talk.vtt", TALK)[2])["meeting_id"])

    def test_processing_on_a_full_disk(self):
        with Server(self.folder, HANSARD_TRANSCRIBER="none") as self.server:
            kind = {"Content-Type": "application/json"}
            body = json.dumps({"text": "Ann: I will send the report to Bob by Friday.\n" * 2000})
            filler = self.fill(40000)
            before = self.at_rest()
            self.problem(self.server.request("POST", "/api/meeting/process", body, kind), 507, "no-space", "No space left")
            self.assertEqual(self.settled(before), before)
            self.assertEqual(self.server.request("GET", "/api/meetings")[0], 200)
            filler.unlink()
            status, _, answer = self.server.request("POST", "/api/meeting/process", body, kind)
            self.assertEqual(status, 200, answer)

    def test_job_waits_for_room(self):
        """The recording still fits, its transcript does not: the job is tried again and ends well once there is room."""
        talk = b"WEBVTT\n\n" + b"".join(b"00:%02d:%02d.000 --> 00:%02d:%02d.900\nAnn: I will send report %d.\n\n" % (i // 60, i % 60, i // 60, i % 60, i)
                                          for i in range(1000))
        with Server(self.folder, HANSARD_TRANSCRIBER="none") as self.server:
            filler = self.fill(len(talk) + 40000)
            status, answer = self.server.json("POST", "/api/meetings?filename=talk.vtt", talk)
            self.assertEqual(status, 202, answer)
            path, deadline = f"/api/meetings/{answer['meeting_id']}", time.monotonic() + 20
            while not (meeting := self.server.json("GET", path)[1]["meeting"]).get("error") and time.monotonic() < deadline:
                time.sleep(0.05)
            self.assertEqual((meeting["status"], meeting["error"]["code"]), ("queued", "no-space"), meeting)
            filler.unlink()
            self.assertEqual(self.server.wait_done(answer["meeting_id"], 30)["metadata"]["duration_ms"], 999900)


class Files(Bad):
    def test_what_is_no_file(self):
        before = self.at_rest()
        self.says(2, "is a folder", "add", self.folder)
        self.says(1, "No such file", "add", self.folder / "missing.m4a")
        self.says(1, "can't be read", "add", "/proc/self/mem")
        self.assertEqual(self.stored(), before)


class Permissions(unittest.TestCase):
    def setUp(self):
        self.folder = scratch()
        self.addCleanup(shutil.rmtree, self.folder)
        self.folder.chmod(0o777)
        try:
            as_nobody("--version", data=self.folder)
        except OSError:
            self.skipTest("another user may not run the program where it was built")

    def test_unreadable_file(self):
        secret = self.folder / "secret.vtt"
        secret.write_bytes(TALK)
        secret.chmod(0)
        done = as_nobody("add", secret, data=self.folder / "store")
        self.assertEqual((done.returncode, done.stdout, done.stderr), (1, "", f"hansard: {secret} can't be opened: Permission denied\n"))

    def test_folder_that_can_not_be_written(self):
        closed = self.folder / "closed"
        closed.mkdir(0o555)
        for data in (closed, closed / "store"):
            for arguments in (("list",), ("add", __file__), ("serve", "--listen", "127.0.0.1:0")):
                done = as_nobody(*arguments, data=data)
                self.assertEqual((done.returncode, done.stdout), (2, ""), done.stderr)
                self.assertIn("HANSARD_DATA", done.stderr)
        self.assertEqual(list(closed.iterdir()), [])


class Settings(unittest.TestCase):
    def setUp(self):
        self.folder = scratch()
        self.addCleanup(shutil.rmtree, self.folder)
        self.data = self.folder / "store"
        self.data.mkdir()

    def test_data_is_a_file(self):
        (self.folder / "file").write_bytes(b"x")
        for arguments in (("list",), ("serve", "--listen", "127.0.0.1:0"), ("add", "x")):
            done = run(self.folder / "file", *arguments, HANSARD_TRANSCRIBER="none")
            self.assertIn(done.returncode, (1, 2))
            self.assertEqual(done.stderr.count("\n"), 1)
            self.assertIn("HANSARD_DATA", done.stderr)
        self.assertEqual((self.folder / "file").read_bytes(), b"x")

    def test_missing_model(self):
        for name in ("HANSARD_MODEL", "HANSARD_VAD_MODEL"):
            for arguments in (("add", __file__), ("serve", "--listen", "127.0.0.1:0"), ("worker",)):
                done = run(self.data, *arguments, **{name: "/nonexistent"})
                self.assertEqual((done.returncode, done.stdout, done.stderr.count("\n")), (2, "", 1), done.stderr)
                self.assertIn(f"set {name}", done.stderr)
        self.assertFalse((self.data / "meetings").exists())

    @unittest.skipUnless(FFMPEG, "ffmpeg is not installed")
    def test_garbage_as_model(self):
        clip = short_clip(self.folder, 2)
        garbage = random.Random(2).randbytes(100000)
        for number, content in enumerate((b"", b"ggml", garbage, b"lmgg" + garbage)):
            model = self.folder / f"model-{number}.bin"
            model.write_bytes(content)
            for name in ("HANSARD_MODEL", "HANSARD_VAD_MODEL"):
                done = run(self.data, "add", clip, **{name: str(model)})
                self.assertEqual((done.returncode, done.stdout, done.stderr.count("\n")), (2, "", 1), done.stderr)
                self.assertIn(f"set {name}", done.stderr)
                self.assertIn(str(model), done.stderr)


class DamagedStore(Bad):
    def setUp(self):
        self.ids = [json.loads(self.post(f"talk-{number}.vtt", TALK)[2])["meeting_id"] for number in range(2)]
        for meeting_id in self.ids:
            self.server.wait_done(meeting_id)
        self.at_rest()

    def tearDown(self):
        for meeting_id in self.ids:
            shutil.rmtree(self.data / "transcriptions" / meeting_id, ignore_errors=True)
            for entry in (self.data / "hansard/index").glob(f"*{meeting_id}*"):
                entry.unlink()

    def test_damaged_documents(self):
        """The list and the other meetings are there as ever; the damaged one says which of its files it is."""
        bad, good = self.ids
        for document in ("metadata.json", "summary.json", "requirements.json", "transcript.json"):
            path = self.data / "transcriptions" / bad / document
            whole = path.read_bytes()
            for content in (whole[:len(whole) // 2], b"[]", b"\xff\xfe", b'{"a":' * 100 + b"1" + b"}" * 100):
                with self.subTest(f"{document} {content[:10]}"):
                    path.write_bytes(content)
                    self.says(1, f"{document} of {bad}", "show", bad)
                    self.says(1, f"{document} of {bad}", "export", bad, "-f", "csv")
                    self.problem(self.server.request("GET", f"/api/meetings/{bad}"), 500, "corrupt", f"{document} of {bad}")
                    for done in (run(self.data, "list"), run(self.data, "items"), run(self.data, "search", "report"), run(self.data, "show", good)):
                        self.assertEqual(done.returncode, 0, done.stderr)
                    rows = self.server.json("GET", "/api/meetings")[1]["meetings"]
                    self.assertEqual({row["meeting_id"] for row in rows}, set(self.ids))
                    self.assertEqual(self.server.json("GET", f"/api/meetings/{good}")[0], 200)
                    self.assertEqual(self.server.request("GET", "/api/search?q=report")[0], 200)
            path.write_bytes(whole)
        self.assertEqual(run(self.data, "show", bad).returncode, 0)

    def test_damaged_meeting_can_be_removed(self):
        """Whichever of its documents is damaged: everything of it goes, and nothing of the others. (A damaged record names no recording.)"""
        everything = self.at_rest()
        for document in ("metadata.json", "summary.json", "transcript.json"):
            for remove in (lambda meeting_id: run(self.data, "rm", "--yes", meeting_id).returncode == 0,
                           lambda meeting_id: self.server.request("DELETE", f"/api/meetings/{meeting_id}")[0] == 200):
                meeting_id = json.loads(self.post("bad.vtt", TALK)[2])["meeting_id"]
                self.server.wait_done(meeting_id)
                self.at_rest()
                (self.data / "transcriptions" / meeting_id / document).write_bytes(b"{")
                self.assertTrue(remove(meeting_id), document)
                self.assertEqual(self.settled(everything), everything)

    def test_damaged_index_and_jobs(self):
        """Strange files among the derived ones don't hold up the rest."""
        for name in ("hansard/index/nonsense", "hansard/index/8000000000000_x_y_z", "hansard/jobs/meeting-x.json", "hansard/jobs/note.txt"):
            (self.data / name).parent.mkdir(exist_ok=True)
            (self.data / name).write_bytes(b"{")
        self.addCleanup(lambda: [(self.data / name).unlink(missing_ok=True) for name in ("hansard/jobs/meeting-x.json", "hansard/jobs/note.txt")])
        self.assertEqual(run(self.data, "list").stdout.count("talk-"), 2)
        self.server.wait_done(json.loads(self.post("more.vtt", TALK)[2])["meeting_id"])
        self.assertIn("3 meetings listed", run(self.data, "reindex").stdout)


if __name__ == "__main__":
    unittest.main()
