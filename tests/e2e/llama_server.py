"""A real model server for tests: llama.cpp's, with a small model, on loopback and one thread. Set-up builds it (setup/llama.sh) only when asked for."""
import http.client
import os
import pathlib
import subprocess
import tempfile
import time

from program import ROOT, free_port

PREFIX = pathlib.Path(os.environ.get("HANSARD_PREFIX", pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "hansard"))


def prefix():
    """Where llama.cpp's server stands, built where it was not, if HANSARD_TEST_LLAMA=1 asks for it; else None: on two processors its answers take minutes."""
    if os.environ.get("HANSARD_TEST_LLAMA") != "1":
        return None
    built = subprocess.run([ROOT / "setup/llama.sh"], stdout=subprocess.PIPE, text=True, check=True, env={**os.environ, "HANSARD_PREFIX": str(PREFIX)})
    return pathlib.Path(built.stdout.strip())


class LlamaServer:
    def __init__(self, prefix, context=4096, key="sk-llama-test-key"):
        self.prefix, self.context, self.key, self.port, self.process = prefix, context, key, free_port(), None

    def __enter__(self):
        self.log = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            [self.prefix / "bin/llama-server", "-m", self.prefix / "share/smollm2.gguf", "--host", "127.0.0.1", "--port", str(self.port), "-t", "1",
             "-c", str(self.context), "-np", "1", "--api-key", self.key, "--alias", "smollm2", "--seed", "7",
             # a model so small goes round in circles, and never ends its answer, unless what it wrote already costs it something
             "--presence-penalty", "1.5", "--frequency-penalty", "1.0", "--repeat-last-n", "512"],
            stdout=self.log, stderr=self.log, env={name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")})
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            assert self.process.poll() is None, "llama-server ended: " + self.tail()
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
            try:
                connection.request("GET", "/health")
                if connection.getresponse().status == 200:
                    return self
            except OSError:
                pass
            finally:
                connection.close()
            time.sleep(0.2)
        raise AssertionError("llama-server does not come up: " + self.tail())

    def tail(self, size=3000):
        self.log.seek(0)
        return self.log.read().decode(errors="replace")[-size:]

    def __exit__(self, *_):
        self.process.kill()  # it would write its answer to the end first
        self.process.wait(timeout=60)
        self.log.close()

    @property
    def settings(self):
        return {"HANSARD_EXTRACTOR": "openai", "OPENAI_BASE_URL": f"http://127.0.0.1:{self.port}/v1", "OPENAI_API_KEY": self.key,
                "OPENAI_MODEL": "smollm2", "HANSARD_CONTEXT_TOKENS": str(self.context)}
