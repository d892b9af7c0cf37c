"""The HTTP interface as a client meets it, friendly or not: python3 http_api_test.py, with the program's path in HANSARD_BIN."""
import http.client
import json
import os
import re
import shutil
import socket
import threading
import time
import unittest
import urllib.parse

from program import Server, scratch

TEXT = b"Ann: We will ship the importer on Friday.\nBob: I will write the release notes by Monday.\n"
BOUNDARY = "------boundary4711"


def form(*parts, closed=True):
    """A multipart body of (name, filename or None, bytes)."""
    body = b""
    for name, filename, data in parts:
        disposition = f'form-data; name="{name}"' + (f'; filename="{filename}"' if filename is not None else "")
        body += f"--{BOUNDARY}\r\nContent-Disposition: {disposition}\r\n\r\n".encode() + data + b"\r\n"
    return body + (f"--{BOUNDARY}--\r\n".encode() if closed else b"")


FORM = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}


class Api(unittest.TestCase):
    settings = {}

    @classmethod
    def setUpClass(cls):
        cls.data = scratch()
        cls.server = Server(cls.data, HANSARD_TRANSCRIBER="none", **cls.settings).start()

    @classmethod
    def tearDownClass(cls):
        status = cls.server.stop()
        log = (cls.data / "server.log").read_text()
        shutil.rmtree(cls.data)
        assert status == 0 and "Sanitizer" not in log and "CRITICAL" not in log, f"exit status {status}\n{log[-4000:]}"

    def get(self, path, **headers):
        return self.server.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})

    def problem(self, answer, status, code):
        """Asserts that (status, headers, body) is problem details of this code; returns its sentence."""
        got, headers, body = answer
        self.assertEqual((got, headers["Content-Type"]), (status, "application/problem+json"), body)
        details = json.loads(body)
        self.assertEqual((details["code"], details["status"], details["success"]), (code, status, False))
        self.assertTrue(details["title"] and details["detail"])
        return details["detail"]

    def upload(self, data=TEXT, name="standup.txt", **query):
        query = urllib.parse.urlencode({"filename": name, **query})
        status, headers, body = self.server.request("POST", f"/api/meetings?{query}", data, {"Content-Type": "application/octet-stream"})
        self.assertEqual(status, 202, body)
        answer = json.loads(body)
        self.assertEqual((answer["success"], answer["status"]), (True, "queued"))
        self.assertEqual(headers["Location"], "/api/meetings/" + answer["meeting_id"])
        return answer["meeting_id"]

    def meeting(self, **query):
        meeting_id = self.upload(**query)
        return self.server.wait_done(meeting_id)

    def raw(self, data, timeout=10):
        """Sends bytes as they are and returns all that comes back until the server closes."""
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=timeout) as connection:
            connection.sendall(data)
            answer = b""
            try:
                while piece := connection.recv(65536):
                    answer += piece
            except (ConnectionResetError, TimeoutError):
                pass
            return answer

    def files(self):
        return sorted(str(path.relative_to(self.data)) for path in (self.data / "store").rglob("*") if path.is_file())

    def resident(self):
        with open(f"/proc/{self.server.process.pid}/statm", encoding="ascii") as statm:
            return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def delete_when_idle(self, meeting_id):
        """Its job may be about to be removed."""
        for _ in range(100):
            answer = self.server.json("DELETE", f"/api/meetings/{meeting_id}")
            if answer[0] != 409:
                break
            time.sleep(0.1)
        self.assertEqual(answer, (200, {"success": True, "meeting_id": meeting_id}))

    def quiet_files(self):
        """The files once no job is under way (a failed one stays as it is)."""
        for _ in range(100):
            if not self.server.json("GET", "/api/meetings?status=processing")[1]["meetings"]:
                break
            time.sleep(0.1)
        return self.files()


