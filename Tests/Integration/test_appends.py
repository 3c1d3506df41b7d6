"""Appends to objects that can grow, by one mount, by several, and by other clients of the store."""

import errno
import os
import subprocess
import sys

import pytest

import stores
from deadlines import programs
from mounts import Mount, wait_until
from states import CONFLICT, journal_keys
from stores import body, keys
from writing import fails_stale, open_write

MEBIBYTE = 1 << 20


@pytest.fixture(scope="module")
def obs_store(tmp_path_factory):
    home = tmp_path_factory.mktemp("obs")
    (home / "data").mkdir()
    store = stores.Store(home / "data", home, "--dialect", "obs").start()
    yield store
    store.stop()


@pytest.fixture
def obs(obs_store, tmp_path):
    """obs(*options) mounts one bucket of a store where objects grow; obs.s3 and obs.bucket are it."""
    made = []
    s3 = obs_store.endpoint.client()
    bucket = f"grow-{os.urandom(6).hex()}"
    s3.create_bucket(Bucket=bucket)

    def make(*options):
        folder = tmp_path / f"obs-{len(made)}"
        folder.mkdir()
        made.append(Mount(obs_store.endpoint, bucket, folder, "--dialect", "obs", *options))
        return made[-1].start()

    make.s3, make.bucket, make.store = s3, bucket, obs_store
    yield make
    failures = []
    for mount in made:
        try:
            mount.stop()
        except Exception as error:
            failures.append(error)
    assert not failures, "\n".join(str(error) for error in failures)


def counted(store):
    return {name: (count["requests"], count["bytesIn"]) for name, count in store.counters().items()}


WRITER = """
import os, sys
path, name, lines, together = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
for number in range(lines):
    line = f"{name} {number:06d} {'x' * (number % 60)} end\\n".encode()
    assert os.write(file, line) == len(line)
    if number % together == together - 1:
        os.fsync(file)
os.close(file)
"""


def append_together(paths, lines, together):
    """One process for each path, all appending lines to the same object; fails when one of them fails."""
    writers = [
        programs.add(subprocess.Popen(
            [sys.executable, "-c", WRITER, path, f"writer-{number}", str(lines), str(together)], stderr=subprocess.PIPE))
        for number, path in enumerate(paths)]
    for writer in writers:
        complaint = writer.communicate(timeout=200)[1].decode()
        programs.discard(writer)
        assert writer.returncode == 0, complaint


def check_lines(data, writers, lines):
    """Every line of every writer once, whole, and in its order."""
    found = {f"writer-{number}": [] for number in range(writers)}
    for line in data.decode().splitlines():
        name, number, *rest = line.split(" ")
        assert name in found and rest[-1] == "end" and rest[0] == "x" * (int(number) % 60), f"a torn line: {line!r}"
        found[name].append(int(number))
    for name, numbers in found.items():
        assert numbers == list(range(lines)), f"{name} has {len(numbers)} lines of {lines}"


@pytest.mark.deadline(240)
def test_eight_writers_on_four_machines_lose_no_line(obs):
    mounts = [obs("--shared-append") for _ in range(4)]
    obs.store.reset_counters()
    append_together([mounts[number % 4].path / "log" for number in range(8)], 1000, 50)
    check_lines(body(obs.s3, obs.bucket, "log"), 8, 1000)
    print(counted(obs.store))
    assert counted(obs.store)["AppendObject"][0] >= 8


@pytest.mark.deadline(240)
def test_two_machines_append_line_by_line(obs):
    mounts = [obs("--shared-append") for _ in range(2)]
    append_together([mount.path / "log" for mount in mounts], 200, 1)
    check_lines(body(obs.s3, obs.bucket, "log"), 2, 200)


