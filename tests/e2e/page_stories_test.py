#!/usr/bin/env python3
"""What the person who held the meeting does on the page, on a desk and on a phone: correct the words, name who speaks, add items, meet someone else's
change, take a delete back. Pictures of it are kept beside the program, in screenshots/. Skipped where Chromium is not installed."""
import json
import shutil
import time
import unittest

import page_browser
from page_browser import DESKTOP, PHONE
from page_test import TRANSCRIPT
from program import Server, scratch


@unittest.skipUnless(page_browser.PROGRAM, "Chromium is not installed (apt-get install chromium)")
class Stories(unittest.TestCase):
    flags, shots = (), ""

    def settings(self):
        """Of the server; a directory holds the meetings where there are none."""
        return {}

    def setUp(self):
        self.folder = scratch()
        self.addCleanup(shutil.rmtree, self.folder)
        (self.folder / "store").mkdir()
        self.given = self.settings()
        self.server = Server(self.folder, **self.given).start()
        self.addCleanup(self.server.__exit__)
        self.browser = page_browser.Browser(flags=self.flags)
        self.addCleanup(self.browser.close)
        self.browser.shots = self.shots
        self.url = f"http://127.0.0.1:{self.server.port}/"

    def tearDown(self):
        # What a conflict, a lost connection or a refused export says is no complaint of the page.
        expected = ("412", "ERR_CONNECTION", "ERR_INTERNET_DISCONNECTED", "ERR_EMPTY_RESPONSE")
        self.assertEqual([text for text in self.browser.complaints if not any(word in text for word in expected)], [])

    def meeting(self, name="budget review", words=TRANSCRIPT, **query):
        options = "".join(f"&{key}={value}" for key, value in query.items())
        status, answer = self.server.json("POST", f"/api/meetings?filename={name.replace(' ', '%20')}.vtt{options}", words.encode(),
                                          {"Content-Type": "application/octet-stream"})
        self.assertEqual(status, 202, answer)
        self.server.wait_done(answer["meeting_id"])
        return answer["meeting_id"]

    def show(self, meeting_id, view="notes"):
        self.browser.open("about:blank")
        self.browser.open(f"{self.url}#/m/{meeting_id}")
        self.browser.wait("document.querySelector('.meeting .turn')")
        self.browser.js(f"document.querySelector('[data-view={view}]').click()")

    def state(self, meeting_id):
        return self.server.json("GET", f"/api/meetings/{meeting_id}")[1]["meeting"]


