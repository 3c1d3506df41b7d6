"""What is done through each mount. A workload says what it needs in the bucket, does its work under a `Meter`, and is not done before the store is.

`once` names what is seeded a single time for all systems, because the workload changes nothing; everything else gets a bucket of its own.
The raw client (`raw`) does the same work without a mount, where that means something.
"""
import concurrent.futures as futures
import io
import os
import random
import subprocess
import tarfile
import time
from dataclasses import dataclass

from store import BLOCK, MIB, payload

READER = 1 * MIB


@dataclass
class Case:
    """Everything a run needs: where the mount is, the bucket beside it, and the meter."""
    system: object
    path: str
    bucket: object
    meter: object
    remount: object
    deadline: float

    @property
    def native(self):
        return self.system.native


class Workload:
    seconds = 240        # what a case may take
    once = False

    def seed(self, bucket):
        """{key: size} of what is there before; large objects by themselves."""
        return {}

    def run(self, case):
        raise NotImplementedError

    def raw(self, client):
        return None


def read_all(path):
    total, room = 0, bytearray(READER)
    with open(path, "rb", buffering=0) as file:
        while count := file.readinto(room):
            total += count
    return total


class WriteSequential(Workload):
    def __init__(self, mib):
        self.mib, self.name = mib, f"write_seq_{mib}M"

    def run(self, case):
        with case.meter:
            with open(f"{case.path}/file", "wb", buffering=0) as file:
                for start in range(0, self.mib * MIB, MIB):
                    file.write(BLOCK[start % len(BLOCK):start % len(BLOCK) + MIB])
            if case.native:
                case.bucket.await_size("file", self.mib * MIB, case.deadline)

    def raw(self, client):
        return {"raw": lambda: client.upload("file", self.mib)}


class ReadSequential(Workload):
    once = True

    def __init__(self, mib, streams):
        self.mib, self.streams = mib, streams
        self.name = f"read_seq_{mib}M" if streams == 1 else f"read_{streams}x{mib}M"

    def seed(self, bucket):
        return {f"r/{self.mib}M-{number}": self.mib * MIB for number in range(self.streams)}

    def run(self, case):
        names = [f"{case.path}/{key}" for key in self.seed(None)]
        with case.meter, futures.ThreadPoolExecutor(self.streams) as pool:
            assert sum(pool.map(read_all, names)) == self.streams * self.mib * MIB

    def raw(self, client):
        keys = list(self.seed(None))
        return {"raw": lambda: client.download(keys), "curl": lambda: client.download_with_curl(keys, self.mib)}


class ReadAgain(ReadSequential):
    """The second mount reads what the first has read. The disk is asked, not the page cache: the files of the cache are dropped from it in between."""

    def __init__(self, mib):
        super().__init__(mib, 1)
        self.name = f"reread_{mib}M_remounted"

    def run(self, case):
        name = next(iter(self.seed(None)))
        os.makedirs(f"{case.remount.cache}/kept", exist_ok=True)
        with case.remount() as first:
            assert read_all(f"{first.path}/{name}") == self.mib * MIB
            time.sleep(1)      # what is written behind the reader may still be on its way to the disk
        with case.remount() as second:
            drop_from_page_cache(case.remount.cache)    # as late as before `disk`: memory left free for seconds goes back to a virtual machine's host
            with case.meter.of(second):
                assert read_all(f"{second.path}/{name}") == self.mib * MIB

    def raw(self, client):
        return {"disk": lambda: client.read_local_file(self.mib, read_all, drop_from_page_cache)}


def drop_from_page_cache(folder):
    for parent, _, names in os.walk(folder):
        for name in names:
            file = os.open(os.path.join(parent, name), os.O_RDONLY)
            os.fsync(file)
            os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
            os.close(file)


