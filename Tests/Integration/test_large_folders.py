"""Folders and trees far larger than memory: the store is made up (synthetic.py)."""

import os
import subprocess
import threading
import time

import pytest

from deadlines import run
from keeping import Commands
from mounts import Mount
from synthetic import Bucket, Server
from test_memory import MEBIBYTE, Watch, status


@pytest.fixture
def mounted(tmp_path):
    """A function from a bucket to its mount; everything ends with the test."""
    ends = []

    def start(bucket, *options):
        server = Server(bucket)
        ends.append(server.stop)
        mount = Mount(server.endpoint, "b", tmp_path, "--read-only", "--capabilities", "known", *options).start()
        ends.append(mount.stop)
        return mount

    yield start
    for end in reversed(ends):
        end()


def long(request, small, large):
    return large if request.config.getoption("--long", default=False) else small


@pytest.mark.deadline(3600)
def test_a_very_long_folder_in_bounded_memory(mounted, request):
    count = long(request, 100_000, 1_000_000)
    mount = mounted(Bucket(count), "--memory-limit=256M")
    with Watch(mount.process.pid) as watch:
        begin = time.monotonic()
        with os.scandir(mount.path / "flat") as entries:
            next(entries)
            first = time.monotonic() - begin
            names = 1 + sum(1 for _ in entries)
        total = time.monotonic() - begin
    print(f"first of {count} entries after {first:.3f} s, all after {total:.1f} s, {watch.largest // MEBIBYTE} MiB")
    assert names == count
    assert first < 2 and first < total / 5
    assert watch.largest < 256 * MEBIBYTE


@pytest.mark.deadline(3600)
def test_attributes_of_a_very_long_folder(mounted, request):
    """`ls -l`, which asks for each."""
    count = long(request, 20_000, 200_000)
    bucket = Bucket(count)
    mount = mounted(bucket, "--memory-limit=256M")
    with Watch(mount.process.pid) as watch, os.scandir(mount.path / "flat") as entries:
        found = sum(os.lstat(entry.path).st_mode == 0o100640 for entry in entries)
    print(f"{bucket.heads} HEAD, {bucket.lists} LIST, {watch.largest // MEBIBYTE} MiB")
    assert found == count
    # Some that were asked for ahead may have become too old before somebody wanted them.
    assert bucket.heads <= count * 1.05 + 100
    assert watch.largest < 256 * MEBIBYTE


@pytest.mark.deadline(3600)
def test_a_large_tree_in_bounded_memory(mounted, request):
    folders, each = long(request, (100, 500), (5000, 1000))
    bucket = Bucket(0, folders, each)
    mount = mounted(bucket, "--memory-limit=256M")
    with Watch(mount.process.pid) as watch:
        begin = time.monotonic()
        found = subprocess.run(["find", mount.path / "tree", "-type", "f"], capture_output=True, text=True, timeout=3000, check=True)
        print(f"{folders * each} files in {time.monotonic() - begin:.1f} s, {bucket.lists} LIST, {bucket.heads} HEAD, {watch.largest // MEBIBYTE} MiB")
    assert found.stdout.count("\n") == folders * each
    assert watch.largest < 256 * MEBIBYTE


def prunes():
    """Whether the kernel can be told to forget folders."""
    return tuple(int(part) for part in os.uname().release.split(".")[:2]) >= (6, 18)


@pytest.mark.deadline(600)
@pytest.mark.parametrize("limit, bound", [("16M", 5242), ("1G", None)])
@pytest.mark.parametrize("folders, each", [(40, 500), (8000, 1)], ids=["files", "folders"])
def test_inodes_are_bounded(mounted, limit, bound, folders, each):
    """The kernel, which has memory for all of them, lets go of those that nobody uses. With a large limit none has to go: the negative control."""
    if folders > each and not prunes():
        pytest.skip("kernels before 6.18 keep folders")
    bucket = Bucket(0, folders, each)
    mount = mounted(bucket, f"--memory-limit={limit}", "--metadata-ttl=3600", "--metadata-cache=off")
    most, ended = 0, threading.Event()

    def sample():
        nonlocal most
        while not ended.wait(0.2):
            most = max(most, Commands(mount).status()["inodes"])

    sampler = threading.Thread(target=sample)
    sampler.start()
    found = subprocess.run(
        ["find", mount.path / "tree", "-type", "f", *(["-size", "0"] if each > 1 else [])], capture_output=True, text=True, timeout=500, check=True)
    ended.set()
    sampler.join(30)
    most = max(most, Commands(mount).status()["inodes"])
    print(f"{most} inodes, {bucket.lists} LIST, {bucket.heads} HEAD")
    assert found.stdout.count("\n") == folders * each
    if bound:
        assert most < bound * 1.25
    else:
        assert most > 7000


