#!/usr/bin/env python3
"""The description of the HTTP interface (GET /api/openapi.json): it is valid, it has each route of the program's table and nothing else, and what a
running server answers is what it says: statuses, content types, headers, schemas, and no member that it does not name."""
import json
import pathlib
import re
import shutil
import sys
import time
import unittest
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import servers  # noqa: E402

servers.prepare()

import jsonschema  # noqa: E402
import openapi_spec_validator  # noqa: E402
import referencing.jsonschema  # noqa: E402
from program import ROOT, Server, run, scratch  # noqa: E402

DOCUMENT = json.loads((ROOT / "src/http/openapi.json").read_text())
METHODS = ("get", "put", "post", "patch", "delete")
TALK = """WEBVTT

00:00:01.000 --> 00:00:04.000
Ann: I will send the figures by Friday.

00:00:05.000 --> 00:00:09.000
Bob: The system must keep them.

00:00:10.000 --> 00:00:14.000
Ann: We decided to start in May. Who pays?
"""
WAV = b"RIFF\x24\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x80\x3e\x00\x00\x00\x7d\x00\x00\x02\x00\x10\x00data\x00\x00\x00\x00"
BASE = "urn:hansard:api"


def operations():
    """{(method, path): operation}, its path's parameters among its own."""
    return {(method.upper(), path): {**item[method], "parameters": item.get("parameters", []) + item[method].get("parameters", [])}
            for path, item in DOCUMENT["paths"].items() for method in METHODS if method in item}


def routes():
    """{(method, path as the document writes it): (body, who)} of the program's table."""
    lines = re.findall(r'\{"([A-Z]+)", "([^"]+)", BODY_([A-Z]+), LANE_[A-Z]+, NEEDS_([A-Z]+)', (ROOT / "src/http/router.c").read_text())
    found = {(method, pattern.replace("/shares/{id}", "/shares/{share_id}").replace("/parts/{id}", "/parts/{number}").replace("*", "{key}")): (body, who)
             for method, pattern, body, who in lines}
    del found["GET", "/"]  # the page's files
    assert len(found) > 20
    return found


def resolve(node):
    """The node without its reference, of which members that stand beside it may say more."""
    while isinstance(node, dict) and "$ref" in node:
        target = DOCUMENT
        for name in node["$ref"].removeprefix(BASE).removeprefix("#/").split("/"):
            target = target[name.replace("~1", "/").replace("~0", "~")]
        node = {**target, **{name: value for name, value in node.items() if name != "$ref"}}
    return node


def absolute(node):
    if isinstance(node, list):
        return [absolute(entry) for entry in node]
    if not isinstance(node, dict):
        return node
    return {name: BASE + value if name == "$ref" else absolute(value) for name, value in node.items()}


REGISTRY = referencing.Registry().with_resource(
    BASE, referencing.Resource.from_contents(absolute(DOCUMENT), default_specification=referencing.jsonschema.DRAFT202012))


def validator(schema):
    return jsonschema.Draft202012Validator(absolute(schema), registry=REGISTRY, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER)


def branches(schema, value):
    """The schemas that speak of the value: allOf's, and of the alternatives those that hold."""
    schema = resolve(schema)
    found = [schema]
    for part in schema.get("allOf", []):
        found += branches(part, value)
    for part in schema.get("oneOf", []) + schema.get("anyOf", []):
        if validator(part).is_valid(value):
            found += branches(part, value)
    return found


def undeclared(schema, value, where="$"):
    """The members of the value that no schema names. A schema is open to clients; to this test it is open only where it says so."""
    found = branches(schema, value)
    if isinstance(value, dict):
        known = {name: part for one in found for name, part in one.get("properties", {}).items()}
        rest = next((one["additionalProperties"] for one in found if "additionalProperties" in one), None)
        for name, member in value.items():
            if name in known:
                yield from undeclared(known[name], member, f"{where}.{name}")
            elif isinstance(rest, dict):
                yield from undeclared(rest, member, f"{where}.{name}")
            elif rest is not True:
                yield f"{where}.{name}"
    elif isinstance(value, list):
        items = next((one["items"] for one in found if "items" in one), {})
        for i, entry in enumerate(value):
            yield from undeclared(items, entry, f"{where}[{i}]")


