#!/usr/bin/env python3
"""What the page is by rules: axe finds no breach of WCAG 2.2 AA in any view, light and dark, on a desk and on a phone; it is small, and can be
installed. Skipped where Chromium or axe (setup/axe.sh) are not installed."""
import json
import os
import pathlib
import re
import unittest

from page_browser import DESKTOP, PHONE
from page_front_test import ROWS, settle
from page_stories_test import Stories
from program import ROOT

PREFIX = pathlib.Path(os.environ.get("HANSARD_PREFIX", pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "hansard"))
AXE = next(iter(sorted(PREFIX.glob("axe/*/axe.min.js"))), None)
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PAGE_BYTES_MAX = 150_000


class Rules(Stories):
    def check(self, name):
        """axe on what is shown now."""
        browser = self.browser
        browser.js("document.getAnimations().forEach((animation) => animation.finish?.())")
        browser.js(AXE.read_text() + "; 0")
        found = browser.js(f"axe.run(document, {{runOnly: {json.dumps(TAGS)}}}).then((r) => r.violations.map((v) => [v.id, v.help,"
                           "v.nodes.slice(0, 3).map((n) => n.html.slice(0, 200))]))")
        browser.shoot(f"axe-{name}")
        self.assertEqual(found, [], name)

    @unittest.skipUnless(AXE, "axe is not there (setup/axe.sh)")
    def test_axe_finds_nothing(self):
        browser = self.browser
        browser.open(self.url)
        browser.wait("document.querySelector('.empty')?.offsetHeight")
        self.check("empty")
        meeting_id = self.meeting(tags="team")
        answer = self.server.json("POST", "/api/meetings?filename=broken.wav", b"RIFF0000", {"Content-Type": "application/octet-stream"})[1]
        for scheme in ("light", "dark"):
            for size, device in ((DESKTOP, "desk"), (PHONE, "phone")):
                with self.subTest(scheme=scheme, device=device):
                    browser.scheme(scheme)
                    browser.resize(*size)
                    self.views(meeting_id, f"{scheme}-{device}")
        self.assertTrue(answer["meeting_id"])

    def views(self, meeting_id, name):
        browser = self.browser
        browser.open("about:blank")
        browser.open(self.url)
        browser.wait("document.querySelector('.jobs .failed') && document.querySelector('.rows:not(.jobs, .uploads) .row')", 30)
        browser.js("document.querySelector('details.filter').open = true")
        self.check(f"{name}-list")
        for view, shown in (("items", ".item"), ("work", ".failed"), ("storage", ".figures"), ("search?q=budget", ".hit"), ("nowhere", ".message")):
            browser.open(f"{self.url}#/{view}")
            browser.wait(f"document.querySelector('{shown}')")
            self.check(f"{name}-{view.split('?')[0]}")
        self.show(meeting_id)
        self.check(f"{name}-meeting")
        browser.js("document.querySelector('.item [aria-label=Change]').click()")
        browser.js("document.querySelector('.title button').click()")
        browser.js("document.querySelector('details.menu').open = true")
        self.check(f"{name}-forms")
        browser.js("document.querySelector('details.menu').open = false")
        browser.js("document.querySelector('[data-view=transcript]').click()")
        browser.click(".turn-tools button")
        self.check(f"{name}-turn")
        browser.js("[...document.querySelectorAll('.turn-tools')].at(-1).lastChild.click()")
        browser.wait("document.querySelector('dialog')?.open")
        self.check(f"{name}-add")
        browser.js("document.querySelector('dialog').close('no')")
        browser.button("Delete")
        browser.wait("document.querySelector('dialog')?.open")
        self.check(f"{name}-delete")
        browser.js("document.querySelector('dialog').close('no')")

    def test_every_action_by_keyboard(self):
        """Whatever reacts to a click is reached by the Tab key and has a name."""
        self.show(self.meeting())
        browser = self.browser
        active = "e.matches('button, a[href], input, select, summary, textarea') && e.offsetParent && !e.disabled"
        wanted = browser.js(f"[...document.querySelectorAll('*')].filter((e) => {active}).length")
        reached = set()
        browser.js("document.body.focus()")
        for _ in range(wanted + 20):
            browser.press("Tab", 9)
            reached.add(browser.js("(() => { const all = [...document.querySelectorAll('*')]; return all.indexOf(document.activeElement); })()"))
        focusable = browser.js(f"[...document.querySelectorAll('*')].map((e, i) => [e, i]).filter(([e]) => {active}).map(([, i]) => i)")
        self.assertEqual([i for i in focusable if i not in reached], [])
        nameless = browser.js("[...document.querySelectorAll('button')].filter((e) => !e.innerText.trim() && !e.getAttribute('aria-label'))"
                              ".map((e) => e.outerHTML)")
        self.assertEqual(nameless, [])

    def files(self):
        """{path: bytes} of all that the page is made of: what its files name, and what these name."""
        wanted, found = ["/", "/manifest.webmanifest", "/logo.svg", "/sw.js"], {}
        while wanted:
            path = wanted.pop()
            status, _, body = self.server.request("GET", path)
            self.assertEqual(status, 200, path)
            found[path] = body
            text = body.decode()
            beside = re.findall(r'"\./([\w-]+\.js)"', text) + (["meeting.css"] if '"meeting.css"' in text else [])
            names = re.findall(r'"(/[0-9a-f]{16}/[a-z./-]+)[#"]', text) + [re.sub(r"[^/]+$", name, path) for name in beside]
            wanted += [name for name in names if name not in found and name not in wanted]
        return found

    def test_size_and_manifest(self):
        sizes = {path: len(body) for path, body in self.files().items()}
        self.assertGreater(len(sizes), 9, sizes.keys())
        self.assertLess(sum(sizes.values()), PAGE_BYTES_MAX, sizes)
        self.browser.open(self.url)
        self.browser.wait("document.querySelector('.upload')")
        manifest = self.browser.command("Page.getAppManifest")
        self.assertEqual(manifest["errors"], [])
        self.assertEqual(self.browser.command("Page.getInstallabilityErrors")["installabilityErrors"], [])
        for icon in json.loads(manifest["data"])["icons"]:
            self.assertEqual(self.server.request("GET", icon["src"])[1]["Content-Type"], "image/svg+xml")

    def resources(self):
        """[(path without its version, whether it came from the server)] of all that the page has loaded, in order."""
        return [tuple(entry) for entry in self.browser.js("performance.getEntriesByType('resource').map((entry) => "
                "[new URL(entry.name).pathname.replace(/^.[0-9a-f]{16}(?=.)/, ''), entry.transferSize > 0])")]

    def test_first_view_waits_for_what_it_shows_alone(self):
        """What the list does not need is asked for when it is seen; what it needs is named in the first answer, and nothing is asked for twice."""
        _, headers, body = self.server.request("GET", "/")
        linked = re.findall(r"</([0-9a-f]{16})(/app/[\w-]+\.js)>; rel=modulepreload", headers["Link"])
        version, first = linked[0][0], {path for _, path in linked}
        needed = {"/app/app.js", "/app/first.js"}
        for path in linked:  # what these import is among them
            source = self.server.request("GET", "/" + "".join(path))[2].decode()
            needed |= {f"/app/{name}" for name in re.findall(r"""(?:from|import) *["']\./([\w-]+\.js)["']""", source)}
        self.assertEqual(first, needed)
        self.assertIn(f'"/{version}/app.css"'.encode(), body)
        self.meeting()
        settle(self.server, 1)
        browser = self.browser
        browser.command("Page.addScriptToEvaluateOnNewDocument", source=f"new MutationObserver(() => {{ if (document.querySelector('{ROWS}'))"
                        "window.before ??= ['', ...performance.getEntriesByType('resource').map((entry) => entry.name)]; }"
                        ").observe(document, {subtree: true, childList: true})")
        scripts = [path.rsplit("/", 1)[-1] for path in self.files() if path.endswith((".js", "meeting.css")) and path != "/sw.js"]
        for turn in range(2):
            browser.open("about:blank")
            browser.open(self.url)
            before = {path.rsplit("/", 1)[-1] for path in browser.wait("window.before")}
            self.assertEqual(before & {"rest.js", "meeting.css"}, set())
            browser.wait(f"{json.dumps(scripts)}.every((name) => performance.getEntriesByType('resource').some((entry) => entry.name.endsWith('/' + name)"
                         " && entry.responseEnd))")
        loaded = self.resources()
        self.assertEqual([path for path, asked in loaded if asked and path.startswith("/app")], [])
        self.assertNotIn("/api/meetings", [path for path, _ in loaded])

    def test_versions(self):
        """Below its version a file is kept for good; below that of another server it is there all the same, and is not kept."""
        version = re.search(r"</([0-9a-f]{16})/", self.server.request("GET", "/")[1]["Link"])[1]
        plain = self.server.request("GET", "/app/app.js")
        for path, kept in ((f"/{version}/app/app.js", True), (f"/{'0' * 16}/app/app.js", False), ("/app/app.js", False)):
            status, headers, body = self.server.request("GET", path)
            self.assertEqual((status, body), (200, plain[2]), path)
            self.assertEqual("immutable" in headers["Cache-Control"], kept, path)
        for path in (f"/{version}", f"/{version}/", f"/{version}/{version}/app/app.js", f"/{version}x/app/app.js", f"/{version}/app/none.js"):
            self.assertEqual(self.server.request("GET", path)[0], 404, path)


if __name__ == "__main__":
    unittest.main()
