"""Recordings that come in parts, as a client meets them: python3 uploads_test.py, with the program's path in HANSARD_BIN."""
import hashlib
import http.client
import json
import os
import random
import resource
import shutil
import signal
import socket
import subprocess
import threading
import time
import unittest

from http_api_test import Api
from program import PROGRAM, Server, environment, run, scratch

MIB = 1 << 20
PART = 8 * MIB
CUES = (b"WEBVTT\n\n00:00:01.000 --> 00:00:05.000\nAnn Lee: I will send the figures to Bob by Friday.\n\n"
        b"00:00:06.000 --> 00:00:09.000\nBob Ray: We decided to go with the second design.\n\n")


def transcript(size, seed=1):
    """A WebVTT file of so many bytes: what is too much is a comment."""
    filler = random.Random(seed).randbytes(size // 2 + 1).hex().encode()
    return (CUES + b"NOTE " + filler)[:size - 1] + b"\n"


class Uploads(Api):
    data_sent = transcript(2 * PART + 5)

    def begin(self, data=None, name="call.vtt", server=None, **more):
        size = len(self.data_sent if data is None else data)
        status, answer = (server or self.server).json("POST", "/api/uploads", {"filename": name, "size": size, **more})
        self.assertEqual(status, 201, answer)
        return answer

    def sign(self, meeting_id, *numbers, server=None):
        status, answer = (server or self.server).json("POST", f"/api/uploads/{meeting_id}/parts", {"numbers": list(numbers)})
        self.assertEqual(status, 200, answer)
        return {entry["number"]: entry["url"] for entry in answer["urls"]}

    def put(self, url, data, server=None, **headers):
        return (server or self.server).request("PUT", url, data, headers)

    def send(self, upload, number, data=None, server=None, url=None):
        data = self.data_sent if data is None else data
        url = url or self.sign(upload["meeting_id"], number, server=server)[number]
        start = (number - 1) * upload["part_size"]
        status, headers, body = self.put(url, data[start:start + upload["part_size"]], server)
        self.assertEqual((status, body), (200, b""))
        self.assertRegex(headers["ETag"], r'^"[^"]+"$')

    def parts(self, meeting_id, server=None):
        status, answer = (server or self.server).json("GET", f"/api/uploads/{meeting_id}")
        self.assertEqual(status, 200, answer)
        return {part["number"]: part["size"] for part in answer["parts"]}

    def complete(self, meeting_id, server=None):
        status, answer = (server or self.server).json("POST", f"/api/uploads/{meeting_id}/complete")
        self.assertEqual((status, answer), (202, {"success": True, "meeting_id": meeting_id, "status": "queued"}))

    def refused(self, status, code, method, path, body=None, **headers):
        if isinstance(body, (dict, list)):
            body, headers = json.dumps(body), {"Content-Type": "application/json", **headers}
        return self.problem(self.server.request(method, path, body, headers), status, code)

    def assert_meeting(self, meeting_id, data=None, server=None):
        """It is a meeting whose recording is what was sent, with its size and SHA-256, and nothing of the upload is left."""
        data = self.data_sent if data is None else data
        meeting = (server or self.server).wait_done(meeting_id)
        record = meeting["metadata"]
        known = record["objects"][record["audio_s3_key"]]
        self.assertEqual((known["bytes"], known["sha256"]), (len(data), hashlib.sha256(data).hexdigest()))
        self.assertEqual((self.data / "store" / record["audio_s3_key"]).read_bytes(), data)
        self.assertFalse([name for name in self.files() if f"uploads/{meeting_id}" in name])
        return meeting

    def left_over(self):
        return [name for name in self.quiet_files() if "/uploads/" in name or "/tmp/" in name]


class WholeWay(Uploads):
    def test_parts_in_any_order_and_again(self):
        upload = self.begin(title="Stand-up", tags=["team", "weekly"], language="en", vocabulary="Hansard", content_type="text/vtt")
        meeting_id = upload["meeting_id"]
        self.assertEqual((upload["part_size"], upload["part_count"], upload["size"], upload["state"]), (PART, 3, 2 * PART + 5, "open"))
        self.assertEqual(self.parts(meeting_id), {})
        self.assertEqual(self.server.json("GET", f"/api/meetings/{meeting_id}")[0], 404)
        urls = self.sign(meeting_id, 3, 1, 2)
        for number in (3, 1, 3, 2, 1):
            self.send(upload, number, url=urls[number])
        self.assertEqual(self.parts(meeting_id), {1: PART, 2: PART, 3: 5})
        listed = self.server.json("GET", "/api/uploads")[1]["uploads"]
        self.assertIn(meeting_id, [entry["meeting_id"] for entry in listed])
        self.assertNotIn(meeting_id, self.server.request("GET", "/api/meetings")[2].decode())
        self.complete(meeting_id)
        meeting = self.assert_meeting(meeting_id)
        self.assertEqual((meeting["metadata"]["title"], meeting["metadata"]["tags"]), ("Stand-up", ["team", "weekly"]))
        self.assertEqual(len(meeting["summary"]["action_items"]), 1)
        # Asked for again, it is the same meeting; cancelled it can't be any more.
        self.complete(meeting_id)
        self.assertIn(meeting_id, self.refused(409, "conflict", "DELETE", f"/api/uploads/{meeting_id}"))
        self.refused(404, "not-found", "GET", f"/api/uploads/{meeting_id}")
        self.refused(404, "not-found", "PUT", urls[1], self.data_sent[:PART])
        self.assertEqual(len([row for row in self.server.json("GET", "/api/meetings")[1]["meetings"] if row["meeting_id"] == meeting_id]), 1)

    def test_one_small_part(self):
        upload = self.begin(CUES)
        self.assertEqual(upload["part_count"], 1)
        self.send(upload, 1, CUES)
        self.complete(upload["meeting_id"])
        self.assert_meeting(upload["meeting_id"], CUES)

    def test_cancel(self):
        upload = self.begin()
        meeting_id = upload["meeting_id"]
        url = self.sign(meeting_id, 1)[1]
        self.send(upload, 1, url=url)
        self.assertEqual(self.server.json("DELETE", f"/api/uploads/{meeting_id}"), (200, {"success": True, "meeting_id": meeting_id}))
        for method, path, body in (("DELETE", "", None), ("GET", "", None), ("POST", "/complete", None), ("POST", "/parts", {"numbers": [1]})):
            self.refused(404, "not-found", method, f"/api/uploads/{meeting_id}{path}", body)
        self.refused(404, "not-found", "PUT", url, self.data_sent[:PART])
        self.assertFalse([name for name in self.files() if meeting_id.removeprefix("meeting-") in name])

    def test_concurrent_parts_and_completions(self):
        upload = self.begin()
        meeting_id = upload["meeting_id"]
        urls = self.sign(meeting_id, 1, 2, 3)
        self.at_once([lambda n=n: self.send(upload, n, url=urls[n]) for n in (1, 2, 3, 1, 2, 3)])
        self.at_once([lambda: self.complete(meeting_id)] * 6)
        self.assert_meeting(meeting_id)

    def at_once(self, calls):
        failures = []

        def guarded(call):
            try:
                call()
            except BaseException as failure:  # told by the test's own thread
                failures.append(failure)
        threads = [threading.Thread(target=guarded, args=(call,)) for call in calls]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(failures, [])

    def test_memory(self):
        """Many parts at once, and the completion of them, stream through the server."""
        data = random.Random(2).randbytes(192 * MIB)
        upload = self.begin(data, name="long.m4a")
        urls = self.sign(upload["meeting_id"], *range(1, upload["part_count"] + 1))
        self.at_once([lambda n=n: self.send(upload, n, data, url=urls[n]) for n in urls])
        self.complete(upload["meeting_id"])
        if "SANITIZER" not in os.environ.get("HANSARD_BIN", "").upper() and "asan" not in PROGRAM:
            self.assertLess(self.resident(), 64 * MIB)
        self.delete_when_idle(upload["meeting_id"])


class Refused(Uploads):
    def test_begin(self):
        good, before = {"filename": "a.m4a", "size": 5}, self.left_over()
        for change, status, code in (
                ({"filename": None}, 400, "invalid"), ({"filename": 7}, 400, "invalid"), ({"filename": ""}, 400, "invalid"),
                ({"size": None}, 400, "invalid"), ({"size": "5"}, 400, "invalid"), ({"size": -1}, 400, "invalid"), ({"size": 5.5}, 400, "invalid"),
                ({"size": 0}, 422, "bad-media"), ({"size": 5 * (1 << 40) + 1}, 413, "too-large"), ({"size": (1 << 63) - 1}, 413, "too-large"),
                ({"title": []}, 400, "invalid"), ({"language": "no such thing"}, 400, "invalid"), ({"vocabulary": "x" * 4001}, 400, "invalid"),
                ({"tags": "a"}, 400, "invalid"), ({"tags": [1]}, 400, "invalid"), ({"tags": ["x"] * 33}, 400, "invalid"),
                ({"tags": ["x" * 65]}, 400, "invalid")):
            with self.subTest(change):
                self.refused(status, code, "POST", "/api/uploads", {**good, **change})
        self.refused(400, "invalid", "POST", "/api/uploads", "{", **{"Content-Type": "application/json"})
        self.refused(400, "invalid", "POST", "/api/uploads", [good])
        self.refused(415, "unsupported-media", "POST", "/api/uploads", "{}", **{"Content-Type": "text/plain"})
        self.assertEqual(self.left_over(), before)
        # The largest that there may be has 10,000 parts.
        status, largest = self.server.json("POST", "/api/uploads", {**good, "size": 5 * (1 << 40), "filename": "../../etc/x\u0001y.m4a"})
        self.assertEqual((status, largest["part_count"], largest["filename"]), (201, 10000, "xy.m4a"))
        self.assertEqual(self.server.json("DELETE", f"/api/uploads/{largest['meeting_id']}")[0], 200)

    def test_numbers(self):
        meeting_id = self.begin()["meeting_id"]
        path = f"/api/uploads/{meeting_id}/parts"
        for numbers in (None, [], {}, "1", [0], [4], [-1], ["1"], [1.5], [None], [10001], [1 << 40], [1] * 101):
            with self.subTest(numbers):
                self.refused(400, "invalid", "POST", path, {"numbers": numbers})
        status, answer = self.server.json("POST", path, {"numbers": [1] * 100})
        self.assertEqual((status, len(answer["urls"]), answer["expires_in"]), (200, 100, 3600))
        for path in ("/api/uploads/meeting-none", "/api/uploads/..", "/api/uploads/a%20b"):
            self.refused(404, "not-found", "GET", path)
        self.refused(405, "method-not-allowed", "PATCH", f"/api/uploads/{meeting_id}", {})

    def test_incomplete(self):
        upload = self.begin()
        meeting_id = upload["meeting_id"]
        complete = f"/api/uploads/{meeting_id}/complete"
        self.assertIn("part 1 of 3 is missing", self.refused(409, "conflict", "POST", complete))
        self.send(upload, 1)
        self.send(upload, 3)
        self.assertIn("part 2 of 3 is missing", self.refused(409, "conflict", "POST", complete))
        # Another program has damaged a part.
        part = next(self.data.glob("store/.hansard/uploads/*/1"))
        part.write_bytes(b"x")
        self.send(upload, 2)
        self.assertIn("part 1 has 1 bytes instead of 8388608", self.refused(409, "conflict", "POST", complete))
        self.send(upload, 1)
        self.complete(meeting_id)
        self.assert_meeting(meeting_id)

    def test_sizes_of_parts(self):
        upload = self.begin()
        meeting_id = upload["meeting_id"]
        urls = self.sign(meeting_id, 1, 3)
        for number, data in ((1, b"x" * (PART - 1)), (1, b"x" * (PART + 1)), (3, b"x" * 4), (3, b"x" * 6), (3, b"x" * PART)):
            with self.subTest((number, len(data))):
                self.assertIn(f"part {number} has {len(data)} bytes", self.refused(400, "invalid", "PUT", urls[number], data))
        self.refused(400, "invalid", "PUT", urls[3], b"")
        chunked = f"PUT {urls[3]} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
        self.assertIn(b"Content-Length", self.raw(chunked.encode()).split(b"\r\n\r\n", 1)[1])
        huge = f"PUT {urls[3]} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {5 * (1 << 30) + 1}\r\n\r\n"
        self.assertRegex(self.raw(huge.encode()), rb"^HTTP/1.1 413 ")
        self.assertEqual(self.parts(meeting_id), {})
        self.assertEqual([name for name in self.files() if "/tmp/" in name], [])

    def test_broken_off(self):
        """A part whose connection breaks off is not there; the one of its number that was is."""
        upload = self.begin()
        meeting_id = upload["meeting_id"]
        urls = self.sign(meeting_id, 1, 2)
        self.send(upload, 2, url=urls[2])
        for number in (1, 2):
            with socket.create_connection(("127.0.0.1", self.server.port)) as connection:
                connection.sendall(f"PUT {urls[number]} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {PART}\r\n\r\n".encode() + b"x" * (2 * MIB))
                time.sleep(0.2)
        for _ in range(100):
            if not [name for name in self.files() if "/tmp/" in name]:
                break
            time.sleep(0.05)
        self.assertEqual([name for name in self.files() if "/tmp/" in name], [])
        self.assertEqual(self.parts(meeting_id), {2: PART})
        self.send(upload, 1)
        self.send(upload, 3)
        self.complete(meeting_id)
        self.assert_meeting(meeting_id)

    def test_altered_urls(self):
        upload, other = self.begin(), self.begin()
        meeting_id = upload["meeting_id"]
        urls = self.sign(meeting_id, 1, 3)
        url = urls[3]
        path, query = url.split("?")
        parameters = [pair.split("=", 1) for pair in query.split("&")]
        for i, (name, value) in enumerate(parameters):
            changed = parameters[:i] + [[name, ("1" if value[:1] != "1" else "2") + value[1:]]] + parameters[i + 1:]
            with self.subTest(name):
                self.refused(403, "forbidden", "PUT", path + "?" + "&".join("=".join(pair) for pair in changed), b"hello")
        other_path = self.sign(other["meeting_id"], 3)[3].split("?")[0]
        for wrong in (path, path + "?", other_path + "?" + query, url + "&x=1", url.replace("/store/", "/store/./"), url[:-1]):
            with self.subTest(wrong):
                self.refused(403, "forbidden", "PUT", wrong, b"hello")
        # Another method: a part's URL reads nothing, a recording's URL writes nothing.
        self.refused(403, "forbidden", "GET", url)
        self.refused(405, "method-not-allowed", "POST", url, b"hello")
        meeting = self.meeting()
        audio = self.get(f"/api/meetings/{meeting['meeting_id']}/audio")[1]["Location"]
        self.refused(403, "forbidden", "PUT", audio, b"hello")
        # A page of another site has no business here, signed or not.
        self.refused(403, "forbidden", "PUT", url, b"hello", Origin="http://example.org")
        self.assertEqual(self.parts(meeting_id), {})
        self.assertEqual(self.put(url, self.data_sent[-5:])[0], 200)

    def test_places(self):
        """So many bodies come in at one time; one more is told to come again."""
        upload = self.begin()
        url = self.sign(upload["meeting_id"], 1)[1]
        head = f"PUT {url} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {PART}\r\n\r\n".encode()
        connections = []
        for _ in range(64):
            connections.append(socket.create_connection(("127.0.0.1", self.server.port)))
            connections[-1].sendall(head + b"x" * 1000)
        for _ in range(100):
            if b"hansard_uploads_open 64" in self.get("/metrics")[2]:
                break
            time.sleep(0.05)
        answer = self.put(url, self.data_sent[:PART])
        self.problem(answer, 503, "too-many")
        self.assertEqual(answer[1]["Retry-After"], "2")
        for connection in connections:
            connection.close()
        for _ in range(100):
            if self.put(url, self.data_sent[:PART])[0] == 200:
                return
            time.sleep(0.1)
        self.fail("the places are not given back")

    def test_damaged_object(self):
        """What stands in the store is not believed."""
        upload = self.begin()
        path = self.data / "store/hansard/uploads" / f"{upload['meeting_id']}.json"
        known = json.loads(path.read_text())
        path.write_text(json.dumps({**known, "audio_s3_key": "transcriptions/x/metadata.json"}))
        self.refused(500, "corrupt", "GET", f"/api/uploads/{upload['meeting_id']}")
        self.refused(500, "corrupt", "POST", f"/api/uploads/{upload['meeting_id']}/complete")
        self.refused(500, "corrupt", "DELETE", f"/api/uploads/{upload['meeting_id']}")
        self.assertNotIn(upload["meeting_id"], self.server.request("GET", "/api/uploads")[2].decode())


class Expiry(Uploads):
    settings = {"URL_EXPIRY_SECONDS": "1"}

    def test_expired(self):
        upload = self.begin(b"hello")
        url = self.sign(upload["meeting_id"], 1)[1]
        time.sleep(2.1)
        self.assertIn("expired", self.refused(403, "forbidden", "PUT", url, b"hello"))
        self.assertEqual(self.parts(upload["meeting_id"]), {})
        self.send(upload, 1, b"hello")


class Servers(Uploads):
    """Servers that end and begin, and two at one time."""

    def test_kill(self):
        server = Server(scratch(), HANSARD_TRANSCRIBER="none")
        self.addCleanup(shutil.rmtree, server.data)
        self.addCleanup(server.__exit__)
        server.start()
        upload = self.begin(server=server)
        meeting_id = upload["meeting_id"]
        urls = self.sign(meeting_id, 1, 2, 3, server=server)
        self.send(upload, 2, server=server, url=urls[2])
        half = socket.create_connection(("127.0.0.1", server.port))
        half.sendall(f"PUT {urls[1]} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {PART}\r\n\r\n".encode() + self.data_sent[:3 * MIB])
        time.sleep(0.3)
        server.kill()
        half.close()
        server.start()
        self.assertEqual(self.parts(meeting_id, server), {2: PART})  # what was acknowledged
        self.send(upload, 1, server=server, url=urls[1])  # signed by the one that died
        self.send(upload, 3, server=server, url=urls[3])
        # Killed while it completes, again and again, until an answer comes through.
        for delay in (0.001, 0.004, 0.01, 0.02, 0.04):
            thread = threading.Thread(target=self.try_complete, args=(server, meeting_id))
            thread.start()
            time.sleep(delay)
            server.kill()
            thread.join()
            server.start()
        self.complete(meeting_id, server)
        meeting = server.wait_done(meeting_id)
        record = meeting["metadata"]
        self.assertEqual(record["objects"][record["audio_s3_key"]]["sha256"], hashlib.sha256(self.data_sent).hexdigest())
        self.assertEqual(len(server.json("GET", "/api/meetings")[1]["meetings"]), 1)
        self.assertEqual(list((server.data / "store").glob("hansard/uploads/*")), [])

    def try_complete(self, server, meeting_id):
        try:
            server.json("POST", f"/api/uploads/{meeting_id}/complete")
        except (OSError, http.client.HTTPException, ValueError):
            pass  # killed meanwhile

    def test_two_servers(self):
        other = Server(self.data, HANSARD_TRANSCRIBER="none")
        self.addCleanup(other.__exit__)
        other.start()
        upload = self.begin()
        meeting_id = upload["meeting_id"]
        self.send(upload, 1, server=other)
        urls = self.sign(meeting_id, 2, 3)
        self.send(upload, 2, server=other, url=urls[2])
        self.send(upload, 3, url=urls[3])
        self.assertEqual(self.parts(meeting_id, other), {1: PART, 2: PART, 3: 5})
        answers = []
        threads = [threading.Thread(target=lambda s=s: answers.append(s.json("POST", f"/api/uploads/{meeting_id}/complete"))) for s in (self.server, other)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual([status for status, _ in answers], [202, 202], answers)
        self.assert_meeting(meeting_id, server=other)

    def test_left_behind(self):
        """A server that starts drops what is too old, and completes what was asked for."""
        old, asked, young = self.begin(), self.begin(CUES), self.begin()
        self.send(asked, 1, CUES)
        for upload, change in ((old, {"created_ms": 1}), (asked, {"state": "completing"})):
            path = self.data / "store/hansard/uploads" / f"{upload['meeting_id']}.json"
            path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
            os.utime(path, (1, 1))
        other = Server(self.data, HANSARD_TRANSCRIBER="none", HANSARD_WORKERS="0")
        self.addCleanup(other.__exit__)
        other.start()
        for _ in range(100):
            if other.json("GET", f"/api/meetings/{asked['meeting_id']}")[0] == 200:
                break
            time.sleep(0.1)
        self.assert_meeting(asked["meeting_id"], CUES)
        for _ in range(100):
            if other.json("GET", f"/api/uploads/{old['meeting_id']}")[0] == 404:
                break
            time.sleep(0.1)
        self.refused(404, "not-found", "GET", f"/api/uploads/{old['meeting_id']}")
        self.assertEqual(self.parts(young["meeting_id"]), {})


class LocalCopies(Uploads):
    """SKIP_LOCAL_STORAGE=false"""
    settings = {"SKIP_LOCAL_STORAGE": "false"}

    def test_server(self):
        self.assertIn("a copy of each recording is kept under uploads/ (SKIP_LOCAL_STORAGE=false)", (self.data / "server.log").read_text())
        self.assertIn("SKIP_LOCAL_STORAGE=true", self.refused(409, "conflict", "POST", "/api/uploads", {"filename": "a", "size": 5}))
        meeting_id = self.upload(CUES, "call.vtt")
        meeting = self.assert_meeting(meeting_id, CUES)
        copy = self.data / "uploads" / meeting["metadata"]["audio_s3_key"].removeprefix("meetings/")
        self.assertEqual(copy.read_bytes(), CUES)
        # One that breaks off leaves nothing.
        with socket.create_connection(("127.0.0.1", self.server.port)) as connection:
            connection.sendall(b"POST /api/meetings?filename=x.vtt HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/octet-stream\r\n"
                               b"Content-Length: 3000000\r\n\r\n" + b"x" * MIB)
            time.sleep(0.3)
        for _ in range(100):
            if not list((self.data / "uploads/.partial").iterdir()):
                break
            time.sleep(0.05)
        self.assertEqual(list((self.data / "uploads/.partial").iterdir()), [])
        self.delete_when_idle(meeting_id)
        self.assertTrue(copy.exists())  # a person removes it

    def test_add(self):
        folder = scratch()
        self.addCleanup(shutil.rmtree, folder)
        (folder / "call.vtt").write_bytes(CUES)
        done = run(folder, "add", folder / "call.vtt", "--json", SKIP_LOCAL_STORAGE="false", HANSARD_TRANSCRIBER="none")
        self.assertEqual(done.returncode, 0, done.stderr)
        key = json.loads(done.stdout)["audio_s3_key"]
        self.assertIn(f"a copy is kept as uploads/{key.removeprefix('meetings/')} (SKIP_LOCAL_STORAGE=false)", done.stderr)
        self.assertEqual((folder / "uploads" / key.removeprefix("meetings/")).read_bytes(), CUES)

    def test_full_disk(self):
        """The disk takes no more than a MiB a file: the error says what to do, and nothing is left."""
        folder = scratch()
        self.addCleanup(shutil.rmtree, folder)
        (folder / "call.vtt").write_bytes(transcript(2 * MIB))

        def limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (MIB, MIB))
        done = subprocess.run([PROGRAM, "add", str(folder / "call.vtt")], cwd=folder, capture_output=True, text=True, timeout=60, restore_signals=False,
                              preexec_fn=limit, env=environment(folder / "data", SKIP_LOCAL_STORAGE="false", HANSARD_TRANSCRIBER="none"))
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("SKIP_LOCAL_STORAGE=true", done.stderr)
        self.assertIn("File too large", done.stderr)
        self.assertEqual([path for path in (folder / "uploads").rglob("*") if path.is_file()], [])
        self.assertEqual(list((folder / "data").glob("meetings/*")), [])


del Uploads, Api  # bases alone

if __name__ == "__main__":
    unittest.main()
