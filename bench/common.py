"""Helpers of the benchmarks: a server on loopback, its memory, a load by wrk, ratios printed as a table. Everything is on this machine."""
import contextlib
import os
import pathlib
import re
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests/e2e"))
from program import PROGRAM, SAMPLE, SHARED, Server, environment, free_port, run, run_json, scratch  # noqa: E402,F401


def resident_mib(pid, peak=False):
    """Resident memory in MiB (VmRSS), or the most it ever was (VmHWM)."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+)" if peak else r"VmRSS:\s+(\d+)", status)[1]) / 1024


def family(pid):
    """The process and its children, by pid."""
    pids = [pid]
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # a thread may end meanwhile
            pids += map(int, (task / "children").read_text().split())
    return pids


def cpu_seconds(pid):
    """User and system time that the process and its children have used so far."""
    ticks = 0
    for one in family(pid):
        fields = pathlib.Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def load(url, seconds=5, connections=64, header=None):
    """Requests per second and the 99th percentile in milliseconds, by wrk."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", url]
    if header:
        command[1:1] = ["-H", header]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1])
    number, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", text).groups()
    errors = re.search(r"(Non-2xx.*)", text)
    assert not errors, errors[1]
    return rate, float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit]


def table(title, rows):
    """Prints rows of cells in columns."""
    widths = [max(len(str(row[i])) for row in rows) for i in range(len(rows[0]))]
    print(f"\n{title}")
    for row in rows:
        print("  " + "  ".join(str(cell).ljust(width) for cell, width in zip(row, widths)).rstrip())
