"""How many requests looking at folders takes, counted at the store."""

import ctypes
import os
import time

import pytest

import stores
from deadlines import run
from mounts import Mount
from stores import fault

FILES = 1500


@pytest.fixture(scope="module", params=["s3", "obs"])
def dialect(request, tmp_path_factory):
    """A store, and the options to mount it with."""
    home = tmp_path_factory.mktemp(request.param)
    (home / "data").mkdir()
    store = stores.Store(home / "data", home, "--dialect", request.param).start()
    yield store, request.param
    store.stop()


class Counted:
    """A mount whose store counts."""

    def __init__(self, store, name, folder):
        # An answer that is unusually late is asked for twice otherwise, whatever the load of the machine.
        self.store, self.folder, self.options = store, folder, ("--dialect", name, "--no-hedging")
        self.s3 = store.endpoint.client()
        self.bucket = f"folders-{os.urandom(6).hex()}"
        self.s3.create_bucket(Bucket=self.bucket)
        self.mount = None

    def put(self, *names, body=b"content", **metadata):
        for name in names:
            self.s3.put_object(Bucket=self.bucket, Key=name, Body=body, Metadata=metadata)

    def start(self, *options):
        self.mount = Mount(self.store.endpoint, self.bucket, self.folder, *self.options, *options).start()
        return self.mount.path

    def count(self, work):
        """Runs it; gives how many HEADs, LISTs and other requests that took, and what it returned."""
        self.store.reset_counters()
        result = work()
        counted = {name: count["requests"] for name, count in self.store.counters().items()}
        heads = counted.pop("HeadObject", 0)
        lists = sum(counted.pop(name, 0) for name in ("ListObjects", "ListObjectsV2"))
        print(f"{heads} HEAD, {lists} LIST, {counted}")
        return heads, lists, sum(counted.values()), result


@pytest.fixture
def counted(dialect, tmp_path):
    counted = Counted(*dialect, tmp_path)
    yield counted
    dialect[0].faults()
    if counted.mount is not None:
        counted.mount.stop()


def long_listing(path):
    """As `ls -l` does it: name -> (mode, owner, size), in the order of the directory."""
    with os.scandir(path) as entries:
        return {entry.name: (status.st_mode, status.st_uid, status.st_size) for entry in entries for status in [os.lstat(entry.path)]}


def fill(counted, count):
    for number in range(count):
        counted.put(f"folder/file-{number:05}", mode=str(0o100640), uid=str(1000 + number % 7), body=b"x" * (number % 90))


def expected(count):
    return {f"file-{number:05}": (0o100640, 1000 + number % 7, number % 90) for number in range(count)}


def test_names_alone_cost_one_request_a_page(counted):
    fill(counted, FILES)
    path = counted.start()
    os.stat(path / "folder")
    heads, lists, others, names = counted.count(lambda: os.listdir(path / "folder"))
    assert sorted(names) == sorted(expected(FILES))
    assert (heads, others) == (0, 0) and lists <= 2


def test_a_second_long_listing_asks_for_no_attributes(counted):
    fill(counted, FILES)
    path = counted.start("--metadata-ttl", "30")
    os.stat(path / "folder")
    heads, lists, others, shown = counted.count(lambda: long_listing(path / "folder"))
    assert shown == expected(FILES)
    assert heads <= FILES and lists <= 2 and others == 0
    counted.mount.stop()
    path = counted.start("--metadata-ttl", "30")
    heads, lists, others, shown = counted.count(lambda: long_listing(path / "folder"))
    assert shown == expected(FILES)
    # What is on the way to the folder is looked up.
    assert heads <= 1 and lists <= 2 + 1 and others == 0
    # Somebody changes one of them, and it alone is asked for.
    counted.put("folder/file-00700", mode=str(0o100600), uid="77", body=b"new")
    counted.mount.stop()
    path = counted.start()
    os.stat(path / "folder")
    heads, lists, others, shown = counted.count(lambda: long_listing(path / "folder"))
    assert shown == expected(FILES) | {"file-00700": (0o100600, 77, 3)}
    assert heads <= 1 and lists <= 2 and others == 0


def test_a_second_walk_asks_for_no_attributes(counted):
    """Folders that have markers, with attributes, and such that have none."""
    for folder in range(30):
        if folder % 2:
            counted.put(f"tree/folder-{folder:02}/", mode=str(0o40750), body=b"")
        for file in range(20):
            counted.put(f"tree/folder-{folder:02}/deep/file-{file:02}", mode=str(0o100640))
    # What is younger might still change unseen: it is not remembered.
    time.sleep(5.5)
    shown = []
    for _ in range(2):
        path = counted.start("--metadata-ttl", "30")
        heads, lists, others, walked = counted.count(lambda: run(["ls", "-lR", "--time-style=+", path], timeout=100).stdout)
        shown.append(walked)
        counted.mount.stop()
        counted.mount = None
    assert shown[0] == shown[1] and shown[0].count("rw-r-----") == 600 and shown[0].count("rwxr-x---") == 15
    # 62 folders, each listed once, and a few that two have asked for at the same time.
    assert heads == 0 and lists <= 70 and others == 0


def test_attributes_that_have_become_too_old_are_proved_by_one_listing(counted):
    """Who goes through the names again without listing them: one listing proves what is remembered of all."""
    fill(counted, 300)
    time.sleep(6)       # what is younger is not remembered
    path = counted.start() / "folder"
    assert long_listing(path) == expected(300)

    def again():
        time.sleep(1.2)     # nothing is believed any more
        return {name: (status.st_mode, status.st_uid, status.st_size) for name in sorted(expected(300)) for status in [os.lstat(path / name)]}

    heads, lists, others, shown = counted.count(again)
    assert shown == expected(300)
    print(f"{heads} HEAD, {lists} LIST, {others} others")
    assert heads <= 40 and lists <= 4 and others == 0


