"""What a mount may take: memory, descriptors, threads."""

import concurrent.futures
import hashlib
import os
import random
import shutil
import threading
import time

import pytest

MEBIBYTE = 1 << 20
LIMIT = 512 * MEBIBYTE


def status(pid, field):
    """A number of /proc/PID/status; sizes in bytes."""
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        for line in file:
            if line.startswith(field + ":"):
                parts = line.split()
                return int(parts[1]) * (1024 if parts[-1] == "kB" else 1)
    raise AssertionError(f"no {field} in /proc/{pid}/status")


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


class Watch:
    """The largest resident memory of a process while the body runs: samples, and the kernel's own high-water mark."""

    def __init__(self, pid):
        self.pid, self.largest, self._end = pid, 0, threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)

    def _sample(self):
        while not self._end.wait(0.1):
            self.largest = max(self.largest, status(self.pid, "VmRSS"))

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._end.set()
        self._thread.join(5)
        self.largest = max(self.largest, status(self.pid, "VmHWM"))


def blocks(count):
    """So many mebibytes, no two alike, quickly."""
    base = os.urandom(MEBIBYTE)
    for number in range(count):
        yield number.to_bytes(8, "big") + base[8:]


def needs_disk(path, gibibytes):
    free = shutil.disk_usage(path).free
    if free < gibibytes << 30:
        pytest.skip(f"needs {gibibytes} GiB of free disk, there are {free >> 30}")


def write(mount, mebibytes):
    """Writes a file; gives its digest and the most memory that the mount took."""
    digest = hashlib.sha256()
    with Watch(mount.process.pid) as watch:
        with open(mount.path / "large", "wb", buffering=0) as file:
            for block in blocks(mebibytes):
                digest.update(block)
                assert file.write(block) == len(block)
            os.fsync(file.fileno())
    return digest.hexdigest(), watch.largest


def read(mount):
    """Reads it back; gives the same two."""
    digest = hashlib.sha256()
    with Watch(mount.process.pid) as watch, open(mount.path / "large", "rb", buffering=0) as file:
        while block := file.read(MEBIBYTE):
            digest.update(block)
    return digest.hexdigest(), watch.largest


def check_memory(mounts, mebibytes, *options):
    mount = mounts(*options)
    written, writing = write(mount, mebibytes)
    mount.remount()
    back, reading = read(mount)
    print(f"{mebibytes} MiB: {writing >> 20} MiB of memory while writing, {reading >> 20} while reading")
    assert back == written, "other bytes came back"
    assert writing < LIMIT, f"{writing >> 20} MiB of memory while writing"
    assert reading < LIMIT, f"{reading >> 20} MiB of memory while reading"


@pytest.mark.deadline(600)
def test_five_gibibytes_take_less_than_512_mebibytes(mounts, tmp_path):
    needs_disk(tmp_path, 20)
    check_memory(mounts, 5 * 1024)


@pytest.mark.long
@pytest.mark.deadline(1800)
def test_ten_gibibytes_stream_through_one_gibibyte_of_staging(mounts, tmp_path):
    needs_disk(tmp_path, 25)
    check_memory(mounts, 10 * 1024, "--staging-size", "1G")


def read_everything(file, start, end, block=256 << 10):
    for offset in range(start, end, block):
        assert len(os.pread(file, min(block, end - offset), offset)) == min(block, end - offset)


def read_at_random(file, size, count, seed):
    generator = random.Random(seed)
    for _ in range(count):
        assert len(os.pread(file, 128 << 10, generator.randrange(0, size - (128 << 10), 4096))) == 128 << 10


@pytest.mark.deadline(300)
@pytest.mark.parametrize("kind", ["sequential", "random", "streams"])
def test_reading_keeps_to_the_memory_limit(mounts, s3, bucket, kind):
    """What is counted stays under the limit; threads, stacks, libraries and the allocator's reserve come on top of it."""
    size = 1024 * MEBIBYTE
    upload = s3.create_multipart_upload(Bucket=bucket, Key="large")["UploadId"]
    data = os.urandom(64 * MEBIBYTE)
    parts = [
        {"PartNumber": number, "ETag": s3.upload_part(Bucket=bucket, Key="large", UploadId=upload, PartNumber=number, Body=data)["ETag"]}
        for number in range(1, 17)]
    s3.complete_multipart_upload(Bucket=bucket, Key="large", UploadId=upload, MultipartUpload={"Parts": parts})
    mount = mounts("--memory-limit=256M")
    file = os.open(mount.path / "large", os.O_RDONLY)
    with Watch(mount.process.pid) as watch, concurrent.futures.ThreadPoolExecutor(64) as pool:
        if kind == "sequential":
            read_everything(file, 0, size)
        elif kind == "random":
            list(pool.map(lambda lane: read_at_random(file, size, 100, lane), range(16)))
        else:
            part = size // 64
            list(pool.map(lambda lane: read_everything(file, lane * part, (lane + 1) * part), range(64)))
    os.close(file)
    print(f"{kind}: {watch.largest >> 20} MiB of memory")
    assert watch.largest < 256 * MEBIBYTE, f"{watch.largest >> 20} MiB of memory"


def work_on_a_small_tree(mount, operations):
    """So many mixed calls; leaves nothing behind."""
    folder = mount.path / "small"
    folder.mkdir(exist_ok=True)
    done = 0
    while done < operations:
        file = folder / f"file-{done % 16}"
        file.write_bytes(b"content")
        assert file.read_bytes() == b"content"
        for _ in range(5):
            file.stat()
        os.listdir(folder)
        try:
            (folder / "missing").stat()
        except FileNotFoundError:
            pass
        file.unlink()
        done += 10
    folder.rmdir()


def settled(mount):
    """Descriptors, threads and memory of the mount, once nothing is under way any more."""
    time.sleep(3)
    pid = mount.process.pid
    return descriptors(pid), status(pid, "Threads"), status(pid, "VmRSS")


def check_leaks(mount, operations):
    work_on_a_small_tree(mount, operations // 10)
    before = settled(mount)
    work_on_a_small_tree(mount, operations)
    after = settled(mount)
    print(f"{operations} operations: descriptors, threads, memory {before} -> {after}")
    # Connections and worker threads come and go within small bounds; what leaks grows with the operations.
    assert after[0] <= before[0] + 16, "descriptors are left open"
    assert after[1] <= before[1] + 8, "threads are left running"
    assert after[2] <= before[2] + 24 * MEBIBYTE, "memory is left taken"


@pytest.mark.deadline(600)
def test_a_hundred_thousand_operations_leave_nothing_behind(mount):
    check_leaks(mount, 100_000)


@pytest.mark.long
@pytest.mark.deadline(5000)
def test_a_million_operations_leave_nothing_behind(mount):
    check_leaks(mount, 1_000_000)
