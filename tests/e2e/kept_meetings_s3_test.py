#!/usr/bin/env python3
"""The same over a bucket (kept_meetings_test.py): an answer from memory costs one list, and is as the bucket stands."""
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import servers  # noqa: E402
import kept_meetings_test as kept  # noqa: E402


class KeptInBucket(kept.KeptMeetings):
    def settings(self):
        gateway = self.enterContext(servers.Versitygw())
        self.bucket = s3.Bucket(gateway)
        return self.bucket.settings()

    def change_summary(self, meeting_id, change):
        key = f"transcriptions/{meeting_id}/summary.json"
        self.bucket.put(key, change(self.bucket.get(key).decode()).encode())


if __name__ == "__main__":
    servers.prepare("versitygw")
    import s3
    unittest.main()
