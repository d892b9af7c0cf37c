#!/usr/bin/env python3
"""Who may come in, as a client meets it: each route for every kind of caller, sessions, links to one meeting, rates, the audit log, where the server
may listen, TLS, proxies. The routes are read from the program's table: one without a rule here fails the test."""
import datetime
import http.client
import json
import os
import pathlib
import re
import shutil
import socket
import ssl
import subprocess
import time
import unittest

from program import PROGRAM, ROOT, Server, environment, free_port, run, run_json, scratch

GIB = 1 << 30
JSON = {"Content-Type": "application/json"}
TEXT = "Ann: I will send the figures by Friday.\nBob: The system must keep them.\n"

# Who may (scope, or: "all" everyone, "signed" by the URL itself, "share" read or a link to this meeting), and the body that a route takes.
RULES = {
    ("GET", "/api/openapi.json"): ("read", None),
    ("GET", "/api/meetings"): ("read", None),
    ("POST", "/api/meetings"): ("write", "stream"),
    ("POST", "/api/meeting/process"): ("write", "json"),
    ("GET", "/api/meetings/{id}"): ("share", None),
    ("PATCH", "/api/meetings/{id}"): ("write", "json"),
    ("DELETE", "/api/meetings/{id}"): ("write", None),
    ("GET", "/api/meetings/{id}/waveform"): ("share", None),
    ("GET", "/api/meetings/{id}/audio"): ("share", None),
    ("GET", "/api/meetings/{id}/events"): ("read", None),
    ("GET", "/api/meetings/{id}/export"): ("share", None),
    ("POST", "/api/meetings/{id}/retry"): ("write", None),
    ("GET", "/api/uploads"): ("write", None),
    ("POST", "/api/uploads"): ("write", "json"),
    ("GET", "/api/uploads/{id}"): ("write", None),
    ("DELETE", "/api/uploads/{id}"): ("write", None),
    ("POST", "/api/uploads/{id}/parts"): ("write", "json"),
    ("PUT", "/api/uploads/{id}/parts/{id}"): ("write", "bytes"),
    ("POST", "/api/uploads/{id}/complete"): ("write", None),
    ("GET", "/api/meetings/{id}/shares"): ("write", None),
    ("POST", "/api/meetings/{id}/shares"): ("write", "json"),
    ("DELETE", "/api/meetings/{id}/shares/{id}"): ("write", None),
    ("GET", "/api/session"): ("all", None),
    ("POST", "/api/session"): ("all", "json"),
    ("DELETE", "/api/session"): ("all", None),
    ("GET", "/api/tokens"): ("admin", None),
    ("POST", "/api/tokens"): ("admin", "json"),
    ("DELETE", "/api/tokens/{id}"): ("admin", None),
    ("GET", "/api/webhooks"): ("admin", None),
    ("POST", "/api/webhooks"): ("admin", "json"),
    ("DELETE", "/api/webhooks/{id}"): ("admin", None),
    ("GET", "/api/webhooks/{id}/deliveries"): ("admin", None),
    ("POST", "/api/webhooks/{id}/ping"): ("admin", None),
    ("GET", "/api/jobs"): ("read", None),
    ("GET", "/api/storage"): ("read", None),
    ("GET", "/api/search"): ("read", None),
    ("GET", "/api/items"): ("read", None),
    ("POST", "/mcp"): ("read", "json"),
    ("GET", "/store/*"): ("signed", None),
    ("PUT", "/store/*"): ("signed", "part"),
    ("GET", "/healthz"): ("all", None),
    ("GET", "/readyz"): ("all", None),
    ("GET", "/metrics"): ("read", None),
    ("GET", "/"): ("all", None),
}
NEEDED = {"share": "read", "read": "read", "write": "write", "admin": "admin"}
# A body of each kind that breaks its form, and the parameters of those that take some: [(query, body, headers, status)].
MALFORMED = {
    ("GET", "/api/meetings"): [("?limit=0", None, {}, 400), ("?cursor=nonsense", None, {}, 400), ("?from=soon", None, {}, 400)],
    ("POST", "/api/meetings"): [("", b"", {}, 422), ("", b"x", {"Content-Type": "multipart/form-data"}, 400)],
    ("POST", "/api/meeting/process"): [("", b"{}", JSON, 400)],
    ("PATCH", "/api/meetings/{id}"): [("", b'{"title": 5}', {**JSON, "If-Match": "CURRENT"}, 400), ("", b"[]", {**JSON, "If-Match": "CURRENT"}, 400)],
    ("GET", "/api/meetings/{id}/export"): [("?format=odd", None, {}, 400), ("", None, {}, 400)],
    ("POST", "/api/uploads"): [("", b'{"filename": "x"}', JSON, 400), ("", b'{"filename": 1, "size": 1}', JSON, 400)],
    ("GET", "/api/uploads"): [("?limit=0", None, {}, 400)],
    ("POST", "/api/uploads/{id}/parts"): [("", b'{"numbers": []}', JSON, 400), ("", b'{"numbers": ["a"]}', JSON, None)],
    ("POST", "/api/meetings/{id}/shares"): [("", b'{"expires": "soon"}', JSON, 400), ("", b'{"expires": "never"}', JSON, 400),
                                            ("", b'{"expires": "9999d"}', JSON, 400),
                                            ("", b'{"name": 5}', JSON, 400)],
    ("POST", "/api/session"): [("", b"{}", JSON, 400), ("", b'{"share": "x"}', JSON, 400), ("", b'{"token": 5}', JSON, 400)],
    ("POST", "/api/tokens"): [("", b'{"scopes": ["root"]}', JSON, 400), ("", b'{"scopes": []}', JSON, 400), ("", b"{}", JSON, 400),
                              ("", b'{"scopes": ["read"], "expires": "2001-01-01"}', JSON, 400)],
    ("POST", "/api/webhooks"): [("", b"{}", JSON, 400), ("", b'{"url": "ftp://example.com/"}', JSON, 400), ("", b'{"url": "https://a@example.com/"}', JSON, 400),
                                ("", b'{"url": "http://127.0.0.1/"}', JSON, 400), ("", b'{"url": "https://example.com/", "events": ["odd"]}', JSON, 400)],
    ("GET", "/api/jobs"): [("?limit=0", None, {}, 400)],
    ("GET", "/api/search"): [("", None, {}, 400)],
    ("GET", "/api/items"): [("?kind=odd", None, {}, 400)],
    ("POST", "/mcp"): [("", b"[]", JSON, 400), ("", b'{"jsonrpc": "2.0", "id": 1, "method": "ping"}', {**JSON, "MCP-Protocol-Version": "1"}, 400)],
    ("PUT", "/store/*"): [("", b"", {}, 400)],
    ("PUT", "/api/uploads/{id}/parts/{id}"): [("", b"", {}, 400), ("", b"x", {}, 400)],
}


