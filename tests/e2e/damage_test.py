#!/usr/bin/env python3
"""Random damage to a store of many meetings: bits flipped, objects dropped, doubled and truncated, in rounds. In each round `hansard verify --read`
must name all of it and nothing else, `--repair` must mend all that can be had again, and what is left must be only what nothing in the store
could give back.

As a test: a small store. The whole: damage_test.py --full [--seed N] [--meetings 1000] [--damages 10000] [--round 200]; a failing round prints the
seed."""
import argparse
import collections
import hashlib
import json
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import time
import unittest

from program import PROGRAM, environment, run, scratch

SPEAKERS = ("Ann Lee", "Bob Ray", "Zoë Größe", "Chidi Okafor")
SAYINGS = ("I will send the figures to Bob by Friday.", "We decided to go with the second design.",
           "The system must keep every recording for a year.",
           "What happens when the disk is full?", "The export shall finish within {n} seconds.", "I'll book room {n} for the next review by Monday.",
           "The weather in Zürich was fine, {n} degrees.", "We agreed to start with {n} pilot customers.")
RECORDING, INDEX, RECORD = "meetings/", "hansard/index/", "metadata.json"
ID = re.compile(r"meeting-[0-9a-f]{8}-[0-9a-f-]{27}")
LOST = {"recording-missing", "recording-altered"}  # nothing in the store can give these back


def talk(chance):
    lines = ["WEBVTT", ""]
    for second in range(chance.randint(3, 9)):
        text = chance.choice(SAYINGS).format(n=chance.randint(2, 90))
        lines += [f"00:00:{second * 5:02d}.000 --> 00:00:{second * 5 + 4:02d}.500", f"{chance.choice(SPEAKERS)}: {text}", ""]
    return "\n".join(lines)


