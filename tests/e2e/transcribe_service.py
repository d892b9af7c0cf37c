"""Amazon Transcribe's double, over a real bucket: it holds each call against the service's published model (botocore's), checks its signature, looks for
the recording in the bucket and puts the result there, as the service does with the caller's rights. A job runs until release() lets it end. Import it
after servers.prepare()."""
import collections
import http.server
import json
import re
import threading
import time

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import botocore.session
import botocore.validate

import servers

PATTERNS = {"TranscriptionJobName": r"[0-9a-zA-Z._-]{1,200}", "OutputKey": r"[a-zA-Z0-9-_.!*'()/]{1,1024}",
            "OutputBucketName": r"[a-z0-9][.\-a-z0-9]{1,61}[a-z0-9]", "VocabularyName": r"[0-9a-zA-Z._-]{1,200}"}


class Refused(Exception):
    """An error that the service answers with: its type, and its words."""


def word(start, content, speaker, length=0.3):
    return {"type": "pronunciation", "start_time": f"{start:.3f}", "end_time": f"{start + length:.3f}", "speaker_label": speaker,
            "alternatives": [{"confidence": "0.991", "content": content}]}


def result(name, lines):
    """What the service writes, of (speaker, sentence) pairs that follow each other."""
    items, segments, spoken, at = [], [], [], 0.5
    for number, (speaker, sentence) in enumerate(lines):
        label, begin, first = f"spk_{speaker}", at, len(items)
        for content in re.findall(r"[\w'’-]+|[.,?!]", sentence):
            if content in ".,?!":
                items.append({"type": "punctuation", "speaker_label": label, "alternatives": [{"confidence": "0.0", "content": content}]})
            else:
                items.append(word(at, content, label))
                at += 0.35
        segments.append({"id": number, "transcript": sentence, "start_time": f"{begin:.3f}", "end_time": f"{at:.3f}", "speaker_label": label,
                         "items": list(range(first, len(items)))})
        spoken.append(sentence)
        at += 0.5
    for number, item in enumerate(items):
        item["id"] = number
    turns = [{name: segment[name] for name in ("start_time", "end_time", "speaker_label")} | {"items": []} for segment in segments]
    return {"jobName": name, "accountId": "123456789012", "status": "COMPLETED",
            "results": {"transcripts": [{"transcript": " ".join(spoken)}], "items": items, "audio_segments": segments,
                        "speaker_labels": {"channel_label": "ch_0", "speakers": len({speaker for speaker, _ in lines}), "segments": turns}}}


class TranscribeService:
    def __init__(self, s3_client, lines):
        self.s3, self.lines = s3_client, lines
        self.model = botocore.session.get_session().get_service_model("transcribe")
        self.jobs, self.calls, self.faults = {}, collections.Counter(), []
        self.failure = None  # the reason that jobs fail for
        self.may_end = threading.Event()
        self.mutex = threading.Lock()

    def release(self):
        self.may_end.set()

    # the calls

    def start(self, asked):
        name = asked["TranscriptionJobName"]
        if name in self.jobs:
            raise Refused("ConflictException", "The requested job name already exists. Use a different job name.")
        bucket, _, key = asked["Media"]["MediaFileUri"].removeprefix("s3://").partition("/")
        self.s3.head_object(Bucket=bucket, Key=key)  # it stands where the call says
        self.jobs[name] = {"asked": asked, "began": time.time()}
        return {"TranscriptionJob": self.told(name, "QUEUED")}

    def told(self, name, status, **more):
        asked = self.jobs[name]["asked"]
        return {"TranscriptionJobName": name, "TranscriptionJobStatus": status, "Media": asked["Media"], "CreationTime": self.jobs[name]["began"],
                "Settings": asked.get("Settings", {}), **({"LanguageCode": asked["LanguageCode"]} if "LanguageCode" in asked else {}), **more}

    def get(self, asked):
        name = asked["TranscriptionJobName"]
        if name not in self.jobs:
            raise Refused("BadRequestException", "The requested job couldn't be found. Check the job name and try your request again.")
        if not self.may_end.is_set():
            return {"TranscriptionJob": self.told(name, "IN_PROGRESS", StartTime=self.jobs[name]["began"])}
        if self.failure:
            return {"TranscriptionJob": self.told(name, "FAILED", FailureReason=self.failure)}
        started = self.jobs[name]["asked"]
        bucket, key = started["OutputBucketName"], started["OutputKey"]
        self.s3.put_object(Bucket=bucket, Key=key, Body=json.dumps(result(name, self.lines)).encode())
        found = {} if "LanguageCode" in started else {"LanguageCode": "en-US", "IdentifiedLanguageScore": 0.98}
        place = {"TranscriptFileUri": f"https://s3.us-east-1.amazonaws.com/{bucket}/{key}"}
        return {"TranscriptionJob": self.told(name, "COMPLETED", Transcript=place, **found)}

    def delete(self, asked):
        self.jobs.pop(asked["TranscriptionJobName"], None)
        return None

    # the wire

    def check_signature(self, handler, body):
        found = re.fullmatch(r"AWS4-HMAC-SHA256 Credential=([^/]+)/\d{8}/([^/]+)/transcribe/aws4_request, ?SignedHeaders=([^,]+), ?"
                             r"Signature=([0-9a-f]{64})", handler.headers["Authorization"] or "")
        if not found or found[1] != servers.ACCESS_KEY:
            raise Refused("UnrecognizedClientException", "The security token included in the request is invalid.")
        request = botocore.awsrequest.AWSRequest("POST", f"http://{handler.headers['Host']}/", data=body,
                                                 headers={name: handler.headers[name] for name in found[3].split(";")})
        request.context["timestamp"] = handler.headers["X-Amz-Date"]
        auth = botocore.auth.SigV4Auth(botocore.credentials.Credentials(servers.ACCESS_KEY, servers.SECRET_KEY), "transcribe", found[2])
        if auth.signature(auth.string_to_sign(request, auth.canonical_request(request)), request) != found[4]:
            raise Refused("InvalidSignatureException", "The request signature we calculated does not match the signature you provided.")

    def check(self, shape, value, what):
        report = botocore.validate.ParamValidator().validate(value, shape)
        problems = report.generate_report() if report.has_errors() else ""
        for name, pattern in PATTERNS.items():
            if isinstance(value, dict) and name in value and not re.fullmatch(pattern, value[name]):
                problems += f" {name} is {value[name]!r}"
        if problems:
            self.faults.append(f"{what}: {problems}")
            raise Refused("BadRequestException", problems)

    def answer(self, handler, body):
        action = (handler.headers["X-Amz-Target"] or "").removeprefix("Transcribe.")
        calls = {"StartTranscriptionJob": self.start, "GetTranscriptionJob": self.get, "DeleteTranscriptionJob": self.delete}
        self.check_signature(handler, body)
        if action not in calls:
            raise Refused("UnknownOperationException", action)
        asked, operation = json.loads(body), self.model.operation_model(action)
        self.check(operation.input_shape, asked, action)
        with self.mutex:
            self.calls[action] += 1
            told = calls[action](asked)
        if operation.output_shape:
            self.check(operation.output_shape, told, f"the double's answer to {action}")
        return told

    def __enter__(self):
        service = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                try:
                    status, told = 200, service.answer(self, body)
                except Refused as problem:
                    status, told = 400, {"__type": problem.args[0], "Message": problem.args[1]}
                data = b"" if told is None else json.dumps(told).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/x-amz-json-1.1")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()
