#!/usr/bin/env python3
"""The page over all meetings, and what it does with sound: lists and their filters, items by who and when, search while one types, work that failed,
recording in the browser, and silence that is skipped. Skipped where Chromium is not installed."""
import array
import datetime
import shutil
import time
import unittest
import wave

from page_browser import DESKTOP, PHONE
from page_stories_test import Stories
from page_test import TRANSCRIPT
from program import run, run_json, short_clip

ROWS = ".rows:not(.jobs, .uploads) .row"


class Views(Stories):
    def titles(self, selector=f"{ROWS} .row-title"):
        return self.browser.js(f"[...document.querySelectorAll('{selector}')].map((e) => e.textContent)")

    def wait_titles(self, *wanted):
        self.browser.wait(f"[...document.querySelectorAll('{ROWS} .row-title')].map((e) => e.textContent).join() === '{','.join(wanted)}'")

    def test_filters_of_the_list(self):
        first, *_ = (self.meeting(name, tags=tag) for name, tag in (("one", "red"), ("two", "blue"), ("three", "red")))
        self.server.edit(first, {"items": {"A-1": {"status": "done"}}})
        status, answer = self.server.json("POST", "/api/meetings?filename=broken.wav", b"RIFF0000", {"Content-Type": "application/octet-stream"})
        self.assertEqual(status, 202, answer)
        browser = self.browser
        for size, name in ((DESKTOP, "desk"), (PHONE, "phone")):
            with self.subTest(size=name):
                browser.resize(*size)
                browser.open("about:blank")
                browser.open(self.url)
                self.wait_titles("three", "two", "one")
                browser.wait("document.querySelector('.jobs .failed .reason')", 30)
                browser.click(".filter summary")
                browser.set(".filters input[list=tags]", "red")
                self.wait_titles("three", "one")
                browser.shoot(f"{name}-filter")
                # The address keeps the filter, so that a reload finds it.
                self.assertIn("tag=red", browser.js("location.hash"))
                browser.command("Page.reload")
                browser.wait("document.querySelector('.filter')?.open")
                self.wait_titles("three", "one")
                browser.wait("document.querySelector('.jobs .failed .reason')")  # which moves what stands below it
                browser.click(".filters input[type=checkbox]")
                self.wait_titles("three")
                browser.set(".filters input[list=tags]", "")
                self.wait_titles("three", "two")
                browser.click(".filters input[type=checkbox]")
                self.wait_titles("three", "two", "one")
                today = datetime.date.today()
                browser.set(".filters label:nth-of-type(3) input", (today + datetime.timedelta(2)).isoformat())
                self.wait_titles()
                browser.set(".filters select", "ready")
                browser.wait("[...document.querySelectorAll('main p')].some((e) => e.offsetHeight && e.innerText === 'No meeting fits this filter.')")
                browser.set(".filters select", "")
                browser.set(".filters label:nth-of-type(3) input", (today - datetime.timedelta(1)).isoformat())
                browser.set(".filters label:nth-of-type(4) input", today.isoformat())
                self.wait_titles("three", "two", "one")
                browser.set(".filters select", "failed")
                self.wait_titles()
                self.assertEqual(self.titles(".jobs .row-title"), ["broken"])
                browser.set(".filters select", "ready")
                self.wait_titles("three", "two", "one")
                browser.wait("!document.querySelector('.jobs .row')")

    def test_open_actions_by_pages(self):
        ids = [self.meeting(f"m{number}", tags=("even", "odd")[number % 2]) for number in range(5)]
        self.server.edit(ids[2], {"items": {"A-1": {"status": "rejected"}}})
        seen, cursor = [], ""
        while cursor is not None:
            status, page = self.server.json("GET", "/api/meetings?open_actions=1&limit=2" + (f"&cursor={cursor}" if cursor else ""))
            self.assertEqual((status, page["count"]), (200, len(page["meetings"])))
            seen += [row["meeting_id"] for row in page["meetings"]]
            cursor = page["next_cursor"]
        self.assertEqual(seen, [ids[4], ids[3], ids[1], ids[0]])
        odd = self.server.json("GET", "/api/meetings?open_actions=1&tag=odd")[1]["meetings"]
        self.assertEqual([row["meeting_id"] for row in odd], [ids[3], ids[1]])
        for cursor in ("x", "12", "12_../x", "_a"):
            status, answer = self.server.json("GET", f"/api/meetings?open_actions=1&cursor={cursor}")
            self.assertEqual((status, answer["code"]), (400, "invalid"), cursor)

    def test_items_of_all_meetings(self):
        ids = [self.meeting(name) for name in ("one", "two", "three")]
        today = datetime.date.today()
        days = [today - datetime.timedelta(3), today + datetime.timedelta(3), today + datetime.timedelta(90)]
        for meeting_id, day, owner in zip(ids, days, ("Ann", "Bob", "Ann")):
            self.server.edit(meeting_id, {"items": {"A-1": {"due": day.isoformat(), "owner": owner}}})
        self.server.edit(ids[2], {"items": {"A-1": {"status": "done"}}})
        browser = self.browser

        def wait(*wanted):
            browser.wait(f"[...document.querySelectorAll('.item .context a')].map((e) => e.textContent).join() === '{','.join(wanted)}'")

        for size, name in ((DESKTOP, "desk"), (PHONE, "phone")):
            with self.subTest(size=name):
                browser.resize(*size)
                browser.open("about:blank")
                browser.open(f"{self.url}#/items")
                wait("two", "one")
                browser.shoot(f"{name}-items")
                owner, status, due, sort = (f".filters label:nth-of-type({number}) select" for number in (1, 2, 3, 4))
                self.assertEqual(browser.js(f"document.querySelector('{owner}').innerText").split("\n"), ["Anyone", "Ann (1)", "Bob (1)"])
                browser.set(sort, "due")
                wait("one", "two")
                browser.set(due, "overdue")
                wait("one")
                browser.set(due, "week")
                wait("one", "two")
                browser.set(owner, "Bob")
                wait("two")
                browser.set(owner, "")
                browser.set(due, "")
                browser.set(status, "")
                wait("one", "two", "three")
                browser.set(status, "done")
                wait("three")
                browser.click(".tabs a[href*=requirement]")
                wait("three", "two", "one")
                browser.click(".item .quote")
                browser.wait("location.hash.includes('?t=78000') && document.querySelector('.turn .active')")
        # What is done here is done in the meeting.
        browser.open("about:blank")
        browser.open(f"{self.url}#/items")
        wait("two", "one")
        browser.button("Done", "document.querySelector('.item')")
        browser.wait("document.querySelector('.item').dataset.status === 'done'")
        deadline = time.monotonic() + 10
        while self.state(ids[1])["summary"]["action_items"][0]["status"] != "done" and time.monotonic() < deadline:
            time.sleep(0.1)
        self.assertEqual(self.state(ids[1])["summary"]["action_items"][0]["status"], "done")

    def test_search_while_typing(self):
        self.meeting("one")
        browser = self.browser
        browser.open(self.url)
        self.wait_titles("one")
        steps = browser.js("history.length")
        for letters in ("cur", "ved", " case"):
            browser.type(".search input", letters)
            time.sleep(0.5)
        browser.wait("document.querySelector('.hit mark') && location.hash === '#/search?q=curved+case'")
        self.assertEqual(browser.js("[document.activeElement.name, document.activeElement.value, history.length]"), ["q", "curved case", steps + 1])
        browser.shoot("desk-search")
        browser.click(".hit a")
        browser.wait("document.querySelector('.turn .active')?.textContent.includes('curved case') && location.hash.includes('t=72000')")
        self.assertEqual(browser.js("document.querySelector('.search input').value"), "")

    def test_work(self):
        """What failed tells why, and can be tried again or thrown away."""
        answer = self.server.json("POST", "/api/meetings?filename=broken.wav", b"RIFF0000", {"Content-Type": "application/octet-stream"})[1]
        upload = {"filename": "half.wav", "size": 50000000}
        self.assertEqual(self.server.json("POST", "/api/uploads", upload)[0], 201)
        browser = self.browser
        browser.open(f"{self.url}#/work")
        browser.wait("document.querySelector('.jobs .failed .reason')?.innerText.includes('no sound or video format')", 30)
        browser.wait("document.querySelector('main').innerText.includes('half')")
        browser.shoot("desk-work")
        browser.resize(*PHONE)
        browser.shoot("phone-work")
        browser.button("Try again")
        browser.wait("[...document.querySelectorAll('.notice')].some((e) => e.innerText.includes('Trying again'))")
        browser.wait("document.querySelector('.jobs .failed .reason')", 30)
        browser.button("Cancel the upload of half")
        browser.wait("!document.querySelector('main').innerText.includes('half')")
        self.assertEqual(self.server.json("GET", "/api/uploads")[1]["uploads"], [])
        browser.button("Delete broken")
        browser.button("Delete for good")
        self.server.wait_gone(answer["meeting_id"])


