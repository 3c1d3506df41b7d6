"""`windlass cp|mv|sync|transfer`: files and folders up, down and between buckets, interrupted and taken up again."""

import contextlib
import filecmp
import json
import os
import random
import signal
import subprocess
import time
import uuid

import pytest

from bucket_under_test import FORMS, names, stores  # noqa: F401 (fixtures)
from deadlines import programs, run, start
from mounts import WINDLASS
from object_under_test import make  # noqa: F401 (fixture)
from stores import fault
from test_servers import server, endpoint_of  # noqa: F401 (fixture)

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


@pytest.fixture
def bucket(store, tmp_path):
    return Bucket(store.endpoint, tmp_path)


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


# In every dialect

@pytest.mark.parametrize("form", list(FORMS))
def test_folders_go_up_down_and_across_in_every_dialect(form, make, tmp_path):
    there = make(form)
    large = os.urandom(2 * PART + 17)
    write(tmp_path / "src", TREE | {"large": large})
    options = ["--part-size", "5M", "--progress", "none"]
    there.command("cp", "-r", tmp_path / "src", "K:up", *options)
    there.command("sync", tmp_path / "src", "K:up", *options, "--delete")
    there.command("sync", "K:up", tmp_path / "down", *options)
    assert read(tmp_path / "down") == TREE | {"large": large}
    assert (tmp_path / "down" / "large").stat().st_mtime_ns == 1_700_000_000_123_456_789
    other = make(form)
    there.command("sync", "K:up", other.address("again"), "--progress", "none", "--part-size", "5M")
    assert other.vendor.get(other.name, "again/large") == large
    assert len(other.vendor.keys(other.name)) == len(TREE) + 1
    again = there.command("sync", "K:up", other.address("again"), "--progress", "json")
    assert not [line for line in again.splitlines() if '"done"' in line and '"path"' in line], again


def test_between_two_stores(make, tmp_path):
    """Of two dialects: through the memory of this machine."""
    s3, obs = make("s3"), make("obs")
    large = os.urandom(3 * PART + 5)
    write(tmp_path / "src", TREE | {"large": large})
    s3.command("cp", "-r", tmp_path / "src", "K:x", "--progress", "none")
    for _ in range(2):
        s3.command("sync", "K:x", f"obs://{obs.name}/y", "--target-endpoint", obs.endpoint.url, "--part-size", "5M", "--delete", "--progress", "none")
    obs.command("sync", f"obs://{obs.name}/y", tmp_path / "back", "--progress", "none")
    assert read(tmp_path / "back") == TREE | {"large": large}
    assert (tmp_path / "back" / "a").stat().st_mtime_ns == 1_700_000_000_123_456_789


def test_on_a_server_of_others(server, tmp_path):
    bucket = Bucket(endpoint_of(server), tmp_path)
    large = os.urandom(2 * PART + 9)
    write(tmp_path / "src", TREE | {"large": large})
    bucket.run("sync", tmp_path / "src", "K:up", "--part-size", "5M")
    assert of(bucket.run("sync", tmp_path / "src", "K:up", "--part-size", "5M"), "done") == []
    bucket.run("sync", "K:up", tmp_path / "down", "--part-size", "5M")
    assert read(tmp_path / "down") == TREE | {"large": large}
    bucket.run("sync", "K:up", "K:again")
    bucket.run("cp", "-r", "K:again", tmp_path / "third")
    assert read(tmp_path / "third") == TREE | {"large": large}
    (tmp_path / "src" / "a").unlink()
    bucket.run("sync", tmp_path / "src", "K:up", "--delete")
    assert "up/a" not in bucket.keys() and not bucket.leftovers(tmp_path)


# What is transferred

