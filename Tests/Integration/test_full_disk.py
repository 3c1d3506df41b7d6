"""The local disk is full, or the state folder is not as it should be: a clear error, nothing lost, nothing mounted half."""

import errno
import hashlib
import os
import shutil
import sqlite3
import subprocess

import pytest

import stores
from deadlines import run
from mounts import WINDLASS, Mount, is_mount_point, wait_until, windlass
from states import assert_nothing_left, journal, state_folders
from stores import body, fault, keys

MEBIBYTE = 1 << 20
UPLOADS = ["PutObject", "UploadPart"]


@pytest.fixture
def small_disk(tmp_path):
    """small_disk(mebibytes) -> a folder on a disk of that many beyond what is always left free."""
    made = []

    def make(mebibytes):
        folder = tmp_path / "disk"
        folder.mkdir()
        run(["mount", "-t", "tmpfs", "-o", f"size={1024 + mebibytes}m,mode=700", "tmpfs", folder])
        made.append(folder)
        return folder

    yield make
    for folder in made:
        run(["umount", "-l", folder], check=False)


class OnDisk(Mount):
    """A mount whose state folder is elsewhere."""

    def __init__(self, store, bucket, folder, state, *options):
        super().__init__(store.endpoint, bucket, folder, *options)
        self.staging = state


@pytest.fixture
def on_disk(store, bucket, tmp_path):
    made = []

    def make(state, *options):
        folder = tmp_path / f"on-disk-{len(made)}"
        folder.mkdir()
        made.append(OnDisk(store, bucket, folder, state, *options))
        return made[-1]

    yield make
    for mount in made:
        mount.stop()


