"""Transfers of a bucket, for the tests of `windlass cp|mv|sync|transfer`."""

import contextlib
import json
import os
import subprocess
import time
import uuid

from deadlines import run, start
from mounts import WINDLASS
from stores import fault

PART = 5 << 20
MARK = ".windlass-part-"


class Bucket:
    """A new bucket of a store, and transfers of it."""

    def __init__(self, endpoint, home, dialect="s3"):
        self.endpoint, self.home, self.dialect = endpoint, home, dialect
        self.name = f"b-{uuid.uuid4().hex[:10]}"
        self.client = endpoint.client()
        self.client.create_bucket(Bucket=self.name)

    def url(self, key=""):
        return f"{self.dialect}://{self.name}/{key}"

    def words(self, words):
        words = [self.url(word[2:]) if str(word).startswith("K:") else word for word in words]
        return [WINDLASS, *words] + ([] if words[0] == "transfer" else ["--endpoint", self.endpoint.url])

    @property
    def environment(self):
        return self.endpoint.environment(self.home) | {"XDG_STATE_HOME": str(self.home / "state")}

    def run(self, *words, status=0, timeout=100):
        """Its events."""
        done = run(self.words(words), check=False, timeout=timeout, env=self.environment)
        assert done.returncode == status, (words, done.returncode, done.stdout[-3000:], done.stderr)
        self.errors = done.stderr
        return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")] or done.stdout

    def start(self, *words, **options):
        options = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL} | options
        return start(self.words(words), env=self.environment, stdin=subprocess.DEVNULL, **options)

    def jobs(self):
        text = run([WINDLASS, "transfer", "list", "--json"], timeout=20, env=self.environment).stdout
        return [json.loads(line) for line in text.splitlines()]

    def keys(self):
        return [entry["Key"] for page in self.client.get_paginator("list_objects_v2").paginate(Bucket=self.name) for entry in page.get("Contents", [])]

    def get(self, key):
        return self.client.get_object(Bucket=self.name, Key=key)["Body"].read()

    def put(self, key, content, **named):
        self.client.put_object(Bucket=self.name, Key=key, Body=content, **named)

    def uploads(self):
        return self.client.list_multipart_uploads(Bucket=self.name).get("Uploads", [])

    def leftovers(self, folder=None):
        """Everything that a transfer leaves while it is not done."""
        beside = [path for path in folder.rglob("*") if MARK in path.name] if folder else []
        return self.uploads() + beside + self.jobs()


def write(folder, content, seconds=1_700_000_000):
    for name, data in content.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
        os.utime(folder / name, ns=(seconds * 10**9 + 123_456_789,) * 2)


def read(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def kinds(events):
    return [event["event"] for event in events]


def of(events, kind):
    return sorted(event.get("path") for event in events if event["event"] == kind)


TREE = {"a": b"one", "a b/ü": b"", "a-b": b"two", "a.d/e/f": os.urandom(70_000), "z": os.urandom(300)}


def wait_for(condition, seconds=40):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


def checkpoint_lines(bucket, word):
    found = 0
    for path in (bucket.home / "state/windlass/transfers").glob("*/checkpoint"):
        with contextlib.suppress(OSError):
            found += path.read_text(errors="replace").count(word)
    return found


def slow(store, *operations):
    """Bodies take a while, so that a signal comes in between."""
    store.faults(fault("latency", list(operations), milliseconds=150))
