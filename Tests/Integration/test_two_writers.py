"""Two mounts with state folders of their own, as on two machines, and another client of the store, all writing the same keys."""

import errno
import os

import pytest

from mounts import wait_until
from states import CONFLICT, assert_nothing_left, journal, journal_keys
from stores import body, keys
from writing import fails_stale, open_write

MEBIBYTE = 1 << 20


# The default: nobody's work is overwritten silently.

@pytest.mark.parametrize("size", [10, 20 * MEBIBYTE], ids=["small", "parts"])
@pytest.mark.parametrize("end", ["close", "fsync"])
def test_a_changed_object_is_not_overwritten(mounts, s3, bucket, end, size):
    s3.put_object(Bucket=bucket, Key="file", Body=b"first")
    mount = mounts()
    file = open_write(mount.path / "file", b"m" * size)
    s3.put_object(Bucket=bucket, Key="file", Body=b"of another")
    if end == "fsync":
        fails_stale(lambda: os.fsync(file))
    with pytest.raises(OSError) as failure:
        os.close(file)
    assert failure.value.errno == errno.ESTALE
    assert body(s3, bucket, "file") == b"of another"
    wait_until(lambda: journal_keys(mount.staging) == [("file", CONFLICT)], 10, "the bytes are kept in the journal")
    assert journal(mount.staging)["content"] == 1, "the bytes are not kept"
    assert "file" in mount.text() and "kept" in mount.text()
    # Whoever opens it next sees the other's version, and may change it.
    wait_until(lambda: (mount.path / "file").read_bytes() == b"of another", 10, "the other's version")
    (mount.path / "file").write_bytes(b"after the conflict")
    assert body(s3, bucket, "file") == b"after the conflict"
    assert journal_keys(mount.staging) == [("file", CONFLICT)], "what was kept is kept until somebody decides"


def test_a_name_that_was_taken_meanwhile_is_not_overwritten(mounts, s3, bucket):
    mount = mounts()
    file = open_write(mount.path / "new", b"mine", os.O_WRONLY | os.O_CREAT | os.O_EXCL)
    s3.put_object(Bucket=bucket, Key="new", Body=b"theirs")
    fails_stale(lambda: os.close(file))
    assert body(s3, bucket, "new") == b"theirs"
    wait_until(lambda: journal_keys(mount.staging) == [("new", CONFLICT)], 10, "the bytes are kept")


def test_an_object_that_was_deleted_meanwhile_is_a_conflict(mounts, s3, bucket):
    s3.put_object(Bucket=bucket, Key="file", Body=b"x" * 10)
    mount = mounts()
    file = open_write(mount.path / "file", b"y")
    s3.delete_object(Bucket=bucket, Key="file")
    fails_stale(lambda: os.close(file))
    assert keys(s3, bucket) == []
    wait_until(lambda: journal_keys(mount.staging) == [("file", CONFLICT)], 10, "the bytes are kept")


def test_a_conflict_of_write_back_is_kept_aside(mounts, s3, bucket):
    s3.put_object(Bucket=bucket, Key="file", Body=b"first")
    mount = mounts("--write-back", "--write-back-delay", "1")
    (mount.path / "file").write_bytes(b"mine")
    s3.put_object(Bucket=bucket, Key="file", Body=b"theirs")
    wait_until(lambda: journal_keys(mount.staging) == [("file", CONFLICT)], 20, "the conflict is recorded")
    assert body(s3, bucket, "file") == b"theirs"
    wait_until(lambda: (mount.path / "file").read_bytes() == b"theirs", 10, "the other's version is shown")
    # It outlives the mount.
    mount.remount()
    assert journal_keys(mount.staging) == [("file", CONFLICT)]
    assert body(s3, bucket, "file") == b"theirs"


def test_two_mounts_do_not_overwrite_each_other(mounts, s3, bucket):
    one, two = mounts(), mounts()
    (one.path / "file").write_bytes(b"start")
    assert (two.path / "file").read_bytes() == b"start"
    first, second = open_write(one.path / "file", b"one!!"), open_write(two.path / "file", b"two!!")
    os.close(first)
    fails_stale(lambda: os.close(second))
    assert body(s3, bucket, "file") == b"one!!"
    wait_until(lambda: journal_keys(two.staging) == [("file", CONFLICT)], 10, "the bytes are kept")
    assert journal_keys(one.staging) == []


def test_keep_both_keeps_both(mounts, s3, bucket):
    s3.put_object(Bucket=bucket, Key="folder/file", Body=b"first")
    mount = mounts("--on-conflict=keep-both")
    file = open_write(mount.path / "folder" / "file", b"mine!")
    s3.put_object(Bucket=bucket, Key="folder/file", Body=b"theirs")
    os.close(file)
    found = keys(s3, bucket)
    assert len(found) == 2 and "folder/file" in found
    other = next(key for key in found if key != "folder/file")
    assert other.startswith("folder/file.conflict-")
    assert body(s3, bucket, "folder/file") == b"theirs" and body(s3, bucket, other) == b"mine!"
    assert other in mount.text()
    assert journal(mount.staging)["file"] == 0 and journal(mount.staging)["conflict_copy"] == 1
    wait_until(lambda: (mount.path / "folder" / "file").read_bytes() == b"theirs", 10, "the other's version")
    assert sorted(os.listdir(mount.path / "folder")) == sorted(key.split("/")[1] for key in found)


def test_keep_both_of_a_patch_takes_the_bytes_that_were_not_changed(mounts, s3, bucket):
    """The base is gone when the conflict is found: what the file did not change can only come from here."""
    s3.put_object(Bucket=bucket, Key="file", Body=b"abcdefgh")
    mount = mounts("--on-conflict=keep-both")
    file = os.open(mount.path / "file", os.O_RDWR)
    os.pwrite(file, b"XY", 2)
    s3.put_object(Bucket=bucket, Key="file", Body=b"theirs")
    outcome = None
    try:
        os.close(file)
    except OSError as error:
        outcome = error.errno
    others = [key for key in keys(s3, bucket) if key != "file"]
    assert body(s3, bucket, "file") == b"theirs"
    if outcome is None:
        assert [body(s3, bucket, key) for key in others] == [b"abXYefgh"]
    else:
        # The object's bytes are nowhere any more: then it is told, and what was written is kept.
        assert outcome == errno.ESTALE and others == []
        wait_until(lambda: journal(mount.staging)["content"] == 1, 10, "what was written is kept")


def test_overwrite_overwrites(mounts, s3, bucket):
    s3.put_object(Bucket=bucket, Key="file", Body=b"first")
    mount = mounts("--on-conflict=overwrite")
    file = open_write(mount.path / "file", b"mine!", os.O_WRONLY | os.O_TRUNC)
    s3.put_object(Bucket=bucket, Key="file", Body=b"theirs")
    os.close(file)
    assert body(s3, bucket, "file") == b"mine!"
    assert keys(s3, bucket) == ["file"]
    mount.stop()
    assert_nothing_left(mount.staging, s3, bucket)
