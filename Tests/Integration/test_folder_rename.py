"""Folders that are renamed and exchanged: how many requests it takes, what a failure leaves, what programs that have files open notice."""

import errno
import json
import os
import threading
import time

import pytest

import stores
from mounts import Mount, wait_until, windlass
from states import assert_nothing_left, journal
from stores import body, fault, keys
from test_rename_crash import RENAME_EXCHANGE, RENAME_NOREPLACE, renameat2, tree
from test_write_budgets import Counted


def fill(s3, bucket, folder, count):
    for number in range(count):
        s3.put_object(Bucket=bucket, Key=f"{folder}/{number:04}", Body=str(number).encode())


def test_a_folder_of_many_takes_a_copy_each_and_no_more(store, tmp_path):
    counted = Counted(store, "s3", tmp_path)
    fill(counted.s3, counted.bucket, "old", 1100)
    path = counted.start()
    assert sorted(os.listdir(path)) == ["old"]
    with pytest.raises(FileNotFoundError):
        os.stat(path / "new")
    requests, looks, _ = counted.count(lambda: os.rename(path / "old", path / "new"))
    assert requests == {"CopyObject": 1100, "DeleteObjects": 2}
    assert looks <= 6, "two pages, twice: before the copies and before the deletions; and what the kernel asks of the names"
    counted.mount.stop()
    assert keys(counted.s3, counted.bucket) == [f"new/{number:04}" for number in range(1100)]


@pytest.fixture(scope="module")
def file_systems(tmp_path_factory):
    """A store of OBS; its parallel file systems rename by themselves."""
    home = tmp_path_factory.mktemp("pfs")
    (home / "data").mkdir()
    store = stores.Store(home / "data", home, "--dialect", "obs").start()
    yield store
    store.stop()


@pytest.fixture
def file_system(file_systems, tmp_path):
    name = f"pfs-{os.urandom(4).hex()}"
    made = windlass(
        file_systems.endpoint, tmp_path, "bucket", "create", name, "--endpoint", file_systems.endpoint.url, "--dialect", "obs", "--file-system",
        "--addressing", "path")
    assert made.returncode == 0, made.stderr
    mount = Mount(file_systems.endpoint, name, tmp_path / "mount", "--dialect", "obs").start()
    yield mount
    mount.stop()


def test_what_the_store_renames_keeps_its_own_attributes(file_systems, file_system):
    """An object keeps its time when the store renames it: two that are alike but for their modes must not be taken for each other."""
    path, client, bucket = file_system.path, file_systems.endpoint.client(), file_system.bucket
    modes = {"a": 0o600, "b": 0o644}
    for name in modes:
        (path / name).mkdir()
    for _ in range(20):
        for name, mode in modes.items():
            (path / name / "file").unlink(missing_ok=True)
            os.close(os.open(path / name / "file", os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode))
        times = {client.head_object(Bucket=bucket, Key=f"{name}/file")["LastModified"] for name in modes}
        if len(times) == 1:
            break
    assert len(times) == 1, "they are not of one second"
    # What is younger than five seconds is not remembered.
    time.sleep(5.5)
    file_system.remount()
    assert {name: os.stat(path / name / "file").st_mode & 0o777 for name in modes} == modes
    renameat2(path / "a", path / "b", RENAME_EXCHANGE)
    file_system.remount()
    assert {name: os.stat(path / name / "file").st_mode & 0o777 for name in modes} == {"a": 0o644, "b": 0o600}


def test_a_parallel_file_system_renames_by_itself(file_systems, file_system):
    path = file_system.path
    (path / "old" / "sub").mkdir(parents=True)
    for number in range(20):
        (path / "old" / "sub" / f"{number}").write_bytes(str(number).encode() * 1000)
    (path / "empty").mkdir()
    before = tree(path / "old")
    with open(path / "old" / "sub" / "7", "rb") as reader, open(path / "old" / "sub" / "8", "r+b") as writer:
        writer.write(b"changed")
        file_systems.reset_counters()
        os.rename(path / "old", path / "empty")
        counts = {name: count["requests"] for name, count in file_systems.counters().items()}
        assert counts.get("RenameObject") == 1 and "CopyObject" not in counts and "DeleteObjects" not in counts, counts
        assert reader.read() == b"7" * 1000
    (path / "file").write_bytes(b"one")
    os.rename(path / "file", path / "moved")
    renameat2(path / "moved", path / "empty" / "sub" / "1", RENAME_EXCHANGE)
    assert (path / "moved").read_bytes() == b"1" * 1000 and (path / "empty" / "sub" / "1").read_bytes() == b"one"
    file_system.remount()
    found = tree(path / "empty")
    assert sorted(found["sub"][1]) == sorted(before["sub"][1])
    assert found["sub"][1]["8"][1] == b"changed" + b"8" * 993
    (path / "other").mkdir()
    (path / "other" / "x").write_bytes(b"x")
    renameat2(path / "other", path / "empty", RENAME_EXCHANGE)
    file_system.remount()
    assert tree(path / "other") == found and sorted(os.listdir(path / "empty")) == ["x"]
    assert sorted(os.listdir(path)) == ["empty", "moved", "other"]


