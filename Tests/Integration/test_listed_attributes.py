"""Stores whose listings tell of objects what HEAD tells: looking at folders asks for listings only, and shows the same."""

import json
import os
import stat
import uuid

import pytest

import stores
from deadlines import run
from mounts import Mount, windlass

FILES = 1200


@pytest.fixture(scope="module", params=["list-metadata", None])
def telling(request, tmp_path_factory):
    """A store, and whether its listings tell attributes."""
    home = tmp_path_factory.mktemp("telling")
    (home / "data").mkdir()
    options = ("--quirk", request.param) if request.param else ()
    store = stores.Store(home / "data", home, *options).start()
    yield store, request.param is not None
    store.stop()


@pytest.fixture
def tree(telling):
    """A bucket with folders that have markers, and files of every kind, by nobody of this project."""
    client, name = telling[0].endpoint.client(), f"told-{uuid.uuid4().hex[:12]}"
    client.create_bucket(Bucket=name)
    expected = {}

    def put(key, kind, permissions, number, body=b"", content_type="text/plain"):
        metadata = {
            "mode": str(kind | permissions), "uid": str(1000 + number % 7), "gid": str(2000 + number % 5), "mtime": f"{1600000000 + number}.{number:09}"}
        client.put_object(Bucket=name, Key=key, Body=body, Metadata=metadata, ContentType=content_type)
        size = 0 if kind == stat.S_IFDIR else len(body)
        expected[key.rstrip("/")] = (kind | permissions, 1000 + number % 7, 2000 + number % 5, size, (1600000000 + number) * 10**9 + number)

    for folder in range(4):
        put(f"top/folder-{folder}/", stat.S_IFDIR, 0o750 - folder, folder, content_type="application/x-directory")
        for number in range(FILES if folder == 1 else 30):
            put(f"top/folder-{folder}/file-{number:04}", stat.S_IFREG, 0o600 + number % 64, number, b"x" * (number % 50))
    put("top/link", stat.S_IFLNK, 0o777, 7, b"folder-1/file-0001")
    put("top/fifo", stat.S_IFIFO, 0o640, 8)
    return name, expected


def walked(path):
    """Path -> (mode, owner, group, size, time of change in nanoseconds) of all that is below, as find(1) goes through it."""
    found = {}

    def visit(folder):
        with os.scandir(folder) as entries:
            names = sorted(entry.name for entry in entries)
        for name in names:
            status = os.lstat(os.path.join(folder, name))
            size = 0 if stat.S_ISDIR(status.st_mode) else status.st_size
            place = os.path.relpath(os.path.join(folder, name), path)
            found[place] = (status.st_mode, status.st_uid, status.st_gid, size, status.st_mtime_ns)
            if stat.S_ISDIR(status.st_mode):
                visit(os.path.join(folder, name))

    visit(path)
    return found


def requests(store):
    counted = {name: count["requests"] for name, count in store.counters().items() if count["requests"]}
    lists = counted.pop("ListObjectsV2", 0)
    heads = counted.pop("HeadObject", 0)
    return heads, lists, counted


def test_looking_costs_listings_only(telling, tree, tmp_path):
    (store, tells), (bucket, expected) = telling, tree
    mount = Mount(store.endpoint, bucket, tmp_path, "--no-hedging", "--metadata-ttl", "60", "--metadata-cache", "off").start()
    try:
        store.reset_counters()
        found = walked(mount.path)
        heads, lists, others = requests(store)
        print(f"{heads} HEAD, {lists} LIST, {others}")
        assert {name: shown for name, shown in found.items() if name != "top"} == expected
        assert others == {}
        if tells:
            # Two pages of the largest folder, one of each other, and one for each that is looked up before it is opened.
            assert heads == 0 and lists <= 2 * 6 + 1
        else:
            assert heads >= len(expected) - 5
        # The same by a program that asks for names and attributes together.
        assert run(["ls", "-lR", "--time-style=full-iso", mount.path], timeout=100).stdout.count("file-") == FILES + 90 + 1
        assert os.readlink(mount.path / "top" / "link") == "folder-1/file-0001"
    finally:
        mount.stop()


def test_what_is_changed_here_is_seen_at_once(telling, tree, tmp_path):
    """Listings that do not show it yet are not believed."""
    (store, tells), (bucket, _) = telling, tree
    mount = Mount(store.endpoint, bucket, tmp_path, "--metadata-ttl", "0.2").start()
    try:
        folder = mount.path / "top" / "folder-0"
        walked(folder)
        store.faults(stores.fault("staleListings", writes=100))
        (folder / "file-0001").write_bytes(b"longer than before" * 9)
        os.chmod(folder / "file-0002", 0o444)
        for _ in range(4):
            run(["sleep", "0.3"])
            found = walked(folder)
            assert found["file-0001"][3] == 18 * 9 and stat.S_IMODE(found["file-0002"][0]) == 0o444
    finally:
        store.faults()
        mount.stop()


def test_another_client_is_seen_by_the_next_listing(telling, tree, tmp_path):
    (store, tells), (bucket, _) = telling, tree
    mount = Mount(store.endpoint, bucket, tmp_path, "--no-hedging", "--metadata-ttl", "0.5").start()
    try:
        folder = mount.path / "top" / "folder-2"
        walked(folder)
        metadata = {"mode": str(stat.S_IFREG | 0o640), "uid": "5", "gid": "6", "mtime": "7.000000008"}
        store.endpoint.client().put_object(Bucket=bucket, Key="top/folder-2/file-0003", Body=b"new", Metadata=metadata, ContentType="a/b")
        run(["sleep", "0.7"])
        store.reset_counters()
        assert walked(folder)["file-0003"] == (stat.S_IFREG | 0o640, 5, 6, 3, 7_000_000_008)
        assert (folder / "file-0003").read_bytes() == b"new"
        if tells:
            assert requests(store)[0] <= 2
    finally:
        mount.stop()


def test_doctor_and_a_reader_know_it(telling, tree, tmp_path):
    (store, tells), (bucket, expected) = telling, tree
    endpoint = store.endpoint
    arguments = ("--endpoint", endpoint.url, "--region", endpoint.region)
    told = windlass(endpoint, tmp_path, "doctor", bucket, *arguments, "--write", "--json")
    assert told.returncode == 0, told.stderr
    assert json.loads(told.stdout)["capabilities"]["list-attributes"] is tells
    # A mount has remembered it: one that writes nothing uses it.
    Mount(endpoint, bucket, tmp_path).start().stop()
    mount = Mount(endpoint, bucket, tmp_path, "--read-only", "--no-hedging", "--metadata-cache", "off", "--metadata-ttl", "60").start()
    try:
        store.reset_counters()
        assert len(walked(mount.path)) == len(expected) + 1
        assert (requests(store)[0] == 0) is tells
    finally:
        mount.stop()