@pytest.mark.deadline(300)
def test_a_walk_of_small_folders_lists_many_together(mounted):
    folders, each = 400, 20
    bucket = Bucket(0, folders, each, size=10_000)
    mount = mounted(bucket, "--metadata-cache=off")
    found = subprocess.run(["find", mount.path / "tree", "-type", "f"], capture_output=True, text=True, timeout=250, check=True)
    print(f"{bucket.lists} LIST, {bucket.heads} HEAD")
    assert found.stdout.count("\n") == folders * each
    # As many as pages of 1,000 names, several times because folders wait only so long for whoever opens them.
    assert bucket.lists <= folders / 5


@pytest.mark.deadline(300)
def test_a_walk_lists_no_folder_twice(mounted):
    """It takes longer than names are believed, and meets more of them than are remembered."""
    folders, each = 400, 100
    bucket = Bucket(0, folders, each, size=10_000)   # what is smaller may be a symbolic link, which only a HEAD tells
    mount = mounted(bucket, "--memory-limit=64M")
    found = subprocess.run(["find", mount.path / "tree", "-type", "f"], capture_output=True, text=True, timeout=250, check=True)
    print(f"{bucket.lists} LIST, {bucket.heads} HEAD")
    assert found.stdout.count("\n") == folders * each
    # About 90: nine whole folders are on a page. Where a page waits too long for whoever opens its folders they are listed again.
    assert bucket.lists <= folders + 20
    assert bucket.heads <= 20


@pytest.mark.long
@pytest.mark.deadline(7200)
@pytest.mark.parametrize("folders, limit", [(1000, 256), (5000, 512)])
def test_attributes_of_a_large_tree_in_bounded_memory(mounted, folders, limit):
    """Of each of a million files, and of five."""
    bucket = Bucket(0, folders, 1000)
    # A folder takes longer than a second where little else runs, and would be listed again.
    mount = mounted(bucket, f"--memory-limit={limit}M", "--metadata-cache=off", "--metadata-ttl=20")
    with Watch(mount.process.pid) as watch:
        begin = time.monotonic()
        with subprocess.Popen(["find", mount.path / "tree", "-type", "f", "-size", "0"], stdout=subprocess.PIPE) as find:
            found = sum(block.count(b"\n") for block in iter(lambda: find.stdout.read1(MEBIBYTE), b""))
        passed = time.monotonic() - begin
    print(f"{found} files in {passed:.1f} s, {bucket.lists} LIST, {bucket.heads} HEAD, {watch.largest // MEBIBYTE} MiB, {Commands(mount).status()['inodes']} inodes")
    assert found == folders * 1000
    assert bucket.lists <= folders * 1.05 + 20
    assert bucket.heads <= found * 1.05 + 100
    assert watch.largest < limit * MEBIBYTE


@pytest.mark.deadline(300)
def test_a_known_file_takes_little_memory(mounted):
    """What `ls -lR` leaves behind for each file, while it is known: node, name, attributes, metadata; and its name as it was listed."""
    files = 40_000
    mount = mounted(Bucket(0, 80, 500), "--memory-limit=1G", "--metadata-ttl=3600", "--metadata-cache=off")
    os.listdir(mount.path / "tree")
    before = status(mount.process.pid, "VmRSS")
    found = subprocess.run(["find", mount.path / "tree", "-type", "f", "-size", "0"], capture_output=True, text=True, timeout=250, check=True)
    assert found.stdout.count("\n") == files
    each = (status(mount.process.pid, "VmRSS") - before) / files
    counted = Commands(mount).status()["budget"]["purposes"]
    print(f"{each:.0f} bytes a file, counted: {counted}")
    assert each < 1600
    # What is counted is near to what is taken.
    assert each / 2 < (counted["inodes"] + counted["directories"]) / files < 1.5 * each


def test_positions_in_a_long_folder(mounted):
    """Going back far behind what is at hand."""
    mount = mounted(Bucket(30_000))
    listing = run(
        ["python3", "-c", """
import os, sys
from test_directory_budgets import Directory
directory = Directory(sys.argv[1])
places = {}
for number in range(30_002):
    if number % 2999 == 0: places[number] = directory.tell()
    name = directory.read()
    assert name, number
assert directory.read() is None
for number, place in sorted(places.items(), reverse=True):
    directory.seek(place)
    name = directory.read()
    assert number < 2 or name == f"file-{number - 2:07}", (number, name)
directory.seek(places[2999])
assert len(directory.rest()) == 30_002 - 2999
""", mount.path / "flat"], cwd=os.path.dirname(os.path.abspath(__file__)), timeout=120, check=False)
    assert listing.returncode == 0, listing.stderr
