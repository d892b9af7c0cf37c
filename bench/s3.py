#!/usr/bin/env python3
"""S3 on one server in one run (versitygw on loopback): Hansard against rclone, the AWS CLI and boto3.

1. A stream of 1 GiB from standard input into one object: wall and CPU seconds, peak memory.
2. 10,000 PUTs of 4 KB, 16 at a time.
3. The newest 50 of 100,000 meetings, against a script that does what the first version did (list, one GET a meeting, sort).
4. Uploads through the server: 10 GiB, and 50 at a time: its peak memory.

HANSARD_BENCH_STREAM_MIB, _PUTS, _MEETINGS, _PEER_MEETINGS (the script's share; its time is scaled up), _UPLOAD_GIB, _ROUNDS make it smaller or larger."""
import http.client
import json
import os
import shutil
import statistics
import subprocess
import sys
import threading
import time

from common import PROGRAM, ROOT, Server, environment as program_environment, resident_mib, scratch, table

sys.path.insert(0, str(ROOT / "tests"))
from servers import VENV, Versitygw, prepare  # noqa: E402


def number(name, default):
    return int(os.environ.get("HANSARD_BENCH_" + name, default))


STREAM_MIB, PUTS, MEETINGS, PEER_MEETINGS = number("STREAM_MIB", 1024), number("PUTS", 10_000), number("MEETINGS", 100_000), number("PEER_MEETINGS", 5_000)
UPLOAD_GIB, ROUNDS = number("UPLOAD_GIB", 10), number("ROUNDS", 3)
PYTHON = str(VENV / "bin/python3")
BUCKET = "bench"

BOTO3 = """
import boto3, json, os, sys
from botocore.config import Config
s3 = boto3.client("s3", endpoint_url=os.environ["AWS_ENDPOINT_URL"], config=Config(s3={"addressing_style": "path"}, max_pool_connections=16))
"""
BOTO3_STREAM = BOTO3 + "s3.upload_fileobj(sys.stdin.buffer, 'bench', 'boto3.bin')"
BOTO3_PUTS = BOTO3 + """
from concurrent.futures import ThreadPoolExecutor
body = bytes(4096)
with ThreadPoolExecutor(16) as pool:
    list(pool.map(lambda i: s3.put_object(Bucket="bench", Key=f"boto3/{i:08d}", Body=body), range(int(sys.argv[1]))))
"""
BOTO3_FILL = BOTO3 + """
from concurrent.futures import ThreadPoolExecutor
def put(i):
    body = json.dumps({"meeting_id": f"meeting-{i}", "timestamp": f"2025-01-01T00:00:00.{i:06d}", "filename": "a.m4a", "audio_s3_key": f"meetings/{i}_a.m4a",
                       "action_items_count": 1, "requirements_count": 0})
    s3.put_object(Bucket="bench", Key=f"old/transcriptions/meeting-{i:08d}/metadata.json", Body=body)
with ThreadPoolExecutor(16) as pool:
    list(pool.map(put, range(int(sys.argv[1]))))
"""
BOTO3_LIST = BOTO3 + """
meetings = []
for page in s3.get_paginator("list_objects_v2").paginate(Bucket="bench", Prefix="old/transcriptions/"):
    for entry in page.get("Contents", []):
        if entry["Key"].endswith("metadata.json"):
            meetings.append(json.loads(s3.get_object(Bucket="bench", Key=entry["Key"])["Body"].read()))
meetings.sort(key=lambda meeting: meeting["timestamp"], reverse=True)
print(json.dumps(meetings[:50]))
"""


class CountingVersitygw(Versitygw):
    """Writes a line for each request that it answers. What it keeps of an object of hundreds of parts is more than an extended attribute of ext4 holds."""
    attributes = False

    def command(self, port):
        command = super().command(port)
        at = command.index("posix")
        return [*command[:at], "--access-log", self.folder / "access.log", *command[at:]]


def measure(command, environment, source=None, folder=None):
    """Wall and CPU seconds and peak MiB of a command; its standard input is the file `source`."""
    script = ("import resource, subprocess, sys; status = subprocess.call(sys.argv[1:], stdout=subprocess.DEVNULL)\n"
              "use = resource.getrusage(resource.RUSAGE_CHILDREN)\n"
              "print(use.ru_utime + use.ru_stime, use.ru_maxrss / 1024); sys.exit(status)")
    begin = time.perf_counter()
    with open(source or os.devnull, "rb") as stdin:
        done = subprocess.run([sys.executable, "-c", script, *command], stdin=stdin, capture_output=True, text=True, env=environment, cwd=folder)
    wall = time.perf_counter() - begin
    assert done.returncode == 0, f"{command}: {done.stderr[-2000:]}"
    cpu, peak = map(float, done.stdout.split()[-2:])
    return wall, cpu, peak


def rounds(commands, environment, source, folder):
    """Each command ROUNDS times, in turn; the medians by name."""
    figures = {name: [] for name in commands}
    for _ in range(ROUNDS):
        for name, command in commands.items():
            figures[name].append(measure(command, environment, source, folder))
    return {name: [statistics.median(column) for column in zip(*rows)] for name, rows in figures.items()}


