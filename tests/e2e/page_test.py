#!/usr/bin/env python3
"""The page in a real browser: upload, meeting, a quote that plays where it was said, edit, search, delete. Skipped where Chromium
is not installed."""
import shutil
import unittest

import page_browser
from program import SAMPLE, Server, scratch

TRANSCRIPT = """WEBVTT

00:00:01.000 --> 00:00:05.000
<v Ann Lee>Welcome everybody to the <b>budget</b> review of this quarter.

00:00:06.000 --> 00:00:11.000
<v Ann Lee>I will send the revised budget to Bob by Friday.

00:01:12.000 --> 00:01:17.000
<v Bob Stone>We decided to keep the single curved case in yellow.

00:01:18.000 --> 00:01:24.000
<v Bob Stone>The system must answer within two hundred milliseconds.
"""

ENTER = ("Enter", 13)


@unittest.skipUnless(page_browser.PROGRAM, "Chromium is not installed (apt-get install chromium)")
class PageTest(unittest.TestCase):
    def setUp(self):
        self.folder = scratch()
        self.addCleanup(shutil.rmtree, self.folder)
        self.server = Server(self.folder)
        (self.folder / "store").mkdir(exist_ok=True)
        self.server.__enter__()
        self.addCleanup(self.server.__exit__)
        self.browser = page_browser.Browser()
        self.addCleanup(self.browser.close)
        self.browser.open(f"http://127.0.0.1:{self.server.port}/")
        self.browser.wait("document.querySelector('.upload.large') && document.querySelector('.empty h2')?.offsetHeight > 0")

    def upload(self, path, seconds=60):
        """Uploads in the page, waits until the list shows the meeting as done, and opens it. Returns its id."""
        self.browser.choose_files("#files", path)
        self.browser.wait("document.querySelector('.rows:not(.jobs, .uploads) .row')", seconds)
        self.browser.click(".rows:not(.jobs, .uploads) .row-link")
        self.browser.wait("document.querySelector('.meeting .turn')")
        return self.browser.js("decodeURIComponent(location.hash.slice(4))")

    def test_transcript_from_upload_to_delete(self):
        path = self.folder / "budget review.vtt"
        path.write_text(TRANSCRIPT)
        meeting_id = self.upload(path)
        browser = self.browser
        for text in ("Ann Lee", "1:12"):  # turns are drawn when they come into view
            browser.wait(f"document.querySelector('.transcript').innerText.includes('{text}')")

        # A quote marks the segment that it stands in; nothing plays, for there is no recording.
        self.assertIsNone(browser.js("document.querySelector('audio')"))
        browser.click("button.quote")
        segment = browser.wait("document.querySelector('.quoted')?.textContent")
        words = browser.js("document.querySelector('button.quote .words').textContent")
        self.assertTrue(words in segment or segment in words, (words, segment))

        # Confirming an item and a new title stand in the store, and in the page after a reload.
        self.confirm(".item")
        browser.wait("document.querySelector('.item').dataset.status === 'confirmed'")
        browser.click(".title button")
        browser.js("document.querySelector('.title input').select()")
        browser.type(".title input", "Budget <i>& case</i>")
        browser.press(*ENTER)
        browser.wait("document.querySelector('h1')?.textContent === 'Budget <i>& case</i>'")
        browser.command("Page.reload")
        browser.wait("document.querySelector('h1')?.textContent === 'Budget <i>& case</i>'")
        browser.wait("document.querySelector('.item[data-status=confirmed]')")
        self.assertEqual(self.server.wait_done(meeting_id)["metadata"]["title"], "Budget <i>& case</i>")

        self.lost_update(meeting_id)
        self.search()
        self.delete(meeting_id)
        self.assertEqual(browser.complaints, [])

    def confirm(self, card):
        buttons = f"[...document.querySelectorAll('{card} .card-tools button')]"
        self.browser.js(f"{buttons}.find((button) => button.innerText === 'Confirm').click()")

    def lost_update(self, meeting_id):
        """What someone else has changed elsewhere in the meeting stays, the edit is made on top of it, and both are shown."""
        browser = self.browser
        browser.wait("document.querySelector('.item .card-tools button')")
        self.server.edit(meeting_id, {"title": "From elsewhere"})
        item = browser.js("document.querySelector('.item[data-status=draft] .item-text').innerText")
        self.confirm(".item[data-status=draft]")
        browser.wait("document.querySelector('h1')?.textContent === 'From elsewhere'")
        browser.complaints = [text for text in browser.complaints if "412" not in text]
        meeting = self.server.wait_done(meeting_id)
        self.assertEqual(meeting["metadata"]["title"], "From elsewhere")
        items = [*meeting["summary"]["action_items"], *meeting["summary"]["decisions"], *meeting["requirements"]]
        self.assertEqual([one["status"] for one in items if one["text"] == item], ["confirmed"])

    def search(self):
        """Words lead to the second where they were said."""
        browser = self.browser
        browser.type(".search input", "curved case")
        browser.press(*ENTER)
        browser.wait("document.querySelector('.hit mark')")
        self.assertIn("curved", browser.js("[...document.querySelectorAll('.hit mark')].map((m) => m.textContent).join(' ')"))
        browser.wait("document.querySelector('.hit .stamp').innerText.includes('1:12')")  # rows are drawn when they come into view
        browser.click(".hit a")
        browser.wait("document.querySelector('.turn .active')?.textContent.includes('curved case')")

    def delete(self, meeting_id):
        browser = self.browser
        browser.click(".tools > button:last-child")
        browser.wait("document.querySelector('dialog')?.open")
        browser.click("dialog .danger")
        browser.wait("location.hash === '#/' && document.querySelector('.empty')?.offsetHeight > 0")
        # Until it is sent it may be taken back.
        self.assertEqual(self.server.json("GET", f"/api/meetings/{meeting_id}")[0], 200)
        self.server.wait_gone(meeting_id)

    def test_recording_plays_where_the_quote_was_said(self):
        meeting = self.server.wait_done(self.upload(SAMPLE, seconds=600))
        browser = self.browser
        browser.wait("document.querySelector('audio').readyState >= 1")
        summary = meeting["summary"]
        items = [*summary["action_items"], *summary["decisions"], *summary["questions"], *meeting["requirements"]]
        starts = [evidence["start_ms"] for item in items for evidence in item["evidence"]]
        self.assertGreater(max(starts), 3000, "the sample must have an item later than its first seconds")
        self.assertEqual(browser.js("document.querySelectorAll('button.quote').length"), len(starts))
        latest = starts.index(max(starts))
        browser.js(f"document.querySelectorAll('button.quote')[{latest}].id = 'latest'")
        browser.click("#latest")
        browser.wait("!document.querySelector('audio').paused && !document.querySelector('audio').seeking")
        now_ms = browser.js("document.querySelector('audio').currentTime") * 1000
        self.assertGreaterEqual(now_ms, starts[latest] - 50)
        self.assertLess(now_ms, starts[latest] + 3000)
        browser.wait(f"document.querySelector('audio').currentTime * 1000 > {now_ms}")
        browser.wait("document.querySelector('.turn .active') && document.querySelector('.turn .quoted')")

        # The waveform is a slider; the keys move the recording and space stops it.
        browser.js("document.querySelector('.wave').focus()")
        browser.press("Home", 36)
        browser.press(" ", 32)
        browser.wait("document.querySelector('audio').paused && document.querySelector('audio').currentTime < 3")
        browser.press("ArrowRight", 39)
        browser.wait("Math.abs(document.querySelector('audio').currentTime - 6) < 3")
        self.assertEqual(browser.complaints, [])


if __name__ == "__main__":
    unittest.main()
