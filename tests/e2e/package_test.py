#!/usr/bin/env python3
"""The Debian packages: what is in them, what they need, and that manual pages, completions and the unit are sound. That they install, run, upgrade
and go on a clean Debian is `make package-test`."""
import os
import pathlib
import pty
import re
import select
import shutil
import subprocess
import tempfile
import time
import unittest

from program import PROGRAM, ROOT, SETTINGS

BUILD = pathlib.Path(PROGRAM).resolve().parent


def output(*command, **options):
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=300, **options)


def help_on(topic):
    kept = {name: value for name, value in os.environ.items() if not name.startswith(SETTINGS)}
    done = output(PROGRAM, "help", topic, env=kept)
    assert done.returncode == 0, done.stderr
    return done.stdout


COMMANDS = re.findall(r"(?m)^  ([a-z]+) ", output(PROGRAM, "help").stdout)
NAMES = re.findall(r"(?m)^  ([A-Z0-9_]+) \(--([a-z0-9-]+)\)", help_on("settings"))


@unittest.skipUnless(shutil.which("dpkg-shlibdeps") and shutil.which("cpack"), "dpkg-dev is not installed")
class Packages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="hansard-package-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        done = output("cpack", "--config", BUILD / "CPackConfig.cmake", "-B", cls.folder)
        assert done.returncode == 0, done.stdout + done.stderr
        cls.program, = cls.folder.glob("hansard_*.deb")
        cls.model, = cls.folder.glob("hansard-model-tiny-en_*_all.deb")

    def contents(self, package):
        """{path: (mode, owner)} of its files."""
        rows = (line.split(None, 5) for line in output("dpkg-deb", "-c", package).stdout.splitlines())
        return {row[5][1:]: (row[0], row[1]) for row in rows}

    def test_contents(self):
        held = self.contents(self.program)
        for path, mode in (("/usr/bin/hansard", "-rwxr-xr-x"), ("/usr/lib/systemd/system/hansard.service", "-rw-r--r--"),
                           ("/etc/hansard/hansard.conf", "-rw-r--r--"),
                           ("/usr/share/man/man1/hansard.1.gz", "-rw-r--r--"), ("/usr/share/man/man5/hansard.conf.5.gz", "-rw-r--r--"),
                           ("/usr/share/bash-completion/completions/hansard", "-rw-r--r--"),
                           ("/usr/share/zsh/vendor-completions/_hansard", "-rw-r--r--"),
                           ("/usr/share/fish/vendor_completions.d/hansard.fish", "-rw-r--r--"), ("/usr/share/doc/hansard/copyright", "-rw-r--r--"),
                           ("/usr/share/doc/hansard/docs/install.md", "-rw-r--r--")):
            self.assertEqual(held.get(path), (mode, "root/root"), path)
        self.assertEqual({path for path in self.contents(self.model) if path.endswith(".bin")},
                         {"/usr/share/hansard/models/ggml-tiny.en-q8_0.bin", "/usr/share/hansard/models/silero-vad.bin"})

    def test_control(self):
        control = output("dpkg-deb", "-f", self.program).stdout
        needs = re.search(r"(?m)^Depends: (.*)$", control)[1]
        for library in ("libc6", "libcurl4", "libglib2.0-0", "libmicrohttpd12", "libavformat59", "libavcodec59", "libavutil57", "libswresample4",
                        "hansard-model-tiny-en", "adduser"):
            self.assertRegex(needs, rf"(^|[ |]){re.escape(library)}\b")
        # What is linked statically is not asked for.
        self.assertNotIn("whisper", needs)
        unpacked = self.folder / "control"
        output("dpkg-deb", "-e", self.program, unpacked)
        self.assertEqual((unpacked / "conffiles").read_text(), "/etc/hansard/hansard.conf\n")
        for script in ("postinst", "prerm", "postrm"):
            self.assertEqual((unpacked / script).stat().st_mode & 0o777, 0o755)
            self.assertEqual(output("sh", "-n", unpacked / script).stderr, "")

    @unittest.skipUnless(shutil.which("lintian"), "lintian is not installed")
    def test_lintian(self):
        done = output("lintian", "--allow-root", "--no-cfg", "--fail-on", "error", self.program, self.model)
        self.assertEqual(re.findall(r"(?m)^[EW]: .*", done.stdout), [], done.stdout)

    def test_unit(self):
        if not shutil.which("systemd-analyze"):
            self.skipTest("systemd is not installed")
        root = self.folder / "root"
        output("dpkg-deb", "-x", self.program, root)
        unit = root / "usr/lib/systemd/system/hansard.service"
        done = output("systemd-analyze", "security", "--offline=true", "--no-pager", unit)
        score = re.search(r"exposure level for hansard.service: ([0-9.]+)", done.stdout)
        self.assertIsNotNone(score, done.stdout + done.stderr)
        self.assertLessEqual(float(score[1]), 2.0, done.stdout)


