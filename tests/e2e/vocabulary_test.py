"""A meeting's own names and terms reach the recogniser, whichever way it comes in: python3 vocabulary_test.py, with the program's path in
HANSARD_BIN."""
import shutil
import unittest
import urllib.parse

from program import Server, run_json, scratch, short_clip

# "… the product review for the hotel booking app": the small model hears "looking".
TERMS = "hotel booking app, refunds"
SECONDS = 5


class Vocabulary(unittest.TestCase):
    def setUp(self):
        self.folder = scratch()
        self.clip = short_clip(self.folder, SECONDS)
        if self.clip is None:
            self.skipTest("the program ffmpeg is not installed")

    def tearDown(self):
        shutil.rmtree(self.folder)

    def words(self, store, meeting_id):
        return (store / f"transcriptions/{meeting_id}/transcription.txt").read_text()

    def test_command(self):
        ids = [run_json(self.folder, "add", self.clip, *options)["meeting_id"] for options in ([], ["--vocabulary", TERMS])]
        heard = [self.words(self.folder, meeting_id) for meeting_id in ids]
        self.assertEqual(["hotel booking" in words for words in heard], [False, True], heard)

    def test_server(self):
        """Both kinds of upload; what the server itself is told holds where the meeting has none of its own."""
        sound = self.clip.read_bytes()
        with Server(self.folder, HANSARD_VOCABULARY="nothing of use") as server:
            def whole(**query):
                query = urllib.parse.urlencode({"filename": "call.wav", **query})
                return server.json("POST", f"/api/meetings?{query}", sound, {"Content-Type": "audio/wav"})[1]["meeting_id"]

            def parts():
                upload = server.json("POST", "/api/uploads", {"filename": "call.wav", "size": len(sound), "vocabulary": TERMS})[1]
                signed = server.json("POST", f"/api/uploads/{upload['meeting_id']}/parts", {"numbers": [1]})[1]
                url = urllib.parse.urlsplit(signed["urls"][0]["url"])
                self.assertEqual(server.request("PUT", f"{url.path}?{url.query}", sound)[0], 200)
                status, answer = server.json("POST", f"/api/uploads/{upload['meeting_id']}/complete")
                self.assertLess(status, 300, answer)
                return upload["meeting_id"]

            ids = [whole(), whole(vocabulary=TERMS), parts()]
            for meeting_id in ids:
                server.wait_done(meeting_id)
            heard = [self.words(self.folder / "store", meeting_id) for meeting_id in ids]
            self.assertEqual(["hotel booking" in words for words in heard], [False, True, True], heard)


if __name__ == "__main__":
    unittest.main(verbosity=2)
