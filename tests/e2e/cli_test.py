#!/usr/bin/env python3
"""Every command of the command line as a user runs it: what it prints, where, and its exit status (0 done, 1 failed, 2 wrong usage or setting)."""
import csv
import io
import json
import os
import pathlib
import pty
import re
import shlex
import shutil
import signal
import subprocess
import time
import unittest
import urllib.error
import urllib.request

from program import PROGRAM, ROOT, Server, environment, free_port, run, run_json, scratch, short_clip

COMMANDS = ("serve", "worker", "add", "list", "show", "search", "items", "export", "url", "rm", "retry", "retention", "reindex", "verify", "migrate",
            "setup", "doctor",
            "cost", "token", "audit", "model")
TALK = """WEBVTT

00:00:01.000 --> 00:00:04.000
Ann Lee: I will send the reports to Bob by Friday.

00:00:05.000 --> 00:00:09.500
Bob: We decided to start with the café in Zürich as pilot customers.

00:01:10.000 --> 00:01:14.250
Ann Lee: The system must export the bookings as a file.
"""
NOT_A_TALK = "WEBVTT\n\nwords before any timing\n"
TIMING = r"(\d\d):(\d\d):(\d\d)[.,](\d\d\d)"


def milliseconds(time_groups):
    hours, minutes, seconds, rest = map(int, time_groups)
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + rest


def meeting_ids(text):
    return re.findall(r"meeting-[0-9a-f]{8}-[0-9a-f-]{27}", text)


class Cli(unittest.TestCase):
    def setUp(self):
        self.folder = scratch()
        self.addCleanup(shutil.rmtree, self.folder)
        self.data = self.folder / "store"
        self.data.mkdir()

    def file(self, name, content=TALK):
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def run_with(self, status, *arguments, **options):
        """Runs a command that must end with this exit status; returns (standard output, standard error)."""
        done = run(self.data, *arguments, **options)
        self.assertEqual(done.returncode, status, f"{arguments}: {done.stdout}\n{done.stderr}")
        return done.stdout, done.stderr

    def says(self, status, *arguments, **options):
        """The one line on standard error of a command that must fail like this."""
        out, err = self.run_with(status, *arguments, **options)
        self.assertEqual((out, err.count("\n"), err.startswith("hansard: ")), ("", 1, True), (out, err))
        return err

    def add(self, name="talk.vtt", content=TALK, *options):
        out, err = self.run_with(0, "add", self.file(name, content), *options)
        self.assertEqual(err, "")
        return meeting_ids(out)[0]

    def add_failed(self):
        return meeting_ids(self.says(1, "add", self.file("bad.vtt", NOT_A_TALK)))[0]

    def stored(self):
        return sorted(str(path.relative_to(self.data)) for path in self.data.rglob("*") if path.is_file() and ".hansard" not in path.parts)