def references(node):
    if isinstance(node, list):
        return {name for entry in node for name in references(entry)}
    if not isinstance(node, dict):
        return set()
    own = {node["$ref"]} if isinstance(node.get("$ref"), str) else set()
    return own | {name for value in node.values() for name in references(value)}


class Document(unittest.TestCase):
    def test_valid(self):
        openapi_spec_validator.validate(DOCUMENT)
        self.assertRegex(DOCUMENT["openapi"], r"^3\.1\.")

    def test_every_route_and_no_other(self):
        self.assertEqual(set(operations()), set(routes()))

    def test_no_part_is_unused(self):
        parts = {f"#/components/{kind}/{name}" for kind, named in DOCUMENT["components"].items() if kind != "securitySchemes" for name in named}
        self.assertEqual(references(DOCUMENT), parts - {"#/components/schemas/State"})  # in events
        names = [operation["operationId"] for operation in operations().values()]
        self.assertEqual(len(set(names)), len(names))

    def test_who_may(self):
        tokens = {who: [{"token": [who.lower()]}, {"session": [who.lower()]}] for who in ("READ", "WRITE", "ADMIN")}
        needed = {**tokens, "SHARE": [*tokens["READ"], {"share": []}, {"shareCookie": []}], "NOTHING": [], "SIGNATURE": []}
        for route, operation in operations().items():
            with self.subTest(route=route):
                who = routes()[route][1]
                self.assertEqual(operation.get("security", DOCUMENT["security"]), needed[who])
                if needed[who]:
                    self.assertIn("401", operation["responses"])
                self.assertLessEqual({"400", "403", "408", "429", "500", "503"}, set(operation["responses"]))

    def test_bodies_and_paths(self):
        for (method, path), operation in operations().items():
            with self.subTest(method=method, path=path):
                body = routes()[method, path][0]
                self.assertEqual("requestBody" in operation, body != "NONE")
                if body == "JSON":
                    self.assertEqual(set(operation["requestBody"]["content"]), {"application/json"})
                    self.assertLessEqual({"413", "415"}, set(operation["responses"]))
                self.assertEqual("413" in operation["responses"], method != "GET")
                names = [parameter["name"] for parameter in map(resolve, operation["parameters"]) if parameter["in"] == "path"]
                self.assertEqual(names, re.findall(r"\{([a-z_]+)\}", path))
                if names:
                    self.assertIn("404", operation["responses"])

    def test_problems(self):
        """The table of error codes: each code is in the schema, each status is told of by its own description."""
        table = re.findall(r'\{"([a-z-]+)",\s+"[^"]+",\s+(\d{3}), \d, (?:true|false)\}', (ROOT / "src/base/error.c").read_text())
        self.assertEqual(set(DOCUMENT["components"]["schemas"]["Problem"]["properties"]["code"]["enum"]), {code for code, _ in table})
        declared = {status: resolve(response) for operation in operations().values() for status, response in operation["responses"].items()
                    if int(status) >= 400}
        for code, status in table:
            if code in ("method-not-allowed", "range-not-satisfiable"):
                continue  # of no operation; with a sentence of its own
            self.assertRegex(declared[status]["description"], rf"\(code [^)]*\b{code}\b")
        self.assertEqual(set(declared) - {status for _, status in table}, set())

    def test_formats(self):
        sources = "".join(path.read_text() for path in (ROOT / "src/export").glob("*.c"))
        table = dict(re.findall(r'ExportFormat export_\w+ = \{"([^"]+)", "([^";]+)', sources))
        export = operations()["GET", "/api/meetings/{id}/export"]
        schemas = {parameter["name"]: parameter["schema"] for parameter in map(resolve, export["parameters"])}
        self.assertEqual(set(schemas["format"]["enum"]), set(table))
        self.assertEqual(set(export["responses"]["200"]["content"]), set(table.values()))

    def test_limits(self):
        """Numbers of limits.h that the document repeats."""
        text = (ROOT / "src/base/limits.h").read_text()
        limits = {name: int(value) for name, value in re.findall(r"#define (\w+) (\d+)(?:\s|$)", text)}
        schemas, parameters = DOCUMENT["components"]["schemas"], DOCUMENT["components"]["parameters"]
        patch, changes, added = (schemas[name]["properties"] for name in ("Patch", "ItemChanges", "NewItem"))
        search = {parameter["name"]: parameter["schema"] for parameter in map(resolve, operations()["GET", "/api/search"]["parameters"])}
        sign = operations()["POST", "/api/uploads/{id}/parts"]["requestBody"]["content"]["application/json"]["schema"]["properties"]["numbers"]
        begin = operations()["POST", "/api/uploads"]["requestBody"]["content"]["application/json"]["schema"]["properties"]
        token = operations()["POST", "/api/tokens"]["requestBody"]["content"]["application/json"]["schema"]["properties"]
        for name, value in {"PAGE_LIMIT_MAX": parameters["Limit"]["schema"]["maximum"],
                            "PAGE_LIMIT_DEFAULT": parameters["Limit"]["schema"]["default"],
                            "TITLE_BYTES_MAX": patch["title"]["maxLength"], "TAGS_MAX": patch["tags"]["maxItems"],
                            "TAG_BYTES_MAX": patch["tags"]["items"]["maxLength"], "SPEAKERS_MAX": patch["speakers"]["maxProperties"],
                            "SPEAKER_NAME_BYTES_MAX": patch["speakers"]["additionalProperties"]["maxLength"],
                            "PATCH_SEGMENTS_MAX": patch["segments"]["maxProperties"], "PATCH_ITEMS_MAX": patch["new_items"]["maxItems"],
                            "ITEM_TEXT_BYTES_MAX": changes["text"]["maxLength"], "SEARCH_QUERY_BYTES_MAX": search["q"]["maxLength"],
                            "UPLOAD_SIGN_MAX": sign["maxItems"], "S3_PARTS_MAX": schemas["PartNumber"]["maximum"],
                            "VOCABULARY_BYTES_MAX": begin["vocabulary"]["maxLength"], "TOKEN_NAME_BYTES_MAX": token["name"]["maxLength"],
                            "WAVEFORM_PEAKS_MAX": schemas["Waveform"]["properties"]["peaks"]["maxItems"]}.items():
            self.assertEqual(value, limits[name], name)
        self.assertEqual({name: added[name] for name in changes}, changes)