def test_without_shared_append_another_writer_is_a_conflict(obs):
    one, two = obs(), obs()
    file = open_write(one.path / "log", b"start\n", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.close(file)
    first, second = (open_write(mount.path / "log", b"line\n", os.O_WRONLY | os.O_APPEND) for mount in (one, two))
    os.close(first)
    fails_stale(lambda: os.close(second))
    assert body(obs.s3, obs.bucket, "log") == b"start\nline\n"
    wait_until(lambda: journal_keys(two.staging) == [("log", CONFLICT)], 10, "the line is kept")


def test_a_thousand_appends_to_64_mebibytes_send_under_one(obs):
    mount = obs()
    base = os.urandom(MEBIBYTE)
    with open(mount.path / "log", "ab", buffering=0) as file:
        for number in range(64):
            file.write(base)
            if number % 4 == 3:
                os.fsync(file.fileno())
        assert obs.s3.head_object(Bucket=obs.bucket, Key="log")["ContentLength"] == 64 * MEBIBYTE
        obs.store.reset_counters()
        for number in range(1000):
            file.write(b"%099d\n" % number)
            os.fsync(file.fileno())
    counts = counted(obs.store)
    assert sum(sent for _, sent in counts.values()) < MEBIBYTE
    assert counts["AppendObject"][0] == 1000
    assert set(counts) <= {"AppendObject", "HeadObject", "SetObjectMetadata"}, "the object was copied"
    data = body(obs.s3, obs.bucket, "log")
    assert data[:MEBIBYTE] == base and data[64 * MEBIBYTE:] == b"".join(b"%099d\n" % number for number in range(1000))


def test_an_append_is_one_request(obs):
    mount = obs()
    with open(mount.path / "log", "ab", buffering=0) as file:
        file.write(b"start\n")
        os.fsync(file.fileno())
        obs.store.reset_counters()
        for _ in range(20):
            file.write(b"line\n")
            os.fsync(file.fileno())
        assert sum(requests for requests, _ in counted(obs.store).values()) <= 21


def test_much_at_once_is_appended_too(obs):
    """The object must stay one that can grow."""
    mount = obs()
    base = os.urandom(MEBIBYTE)
    with open(mount.path / "log", "ab", buffering=0) as file:
        for _ in range(40):
            file.write(base)
        os.fsync(file.fileno())
        obs.store.reset_counters()
        file.write(b"line\n")
    counts = counted(obs.store)
    assert set(counts) <= {"AppendObject", "HeadObject"}, counts
    assert body(obs.s3, obs.bucket, "log") == base * 40 + b"line\n"


def test_an_object_that_takes_no_more_appends_is_rebuilt(obs):
    mount = obs()
    with open(mount.path / "log", "ab", buffering=0) as file:
        file.write(b"start\n")
        os.fsync(file.fileno())
        obs.store.faults(stores.fault("error", ["AppendObject"], status=409, code="ObjectNotAppendable"))
        file.write(b"line\n")
        os.fsync(file.fileno())
    obs.store.faults()
    assert body(obs.s3, obs.bucket, "log") == b"start\nline\n"


def test_native_appends_or_none(obs, s3, bucket, mounts):
    obs.s3.put_object(Bucket=obs.bucket, Key="plain", Body=b"plain")
    mount = obs("--append=native")
    with pytest.raises(PermissionError) as failure:
        os.open(mount.path / "plain", os.O_WRONLY | os.O_APPEND)
    assert failure.value.errno == errno.EPERM
    os.close(open_write(mount.path / "new", b"line\n", os.O_WRONLY | os.O_APPEND | os.O_CREAT))
    os.close(open_write(mount.path / "new", b"line\n", os.O_WRONLY | os.O_APPEND))
    assert body(obs.s3, obs.bucket, "new") == b"line\nline\n"
    # On a store where nothing grows there is nothing to append to.
    s3.put_object(Bucket=bucket, Key="plain", Body=b"plain")
    elsewhere = mounts("--append=native")
    for name in ("plain", "new"):
        with pytest.raises(PermissionError):
            os.open(elsewhere.path / name, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    assert keys(s3, bucket) == ["plain"]


def test_append_by_copy_makes_plain_objects(obs):
    mount = obs("--append=copy")
    obs.store.reset_counters()
    for _ in range(2):
        os.close(open_write(mount.path / "log", b"line\n", os.O_WRONLY | os.O_APPEND | os.O_CREAT))
    assert body(obs.s3, obs.bucket, "log") == b"line\nline\n"
    assert "AppendObject" not in counted(obs.store)


def test_a_lost_answer_to_an_append_does_not_append_twice(obs):
    mount = obs("--shared-append")
    with open(mount.path / "log", "ab", buffering=0) as file:
        file.write(b"one\n")
        os.fsync(file.fileno())
        obs.store.faults(stores.fault("reset", ["AppendObject"], point="beforeAnswer", times=1))
        file.write(b"two\n")
        os.fsync(file.fileno())
        obs.store.faults()
        file.write(b"three\n")
    assert body(obs.s3, obs.bucket, "log") == b"one\ntwo\nthree\n"
