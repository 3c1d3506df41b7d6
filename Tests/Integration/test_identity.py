"""What tells files apart and how much there is: handles (name_to_handle_at(2)), link counts, blocks, and statfs."""

import ctypes
import errno
import os
import signal
import socket
import time

import pytest

import stores
from deadlines import run
from mounts import Mount, windlass

libc = ctypes.CDLL(None, use_errno=True)
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="open_by_handle_at(2) needs root")


class FileHandle(ctypes.Structure):
    _fields_ = [("handle_bytes", ctypes.c_uint), ("handle_type", ctypes.c_int), ("f_handle", ctypes.c_ubyte * 128)]


def handle_of(path):
    handle, mount = FileHandle(handle_bytes=128), ctypes.c_int()
    if libc.name_to_handle_at(-100, os.fsencode(path), ctypes.byref(handle), ctypes.byref(mount), 0) != 0:
        raise OSError(ctypes.get_errno(), "name_to_handle_at")
    return handle


def opened(mount, handle, flags=os.O_RDONLY):
    """A descriptor of what the handle stands for in this mount."""
    top = os.open(mount.path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        descriptor = libc.open_by_handle_at(top, ctypes.byref(handle), flags)
        if descriptor < 0:
            raise OSError(ctypes.get_errno(), "open_by_handle_at")
        return descriptor
    finally:
        os.close(top)


def read(mount, handle):
    descriptor = opened(mount, handle)
    try:
        return os.read(descriptor, 1000)
    finally:
        os.close(descriptor)


def forget():
    """Has the kernel let go of what nobody uses."""
    with open("/proc/sys/vm/drop_caches", "w", encoding="ascii") as file:
        file.write("2")


def refused(number, call, *arguments):
    with pytest.raises(OSError) as error:
        call(*arguments)
    assert error.value.errno == number, error.value


@needs_root
def test_handles_of_files_that_the_kernel_has_forgotten(mount):
    (mount.path / "folder" / "inner").mkdir(parents=True)
    (mount.path / "folder" / "inner" / "file").write_bytes(b"content")
    handles = {name: handle_of(mount.path / name) for name in ("folder", "folder/inner", "folder/inner/file")}
    for _ in range(2):
        forget()
        assert read(mount, handles["folder/inner/file"]) == b"content"
        for name in ("folder", "folder/inner"):
            descriptor = opened(mount, handles[name], os.O_RDONLY | os.O_DIRECTORY)
            assert os.listdir(descriptor) == [{"folder": "inner", "folder/inner": "file"}[name]]
            assert os.readlink(f"/proc/self/fd/{descriptor}") == str(mount.path / name)
            os.close(descriptor)
    os.rename(mount.path / "folder" / "inner" / "file", mount.path / "moved")
    forget()
    assert read(mount, handles["folder/inner/file"]) == b"content"
    os.unlink(mount.path / "moved")
    refused(errno.ESTALE, read, mount, handles["folder/inner/file"])


@needs_root
def test_handles_are_good_for_the_next_mount(mount):
    for number in range(30):
        (mount.path / f"folder {number % 3}").mkdir(exist_ok=True)
        (mount.path / f"folder {number % 3}" / f"{number}").write_bytes(b"%d" % number)
    handles = {number: handle_of(mount.path / f"folder {number % 3}" / f"{number}") for number in range(30)}
    mount.remount()
    assert all(read(mount, handle) == b"%d" % number for number, handle in handles.items())


@needs_root
def test_a_handle_never_leads_to_another_file(mount):
    (mount.path / "file").write_bytes(b"first")
    handle = handle_of(mount.path / "file")
    os.unlink(mount.path / "file")
    forget()
    (mount.path / "file").write_bytes(b"second")
    refused(errno.ESTALE, read, mount, handle)
    assert read(mount, handle_of(mount.path / "file")) == b"second"


def test_find_sees_all_folders_in_spite_of_their_link_count(mount):
    """1 says that subfolders are not counted; 2 would say that there are none."""
    for name in ("a/b/c", "d"):
        (mount.path / name).mkdir(parents=True)
    (mount.path / "a" / "b" / "file").write_bytes(b"x")
    assert {os.stat(mount.path / name).st_nlink for name in ("a", "a/b", "a/b/c", "a/b/file")} == {1}
    assert len(run(["find", mount.path, "-type", "d"]).stdout.splitlines()) == 5
    assert run(["find", mount.path, "-links", "+1"]).stdout == ""
    assert run(["find", mount.path, "-name", "file"]).stdout.strip() == str(mount.path / "a" / "b" / "file")


@pytest.mark.parametrize("size", [0, 1, 512, 513, 100_000])
def test_blocks(mount, size):
    (mount.path / "file").write_bytes(bytes(size))
    status = os.stat(mount.path / "file")
    assert status.st_blocks == (size + 511) // 512
    assert status.st_blksize >= 4096
    mount.remount()
    assert os.stat(mount.path / "file").st_blocks == (size + 511) // 512


def test_statfs_of_a_bucket_without_an_end(mount):
    (mount.path / "file").write_bytes(b"x")
    status = os.statvfs(mount.path)
    assert status.f_bavail * status.f_frsize > 1 << 50 and status.f_bavail == status.f_blocks
    assert status.f_namemax == 255
    run(["df", mount.path])


def bucket_command(store, home, *arguments):
    options = ["--endpoint", store.endpoint.url, "--addressing", "path", "--dialect", "obs"]
    made = windlass(store.endpoint, home, "bucket", *arguments, *options)
    assert made.returncode == 0, made.stderr
    return made.stdout


@pytest.fixture
def obs(tmp_path):
    """An OBS bucket with 3 MiB in one object."""
    (tmp_path / "data").mkdir()
    store = stores.Store(tmp_path / "data", tmp_path, "--dialect", "obs").start()
    bucket_command(store, tmp_path, "create", "limited")
    mount = Mount(store.endpoint, "limited", tmp_path / "mount", "--dialect", "obs").start()
    (mount.path / "file").write_bytes(bytes(3 << 20))
    yield store, mount
    mount.stop()
    store.stop()


def test_statfs_tells_the_quota(obs, tmp_path):
    store, mount = obs
    status = os.statvfs(mount.path)
    assert status.f_bavail * status.f_frsize > 1 << 50, "there is no quota yet"
    bucket_command(store, tmp_path, "quota", "set", "limited", "--value", "10M")
    mount.remount()
    status = os.statvfs(mount.path)
    assert (status.f_blocks * status.f_frsize, status.f_bavail * status.f_frsize) == (10 << 20, 7 << 20)
    assert status.f_files - status.f_ffree == 1
    store.reset_counters()
    for _ in range(20):
        os.statvfs(mount.path)
    assert store.counters().get("GetBucketStorageInfo", {"requests": 0})["requests"] == 0, "it is asked once a minute"
    with pytest.raises(OSError) as error:
        (mount.path / "more").write_bytes(bytes(8 << 20))
    assert error.value.errno in (errno.EDQUOT, errno.ENOSPC)


def test_a_mount_that_is_killed_while_it_is_looked_at_ends(obs, tmp_path):
    """For systemd it is seen whether a mount answers. A process that waits for an answer of its own could not be ended."""
    store, mount = obs
    mount.stop()
    environment = dict(mount.environment)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        mount.environment |= {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "300000"}
        store.faults(stores.fault("latency", ["GetBucketStorageInfo", "GetBucketQuota"], milliseconds=15_000))
        mount.start()
        time.sleep(1)
        mount.process.kill()
        assert mount.process.wait(8) == -signal.SIGKILL
        mount.kill()
    store.faults()
    mount.environment = environment
    mount.start()


def test_statfs_of_a_store_that_does_not_answer(obs):
    store, mount = obs
    mount.remount()
    store.faults(stores.fault("error", ["GetBucketStorageInfo", "GetBucketQuota"], status=403, code="AccessDenied"))
    mount.remount()
    assert os.statvfs(mount.path).f_bavail > 0
