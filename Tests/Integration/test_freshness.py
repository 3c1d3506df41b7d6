"""Two mounts of one bucket, one writing: what the other sees, and when."""

import os
import time

import pytest

import stores
from mounts import Mount


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    home = tmp_path_factory.mktemp("store")
    (home / "data").mkdir()
    store = stores.Store(home / "data", home).start()
    yield store
    store.stop()


@pytest.fixture
def pair(store, tmp_path):
    """A function from options to two mounts: one that writes, and one with the options that reads."""
    bucket = f"fresh-{os.urandom(6).hex()}"
    store.endpoint.client().create_bucket(Bucket=bucket)
    mounts = []

    def start(*options):
        for name, chosen in (("writer", ()), ("reader", options)):
            (tmp_path / name).mkdir()
            mounts.append(Mount(store.endpoint, bucket, tmp_path / name, "--no-hedging", *chosen).start())
        return mounts[0].path, mounts[1].path

    yield start
    for mount in mounts:
        mount.stop()


def text(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def test_close_to_open(pair):
    """Whatever the other has closed, the next open sees; hour-long trust in attributes does not matter."""
    writer, reader = pair("--consistency", "close-to-open", "--metadata-ttl", "3600")
    (writer / "file").write_text("0")
    for number in range(20):
        (writer / f"row-{number:02}").write_text("old")
    assert len(os.listdir(reader)) == 21
    for number in range(1, 30):
        (writer / "file").write_text(str(number))
        time.sleep(0.01)
        assert text(reader / "file") == str(number)
    # Also in the order of a listing.
    for round in ("new", "newer"):
        for number in range(20):
            (writer / f"row-{number:02}").write_text(round)
            time.sleep(0.01)
            assert text(reader / f"row-{number:02}") == round


def test_an_open_costs_one_request(store, pair):
    writer, reader = pair("--consistency", "close-to-open", "--metadata-ttl", "3600")
    (writer / "file").write_text("content")
    assert text(reader / "file") == "content"
    time.sleep(0.01)
    store.reset_counters()
    for _ in range(10):
        assert text(reader / "file") == "content"
    counted = {name: count["requests"] for name, count in store.counters().items()}
    # The pages stay in the kernel's cache.
    assert counted == {"HeadObject": 10}


def test_trust_for_a_time(pair):
    writer, reader = pair("--metadata-ttl", "2")
    (writer / "file").write_text("one")
    assert text(reader / "file") == "one"
    (writer / "file").write_text("three")
    time.sleep(2.2)
    assert os.stat(reader / "file").st_size == 5
    assert text(reader / "file") == "three"
    os.unlink(writer / "file")
    (writer / "other").write_text("x")
    time.sleep(2.2)
    assert os.listdir(reader) == ["other"]
    assert not os.path.exists(reader / "file")


def test_no_trust_at_all(pair):
    writer, reader = pair("--metadata-ttl", "0")
    for number in range(20):
        (writer / "file").write_text("x" * number)
        assert os.stat(reader / "file").st_size == number
        assert text(reader / "file") == "x" * number
        os.unlink(writer / "file")
        assert not os.path.exists(reader / "file")


def test_frozen_never_asks_again(store, pair):
    writer, reader = pair("--consistency", "frozen")
    for number in range(10):
        (writer / f"file-{number}").write_text("one")
    assert sorted(os.listdir(reader)) == [f"file-{number}" for number in range(10)]
    assert [text(reader / f"file-{number}") for number in range(10)] == ["one"] * 10
    (writer / "file-0").write_text("changed")
    time.sleep(1.5)
    store.reset_counters()
    for _ in range(3):
        assert sorted(os.listdir(reader)) == [f"file-{number}" for number in range(10)]
        assert [text(reader / f"file-{number}") for number in range(10)] == ["one"] * 10
        assert not os.path.exists(reader / "missing")
    assert store.counters() == {}
    # What it writes itself it knows.
    (reader / "own").write_text("own")
    assert text(reader / "own") == "own" and "own" in os.listdir(reader)
    os.unlink(reader / "own")
    assert not os.path.exists(reader / "own") and "own" not in os.listdir(reader)


@pytest.mark.parametrize("ttl", ["0", "1", "3600"])
def test_own_changes_are_seen_at_once(pair, ttl):
    _, path = pair("--metadata-ttl", ttl)
    os.mkdir(path / "folder")
    for round in range(3):
        for number in range(30):
            (path / "folder" / f"file-{number}").write_text(f"{round}-{number}")
            assert text(path / "folder" / f"file-{number}") == f"{round}-{number}"
        listed = {entry.name: entry.stat().st_size for entry in os.scandir(path / "folder")}
        assert listed == {f"file-{number}": len(f"{round}-{number}") for number in range(30)}
        os.rename(path / "folder" / "file-0", path / "folder" / "moved")
        assert not os.path.exists(path / "folder" / "file-0") and text(path / "folder" / "moved") == f"{round}-0"
        os.chmod(path / "folder" / "moved", 0o600)
        assert os.stat(path / "folder" / "moved").st_mode & 0o777 == 0o600
        os.unlink(path / "folder" / "moved")
        assert len(os.listdir(path / "folder")) == 29
    os.rename(path / "folder", path / "elsewhere")
    assert sorted(os.listdir(path / "elsewhere")) == sorted(f"file-{number}" for number in range(1, 30))
    assert text(path / "elsewhere" / "file-7") == "2-7"
    assert not os.path.exists(path / "folder")