def routes():
    """(method, pattern) as the program's table has them."""
    found = re.findall(r'\{"([A-Z]+)", "([^"]+)", BODY_', (ROOT / "src/http/router.c").read_text())
    assert len(found) > 20
    return found


class Guarded(unittest.TestCase):
    """A server whose workspace has tokens of every kind, and one meeting."""
    settings = {}

    @classmethod
    def setUpClass(cls):
        cls.folder = scratch()
        cls.store = cls.folder / "store"
        cls.store.mkdir()
        cls.tokens = {scopes: cls.make_token(scopes) for scopes in ("read", "write", "admin", "read,write")}
        cls.server = Server(cls.folder, HANSARD_TRANSCRIBER="none", **cls.settings).start()
        answer = cls.call("POST", "/api/meeting/process", {"text": TEXT, "filename": "note.txt"}, token="write")
        cls.meeting = json.loads(answer[2])["meeting_id"]
        cls.share = json.loads(cls.call("POST", f"/api/meetings/{cls.meeting}/shares", {"name": "Bob"}, token="write")[2])

    @classmethod
    def tearDownClass(cls):
        status = cls.server.stop() if cls.server.process else 0
        log = (cls.folder / "server.log").read_text()
        shutil.rmtree(cls.folder)
        assert status == 0 and "Sanitizer" not in log and "CRITICAL" not in log, f"exit status {status}\n{log[-4000:]}"

    @classmethod
    def make_token(cls, scopes, *more):
        done = run(cls.store, "token", "create", "--name", f"test {scopes}", "--scopes", scopes, *more)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    @classmethod
    def call(cls, method, path, body=None, token=None, headers=None, cookie=None):
        """(status, headers, bytes); `token` is the text, or the scopes of one of ours."""
        headers = dict(headers or {})
        if isinstance(body, dict):
            body, headers = json.dumps(body).encode(), {**JSON, **headers}
        if token:
            headers["Authorization"] = "Bearer " + cls.tokens.get(token, token)
        if cookie:
            headers["Cookie"] = cookie
        return cls.server.request(method, path, body, headers)

    def problem(self, answer, status, code=None):
        got, headers, body = answer
        self.assertEqual((got, headers["Content-Type"]), (status, "application/problem+json"), body)
        details = json.loads(body)
        self.assertEqual((details["status"], details["success"]), (status, False))
        self.assertTrue(details["title"] and details["detail"])
        if code:
            self.assertEqual(details["code"], code)
        return details["detail"]

    def sign_in(self, token, **headers):
        status, got, body = self.call("POST", "/api/session", {"token": self.tokens.get(token, token)}, headers=headers)
        self.assertEqual(status, 200, body)
        return got["Set-Cookie"]