@pytest.mark.parametrize("failing", [1, 7, 20])
@pytest.mark.parametrize("onto", [False, True])
def test_a_failed_copy_leaves_both_names_as_they_were(store, mounts, s3, bucket, failing, onto):
    mount = mounts()
    (mount.path / "old" / "sub").mkdir(parents=True)
    for number in range(18):
        (mount.path / "old" / "sub" / f"{number}").write_bytes(b"x" * number)
    if onto:
        (mount.path / "new").mkdir(mode=0o711)
    before = tree(mount.path)
    store.faults(fault("error", ["CopyObject"], status=403, code="AccessDenied", skip=failing - 1, times=1))
    with pytest.raises(PermissionError):
        os.rename(mount.path / "old", mount.path / "new")
    store.faults()
    assert tree(mount.path) == before
    mount.remount()
    assert tree(mount.path) == before
    assert journal(mount.staging)["intent"] == 0
    os.rename(mount.path / "old", mount.path / "new")
    assert sorted(tree(mount.path)) == ["new"] and tree(mount.path / "new") == before["old"][1]


def test_what_somebody_else_has_put_there_is_not_taken_back(store, mounts, s3, bucket):
    mount = mounts()
    (mount.path / "old").mkdir()
    for number in range(10):
        (mount.path / "old" / f"{number}").write_bytes(b"ours")
    store.faults(
        fault("latency", ["CopyObject"], milliseconds=200), fault("error", ["CopyObject"], status=403, code="AccessDenied", skip=9, times=1))
    failure = []

    def rename():
        try:
            os.rename(mount.path / "old", mount.path / "new")
        except OSError as error:
            failure.append(error)

    worker = threading.Thread(target=rename)
    worker.start()
    s3.put_object(Bucket=bucket, Key="new/theirs", Body=b"somebody else's")
    worker.join(60)
    assert failure
    store.faults()
    assert [key for key in keys(s3, bucket) if key.startswith("new/")] == ["new/theirs"]
    assert body(s3, bucket, "new/theirs") == b"somebody else's"


@pytest.mark.parametrize("change", ["content", "attributes"])
def test_what_somebody_else_changes_meanwhile_is_not_lost(store, mounts, s3, bucket, change):
    mount = mounts()
    (mount.path / "old").mkdir()
    for number in range(60):
        (mount.path / "old" / f"{number:02}").write_bytes(b"ours")
    time.sleep(2.1)
    store.faults(fault("latency", ["CopyObject"], milliseconds=400))
    worker = threading.Thread(target=os.rename, args=(mount.path / "old", mount.path / "new"))
    worker.start()
    # The others are still being copied.
    wait_until(lambda: "new/00" in keys(s3, bucket), 20, "the first copy is made")
    metadata = {"colour": "blue"} if change == "attributes" else {}
    data = b"ours" if change == "attributes" else b"theirs"
    s3.put_object(Bucket=bucket, Key="old/00", Body=data, Metadata=metadata)
    worker.join(60)
    store.faults()
    assert keys(s3, bucket) == ["new/"] + [f"new/{number:02}" for number in range(60)]
    assert body(s3, bucket, "new/00") == data and s3.head_object(Bucket=bucket, Key="new/00")["Metadata"].get("colour") == metadata.get("colour")
    wait_until(lambda: (mount.path / "new" / "00").read_bytes() == data, 10, "it is shown")


def test_refused_deletions_are_gone_on_with(store, mounts, s3, bucket):
    """Everything is copied and cannot be deleted: the names are held, and the rename is finished as soon as the store lets it."""
    mount = mounts()
    (mount.path / "old").mkdir()
    for number in range(5):
        (mount.path / "old" / f"{number}").write_bytes(str(number).encode())
    before = tree(mount.path)
    store.faults(fault("error", ["DeleteObjects"], status=403, code="AccessDenied"))
    with pytest.raises(PermissionError):
        os.rename(mount.path / "old", mount.path / "new")
    status = json.loads(windlass(mount.endpoint, mount.staging, "status", mount.path, "--json", environment=mount.environment).stdout)
    (move,) = status["moves"]
    assert (move["from"], move["to"], move["isStuck"]) == ("old/", "new/", True)
    time.sleep(1.2)
    with pytest.raises(OSError) as refused:
        os.stat(mount.path / "old")
    assert refused.value.errno == errno.EBUSY
    store.faults()
    wait_until(lambda: not any(key.startswith("old/") for key in keys(s3, bucket)), 30, "the rename is finished")
    wait_until(lambda: not journal(mount.staging)["intent"], 10, "the journal has forgotten it")
    assert tree(mount.path) == {"new": before["old"]}


