#!/usr/bin/env python3
"""The stories of the page over a bucket: what is corrected, added, decided and deleted stands there. Skipped where Chromium is not installed."""
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import servers  # noqa: E402
import page_stories_test as stories  # noqa: E402
import page_views_test as views  # noqa: E402


class OnBucket(stories.Stories):
    @classmethod
    def setUpClass(cls):
        cls.gateway = servers.Versitygw().start()
        cls.addClassCleanup(cls.gateway.stop)

    def settings(self):
        self.bucket = s3.Bucket(self.gateway)
        return self.bucket.settings()


class Transcript(OnBucket, stories.Transcript):
    def test_correct_words_and_names(self):
        meeting_id = self.meeting()
        self.correct(meeting_id, "bucket")
        stored = self.bucket.json(f"transcriptions/{meeting_id}/transcript.json")
        self.assertEqual(stored["segments"][0]["text"], "Welcome everybody to the big budget review.")
        self.assertIn("Cleo: ", self.bucket.get(f"transcriptions/{meeting_id}/transcription.txt").decode())


class Items(OnBucket, stories.Items):
    def test_add_with_and_without_proof(self):
        meeting_id = self.meeting()
        self.add(meeting_id, "bucket")
        stored = self.bucket.json(f"transcriptions/{meeting_id}/requirements.json")["requirements"]
        self.assertEqual([item["origin"] for item in stored], ["model", "user"])


class Delete(OnBucket, stories.Delete):
    def test_sent_when_the_page_is_left(self):
        super().test_sent_when_the_page_is_left()
        self.assertEqual(self.bucket.keys(), [])


class Storage(OnBucket, views.Storage):
    def lose_index_key(self):
        self.bucket.client.delete_object(Bucket=self.bucket.name, Key=self.bucket.keys("hansard/index/")[0])


if __name__ == "__main__":
    servers.prepare("versitygw")
    import s3
    unittest.main()