class Routes(Guarded):
    def path(self, pattern, meeting="meeting-none"):
        path = pattern.replace("{id}", meeting, 1).replace("{id}", "0123456789abcdef").replace("*", "meetings/x")
        return path.replace(meeting, "0123456789abcdef") if pattern.startswith(("/api/tokens/", "/api/webhooks/")) else path

    def each(self, check):
        for method, pattern in routes():
            with self.subTest(method=method, pattern=pattern):
                check(method, pattern, *RULES[method, pattern])

    def test_every_route_has_a_rule(self):
        self.assertEqual(set(routes()), set(RULES))
        streamed = {route for route, (_, body) in RULES.items() if body in ("stream", "part", "bytes", "json")}
        self.assertEqual(streamed - set(MALFORMED), set())

    def body(self, kind):
        return {"json": (b"{}", JSON), "stream": (b"x", {}), "part": (b"x", {}), "bytes": (b"x", {}), None: (None, {})}[kind]

    def test_no_token(self):
        def check(method, pattern, who, kind):
            body, headers = self.body(kind)
            answer = self.call(method, self.path(pattern), body, headers=headers)
            if who in NEEDED:
                self.problem(answer, 401, "unauthorized")
                self.assertEqual(answer[1]["WWW-Authenticate"], 'Bearer realm="hansard"')
            elif who == "signed":
                self.problem(answer, 403, "forbidden")
            else:
                self.assertNotIn(answer[0], (401, 403), answer)

        self.each(check)

    def test_other_scope(self):
        def check(method, pattern, who, kind):
            if who not in NEEDED:
                return
            body, headers = self.body(kind)
            for token in {"read": ["write"], "write": ["read"], "admin": ["read", "write", "read,write"]}[NEEDED[who]]:
                detail = self.problem(self.call(method, self.path(pattern), body, token, headers), 403, "forbidden")
                self.assertIn(f'scope "{NEEDED[who]}"', detail)

        self.each(check)

    def test_right_scope(self):
        def check(method, pattern, who, kind):
            body, headers = self.body(kind)
            for token in [NEEDED[who], "admin"] if who in NEEDED else []:
                self.assertNotIn(self.call(method, self.path(pattern), body, token, headers)[0], (401, 403, 429))

        self.each(check)

    def test_share(self):
        """It opens its meeting to read, and nothing else."""
        text = self.share["share"]
        def check(method, pattern, who, kind):
            body, headers = self.body(kind)
            if who not in NEEDED:
                return
            own = self.call(method, self.path(pattern, self.meeting), body, text, headers)[0]
            if who == "share":
                self.assertNotIn(own, (401, 403), pattern)
            else:
                self.assertEqual(own, 403)

        self.each(check)
        self.assertEqual(self.call("GET", f"/api/meetings/{self.meeting}", token="read")[0], 200)  # nothing was changed

    def test_other_method(self):
        methods = {}
        for method, pattern in routes():
            methods.setdefault(pattern, set()).add(method)
        for pattern, known in methods.items():
            for method in {"GET", "POST", "PUT", "PATCH", "DELETE"} - known:
                with self.subTest(method=method, pattern=pattern):
                    answer = self.call(method, self.path(pattern), b"" if method != "GET" else None, "admin")
                    self.problem(answer, 405, "method-not-allowed")
                    self.assertEqual(set(answer[1]["Allow"].split(", ")), known | {"OPTIONS"} | ({"HEAD"} if "GET" in known else set()))

    def head_only(self, method, path, headers):
        """The answer to a request whose body is announced and never comes."""
        lines = [f"{method} {path} HTTP/1.1", "Host: localhost", "Expect: 100-continue", *(f"{name}: {value}" for name, value in headers.items())]
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=20) as connection:
            connection.sendall("\r\n".join([*lines, "", ""]).encode())
            answer = http.client.HTTPResponse(connection)
            answer.begin()
            return answer.status, answer.headers, answer.read()

    def test_too_large(self):
        sizes = {"json": 8 * (1 << 20) + 1, "stream": 5 * 1024 * GIB + (1 << 21), "part": 5 * GIB + 1, "bytes": 5 * GIB + 1, None: 64 * (1 << 20) + 1}
        part = self.part_url()
        def check(method, pattern, who, kind):
            if method == "GET":
                return
            size = sizes[kind] if (method, pattern) != ("POST", "/api/session") else (16 << 10) + 1  # a stranger's
            headers = {"Authorization": "Bearer " + self.tokens["admin"], "Content-Length": size, **(JSON if kind == "json" else {})}
            self.problem(self.head_only(method, part if kind == "part" else self.path(pattern), headers), 413, "too-large")
            if who in NEEDED:  # and who may not come in is told that first, without a byte of the body
                del headers["Authorization"]
                self.problem(self.head_only(method, self.path(pattern), headers), 401, "unauthorized")

        self.each(check)

    def part_url(self):
        upload = json.loads(self.call("POST", "/api/uploads", {"filename": "x.wav", "size": 5}, "write")[2])["meeting_id"]
        self.addCleanup(self.call, "DELETE", f"/api/uploads/{upload}", token="write")
        return json.loads(self.call("POST", f"/api/uploads/{upload}/parts", {"numbers": [1]}, "write")[2])["urls"][0]["url"]

    def test_malformed(self):
        part = self.part_url()
        _, headers, _ = self.call("GET", f"/api/meetings/{self.meeting}", token="read")
        def check(method, pattern, who, kind):
            path = self.path(pattern, self.meeting)
            self.problem(self.call(method, path + "?x=%zz", b"" if method != "GET" else None, "admin"), 400, "invalid")
            if kind == "json":
                self.problem(self.call(method, path, b"{", "admin", {**JSON, "If-Match": headers["ETag"]}), 400, "invalid")
                self.problem(self.call(method, path, b"{}", "admin", {"Content-Type": "text/plain"}), 415, "unsupported-media")
            for query, body, more, status in MALFORMED.get((method, pattern), []):
                more = {name: headers["ETag"] if value == "CURRENT" else value for name, value in more.items()}
                answer = self.call(method, part if kind == "part" else path + query, body, "admin", more)
                self.assertEqual(answer[0], status or 404, (query, body, answer[2]))
                self.problem(answer, answer[0])

        self.each(check)

    def test_conflict(self):
        meeting = f"/api/meetings/{self.meeting}"
        self.problem(self.call("PATCH", meeting, {"title": "x"}, "write"), 428)
        self.problem(self.call("PATCH", meeting, {"title": "x"}, "write", {"If-Match": '"old"'}), 412)
        self.problem(self.call("POST", meeting + "/retry", b"", "write"), 404)  # nothing failed
        upload = json.loads(self.call("POST", "/api/uploads", {"filename": "x.wav", "size": 5}, "write")[2])["meeting_id"]
        self.problem(self.call("POST", f"/api/uploads/{upload}/complete", b"", "write"), 409)  # its part is missing
        self.assertEqual(self.call("DELETE", f"/api/uploads/{upload}", token="write")[0], 200)
        self.problem(self.call("POST", f"/api/uploads/{upload}/complete", b"", "write"), 404)
        share = json.loads(self.call("POST", meeting + "/shares", {}, "write")[2])["id"]
        self.assertEqual(self.call("DELETE", f"{meeting}/shares/{share}", token="write")[0], 200)
        self.problem(self.call("DELETE", f"{meeting}/shares/{share}", token="write"), 404)
        self.problem(self.call("POST", "/api/meetings/meeting-none/shares", {}, "write"), 404)