def blocks(count, seed=b"seed"):
    for number in range(count):
        yield hashlib.sha256(seed + number.to_bytes(4, "big")).digest() * (MEBIBYTE // 32)


def fill(path, count, flags=os.O_WRONLY | os.O_CREAT | os.O_TRUNC):
    """Writes so many mebibytes; gives the errno of the first failure of a write, of close, or None."""
    file = os.open(path, flags, 0o644)
    failed = None
    try:
        for block in blocks(count):
            os.write(file, block)
    except OSError as error:
        failed = error.errno
    try:
        os.close(file)
    except OSError as error:
        failed = failed or error.errno
    return failed


# No room

def test_what_does_not_fit_is_enospc_and_the_old_file_is_whole(on_disk, small_disk, store, s3, bucket):
    """Random writes cannot be streamed: they need room for all of it."""
    mount = on_disk(small_disk(48)).start()
    (mount.path / "file").write_bytes(b"the old content")
    file = os.open(mount.path / "file", os.O_RDWR)
    with pytest.raises(OSError) as failure:
        for number, block in enumerate(blocks(200)):
            os.pwrite(file, block, (1000 - 3 * number) * MEBIBYTE)
    assert failure.value.errno == errno.ENOSPC
    assert body(s3, bucket, "file") == b"the old content"
    assert os.pread(file, 15, 0) == b"the old content"
    # The program gives up what it wanted and still can save something small.
    os.ftruncate(file, 7)
    os.close(file)
    assert body(s3, bucket, "file") == b"the old"
    (mount.path / "another").write_bytes(b"works")
    mount.stop()
    assert_nothing_left(mount.staging, s3, bucket)


def test_a_full_disk_beneath_write_back_waits_and_then_says_so(on_disk, small_disk, store, s3, bucket):
    mount = on_disk(small_disk(40), "--write-back").start()
    store.faults(fault("latency", UPLOADS, milliseconds=20))
    # More than the disk holds, in files that are uploaded meanwhile.
    for number in range(20):
        assert fill(mount.path / f"file-{number}", 6) is None, f"file {number} found no room"
    store.faults()
    mount.stop()
    for number in range(20):
        assert body(s3, bucket, f"file-{number}") == b"".join(blocks(6))
    assert_nothing_left(mount.staging, s3, bucket)


def test_the_staging_size_is_a_limit(on_disk, tmp_path, store, s3, bucket):
    state = tmp_path / "state"
    state.mkdir()
    mount = on_disk(state, "--staging-size", "64M").start()
    (mount.path / "file").write_bytes(b"the old content")
    file = os.open(mount.path / "file", os.O_RDWR)
    with pytest.raises(OSError) as failure:
        for number, block in enumerate(blocks(100)):
            os.pwrite(file, block, (1000 - 3 * number) * MEBIBYTE)
    assert failure.value.errno == errno.ENOSPC
    assert number >= 60, "the limit was not used"
    os.ftruncate(file, 15)
    os.close(file)
    assert body(s3, bucket, "file") == b"the old content"


@pytest.mark.parametrize("options", [(), ("--write-back",)], ids=["default", "write-back"])
def test_a_gibibyte_streams_through_64_mebibytes(on_disk, tmp_path, store, s3, bucket, options):
    state = tmp_path / "state"
    state.mkdir()
    mount = on_disk(state, "--staging-size", "64M", *options).start()
    assert fill(mount.path / "large", 1024) is None, mount.text()
    largest = sum(path.stat().st_blocks * 512 for path in state.rglob("*") if path.is_file())
    assert largest < 80 * MEBIBYTE, f"{largest >> 20} MiB of staging"
    digest = hashlib.sha256()
    for block in blocks(1024):
        digest.update(block)
    mount.stop()
    found = hashlib.sha256()
    stream = s3.get_object(Bucket=bucket, Key="large")["Body"]
    for piece in stream.iter_chunks(4 * MEBIBYTE):
        found.update(piece)
    assert found.hexdigest() == digest.hexdigest()
    assert_nothing_left(state, s3, bucket)


def test_a_full_disk_of_the_journal_loses_nothing(on_disk, small_disk, store, s3, bucket):
    """Somebody else fills the disk, below what the mount leaves free."""
    disk = small_disk(20)
    mount = on_disk(disk, "--write-back", "--write-back-delay", "4").start()
    (mount.path / "before").write_bytes(b"before" * 1000)
    filler = os.open(disk / "filler", os.O_WRONLY | os.O_CREAT)
    with pytest.raises(OSError):
        while True:
            os.write(filler, bytes(MEBIBYTE))
    os.close(filler)
    failed = fill(mount.path / "during", 1)
    assert failed in (errno.ENOSPC, None)
    os.unlink(disk / "filler")
    (mount.path / "after").write_bytes(b"after" * 1000)
    mount.stop()
    assert body(s3, bucket, "before") == b"before" * 1000
    assert body(s3, bucket, "after") == b"after" * 1000
    if failed is None:
        assert body(s3, bucket, "during") == b"".join(blocks(1))
    else:
        assert "during" not in keys(s3, bucket) or body(s3, bucket, "during") in (b"", b"".join(blocks(1)))


# A state folder that cannot be used

def refused(mount):
    """Starts a mount that must not come up; gives its complaint, which is one line."""
    done = subprocess.run(
        [str(part) for part in mount.command()], env=mount.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)
    assert not is_mount_point(mount.path), "it is mounted all the same"
    assert done.returncode == 1, f"{done.returncode}: {done.stdout}"
    lines = [line for line in done.stdout.splitlines() if line.strip()]
    assert len(lines) == 1, done.stdout
    return lines[0]


@pytest.fixture
def unsent(on_disk, tmp_path, store, s3, bucket):
    """A mount that has been killed, and a state folder with a file that is nowhere else."""
    state = tmp_path / "state"
    state.mkdir()
    mount = on_disk(state, "--write-back", "--write-back-delay", "60").start()
    (mount.path / "file").write_bytes(b"only here" * 10_000)
    mount.kill()
    assert keys(s3, bucket) == [] and journal(state)["file"] == 1
    folder, = state_folders(state)
    return mount, folder


def change(path, statement):
    """As another program would; when it has closed the journal, all of it is in one file."""
    database = sqlite3.connect(path)
    database.execute(statement).fetchall()
    database.commit()
    database.close()
    assert not path.with_name(path.name + "-wal").exists()


def all_bytes(folder):
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.name != "lock"}


def recovers(mount, s3, bucket):
    mount.start()
    mount.stop()
    assert body(s3, bucket, "file") == b"only here" * 10_000


def test_another_versions_folder(unsent, s3, bucket):
    mount, folder = unsent
    content = (folder / "format").read_text()
    (folder / "format").write_text("windlass state 99\n")
    before = all_bytes(folder)
    message = refused(mount)
    assert "another version" in message and str(folder) in message
    assert all_bytes(folder) == before, "it was changed"
    (folder / "format").write_text(content)
    recovers(mount, s3, bucket)


def test_another_versions_journal(unsent, s3, bucket):
    mount, folder = unsent
    change(folder / "journal.sqlite", "PRAGMA user_version = 99")
    message = refused(mount)
    assert "format 99" in message
    change(folder / "journal.sqlite", "PRAGMA user_version = 2")
    recovers(mount, s3, bucket)