def test_sync_transfers_what_differs(bucket, tmp_path):
    write(tmp_path / "src", TREE)
    events = bucket.run("sync", tmp_path / "src", "K:p")
    assert of(events, "done") == of(events, "queued") == sorted(TREE)
    assert events[0]["event"] == "begun" and events[-1]["event"] == "ended" and events[-1]["status"] == "done"
    assert events[-1]["files"] == len(TREE) and events[-1]["bytes"] == sum(map(len, TREE.values()))
    assert of(bucket.run("sync", tmp_path / "src", "K:p"), "done") == []
    # An older file of the same size is another one.
    write(tmp_path / "src", {"a": b"eno"}, seconds=1_600_000_000)
    assert of(bucket.run("sync", tmp_path / "src", "K:p"), "done") == ["a"]
    assert bucket.get("p/a") == b"eno"
    events = bucket.run("sync", "K:p", tmp_path / "dst")
    assert read(tmp_path / "dst") == TREE | {"a": b"eno"}
    assert of(bucket.run("sync", "K:p", tmp_path / "dst"), "done") == []
    os.utime(tmp_path / "dst" / "z")
    assert of(bucket.run("sync", "K:p", tmp_path / "dst", "--checksum"), "done") == []
    assert of(bucket.run("sync", "K:p", tmp_path / "dst", "--size-only"), "done") == []
    assert of(bucket.run("sync", "K:p", tmp_path / "dst"), "done") == ["z"]
    write(tmp_path / "dst", {"z": bytes(300)})
    assert of(bucket.run("sync", "K:p", tmp_path / "dst"), "done") == [] and of(bucket.run("sync", "K:p", tmp_path / "dst", "--checksum"), "done") == ["z"]
    bucket.put("foreign", b"x")
    bucket.run("sync", "K:", tmp_path / "all")
    assert of(bucket.run("sync", "K:", tmp_path / "all"), "done") == []


def test_modes_and_times_come_back(bucket, tmp_path):
    write(tmp_path / "src", {"x": b"#!/bin/sh\n"})
    (tmp_path / "src" / "x").chmod(0o751)
    bucket.run("cp", "-r", tmp_path / "src", "K:")
    bucket.run("cp", "K:x", tmp_path / "one")
    assert (tmp_path / "one").stat().st_mode & 0o7777 == 0o751
    assert (tmp_path / "one").stat().st_mtime_ns == (tmp_path / "src" / "x").stat().st_mtime_ns


def test_filters(bucket, tmp_path):
    write(tmp_path / "src", {name: b"x" for name in ("a.txt", "a.tmp", "cache/x.txt", "d/b.txt", "d/c.jpg")})
    bucket.run("sync", tmp_path / "src", "K:1", "--exclude", "*.tmp", "--exclude", "cache")
    bucket.run("sync", tmp_path / "src", "K:2", "--include", "*.txt", "--exclude", "cache")
    bucket.run("sync", tmp_path / "src", "K:3", "--exclude", "*", "--include", "d/*.jpg")
    bucket.run("sync", tmp_path / "src", "K:4", "--include", "d/*.jpg", "--exclude", "*")
    assert bucket.keys() == ["1/a.txt", "1/d/b.txt", "1/d/c.jpg", "2/a.txt", "2/d/b.txt", "3/d/c.jpg"]
    # What is excluded is not deleted either.
    bucket.put("1/kept.tmp", b"x")
    bucket.put("1/old", b"x")
    assert of(bucket.run("sync", tmp_path / "src", "K:1", "--exclude", "*.tmp", "--exclude", "cache", "--delete"), "deleted") == ["old"]
    assert "1/kept.tmp" in bucket.keys()


