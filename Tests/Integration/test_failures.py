"""A store that fails: errors within the deadline, never a hang, never wrong bytes, and the mount works again afterwards."""

import errno
import os
import threading
import time

import pytest

from mounts import wait_until
from stores import SLOW_DOWN, body, fault, keys

# The longest that a call may take when the store is gone: the deadline of a request with all its retries, and a margin.
LONGEST = 100
GETS, PUTS = ["GetObject"], ["PutObject", "UploadPart"]
LISTS = ["ListObjects", "ListObjectsV2"]


def fails_within(seconds, body_of_test):
    """Runs it, which must raise OSError in time; gives the error."""
    started = time.monotonic()
    with pytest.raises(OSError) as failure:
        body_of_test()
    taken = time.monotonic() - started
    assert taken < seconds, f"the error came after {taken:.0f} seconds"
    return failure.value


def uncached_read(mount, name):
    """What a new mount of the bucket reads: nothing of it can come from a cache."""
    mount.remount()
    return (mount.path / name).read_bytes()


def slowest_read(path, data):
    """Reads until the end or the first error; nothing but the right bytes may come. Gives how long the slowest call took."""
    slowest, position = 0, 0
    with open(path, "rb", buffering=0) as file:
        while position < len(data):
            started = time.monotonic()
            try:
                piece = file.read(1 << 16)
            except OSError as error:
                assert error.errno in (errno.EIO, errno.ETIMEDOUT)
                return max(slowest, time.monotonic() - started)
            slowest = max(slowest, time.monotonic() - started)
            assert piece and piece == data[position:position + len(piece)], f"wrong bytes at {position}"
            position += len(piece)
    return slowest


def usable_again(mount, s3, bucket):
    """Writes and reads through the mount as if nothing had happened."""

    def works():
        try:
            (mount.path / "afterwards").write_bytes(b"works")
            return (mount.path / "afterwards").read_bytes() == b"works"
        except OSError:
            return False

    wait_until(works, LONGEST, "the mount works again")
    assert body(s3, bucket, "afterwards") == b"works"


@pytest.mark.deadline(400)
def test_the_store_dies_while_a_file_is_read(mounts, store, s3, bucket):
    data = os.urandom(64 << 20)
    s3.put_object(Bucket=bucket, Key="file", Body=data)
    mount = mounts()
    store.faults(fault("latency", GETS, milliseconds=50))

    def read_all():
        position = 0
        with open(mount.path / "file", "rb", buffering=0) as file:
            while piece := file.read(1 << 20):
                assert piece == data[position:position + len(piece)], f"wrong bytes at {position}"
                position += len(piece)
                if position == 4 << 20:
                    store.kill()
        raise AssertionError("the store was gone, and yet the file was read to its end")

    error = fails_within(LONGEST, read_all)
    assert error.errno in (errno.EIO, errno.ETIMEDOUT)
    store.start()
    assert (mount.path / "file").read_bytes() == data
    usable_again(mount, s3, bucket)


@pytest.mark.deadline(400)
def test_the_store_dies_while_a_file_is_written(mount, store, s3, bucket):
    (mount.path / "file").write_bytes(b"the old bytes")
    data = os.urandom(48 << 20)

    def write_all():
        with open(mount.path / "file", "wb", buffering=0) as file:
            for position in range(0, len(data), 1 << 20):
                file.write(data[position:position + (1 << 20)])
                if position == 16 << 20:
                    store.kill()
            os.fsync(file.fileno())

    error = fails_within(LONGEST, write_all)
    assert error.errno in (errno.EIO, errno.ETIMEDOUT)
    store.start()
    usable_again(mount, s3, bucket)
    assert body(s3, bucket, "file") in (b"the old bytes", b"", data), "only what was asked for is ever stored"
    (mount.path / "file").write_bytes(data)
    assert body(s3, bucket, "file") == data


@pytest.mark.deadline(300)
def test_the_store_is_away_for_a_moment(mount, store, s3, bucket):
    """Shorter than the deadline: nobody notices."""
    (mount.path / "file").write_bytes(b"before")
    store.kill()
    back = threading.Timer(3, store.start)
    back.start()
    try:
        (mount.path / "file").write_bytes(b"after")
    finally:
        back.join()
    assert body(s3, bucket, "file") == b"after"


@pytest.mark.deadline(300)
def test_no_call_hangs_while_the_store_is_gone(mount, store, s3, bucket):
    (mount.path / "file").write_bytes(b"content")
    store.kill()
    for call in (
            lambda: os.stat(mount.path / "unknown" / "path"), lambda: os.mkdir(mount.path / "folder"),
            lambda: (mount.path / "new").write_bytes(b"x")):
        fails_within(LONGEST, call)
    store.start()
    usable_again(mount, s3, bucket)


