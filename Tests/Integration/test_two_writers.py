"""Two mounts with state folders of their own, as on two machines, and another client of the store, all writing the same keys."""

import errno
import os
import random
import subprocess
import sys
import time

import pytest

import stores
from deadlines import programs
from mounts import Mount, wait_until
from states import assert_nothing_left, journal, journal_keys
from stores import body, keys

MEBIBYTE = 1 << 20
CONFLICT = 3


def open_write(path, data, flags=os.O_WRONLY | os.O_CREAT):
    file = os.open(path, flags, 0o644)
    os.write(file, data)
    return file


def fails_stale(call):
    with pytest.raises(OSError) as failure:
        call()
    assert failure.value.errno == errno.ESTALE


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


def open_now(path):
    """What the kernel still believes of the file is refused a few times, until it asks again."""
    for _ in range(200):
        try:
            return os.open(path, os.O_RDWR)
        except OSError as error:
            assert error.errno == errno.ESTALE, error
            time.sleep(0.01)
    raise AssertionError(f"{path} cannot be opened")


def test_every_increment_counts(mounts, s3, bucket):
    """A counter in a file, raised by two mounts and boto3 in turn and at random: each success is one more, none is lost."""
    dice = random.Random(seed := random.randrange(1 << 32))
    print("seed", seed)
    s3.put_object(Bucket=bucket, Key="counter", Body=b"0")
    places = [mount.path / "counter" for mount in (mounts(), mounts())]
    successes, refused, open_files = 0, 0, {}
    for step in range(1000):
        if step >= 120 and refused > 0:
            break
        who = dice.randrange(3)
        if who == 2:
            answer = s3.get_object(Bucket=bucket, Key="counter")
            value = int(answer["Body"].read()) + 1
            s3.put_object(Bucket=bucket, Key="counter", Body=b"%d" % value)
            successes += 1
        elif who in open_files:
            try:
                os.close(open_files.pop(who))
                successes += 1
            except OSError as error:
                assert error.errno == errno.ESTALE
                refused += 1
        else:
            file = open_now(places[who])
            try:
                value = int(os.pread(file, 20, 0)) + 1
            except OSError as error:
                # A read of a version that was replaced in the middle is refused as well.
                assert error.errno == errno.ESTALE, error
                os.close(file)
                continue
            os.pwrite(file, b"%d" % value, 0)
            open_files[who] = file
    for file in open_files.values():
        try:
            os.close(file)
            successes += 1
        except OSError:
            refused += 1
    print(f"{successes} increments, {refused} conflicts")
    assert int(body(s3, bucket, "counter")) == successes
    assert refused > 0, "nobody ever met another"


# The other rules.

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


# Appending to objects that can grow.

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
