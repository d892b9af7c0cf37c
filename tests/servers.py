#!/usr/bin/env python3
"""The real servers that tests run against, on loopback, each with its data in a scratch folder: S3 by versitygw and by MinIO, DynamoDB Local, moto.

In a test:      with Versitygw() as s3: s3.url, s3.access_key, s3.secret_key, s3.region
For a program:  servers.py --with versitygw,dynamodb -- ./store-s3_test -k --tap
                starts them, tells the program where they are (test_environment() says how), and ends with its exit status.

Ready means that the very process started here holds its port and answers; where another program was faster at the port, another one is taken. Whatever
happens to this process, kill -9 too, its servers end with it (they are told by the kernel); what it left in the scratch folder goes with the next start.
A server that setup/servers.sh has not installed is exit status 77, SKIPPED, but a failure under CI=true."""
import atexit
import errno
import fcntl
import glob
import http.client
import os
import pathlib
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

SETUP = pathlib.Path(__file__).resolve().parents[1] / "setup"
PREFIX = pathlib.Path(os.environ.get("HANSARD_PREFIX") or pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "hansard")
INSTALLED = PREFIX / "servers"
VENV = INSTALLED / "venv"
SKIPPED = 77  # exit status; tests/CMakeLists.txt tells CTest
REGION = "us-east-1"
ACCESS_KEY, SECRET_KEY = "HANSARDTESTACCESSKEY", secrets.token_hex(20)  # of all servers of one run
START_TRIES, START_SECONDS, STOP_SECONDS = 5, 60, 10

running = []


class Missing(Exception):
    """A server is not installed."""


class LocalServer:
    """One server process. `with` starts and stops it; start it from the thread that lives longest, for it ends with that thread."""
    name = None
    health = "/"

    def __init__(self):
        self.process = self.folder = self.port = self.url = None
        self.access_key, self.secret_key, self.region = ACCESS_KEY, SECRET_KEY, REGION

    # what a kind of server tells

    def installed(self):
        """The file without which it can't start."""
        return INSTALLED / "bin" / self.name

    def command(self, port):
        raise NotImplementedError

    def environment(self):
        return {}

    # what is the same for all

    def start(self):
        if not self.installed().exists():
            raise Missing(f"{self.name} is not installed ({self.installed()}); run setup/servers.sh {self.name}")
        end_at_signals()
        self.folder = scratch()
        (self.folder / "data").mkdir()
        running.append(self)
        for _ in range(START_TRIES):
            if self.start_at(free_port()):
                return self
        log = self.log()
        self.stop()
        raise RuntimeError(f"{self.name} did not start in {START_TRIES} tries; the end of its output:\n{log}")

    def start_at(self, port):
        """False where it ended or did not answer in time."""
        # setpriv: the kernel kills it when this process dies, however that comes.
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", "--", *map(str, self.command(port))], stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log, cwd=self.folder, env={**os.environ, **self.environment()}, process_group=0)
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            if holds_port(self.process.pid, port) and answers(port, self.health):
                self.port, self.url = port, f"http://127.0.0.1:{port}"
                return True
            time.sleep(0.02)
        self.end()
        return False

    def end(self):
        """Ends the process and waits for it; one that was ended already is fine."""
        if not self.process:
            return
        for ask, seconds in ((signal.SIGTERM, STOP_SECONDS), (signal.SIGKILL, None)):
            try:
                os.killpg(self.process.pid, ask)  # its number is ours until it is waited for
            except ProcessLookupError:
                pass
            try:
                self.process.wait(seconds)
                break
            except subprocess.TimeoutExpired:
                continue
        self.process = None

    def stop(self):
        self.end()
        if self in running:
            running.remove(self)
        if self.folder:
            shutil.rmtree(self.folder, ignore_errors=True)

    def log(self):
        return (self.folder / "log").read_text(errors="replace")[-4000:]

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()


class Versitygw(LocalServer):
    """S3 over a folder: a bucket is a folder of `data`. Path style at `url`; virtual host style at `virtual_url`, whose names are all this machine."""
    name = "versitygw"
    virtual_domain = "s3.localhost"

    def command(self, port):
        versions, accounts = self.folder / "versions", self.folder / "accounts"
        for folder in (versions, accounts):
            folder.mkdir(exist_ok=True)
        command = [self.installed(), "--port", f"127.0.0.1:{port}", "--region", REGION, "--keep-alive", "--quiet", "--iam-dir", accounts,
                   "--iam-cache-disable", "--virtual-domain", f"{self.virtual_domain}:{port}", "posix", "--versioning-dir", versions]
        if not has_attributes(self.folder):
            sidecar = self.folder / "attributes"
            sidecar.mkdir(exist_ok=True)
            command += ["--sidecar", sidecar]
        return [*command, self.folder / "data"]

    def environment(self):
        return {"ROOT_ACCESS_KEY_ID": ACCESS_KEY, "ROOT_SECRET_ACCESS_KEY": SECRET_KEY}

    @property
    def virtual_url(self):
        return f"http://{self.virtual_domain}:{self.port}"


class Minio(LocalServer):
    """S3 with encryption at rest (SSE-S3 and SSE-KMS with the key `kms_key`) and lifecycle rules."""
    name = "minio"
    kms_key = "hansard-test-key"

    def command(self, port):
        return [self.installed(), "server", "--quiet", "--address", f"127.0.0.1:{port}", self.folder / "data"]

    def environment(self):
        return {"MINIO_ROOT_USER": ACCESS_KEY, "MINIO_ROOT_PASSWORD": SECRET_KEY, "MINIO_SITE_REGION": REGION, "MINIO_BROWSER": "off",
                "MINIO_UPDATE": "off", "MINIO_KMS_SECRET_KEY": f"{self.kms_key}:bXktbWluaW8tZW5jcnlwdGlvbi1rZXktMzItYnl0ZXM="}