@pytest.mark.parametrize("rule", [
    fault("error", times=3, **SLOW_DOWN),
    fault("error", times=2, retryAfter=1, **SLOW_DOWN),
    fault("error", status=500, code="InternalError", times=3),
    fault("error", rate=0.3, **SLOW_DOWN),
    fault("reset", point="beforeWork", times=2),
    fault("reset", point="beforeAnswer", times=1),
    fault("reset", point="inRequest", times=2),
], ids=lambda rule: "-".join(str(rule.get(name)) for name in ("fault", "status", "point", "rate", "retryAfter") if name in rule))
def test_storms_are_ridden_out(mount, store, s3, bucket, rule):
    s3.put_object(Bucket=bucket, Key="there", Body=b"there")
    store.faults(rule)
    (mount.path / "folder").mkdir()
    for number in range(5):
        (mount.path / "folder" / f"file {number}").write_bytes(b"content %d" % number)
    assert (mount.path / "there").read_bytes() == b"there"
    assert len(os.listdir(mount.path / "folder")) == 5
    (mount.path / "folder" / "file 0").rename(mount.path / "moved")
    (mount.path / "folder" / "file 1").unlink()
    store.faults()
    assert sorted(keys(s3, bucket)) == ["folder/", "folder/file 2", "folder/file 3", "folder/file 4", "moved", "there"]
    assert body(s3, bucket, "moved") == b"content 0"


@pytest.mark.parametrize("rule", [
    fault("truncate", GETS, bytes=1000, times=2),
    fault("contentLength", GETS, difference=500, times=2),
    fault("contentLength", GETS, difference=-500, times=2),
    fault("reset", GETS, point="inBody", afterBytes=100_000, times=2),
    fault("reset", GETS, point="afterHeaders", times=2),
    fault("stall", GETS, milliseconds=3000, afterBytes=1000, times=1),
], ids=lambda rule: f"{rule['fault']}-{rule.get('point', rule.get('difference', ''))}")
def test_broken_bodies_are_fetched_again(mount, store, s3, bucket, rule):
    data = os.urandom(3 << 20)
    s3.put_object(Bucket=bucket, Key="file", Body=data)
    store.faults(rule)
    assert uncached_read(mount, "file") == data
    assert store.counters()["GetObject"]["requests"] > 0, "the fault had something to hit"


@pytest.mark.deadline(400)
@pytest.mark.parametrize("rule", [
    fault("truncate", GETS, bytes=1000),
    fault("contentLength", GETS, difference=500),
    fault("contentLength", GETS, difference=-500),
    fault("reset", GETS, point="inBody", afterBytes=1000),
], ids=lambda rule: f"{rule['fault']}-{rule.get('point', rule.get('difference', ''))}")
def test_bodies_that_stay_broken_never_give_wrong_bytes(mounts, store, s3, bucket, rule):
    data = os.urandom(1 << 20)
    s3.put_object(Bucket=bucket, Key="file", Body=data)
    # A body that is shorter than announced stands still at its end.
    mount = mounts("--timeout", "10")
    store.faults(rule)
    mount.remount()
    assert slowest_read(mount.path / "file", data) < LONGEST
    store.faults()
    assert (mount.path / "file").read_bytes() == data


def test_a_listing_that_is_no_xml_is_asked_for_again(mount, store, s3, bucket):
    s3.put_object(Bucket=bucket, Key="folder/file", Body=b"x")
    store.faults(fault("garbage", LISTS, times=2))
    assert os.listdir(mount.path / "folder") == ["file"]


@pytest.mark.deadline(300)
def test_a_listing_that_stays_garbage_is_an_error_and_no_empty_folder(mount, store, s3, bucket):
    s3.put_object(Bucket=bucket, Key="folder/file", Body=b"x")
    store.faults(fault("garbage", LISTS))
    fails_within(LONGEST, lambda: os.listdir(mount.path / "folder"))
    store.faults()
    wait_until(lambda: os.path.isdir(mount.path / "folder"), LONGEST, "the folder is there again")
    assert os.listdir(mount.path / "folder") == ["file"]


def test_a_lost_answer_to_a_completion_does_not_lose_the_file(mount, store, s3, bucket):
    data = os.urandom(40 << 20)
    store.faults(fault("reset", ["CompleteMultipartUpload"], point="beforeAnswer", times=1))
    (mount.path / "file").write_bytes(data)
    store.faults()
    assert body(s3, bucket, "file") == data


@pytest.mark.deadline(300)
@pytest.mark.parametrize("code, status, expected", [
    ("AccessDenied", 403, (errno.EACCES, errno.EPERM)),
    ("QuotaExceeded", 403, (errno.EDQUOT, errno.ENOSPC, errno.EACCES)),
    ("InternalError", 500, (errno.EIO,)),
])
def test_a_write_that_is_refused_is_an_error_at_close(mount, store, s3, bucket, code, status, expected):
    store.faults(fault("error", PUTS, status=status, code=code))
    error = fails_within(LONGEST, lambda: (mount.path / "file").write_bytes(b"lost?"))
    assert error.errno in expected
    store.faults()
    usable_again(mount, s3, bucket)


def test_a_wrong_clock_is_put_right(mounts, store, s3, bucket):
    s3.put_object(Bucket=bucket, Key="file", Body=b"content")
    store.faults(fault("clockSkew", seconds=3600))
    mount = mounts()
    assert (mount.path / "file").read_bytes() == b"content"
