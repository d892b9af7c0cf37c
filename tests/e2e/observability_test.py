#!/usr/bin/env python3
"""What a server tells those who watch it: figures in Prometheus' form, as Prometheus' own parser reads them; the dashboard asks for those figures; and lines of JSON in
which requests and meetings can be followed, and no secret and no word of a meeting stands."""
import json
import pathlib
import re
import shutil
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import servers  # noqa: E402

servers.prepare("versitygw")

from prometheus_client.parser import text_string_to_metric_families  # noqa: E402

import s3  # noqa: E402
from program import ROOT, Server, run, scratch, short_clip  # noqa: E402

WORD = "Rhabarberkompott"
TALK = f"WEBVTT\n\n00:00:01.000 --> 00:00:04.000\nAnn Lee: I will send the {WORD} to Bob by Friday.\n"
DASHBOARD = ROOT / "docs/grafana-dashboard.json"


class Worker(Server):
    """`hansard worker` with the address of its figures in place of a server's."""

    def command(self):
        return "worker", "--metrics-listen", f"127.0.0.1:{self.port}"


class Observed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.gateway = servers.Versitygw().start()
        cls.addClassCleanup(cls.gateway.stop)

    def setUp(self):
        self.folder = scratch()
        self.addCleanup(shutil.rmtree, self.folder)
        self.bucket = s3.Bucket(self.gateway)
        self.settings = self.bucket.settings(HANSARD_LOG="json")

    def metrics(self, server):
        """{name of a sample: {labels: value}}, and the families' names with their types."""
        status, headers, body = server.request("GET", "/metrics")
        self.assertEqual(status, 200)
        self.assertIn("version=0.0.4", headers["Content-Type"])
        families = list(text_string_to_metric_families(body.decode()))
        lines = [line for line in body.decode().splitlines() if line and not line.startswith("#")]
        samples = {}
        for family in families:
            self.assertTrue(family.documentation and family.type in ("counter", "gauge", "histogram"), family)
            for sample in family.samples:
                samples.setdefault(sample.name, {})[tuple(sorted(sample.labels.items()))] = sample.value
        self.assertEqual(len(lines), sum(len(values) for values in samples.values()), "two samples have the same name and labels")
        return samples, {family.name: family.type for family in families}

    def test_figures(self):
        clip = short_clip(self.folder, 6)
        with Server(self.folder, **self.settings) as server:
            body, kind = (clip.read_bytes(), "audio/wav") if clip else (TALK.encode(), "text/vtt")
            status, answer = server.json("POST", f"/api/meetings?filename=call.{'wav' if clip else 'vtt'}", body, {"Content-Type": kind})
            self.assertEqual(status, 202, answer)
            server.wait_done(answer["meeting_id"])
            for _ in range(2):
                server.json("GET", "/api/meetings")
            deadline = time.monotonic() + 20
            while self.bucket.keys("hansard/jobs/") and time.monotonic() < deadline:  # the job goes after its meeting is there
                time.sleep(0.1)
            samples, families = self.metrics(server)
        self.assertEqual(families["hansard_s3_requests"], "counter")
        self.assertEqual(families["hansard_stage_seconds"], "histogram")
        s3_requests = {dict(labels)["kind"] for labels in samples["hansard_s3_requests_total"]}
        self.assertLessEqual({"list", "put_object", "get_object", "head_object", "delete_object"}, s3_requests)
        self.assertGreaterEqual(samples["hansard_s3_sent_bytes_total"][(("kind", "put_object"),)], len(TALK))
        self.assertGreater(samples["hansard_s3_received_bytes_total"][(("kind", "get_object"),)], 100)
        for stage in ("transcribing", "extracting", "committing"):
            stages = {dict(labels)["stage"] for labels in samples["hansard_stage_seconds_count"]}
        self.assertEqual(len(stages), 3)
        self.assertEqual({dict(labels)["outcome"] for labels in samples["hansard_stage_seconds_count"]}, {"done"})
        for labels, count in samples["hansard_stage_seconds_count"].items():  # a histogram's last bucket is its count, and none is less than the one before
            buckets = [value for key, value in samples["hansard_stage_seconds_bucket"].items() if set(labels) <= set(key)]
            self.assertEqual((buckets, buckets[-1]), (sorted(buckets), count))
        if clip:
            self.assertAlmostEqual(samples["hansard_transcribed_seconds_total"][()], 6, delta=0.5)
            self.assertEqual(samples["hansard_real_time_factor_count"][()], 1)
        self.assertGreaterEqual(samples["hansard_cache_total"][(("cache", "list"), ("result", "miss"))], 2)
        self.assertEqual(samples["hansard_jobs"][(("state", "queued"),)], 0)
        self.assertEqual(samples["hansard_job_oldest_seconds"][(("state", "failed"),)], 0)
        self.assertGreater(samples["hansard_http_request_seconds_count"][(("route", "/api/meetings"),)], 2)

    def test_figures_of_a_worker(self):
        """A server that leaves the work to a worker: the worker's own listener tells the stages, and nothing but figures."""
        with Server(self.folder, HANSARD_WORKERS="0", **self.settings) as server, Worker(self.folder, **self.settings, HANSARD_POLL_SECONDS="1") as worker:
            status, answer = server.json("POST", "/api/meetings?filename=call.vtt", TALK.encode(), {"Content-Type": "text/vtt"})
            self.assertEqual(status, 202, answer)
            server.wait_done(answer["meeting_id"])
            (of_server, _), (samples, _) = self.metrics(server), self.metrics(worker)
            self.assertEqual(samples["hansard_stage_seconds_count"],
                             {(("outcome", "done"), ("stage", stage)): 1 for stage in ("transcribe", "extract", "commit")})
            self.assertNotIn("hansard_stage_seconds_count", of_server)
            self.assertEqual([worker.request("GET", path)[0] for path in ("/healthz", "/readyz")], [200, 200])
            for method, path in (("GET", "/"), ("GET", "/api/meetings"), ("POST", "/api/meetings"), ("GET", f"/api/meetings/{answer['meeting_id']}/audio"),
                                 ("POST", "/mcp"), ("POST", "/api/session"), ("POST", "/metrics"), ("OPTIONS", "/api/meetings")):
                self.assertEqual(worker.request(method, path)[0], 405 if path == "/metrics" else 404, path)

    def test_who_may_see_a_workers_figures(self):
        done = run(self.folder, "worker", "--metrics-listen", "0.0.0.0:0", **self.settings)
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn("HANSARD_METRICS_LISTEN=0.0.0.0:0 would let other machines in", done.stderr)
        token = json.loads(run(self.folder / "store", "token", "create", "--scopes", "read", "--json", **self.settings).stdout)["token"]
        with Worker(self.folder, **self.settings) as worker:
            self.assertEqual([worker.request("GET", "/metrics", headers=headers)[0] for headers in ({}, {"Authorization": f"Bearer {token}"})], [401, 200])

    def test_a_failed_job_ages(self):
        with Server(self.folder, HANSARD_TRANSCRIBER="none", **self.settings) as server:
            status, answer = server.json("POST", "/api/meetings?filename=call.wav", b"RIFF no recording", {"Content-Type": "audio/wav"})
            if status == 202:
                for _ in range(100):
                    if server.json("GET", f"/api/meetings/{answer['meeting_id']}")[1]["meeting"]["status"] == "failed":
                        break
                    time.sleep(0.1)
            self.assertIn(status, (202, 415, 422, 500), answer)
            samples, _ = self.metrics(server)
            self.assertLessEqual(samples["hansard_jobs"][(("state", "failed"),)], 1)

    def test_dashboard(self):
        """It asks for nothing that /metrics does not tell, and leaves out nothing that it tells."""
        dashboard = json.loads(DASHBOARD.read_text())
        asked = set(re.findall(r"\bhansard_\w+", json.dumps([panel.get("targets") for panel in dashboard["panels"]])))
        with Server(self.folder, **self.settings) as server:
            _, families = self.metrics(server)
        told = set()
        for name, kind in families.items():
            told |= {"counter": {name + "_total"}, "gauge": {name}, "histogram": {f"{name}_{part}" for part in ("bucket", "sum", "count")}}[kind]
        self.assertEqual(asked - told, set())
        plain = {re.sub("_(bucket|sum|count|total)$", "", name) for name in asked}
        self.assertEqual({name for name in families if name not in plain}, set())
        ids = [panel["id"] for panel in dashboard["panels"]]
        self.assertEqual(len(ids), len(set(ids)))

    def test_lines(self):
        secret = "SECRETMARKER" + servers.secrets.token_hex(8)
        token = json.loads(run(self.folder / "store", "token", "create", "--scopes", "admin", "--json", **self.settings).stdout)["token"]
        settings = {**self.settings, "OPENAI_API_KEY": secret}
        with Server(self.folder, **settings) as server:
            sign = {"Authorization": f"Bearer {token}"}
            name = {"Content-Type": "text/vtt", "X-Request-Id": "order-66", **sign}
            status, headers, body = server.request("POST", "/api/meetings?filename=call.vtt", TALK.encode(), name)
            self.assertEqual((status, headers["X-Request-Id"]), (202, "order-66"))
            meeting_id = json.loads(body)["meeting_id"]
            for _ in range(300):
                status, headers, body = server.request("GET", f"/api/meetings/{meeting_id}", headers={**sign, "X-Request-Id": f"{WORD} with spaces"})
                self.assertNotIn(WORD, headers["X-Request-Id"])
                if json.loads(body)["meeting"]["status"] == "ready" and "job.ended" in (self.folder / "server.log").read_text():
                    break
                time.sleep(0.1)
            self.assertIn(WORD, body.decode())
            self.assertEqual(server.request("GET", f"/api/search?q={WORD}", headers=sign)[0], 200)
            self.assertEqual(server.request("GET", f"/api/search?q={WORD}&limit=x", headers=sign)[0], 400)
            self.assertEqual(server.request("GET", f"/{WORD}/{secret}")[0], 404)
            self.assertEqual(server.request("GET", "/api/meetings", headers={"Authorization": f"Bearer hat_0123456789abcdef_{secret}"})[0], 401)
            bad = json.dumps({"text": f"Ann: the {WORD}.", "audio_s3_key": "meetings/../x"})
            server.request("POST", "/api/meeting/process", bad, {"Content-Type": "application/json", **sign})
            self.gateway_is_gone(server, sign)
        log = (self.folder / "server.log").read_text()
        for hidden in (WORD, WORD.lower(), secret, token, token.rpartition("_")[2], servers.SECRET_KEY, "Ann Lee"):
            self.assertNotIn(hidden, log)
        events = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
        self.assertTrue(all({"time", "level", "event"} <= set(event) for event in events))
        asked = [event for event in events if event["event"] == "request"]
        first = next(event for event in asked if event["request_id"] == "order-66")
        self.assertEqual((first["method"], first["route"], first["status"], first["meeting_id"]), ("POST", "/api/meetings", "202", meeting_id))
        self.assertEqual((first["caller"], len(first["token_id"])), ("token", 16))
        self.assertTrue(any(event["route"] == "/api/meetings/{id}" and event["meeting_id"] == meeting_id for event in asked))
        ended = next(event for event in events if event["event"] == "job.ended")
        self.assertEqual((ended["meeting_id"], ended["outcome"]), (meeting_id, "done"))
        broken = [event for event in asked if event["status"].startswith("5")]
        self.assertTrue(broken and all(event["level"] == "error" and event["message"] for event in broken), broken)

    def gateway_is_gone(self, server, sign):
        """What fails on our side is told in the line of its request."""
        self.gateway.end()
        self.assertGreaterEqual(server.request("GET", "/api/meetings?limit=7", headers=sign)[0], 500)
        type(self).gateway = servers.Versitygw().start()
        self.addClassCleanup(self.gateway.stop)


if __name__ == "__main__":
    unittest.main()