class Answers(unittest.TestCase):
    """Each answer of a server is held against the document."""

    @classmethod
    def setUpClass(cls):
        cls.folder = scratch()
        cls.store = cls.folder / "store"
        cls.store.mkdir()
        made = run(cls.store, "token", "create", "--name", "all", "--scopes", "admin")
        assert made.returncode == 0, made.stderr
        cls.token = made.stdout.strip()
        cls.server = Server(cls.folder, HANSARD_TRANSCRIBER="none").start()

    @classmethod
    def tearDownClass(cls):
        status = cls.server.stop()
        shutil.rmtree(cls.folder)
        assert status == 0, status

    def operation(self, method, path):
        for (wanted, template), operation in operations().items():
            pattern = re.sub(r"\\\{(\w+)\\\}", lambda name: ".+" if name[1] == "key" else "[^/]+", re.escape(template))
            if wanted == method and re.fullmatch(pattern, path):
                return operation
        raise AssertionError(f"the document has no {method} {path}")

    def check_headers(self, declared, status, headers):
        for name, header in declared.get("headers", {}).items():
            header = resolve(header)
            if name in ("X-Ignored-Fields",) or (name == "ETag" and "absent" in header.get("description", "") and name not in headers):
                continue
            self.assertIn(name, headers)
            value = headers[name]
            validator(header["schema"]).validate(int(value) if resolve(header["schema"]).get("type") == "integer" else value)

    def check(self, method, path, answer):
        status, headers, body = answer
        operation = self.operation(method, path.partition("?")[0])
        self.assertIn(str(status), operation["responses"], (method, path, body[:400]))
        declared = resolve(operation["responses"][str(status)])
        self.check_headers(declared, status, headers)
        content = declared.get("content", {})
        kind = headers.get("Content-Type", "").partition(";")[0]
        if not content:
            self.assertEqual(body, b"")
            return None
        self.assertIn(kind if "*/*" not in content else "*/*", content)
        if kind not in ("application/json", "application/problem+json") or "*/*" in content:
            return body
        value = json.loads(body)
        validator(content[kind]["schema"]).validate(value)
        self.assertEqual(list(undeclared(content[kind]["schema"], value)), [])
        if status >= 400:
            self.assertEqual(value["status"], status)
        return value

    def call(self, method, path, body=None, headers=None, status=None, token=True):
        """The answer's JSON or bytes, once it has been held against the document; its headers are in `last`."""
        headers = dict(headers or {})
        if isinstance(body, (dict, list)):
            body, headers = json.dumps(body).encode(), {"Content-Type": "application/json", **headers}
        if token:
            headers["Authorization"] = "Bearer " + (self.token if token is True else token)
        answer = self.server.request(method, path, body, headers)
        self.last = answer[1]
        if status:
            self.assertEqual(answer[0], status, (method, path, answer[2][:400]))
        return self.check(method, path, answer)

    def meeting(self):
        return self.call("POST", "/api/meeting/process", {"text": TALK, "filename": "note.vtt"}, status=200)["meeting_id"]

    def check_events(self, path, status):
        """Of work that has ended."""
        events = re.findall(r"event: (\w+)\ndata: (.*)\n\n", self.call("GET", path + "/events", status=200).decode())
        self.assertEqual([name for name, _ in events], ["progress", "done"])
        for state in (json.loads(data) for _, data in events):
            validator({"$ref": "#/components/schemas/State"}).validate(state)
            self.assertEqual((list(undeclared({"$ref": "#/components/schemas/State"}, state)), state["status"]), ([], status))

    def wait_failed(self, meeting, seconds=30):
        deadline = time.monotonic() + seconds
        while (found := self.call("GET", f"/api/meetings/{meeting}", status=200)["meeting"])["status"] != "failed":
            self.assertLess(time.monotonic(), deadline, found)
            time.sleep(0.05)
        return found

    def test_itself(self):
        self.assertEqual(self.call("GET", "/api/openapi.json", status=200), DOCUMENT)
        self.assertEqual(self.last["Content-Type"], "application/json")
        self.call("GET", "/api/openapi.json", headers={"If-None-Match": self.last["ETag"]}, status=304)
        self.call("GET", "/api/openapi.json", token=False, status=401)
        self.assertEqual(self.call("GET", "/readyz", status=200)["version"], DOCUMENT["info"]["version"])

    def test_lists(self):
        meeting = self.meeting()
        self.meeting()
        for query in ("", "?limit=1", "?status=ready&from=2020-01-01&to=2100-01-01T00:00:00Z", "?open_actions=1", "?status=processing", "?tag=none"):
            self.call("GET", "/api/meetings" + query, status=200)
            self.call("GET", "/api/meetings" + query, headers={"If-None-Match": self.last["ETag"]}, status=304)
        cursor = self.call("GET", "/api/meetings?limit=1", status=200)["next_cursor"]
        self.call("GET", f"/api/meetings?limit=1&cursor={urllib.parse.quote(cursor)}", status=200)
        for query in ("?limit=0", "?limit=201", "?cursor=x", "?from=soon", "?status=odd"):
            self.call("GET", "/api/meetings" + query, status=400)
        hits = self.call("GET", "/api/search?q=figures", status=200)["hits"]
        self.assertIn(meeting, [hit["meeting_id"] for hit in hits])  # what was processed at once is found at once
        self.assertTrue(self.call("GET", "/api/items?owners=1", status=200)["owners"])
        for query in ("?kind=action&status=open&sort=due&due_from=2020-01-01", "?owner=ann", "?offset=100000"):
            self.call("GET", "/api/items" + query, status=200)
        for query in ("?kind=odd", "?status=odd", "?sort=odd", "?due_to=soon", "?offset=100001"):
            self.call("GET", "/api/items" + query, status=400)
        self.call("GET", "/api/search?q=note", status=200)
        self.call("GET", "/api/search", status=400)
        self.call("GET", "/api/jobs?limit=10", status=200)
        self.call("GET", "/api/jobs?limit=1001", status=400)

    def test_meeting(self):
        path = "/api/meetings/" + self.meeting()
        self.call("GET", path, status=200)
        etag = {"If-Match": self.last["ETag"]}
        patch = {"title": "Weekly", "tags": ["team"], "speakers": {"Bob": "Bob Hill"}, "segments": {"0": {"text": "I will send the new figures."}},
                 "items": {"A-1": {"owner": "Ann", "due": "2030-01-31", "status": "confirmed", "priority": "must", "type": None}},
                 "new_items": [{"kind": "question", "text": "Who pays?", "segments": [0, 0], "quote": "new figures"}]}
        validator({"$ref": "#/components/schemas/Patch"}).validate(patch)
        self.assertEqual(len(self.call("PATCH", path, patch, etag, 200)["added"]), 1)
        self.call("PATCH", path, patch, etag, 412)
        self.call("PATCH", path, patch, status=428)
        self.call("PATCH", path, {"odd": 1}, {"If-Match": "*"}, 400)
        self.call("PATCH", path, b"{}", {"If-Match": "*", "Content-Type": "text/plain"}, 415)
        self.call("GET", path, status=200)
        self.check_events(path, "ready")
        self.call("GET", path + "/waveform", status=404)
        self.call("GET", path + "/audio", status=404)
        self.call("POST", path + "/retry", status=404)
        self.call("DELETE", path, status=200)
        for method, rest in (("GET", ""), ("DELETE", ""), ("GET", "/export?format=md"), ("GET", "/events")):
            self.call(method, path + rest, status=404)

    def test_patch_schema(self):
        """What the document forbids in a change the server refuses, and so the other way round."""
        path = "/api/meetings/" + self.meeting()
        bad = [{"title": ""}, {"title": None}, {"title": "x" * 401}, {"tags": "x"}, {"tags": [""]}, {"tags": ["x"] * 33}, {"tags": ["x" * 65]},
               {"speakers": []}, {"speakers": {"Bob": ""}}, {"segments": {"x": {"text": "y"}}}, {"segments": {"0": {"text": ""}}},
               {"segments": {"0": {"odd": 1}}}, {"segments": {"0": {"was": "x"}}}, {"items": {"A-1": {"status": "open"}}},
               {"items": {"A-1": {"due": "soon"}}}, {"items": {"A-1": {"priority": "high"}}}, {"items": {"A-1": {"text": None}}},
               {"items": {"A-1": {"type": "x" * 65}}}, {"items": {"A-1": []}}, {"new_items": [{"kind": "odd", "text": "x"}]},
               {"new_items": [{"kind": "action"}]}, {"new_items": [{"kind": "action", "text": "x", "quote": "y"}]},
               {"new_items": [{"kind": "action", "text": "x", "id": "A-9"}]}, {"new_items": [{"kind": "action", "text": "x", "segments": [0]}]},
               {"new_items": [{"kind": "action", "text": "x"}] * 51}, {"new_items": [3]}]
        schema = validator({"$ref": "#/components/schemas/Patch"})
        for patch in bad:
            with self.subTest(patch=str(patch)[:100]):
                self.assertFalse(schema.is_valid(patch))
                self.call("PATCH", path, patch, {"If-Match": "*"}, 400)
        good = [{}, {"title": "x" * 400}, {"tags": []}, {"speakers": {}}, {"segments": {"0": {"speaker": None}}}, {"items": {}}, {"new_items": []},
                {"items": {"A-1": {"owner": None, "due": None, "type": None, "priority": None}}}]
        for patch in good:
            with self.subTest(patch=str(patch)[:100]):
                schema.validate(patch)
                self.call("PATCH", path, patch, {"If-Match": "*"}, 200)

    def test_exports(self):
        path = "/api/meetings/" + self.meeting()
        self.call("GET", path, status=200)
        self.call("PATCH", path, {"items": {"A-1": {"due": "2030-01-31"}}}, {"If-Match": self.last["ETag"]}, 200)
        declared = operations()["GET", "/api/meetings/{id}/export"]
        formats = next(parameter["schema"]["enum"] for parameter in map(resolve, declared["parameters"]) if parameter["name"] == "format")
        kinds = set()
        for name in formats:
            with self.subTest(format=name):
                self.assertTrue(self.call("GET", f"{path}/export?format={name}", status=200))
                kinds.add(self.last["Content-Type"].partition(";")[0])
        self.assertEqual(kinds, set(declared["responses"]["200"]["content"]))
        self.call("GET", path + "/export?format=odd", status=400)

    def test_recording(self):
        """One that can't be transcribed here: its job fails, is tried again, and the recording is there to be heard."""
        taken = self.call("POST", "/api/meetings?filename=call.wav&title=Call&tags=a,b", WAV, {"Content-Type": "audio/wav"}, 202)
        path = self.last["Location"]
        self.assertEqual(path, "/api/meetings/" + taken["meeting_id"])
        self.assertIn("code", self.wait_failed(taken["meeting_id"])["error"])
        self.check_events(path, "failed")
        self.call("GET", "/api/meetings?status=failed", status=200)
        self.assertTrue(self.call("GET", "/api/jobs", status=200)["jobs"])
        self.call("GET", path + "/audio", status=302)
        url = self.last["Location"]
        self.assertEqual(self.call("GET", url, token=False, status=200), WAV)
        etag = self.last["ETag"]
        self.call("GET", url, headers={"If-None-Match": etag}, token=False, status=304)
        self.call("GET", url, headers={"Range": "bytes=0-3"}, token=False, status=206)
        self.call("GET", url, headers={"Range": "bytes=1000-"}, token=False, status=416)
        self.call("GET", url + "0", token=False, status=403)
        self.call("POST", path + "/retry", status=202)
        self.wait_failed(taken["meeting_id"])
        self.call("DELETE", path, status=200)
        self.call("POST", "/api/meetings", b"", status=422)
        self.call("POST", "/api/meetings", b"x", {"Content-Type": "multipart/mixed"}, 415)
        self.call("POST", "/api/meetings?language=1", b"x", status=400)
        self.call("POST", "/api/meeting/process", {}, status=400)
        self.call("POST", "/api/meeting/process", {"audio_s3_key": "meetings/none.wav"}, status=404)

    def test_waveform(self):
        meeting = self.meeting()
        path, folder = "/api/meetings/" + meeting, next(self.store.rglob(meeting + "/metadata.json")).parent
        peaks = {"schema": 1, "duration_ms": 1000, "interval_ms": 100, "peaks": [0, 255]}
        (folder / "waveform.json").write_text(json.dumps(peaks))
        self.assertEqual(self.call("GET", path + "/waveform", status=200), peaks)
        self.call("GET", path + "/waveform", headers={"If-None-Match": self.last["ETag"]}, status=304)

    def test_uploads(self):
        upload = self.call("POST", "/api/uploads", {"filename": "call.wav", "size": len(WAV), "title": None, "tags": ["a"]}, status=201)
        path = self.last["Location"]
        self.call("GET", "/api/uploads?limit=5", status=200)
        self.call("POST", path + "/complete", status=409)
        url = self.call("POST", path + "/parts", {"numbers": [1]}, status=200)["urls"][0]["url"]
        self.call("POST", path + "/parts", {"numbers": []}, status=400)
        self.call("PUT", url, b"x", token=False, status=400)
        self.call("PUT", url, WAV, token=False, status=200)
        self.assertEqual(len(self.call("GET", path, status=200)["parts"]), 1)
        self.call("POST", path + "/complete", status=202)
        self.wait_failed(upload["meeting_id"])
        self.call("PUT", url, WAV, token=False, status=404)
        self.call("POST", path + "/complete", status=202)  # again, to the same one meeting
        other = self.call("POST", "/api/uploads", {"filename": "call.wav", "size": 5}, status=201)["meeting_id"]
        self.call("DELETE", f"/api/uploads/{other}", status=200)
        self.call("GET", f"/api/uploads/{other}", status=404)
        for body, status in (({"filename": "x", "size": 0}, 422), ({"filename": "x", "size": (5 << 40) + 1}, 413), ({"filename": "x"}, 400),
                             ({"filename": "x", "size": 1, "tags": ["x" * 65]}, 400)):
            self.call("POST", "/api/uploads", body, status=status)

    def test_access(self):
        path = "/api/meetings/" + self.meeting()
        token = self.call("POST", "/api/tokens", {"name": "reader", "scopes": ["read"], "expires": "1d"}, status=201)
        self.call("GET", "/api/tokens", status=200)
        self.call("GET", "/api/tokens", token=token["token"], status=403)
        self.call("POST", "/api/tokens", {"scopes": []}, status=400)
        share = self.call("POST", path + "/shares", {"name": "Bob", "expires": "1d"}, status=201)
        self.call("GET", path + "/shares", status=200)
        self.call("GET", path, token=share["share"], status=200)
        self.call("GET", path + "/shares", token=share["share"], status=403)
        self.call("GET", "/api/session", token=False, status=200)
        self.call("GET", "/api/session", status=200)
        self.call("POST", "/api/session", {"share": share["share"], "meeting_id": share["meeting_id"]}, token=False, status=200)
        self.call("POST", "/api/session", {"token": token["token"]}, token=False, status=200)
        cookie = {"Cookie": self.last["Set-Cookie"].partition(";")[0]}
        self.assertEqual(self.call("GET", "/api/session", headers=cookie, token=False, status=200)["kind"], "session")
        self.call("DELETE", "/api/session", headers=cookie, token=False, status=200)
        self.call("POST", "/api/session", {"token": "hat_wrong"}, token=False, status=401)
        self.call("POST", "/api/session", {}, token=False, status=400)
        self.call("POST", "/api/session", {"token": "x" * (16 << 10)}, token=False, status=413)
        self.call("POST", "/api/session", {}, {"Origin": "http://elsewhere.example"}, 403, token=False)
        self.call("DELETE", f"{path}/shares/{share['id']}", status=200)
        self.call("DELETE", f"{path}/shares/{share['id']}", status=404)
        self.call("DELETE", f"/api/tokens/{token['id']}", status=200)
        self.call("DELETE", f"/api/tokens/{token['id']}", status=404)

    def test_webhooks(self):
        made = self.call("POST", "/api/webhooks", {"url": "https://hooks.invalid/x", "name": "x", "events": ["meeting.ready"]}, status=201)
        path = "/api/webhooks/" + made["id"]
        self.assertTrue(self.call("GET", "/api/webhooks", status=200)["webhooks"])
        self.call("POST", path + "/ping", status=202)
        self.assertTrue(self.call("GET", path + "/deliveries?limit=5", status=200)["deliveries"])
        self.call("DELETE", path, status=200)
        self.call("DELETE", path, status=404)
        for body in ({}, {"url": "file:///etc/passwd"}, {"url": "https://x.example", "events": []}, {"url": "http://[::1]:8080/"}):
            self.call("POST", "/api/webhooks", body, status=400)

    def test_assistants(self):
        def message(method, **params):
            return {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}

        for body in (message("initialize", protocolVersion="2025-06-18"), message("ping"), message("tools/list"), message("odd"),
                     message("tools/call", name="search", arguments={"query": "figures"}), message("tools/call", name="odd")):
            self.call("POST", "/mcp", body, status=200)
        self.call("POST", "/mcp", json.dumps([message("ping"), message("ping")]).encode(), {"Content-Type": "application/json"}, status=200)
        self.call("POST", "/mcp", {"jsonrpc": "2.0", "method": "notifications/initialized"}, status=202)
        self.call("POST", "/mcp", message("ping"), {"MCP-Protocol-Version": "2020-01-01"}, status=400)
        self.call("POST", "/mcp", {"jsonrpc": "1.0"}, status=400)

    def test_operation(self):
        self.call("GET", "/healthz", token=False, status=200)
        self.assertIn(b"hansard_build_info", self.call("GET", "/metrics", status=200))

    def test_every_route_without_a_token(self):
        for (method, path), (body, who) in routes().items():
            with self.subTest(method=method, path=path):
                path = path.replace("{id}", "meeting-none").replace("{share_id}", "0" * 16).replace("{number}", "1").replace("{key}", "meetings/x")
                headers = {"Content-Type": "application/json"} if body == "JSON" else {}
                status = {"NOTHING": None, "SIGNATURE": 403}.get(who, 401)
                self.call(method, path, b"{}" if body != "NONE" else None, headers, status, token=False)

    def test_no_such_id(self):
        for (method, path), (body, _) in routes().items():
            if "{id}" in path and (method, path) != ("GET", "/api/meetings/{id}/shares"):
                with self.subTest(method=method, path=path):
                    path = path.replace("{id}", "0" * 16).replace("{share_id}", "0" * 16).replace("{number}", "1")
                    bodies = {"/parts": {"numbers": [1]}}
                    self.call(method, path + "?format=md", {"JSON": bodies.get(path[-6:], {}), "PART": b"x"}.get(body),
                              {"If-Match": '"x"'} if method == "PATCH" else {}, 404)


if __name__ == "__main__":
    unittest.main()