class Generated(unittest.TestCase):
    """What `hansard help` prints for packages."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="hansard-generated-"))
        self.addCleanup(shutil.rmtree, self.folder)

    def file(self, topic, name):
        path = self.folder / name
        path.write_text(help_on(topic))
        return path

    @unittest.skipUnless(shutil.which("man"), "man-db is not installed")
    def test_manual_pages(self):
        for topic, name, words in (("man", "hansard.1", [f"hansard {command}" for command in COMMANDS]),
                                   ("settings.man", "hansard.conf.5", [name for name, _ in NAMES])):
            page = self.file(topic, name)
            done = output("man", "--warnings=w", "-l", page, env={**os.environ, "LC_ALL": "C.UTF-8", "MANROFFOPT": "", "MANWIDTH": "120"})
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            for word in words:
                self.assertIn(word, done.stdout)
            self.assertNotIn("`", done.stdout)

    def completed(self, line):
        """What bash offers where the line ends."""
        script = self.file("bash", "hansard.bash")
        complete = '. "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _hansard || true; printf "%s\\n" "${COMPREPLY[@]}"'
        done = output("bash", "--norc", "-euc", complete, "bash", script, *line)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout.split()

    def test_bash(self):
        self.assertEqual(self.completed(["hansard", ""]), ["help", *COMMANDS])
        self.assertEqual(self.completed(["hansard", "exp"]), ["export"])
        self.assertEqual(self.completed(["hansard", "export", "--form"]), ["--format"])
        self.assertEqual(self.completed(["hansard", "serve", "--transcriber", ""]), ["whisper", "amazon", "none"])
        self.assertEqual(self.completed(["hansard", "serve", "--transcriber", "=", "am"]), ["amazon"])
        self.assertEqual(self.completed(["hansard", "serve", "--transcriber", "="]), ["whisper", "amazon", "none"])
        self.assertEqual(self.completed(["hansard", "add", "meet"]), [])  # files are bash's own
        self.assertEqual({f"--{option}" for _, option in NAMES} - set(self.completed(["hansard", "list", "--"])), set())

    @unittest.skipUnless(shutil.which("zsh"), "zsh is not installed")
    def test_zsh(self):
        """Completed in a zsh that thinks it is in a terminal: Tab fills in what is the only choice."""
        self.assertEqual(output("zsh", "-n", self.file("zsh", "_hansard")).stderr, "")
        controller, terminal = pty.openpty()
        process = subprocess.Popen(["zsh", "-f", "-i"], stdin=terminal, stdout=terminal, stderr=terminal, start_new_session=True,
                                   env={**os.environ, "HOME": str(self.folder), "TERM": "dumb", "PS1": ""})
        os.close(terminal)
        self.addCleanup(os.close, controller)
        self.addCleanup(process.wait, 10)
        self.addCleanup(process.kill)

        def shows(typed, wanted):
            os.write(controller, typed.encode())
            shown, deadline = "", time.monotonic() + 30
            while wanted not in shown:
                ready, _, _ = select.select([controller], [], [], max(deadline - time.monotonic(), 0))
                self.assertTrue(ready, f"{typed!r} shows {shown!r}, not {wanted!r}")
                shown += os.read(controller, 65536).decode(errors="replace")
        shows(f"fpath=({self.folder} $fpath); autoload -U compinit; compinit -u -D; print rea''dy\n", "ready")
        shows("hansard ser\t", "hansard serve")
        shows("\x15hansard export --form\t", "--format=")
        shows("\x15hansard serve --transcriber=am\t", "--transcriber=amazon")

    @unittest.skipUnless(shutil.which("fish"), "fish is not installed")
    def test_fish(self):
        script = self.file("fish", "hansard.fish")
        ask = lambda line: output("fish", "--no-config", "-c", "source $argv[1]; complete -C $argv[2]", script, line,
                                  env={**os.environ, "HOME": str(self.folder)})
        offered = ask("hansard ")
        self.assertEqual({line.split("\t")[0] for line in offered.stdout.splitlines()}, {"help", *COMMANDS}, offered.stderr)
        self.assertIn("--format", ask("hansard export --fo").stdout)
        self.assertEqual([line.split("\t")[0] for line in ask("hansard serve --transcriber ").stdout.splitlines()], ["amazon", "none", "whisper"])


if __name__ == "__main__":
    unittest.main()