class Sessions(Guarded):
    def test_cookie(self):
        cookie = self.sign_in("read,write")
        self.assertRegex(cookie, r"^hansard-session=has_[0-9a-f_]+; Path=/; Max-Age=\d+; HttpOnly; SameSite=Strict$")
        value = cookie.split(";")[0]
        status, _, body = self.call("GET", "/api/session", cookie=value)
        session = json.loads(body)
        self.assertEqual((session["required"], session["signed_in"], session["name"]), (True, True, "test read,write"))
        self.assertEqual(session["scopes"], ["read", "write"])
        self.assertEqual(self.call("GET", "/api/meetings", cookie=f"a=b; {value}; c=d")[0], 200)
        self.problem(self.call("GET", "/api/tokens", cookie=value), 403, "forbidden")
        # The cookie is of no use as a token's name or of another shape.
        for other in ("hansard-session=" + self.tokens["read"][:-1], "hansard-session=", "hansard-session=x", value[:-1], value + "0",
                      "hansard-sessions=" + value[16:]):
            self.problem(self.call("GET", "/api/meetings", cookie=other), 401, "unauthorized")

    def test_other_sites(self):
        """A cookie that a browser adds by itself does nothing for the page of another site."""
        value = self.sign_in("admin").split(";")[0]
        own = f"http://127.0.0.1:{self.server.port}"
        meeting = f"/api/meetings/{self.meeting}"
        for method, path, body in (("DELETE", "/api/session", None), ("POST", "/api/tokens", {"scopes": ["read"]}),
                                   ("PATCH", meeting, {"title": "x"}), ("DELETE", meeting, None),
                                   ("POST", "/api/session", {"token": self.tokens["read"]})):
            for headers in ({"Origin": "http://example.org"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"},
                            {"Origin": own, "Sec-Fetch-Site": "cross-site"}):
                self.problem(self.call(method, path, body, headers=headers, cookie=value), 403, "forbidden")
        headers = {"Origin": own, "Sec-Fetch-Site": "same-origin"}
        status, _, body = self.call("POST", "/api/tokens", {"scopes": ["read"], "name": "by the page"}, headers=headers, cookie=value)
        self.assertEqual(status, 201, body)
        self.assertEqual(self.call("GET", "/api/meetings", cookie=value)[0], 200)

    def test_sign_out(self):
        first, second = (self.sign_in("read").split(";")[0] for _ in range(2))
        status, headers, _ = self.call("DELETE", "/api/session", cookie=first)
        self.assertEqual(status, 200)
        self.assertIn("hansard-session=; Path=/; Max-Age=0", headers["Set-Cookie"])
        self.problem(self.call("GET", "/api/meetings", cookie=first), 401, "unauthorized")
        self.assertEqual(self.call("GET", "/api/meetings", cookie=second)[0], 200)
        self.assertEqual(self.call("DELETE", "/api/session", cookie=first)[0], 200)

    def test_revoked_here(self):
        """A token that is revoked through the server holds not one request longer; neither do its sessions."""
        made = json.loads(self.call("POST", "/api/tokens", {"scopes": ["read"], "name": "for a moment"}, "admin")[2])
        value = self.sign_in(made["token"]).split(";")[0]
        self.assertEqual(self.call("GET", "/api/meetings", token=made["token"])[0], 200)
        self.assertEqual(self.call("DELETE", f"/api/tokens/{made['id']}", token="admin")[0], 200)
        self.problem(self.call("GET", "/api/meetings", token=made["token"]), 401, "unauthorized")
        self.problem(self.call("GET", "/api/meetings", cookie=value), 401, "unauthorized")
        self.problem(self.call("DELETE", f"/api/tokens/{made['id']}", token="admin"), 404, "not-found")

    def test_revoked_elsewhere(self):
        """By the command line: the server knows within five seconds."""
        token = self.make_token("read")
        self.assertEqual(self.call("GET", "/api/meetings", token=token)[0], 200)
        self.assertEqual(run(self.store, "token", "revoke", token).returncode, 0)
        revoked = time.monotonic()
        while self.call("GET", "/api/meetings", token=token)[0] == 200:
            self.assertLess(time.monotonic() - revoked, 5.5)
            time.sleep(0.1)
        self.problem(self.call("GET", "/api/meetings", token=token), 401, "unauthorized")

    def test_expiry(self):
        soon = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 4))
        token = self.make_token("read", "--expires", soon)
        value = self.sign_in(token).split(";")[0]
        self.assertEqual(self.call("GET", "/api/meetings", token=token)[0], 200)
        time.sleep(4.1)
        self.assertIn("expired", self.problem(self.call("GET", "/api/meetings", token=token), 401, "unauthorized"))
        self.assertIn("expired", self.problem(self.call("GET", "/api/meetings", cookie=value), 401, "unauthorized"))

    def test_nothing_secret_is_kept(self):
        cookie = self.sign_in("read").split(";")[0].split("=")[1]
        for path in self.store.rglob("*"):
            if path.is_file():
                for secret in (*self.tokens.values(), cookie, self.share["share"]):
                    self.assertNotIn(secret.rsplit("_", 1)[1].encode(), path.read_bytes(), path)
        self.assertNotIn("secret_sha256", str(run_json(self.store, "token", "list")) + self.call("GET", "/api/tokens", token="admin")[2].decode())

    def test_media(self):
        """Signed URLs go without a token, as a player asks for them."""
        upload = json.loads(self.call("POST", "/api/uploads", {"filename": "x.vtt", "size": 5}, "write")[2])
        signed = json.loads(self.call("POST", f"/api/uploads/{upload['meeting_id']}/parts", {"numbers": [1]}, "write")[2])["urls"][0]["url"]
        self.assertEqual(self.call("PUT", signed, b"WEBVT")[0], 200)
        self.problem(self.call("PUT", signed[:-1] + ("0" if signed[-1] != "0" else "1"), b"WEBVT"), 403, "forbidden")
        self.assertEqual(self.call("DELETE", f"/api/uploads/{upload['meeting_id']}", token="write")[0], 200)


