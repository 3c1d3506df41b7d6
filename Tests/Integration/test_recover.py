"""`windlass recover`: what could not be stored is shown, stored after all, exported or given up, with the mount and without it."""

import contextlib
import errno
import os
import random
import signal
import sqlite3
import time

import pytest

from deadlines import programs, start
from keeping import Commands, write_in_conflict
from mounts import WINDLASS, wait_until
from stores import body, fault, keys

# Nothing is uploaded until somebody asks for it.
HELD = ("--write-back", "--write-back-delay", "3600", "--max-retries", "1")
MEGABYTE = 1 << 20


@pytest.fixture(params=["mounted", "unmounted"])
def conflict(request, mounts, s3, bucket):
    """A file that is kept aside because of a conflict, with its mount running or ended."""
    mount = mounts()
    assert write_in_conflict(mount, s3, bucket) == errno.ESTALE
    commands = Commands(mount)
    commands.wait_for_state("file", "conflict")
    if request.param == "unmounted":
        mount.stop()
    return commands


def etag(s3, bucket, key):
    return s3.head_object(Bucket=bucket, Key=key)["ETag"].strip('"')


def test_a_conflict_is_listed(conflict, s3, bucket):
    entry = conflict.kept()["file"]
    # "before" has six bytes, of which four were overwritten.
    assert entry["state"] == "conflict" and entry["bytes"] == 6 and time.time() - 100 < entry["since"] <= time.time() + 1
    assert etag(s3, bucket, "file") in entry["why"], "the version found is named"
    text = conflict.recover("--list")
    assert text.returncode == 0 and text.stdout.splitlines()[0].split() == ["STATE", "SIZE", "SINCE", "KEY", "WHY"]
    assert text.stdout.splitlines()[1].startswith("conflict") and " file " in text.stdout


def test_a_conflict_stays_one_when_it_is_retried(conflict, s3, bucket):
    done = conflict.recover("--retry")
    assert done.returncode == 1 and "windlass: file: " in done.stderr, done
    assert conflict.kept()["file"]["state"] == "conflict" and body(s3, bucket, "file") == b"theirs"


def test_a_conflict_is_stored_beside(conflict, s3, bucket):
    # The two bytes of the version before that are part of it are still there.
    s3.put_object(Bucket=bucket, Key="file", Body=b"before")
    done = conflict.recover("--keep-both", "file")
    assert done.returncode == 0, done.stderr
    first, second = keys(s3, bucket)
    assert first == "file" and second.startswith("file.conflict-") and second in done.stdout
    assert body(s3, bucket, "file") == b"before" and body(s3, bucket, second) == b"oursre"
    assert conflict.kept() == {}


def test_a_conflict_is_stored_once_the_version_is_back(conflict, s3, bucket):
    s3.put_object(Bucket=bucket, Key="file", Body=b"before")
    done = conflict.recover("--retry", "file")
    assert done.returncode == 0 and "file: stored" in done.stdout, done
    assert body(s3, bucket, "file") == b"oursre" and conflict.kept() == {}


def test_giving_up(conflict, s3, bucket):
    refused = conflict.recover("--discard", "file")
    assert refused.returncode == 1 and "--yes" in refused.stderr and "file" in conflict.kept()
    done = conflict.recover("--discard", "file", "--yes")
    assert done.returncode == 0 and "discarded" in done.stdout
    assert conflict.kept() == {} and body(s3, bucket, "file") == b"theirs"
    assert list(conflict.mount.staging.glob("*/files/*")) == [] or conflict.mount.process is not None


def test_what_nobody_keeps_is_named(conflict):
    done = conflict.recover("--retry", "other")
    assert done.returncode == 1 and "other: nothing of that key is kept" in done.stderr
    done = conflict.recover("--keep-both", "--retry")
    assert done.returncode == 2


def test_an_export_says_what_is_gone(conflict, tmp_path):
    """Four bytes are local, two are of a version that the store has no more."""
    folder = tmp_path / "export"
    done = conflict.recover("--export", folder)
    assert done.returncode == 1 and "only a part could be exported" in done.stderr
    assert (folder / "file").read_bytes() == b"ours\0\0"
    note = (folder / "file.partial").read_text()
    assert note.startswith("bytes 4 to 5 are missing") and "is gone from the store" in note
    assert "file" in conflict.kept(), "an export changes nothing"