def test_progress_is_told_and_the_names_are_held(store, mounts):
    mount = mounts()
    (mount.path / "old").mkdir()
    for number in range(60):
        (mount.path / "old" / f"{number}").write_bytes(b"x")
    store.faults(fault("latency", ["CopyObject"], milliseconds=1000))
    worker = threading.Thread(target=os.rename, args=(mount.path / "old", mount.path / "new"))
    worker.start()
    time.sleep(1.5)
    status = json.loads(windlass(mount.endpoint, mount.staging, "status", mount.path, "--json", environment=mount.environment).stdout)
    (move,) = status["moves"]
    assert (move["from"], move["to"], move["total"]) == ("old/", "new/", 122) and 0 < move["done"] < 122
    text = windlass(mount.endpoint, mount.staging, "status", mount.path, environment=mount.environment).stdout
    assert "renaming  old/ to new/" in text
    # Whoever looks now waits, and sees all of it.
    assert len(os.listdir(mount.path / "new")) == 60
    worker.join(60)
    store.faults()
    assert os.listdir(mount.path) == ["new"]


@pytest.mark.parametrize("options", [[], ["--write-back", "--write-back-delay", "20"]])
def test_open_files_below_go_along(mounts, s3, bucket, options):
    mount = mounts(*options)
    (mount.path / "old" / "sub").mkdir(parents=True)
    large = os.urandom(20 << 20)
    (mount.path / "old" / "sub" / "large").write_bytes(large)
    (mount.path / "old" / "small").write_bytes(b"0123456789")
    with open(mount.path / "old" / "sub" / "large", "rb") as reader, open(mount.path / "old" / "small", "r+b") as writer, \
            open(mount.path / "old" / "made", "wb") as made:
        start = reader.read(1 << 20)
        writer.write(b"ABC")
        made.write(b"before")
        os.rename(mount.path / "old", mount.path / "new")
        assert start + reader.read() == large
        writer.write(b"DEF")
        made.write(b" and after")
    assert (mount.path / "new" / "small").read_bytes() == b"ABCDEF6789"
    os.rename(mount.path / "new", mount.path / "newer")
    mount.stop()
    assert_nothing_left(mount.staging, s3, bucket)
    assert {key: body(s3, bucket, key) for key in keys(s3, bucket) if not key.endswith("/")} == {
        "newer/sub/large": large, "newer/small": b"ABCDEF6789", "newer/made": b"before and after"}


# Two names change places.

@pytest.mark.parametrize("options", [[], ["--write-back", "--write-back-delay", "20"]])
def test_two_files_change_places(mounts, s3, bucket, options):
    mount = mounts(*options)
    (mount.path / "folder").mkdir()
    (mount.path / "one").write_bytes(b"first")
    (mount.path / "folder" / "two").write_bytes(b"second")
    os.chmod(mount.path / "one", 0o600)
    inode = os.stat(mount.path / "one").st_ino
    with open(mount.path / "one", "rb") as reader, open(mount.path / "folder" / "two", "r+b") as writer:
        renameat2(mount.path / "one", mount.path / "folder" / "two", RENAME_EXCHANGE)
        assert reader.read() == b"first"
        writer.write(b"SEC")
    assert (mount.path / "one").read_bytes() == b"SECond"
    moved = os.stat(mount.path / "folder" / "two")
    assert (moved.st_ino, moved.st_mode & 0o7777, moved.st_size) == (inode, 0o600, 5)
    mount.stop()
    assert_nothing_left(mount.staging, s3, bucket)
    assert {key: body(s3, bucket, key) for key in keys(s3, bucket) if not key.endswith("/")} == {"one": b"SECond", "folder/two": b"first"}


def test_two_folders_change_places(mounts, s3, bucket):
    mount = mounts()
    for top, names in (("one", ["a", "b", "both"]), ("two", ["c", "both"])):
        (mount.path / top / "sub").mkdir(parents=True)
        for name in names:
            (mount.path / top / "sub" / name).write_bytes(f"{top} {name}".encode())
    s3.put_object(Bucket=bucket, Key="implicit/x", Body=b"no marker")
    before = tree(mount.path)
    renameat2(mount.path / "one", mount.path / "two", RENAME_EXCHANGE)
    wanted = {**before, "one": before["two"], "two": before["one"]}
    assert tree(mount.path) == wanted
    mount.remount()
    assert tree(mount.path) == wanted
    renameat2(mount.path / "one", mount.path / "implicit", RENAME_EXCHANGE)
    mount.remount()
    wanted["one"], wanted["implicit"] = wanted["implicit"], wanted["one"]
    assert tree(mount.path) == wanted
    assert keys(s3, bucket) == sorted([
        "implicit/", "implicit/sub/", "implicit/sub/both", "implicit/sub/c", "one/x", "two/", "two/sub/", "two/sub/a", "two/sub/b", "two/sub/both"])


def test_what_an_exchange_refuses(mount):
    (mount.path / "file").write_bytes(b"x")
    (mount.path / "folder").mkdir()
    for one, other, number in (("file", "gone", errno.ENOENT), ("file", "folder", errno.EINVAL), ("folder", "file", errno.EINVAL)):
        with pytest.raises(OSError) as refused:
            renameat2(mount.path / one, mount.path / other, RENAME_EXCHANGE)
        assert refused.value.errno == number
    with pytest.raises(FileExistsError):
        renameat2(mount.path / "file", mount.path / "folder", RENAME_NOREPLACE)
    renameat2(mount.path / "file", mount.path / "file", RENAME_EXCHANGE)
    assert (mount.path / "file").read_bytes() == b"x"
