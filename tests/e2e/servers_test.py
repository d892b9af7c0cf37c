#!/usr/bin/env python3
"""The launcher of the test servers itself: nothing stays when it is killed, a taken port is no failure, the tested program's ending is passed on."""
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
from unittest import mock

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import servers  # noqa: E402

LAUNCH = [sys.executable, "-B", servers.__file__, "--with", "versitygw", "--"]
TELL = 'echo "$HANSARD_TEST_S3"; exec sleep 60'


def process_of(url):
    """The process that listens there; None: none."""
    port = int(url.rpartition(":")[2])
    return next((int(pid) for pid in os.listdir("/proc") if pid.isdigit() and servers.holds_port(pid, port)), None)


def gone(pid, seconds=10):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except FileNotFoundError:
            return True
        time.sleep(0.02)
    return False


class ServersTest(unittest.TestCase):
    def launch(self):
        """A launcher with a program that sleeps; returns it and the server's process."""
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        launcher = subprocess.Popen([*LAUNCH, "sh", "-c", TELL], stdout=subprocess.PIPE, text=True, env={**os.environ, "TMPDIR": folder.name})
        self.addCleanup(launcher.stdout.close)
        self.addCleanup(launcher.wait)
        self.addCleanup(launcher.kill)
        server = process_of(launcher.stdout.readline().strip().partition("=")[2])
        self.assertIsNotNone(server)
        return launcher, server, pathlib.Path(folder.name)

    def test_killed(self):
        launcher, server, folder = self.launch()
        launcher.kill()
        self.assertTrue(gone(server))
        self.assertEqual(len(list(folder.iterdir())), 1, "what it had no time to remove")
        with mock.patch.object(tempfile, "gettempdir", return_value=str(folder)), mock.patch.object(tempfile, "tempdir", str(folder)):
            kept = servers.scratch()
        self.assertEqual(list(folder.iterdir()), [kept], "the next start removes it")

    def test_told_to_end(self):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            launcher, server, folder = self.launch()
            launcher.send_signal(number)
            self.assertEqual(launcher.wait(20), 128 + number)
            self.assertTrue(gone(server))
            self.assertEqual(list(folder.iterdir()), [])

    def test_ending_passed_on(self):
        for program, status in (("exit 0", 0), ("exit 7", 7), ("kill -SEGV $$", 128 + signal.SIGSEGV)):
            self.assertEqual(subprocess.run([*LAUNCH, "sh", "-c", program]).returncode, status)

    def test_server_that_dies(self):
        kill = ("import os, sys; sys.path.insert(0, sys.argv[1]); import servers_test; "
                "os.kill(servers_test.process_of(os.environ['HANSARD_TEST_S3'].partition('=')[2]), 9)")
        done = subprocess.run([*LAUNCH, sys.executable, "-B", "-c", kill, os.path.dirname(os.path.abspath(__file__))], capture_output=True, text=True)
        self.assertEqual(done.returncode, 1)
        self.assertIn("versitygw ended while the test ran", done.stderr)

    def test_taken_port(self):
        with socket.create_server(("127.0.0.1", 0)) as other:
            ports = iter([other.getsockname()[1], other.getsockname()[1], servers.free_port()])
            with mock.patch.object(servers, "free_port", lambda: next(ports)), mock.patch.object(servers, "START_SECONDS", 5), servers.Versitygw() as s3:
                self.assertEqual(process_of(s3.url), s3.process.pid)
                self.assertNotEqual(s3.port, other.getsockname()[1])

    def test_missing(self):
        with tempfile.TemporaryDirectory() as folder:
            for ci, status in (("", servers.SKIPPED), ("true", 1)):
                done = subprocess.run([*LAUNCH, "true"], env={**os.environ, "HANSARD_PREFIX": folder, "CI": ci}, capture_output=True, text=True)
                self.assertEqual(done.returncode, status)
                self.assertIn("run setup/servers.sh versitygw", done.stderr)


if __name__ == "__main__":
    servers.prepare("versitygw")
    unittest.main()
