"""What the mount writes, other clients read, and the other way round."""

import os

import pytest

from mounts import wait_until
from stores import body, keys

NAMES = [
    "plain", "with space", "plus+sign", "100%", "%41", "%2F", "caf\u00e9", "cafe\u0301", "\U0001f600", "\u4f60\u597d", "q?x=1", "hash#tag", "a&b",
    "a;b=c", "quote'single", 'quote"double', "<tag>", "&amp;", "back\\slash", ".hidden", "trailing ", " leading", "-dash", "colon:", "star*",
    "n" * 255, "\u00e9" * 127]


def test_the_store_has_what_the_mount_wrote(mount, s3, bucket):
    for number, name in enumerate(NAMES):
        (mount.path / name).write_bytes(f"{number} {name}".encode())
    assert sorted(keys(s3, bucket)) == sorted(NAMES)
    for number, name in enumerate(NAMES):
        assert body(s3, bucket, name) == f"{number} {name}".encode()


def test_the_mount_has_what_the_store_has(mount, s3, bucket):
    for number, name in enumerate(NAMES):
        s3.put_object(Bucket=bucket, Key=f"folder/{name}", Body=f"{number} {name}".encode())
    assert sorted(os.listdir(mount.path / "folder")) == sorted(NAMES)
    for number, name in enumerate(NAMES):
        file = mount.path / "folder" / name
        assert file.read_bytes() == f"{number} {name}".encode()
        assert file.stat().st_size == len(f"{number} {name}".encode())


def test_names_survive_a_remount(mount, bucket):
    for name in NAMES:
        (mount.path / name).write_text(name)
    mount.remount()
    assert sorted(os.listdir(mount.path)) == sorted(NAMES)
    assert all((mount.path / name).read_text() == name for name in NAMES)


def test_a_name_that_is_too_long_is_refused(mount):
    with pytest.raises(OSError) as failure:
        (mount.path / ("n" * 256)).write_bytes(b"x")
    assert failure.value.errno == 36, "ENAMETOOLONG"


@pytest.mark.parametrize("size", [0, 1, 4096, 131072, 5 << 20, (8 << 20) + 1, 40 << 20])
def test_bytes_of_any_size_both_ways(mount, s3, bucket, size):
    data = os.urandom(size)
    (mount.path / "written").write_bytes(data)
    assert body(s3, bucket, "written") == data
    s3.put_object(Bucket=bucket, Key="put", Body=data)
    assert (mount.path / "put").stat().st_size == size
    assert (mount.path / "put").read_bytes() == data


def test_folders_are_markers(mount, s3, bucket):
    (mount.path / "folder").mkdir()
    assert keys(s3, bucket) == ["folder/"]
    assert body(s3, bucket, "folder/") == b""
    (mount.path / "folder").rmdir()
    assert keys(s3, bucket) == []


def test_folders_that_no_key_names(mount, s3, bucket):
    s3.put_object(Bucket=bucket, Key="outer/inner/file", Body=b"x")
    assert (mount.path / "outer").is_dir()
    assert os.listdir(mount.path / "outer" / "inner") == ["file"]
    (mount.path / "outer" / "inner" / "file").unlink()
    assert (mount.path / "outer" / "inner").is_dir(), "a folder does not vanish with its last file"


def test_unlink_and_rename_reach_the_store(mount, s3, bucket):
    for name in ("one", "two", "three"):
        (mount.path / name).write_text(name)
    (mount.path / "one").unlink()
    (mount.path / "two").rename(mount.path / "renamed")
    (mount.path / "folder").mkdir()
    (mount.path / "three").rename(mount.path / "folder" / "three")
    (mount.path / "folder").rename(mount.path / "moved")
    assert sorted(keys(s3, bucket)) == ["moved/", "moved/three", "renamed"]
    assert body(s3, bucket, "renamed") == b"two"
    assert body(s3, bucket, "moved/three") == b"three"


def test_changes_of_other_clients_are_seen(mount, s3, bucket):
    s3.put_object(Bucket=bucket, Key="file", Body=b"first")
    assert (mount.path / "file").read_bytes() == b"first"
    s3.put_object(Bucket=bucket, Key="file", Body=b"the second")
    wait_until(lambda: (mount.path / "file").read_bytes() == b"the second", 90, "the new bytes are read")
    s3.delete_object(Bucket=bucket, Key="file")
    wait_until(lambda: not (mount.path / "file").exists(), 90, "the deleted file is gone")


def test_two_mounts_of_one_bucket(mounts):
    first, second = mounts(), mounts()
    (first.path / "file").write_bytes(b"from the first")
    wait_until(lambda: (second.path / "file").exists(), 90, "the second mount sees the file")
    assert (second.path / "file").read_bytes() == b"from the first"


def test_a_listing_of_many_pages(mount, s3, bucket):
    names = [f"file-{number:05}" for number in range(2500)]
    for name in names:
        s3.put_object(Bucket=bucket, Key=f"many/{name}", Body=b"")
    assert sorted(os.listdir(mount.path / "many")) == names
