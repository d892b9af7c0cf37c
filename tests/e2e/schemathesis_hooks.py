"""What schemathesis can't read in a description: loaded by it (SCHEMATHESIS_HOOKS) from schemathesis_test.py, which names a meeting that stands."""
import itertools
import os
import re
import uuid

import schemathesis
from schemathesis.generation import GenerationMode

MEETING = os.environ["HANSARD_TEST_MEETING"]
callers = itertools.count(1)


def small(value):
    """Without NUL, control characters in names, and numbers beyond 64 bits, which no JSON here may hold (400)."""
    if isinstance(value, dict):
        return {re.sub(r"[\0-\x1f\x7f]", "0", str(name)): small(member) for name, member in value.items()}
    if isinstance(value, list):
        return [small(member) for member in value]
    if isinstance(value, str):
        return value.replace("\0", "0")
    return min(max(value, -(1 << 63)), (1 << 63) - 1) if type(value) is int else value


@schemathesis.hook
def before_call(context, case, kwargs):
    """Each request comes from an address of its own, since wrong tokens are tried, too, and lock an address out. Of what is valid: a key is of one request
    alone, a cursor is one that the server gave, an end lies in time to come, and every second meeting is there."""
    caller = next(callers)
    case.headers["X-Forwarded-For"] = f"198.51.{caller // 250 % 250}.{caller % 250}"
    case.body = small(case.body)
    if case.meta is None or case.meta.generation.mode != GenerationMode.POSITIVE:
        return
    if "Idempotency-Key" in case.headers:
        case.headers["Idempotency-Key"] = str(uuid.uuid4())
    if case.query and "cursor" in case.query:
        del case.query["cursor"]
    if isinstance(case.body, dict) and re.match(r"\d{4}-", str(case.body.get("expires"))):
        case.body["expires"] = "1d"
    if case.path.startswith("/api/meetings/{id}") and case.method.upper() != "DELETE" and caller % 2:
        case.path_parameters["id"] = MEETING
        if "If-Match" in case.headers:
            case.headers["If-Match"] = "*"

