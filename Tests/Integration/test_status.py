"""`windlass status`, `sync` and `unmount`: what a running mount says, and what it waits for."""

import json
import os
import re
import signal
import stat
import subprocess
import sys
import time

import pytest

from deadlines import programs, start
from keeping import Commands
from mounts import is_mount_point, wait_until
from stores import body, fault, keys

QUICK = ("--max-retries", "1")
# Nothing is uploaded until somebody asks for it.
HELD = ("--write-back", "--write-back-delay", "3600")


@pytest.fixture
def here(tmp_path):
    """An environment in which only the test's own mounts are found."""
    folder = tmp_path / "run"
    folder.mkdir(mode=0o700)
    return {"XDG_RUNTIME_DIR": str(folder)}


def socket_of(here):
    return [os.path.join(root, name) for root, _, names in os.walk(here["XDG_RUNTIME_DIR"]) for name in names if name.endswith(".control")]


def write(mount, count, content=b"x" * 1000):
    for index in range(count):
        (mount.path / f"file-{index}").write_bytes(content)


def test_an_idle_mount(mounts, here, bucket):
    mount = mounts("--write-back", environment=here)
    commands = Commands(mount)
    status = commands.status()
    assert status["mountPoint"] == str(mount.path) and status["bucket"] == bucket and status["endpoint"] == mount.endpoint.url
    assert status["process"] == mount.process.pid and status["writesBack"] and not status["isReadOnly"]
    assert status["pending"] == {"files": 0, "bytes": 0} and status["files"] == [] and status["kept"] == []
    assert status["staging"]["limit"] == 10 << 30 and 1 << 20 < status["memory"] < 1 << 30
    text = commands.run("status", mount.path)
    assert text.returncode == 0 and str(mount.path) in text.stdout and "0 to store" in text.stdout


def test_a_read_only_mount(mounts, here):
    commands = Commands(mounts("--read-only", environment=here))
    status = commands.status()
    assert status["isReadOnly"] and "staging" not in status and "journal" not in status
    assert commands.run("status").stdout.count(", read-only, ") == 1
    assert commands.sync().returncode == 0
    answer = commands.recover("--list")
    assert answer.returncode == 0 and "nothing is kept" in answer.stdout


def test_the_socket_is_for_its_owner_and_goes_with_the_mount(mounts, here):
    mount = mounts(environment=here)
    # The mount point is there a moment before it.
    wait_until(lambda: socket_of(here), 10, "the socket is there")
    (socket,) = socket_of(here)
    assert stat.S_IMODE(os.stat(socket).st_mode) == 0o600
    mount.stop()
    assert socket_of(here) == []


def test_all_mounts(mounts, here):
    none = Commands(mounts(environment=here))
    none.mount.stop()
    assert none.run("status").stdout == "nothing is mounted\n"
    first, second = mounts(environment=here), mounts("--read-only", environment=here)
    listed = json.loads(Commands(first).run("status", "--json").stdout)
    assert [entry["mountPoint"] for entry in listed] == sorted([str(first.path), str(second.path)])


def test_what_is_no_mount(mounts, here, tmp_path):
    commands = Commands(mounts(environment=here))
    done = commands.run("status", tmp_path)
    assert done.returncode == 1 and "no bucket is mounted" in done.stderr


def test_a_killed_mount_is_told_from_a_running_one(mounts, here):
    mount = mounts(environment=here)
    commands = Commands(mount)
    os.kill(mount.process.pid, signal.SIGKILL)
    mount.process.wait(20)
    done = commands.run("status", mount.path)
    assert done.returncode == 1 and "does not answer" in done.stderr
    assert socket_of(here), "the socket of a killed mount should have stayed for this test to mean anything"
    assert commands.run("status").stdout == "nothing is mounted\n"
    mount.kill()
    mount.start()
    assert commands.status()["process"] == mount.process.pid


def test_a_foreign_runtime_folder_is_not_used(mounts, tmp_path):
    folder = tmp_path / "open"
    (folder / f"windlass-{os.getuid()}").mkdir(parents=True)
    os.chmod(folder / f"windlass-{os.getuid()}", 0o777)
    mount = mounts(environment={"XDG_RUNTIME_DIR": str(folder)})
    (mount.path / "works").write_text("all the same")
    assert "cannot ask this mount" in mount.text()
    assert not list(folder.glob("*/*.control"))


# Starting a program closes copies of the descriptors of this one, which stores the file: another process has to hold it open.
HOLDER = "import sys; file = open(sys.argv[1], 'wb', buffering=0); file.write(b'y' * 5000); print('written', flush=True); sys.stdin.read()"