class Storage(Stories):
    def lose_index_key(self):
        next((self.folder / "store/hansard/index").iterdir()).unlink()

    def test_storage(self):
        """What the store holds and costs, what a repair mended, the room on the disk, and the way to what failed."""
        self.meeting()
        self.server.json("POST", "/api/meetings?filename=broken.wav", b"RIFF0000", {"Content-Type": "application/octet-stream"})
        browser, on_bucket = self.browser, bool(self.given)
        for size, name in ((DESKTOP, "desk"), (PHONE, "phone")):
            browser.resize(*size)
            browser.open("about:blank")
            browser.open(f"{self.url}#/storage")
            browser.wait("document.querySelector('.figures tfoot')")
            browser.wait("document.querySelector('main').innerText.includes('1 failed')", 30)
            self.assertIn("No repair has changed anything yet", browser.js("document.querySelector('main').innerText"))
            self.assertLessEqual(browser.js("document.documentElement.scrollWidth"), size[0])
            browser.shoot(f"{name}-storage")
        status, told = self.server.json("GET", "/api/storage")
        counted = run_json(self.folder / "store", "cost", **self.given)
        self.assertEqual((status, told["bucket"], told["place"], told["problem"]), (200, on_bucket, counted["place"], None))
        self.assertEqual(told["cost"]["storage"]["kinds"][0]["kind"], "recordings")
        self.assertEqual(told["cost"]["storage"].keys(), counted["storage"].keys())
        if on_bucket:
            self.assertIsNone(told["disk"])
        else:
            self.assertAlmostEqual(told["disk"]["size_bytes"] / shutil.disk_usage(self.folder).total, 1, 1)
        rows = browser.js("[...document.querySelectorAll('.figures tbody tr')].map((e) => e.cells[0].innerText)")
        self.assertTrue({"Recordings", "Transcripts and items", "The list"} <= set(rows), rows)
        self.assertEqual(browser.js("document.querySelector('.top [aria-current]').innerText"), "Storage")
        self.lose_index_key()
        run(self.folder / "store", "verify", "--repair", "--yes", "--settled", "0", **self.given)
        browser.command("Page.reload")
        browser.wait("document.querySelector('main').innerText.includes('mended 1 and left 0')")
        browser.js("[...document.querySelectorAll('main a')].find((e) => e.innerText.includes('try again')).click()")
        browser.wait("document.querySelector('.jobs .failed')")


