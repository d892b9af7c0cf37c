#!/usr/bin/env python3
"""Every request that `hansard add`, an edit and `hansard rm` make to S3 goes wrong once, in each way of tests/fault_proxy.py; and again so that it and all
after it go wrong. What must hold:

 1. What was acknowledged is not lost: exit status 0, "is kept as meeting-…", HTTP 200.
 2. No list ever shows half a meeting: whatever is listed is there as a whole.
 3. The message says what happened.
 4. When the faults are over, the next worker and the next command bring all of it to its end.

Each case is a workspace of its own in one bucket (S3_PREFIX), behind a proxy of its own; many run at a time, for most of the time is waiting."""
import concurrent.futures
import hashlib
import json
import pathlib
import re
import shutil
import subprocess
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import servers  # noqa: E402
from fault_proxy import FAULTS, FaultProxy  # noqa: E402
from program import PROGRAM, Server, environment, run, run_json, scratch  # noqa: E402

AT_A_TIME = 10
IDLE_LIMIT_S = 30  # HTTP_IDLE_TIMEOUT_MS
ONCE = [fault for fault in FAULTS if fault != "stall"]
LASTING = ["error", "slow-down", "reset", "lost", "cut"]
TALK = "WEBVTT\n\n00:01.000 --> 00:04.000\nAnn: I will send the report to Bob by Friday.\n\n00:05.000 --> 00:08.000\nBob: The system must answer in time.\n"
# What the message of a failure names, for each fault that it can come from.
WORDS = {"error": r"InternalError|\b500\b", "slow-down": r"SlowDown|\b503\b|too many|slow", "reset": r"reset|closed|broken|cut", "half": r"reset|closed|broken|cut",
         "lost": r"reset|closed|broken|cut", "stall": r"no byte|seconds|too slow|time", "cut": r"reset|closed|broken|cut|half|end", "flip": r".", "flip-request": r"."}


class Case:
    """One fault in one workspace."""

    def __init__(self, test, name, fault, at, lasting, objects=()):
        self.name = f"{name}-{fault}-{at}{'-lasting' if lasting else ''}"
        self.fault, self.at, self.lasting = fault, at, lasting
        self.space = test.bucket.workspace(self.name, objects)
        self.data = test.folder / self.name
        self.data.mkdir()
        self.clean = self.space.settings(HANSARD_TRANSCRIBER="none")

    def check(self, holds, what):
        assert holds, f"{self.name}: {what}"

    def faulty(self, way):
        return self.space.settings(endpoint=way.url, HANSARD_TRANSCRIBER="none")

    def run_faulty(self, way, *arguments):
        way.arm(self.fault, self.at, self.lasting)
        done = run(self.data, *arguments, timeout=IDLE_LIMIT_S * 10, **self.faulty(way))
        way.disarm()
        self.hits = way.hits
        return done

    def run_clean(self, *arguments):
        return run(self.data, *arguments, **self.clean)

    def listed(self):
        """{id: record} of what the list shows; each of it must be whole."""
        rows = run_json(self.data, "list", **self.clean)["meetings"]
        return {row["meeting_id"]: self.space.whole_record(row["meeting_id"]) for row in rows}

    def check_failure(self, done):
        """One line of one command, that names what went wrong."""
        self.check(done.returncode == 1, f"exit status {done.returncode}: {done.stderr}")
        self.check(done.stderr.startswith("hansard: ") and done.stderr.count("\n") == 1, done.stderr)
        self.check(re.search(WORDS[self.fault], done.stderr, re.I), f"does not say what happened: {done.stderr}")

    def jobs(self):
        return self.space.keys("hansard/jobs/")

    def finish(self):
        """The time that leases and waits take passes, and a worker comes."""
        for key in self.jobs():
            job = self.space.json(key)
            if job["state"] == "failed":
                retried = self.run_clean("retry", job["meeting_id"])
                self.check(retried.returncode == 0, retried.stderr)
            else:
                self.space.put(key, json.dumps({**job, "lease_until_ms": 0, "not_before_ms": 0}).encode())
        if not self.jobs():
            return
        with open(self.data / "worker.log", "wb") as log:
            worker = subprocess.Popen([PROGRAM, "worker"], env=environment(self.data, **self.clean), cwd=self.data, stdout=log, stderr=log)
        try:
            deadline = time.monotonic() + 60
            while self.jobs() and time.monotonic() < deadline:
                time.sleep(0.1)
        finally:
            worker.terminate()
            worker.wait(60)
        self.check(not self.jobs(), "the worker has left " + str([self.space.json(key) for key in self.jobs()]))


