"""The cache of blocks on the disk: processes that use it are killed while they write and make room, and what they leave is compared.

The process is cache-worker (Tests/CacheWorker): it puts blocks in and takes them out at random, and ends with 1 on the first wrong byte.
"""

import hashlib
import os
import random
import re
import shutil
import signal
import subprocess
import time

import pytest

import stores
from deadlines import start
from keeping import Commands

WORKER = stores.BINARIES / "cache-worker"
MEBIBYTE = 1 << 20
LIMIT = 16


def begin(folder, seed):
    return start([WORKER, "run", folder, str(seed), str(LIMIT)], stdout=subprocess.PIPE)


def kill(worker):
    """The figures that the worker told last; it must not have ended by itself."""
    ended = worker.poll()
    worker.send_signal(signal.SIGKILL)
    said = worker.communicate(timeout=30)[0].decode().splitlines()
    assert ended is None, said[-3:]
    figures = [line for line in said if re.fullmatch(r"read \d+ written \d+ evicted \d+ damaged \d+", line)]
    return [int(word) for word in figures[-1].split()[1::2]] if figures else [0, 0, 0, 0]


def check(folder, *how):
    done = subprocess.run([WORKER, "check", folder, *how], stdout=subprocess.PIPE, text=True, timeout=60)
    return done.returncode, done.stdout


def found(folder):
    """How many blocks are there, and how many were damaged; none may have wrong bytes."""
    code, said = check(folder)
    assert code == 0, said
    return [int(number) for number in re.fullmatch(r"checked (\d+) of \d+ damaged (\d+)\n", said).groups()]


def space(folder):
    """What the disk gives for the files. They come and go meanwhile."""
    total = 0
    for path in folder.glob("*.v1"):
        try:
            total += path.stat().st_blocks * 512
        except FileNotFoundError:
            continue
    return total


def kills(folder, rounds, workers=1, meanwhile=lambda index: None):
    """Kills after kills; returns the blocks that were read, evicted and, at the ends, found."""
    seed = random.randrange(1 << 32)
    print("seed", seed)
    dice = random.Random(seed)
    totals = [0, 0, 0]
    for index in range(rounds):
        running = [begin(folder, dice.randrange(1 << 32)) for _ in range(workers)]
        # Some die while they start.
        time.sleep(dice.choice([dice.uniform(0, 0.05), dice.uniform(0.1, 0.5)]))
        meanwhile(index)
        for worker in running:
            read, _, evicted, _ = kill(worker)
            totals[0] += read
            totals[1] += evicted
        assert space(folder) <= LIMIT * MEBIBYTE
        totals[2] += found(folder)[0]
    return totals


def test_kills_while_blocks_are_written_and_dropped(tmp_path):
    read, evicted, left = kills(tmp_path / "cache", 40)
    assert read > 1000 and evicted > 100 and left > 500, "the worker did too little for this to mean anything"


@pytest.mark.long
@pytest.mark.deadline(1800)
def test_a_thousand_kills(tmp_path):
    kills(tmp_path / "cache", 500)
    kills(tmp_path / "cache", 500, workers=2)


def test_several_processes_share_a_folder(tmp_path):
    folder = tmp_path / "cache"
    read, evicted, left = kills(folder, 15, workers=3)
    assert read > 1000 and evicted > 100 and left > 500


def test_the_limit_is_kept_while_several_write(tmp_path):
    folder = tmp_path / "cache"
    running = [begin(folder, seed) for seed in range(3)]
    highest = 0
    for _ in range(200):
        highest = max(highest, space(folder))
        time.sleep(0.005)
    figures = [kill(worker) for worker in running]
    assert LIMIT * MEBIBYTE / 2 < highest <= LIMIT * MEBIBYTE
    assert all(evicted > 100 for _, _, evicted, _ in figures)


def test_the_folder_is_deleted_under_running_processes(tmp_path):
    folder = tmp_path / "cache"

    def delete(index):
        if index % 2:
            shutil.rmtree(folder, ignore_errors=True)
        else:
            for path in folder.glob("*.v1"):
                path.unlink(missing_ok=True)
        time.sleep(0.3)

    read, _, left = kills(folder, 10, workers=2, meanwhile=delete)
    assert read > 100 and left > 100, "nothing was cached after the folder had gone"