@unittest.skipUnless(shutil.which("ffmpeg"), "ffmpeg is not installed")
class Silence(Stories):
    flags = ("--autoplay-policy=no-user-gesture-required",)

    def test_is_skipped(self):
        """Two utterances with twelve seconds of silence between them: played through in less."""
        with wave.open(str(short_clip(self.folder, 6))) as clip:
            speech, form = clip.readframes(clip.getnframes()), clip.getparams()
        path = self.folder / "pause.wav"
        with wave.open(str(path), "wb") as out:
            out.setparams(form)
            out.writeframes(speech + array.array("h", bytes(2 * 12 * form.framerate)).tobytes() + speech)
        answer = self.server.json("POST", "/api/meetings?filename=pause.wav", path.read_bytes(), {"Content-Type": "application/octet-stream"})[1]
        meeting = self.server.wait_done(answer["meeting_id"], 600)
        browser = self.browser
        self.show(answer["meeting_id"])
        browser.wait("document.querySelector('audio').readyState >= 1")
        browser.click(".skip-silence")
        self.assertEqual(browser.js("document.querySelector('.skip-silence').getAttribute('aria-pressed')"), "true")
        browser.js("window.places = []; document.querySelector('audio').addEventListener('timeupdate', (e) => places.push(e.target.currentTime))")
        browser.click(".play")
        browser.wait("document.querySelector('audio').currentTime > 18.5", 15)
        silent = browser.js("places.filter((at) => at > 8 && at < 17).length")
        self.assertLess(silent, 4, (browser.js("places"), meeting["transcript"]["segments"]))
        # The speed that was set holds for the next meeting, too.
        browser.set(".speed", "1.5")
        self.assertEqual(browser.js("document.querySelector('audio').playbackRate"), 1.5)