def test_an_export_fetches_what_it_is_based_on_and_replaces_nothing(conflict, s3, bucket, tmp_path):
    folder = tmp_path / "export"
    s3.put_object(Bucket=bucket, Key="file", Body=b"before")
    done = conflict.recover("--export", folder)
    assert done.returncode == 0 and (folder / "file").read_bytes() == b"oursre", done
    assert os.listdir(folder) == ["file"]
    (folder / "file").write_bytes(b"mine")
    done = conflict.recover("--export", folder)
    assert done.returncode == 1 and "exists already" in done.stderr and (folder / "file").read_bytes() == b"mine"


def test_nothing_is_exported_into_the_mount_itself(mounts, s3, bucket):
    mount = mounts()
    write_in_conflict(mount, s3, bucket)
    commands = Commands(mount)
    commands.wait_for_state("file", "conflict")
    done = commands.recover("--export", mount.path / "export")
    assert done.returncode == 1 and "lies in the mount itself" in done.stderr


def test_a_large_file_is_exported_with_holes_and_what_the_store_has(mounts, s3, bucket, tmp_path):
    mount = mounts()
    content = bytearray(random.Random(5).randbytes(20 * MEGABYTE))
    s3.put_object(Bucket=bucket, Key="a/large", Body=bytes(content))
    with pytest.raises(OSError), open(mount.path / "a/large", "r+b", buffering=0) as file:
        file.seek(9 * MEGABYTE)
        file.write(b"z" * 4096)
        file.truncate(40 * MEGABYTE)
        s3.put_object(Bucket=bucket, Key="a/large", Body=b"theirs")
    commands = Commands(mount)
    commands.wait_for_state("a/large", "conflict")
    s3.put_object(Bucket=bucket, Key="a/large", Body=bytes(content))
    content[9 * MEGABYTE:9 * MEGABYTE + 4096] = b"z" * 4096
    done = commands.recover("--export", tmp_path / "export")
    assert done.returncode == 0, done.stderr
    file = tmp_path / "export/a/large"
    assert file.read_bytes() == bytes(content) + bytes(20 * MEGABYTE)
    assert os.stat(file).st_blocks * 512 < 22 * MEGABYTE, "the hole takes space"


def test_the_next_mount_says_what_is_kept(mounts, s3, bucket):
    mount = mounts()
    for name in ("one", "two"):
        write_in_conflict(mount, s3, bucket, name)
        Commands(mount).wait_for_state(name, "conflict")
    mount.stop()
    size = len(mount.text())
    mount.start()
    said = [line for line in mount.text()[size:].splitlines() if "windlass recover" in line]
    assert len(said) == 1 and "1 more are kept" in said[0], said
    assert (mount.path / "one").read_bytes() == b"theirs"


def test_the_space_of_what_was_kept_is_given_back(mounts, s3, bucket):
    """Also of a file of which parts had been released before: the count ends where it began."""
    mount = mounts("--staging-size", "64M")
    commands = Commands(mount)
    s3.put_object(Bucket=bucket, Key="file", Body=b"before")
    with pytest.raises(OSError), open(mount.path / "file", "r+b", buffering=0) as file:
        for _ in range(3):
            file.seek(0)
            file.write(os.urandom(8 * MEGABYTE))
            os.fsync(file.fileno())
        file.seek(0)
        file.write(os.urandom(MEGABYTE))
        file.seek(0)
        file.write(os.urandom(MEGABYTE))
        s3.put_object(Bucket=bucket, Key="file", Body=b"theirs")
    commands.wait_for_state("file", "conflict")
    used = commands.status()["staging"]["used"]
    assert MEGABYTE <= used < 30 * MEGABYTE
    for _ in range(3):
        assert commands.recover("--retry").returncode == 1
    assert commands.status()["staging"]["used"] == used
    assert commands.recover("--discard", "--yes").returncode == 0
    wait_until(lambda: commands.status()["staging"]["used"] == 0, 10, "the space is free")
    mount.assert_no_fault()


def test_copies_are_listed_until_they_are_acknowledged(mounts, s3, bucket):
    mount = mounts("--on-conflict", "keep-both")
    assert write_in_conflict(mount, s3, bucket, before=b"") == 0
    commands = Commands(mount)
    entry = commands.wait_for_state("file", "copied")
    assert body(s3, bucket, entry["copy"]) == b"ours" and body(s3, bucket, "file") == b"theirs"
    assert commands.status()["kept"] == [entry] and commands.status()["journal"]["conflictCopies"] == 1
    mount.remount()
    assert "file" in commands.kept()
    done = commands.recover("--acknowledge", "file")
    assert done.returncode == 0 and entry["copy"] in done.stdout
    assert commands.kept() == {} and body(s3, bucket, entry["copy"]) == b"ours"