class Transcript(Stories):
    def test_correct_words_and_names(self):
        for size, name in ((DESKTOP, "desk"), (PHONE, "phone")):
            with self.subTest(size=name):
                self.browser.resize(*size)
                self.correct(self.meeting(), name)

    def correct(self, meeting_id, name):
        browser = self.browser
        self.show(meeting_id, "transcript")
        browser.click(".turn-tools button")
        browser.wait("document.activeElement.tagName === 'TEXTAREA'")
        browser.set("form.turn textarea", "Welcome everybody  to the\nbig budget review.")
        browser.set("form.turn input", "Ann Leigh")
        browser.shoot(f"{name}-correct")
        browser.click("form.turn .primary")
        # Shown at once; the other turns and the items follow.
        browser.wait("document.querySelector('.turn h3')?.innerText === 'Ann Leigh'"
                     " && document.querySelector('.turn p').innerText.startsWith('Welcome everybody to the big')")
        browser.wait("[...document.querySelectorAll('.item .owner, .item .source')].some((e) => e.textContent.includes('Ann Leigh'))")
        meeting = self.state(meeting_id)
        self.assertEqual(meeting["transcript"]["segments"][0]["text"], "Welcome everybody to the big budget review.")
        self.assertEqual([speaker["name"] for speaker in meeting["transcript"]["speakers"]], ["Ann Leigh", "Bob Stone"])
        self.assertIn("Ann Leigh: Welcome everybody to the big budget", meeting["transcription"])
        self.assertEqual(meeting["summary"]["action_items"][0]["owner"], "Ann Leigh")

        # Only here: the other turns stay whose they are. By keyboard alone.
        browser.js("[...document.querySelectorAll('.turn')].at(-1).querySelector('.turn-tools button').focus()")
        browser.press("Enter", 13)
        browser.set("form.turn input", "Cleo")
        browser.set("form.turn select", "turn")
        browser.js("document.querySelector('form.turn .primary').focus()")
        browser.press("Enter", 13)
        browser.wait("[...document.querySelectorAll('.turn h3')].map((e) => e.innerText).join() === 'Ann Leigh,Cleo'")
        browser.wait("!document.querySelector('form')?.matches('.turn')")
        deadline = time.monotonic() + 10
        while self.state(meeting_id)["transcript"]["segments"][2]["speaker"] != "S3" and time.monotonic() < deadline:
            time.sleep(0.1)
        speakers = self.state(meeting_id)["transcript"]["speakers"]
        self.assertEqual([speaker["name"] for speaker in speakers], ["Ann Leigh", "Bob Stone", "Cleo"])
        browser.command("Page.reload")
        browser.wait("[...document.querySelectorAll('.turn h3')].map((e) => e.innerText).join() === 'Ann Leigh,Cleo'")

    def test_long_talk(self):
        """Of many turns those get buttons that one is near, by the mouse or by the keyboard; all words are there to be found, and far ones are come to."""
        said = "".join(f"00:{i // 60:02d}:{i % 60:02d}.000 --> 00:{i // 60:02d}:{i % 60:02d}.900\n<v {('Ann', 'Bob')[i % 2]}>Word number {i}.\n\n"
                       for i in range(400))
        meeting_id = self.meeting(words=f"WEBVTT\n\n{said}")
        self.show(meeting_id, "transcript")
        browser = self.browser
        browser.wait("document.querySelectorAll('.turn .turn-tools').length >= 20")
        self.assertEqual(browser.js("document.querySelectorAll('.turn').length"), 400)
        self.assertLess(browser.js("document.querySelectorAll('.turn-tools').length"), 100)
        self.assertIn("Word number 399.", browser.js("document.querySelector('.turns').textContent"))
        # Wherever the keyboard has come to, the next turn has its buttons.
        browser.js("document.querySelector('.turn .turn-tools button').focus()")
        for _ in range(100):
            browser.press("Tab", 9)
        self.assertGreaterEqual(browser.wait("[...document.querySelectorAll('.turn')].indexOf(document.activeElement.closest('.turn'))"), 49)
        browser.set(".find input", "number 390")
        browser.wait("((box, pane) => box.top > pane.top && box.bottom < pane.bottom)"
                     "(document.querySelectorAll('.turn')[390].getBoundingClientRect(), document.querySelector('.pane').getBoundingClientRect())")
        browser.wait("document.querySelectorAll('.turn')[390].querySelector('.turn-tools')")
        browser.js("document.querySelectorAll('.turn')[390].querySelector('.turn-tools button').click()")
        browser.set("form.turn textarea", "Word number three hundred and ninety.")
        browser.click("form.turn .primary")
        browser.wait("document.querySelectorAll('.turn')[390].innerText.includes('three hundred')")
        browser.open("about:blank")
        browser.open(f"{self.url}#/m/{meeting_id}?t=395500")
        browser.wait("document.querySelector('.turn .active')?.textContent.includes('number 395') && ((box) => box.top > 0 && box.bottom < innerHeight)"
                     "(document.querySelector('.turn .active').getBoundingClientRect())")

    def test_what_was_typed_is_not_lost_without_a_server(self):
        meeting_id = self.meeting()
        self.show(meeting_id, "transcript")
        browser = self.browser
        browser.command("Network.enable")
        browser.command("Network.emulateNetworkConditions", offline=True, latency=0, downloadThroughput=-1, uploadThroughput=-1)
        browser.click(".turn-tools button")
        browser.set("form.turn textarea", "A long correction.")
        browser.click("form.turn .primary")
        browser.wait("document.querySelector('.notice.error')?.innerText.includes('Not saved')")
        browser.wait("document.querySelector('form.turn textarea')?.value === 'A long correction.'")
        browser.command("Network.emulateNetworkConditions", offline=False, latency=0, downloadThroughput=-1, uploadThroughput=-1)
        browser.click("form.turn .primary")
        browser.wait("document.querySelector('.turn p')?.innerText.startsWith('A long correction.')")
        deadline = time.monotonic() + 10
        while self.state(meeting_id)["transcript"]["segments"][0]["text"] != "A long correction." and time.monotonic() < deadline:
            time.sleep(0.1)
        self.assertEqual(self.state(meeting_id)["transcript"]["segments"][0]["text"], "A long correction.")


