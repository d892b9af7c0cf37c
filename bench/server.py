#!/usr/bin/env python3
"""Requests per second of the list and of a meeting against nginx serving the same bytes as files, in one run; and the newest 50 of 100,000 meetings."""
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import time
import urllib.request

from common import Server, cpu_seconds, free_port, load, resident_mib, run_json, scratch, table

MEETINGS = 100_000
RUNS, SECONDS = 3, 4


def get(url):
    with urllib.request.urlopen(url) as answer:
        return answer.read()


def measured(url, pid):
    """Requests a second, the 99th percentile in ms, and the server's processor time for a request in µs."""
    before = cpu_seconds(pid)
    rate, p99 = load(url, SECONDS)
    return rate, p99, (cpu_seconds(pid) - before) / (rate * SECONDS) * 1e6


def start_nginx(folder, port):
    (folder / "nginx").mkdir()
    (folder / "nginx.conf").write_text(f"""
user root; worker_processes 2; pid {folder}/nginx.pid; error_log {folder}/nginx.log; daemon off;
events {{ worker_connections 1024; }}
http {{ access_log off; default_type application/json; client_body_temp_path {folder}/nginx; proxy_temp_path {folder}/nginx;
  fastcgi_temp_path {folder}/nginx; uwsgi_temp_path {folder}/nginx; scgi_temp_path {folder}/nginx;
  server {{ listen 127.0.0.1:{port}; root {folder}/files; }} }}
""")
    process = subprocess.Popen(["/usr/sbin/nginx", "-p", str(folder), "-c", str(folder / "nginx.conf")])
    time.sleep(0.5)
    return process


def plant_index(store, row_key, count):
    """Index keys of `count` meetings, as names alone: a list reads no file."""
    index = store / "hansard/index"
    tail = row_key.split("_", 2)[2]
    for i in range(count):
        (index / f"{8_300_000_000_000 + i * 1000:013d}_meeting-00000000-0000-4000-8000-{i:012d}_{tail}").touch()


def main():
    folder = scratch()
    nginx = None
    transcript = "WEBVTT\n\n" + "\n".join(f"00:{i // 60:02d}:{i % 60:02d}.000 --> 00:{i // 60:02d}:{i % 60:02d}.900\nAnn: I will send report {i} by Friday.\n"
                                            for i in range(600))
    (folder / "meeting.vtt").write_text(transcript)
    record = run_json(folder / "store", "add", folder / "meeting.vtt")
    for _ in range(59):
        run_json(folder / "store", "add", folder / "meeting.vtt")
    server = Server(folder).start()
    try:
        base = f"http://127.0.0.1:{server.port}"
        time.sleep(1)
        print(f"idle server: {resident_mib(server.process.pid):.1f} MiB resident")
        paths = {"list of 50": "/api/meetings?limit=50", "meeting": f"/api/meetings/{record['meeting_id']}", "search": "/api/search?q=report+Friday"}
        (folder / "files").mkdir()
        for name, path in paths.items():
            (folder / "files" / name.replace(" ", "-")).write_bytes(get(base + path))
        port = free_port()
        nginx = start_nginx(folder, port)
        rows = [("", "bytes", "hansard req/s", "p99 ms", "CPU µs", "nginx req/s", "p99 ms", "CPU µs", "ratio of rates")]
        for name, path in paths.items():
            size = (folder / "files" / name.replace(" ", "-")).stat().st_size
            peer = f"http://127.0.0.1:{port}/{name.replace(' ', '-')}"
            runs = [(measured(base + path, server.process.pid), measured(peer, nginx.pid)) for _ in range(RUNS)]
            ours, theirs = ([statistics.median(run[side][i] for run in runs) for i in range(3)] for side in range(2))
            ratio = statistics.median(one[0] / other[0] for one, other in runs)
            rows.append((name, size, f"{ours[0]:.0f}", f"{ours[1]:.1f}", f"{ours[2]:.0f}", f"{theirs[0]:.0f}", f"{theirs[1]:.1f}", f"{theirs[2]:.0f}",
                         f"{ratio:.2f}"))
        table(f"requests per second and processor time a request, 64 connections, same bytes, medians of {RUNS} runs", rows)

        row_key = next((folder / "store/hansard/index").iterdir()).name
        plant_index(folder / "store", row_key, MEETINGS)
        first = time.perf_counter()
        get(base + paths["list of 50"])
        first = time.perf_counter() - first
        time.sleep(0.1)
        get(base + paths["list of 50"])
        times = []
        for _ in range(200):
            begin = time.perf_counter()
            get(base + paths["list of 50"])
            times.append(time.perf_counter() - begin)
        print(f"\nnewest 50 of {MEETINGS + 60} meetings over HTTP: first {first * 1e3:.1f} ms, then median {statistics.median(times) * 1e3:.2f} ms, "
              f"99th percentile {sorted(times)[197] * 1e3:.2f} ms; server {resident_mib(server.process.pid):.1f} MiB resident")
    finally:
        server.kill()
        if nginx:
            nginx.terminate()
            nginx.wait()
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
