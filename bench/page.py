#!/usr/bin/env python3
"""How quick the page is in Chromium on loopback: the first view of 100,000 meetings, beside a static page of one line in the same browser (what Chromium
itself takes), and a transcript of three hours as it is opened and scrolled. With `--before PROGRAM` another build goes through the same, in turns."""
import argparse
import contextlib
import http.server
import shutil
import statistics
import sys
import threading
import time

from common import PROGRAM, Server, run_json, scratch, table
from server import MEETINGS, plant_index
import page_browser

COLD, WARM = 5, 8
HOURS, SEGMENT_S = 3, 6
WORDS = ("we should look at the budget again before the end of the quarter because the numbers from last month were not quite what everybody had "
         "expected to see").split()

# The first frame that shows a row of the list; tasks of more than 50 ms.
WATCH = """window.firstRow = null; window.longs = [];
new PerformanceObserver((list) => list.getEntries().forEach((entry) => longs.push(Math.round(entry.duration)))).observe({type: 'longtask', buffered: true});
new MutationObserver(() => { if (firstRow === null && document.querySelector('.rows:not(.jobs,.uploads) .row'))
    requestAnimationFrame(() => setTimeout(() => { firstRow ??= performance.now(); })); }).observe(document, {subtree: true, childList: true});"""

# A third of the pane a frame, sixty times.
SCROLL = """new Promise((done) => { const pane = innerWidth > 960 ? document.querySelector('.pane') : document.scrollingElement, times = []; let last = null;
function step(now) { if (last !== null) times.push(now - last); last = now; pane.scrollTop += pane.clientHeight / 3;
  if (times.length < 60) requestAnimationFrame(step); else done(times.sort((a, b) => a - b)); } requestAnimationFrame(step); })"""


class Line(http.server.BaseHTTPRequestHandler):
    """A page of one line, which is a row of a list."""
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        body = b"<!doctype html><title>a line</title><ul class=rows><li class=row>a line</ul>"
        self.send_response(200)
        for name, value in (("Content-Type", "text/html"), ("Content-Length", str(len(body)))):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def line_server():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Line)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def watched():
    browser = page_browser.Browser()
    browser.command("Page.addScriptToEvaluateOnNewDocument", source=WATCH)
    time.sleep(0.5)
    return browser


# When the page's scripts have taken the list over: then they ask for the jobs. null: the page of a line has none.
IN_USE = ("(document.title === 'a line' ? [null] : performance.getEntriesByType('resource').filter((entry) => entry.name.endsWith('/api/jobs'))"
          ".map((entry) => entry.startTime))")


def first_row(browser, url):
    """Milliseconds from the start of the navigation until the first row is painted, and until the page is in use."""
    browser.open(url)
    return browser.wait("window.firstRow", 60), browser.wait(f"{IN_USE}.length && {IN_USE}", 60)[0] or 0


def medians(times):
    return [statistics.median(values) for values in zip(*times)]


def first_views(urls):
    """{name: (cold, warm)}, medians of first_row(): the first navigation of a fresh profile, and later ones from another page."""
    cold, warm = ({name: [] for name in urls} for _ in range(2))
    for _ in range(COLD):
        for name, url in urls.items():
            with watched() as browser:
                cold[name].append(first_row(browser, url))
    with contextlib.ExitStack() as stack:
        browsers = {name: stack.enter_context(watched()) for name in urls}
        for i in range(WARM + 2):
            for name, url in urls.items():
                browsers[name].open("about:blank")
                time.sleep(0.2)
                took = first_row(browsers[name], url)
                if i >= 2:  # by then the compiled scripts are kept
                    warm[name].append(took)
    return {name: (medians(cold[name]), medians(warm[name])) for name in urls}


def transcript(name, url, size):
    """A row of the table: how a long transcript opens and scrolls."""
    with watched() as browser:
        browser.resize(*size)
        browser.command("Performance.enable", timeDomain="threadTicks")
        browser.open(url)
        browser.wait("document.querySelectorAll('.turn').length > 5", 60)
        browser.js("document.querySelector('[data-view=transcript]').click()")
        time.sleep(3)
        opening = browser.js("longs.splice(0)")
        busy = {metric["name"]: metric["value"] for metric in browser.command("Performance.getMetrics")["metrics"]}["TaskDuration"]
        times = browser.js(SCROLL)
        scrolling = browser.js("longs.splice(0)")
        return (name, f"{size[0]} px", browser.js("document.querySelectorAll('.turn').length"), opening, f"{busy * 1e3:.0f}", f"{times[30]:.0f}", f"{times[57]:.0f}",
                scrolling)


def write_transcript(path):
    stamp = lambda s: f"{s // 3600:02d}:{s // 60 % 60:02d}:{s % 60:02d}.000"
    lines = ["WEBVTT\n"]
    for n, s in enumerate(range(0, HOURS * 3600, SEGMENT_S)):
        said = " ".join(WORDS[(n + i) % len(WORDS)] for i in range(16))
        lines.append(f"{stamp(s)} --> {stamp(s + SEGMENT_S)}\n{('Ann', 'Bob', 'Cy')[n % 3]}: {said}.\n")
    path.write_text("\n".join(lines))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--before", metavar="PROGRAM", help="another build to be measured in the same run")
    programs = {"hansard": PROGRAM}
    if before := parser.parse_args().before:
        programs["before"] = before
    if not page_browser.PROGRAM:
        sys.exit("Chromium is not installed (apt-get install chromium)")
    folder = scratch()
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, folder)
        write_transcript(folder / "long.vtt")
        meeting = run_json(folder / "store", "add", folder / "long.vtt")["meeting_id"]
        row_key = next((folder / "store/hansard/index").iterdir()).name
        plant_index(folder / "store", row_key, MEETINGS)
        urls = {"a line": stack.enter_context(line_server())}
        for name, program in programs.items():
            server = Server(folder)
            server.program = program
            server.start()
            stack.callback(server.kill)
            urls[name] = f"http://127.0.0.1:{server.port}/"
        views = first_views(urls)
        own = views["a line"]
        table(f"first view of {MEETINGS} meetings, ms from navigation to painted rows, and until the scripts have taken them over; medians",
              [("", "fresh profile", "warm", "ratio to a line"),
               *((name, f"{cold[0]:.0f}, {cold[1]:.0f}", f"{warm[0]:.0f}, {warm[1]:.0f}", f"{cold[0] / own[0][0]:.1f}, {warm[0] / own[1][0]:.1f}")
                 for name, (cold, warm) in views.items())])
        rows = [transcript(name, f"{urls[name]}#/m/{meeting}", size) for size in (page_browser.DESKTOP, page_browser.PHONE) for name in programs]
        table(f"a transcript of {HOURS} hours", [("", "wide", "turns", "long tasks, opening, ms", "CPU ms", "frame ms", "95 %", "long tasks, scrolling"), *rows])


if __name__ == "__main__":
    main()