def test_delete_on_both_sides_and_dry_runs(bucket, tmp_path):
    write(tmp_path / "src", TREE)
    for key in ("p/old", "p/a/below", "q/other"):
        bucket.put(key, b"x")
    told = bucket.run("sync", tmp_path / "src", "K:p", "--delete", "--dry-run")
    assert told.count("would copy") == len(TREE) and told.count("would delete") == 2
    assert bucket.keys() == ["p/a/below", "p/old", "q/other"]
    assert of(bucket.run("sync", tmp_path / "src", "K:p", "--delete"), "deleted") == ["a/below", "old"]
    assert bucket.keys() == sorted([f"p/{name}" for name in TREE] + ["q/other"], key=str.encode)
    write(tmp_path / "dst", {"x/y/z": b"x", "a": b"other", "old": b""})
    told = bucket.run("sync", "K:p", tmp_path / "dst", "--delete", "--dry-run")
    assert told.count("would delete") == 2 and (tmp_path / "dst" / "old").exists()
    bucket.run("sync", "K:p", tmp_path / "dst", "--delete")
    assert read(tmp_path / "dst") == TREE and not (tmp_path / "dst" / "x").exists()


def test_what_was_not_listed_is_not_deleted(bucket, tmp_path):
    (tmp_path / "empty").mkdir()
    bucket.put("p/k", b"x")
    bucket.run("sync", tmp_path / "empty", "K:p", "--delete", status=3)
    assert "nothing at the source" in bucket.errors
    write(tmp_path / "dst", {"x": b"x"})
    bucket.run("sync", "K:none", tmp_path / "dst", "--delete", status=3)
    bucket.run("sync", tmp_path / "missing", "K:p", "--delete", status=1)
    # A folder that cannot be read, here because its links lead in a circle.
    write(tmp_path / "src", {"x": b"x"})
    (tmp_path / "src" / "loop").symlink_to(".")
    events = bucket.run("sync", tmp_path / "src", "K:p", "--delete", "--follow", status=1)
    assert of(events, "failed") == ["loop"] and of(events, "done") == ["x"]
    assert bucket.keys() == ["p/k", "p/x"] and (tmp_path / "dst" / "x").exists()


def test_links_are_left_out_or_followed(bucket, tmp_path):
    write(tmp_path / "src", {"f": b"f", "d/g": b"g"})
    (tmp_path / "src" / "link").symlink_to("f")
    (tmp_path / "src" / "folder").symlink_to("d")
    os.mkfifo(tmp_path / "src" / "pipe")
    events = bucket.run("cp", "-r", tmp_path / "src", "K:")
    assert of(events, "skipped") == ["folder", "link", "pipe"] and bucket.keys() == ["d/g", "f"]
    bucket.run("cp", "-r", "--follow", tmp_path / "src", "K:")
    assert bucket.keys() == ["d/g", "f", "folder/g", "link"]


def test_no_name_leads_out_of_the_folder(bucket, tmp_path):
    bad = ["../escaped", "a/../../escaped", "/absolute", "d//x", "./dot", "a/.", "n" * 256]
    for key in [*bad, "file", "file/below", "good"]:
        bucket.put("p/" + key, b"x")
    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "in" / "dst").mkdir()
    (tmp_path / "in" / "dst" / "gate").symlink_to(tmp_path / "out")
    bucket.put("p/gate/through", b"x")
    events = bucket.run("sync", "K:p", tmp_path / "in" / "dst", status=1)
    assert of(events, "failed") == sorted([*bad, "file/below", "gate/through"])
    assert sorted(read(tmp_path / "in" / "dst")) == ["file", "good"]
    assert [path.name for path in (tmp_path / "in").iterdir()] == ["dst"] and not list((tmp_path / "out").iterdir())
    assert "10 files failed" not in bucket.errors and "9 files failed" in bucket.errors
    assert bucket.jobs()[0]["event"] == "failed"
    bucket.run("transfer", "cancel", bucket.jobs()[0]["job"])
    assert not bucket.leftovers(tmp_path)


def test_a_folder_into_itself_is_refused(bucket, tmp_path):
    bucket.put("a/b", b"x")
    bucket.run("sync", "K:a", "K:a/c", status=2)
    bucket.run("sync", "K:a", "K:", "--delete", status=2)
    bucket.run("cp", "-r", "K:a", "K:a", status=2)
    bucket.run("sync", tmp_path, status=1)
    assert bucket.keys() == ["a/b"]


