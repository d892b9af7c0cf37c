#!/usr/bin/env python3
"""The page's HTML carries the newest meetings: they are painted before the page's scripts are there, the scripts take over the very rows that were
painted, nothing moves, no title becomes markup; and who may not read gets nothing of the meetings. Skipped where Chromium is not installed."""
import json
import shutil
import time
import unittest

from page_browser import DESKTOP, PHONE
from page_stories_test import Stories
from page_test import TRANSCRIPT
from program import Server, run, scratch

ROWS = ".rows:not(.jobs, .uploads) .row"
HOSTILE = ("<script>hacked = 1</script>", "</template></main><img src=x onerror=hacked=1>", "\"' onmouseover=\"hacked=1", "<!--jobs-->&lt;b&gt;&amp;")

# What was there when the first row was: the row itself, and what had been loaded; and each move of the layout.
WATCH = f"""window.moved = []; new PerformanceObserver((list) => list.getEntries().forEach((entry) => moved.push(entry.value)))
    .observe({{type: 'layout-shift', buffered: true}});
new MutationObserver(() => {{ const row = document.querySelector('{ROWS}');
    if (row && !window.row) {{ window.row = row;
        window.loaded = performance.getEntriesByType('resource').map((entry) => entry.name.replace(/.*[/]/, '')); }} }})
    .observe(document, {{subtree: true, childList: true}});"""
IN_USE = "performance.getEntriesByType('resource').some((entry) => entry.name.endsWith('/api/jobs') && entry.responseEnd)"
HTML = f"[...document.querySelectorAll('{ROWS}')].map((row) => row.outerHTML)"


def settle(server, count):
    """Waits until so many meetings are listed, and the list has stood for a while: a folder that was changed just now has no mark (store_stamp), and
    its list is not in the HTML."""
    while server.json("GET", "/api/meetings")[1]["count"] < count:
        time.sleep(0.05)
    time.sleep(0.3)


