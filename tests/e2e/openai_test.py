#!/usr/bin/env python3
"""Extraction through a real model server (llama.cpp's), end to end, and through one that is not there. The model is too small for its answers to be
worth anything: what counts is the protocol, and that nothing gets in that the transcript does not say."""
import json
import re
import shutil
import subprocess
import unittest

import llama_server
from program import PROGRAM, Server, environment, free_port, run, run_json, scratch

TALK = "WEBVTT\n\n" + "".join(
    f"{i // 60:02}:{i % 60:02}:00.000 --> {i // 60:02}:{i % 60:02}:50.000\n{who}: {what}\n\n" for i, (who, what) in enumerate([
        ("Ann", "Today we review the new booking app and plan its launch."),
        ("Bob", "I will send the figures of the pilot to the board by Friday."),
        ("Ann", "We decided to launch the booking app in the first week of May."),
        ("Bob", "The system must send a confirmation email after every booking."),
        ("Ann", "Who will pay for the translation of the help pages?")]))
LLAMA = llama_server.prefix()
SKIPPED = "SKIPPED: no real model server; HANSARD_TEST_LLAMA=1 builds and asks one"


def words(text):
    return re.findall(r"\w+", text.lower())


class OpenAiTest(unittest.TestCase):
    def setUp(self):
        self.folder = scratch()
        self.addCleanup(shutil.rmtree, self.folder)
        self.data = self.folder / "store"
        self.data.mkdir()

    def add(self, text=TALK, **settings):
        """Takes a transcript in; returns (metadata, summary.json's summary, requirements, transcript.json's text)."""
        (self.folder / "talk.vtt").write_text(text)
        record = run_json(self.data, "add", self.folder / "talk.vtt", **settings)
        folder = self.data / "transcriptions" / record["meeting_id"]
        read = {name: json.loads((folder / f"{name}.json").read_text()) for name in ("metadata", "summary", "requirements", "transcript")}
        said = " ".join(segment["text"] for segment in read["transcript"]["segments"])
        return read["metadata"], read["summary"]["summary"], read["requirements"]["requirements"], said

    def check_quotes(self, summary, requirements, said):
        for item in [*summary["action_items"], *summary["decisions"], *summary["questions"], *requirements]:
            self.assertTrue(item["evidence"])
            for evidence in item["evidence"]:
                self.assertIn(" ".join(words(evidence["quote"])), " ".join(words(said)))

    @unittest.skipUnless(LLAMA, SKIPPED)
    def test_real_server(self):
        """The server takes the question and holds the model to the schema: what comes back is of the form, however poor, or cut off at its limit."""
        with llama_server.LlamaServer(LLAMA) as server:
            metadata, summary, requirements, said = self.add(**server.settings, HANSARD_PRICE_INPUT="1", HANSARD_PRICE_OUTPUT="2")
        self.check_quotes(summary, requirements, said)
        usage, note = summary["usage"], summary["note"] or ""
        self.assertGreaterEqual(usage["calls"], 1)
        self.assertGreater(usage["input_tokens"], 500)  # the question is that long; a call that was cut off counts none
        self.assertGreater(usage["output_tokens"], 0)
        self.assertAlmostEqual(usage["cost"], (usage["input_tokens"] + 2 * usage["output_tokens"]) / 1e6, places=5)
        if summary["extractor"]["name"] == "openai":
            self.assertEqual(metadata["extractor"]["model"], "smollm2")
            self.assertRegex(metadata["extractor"]["prompt_sha256"], "^[0-9a-f]{64}$")
            self.assertGreater(summary["coverage"], 0)
        else:
            self.assertIn("was cut off at its limit", note)

    @unittest.skipUnless(LLAMA, SKIPPED)
    def test_wrong_key(self):
        with llama_server.LlamaServer(LLAMA) as server:
            _, summary, _, _ = self.add(**{**server.settings, "OPENAI_API_KEY": "sk-not-the-key"})
        self.assertEqual(summary["extractor"]["name"], "offline")
        self.assertIn("OPENAI_API_KEY", summary["note"])
        self.assertNotIn("sk-not-the-key", json.dumps(summary))
        self.assertIn("Send the figures of the pilot", json.dumps(summary["action_items"]))

    @unittest.skipUnless(LLAMA, SKIPPED)
    def test_context_is_smaller_than_said(self):
        """400 exceed_context_size_error: the parts become smaller until the server works on one. Its answer would take too long to wait for."""
        line = "Ann: And then the soup in the canteen was cold again, so that nobody spoke for quite a while.\n"
        talk = "".join(f"00:{i // 60:02}:{i % 60:02}.000 --> 00:{i // 60:02}:{i % 60:02}.900\n{line}\n" for i in range(150))
        with llama_server.LlamaServer(LLAMA) as server:
            settings = {**server.settings, "HANSARD_CONTEXT_TOKENS": "16384", "HANSARD_EXTRACTOR_TIMEOUT_SECONDS": "5"}
            _, summary, _, _ = self.add("WEBVTT\n\n" + talk, **settings)
            log = server.tail(100000)
        too_long, begun = log.find("exceeds the available context size"), log.rfind("processing task")
        self.assertGreater(too_long, 0, log)
        self.assertGreater(begun, too_long, log)
        self.assertNotIn("takes less at a time", summary["note"] or "")

    def test_nobody_there(self):
        """The transcript is not lost, the offline extractor's work stands, and the reason is shown."""
        settings = {"HANSARD_EXTRACTOR": "openai", "OPENAI_BASE_URL": f"http://127.0.0.1:{free_port()}/v1", "OPENAI_MODEL": "any",
                    "OPENAI_API_KEY": "sk-very-secret"}
        metadata, summary, requirements, said = self.add(**settings)
        self.check_quotes(summary, requirements, said)
        self.assertEqual(summary["extractor"]["name"], "offline")
        self.assertIn("127.0.0.1", summary["note"])
        shown = run(self.data, "show", metadata["meeting_id"]).stdout
        self.assertIn("This was made by the offline extractor", shown)
        self.assertIn("Send the figures of the pilot", shown)
        self.assertNotIn("sk-very-secret", shown + json.dumps(summary) + json.dumps(metadata))

    def test_settings_are_checked_at_start(self):
        for settings, named in (({}, "OPENAI_MODEL"), ({"OPENAI_MODEL": "any"}, "OPENAI_API_KEY"),
                                ({"OPENAI_MODEL": "any", "OPENAI_BASE_URL": "127.0.0.1:8000"}, "OPENAI_BASE_URL")):
            done = run(self.data, "serve", "--listen", "127.0.0.1:0", HANSARD_EXTRACTOR="openai", timeout=20, **settings)
            self.assertEqual(done.returncode, 2)
            self.assertIn(named, done.stderr)
        done = run(self.data, "worker", HANSARD_EXTRACTOR="bedrock", AWS_REGION="eu-west-1", timeout=20)
        self.assertEqual(done.returncode, 2)
        self.assertIn("BEDROCK_MODEL_ID", done.stderr)

    def test_stop_while_the_model_is_asked(self):
        """Ctrl-C ends the wait for a service that does not answer; the job goes on later."""
        import signal
        import socket
        (self.folder / "talk.vtt").write_text(TALK)
        with socket.socket() as silent:
            silent.bind(("127.0.0.1", 0))
            silent.listen()
            silent.settimeout(60)
            settings = {"HANSARD_EXTRACTOR": "openai", "OPENAI_BASE_URL": f"http://127.0.0.1:{silent.getsockname()[1]}/v1", "OPENAI_MODEL": "any"}
            process = subprocess.Popen([PROGRAM, "add", self.folder / "talk.vtt"], env=environment(self.data, **settings), stderr=subprocess.PIPE, text=True)
            connection, _ = silent.accept()
            process.send_signal(signal.SIGINT)
            _, told = process.communicate(timeout=30)
            connection.close()
        self.assertEqual(process.returncode, 1)
        self.assertIn("stopped", told)
        meeting_id = re.search(r"meeting-[0-9a-f-]{36}", told)[0]
        with Server(self.folder) as server:
            self.assertEqual(server.wait_done(meeting_id, 90)["status"], "ready")


if __name__ == "__main__":
    unittest.main()