class Shares(Guarded):
    def test_link(self):
        self.assertEqual(self.share["url"], f"http://127.0.0.1:{self.server.port}/#/s/{self.meeting}/{self.share['share']}")
        status, headers, body = self.call("POST", "/api/session", {"share": self.share["share"], "meeting_id": self.meeting})
        self.assertEqual(status, 200, body)
        place = f"Path=/api/meetings/{self.meeting}"
        self.assertRegex(headers["Set-Cookie"], rf"^hansard-share=hal_[0-9a-f_]+; {place}; Max-Age=\d+; HttpOnly; SameSite=Strict$")
        cookie = headers["Set-Cookie"].split(";")[0]
        path = f"/api/meetings/{self.meeting}"
        self.assertEqual(json.loads(self.call("GET", path, cookie=cookie)[2])["meeting"]["meeting_id"], self.meeting)
        for format in ("md", "txt", "json"):
            self.assertEqual(self.call("GET", f"{path}/export?format={format}", cookie=cookie)[0], 200)
        for method, other in (("DELETE", path), ("PATCH", path), ("GET", path + "/shares"), ("POST", path + "/retry")):
            self.problem(self.call(method, other, b"{}" if method == "PATCH" else None, headers=JSON, cookie=cookie), 403, "forbidden")
        for other in ("/api/meetings", "/api/search?q=a", "/api/items", "/api/meetings/meeting-none", "/api/jobs", "/metrics"):
            self.problem(self.call("GET", other, cookie=cookie), 401, "unauthorized")
        # Beside a session that has ended it goes on working.
        self.assertEqual(self.call("GET", path, cookie=f"hansard-session=has_{'0' * 16}_{'0' * 48}; {cookie}")[0], 200)

    def test_revoke_and_list(self):
        path = f"/api/meetings/{self.meeting}"
        made = json.loads(self.call("POST", path + "/shares", {"name": "Carol", "expires": "1d"}, "write")[2])
        listed = json.loads(self.call("GET", path + "/shares", token="write")[2])["shares"]
        self.assertIn("Carol", [share["name"] for share in listed])
        self.assertNotIn("secret_sha256", str(listed))
        self.assertEqual(self.call("GET", path, token=made["share"])[0], 200)
        self.assertEqual(self.call("DELETE", f"{path}/shares/{made['id']}", token="write")[0], 200)
        self.problem(self.call("GET", path, token=made["share"]), 401, "unauthorized")
        self.assertNotIn("Carol", self.call("GET", path + "/shares", token="write")[2].decode())

    def test_expiry(self):
        path = f"/api/meetings/{self.meeting}"
        soon = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3))
        made = json.loads(self.call("POST", path + "/shares", {"expires": soon}, "write")[2])
        self.assertEqual(self.call("GET", path, token=made["share"])[0], 200)
        time.sleep(3.1)
        self.assertIn("expired", self.problem(self.call("GET", path, token=made["share"]), 401, "unauthorized"))

    def test_deleted_with_its_meeting(self):
        meeting = json.loads(self.call("POST", "/api/meeting/process", {"text": TEXT, "filename": "b.txt"}, "write")[2])["meeting_id"]
        self.assertEqual(self.call("POST", f"/api/meetings/{meeting}/shares", {}, "write")[0], 201)
        self.assertTrue(list((self.store / "hansard/shares" / meeting).iterdir()))
        self.assertEqual(self.call("DELETE", f"/api/meetings/{meeting}", token="write")[0], 200)
        self.assertFalse((self.store / "hansard/shares" / meeting).exists() and list((self.store / "hansard/shares" / meeting).iterdir()))


class Audit(Guarded):
    settings = {"HANSARD_TRUSTED_PROXIES": "127.0.0.1"}

    def test_who_did_what(self):
        from_there = {"X-Forwarded-For": "203.0.113.9"}
        title = "Top secret title"
        etag = self.call("GET", f"/api/meetings/{self.meeting}", token="read")[1]["ETag"]
        self.assertEqual(self.call("PATCH", f"/api/meetings/{self.meeting}", {"title": title}, "write", {"If-Match": etag, **from_there})[0], 200)
        value = self.sign_in("read", **from_there).split(";")[0]
        self.problem(self.call("POST", "/api/session", {"token": f"hat_{'0' * 16}_{'1' * 48}"}, headers=from_there), 401)
        self.problem(self.call("DELETE", f"/api/meetings/{self.meeting}", cookie=value, headers=from_there), 403)
        self.assertEqual(self.call("DELETE", "/api/session", cookie=value, headers=from_there)[0], 200)
        self.assertEqual(self.call("DELETE", f"/api/meetings/{self.meeting}/shares/{self.share['id']}", token="write")[0], 200)
        self.assertEqual(self.call("DELETE", f"/api/meetings/{self.meeting}", token="write")[0], 200)
        self.assertEqual(self.server.stop(), 0)  # which writes what waits
        entries = [json.loads(line) for line in run(self.store, "audit", "--json").stdout.splitlines()]
        actions = [entry["action"] for entry in entries]
        for action in ("token.create", "meeting.create", "share.create", "meeting.edit", "session.create", "session.refused", "request.refused",
                       "session.end", "share.revoke", "meeting.delete"):
            self.assertIn(action, actions)
        edit = next(entry for entry in entries if entry["action"] == "meeting.edit")
        self.assertEqual((edit["who"], edit["subject"], edit["address"], edit["status"]),
                         ({"kind": "token", "id": self.tokens["write"].split("_")[1], "name": "test write"}, self.meeting, "203.0.113.9", 200))
        refused = next(entry for entry in entries if entry["action"] == "request.refused")
        self.assertEqual((refused["who"]["kind"], refused["status"]), ("session", 403))
        self.assertEqual(actions.count("token.create"), len(self.tokens))
        self.assertEqual(next(entry for entry in entries if entry["action"] == "token.create")["who"]["kind"], "local")
        text = run(self.store, "audit").stdout
        self.assertRegex(text, rf"meeting\.edit +token {self.tokens['write'].split('_')[1]} test write  203\.0\.113\.9  {self.meeting}")
        for path in (self.store / "hansard/audit").rglob("*.jsonl"):
            self.assertNotIn(title, path.read_text())
            self.assertNotIn("figures", path.read_text())
        self.assertEqual(run(self.store, "audit", "--to", "2001-01-01", "--from", "2000-12-31").stdout, "")