class DynamoDbLocal(LocalServer):
    """DynamoDB, tables in memory. It believes any credentials."""
    name = "dynamodb"

    def installed(self):
        found = glob.glob(str(INSTALLED / "dynamodb-local-*")) if shutil.which("java") else []
        return pathlib.Path(max(found)) if found else INSTALLED / "dynamodb-local"

    def command(self, port):
        return [SETUP / "dynamodb-local.sh", "run", port]

    def environment(self):
        return {"HANSARD_PREFIX": str(PREFIX)}


class Moto(LocalServer):
    """Models of STS, SQS and Transcribe. Its S3 checks no signature: no proof of one."""
    name = "moto"

    def installed(self):
        return VENV / "bin/moto_server"

    def command(self, port):
        return [self.installed(), "-H", "127.0.0.1", "-p", port]


KINDS = {kind.name: kind for kind in (Versitygw, Minio, DynamoDbLocal, Moto)}


def test_environment(started):
    """What a test's process is told: where the servers are, and credentials that they take; nothing of the caller's own AWS settings is left."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "HANSARD_TEST_"))}
    s3 = [server for server in started if server.name in ("versitygw", "minio")]
    told = {"AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY, "AWS_REGION": REGION, "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    if s3:
        told["HANSARD_TEST_S3"] = " ".join(f"{server.name}={server.url}" for server in s3)
    for server in started:
        if server.name in ("dynamodb", "moto"):
            told[f"HANSARD_TEST_{server.name.upper()}"] = server.url
        if server.name == "versitygw":
            told["HANSARD_TEST_S3_VIRTUAL"] = f"versitygw={server.virtual_url}"
        if server.name == "minio":
            told["HANSARD_TEST_KMS_KEY"] = f"minio={server.kms_key}"
    return {**kept, **told}


# finding out


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def holds_port(pid, port):
    """Whether this process listens there: a free port may be taken by another program before it is bound."""
    sockets = set()
    for table in ("tcp", "tcp6"):
        for line in pathlib.Path("/proc/net", table).read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and int(fields[1].rpartition(":")[2], 16) == port:
                sockets.add(f"socket:[{fields[9]}]")
    try:
        return any(os.readlink(f"/proc/{pid}/fd/{file}") in sockets for file in os.listdir(f"/proc/{pid}/fd"))
    except OSError:  # it ended, or a file was closed meanwhile: asked again soon
        return False


def answers(port, path):
    """Any answer but "not ready yet" (5xx)."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def has_attributes(folder):
    """Whether its file system keeps extended attributes, where versitygw has its metadata."""
    try:
        os.setxattr(folder, "user.hansard", b"")
        return True
    except OSError as problem:
        if problem.errno != errno.ENOTSUP:
            raise
        return False


# folders and endings


def scratch():
    """A folder of its own, locked while this process lives; those whose process died without removing them are removed."""
    for lock in glob.glob(os.path.join(tempfile.gettempdir(), "hansard-servers-*", "lock")):
        try:
            with open(lock, "rb") as held:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(os.path.dirname(lock), ignore_errors=True)
        except OSError:
            pass  # in use, another user's, or just removed
    folder = pathlib.Path(tempfile.mkdtemp(prefix="hansard-servers-"))
    lock = os.open(folder / "lock.new", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)  # open as long as this process lives
    fcntl.flock(lock, fcntl.LOCK_EX)
    os.rename(folder / "lock.new", folder / "lock")
    return folder


@atexit.register
def stop_all():
    for server in list(running):
        server.stop()


def end_at_signals():
    """Signals that end a process do it by way of atexit, but where the test has a handler of its own."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) == signal.SIG_DFL:
            signal.signal(number, lambda got, _: sys.exit(128 + got))


def give_up(problem):
    """Ends the process where servers are missing."""
    if os.environ.get("CI") == "true":
        sys.exit(f"{problem} (with CI=true nothing may be missing)")
    print(f"SKIPPED: {problem}", file=sys.stderr)
    sys.exit(SKIPPED)


def prepare(*names):
    """For a test program, first thing: all of these servers must be installed (or the process ends, as above), and boto3 must be at hand: the program
    starts again under the Python that has it."""
    for name in names:
        if not KINDS[name]().installed().exists():
            give_up(f"{name} is not installed; run setup/servers.sh")
    if not (VENV / ".complete").exists():
        give_up("boto3 is not installed; run setup/servers.sh python")
    if pathlib.Path(sys.prefix).resolve() != VENV.resolve():
        os.execv(VENV / "bin/python", [str(VENV / "bin/python"), *sys.orig_argv[1:]])


# the launcher


def launch(names, command):
    started = [KINDS[name]() for name in names]
    try:
        for server in started:
            server.start()
    except Missing as problem:
        give_up(problem)
    child = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", "--", *command], env=test_environment(started))
    try:
        status = child.wait()
    finally:
        if child.poll() is None:
            child.terminate()
            try:
                child.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
    for server in started:
        if server.process.poll() is not None:
            print(f"{server.name} ended while the test ran; the end of its output:\n{server.log()}", file=sys.stderr)
            status = status or 1
    return 128 - status if status < 0 else status


def main(arguments):
    usage = f"usage: servers.py --with {','.join(KINDS)} -- COMMAND…"
    if len(arguments) < 4 or arguments[0] != "--with" or arguments[2] != "--":
        sys.exit(usage)
    names = arguments[1].split(",")
    if not set(names) <= set(KINDS):
        sys.exit(usage)
    return launch(names, arguments[3:])


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)