class Items(Stories):
    def test_add_with_and_without_proof(self):
        for size, name in ((DESKTOP, "desk"), (PHONE, "phone")):
            with self.subTest(size=name):
                self.browser.resize(*size)
                self.add(self.meeting(), name)

    def add(self, meeting_id, name):
        browser = self.browser
        self.show(meeting_id, "transcript")
        # A selection that begins and ends within words becomes whole words.
        browser.js("(() => { const text = document.querySelectorAll('[data-index]')[2].firstChild, range = document.createRange();"
                   "range.setStart(text, 5); range.setEnd(text, 22); getSelection().removeAllRanges(); getSelection().addRange(range); })()")
        browser.wait("document.querySelector('.selection')?.offsetHeight > 0")
        browser.shoot(f"{name}-select")
        browser.button("Requirement")
        browser.wait("document.querySelector('dialog')?.open")
        self.assertEqual(browser.js("document.querySelector('dialog .quote .words').textContent"), "decided to keep the")
        browser.set("dialog textarea", "The system shall keep the case.")
        browser.set("dialog select:has(option[value=must])", "must")
        browser.shoot(f"{name}-add")
        browser.button("Add", "document.querySelector('dialog')")
        browser.wait("[...document.querySelectorAll('.item-text')].some((e) => e.textContent === 'The system shall keep the case.')")
        added = next(item for item in self.state(meeting_id)["requirements"] if item["origin"] == "user")
        self.assertEqual((added["priority"], added["status"], added["evidence"][0]["quote"], added["evidence"][0]["speaker"]),
                         ("must", "confirmed", "decided to keep the", "Bob Stone"))

        browser.js("document.querySelector('[data-view=notes]').click()")
        browser.button("Add an action")
        browser.set("dialog textarea", "Call the printer")
        browser.set("dialog input[type=date]", "2031-02-03")
        browser.js("document.querySelector('dialog input:not([type])').focus()")
        browser.press("Enter", 13)
        browser.wait("!document.querySelector('dialog')")
        browser.wait("[...document.querySelectorAll('.item-text')].some((e) => e.textContent === 'Call the printer')")
        own = next(item for item in self.state(meeting_id)["summary"]["action_items"] if item["origin"] == "user")
        self.assertEqual((own["text"], own["due"], own["evidence"]), ("Call the printer", "2031-02-03", []))
        # It can be changed at once, under the id that the server gave it.
        card = "[...document.querySelectorAll('.item')].find((e) => e.innerText.includes('Call the printer'))"
        browser.button("Done", card)
        browser.wait(f"{card}.dataset.status === 'done'")
        browser.shoot(f"{name}-notes")
        deadline = time.monotonic() + 10
        while next(item for item in self.state(meeting_id)["summary"]["action_items"] if item["origin"] == "user")["status"] != "done":
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.1)

    def clash(self, typed):
        """Someone changes what the user is changing; both versions are shown."""
        meeting_id = self.meeting()
        self.show(meeting_id)
        browser = self.browser
        self.server.edit(meeting_id, {"items": {"A-1": {"text": "Words from elsewhere", "owner": "Zoe"}}})
        browser.js("document.querySelector('.items-of.action .item [aria-label=Change]').click()")
        browser.set(".item textarea", typed)
        browser.click(".item form .primary")
        browser.wait("document.querySelector('dialog')?.open")
        self.assertEqual(browser.js("[...document.querySelectorAll('.versions .theirs')].map((e) => e.textContent)"), ["Words from elsewhere", "Zoe"])
        self.assertEqual(browser.js("[...document.querySelectorAll('.versions textarea')].map((e) => e.value)"), [typed, "Ann Lee"])
        browser.press("Escape", 27)
        self.assertTrue(browser.js("document.querySelector('dialog')?.open"), "what was typed does not go by Escape")
        return meeting_id

    def test_conflict_mine(self):
        meeting_id = self.clash("My own words")
        browser = self.browser
        browser.shoot("desk-conflict")
        browser.resize(*PHONE)
        browser.shoot("phone-conflict")
        browser.set(".versions textarea", "My own words, and theirs")
        browser.button("Save mine")
        browser.wait("[...document.querySelectorAll('.item-text')].some((e) => e.textContent === 'My own words, and theirs')")
        item = self.state(meeting_id)["summary"]["action_items"][0]
        self.assertEqual((item["text"], item["owner"]), ("My own words, and theirs", "Ann Lee"))

    def test_conflict_theirs(self):
        meeting_id = self.clash("My own words")
        browser = self.browser
        browser.button("Keep theirs")
        browser.wait("[...document.querySelectorAll('.item-text')].some((e) => e.textContent === 'Words from elsewhere')")
        self.assertEqual(self.state(meeting_id)["summary"]["action_items"][0]["owner"], "Zoe")