def test_names_that_are_no_text(bucket, tmp_path):
    (tmp_path / "src").mkdir()
    name = os.fsencode(tmp_path / "src") + b"/\xff\xfe"
    with open(name, "wb") as file:
        file.write(b"bytes")
    events = bucket.run("cp", "-r", tmp_path / "src", "K:p/")
    if events[-1]["failed"] == 0:
        bucket.run("cp", "-r", "K:p", tmp_path / "dst")
        assert os.listdir(os.fsencode(tmp_path / "dst")) == [b"\xff\xfe"]


# Interrupted and taken up again

def slow(store, *operations):
    """Bodies take a while, so that a signal comes in between."""
    store.faults(fault("latency", list(operations), milliseconds=150))


@pytest.mark.parametrize("direction", ["up", "down", "across"])
def test_an_interrupted_transfer_goes_on(bucket, store, tmp_path, direction):
    content = os.urandom(12 * PART)
    write(tmp_path / "src", {"large": content, "small": b"x"})
    other = Bucket(store.endpoint, tmp_path)
    if direction != "up":
        bucket.run("cp", "-r", tmp_path / "src", "K:p")
    words = {"up": ["cp", "-r", tmp_path / "src", "K:p"], "down": ["cp", "-r", "K:p", tmp_path / "dst"],
             "across": ["cp", "-r", "K:p", other.url("q")]}[direction]
    words += ["--part-size", "5M", "--parallel", "2"]
    slow(store, "UploadPart", "GetObject", "UploadPartCopy")
    process = bucket.start(*words)
    wait_for(lambda: bucket.jobs() and checkpoint_lines(bucket, '"part"') >= 3)
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 1
    [job] = bucket.jobs()
    assert job["event"] == "interrupted" and (other if direction == "across" else bucket).leftovers(tmp_path)
    store.faults()
    store.reset_counters()
    if direction == "up":
        bucket.run(*words)
    else:
        bucket.run("transfer", "resume", job["job"])
    operation = {"up": "UploadPart", "down": "GetObject", "across": "UploadPartCopy"}[direction]
    assert 0 < store.counters()[operation]["requests"] <= 10, "the parts that were there were transferred again"
    if direction == "up":
        assert bucket.get("p/large") == content
    elif direction == "across":
        assert other.get("q/large") == content
    else:
        assert (tmp_path / "dst" / "large").read_bytes() == content
    assert not bucket.leftovers(tmp_path) and not other.leftovers()


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


@pytest.mark.parametrize("direction", ["up", "down"])
def test_a_changed_source_is_refused(bucket, store, tmp_path, direction):
    content = os.urandom(12 * PART)
    write(tmp_path / "src", {"large": content, "small": b"x"})
    if direction == "down":
        bucket.run("cp", "-r", tmp_path / "src", "K:p")
    words = ["cp", "-r", tmp_path / "src", "K:p"] if direction == "up" else ["cp", "-r", "K:p", tmp_path / "dst"]
    words += ["--part-size", "5M", "--parallel", "2"]
    slow(store, "UploadPart", "GetObject")
    process = bucket.start(*words)
    wait_for(lambda: checkpoint_lines(bucket, '"part"') >= 2)
    process.kill()
    process.wait(20)
    store.faults()
    changed = os.urandom(12 * PART)
    if direction == "up":
        write(tmp_path / "src", {"large": changed}, seconds=1_700_000_001)
    else:
        bucket.put("p/large", changed)
    events = bucket.run(*words, status=3)
    assert of(events, "refused") == ["large"] and "has changed since" in bucket.errors
    assert not bucket.uploads() and (direction == "up" or not (tmp_path / "dst" / "large").exists())
    bucket.run(*words)
    assert bucket.get("p/large") == changed if direction == "up" else (tmp_path / "dst" / "large").read_bytes() == changed
    assert not bucket.leftovers(tmp_path)