def test_files_of_a_killed_mount_are_stored_without_a_mount(mounts, store, s3, bucket):
    mount = mounts(*HELD)
    commands = Commands(mount)
    contents = {f"folder/file-{index}": random.Random(index).randbytes(200 * index) for index in range(30)}
    contents["large"] = random.Random(99).randbytes(12 * MEGABYTE)
    (mount.path / "folder").mkdir()
    for name, content in contents.items():
        (mount.path / name).write_bytes(content)
    mount.kill()
    store.kill()
    kept = commands.kept()
    assert {entry["state"] for entry in kept.values()} == {"waiting"} and len(kept) == 31
    away = commands.recover("--retry", "large")
    assert away.returncode == 1 and commands.kept()["large"]["state"] == "waiting"
    store.start()
    done = commands.recover("--retry")
    assert done.returncode == 0 and done.stdout.count(": stored\n") == 31, done
    for name, content in contents.items():
        assert body(s3, bucket, name) == content
    assert commands.kept() == {} and commands.recover("--retry").stdout == "there was nothing to do\n"


def test_a_running_mount_stores_its_queue_itself(mounts, s3, bucket):
    mount = mounts(*HELD)
    commands = Commands(mount)
    (mount.path / "file").write_bytes(b"ours")
    done = commands.recover("--discard", "file", "--yes")
    assert done.returncode == 1 and "the mount is storing it" in done.stderr
    assert commands.recover("--discard", "--yes").stdout == "there was nothing to do\n"
    assert commands.sync().returncode == 0 and body(s3, bucket, "file") == b"ours"


def test_a_mount_that_does_not_answer_is_named(mounts, s3, bucket):
    mount = mounts()
    write_in_conflict(mount, s3, bucket)
    commands = Commands(mount)
    commands.wait_for_state("file", "conflict")
    for link in mount.staging.glob("*/control"):
        link.unlink()
    done = commands.recover("--list")
    assert done.returncode == 1 and f"process {mount.process.pid}" in done.stderr and "unmount" in done.stderr


def test_a_damaged_state_folder_is_moved_aside(mounts, s3, bucket):
    mount = mounts()
    write_in_conflict(mount, s3, bucket)
    commands = Commands(mount)
    commands.wait_for_state("file", "conflict")
    refused = commands.recover("--set-aside")
    assert refused.returncode == 1 and "in use" in refused.stderr
    mount.stop()
    (journal,) = mount.staging.glob("*/journal.sqlite")
    journal.write_bytes(b"this is no database" * 100)
    broken = commands.recover("--list")
    assert broken.returncode == 1 and "--set-aside" in broken.stderr
    done = commands.recover("--set-aside")
    assert done.returncode == 0 and list(mount.staging.glob("*.set-aside-*/journal.sqlite"))
    mount.start()
    assert commands.kept() == {}


def test_a_damaged_record_harms_no_other(mounts, s3, bucket, tmp_path):
    mount = mounts()
    for name in ("small", "large"):
        write_in_conflict(mount, s3, bucket, name, ours=b"o" * (100 if name == "small" else 100_000), before=b"")
        Commands(mount).wait_for_state(name, "conflict")
    mount.stop()
    for path in mount.staging.glob("*/files/*"):
        if path.stat().st_size == 100_000:
            path.write_bytes(b"x" * 100_000)
    commands = Commands(mount)
    done = commands.recover("--keep-both")
    assert done.returncode == 1 and "small: stored as" in done.stdout and "large: " in done.stderr
    assert list(commands.kept()) == ["large"]
    done = commands.recover("--export", tmp_path / "export")
    assert done.returncode == 1 and "damaged" in (tmp_path / "export/large.partial").read_text()


def kill_recovery(commands, seconds):
    """Starts `recover --retry` and kills it after a while, if it has not ended."""
    mount = commands.mount
    process = start(
        [WINDLASS, "recover", mount.bucket, "--retry", "--state-dir", mount.staging, "--endpoint", mount.endpoint.url, "--region",
         mount.endpoint.region, "--addressing", "path"], env=mount.environment)
    try:
        process.wait(seconds)
    except Exception:
        process.send_signal(signal.SIGKILL)
        process.wait(20)
    programs.discard(process)
    return process.returncode