class Basics(Api):
    def test_page(self):
        status, headers, body = self.get("/")
        self.assertEqual((status, headers["Content-Type"]), (200, "text/html; charset=utf-8"))
        self.assertIn(b"<!doctype html>", body)
        self.assertIn("default-src 'self'", headers["Content-Security-Policy"])
        self.assertIn("frame-ancestors 'none'", headers["Content-Security-Policy"])
        self.assertEqual((headers["X-Content-Type-Options"], headers["Referrer-Policy"]), ("nosniff", "no-referrer"))
        for path in set(re.findall(rb'(?:href|src)="(/[a-z/.]+)"', body)):
            self.assertEqual(self.get(path.decode())[0], 200, path)
        status, _, body = self.get("/", If_None_Match=headers["ETag"])
        self.assertEqual((status, body), (304, b""))

    def test_health(self):
        self.assertEqual(json.loads(self.get("/healthz")[2]), {"success": True, "status": "alive"})
        self.assertEqual(json.loads(self.get("/readyz")[2])["status"], "ready")

    def test_metrics(self):
        self.get("/nothing-here")
        status, headers, body = self.get("/metrics")
        self.assertEqual((status, headers["Content-Type"].split(";")[0]), (200, "text/plain"))
        figures = dict(line.rsplit(" ", 1) for line in body.decode().splitlines() if not line.startswith("#"))
        self.assertGreaterEqual(int(figures['hansard_http_requests_total{status="404"}']), 1)
        self.assertEqual(figures["hansard_uploads_open"], "0")
        self.assertIn('hansard_jobs{state="failed"}', figures)
        self.assertTrue(any(name.startswith("hansard_build_info{version=") for name in figures))

    def test_unknown(self):
        for path in ("/api", "/api/nothing", "/x", "/api/meetings/m/nothing", "/../../etc/passwd", "/store/meetings/x", "/api/meetings/no such"):
            self.problem(self.get(urllib.parse.quote(path)), 403 if path.startswith("/store/") else 404,
                         "forbidden" if path.startswith("/store/") else "not-found")

    def test_methods(self):
        answer = self.server.request("PUT", "/api/meetings", b"x")
        self.problem(answer, 405, "method-not-allowed")
        self.assertEqual(answer[1]["Allow"], "OPTIONS, GET, HEAD, POST")
        status, headers, body = self.server.request("OPTIONS", "/api/meetings/meeting-1")
        self.assertEqual((status, headers["Allow"], body), (204, "OPTIONS, GET, HEAD, PATCH, DELETE", b""))
        self.assertEqual(self.server.request("OPTIONS", "*")[0], 204)
        status, headers, body = self.server.request("HEAD", "/healthz")
        self.assertEqual((status, headers["Content-Length"], body), (200, "34", b""))

    def test_host(self):
        for host in ("localhost", "127.0.0.1:1", "[::1]:8080", "LOCALHOST"):
            self.assertEqual(self.get("/healthz", Host=host)[0], 200, host)
        for host in ("example.org", "localhost.example.org", "10.0.0.1"):
            self.problem(self.get("/healthz", Host=host), 403, "forbidden")

    def test_origin(self):
        own = f"http://127.0.0.1:{self.server.port}"
        for origin, code in ((own, "invalid"), ("http://example.org", "forbidden"), ("null", "forbidden"), (own + "1", "forbidden")):
            answer = self.server.request("POST", "/api/meeting/process", b"{}", {"Content-Type": "application/json", "Origin": origin})
            self.problem(answer, 400 if code == "invalid" else 403, code)
        self.assertEqual(self.get("/api/meetings", Origin="http://example.org")[0], 200)

    def test_parameters(self):
        for path in ("/api/meetings?limit=0", "/api/meetings?limit=201", "/api/meetings?limit=x", "/api/meetings?from=soon",
                     "/api/meetings?cursor=nonsense", "/api/meetings?status=odd", "/api/search", "/api/search?q=", "/api/search?q=" + "a" * 401,
                     "/api/items?kind=odd", "/api/items?status=odd", "/api/meetings?limit=%zz", "/api/meetings/m%2Fevents", "/%00"):
            self.problem(self.get(path), 400, "invalid")
        for path in ("/api/meetings?limit=200", "/api/search?q=" + "a" * 400, "/api/items?kind=action&status=draft&owner=Bob&limit=200"):
            self.assertEqual(self.get(path)[0], 200, path)

    def test_missing_meeting(self):
        for method, path in (("GET", ""), ("DELETE", ""), ("GET", "/audio"), ("GET", "/waveform"), ("GET", "/events"), ("POST", "/retry"),
                             ("GET", "/export?format=txt")):
            self.problem(self.server.request(method, "/api/meetings/meeting-none" + path), 404, "not-found")