def test_a_source_that_changes_under_way_is_refused(bucket, store, tmp_path):
    write(tmp_path / "src", {"large": bytes(8 * PART)})
    bucket.put("p/large", b"before")
    slow(store, "UploadPart")
    process = bucket.start("cp", tmp_path / "src" / "large", "K:p/", "--part-size", "5M", "--parallel", "2", stderr=subprocess.PIPE)
    wait_for(lambda: checkpoint_lines(bucket, '"part"') >= 1)
    with open(tmp_path / "src" / "large", "r+b") as file:
        file.write(b"changed")
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 3 and b"has changed while" in errors, errors
    assert bucket.get("p/large") == b"before" and not bucket.uploads()
    # And an object that changes while its ranges are fetched.
    bucket.put("q", os.urandom(12 * PART))
    slow(store, "GetObject")
    process = bucket.start("cp", "K:q", tmp_path / "q", "--part-size", "5M", "--parallel", "2", stderr=subprocess.PIPE)
    wait_for(lambda: checkpoint_lines(bucket, '"part"') >= 1)
    bucket.put("q", os.urandom(12 * PART))
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 3, errors
    assert not (tmp_path / "q").exists()


@pytest.mark.deadline(1200)
@pytest.mark.parametrize("direction", ["up", "down"])
def test_transfers_killed_again_and_again(bucket, store, tmp_path, direction, request):
    """kill -9 at random moments: at the end everything is there, byte for byte, and nothing else."""
    kills = 50 if request.config.getoption("--long") else 10
    generator = random.Random(int(os.environ.get("WINDLASS_SEED", "1")))
    content = {f"d{n % 7}/file-{n}": generator.randbytes(generator.choice([0, 10, 5000, 200_000])) for n in range(300)}
    content |= {"large-1": generator.randbytes(9 * PART + 3), "large-2": generator.randbytes(4 * PART), "z/large-3": generator.randbytes(6 * PART + 1)}
    write(tmp_path / "src", content)
    if direction == "down":
        bucket.run("cp", "-r", tmp_path / "src", "K:p")
        words = ["cp", "-r", "K:p", tmp_path / "dst"]
    else:
        words = ["cp", "-r", tmp_path / "src", "K:p"]
    words += ["--part-size", "5M", "--parallel", "4"]
    done = 0
    while done < kills:
        store.faults(fault("latency", ["UploadPart", "GetObject", "PutObject", "CreateMultipartUpload", "CompleteMultipartUpload"],
                           milliseconds=generator.choice([10, 30, 80])))
        process = bucket.start(*words)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(generator.uniform(0.02, 1.5))
        if process.poll() is None:
            process.kill()
            done += 1
        elif direction == "up":
            # It was done: another begins.
            store.faults()
            bucket.run("rm", "-r", "K:p")
        else:
            run(["rm", "-rf", tmp_path / "dst"])
        process.wait(20)
        programs.discard(process)
    store.faults()
    bucket.run(*words)
    if direction == "up":
        assert bucket.keys() == sorted((f"p/{name}" for name in content), key=str.encode)
        assert all(bucket.get(f"p/{name}") == data for name, data in content.items())
    else:
        assert read(tmp_path / "dst") == content
    assert not bucket.leftovers(tmp_path)


def test_a_copy_that_goes_on_does_not_begin_anew(bucket, store, tmp_path):
    """Files that were done before are compared, not sent again; those that have changed since are."""
    write(tmp_path / "src", {f"{n:04}": b"x" * n for n in range(400)})
    store.faults(fault("latency", ["PutObject"], milliseconds=40))
    process = bucket.start("cp", "-r", tmp_path / "src", "K:", "--parallel", "4")
    wait_for(lambda: len(bucket.keys()) > 100)
    process.kill()
    process.wait(20)
    store.faults()
    write(tmp_path / "src", {"0001": b"y"}, seconds=1_700_000_009)
    events = bucket.run("cp", "-r", tmp_path / "src", "K:", "--parallel", "4")
    assert 0 < len(of(events, "done")) < 310 and "0001" in of(events, "done") and bucket.get("0001") == b"y"
    assert len(bucket.keys()) == 400 and not bucket.leftovers()
    assert len(of(bucket.run("cp", "-r", tmp_path / "src", "K:"), "done")) == 400