def test_an_upload_that_was_completed_unnoticed_is_recognised(mounts, store, s3, bucket):
    """As if the process had been killed right after the store had made the object, and before the times of the file went along."""
    mount = mounts(*HELD, "--fsync", "local")
    commands = Commands(mount)
    content = random.Random(4).randbytes(24 * MEGABYTE)
    file = os.open(mount.path / "large", os.O_WRONLY | os.O_CREAT)
    os.write(file, content)

    def parts():
        uploads = s3.list_multipart_uploads(Bucket=bucket).get("Uploads", [])
        return uploads and s3.list_parts(Bucket=bucket, Key="large", UploadId=uploads[0]["UploadId"]).get("Parts", [])

    wait_until(lambda: len(parts()) == 3, 30, "all parts are sent while the file is open")
    # The answers have to arrive, too.
    time.sleep(0.5)
    os.fsync(file)
    mount.kill()
    with contextlib.suppress(OSError):
        os.close(file)
    upload = s3.list_multipart_uploads(Bucket=bucket)["Uploads"][0]["UploadId"]
    numbered = [{"PartNumber": part["PartNumber"], "ETag": part["ETag"]} for part in parts()]
    s3.complete_multipart_upload(Bucket=bucket, Key="large", UploadId=upload, MultipartUpload={"Parts": numbered})
    assert "mtime" not in s3.head_object(Bucket=bucket, Key="large")["Metadata"]
    done = commands.recover("--retry")
    assert done.returncode == 0 and done.stdout == "large: stored\n", done
    assert "mtime" in s3.head_object(Bucket=bucket, Key="large")["Metadata"] and body(s3, bucket, "large") == content


def test_an_object_that_only_looks_like_ours_is_a_conflict(mounts, s3, bucket):
    """Negative control of the above: the same size and no times, but other bytes."""
    mount = mounts(*HELD)
    commands = Commands(mount)
    (mount.path / "large").write_bytes(b"a" * (24 * MEGABYTE))
    mount.kill()
    for upload in s3.list_multipart_uploads(Bucket=bucket).get("Uploads", []):
        s3.abort_multipart_upload(Bucket=bucket, Key="large", UploadId=upload["UploadId"])
    s3.put_object(Bucket=bucket, Key="large", Body=b"b" * (24 * MEGABYTE))
    assert commands.recover("--retry").returncode == 1
    assert commands.kept()["large"]["state"] == "conflict"


def recorded_uploads(mount):
    (journal,) = mount.staging.glob("*/journal.sqlite")
    with contextlib.closing(sqlite3.connect(f"file:{journal}?mode=ro", uri=True)) as database:
        return {row[0] for row in database.execute("SELECT upload_id FROM file WHERE upload_id IS NOT NULL")}


@pytest.mark.deadline(180)
def test_a_recovery_that_is_killed_loses_nothing(mounts, store, s3, bucket):
    mount = mounts(*HELD)
    commands = Commands(mount)
    contents = {f"file-{index}": random.Random(index).randbytes(20_000 * index) for index in range(20)}
    contents |= {f"large-{index}": random.Random(index).randbytes(24 * MEGABYTE) for index in range(3)}
    for name, content in contents.items():
        (mount.path / name).write_bytes(content)
    mount.kill()
    store.faults(fault("latency", milliseconds=60, jitter=40))
    dice, killed, recorded = random.Random(8), 0, set()
    for _ in range(15):
        killed += kill_recovery(commands, dice.uniform(0.1, 0.6)) == -signal.SIGKILL
        recorded |= recorded_uploads(mount)
        kept, stored = commands.kept(), keys(s3, bucket)
        assert set(kept) | set(stored) == set(contents), "a file is neither kept nor stored"
        for name in stored:
            assert body(s3, bucket, name) == contents[name]
    assert killed >= 3, "too few were killed for this to mean anything"
    store.faults()
    done = commands.recover("--retry")
    assert done.returncode == 0, done.stderr
    assert {name: body(s3, bucket, name) for name in keys(s3, bucket)} == contents and commands.kept() == {}
    # One that the store had made just before a kill, unanswered, is in no journal.
    left = {upload["UploadId"] for upload in s3.list_multipart_uploads(Bucket=bucket).get("Uploads", [])}
    assert recorded and not left & recorded, "unfinished uploads were left behind"


def test_the_check_of_the_journal_is_by_another_program(mounts, s3, bucket):
    """Negative control: the list is what the journal has, and not what a mount remembers."""
    mount = mounts()
    write_in_conflict(mount, s3, bucket)
    commands = Commands(mount)
    commands.wait_for_state("file", "conflict")
    mount.stop()
    (journal,) = mount.staging.glob("*/journal.sqlite")
    database = sqlite3.connect(journal)
    with database:
        database.execute("DELETE FROM file")
    database.close()
    assert commands.kept() == {}