class Front(Stories):
    def watch(self, hash_=""):
        self.browser.open("about:blank")
        self.browser.open(self.url + hash_)
        self.browser.wait(IN_USE)

    def test_rows_are_those_of_the_html(self):
        ids = [self.meeting(f"m{number}", tags="red,R%26D") for number in range(4)]
        for meeting_id, title in zip(ids, HOSTILE):
            self.server.edit(meeting_id, {"title": title, "tags": ["red", title[:20]]})
        self.server.edit(ids[0], {"items": {"A-1": {"status": "rejected"}}})
        settle(self.server, len(ids))
        self.server.json("POST", "/api/meetings?filename=broken.wav", b"RIFF0000", {"Content-Type": "application/octet-stream"})
        browser = self.browser
        browser.open(f"{self.url}#/work")
        browser.wait("document.querySelector('.jobs .failed .reason')", 30)
        browser.command("Page.addScriptToEvaluateOnNewDocument", source=WATCH)
        # The second time by the times that were kept.
        for size, zone in ((DESKTOP, "Asia/Tokyo"), (DESKTOP, "Asia/Tokyo"), (PHONE, "America/Denver")):
            browser.resize(*size)
            browser.command("Emulation.setTimezoneOverride", timezoneId=zone)
            self.watch()
            self.assertNotIn("session", browser.js("loaded"), "the page's scripts have not begun")
            self.assertEqual(browser.js(f"[...document.querySelectorAll('{ROWS} .row-title')].map((e) => e.textContent)"), list(reversed(HOSTILE)))
            browser.wait("document.querySelector('.jobs .failed .reason')")
            time.sleep(0.5)
            self.assertLess(sum(browser.js("moved")), 0.01, browser.js("moved"))
            self.assertTrue(browser.js(f"row === document.querySelector('{ROWS}')"), "the row that was painted is the one that is there")
            self.assertFalse(browser.js("'hacked' in window"))
            self.assertEqual(browser.js("performance.getEntriesByType('resource').filter((e) => e.name.includes('/api/meetings')).length"), 0)
            # The scripts would have made the same of the same meetings.
            carried = browser.js(HTML)
            browser.js("document.querySelector('nav a[data-page=work]').click()")
            browser.wait("document.querySelector('h1')?.innerText === 'Work in progress'")
            browser.js("document.querySelector('nav a[data-page=meetings]').click()")
            browser.wait(f"document.querySelector('{ROWS}') && row !== document.querySelector('{ROWS}')")
            self.assertEqual(browser.js(HTML), carried)

    def test_goes_on_behind_the_html(self):
        """More than a page: it is scrolled on. A deep link shows no list, and the list is there when it is gone to."""
        folder = self.folder / "store/hansard/index"
        folder.mkdir(parents=True, exist_ok=True)
        for number, seconds in enumerate((0, 1, 44, 45, 60, 89, 90, 3569, 3570, 3600, 3629, 3630, 5400, 7200, 86399) * 8):
            time_ms = 1772600767089 - number * 60000
            (folder / f"{9999999999999 - time_ms:013d}_meeting-{number:08d}_1_1_r_{seconds}_{number % 3}_1_2_0__call {number}.m4a__").touch()
        browser = self.browser
        browser.command("Page.addScriptToEvaluateOnNewDocument", source=WATCH)
        settle(self.server, 50)
        self.watch()
        browser.wait(f"(scrollTo(0, document.body.scrollHeight), document.querySelectorAll('{ROWS}').length === 120)")
        titles = browser.js(f"[...document.querySelectorAll('{ROWS} .row-title')].map((e) => e.textContent)")
        self.assertEqual(titles, [f"call {number}.m4a" for number in range(120)])
        carried = browser.js(f"{HTML}.slice(0, 50)")
        browser.open("about:blank")
        browser.open(f"{self.url}#/storage")
        browser.wait("document.querySelector('.figures')")
        self.assertEqual(browser.js(f"document.querySelectorAll('{ROWS}').length"), 0)
        self.assertEqual(browser.js("document.querySelector('nav [aria-current]').innerText"), "Storage")
        browser.click("nav a[data-page=meetings]")
        browser.wait(f"document.querySelectorAll('{ROWS}').length >= 50")
        self.assertEqual(browser.js(f"{HTML}.slice(0, 50)"), carried)

    def show_early(self, hash_="", held="app.js"):
        """As it is seen while the script `held` has not come; go_on() lets it come."""
        self.browser.open("about:blank")
        self.browser.command("Fetch.enable", patterns=[{"urlPattern": f"*/app/{held}"}])
        self.browser.open(self.url + hash_)
        parsed = "performance.getEntriesByType('navigation')[0].domContentLoadedEventStart"
        ready = "document.querySelector('#notices')" if held == "first.js" else parsed
        self.browser.wait(f"location.href !== 'about:blank' && {ready}")

    def go_on(self):
        self.browser.command("Fetch.disable")

    def test_gone_elsewhere_before_the_scripts_are_there(self):
        self.meeting("one", tags="red")
        self.meeting("two")
        settle(self.server, 2)
        browser = self.browser
        shown = f"[...document.querySelectorAll('{ROWS} .row-title')].map((e) => e.textContent).join()"
        self.show_early()
        browser.wait(f"{shown} === 'two,one'")
        browser.click(f"{ROWS} a")
        self.assertTrue(browser.js("location.hash.startsWith('#/m/')"))
        self.go_on()
        browser.wait("document.querySelector('.meeting .turn')")
        self.assertFalse(browser.js(f"document.querySelector('{ROWS}') || 'cursor' in document.body.dataset"))
        browser.click("nav a[data-page=meetings]")
        browser.wait(f"{shown} === 'two,one'")
        self.show_early()
        browser.wait(f"{shown} === 'two,one'")
        browser.js("location.hash = '#/?tag=red'")
        self.go_on()
        browser.wait(f"{shown} === 'one' && document.querySelectorAll('.filter').length === 1")
        for hash_, act in (("", "document.querySelector('.skip').click()"), ("", "location.hash = '#main'"), ("#main", "")):
            with self.subTest(hash=hash_, act=act):
                self.show_early(hash_)
                browser.wait(f"{shown} === 'two,one'")
                browser.js(f"{act}; window.row = document.querySelector('{ROWS}')")
                self.go_on()
                browser.wait(IN_USE)
                self.assertTrue(browser.js(f"row === document.querySelector('{ROWS}') && {shown} === 'two,one'"))
        self.show_early("#/work")
        browser.js("document.querySelector('.skip').click()")
        self.go_on()
        browser.wait("document.querySelector('h1')?.innerText === 'Work in progress'")
        self.assertEqual(browser.js("document.activeElement.id"), "main")

    def test_focus_stays_in_a_job(self):
        self.meeting("one")
        self.server.json("POST", "/api/meetings?filename=broken.wav", b"RIFF0000", {"Content-Type": "application/octet-stream"})
        while self.server.json("GET", "/api/jobs")[1]["jobs"][0]["status"] != "failed":
            time.sleep(0.05)
        settle(self.server, 1)
        browser = self.browser
        for selector in (".jobs .failed a", ".jobs .failed button"):
            self.show_early()
            browser.wait("document.querySelector('.jobs .failed .reason')")
            browser.js(f"window.early = document.querySelector('{selector}'); early.focus()")
            self.go_on()
            browser.wait("!early.isConnected && document.querySelector('.jobs .failed .reason')")
            self.assertTrue(browser.js(f"document.activeElement === document.querySelector('{selector}')"))

    def test_hidden_until_it_is_known_to_be_wanted(self):
        self.meeting("one")
        settle(self.server, 1)
        browser = self.browser
        seen = f"getComputedStyle(document.querySelector('{ROWS}')).visibility"
        for hash_ in ("", "#/work"):
            self.show_early(hash_, "first.js")
            browser.wait(f"{seen} === 'hidden'")
            self.go_on()
            browser.wait(IN_USE)
            self.assertEqual(browser.js(f"document.querySelector('{ROWS}') ? {seen} : 'gone'"), "gone" if hash_ else "visible")
            self.assertEqual(browser.js("getComputedStyle(document.querySelector('#main')).visibility"), "visible")
        browser.command("Emulation.setScriptExecutionDisabled", value=True)
        browser.open("about:blank")
        browser.open(self.url)
        browser.wait(f"{seen} === 'hidden'")
        self.assertEqual(browser.js("getComputedStyle(document.querySelector('noscript code')).visibility"), "visible")

    def test_used_before_the_scripts_are_there(self):
        self.meeting("one", tags="red")
        self.meeting("two")
        settle(self.server, 2)
        browser = self.browser
        shown = f"[...document.querySelectorAll('{ROWS} .row-title')].map((e) => e.textContent).join()"
        # A file that is dropped does not take the page's place, and what was chosen is uploaded.
        self.show_early()
        browser.wait(f"{shown} === 'two,one'")
        chosen = self.folder / "chosen.vtt"
        chosen.write_text(TRANSCRIPT)
        browser.choose_files("#files", chosen)
        data = {"items": [], "files": [str(chosen)], "dragOperationsMask": 1}
        for kind in ("dragEnter", "dragOver", "drop"):
            browser.command("Input.dispatchDragEvent", type=kind, x=400, y=300, data=data)
        self.go_on()
        browser.wait(f"{shown} === 'chosen,two,one'", 30)
        self.assertEqual(browser.js("location.href"), self.url)
        # Filters that were set are in force.
        settle(self.server, 3)
        self.show_early()
        browser.wait(f"{shown} === 'chosen,two,one'")
        browser.click(".filter summary")
        browser.set(".filter [name=tag]", "red")
        self.go_on()
        browser.wait(f"{shown} === 'one' && location.hash === '#/?tag=red' && document.querySelector('.filter').open")
        self.assertEqual(browser.js("document.querySelector('.filter [name=tag]').value"), "red")
        # Words to be searched are searched.
        self.show_early()
        browser.type("form.search input", "budget")
        browser.press("Enter", 13)
        self.go_on()
        browser.wait("location.hash === '#/search?q=budget' && document.querySelector('h1')?.innerText === 'Search'")
        self.assertEqual(browser.js("location.search"), "")
        # Scripts that do not come are told of.
        browser.open("about:blank")
        browser.command("Network.enable")
        browser.command("Network.setBlockedURLs", urls=["*/app/app.js"])
        browser.open(self.url)
        browser.wait("document.querySelector('#notices').innerText === 'The page did not come whole. Reload it.'")
        for _ in range(50):  # they come as messages of their own, after the notice may have been seen
            if browser.complaints:
                break
            time.sleep(0.1)
            browser.js("1")
        self.assertTrue(browser.complaints)
        self.assertEqual([text for text in browser.complaints if "app.js" not in text], [])
        browser.complaints.clear()

    def test_garbage_in_the_browsers_storage(self):
        self.meeting("one")
        settle(self.server, 1)
        browser = self.browser
        browser.command("Page.addScriptToEvaluateOnNewDocument", source=WATCH)
        for kept in ("{", "5", "null", "[1]"):
            browser.open(self.url)
            browser.js(f"localStorage.setItem('hansard.times', {json.dumps(kept)})")
            self.watch()
            self.assertIn("20", browser.js(f"document.querySelector('{ROWS} time').textContent"))
            browser.wait("localStorage.getItem('hansard.times').length > 10")


