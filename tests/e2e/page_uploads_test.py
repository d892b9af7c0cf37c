#!/usr/bin/env python3
"""Uploads of the page in a real browser: in parts, paused, taken up after a reload, over a server that dies, several at once. Skipped where
Chromium is not installed."""
import hashlib
import json
import os
import random
import shutil
import time
import unittest

import page_browser
from program import Server, scratch

MIB = 1 << 20
PART = 8 * MIB


@unittest.skipUnless(page_browser.PROGRAM, "Chromium is not installed (apt-get install chromium)")
class Base(unittest.TestCase):
    settings = {}

    def setUp(self):
        self.folder = scratch()
        self.addCleanup(shutil.rmtree, self.folder)
        # No worker: a job that waits is an upload that has come through.
        self.server = Server(self.folder, HANSARD_WORKERS="0", **self.settings)
        self.server.start()
        self.addCleanup(self.server.__exit__)
        self.browser = page_browser.Browser()
        self.addCleanup(self.browser.close)
        self.browser.command("Network.enable")
        self.show()

    def show(self):
        self.browser.open(f"http://127.0.0.1:{self.server.port}/")
        self.browser.wait("document.querySelector('.upload #files')")

    def file(self, name, size):
        path = self.folder / name
        path.write_bytes(random.Random(name).randbytes(size))
        return path

    def shoot(self, name):
        for kind, size in (("phone", page_browser.PHONE), ("desk", page_browser.DESKTOP)):
            self.browser.resize(*size)
            self.browser.shoot(f"{kind}-{name}")

    def speed(self, mib_per_second=None, offline=False):
        rate = mib_per_second * MIB if mib_per_second else -1
        self.browser.command("Network.emulateNetworkConditions", offline=offline, latency=0, downloadThroughput=-1, uploadThroughput=rate)

    def rows(self):
        return self.browser.js("[...document.querySelectorAll('.uploads .row')].map((row) => [row.dataset.state, row.innerText])")

    def parts(self):
        """The parts that the server has: number → what tells whether it was written again."""
        return {int(path.name): path.stat().st_ino for path in self.folder.glob("store/.hansard/uploads/*/[0-9]*")}

    def wait_parts(self, count):
        deadline = time.monotonic() + 60
        while len(self.parts()) < count and time.monotonic() < deadline:
            time.sleep(0.02)
        self.assertGreaterEqual(len(self.parts()), count)

    def acknowledged(self):
        """The parts that the page remembers as sent."""
        return set(self.browser.js("JSON.parse(localStorage['hansard.uploads'])[0].sent"))

    def sent_again(self, name):
        """The numbers of the parts that this showing of the page has sent; `name`: of the number in their URLs."""
        return set(self.browser.js(f"""performance.getEntriesByType('resource').map((entry) => new URL(entry.name).searchParams.get('{name}'))
            .filter(Boolean).map(Number)"""))

    def wait_jobs(self, *paths, seconds=60):
        """The files stand in the store as they are, each with its job; and nothing is left over, here or in the page."""
        self.browser.wait(f"document.querySelectorAll('.jobs .row').length === {len(paths)} && !document.querySelector('.uploads .row')", seconds)
        stored = sorted(hashlib.sha256(path.read_bytes()).hexdigest() for path in self.folder.glob("store/meetings/*"))
        self.assertEqual(stored, sorted(hashlib.sha256(path.read_bytes()).hexdigest() for path in paths))
        jobs = self.server.json("GET", "/api/jobs")[1]["jobs"]
        self.assertEqual(sorted(job["filename"] for job in jobs), sorted(path.name for path in paths))
        self.assertEqual(self.server.json("GET", "/api/uploads")[1]["uploads"], [])
        self.assertEqual(self.browser.js("JSON.parse(localStorage['hansard.uploads'] ?? '[]')"), [])

    def live(self):
        return self.browser.js("document.querySelector('#live').textContent")


