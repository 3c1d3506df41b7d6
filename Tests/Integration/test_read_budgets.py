"""How many requests and bytes reading takes, counted at the store."""

import concurrent.futures
import errno
import hashlib
import mmap
import os
import random

import pytest

import stores
from mounts import wait_until
from stores import body

MEBIBYTE = 1 << 20
KIBIBYTE = 1 << 10


@pytest.fixture
def mounts(mounts):
    """Without hedges: on a busy machine some answers are late, and each costs a request more."""
    return lambda *options: mounts("--no-hedging", *options)


def pattern(mebibytes):
    """Bytes of which no two mebibytes are alike."""
    base = hashlib.sha256(b"pattern").digest() * (MEBIBYTE // 32)
    return b"".join(number.to_bytes(8, "big") + base[8:] for number in range(mebibytes))


def counted(store, work):
    """Runs it; gives how many requests of each kind it took, and the bytes of the bodies that the store sent."""
    store.reset_counters()
    work()
    # What is known of a file is asked for again after a second.
    counts = {name: count for name, count in store.counters().items() if name not in ("ListBuckets", "HeadObject", "ListObjectsV2")}
    requests = {name: count["requests"] for name, count in counts.items()}
    sent = counts.get("GetObject", {}).get("bytesOut", 0)
    print(requests, sent, "bytes")
    return requests, sent


def read_all(path, block=MEBIBYTE):
    digest = hashlib.sha256()
    with open(path, "rb", buffering=0) as file:
        while data := file.read(block):
            digest.update(data)
    return digest.digest()


@pytest.mark.parametrize("size", [1, 4096, 100_000, MEBIBYTE - 1, MEBIBYTE])
def test_a_small_file_is_one_get(store, mounts, s3, bucket, size):
    data = os.urandom(size)
    s3.put_object(Bucket=bucket, Key="file", Body=data)
    path = mounts().path
    os.stat(path / "file")
    requests, sent = counted(store, lambda: path.joinpath("file").read_bytes() == data or pytest.fail("other bytes"))
    assert requests == {"GetObject": 1} and sent == size


def test_a_small_file_in_small_pieces_from_anywhere_is_one_get(store, mounts, s3, bucket):
    data = os.urandom(MEBIBYTE)
    s3.put_object(Bucket=bucket, Key="file", Body=data)
    path = mounts().path
    os.stat(path / "file")

    def work():
        with open(path / "file", "rb", buffering=0) as file:
            for offset in random.Random(1).sample(range(0, MEBIBYTE, 4096), 256):
                assert os.pread(file.fileno(), 4096, offset) == data[offset:offset + 4096]

    requests, _ = counted(store, work)
    assert requests == {"GetObject": 1}


def test_the_limit_of_small_files_is_an_option(store, mounts, s3, bucket):
    data = os.urandom(3 * MEBIBYTE)
    s3.put_object(Bucket=bucket, Key="file", Body=data)
    path = mounts("--small-file-limit=4M").path
    os.stat(path / "file")

    def work():
        with open(path / "file", "rb", buffering=0) as file:
            assert os.pread(file.fileno(), 4096, 2 * MEBIBYTE) == data[2 * MEBIBYTE:2 * MEBIBYTE + 4096]

    _, sent = counted(store, work)
    assert sent == 3 * MEBIBYTE


def test_nothing_is_fetched_twice_of_a_large_file(store, mounts, s3, bucket):
    data = pattern(128)
    s3.put_object(Bucket=bucket, Key="file", Body=data)
    path = mounts().path
    os.stat(path / "file")
    requests, sent = counted(store, lambda: read_all(path / "file") == hashlib.sha256(data).digest() or pytest.fail("other bytes"))
    assert set(requests) == {"GetObject"} and requests["GetObject"] <= 60
    assert sent == len(data)


def test_whoever_reads_the_beginning_only_does_not_fetch_it_all(store, mounts, s3, bucket):
    s3.put_object(Bucket=bucket, Key="file", Body=pattern(128))
    path = mounts().path

    def work():
        with open(path / "file", "rb", buffering=0) as file:
            assert len(file.read(64 * KIBIBYTE)) == 64 * KIBIBYTE

    _, sent = counted(store, work)
    assert sent <= 4 * MEBIBYTE


def random_places(seed, length, size):
    """200 offsets of reads that neither overlap nor follow each other."""
    generator, places = random.Random(seed), []
    while len(places) < 200:
        place = generator.randrange(4096, length - size, 4096)
        if all(abs(place - other) > size + 64 * KIBIBYTE for other in places):
            places.append(place)
    return places


@pytest.mark.parametrize("size", [4 * KIBIBYTE, 128 * KIBIBYTE])
def test_random_reads_are_exact(store, mounts, s3, bucket, size):
    data = pattern(256)
    s3.put_object(Bucket=bucket, Key="file", Body=data)
    path = mounts().path
    os.stat(path / "file")
    places = random_places(7, len(data), size)

    def work():
        with open(path / "file", "rb", buffering=0) as file:
            for offset in places:
                assert os.pread(file.fileno(), size, offset) == data[offset:offset + size]

    requests, sent = counted(store, work)
    assert requests == {"GetObject": 200} and sent == 200 * size


def test_random_reads_of_many_threads_are_exact(store, mounts, s3, bucket):
    data = pattern(256)
    s3.put_object(Bucket=bucket, Key="file", Body=data)
    path = mounts().path
    os.stat(path / "file")
    places = random_places(9, len(data), 128 * KIBIBYTE)

    def work():
        file = os.open(path / "file", os.O_RDONLY)

        def read(offset):
            return os.pread(file, 128 * KIBIBYTE, offset) == data[offset:offset + 128 * KIBIBYTE]

        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            assert all(pool.map(read, places))
        os.close(file)

    requests, sent = counted(store, work)
    assert requests == {"GetObject": 200} and sent == 200 * 128 * KIBIBYTE


def test_several_streams_are_each_read_ahead(store, mounts, s3, bucket):
    data = pattern(128)
    s3.put_object(Bucket=bucket, Key="file", Body=data)
    path = mounts().path
    os.stat(path / "file")

    def work():
        file = os.open(path / "file", os.O_RDONLY)
        for step in range(0, 16 * MEBIBYTE, 256 * KIBIBYTE):
            for stream in range(8):
                offset = stream * 16 * MEBIBYTE + step
                assert os.pread(file, 256 * KIBIBYTE, offset) == data[offset:offset + 256 * KIBIBYTE]
        os.close(file)

    requests, sent = counted(store, work)
    assert requests["GetObject"] <= 160, "512 reads"
    assert sent <= 1.3 * len(data)


def test_reading_backwards_is_read_ahead(store, mounts, s3, bucket):
    data = pattern(64)
    s3.put_object(Bucket=bucket, Key="file", Body=data)
    path = mounts().path
    os.stat(path / "file")

    def work():
        file = os.open(path / "file", os.O_RDONLY)
        os.posix_fadvise(file, 0, 0, os.POSIX_FADV_RANDOM)
        for offset in range(len(data) - 128 * KIBIBYTE, -1, -128 * KIBIBYTE):
            assert os.pread(file, 128 * KIBIBYTE, offset) == data[offset:offset + 128 * KIBIBYTE]
        os.close(file)

    requests, sent = counted(store, work)
    assert requests["GetObject"] <= 64, "512 reads"
    assert sent <= 1.1 * len(data)


def test_strides_are_exact_and_ahead(store, mounts, s3, bucket):
    data = pattern(256)
    s3.put_object(Bucket=bucket, Key="file", Body=data)
    path = mounts().path
    os.stat(path / "file")

    def work():
        file = os.open(path / "file", os.O_RDONLY)
        for offset in range(64 * KIBIBYTE, len(data), 4 * MEBIBYTE):
            assert os.pread(file, 64 * KIBIBYTE, offset) == data[offset:offset + 64 * KIBIBYTE]
        os.close(file)

    requests, sent = counted(store, work)
    assert requests["GetObject"] <= 64 and sent <= 64 * 64 * KIBIBYTE


def test_a_mapped_file_is_read(store, mounts, s3, bucket):
    data = pattern(32)
    s3.put_object(Bucket=bucket, Key="file", Body=data)
    path = mounts().path
    with open(path / "file", "rb") as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as mapped:
        assert hashlib.sha256(mapped).digest() == hashlib.sha256(data).digest()


def test_two_programs_reading_the_same_share_requests(store, mounts, s3, bucket):
    data = os.urandom(MEBIBYTE)
    s3.put_object(Bucket=bucket, Key="file", Body=data)
    path = mounts().path
    os.stat(path / "file")
    store.faults(stores.fault("latency", ["GetObject"], milliseconds=200))

    def read(_):
        # Past the kernel's pages, so that each of them asks.
        file = os.open(path / "file", os.O_RDONLY | os.O_DIRECT)
        buffer = mmap.mmap(-1, MEBIBYTE)
        count = os.preadv(file, [buffer], 0)
        os.close(file)
        return count == MEBIBYTE and buffer[:] == data

    def work():
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            assert all(pool.map(read, range(4)))

    requests, _ = counted(store, work)
    assert requests["GetObject"] == 1


# Answers that are not right.

def test_damaged_bodies_of_small_files_are_never_data(store, mounts, s3, bucket):
    data = os.urandom(500_000)
    s3.put_object(Bucket=bucket, Key="file", Body=data)
    path = mounts().path
    os.stat(path / "file")
    store.faults(stores.fault("corrupt", ["GetObject"], bytes=1, times=2))
    assert path.joinpath("file").read_bytes() == data
    s3.put_object(Bucket=bucket, Key="other", Body=data)
    wait_until((path / "other").exists, 10, "the other file")
    store.faults(stores.fault("corrupt", ["GetObject"], bytes=1))
    with pytest.raises(OSError):
        path.joinpath("other").read_bytes()
    store.faults()
    assert path.joinpath("other").read_bytes() == data, "the error does not stay"


@pytest.mark.parametrize("name", ["truncate", "reset"])
def test_bodies_that_break_off_are_continued(store, mounts, s3, bucket, name):
    data = pattern(40)
    s3.put_object(Bucket=bucket, Key="file", Body=data)
    path = mounts().path
    fields = {"point": "inBody", "afterBytes": 100_000} if name == "reset" else {"bytes": 1000}
    store.faults(stores.fault(name, ["GetObject"], rate=0.2, **fields))
    assert read_all(path / "file") == hashlib.sha256(data).digest()


# Two mounts, one writing.

def test_readers_see_the_old_or_the_new_and_never_a_mixture(mounts, s3, bucket):
    """Each version is of one letter; a reader that finds its version gone gets ESTALE."""
    size = 6 * MEBIBYTE
    writer, reader = mounts(), mounts()
    seen, stale = set(), 0

    def whole():
        """All bytes of the file, or nothing where its version is gone."""
        try:
            return (reader.path / "file").read_bytes()
        except OSError as error:
            assert error.errno in (errno.ESTALE, errno.ENOENT), error

    for letter in (b"a", b"b", b"c", b"d", b"e"):
        (writer.path / "file").write_bytes(letter * size)
        wait_until(lambda: whole() == letter * size, 10, "the version that was written last")
        with open(reader.path / "file", "rb", buffering=0) as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
            found = set(os.pread(file.fileno(), 64 * KIBIBYTE, MEBIBYTE))
            (writer.path / "file").write_bytes(letter.upper() * size)
            try:
                for offset in range(0, size, 256 * KIBIBYTE):
                    found |= set(os.pread(file.fileno(), 256 * KIBIBYTE, offset))
            except OSError as error:
                assert error.errno == errno.ESTALE, error
                stale += 1
        assert found == set(letter), f"a mixture of {bytes(found)}"
        seen |= found
    print(f"{len(seen)} versions seen, {stale} times ESTALE")
    assert stale > 0, "nobody was told that a version is gone"
    wait_until(lambda: whole() == b"E" * size, 10, "the last version")
    assert body(s3, bucket, "file") == b"E" * size


def test_a_file_that_is_replaced_while_it_is_read_is_stale(mounts, s3, bucket):
    s3.put_object(Bucket=bucket, Key="file", Body=pattern(64))
    path = mounts().path
    with open(path / "file", "rb", buffering=0) as file:
        assert file.read(4096) == pattern(1)[:4096]
        s3.put_object(Bucket=bucket, Key="file", Body=b"x" * 64 * MEBIBYTE)
        with pytest.raises(OSError) as failure:
            os.pread(file.fileno(), 4096, 50 * MEBIBYTE)
        assert failure.value.errno == errno.ESTALE


@pytest.mark.parametrize("written", ["here", "elsewhere"])
def test_versions_do_not_change_that(mounts, s3, bucket, written):
    """Where the store keeps old versions, a handle does not read one while everybody else reads the new one."""
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    path = mounts().path
    if written == "elsewhere":
        s3.put_object(Bucket=bucket, Key="file", Body=pattern(64))
    with open(path / "file", "r+b" if written == "elsewhere" else "w+b", buffering=0) as file:
        if written == "here":
            file.write(pattern(64))
            os.fsync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        assert os.pread(file.fileno(), 4096, 0) == pattern(1)[:4096]
        s3.put_object(Bucket=bucket, Key="file", Body=b"x" * 64 * MEBIBYTE)
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        with pytest.raises(OSError) as failure:
            os.pread(file.fileno(), 4096, 50 * MEBIBYTE)
        assert failure.value.errno == errno.ESTALE

    def begins_anew():
        try:
            with open(path / "file", "rb") as file:
                return file.read(100) == b"x" * 100
        except OSError as error:
            assert error.errno == errno.ESTALE, error

    wait_until(begins_anew, 10, "the new version")
