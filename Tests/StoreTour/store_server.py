"""Starts windlass-store for a test and speaks raw signed HTTP to it."""

import base64
import http.client
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import urllib.parse
import zlib

import boto3
import botocore.auth
import botocore.awsrequest
import botocore.config
import botocore.credentials
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("WINDLASS_STORE", ROOT / ".build/release/windlass-store"))
ACCESS_KEY = "TESTACCESSKEY"
SECRET_KEY = "test-secret-key-of-the-tour"
REGION = "us-east-1"
from botocore.exceptions import ClientError


class StoreProcess:
    """A running windlass-store on a folder, with more options; the port stays the same over restarts."""

    def __init__(self, folder, *options):
        self.folder = str(folder)
        self.options = list(map(str, options))
        self.port = 0
        self.metadata = None
        self.process = None
        self.start()

    def start(self):
        environment = dict(os.environ, AWS_ACCESS_KEY_ID=ACCESS_KEY, AWS_SECRET_ACCESS_KEY=SECRET_KEY)
        command = [str(BINARY), self.folder, "--port", str(self.port), "--log-level", "warning", *self.options]
        self.process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        match = re.fullmatch(r"windlass-store: listening on http://127\.0\.0\.1:(\d+) \(data in .*\)\n", line)
        assert match, f"unexpected first line {line!r}"
        self.port = int(match.group(1))
        if "--metadata-port" in self.options:
            self.metadata = re.fullmatch(r"windlass-store: metadata services on (\S+)\n", self.process.stdout.readline()).group(1)

    @property
    def endpoint(self):
        return f"http://127.0.0.1:{self.port}"

    def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        code = self.process.wait(timeout=20)
        self.process.stdout.close()
        return code

    def client(self, endpoint=None, keys=(ACCESS_KEY, SECRET_KEY, None), **options):
        settings = {"retries": {"max_attempts": 1}, "connect_timeout": 5, "read_timeout": 20, **options}
        return boto3.client(
            "s3", endpoint_url=endpoint or self.endpoint, aws_access_key_id=keys[0], aws_secret_access_key=keys[1],
            aws_session_token=keys[2], region_name=REGION, config=botocore.config.Config(**settings))

    def raw(self, method, path, query="", body=None, headers=None, sign=True, host=None, payload=None):
        """One request whose path goes over the wire as given; (status, headers, body)."""
        host = host or f"127.0.0.1:{self.port}"
        headers = dict(headers or {})
        url = f"http://{host}{path}" + (f"?{query}" if query else "")
        if sign:
            request = botocore.awsrequest.AWSRequest(method=method, url=url, data=body or b"", headers={**headers, "Host": host})
            signer = RawPathAuth(path, payload)
            signer.add_auth(request)
            headers = dict(request.headers.items())
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.putrequest(method, path + (f"?{query}" if query else ""), skip_host=True, skip_accept_encoding=True)
            for name, value in headers.items():
                connection.putheader(name, value)
            if not sign:
                connection.putheader("Host", host)
            if body is not None and "Content-Length" not in headers:
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
            response = connection.getresponse()
            return response.status, dict((n.lower(), v) for n, v in response.getheaders()), response.read()
        finally:
            connection.close()

    def control(self, method, path, value=None):
        body = None if value is None else json.dumps(value).encode()
        status, _, data = self.raw(method, "/_store/" + path, body=body, sign=False)
        assert status in (200, 204), data
        return json.loads(data) if data else None


def resolve_localhost(monkeypatch):
    """Every name below localhost is this machine (RFC 6761, 6.3), which not every resolver knows."""
    original = socket.getaddrinfo

    def resolve(host, *arguments, **named):
        name = host.decode() if isinstance(host, bytes) else host
        return original("127.0.0.1" if name and name.endswith(".localhost") else host, *arguments, **named)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)


class RawPathAuth(botocore.auth.S3SigV4Auth):
    """Signs the path as given: botocore would take dot segments out of it."""

    def __init__(self, path, payload=None):
        super().__init__(botocore.credentials.Credentials(ACCESS_KEY, SECRET_KEY), "s3", REGION)
        self.raw_path = path
        self.fixed_payload = payload

    def _normalize_url_path(self, path):
        return self.raw_path

    def payload(self, request):
        return self.fixed_payload or super().payload(request)


def error_code(body):
    match = re.search(rb"<Code>(.*?)</Code>", body)
    return match.group(1).decode() if match else None


def quote(key):
    return urllib.parse.quote(key if isinstance(key, bytes) else key.encode(), safe="/~")


def code_of(call, *arguments, **named):
    with pytest.raises(ClientError) as caught:
        call(*arguments, **named)
    return caught.value.response["Error"]["Code"]


def status_of(call, *arguments, **named):
    with pytest.raises(ClientError) as caught:
        call(*arguments, **named)
    return caught.value.response["ResponseMetadata"]["HTTPStatusCode"]


def crc32_text(data):
    return base64.b64encode(zlib.crc32(data).to_bytes(4, "big")).decode()