class WhoMayRead(unittest.TestCase):
    def setUp(self):
        self.folder = scratch()
        self.addCleanup(shutil.rmtree, self.folder)
        (self.folder / "store").mkdir()

    def get(self, cookie=None, **headers):
        return self.server.request("GET", "/", headers={**({"Cookie": cookie} if cookie else {}), **headers})

    def test_strangers_get_nothing_of_the_meetings(self):
        self.server = Server(self.folder)
        with self.server:
            _, headers, bare = self.get()
            self.assertNotIn("no-store", headers["Cache-Control"])
            etag = headers["ETag"]
            self.assertEqual(self.get(**{"If-None-Match": etag})[0], 304)
            answer = self.server.json("POST", "/api/meetings?filename=a.vtt&title=Very%20secret", TRANSCRIPT.encode(),
                                      {"Content-Type": "application/octet-stream"})[1]
            self.server.wait_done(answer["meeting_id"])
            settle(self.server, 1)
            status, headers, open_page = self.get(**{"If-None-Match": etag})
            self.assertEqual(status, 200)
            self.assertIn(b"Very secret", open_page)
            self.assertIn(b'data-may="read write admin"', open_page)
            self.assertEqual(headers["Cache-Control"], "no-store")
            self.assertNotIn("ETag", headers)
            self.assertEqual(self.server.request("HEAD", "/")[0], 200)
            tokens = {scopes: run(self.folder / "store", "token", "create", "--name", scopes, "--scopes", scopes).stdout.strip()
                      for scopes in ("read", "read,write", "admin")}
        with self.server:
            cookies = {}
            for scopes, token in tokens.items():
                status, headers, _ = self.server.request("POST", "/api/session", json.dumps({"token": token}).encode(),
                                                         {"Content-Type": "application/json"})
                self.assertEqual(status, 200)
                cookies[scopes] = headers["Set-Cookie"].split(";")[0]
            strangers = {"none": None, "wrong": "hansard-session=has_x", "forged": cookies["read"][:-3] + "xyz",
                         "share": f"hansard-share={tokens['read']}"}
            for name, cookie in strangers.items():
                with self.subTest(stranger=name):
                    status, headers, body = self.get(cookie)
                    self.assertEqual((status, body, headers["ETag"]), (200, bare, etag))
            for scopes, may in (("read", b"read"), ("read,write", b"read write"), ("admin", b"read write admin")):
                with self.subTest(scopes=scopes):
                    status, headers, body = self.get(cookies[scopes], **{"If-None-Match": etag})
                    self.assertEqual((status, headers["Cache-Control"]), (200, "no-store"))
                    self.assertIn(b"Very secret", body)
                    self.assertIn(b'data-may="' + may + b'"', body)
            self.assertEqual(self.server.request("DELETE", "/api/session", headers={"Cookie": cookies["read"]})[0], 200)
            self.assertEqual(self.get(cookies["read"])[2], bare)


if __name__ == "__main__":
    unittest.main()
