"""Small files that are read one after the other: how many requests that takes, counted at the store, and how long."""

import concurrent.futures
import os
import random
import time

import pytest

from stores import fault

FILES = 300
SIZE = 4096
WINDOW = 256


@pytest.fixture
def folder(s3, bucket):
    """Name -> content of the files in `folder/`."""
    generator = random.Random(7)
    files = {f"file-{number:04}": generator.randbytes(SIZE) for number in range(FILES)}
    for name, content in files.items():
        s3.put_object(Bucket=bucket, Key=f"folder/{name}", Body=content)
    return files


def counted(store, work):
    """Runs it; gives the number of requests of each kind, and how long it took."""
    store.reset_counters()
    begin = time.monotonic()
    work()
    passed = time.monotonic() - begin
    counts = {name: count["requests"] for name, count in store.counters().items()}
    print(counts, f"{passed:.2f} s")
    return counts, passed


def read(path, names, files):
    for name in names:
        assert (path / "folder" / name).read_bytes() == files[name]


def listed(path):
    """In the order of the directory."""
    return os.listdir(path / "folder")


def test_files_read_in_order_are_one_get_each(store, mounts, folder):
    path = mounts("--metadata-ttl=60", "--no-hedging").path
    counts, _ = counted(store, lambda: read(path, listed(path), folder))
    assert counts["GetObject"] == FILES
    # The folder, the first files before the order shows, and what was asked ahead for them.
    assert counts.get("HeadObject", 0) <= 16


def test_files_read_in_order_do_not_wait_for_each_other(store, mounts, folder):
    store.faults(fault("latency", ["GetObject", "HeadObject"], milliseconds=30))
    path = mounts("--metadata-ttl=60").path
    _, passed = counted(store, lambda: read(path, listed(path), folder))
    # One after the other the GETs alone would take 9 s.
    assert passed < 4


def test_two_who_read_in_different_places_do_not_wait_either(store, mounts, folder):
    store.faults(fault("latency", ["GetObject", "HeadObject"], milliseconds=30))
    path = mounts("--metadata-ttl=60", "--no-hedging").path
    names = listed(path)

    def read_all():
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            for half in [pool.submit(read, path, names[start:start + FILES // 2], folder) for start in (0, FILES // 2)]:
                half.result()

    counts, passed = counted(store, read_all)
    # Each for itself, one after the other, 4.5 s.
    assert passed < 3
    assert counts["GetObject"] <= FILES + 8


def test_files_read_after_a_long_listing_are_one_get_each(store, mounts, folder):
    path = mounts("--metadata-ttl=60", "--no-hedging").path
    for name in listed(path):
        os.stat(path / "folder" / name)
    counts, _ = counted(store, lambda: read(path, sorted(folder), folder))
    assert counts == {"GetObject": FILES}


def test_files_read_in_no_order_fetch_nothing_ahead(store, mounts, folder):
    """Negative control: it is the order that is followed."""
    path = mounts("--metadata-ttl=60", "--no-hedging").path
    names = listed(path)
    random.Random(3).shuffle(names)
    counts, _ = counted(store, lambda: read(path, names[:100], folder))
    assert counts["GetObject"] <= 100 + 16


def test_what_is_fetched_in_vain_is_bounded(store, mounts, folder):
    path = mounts("--metadata-ttl=60", "--no-hedging").path
    names = listed(path)
    counts, _ = counted(store, lambda: (read(path, names[:20], folder), time.sleep(1)))
    assert 20 <= counts["GetObject"] <= 20 + 2 * 20 + 8


def test_looking_at_files_fetches_none(store, mounts, folder):
    path = mounts("--metadata-ttl=60").path
    counts, _ = counted(store, lambda: [os.stat(path / "folder" / name) for name in listed(path)])
    assert "GetObject" not in counts


def test_files_above_the_limit_are_not_fetched_ahead(store, mounts, folder):
    path = mounts("--metadata-ttl=60", "--small-file-limit=4095", "--no-hedging").path
    counts, _ = counted(store, lambda: (read(path, listed(path)[:100], folder), time.sleep(0.5)))
    assert counts["GetObject"] == 100


@pytest.mark.parametrize("consistency", ["ttl", "close-to-open"])
def test_a_file_that_is_replaced_after_it_was_fetched_is_never_read_in_part(mounts, s3, bucket, folder, consistency):
    """What was fetched ahead is the content of one version: with close-to-open it is given only while the store has that version."""
    path = mounts(f"--consistency={consistency}", "--metadata-ttl=2").path
    names = listed(path)
    read(path, names[:30], folder)
    time.sleep(0.5)
    new = {name: bytes([number % 256]) * SIZE for number, name in enumerate(names[30:60])}
    for name, content in new.items():
        s3.put_object(Bucket=bucket, Key=f"folder/{name}", Body=content)
    if consistency == "ttl":
        for name in new:
            assert (path / "folder" / name).read_bytes() in (folder[name], new[name])
        time.sleep(2.1)
    read(path, new, new)


def test_a_file_that_is_written_here_after_it_was_fetched_is_what_was_written(mounts, folder):
    path = mounts("--metadata-ttl=60").path
    names = listed(path)
    read(path, names[:30], folder)
    time.sleep(0.5)
    for name in names[30:60]:
        (path / "folder" / name).write_bytes(name.encode())
    read(path, names[30:60], {name: name.encode() for name in names})


def test_several_folders_are_read_without_a_break(store, mounts, s3, bucket):
    """Who has read one folder in order is expected to read the next."""
    content = os.urandom(100)
    for number in range(200):
        s3.put_object(Bucket=bucket, Key=f"tree/folder-{number // 10:02}/file-{number % 10}", Body=content)
    store.faults(fault("latency", ["GetObject", "HeadObject"], milliseconds=30))
    path = mounts("--metadata-ttl=60", "--no-hedging").path

    def work():
        for place, _, names in os.walk(path / "tree"):
            for name in names:
                with open(os.path.join(place, name), "rb") as file:
                    assert file.read() == content

    counts, passed = counted(store, work)
    assert counts["GetObject"] == 200
    assert counts.get("HeadObject", 0) <= 80
    assert passed < 6