class Hostile(Api):
    def test_ambiguous_requests(self):
        head = b"POST /api/meeting/process HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        for extra in (b"Host: localhost\r\n\r\n", b"Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
                      b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{} ", b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                      b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
                      b"Content-Length: -1\r\n\r\n", b"Content-Length: +2\r\n\r\n{}", b"Content-Length: 99999999999999999999\r\n\r\n",
                      b"X: a\x01b\r\n\r\n", b"X: a\x7fb\r\n\r\n", b"X y: a\r\n\r\n"):
            answer = self.raw(head + extra + b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            self.assertRegex(answer, rb"^(HTTP/1\.1 (400|413) |$)", extra)
            self.assertNotIn(b"alive", answer, extra)  # what follows is never taken for a second request

    def test_garbage(self):
        for data in (b"\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00", os.urandom(4000),
                     b"GET / HTTP/1.1\r\n\r\n", b"GET /" + b"a" * 70000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
                     b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X: y\r\n" * 20000 + b"\r\n"):
            self.assertNotIn(b"HTTP/1.1 200", self.raw(data, timeout=2), data[:40])
        self.assertEqual(self.get("/healthz")[0], 200)

    def test_absolute_target(self):
        answer = self.raw(b"GET http://localhost/healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        self.assertIn(b"alive", answer)

    def test_pipelined(self):
        request = b"GET /api/meetings HTTP/1.1\r\nHost: localhost\r\n\r\n"
        answer = self.raw(request * 20 + b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        self.assertEqual(answer.count(b"HTTP/1.1 200 OK"), 21)

    def test_refusal_keeps_the_connection(self):
        """A small body that is refused is passed over: the next request on the connection is read aright."""
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=10)
        for method, path, headers in (("POST", "/nothing", {}), ("PUT", "/api/meetings", {}), ("DELETE", "/api/meetings/x", {}),
                                      ("POST", "/api/meeting/process", {"Content-Type": "text/plain"}), ("PATCH", "/api/meetings/x", {})):
            connection.request(method, path, b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n" * 50, headers)
            answer = connection.getresponse()
            self.assertIn(answer.status, (404, 405, 415, 428))
            answer.read()
        connection.request("GET", "/healthz")
        self.assertEqual(connection.getresponse().status, 200)
        connection.close()

    def test_json_bodies(self):
        def send(body, content_type="application/json"):
            return self.server.request("POST", "/api/meeting/process", body, {"Content-Type": content_type})
        for body in (b"", b"{", b"[]", b"null", b'"x"', b"{}", b'{"text": 5}', b'{"text": ""}', b'{"a":1,"a":2}', b"\xff", b'{"text":"a\\u0000"}',
                     b'{"a":' * 65 + b"1" + b"}" * 65):
            self.problem(send(body), 400, "invalid")
        self.problem(send(b"{}", "text/plain"), 415, "unsupported-media")
        self.problem(send(b" " * (8 << 20)), 400, "invalid")  # as large as may be
        answer = self.raw(b"POST /api/meeting/process HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                          b"Content-Length: 8388609\r\n\r\n")
        self.assertIn(b"HTTP/1.1 413 ", answer)
        chunk = b"100000\r\n" + b" " * 0x100000 + b"\r\n"
        answer = self.raw(b"POST /api/meeting/process HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                          b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n" + chunk * 9 + b"0\r\n\r\n")
        self.assertIn(b"HTTP/1.1 413 ", answer)

    def test_idle_clients_cost_no_thread(self):
        idle = [socket.create_connection(("127.0.0.1", self.server.port)) for _ in range(200)]
        for number, connection in enumerate(idle):
            connection.sendall([b"GET / HT", b"POST /api/meetings?filename=a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n\r\nabc"][number % 2]
                               if number < 100 else b"G")
        began = time.monotonic()
        self.assertEqual(self.get("/api/meetings")[0], 200)
        self.assertLess(time.monotonic() - began, 2)
        for connection in idle:
            connection.close()

    def test_dripping_client_is_cut(self):
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=60) as connection:
            began = time.monotonic()
            with self.assertRaises(OSError):
                connection.sendall(b"GET / HTTP/1.1\r\nX: ")
                while time.monotonic() - began < 50:
                    connection.sendall(b"a")
                    time.sleep(0.5)
            self.assertLess(time.monotonic() - began, 45)


class Uploads(Api):
    def tearDown(self):
        _, _, body = self.get("/metrics")
        self.assertIn(b"hansard_uploads_open 0\n", body)

    def send_form(self, body, **query):
        return self.server.request("POST", "/api/meetings?" + urllib.parse.urlencode(query), body, FORM)

    def accepted(self, answer):
        self.assertEqual(answer[0], 202, answer[2])
        return self.server.wait_done(json.loads(answer[2])["meeting_id"])

    def test_raw_body(self):
        meeting = self.meeting(title="Stand-up", tags="a,b")
        record = meeting["metadata"]
        self.assertEqual((record["filename"], record["title"], record["tags"]), ("standup.txt", "Stand-up", ["a", "b"]))
        self.assertIn("release notes", meeting["transcription"])

    def test_raw_names(self):
        for headers, name in (({"X-Filename": "M%C3%BCller.txt"}, "Müller.txt"),
                              ({"Content-Disposition": 'attachment; filename="a b.txt"'}, "a b.txt"),
                              ({"Content-Disposition": "attachment; filename*=UTF-8''%E2%82%AC.txt; filename=\"e.txt\""}, "€.txt"),
                              ({"X-Filename": "..%2F..%2Fetc%2Fpasswd.txt"}, "passwd.txt")):
            answer = self.server.request("POST", "/api/meetings", TEXT, {"Content-Type": "text/plain", **headers})
            self.assertEqual(self.accepted(answer)["metadata"]["filename"], name)

    def test_form(self):
        answer = self.send_form(form(("title", None, "Über alles".encode()), ("tags", None, b"x, y"), ("file", "plan.txt", TEXT)))
        record = self.accepted(answer)["metadata"]
        self.assertEqual((record["filename"], record["title"], record["tags"]), ("plan.txt", "Über alles", ["x", "y"]))

    def test_form_fields_after_a_small_file_apply(self):
        record = self.accepted(self.send_form(form(("file", "plan.txt", TEXT), ("title", None, b"Later")), title="Query"))["metadata"]
        self.assertEqual(record["title"], "Later")

    def test_form_fields_after_a_large_file_are_named(self):
        answer = self.send_form(form(("file", "plan.txt", TEXT * 8000), ("title", None, b"Later"), ("language", None, b"en")), title="Query")
        self.assertEqual(answer[1]["X-Ignored-Fields"], "title,language")
        self.assertEqual(self.accepted(answer)["metadata"]["title"], "Query")

    def test_bytes_arrive_whole(self):
        """Data that looks like a boundary, of sizes around a block: what is stored is what was sent."""
        near = f"\r\n--{BOUNDARY[:-1]}x\r\n--\r\n\r".encode()
        for size in (1, 262143, 262144, 262145, 700000):
            data = (b"\x00binary" + near * (size // len(near) + 1))[:size]
            for answer in (self.send_form(form(("file", "a.bin", data))), self.server.request("POST", "/api/meetings?filename=a.bin", data)):
                self.assertEqual(answer[0], 202, answer[2])
                uuid = json.loads(answer[2])["meeting_id"].removeprefix("meeting-")
                status, headers, stored = self.follow(f"/api/meetings/meeting-{uuid}/audio")
                self.assertEqual((status, len(stored), stored == data), (200, size, True))

    def follow(self, path, **headers):
        status, answer, _ = self.get(path)
        self.assertEqual(status, 302)
        self.assertTrue(answer["Location"].startswith("/store/"))
        return self.get(answer["Location"], **headers)

    def test_refused(self):
        before = self.quiet_files()
        post = lambda body, headers: self.server.request("POST", "/api/meetings", body, headers)
        self.problem(post(b"", {"Content-Type": "audio/mpeg"}), 422, "bad-media")
        self.problem(post(form(("file", "a.mp3", b"")), FORM), 422, "bad-media")
        self.problem(post(form(("title", None, b"x")), FORM), 400, "invalid")
        self.problem(post(form(), FORM), 400, "invalid")
        self.problem(post(b"no form at all", FORM), 400, "invalid")
        self.problem(post(form(("file", "a.txt", TEXT), closed=False), FORM), 400, "invalid")
        self.problem(post(form(("file", "a.txt", TEXT), ("file", "b.txt", TEXT)), FORM), 400, "invalid")
        self.problem(post(form(("note", None, b"x" * 65537), ("file", "a.txt", TEXT)), FORM), 413, "too-large")
        self.problem(post(TEXT, {"Content-Type": "multipart/form-data"}), 400, "invalid")
        self.problem(post(TEXT, {"Content-Type": "multipart/mixed; boundary=x"}), 415, "unsupported-media")
        self.problem(post(b"a=b", {"Content-Type": "application/x-www-form-urlencoded"}), 415, "unsupported-media")
        answer = self.server.request("POST", "/api/meetings?language=no!", TEXT * 10000, {"Content-Type": "audio/mpeg"})
        self.problem(answer, 400, "invalid")
        answer = self.server.request("POST", "/api/meetings?tags=" + ",".join("t%d" % i for i in range(33)), TEXT)
        self.problem(answer, 400, "invalid")
        self.assertEqual(self.quiet_files(), before)

    def test_too_large_is_said_before_the_body(self):
        answer = self.raw(b"POST /api/meetings HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % (5 * 1024 ** 4 + 1))
        self.assertIn(b"HTTP/1.1 413 ", answer)

    def test_expect(self):
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=10) as connection:
            connection.sendall(b"POST /api/meetings?filename=e.txt HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nConnection: close\r\n"
                               b"Content-Length: %d\r\n\r\n" % len(TEXT))
            self.assertIn(b"HTTP/1.1 100 ", connection.recv(1000))
            connection.sendall(TEXT)
            self.assertIn(b"HTTP/1.1 202 ", connection.recv(10000))
        answer = self.raw(b"POST /nothing HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n")
        self.assertTrue(answer.startswith(b"HTTP/1.1 404 "), answer)

    def test_chunked(self):
        data = os.urandom(3 << 20)
        for size in (100, 5000, 70000, 300000):
            pieces = (data[start:start + size] for start in range(0, len(data), size))
            connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=30)
            connection.request("POST", "/api/meetings?filename=c.mp3", pieces, encode_chunked=True, headers={"Transfer-Encoding": "chunked"})
            answer = json.loads(connection.getresponse().read())
            connection.close()
            self.assertTrue(self.follow(f"/api/meetings/{answer['meeting_id']}/audio")[2] == data, size)

    def test_broken_off_leaves_nothing(self):
        before = self.quiet_files()
        for body in (b"x" * 10, b"x" * 1000000, form(("file", "a.mp3", b"x" * 1000000), closed=False)):
            kind = FORM["Content-Type"] if body.startswith(b"--") else "audio/mpeg"
            with socket.create_connection(("127.0.0.1", self.server.port), timeout=10) as connection:
                connection.sendall(b"POST /api/meetings HTTP/1.1\r\nHost: localhost\r\nContent-Type: %s\r\nContent-Length: 2000000\r\n\r\n" %
                                   kind.encode() + body)
                time.sleep(0.3)
        deadline = time.monotonic() + 10
        while self.files() != before and time.monotonic() < deadline:
            time.sleep(0.1)
        self.assertEqual(self.files(), before)

    def test_failed_upload_gives_up_at_once(self):
        """Its place and its file are free while its body still comes; of that, a bounded part is read."""
        before = self.quiet_files()
        two = form(("file", "a.mp3", b"x" * 1000000), ("file", "b.mp3", b"y" * 10), closed=False)
        for target, kind, body in (("filename=a.mp3&language=" + "x" * 2000, "audio/mpeg", b"x" * 1000000), ("", FORM["Content-Type"], two)):
            with socket.create_connection(("127.0.0.1", self.server.port), timeout=20) as connection:
                connection.sendall(b"POST /api/meetings?%s HTTP/1.1\r\nHost: localhost\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n" %
                                   (target.encode(), kind.encode(), 1 << 32) + body)
                deadline = time.monotonic() + 5
                while b"hansard_uploads_open 0\n" not in self.get("/metrics")[2] and time.monotonic() < deadline:
                    time.sleep(0.05)
                self.assertIn(b"hansard_uploads_open 0\n", self.get("/metrics")[2])
                self.assertEqual(self.files(), before)
                sent, piece = 0, b"z" * (1 << 20)
                with self.assertRaises((ConnectionResetError, BrokenPipeError)):
                    while sent < 200:
                        connection.sendall(piece)
                        sent += 1
                self.assertGreater(sent, 60)

    def test_places_are_limited(self):
        head = b"POST /api/meetings?filename=a.mp3 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nabc"
        held = []
        for _ in range(64):
            held.append(socket.create_connection(("127.0.0.1", self.server.port), timeout=10))
            held[-1].sendall(head)
        time.sleep(0.5)
        answer = self.server.request("POST", "/api/meetings?filename=b.txt", TEXT)
        self.problem(answer, 503, "too-many")
        self.assertTrue(answer[1]["Retry-After"].isdigit())
        for connection in held:
            connection.close()
        deadline = time.monotonic() + 10
        while b"hansard_uploads_open 0\n" not in self.get("/metrics")[2] and time.monotonic() < deadline:
            time.sleep(0.1)
        self.meeting()

    def test_memory_is_bounded(self):
        """256 MiB as a form: the server's memory grows by a few blocks only."""
        size, piece = 256 << 20, os.urandom(1 << 20)
        head, tail = form(("file", "big.bin", b""))[:-len(f"\r\n--{BOUNDARY}--\r\n")], f"\r\n--{BOUNDARY}--\r\n".encode()
        before = self.resident()
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=60) as connection:
            connection.sendall(b"POST /api/meetings HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n" %
                               (FORM["Content-Type"].encode(), len(head) + size + len(tail)) + head)
            for _ in range(size // len(piece)):
                connection.sendall(piece)
            grown = self.resident() - before
            connection.sendall(tail)
            answer = connection.recv(10000)
        self.assertIn(b"HTTP/1.1 202 ", answer)
        if "asan" not in os.environ.get("HANSARD_BIN", ""):
            self.assertLess(grown, 32 << 20)
        meeting_id = re.search(rb'"meeting_id":"([^"]+)"', answer).group(1).decode()
        status, headers, _ = self.follow(f"/api/meetings/{meeting_id}/audio", Range=f"bytes={size - 5}-")
        self.assertEqual((status, headers["Content-Range"]), (206, f"bytes {size - 5}-{size - 1}/{size}"))
        self.delete_when_idle(meeting_id)


class Meetings(Api):
    def edit(self, meeting_id, patch, etag):
        headers = {"Content-Type": "application/json", **({"If-Match": etag} if etag else {})}
        return self.server.request("PATCH", f"/api/meetings/{meeting_id}", json.dumps(patch), headers)

    def test_list(self):
        ids = [self.meeting(name=f"list-{number}.txt", tags="listed")["meeting_id"] for number in range(5)]
        seen, cursor = [], None
        while True:
            query = {"limit": 2, "tag": "listed", **({"cursor": cursor} if cursor else {})}
            status, page = self.server.json("GET", "/api/meetings?" + urllib.parse.urlencode(query))
            self.assertEqual((status, page["success"], page["count"]), (200, True, len(page["meetings"])))
            self.assertLessEqual(page["count"], 2)
            seen += [row["meeting_id"] for row in page["meetings"]]
            cursor = page["next_cursor"]
            if cursor is None:
                break
        self.assertEqual(seen, ids[::-1])
        status, headers, body = self.get("/api/meetings")
        row = next(row for row in json.loads(body)["meetings"] if row["meeting_id"] == ids[0])
        self.assertEqual((row["status"], row["filename"], row["tags"]), ("ready", "list-0.txt", ["listed"]))
        for field in ("audio_s3_key", "timestamp", "action_items_count", "requirements_count"):
            self.assertIn(field, row)
        self.assertEqual(self.get("/api/meetings", If_None_Match=headers["ETag"])[0], 304)
        self.assertEqual(json.loads(self.get("/api/meetings?to=2000-01-01")[2])["count"], 0)
        self.assertEqual(self.server.json("GET", "/api/meetings?status=failed")[1]["meetings"], [])

    def test_one(self):
        meeting_id = self.meeting()["meeting_id"]
        status, headers, body = self.get(f"/api/meetings/{meeting_id}")
        meeting = json.loads(body)["meeting"]
        self.assertEqual((meeting["meeting_id"], meeting["status"]), (meeting_id, "ready"))
        self.assertRegex(headers["ETag"], r'^"[^"]+"$')
        self.assertIsInstance(meeting["summary"], dict)
        self.assertIsInstance(meeting["requirements"], list)
        self.assertGreater(len(meeting["transcript"]["segments"]), 0)
        self.assertEqual(meeting["metadata"]["meeting_id"], meeting_id)
        self.assertEqual((meeting["waveform_url"], meeting["audio_url"]), (None, None))  # it came as text
        self.assertEqual(self.server.request("HEAD", f"/api/meetings/{meeting_id}")[1]["Content-Length"], str(len(body)))
        stored = self.data / f"store/transcriptions/{meeting_id}/transcript.json"
        self.assertEqual(meeting["transcript"], json.loads(stored.read_text()))

    def test_large_meeting(self):
        """The transcript goes from the store to the socket as it stands: memory doesn't grow with it, however many ask."""
        words = [{"word": f" word{number}", "start": number / 4, "end": number / 4 + 0.2, "probability": 0.9} for number in range(300000)]
        segments = [{"id": first // 10, "start": first / 4, "end": first / 4 + 2.5, "text": "".join(word["word"] for word in words[first:first + 10]),
                     "words": words[first:first + 10]} for first in range(0, len(words), 10)]
        data = json.dumps({"language": "en", "text": "", "segments": segments}, separators=(",", ":")).encode()
        meeting_id = self.meeting(data=data, name="long.json")["meeting_id"]
        path = f"/api/meetings/{meeting_id}"
        stored = json.loads((self.data / f"store/transcriptions/{meeting_id}/transcript.json").read_text())
        self.assertEqual(self.server.json("GET", path)[1]["meeting"]["transcript"], stored)
        before, answers = self.resident(), []
        readers = [threading.Thread(target=lambda: answers.append(self.get(path))) for _ in range(6)]
        for reader in readers:
            reader.start()
        most = 0
        while any(reader.is_alive() for reader in readers):
            most = max(most, self.resident())
            time.sleep(0.01)
        self.assertEqual([answer[0] for answer in answers], [200] * 6)
        self.assertEqual(json.loads(answers[0][2])["meeting"]["transcript"], stored)
        if "asan" not in os.environ.get("HANSARD_BIN", ""):
            self.assertLess(most - before, 100 << 20)

    def test_edit(self):
        meeting_id = self.meeting()["meeting_id"]
        etag = self.get(f"/api/meetings/{meeting_id}")[1]["ETag"]
        self.problem(self.edit(meeting_id, {"title": "x"}, None), 428, "precondition-required")
        self.problem(self.edit(meeting_id, {"title": "x"}, '"other"'), 412, "precondition-failed")
        self.problem(self.edit(meeting_id, {"title": "x"}, "W/" + etag), 412, "precondition-failed")
        self.problem(self.edit(meeting_id, {"nonsense": 1}, etag), 400, "invalid")
        self.problem(self.edit("meeting-none", {"title": "x"}, etag), 404, "not-found")
        status, headers, body = self.edit(meeting_id, {"title": "Neu – “x”", "tags": ["t"]}, etag)
        self.assertEqual((status, json.loads(body)), (200, {"success": True, "meeting_id": meeting_id}))
        self.problem(self.edit(meeting_id, {"title": "lost"}, etag), 412, "precondition-failed")
        again = self.get(f"/api/meetings/{meeting_id}")
        record = json.loads(again[2])["meeting"]["metadata"]
        self.assertEqual((record["title"], record["tags"], again[1]["ETag"]), ("Neu – “x”", ["t"], headers["ETag"]))
        self.assertEqual(self.edit(meeting_id, {"title": "any"}, "*")[0], 200)

    def test_one_winner_of_many_edits(self):
        meeting_id = self.meeting()["meeting_id"]
        etag = self.get(f"/api/meetings/{meeting_id}")[1]["ETag"]
        results = []
        threads = [threading.Thread(target=lambda n=n: results.append(self.edit(meeting_id, {"title": f"t{n}"}, etag)[0])) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(sorted(results), [200] + [412] * 7)

    def test_delete(self):
        meeting = self.meeting()
        path = f"/api/meetings/{meeting['meeting_id']}"
        file = self.get(path + "/audio")[1]["Location"]
        self.assertEqual(self.get(file)[2], TEXT)
        self.delete_when_idle(meeting["meeting_id"])
        self.problem(self.get(path), 404, "not-found")
        self.problem(self.get(file), 404, "not-found")
        self.problem(self.server.request("DELETE", path), 404, "not-found")
        self.assertFalse([name for name in self.files() if meeting["meeting_id"].removeprefix("meeting-") in name])

    def test_export(self):
        meeting_id = self.meeting(title='Q3: "plan" / Größe')["meeting_id"]
        status, headers, body = self.get(f"/api/meetings/{meeting_id}/export?format=txt")
        self.assertEqual((status, headers["Content-Type"]), (200, "text/plain; charset=utf-8"))
        self.assertIn(b"release notes", body)
        self.assertRegex(headers["Content-Disposition"], r"^attachment; filename=\"[^\"/]+\.txt\"; filename\*=UTF-8''[^ ]*Gr%C3%B6%C3%9Fe\.txt$")
        self.assertIn("txt", self.problem(self.get(f"/api/meetings/{meeting_id}/export?format=exe"), 400, "invalid"))
        self.problem(self.get(f"/api/meetings/{meeting_id}/export"), 400, "invalid")

    def test_audio(self):
        meeting = self.meeting()
        status, headers, _ = self.get(f"/api/meetings/{meeting['meeting_id']}/audio")
        self.assertEqual(status, 302)
        url, size = headers["Location"], len(TEXT)
        status, headers, body = self.get(url)
        self.assertEqual((status, body, headers["Accept-Ranges"]), (200, TEXT, "bytes"))
        self.assertIn("sandbox", headers["Content-Security-Policy"])
        for wanted, part, sent in (("bytes=0-0", f"bytes 0-0/{size}", TEXT[:1]), ("bytes=5-9", f"bytes 5-9/{size}", TEXT[5:10]),
                                   ("bytes=-4", f"bytes {size - 4}-{size - 1}/{size}", TEXT[-4:]), ("bytes=7-", f"bytes 7-{size - 1}/{size}", TEXT[7:])):
            status, headers, body = self.get(url, Range=wanted)
            self.assertEqual((status, headers["Content-Range"], body), (206, part, sent))
        answer = self.get(url, Range=f"bytes={size}-")
        self.problem(answer, 416, "range-not-satisfiable")
        self.assertEqual(answer[1]["Content-Range"], f"bytes */{size}")
        self.assertEqual(self.get(url, If_None_Match=headers["ETag"])[0], 304)
        self.assertEqual(self.get(url, Range="bytes=0-1", If_Range='"other"')[0], 200)
        self.assertEqual(self.server.request("HEAD", url)[1]["Content-Length"], str(size))
        for altered in (url[:-1] + ("0" if url[-1] != "0" else "1"), url.replace("meetings/", "meetings/x"), url.split("?")[0]):
            self.problem(self.get(altered), 403, "forbidden")
        self.problem(self.get(f"/api/meetings/{meeting['meeting_id']}/waveform"), 404, "not-found")

    def test_text_at_once(self):
        text = TEXT.decode()
        status, answer = self.server.json("POST", "/api/meeting/process", {"text": text, "filename": "call.txt"})
        self.assertEqual((status, answer["success"]), (200, True), answer)
        self.assertIsInstance(answer["meeting_summary"], dict)
        self.assertIsInstance(answer["requirements"], list)
        meeting = self.server.wait_done(answer["meeting_id"])
        self.assertEqual((meeting["metadata"]["filename"], meeting["audio_url"]), ("call.txt", None))
        self.problem(self.get(f"/api/meetings/{answer['meeting_id']}/audio"), 404, "not-found")

    def test_texts_at_once_are_limited(self):
        """Many large texts are refused beyond a few, and hold up no upload, edit or delete."""
        body = json.dumps({"text": "Ann: We will ship the importer on Friday, and Bob writes the release notes by Monday.\n" * 5000})
        meeting, answers = self.meeting(), []
        send = lambda: answers.append(self.server.request("POST", "/api/meeting/process", body, {"Content-Type": "application/json"}, timeout=240))
        senders = [threading.Thread(target=send) for _ in range(16)]
        for sender in senders:
            sender.start()
        time.sleep(0.5)
        began = time.monotonic()
        self.upload()
        self.delete_when_idle(meeting["meeting_id"])
        self.assertLess(time.monotonic() - began, 5)
        for sender in senders:
            sender.join()
        refused = [answer for answer in answers if answer[0] == 503]
        self.assertGreater(len(refused), 0)
        self.problem(refused[0], 503, "too-many")
        self.assertTrue(refused[0][1]["Retry-After"].isdigit())
        self.assertGreater([answer[0] for answer in answers].count(200), 9)

    def test_stored_recording(self):
        answer = self.server.request("POST", "/api/meeting/process", json.dumps({"audio_s3_key": self.meeting()["metadata"]["audio_s3_key"]}),
                                     {"Content-Type": "application/json"})
        self.problem(answer, 409, "conflict")  # it belongs to a meeting
        key = "meetings/3f1c2d94-0000-4000-8000-1a2b3c4d5e6f_stored.txt"
        (self.data / "store" / key).write_bytes(TEXT)
        status, answer = self.server.json("POST", "/api/meeting/process", {"audio_s3_key": key})
        self.assertEqual((status, answer["status"]), (202, "queued"), answer)
        self.assertEqual(self.server.wait_done(answer["meeting_id"])["metadata"]["audio_s3_key"], key)
        for bad, status, code in (("meetings/none", 404, "not-found"), ("hansard/index/x", 400, "invalid"), ("../x", 400, "invalid")):
            for body in ({"audio_s3_key": bad}, {"audio_s3_key": bad, "text": "x"}):
                self.problem(self.server.request("POST", "/api/meeting/process", json.dumps(body), {"Content-Type": "application/json"}),
                             status, code)

    def test_search(self):
        meeting_id = self.meeting(data=TEXT + b"Ann: The zebrafish migration is done.\n", title="Fish")["meeting_id"]
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            status, answer = self.server.json("GET", "/api/search?q=zebrafish")
            if answer["count"]:
                break
            time.sleep(0.1)
        self.assertEqual((status, answer["query"], answer["count"]), (200, "zebrafish", len(answer["hits"])))
        hit = answer["hits"][0]
        self.assertEqual((hit["meeting_id"], hit["title"], hit["kind"]), (meeting_id, "Fish", "transcript"))
        self.assertEqual(set(hit), {"meeting_id", "title", "timestamp", "kind", "item_id", "start_ms", "speaker", "snippet"})
        status, answer = self.server.json("GET", "/api/items?kind=action")
        self.assertEqual((status, answer["count"]), (200, len(answer["items"])))

    def test_failure_and_retry(self):
        meeting_id = self.upload(b"\x00\x01no sound" * 100, "noise.mp3")
        path = f"/api/meetings/{meeting_id}"
        events = self.get(path + "/events")
        self.assertEqual((events[0], events[1]["Content-Type"]), (200, "text/event-stream"))
        last = json.loads(events[2].decode().rsplit("data: ", 1)[1])
        self.assertEqual((last["status"], last["stage"]), ("failed", "transcribe"))
        self.assertTrue(last["error"]["code"] and last["error"]["message"])
        status, answer = self.server.json("GET", path)
        self.assertEqual((status, answer["meeting"]["status"], answer["meeting"]["filename"]), (200, "failed", "noise.mp3"))
        listed = self.server.json("GET", "/api/meetings?status=failed")[1]["meetings"]
        self.assertIn(meeting_id, [row["meeting_id"] for row in listed])
        status, answer = self.server.json("POST", path + "/retry")
        self.assertEqual((status, answer["status"]), (202, "queued"))
        self.get(path + "/events")  # until it has failed again
        self.assertEqual(self.server.request("DELETE", path)[0], 200)
        self.problem(self.get(path), 404, "not-found")
        self.assertFalse([name for name in self.files() if meeting_id.removeprefix("meeting-") in name])

    def test_events_of_a_ready_meeting(self):
        meeting_id = self.meeting()["meeting_id"]
        body = self.get(f"/api/meetings/{meeting_id}/events")[2].decode()
        self.assertIn("event: done\n", body)
        self.assertEqual(json.loads(body.rsplit("data: ", 1)[1])["status"], "ready")
        self.problem(self.server.request("POST", f"/api/meetings/{meeting_id}/retry"), 404, "not-found")


class WithoutWorkers(Api):
    """A server that leaves the work to others: jobs stay queued."""
    settings = {"HANSARD_WORKERS": "0"}

    def stream(self, meeting_id):
        connection = socket.create_connection(("127.0.0.1", self.server.port), timeout=20)
        connection.sendall(f"GET /api/meetings/{meeting_id}/events HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        return connection

    def test_queued(self):
        meeting_id = self.upload(title="Waits")
        path = f"/api/meetings/{meeting_id}"
        job = self.server.json("GET", path)[1]["meeting"]
        self.assertEqual((job["status"], job["stage"], job["title"], job["error"]), ("queued", "transcribe", "Waits", None))
        self.assertIsNone(job["remaining_ms"])
        answer = self.server.json("GET", "/api/jobs")[1]
        self.assertEqual(answer["count"], len(answer["jobs"]))
        self.assertIn(job, answer["jobs"])
        self.assertIn(job, self.server.json("GET", "/api/meetings?status=processing")[1]["meetings"])
        self.assertNotIn(meeting_id, [row["meeting_id"] for row in self.server.json("GET", "/api/meetings")[1]["meetings"]])
        self.problem(self.server.request("POST", path + "/retry"), 409, "conflict")
        with self.stream(meeting_id) as events:
            time.sleep(0.3)
            self.assertIn(b'"status":"queued"', events.recv(10000))
            self.assertEqual(self.server.request("DELETE", path)[0], 200)
            rest = b""
            while b"event: done" not in rest:
                rest += events.recv(10000)
        self.problem(self.get(path), 404, "not-found")
        self.assertFalse([name for name in self.files() if meeting_id.removeprefix("meeting-") in name])

    def test_streams_are_limited(self):
        meeting_id = self.upload()
        streams = [self.stream(meeting_id) for _ in range(64)]
        for stream in streams:
            self.assertIn(b"HTTP/1.1 200", stream.recv(100))
        self.problem(self.get(f"/api/meetings/{meeting_id}/events"), 503, "too-many")
        self.assertEqual(self.get("/api/meetings")[0], 200)
        for stream in streams:
            stream.close()

    def test_text_is_processed_at_once_all_the_same(self):
        status, answer = self.server.json("POST", "/api/meeting/process", {"text": TEXT.decode()})
        self.assertEqual((status, answer["success"]), (200, True), answer)


class Stopping(unittest.TestCase):
    def test_stops_with_clients_connected(self):
        """Streams, uploads and idle connections don't hold it up, and an upload under way leaves nothing."""
        data = scratch()
        server = Server(data, HANSARD_TRANSCRIBER="none", HANSARD_WORKERS="0").start()
        meeting_id = server.json("POST", "/api/meetings?filename=a.txt", TEXT)[1]["meeting_id"]
        clients = []
        for head in (f"GET /api/meetings/{meeting_id}/events HTTP/1.1\r\nHost: localhost\r\n\r\n", "GET / HT",
                     "POST /api/meetings?filename=b.mp3 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 900000\r\n\r\n" + "x" * 600000):
            for _ in range(5):
                clients.append(socket.create_connection(("127.0.0.1", server.port), timeout=10))
                clients[-1].sendall(head.encode())
        time.sleep(0.5)
        began = time.monotonic()
        self.assertEqual(server.stop(), 0)
        self.assertLess(time.monotonic() - began, 5)
        names = [path.name for path in data.rglob("*") if path.is_file()]
        self.assertFalse([name for name in names if "b.mp3" in name], names)
        for client in clients:
            client.close()
        shutil.rmtree(data)


if __name__ == "__main__":
    unittest.main(verbosity=2)