def record_sum(record):
    """As docs/storage.md says it, by another program than ours."""
    rest = {name: value for name, value in record.items() if name != "record_sha256"}
    return hashlib.sha256(json.dumps(rest, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()).hexdigest()


def add_waveform(folder):
    """A sound recording's meeting has one; these are of transcripts."""
    waveform, path = folder / "waveform.json", folder / RECORD
    waveform.write_text(json.dumps({"peaks": list(range(50))}))
    record, status = json.loads(path.read_text()), waveform.stat()
    example = next(iter(record["objects"].values()))["etag"]
    record["objects"][f"transcriptions/{folder.name}/waveform.json"] = {"bytes": status.st_size, "etag": example,
                                                                       "sha256": hashlib.sha256(waveform.read_bytes()).hexdigest()}
    assert record_sum(json.loads(path.read_text())) == record["record_sha256"]
    record["record_sha256"] = record_sum(record)
    path.write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n")


class Damage(collections.namedtuple("Damage", "kind key other")):
    """`other`: the key that came of it, if one did."""

    @property
    def meeting(self):
        found = ID.search(self.key)
        return found.group() if found else "meeting-" + self.key[len(RECORDING):len(RECORDING) + 36]


class Ravaged:
    """A store, its untouched copy, and what is done to it."""

    def __init__(self, folder, seed, meetings):
        self.folder, self.chance = folder, random.Random(seed)
        self.store, self.pristine = folder / "store", folder / "pristine"
        self.count = collections.Counter()
        self.make(meetings)

    def program(self, *arguments, status=(0,), timeout=900):
        done = run(self.store, *arguments, HANSARD_TRANSCRIBER="none", timeout=timeout)
        assert done.returncode in status, (arguments, done.returncode, done.stderr[-2000:])
        return done

    def verify(self, *options):
        done = self.program("verify", "--read", "--json", "--settled", "0", *options, status=(0, 1))
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        return lines[:-1], lines[-1]["summary"]

    def make(self, meetings):
        talks = self.folder / "talks"
        talks.mkdir()
        self.store.mkdir()
        names = [talks / f"Talk {number} of {self.chance.randint(1, 99)}.vtt" for number in range(meetings)]
        for name in names:
            name.write_text(talk(self.chance))
        for start in range(0, meetings, 100):
            self.program("add", "--tag", f"batch-{start}", *names[start:start + 100])
        for number, path in enumerate(sorted((self.store / "transcriptions").iterdir())):
            if number % 10 == 0:
                add_waveform(path)
        self.verify("--repair", "--yes")  # notes the waveforms' ETags
        shutil.rmtree(self.store / "hansard" / "quarantine", ignore_errors=True)
        findings, summary = self.verify()
        assert not findings and summary["meetings"] == meetings, (findings[:3], summary)
        shutil.copytree(self.store, self.pristine)
        self.files = {name: status for name, status in self.keys(self.pristine)}
        self.titles = self.listed()

    @staticmethod
    def keys(root):
        for path, folders, names in os.walk(root):
            if ".hansard" in folders:
                folders.remove(".hansard")
            for name in names:
                status = os.stat(os.path.join(path, name))
                yield os.path.relpath(os.path.join(path, name), root), (status.st_size, status.st_mtime_ns)

    def listed(self):
        """{meeting: how often, and with what title and counts}, from the keys."""
        rows = collections.defaultdict(list)
        for key in sorted(os.listdir(self.store / INDEX)):
            card = key.split("_")
            rows[ID.search(key).group()].append((card[0], card[4:]))
        return rows

    # -- damages

    def flip(self, key):
        path = self.store / key
        data, status = bytearray(path.read_bytes()), path.stat()
        if not data:
            return None
        data[self.chance.randrange(len(data))] ^= 1 << self.chance.randrange(8)
        path.write_bytes(data)
        if self.chance.random() < 0.5:  # as a disk does it: nothing else tells
            os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
        return Damage("flip", key, None)

    def flip_name(self, key):
        name = bytearray(key.encode())
        name[self.chance.randrange(len(INDEX), len(name))] ^= 1 << self.chance.randrange(7)
        return self.rename("flip", key, name)

    def truncate_name(self, key):
        return self.rename("truncate", key, key.encode()[:self.chance.randrange(len(INDEX) + 1, len(key.encode()))])

    def rename(self, kind, key, name):
        try:
            other = bytes(name).decode()
        except UnicodeDecodeError:
            return None
        last = other[len(INDEX):]
        if "/" in last or last in (".", "..") or any(ord(c) < 32 or ord(c) == 127 for c in last) or (self.store / other).exists():
            return None
        os.rename(self.store / key, self.store / other)
        return Damage(kind, key, other)

    def drop(self, key):
        (self.store / key).unlink()
        return Damage("drop", key, None)

    def truncate(self, key):
        """A record's last byte, a newline, is no part of what its own sum proves: a record without it is whole."""
        path = self.store / key
        size = path.stat().st_size - key.endswith(RECORD)
        if size <= 0:
            return None
        os.truncate(path, self.chance.randrange(size))
        return Damage("truncate", key, None)

    def double(self, key):
        other = key + self.chance.choice((".1", " copy", "~"))
        if key.startswith(RECORDING) and self.chance.random() < 0.5:
            other = f"{RECORDING}{self.chance.getrandbits(128):032x}"
            other = re.sub(r"^(.*/)(.{8})(.{4}).(.{3}).(.{3})(.{12})$", r"\1\2-\3-4\4-8\5-\6_copy.vtt", other)
        if len(other.rsplit("/", 1)[1].encode()) > 255:
            return None
        shutil.copyfile(self.store / key, self.store / other)
        return Damage("double", key, other)

    def damage(self, count):
        keys, done = [key for key in self.files if not key.endswith("verify.json")], []
        for key in self.chance.sample(keys, min(len(keys), count * 2)):
            index = key.startswith(INDEX)
            way = self.chance.choice((self.flip_name if index else self.flip, self.drop, self.double, self.truncate_name if index else self.truncate))
            made = way(key)
            if made:
                done.append(made)
            if len(done) == count:
                break
        return done

    # -- a round

    def work(self):
        """What was queued is done by a worker. Returns the meetings whose job failed."""
        def jobs(failed):
            states = {path.stem: json.loads(path.read_text())["state"] for path in (self.store / "hansard" / "jobs").glob("meeting-*.json")}
            return {meeting for meeting, state in states.items() if (state == "failed") == failed}

        def waiting():
            try:
                return jobs(failed=False)
            except FileNotFoundError:  # done between two looks
                return waiting()

        if not waiting():
            return jobs(failed=True)
        worker = subprocess.Popen([PROGRAM, "worker"], env=environment(self.store, HANSARD_TRANSCRIBER="none"), cwd=self.folder,
                                  stderr=subprocess.DEVNULL)
        try:
            deadline = time.monotonic() + 120
            while waiting():
                assert time.monotonic() < deadline, waiting()
                time.sleep(0.05)
        finally:
            worker.send_signal(signal.SIGTERM)
            worker.wait(60)
        return jobs(failed=True)

    def restore(self, damages):
        for one in damages:
            (self.store / one.key).unlink(missing_ok=True)
        for name, status in list(self.keys(self.store)):
            if name not in self.files:
                (self.store / name).unlink()
            elif status != self.files[name]:
                shutil.copy2(self.pristine / name, self.store / name)
        for name in self.files:
            if not (self.store / name).exists():
                (self.store / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(self.pristine / name, self.store / name)
        for name in ("quarantine", "jobs"):
            shutil.rmtree(self.store / "hansard" / name, ignore_errors=True)

    def check_named(self, damages, findings):
        keys = {finding["key"] for finding in findings}
        records = {finding["meeting_id"] for finding in findings if finding["code"].startswith("metadata-")}
        for one in damages:
            assert {one.key, one.other} & keys or one.meeting in records, f"not named: {one}"
        known = {key for one in damages for key in (one.key, one.other)} | {one.meeting for one in damages}
        for finding in findings:
            assert finding["key"] in known or finding["meeting_id"] in known, f"no damage was done there: {finding}"

    def check_left(self, damages, findings, failed):
        """Of what is left, and of the jobs that failed, all goes back to a recording that was damaged."""
        recordings = {one.meeting for one in damages if one.key.startswith(RECORDING) and one.kind != "double"}
        for finding in findings:
            assert finding["severity"] == "fault", f"not mended: {finding}"
            meeting = finding["meeting_id"]
            assert meeting in recordings, f"not mended: {finding}"
            sources = any(one.meeting == meeting and one.key.rsplit("/", 1)[1] in (RECORD, "transcript.json") for one in damages)
            assert finding["code"] in LOST or sources, finding
        assert failed <= recordings, failed - recordings
        return {finding["meeting_id"] for finding in findings} | failed

    def check_listed(self, damages, left):
        """Every meeting is in the list once and as it was. Where record and index key are both damaged, tags and title are lost, but not the rest."""
        rows = self.listed()
        silent = {one.meeting for one in damages if one.kind == "drop" and one.key.startswith(RECORDING)}
        for meeting, before in self.titles.items():
            now = rows.get(meeting)
            if meeting in silent and now and now[0][1][6] == "-":  # its record was made anew without the recording that is gone
                now[0][1][6] = before[0][1][6]
            mine = [one.key for one in damages if one.meeting == meeting]
            if any(key.endswith(RECORD) for key in mine) and any(key.startswith(INDEX) for key in mine) and now:
                now = [(time_, card[:6] + before[0][1][6:]) for time_, card in now]
            if any(key.endswith(RECORD) for key in mine) and any(key.startswith(RECORDING) for key in mine):
                continue  # nobody can tell that the recording, of which it is made anew, is damaged
            if meeting not in left:
                assert now == before, (meeting, before, now, [one for one in damages if one.meeting == meeting])

    def round(self, count):
        damages = self.damage(count)
        findings, _ = self.verify()
        self.check_named(damages, findings)
        found = collections.Counter(finding["severity"] for finding in findings)
        _, summary = self.verify("--repair", "--yes")
        failed = self.work()
        rest, after = self.verify()
        if any(finding["severity"] != "fault" for finding in rest):  # what a worker made anew may need the second look that cron gives it
            self.verify("--repair", "--yes")
            failed |= self.work()
            rest, after = self.verify()
        left = self.check_left(damages, rest, failed)
        self.check_listed(damages, left)
        self.restore(damages)
        self.count.update(one.kind for one in damages)
        self.count.update({"damages": len(damages), "mended": summary["mended"], "queued": summary["queued"], "lost recordings": after["left"],
                           **{f"found {name}": number for name, number in found.items()}})
        return len(damages)


def ravage(seed, meetings, damages, per_round, tell=None):
    folder = scratch()
    try:
        began = time.monotonic()
        store = Ravaged(folder, seed, meetings)
        if tell:
            tell(f"{meetings} meetings, {len(store.files)} objects, made in {time.monotonic() - began:.0f} s")
        done, number = 0, 0
        while done < damages:
            try:
                done += store.round(min(per_round, damages - done))
            except AssertionError as problem:
                raise AssertionError(f"seed {seed}, round {number}: {problem}") from problem
            number += 1
            if tell and number % 10 == 0:
                tell(f"{done} damages in {number} rounds, {time.monotonic() - began:.0f} s: {dict(store.count)}")
        return store.count
    finally:
        shutil.rmtree(folder)


class DamageTest(unittest.TestCase):
    def test_small_store(self):
        seed = int(os.environ.get("HANSARD_SEED", random.SystemRandom().getrandbits(32)))
        count = ravage(seed, meetings=60, damages=300, per_round=60)
        self.assertEqual(count["damages"], 300)
        self.assertTrue(all(count[kind] for kind in ("flip", "drop", "double", "truncate")), count)
        self.assertGreater(count["mended"], 200, count)


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--full", action="store_true", required=True)
    options.add_argument("--seed", type=int, default=random.SystemRandom().getrandbits(32))
    options.add_argument("--meetings", type=int, default=1000)
    options.add_argument("--damages", type=int, default=10000)
    options.add_argument("--round", type=int, default=200)
    chosen = options.parse_args()
    print(f"seed {chosen.seed}", flush=True)
    count = ravage(chosen.seed, chosen.meetings, chosen.damages, chosen.round, tell=lambda text: print(text, flush=True))
    print(f"done, seed {chosen.seed}: {dict(count)}")


if __name__ == "__main__":
    main() if "--full" in sys.argv else unittest.main()
