#!/usr/bin/env python3
"""What the documents say is so: the examples of docs/http.md run as they stand, docs/options.md is what the program prints."""
import re
import shutil
import subprocess
import unittest

from program import ROOT, Server, run, scratch

CALL = "WEBVTT\n\n00:01.000 --> 00:04.000\nAnn: I will send the figures by Friday.\n\n00:05.000 --> 00:07.000\nBob: The system must keep them.\n"


class DocsTest(unittest.TestCase):
    def setUp(self):
        self.folder = scratch()
        self.addCleanup(shutil.rmtree, self.folder)

    @unittest.skipUnless(shutil.which("curl") and shutil.which("jq"), "curl and jq are not installed")
    def test_http_examples(self):
        blocks = re.findall(r"^```sh\n(.*?)^```", (ROOT / "docs/http.md").read_text(), re.M | re.S)
        self.assertGreaterEqual(len(blocks), 5)
        (self.folder / "call.vtt").write_text(CALL)
        with Server(self.folder) as server:
            script = f"set -euo pipefail\nHANSARD=http://127.0.0.1:{server.port}\n" + "\n".join(blocks)
            done = subprocess.run(["bash", "-c", script], cwd=self.folder, capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("Send the figures by Friday", done.stdout)
        self.assertEqual(sorted(path.name for path in self.folder.glob("meeting.*")), [f"meeting.{f}" for f in ("csv", "json", "md", "srt", "txt", "vtt")])

    def test_options(self):
        printed = run(self.folder, "help", "settings.md").stdout
        self.assertIn(printed, (ROOT / "docs/options.md").read_text(), "refresh it with `hansard help settings.md`")

    def test_links(self):
        """Every relative link in a Markdown file leads to a file."""
        for page in [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("src/*/README.md"), *ROOT.glob("samples/*.md"), *ROOT.glob("bench/*.md")]:
            for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text()):
                self.assertTrue((page.parent / target).exists(), f"{page.relative_to(ROOT)}: {target}")


if __name__ == "__main__":
    unittest.main()
