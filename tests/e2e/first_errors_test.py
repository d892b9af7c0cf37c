#!/usr/bin/env python3
"""The errors that first users of a bucket meet, from the real program against real servers: each message is one line that names the setting and the remedy,
the exit status is 2 where a setting is wrong and 1 where the service failed, and no secret is in it. What no server here can be brought to say (a session
that has expired, a bucket of another region of AWS) is said by a stand-in, named so."""
import http.server
import json
import pathlib
import shutil
import socket
import subprocess
import sys
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import servers  # noqa: E402
from program import PROGRAM, Server, environment, run, scratch  # noqa: E402

TOKEN = "session-token-that-nobody-may-see"
WRONG_SECRET = "a-secret-that-nobody-may-see-either"
# Another clock for one process: the system's, OTHER_CLOCK_S seconds off.
OTHER_CLOCK = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>
static long off(void) { const char *text = getenv("OTHER_CLOCK_S"); return text ? atol(text) : 0; }
int clock_gettime(clockid_t clock, struct timespec *at) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    int status = real(clock, at);
    if (status == 0 && clock == CLOCK_REALTIME) at->tv_sec += off();
    return status;
}
int gettimeofday(struct timeval *restrict at, void *restrict zone) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    *at = (struct timeval){now.tv_sec, now.tv_nsec / 1000};
    return 0;
}
time_t time(time_t *at) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (at) *at = now.tv_sec;
    return now.tv_sec;
}
"""


class StandIn:
    """Says one thing to whatever is asked of it."""

    def __init__(self, status, code, message, headers=(), extra=""):
        body = f'<?xml version="1.0" encoding="UTF-8"?><Error><Code>{code}</Code><Message>{message}</Message>{extra}</Error>'.encode()

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                self.send_response(status)
                for name, value in (("Content-Length", str(len(body))), ("Content-Type", "application/xml"), *headers):
                    self.send_header(name, value)
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)

            do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = answer

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


class FirstErrors(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.versitygw, cls.minio = servers.Versitygw().start(), servers.Minio().start()
        cls.addClassCleanup(cls.versitygw.stop)
        cls.addClassCleanup(cls.minio.stop)
        cls.buckets = {server: s3.Bucket(server) for server in (cls.versitygw, cls.minio)}

    def setUp(self):
        self.folder = scratch()
        self.addCleanup(shutil.rmtree, self.folder)
        self.talk = self.folder / "talk.vtt"
        self.talk.write_text("WEBVTT\n\n00:01.000 --> 00:04.000\nAnn: I will send the report to Bob by Friday.\n")

    def says(self, status, words, settings, commands=(("list",), ("add", "talk.vtt"), ("search", "report"))):
        """Each command ends with that status and one line that has all these words and no secret."""
        for command in commands:
            done = run(self.folder, *command, HANSARD_TRANSCRIBER="none", **{name: value for name, value in settings.items() if value is not None})
            self.assertEqual((done.returncode, done.stdout), (status, ""), (command, done.stderr))
            self.assertTrue(done.stderr.startswith("hansard: ") and done.stderr.count("\n") == 1, done.stderr)
            for word in words:
                self.assertIn(word, done.stderr, command)
            for secret in (servers.SECRET_KEY, WRONG_SECRET, TOKEN):
                self.assertNotIn(secret, done.stderr)
        return done.stderr

    def settings(self, server, **changed):
        return {**self.buckets[server].settings(), **changed}

    def test_bucket_missing(self):
        for server in self.buckets:
            self.says(2, ["S3_BUCKET_NAME", "no-such-bucket"], self.settings(server, S3_BUCKET_NAME="no-such-bucket"))

    def test_bucket_name_that_none_can_have(self):
        for name in ("My_Bucket", "a", "x" * 64, "with/slash", "192.168.0.1"):
            self.says(2, ["S3_BUCKET_NAME"], self.settings(self.minio, S3_BUCKET_NAME=name))

    def test_access_denied(self):
        """A user of the server whom nobody has given the bucket."""
        made = subprocess.run([self.versitygw.installed(), "admin", "--access", servers.ACCESS_KEY, "--secret", servers.SECRET_KEY, "--endpoint-url", self.versitygw.url,
                               "create-user", "--access", "STRANGER", "--secret", WRONG_SECRET, "--role", "user"], capture_output=True, text=True)
        self.assertEqual(made.returncode, 0, made.stderr)
        bucket = self.buckets[self.versitygw].name
        self.says(2, [bucket, "S3_BUCKET_NAME", "hansard setup", "AWS_PROFILE"], self.settings(self.versitygw, AWS_ACCESS_KEY_ID="STRANGER", AWS_SECRET_ACCESS_KEY=WRONG_SECRET))

    def test_wrong_secret(self):
        for server in self.buckets:
            self.says(2, ["AWS_SECRET_ACCESS_KEY"], self.settings(server, AWS_SECRET_ACCESS_KEY=WRONG_SECRET))

    def test_unknown_key(self):
        for server in self.buckets:
            self.says(2, ["AWS_ACCESS_KEY_ID"], self.settings(server, AWS_ACCESS_KEY_ID="NOBODYSKEY"))

    def test_no_credentials(self):
        self.says(2, ["AWS_ACCESS_KEY_ID", "AWS_PROFILE"], self.settings(self.minio, AWS_ACCESS_KEY_ID=None, AWS_SECRET_ACCESS_KEY=None))

    def test_half_of_the_credentials(self):
        self.says(2, ["AWS_SECRET_ACCESS_KEY"], self.settings(self.minio, AWS_SECRET_ACCESS_KEY=None))

    def test_unknown_profile(self):
        self.says(2, ["AWS_PROFILE", "nobodys"], self.settings(self.minio, AWS_ACCESS_KEY_ID=None, AWS_SECRET_ACCESS_KEY=None, AWS_PROFILE="nobodys"))

    def test_expired_credentials(self):
        """By a stand-in."""
        with StandIn(400, "ExpiredToken", "The provided token has expired.") as service:
            settings = self.settings(self.minio, AWS_ENDPOINT_URL=service.url, AWS_ACCESS_KEY_ID="ASIAEXPIRED", AWS_SESSION_TOKEN=TOKEN)
            self.says(2, ["expired", "AWS_SESSION_TOKEN"], settings)

    def test_other_region(self):
        """A server that tells its region; and, by a stand-in, AWS's answer where a bucket stands in another."""
        for server in self.buckets:
            self.says(2, ["AWS_REGION", "eu-central-1", servers.REGION], self.settings(server, AWS_REGION="eu-central-1"))
        with StandIn(301, "PermanentRedirect", "The bucket you are attempting to access must be addressed using the specified endpoint.",
                     [("x-amz-bucket-region", "ap-southeast-2")], "<Endpoint>bucket.s3.ap-southeast-2.amazonaws.com</Endpoint>") as service:
            self.says(2, ["AWS_REGION", "ap-southeast-2"], self.settings(self.minio, AWS_ENDPOINT_URL=service.url))

    def test_unreachable(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
        self.says(1, ["AWS_ENDPOINT_URL", f"127.0.0.1:{port}"], self.settings(self.minio, AWS_ENDPOINT_URL=f"http://127.0.0.1:{port}"))

    def test_endpoint_that_is_none(self):
        for url in ("ftp://127.0.0.1", "127.0.0.1:9000", "http://", "no url"):
            self.says(2, ["AWS_ENDPOINT_URL"], self.settings(self.minio, AWS_ENDPOINT_URL=url))

    def test_another_kind_of_server(self):
        """A server, but none of S3."""
        with Server(self.folder, HANSARD_WORKERS="0") as other:
            self.says(2, ["AWS_ENDPOINT_URL"], self.settings(self.minio, AWS_ENDPOINT_URL=f"http://127.0.0.1:{other.port}"), [("list",)])

    def test_tls_where_there_is_none(self):
        url = self.minio.url.replace("http:", "https:")
        self.says(1, ["AWS_ENDPOINT_URL"], self.settings(self.minio, AWS_ENDPOINT_URL=url))

    def test_settings_that_are_none(self):
        for name, value in (("S3_SSE", "yes"), ("S3_STORAGE_CLASS", "CHEAP ONE"), ("S3_PREFIX", "a//b"), ("S3_PREFIX", "../x"), ("STORE_IN_S3", "perhaps"),
                            ("URL_EXPIRY_SECONDS", "604801")):
            self.says(2, [name], self.settings(self.minio, **{name: value}))

    def test_service_down(self):
        """By a stand-in: what a service says that has trouble is said, and that it may pass."""
        for status, code in ((503, "SlowDown"), (500, "InternalError")):
            with StandIn(status, code, "Please wait.") as service:
                self.says(1, [code], self.settings(self.minio, AWS_ENDPOINT_URL=service.url), [("list",)])

    def test_table_missing(self):
        """The table alone: nothing is taken in that could not be listed. Table and keys: the list comes from the keys and says why, and what is added is kept."""
        words = ["DYNAMODB_TABLE_NAME", "meeting-metadata", "hansard setup"]
        with servers.DynamoDbLocal() as table:
            settings = s3.Bucket(self.versitygw).settings(AWS_ENDPOINT_URL_DYNAMODB=table.url, USE_DYNAMODB="true")
            self.says(2, words, {**settings, "HANSARD_INDEX": "dynamodb"})
            self.says(2, words + ["is kept as meeting-"], settings, [("add", "talk.vtt")])
            done = run(self.folder, "list", "--json", **settings)
            self.assertEqual((done.returncode, json.loads(done.stdout)["count"]), (0, 1), done.stderr)
            for word in words:
                self.assertIn(word, done.stderr)

    def test_table_that_does_not_answer(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        settings = self.settings(self.versitygw, AWS_ENDPOINT_URL_DYNAMODB=url, HANSARD_INDEX="dynamodb")
        self.says(1, ["DYNAMODB_TABLE_NAME", url, "AWS_ENDPOINT_URL"], settings)

    # the clock

    def other_clock(self):
        if not shutil.which("cc"):
            self.skipTest("no C compiler for the other clock")
        source, library = self.folder / "clock.c", self.folder / "clock.so"
        source.write_text(OTHER_CLOCK)
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], check=True)
        return {"LD_PRELOAD": str(library)}

    def test_clock_wrong(self):
        """A machine whose clock is hours off works all the same: the service's time is taken from its answer."""
        clock = self.other_clock()
        for server in self.buckets:
            for off in ("7200", "-7200"):
                done = run(self.folder, "add", "talk.vtt", "--json", HANSARD_TRANSCRIBER="none", OTHER_CLOCK_S=off, **clock, **self.settings(server))
                self.assertEqual(done.returncode, 0, done.stderr)
                stamp = done.stdout.partition('"timestamp"')[2][:40]
                self.assertNotIn(time.strftime("T%H:", time.gmtime()), stamp, "the other clock was not used")

    def test_clock_that_can_not_be_mended(self):
        """By a stand-in that takes no time at all."""
        with StandIn(403, "RequestTimeTooSkewed", "The difference between the request time and the current time is too large.") as service:
            self.says(2, ["clock"], self.settings(self.minio, AWS_ENDPOINT_URL=service.url), [("list",)])

    # the server

    def test_server_does_not_start_on_a_wrong_setting(self):
        done = subprocess.run([PROGRAM, "serve", "--listen", "127.0.0.1:0"], cwd=self.folder, capture_output=True, text=True, timeout=60,
                              env=environment(self.folder / "data", **self.settings(self.minio, S3_BUCKET_NAME="no-such-bucket")))
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn("S3_BUCKET_NAME", done.stderr)

    def test_server_outlives_an_outage(self):
        """It starts though the service does not answer yet, says so to whoever asks, and serves when it does."""
        port = servers.free_port()
        settings = self.settings(self.minio, AWS_ENDPOINT_URL=f"http://127.0.0.1:{port}")
        with Server(self.folder, HANSARD_TRANSCRIBER="none", **settings) as server:
            status, answer = server.json("GET", "/readyz")
            self.assertEqual((status, answer["code"]), (503, "unavailable"))
            status, answer = server.json("GET", "/api/meetings")
            self.assertEqual((status, answer["code"]), (503, "unavailable"))
            self.assertIn("AWS_ENDPOINT_URL", answer["detail"])
            way = socket.create_server(("127.0.0.1", port))
            self.addCleanup(way.close)
            threading.Thread(target=relay, args=(way, self.minio.port), daemon=True).start()
            deadline = time.monotonic() + 30
            while server.json("GET", "/readyz")[0] != 200 and time.monotonic() < deadline:
                time.sleep(0.1)
            self.assertEqual(server.json("GET", "/readyz")[0], 200)
            self.assertEqual(server.json("GET", "/api/meetings")[0], 200)


def relay(listener, port):
    """Passes bytes between whoever comes and the server."""
    def pump(source, sink):
        try:
            while data := source.recv(65536):
                sink.sendall(data)
        except OSError:
            pass
        for end in (source, sink):
            end.close()

    while True:
        try:
            client, _ = listener.accept()
        except OSError:
            return
        upstream = socket.create_connection(("127.0.0.1", port))
        for pair in ((client, upstream), (upstream, client)):
            threading.Thread(target=pump, args=pair, daemon=True).start()


if __name__ == "__main__":
    servers.prepare("versitygw", "minio", "dynamodb")
    import s3
    unittest.main()
