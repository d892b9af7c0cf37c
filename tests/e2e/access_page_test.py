#!/usr/bin/env python3
"""Signing in, out, and links to one meeting in a real browser, at the size of a desk and of a phone, with pictures. Skipped where Chromium is not
installed."""
import json
import shutil
import time
import unittest

import page_browser
from program import Server, run, scratch

TRANSCRIPT = """WEBVTT

00:00:01.000 --> 00:00:05.000
<v Ann Lee>Welcome everybody to the budget review of this quarter.

00:00:06.000 --> 00:00:11.000
<v Ann Lee>I will send the revised budget to Bob by Friday.

00:01:12.000 --> 00:01:17.000
<v Bob Stone>We decided to keep the single curved case in yellow.
"""
ENTER = ("Enter", 13)
SHOWN = "(selector) => [...document.querySelectorAll(selector)].filter((element) => element.checkVisibility()).length"

# Each form to sign in that is put into the page: as a section in its place, as a dialog over it.
COUNT_FORMS = """window.forms = []; new MutationObserver((changes) => changes.flatMap((change) => [...change.addedNodes])
    .filter((node) => node.matches?.('.sign-in')).forEach((node) => forms.push(node.tagName))).observe(document, { subtree: true, childList: true });"""


@unittest.skipUnless(page_browser.PROGRAM, "Chromium is not installed (apt-get install chromium)")
class AccessPageTest(unittest.TestCase):
    shots = ""

    def settings(self):
        """Of the program; a directory holds the meetings where there are none."""
        return {}

    def setUp(self):
        self.folder = scratch()
        self.addCleanup(shutil.rmtree, self.folder)
        self.store = self.folder / "store"
        self.store.mkdir()
        self.given = self.settings()
        self.token = self.make_token("Ann's laptop", "read,write")
        self.server = Server(self.folder, HANSARD_TRANSCRIBER="none", **self.given)
        self.server.__enter__()
        self.addCleanup(self.server.__exit__)
        self.url = f"http://127.0.0.1:{self.server.port}/"
        status, answer = self.server.json("POST", "/api/meetings?filename=budget.vtt&title=Budget%20review", TRANSCRIPT.encode(),
                                          {**self.authorization(), "Content-Type": "application/octet-stream"})
        self.assertEqual(status, 202, answer)
        self.meeting = answer["meeting_id"]
        for _ in range(200):
            if self.server.json("GET", f"/api/meetings/{self.meeting}", headers=self.authorization())[1]["meeting"]["status"] == "ready":
                break
            time.sleep(0.1)

    def make_token(self, name, scopes):
        done = run(self.store, "token", "create", "--name", name, "--scopes", scopes, **self.given)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.strip()

    def authorization(self, token=None):
        return {"Authorization": f"Bearer {token or self.token}"}

    def start_browser(self, width=1280, height=900):
        browser = page_browser.Browser(width, height)
        browser.shots = self.shots
        browser.command("Page.addScriptToEvaluateOnNewDocument", source=COUNT_FORMS)
        self.addCleanup(browser.close)
        return browser

    def shown(self, browser, selector):
        return browser.js(f"({SHOWN})({json.dumps(selector)})")

    def sign_in(self, browser, token=None):
        browser.wait("!!document.activeElement?.matches('.sign-in input[name=token]')")
        browser.js("document.activeElement.value = ''")
        browser.type(".sign-in input[name=token]", token or self.token)
        browser.press(*ENTER)

    def no_overflow(self, browser):
        self.assertLessEqual(browser.js("document.documentElement.scrollWidth"), browser.js("innerWidth"))

    def visit(self, width, height, name):
        browser = self.start_browser(width, height)
        browser.open(f"{self.url}#/m/{self.meeting}")
        browser.wait("document.querySelector('section.sign-in')")
        self.assertEqual(self.shown(browser, ".top nav, .top .search, .meeting"), 0)
        browser.shoot(f"{name}-access-sign-in")
        self.no_overflow(browser)
        self.assertEqual(browser.js("window.forms"), ["SECTION"])  # the form is drawn once

        # A wrong one is said to be wrong, where a screen reader hears it, and can be typed over.
        self.sign_in(browser, "hat_0000000000000000_" + "0" * 48)
        browser.wait("document.querySelector('.problem[role=alert]').textContent.includes('not known')")
        self.assertEqual(browser.js("document.querySelector('input[name=token]').getAttribute('aria-invalid')"), "true")
        browser.shoot(f"{name}-access-wrong")
        self.sign_in(browser)
        # The page that was asked for is shown; no script sees the cookie.
        browser.wait("document.querySelector('h1')?.textContent === 'Budget review' && document.querySelector('.sign-out')")
        self.assertEqual(browser.js("document.cookie"), "")
        self.assertIn("Ann's laptop", browser.js("document.querySelector('.sign-out').title"))
        browser.shoot(f"{name}-access-meeting")
        self.no_overflow(browser)
        return browser

    def test_desk(self):
        self.whole_visit(1280, 900, "desk")

    def test_phone(self):
        self.whole_visit(390, 844, "phone")

    def whole_visit(self, width, height, name):
        browser = self.visit(width, height, name)
        link = self.share(browser, name)
        self.session_ends(browser, name)

        guest = self.start_browser(width, height)
        guest.open(link)
        guest.wait("document.querySelector('h1')?.textContent === 'Budget review' && document.querySelector('.item')")
        guest.shoot(f"{name}-access-shared")
        self.no_overflow(guest)
        self.assertEqual(self.shown(guest, ".top nav, .top .search, .card-tools, .writes, .title .quiet, .sign-out"), 0)
        self.assertGreater(self.shown(guest, ".menu summary"), 0)
        markdown = guest.js(f"fetch('/api/meetings/{self.meeting}/export?format=md').then((answer) => answer.text())")
        self.assertIn("Budget review", markdown)
        for path in ("/api/meetings", "/api/items"):
            self.assertEqual(guest.js(f"fetch('{path}').then((answer) => answer.status)"), 401)
        self.assertEqual(guest.js(f"fetch('/api/meetings/{self.meeting}', {{method: 'DELETE'}}).then((answer) => answer.status)"), 403)
        guest.command("Page.reload")
        guest.wait("document.querySelector('.item')")

        # Revoked in the dialog, it is gone at once.
        browser.click(".writes")
        browser.wait("document.querySelector('.shares li button')")
        browser.click(".shares li button")
        browser.wait("document.querySelector('dialog.share') && !document.querySelector('.shares li')")
        guest.complaints = []
        guest.command("Page.reload")
        guest.wait("document.querySelector('.message h1')?.textContent.includes('does not hold')")
        guest.shoot(f"{name}-access-gone")

        browser.click("dialog.share .buttons button")
        browser.wait("!document.querySelector('dialog')")
        browser.click(".sign-out")
        browser.wait("document.querySelector('section.sign-in')")
        self.assertEqual(browser.js("fetch('/api/meetings').then((answer) => answer.status)"), 401)
        complaints = [text for text in browser.complaints + guest.complaints if "status of 401" not in text and "status of 403" not in text]
        self.assertEqual(complaints, [])

    def share(self, browser, name):
        browser.click(".writes")
        browser.wait("document.querySelector('dialog.share')?.open")
        browser.type("dialog.share form input", "Bob")
        browser.click("dialog.share form .primary")
        browser.wait("document.querySelector('.made input') && document.querySelector('.shares li')?.textContent.includes('Bob')")
        browser.shoot(f"{name}-access-share")
        self.no_overflow(browser)
        link = browser.js("document.querySelector('.made input').value")
        self.assertRegex(link, rf"^{self.url}#/s/{self.meeting}/hal_[0-9a-f_]+$")
        browser.click("dialog.share .buttons button")
        browser.wait("!document.querySelector('dialog')")
        return link

    def session_ends(self, browser, name):
        """While something is being typed: it is still there after signing in anew."""
        browser.click(".title button")
        browser.js("document.querySelector('.title input').select()")
        browser.type(".title input", "Half typed")
        self.assertEqual(browser.js("fetch('/api/session', {method: 'DELETE'}).then((answer) => answer.status)"), 200)
        browser.js("document.querySelector('.card-tools button').click()")
        browser.wait("document.querySelector('dialog.sign-in')?.open")
        browser.shoot(f"{name}-access-again")
        self.sign_in(browser)
        browser.wait("!document.querySelector('dialog')")
        self.assertEqual(browser.js("document.querySelector('.title input').value"), "Half typed")
        browser.press("Escape", 27)
        browser.js("document.querySelectorAll('.notice button').forEach((button) => button.click())")

    def test_reader(self):
        """Who may only read is not offered what would be refused."""
        browser = self.start_browser()
        browser.open(f"{self.url}#/m/{self.meeting}")
        self.sign_in(browser, self.make_token("Reader", "read"))
        browser.wait("document.querySelector('.item') && document.querySelector('.sign-out')")
        self.assertEqual(self.shown(browser, ".card-tools, .writes, .title .quiet"), 0)
        browser.open(self.url)
        browser.wait("document.querySelector('.row') && document.body.dataset.may")
        self.assertEqual(self.shown(browser, ".upload, #files"), 0)


if __name__ == "__main__":
    unittest.main()
