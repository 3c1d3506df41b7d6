"""Deletions: what they ask of the store, and, with write-back, that they are acknowledged by the local disk, carried out many in one request, and never of what
somebody else has stored since."""

import os
import shutil
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

import stores
from deadlines import run
from mounts import Mount, make_bucket, wait_until, windlass
from stores import body, fault, keys


def fill(s3, bucket, count, folders, markers=True):
    """Objects of a few bytes, put by another client."""
    names = [f"tree/folder{number % folders}/file{number:05}" for number in range(count)]
    if markers:
        for folder in ["tree/"] + [f"tree/folder{number}/" for number in range(folders)]:
            s3.put_object(Bucket=bucket, Key=folder, Body=b"")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: s3.put_object(Bucket=bucket, Key=name, Body=b"x"), names))
    return names


def requests(store, *operations):
    counters = store.counters()
    return sum(counters.get(operation, {"requests": 0})["requests"] for operation in operations)


def sync(mount, *arguments):
    return windlass(mount.endpoint, mount.staging.parent, "sync", mount.path, *arguments)


def remove_and_count(mount, store, s3, bucket):
    store.reset_counters()
    run(["rm", "-rf", mount.path / "tree"], timeout=250)
    assert not (mount.path / "tree").exists()
    finished = sync(mount)
    assert finished.returncode == 0, finished.stderr
    assert keys(s3, bucket) == []
    assert requests(store, "DeleteObject") == 0
    return requests(store, "DeleteObjects")


@pytest.mark.parametrize("markers", [True, False])
def test_a_tree_is_removed_in_few_requests(mounts, store, s3, bucket, markers):
    fill(s3, bucket, 2000, 4, markers)
    mount = mounts("--write-back")
    assert remove_and_count(mount, store, s3, bucket) <= 20
    assert requests(store, "PutObject") <= (0 if markers else 5), "a marker for each folder that would have vanished"
    assert requests(store, "ListObjectsV2", "ListObjects") <= 80


def test_emptying_a_folder_without_a_marker(mounts, store, s3, bucket):
    """Its listing tells that it does not vanish yet, until its last file goes."""
    names = fill(s3, bucket, 60, 1, markers=False)
    mount = mounts("--metadata-ttl", "20", "--no-hedging")
    assert len(os.listdir(mount.path / "tree" / "folder0")) == 60
    store.reset_counters()
    for name in names:
        os.unlink(mount.path / name)
    assert (requests(store, "DeleteObject"), requests(store, "PutObject")) == (60, 1)
    assert requests(store, "HeadObject", "ListObjectsV2", "ListObjects") <= 60 + 5, "one HEAD for each name, and no listing for each"
    assert keys(s3, bucket) == ["tree/folder0/"]


def test_files_that_are_deleted_together_leave_their_folder(mounts, s3, bucket):
    """None counts on another that is on its way."""
    names = fill(s3, bucket, 96, 12, markers=False)
    mount = mounts("--metadata-ttl", "20")
    for number in range(12):
        os.listdir(mount.path / "tree" / f"folder{number}")
        together = [mount.path / name for name in names if f"/folder{number}/" in name]
        with ThreadPoolExecutor(8) as pool:
            assert len(list(pool.map(os.unlink, together))) == 8
    assert keys(s3, bucket) == sorted(f"tree/folder{number}/" for number in range(12))


def test_names_of_every_kind(mounts, s3, bucket):
    names = ["caf\u00e9", "caf\u00ea", "\U0001f600", "\U0001f601", "a b", "a+b", "100%", "z\u0301"]
    for folder in ("", "f\u00f6lder/"):
        for name in names:
            s3.put_object(Bucket=bucket, Key=folder + name, Body=b"x")
    mount = mounts("--write-back")
    for folder in ("", "f\u00f6lder"):
        for name in names:
            os.unlink(mount.path / folder / name)
    assert sync(mount).returncode == 0
    assert keys(s3, bucket) == ["f\u00f6lder/"]


@pytest.mark.long
@pytest.mark.deadline(400)
def test_ten_thousand_files_are_removed_in_few_requests(mounts, store, s3, bucket):
    fill(s3, bucket, 10_000, 1)
    assert remove_and_count(mounts("--write-back"), store, s3, bucket) <= 60


