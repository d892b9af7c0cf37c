#!/usr/bin/env python3
"""Memory: a 10 GiB upload through the server, and a 4-hour recording through the confined child. HANSARD_BENCH_GIB and HANSARD_BENCH_HOURS make
it smaller."""
import http.client
import os
import pathlib
import shutil
import subprocess
import threading
import time

from common import PROGRAM, SAMPLE, Server, environment, family, resident_mib, scratch

GIB = float(os.environ.get("HANSARD_BENCH_GIB", "10"))
HOURS = float(os.environ.get("HANSARD_BENCH_HOURS", "4"))


def big_upload(folder):
    server = Server(folder, HANSARD_WORKERS="0").start()
    block = os.urandom(1 << 20)
    begin = time.perf_counter()
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=300)
    connection.putrequest("POST", "/api/meetings?filename=big.wav")
    connection.putheader("Content-Length", str(int(GIB * 1024) << 20))
    connection.putheader("Content-Type", "application/octet-stream")
    connection.endheaders()
    for _ in range(int(GIB * 1024)):
        connection.send(block)
    answer = connection.getresponse()
    answer.read()
    seconds = time.perf_counter() - begin
    assert answer.status == 202, answer.status
    print(f"upload of {GIB:g} GiB: {seconds:.0f} s, {GIB * 1024 / seconds:.0f} MiB/s, server at most {resident_mib(server.process.pid, True):.1f} MiB resident")
    server.kill()


def long_recording(folder):
    sound = folder / "long.m4a"
    subprocess.run(["ffmpeg", "-loglevel", "error", "-y", "-stream_loop", "-1", "-i", str(SAMPLE), "-t", str(HOURS * 3600), "-c:a", "copy", str(sound)],
                   check=True)
    begin = time.perf_counter()
    process = subprocess.Popen([PROGRAM, "add", str(sound)], env=environment(folder / "store"), cwd=folder)
    peaks = {}
    while process.poll() is None:
        try:
            for number, pid in enumerate(family(process.pid)):
                peaks[number] = max(peaks.get(number, 0), resident_mib(pid, True))
        except (OSError, TypeError):
            pass
        time.sleep(0.2)
    seconds = time.perf_counter() - begin
    assert process.returncode == 0
    print(f"recording of {HOURS:g} h: {seconds:.0f} s (real-time factor {seconds / HOURS / 3600:.4f}), program at most {peaks.get(0, 0):.1f} MiB, "
          f"its child {peaks.get(1, 0):.1f} MiB resident")


if __name__ == "__main__":
    scratch_folder = scratch()
    try:
        for part in (big_upload, long_recording):
            (scratch_folder / "store").mkdir(exist_ok=True)
            part(scratch_folder)
            shutil.rmtree(scratch_folder / "store")
    finally:
        shutil.rmtree(scratch_folder)
