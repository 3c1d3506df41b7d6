"""`windlass cp|mv|sync`: files and folders up, down and between buckets; what is transferred, and what is not."""

import base64
import os
import time

import pytest

from bucket_under_test import FORMS, names, stores  # noqa: F401 (fixtures)
from object_under_test import make  # noqa: F401 (fixture)
from test_servers import endpoint_of, server  # noqa: F401 (fixture)
from transferring import PART, TREE, Bucket, of, read, write


@pytest.fixture
def bucket(store, tmp_path):
    return Bucket(store.endpoint, tmp_path)


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
    write(tmp_path / "src", {"good": b"x"})
    # Stores of this kind take keys that are text only.
    events = bucket.run("cp", "-r", tmp_path / "src", "K:p/", status=1)
    [refused] = [event for event in events if event["event"] == "failed"]
    assert base64.b64decode(refused["pathBytes"]) == b"\xff\xfe" and of(events, "done") == ["good"]


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