def test_restart_takes_away_what_was_left(bucket, store, tmp_path):
    write(tmp_path / "src", {"large": os.urandom(8 * PART)})
    slow(store, "UploadPart")
    process = bucket.start("cp", tmp_path / "src" / "large", "K:", "--part-size", "5M", "--parallel", "2")
    wait_for(lambda: checkpoint_lines(bucket, '"part"') >= 2)
    process.kill()
    process.wait(20)
    store.faults()
    store.reset_counters()
    bucket.run("cp", tmp_path / "src" / "large", "K:", "--part-size", "5M", "--restart")
    assert store.counters()["UploadPart"]["requests"] == 8 and not bucket.leftovers()


# By hand

def test_pause_resume_and_cancel(bucket, store, tmp_path):
    write(tmp_path / "src", {"large": os.urandom(10 * PART)})
    slow(store, "UploadPart")
    words = ["cp", tmp_path / "src" / "large", "K:", "--part-size", "5M", "--parallel", "1"]
    process = bucket.start(*words)
    wait_for(lambda: checkpoint_lines(bucket, '"part"') >= 1)
    [job] = bucket.jobs()
    assert job["event"] == "running" and job["source"].endswith("/src/large")
    bucket.run(*words, status=3)
    assert "under way already" in bucket.errors
    bucket.run("transfer", "pause", job["job"])
    wait_for(lambda: bucket.jobs()[0]["event"] == "paused")
    time.sleep(1)
    before = checkpoint_lines(bucket, '"part"')
    time.sleep(1.5)
    assert checkpoint_lines(bucket, '"part"') == before and process.poll() is None
    os.kill(process.pid, signal.SIGUSR2)
    wait_for(lambda: checkpoint_lines(bucket, '"part"') > before)
    bucket.run("transfer", "cancel", job["job"])
    assert process.wait(20) == 1 and not bucket.leftovers() and bucket.keys() == []
    bucket.run("transfer", "resume", job["job"], status=1)


@pytest.mark.parametrize("direction", ["up", "down"])
def test_cancelling_one_that_was_killed(bucket, store, tmp_path, direction):
    write(tmp_path / "src", {"large": os.urandom(10 * PART)})
    bucket.run("cp", "-r", tmp_path / "src", "K:p")
    slow(store, "UploadPart", "GetObject")
    words = ["sync", tmp_path / "src", "K:q"] if direction == "up" else ["sync", "K:p", tmp_path / "dst"]
    process = bucket.start(*words, "--part-size", "5M", "--parallel", "2")
    wait_for(lambda: checkpoint_lines(bucket, '"part"') >= 1)
    process.kill()
    process.wait(20)
    store.faults()
    [job] = bucket.jobs()
    assert len(bucket.leftovers(tmp_path)) == 2
    bucket.run("transfer", "cancel", job["job"])
    assert not bucket.leftovers(tmp_path)


def test_the_bandwidth_is_limited(bucket, tmp_path):
    write(tmp_path / "src", {"a": os.urandom(3 << 20), **{f"s{n}": os.urandom(100_000) for n in range(10)}})
    size = (3 << 20) + 1_000_000
    for words in (["cp", "-r", tmp_path / "src", "K:p"], ["cp", "-r", "K:p", tmp_path / "dst"]):
        begun = time.monotonic()
        bucket.run(*words, "--bandwidth", "1M")
        seconds = time.monotonic() - begun
        assert 0.85 * size / 2**20 < seconds < 2 * size / 2**20 + 3, seconds
    assert filecmp.cmp(tmp_path / "src" / "a", tmp_path / "dst" / "a", shallow=False)