class PageUploads(Base):
    def test_pause_reload_resume(self):
        path = self.file("product review.wav", 40 * MIB)
        browser = self.browser
        self.speed(4)
        browser.choose_files("#files", path)
        self.wait_parts(1)
        line = browser.wait("document.querySelector('.uploads .stage').innerText.includes('/s, about') && document.querySelector('.uploads .stage').innerText")
        self.assertRegex(line, r"^[\d.]+ [kM]?B of 42 MB, [\d.]+ [kM]B/s, about \d+ s left$")
        self.assertGreater(browser.js("document.querySelector('.uploads progress').value"), 0)
        self.shoot("uploading")
        browser.click(".uploads .toggle")
        browser.wait("document.querySelector('.uploads .row').dataset.state === 'paused'")
        self.assertEqual(self.live(), "The upload of product review.wav is paused.")
        # The focus stays on the button, which now goes on.
        self.assertEqual(browser.js("document.activeElement.getAttribute('aria-label')"), "Go on with the upload of product review.wav")
        time.sleep(0.5)
        before = self.parts()
        self.assertLess(len(before), 5)
        time.sleep(1)
        self.assertEqual(self.parts(), before)
        acknowledged = self.acknowledged()
        self.assertLessEqual(acknowledged, before.keys())

        browser.command("Page.reload")
        browser.wait("document.querySelector('.uploads .row')?.dataset.state === 'interrupted'")
        sent = ("0 B", "8.4 MB", "17 MB", "25 MB", "34 MB")[len(acknowledged)]
        browser.wait(f"document.querySelector('.uploads .stage').innerText === 'Interrupted, {sent} of 42 MB'")
        self.assertIn("Choose the same file again", self.rows()[0][1])
        self.shoot("interrupted")
        # Another file of this name is another upload's.
        other = self.folder / "other"
        other.mkdir()
        (other / path.name).write_bytes(b"RIFF")
        browser.choose_files("#files", other / path.name)
        browser.wait("document.querySelectorAll('.jobs .row').length === 1")
        self.assertEqual([state for state, _ in self.rows()], ["interrupted"])
        self.assertEqual(self.parts(), before)

        browser.js("performance.clearResourceTimings()")
        browser.choose_files("#files", path)
        self.wait_jobs(path, other / path.name)
        self.assertEqual(self.sent_again("part"), {1, 2, 3, 4, 5} - acknowledged)  # the others are not sent again
        self.assertEqual(self.live(), "product review.wav is uploaded.")
        self.assertEqual(browser.complaints, [])

    def test_server_dies(self):
        path = self.file("long.wav", 40 * MIB)
        browser = self.browser
        self.speed(4)
        browser.choose_files("#files", path)
        self.wait_parts(1)
        self.server.kill()
        browser.wait("document.querySelector('.uploads .stage').innerText.includes('Trying again')")
        self.assertIn("The upload of long.wav waits: The ", self.live())
        time.sleep(2)
        before = self.acknowledged()
        self.assertLessEqual(before, self.parts().keys())
        browser.js("performance.clearResourceTimings()")
        self.server.start()
        self.wait_jobs(path, seconds=120)
        self.assertEqual(self.sent_again("part"), {1, 2, 3, 4, 5} - before)
        self.assertTrue(all("ERR_CONNECTION" in text or "ERR_EMPTY" in text for text in browser.complaints), browser.complaints)

    def test_network_lost(self):
        path = self.file("long.wav", 24 * MIB)
        browser = self.browser
        self.speed(8)
        browser.choose_files("#files", path)
        self.wait_parts(1)
        self.speed(offline=True)
        browser.wait("document.querySelector('.uploads .stage').innerText.startsWith('There is no network. Trying again')")
        time.sleep(3)  # the next try is some seconds away
        self.speed()
        self.wait_jobs(path, seconds=30)

    def test_answer_takes_its_time(self):
        """The server may be passing a part on: its answer is waited for longer than bytes that do not move."""
        browser = self.browser
        browser.command("Page.addScriptToEvaluateOnNewDocument",
                        source="const later = setTimeout; window.setTimeout = (act, ms, ...rest) => later(act, ms === 60000 ? 1000 : ms, ...rest);")
        browser.command("Page.reload")
        browser.wait("window.setTimeout.length === 2 && document.querySelector('.upload .uploads')")
        path = self.file("slow.wav", 9 * MIB)
        browser.command("Fetch.enable", patterns=[{"urlPattern": "*part=*", "requestStage": "Response"}])
        browser.choose_files("#files", path)
        self.wait_parts(2)
        before = self.parts()
        time.sleep(4)
        self.assertEqual(self.parts(), before)  # nothing is sent again
        self.assertNotIn("Trying again", self.rows()[0][1])
        browser.command("Fetch.disable")
        self.wait_jobs(path)
        self.assertEqual(self.sent_again("part"), {1, 2})

    def test_several_and_cancel(self):
        paths = [self.file(f"meeting {n}.wav", size) for n, size in enumerate((20 * MIB, 12 * MIB, 9 * MIB, 1000))]
        unwanted = self.file("unwanted.wav", 30 * MIB)
        browser = self.browser
        self.speed(6)
        browser.choose_files("#files", unwanted, *paths)
        browser.wait("document.querySelectorAll('.uploads .row').length === 5")
        states = [state for state, _ in self.rows()]
        self.assertEqual(states.count("sending"), 3)
        self.wait_parts(1)
        # By keyboard; the focus goes on to a neighbour.
        browser.js("document.querySelector('.uploads .row .row-tools button:last-child').focus()")
        self.assertEqual(browser.js("document.activeElement.getAttribute('aria-label')"), "Cancel the upload of unwanted.wav")
        browser.press("Enter", 13)
        browser.wait("![...document.querySelectorAll('.uploads .row')].some((row) => row.innerText.includes('unwanted'))")
        self.assertEqual(browser.js("document.activeElement.closest('.uploads .row') !== null"), True)
        self.speed()
        self.wait_jobs(*paths)
        self.assertEqual(list(self.folder.glob("store/.hansard/uploads/*")), [])
        self.assertEqual(browser.complaints, [])

    def test_failed(self):
        """A file that can't be read any more, and one that is empty."""
        path, empty = self.file("gone.wav", 40 * MIB), self.file("empty.wav", 0)
        browser = self.browser
        browser.choose_files("#files", empty)
        browser.wait("document.querySelector('.notice.error')?.innerText.includes('empty.wav is empty')")
        self.speed(4)
        browser.choose_files("#files", path)
        self.wait_parts(1)
        path.unlink()
        browser.wait("document.querySelector('.uploads .row').dataset.state === 'failed'", 60)
        self.assertIn("was changed, moved or deleted", self.rows()[0][1])
        browser.click(".uploads .row-tools button:last-child")
        browser.wait("!document.querySelector('.uploads .row')")
        for _ in range(100):
            if not list(self.folder.glob("store/.hansard/uploads/*")):
                break
            time.sleep(0.1)
        self.assertEqual(list(self.folder.glob("store/.hansard/uploads/*")), [])

    def test_kept_handle(self):
        """A handle that the browser has kept, and may read, is gone on with by itself. (Of the origin's own file system: any other would ask.)"""
        browser = self.browser
        upload = browser.js("""(async () => {
            const folder = await navigator.storage.getDirectory();
            const handle = await folder.getFileHandle('kept.wav', { create: true });
            const stream = await handle.createWritable();
            await stream.write(new Uint8Array(20 * 1024 * 1024).fill(7));
            await stream.close();
            const file = await handle.getFile();
            const answer = await fetch('/api/uploads', { method: 'POST', headers: { 'Content-Type': 'application/json' },
                body: JSON.stringify({ filename: file.name, size: file.size }) });
            const { meeting_id: id } = await answer.json();
            const entry = { id, name: file.name, size: file.size, lastModified: file.lastModified };
            localStorage['hansard.uploads'] = JSON.stringify([entry, 7, { id: 3 }]);
            await new Promise((done) => {
                const opening = indexedDB.open('hansard', 1);
                opening.onupgradeneeded = () => opening.result.createObjectStore('files');
                opening.onsuccess = () => {
                    const transaction = opening.result.transaction('files', 'readwrite');
                    transaction.objectStore('files').put(handle, id);
                    transaction.oncomplete = () => { opening.result.close(); done(); };
                };
            });
            return JSON.stringify(entry);
        })()""")
        browser.command("Page.reload")
        browser.wait("document.querySelector('.jobs .row') && !document.querySelector('.uploads .row')", 60)
        path = self.folder / "kept.wav"
        path.write_bytes(b"\x07" * json.loads(upload)["size"])
        self.wait_jobs(path)
        self.assertEqual(browser.complaints, [])

    def test_done_elsewhere(self):
        """What was completed or cancelled meanwhile is not shown; what another tab is at is left to it."""
        path = self.file("two tabs.wav", 24 * MIB)
        browser = self.browser
        self.speed(2)
        browser.choose_files("#files", path)
        browser.wait("document.querySelector('.uploads .row')?.dataset.state === 'sending'")
        browser.wait("localStorage['hansard.uploads']?.includes('two tabs')")
        first = browser.session
        browser.session = None
        target = browser.command("Target.createTarget", url=f"http://127.0.0.1:{self.server.port}/")["targetId"]
        browser.session = browser.command("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        browser.wait("document.querySelector('.upload #files')")
        time.sleep(1)
        self.assertEqual(self.rows(), [])
        browser.session = first
        browser.command("Page.bringToFront")
        self.speed()
        self.wait_jobs(path)
        browser.js("""localStorage['hansard.uploads'] = JSON.stringify([{ id: 'meeting-none', name: 'a', size: 5, lastModified: 1 }])""")
        browser.command("Page.reload")
        browser.wait("localStorage['hansard.uploads'] === '[]' && !document.querySelector('.uploads .row')")


class ShortUrls(Base):
    """URLs that have expired when their turn comes: the page asks for new ones."""
    settings = {"URL_EXPIRY_SECONDS": "3"}

    def test_signed_again(self):
        path = self.file("slow.wav", 48 * MIB)
        self.speed(8)
        self.browser.choose_files("#files", path)
        time.sleep(3)
        self.speed()
        self.wait_jobs(path)


class Whole(Base):
    """A server that keeps copies takes files whole, and the page sends them so."""
    settings = {"SKIP_LOCAL_STORAGE": "false"}

    def test_whole(self):
        path = self.file("whole.wav", 10 * MIB)
        self.browser.choose_files("#files", path)
        self.wait_jobs(path)
        self.assertEqual([copy.read_bytes() for copy in self.folder.glob("uploads/*_whole.wav")], [path.read_bytes()])


if __name__ == "__main__":
    unittest.main()