@pytest.mark.parametrize("damage", ["garbage", "cut", "row"])
def test_a_damaged_journal(unsent, s3, bucket, damage):
    mount, folder = unsent
    path = folder / "journal.sqlite"
    change(path, "PRAGMA wal_checkpoint(TRUNCATE)")
    whole = path.read_bytes()
    if damage == "garbage":
        path.write_bytes(whole[:4096] + os.urandom(len(whole) - 4096))
    elif damage == "cut":
        path.write_bytes(whole[:len(whole) // 2])
    else:
        change(path, "UPDATE file SET key = x'616263'")
    before = all_bytes(folder)
    message = refused(mount)
    assert "damaged" in message and str(folder) in message
    assert all_bytes(folder) == before, "it was changed"
    path.write_bytes(whole)
    recovers(mount, s3, bucket)


def test_a_damaged_staging_file(on_disk, tmp_path, store, s3, bucket):
    """Its bytes are not uploaded as if they were right, and everything else works."""
    state = tmp_path / "state"
    state.mkdir()
    mount = on_disk(state, "--write-back", "--write-back-delay", "60").start()
    (mount.path / "damaged").write_bytes(os.urandom(300_000))
    (mount.path / "whole").write_bytes(b"whole" * 100_000)
    mount.kill()
    largest = sorted(state.glob("*/files/*"), key=lambda path: path.stat().st_size)[-2:]
    hit = next(path for path in largest if not path.read_bytes().startswith(b"whole"))
    data = bytearray(hit.read_bytes())
    data[150_000] ^= 1
    hit.write_bytes(data)
    mount.options = ("--write-back",)
    mount.start()
    wait_until(lambda: "whole" in keys(s3, bucket), 20, "what is whole is uploaded")
    with pytest.raises(OSError):
        (mount.path / "damaged").read_bytes()
    told = f"damaged cannot be uploaded: {hit} is damaged near offset {150_000 // 16384 * 16384}:"
    wait_until(lambda: told in mount.text(), 20, "the log names the file, its staging file and the place")
    listed = windlass(store.endpoint, tmp_path, "recover", bucket, "--list", "--endpoint", store.endpoint.url, "--state-dir", state)
    assert listed.returncode == 0 and told in listed.stdout and "--export" in listed.stdout, listed
    (mount.path / "new").write_bytes(b"works")
    mount.stop()
    assert "damaged" not in keys(s3, bucket)
    # It stays where it is, and the next mount says so.
    mount.log.unlink()
    mount.start()
    assert "damaged is kept on the local disk and not in the store: see `windlass recover --list`" in mount.text()
    assert hit.read_bytes() == bytes(data)
    assert body(s3, bucket, "whole") == b"whole" * 100_000


def test_a_read_only_folder(on_disk, small_disk, bucket):
    disk = small_disk(10)
    run(["mount", "-o", "remount,ro", disk])
    mount = on_disk(disk)
    message = refused(mount)
    assert "read-only" in message and str(disk) in message


def test_a_read_only_journal(on_disk, small_disk, s3, bucket):
    disk = small_disk(10)
    mount = on_disk(disk, "--write-back", "--write-back-delay", "60").start()
    (mount.path / "file").write_bytes(b"only here" * 10_000)
    mount.kill()
    run(["mount", "-o", "remount,ro", disk])
    assert "read-only" in refused(mount)
    run(["mount", "-o", "remount,rw", disk])
    recovers(mount, s3, bucket)


def test_a_folder_that_is_in_use(on_disk, tmp_path, store, bucket):
    state = tmp_path / "state"
    state.mkdir()
    first = on_disk(state).start()
    message = refused(on_disk(state))
    assert f"process {first.process.pid}" in message
    (first.path / "file").write_bytes(b"the first one goes on")


def test_a_folder_that_others_may_enter(on_disk, unsent, s3, bucket):
    mount, folder = unsent
    folder.chmod(0o755)
    assert "chmod 700" in refused(mount)
    folder.chmod(0o700)
    recovers(mount, s3, bucket)


def test_no_folder_at_all(on_disk, tmp_path, bucket):
    (tmp_path / "file").write_text("no folder")
    message = refused(on_disk(tmp_path / "file"))
    assert str(tmp_path / "file") in message


def test_no_room_for_a_state_folder(on_disk, tmp_path, bucket):
    disk = tmp_path / "tiny"
    disk.mkdir()
    run(["mount", "-t", "tmpfs", "-o", "size=64k,mode=700", "tmpfs", disk])
    try:
        filler = os.open(disk / "filler", os.O_WRONLY | os.O_CREAT)
        with pytest.raises(OSError):
            while True:
                os.write(filler, bytes(4096))
        os.close(filler)
        message = refused(on_disk(disk))
        assert "space" in message
    finally:
        run(["umount", "-l", disk], check=False)