class ReadRandom(Workload):
    """Reads all over a file that nobody would fetch whole."""
    once = True

    def __init__(self, count, kib, threads, file_mib):
        self.count, self.size, self.threads, self.mib = count, kib * 1024, threads, file_mib
        self.name = f"read_rand_{kib}k_x{count}" + (f"_{threads}t" if threads > 1 else "")
        self.key = f"rr/{file_mib}M"

    def seed(self, bucket):
        return {self.key: self.mib * MIB}

    def offsets(self):
        chance = random.Random(3)
        return [chance.randrange(self.mib * MIB // self.size) * self.size for _ in range(self.count)]

    def run(self, case):
        file = os.open(f"{case.path}/{self.key}", os.O_RDONLY)
        with case.meter, futures.ThreadPoolExecutor(self.threads) as pool:
            assert sum(pool.map(lambda offset: len(os.pread(file, self.size, offset)), self.offsets())) == self.count * self.size
        os.close(file)

    def raw(self, client):
        return {"raw": lambda: client.ranges(self.key, self.offsets(), self.size, self.threads)}


class Untar(Workload):
    def __init__(self, count):
        self.count, self.name = count, f"untar_{count}x4k"

    def expected(self):
        return {f"tree/d{number % 20}/f{number}": 4096 for number in range(self.count)}

    def archive(self):
        archive = io.BytesIO()
        with tarfile.open(fileobj=archive, mode="w") as file:
            for number, key in enumerate(self.expected()):
                info = tarfile.TarInfo(key)
                info.size, info.mtime, info.mode = 4096, 1_600_000_000 + number, 0o640
                file.addfile(info, io.BytesIO(payload(4096, number)))
        return archive.getvalue()

    def run(self, case):
        archive = self.archive()
        with case.meter:
            subprocess.run(["tar", "-x", "-C", case.path], input=archive, check=True)
            case.meter.lap("returned_s")
            if case.native:
                case.bucket.await_sizes("tree/", self.expected(), case.deadline)


class ReadSmall(Workload):
    once = True

    def __init__(self, count):
        self.count, self.name = count, f"cat_{count}x4k"

    def seed(self, bucket):
        return {f"rs{self.count}/d{number % 20}/f{number}": 4096 for number in range(self.count)}

    def run(self, case):
        with case.meter:
            command = f"find {case.path}/rs{self.count} -type f -print0 | xargs -0 cat | wc -c"
            counted = subprocess.run(command, shell=True, check=True, capture_output=True, text=True).stdout
        assert int(counted) == self.count * 4096, counted


class ListTree(Workload):
    """`ls -lR` of entries whose modes and times are stored with them, which a listing does not tell."""
    once = True

    def __init__(self, count):
        self.count, self.name = count, f"ls_lR_{count}"
        self.prefix = f"ls{count}"

    def seed(self, bucket):
        return {f"{self.prefix}/d{number // 50}/f{number}": 16 for number in range(self.count)}

    def list(self, path):
        printed = subprocess.run(["ls", "-lR", f"{path}/{self.prefix}"], check=True, capture_output=True, text=True).stdout
        files = [line for line in printed.splitlines() if line.startswith("-")]
        assert len(files) == self.count, f"{len(files)} files instead of {self.count}"

    def run(self, case):
        with case.meter:
            self.list(case.path)
            case.meter.lap()
            subprocess.run(["find", f"{case.path}/{self.prefix}", "-type", "f", "-size", "+100k"], check=True, capture_output=True)
            case.meter.figures["find_again_s"] = time.monotonic() - case.meter.start - case.meter.figures["s"]


class ListAgain(ListTree):
    """The same by a second mount, which may remember what the first has learnt."""

    def __init__(self, count):
        super().__init__(count)
        self.name = f"ls_lR_{count}_remounted"

    def run(self, case):
        with case.remount() as first:
            self.list(first.path)
            time.sleep(1)
        with case.remount() as second, case.meter.of(second):
            self.list(second.path)

    def raw(self, client):
        return {"raw": lambda: client.list(f"{self.prefix}/", self.count)}


class RemoveTree(Workload):
    def __init__(self, count):
        self.count, self.name = count, f"rm_rf_{count}"

    def seed(self, bucket):
        return {f"rm/d{number % 20}/f{number}": 16 for number in range(self.count)}

    def run(self, case):
        with case.meter:
            subprocess.run(["rm", "-rf", f"{case.path}/rm"], check=True)
            if case.native:
                case.bucket.await_sizes("rm/", {}, case.deadline)


class RenameFolder(Workload):
    def __init__(self, count):
        self.count, self.name = count, f"mv_dir_{count}"

    def seed(self, bucket):
        return {f"mv/a/f{number}": 4096 for number in range(self.count)}

    def run(self, case):
        with case.meter:
            os.rename(f"{case.path}/mv/a", f"{case.path}/mv/b")
            if case.native:
                case.bucket.await_sizes("mv/", {f"mv/b/f{number}": 4096 for number in range(self.count)}, case.deadline)


class PatchMiddle(Workload):
    def __init__(self, mib):
        self.mib, self.name = mib, f"patch_4k_in_{mib}M"

    def seed(self, bucket):
        return {"patch/file": self.mib * MIB}

    def run(self, case):
        offset, bytes_ = self.mib * MIB // 2 + 13, b"windlass" * 512
        with case.meter:
            file = os.open(f"{case.path}/patch/file", os.O_RDWR)
            os.pwrite(file, bytes_, offset)
            os.close(file)
            if case.native:
                case.bucket.await_bytes("patch/file", offset, bytes_, case.deadline)
                case.bucket.await_size("patch/file", self.mib * MIB, case.deadline)


class AppendLog(Workload):
    """Opens, appends 4 KiB and closes, again and again, as programs do that log."""

    def __init__(self, count, mib):
        self.count, self.mib, self.name = count, mib, f"append_4k_x{count}_to_{mib}M"

    def seed(self, bucket):
        return {"log/file": self.mib * MIB}

    def run(self, case):
        with case.meter:
            for number in range(self.count):
                with open(f"{case.path}/log/file", "ab", buffering=0) as file:
                    file.write(payload(4096, number))
            case.meter.lap("returned_s")
            if case.native:
                case.bucket.await_size("log/file", self.mib * MIB + self.count * 4096, case.deadline)


class GitClone(Workload):
    def __init__(self, count):
        self.count, self.name = count, f"git_clone_{count}"

    def make(self, folder):
        for number in range(self.count):
            name = f"{folder}/d{number % 15}/s{number}.txt"
            os.makedirs(os.path.dirname(name), exist_ok=True)
            with open(name, "w", encoding="ascii") as file:
                file.write(f"line {number}\n" * (number % 40 + 1) * 6)
        for arguments in (["init", "-q"], ["add", "-A"], ["-c", "user.name=b", "-c", "user.email=b@localhost", "commit", "-qm", "tree"]):
            subprocess.run(["git", "-C", folder, *arguments], check=True)

    def run(self, case):
        source = f"{case.remount.cache}/../repository"
        self.make(source)
        with case.meter:
            subprocess.run(["git", "clone", "-q", "--no-hardlinks", source, f"{case.path}/clone"], check=True, capture_output=True)
            case.meter.lap()
            subprocess.run(["git", "-C", f"{case.path}/clone", "status", "--short"], check=True, capture_output=True)
            case.meter.figures["status_s"] = time.monotonic() - case.meter.start - case.meter.figures["s"]


FULL = [
    WriteSequential(512), ReadSequential(512, 1), ReadSequential(128, 4), ReadAgain(512), ReadRandom(200, 4, 1, 4096), ReadRandom(400, 128, 16, 4096),
    Untar(1000), ReadSmall(1000), ListTree(5000), ListAgain(5000), RemoveTree(1000), RenameFolder(300), PatchMiddle(256), AppendLog(30, 64),
    AppendLog(1000, 1), GitClone(600),
]
QUICK = [
    WriteSequential(128), ReadSequential(128, 1), ReadSequential(64, 4), ReadAgain(128), ReadRandom(20, 4, 1, 4096), ReadRandom(40, 128, 16, 4096),
    Untar(60), ReadSmall(60), ListTree(200), ListAgain(200), RemoveTree(60), RenameFolder(20), PatchMiddle(64), AppendLog(3, 64),
]