class Commands(Guarded):
    def says(self, status, *arguments):
        done = run(self.store, *arguments)
        self.assertEqual(done.returncode, status, done.stderr)
        return done.stdout + done.stderr

    def test_tokens(self):
        text = self.make_token("read", "--expires", "30d")
        listed = run_json(self.store, "token", "list")
        mine = next(token for token in listed if token["id"] == text.split("_")[1])
        self.assertEqual((mine["scopes"], mine["name"]), (["read"], "test read"))
        expires = datetime.datetime.fromisoformat(mine["expires"]).timestamp()
        self.assertAlmostEqual(time.time() + 30 * 86400, expires, delta=60)
        self.assertRegex(self.says(0, "token", "list"), rf"{mine['id']}  \d{{4}}-\d\d-\d\d  {mine['expires'][:10]}  read +test read\n")
        self.assertEqual(run_json(self.store, "token", "revoke", mine["id"]), {"revoked": mine["id"]})
        self.assertNotIn(mine["id"], self.says(0, "token", "list"))
        made = run_json(self.store, "token", "create", "--scopes", "write")
        self.assertTrue(made["token"].startswith("hat_" + made["id"]))
        self.assertEqual(self.call("GET", "/api/uploads", token=made["token"])[0], 200)

    def test_wrong_usage(self):
        for arguments in (("make",), ("revoke",), ("list", "x"), ("create", "x"), ("create", "--scopes", "root"), ("create", "--expires", "soon"),
                          ("create", "--expires", "2001-01-01"), ("create", "--name", "n" * 121)):
            self.says(2, "token", *arguments)
        for name in ("0123456789abcdef", "x", "../../x", f"hat_{'0' * 16}_{'0' * 48}"):
            self.assertIn("there is no token", self.says(1, "token", "revoke", name))
        self.says(2, "token", "revoke", self.share["share"])
        self.says(2, "audit", "--from", "soon")

    def test_damaged(self):
        """What is no token lets nobody in, is told, and holds up no other."""
        path = self.store / "hansard/tokens/ffffffffffffffff.json"
        path.write_text('{"kind": "token", "id": "ffffffffffffffff", "scopes": ["admin"]}')
        self.addCleanup(path.unlink)
        self.assertIn("1 objects under hansard/tokens/", self.says(1, "token", "list"))
        self.problem(self.call("GET", "/api/meetings", token=f"hat_{'f' * 16}_{'0' * 48}"), 401, "unauthorized")
        self.assertEqual(self.call("GET", "/api/meetings", token="read")[0], 200)
        self.assertEqual(json.loads(self.call("GET", "/api/tokens", token="admin")[2])["unreadable"], 1)
        self.assertIn("hansard/tokens/", run(self.store, "doctor", HANSARD_TRANSCRIBER="none").stdout)


class Rates(Guarded):
    settings = {"HANSARD_TRUSTED_PROXIES": "127.0.0.1, ::1", "HANSARD_RATE_LIMIT": "2"}

    def from_address(self, address, *arguments, **more):
        return self.call(*arguments, headers={"X-Forwarded-For": address, **more.pop("headers", {})}, **more)

    def test_requests(self):
        answers = [self.from_address("203.0.113.1", "GET", "/api/meetings", token="read")[0] for _ in range(30)]
        self.assertEqual(set(answers[:20]), {200})
        self.assertIn(429, answers[20:])
        refused = self.from_address("203.0.113.1", "GET", "/api/meetings", token="read")
        self.problem(refused, 429, "rate-limited")
        self.assertGreaterEqual(int(refused[1]["Retry-After"]), 1)
        # Another token, another address: buckets of their own. This machine itself: none.
        self.assertEqual(self.from_address("203.0.113.1", "GET", "/api/meetings", token="admin")[0], 200)
        strangers = [self.from_address("203.0.113.2", "GET", "/healthz")[0] for _ in range(25)]
        self.assertEqual((strangers[0], strangers[-1]), (200, 429))
        self.assertEqual(self.from_address("203.0.113.3", "GET", "/healthz")[0], 200)
        self.assertEqual({self.call("GET", "/healthz")[0] for _ in range(60)}, {200})
        # One IPv6 network is one caller.
        network = [self.from_address(f"2001:db8::{number:x}", "GET", "/healthz")[0] for number in range(25)]
        self.assertEqual((network[0], network[-1]), (200, 429))

    def test_sign_ins(self):
        """Ten wrong tokens from one address, then it waits; a token that is in use there goes on."""
        self.assertEqual(self.from_address("203.0.113.7", "GET", "/api/meetings", token="read,write")[0], 200)
        wrong = [self.from_address("203.0.113.7", "POST", "/api/session", {"token": f"hat_{number:016x}_{'0' * 48}"})[0] for number in range(11)]
        self.assertEqual(wrong, [401] * 10 + [429])
        refused = self.from_address("203.0.113.7", "POST", "/api/session", {"token": f"hat_{99:016x}_{'0' * 48}"})
        self.problem(refused, 429, "rate-limited")
        self.assertGreaterEqual(int(refused[1]["Retry-After"]), 1)
        self.assertEqual(self.from_address("203.0.113.7", "GET", "/api/meetings", token="read,write")[0], 200)
        self.assertEqual(self.from_address("203.0.113.8", "POST", "/api/session", {"token": self.tokens["read"]})[0], 200)


