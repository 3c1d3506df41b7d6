"""Attributes of folders: recorded on the local disk at once, stored a moment later, wherever the folder goes meanwhile."""

import os
import stat
import time

import pytest

from mounts import wait_until, windlass
from states import journal
from stores import fault, keys


def mode_at(s3, bucket, key):
    return stat.S_IMODE(int(s3.head_object(Bucket=bucket, Key=key)["Metadata"]["mode"]))


def test_a_kill_loses_nothing(mounts, s3, bucket):
    mount = mounts()
    for name in ("one", "two"):
        (mount.path / name).mkdir()
    s3.put_object(Bucket=bucket, Key="without-marker/file", Body=b"x")
    for name, mode in (("one", 0o700), ("two", 0o711), ("without-marker", 0o750)):
        os.chmod(mount.path / name, mode)
    os.rmdir(mount.path / "two")
    mount.kill()
    assert mode_at(s3, bucket, "one/") == 0o755
    mount.start()
    assert stat.S_IMODE(os.stat(mount.path / "one").st_mode) == 0o700
    assert stat.S_IMODE(os.stat(mount.path / "without-marker").st_mode) == 0o750
    assert sorted(os.listdir(mount.path)) == ["one", "without-marker"]
    assert (mode_at(s3, bucket, "one/"), mode_at(s3, bucket, "without-marker/")) == (0o700, 0o750)
    assert "two/" not in keys(s3, bucket)
    assert not journal(mount.staging)["intent"]


def test_recovery_without_a_mount(mounts, s3, bucket, tmp_path):
    mount = mounts()
    (mount.path / "folder").mkdir()
    os.chmod(mount.path / "folder", 0o700)
    mount.kill()
    done = windlass(
        mount.endpoint, tmp_path, "recover", bucket, "--endpoint", mount.endpoint.url, "--addressing", "path", "--state-dir", mount.staging, "--region",
        mount.endpoint.region, "--retry")
    assert done.returncode == 0, done.stderr
    assert mode_at(s3, bucket, "folder/") == 0o700
    mount.start()


@pytest.mark.parametrize("above", [False, True])
def test_a_folder_that_is_renamed_takes_them_along(mounts, s3, bucket, above):
    mount = mounts()
    (mount.path / "top" / "folder").mkdir(parents=True)
    os.chmod(mount.path / "top" / "folder", 0o700)
    if above:
        os.rename(mount.path / "top", mount.path / "moved")
    else:
        os.rename(mount.path / "top" / "folder", mount.path / "top" / "moved")
    os.chmod(mount.path / ("moved/folder" if above else "top/moved"), 0o711)
    time.sleep(1.6)
    expected = ["moved/", "moved/folder/"] if above else ["top/", "top/moved/"]
    assert keys(s3, bucket) == expected
    assert mode_at(s3, bucket, expected[1]) == 0o711


def test_a_folder_that_is_removed_does_not_come_back(mounts, s3, bucket):
    mount = mounts()
    for number in range(20):
        (mount.path / "folder").mkdir()
        os.chmod(mount.path / "folder", 0o700)
        time.sleep(0.1 * (number % 3))
        os.rmdir(mount.path / "folder")
    time.sleep(1.6)
    assert keys(s3, bucket) == []
    assert not journal(mount.staging)["intent"]


def test_a_store_that_is_away(mounts, store, s3, bucket):
    mount = mounts("--max-retries", "1")
    (mount.path / "folder").mkdir()
    store.faults(fault("error", ["PutObject"], status=503, code="ServiceUnavailable"))
    os.chmod(mount.path / "folder", 0o700)
    time.sleep(1.6)
    assert stat.S_IMODE(os.stat(mount.path / "folder").st_mode) == 0o700
    assert windlass(mount.endpoint, mount.staging.parent, "sync", mount.path, "--timeout", "1").returncode == 1
    store.faults()
    wait_until(lambda: mode_at(s3, bucket, "folder/") == 0o700, 20, "it is stored")
    assert windlass(mount.endpoint, mount.staging.parent, "sync", mount.path).returncode == 0


def test_what_waits_for_it(mounts, s3, bucket):
    mount = mounts()
    (mount.path / "folder").mkdir()
    os.chmod(mount.path / "folder", 0o700)
    folder = os.open(mount.path / "folder", os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)
    assert mode_at(s3, bucket, "folder/") == 0o700
    os.chmod(mount.path / "folder", 0o711)
    assert windlass(mount.endpoint, mount.staging.parent, "sync", mount.path).returncode == 0
    assert mode_at(s3, bucket, "folder/") == 0o711
    os.chmod(mount.path / "folder", 0o755)
    mount.remount()
    assert mode_at(s3, bucket, "folder/") == 0o755