def test_without_the_cache_everything_is_asked_for_again(counted):
    """Negative control: it is the cache that saves the requests."""
    fill(counted, 50)
    for _ in range(2):
        path = counted.start("--metadata-cache", "off")
        os.stat(path / "folder")
        heads, _, _, shown = counted.count(lambda: long_listing(path / "folder"))
        assert shown == expected(50) and heads == 50
        counted.mount.stop()
        counted.mount = None


def test_a_damaged_cache_costs_requests_only(counted):
    fill(counted, 50)
    path = counted.start()
    long_listing(path / "folder")
    counted.mount.stop()
    caches = list((counted.folder / ".cache" / "windlass" / "metadata").glob("*.sqlite"))
    assert len(caches) == 1
    caches[0].write_bytes(os.urandom(8192))
    for round in range(3):
        path = counted.start()
        os.stat(path / "folder")
        heads, _, _, shown = counted.count(lambda: long_listing(path / "folder"))
        assert shown == expected(50)
        assert heads == 0 if round == 2 else heads <= 50
        counted.mount.stop()
        counted.mount = None
    assert "cannot be used" in (counted.folder / "mount.log").read_text()


def test_attributes_are_asked_for_in_parallel(counted):
    fill(counted, 500)
    counted.store.faults(fault("latency", ["HeadObject"], milliseconds=30))
    path = counted.start()
    begin = time.monotonic()
    assert long_listing(path / "folder") == expected(500)
    # One after the other they would take 15 s.
    assert time.monotonic() - begin < 4


def test_a_path_in_unknown_folders(counted):
    counted.put("a/b/c/file", "a/b/c/other.txt", "m/", "m/n/", "m/n/file")
    path = counted.start()
    heads, lists, others, _ = counted.count(lambda: os.stat(path / "a/b/c/file"))
    assert heads <= 4 and lists <= 4 and others == 0
    heads, lists, others, _ = counted.count(lambda: os.stat(path / "m/n/file"))
    assert heads <= 3 and lists <= 3 and others == 0


def test_a_name_that_is_not_there(counted):
    counted.put("folder/file")
    path = counted.start("--metadata-ttl", "20")
    os.listdir(path / "folder")

    def work():
        for number in range(20):
            assert not os.path.exists(path / "folder" / f"missing-{number}")

    assert counted.count(work)[:3] == (0, 0, 0)
    # A new file in a folder that is known is one request more.
    heads, lists, others, _ = counted.count(lambda: (path / "folder" / "new").write_bytes(b"x"))
    assert lists == 0 and heads <= 1 and others == 1


def test_one_file_of_many_is_one_request(counted):
    """Nobody who looks at single files pays for their siblings."""
    fill(counted, 100)
    path = counted.start("--metadata-ttl", "20")
    os.listdir(path / "folder")
    for number in (50, 3, 77):
        heads, lists, others, _ = counted.count(lambda: os.stat(path / "folder" / f"file-{number:05}"))
        assert (heads, lists, others) == (1, 0, 0)


class Directory:
    """opendir(3) and what Python leaves out of it."""

    class Entry(ctypes.Structure):
        _fields_ = [
            ("inode", ctypes.c_ulong), ("offset", ctypes.c_long), ("length", ctypes.c_ushort), ("kind", ctypes.c_ubyte),
            ("name", ctypes.c_char * 256)]

    libc = ctypes.CDLL(None, use_errno=True)
    libc.opendir.restype = ctypes.c_void_p
    libc.readdir.restype = ctypes.POINTER(Entry)
    libc.readdir.argtypes = libc.closedir.argtypes = libc.telldir.argtypes = libc.rewinddir.argtypes = [ctypes.c_void_p]
    libc.telldir.restype = ctypes.c_long
    libc.seekdir.argtypes = [ctypes.c_void_p, ctypes.c_long]

    def __init__(self, path):
        self.stream = self.libc.opendir(os.fsencode(path))
        assert self.stream

    def read(self):
        entry = self.libc.readdir(self.stream)
        return os.fsdecode(entry.contents.name) if entry else None

    def rest(self):
        names = []
        while name := self.read():
            names.append(name)
        return names

    def tell(self):
        return self.libc.telldir(self.stream)

    def seek(self, position):
        self.libc.seekdir(self.stream, position)

    def close(self):
        self.libc.closedir(self.stream)


def test_positions_stay_valid_while_a_directory_changes(counted):
    count = 2500
    counted.put(*(f"folder/name-{number:05}" for number in range(0, count)), body=b"")
    path = counted.start() / "folder"
    directory = Directory(path)
    positions, names = [], []
    while True:
        positions.append(directory.tell())
        name = directory.read()
        if name is None:
            break
        names.append(name)
    assert sorted(names) == sorted([".", ".."] + [f"name-{number:05}" for number in range(count)])
    # Before, behind and at the position that is gone back to.
    for number in (0, 1, 1200, 1201, 2499):
        os.unlink(path / f"name-{number:05}")
    (path / "name-00000-new").write_bytes(b"")
    (path / "zzz").write_bytes(b"")
    gone = {f"name-{number:05}" for number in (0, 1, 1200, 1201, 2499)}
    for index in (1203, 0, 2400, 3, 1202):
        directory.seek(positions[index])
        rest = directory.rest()
        assert len(rest) == len(set(rest))
        assert [name for name in rest if name in set(names) - gone] == [name for name in names[index:] if name not in gone]
    directory.close()
