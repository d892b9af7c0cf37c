#!/usr/bin/env python3
"""Where a request begins and ends, over raw sockets: what can be read in more than one way is refused and the connection closed, what is compliant is
answered, and what follows on the connection is never taken for a request that nobody sent. The classes are those of AWS's http-desync-guardian."""
import json
import re
import shutil
import socket
import ssl
import subprocess
import time
import unittest

from program import Server, scratch

PATIENCE_S = 5
NEXT = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"  # what an attacker would like to be taken for the next request
ALIVE = b'"alive"'
HOST = b"Host: localhost\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"


def post(*fields, body=b"", line=b"POST /nothing HTTP/1.1"):
    """A request that nothing answers to: 404, once its small body has been passed over."""
    return line + b"\r\n" + HOST + b"".join(fields) + b"\r\n" + body


def chunks(body):
    """To a route that takes no body and passes it over; one that refuses would not read it."""
    return post(CHUNKED, body=body, line=b"GET /api/session HTTP/1.1")


def statuses(answer):
    """Of the answers in a row, each as long as it says; what follows one that closes the connection is none (libmicrohttpd sends the head of its own
    refusals twice)."""
    found = []
    while answer.startswith(b"HTTP/1.1 "):
        head, _, rest = answer.partition(b"\r\n\r\n")
        found.append(int(head[9:12]))
        length = re.search(rb"\r\ncontent-length: *(\d+)", head, re.I)
        answer = rest[int(length[1]):] if length else rest
        if b"\r\nconnection: close" in head.lower():
            break
    return found


# What every reader takes alike, and the status of the answer.
COMPLIANT = {
    "no body": (post(line=b"GET /nothing HTTP/1.1"), 404),
    "length": (post(b"Content-Length: 5\r\n", body=b"hello"), 404),
    "length 0": (post(b"Content-Length: 0\r\n"), 404),
    "length with zeros in front": (post(b"Content-Length: 0005\r\n", body=b"hello"), 404),
    "a body of zeros": (post(b"Content-Length: 5\r\n", body=bytes(5)), 404),
    "a body like a request": (post(b"Content-Length: %d\r\n" % len(NEXT), body=NEXT), 404),
    "no space behind the colon": (post(b"Content-Length:5\r\n", body=b"hello"), 404),
    "tabs behind the colon": (post(b"Content-Length:\t \t5\r\n", body=b"hello"), 404),
    "names in any case": (post(b"CONTENT-length: 5\r\n", body=b"hello"), 404),
    "an empty field": (post(b"X:\r\n", b"Content-Length: 5\r\n", body=b"hello"), 404),
    "an empty field at the end": (post(b"Content-Length: 5\r\n", b"X: \r\n", body=b"hello"), 404),
    "white space at a field's end": (post(b"X: y \t\r\n", b"Content-Length: 5\r\n", body=b"hello"), 404),
    "a field twice that may be": (post(b"Accept: a\r\n", b"Accept: b\r\n"), 404),
    "a tab and more than ASCII in a value": (post(b"X: a\tb\xc3\xa9\xff\r\n"), 404),
    "many fields": (post(*(b"X-%d: %d\r\n" % (number, number) for number in range(300)), b"Content-Length: 5\r\n", body=b"hello"), 404),
    "an empty line in front": (b"\r\n" + post(b"Content-Length: 5\r\n", body=b"hello"), 404),
    "absolute form": (post(line=b"GET http://localhost/nothing HTTP/1.1"), 404),
    "OPTIONS of all": (post(line=b"OPTIONS * HTTP/1.1"), 204),
    "a query": (post(line=b"GET /nothing?a=b%20c&d=%2F HTTP/1.1"), 404),
    "a path that is decoded": (post(line=b"GET /no%20thing%C3%A9 HTTP/1.1"), 404),
    "a later version of 1.x": (post(line=b"GET /nothing HTTP/1.3"), 404),
    "a body where none is taken": (post(b"Content-Length: 5\r\n", body=b"hello", line=b"GET /openapi HTTP/1.1"), 404),
}

# The same of bodies in chunks: answered, and the connection is then closed, for libmicrohttpd is lenient about the line ends within.
IN_CHUNKS = {
    "chunks": chunks(b"5\r\nhello\r\n0\r\n\r\n"),
    "no chunk": chunks(b"0\r\n\r\n"),
    "sizes in any case": chunks(b"00a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n"),
    "an extension": chunks(b"5;name=value\r\nhello\r\n0\r\n\r\n"),
    "trailers": chunks(b"5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n"),
    "chunked in any case": chunks(b"0\r\n\r\n").replace(b"chunked", b"CHUNKED"),
}

