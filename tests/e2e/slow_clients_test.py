#!/usr/bin/env python3
"""Slow clients, in the four modes of slowhttptest: 1,000 connections that send a head, send a body, ask for ranges or read an answer as slowly as they may.
Meanwhile a probe is answered within a second, from the address of the attack, too; an upload that was under way comes to its end and another one is taken;
memory stays within what base/limits.h allows. With --full each attack lasts longer than the server's patience, and all that drip are cut in the end."""
import contextlib
import os
import resource
import selectors
import shutil
import socket
import sys
import threading
import time
import unittest

from program import Server, scratch

FULL = "--full" in sys.argv
COUNT = 1000
SECONDS = 45 if FULL else 1.5
PROBE_S = 1.0
GROWTH = 176 << 20  # 1,152 connections at 32 KiB, 208 + 80 places at 256 KiB, and the allocator's waste
SANITIZED = bool(os.environ.get("ASAN_OPTIONS") or os.environ.get("TSAN_OPTIONS"))
HOST = b"Host: localhost\r\n"
TALK = b"WEBVTT\n\n00:01.000 --> 00:04.000\nAnn: I will send the report to Bob by Friday.\n"
RECORDING = bytes(range(256)) * 4 * 4096 * 4  # 16 MiB
RANGES = b"Range: bytes=0-" + b"".join(b",5-%d" % end for end in range(1300)) + b"\r\n"


class Attack:
    """`count` connections, each of which sends `first` and then `drip` once a second, and reads `read` bytes a second (None: all there is)."""

    def __init__(self, port, addresses, first, drip=b"", read=None, again=b""):
        self.port, self.addresses, self.first, self.drip, self.read, self.again = port, addresses, first, drip, read, again
        self.open, self.selector, self.answers, self.refused = set(), selectors.DefaultSelector(), 0, 0
        self.stopping, self.began = threading.Event(), threading.Event()
        self.thread = threading.Thread(target=self.run)

    def connect(self, number):
        connection = socket.socket()
        if self.read is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        connection.bind((self.addresses[number % len(self.addresses)], 0))
        connection.settimeout(5)
        try:
            connection.connect(("127.0.0.1", self.port))
            connection.sendall(self.first)
        except OSError:
            self.refused += 1
            connection.close()
            return
        connection.setblocking(False)
        self.open.add(connection)
        if self.read is None:
            self.selector.register(connection, selectors.EVENT_READ)

    def close(self, connection):
        with contextlib.suppress(KeyError):
            self.selector.unregister(connection)
        self.open.discard(connection)
        connection.close()

    def take(self, connection, size):
        """What there is; the connection is forgotten where it was closed."""
        try:
            data = connection.recv(size)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.close(connection)
        elif b"HTTP/1.1 " in data:
            self.answers += 1

    def turn(self):
        for connection in list(self.open):
            try:
                if self.drip:
                    connection.send(self.drip)
            except BlockingIOError:
                pass
            except OSError:
                self.close(connection)
                continue
            if self.read is not None:
                self.take(connection, self.read)

    def run(self):
        for number in range(COUNT):
            self.connect(number)
            if self.stopping.is_set():
                break
        self.began.set()
        while not self.stopping.is_set():
            until = time.monotonic() + 1
            self.turn()
            while not self.stopping.is_set() and (left := until - time.monotonic()) > 0:
                for key, _ in self.selector.select(min(left, 0.1)):
                    self.take(key.fileobj, 65536)
                if not self.selector.get_map():
                    time.sleep(min(left, 0.05))

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        self.thread.join()
        for connection in list(self.open):
            self.close(connection)


