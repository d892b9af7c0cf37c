"""A headless Chromium driven over its DevTools pipe (--remote-debugging-pipe: JSON messages that end in NUL, on descriptors 3
and 4), so that a test of the page needs nothing but the browser and the standard library."""
import base64
import fcntl
import json
import os
import pathlib
import select
import shutil
import subprocess
import tempfile
import time

PROGRAM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

# Where the pictures of the stories go.
SHOT_TRIES = 5
SHOTS = pathlib.Path(os.environ.get("HANSARD_BIN", pathlib.Path(__file__).resolve().parents[2] / "build/release/hansard")).parent / "screenshots"
PHONE, DESKTOP = (390, 844), (1280, 900)

# Nothing here may talk to any other machine.
FLAGS = ["--headless", "--remote-debugging-pipe", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions",
         "--mute-audio", "--disable-dev-shm-usage",
         "--proxy-server=http://127.0.0.1:9", "--proxy-bypass-list=127.0.0.1"]


class CommandError(Exception):
    """The browser refused a command, or the page that it was for has gone."""


class Browser:
    """One browser with one page. What the page complains of (exceptions, console errors, breaches of its
    Content-Security-Policy) gathers in `complaints`."""

    def __init__(self, width=1280, height=900, flags=()):
        self.profile = tempfile.mkdtemp(prefix="hansard-chromium-")
        self.number, self.buffer, self.complaints, self.session = 0, b"", [], None
        self.shots = ""  # before the names of pictures
        command_in, self.commands = os.pipe()
        self.answers, answer_out = os.pipe()
        # Out of the way of 3 and 4, where the browser looks for them.
        ends = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in (command_in, answer_out)]
        os.close(command_in)
        os.close(answer_out)
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
        self.process = subprocess.Popen([PROGRAM, *FLAGS, *flags, *sandbox, f"--user-data-dir={self.profile}"],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, close_fds=False,
                                        preexec_fn=lambda: (os.dup2(ends[0], 3), os.dup2(ends[1], 4)))
        for end in ends:
            os.close(end)
        try:
            self._attach(width, height)
        except BaseException:
            self.close()
            raise

    def _attach(self, width, height):
        self.target = self.command("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.command("Target.attachToTarget", targetId=self.target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "DOM"):
            self.command(f"{domain}.enable")
        self.command("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def reopen(self, width=1280, height=900):
        """The page dies, asked nothing, and another one takes its place; what the browser keeps for them stays."""
        target, self.session = self.target, None
        self.command("Target.closeTarget", targetId=target)
        self._attach(width, height)

    def close(self):
        self.process.terminate()
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(timeout=20)
        os.close(self.commands)
        os.close(self.answers)
        shutil.rmtree(self.profile, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _message(self, deadline):
        while b"\0" not in self.buffer:
            if not select.select([self.answers], [], [], max(0, deadline - time.monotonic()))[0]:
                raise AssertionError("the browser does not answer")
            data = os.read(self.answers, 1 << 16)
            if not data:
                raise AssertionError("the browser ended")
            self.buffer += data
        message, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(message)

    def _note(self, event):
        parameters = event.get("params", {})
        if event.get("method") == "Runtime.exceptionThrown":
            details = parameters["exceptionDetails"]
            self.complaints.append(details.get("exception", {}).get("description") or details["text"])
        elif event.get("method") == "Log.entryAdded" and parameters["entry"]["level"] == "error":
            self.complaints.append(f"{parameters['entry']['text']} {parameters['entry'].get('url', '')}")
        elif event.get("method") == "Runtime.consoleAPICalled" and parameters["type"] == "error":
            self.complaints.append(" ".join(str(argument.get("value", "")) for argument in parameters["args"]))

    def command(self, method, timeout=30, **parameters):
        """Sends one command of the DevTools protocol and returns its result."""
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.commands, json.dumps(message).encode() + b"\0")
        deadline = time.monotonic() + timeout
        while True:
            answer = self._message(deadline)
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise CommandError(f"{method}: {answer['error']['message']}")
                return answer["result"]
            self._note(answer)

    def open(self, url):
        self.command("Page.navigate", url=url)

    def js(self, expression):
        """The value of a JavaScript expression in the page; a promise is waited for."""
        result = self.command("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in result, f"{expression}: {result['exceptionDetails']}"
        return result["result"].get("value")

    def wait(self, expression, seconds=20):
        """Waits until the expression is true (an element is), also across a reload, in which what it asks may not be there yet; returns its value."""
        problem = ""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                value = self.js(f"(async () => ((value) => value instanceof Element || value)({expression}))()")
            except (CommandError, AssertionError) as error:
                value, problem = None, error
            if value:
                return value
            time.sleep(0.05)
        raise AssertionError(f"never true: {expression}\n{problem}\n{self.js('document.body.innerText')[:1500]}\n{self.complaints}")

    def click(self, selector):
        """A real click in the middle of the first element of this selector, brought into sight first."""
        self._click(f"document.querySelector({json.dumps(selector)})")

    def _click(self, element):
        # A view that draws itself anew takes the element away: then the one in its place is looked for.
        x, y = self.wait(f"await (async () => {{ const e = {element}; e.scrollIntoView({{block: 'center', behavior: 'instant'}});"
                         "await new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(r)));"
                         "const b = e.getBoundingClientRect(); return e.isConnected && [b.x + b.width / 2, b.y + b.height / 2]; })()")
        for kind in ("mousePressed", "mouseReleased"):
            self.command("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def type(self, selector, text):
        self.wait(f"(document.querySelector({json.dumps(selector)}).focus(), true)")
        self.command("Input.insertText", text=text)

    def press(self, key, code):
        text = {"text": "\r"} if key == "Enter" else {}
        self.command("Input.dispatchKeyEvent", type="keyDown", key=key, code=key, windowsVirtualKeyCode=code, **text)
        self.command("Input.dispatchKeyEvent", type="keyUp", key=key, code=key, windowsVirtualKeyCode=code)

    def resize(self, width, height):
        self.command("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def scheme(self, name):
        """"light" or "dark", as the user's system says."""
        self.command("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": name}])

    def shoot(self, name):
        """Keeps what is seen now, for people to look at."""
        SHOTS.mkdir(parents=True, exist_ok=True)
        for tries_left in reversed(range(SHOT_TRIES)):
            try:
                data = self.command("Page.captureScreenshot", format="png")["data"]
                break
            except CommandError:  # Chromium moves a reloaded page to another process: "Not attached to an active page"
                if not tries_left:
                    raise
                time.sleep(0.3)
        (SHOTS / f"{self.shots}{name}.png").write_bytes(base64.b64decode(data))

    def set(self, selector, value):
        """Sets an input or select as a user does, with the events of it."""
        self.wait(f"!!document.querySelector({json.dumps(selector)})")
        self.js(f"(() => {{ const e = document.querySelector({json.dumps(selector)}); e.focus(); e.value = {json.dumps(value)};"
                "for (const name of ['input', 'change']) e.dispatchEvent(new Event(name, {bubbles: true})); })()")

    def button(self, label, within="document"):
        """Clicks the button of this text, or of this accessible name."""
        self._click(f"[...{within}.querySelectorAll('button')].find((b) => b.offsetParent && (b.innerText.trim() === {json.dumps(label)}"
                    f" || b.getAttribute('aria-label') === {json.dumps(label)}))")

    def choose_files(self, selector, *paths):
        """Gives an <input type=file> these files, as its dialog would."""
        root = self.command("DOM.getDocument")["root"]["nodeId"]
        node = self.command("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
        self.command("DOM.setFileInputFiles", nodeId=node, files=[str(path) for path in paths])