class Delete(Stories):
    def delete(self, meeting_id):
        self.show(meeting_id)
        self.browser.button("Delete")
        self.browser.wait("document.querySelector('dialog')?.open")
        self.browser.button("Delete for good")
        self.browser.wait("location.hash === '#/' && document.querySelector('.notice')?.innerText.includes('is deleted')")

    def test_undo(self):
        meeting_id, other = self.meeting("gone"), self.meeting("other")
        self.delete(meeting_id)
        browser = self.browser
        browser.wait("document.querySelectorAll('.rows:not(.jobs, .uploads) .row').length === 1")
        browser.shoot("desk-undo")
        browser.button("Undo")
        browser.wait("document.querySelectorAll('.rows:not(.jobs, .uploads) .row').length === 2")
        time.sleep(9)  # longer than it waits
        self.assertEqual(self.state(meeting_id)["status"], "ready")
        self.assertEqual(self.state(other)["status"], "ready")

    def test_sent_when_the_page_is_left(self):
        meeting_id = self.meeting()
        self.delete(meeting_id)
        self.browser.open("about:blank")
        self.server.wait_gone(meeting_id, 5)

    def test_sent_by_the_next_page_when_one_dies(self):
        meeting_id = self.meeting()
        self.delete(meeting_id)
        self.server.kill()  # so that what the page says on its way out is lost
        self.browser.reopen()
        self.server.start()
        self.assertEqual(self.state(meeting_id)["status"], "ready")
        self.browser.open(self.url)
        self.browser.wait("document.querySelector('.upload')")
        self.assertFalse(self.browser.js(f"!!document.querySelector('.row:not([hidden]) a[href*=\"{meeting_id}\"]')"), "it is not shown meanwhile")
        self.server.wait_gone(meeting_id, 30)


class Exports(Stories):
    def test_menu_has_what_there_is(self):
        meeting_id = self.meeting()
        self.show(meeting_id)
        browser = self.browser
        browser.click(".menu summary")
        links = browser.wait("[...document.querySelectorAll('.menu a')].map((a) => a.getAttribute('href'))")
        browser.shoot("desk-export")
        formats = [link.split("format=")[1] for link in links]
        self.assertEqual(formats, ["md", "docx", "txt", "srt", "vtt", "json", "csv", "jira.csv", "github.csv", "ics", "reqif"])
        for link in links:
            status, headers, body = self.server.request("GET", link)
            self.assertEqual(status, 200, link)
            self.assertGreater(len(body), 100, link)
            self.assertIn(f"budget review.{link.split('format=')[1]}", headers["Content-Disposition"])
        # Without a date and without requirements there is no calendar and no ReqIF.
        self.server.edit(meeting_id, {"items": {"A-1": {"due": None}, "REQ-1": {"status": "rejected"}}})
        self.show(meeting_id)
        browser.click(".menu summary")
        left = browser.wait("[...document.querySelectorAll('.menu a')].map((a) => a.getAttribute('href').split('format=')[1])")
        self.assertEqual(left, formats[:-2])
        for name in ("ics", "reqif"):
            status, answer = self.server.json("GET", f"/api/meetings/{meeting_id}/export?format={name}")
            self.assertEqual((status, answer["code"]), (400, "invalid"))


if __name__ == "__main__":
    unittest.main()