def test_open_files_are_shown(mounts, here):
    mount = mounts(environment=here)
    holder = start([sys.executable, "-c", HOLDER, mount.path / "open\nfile"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert holder.stdout.readline() == b"written\n"
    status = Commands(mount).status()
    assert status["openFiles"] == 1 and status["pending"] == {"files": 1, "bytes": 5000}
    (entry,) = status["files"]
    assert entry["key"] == "open\\x0afile" and entry["phase"] == "open" and entry["bytes"] == 5000 and 0 <= entry["age"] < 60
    text = Commands(mount).run("status", mount.path).stdout
    assert re.search(r"open +4\.9 KiB +- +\d+ s +open\\x0afile", text)
    holder.communicate(timeout=20)
    programs.discard(holder)


def test_the_queue_and_waiting_for_it(mounts, here, store, s3, bucket):
    mount = mounts("--write-back", environment=here)
    commands = Commands(mount)
    store.faults(fault("latency", ["PutObject"], milliseconds=1500))
    write(mount, 5)
    status = commands.status()
    assert {entry["phase"] for entry in status["files"]} <= {"queued", "uploading"} and status["pending"]["files"] == 5
    assert status["journal"]["waiting"] == 5 and status["staging"]["used"] > 0
    done = commands.sync()
    assert done.returncode == 0, done.stderr
    assert keys(s3, bucket) == [f"file-{index}" for index in range(5)]
    assert commands.status()["pending"] == {"files": 0, "bytes": 0}


def test_sync_does_not_wait_for_a_long_delay(mounts, here, s3, bucket):
    mount = mounts(*HELD, environment=here)
    write(mount, 3)
    assert keys(s3, bucket) == []
    begin = time.monotonic()
    assert Commands(mount).sync().returncode == 0
    assert time.monotonic() - begin < 30 and len(keys(s3, bucket)) == 3


def test_sync_says_what_remains_while_the_store_is_away(mounts, here, store, s3, bucket):
    mount = mounts(*HELD, *QUICK, environment=here)
    commands = Commands(mount)
    write(mount, 3)
    store.kill()
    begin = time.monotonic()
    done = commands.sync("--timeout", "3")
    assert done.returncode == 1 and time.monotonic() - begin < 20
    for index in range(3):
        assert re.search(rf"^windlass: file-{index}: not stored yet", done.stderr, re.MULTILINE), done.stderr
    assert any(entry["phase"] == "retrying" and "error" in entry for entry in commands.status()["files"])
    store.start()
    done = commands.sync()
    assert done.returncode == 0, done.stderr
    assert len(keys(s3, bucket)) == 3


def test_sync_tells_what_the_store_refuses(mounts, here, s3, bucket):
    mount = mounts(*HELD, environment=here)
    commands = Commands(mount)
    (mount.path / "file").write_bytes(b"ours")
    s3.put_object(Bucket=bucket, Key="file", Body=b"theirs")
    done = commands.sync()
    assert done.returncode == 1 and re.search(r"^windlass: file: kept on the local disk", done.stderr, re.MULTILINE), done.stderr
    status = commands.status()
    assert status["pending"]["files"] == 0 and [entry["state"] for entry in status["kept"]] == ["conflict"] and status["journal"]["conflicts"] == 1
    assert body(s3, bucket, "file") == b"theirs"


def test_unmount_waits_for_the_queue(mounts, here, store, s3, bucket):
    mount = mounts("--write-back", environment=here)
    store.faults(fault("latency", ["PutObject"], milliseconds=1000))
    write(mount, 4)
    done = Commands(mount).unmount()
    assert done.returncode == 0, done.stderr
    assert mount.process.returncode == 0 and len(keys(s3, bucket)) == 4
    mount.kill()


@pytest.mark.parametrize("how", ["unmount", "signal"])
def test_the_end_while_the_store_is_away(how, mounts, here, store, s3, bucket):
    """It ends in bounded time with a list, everything is recorded, and the next mount uploads it."""
    mount = mounts(*HELD, *QUICK, environment=here)
    commands = Commands(mount)
    write(mount, 40)
    store.kill()
    begin = time.monotonic()
    if how == "unmount":
        done = commands.unmount()
        assert done.returncode == 1
        for index in range(40):
            assert re.search(rf"^windlass: file-{index}: .*the next mount uploads it", done.stderr, re.MULTILINE), done.stderr
        assert "40 files are not in the store" in done.stderr
    else:
        os.kill(mount.process.pid, signal.SIGTERM)
        mount.process.wait(100)
    assert mount.process.returncode == 1 and time.monotonic() - begin < 90
    assert mount.log.read_text(errors="replace").count("is not in the store") == 40
    wait_until(lambda: not is_mount_point(mount.path), 5, "the mount is gone")
    assert len(commands.kept()) == 40 and {entry["state"] for entry in commands.kept().values()} == {"waiting"}
    mount.kill()
    store.start()
    mount.start()
    assert commands.sync().returncode == 0
    assert len(keys(s3, bucket)) == 40 and body(s3, bucket, "file-7") == b"x" * 1000


def test_the_end_does_not_take_longer_for_many_files(mounts, here, store):
    """With the default retries one request fails after a minute; a thousand files must not take an hour."""
    mount = mounts(*HELD, environment=here)
    write(mount, 200)
    store.kill()
    begin = time.monotonic()
    assert Commands(mount).unmount().returncode == 1
    assert time.monotonic() - begin < 100
    assert len(Commands(mount).kept()) == 200
    mount.kill()
    store.start()
