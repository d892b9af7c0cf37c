"""A bucket on a test server, as another program sees it (boto3), and the settings that lead Hansard to it. Import it after servers.prepare()."""
import copy
import hashlib
import itertools
import json
import pathlib
import sys

import boto3
import botocore.config
import botocore.exceptions

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import servers  # noqa: E402

AUDIT = "hansard/audit/"
numbers = itertools.count(1)


def client(url, access_key=servers.ACCESS_KEY, secret_key=servers.SECRET_KEY):
    return boto3.client("s3", endpoint_url=url, region_name=servers.REGION, aws_access_key_id=access_key, aws_secret_access_key=secret_key,
                        config=botocore.config.Config(signature_version="s3v4", s3={"addressing_style": "path"}, max_pool_connections=64,
                                                      retries={"total_max_attempts": 2}))


class Bucket:
    """A new bucket on `server` (servers.Versitygw or servers.Minio), or a workspace in one (S3_PREFIX): keys are as the workspace names them."""

    def __init__(self, server, versioned=False):
        self.server, self.name, self.prefix, self.client = server, f"meetings-{next(numbers)}", "", client(server.url)
        self.client.create_bucket(Bucket=self.name)
        if versioned:
            self.client.put_bucket_versioning(Bucket=self.name, VersioningConfiguration={"Status": "Enabled"})

    def workspace(self, prefix, objects=()):
        """The workspace of that prefix, filled with {key: bytes}."""
        space = copy.copy(self)
        space.prefix = prefix + "/"
        for key, data in dict(objects).items():
            space.put(key, data)
        return space

    def settings(self, **more):
        """For program.run() and program.Server; `endpoint` names another way to the same server."""
        where = {"S3_BUCKET_NAME": self.name, "AWS_ENDPOINT_URL": more.pop("endpoint", self.server.url), "AWS_REGION": servers.REGION}
        if self.prefix:
            where["S3_PREFIX"] = self.prefix.rstrip("/")
        return {**where, "AWS_ACCESS_KEY_ID": servers.ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": servers.SECRET_KEY, **more}

    def keys(self, prefix=""):
        """All keys, in order; those of the audit log, which a server writes when it has time, only where the prefix names it."""
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix=self.prefix + prefix)
        found = [entry["Key"].removeprefix(self.prefix) for page in pages for entry in page.get("Contents", [])]
        return [key for key in found if prefix.startswith(AUDIT) or not key.startswith(AUDIT)]

    def get(self, key):
        return self.client.get_object(Bucket=self.name, Key=self.prefix + key)["Body"].read()

    def json(self, key):
        return json.loads(self.get(key))

    def put(self, key, data):
        self.client.put_object(Bucket=self.name, Key=self.prefix + key, Body=data)

    def head(self, key):
        return self.client.head_object(Bucket=self.name, Key=self.prefix + key)

    def has(self, key):
        try:
            self.head(key)
            return True
        except botocore.exceptions.ClientError as problem:
            if problem.response["ResponseMetadata"]["HTTPStatusCode"] != 404:
                raise
            return False

    def snapshot(self, prefix=""):
        """{key: bytes}"""
        return {key: self.get(key) for key in self.keys(prefix)}

    def versions(self, key):
        """The version ids under this key, newest first, markers of deletion left out."""
        found = self.client.list_object_versions(Bucket=self.name, Prefix=self.prefix + key)
        return [version["VersionId"] for version in found.get("Versions", []) if version["Key"] == self.prefix + key]

    def unfinished_uploads(self):
        found = self.client.list_multipart_uploads(Bucket=self.name, Prefix=self.prefix).get("Uploads", [])
        return [upload["Key"].removeprefix(self.prefix) for upload in found]

    def whole_record(self, meeting_id):
        """The meeting's record, once each object that it names has the size, the SHA-256 and the ETag that it says."""
        record = self.json(f"transcriptions/{meeting_id}/metadata.json")
        assert len(record["objects"]) >= 5, record
        for key, known in record["objects"].items():
            found = self.client.get_object(Bucket=self.name, Key=self.prefix + key)
            data = found["Body"].read()
            stands = (len(data), hashlib.sha256(data).hexdigest(), found["ETag"].strip('"'))
            assert stands == (known["bytes"], known["sha256"], known["etag"]), f"{key} is {stands}, and metadata.json says {known}"
        return record

class Folder:
    """The directory store with the same view, for tests of what both must do."""

    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.path.mkdir(parents=True, exist_ok=True)

    def settings(self, **more):
        return more

    def keys(self, prefix=""):
        files = sorted(str(file.relative_to(self.path)) for file in self.path.rglob("*") if file.is_file())
        return [key for key in files if key.startswith(prefix) and not key.startswith((".hansard/", AUDIT))]

    def get(self, key):
        return (self.path / key).read_bytes()

    def json(self, key):
        return json.loads(self.get(key))

    def put(self, key, data):
        (self.path / key).parent.mkdir(parents=True, exist_ok=True)
        (self.path / key).write_bytes(data)

    def has(self, key):
        return (self.path / key).is_file()

    def snapshot(self, prefix=""):
        return {key: self.get(key) for key in self.keys(prefix)}
