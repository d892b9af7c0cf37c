#!/usr/bin/env python3
"""Webhooks, as a receiver meets them: every event of a meeting's life, signatures that hold, repetitions over kill -9, what is given up or refused and why."""
import base64
import hashlib
import hmac
import http.client
import http.server
import json
import shutil
import socket
import subprocess
import threading
import time
import unittest

from program import Server, run, scratch

JSON = {"Content-Type": "application/json"}
TALK = b"Ann: I will send the figures by Friday.\nBob: The system must keep them.\n"
WAV = b"RIFF\x24\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x80\x3e\x00\x00\x00\x7d\x00\x00\x02\x00\x10\x00data\x00\x00\x00\x00"


class Receiver:
    """Keeps what comes; answers with the statuses it is told, the last of them for all further calls."""

    def __init__(self, port=0, statuses=(204,)):
        self.calls, self.statuses, receiver = [], list(statuses), self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = receiver.statuses[0] if len(receiver.statuses) == 1 else receiver.statuses.pop(0)
                receiver.calls.append((status, dict(self.headers), body))
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/hook"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def events(self, kind=None):
        """What was taken, told once each, in the order of the first telling."""
        told = {headers["webhook-id"]: json.loads(body) for status, headers, body in self.calls if status < 300}
        return [event for event in told.values() if not kind or event["type"] == kind]

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def wait(found, seconds=30):
    deadline = time.monotonic() + seconds
    while not found():
        assert time.monotonic() < deadline, "it does not come"
        time.sleep(0.05)
    return found()