def test_events_tell_of_progress(bucket, tmp_path):
    write(tmp_path / "src", {"large": os.urandom(4 << 20)})
    events = bucket.run("cp", tmp_path / "src" / "large", "K:", "--bandwidth", "1M")
    assert kinds(events)[:2] == ["begun", "queued"] and kinds(events)[-2:] == ["done", "ended"]
    steps = [event["done"] for event in events if event["event"] == "progress"]
    assert len(steps) >= 2 and steps == sorted(steps) and 0 < steps[0] and steps[-1] <= 4 << 20
    assert all(set(event) >= {"event", "time"} for event in events)
    assert bucket.run("cp", tmp_path / "src" / "large", "K:", "--progress", "none") == ""


@pytest.mark.deadline(400)
def test_ten_thousand_files(bucket, tmp_path):
    content = {f"{n % 100:02}/{n:05}": str(n).encode() for n in range(10_000)}
    write(tmp_path / "src", content)
    times = {}
    for name, words in {"up": ["sync", tmp_path / "src", "K:p"], "same": ["sync", tmp_path / "src", "K:p", "--delete"],
                        "down": ["cp", "-r", "K:p", tmp_path / "dst"], "across": ["sync", "K:p", "K:q"]}.items():
        begun = time.monotonic()
        events = bucket.run(*words, timeout=200)
        times[name] = round(time.monotonic() - begun, 1)
        assert events[-1]["files"] == (0 if name == "same" else 10_000), events[-1]
    assert read(tmp_path / "dst") == content and len(bucket.keys()) == 20_000
    (tmp_path / "src" / "00" / "00000").unlink()
    assert of(bucket.run("sync", tmp_path / "src", "K:p", "--delete"), "deleted") == ["00/00000"]
    print("seconds for ten thousand files:", times)


# On a terminal

class Screen:
    """A window of tmux, with a command in it."""

    def __init__(self, folder, columns=100):
        self.socket = folder / "tmux"
        self("new-session", "-d", "-x", columns, "-y", 20, "sh")

    def __call__(self, *words):
        return run(["tmux", "-S", self.socket, *words], timeout=20).stdout

    def type(self, text):
        self("send-keys", "-l", text)
        self("send-keys", "Enter")

    @property
    def text(self):
        return self("capture-pane", "-p", "-J")

    def close(self):
        run(["tmux", "-S", self.socket, "kill-server"], timeout=20, check=False)


def test_a_bar_on_a_terminal(bucket, tmp_path):
    write(tmp_path / "src", {"large": os.urandom(5 << 20)})
    words = " ".join(str(word) for word in bucket.words(["cp", tmp_path / "src" / "large", "K:", "--bandwidth", "1M"]))
    settings = " ".join(f"{name}='{value}'" for name, value in bucket.environment.items())
    script = tmp_path / "copy"
    script.write_text(f"#!/bin/sh\nenv {settings} {words}\necho ended with $?\n")
    script.chmod(0o755)
    screen = Screen(tmp_path)
    try:
        screen.type(str(script))
        wait_for(lambda: "#" in screen.text and "of 5.0 MiB" in screen.text and "/s" in screen.text)
        assert "{" not in screen.text
        lines = [line for line in screen.text.splitlines() if "of 5.0 MiB" in line]
        assert len(lines) == 1 and len(lines[0]) < 100
        wait_for(lambda: "ended with 0" in screen.text)
        assert "1 files, 5.0 MiB in" in screen.text and "[" not in screen.text.split("1 files")[1]
        # The signal that Ctrl-C sends.
        screen.type(f"{script}")
        wait_for(lambda: screen.text.count("of 5.0 MiB") == 1)
        screen("send-keys", "C-c")
        wait_for(lambda: "ended with 1" in screen.text)
        assert "interrupted" in screen.text
    finally:
        screen.close()
