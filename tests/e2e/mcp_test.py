#!/usr/bin/env python3
"""POST /mcp, as assistants use it: with the client of the protocol's own SDK, in both revisions, and message by message where a client would not go."""
import asyncio
import contextlib
import json
import pathlib
import shutil
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import servers  # noqa: E402

servers.prepare()

import httpx2  # noqa: E402
from mcp import ClientSession  # noqa: E402
from mcp.client.streamable_http import streamable_http_client  # noqa: E402
from program import Server, run, scratch  # noqa: E402

JSON = {"Content-Type": "application/json"}
TOOLS = {"search", "list_meetings", "get_meeting", "get_transcript", "list_items"}
TALK = "\n".join(["Ann: I will send the figures by Friday.", "Bob: The system must keep them.", "Ann: We decided to start in May.", "Bob: Who pays?"]
                 + [f"Ann: Number {n} of the long list." for n in range(300)])


@contextlib.asynccontextmanager
async def connect(url, token):
    async with (httpx2.AsyncClient(headers={"Authorization": "Bearer " + token}) as client,
                streamable_http_client(url, http_client=client) as (read, write), ClientSession(read, write) as session):
        yield session


class Assistants(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = scratch()
        (cls.folder / "store").mkdir()
        cls.read, cls.write = (run(cls.folder / "store", "token", "create", "--scopes", scope).stdout.strip() for scope in ("read", "write"))
        cls.server = Server(cls.folder, HANSARD_TRANSCRIBER="none").start()
        status, _, body = cls.server.request("POST", "/api/meeting/process", json.dumps({"text": TALK, "filename": "talk.txt"}),
                                             {**JSON, "Authorization": "Bearer " + cls.write})
        assert status == 200, body
        cls.meeting = json.loads(body)["meeting_id"]

    @classmethod
    def tearDownClass(cls):
        status = cls.server.stop()
        shutil.rmtree(cls.folder)
        assert status == 0, status

    def post(self, body, token=None, **headers):
        headers = {**JSON, "Authorization": "Bearer " + (token or self.read), **{name.replace("_", "-"): value for name, value in headers.items()}}
        status, got, text = self.server.request("POST", "/mcp", body if isinstance(body, bytes) else json.dumps(body).encode(), headers)
        return status, json.loads(text) if text else None

    def rpc(self, method, params=None, **headers):
        status, answer = self.post({"jsonrpc": "2.0", "id": 7, "method": method, "params": params or {}}, **headers)
        self.assertEqual((status, answer["jsonrpc"], answer["id"]), (200, "2.0", 7), answer)
        return answer

    def tool(self, name, **arguments):
        result = self.rpc("tools/call", {"name": name, "arguments": arguments})["result"]
        if not result["isError"]:
            self.assertEqual(json.loads(result["content"][0]["text"]), result["structuredContent"])
            return result["structuredContent"]
        return result["content"][0]["text"]

    def test_client_of_the_sdk(self):
        async def talk():
            async with connect(f"http://127.0.0.1:{self.server.port}/mcp", self.read) as session:
                hello = await session.initialize()
                tools = (await session.list_tools()).tools
                hits = await session.call_tool("search", {"query": "figures"})
                meeting = await session.call_tool("get_meeting", {"meeting_id": self.meeting})
                pages, first = [], 0
                while first is not None:
                    page = (await session.call_tool("get_transcript", {"meeting_id": self.meeting, "from_segment": first})).structured_content
                    pages.append(page)
                    first = page["next_segment"]
                wrong = await session.call_tool("get_meeting", {"meeting_id": "meeting-none"})
                await session.send_ping()
                return hello, tools, hits.structured_content, meeting.structured_content, pages, wrong

        hello, tools, hits, meeting, pages, wrong = asyncio.run(talk())
        self.assertEqual(hello.server_info.name, "hansard")
        self.assertEqual(hello.protocol_version, "2025-06-18")
        self.assertEqual({tool.name for tool in tools}, TOOLS)
        self.assertTrue(all(tool.annotations.read_only_hint for tool in tools))
        self.assertEqual(hits["hits"][0]["meeting_id"], self.meeting)
        self.assertIn("**figures**", hits["hits"][0]["snippet"])
        self.assertIn("figures", meeting["action_items"][0]["evidence"][0]["quote"])
        segments = [segment for page in pages for segment in page["segments"]]
        self.assertGreater(len(pages), 1)
        self.assertEqual([segment["id"] for segment in segments], list(range(pages[0]["segment_count"])))
        self.assertIn("Number 299 of the long list.", segments[-1]["text"])
        self.assertTrue(wrong.is_error)

    def test_versions(self):
        for asked, spoken in (("2025-06-18", "2025-06-18"), ("2025-03-26", "2025-03-26"), ("1999-01-01", "2025-06-18")):
            result = self.rpc("initialize", {"protocolVersion": asked, "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}})["result"]
            self.assertEqual(result["protocolVersion"], spoken)
            self.assertEqual(set(result["capabilities"]), {"tools"})
        for version in ("2025-06-18", "2025-03-26"):
            self.assertEqual(self.rpc("ping", MCP_Protocol_Version=version)["result"], {})
        ping = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
        self.assertEqual(self.post(ping, MCP_Protocol_Version="2024-11-05")[0], 400)
        self.assertEqual([answer["id"] for answer in self.post([ping, {**ping, "id": "two"}])[1]], [1, "two"])
        self.assertEqual(self.post([{"jsonrpc": "2.0", "method": "notifications/initialized"}]), (202, None))
        self.assertEqual(self.post([ping] * 20)[0], 200)
        self.assertEqual(self.post([ping] * 21)[0], 400)
        self.assertEqual(self.post([ping], MCP_Protocol_Version="2025-06-18")[0], 400)

    def test_messages(self):
        self.assertEqual(self.post({"jsonrpc": "2.0", "method": "notifications/initialized"}), (202, None))
        self.assertEqual(self.post({"jsonrpc": "2.0", "id": 1, "result": {}}), (202, None))
        for body in ({"id": 1, "method": "ping"}, {"jsonrpc": "2.0", "id": 1}, {"jsonrpc": "2.0", "id": 1.5, "method": "ping"}, 5, None, [5],
                     {"jsonrpc": "2.0", "id": 1, "method": 5}, {"jsonrpc": "2.0", "id": 1, "method": "ping", "params": []}):
            self.assertEqual(self.post(body)[0], 400, body)
        for body, code in (({"jsonrpc": "2.0", "id": 1, "method": "resources/list"}, -32601),
                           ({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "rm"}}, -32602),
                           ({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "search", "arguments": []}}, -32602)):
            status, answer = self.post(body)
            self.assertEqual((status, answer["error"]["code"]), (200, code), body)
        self.assertEqual(self.post(b"{")[0], 400)
        self.assertEqual(self.post(b'"' + b"x" * (64 << 10) + b'"')[0], 413)

    def test_who_may(self):
        ping = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
        self.assertEqual(self.post(ping, token="hat_wrong")[0], 401)
        self.assertEqual(self.post(ping, token=self.write)[0], 403)
        self.assertEqual(self.post(ping, Origin="http://elsewhere.example")[0], 403)
        self.assertEqual(self.post(ping, Origin=f"http://127.0.0.1:{self.server.port}")[0], 200)
        for method in ("GET", "DELETE"):  # no stream, no session
            self.assertEqual(self.server.request(method, "/mcp", headers={"Authorization": "Bearer " + self.read})[0], 405)

    def test_lists(self):
        self.assertEqual([one["meeting_id"] for one in self.tool("list_meetings", **{"from": "2020-01-01"})["meetings"]], [self.meeting])
        self.assertEqual(self.tool("list_meetings", tag="none")["count"], 0)
        items = self.tool("list_items", kind="action", status="open", limit=50)["items"]
        self.assertIn("figures", items[0]["text"])
        meeting = self.tool("get_meeting", meeting_id=self.meeting)
        self.assertNotIn("transcript", meeting)
        # A page of a tool is none of the API's own list, which is kept.
        self.tool("list_meetings", limit=1)
        status, answer = self.server.json("GET", "/api/meetings", headers={"Authorization": "Bearer " + self.read})
        self.assertEqual((status, answer["meetings"][0]["meeting_id"]), (200, self.meeting))
        self.assertEqual(self.tool("list_items", owner="A & B=?%00ü")["count"], 0)
        self.assertEqual(meeting["counts"]["action_items"], len(meeting["action_items"]))

    def test_bounds(self):
        page = self.tool("get_transcript", meeting_id=self.meeting, from_segment=10, limit=5)
        self.assertEqual([segment["id"] for segment in page["segments"]], [10, 11, 12, 13, 14])
        self.assertEqual(page["next_segment"], 15)
        self.assertEqual(self.tool("get_transcript", meeting_id=self.meeting, from_segment=200000)["segments"], [])
        for name, arguments, word in (("search", {}, "query"), ("search", {"query": 5}, "query"), ("search", {"query": "x", "limit": 51}, "50"),
                                      ("search", {"query": "x", "odd": 1}, "odd"), ("search", {"query": "x" * 401}, "400"),
                                      ("get_transcript", {"meeting_id": self.meeting, "limit": 501}, "500"), ("get_transcript", {}, "meeting_id"),
                                      ("get_meeting", {"meeting_id": "../etc"}, "no meeting"), ("get_transcript", {"meeting_id": "none"}, "none"),
                                      ("list_items", {"kind": "odd"}, "kind"), ("list_meetings", {"cursor": "x"}, "cursor"),
                                      ("list_meetings", {"from": "soon"}, "from")):
            with self.subTest(tool=name, arguments=str(arguments)[:60]):
                answer = self.tool(name, **arguments)
                self.assertIsInstance(answer, str)
                self.assertIn(word, answer)


if __name__ == "__main__":
    unittest.main()