def verify(secret, headers, body):
    """As docs/http.md shows it."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signature = hmac.new(key, f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body, hashlib.sha256).digest()
    return hmac.compare_digest("v1," + base64.b64encode(signature).decode(), headers["webhook-signature"])


class Webhooks(unittest.TestCase):
    def setUp(self):
        self.folder = scratch()
        self.addCleanup(shutil.rmtree, self.folder)
        self.server = Server(self.folder, HANSARD_TRANSCRIBER="none", HANSARD_WEBHOOK_PRIVATE="true").start()
        self.addCleanup(lambda: self.server.process and self.server.kill())

    def receiver(self, *arguments, **options):
        made = Receiver(*arguments, **options)
        self.addCleanup(made.close)
        return made

    def register(self, url, status=201, **more):
        got, answer = self.server.json("POST", "/api/webhooks", {"url": url, **more})
        self.assertEqual(got, status, answer)
        return answer

    def deliveries(self, webhook):
        return self.server.json("GET", f"/api/webhooks/{webhook['id']}/deliveries")[1]["deliveries"]

    def test_life_of_a_meeting(self):
        receiver = self.receiver()
        webhook = self.register(receiver.url, name="all")
        meeting = self.server.json("POST", "/api/meetings?filename=t.txt", TALK, {"Content-Type": "text/plain"})[1]["meeting_id"]
        wait(lambda: receiver.events("meeting.ready"))
        item = self.server.wait_done(meeting)["summary"]["action_items"][0]["id"]
        added = self.server.edit(meeting, {"items": {item: {"status": "confirmed"}}, "new_items": [{"kind": "question", "text": "Who pays?"}]})["added"]
        self.server.edit(meeting, {"title": "No item in this"})
        self.assertEqual(self.server.json("DELETE", f"/api/meetings/{meeting}")[0], 200)
        failing = self.server.json("POST", "/api/meetings?filename=x.wav", WAV, {"Content-Type": "audio/wav"})[1]["meeting_id"]
        wait(lambda: receiver.events("meeting.failed"))
        wait(lambda: len(receiver.events()) == 6)
        told = [(event["type"], event["data"]["meeting_id"]) for event in receiver.events()]
        self.assertEqual(told, [("meeting.created", meeting), ("meeting.ready", meeting), ("items.changed", meeting), ("meeting.deleted", meeting),
                                ("meeting.created", failing), ("meeting.failed", failing)])
        self.assertEqual(set(receiver.events("items.changed")[0]["data"]["items"]), {item, *added})
        self.assertEqual(receiver.events("meeting.failed")[0]["data"]["code"], self.server.json("GET", f"/api/meetings/{failing}")[1]["meeting"]["error"]["code"])
        for _, headers, body in receiver.calls:
            self.assertTrue(verify(webhook["secret"], headers, body))
            self.assertFalse(verify(webhook["secret"], headers, body + b" "))
            self.assertLess(abs(time.time() - int(headers["webhook-timestamp"])), 60)
            self.assertEqual(json.loads(body)["id"], headers["webhook-id"])
            self.assertNotIn(b"figures", body)
        wait(lambda: {one["state"] for one in self.deliveries(webhook)} == {"delivered"})
        self.assertFalse(list((self.folder / "store/hansard/outbox").glob("*.json")))

    def test_text_at_once_and_selection(self):
        everything, one = self.receiver(), self.receiver()
        self.register(everything.url)
        self.register(one.url, events=["meeting.ready"])
        meeting = self.server.json("POST", "/api/meeting/process", {"text": TALK.decode()})[1]["meeting_id"]
        wait(lambda: len(everything.events()) == 2 and one.events())
        self.assertEqual({event["type"] for event in everything.events()}, {"meeting.created", "meeting.ready"})
        self.assertEqual([(event["type"], event["data"]["meeting_id"]) for event in one.events()], [("meeting.ready", meeting)])

    def test_over_kill(self):
        """The receiver is away, the server is killed: what was to be told is told when both are back, and once more at most."""
        port = socket.socket()
        port.bind(("127.0.0.1", 0))
        number = port.getsockname()[1]
        webhook = self.register(f"http://127.0.0.1:{number}/hook", events=["meeting.ready"])
        meetings = {self.server.json("POST", "/api/meeting/process", {"text": TALK.decode()})[1]["meeting_id"] for _ in range(3)}
        self.server.kill()
        port.close()
        receiver = self.receiver(number, statuses=[500, 204])
        self.server.start()
        wait(lambda: len(receiver.events()) == 3, 150)  # who was killed had some under its lease
        self.assertEqual({event["data"]["meeting_id"] for event in receiver.events()}, meetings)
        for _, headers, body in receiver.calls:
            self.assertTrue(verify(webhook["secret"], headers, body))
        wait(lambda: [one["state"] for one in self.deliveries(webhook)] == ["delivered"] * 3, 120)
        self.assertTrue(any(one["attempts"] > 1 for one in self.deliveries(webhook)))

    def test_killed_after_the_change(self):
        """kill -9 at any moment of an edit: where the edit stands, it is told, or waits in the outbox for whoever comes next."""
        receiver = self.receiver()
        self.register(receiver.url, events=["items.changed"])
        meeting = self.server.json("POST", "/api/meeting/process", {"text": TALK.decode()})[1]["meeting_id"]
        outbox, stood = self.folder / "store/hansard/outbox", 0
        owner = self.owner(meeting)

        def events():
            """The ids of those that came and those that are still to."""
            return {path.name.split("-")[1] for path in outbox.glob("*.json")} | {headers["webhook-id"] for _, headers, _ in receiver.calls}

        began = time.monotonic()
        self.server.edit(meeting, {"items": {"A-1": {"status": "confirmed"}}})
        span = time.monotonic() - began
        for turn in range(12):
            headers = self.server.request("GET", f"/api/meetings/{meeting}")[1]
            before = events()
            asked = json.dumps({"items": {"A-1": {"owner": f"Owner {turn}"}}})
            thread = threading.Thread(target=self.send_and_lose, args=(meeting, asked, headers["ETag"]))
            thread.start()
            time.sleep(span * turn / 7)
            self.server.kill()
            thread.join()
            told = events() - before
            self.server.start()
            now = self.owner(meeting)
            if now != owner:
                stood, owner = stood + 1, now
                self.assertTrue(told, turn)
        self.assertGreater(stood, 0)

    def owner(self, meeting):
        return self.server.json("GET", f"/api/meetings/{meeting}")[1]["meeting"]["summary"]["action_items"][0]["owner"]

    def send_and_lose(self, meeting, body, etag):
        try:
            self.server.request("PATCH", f"/api/meetings/{meeting}", body, {**JSON, "If-Match": etag})
        except (OSError, http.client.HTTPException):
            pass  # killed meanwhile

    def test_ping_and_reasons(self):
        gone, moved = self.receiver(statuses=[410]), self.receiver(statuses=[302])
        for receiver, state, word in ((gone, "given-up", "410"), (moved, "waiting", "redirect")):
            webhook = self.register(receiver.url, events=["meeting.ready"])
            status, ping = self.server.json("POST", f"/api/webhooks/{webhook['id']}/ping")
            self.assertEqual(status, 202)
            shown = wait(lambda: [one for one in self.deliveries(webhook) if one["reason"]])[0]  # pylint: disable=cell-var-from-loop
            self.assertEqual((shown["event_id"], shown["type"], shown["state"]), (ping["event_id"], "webhook.ping", state))
            self.assertIn(word, shown["reason"])
            self.assertEqual(json.loads(receiver.calls[0][2])["type"], "webhook.ping")
            self.assertEqual(self.server.json("DELETE", f"/api/webhooks/{webhook['id']}")[0], 200)
            self.assertEqual(self.server.json("POST", f"/api/webhooks/{webhook['id']}/ping")[0], 404)
            self.assertEqual(self.server.json("GET", f"/api/webhooks/{webhook['id']}/deliveries")[0], 404)

    def test_secret_is_shown_once(self):
        webhook = self.register("https://hooks.invalid/")
        self.assertNotIn("secret", self.server.json("GET", "/api/webhooks")[1]["webhooks"][0])
        again = [self.server.json("POST", "/api/webhooks", {"url": "https://hooks.invalid/2"}, {"Idempotency-Key": "same"}) for _ in range(2)]
        self.assertEqual([status for status, _ in again], [201, 201])
        self.assertEqual([answer["id"] for _, answer in again][0], again[1][1]["id"])
        self.assertEqual(["secret" in answer for _, answer in again], [True, False])
        self.assertEqual(self.server.json("GET", "/api/webhooks")[1]["count"], 2)
        self.assertTrue(webhook["secret"].startswith("whsec_"))

    def test_private_addresses(self):
        """Refused when it is registered; and when a name leads there at the time of the call."""
        receiver = self.receiver()
        webhook = self.register(receiver.url)
        self.server.stop()
        self.server = Server(self.folder, HANSARD_TRANSCRIBER="none").start()
        for host in ("127.0.0.1", "localhost", "[::1]", "10.1.2.3", "169.254.169.254", "192.168.1.1", "[fd00::1]"):
            self.assertEqual(self.register(f"http://{host}/", status=400)["code"], "invalid")
        self.assertEqual(self.server.json("POST", f"/api/webhooks/{webhook['id']}/ping")[0], 202)
        shown = wait(lambda: [one for one in self.deliveries(webhook) if one["reason"]])[0]
        self.assertIn("private network", shown["reason"])
        own = self.register(f"http://{socket.gethostname()}:{receiver.port}/", events=["meeting.failed"])
        self.server.json("POST", f"/api/webhooks/{own['id']}/ping")
        shown = wait(lambda: [one for one in self.deliveries(own) if one["reason"]])[0]
        self.assertRegex(shown["reason"], "private network|no host")
        self.assertEqual(receiver.calls, [])

    def test_shell_verifies(self):
        """The shell's way in docs/http.md."""
        if not shutil.which("xxd") or not shutil.which("openssl"):
            self.skipTest("xxd or openssl is not installed")
        receiver = self.receiver()
        webhook = self.register(receiver.url)
        self.server.json("POST", f"/api/webhooks/{webhook['id']}/ping")
        _, headers, body = wait(lambda: receiver.calls)[0]
        (self.folder / "body").write_bytes(body)
        script = """key=$(printf %s "${secret#whsec_}" | base64 -d | xxd -p -c 64)
            (printf '%s.%s.' "$id" "$timestamp"; cat body) | openssl dgst -sha256 -mac HMAC -macopt "hexkey:$key" -binary | base64"""
        done = subprocess.run(["bash", "-c", script], cwd=self.folder, capture_output=True, text=True, check=True,
                              env={"PATH": "/usr/bin:/bin", "secret": webhook["secret"], "id": headers["webhook-id"], "timestamp": headers["webhook-timestamp"]})
        self.assertEqual("v1," + done.stdout.strip(), headers["webhook-signature"])

    def test_verify_knows_the_keys(self):
        self.register("https://hooks.invalid/")
        self.server.json("POST", "/api/meeting/process", {"text": TALK.decode()}, {"Idempotency-Key": "k"})
        self.server.stop()
        done = run(self.folder / "store", "verify", "--settled", "0")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main()
