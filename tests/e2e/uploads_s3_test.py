#!/usr/bin/env python3
"""Recordings that come in parts, straight to a bucket: by a client, and by the page in a real browser (skipped where Chromium is not installed)."""
import hashlib
import http.client
import os
import pathlib
import random
import shutil
import signal
import sys
import threading
import time
import unittest
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import page_browser  # noqa: E402
import servers  # noqa: E402
from program import Server, scratch  # noqa: E402

MIB = 1 << 20
PART = 8 * MIB
TALK = (b"WEBVTT\n\n00:00:01.000 --> 00:00:05.000\nAnn Lee: I will send the figures to Bob by Friday.\n\nNOTE "
        + random.Random(1).randbytes(PART).hex().encode() + b"\n")  # three parts


def straight(method, url, body=None, headers=None):
    """A request without credentials: (status, text of the answer)."""
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=60)
    try:
        connection.request(method, f"{parts.path}?{parts.query}", body, headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read().decode(errors="replace")
    finally:
        connection.close()


class OnServer(unittest.TestCase):
    kind = None

    @classmethod
    def setUpClass(cls):
        if cls.kind is None:
            raise unittest.SkipTest("for those that name a server")
        cls.gateway = cls.kind().start()
        cls.addClassCleanup(cls.gateway.stop)

    def setUp(self):
        self.folder = scratch()
        self.addCleanup(shutil.rmtree, self.folder)
        self.bucket = s3.Bucket(self.gateway)

    def serve(self, name="one", **settings):
        folder = self.folder / name
        folder.mkdir(exist_ok=True)
        server = Server(folder, HANSARD_TRANSCRIBER="none", **self.bucket.settings(**settings))
        server.start()
        self.addCleanup(server.__exit__)
        return server


class Parts(OnServer):
    def begin(self, server, data=TALK):
        status, answer = server.json("POST", "/api/uploads", {"filename": "call ä.vtt", "size": len(data), "content_type": "text/vtt"})
        self.assertEqual(status, 201, answer)
        return answer["meeting_id"]

    def sign(self, server, meeting_id, *numbers):
        status, answer = server.json("POST", f"/api/uploads/{meeting_id}/parts", {"numbers": list(numbers)})
        self.assertEqual(status, 200, answer)
        urls = {entry["number"]: entry["url"] for entry in answer["urls"]}
        self.assertTrue(all(url.startswith(self.gateway.url + "/") for url in urls.values()), urls)
        return urls

    def send(self, server, meeting_id, *numbers):
        for number, url in self.sign(server, meeting_id, *numbers).items():
            self.assertEqual(straight("PUT", url, TALK[(number - 1) * PART:number * PART])[0], 200)

    def there(self, server, meeting_id):
        status, answer = server.json("GET", f"/api/uploads/{meeting_id}")
        self.assertEqual(status, 200, answer)
        return {part["number"]: part["size"] for part in answer["parts"]}

    def complete(self, server, meeting_id):
        self.assertEqual(server.json("POST", f"/api/uploads/{meeting_id}/complete"),
                         (202, {"success": True, "meeting_id": meeting_id, "status": "queued"}))

    def incomplete(self, server, meeting_id):
        status, problem = server.json("POST", f"/api/uploads/{meeting_id}/complete")
        self.assertEqual((status, problem["code"]), (409, "conflict"))
        return problem["detail"]

    def assert_meeting(self, server, meeting_id):
        server.wait_done(meeting_id)
        record = self.bucket.whole_record(meeting_id)
        self.assertEqual(record["objects"][record["audio_s3_key"]]["sha256"], hashlib.sha256(TALK).hexdigest())
        self.assertEqual(self.bucket.head(record["audio_s3_key"])["ContentType"], "text/vtt")
        self.assertEqual((self.bucket.keys("hansard/uploads/"), self.bucket.unfinished_uploads()), ([], []))

    def test_whole_way(self):
        server = self.serve()
        meeting_id = self.begin(server)
        self.assertEqual(self.there(server, meeting_id), {})
        self.assertIn("part 1 of 3 is missing", self.incomplete(server, meeting_id))
        self.send(server, meeting_id, 3, 1)
        self.assertEqual(self.there(server, meeting_id), {1: PART, 3: len(TALK) - 2 * PART})
        self.assertIn("part 2 of 3 is missing", self.incomplete(server, meeting_id))
        # The bucket takes a part of any size; the server sees it.
        wrong = self.sign(server, meeting_id, 2)[2]
        self.assertEqual(straight("PUT", wrong, TALK[:6 * MIB])[0], 200)
        self.assertIn(f"part 2 has {6 * MIB} bytes instead of {PART}", self.incomplete(server, meeting_id))
        self.send(server, meeting_id, 1, 2)
        self.complete(server, meeting_id)
        self.complete(server, meeting_id)
        self.assert_meeting(server, meeting_id)
        self.assertEqual(server.json("DELETE", f"/api/uploads/{meeting_id}")[0], 409)

    def test_cancel(self):
        server = self.serve()
        meeting_id = self.begin(server)
        url = self.sign(server, meeting_id, 1)[1]
        self.send(server, meeting_id, 1)
        self.assertEqual(len(self.bucket.unfinished_uploads()), 1)
        self.assertEqual(server.json("DELETE", f"/api/uploads/{meeting_id}")[0], 200)
        self.assertEqual((self.bucket.keys(), self.bucket.unfinished_uploads()), ([], []))
        self.assertIn(self.put_refused(url), (404, None))
        self.assertEqual(server.json("POST", f"/api/uploads/{meeting_id}/complete")[0], 404)

    def test_through_the_server(self):
        """Parts of who can't reach the bucket, among others that went there; of another size or number none."""
        server = self.serve()
        meeting_id = self.begin(server)
        self.send(server, meeting_id, 2)
        for number, data, status in ((1, TALK[:PART - 1], 400), (1, TALK[:PART + 1], 400), (0, TALK[:PART], 400), (4, b"x", 400), ("x", b"x", 400), (1, b"", 400)):
            self.assertEqual(server.request("PUT", f"/api/uploads/{meeting_id}/parts/{number}", data)[0], status, number)
        self.assertEqual(server.request("PUT", f"/api/uploads/{meeting_id.replace('meeting-', 'meeting-0')}/parts/1", TALK[:PART])[0], 404)
        self.assertEqual(self.there(server, meeting_id), {2: PART})
        for number in (3, 1, 3):
            status, headers, body = server.request("PUT", f"/api/uploads/{meeting_id}/parts/{number}", TALK[(number - 1) * PART:number * PART])
            self.assertEqual((status, body), (200, b""))
            self.assertTrue(headers["ETag"])
        self.complete(server, meeting_id)
        self.assert_meeting(server, meeting_id)
        self.assertEqual(server.request("PUT", f"/api/uploads/{meeting_id}/parts/1", TALK[:PART])[0], 404)

    def put_refused(self, url):
        """The status; None where the connection is broken off before the body was read, as versitygw does."""
        try:
            return straight("PUT", url, TALK[:PART])[0]
        except ConnectionError:
            return None

    def test_dropped_by_the_bucket(self):
        """The bucket's rule has ended it: the server says so, and forgets it."""
        server = self.serve()
        meeting_id = self.begin(server)
        upload = self.bucket.client.list_multipart_uploads(Bucket=self.bucket.name)["Uploads"][0]
        self.bucket.client.abort_multipart_upload(Bucket=self.bucket.name, Key=upload["Key"], UploadId=upload["UploadId"])
        for method, path in (("GET", ""), ("POST", "/complete")):
            status, problem = server.json(method, f"/api/uploads/{meeting_id}{path}")
            self.assertEqual((status, problem["code"]), (404, "not-found"))
            self.assertIn("begin", problem["detail"])
        self.assertEqual(server.json("DELETE", f"/api/uploads/{meeting_id}")[0], 200)
        self.assertEqual(self.bucket.keys(), [])

    def test_urls(self):
        server = self.serve()
        meeting_id, other = self.begin(server), self.begin(server)
        url = self.sign(server, meeting_id, 3)[3]
        other_url = self.sign(server, other, 3)[3]
        path, query = url.split("?")
        changed = [url.replace("partNumber=3", "partNumber=2"), f"{other_url.split('?')[0]}?{query}", f"{path}?{other_url.split('?')[1]}",
                   url[:-1] + ("0" if url[-1] != "0" else "1"), path, url.replace("X-Amz-Expires=3600", "X-Amz-Expires=360000")]
        for wrong in changed:
            with self.subTest(wrong):
                self.assertIn(straight("PUT", wrong, b"x")[0], (400, 403))
        for method in ("GET", "DELETE", "POST"):
            self.assertIn(straight(method, url)[0], (400, 403, 405))
        self.assertEqual((self.there(server, meeting_id), self.there(server, other)), ({}, {}))
        # This server takes no parts by URLs.
        status, problem = server.json("PUT", "/store/meetings/a?method=PUT&expires=9&upload=x&part=1&signature=x", b"hello")
        self.assertEqual((status, problem["code"]), (404, "not-found"))
        hasty = self.serve("hasty", URL_EXPIRY_SECONDS="1")
        old = self.sign(hasty, meeting_id, 3)[3]
        time.sleep(2.1)
        self.assertEqual(straight("PUT", old, b"x")[0], 403)

    def test_two_servers_and_kill(self):
        one, two = self.serve("one"), self.serve("two")
        meeting_id = self.begin(one)
        self.send(two, meeting_id, 2)
        one.kill()
        self.send(two, meeting_id, 1)
        one.start()
        self.assertEqual(self.there(one, meeting_id), {1: PART, 2: PART})
        self.send(one, meeting_id, 3)
        answers = []
        threads = [threading.Thread(target=lambda s=s: answers.append(self.complete_at_last(s, meeting_id))) for s in (one, two, one, two)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual([status for status, _ in answers], [202] * 4, answers)
        self.assert_meeting(two, meeting_id)
        self.assertEqual(len(two.json("GET", "/api/meetings")[1]["meetings"]), 1)

    def test_killed_while_it_completes(self):
        """Another server goes on. A bucket may have lost the parts with its caller (MinIO does): then it says so, and a new upload becomes the meeting."""
        one, two = self.serve("one", HANSARD_WORKERS="0"), self.serve("two")  # no job of a killed worker, whose lease would have to end
        meeting_id = self.begin(one)
        self.send(one, meeting_id, 1, 2, 3)
        for delay in self.kill_delays:
            thread = threading.Thread(target=self.try_complete, args=(one, meeting_id))
            thread.start()
            time.sleep(delay)
            one.kill()
            thread.join()
            one.start()
        status, answer = self.complete_at_last(two, meeting_id)
        if status == 404 and self.loses_parts:
            self.assertIn("begin it anew", answer["detail"])
            meeting_id = self.begin(two)
            self.send(two, meeting_id, 1, 2, 3)
            status, answer = self.complete_at_last(two, meeting_id)
        self.assertEqual(status, 202, answer)
        two.wait_done(meeting_id)
        self.assertEqual([meeting["meeting_id"] for meeting in two.json("GET", "/api/meetings")[1]["meetings"]], [meeting_id])
        if not self.loses_parts:
            self.assert_meeting(two, meeting_id)

    def complete_at_last(self, server, meeting_id):
        """Asked again while another is at it."""
        deadline = time.monotonic() + 300
        while True:
            status, answer = server.json("POST", f"/api/uploads/{meeting_id}/complete")
            if status not in (503, 504) or time.monotonic() > deadline:
                return status, answer
            time.sleep(1)

    def try_complete(self, server, meeting_id):
        try:
            server.json("POST", f"/api/uploads/{meeting_id}/complete")
        except (OSError, http.client.HTTPException, ValueError):
            pass  # killed meanwhile

    def test_policy(self):
        """The page may reach the bucket, and nothing else beside its server."""
        policy = self.serve().request("GET", "/")[1]["Content-Security-Policy"]
        self.assertIn(f"connect-src 'self' {self.gateway.url}; media-src 'self' {self.gateway.url};", policy)

    def test_local_copy(self):
        server = self.serve(SKIP_LOCAL_STORAGE="false")
        self.assertEqual(server.json("POST", "/api/uploads", {"filename": "a", "size": 5})[0], 409)
        status, answer = server.json("POST", "/api/meetings?filename=call.vtt", TALK, {"Content-Type": "text/vtt"})
        self.assertEqual(status, 202)
        self.assert_meeting(server, answer["meeting_id"])
        self.assertEqual([copy.read_bytes() for copy in (server.data / "uploads").glob("*_call.vtt")], [TALK])


@unittest.skipUnless(page_browser.PROGRAM, "Chromium is not installed (apt-get install chromium)")
class Page(OnServer):
    def setUp(self):
        super().setUp()
        self.server = self.serve(HANSARD_WORKERS="0")
        self.browser = page_browser.Browser()
        self.addCleanup(self.browser.close)
        self.browser.command("Network.enable")
        self.path = self.folder / "board meeting.wav"
        self.path.write_bytes(random.Random(3).randbytes(40 * MIB))

    def show(self):
        self.browser.open(f"http://127.0.0.1:{self.server.port}/")
        self.browser.wait("document.querySelector('.upload #files')")

    def speed(self, mib_per_second=None):
        rate = mib_per_second * MIB if mib_per_second else -1
        self.browser.command("Network.emulateNetworkConditions", offline=False, latency=0, downloadThroughput=-1, uploadThroughput=rate)

    def parts(self):
        found = self.bucket.client.list_multipart_uploads(Bucket=self.bucket.name).get("Uploads", [])
        if not found:
            return {}
        answer = self.bucket.client.list_parts(Bucket=self.bucket.name, Key=found[0]["Key"], UploadId=found[0]["UploadId"])
        return {part["PartNumber"]: part["Size"] for part in answer.get("Parts", [])}

    def wait_parts(self, count):
        deadline = time.monotonic() + 60
        while len(self.parts()) < count and time.monotonic() < deadline:
            time.sleep(0.1)
        self.assertGreaterEqual(len(self.parts()), count)

    def allow_page(self):
        """The rule that lets the page of this server send parts."""
        rule = {"AllowedOrigins": [f"http://127.0.0.1:{self.server.port}"], "AllowedMethods": ["GET", "PUT"], "AllowedHeaders": ["*"]}
        self.bucket.client.put_bucket_cors(Bucket=self.bucket.name, CORSConfiguration={"CORSRules": [rule]})

    def acknowledged(self):
        """The parts that the page remembers as sent."""
        return set(self.browser.js("JSON.parse(localStorage['hansard.uploads'])[0].sent"))

    def sent_again(self, name):
        """The numbers of the parts that this showing of the page has sent; `name`: of the number in their URLs."""
        return set(self.browser.js(f"""performance.getEntriesByType('resource').map((entry) => new URL(entry.name).searchParams.get('{name}'))
            .filter(Boolean).map(Number)"""))

    def wait_job(self):
        self.browser.wait("document.querySelector('.jobs .row') && !document.querySelector('.uploads .row')", 60)
        (key,) = self.bucket.keys("meetings/")
        self.assertEqual(self.bucket.get(key), self.path.read_bytes())
        self.assertEqual((self.bucket.keys("hansard/uploads/"), self.bucket.unfinished_uploads()), ([], []))

    def test_pause_reload_resume(self):
        self.allow_page()
        self.show()
        browser = self.browser
        self.speed(3)
        browser.choose_files("#files", self.path)
        self.wait_parts(1)
        browser.click(".uploads .toggle")
        browser.wait("document.querySelector('.uploads .row').dataset.state === 'paused'")
        time.sleep(1)
        before = self.acknowledged()
        self.assertLess(len(before), 5)
        self.assertLessEqual(before, self.parts().keys())  # versitygw also keeps parts that broke off midway
        browser.command("Page.reload")
        browser.wait("document.querySelector('.uploads .row')?.dataset.state === 'interrupted'")
        browser.choose_files("#files", self.path)
        self.wait_job()
        self.assertEqual(self.sent_again("partNumber"), {1, 2, 3, 4, 5} - before)  # the others are not sent again
        self.assertEqual(browser.complaints, [])
        # Nothing but the bucket and the server was asked for anything.
        hosts = set(browser.js("performance.getEntriesByType('resource').map((entry) => new URL(entry.name).origin)"))
        self.assertEqual(hosts, {self.gateway.url, f"http://127.0.0.1:{self.server.port}"})


class PartsOnVersitygw(Parts):
    kind = servers.Versitygw
    kill_delays = (0.002, 0.01, 0.03)
    loses_parts = False


class PartsOnMinio(Parts):
    kind = servers.Minio
    kill_delays = (0.002, 0.01, 0.03)
    loses_parts = True


class PageOnMinio(Page):
    kind = servers.Minio

    def allow_page(self):
        """MinIO lets every page in."""


class PageOnVersitygw(Page):
    kind = servers.Versitygw

    def test_dropped_by_the_bucket(self):
        """The bucket's rule has ended the upload: the page begins anew."""
        self.allow_page()
        self.show()
        self.speed(4)
        self.browser.choose_files("#files", self.path)
        self.wait_parts(1)
        self.browser.click(".uploads .toggle")
        self.browser.wait("document.querySelector('.uploads .row').dataset.state === 'paused'")
        time.sleep(1)
        upload = self.bucket.client.list_multipart_uploads(Bucket=self.bucket.name)["Uploads"][0]
        self.bucket.client.abort_multipart_upload(Bucket=self.bucket.name, Key=upload["Key"], UploadId=upload["UploadId"])
        self.speed()
        self.browser.click(".uploads .toggle")
        self.browser.wait("document.querySelector('.jobs .row') && !document.querySelector('.uploads .row')", 120)
        (key,) = self.bucket.keys("meetings/")
        self.assertEqual(self.bucket.get(key), self.path.read_bytes())
        self.assertNotEqual(key, upload["Key"])

    def test_connection_broken_midway(self):
        """Of the first parts, while the server answers: that is no refusal of the bucket, and they go on straight to it."""
        self.allow_page()
        self.show()
        self.speed(1)
        self.browser.choose_files("#files", self.path)
        self.browser.wait("document.querySelector('.uploads progress')?.value > 0")
        os.killpg(self.gateway.process.pid, signal.SIGKILL)
        self.gateway.end()
        self.assertTrue(self.gateway.start_at(self.gateway.port))
        self.speed()
        self.wait_job()
        self.assertEqual(self.through_server(), set())
        self.assertTrue(self.browser.complaints and all("ERR_" in text for text in self.browser.complaints), self.browser.complaints)

    def test_bucket_without_the_rule(self):
        """The page says so, and sends through the server: paused, after a reload it goes on with what is not there yet."""
        self.show()
        browser = self.browser
        self.speed(3)
        browser.choose_files("#files", self.path)
        browser.wait("document.querySelector('.uploads .stage')?.innerText.includes('hansard setup')")
        self.wait_parts(1)
        browser.wait("JSON.parse(localStorage['hansard.uploads'])[0].sent.length > 0")
        for name, size in (("desk", page_browser.DESKTOP), ("phone", page_browser.PHONE)):
            browser.resize(*size)
            self.assertLessEqual(browser.js("document.documentElement.scrollWidth"), size[0])
            browser.shoot(f"{name}-upload-through-server")
        browser.click(".uploads .toggle")
        browser.wait("document.querySelector('.uploads .row').dataset.state === 'paused'")
        before = self.acknowledged()
        self.assertLess(len(before), 5)
        browser.command("Page.reload")
        browser.wait("document.querySelector('.uploads .row')?.dataset.state === 'interrupted'")
        self.speed()
        browser.choose_files("#files", self.path)
        self.wait_job()
        self.assertEqual(self.through_server(), {1, 2, 3, 4, 5} - before)
        self.assertEqual([text for text in browser.complaints if "CORS" not in text and "ERR_FAILED" not in text], [])

    def through_server(self):
        """The numbers of the parts that this showing of the page has sent through the server."""
        paths = self.browser.js("performance.getEntriesByType('resource').map((entry) => new URL(entry.name).pathname)")
        return {int(path.rpartition("/")[2]) for path in paths if "/parts/" in path}


if __name__ == "__main__":
    servers.prepare("versitygw", "minio")
    import s3
    unittest.main()
