"""A faulty way to a server: an HTTP proxy on loopback that passes requests on unchanged, Host too, so that signatures hold, and at the n-th request does
what networks and services do.

    with FaultProxy(s3.url) as way:
        way.arm("lost", 3)           # the third request from now on; lasting=True: that and all after it
        ...                          # requests to way.url
        way.disarm()                 # way.seen: requests since arm(); way.hits: those that the fault was done to

It is no stand-in: what it does not break is answered by the server behind it."""
import socket
import struct
import threading
import urllib.parse

# What is done to a request. "Carried out" is what the server behind has done before the client is left alone.
FAULTS = {
    "error": "answered 500 InternalError; not carried out",
    "slow-down": "answered 503 SlowDown; not carried out",
    "reset": "the connection is reset when the request has come; not carried out",
    "half": "half of the request's body reaches the server, then both connections are reset",
    "lost": "carried out, then the connection is reset without an answer",
    "stall": "carried out, then silence",
    "cut": "carried out, and the connection closes in the middle of the answer",
    "flip": "carried out, with one bit of the answer's body changed",
    "flip-request": "one bit of the request's body changed",
}
HEAD_BYTES_MAX = 1 << 20
CODES = {"error": (500, "Internal Server Error", "InternalError", "We encountered an internal error. Please try again."),
         "slow-down": (503, "Service Unavailable", "SlowDown", "Please reduce your request rate.")}


class Broken(Exception):
    """A connection has ended."""


class Message:
    """A request or an answer as it came: its head, and its body as it stands on the wire."""

    def __init__(self, stream, of=None):
        """`of`: the request that this is the answer to."""
        self.head = b""
        while not self.head.endswith(b"\r\n\r\n"):
            line = stream.readline(HEAD_BYTES_MAX)
            if not line or len(self.head) > HEAD_BYTES_MAX:
                raise Broken
            self.head += line
        lines = self.head.decode("latin-1").split("\r\n")
        self.first = lines[0].split(" ", 2)
        self.headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:] if line)}
        self.body = self.read_body(stream, of)

    @property
    def status(self):
        return int(self.first[1])

    def read_body(self, stream, of):
        if of and (of.first[0] == "HEAD" or self.status in (204, 304) or self.status < 200):
            return b""
        if self.headers.get("transfer-encoding", "").lower() == "chunked":
            return self.read_chunks(stream)
        if "content-length" in self.headers:
            return read_exactly(stream, int(self.headers["content-length"]))
        return stream.read() if of else b""

    @staticmethod
    def read_chunks(stream):
        body = b""
        while True:
            size = stream.readline(HEAD_BYTES_MAX)
            if not size:
                raise Broken
            count = int(size.split(b";")[0], 16)
            body += size + read_exactly(stream, count + 2)
            if count == 0:
                return body

    def flipped(self):
        """The whole with a bit of the body's middle changed; as it is where there is no body."""
        middle = len(self.body) // 2
        return self.head + self.body[:middle] + bytes(byte ^ 1 for byte in self.body[middle:middle + 1]) + self.body[middle + 1:]


def read_exactly(stream, count):
    data = stream.read(count)
    if len(data) < count:
        raise Broken
    return data


def reset(connection):
    """Closes with RST, not FIN."""
    try:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()
    except OSError:
        pass


class FaultProxy:
    def __init__(self, url):
        self.server = urllib.parse.urlsplit(url)
        self.lock = threading.Lock()
        self.ended = threading.Event()
        self.fault, self.at, self.lasting, self.seen, self.hits, self.passed = None, 0, False, 0, [], []

    def arm(self, fault, at=1, lasting=False):
        assert fault in FAULTS, fault
        with self.lock:
            self.fault, self.at, self.lasting, self.seen, self.hits = fault, at, lasting, 0, []

    def disarm(self):
        with self.lock:
            self.fault = None

    def count(self):
        """Counts requests from now on and breaks none. `passed` then tells of each whether it and its answer had a body."""
        with self.lock:
            self.fault, self.seen, self.hits, self.passed = None, 0, [], []

    def __enter__(self):
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self.listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self.accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, client):
        """The requests of one connection, with one to the server."""
        server = None
        try:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            server = socket.create_connection((self.server.hostname, self.server.port))
            server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            streams = client.makefile("rb"), server.makefile("rb")
            while self.exchange(client, server, *streams):
                pass
        except (Broken, OSError, ValueError):
            pass
        for connection in (client, server):
            if connection:
                reset(connection) if connection.fileno() >= 0 else None

    def choose(self, request):
        """What is to be done to this request; None: nothing."""
        with self.lock:
            self.seen += 1
            if not self.fault or not (self.seen == self.at or self.lasting and self.seen > self.at):
                return None
            self.hits.append(f"{request.first[0]} {request.first[1]}")
            return self.fault

    def exchange(self, client, server, from_client, from_server):
        """One request and its answer; false where the connection is at its end."""
        request = Message(from_client)
        fault = self.choose(request)
        if fault in CODES:
            client.sendall(error_answer(*CODES[fault]))
            return True
        if fault == "reset":
            return False
        if fault == "half":
            server.sendall(request.head + request.body[:len(request.body) // 2])
            return False
        server.sendall(request.flipped() if fault == "flip-request" else request.head + request.body)
        answer = Message(from_server, of=request)
        while answer.status == 100:
            answer = Message(from_server, of=request)
        self.passed.append((bool(request.body), bool(answer.body)))
        return self.give(fault, client, answer)

    def give(self, fault, client, answer):
        whole = answer.head + answer.body
        if fault == "lost":
            return False
        if fault == "stall":
            self.ended.wait()
            return False
        if fault == "cut":
            keep = len(answer.head) + len(answer.body) // 2 if answer.body else len(answer.head) // 2
            client.sendall(whole[:keep])
            client.shutdown(socket.SHUT_WR)
            client.recv(1)  # until the client has seen it
            return False
        client.sendall(answer.flipped() if fault == "flip" else whole)
        return answer.headers.get("connection", "").lower() != "close"


def error_answer(status, reason, code, message):
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{message}</Message><RequestId>4711</RequestId></Error>'.encode()
    return f"HTTP/1.1 {status} {reason}\r\nContent-Type: application/xml\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