# What two readers could take for two things.
AMBIGUOUS = {
    "two lengths": post(b"Content-Length: 5\r\n", b"Content-Length: 6\r\n", body=b"hello"),
    "the same length twice": post(b"Content-Length: 5\r\n", b"Content-Length: 5\r\n", body=b"hello"),
    "lengths in one field": post(b"Content-Length: 5, 5\r\n", body=b"hello"),
    "length and encoding": post(b"Content-Length: 5\r\n", CHUNKED, body=b"0\r\n\r\n"),
    "encoding and length": post(CHUNKED, b"Content-Length: 5\r\n", body=b"0\r\n\r\n"),
    "length 0 and encoding": post(b"Content-Length: 0\r\n", CHUNKED, body=b"0\r\n\r\n"),
    **{f"length {value!r}": post(b"Content-Length: " + value + b"\r\n", body=b"hello")
       for value in (b"", b"+5", b"-5", b"-0", b"5 5", b"5,", b"5;", b"0x5", b"5.0", b"5e0", b"five", b"'5'", b'"5"', b"1_0", b"\xd9\xa5", b"5\x0b", b"\x0c5",
                     b"18446744073709551616", b"18446744073709551621", b"9" * 400)},
    **{f"encoding {value!r}": post(b"Transfer-Encoding: " + value + b"\r\n", body=b"0\r\n\r\n")
       for value in (b"", b"identity", b"gzip", b"gzip, chunked", b"chunked, gzip", b"chunked, chunked", b"chunked, identity", b"identity, chunked", b"xchunked",
                     b"chunkedx", b"chunked;q=1", b"'chunked'", b'"chunked"', b"chunked,", b",chunked", b"\x0bchunked", b"chunked\x0c", b"chun ked", b"chunked\x00",
                     b"\x00chunked", b"c\xcc\x81hunked")},
    "two encodings": post(CHUNKED, CHUNKED, body=b"0\r\n\r\n"),
    "two encodings, one unknown": post(CHUNKED, b"Transfer-Encoding: cow\r\n", body=b"0\r\n\r\n"),
    "encoding in HTTP/1.0": post(CHUNKED, body=b"0\r\n\r\n", line=b"POST /nothing HTTP/1.0"),
    "two hosts": post(b"Host: localhost\r\n"),
    "no host": b"GET /nothing HTTP/1.1\r\n\r\n",
    "a host in the target that is not Host": post(line=b"GET http://example.org/nothing HTTP/1.1"),
    "a name in the target before the host": post(line=b"GET http://localhost@example.org/nothing HTTP/1.1"),
    # names
    "a space before the colon": post(b"Content-Length : 5\r\n", body=b"hello"),
    "a tab before the colon": post(b"Transfer-Encoding\t: chunked\r\n", body=b"0\r\n\r\n"),
    "a space before the name": b"POST /nothing HTTP/1.1\r\n Content-Length: 5\r\n" + HOST + b"\r\nhello",
    "no colon": post(b"Content-Length\r\n"),
    "no name": post(b": 5\r\n"),
    **{f"{character!r} in a name": post(b"Content" + character + b"Length: 5\r\n", body=b"hello")
       for character in (b"\x00", b"\x01", b"\x0b", b"\x7f", b"\r", b"\xa0", b"(", b"/", b"\xc3\xa9", b",", b";", b"@", b'"', b"[", b"{")},
    # values
    **{f"{character!r} in a value": post(b"X: a" + character + b"b\r\n") for character in (b"\x00", b"\x01", b"\x08", b"\x0b", b"\x0c", b"\r", b"\x1b", b"\x7f")},
    "a length behind a NUL": post(b"X: a\x00\r\nContent-Length: 5\r\n", body=b"hello"),
    "a length behind a bare CR": post(b"X: a\rContent-Length: 5\r\n", body=b"hello"),
    "NUL at the end of a length": post(b"Content-Length: 5\x00\r\n", body=b"hello"),
    # folded lines
    "a folded value": post(b"X: a\r\n b\r\n"),
    "a folded value by a tab": post(b"X: a\r\n\tb\r\n"),
    "a folded empty value": post(b"X:\r\n a\r\n"),
    "a folded encoding": post(b"Transfer-Encoding:\r\n chunked\r\n", body=b"0\r\n\r\n"),
    "a folded length": post(b"Content-Length:\r\n 5\r\n", body=b"hello"),
    "a length folded away": post(b"X: a\r\n Content-Length: 5\r\n", body=b"hello"),
    "a folded last line": post(b"X: a\r\n \r\n"),
    # line ends
    "bare LF behind the first line": b"POST /nothing HTTP/1.1\n" + HOST + b"\r\n",
    "bare LF behind a field": post(b"X: a\n", b"Content-Length: 5\r\n", body=b"hello"),
    "bare LF behind the last field": post(b"Content-Length: 5\n", body=b"hello"),
    "bare LF for the empty line": b"POST /nothing HTTP/1.1\r\n" + HOST + b"Content-Length: 5\r\n\nhello",
    "bare LF twice at the end": b"GET /nothing HTTP/1.1\r\nHost: localhost\n\n",
    "bare LF before a body of zeros": post(b"Content-Length: 5\n", body=bytes(5)),
    "bare LF all over": b"POST /nothing HTTP/1.1\nHost: localhost\nContent-Length: 5\n\nhello",
    "CR CR LF": post(b"Content-Length: 5\r\r\n", body=b"hello"),
    "bare LF, and a NUL for the missing byte": post(b"X: a\x00b\r\n", b"Content-Length: 5\n", body=b"hello"),
    "bare LF, and a space for the missing byte": b"POST  /nothing HTTP/1.1\r\n" + HOST + b"Content-Length: 5\n\r\nhello",
    "CR for all": b"GET /nothing HTTP/1.1\rHost: localhost\r\r",
    # the first line
    **{f"first line {line!r}": line + b"\r\n" + HOST + b"\r\n"
       for line in (b"GET", b"GET /nothing", b"GET  /nothing HTTP/1.1", b"GET /nothing  HTTP/1.1", b"GET /nothing HTTP/1.1 ", b" GET /nothing HTTP/1.1",
                    b"GET\t/nothing\tHTTP/1.1", b"GET /nothing\tHTTP/1.1", b"GET\x0b/nothing HTTP/1.1", b"GET /no thing HTTP/1.1", b"GET /no\tthing HTTP/1.1",
                    b"GET /no\x00thing HTTP/1.1", b"GET /nothing?a\x00b HTTP/1.1", b"GET /nothing?a\x01=b HTTP/1.1", b"GET /no\rthing HTTP/1.1",
                    b"GET /nothing#a HTTP/1.1", b"GET nothing HTTP/1.1", b"GET * HTTP/1.1", b"GET /%00 HTTP/1.1", b"GET /%zz HTTP/1.1", b"GET /nothing HTTP/1.1\x00",
                    b"GET /nothing http/1.1", b"GET /nothing HTTP/1.", b"GET /nothing HTTP/11", b"GET /nothing HTTP/1.1.1", b"GET /nothing HTTP/1.1x",
                    b"GET /nothing HTTP/ 1.1", b"GET /nothing HTTP/0.9", b"GET /nothing HTTP/2.0", b"GET /nothing HTTP/9.9", b"GE(T /nothing HTTP/1.1",
                    b"GE\x00T /nothing HTTP/1.1", b"G\xc3\x89T /nothing HTTP/1.1", b"localhost:80 HTTP/1.1", b"PRI * HTTP/2.0")},
    # sizes
    "a target of 64 KiB": post(line=b"GET /" + b"a" * 65536 + b" HTTP/1.1"),
    "a name of 64 KiB": post(b"a" * 65536 + b": b\r\n"),
    "a value of 64 KiB": post(b"X: " + b"a" * 65536 + b"\r\n"),
    "20,000 fields": post(b"X: y\r\n" * 20000),
    # chunks
    **{f"chunk size {size!r}": chunks(size + b"\r\nhello\r\n0\r\n\r\n")
       for size in (b"", b" 5", b"5 ", b"+5", b"-5", b"0x5", b"5h", b"5 ;a", b"\x005", b"5\x00", b"5,", b"five", b"0005 5", b"5\x0b", b"10000000000000005",
                    b"fffffffffffffffff", b";a=b")},
    "a chunk longer than its size": chunks(b"5\r\nhello!\r\n0\r\n\r\n"),
    "no line end behind a chunk": chunks(b"5\r\nhello0\r\n\r\n"),
    "bare CR behind a chunk": chunks(b"5\r\nhello\r0\r\n\r\n"),
    "bare CR behind a chunk's size": chunks(b"5\rhello\r\n0\r\n\r\n"),
    "a chunk that ends with the connection's": chunks(b"5\r\nhel"),
    # waiting
    "Expect twice": post(b"Expect: 100-continue\r\n", b"Expect: 100-continue\r\n", b"Content-Length: 5\r\n", body=b"hello"),
    **{f"Expect {value!r}": post(b"Expect: " + value + b"\r\n", b"Content-Length: 5\r\n", body=b"hello")
       for value in (b"", b"y 100-continue", b"100-continue, y", b"200-ok")},
}