class SlowClients(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(4096, hard)), hard))
        cls.folder = scratch()
        cls.server = Server(cls.folder, HANSARD_TRANSCRIBER="none").start()
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(4096, hard)), hard))
        (cls.folder / "other").mkdir()
        cls.other = Server(cls.folder / "other", HANSARD_TRANSCRIBER="none").start()  # nobody attacks it: so slow is the machine itself
        cls.recording = cls.server.json("POST", "/api/meetings?filename=long.mp3", RECORDING)[1]["meeting_id"]

    @classmethod
    def tearDownClass(cls):
        cls.other.kill()
        status = cls.server.stop()
        log = (cls.folder / "server.log").read_text()
        shutil.rmtree(cls.folder)
        assert status == 0 and "Sanitizer" not in log and "CRITICAL" not in log, f"exit status {status}\n{log[-4000:]}"

    def resident(self):
        with open(f"/proc/{self.server.process.pid}/statm") as file:
            return int(file.read().split()[1]) * resource.getpagesize()

    def sockets(self):
        folder, count = f"/proc/{self.server.process.pid}/fd", 0
        for name in os.listdir(folder):
            with contextlib.suppress(OSError):
                count += os.readlink(f"{folder}/{name}").startswith("socket:")
        return count

    def processor_s(self):
        with open(f"/proc/{self.server.process.pid}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def probe(self, address, port):
        """Seconds until a new connection from `address` has its answer."""
        began = time.monotonic()
        while True:
            try:
                with socket.create_connection(("127.0.0.1", port), 5, (address, 0)) as connection:
                    connection.sendall(b"GET /healthz HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n")
                    answer = b"".join(iter(lambda: connection.recv(4096), b""))
                    if not answer:
                        raise ConnectionResetError("closed without an answer")
                    self.assertIn(b"HTTP/1.1 200 ", answer)
                    return time.monotonic() - began
            except OSError as error:  # among 512 strangers of its own address it may have to come again, within the second
                if time.monotonic() - began > PROBE_S:
                    self.fail(f"no answer to {address} within {PROBE_S} s: {error}")
                time.sleep(0.05)

    @contextlib.contextmanager
    def legitimate_upload(self):
        """An upload at 200 KB/s that began before the attack and ends after it."""
        size, stopping, result = 200 * 1000 * 60 if FULL else 2000000, threading.Event(), []
        ready = threading.Event()

        def send():
            with socket.create_connection(("127.0.0.1", self.server.port), 30, ("127.0.0.100", 0)) as connection:
                connection.sendall(b"POST /api/meetings?filename=steady.mp3 HTTP/1.1\r\n" + HOST + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % size)
                sent = 0
                while sent < size:
                    piece = size - sent if stopping.is_set() else min(20000, size - sent)
                    connection.sendall(b"x" * piece)
                    sent += piece
                    ready.set()
                    if not stopping.is_set():
                        time.sleep(0.1)
                result.append(b"".join(iter(lambda: connection.recv(4096), b"")))
        sender = threading.Thread(target=send)
        sender.start()
        ready.wait(10)
        yield
        stopping.set()
        sender.join(60)
        self.assertEqual(len(result), 1, "the upload that was under way has broken off")
        self.assertIn(b"HTTP/1.1 202 ", result[0])

    def withstand(self, addresses, *arguments, **options):
        before, few, slowest, machine, peak, busy = self.resident(), self.sockets(), 0, 0, 0, self.processor_s()
        with self.legitimate_upload(), Attack(self.server.port, addresses, *arguments, **options) as attack:
            until = None
            while until is None or time.monotonic() < until:
                for address in ("127.0.0.1", addresses[0]):
                    slowest = max(slowest, self.probe(address, self.server.port))
                machine = max(machine, self.probe("127.0.0.1", self.other.port))
                peak = max(peak, self.resident())
                if until is None and attack.began.is_set():
                    until = time.monotonic() + SECONDS
                time.sleep(0.1)
            held = self.sockets() - few
            self.assertEqual(self.upload(), 202)
        print(f"  {self.id().rsplit('.', 1)[1]}: slowest probe {slowest * 1000:.0f} ms ({machine * 1000:.0f} at a server beside it), {held} of {COUNT} open at "
              f"the end ({attack.refused} refused, {attack.answers} answered), memory +{(peak - before) >> 20} MiB, processor "
              f"{self.processor_s() - busy:.1f} s", file=sys.stderr, flush=True)
        self.assertLess(slowest, PROBE_S + machine)
        if not SANITIZED:
            self.assertLess(peak - before, GROWTH)
        if FULL:
            self.assertLess(held, 4)  # the probe's and the upload's
        self.wait_free()

    def upload(self):
        """The status of a new upload; one that finds all places taken is sent again, as it is told."""
        until = time.monotonic() + 8
        while True:
            status, headers, _ = self.server.request("POST", "/api/meetings?filename=new.vtt", TALK)
            if status != 503 or time.monotonic() > until:
                return status
            time.sleep(0.5)

    def wait_free(self):
        until = time.monotonic() + 20
        while b"hansard_uploads_open 0\n" not in self.server.request("GET", "/metrics")[2]:
            self.assertLess(time.monotonic(), until, "places are still taken though nobody sends")
            time.sleep(0.1)

    def test_slow_heads_from_one_address(self):
        self.withstand(["127.0.0.1"], b"GET / HTTP/1.1\r\n" + HOST, b"X: y\r\n")

    def test_slow_heads_from_many_addresses(self):
        self.withstand([f"127.0.0.{number}" for number in range(2, 12)], b"GET / HTTP/1.1\r\n" + HOST, b"X: y\r\n")

    def test_slow_bodies(self):
        self.withstand([f"127.0.0.{number}" for number in range(2, 12)],
                       b"POST /api/meetings?filename=slow.mp3 HTTP/1.1\r\n" + HOST + b"Content-Length: 1000000\r\n\r\n", b"x" * 10)

    def link(self):
        status, headers, _ = self.server.request("GET", f"/api/meetings/{self.recording}/audio")
        self.assertEqual(status, 302)
        return headers["Location"].encode()

    def test_ranges(self):
        request = b"GET " + self.link() + b" HTTP/1.1\r\n" + HOST + RANGES + b"\r\n"
        self.withstand([f"127.0.0.{number}" for number in range(2, 12)], request, read=4096)

    def test_slow_reads(self):
        request = b"GET " + self.link() + b" HTTP/1.1\r\n" + HOST + b"\r\n"
        self.withstand([f"127.0.0.{number}" for number in range(2, 12)], request * 3, read=32)


if __name__ == "__main__":
    unittest.main(argv=[argument for argument in sys.argv if argument != "--full"])
