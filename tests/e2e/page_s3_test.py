#!/usr/bin/env python3
"""The stories of the page over a bucket: what is corrected, added, decided and deleted stands there, a recording plays from there, lists, search and
links to one meeting are as over a directory. What the page does by itself, whatever the store, is not tried again. Skipped where Chromium is not
installed."""
import pathlib
import sys
import time
import unittest
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import servers  # noqa: E402
import access_page_test as access  # noqa: E402
import page_stories_test as stories  # noqa: E402
import page_views_test as views  # noqa: E402
from page_browser import DESKTOP, PHONE  # noqa: E402
from page_test import TRANSCRIPT  # noqa: E402
from program import SAMPLE  # noqa: E402

gateway = servers.Versitygw()


def setUpModule():
    unittest.addModuleCleanup(gateway.start().stop)


class OnBucket:
    """A bucket for each story; all on one server."""
    shots = "bucket-"

    def settings(self):
        self.bucket = s3.Bucket(gateway)
        return self.bucket.settings()


class Transcript(OnBucket, stories.Transcript):
    test_long_talk = test_what_was_typed_is_not_lost_without_a_server = None

    def test_correct_words_and_names(self):
        meeting_id = self.meeting()
        self.correct(meeting_id, "desk")
        stored = self.bucket.json(f"transcriptions/{meeting_id}/transcript.json")
        self.assertEqual(stored["segments"][0]["text"], "Welcome everybody to the big budget review.")
        self.assertIn("Cleo: ", self.bucket.get(f"transcriptions/{meeting_id}/transcription.txt").decode())


class Items(OnBucket, stories.Items):
    test_conflict_theirs = None

    def test_add_with_and_without_proof(self):
        meeting_id = self.meeting()
        self.add(meeting_id, "desk")
        stored = self.bucket.json(f"transcriptions/{meeting_id}/requirements.json")["requirements"]
        self.assertEqual([item["origin"] for item in stored], ["model", "user"])


class Delete(OnBucket, stories.Delete):
    test_sent_by_the_next_page_when_one_dies = None

    def test_sent_when_the_page_is_left(self):
        super().test_sent_when_the_page_is_left()
        deadline = time.monotonic() + 10
        while self.bucket.keys() and time.monotonic() < deadline:  # the job goes last
            time.sleep(0.1)
        self.assertEqual(self.bucket.keys(), [])


class Views(OnBucket, views.Views):
    test_open_actions_by_pages = test_work = None


class Player(OnBucket, stories.Stories):
    flags = ("--autoplay-policy=no-user-gesture-required",)

    def test_quote_plays_from_the_bucket(self):
        """Straight from there, by a signed URL; and what was confirmed beside it stands there."""
        key = f"meetings/{uuid.uuid4()}_review.m4a"
        self.bucket.put(key, SAMPLE.read_bytes())
        asked = {"text": TRANSCRIPT, "audio_s3_key": key, "filename": "review.vtt"}
        status, answer = self.server.json("POST", "/api/meeting/process", asked)
        self.assertEqual(status, 200, answer)
        meeting_id, browser = answer["meeting_id"], self.browser
        for size, name in ((DESKTOP, "desk"), (PHONE, "phone")):
            with self.subTest(size=name):
                browser.resize(*size)
                self.show(meeting_id)
                browser.wait("document.querySelector('audio').readyState >= 1")
                quotes = browser.js("[...document.querySelectorAll('button.quote .words')].map((e) => e.textContent)")
                number = next(i for i, words in enumerate(quotes) if "revised budget" in words)
                browser.js(f"document.querySelectorAll('button.quote')[{number}].id = 'quote'")
                browser.click("#quote")
                browser.wait("((audio) => !audio.paused && audio.currentTime > 6 && audio.currentTime < 11)(document.querySelector('audio'))")
                browser.wait("document.querySelector('.turn .active')?.textContent.includes('revised budget')")
                browser.shoot(f"{name}-meeting")
                browser.click(".play")
        browser.button("Confirm", "document.querySelector('.item')")
        browser.wait("document.querySelector('.item').dataset.status === 'confirmed'")
        deadline = time.monotonic() + 10
        while (stored := self.bucket.json(f"transcriptions/{meeting_id}/summary.json")["summary"]["action_items"][0]["status"]) != "confirmed":
            self.assertLess(time.monotonic(), deadline, stored)
            time.sleep(0.1)


class Shared(OnBucket, access.AccessPageTest):
    test_desk = test_reader = None


class Storage(OnBucket, views.Storage):
    def lose_index_key(self):
        self.bucket.client.delete_object(Bucket=self.bucket.name, Key=self.bucket.keys("hansard/index/")[0])


if __name__ == "__main__":
    servers.prepare("versitygw")
    import s3
    unittest.main()