class Faults(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = servers.Versitygw().start()
        cls.addClassCleanup(cls.server.stop)
        cls.bucket = s3.Bucket(cls.server)
        cls.folder = scratch()
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.talk = cls.folder / "talk.vtt"
        cls.talk.write_text(TALK)
        # A meeting to edit and to remove, and the requests that each command makes where all goes well.
        cls.requests = {}
        model = cls.bucket.workspace("model")
        with FaultProxy(cls.server.url) as way:
            settings = model.settings(endpoint=way.url, HANSARD_TRANSCRIBER="none")
            way.count()
            cls.meeting_id = run_json(cls.folder / "model", "add", cls.talk, **settings)["meeting_id"]
            cls.requests["add"] = way.passed
            cls.objects = model.snapshot()
            way.count()
            done = run(cls.folder / "model", "rm", "--yes", cls.meeting_id, **settings)
            assert done.returncode == 0, done.stderr
            cls.requests["rm"] = way.passed
            assert model.keys() == [], model.keys()
            cls.bucket.workspace("model", cls.objects)
            with Server(cls.folder / "model", HANSARD_WORKERS="0", **settings) as server:
                wait_quiet(way)
                _, headers, _ = server.request("GET", f"/api/meetings/{cls.meeting_id}")
                way.count()
                status, answer = patch(server, cls.meeting_id, "count", headers)
                assert status == 200, answer
                cls.requests["edit"] = way.passed
        print(f"requests: {({name: len(made) for name, made in cls.requests.items()})}", file=sys.stderr)

    def run_cases(self, cases, work, at_a_time=AT_A_TIME):
        """All of them; fails with what each that failed has to say."""
        problems, cases = [], list(cases)
        began = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(at_a_time) as pool:
            futures = {pool.submit(work, *case): case for case in cases}
            for future in concurrent.futures.as_completed(futures):
                if future.exception():
                    problems.append(f"{futures[future]}: {type(future.exception()).__name__}: {future.exception()}")
        print(f"{len(cases)} cases in {time.monotonic() - began:.1f} s", file=sys.stderr)
        self.assertEqual(problems, [], f"{len(problems)} of {len(cases)} cases failed:\n" + "\n".join(problems[:20]))

    @staticmethod
    def cases(requests, faults, lasting):
        """Every fault at every request that has what is to be broken; and one behind the last, where all goes well."""
        needed = {"half": 0, "flip-request": 0, "flip": 1}
        for fault in faults:
            for at, bodies in enumerate(requests, start=1):
                if fault not in needed or bodies[needed[fault]]:
                    yield fault, at, lasting
        yield "error", len(requests) + 1, lasting

    # add

    def add(self, fault, at, lasting):
        case = Case(self, "add", fault, at, lasting)
        with FaultProxy(self.server.url) as way:
            done = case.run_faulty(way, "add", "--json", self.talk)
        kept = re.findall(r"is kept as (meeting-[0-9a-f-]{36})", done.stderr)
        if done.returncode == 0:
            kept = [json.loads(done.stdout)["meeting_id"]]
            case.check(not case.jobs(), "it says that it is done, and there is still a job")
        else:
            case.check_failure(done)
            case.check(case.hits, "failed without a fault: " + done.stderr)
            case.listed()
            case.finish()
            case.check(case.space.unfinished_uploads() == [], "an upload is left")
        listed = case.listed()
        # Acknowledged or not: there is at most one meeting, and where it was acknowledged there is one, with the recording that was given.
        case.check(len(listed) <= 1 and (not kept or list(listed) == kept), f"acknowledged: {kept}, listed: {listed}, after: {done.stderr}")
        for record in listed.values():
            case.check(record["objects"][record["audio_s3_key"]]["sha256"] == hashlib.sha256(TALK.encode()).hexdigest(), "another recording")
        orphans = [key for key in case.space.keys() if not any(meeting_id.removeprefix("meeting-") in key for meeting_id in listed)]
        # What nobody was told of may stay where nothing could be removed any more: a recording alone.
        case.check(not orphans or not kept and all(key.startswith("meetings/") for key in orphans), f"left over: {orphans}")
        case.check(not orphans or lasting, f"left over after one fault: {orphans}")

    def test_add_once(self):
        self.run_cases(self.cases(self.requests["add"], ONCE, False), self.add)

    def test_add_lasting(self):
        self.run_cases(self.cases(self.requests["add"], LASTING, True), self.add)

    # rm

    def remove(self, fault, at, lasting):
        case = Case(self, "rm", fault, at, lasting, self.objects)
        with FaultProxy(self.server.url) as way:
            done = case.run_faulty(way, "rm", "--yes", self.meeting_id)
        if done.returncode == 0:
            case.check(case.space.keys() == [], f"removed, and there are still {case.space.keys()}")
            return
        case.check_failure(done)
        case.listed()
        begun = bool(case.jobs())
        case.finish()
        listed = case.listed()
        case.check(not (begun and listed), f"the removal had begun, and the worker has left {listed}")
        if listed:
            case.check(case.run_clean("rm", "--yes", self.meeting_id).returncode == 0, "a second removal")
        case.check(case.space.keys() == [], f"left over: {case.space.keys()}")

    def test_remove_once(self):
        self.run_cases(self.cases(self.requests["rm"], ONCE, False), self.remove)

    def test_remove_lasting(self):
        self.run_cases(self.cases(self.requests["rm"], LASTING, True), self.remove)

    # edit

    def shown(self, case, server):
        """The name of the last edit, which must be the same wherever the meeting is shown."""
        _, answer = server.json("GET", f"/api/meetings/{self.meeting_id}")
        meeting = answer["meeting"]
        action, requirement = meeting["summary"]["action_items"][0], meeting["requirements"][0]
        found = {meeting["metadata"]["title"], action["owner"], requirement["text"].removeprefix("The system shall ").removesuffix(".")}
        case.check(len(found) == 1, f"half an edit is shown: {found}")
        return found.pop()

    def edits(self, fault, first, last, lasting):
        """One server; its edits break at the first to the last request, one after the other."""
        case = Case(self, f"edit-{first}", fault, first, lasting, self.objects)
        folder = case.data
        with FaultProxy(self.server.url) as way, Server(folder, **case.space.settings(endpoint=way.url, HANSARD_WORKERS="0", HANSARD_TRANSCRIBER="none")) as server:
            wait_quiet(way)
            status, answer = patch(server, self.meeting_id, "begin")
            case.check(status == 200, answer)
            for at in range(first, last + 1):
                before = self.shown(case, server)
                _, headers, _ = server.request("GET", f"/api/meetings/{self.meeting_id}")
                way.arm(fault, at, lasting)
                status, answer = patch(server, self.meeting_id, f"edit {at}", headers)
                way.disarm()
                case.check(status == 200 or way.hits, f"{at}: {status} {answer} without a fault")
                after = self.shown(case, server)
                case.check(after == f"edit {at}" or status != 200 and after == before, f"{at}: {status}, before {before}, after {after}: {way.hits} {answer}")
                if status != 200:
                    case.check(status in (500, 502, 503) and re.search(WORDS[fault], answer["detail"], re.I), f"{at}: {status} {answer} {way.hits}")
                status, answer = patch(server, self.meeting_id, f"after {at}")
                case.check(status == 200 and self.shown(case, server) == f"after {at}", f"{at}: the next edit: {status} {answer}")
                record = case.space.whole_record(self.meeting_id)
                case.check("pending_edit" not in record, f"{at}: an edit is still pending")
                rows = run_json(folder / "other", "list", **case.clean)["meetings"]
                case.check([row["title"] for row in rows] == [f"after {at}"], f"{at}: listed as {rows}")

    def test_edit_once(self):
        count = len(self.requests["edit"])
        self.run_cases(((fault, 1, count + 1, False) for fault in ONCE), self.edits)

    def test_edit_lasting(self):
        count = len(self.requests["edit"])
        half = count // 2
        self.run_cases(((fault, *span, True) for fault in LASTING for span in ((1, half), (half + 1, count + 1))), self.edits)

    def test_stalls(self):
        """Of all three, and all at the same time: each waits for the idle limit and does nothing else."""
        works = {"add": self.add, "rm": self.remove, "edit": lambda fault, at, lasting: self.edits(fault, at, at, lasting)}
        cases = [(name, at) for name, made in self.requests.items() for at in range(1, len(made) + 1)]
        self.run_cases(cases, lambda name, at: works[name]("stall", at, False), len(cases))


def patch(server, meeting_id, name, headers=None):
    """An edit of three documents, on the version that `headers` tell, or else on the one that stands."""
    if not headers:
        status, headers, body = server.request("GET", f"/api/meetings/{meeting_id}")
        assert status == 200, body
    edit = {"title": name, "items": {"A-1": {"owner": name}, "REQ-1": {"text": f"The system shall {name}."}}}
    return server.json("PATCH", f"/api/meetings/{meeting_id}", edit, {"If-Match": headers["ETag"]}, timeout=IDLE_LIMIT_S * 10)


def wait_quiet(way):
    """What a server does at its start is over."""
    seen, since = -1, time.monotonic()
    while time.monotonic() - since < 0.5:
        if way.seen != seen:
            seen, since = way.seen, time.monotonic()
        time.sleep(0.05)


if __name__ == "__main__":
    servers.prepare("versitygw")
    import s3
    unittest.main()