def compare_streams(environment, folder):
    source = folder / "stream.bin"
    with open(source, "wb") as file:
        for _ in range(STREAM_MIB):
            file.write(os.urandom(1 << 20))
    rclone = {"RCLONE_CONFIG_B_TYPE": "s3", "RCLONE_CONFIG_B_PROVIDER": "Other", "RCLONE_CONFIG_B_ENV_AUTH": "true",
              "RCLONE_CONFIG_B_ENDPOINT": environment["AWS_ENDPOINT_URL"], "RCLONE_CONFIG_B_REGION": "us-east-1"}
    commands = {"hansard add - --queue": [PROGRAM, "add", "-", "--queue", "--name", "stream.wav"],
                "aws s3 cp -": [str(VENV / "bin/aws"), "s3", "cp", "-", f"s3://{BUCKET}/awscli.bin", "--expected-size", str(STREAM_MIB << 20)],
                "boto3 upload_fileobj": [PYTHON, "-c", BOTO3_STREAM]}
    if shutil.which("rclone"):
        commands["rclone rcat"] = ["rclone", "rcat", f"B:{BUCKET}/rclone.bin"]
    found = rounds(commands, {**environment, **rclone}, source, folder)
    ours = found["hansard add - --queue"]
    rows = [("", "wall s", "CPU s", "peak MiB", "wall of ours", "CPU of ours")]
    rows += [(name, f"{wall:.2f}", f"{cpu:.2f}", f"{peak:.0f}", f"{wall / ours[0]:.2f}", f"{cpu / ours[1]:.2f}") for name, (wall, cpu, peak) in found.items()]
    table(f"{STREAM_MIB} MiB from standard input into one object, median of {ROUNDS}", rows)
    source.unlink()


def compare_puts(environment, folder):
    bench = [str(ROOT / "build/release/bench/store_bench"), "puts", str(PUTS), "4096", "16"]
    found = rounds({"hansard's store": bench, "boto3": [PYTHON, "-c", BOTO3_PUTS, str(PUTS)]}, environment, None, folder)
    ours = found["hansard's store"]
    rows = [("", "puts/s", "CPU s", "peak MiB", "rate of ours")]
    rows += [(name, f"{PUTS / wall:.0f}", f"{cpu:.2f}", f"{peak:.0f}", f"{ours[0] / wall:.2f}") for name, (wall, cpu, peak) in found.items()]
    table(f"{PUTS} PUTs of 4 KB, 16 at a time, median of {ROUNDS}", rows)


def compare_lists(environment, folder, log):
    subprocess.run([str(ROOT / "build/release/bench/store_bench"), "index", str(MEETINGS), "16"], env=environment, cwd=folder, check=True,
                   stdout=subprocess.DEVNULL)
    subprocess.run([PYTHON, "-c", BOTO3_FILL, str(PEER_MEETINGS)], env=environment, check=True)
    before = log.read_text().count("\n")
    listed = subprocess.run([PROGRAM, "list", "--limit", "50", "--json"], env=environment, cwd=folder, capture_output=True, text=True, check=True)
    requests = log.read_text().count("\n") - before
    assert len(json.loads(listed.stdout)["meetings"]) == 50
    ours = rounds({"list": [PROGRAM, "list", "--limit", "50", "--json"]}, environment, None, folder)["list"]
    theirs = measure([PYTHON, "-c", BOTO3_LIST], environment)
    scale = MEETINGS / PEER_MEETINGS
    rows = [("", "requests", "wall s", "CPU s"),
            ("hansard list", requests, f"{ours[0]:.3f}", f"{ours[1]:.3f}"),
            ("list, GET each, sort (boto3)", int(MEETINGS + MEETINGS / 1000), f"{theirs[0] * scale:.0f}", f"{theirs[1] * scale:.0f}")]
    table(f"the newest 50 of {MEETINGS} meetings (the script ran on {PEER_MEETINGS}; its figures are scaled by {scale:g})", rows)


def send(server, size_mib, block, failures):
    try:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=600)
        connection.putrequest("POST", "/api/meetings?filename=big.wav")
        connection.putheader("Content-Length", str(size_mib << 20))
        connection.putheader("Content-Type", "application/octet-stream")
        connection.endheaders()
        for _ in range(size_mib):
            connection.send(block)
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != 202:
            failures.append(body)
    except OSError as problem:
        failures.append(problem)


def upload_memory(settings, folder):
    block, rows = os.urandom(1 << 20), [("", "wall s", "MiB/s", "server at most MiB")]
    for name, count, size_mib in ((f"one of {UPLOAD_GIB} GiB", 1, UPLOAD_GIB << 10), ("50 of 64 MiB at a time", 50, 64)):
        failures = []
        with Server(folder, HANSARD_WORKERS="0", **settings) as server:
            begin = time.perf_counter()
            threads = [threading.Thread(target=send, args=(server, size_mib, block, failures)) for _ in range(count)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            wall = time.perf_counter() - begin
            assert not failures, failures
            rows.append((name, f"{wall:.0f}", f"{count * size_mib / wall:.0f}", f"{resident_mib(server.process.pid, True):.0f}"))
    table("uploads over HTTP into S3", rows)


def main():
    prepare("versitygw")
    folder = scratch()
    try:
        with CountingVersitygw() as s3:
            settings = {"S3_BUCKET_NAME": BUCKET, "AWS_ENDPOINT_URL": s3.url, "AWS_ACCESS_KEY_ID": s3.access_key, "AWS_SECRET_ACCESS_KEY": s3.secret_key,
                        "AWS_REGION": s3.region, "AWS_EC2_METADATA_DISABLED": "true", "HANSARD_TRANSCRIBER": "none"}
            environment = program_environment(folder / "data", **settings)
            subprocess.run([str(VENV / "bin/aws"), "s3", "mb", f"s3://{BUCKET}"], env=environment, check=True, stdout=subprocess.DEVNULL)
            parts = {"stream": lambda: compare_streams(environment, folder), "puts": lambda: compare_puts(environment, folder),
                     "list": lambda: compare_lists(environment, folder, s3.folder / "access.log"), "upload": lambda: upload_memory(settings, folder)}
            for part in sys.argv[1:] or parts:
                parts[part]()
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
