#!/usr/bin/env python3
"""A meeting that is answered again from memory, and what another server or another hand does to its documents meanwhile: it is in the very next answer."""
import json
import re
import shutil
import time
import unittest

from program import Server, scratch

TEXT = b"Ann: We will ship the importer on Friday.\nBob: I will write the release notes by Monday.\n"


class KeptMeetings(unittest.TestCase):
    def setUp(self):
        self.folder = scratch()
        self.addCleanup(shutil.rmtree, self.folder)
        self.given = self.settings()

    def settings(self):
        """Of both servers; a directory holds the meeting where there are none."""
        return {}

    def server_in(self, name):
        folder = self.folder / name if self.given else self.folder
        folder.mkdir(exist_ok=True)
        return Server(folder, HANSARD_TRANSCRIBER="none", **self.given)

    def change_summary(self, meeting_id, change):
        """By another hand; in its place, so that no name in the folder changes."""
        summary = self.folder / f"store/transcriptions/{meeting_id}/summary.json"
        summary.write_text(change(summary.read_text()))

    def hits(self):
        found = re.search(r'hansard_cache_total{cache="meeting",result="hit"} (\d+)', self.server.request("GET", "/metrics")[2].decode())
        return int(found[1]) if found else 0

    def answer(self, server):
        """(meeting, ETag), or the status where it is not 200."""
        status, headers, body = server.request("GET", self.path)
        return (json.loads(body)["meeting"], headers["ETag"]) if status == 200 else status

    def answer_again(self):
        """As it stands; first read from the store and then, once what was written last is some time ago, from memory."""
        first, before, deadline = self.answer(self.server), self.hits(), time.monotonic() + 20
        while self.hits() == before and time.monotonic() < deadline:
            time.sleep(0.05)
            self.assertEqual(self.answer(self.server), first)
        self.assertGreater(self.hits(), before)
        self.assertEqual(self.answer(self.other), first)
        return first

    def test_each_change_is_in_the_next_answer(self):
        with self.server_in("one") as self.server, self.server_in("two") as self.other:
            meeting_id = self.server.json("POST", "/api/meetings?filename=talk.txt", TEXT, {"Content-Type": "text/plain"})[1]["meeting_id"]
            self.server.wait_done(meeting_id)
            self.path = f"/api/meetings/{meeting_id}"
            while "job" in self.answer(self.server)[0]:  # which ends a moment after the meeting is there
                time.sleep(0.02)
            meeting, etag = self.answer_again()
            self.assertEqual((meeting["status"], meeting["audio_url"]), ("ready", None))
            for number in range(3):
                status = self.other.json("PATCH", self.path, json.dumps({"title": f"Title {number}"}), {"If-Match": etag, "Content-Type": "application/json"})[0]
                self.assertEqual(status, 200)
                meeting, etag = self.answer(self.server)
                self.assertEqual(meeting["metadata"]["title"], f"Title {number}")
                self.answer_again()
            self.change_summary(meeting_id, lambda text: re.sub(r'"text": *"[^"]*"', '"text": "By hand"', text, count=1))
            self.assertIn("By hand", json.dumps(self.answer(self.server)[0]["summary"]))
            self.answer_again()
            self.assertEqual(self.other.request("DELETE", self.path)[0], 200)
            self.assertEqual(self.answer(self.server), 404)


if __name__ == "__main__":
    unittest.main()
