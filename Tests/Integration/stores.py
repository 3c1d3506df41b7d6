"""Object stores that tests talk to: windlass-store, and clients for any of them."""

import contextlib
import json
import os
import re
import select
import signal
import socket
import subprocess
import time
import urllib.request
from dataclasses import dataclass, replace
from pathlib import Path

import boto3
from botocore.config import Config

from deadlines import programs, start

ROOT = Path(__file__).resolve().parents[2]
BINARIES = Path(os.environ.get("WINDLASS_BIN_DIR", ROOT / ".build" / "release")).resolve()
_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True)
class Endpoint:
    """Where a store is and how it is spoken to."""

    url: str
    access_key: str
    secret_key: str
    region: str
    # What a mount is told with --dialect; nothing where it is to find out itself.
    dialect: str = ""

    def client(self):
        """A boto3 client that never retries for long and never asks anybody else for credentials."""
        return boto3.client(
            "s3", endpoint_url=self.url, region_name=self.region,
            aws_access_key_id=self.access_key, aws_secret_access_key=self.secret_key,
            config=Config(
                s3={"addressing_style": "path"}, retries={"max_attempts": 2}, connect_timeout=5, read_timeout=60,
                request_checksum_calculation="when_required", response_checksum_validation="when_required"))

    def environment(self, home):
        """The environment of a program that is to use this store: nothing of the tests' own leaks into it."""
        return {
            "PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8",
            "AWS_ACCESS_KEY_ID": self.access_key, "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "OBS_ACCESS_KEY_ID": self.access_key, "OBS_SECRET_ACCESS_KEY": self.secret_key, "AWS_EC2_METADATA_DISABLED": "true"}


def free_port(first=None):
    """A port from `first` on, below those that outgoing connections take, so that it is still free when a server comes back to it."""
    for port in range(first or 10000 + os.getpid() % 9000, 32000):
        with socket.socket() as probe:
            with contextlib.suppress(OSError):
                probe.bind(("127.0.0.1", port))
                return port
    raise AssertionError("no free port")


class Store:
    """A windlass-store on a folder; `kill` and `start` again come back on the same port."""

    def __init__(self, folder, home, *options, environment=None):
        self.folder, self.home, self.port = Path(folder), Path(home), free_port()
        self.options, self.extra = options, environment or {}
        self.log = self.home / f"store-{self.port}.log"
        self.endpoint = Endpoint(f"http://127.0.0.1:{self.port}", "AKIAWINDLASSTEST", "windlass-test-secret", "us-east-1")
        self.process = None

    def start(self, timeout=30):
        """Returns when the store says that it is ready."""
        end = time.monotonic() + timeout
        while True:
            with open(self.log, "ab") as log:
                self.process = start(
                    [BINARIES / "windlass-store", self.folder, "--port", self.port, *self.options], stdout=subprocess.PIPE, stderr=log,
                    stdin=subprocess.DEVNULL, env=self.endpoint.environment(self.home) | self.extra)
            if self._is_ready(end):
                return self
            if time.monotonic() > end:
                raise AssertionError(f"windlass-store does not start:\n{self.log.read_text(errors='replace')[-4000:]}")
            time.sleep(0.1)

    def _is_ready(self, end):
        output = b""
        while time.monotonic() < end:
            ready, _, _ = select.select([self.process.stdout], [], [], 0.2)
            if ready:
                piece = os.read(self.process.stdout.fileno(), 4096)
                output += piece
                if re.search(rb"http://127\.0\.0\.1:\d+", output):
                    return True
                if not piece:
                    break
        self.kill()
        return False

    def kill(self):
        """As if the machine of the store were gone."""
        self._end(signal.SIGKILL)

    def stop(self):
        self._end(signal.SIGTERM)

    def _end(self, number):
        if self.process is None:
            return
        with contextlib.suppress(OSError):
            self.process.send_signal(number)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(20)
        self.process.stdout.close()
        programs.discard(self.process)
        self.process = None

    def faults(self, *rules):
        """Replaces the faults that are injected; none at all ends them."""
        self.control("PUT" if rules else "DELETE", "faults", list(rules) if rules else None)

    def reset_counters(self):
        self.control("POST", "counters/reset")

    def counters(self):
        """Operation -> {"requests", "bytesIn", "bytesOut", "errors"}."""
        return self.control("GET", "counters")

    def control(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.endpoint.url}/_store/{path}", data=data, method=method)
        with _direct.open(request, timeout=10) as answer:
            text = answer.read()
        return json.loads(text) if text.strip() else None


class ForeignStore:
    """A store that somebody else has written: it has no faults to be injected, and counts nothing."""

    process = "elsewhere"

    def __init__(self, endpoint):
        self.endpoint = endpoint

    def faults(self, *rules):
        pass

    def reset_counters(self):
        pass


# What tests can be run on that do not choose a store themselves: the embedded store in each dialect, and scripts/servers.
DIALECTS = {"s3": "s3", "obs": "obs", "obs-pfs": "obs", "cos": "cos", "oos": "oos"}
SERVERS = ["ceph", "seaweedfs", "ministack"]


@contextlib.contextmanager
def running(kind, home):
    """The embedded store, in a dialect of `DIALECTS`. In `obs-pfs` it is for buckets that are parallel file systems."""
    (home / "data").mkdir()
    store = Store(home / "data", home, "--dialect", DIALECTS[kind])
    if kind != "s3":
        store.endpoint = replace(store.endpoint, dialect=DIALECTS[kind])
    store.start()
    try:
        yield store
    finally:
        store.stop()


def fault(name, operations=None, **fields):
    """A rule for `Store.faults`, e.g. fault("error", ["PutObject"], status=503, code="SlowDown", times=2)."""
    rule = {"fault": name, **fields}
    if operations is not None:
        rule["operations"] = operations
    return rule


SLOW_DOWN = {"status": 503, "code": "SlowDown"}


def keys(client, bucket):
    """Every key of a bucket, in the order of the listing."""
    found = []
    for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        found += [entry["Key"] for entry in page.get("Contents", [])]
    return found


def body(client, bucket, key):
    return client.get_object(Bucket=bucket, Key=key)["Body"].read()
