"""A bucket on a test server, as another program sees it (boto3), and the settings that lead Hansard to it. Import it after servers.prepare()."""
import itertools
import json
import pathlib
import sys

import boto3
import botocore.config
import botocore.exceptions

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import servers  # noqa: E402

numbers = itertools.count(1)


def client(url, access_key=servers.ACCESS_KEY, secret_key=servers.SECRET_KEY):
    return boto3.client("s3", endpoint_url=url, region_name=servers.REGION, aws_access_key_id=access_key, aws_secret_access_key=secret_key,
                        config=botocore.config.Config(signature_version="s3v4", s3={"addressing_style": "path"}, retries={"total_max_attempts": 2}))


class Bucket:
    """A new bucket on `server` (servers.Versitygw or servers.Minio)."""

    def __init__(self, server, versioned=False):
        self.server, self.name, self.client = server, f"meetings-{next(numbers)}", client(server.url)
        self.client.create_bucket(Bucket=self.name)
        if versioned:
            self.client.put_bucket_versioning(Bucket=self.name, VersioningConfiguration={"Status": "Enabled"})

    def settings(self, **more):
        """For program.run() and program.Server; `endpoint` names another way to the same server."""
        return {"S3_BUCKET_NAME": self.name, "AWS_ENDPOINT_URL": more.pop("endpoint", self.server.url), "AWS_REGION": servers.REGION,
                "AWS_ACCESS_KEY_ID": servers.ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": servers.SECRET_KEY, **more}

    def keys(self, prefix=""):
        """All keys, in order."""
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix=prefix)
        return [entry["Key"] for page in pages for entry in page.get("Contents", [])]

    def get(self, key):
        return self.client.get_object(Bucket=self.name, Key=key)["Body"].read()

    def json(self, key):
        return json.loads(self.get(key))

    def put(self, key, data):
        self.client.put_object(Bucket=self.name, Key=key, Body=data)

    def has(self, key):
        try:
            self.client.head_object(Bucket=self.name, Key=key)
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
        found = self.client.list_object_versions(Bucket=self.name, Prefix=key)
        return [version["VersionId"] for version in found.get("Versions", []) if version["Key"] == key]

    def unfinished_uploads(self):
        return [upload["Key"] for upload in self.client.list_multipart_uploads(Bucket=self.name).get("Uploads", [])]


class Folder:
    """The directory store with the same view, for tests of what both must do."""

    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.path.mkdir(parents=True, exist_ok=True)

    def settings(self, **more):
        return more

    def keys(self, prefix=""):
        files = sorted(str(file.relative_to(self.path)) for file in self.path.rglob("*") if file.is_file())
        return [key for key in files if key.startswith(prefix) and not key.startswith(".hansard/")]

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