def test_without_write_back_each_is_deleted_before_the_call_returns(mount, store, s3, bucket):
    """Negative control of the counting."""
    fill(s3, bucket, 20, 1)
    store.reset_counters()
    for number in range(20):
        os.unlink(mount.path / "tree" / "folder0" / f"file{number:05}")
        assert len(keys(s3, bucket)) == 2 + 19 - number
    assert requests(store, "DeleteObject") == 20


def test_what_is_deleted_is_gone_here_at_once(mounts, s3, bucket):
    fill(s3, bucket, 30, 1)
    mount = mounts("--write-back", "--write-back-delay", "3")
    folder = mount.path / "tree" / "folder0"
    for number in range(0, 30, 2):
        os.unlink(folder / f"file{number:05}")
        assert not (folder / f"file{number:05}").exists()
    assert len(keys(s3, bucket)) == 32, "the store has not been told yet"
    assert sorted(os.listdir(folder)) == [f"file{number:05}" for number in range(1, 30, 2)]
    time.sleep(1.2)
    assert sorted(os.listdir(folder)) == [f"file{number:05}" for number in range(1, 30, 2)]
    with pytest.raises(OSError):
        os.rmdir(folder)
    mount.remount()
    assert len(keys(s3, bucket)) == 17, "the end of the mount has waited for it"


def test_names_are_used_again_at_once(mounts, s3, bucket):
    mount = mounts("--write-back", "--write-back-delay", "2")
    fill(s3, bucket, 6, 1)
    folder = mount.path / "tree" / "folder0"
    for name in ("file00000", "file00001", "file00002"):
        os.unlink(folder / name)
    (folder / "file00000").write_bytes(b"again")
    os.rename(folder / "file00003", folder / "file00001")
    os.symlink("target", folder / "file00002")
    shutil.rmtree(folder)
    os.mkdir(folder)
    (folder / "new").write_bytes(b"new")
    os.rename(mount.path / "tree", mount.path / "moved")
    assert sync(mount).returncode == 0
    assert keys(s3, bucket) == ["moved/", "moved/folder0/", "moved/folder0/new"]
    mount.remount()
    assert (mount.path / "moved" / "folder0" / "new").read_bytes() == b"new"


def test_what_somebody_else_has_stored_since_stays(mounts, s3, bucket):
    fill(s3, bucket, 10, 1)
    mount = mounts("--write-back", "--write-back-delay", "3")
    for number in range(10):
        os.unlink(mount.path / "tree" / "folder0" / f"file{number:05}")
    s3.put_object(Bucket=bucket, Key="tree/folder0/file00004", Body=b"somebody else's")
    assert sync(mount).returncode == 0
    assert [key for key in keys(s3, bucket) if not key.endswith("/")] == ["tree/folder0/file00004"]
    assert body(s3, bucket, "tree/folder0/file00004") == b"somebody else's"
    wait_until(lambda: os.listdir(mount.path / "tree" / "folder0") == ["file00004"], 5, "it is shown again")


@pytest.mark.parametrize("way", ["next mount", "recover"])
def test_acknowledged_deletions_survive_a_kill(mounts, store, s3, bucket, tmp_path, way):
    fill(s3, bucket, 50, 1)
    mount = mounts("--write-back", "--write-back-delay", "30")
    for number in range(40):
        os.unlink(mount.path / "tree" / "folder0" / f"file{number:05}")
    mount.kill()
    assert len(keys(s3, bucket)) == 52
    s3.put_object(Bucket=bucket, Key="tree/folder0/file00007", Body=b"replaced meanwhile")
    if way == "recover":
        done = windlass(
            mount.endpoint, tmp_path, "recover", bucket, "--endpoint", mount.endpoint.url, "--addressing", "path", "--state-dir", mount.staging,
            "--region", mount.endpoint.region, "--retry")
        assert done.returncode == 0, done.stderr
    mount.start()
    left = sorted(os.listdir(mount.path / "tree" / "folder0"))
    assert left == ["file00007"] + [f"file{number:05}" for number in range(40, 50)]
    wait_until(lambda: len(keys(s3, bucket)) == 13, 10, "the deletions are carried out")