# Line ends within chunks that libmicrohttpd reads leniently and nobody else sees: refused or answered, but the connection ends with them.
LENIENT = {
    "a chunk shorter than its size": chunks(b"6\r\nhello\r\n0\r\n\r\n"),
    "bare LF behind a size": chunks(b"5\nhello\r\n0\r\n\r\n"),
    "bare LF behind a chunk": chunks(b"5\r\nhello\n0\r\n\r\n"),
    "bare LF in an extension": chunks(b"5;\nhello\r\n0\r\n\r\n"),
    "bare LF behind the last size": chunks(b"0\n\r\n"),
    "bare LF for the empty line": chunks(b"0\r\n\n"),
    "bare CR in an extension": chunks(b"5;a\rb\r\nhello\r\n0\r\n\r\n"),
    "NUL in an extension": chunks(b"5;a\x00b\r\nhello\r\n0\r\n\r\n"),
    "a length in a trailer": chunks(b"0\r\nContent-Length: 44\r\n\r\n"),
    "a folded trailer": chunks(b"0\r\nX: a\r\n b\r\n\r\n"),
}


class Framing(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = scratch()
        cls.server = Server(cls.folder, HANSARD_TRANSCRIBER="none").start()

    @classmethod
    def tearDownClass(cls):
        status = cls.server.stop()
        log = (cls.folder / "server.log").read_text()
        shutil.rmtree(cls.folder)
        assert status == 0 and "Sanitizer" not in log and "CRITICAL" not in log, f"exit status {status}\n{log[-4000:]}"

    def converse(self, data, pieces=1, half_close=False, wait=PATIENCE_S):
        """Everything that the server says to `data`, and whether it closed the connection."""
        answer = b""
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=wait) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            try:
                size = -(-len(data) // pieces)
                for at in range(0, len(data), size):
                    connection.sendall(data[at:at + size])
                    if pieces > 1:
                        time.sleep(0.001)
                if half_close:
                    connection.shutdown(socket.SHUT_WR)
                while True:
                    piece = connection.recv(65536)
                    if not piece:
                        return answer, True
                    answer += piece
                    if answer.count(b"\r\n\r\n") > 1 and ALIVE in answer.rsplit(b"\r\n\r\n", 1)[1]:
                        return answer, False
            except TimeoutError:
                return answer, False
            except OSError:  # reset: it closed with bytes of ours unread
                return answer, True

    def each(self, cases, check):
        for name, case in cases.items():
            for pieces in (1, 40):
                with self.subTest(name, pieces=pieces):
                    check(case, pieces)

    def test_compliant(self):
        def check(case, pieces):
            request, status = case
            answer, _ = self.converse(request + NEXT, pieces)
            self.assertEqual(statuses(answer), [status, 200], answer)
            self.assertTrue(answer.endswith(ALIVE + b"}\n"), answer)
        self.each(COMPLIANT, check)

    def test_in_chunks(self):
        def check(request, pieces):
            # what comes late meets a closed socket, and a reset may take the answer from who has not read it yet
            answer, closed = self.converse(request + NEXT if pieces == 1 else request, pieces)
            self.assertEqual((statuses(answer), closed), ([200], True), answer)
            self.assertIn(b"connection: close", answer.lower())
        self.each(IN_CHUNKS, check)

    def test_ambiguous(self):
        def check(request, pieces):
            answer, closed = self.converse(request + NEXT, pieces)
            self.assertNotIn(ALIVE, answer)
            self.assertTrue(closed, answer)
            self.assertLessEqual(len(statuses(answer)), 1, answer)
            for status in statuses(answer):
                self.assertIn(status, (400, 413, 414, 431, 501, 505), answer)
        self.each(AMBIGUOUS, check)

    def test_lenient(self):
        def check(request, pieces):
            answer, closed = self.converse(request + NEXT, pieces)
            self.assertNotIn(ALIVE, answer)
            self.assertTrue(closed, answer)
            self.assertLessEqual(len(statuses(answer)), 1, answer)
        self.each(LENIENT, check)

    def test_every_cut(self):
        """However TCP cuts it up, a request is read alike."""
        good, bad = post(b"X: a\r\n", b"Content-Length: 5\r\n", body=b"hello") + NEXT, post(b"X: a\n", b"Content-Length: 5\r\n", body=b"hello") + NEXT
        for cut in range(1, len(good) - len(NEXT) + 3, 3):
            for request, wanted in ((good, [404, 200]), (bad, [400])):
                with socket.create_connection(("127.0.0.1", self.server.port), timeout=PATIENCE_S) as connection:
                    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    connection.sendall(request[:cut])
                    time.sleep(0.002)
                    connection.sendall(request[cut:])
                    answer = b""
                    while len(statuses(answer)) < len(wanted) and (piece := connection.recv(65536)):
                        answer += piece
                    self.assertEqual(statuses(answer), wanted, (cut, answer))

    def test_later_requests_of_a_connection(self):
        """The library moves its buffer from one request to the next: the hundredth is judged as the first was."""
        fair = post(b"X: a\r\n", b"Content-Length: 5\r\n", body=b"hello")
        for foul in (post(b"X: a\n", b"Content-Length: 5\r\n", body=b"hello"), post(b"X: a\r\n b\r\n"), post(b"X: a\x00b\r\n")):
            answer, closed = self.converse(fair * 100 + foul + NEXT)
            self.assertEqual((statuses(answer), closed), ([404] * 100 + [400], True))

    def test_waiting_client(self):
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=PATIENCE_S) as connection:
            connection.sendall(b"POST /api/meeting/process HTTP/1.1\r\n" + HOST + b"Content-Type: application/json\r\nExpect: 100-continue\r\n"
                               b"Content-Length: 2\r\n\r\n")
            self.assertTrue(connection.recv(1000).startswith(b"HTTP/1.1 100 "))
            connection.sendall(b"{}" + NEXT)
            answer = b""
            while ALIVE not in answer and (piece := connection.recv(65536)):
                answer += piece
            self.assertEqual(statuses(answer), [400, 200])
        answer, closed = self.converse(post(b"Expect: 100-continue\r\n", b"Content-Length: 5\r\n") + NEXT)  # refused at the head: nobody knows what comes
        self.assertEqual((statuses(answer), closed), ([404], True), answer)

    def test_refusal_is_told(self):
        """In the form of all errors, with the words that help."""
        for request, words in ((AMBIGUOUS["a folded value"], "fold no line"), (AMBIGUOUS["two encodings"], "transfer-encoding stands twice"),
                               (AMBIGUOUS["encoding in HTTP/1.0"], "HTTP/1.0"), (AMBIGUOUS["Expect b'200-ok'"], "100-continue"),
                               (AMBIGUOUS["a host in the target that is not Host"], "two hosts")):
            head, _, body = self.converse(request + NEXT)[0].partition(b"\r\n\r\n")
            self.assertIn(b"application/problem+json", head)
            self.assertIn(words, json.loads(body)["detail"])

    def test_body_that_breaks_off(self):
        """Nothing is answered as if it were whole; where the library has missed the end, the watch over slow clients closes the connection."""
        for request in (post(b"Content-Length: 5\r\n", body=b"hel"), chunks(b"5\r\nhel"), chunks(b"5\r\nhello\r\n"), post(b"Content-Length: 5")):
            answer, _ = self.converse(request, half_close=True, wait=0.5)
            self.assertEqual([status for status in statuses(answer) if status < 400], [], answer)

    @unittest.skipUnless(shutil.which("openssl"), "openssl is not installed")
    def test_over_tls(self):
        folder = scratch()
        self.addCleanup(shutil.rmtree, folder)
        certificate, key = folder / "cert.pem", folder / "key.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                        "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate], check=True, capture_output=True)
        trust = ssl.create_default_context(cafile=certificate)
        server = Server(folder, HANSARD_TRANSCRIBER="none", HANSARD_TLS_CERT=str(certificate), HANSARD_TLS_KEY=str(key)).start(wait=False)
        self.addCleanup(server.kill)
        deadline = time.monotonic() + 20
        for request, wanted in ((post(b"X: a\r\n", b"Content-Length: 5\r\n", body=b"hello"), [404, 200]),
                                (post(b"X: a\n", b"Content-Length: 5\r\n", body=b"hello"), [400]), (post(b"X: a\r\n b\r\n"), [400])):
            while True:
                try:
                    with socket.create_connection(("127.0.0.1", server.port), PATIENCE_S) as plain, trust.wrap_socket(plain, server_hostname="localhost") as tls:
                        tls.sendall(request + NEXT)
                        answer = b""
                        while len(statuses(answer)) < len(wanted) and (piece := tls.recv(65536)):
                            answer += piece
                        break
                except ConnectionRefusedError:
                    self.assertLess(time.monotonic(), deadline, "the server does not come up")
                    time.sleep(0.05)
            self.assertEqual(statuses(answer), wanted, answer)


if __name__ == "__main__":
    unittest.main()
