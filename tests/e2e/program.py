"""Runs the built program as a user would: the command line, and the server on loopback. Standard library only."""
import http.client
import json
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("HANSARD_BIN", str(ROOT / "build/release/hansard"))
SAMPLE = pathlib.Path(os.environ.get("HANSARD_SAMPLE", ROOT / "samples/product-review.m4a"))
SHARED = ROOT.parent / "shared/data"


SETTINGS = ("HANSARD_", "S3_", "AWS_", "USE_DYNAMODB", "DYNAMODB_", "STORE_IN_S3", "SKIP_LOCAL_STORAGE", "URL_EXPIRY_SECONDS",
            "OPENAI_", "BEDROCK_")


def environment(data, **settings):
    """The environment of a run: nothing of the caller's settings, no credentials of the caller or this machine, and a data directory of its own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(SETTINGS)}
    if "HANSARD_PREFIX" in os.environ:
        kept["HANSARD_PREFIX"] = os.environ["HANSARD_PREFIX"]
    none = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull, "AWS_EC2_METADATA_DISABLED": "true"}
    return {**kept, **none, "HANSARD_DATA": str(data), "LC_ALL": "C.UTF-8", **settings}


def run(data, *arguments, stdin=None, timeout=600, **settings):
    """One command; returns the finished process with text output."""
    return subprocess.run([PROGRAM, *map(str, arguments)], env=environment(data, **settings), input=stdin, timeout=timeout,
                          capture_output=True, text=True, cwd=data if os.path.isdir(data) else None)


def run_json(data, *arguments, **settings):
    done = run(data, *arguments, "--json", **settings)
    assert done.returncode == 0, f"{arguments}: {done.stderr}"
    return json.loads(done.stdout)


def scratch():
    return pathlib.Path(tempfile.mkdtemp(prefix="hansard-e2e-"))


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def short_clip(folder, seconds=8, start=0):
    """The first seconds of the sample meeting as WAV; None where ffmpeg is not installed."""
    if not shutil.which("ffmpeg"):
        return None
    clip = pathlib.Path(folder) / f"clip-{start}-{seconds}.wav"
    subprocess.run(["ffmpeg", "-loglevel", "error", "-y", "-ss", str(start), "-t", str(seconds), "-i", str(SAMPLE), "-ar", "16000", "-ac", "1",
                    str(clip)], check=True)
    return clip


class Server:
    """`hansard serve` on a free port; `kill()` is kill -9."""
    program = PROGRAM

    def __init__(self, data, **settings):
        self.data, self.settings, self.process = pathlib.Path(data), settings, None
        self.port = free_port()

    def command(self):
        return "serve", "--listen", f"127.0.0.1:{self.port}"

    def start(self, wait=True):
        log = open(self.data / "server.log", "ab")
        self.process = subprocess.Popen([self.program, *self.command()], cwd=self.data, stdout=log, stderr=log,
                                        env=environment(self.data / "store", **self.settings))
        log.close()
        if wait:
            self.wait_ready()
        return self

    def wait_ready(self, seconds=20):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            assert self.process.poll() is None, "the server ended: " + (self.data / "server.log").read_text()[-2000:]
            try:
                if self.request("GET", "/healthz")[0] == 200:
                    return
            except OSError:
                pass
            time.sleep(0.02)
        raise AssertionError("the server does not answer")

    def stop(self):
        self.process.terminate()
        status = self.process.wait(timeout=60)
        self.process = None
        return status

    def kill(self):
        self.process.kill()
        self.process.wait(timeout=60)
        self.process = None

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        if self.process:
            self.kill()

    def request(self, method, path, body=None, headers=None, timeout=60):
        """Returns (status, headers, bytes)."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request(method, path, body=body, headers=headers or {})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def json(self, method, path, body=None, headers=None, timeout=60):
        """Returns (status, parsed JSON)."""
        if isinstance(body, (dict, list)):
            body, headers = json.dumps(body), {"Content-Type": "application/json", **(headers or {})}
        status, _, data = self.request(method, path, body, headers, timeout)
        return status, json.loads(data)

    def wait_done(self, meeting_id, seconds=120):
        """The meeting as the API shows it once it is committed; fails where its job failed."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            status, answer = self.json("GET", f"/api/meetings/{meeting_id}")
            assert status == 200, answer
            meeting = answer["meeting"]
            if meeting["status"] == "ready":
                return meeting
            assert meeting["status"] != "failed", meeting
            time.sleep(0.1)
        raise AssertionError(f"{meeting_id} is not done after {seconds} s")

    def edit(self, meeting_id, patch):
        """Someone's edit of the meeting as it stands; returns the answer."""
        _, headers, _ = self.request("GET", f"/api/meetings/{meeting_id}")
        status, answer = self.json("PATCH", f"/api/meetings/{meeting_id}", patch, {"If-Match": headers["ETag"]})
        assert status == 200, answer
        return answer

    def wait_gone(self, meeting_id, seconds=30):
        deadline = time.monotonic() + seconds
        while self.json("GET", f"/api/meetings/{meeting_id}")[0] != 404:
            assert time.monotonic() < deadline, f"{meeting_id} is still there after {seconds} s"
            time.sleep(0.1)