class Scroll(Stories):
    def test_goes_on_as_fast_as_one_scrolls(self):
        """The list of a thousand meetings, by key names alone."""
        folder = self.folder / "store/hansard/index"
        folder.mkdir(parents=True, exist_ok=True)
        for number in range(1000):
            time_ms = 1772600767089 - number * 60000
            (folder / f"{9999999999999 - time_ms:013d}_meeting-{number:08d}_1_1_r_1800_1_0_0_0__call {number}.m4a__").touch()
        browser = self.browser
        browser.open(self.url)
        browser.wait(f"document.querySelectorAll('{ROWS}').length >= 25")
        browser.wait(f"(scrollTo(0, document.body.scrollHeight), document.querySelectorAll('{ROWS}').length === 1000)", 60)
        browser.wait("document.querySelector('.more').hidden")
        last = browser.js(f"[...document.querySelectorAll('{ROWS} .row-title')].map((e) => e.textContent)")
        self.assertEqual(last, [f"call {number}.m4a" for number in range(1000)])


class Share(Stories):
    def test_what_other_apps_share_is_uploaded(self):
        browser = self.browser
        browser.open(self.url)
        browser.wait("document.querySelector('.empty')?.offsetHeight")
        # As an installed app the page registers it by itself.
        browser.js("navigator.serviceWorker.register('/sw.js').then(() => navigator.serviceWorker.ready).then(() => 0)")
        browser.wait("!!navigator.serviceWorker.controller")
        browser.js(f"const form = new FormData(), file = new File([{TRANSCRIPT!r}], 'größe & co.vtt', {{type: 'text/vtt'}}); form.append('file', file);"
                   "fetch('/share', {method: 'POST', body: form}).then((answer) => answer.ok)")
        browser.open("about:blank")
        browser.open(self.url)
        browser.wait(f"document.querySelector('{ROWS} .row-title')?.textContent === 'größe & co'", 30)
        browser.command("Page.reload")
        browser.wait(f"document.querySelectorAll('{ROWS}').length === 1")
        time.sleep(1)
        self.assertEqual(self.server.json("GET", "/api/meetings")[1]["count"], 1, "it is taken once")


class Record(Stories):
    flags = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream", "--autoplay-policy=no-user-gesture-required")

    def begin(self):
        browser = self.browser
        browser.open(self.url)
        browser.button("Record")
        browser.wait("document.querySelector('dialog')?.open")
        browser.shoot("desk-record")
        browser.button("Start")
        browser.wait("document.querySelector('.recording')")
        browser.wait("document.querySelector('.recording .time').innerText >= '0:04'")

    def wait_sent(self):
        browser = self.browser
        browser.wait("document.querySelector('.rows:not(.uploads) .row-title')?.textContent.startsWith('Recording ')", 30)
        recordings = [path for path in self.folder.glob("store/meetings/*") if path.read_bytes()[:4] == b"\x1aE\xdf\xa3"]  # Matroska's first bytes
        self.assertEqual(len(recordings), 1)
        # Nothing of it is kept in the browser any more.
        pieces = ("new Promise((done) => { const q = indexedDB.open('hansard-recordings'); q.onsuccess = () => {"
                  "const count = q.result.transaction('pieces').objectStore('pieces').count();"
                  "count.onsuccess = () => { q.result.close(); done(count.result); }; }; })")
        browser.wait(f"(async () => await {pieces} === 0)()")

    def test_goes_on_over_pages_and_is_uploaded(self):
        self.begin()
        browser = self.browser
        browser.click("nav a[data-page=items]")
        browser.wait("document.querySelector('h1')?.innerText === 'Items'")
        browser.button("Pause")
        time.sleep(1.2)
        paused = browser.js("document.querySelector('.recording .time').innerText")
        time.sleep(1.2)
        self.assertEqual(browser.js("document.querySelector('.recording .time').innerText"), paused)
        browser.button("Go on")
        browser.shoot("desk-recording")
        browser.resize(*PHONE)
        browser.shoot("phone-recording")
        browser.button("Stop and upload")
        self.wait_sent()
        self.assertFalse(browser.js("!!document.querySelector('.recording')"))

    def test_survives_the_page(self):
        self.begin()
        browser = self.browser
        browser.reopen()
        browser.open(self.url)
        browser.wait("document.querySelector('.notice')?.innerText.includes('was not uploaded')")
        browser.shoot("desk-recovered")
        browser.button("Upload")
        self.wait_sent()

    def test_is_discarded(self):
        self.begin()
        browser = self.browser
        browser.button("Discard the recording")
        browser.wait("document.querySelector('dialog')?.open")
        browser.button("Discard")
        browser.wait("!document.querySelector('.recording')")
        browser.command("Page.reload")
        browser.wait("document.querySelector('.drop')")
        time.sleep(1)
        self.assertFalse(browser.js("!!document.querySelector('.notice')"))
        self.assertEqual(list(self.folder.glob("store/meetings/*")), [])


if __name__ == "__main__":
    unittest.main()