def test_kills_while_a_tree_is_removed(mounts, s3, bucket):
    """Whatever `unlink` has returned for is gone in the end, and nothing else is."""
    names = fill(s3, bucket, 600, 3)
    removed = []
    mount = mounts("--write-back")
    pending = list(names)
    for round in range(4):
        timer = threading.Timer(0.15 + 0.2 * round, lambda: mount.process.kill())
        timer.start()
        attempted = None
        try:
            while pending:
                attempted = pending[0]
                os.unlink(mount.path / attempted)
                removed.append(pending.pop(0))
        except OSError:
            pass
        timer.join()
        mount.kill()
        mount.start()
        # The last one may have been carried out without an answer.
        if attempted in pending and not (mount.path / attempted).exists():
            removed.append(pending.pop(0))
    assert sync(mount).returncode == 0
    assert [key for key in keys(s3, bucket) if not key.endswith("/")] == sorted(pending)
    assert len(removed) > 10


def test_a_store_that_is_away(mounts, store, s3, bucket):
    fill(s3, bucket, 20, 1)
    mount = mounts("--write-back", "--max-retries", "1")
    assert len(os.listdir(mount.path / "tree" / "folder0")) == 20
    for number in range(20):
        (mount.path / "tree" / "folder0" / f"file{number:05}").stat()
    store.faults(fault("error", ["DeleteObjects"], status=503, code="ServiceUnavailable"))
    for number in range(20):
        os.unlink(mount.path / "tree" / "folder0" / f"file{number:05}")
    waited = sync(mount, "--timeout", "2")
    assert waited.returncode == 1
    assert len(keys(s3, bucket)) == 22
    status = windlass(mount.endpoint, mount.staging.parent, "status", mount.path, "--json")
    assert '"deletions":20' in status.stdout.replace(" ", ""), status.stdout
    store.faults()
    assert sync(mount).returncode == 0
    assert len(keys(s3, bucket)) == 2


def test_a_refusal_is_told_and_the_file_is_there_again(mounts, store, s3, bucket):
    fill(s3, bucket, 3, 1)
    mount = mounts("--write-back", "--write-back-delay", "1")
    store.faults(fault("error", ["DeleteObjects"], status=403, code="AccessDenied"))
    os.unlink(mount.path / "tree" / "folder0" / "file00001")
    told = sync(mount)
    assert told.returncode == 1 and "tree/folder0/file00001: could not be deleted" in told.stderr
    wait_until(lambda: (mount.path / "tree" / "folder0" / "file00001").exists(), 5, "it is shown again")
    assert (mount.path / "tree" / "folder0" / "file00001").read_bytes() == b"x"


def test_syncing_a_folder_waits_for_what_was_deleted_in_it(mounts, s3, bucket):
    fill(s3, bucket, 5, 1)
    mount = mounts("--write-back", "--write-back-delay", "30")
    folder = os.open(mount.path / "tree" / "folder0", os.O_RDONLY)
    os.unlink(mount.path / "tree" / "folder0" / "file00003")
    assert len(keys(s3, bucket)) == 7
    os.fsync(folder)
    os.close(folder)
    assert len(keys(s3, bucket)) == 6


def test_files_and_folders_take_each_others_names(tmp_path):
    """A parallel file system of OBS has no folder where there is a file."""
    with stores.running("obs-pfs", tmp_path) as store:
        bucket = make_bucket(store.endpoint, "obs-pfs", tmp_path)
        mount = Mount(store.endpoint, bucket, tmp_path / "mount", "--write-back").start()
        name = mount.path / "name"
        for _ in range(2):
            with open(name, "wb") as file:
                file.write(b"x")
                os.fsync(file.fileno())
            os.unlink(name)
            os.mkdir(name)
            (name / "inner").write_bytes(b"y")
            os.unlink(name / "inner")
            os.rmdir(name)
        os.mkdir(name)
        (mount.path / "other").write_bytes(b"z")
        os.rmdir(name)
        os.rename(mount.path / "other", name)
        mount.stop()
        assert keys(store.endpoint.client(), bucket) == ["name"]