class Add(Cli):
    def test_transcript(self):
        out, err = self.run_with(0, "add", self.file("talk.vtt"))
        self.assertRegex(out, r"^meeting-[0-9a-f-]{36}  talk \(1:14\): 1 action items, 1 decisions, 0 questions, 1 requirements\n$")
        self.assertEqual(err, "")
        record = run_json(self.data, "show", meeting_ids(out)[0])["record"]
        self.assertEqual((record["filename"], record["title"], record["duration_ms"]), ("talk.vtt", "talk", 74250))

    def test_json_title_and_tags(self):
        record = run_json(self.data, "add", self.file("talk.vtt"), "--title", "Größe: “Plan”", "--tag", "a", "--tag", "ü b")
        self.assertEqual((record["title"], record["tags"], record["state"]), ("Größe: “Plan”", ["a", "ü b"], "ready"))
        record = run_json(self.data, "add", self.file("talk.vtt"), "--title", "Größe", LC_ALL="C")
        self.assertEqual(record["title"], "Größe")

    def test_recording(self):
        clip = short_clip(self.folder, 6)
        if not clip:
            self.skipTest("ffmpeg is not installed")
        record = run_json(self.data, "add", clip)
        self.assertAlmostEqual(record["duration_ms"], 6000, delta=100)
        self.assertEqual((record["transcriber"]["name"], record["language"]), ("whisper", "en"))
        text, _ = self.run_with(0, "export", record["meeting_id"], "-f", "txt")
        self.assertGreater(len(text.split()), 5)

    def test_standard_input(self):
        record = run_json(self.data, "add", "-", stdin=TALK)
        self.assertEqual((record["filename"], record["title"], record["decisions_count"]), ("recording", "recording", 1))
        self.assertEqual(run_json(self.data, "add", "-", "--title", "Piped", stdin=TALK)["title"], "Piped")
        self.assertIn("empty", self.says(1, "add", "-", stdin=""))

    def test_stopped_while_it_waits_for_input(self):
        """Ctrl-C ends it though nothing comes, and nothing is left."""
        run_json(self.data, "list")
        before = self.stored()
        process = subprocess.Popen([PROGRAM, "add", "-"], env=environment(self.data), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        process.stdin.write(TALK.encode())
        process.stdin.flush()
        deadline = time.monotonic() + 20
        while not list((self.data / ".hansard").glob("tmp/*")) and time.monotonic() < deadline:
            time.sleep(0.02)
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(timeout=10), 1)
        self.assertEqual((process.stdout.read(), process.stderr.read()), (b"", b"hansard: stopped; - was not kept\n"))
        self.assertEqual((self.stored(), list((self.data / ".hansard").glob("tmp/*"))), (before, []))

    def test_stopped_while_it_listens(self):
        """What was taken in before Ctrl-C waits for a worker, and can be removed."""
        clip = short_clip(self.folder, 60)
        if not clip:
            self.skipTest("ffmpeg is not installed")
        process = subprocess.Popen([PROGRAM, "add", clip], env=environment(self.data), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        deadline = time.monotonic() + 20
        while not list(self.data.glob("hansard/jobs/*")) and time.monotonic() < deadline:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
        self.assertEqual((process.returncode, out, err.count("\n")), (1, "", 1), err)
        meeting_id = meeting_ids(err)[0]
        self.assertIn("queued, transcribe", self.run_with(0, "show", meeting_id)[0])
        self.run_with(0, "rm", "--yes", meeting_id)
        self.assertEqual(self.stored(), [])

    def test_several_files_of_which_some_fail(self):
        good, bad, also_good = self.file("one.vtt"), self.file("bad.vtt", NOT_A_TALK), self.file("two.vtt")
        out, err = self.run_with(1, "add", good, bad, self.folder / "missing.vtt", also_good)
        self.assertEqual(len(meeting_ids(out)), 2)
        lines = err.splitlines()
        self.assertEqual(len(lines), 3)
        self.assertRegex(lines[0], r"bad\.vtt is kept as meeting-[0-9a-f-]+, but not finished: .*Line 3")
        self.assertIn("missing.vtt can't be opened: No such file", lines[1])
        self.assertIn("2 of 4 failed", lines[2])
        self.assertEqual({row["title"] for row in run_json(self.data, "list")["meetings"]}, {"one", "two"})

    def test_odd_names(self):
        for name in ("-dash.vtt", "new\nline.vtt", "esc\x1b[31m.vtt", "Ж 会議.vtt", "x" * 250 + ".vtt"):
            self.file(name)
            done = subprocess.run([PROGRAM, "add", "--json", "--", name], cwd=self.folder, env=environment(self.data), capture_output=True, timeout=60)
            self.assertEqual(done.returncode, 0, done.stderr)
            record = json.loads(done.stdout)
            self.assertLessEqual(len(record["filename"].encode()), 200)
            self.assertTrue((record["filename"] + record["title"]).isprintable())
        for name in ("bad\nline.vtt", "bad\x1b[31m.vtt", "bad\x1b[31m"):
            line = self.says(1, "add", self.folder / name)
            self.assertTrue(line.strip().isprintable(), line)

    def test_two_processes_at_once(self):
        files = [self.file(f"talk-{number}.vtt") for number in range(12)]
        both = [subprocess.Popen([PROGRAM, "add", *half], env=environment(self.data), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
                for half in (files[:6], files[6:])]
        ids = []
        for process in both:
            out, err = process.communicate(timeout=120)
            self.assertEqual((process.returncode, err), (0, ""))
            ids += meeting_ids(out)
        rows = run_json(self.data, "list")["meetings"]
        self.assertEqual(sorted(row["meeting_id"] for row in rows), sorted(ids))
        self.assertEqual(len(run_json(self.data, "items", "--kind", "decision")), 12)
        self.assertFalse([name for name in self.stored() if name.startswith("hansard/jobs")])


class Reading(Cli):
    """Commands that only read share one store of three meetings."""

    @classmethod
    def setUpClass(cls):
        cls.shared = scratch()
        (cls.shared / "talk.vtt").write_text(TALK)
        cls.ids = []
        for title, tag in (("Pilot", "team-a"), ("=HYPERLINK(1)", "team-b"), ("*Last* [x](y)", "team-a")):
            record = run_json(cls.shared, "add", cls.shared / "talk.vtt", "--title", title, "--tag", tag)
            cls.ids.insert(0, record["meeting_id"])  # newest first, as lists are
        cls.first = cls.ids[-1]

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.shared)

    def setUp(self):
        super().setUp()
        self.data = self.shared

    def test_list(self):
        out, _ = self.run_with(0, "list")
        self.assertEqual(meeting_ids(out), self.ids)
        self.assertRegex(out.splitlines()[-1], r"^\d{4}-\d\d-\d\d \d\d:\d\d +1:14 +1 +1 +0 +1  Pilot  meeting-")
        answer = run_json(self.data, "list")
        self.assertEqual((answer["count"], answer["next_cursor"]), (3, None))
        self.assertEqual([row["meeting_id"] for row in answer["meetings"]], self.ids)
        row = answer["meetings"][-1]
        self.assertEqual((row["title"], row["filename"], row["action_items_count"], row["tags"]), ("Pilot", "talk.vtt", 1, ["team-a"]))

    def test_list_in_pages(self):
        seen, cursor = [], []
        for _ in range(3):
            page = run_json(self.data, "list", "--limit", "1", *cursor)
            seen += [row["meeting_id"] for row in page["meetings"]]
            cursor = ["--cursor", page["next_cursor"]]
        self.assertEqual((seen, cursor[1]), (self.ids, None))

    def test_list_filtered(self):
        titles = lambda *options: [row["title"] for row in run_json(self.data, "list", *options)["meetings"]]
        self.assertEqual(titles("--tag", "team-a"), ["*Last* [x](y)", "Pilot"])
        self.assertEqual(titles("--tag", "team"), [])
        self.assertEqual(len(titles("--from", "2020-01-01", "--to", "2200-01-01")), 3)
        self.assertEqual(titles("--from", "2200-01-01"), [])
        self.assertEqual(titles("--to", "2020-01-01"), [])

    def test_show(self):
        out, _ = self.run_with(0, "show", self.first)
        for part in ("# Pilot\n", "## Action items", "- [ ] Send the reports to Bob by Friday; owner Ann Lee; due 20", "## Decisions", "## Requirements",
                     "“I will send the reports to Bob by Friday.” Ann Lee [0:01]", "## Transcript", "[0:05] **Bob:** We decided"):
            self.assertIn(part, out)
        self.assertTrue(self.run_with(0, "show", self.ids[0])[0].startswith(r"# \*Last\* \[x\](y)"))
        whole = run_json(self.data, "show", self.first)
        self.assertEqual((whole["record"]["meeting_id"], len(whole["transcript"]["segments"])), (self.first, 3))
        self.assertEqual(whole["summary"]["action_items"][0]["owner"], "Ann Lee")
        self.assertEqual(whole["requirements"][0]["id"], "REQ-1")

    def test_unknown_meeting(self):
        for command in ("show", "export", "url", "retry"):
            self.assertIn("meeting-none", self.says(1, command, "meeting-none"))
            self.assertIn("no meeting id", self.says(2, command, "../meetings"))

    def test_search(self):
        find = lambda *words: {hit["kind"] for hit in run_json(self.data, "search", *words)}
        self.assertIn("action", find("report"))           # "reports"
        self.assertIn("transcript", find("decide"))       # "decided"
        self.assertIn("decision", find("cafe", "zurich"))
        self.assertIn("decision", find("CAFÉ"))
        self.assertIn("decision", find('"pilot customers"'))
        self.assertEqual(find('"customers pilot"'), set())
        self.assertEqual(find("report", "nowhere-said"), set())
        self.assertIn("title", find("Last"))
        out, _ = self.run_with(0, "search", "cafe")
        self.assertIn(self.first, out)
        self.assertIn("    Start with the café in Zürich", out)
        self.assertFalse(set("\x1b\ue000\ue001") & set(out))
        self.assertEqual(len(run_json(self.data, "search", "cafe", "--limit", "1")), 1)

    def test_hostile_search(self):
        for words in ('"', '"a" OR', "a AND (", "NEAR(", "*", "^a", "title:x", "x\ny", "'; DROP TABLE words; --", "\x01", "-a", "%", "会", "a" * 400):
            out, err = self.run_with(0, "search", "--json", "--", words)
            self.assertEqual((isinstance(json.loads(out), list), err), (True, ""), words)
        done = subprocess.run([PROGRAM, "search", b"\xff\xfe"], env=environment(self.data), capture_output=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("fewer words", self.says(2, "search", "a" * 401))

    def test_items(self):
        out, _ = self.run_with(0, "items")
        self.assertEqual(len(out.splitlines()), 9)
        self.assertRegex(out, r"(?m)^A-1 +draft +20\d\d-\d\d-\d\d Ann Lee +Send the reports to Bob by Friday  \(Pilot, 0:01\)$")
        for options, count in (([], 9), (["--kind", "action"], 3), (["-k", "question"], 0), (["--status", "draft"], 9), (["--status", "done"], 0),
                               (["--owner", "ann LEE"], 3), (["--owner", "Ann"], 0), (["--limit", "2"], 2), (["--limit", "200"], 9)):
            items = run_json(self.data, "items", *options)
            self.assertEqual(len(items), count, options)
        item = run_json(self.data, "items", "--kind", "requirement")[-1]
        self.assertEqual((item["meeting_id"], item["kind"], item["title"], item["id"]), (self.first, "requirement", "Pilot", "REQ-1"))
        self.assertIn("1 to 200", self.says(2, "items", "--limit", "201"))

    def export(self, format_name, meeting_id=None):
        """What goes to standard output, after comparing it with what goes to a file."""
        target = self.folder / f"out.{format_name}"
        arguments = [PROGRAM, "export", meeting_id or self.first, "--format", format_name]
        out = subprocess.run(arguments, env=environment(self.data), capture_output=True, check=True, timeout=60).stdout
        subprocess.run([*arguments, "-o", target], env=environment(self.data), check=True, timeout=60)
        self.assertEqual(target.read_bytes(), out)
        return out.decode()

    def test_export_text(self):
        self.assertIn("# Pilot\n", self.export("md"))
        self.assertEqual(self.export("md"), self.run_with(0, "show", self.first)[0])
        self.assertIn("[00:00:01] Ann Lee: I will send the reports", self.export("txt"))

    def test_export_captions(self):
        for format_name, separator in (("srt", ","), ("vtt", ".")):
            text = self.export(format_name)
            timings = re.findall(f"(?m)^{TIMING} --> {TIMING}\r?$", text)
            self.assertEqual(len(timings), text.count("-->"))
            times = [(milliseconds(found[:4]), milliseconds(found[4:])) for found in timings]
            self.assertEqual((times[0][0], times[-1][1]), (1000, 74250))
            self.assertTrue(all(start < end for start, end in times) and times == sorted(times), times)
            self.assertIn(f"00:01:10{separator}000 --> ", text)
        self.assertTrue(self.export("vtt").startswith("WEBVTT\n\n"))
        self.assertRegex(self.export("srt"), r"^1\r\n00:00:01,000 --> 00:00:04,000\r\nAnn Lee: I will")
        copy = run_json(self.folder, "add", self.folder / "out.srt")  # what was exported can be taken in again
        self.assertEqual((copy["duration_ms"], copy["speakers"]), (74250, ["Ann Lee", "Bob"]))

    def test_export_table(self):
        rows = list(csv.DictReader(io.StringIO(self.export("csv"), newline="")))
        self.assertEqual([row["id"] for row in rows], ["A-1", "D-1", "REQ-1"])
        self.assertEqual((rows[0]["owner"], rows[0]["start"], rows[0]["speaker"], rows[0]["title"]), ("Ann Lee", "00:00:01.000", "Ann Lee", "Pilot"))
        self.assertEqual(rows[1]["quote"], "We decided to start with the café in Zürich as pilot customers.")
        rows = list(csv.DictReader(io.StringIO(self.export("csv", self.ids[1]), newline="")))
        self.assertEqual({row["title"] for row in rows}, {"'=HYPERLINK(1)"})  # no formula to a spreadsheet

    def test_export_json(self):
        whole = json.loads(self.export("json"))
        self.assertEqual(whole, run_json(self.data, "show", self.first))

    def test_export_refused(self):
        self.assertIn("md, docx, txt, srt, vtt, json, csv, jira.csv, github.csv, ics, reqif", self.says(2, "export", self.first, "-f", "exe"))
        self.assertIn("nowhere", self.says(1, "export", self.first, "-o", self.folder / "nowhere/out.md"))

    def test_damaged_meeting_does_not_hide_the_others(self):
        self.data = self.folder / "copy"
        shutil.copytree(self.shared, self.data)
        shutil.rmtree(self.data / ".hansard")
        (self.data / "transcriptions" / self.first / "summary.json").write_text("{")
        out, err = self.run_with(0, "search", "cafe")
        self.assertEqual((set(meeting_ids(out)), err.count("\n")), (set(self.ids[:2]), 1))
        self.assertIn(f"summary.json of {self.first}", err)
        self.assertEqual(self.run_with(0, "items")[0].count("A-1"), 2)


class Changing(Cli):
    def test_remove(self):
        ids = [self.add(), self.add(), self.add()]
        self.assertIn("--yes", self.says(1, "rm", ids[0], stdin=""))
        self.assertIn(ids[0], self.run_with(0, "list")[0])
        self.assertEqual(self.run_with(0, "rm", "--yes", ids[0]), ("", ""))
        self.assertFalse([name for name in self.stored() if ids[0].removeprefix("meeting-") in name])
        self.assertIn("there is no meeting " + ids[0], self.says(1, "rm", "--yes", ids[0]))
        _, err = self.run_with(1, "rm", "-y", ids[0], ids[1], ids[2])  # the others go all the same
        self.assertEqual((ids[0] in err, "1 of 3 failed" in err), (True, True))
        self.assertEqual(self.stored(), [])
        self.assertEqual(run_json(self.data, "search", "cafe"), [])

    def test_remove_asks_in_a_terminal(self):
        meeting_id = self.add()
        for answer, left in ((b"n\n", 1), (b"\n", 1), (b"y\n", 0)):
            status, shown = in_terminal([PROGRAM, "rm", meeting_id], self.data, answer)
            self.assertEqual(status, 1 if left else 0)
            self.assertIn("can't be undone. [y/N]", shown)
            self.assertEqual(run_json(self.data, "list")["count"], left)

    def test_failed_queued_and_done(self):
        clip = short_clip(self.folder, 4)
        if not clip:
            self.skipTest("ffmpeg is not installed")
        none = {"HANSARD_TRANSCRIBER": "none"}
        meeting_id = meeting_ids(self.says(1, "add", clip, **none))[0]
        out, _ = self.run_with(0, "show", meeting_id)
        self.assertRegex(out, rf"^{meeting_id}  clip-0-4: failed, transcribe 0 %\n.*HANSARD_TRANSCRIBER.*\nagain: hansard retry {meeting_id}\n$")
        job = run_json(self.data, "show", meeting_id)
        self.assertEqual((job["meeting_id"], job["state"]), (meeting_id, "failed"))
        self.assertRegex(self.run_with(0, "list")[0], f"clip-0-4 +failed +{meeting_id}  transcribe 0 %")
        self.assertEqual(self.run_with(0, "retry", meeting_id)[0], f"{meeting_id} waits for a worker at: transcribe\n")
        self.assertIn("queued, transcribe 0 %", self.run_with(0, "show", meeting_id)[0])
        self.says(1, "retry", meeting_id)
        worker = subprocess.Popen([PROGRAM, "worker"], env=environment(self.data), stderr=subprocess.PIPE, text=True)
        self.assertRegex(worker.stderr.readline(), "works on the jobs of .*, 1 at a time")
        self.assertEqual(worker.stderr.readline(), f"{meeting_id}: done\n")
        worker.terminate()
        self.assertEqual(worker.wait(timeout=20), 0)
        worker.stderr.close()
        self.assertIn("# clip-0-4", self.run_with(0, "show", meeting_id)[0])
        self.assertFalse([name for name in self.stored() if "hansard/jobs" in name])

    def test_remove_failed(self):
        self.run_with(0, "rm", "--yes", self.add_failed())
        self.assertEqual(self.stored(), [])

    def test_reindex(self):
        ids = sorted(self.add() for _ in range(3))
        for entry in (self.data / "hansard/index").iterdir():
            entry.unlink()
        for entry in (self.data / ".hansard").glob("search.sqlite*"):
            entry.unlink()
        self.assertEqual(run_json(self.data, "list")["count"], 0)
        (self.data / "hansard/index" / "stale").write_text("")
        self.assertIn("3 meetings listed", self.run_with(0, "reindex")[0])
        self.assertEqual(sorted(row["meeting_id"] for row in run_json(self.data, "list")["meetings"]), ids)
        self.assertEqual({hit["meeting_id"] for hit in run_json(self.data, "search", "cafe")}, set(ids))
        self.assertEqual(run_json(self.data, "reindex")["meetings"], 3)


class Links(Cli):
    def test_url(self):
        with Server(self.folder) as server:
            listen = f"127.0.0.1:{server.port}"
            meeting_id = self.add()
            answer = run_json(self.data, "url", meeting_id, HANSARD_LISTEN=listen)
            self.assertEqual(answer["expires_in"], 3600)
            url = self.run_with(0, "url", meeting_id, "--expires", "60", "--listen", listen)[0].strip()
            brief = self.run_with(0, "url", meeting_id, "-e", "1", HANSARD_LISTEN=listen)[0].strip()
            for good in (answer["url"], url):
                with urllib.request.urlopen(good, timeout=10) as got:
                    self.assertEqual(got.read().decode(), TALK)
            time.sleep(2.1)
            longer = re.sub(r"expires=(\d+)", lambda found: f"expires={int(found[1]) + 9}", url)
            for bad in (brief, longer, url[:-1] + ("0" if url[-1] != "0" else "1"), url.split("?")[0]):
                with self.assertRaises(urllib.error.HTTPError) as refused:
                    urllib.request.urlopen(bad, timeout=10)
                self.assertEqual((refused.exception.code, json.load(refused.exception)["code"]), (403, "forbidden"), bad)
                refused.exception.close()
        for seconds in ("-1", "604801", "x"):
            self.assertIn("--expires", self.says(2, "url", meeting_id, f"--expires={seconds}"))


class Usage(Cli):
    def test_help(self):
        out, _ = self.run_with(0, "help")
        self.assertEqual(tuple(re.findall(r"(?m)^  ([a-z]+) ", out)), COMMANDS)
        self.assertEqual(out, self.run_with(0, "--help")[0])
        for command in COMMANDS:
            out, err = self.run_with(0, command, "--help")
            self.assertRegex(out, rf"Example:\n  hansard {command}\b")
            self.assertEqual((self.run_with(0, "help", command)[0], err), (out, ""))
        self.assertNotIn("media-child", out)
        self.assertIn("nonsense", self.says(2, "help", "nonsense"))

    def test_help_on_settings(self):
        out, _ = self.run_with(0, "help", "settings")
        for name in ("HANSARD_DATA (--data) [./hansard-data]", "URL_EXPIRY_SECONDS (--url-expiry-seconds) [3600]", "HANSARD_MODEL (--model)"):
            self.assertIn(name, out)

    def test_version(self):
        self.assertRegex(self.run_with(0, "--version")[0], r"^hansard \d+\.\d+\.\d+\n$")

    def test_wrong_usage_is_named(self):
        for arguments, named in ((["lst"], '"lst"'), (["list", "--oops"], "--oops"), (["show"], "show ID"), (["show", "a", "b"], "show ID"), (["add"], "FILE"),
                                 (["list", "extra"], "hansard list"), (["list", "--limit", "0"], "--limit"), (["list", "--limit", "many"], "many"),
                                 (["list", "--from", "soon"], "--from"), (["list", "--cursor", "x"], "cursor"), (["items", "--kind", "x"], "--kind"),
                                 (["items", "--status", "x"], "--status"), (["search", "--limit", "201", "a"], "--limit"), (["add", "--title"], "--title"),
                                 (["model", "oops", "a", "b"], "model convert"), (["add", str(self.folder)], "is a folder")):
            self.assertIn(named, self.says(2, *arguments))
        self.assertEqual(self.stored(), [])

    def test_wrong_settings_are_named(self):
        for name, value in (("HANSARD_ODD", "1"), ("HANSARD_WORKERS", "65"), ("HANSARD_WORKERS", "1x"), ("URL_EXPIRY_SECONDS", "0"),
                            ("HANSARD_TRANSCRIBER", "magic"), ("HANSARD_NO_AUTH", "maybe"), ("S3_BUCKET_NAME", "My_Bucket"), ("HANSARD_LANGUAGE", "x")):
            self.assertIn(name, self.says(2, "list", **{name: value}))
        self.assertIn("HANSARD_WORKERS", self.says(2, "list", "--workers", "-1"))
        self.assertIn("HANSARD_NO_AUTH", self.says(2, "serve", "--listen", "0.0.0.0:0"))

    def test_settings_file(self):
        """.env in the working directory; the environment wins over it, an option over both."""
        self.add()
        (self.folder / ".env").write_text("# where things stand\nexport HANSARD_DATA='store'\nHANSARD_WORKERS = 2\nUNRELATED=1\n")
        clean = environment(self.data)
        del clean["HANSARD_DATA"]
        listed = lambda *options, **extra: subprocess.run([PROGRAM, "list", *options], cwd=self.folder, env={**clean, **extra}, capture_output=True, text=True,
                                                          timeout=60)
        self.assertEqual(len(meeting_ids(listed().stdout)), 1)
        self.assertEqual(listed(HANSARD_DATA="elsewhere").stdout, "")
        self.assertEqual(len(meeting_ids(listed("--data", "store", HANSARD_DATA="elsewhere").stdout)), 1)
        (self.folder / "named.conf").write_text("HANSARD_DATA=elsewhere\n")
        self.assertEqual(listed(HANSARD_SETTINGS="named.conf").stdout, "")
        self.assertEqual(len(meeting_ids(listed("--data", "store", HANSARD_SETTINGS="named.conf").stdout)), 1)
        self.assertIn("HANSARD_SETTINGS must name", listed(HANSARD_SETTINGS="missing.conf").stderr)
        (self.folder / ".env").write_text("HANSARD_DTA=store\n")
        done = listed()
        self.assertEqual((done.returncode, done.stderr.count("\n")), (2, 1))
        self.assertIn("HANSARD_DTA", done.stderr)


def in_terminal(arguments, data, typed=b"", **streams):
    """Runs a command in a pseudo-terminal; returns its exit status and what the terminal showed. `streams` overrides: stdout=PIPE …"""
    controller, terminal = pty.openpty()
    process = subprocess.Popen(arguments, env=environment(data, TERM="xterm"), **{"stdin": terminal, "stdout": terminal, "stderr": terminal, **streams})
    os.close(terminal)
    os.write(controller, typed)
    shown = b""
    try:
        while piece := os.read(controller, 65536):
            shown += piece
    except OSError:
        pass  # the other side has closed
    os.close(controller)
    return process.wait(timeout=60), shown.decode()


class Terminals(Cli):
    def test_progress_only_in_a_terminal(self):
        files = [self.file("a.vtt"), self.file("b.vtt")]
        self.assertEqual(self.run_with(0, "add", *files)[1], "")
        status, shown = in_terminal([PROGRAM, "add", *map(str, files)], self.data)
        self.assertEqual(status, 0)
        self.assertRegex(shown, "\r\x1b\\[K(listening|finding items|saving) +\\[█*·*\\] +\\d+ %")
        self.assertEqual(len(meeting_ids(shown)), 2)
        self.assertRegex(shown, "\r\x1b\\[Kmeeting-")  # the bar is gone where the result stands

    def test_table_fits_the_terminal(self):
        self.add("talk.vtt", TALK, "--title", "long " * 40 + "\u202e")
        status, shown = in_terminal([PROGRAM, "list"], self.data)
        self.assertEqual((status, shown.count("\n")), (0, 2))
        self.assertIn("…", shown)
        self.assertNotIn("\u202e", shown)

    def test_closed_pipe(self):
        self.add("talk.vtt", TALK + "".join(f"\n00:{2 + i // 60:02d}:{i % 60:02d}.000 --> 00:{2 + i // 60:02d}:{i % 60:02d}.900\nAnn Lee: Line {i} of a long talk.\n"
                                             for i in range(3000)))
        meeting_id = run_json(self.data, "list")["meetings"][0]["meeting_id"]
        for arguments in (["list"], ["show", meeting_id], ["show", meeting_id, "--json"], ["export", meeting_id, "-f", "srt"], ["search", "talk"], ["items"],
                          ["url", meeting_id]):
            reader, writer = os.pipe()
            process = subprocess.Popen([PROGRAM, *arguments], env=environment(self.data), stdout=writer, stderr=subprocess.PIPE, text=True)
            os.close(writer)
            os.read(reader, 1)
            os.close(reader)
            self.assertEqual((process.communicate(timeout=20)[1], process.returncode), ("", 0), arguments)

    def test_full_output(self):
        meeting_id = self.add()
        for arguments in (["list"], ["show", meeting_id], ["export", meeting_id, "-f", "csv"], ["search", "cafe"], ["items", "--json"]):
            with open("/dev/full", "wb") as full:
                done = subprocess.run([PROGRAM, *arguments], env=environment(self.data), stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)
            self.assertEqual(done.returncode, 1, arguments)
            self.assertIn("standard output can't be written", done.stderr)


class Readme(Cli):
    def test_examples(self):
        """The README's block of commands, each run as it stands there."""
        block = next(block for block in re.findall(r"```[a-z]*\n(.*?)```", (ROOT / "README.md").read_text(), re.S) if "$ hansard add" in block)
        commands = [shlex.split(line[2:], comments=True) for line in block.splitlines() if line.startswith("$ ")]
        self.assertGreaterEqual({words[1] for words in commands}, {"add", "list", "show", "search", "items", "export", "url", "serve"})
        (self.folder / "bin").mkdir()
        (self.folder / "bin/hansard").symlink_to(pathlib.Path(PROGRAM).resolve())
        path = f"{self.folder / 'bin'}:{os.environ['PATH']}"
        meeting_id = None
        for words in commands:
            if words[1] == "add":
                clip = short_clip(self.folder, 4)
                if not clip:
                    self.skipTest("ffmpeg is not installed")
                clip.rename(self.folder / words[2])
            port = free_port()
            words = [self.folder / "bin/hansard", *(meeting_id if word == "meeting-…" else word for word in words[1:])]
            process = subprocess.Popen(words, cwd=self.folder, env=environment(self.data, PATH=path, HANSARD_LISTEN=f"127.0.0.1:{port}"), text=True,
                                       stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            if words[1] == "serve":
                self.assertIn(f"serves http://127.0.0.1:{port}/", process.stderr.readline())
                process.terminate()
            out, err = process.communicate(timeout=300)
            self.assertEqual((process.returncode, err), (0, ""), words)
            if words[1] == "add":
                meeting_id = meeting_ids(out)[0]


if __name__ == "__main__":
    unittest.main()