class Listening(unittest.TestCase):
    def setUp(self):
        self.folder = scratch()
        self.addCleanup(shutil.rmtree, self.folder)
        self.store = self.folder / "store"
        self.store.mkdir()

    def serve(self, *arguments, **settings):
        """Starts a server; its address is what it says."""
        process = subprocess.Popen([PROGRAM, "serve", *arguments], cwd=self.folder,
                                   env=environment(self.store, HANSARD_TRANSCRIBER="none", **settings),
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.wait, 30)
        self.addCleanup(process.terminate)
        line = process.stderr.readline()
        self.assertRegex(line, r"serves https?://", line + (process.stderr.read() if process.poll() is not None else ""))
        return process, int(re.search(r"//[^/]*:(\d+)/", line)[1])

    def get(self, port, path, headers=None, method="GET", body=None):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def refused(self, *arguments, **settings):
        done = run(self.store, "serve", *arguments, timeout=60, **settings)
        self.assertEqual(done.returncode, 2, done.stderr)
        return done.stderr

    def test_beyond_this_machine(self):
        for address in ("0.0.0.0:0", "[::]:0"):
            message = self.refused("--listen", address)
            for word in ("HANSARD_LISTEN", "hansard token create", "HANSARD_NO_AUTH=1"):
                self.assertIn(word, message)
        token = run(self.store, "token", "create", "--scopes", "admin").stdout.strip()
        process, port = self.serve("--listen", "0.0.0.0:0")
        self.assertIn("in the clear", process.stderr.readline())
        self.assertEqual(self.get(port, "/api/meetings")[0], 401)
        self.assertEqual(self.get(port, "/api/meetings", {"Authorization": f"Bearer {token}", "Host": "meetings.example.org"})[0], 200)
        # All of them revoked, it stays shut.
        identity = json.loads(self.get(port, "/api/tokens", {"Authorization": f"Bearer {token}"})[2])["tokens"][0]["id"]
        self.assertEqual(self.get(port, f"/api/tokens/{identity}", {"Authorization": f"Bearer {token}"}, "DELETE")[0], 200)
        self.assertEqual(self.get(port, "/api/meetings", {"Authorization": f"Bearer {token}"})[0], 401)
        self.assertIn("no token yet", self.refused("--listen", "0.0.0.0:0"))

    def test_said_outright(self):
        run(self.store, "token", "create")
        _, port = self.serve("--listen", "0.0.0.0:0", HANSARD_NO_AUTH="1")
        self.assertEqual(self.get(port, "/api/meetings", {"Host": "meetings.example.org"})[0], 200)
        self.assertFalse(json.loads(self.get(port, "/api/session")[2])["required"])

    def test_first_token(self):
        """On this machine nothing is asked for until a token is made; then it is, within five seconds, and at once where this server makes it."""
        _, port = self.serve("--listen", "127.0.0.1:0")
        self.assertEqual(self.get(port, "/api/meetings")[0], 200)
        self.assertEqual(self.get(port, "/api/meetings", {"Host": "meetings.example.org"})[0], 403)
        run(self.store, "token", "create")
        made = time.monotonic()
        while self.get(port, "/api/meetings")[0] == 200:
            self.assertLess(time.monotonic() - made, 5.5)
            time.sleep(0.1)
        shutil.rmtree(self.store / "hansard/tokens")
        _, port = self.serve("--listen", "127.0.0.1:0")
        status, _, body = self.get(port, "/api/tokens", JSON, "POST", b'{"scopes": ["read"]}')
        self.assertEqual(status, 201, body)
        self.assertEqual(self.get(port, "/api/meetings")[0], 401)
        headers = {"Authorization": "Bearer " + json.loads(body)["token"], "Host": "meetings.example.org"}
        self.assertEqual(self.get(port, "/api/meetings", headers)[0], 200)

    # -- proxies

    def test_forwarded(self):
        token = run(self.store, "token", "create", "--scopes", "admin").stdout.strip()
        meeting = run_json(self.store, "add", self.transcript(), HANSARD_TRANSCRIBER="none")["meeting_id"]
        headers = {"Authorization": f"Bearer {token}", "X-Forwarded-For": "198.51.100.7, 203.0.113.5", "X-Forwarded-Proto": "https",
                   "X-Forwarded-Host": "meetings.example.org"}
        share, sign_in = f"/api/meetings/{meeting}/shares", json.dumps({"token": token}).encode()
        trusted = {"HANSARD_TRUSTED_PROXIES": "10.0.0.0/8,127.0.0.0/8"}
        for settings, url in ((trusted, "https://meetings.example.org/#/s/"), ({}, None), ({"HANSARD_TRUSTED_PROXIES": "10.0.0.0/8"}, None)):
            process, port = self.serve("--listen", "127.0.0.1:0", **settings)
            made = json.loads(self.get(port, share, {**headers, **JSON}, "POST", b"{}")[2])
            self.assertTrue(made["url"].startswith(url or f"http://127.0.0.1:{port}/#/s/"), made)
            answer = self.get(port, "/api/session", {**headers, **JSON}, "POST", sign_in)
            self.assertEqual(("; Secure" in answer[1]["Set-Cookie"], "Strict-Transport-Security" in answer[1]), (bool(url), bool(url)))
            # The page's Origin is that of the address that people use.
            origin = {"Origin": "https://meetings.example.org", "Sec-Fetch-Site": "same-origin"}
            self.assertEqual(self.get(port, "/api/session", {**headers, **JSON, **origin}, "POST", sign_in)[0], 200 if url else 403)
            process.terminate()
            process.wait(30)
        entries = [json.loads(line) for line in run(self.store, "audit", "--json").stdout.splitlines()]
        self.assertEqual([entry["address"] for entry in entries if entry["action"] == "share.create"], ["203.0.113.5", "127.0.0.1", "127.0.0.1"])
        self.assertIn("HANSARD_TRUSTED_PROXIES", self.refused(HANSARD_TRUSTED_PROXIES="proxy.example.org"))

    def transcript(self):
        path = self.folder / "talk.txt"
        path.write_text(TEXT)
        return path

    # -- TLS

    def certificate(self, name):
        key, certificate = self.folder / f"{name}.key", self.folder / f"{name}.crt"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                        "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", key, "-out", certificate],
                       check=True, capture_output=True)
        return {"HANSARD_TLS_CERT": str(certificate), "HANSARD_TLS_KEY": str(key)}

    @unittest.skipUnless(shutil.which("openssl"), "openssl is not installed")
    def test_tls(self):
        token = run(self.store, "token", "create", "--scopes", "admin").stdout.strip()
        files = self.certificate("server")
        process, port = self.serve("--listen", "0.0.0.0:0", **files)
        trust = ssl.create_default_context(cafile=files["HANSARD_TLS_CERT"])

        def ask(method, path, body=None, headers=None, context=trust):
            connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=30, context=context)
            try:
                connection.request(method, path, body, headers or {})
                answer = connection.getresponse()
                return answer.status, answer.headers, answer.read(), connection.sock.version() if connection.sock else None
            finally:
                connection.close()

        status, headers, body, _ = ask("GET", "/")
        self.assertEqual(status, 200)
        self.assertEqual(headers["Strict-Transport-Security"], "max-age=31536000")
        self.assertEqual(ask("GET", "/api/meetings")[0], 401)
        status, headers, _, _ = ask("POST", "/api/session", json.dumps({"token": token}), JSON)
        self.assertEqual(status, 200)
        self.assertIn("; Secure", headers["Set-Cookie"])
        # A recording of some size, up and down again.
        body = b"\x00" * (3 << 20)
        status, _, answer, _ = ask("POST", "/api/meetings?filename=x.wav", body, {"Authorization": f"Bearer {token}"})
        self.assertEqual(status, 202, answer)
        location = ask("GET", f"/api/meetings/{json.loads(answer)['meeting_id']}/audio", None, {"Authorization": f"Bearer {token}"})[1]["Location"]
        self.assertEqual(ask("GET", location)[2], body)
        # A page that came in the clear may not change anything; neither is anything answered in the clear, nor to an old version.
        self.assertEqual(ask("POST", "/api/session", json.dumps({"token": token}), {**JSON, "Origin": f"http://127.0.0.1:{port}"})[0], 403)
        self.assertEqual(ask("POST", "/api/session", json.dumps({"token": token}), {**JSON, "Origin": f"https://127.0.0.1:{port}"})[0], 200)
        with self.assertRaises((OSError, http.client.HTTPException)):
            self.get(port, "/healthz")
        for version, answered in (("-tls1_1", False), ("-tls1_2", True), ("-tls1_3", True)):
            done = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{port}", version, "-cipher", "DEFAULT:@SECLEVEL=0"],
                                  stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30)
            self.assertRegex(done.stdout, f"has read {'[1-9]' if answered else '0 bytes'}.* written [1-9]", version)
        process.terminate()
        self.assertEqual(process.wait(30), 0)
        self.assertNotIn("in the clear", process.stderr.read())

    @unittest.skipUnless(shutil.which("openssl"), "openssl is not installed")
    def test_tls_is_renewed(self):
        """A new pair in place of the old one greets the next connections; one that stands goes on, and half a pair changes nothing."""
        old, new = self.certificate("old"), self.certificate("new")
        files = {name: str(self.folder / name) for name in old}

        def put(source, *names):
            for name in names:
                shutil.copy(source[name], files[name] + ".part")
                os.replace(files[name] + ".part", files[name])

        def shown():
            return ssl.get_server_certificate(("127.0.0.1", port))

        def wait_shown(pair):
            wanted, deadline = pathlib.Path(pair["HANSARD_TLS_CERT"]).read_text(), time.monotonic() + 30
            while shown() != wanted:
                self.assertLess(time.monotonic(), deadline)
                time.sleep(0.25)

        put(old, *files)
        process, port = self.serve("--listen", "127.0.0.1:0", **files)
        wait_shown(old)
        standing = http.client.HTTPSConnection("127.0.0.1", port, timeout=30, context=ssl.create_default_context(cafile=old["HANSARD_TLS_CERT"]))

        def goes_on():
            standing.request("GET", "/healthz")
            self.assertEqual(json.load(standing.getresponse())["status"], "alive")

        goes_on()
        standing.auto_open = 0  # it is never opened anew
        put(new, "HANSARD_TLS_CERT")
        time.sleep(6)
        for _ in range(3):
            wait_shown(old)  # the key is not its key
        put(new, "HANSARD_TLS_KEY")
        wait_shown(new)
        goes_on()
        trust = ssl.create_default_context(cafile=new["HANSARD_TLS_CERT"])
        fresh = http.client.HTTPSConnection("127.0.0.1", port, timeout=30, context=trust)
        fresh.request("GET", "/healthz")
        self.assertEqual(fresh.getresponse().status, 200)
        fresh.close()
        standing.close()
        process.terminate()
        self.assertEqual(process.wait(30), 0)
        self.assertEqual(process.stderr.read().count("the renewed certificate can't be used, the one before stays"), 1)

    @unittest.skipUnless(shutil.which("openssl"), "openssl is not installed")
    def test_tls_files(self):
        one, other = self.certificate("one"), self.certificate("other")
        (self.folder / "empty").write_text("")
        cases = (({"HANSARD_TLS_CERT": one["HANSARD_TLS_CERT"]}, "HANSARD_TLS_KEY"),
                 ({"HANSARD_TLS_KEY": one["HANSARD_TLS_KEY"]}, "HANSARD_TLS_CERT"),
                 ({**one, "HANSARD_TLS_KEY": other["HANSARD_TLS_KEY"]}, "is not the key of the certificate"),
                 ({**one, "HANSARD_TLS_CERT": str(self.folder / "none")}, "HANSARD_TLS_CERT"),
                 ({**one, "HANSARD_TLS_KEY": str(self.folder / "empty")}, "HANSARD_TLS_KEY"),
                 ({**one, "HANSARD_TLS_CERT": one["HANSARD_TLS_KEY"]}, "holds no certificate"))
        for settings, word in cases:
            self.assertIn(word, self.refused("--listen", "127.0.0.1:0", **settings))
            doctor = run(self.store, "doctor", HANSARD_TRANSCRIBER="none", **settings)
            self.assertEqual(doctor.returncode, 1)
            self.assertIn(word, doctor.stdout)


if __name__ == "__main__":
    unittest.main()
