#!/usr/bin/env python3
"""Requests with an Idempotency-Key against two servers of one store: done once, whichever server a repetition reaches and whoever dies; another content is
refused; no secret is kept."""
import json
import pathlib
import threading
import unittest
import uuid

import program
from program import Server, run, scratch

JSON = {"Content-Type": "application/json"}
TALK = b"Ann: I will send the figures by Friday.\n"


class Repeat(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = scratch()
        cls.addClassCleanup(program.shutil.rmtree, cls.folder)
        (cls.folder / "store").mkdir()
        cls.tokens = [run(cls.folder / "store", "token", "create", "--scopes", "admin").stdout.strip() for _ in range(2)]
        cls.servers = [Server(cls.folder, HANSARD_TRANSCRIBER="none").start() for _ in range(2)]
        for server in cls.servers:
            cls.addClassCleanup(server.kill)

    def call(self, method, path, body=None, key=None, server=0, token=0, **headers):
        headers = {"Authorization": "Bearer " + self.tokens[token], **{name.replace("_", "-"): value for name, value in headers.items()}}
        if isinstance(body, dict):
            body, headers = json.dumps(body).encode(), {**JSON, **headers}
        if key:
            headers["Idempotency-Key"] = key
        status, got, text = self.servers[server].request(method, path, body, headers)
        return status, got, json.loads(text)

    def twice(self, method, path, body, status, **headers):
        """The first answer, and that of its repetition at the other server."""
        key = str(uuid.uuid4())
        first = self.call(method, path, body, key, 0, **headers)
        again = self.call(method, path, body, key, 1, **headers)
        self.assertEqual((first[0], again[0]), (status, status), (first[2], again[2]))
        self.assertNotIn("Idempotent-Replayed", first[1])
        self.assertEqual(again[1]["Idempotent-Replayed"], "true")
        for name in ("Location", "ETag", "Content-Type"):
            self.assertEqual(first[1][name], again[1][name])
        return first[2], again[2], key

    def kept(self):
        return [path.read_text() for path in (self.folder / "store").rglob("hansard/requests/*.json")]

    def test_recording(self):
        first, again, key = self.twice("POST", "/api/meetings?filename=note.txt", TALK, 202)
        self.assertEqual(first, again)
        status, _, problem = self.call("POST", "/api/meetings?filename=note.txt", TALK + b"x", key)
        self.assertEqual((status, problem["code"]), (422, "key-reused"))
        self.assertEqual(self.call("POST", "/api/meetings?filename=other.txt", TALK, key)[0], 422)
        self.assertEqual(self.call("POST", "/api/meetings?filename=note.txt", TALK, key, token=1)[0], 202)  # another's key
        self.assertEqual(len(list((self.folder / "store/meetings").glob("*_note.txt"))), 2)

    def test_form(self):
        """A browser's boundary changes with each try; the form does not."""
        def form(boundary, title):
            return (f'--{boundary}\r\nContent-Disposition: form-data; name="title"\r\n\r\n{title}\r\n--{boundary}\r\nContent-Disposition: form-data; '
                    f'name="file"; filename="f.txt"\r\nContent-Type: text/plain\r\n\r\n{TALK.decode()}\r\n--{boundary}--\r\n').encode()

        key, answers = str(uuid.uuid4()), []
        for boundary in ("one", "two"):
            answers.append(self.call("POST", "/api/meetings", form(boundary, "T"), key, Content_Type=f"multipart/form-data; boundary={boundary}"))
        self.assertEqual([answer[0] for answer in answers], [202, 202], answers)
        self.assertEqual(answers[0][2], answers[1][2])
        self.assertEqual(self.call("POST", "/api/meetings", form("one", "U"), key, Content_Type="multipart/form-data; boundary=one")[0], 422)

    def test_text(self):
        first, again, key = self.twice("POST", "/api/meeting/process", {"text": TALK.decode()}, 200)
        self.assertEqual(first, again)
        self.assertFalse([text for text in self.kept() if "figures" in text])  # no word of the meeting is kept
        self.assertEqual(self.call("DELETE", "/api/meetings/" + first["meeting_id"])[0], 200)
        self.assertEqual(self.call("POST", "/api/meeting/process", {"text": TALK.decode()}, key)[0], 404)
        self.assertEqual(self.call("POST", "/api/meeting/process", {"text": TALK.decode(), "filename": "x"}, key)[0], 422)

    def test_secrets(self):
        meeting = self.call("POST", "/api/meeting/process", {"text": TALK.decode()})[2]["meeting_id"]
        for path, body in (("/api/tokens", {"name": "r", "scopes": ["read"]}), (f"/api/meetings/{meeting}/shares", {"name": "Bob"})):
            first, again, _ = self.twice("POST", path, body, 201)
            secret = first.get("token") or first["share"]
            self.assertEqual(again, {name: value for name, value in first.items() if name not in ("token", "share", "url")})
            self.assertFalse([text for text in self.kept() if secret[-40:] in text])
            listed = self.call("GET", path)[2]
            self.assertEqual([one["id"] for one in listed.get("tokens", []) + listed.get("shares", [])].count(first["id"]), 1)

    def test_upload_in_parts(self):
        body = {"filename": "a.txt", "size": len(TALK)}
        first, again, _ = self.twice("POST", "/api/uploads", body, 201)
        self.assertEqual(first, again)
        path = "/api/uploads/" + first["meeting_id"]
        url = self.call("POST", path + "/parts", {"numbers": [1]})[2]["urls"][0]["url"]
        self.assertEqual(self.servers[1].request("PUT", url, TALK)[0], 200)
        self.assertEqual(*self.twice("POST", path + "/complete", None, 202)[:2])

    def test_items(self):
        """The change of the first time stands, though its If-Match does not hold any more; the second adds nothing."""
        meeting = "/api/meetings/" + self.call("POST", "/api/meeting/process", {"text": TALK.decode()})[2]["meeting_id"]
        etag = self.call("GET", meeting)[1]["ETag"]
        patch = {"new_items": [{"kind": "question", "text": "Who pays?"}]}
        first, again, key = self.twice("PATCH", meeting, patch, 200, If_Match=etag)
        self.assertEqual(first, again)
        self.assertEqual(len(self.call("GET", meeting)[2]["meeting"]["summary"]["questions"]), 1)
        self.assertEqual(self.call("PATCH", meeting, patch, key, If_Match="*")[0], 422)
        self.assertEqual(self.call("PATCH", meeting, patch, str(uuid.uuid4()), If_Match=etag)[0], 412)

    def test_errors_are_not_kept(self):
        key = str(uuid.uuid4())
        self.assertEqual(self.call("POST", "/api/tokens", {"scopes": []}, key)[0], 400)
        self.assertEqual(self.call("POST", "/api/tokens", {"scopes": ["read"]}, key)[0], 201)
        self.assertEqual(self.call("POST", "/api/meetings", b"", key="k-empty")[0], 422)
        self.assertEqual(self.call("POST", "/api/meetings", TALK, key="k-empty")[0], 202)

    def test_malformed_key(self):
        for key in ('""', "a b", "k" * 256, 'a"b'):
            for path, body in (("/api/meetings", TALK), ("/api/tokens", {"scopes": ["read"]})):
                status, _, problem = self.call("POST", path, body, key)
                self.assertEqual((status, problem["code"]), (400, "invalid"), key)
                self.assertIn("Idempotency-Key", problem["detail"])
        self.assertEqual(self.call("POST", "/api/tokens", {"scopes": ["read"]}, "k" * 255)[0], 201)

    def test_at_one_time(self):
        key, answers, body = str(uuid.uuid4()), [], {"name": "rival", "scopes": ["read"]}
        threads = [threading.Thread(target=lambda n=n: answers.append(self.call("POST", "/api/tokens", body, key, n % 2))) for n in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertLessEqual({answer[0] for answer in answers}, {201, 409})
        self.assertEqual(len([1 for answer in answers if answer[0] == 201 and "token" in answer[2]]), 1)
        self.assertEqual([one["name"] for one in self.call("GET", "/api/tokens")[2]["tokens"]].count("rival"), 1)

    def test_reading_needs_no_key(self):
        for _ in range(2):
            self.assertNotIn("Idempotent-Replayed", self.call("GET", "/api/meetings", key="same")[1])


class Died(unittest.TestCase):
    def test_killed_midway(self):
        """The server is killed when its claim stands and the work does not say so: another goes on once the lease is over, and makes no second one."""
        folder = scratch()
        self.addCleanup(program.shutil.rmtree, folder)
        headers = {"Idempotency-Key": "died", "Content-Type": "text/plain"}
        with Server(folder, HANSARD_TRANSCRIBER="none") as server:
            status, _, first = server.request("POST", "/api/meetings?filename=d.txt", TALK, headers)
            server.wait_done(json.loads(first)["meeting_id"])
            server.kill()
            (record,) = (folder / "store").rglob("hansard/requests/*.json")
            kept = json.loads(record.read_text())
            begun = {name: kept[name] for name in ("schema", "created", "until", "request", "subject", "revision")}
            record.write_text(json.dumps({**begun, "state": "begun"}))
            server.start()
            self.assertEqual(server.json("POST", "/api/meetings?filename=d.txt", TALK, headers)[0], 409)
            record.write_text(json.dumps({**begun, "state": "begun", "until": kept["created"]}))
            self.assertEqual(server.json("POST", "/api/meetings?filename=d.txt", TALK, headers), (202, json.loads(first)))
            self.assertEqual(server.json("POST", "/api/meetings?filename=d.txt", TALK, headers), (202, json.loads(first)))
            self.assertEqual(len(list(pathlib.Path(folder, "store/meetings").iterdir())), 1)


if __name__ == "__main__":
    unittest.main()
