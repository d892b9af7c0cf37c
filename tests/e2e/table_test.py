#!/usr/bin/env python3
"""Lists in DynamoDB, as a user meets them: the options A (keys), B (table) and C (both) give the same lists; `hansard setup` makes the table or upgrades one
of the first version; while the table fails lists go on, and it is told; what stands in the table another client reads. Meetings on S3 (versitygw)."""
import json
import pathlib
import shutil
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import servers  # noqa: E402
from fault_proxy import FaultProxy  # noqa: E402
from program import Server, run, run_json, scratch  # noqa: E402

TALK = "WEBVTT\n\n00:01.000 --> 00:04.000\nAnn: I will send the report to Bob by Friday.\n\n00:05.000 --> 00:08.600\nBob: The system must answer in time.\n"
TABLE_REST_S = 15  # TABLE_REST_MS
numbers = iter(range(1, 1000))


class TableTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.gateway, cls.dynamodb = servers.Versitygw().start(), servers.DynamoDbLocal().start()
        cls.client = boto3.client("dynamodb", endpoint_url=cls.dynamodb.url, region_name=servers.REGION, aws_access_key_id=servers.ACCESS_KEY,
                                  aws_secret_access_key=servers.SECRET_KEY)
        cls.bucket = s3.Bucket(cls.gateway)

    @classmethod
    def tearDownClass(cls):
        cls.gateway.stop()
        cls.dynamodb.stop()

    def setUp(self):
        self.folder = scratch()
        self.addCleanup(shutil.rmtree, self.folder)
        number = next(numbers)
        self.space, self.table = self.bucket.workspace(f"table-{number}"), f"meetings-{number}"
        (self.folder / "talk.vtt").write_text(TALK)

    def settings(self, index, **more):
        return self.space.settings(HANSARD_TRANSCRIBER="none", HANSARD_INDEX=index, DYNAMODB_TABLE_NAME=self.table,
                                   **{"AWS_ENDPOINT_URL_DYNAMODB": self.dynamodb.url, **more})

    def command(self, index, *arguments, status=0, **more):
        done = run(self.folder, *arguments, **self.settings(index, **more))
        self.assertEqual(done.returncode, status, done.stderr)
        return done

    def json(self, index, *arguments, **more):
        return run_json(self.folder, *arguments, **self.settings(index, **more))

    def add(self, index="both"):
        return self.json(index, "add", self.folder / "talk.vtt")["meeting_id"]

    def item(self, meeting_id):
        return self.client.get_item(TableName=self.table, Key={"meeting_id": {"S": meeting_id}}, ConsistentRead=True).get("Item")

    def states(self, *options):
        """Of the table's steps; the bucket has its own."""
        return [step["state"] for step in self.json("both", "setup", *options)["steps"] if self.table in step["what"]]

    def test_options_give_the_same_lists(self):
        self.command("both", "setup", "--apply")
        ids = [self.add() for _ in range(4)]
        with Server(self.folder, **self.settings("both")) as server:
            for number, meeting_id in enumerate(ids):
                etag = server.request("GET", f"/api/meetings/{meeting_id}")[1]["ETag"]
                patch = {"title": f"Größe_{number} 50%", "tags": ["even" if number % 2 == 0 else "odd", "a+b_c"]}
                self.assertEqual(server.json("PATCH", f"/api/meetings/{meeting_id}", patch, {"If-Match": etag})[0], 200)
        for arguments in ((), ("--tag", "even"), ("--tag", "none"), ("--limit", "3"), ("--from", "2100-01-01"), ("--to", "2100-01-01", "--tag", "odd")):
            lists = [self.json(index, "list", *arguments)["meetings"] for index in ("keys", "dynamodb", "both")]
            self.assertEqual(lists[0], lists[1], arguments)
            self.assertEqual(lists[0], lists[2], arguments)
        self.assertEqual([row["meeting_id"] for row in lists[0]], [ids[3], ids[1]])
        # Pages that each come from another option.
        cursor, seen = [], []
        for index in ("dynamodb", "keys", "both", "keys"):
            page = self.json(index, "list", "--limit", "1", *cursor)
            seen += [row["meeting_id"] for row in page["meetings"]]
            cursor = ["--cursor", page["next_cursor"]]
        self.assertEqual(seen, ids[::-1])
        self.assertIsNone(page["next_cursor"])

    def test_another_client_reads_the_rows(self):
        self.command("both", "setup", "--apply")
        ids = [self.add() for _ in range(3)]
        found = self.client.query(TableName=self.table, IndexName="newest-first", KeyConditionExpression="workspace = :w AND sort > :mark",
                                  ExpressionAttributeValues={":w": {"S": f"{self.space.name}/{self.space.prefix.rstrip('/')}"}, ":mark": {"S": "!"}})
        self.assertEqual([item["meeting_id"]["S"] for item in found["Items"]], ids[::-1])
        record, item = self.space.json(f"transcriptions/{ids[0]}/metadata.json"), self.item(ids[0])
        for name in ("meeting_id", "audio_s3_key", "timestamp", "filename", "title", "state", "updated"):
            self.assertEqual(item[name], {"S": record[name]})
        for name in ("action_items_count", "requirements_count", "decisions_count", "questions_count", "duration_ms"):
            self.assertEqual(item[name], {"N": str(record[name])})
        self.command("both", "rm", "--yes", ids[0])
        self.assertIsNone(self.item(ids[0]))
        self.assertEqual(len(self.json("dynamodb", "list")["meetings"]), 2)

    def test_new_table(self):
        self.add("keys")
        self.assertEqual(self.states(), ["missing", "missing"])
        self.assertIn("Nothing was changed", self.command("both", "setup").stdout)
        with self.assertRaises(self.client.exceptions.ResourceNotFoundException):
            self.client.describe_table(TableName=self.table)
        for arguments in (("list",), ("add", self.folder / "talk.vtt")):
            said = self.command("dynamodb", *arguments, status=2).stderr
            self.assertRegex(said, rf"no DynamoDB table {self.table} \(DYNAMODB_TABLE_NAME\).*hansard setup --apply")
        listed = self.command("both", "list")
        self.assertIn("listed from the keys", listed.stderr)
        self.assertEqual(len(listed.stdout.splitlines()), 1)
        self.assertEqual(self.states("--apply"), ["present"] * 3)
        made = self.client.describe_table(TableName=self.table)
        self.assertEqual(self.states("--apply"), ["present"] * 3)
        self.assertEqual(self.client.describe_table(TableName=self.table)["Table"], made["Table"])
        self.assertEqual(len(self.json("dynamodb", "list")["meetings"]), 1)
        self.assertEqual(self.command("both", "list").stderr, "")
        self.assertNotIn(self.table, self.command("keys", "setup").stdout)

    def make_first_version(self):
        self.client.create_table(TableName=self.table, BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "meeting_id", "KeyType": "HASH"}],
                                 AttributeDefinitions=[{"AttributeName": "meeting_id", "AttributeType": "S"}])
        for number in range(3):
            row = {"meeting_id": f"old-{number}", "audio_s3_key": f"meetings/x_{number}.mp3", "timestamp": f"2025-01-0{number + 1}T03:04:05.678901",
                   "filename": f"{number}.mp3", "action_items_count": number, "requirements_count": 0}
            self.space.put(f"transcriptions/old-{number}/metadata.json", json.dumps(row).encode())
            self.client.put_item(TableName=self.table, Item={name: {"N": str(value)} if isinstance(value, int) else {"S": value} for name, value in row.items()})

    def test_table_of_the_first_version(self):
        self.make_first_version()
        said = self.command("dynamodb", "list", status=2).stderr
        self.assertRegex(said, "first version: run `hansard setup --apply` and then `hansard reindex`")
        self.assertEqual(self.states(), ["present", "missing", "missing"])
        # The index alone, as another tool makes it: the rows are not in it yet, and that is told, too.
        self.client.update_table(TableName=self.table, AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("workspace", "sort")],
                                 GlobalSecondaryIndexUpdates=[{"Create": {"IndexName": "newest-first", "Projection": {"ProjectionType": "ALL"}, "KeySchema": [
                                     {"AttributeName": "workspace", "KeyType": "HASH"}, {"AttributeName": "sort", "KeyType": "RANGE"}]}}])
        deadline = time.monotonic() + 30
        while self.states()[1] != "present" and time.monotonic() < deadline:
            time.sleep(0.2)
        self.assertIn("run `hansard reindex`", self.command("dynamodb", "list", status=2).stderr)
        self.assertIn("3 meetings listed", self.command("dynamodb", "reindex").stdout)
        rows = self.json("dynamodb", "list")["meetings"]
        self.assertEqual([row["meeting_id"] for row in rows], ["old-2", "old-1", "old-0"])
        self.assertEqual([row["action_items_count"] for row in rows], [2, 1, 0])
        self.assertEqual(self.states(), ["present"] * 3)
        self.assertEqual(self.json("dynamodb", "reindex"), {"meetings": 3, "removed": 0, "damaged": 0})
        # A meeting that went without its row: reindex takes the row away.
        self.bucket.client.delete_object(Bucket=self.space.name, Key=self.space.prefix + "transcriptions/old-1/metadata.json")
        self.assertEqual(self.json("dynamodb", "reindex")["removed"], 1)
        self.assertIsNone(self.item("old-1"))

    def test_lists_go_on_without_the_table(self):
        self.command("both", "setup", "--apply")
        ids = [self.add() for _ in range(3)]
        with FaultProxy(self.dynamodb.url) as way, Server(self.folder, **self.settings("both", AWS_ENDPOINT_URL_DYNAMODB=way.url)) as server:
            metric = lambda name: int(server.request("GET", "/metrics")[2].decode().split(f"\n{name} ")[1].split()[0])
            log = lambda: (self.folder / "server.log").read_text()
            first = server.json("GET", "/api/meetings?limit=1")[1]
            self.assertEqual(metric("hansard_list_fallbacks_total"), 0)
            way.arm("reset", 1, True)
            began = time.monotonic()
            second = server.json("GET", f"/api/meetings?limit=1&cursor={first['next_cursor']}")[1]
            third = server.json("GET", f"/api/meetings?limit=1&cursor={second['next_cursor']}")[1]
            self.assertLess(time.monotonic() - began, 5)
            self.assertEqual([page["meetings"][0]["meeting_id"] for page in (first, second, third)], ids[::-1])
            self.assertEqual((metric("hansard_list_fallbacks_total"), metric("hansard_list_table_failing")), (2, 1))
            self.assertEqual(log().count("lists come from the keys"), 1)
            # What is written meanwhile waits until it stands in both.
            status, accepted = server.json("POST", "/api/meetings?filename=late.vtt", TALK.encode(), {"Content-Type": "text/vtt"})
            self.assertEqual(status, 202, accepted)
            time.sleep(2)
            self.assertIsNone(self.item(accepted["meeting_id"]))
            way.disarm()
            server.wait_done(accepted["meeting_id"])
            deadline = time.monotonic() + TABLE_REST_S + 10
            while metric("hansard_list_table_failing") and time.monotonic() < deadline:
                time.sleep(0.5)
                server.json("GET", "/api/meetings")
            self.assertIn("lists come from the table again", log())
            deadline = time.monotonic() + 60
            while not self.item(accepted["meeting_id"]) and time.monotonic() < deadline:
                time.sleep(0.5)
            self.assertIsNotNone(self.item(accepted["meeting_id"]))


if __name__ == "__main__":
    servers.prepare("versitygw", "dynamodb")
    import boto3
    import s3
    unittest.main()
