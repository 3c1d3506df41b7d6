"""How many requests it takes to delete and replace files that were just closed, or are open."""

import os
import time

import pytest

from test_write_budgets import counted, dialect  # noqa: F401 (fixtures)

# ruff: noqa: F811


def test_what_was_just_closed_is_deleted_unread(counted):
    """Written, or read, and removed at once: nobody has it open any more, and nothing is fetched for them."""
    path = counted.start()
    os.listdir(path)

    def write_and_remove():
        for number in range(100):
            (path / f"{number}").write_bytes(b"x" * 10_000)
            os.unlink(path / f"{number}")

    assert counted.count(write_and_remove)[0] == {"PutObject": 100, "DeleteObject": 100}
    for number in range(20):
        counted.s3.put_object(Bucket=counted.bucket, Key=f"read-{number}", Body=b"x" * 10_000)
    time.sleep(1.1)
    os.listdir(path)

    def read_and_remove():
        for number in range(20):
            assert len((path / f"read-{number}").read_bytes()) == 10_000
            os.unlink(path / f"read-{number}")

    requests, _, _ = counted.count(read_and_remove)
    assert requests.pop("GetObject") <= 20 and requests == {"DeleteObject": 20}


@pytest.mark.parametrize("way", ["unlinked", "replaced"])
def test_what_is_open_is_fetched_once_and_stays_readable(counted, way):
    data = os.urandom(200_000)
    path = counted.start()
    (path / "file").write_bytes(data)
    (path / "other").write_bytes(b"other")
    readers = [open(path / "file", "rb", buffering=0), open(path / "file", "r+b", buffering=0)]
    # One descriptor of the second is closed, another stays.
    os.close(os.dup(readers[1].fileno()))
    requests, _, _ = counted.count(lambda: os.unlink(path / "file") if way == "unlinked" else os.rename(path / "other", path / "file"))
    assert requests["GetObject"] == 1
    for reader in readers:
        os.posix_fadvise(reader.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        assert os.pread(reader.fileno(), len(data), 0) == data
        reader.close()
