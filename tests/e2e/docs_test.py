#!/usr/bin/env python3
"""What the documents say is so: the examples of docs/http.md run as they stand, docs/options.md is what the program prints."""
import json
import os
import re
import shutil
import subprocess
import sys
import unittest

from program import PROGRAM, ROOT, Server, environment, free_port, run, scratch

sys.path.insert(0, str(ROOT / "tests"))
from servers import DynamoDbLocal, Versitygw, prepare  # noqa: E402

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
        self.assertEqual(sorted(path.name for path in self.folder.glob("meeting.*")),
                         [f"meeting.{f}" for f in ("csv", "docx", "github.csv", "jira.csv", "json", "md", "srt", "txt", "vtt")])

    def test_guide_examples(self):
        """The commands of the guide, from nothing to two servers, a worker and a table, on servers of this machine instead of AWS. The two servers leave
        the work to the worker: what is sent to one is done by another process and seen at both."""
        prepare("versitygw", "dynamodb")
        blocks = re.findall(r"^```sh\n(.*?)^```", (ROOT / "S3_ARCHITECTURE.md").read_text(), re.M | re.S)
        script = "set -eu\n" + "".join(blocks[:4])
        self.assertIn("add call.vtt", script)
        self.assertIn("8080/api/meetings", script)
        (table,) = blocks[4:]
        script += ("both_have() { for port in 8080 8081; do curl -sSf http://127.0.0.1:$port/api/meetings |\n"
                   "    jq -e '[.meetings[] | select(.status == \"ready\")] | length == 2' || return; done; }\n"
                   "for try in {1..100}; do ! both_have || break; sleep 0.2; done\nboth_have >/dev/null\nkill -9 $(jobs -p); wait\n")
        (self.folder / "bin").mkdir()
        (self.folder / "bin/hansard").symlink_to(PROGRAM)
        ports = {"8080": free_port(), "8081": free_port()}
        script = script.replace("hansard serve &", "hansard serve --listen 127.0.0.1:8080 &") + table
        script = re.sub(r"\b808[01]\b", lambda found: str(ports[found[0]]), script)
        with Versitygw() as s3, DynamoDbLocal() as dynamodb:
            settings = environment(self.folder / "data", AWS_ENDPOINT_URL=s3.url, AWS_ENDPOINT_URL_DYNAMODB=dynamodb.url, AWS_REGION=s3.region,
                                   AWS_ACCESS_KEY_ID=s3.access_key, AWS_SECRET_ACCESS_KEY=s3.secret_key, HANSARD_WORKERS="0", HANSARD_POLL_SECONDS="1",
                                   PATH=f"{self.folder}/bin:{os.environ['PATH']}")
            del settings["HANSARD_DATA"]  # each folder has its own
            done = subprocess.run(["bash", "-c", script], cwd=self.folder, env=settings, capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("missing    bucket acme-meetings", done.stdout)
        self.assertIn("present    bucket acme-meetings", done.stdout)
        self.assertIn('"filename":"call.vtt"', done.stdout)
        self.assertIn("present    rows of acme-meetings in table meeting-metadata", done.stdout)
        self.assertEqual([line.split("  ")[-2] for line in done.stdout.splitlines()[-2:]], ["second", "call"])

    def test_guide_costs(self):
        """The guide's figures are those of `hansard cost`."""
        guide = (ROOT / "S3_ARCHITECTURE.md").read_text()

        def cost(meetings, **settings):
            done = run(self.folder, "cost", "--json", "--what-if", f"meetings={meetings},mb=50,documents-kb=0", S3_BUCKET_NAME="acme-meetings", **settings)
            self.assertEqual(done.returncode, 0, done.stderr)
            return json.loads(done.stdout)
        first = cost(100)
        storage, once = first["storage"]["month"], first["requests"]["meeting"]["once"] * 100
        queue = "https://sqs.us-east-1.amazonaws.com/123456789012/hansard"
        idle = [cost(meetings, **settings)["requests"]["idle_month"] for meetings, settings in (
            (100, {}), (100, {"HANSARD_QUEUE_URL": queue}), (100000, {}), (100, {"HANSARD_POLL_SECONDS": "600"}),
            (100, {"HANSARD_POLL_SECONDS": "600", "HANSARD_INBOX": "false"}))]
        for line, figure in (("storage of 5,000 MB, 4.66 GB | $%.3f", storage), ("54 GET a meeting | $%.3f", once), ("come in ($%.3f)", storage + once),
                             ("for webhooks | $%.2f", idle[0]), ("the list and the rest | $%.2f", idle[1]), ("never more than that | $%.2f", idle[2]),
                             ("and into the inbox ($%.2f in all)", idle[3]), ("the inbox is not looked at ($%.2f)", idle[4])):
            self.assertIn(line % figure, guide)

    def test_migrate_examples(self):
        """The commands of docs/migrate.md, from a bucket, a directory and a folder that are there."""
        prepare("versitygw")
        (block,) = re.findall(r"^```sh\n(.*?)^```", (ROOT / "docs/migrate.md").read_text(), re.M | re.S)
        (self.folder / "uploads").mkdir()
        (self.folder / "bin").mkdir()
        (self.folder / "bin/hansard").symlink_to(PROGRAM)
        for number, name in enumerate(("a.vtt", "b.vtt", "uploads/c.vtt")):
            (self.folder / name).write_text(CALL.replace("figures", f"figures of {number}"))
        with Versitygw() as s3:
            access = {"AWS_ENDPOINT_URL": s3.url, "AWS_ACCESS_KEY_ID": s3.access_key, "AWS_SECRET_ACCESS_KEY": s3.secret_key, "AWS_REGION": s3.region}
            for place, call in (({"S3_BUCKET_NAME": "old-meetings"}, "a.vtt"), ({}, "b.vtt")):
                for command in ((("setup", "--apply"),) if place else ()) + (("add", self.folder / call),):
                    done = run(self.folder / "hansard-data", *command, **access, **place)
                    self.assertEqual(done.returncode, 0, done.stderr)
            settings = environment(self.folder / "here", S3_BUCKET_NAME="acme-meetings", PATH=f"{self.folder}/bin:{os.environ['PATH']}", **access)
            done = subprocess.run(["bash", "-c", "set -eu\nhansard setup --apply\n" + block], cwd=self.folder, env=settings, capture_output=True, text=True,
                                  timeout=120)
        self.assertEqual(done.returncode, 0, done.stderr)
        for said in ("meetings: 1 to bring", "meetings: 1 brought", "meetings: 0 brought, 1 there already", "files: 1 brought", "2 meetings, 3 recordings"):
            self.assertIn(said, done.stdout)

    def test_client_examples(self):
        """docs/clients.md: the program in Python on a bucket, and curl on a server over the same."""
        prepare("versitygw")
        page = (ROOT / "docs/clients.md").read_text()
        (python,), (shell,) = (re.findall(rf"^```{language}\n(.*?)^```", page, re.M | re.S) for language in ("python", "sh"))
        (self.folder / "call.vtt").write_text(CALL)
        with Versitygw() as s3:
            access = {"AWS_ENDPOINT_URL": s3.url, "AWS_ACCESS_KEY_ID": s3.access_key, "AWS_SECRET_ACCESS_KEY": s3.secret_key, "AWS_REGION": s3.region,
                      "S3_BUCKET_NAME": "acme-meetings"}
            for command in (("setup", "--apply"), ("add", self.folder / "call.vtt")):
                done = run(self.folder / "hansard-data", *command, **access)
                self.assertEqual(done.returncode, 0, done.stderr)
            read = subprocess.run([sys.executable, "-c", python], capture_output=True, text=True, timeout=60, env={**os.environ, **access})
            with Server(self.folder, **access) as server:
                script = f"set -euo pipefail\nHANSARD=http://127.0.0.1:{server.port}\n{shell}"
                asked = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=60)
        self.assertEqual((read.returncode, asked.returncode), (0, 0), read.stderr + asked.stderr)
        said = "call: Send the figures by Friday (Ann, "
        self.assertTrue(read.stdout.startswith(said), read.stdout)
        self.assertIn("at 1 s: «I will send the figures by Friday.»", read.stdout)
        self.assertTrue(asked.stdout.startswith(said), asked.stdout)

    def test_options(self):
        printed = run(self.folder, "help", "settings.md").stdout
        self.assertIn(printed, (ROOT / "docs/options.md").read_text(), "refresh it with `hansard help settings.md`")

    def test_links(self):
        """Every relative link in a Markdown file leads to a file."""
        pages = [page for page in ROOT.rglob("*.md") if not {"build", "node_modules"} & set(page.relative_to(ROOT).parts)]
        self.assertGreaterEqual(len(pages), 20)
        for page in pages:
            for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text()):
                self.assertTrue((page.parent / target).exists(), f"{page.relative_to(ROOT)}: {target}")


if __name__ == "__main__":
    unittest.main()