def test_the_check_finds_wrong_bytes(tmp_path):
    """Negative control: the same damage, with the checksums and without them."""
    folder = tmp_path / "cache"
    worker = begin(folder, 1)
    time.sleep(1)
    kill(worker)
    # The block that was being written at that moment may be torn.
    torn = found(folder)[1]
    assert torn <= 1
    dice = random.Random(1)
    for path in folder.glob("*.v1"):
        content = bytearray(path.read_bytes())
        for _ in range(40):
            content[dice.randrange(len(content))] ^= 1 << dice.randrange(8)
        path.write_bytes(content)
    code, said = check(folder, "careless")
    assert code == 1 and said.startswith("wrong block "), said
    assert found(folder)[1] > torn


class Cached:
    """A mount with a cache of its own, and a file of 40 MiB."""

    def __init__(self, store, mounts, s3, bucket, folder):
        self.store, self.folder = store, folder / "cache"
        self.blocks = self.folder / "blocks"
        self.data = os.urandom(40 * MEBIBYTE)
        s3.put_object(Bucket=bucket, Key="file", Body=self.data)
        self.mount = mounts("--cache-dir", self.folder, "--cache-size", "256M")

    def remount(self):
        self.mount.stop()
        self.mount.start()

    def read(self):
        """Compares the file; gives how many bytes of it the store sent."""
        self.store.reset_counters()
        digest = hashlib.sha256((self.mount.path / "file").read_bytes()).digest()
        assert digest == hashlib.sha256(self.data).digest()
        return self.store.counters().get("GetObject", {}).get("bytesOut", 0)

    def disk(self):
        return Commands(self.mount).status()["cache"]["disk"]

    def fill(self):
        """Reads until all is on the disk, which may leave blocks out when it is slow."""
        for _ in range(5):
            self.remount()
            if self.read() == 0:
                return
        raise AssertionError("the file never came into the cache as a whole")


@pytest.fixture
def cached(store, mounts, s3, bucket, tmp_path):
    return Cached(store, mounts, s3, bucket, tmp_path)


def test_a_remount_reads_from_the_disk(cached):
    assert cached.read() == len(cached.data)
    cached.fill()
    cached.remount()
    assert cached.read() == 0
    disk = cached.disk()
    assert disk["hits"] == 320 and disk["damaged"] == 0 and disk["blocks"] >= 320
    assert 40 * MEBIBYTE <= disk["usage"]["used"] <= disk["usage"]["limit"] == 256 * MEBIBYTE
    text = Commands(cached.mount).run("status", cached.mount.path).stdout
    assert f"in {cached.blocks}; 100 % of 320 blocks found, 40.0 MiB" in text


def test_a_new_version_is_not_served_from_the_cache(cached, s3, bucket):
    cached.fill()
    cached.data = os.urandom(40 * MEBIBYTE)
    s3.put_object(Bucket=bucket, Key="file", Body=cached.data)
    cached.remount()
    assert cached.read() == len(cached.data)


def test_damage_and_deletion_under_a_mount(cached):
    cached.fill()
    cached.remount()
    dice = random.Random(1)
    for path in cached.blocks.glob("*.v1"):
        with open(path, "r+b") as file:
            for _ in range(20):
                place = dice.randrange(512, path.stat().st_size)
                file.seek(place)
                byte = file.read(1)[0]
                file.seek(place)
                file.write(bytes([byte ^ 1 << dice.randrange(8)]))
    assert 0 < cached.read() < len(cached.data)
    assert cached.disk()["damaged"] > 0
    cached.remount()
    shutil.rmtree(cached.folder)
    cached.read()
    cached.fill()


def test_other_files_in_the_folder_are_left_alone(mounts, tmp_path):
    folder = tmp_path / "photos"
    (folder / "blocks").mkdir(parents=True)
    (folder / "one.jpg").write_bytes(b"mine")
    mounts("--cache-dir", folder).stop()
    assert (folder / "one.jpg").read_bytes() == b"mine" and list((folder / "blocks").iterdir())


def test_blocks_that_are_not_its_own_are_refused(mounts, tmp_path):
    folder = tmp_path / "building"
    (folder / "blocks").mkdir(parents=True)
    (folder / "blocks" / "brick.jpg").write_bytes(b"mine")
    mount = mounts("--cache-dir", "0")
    mount.stop()
    mount.options = ("--cache-dir", folder)
    with pytest.raises(AssertionError, match="blocks is not empty and no cache of windlass; choose an empty or new folder for --cache-dir"):
        mount.start()
    mount.process = None
    assert [path.name for path in (folder / "blocks").iterdir()] == ["brick.jpg"]
