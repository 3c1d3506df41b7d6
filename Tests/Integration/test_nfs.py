"""A mount that is exported over NFS: handles of files leave this machine and come back.

The server is NFS-Ganesha, which asks the mount by handles (open_by_handle_at(2)) as the kernel's server does; the client is libnfs. Both run
without a kernel that knows NFS.
"""

import ctypes
import os
import shutil
import socket
import subprocess

import pytest

from deadlines import programs, run, start
from mounts import wait_until
from stores import body, free_port, keys

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="open_by_handle_at(2) needs root"),
    pytest.mark.skipif(not shutil.which("ganesha.nfsd") or not shutil.which("nfs-ls"), reason="nfs-ganesha-vfs and libnfs-utils are not installed"),
]

CONFIGURATION = """
NFS_CORE_PARAM {{ Protocols = 4; NFS_Port = {port}; Bind_addr = 127.0.0.1; Enable_NLM = false; Enable_RQUOTA = false; Enable_UDP = false; }}
NFSV4 {{ Graceless = true; Minor_Versions = 0; RecoveryBackend = fs; RecoveryRoot = "{folder}/recovery"; }}
EXPORT {{
  Export_Id = 1; Path = "{path}"; Pseudo = /bucket; Access_Type = RW; Squash = No_Root_Squash; SecType = sys; Protocols = 4; Transports = TCP;
  Filesystem_Id = 77.1; FSAL {{ Name = VFS; }}
}}
"""


@pytest.fixture
def exported(mount, tmp_path):
    """The address of the mount on an NFS server."""
    port = free_port()
    (tmp_path / "recovery").mkdir()
    (tmp_path / "ganesha.conf").write_text(CONFIGURATION.format(port=port, path=mount.path, folder=tmp_path))
    server = start(
        ["ganesha.nfsd", "-F", "-f", tmp_path / "ganesha.conf", "-L", tmp_path / "ganesha.log", "-p", tmp_path / "ganesha.pid", "-N", "EVENT"],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def answers():
        assert server.poll() is None, (tmp_path / "ganesha.log").read_text()[-4000:]
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    try:
        wait_until(answers, 30, "the NFS server listens")
        yield lambda name="": f"nfs://127.0.0.1/bucket/{name}?version=4&nfsport={port}"
    finally:
        server.terminate()
        server.wait(30)
        programs.discard(server)


class Client:
    """libnfs, connected."""

    def __init__(self, url):
        self.calls = ctypes.CDLL("libnfs.so.13")
        self.calls.nfs_init_context.restype = self.calls.nfs_parse_url_dir.restype = self.calls.nfs_get_error.restype = ctypes.c_void_p
        self.context = ctypes.c_void_p(self.calls.nfs_init_context())
        assert self.calls.nfs_parse_url_dir(self.context, url.encode()), self.error()
        self.call("mount", b"127.0.0.1", b"/bucket")

    def error(self):
        return ctypes.string_at(self.calls.nfs_get_error(self.context)).decode()

    def call(self, name, *arguments):
        result = getattr(self.calls, f"nfs_{name}")(self.context, *arguments)
        if result < 0:
            raise OSError(-result, f"nfs_{name}: {self.error()}")
        return result

    def open(self, path, flags=os.O_RDONLY):
        file = ctypes.c_void_p()
        self.call("open", path.encode(), flags, ctypes.byref(file))
        return file

    def create(self, path):
        file = ctypes.c_void_p()
        self.call("creat", path.encode(), 0o644, ctypes.byref(file))
        self.close(file)
        return self.open(path, os.O_RDWR)

    def write(self, file, data, offset=0, piece=2_000):
        """In pieces: libnfs 4.0 cannot encode larger requests of version 4."""
        for start in range(0, len(data), piece):
            part = data[start:start + piece]
            assert self.call("pwrite", file, ctypes.c_uint64(offset + start), ctypes.c_uint64(len(part)), part) == len(part)

    def read(self, file, count, offset=0):
        buffer = ctypes.create_string_buffer(count)
        got = self.call("pread", file, ctypes.c_uint64(offset), ctypes.c_uint64(count), buffer)
        return buffer.raw[:got]

    def close(self, file):
        self.call("close", file)

    def end(self):
        self.calls.nfs_destroy_context(self.context)


@pytest.fixture
def client(exported):
    client = Client(exported())
    yield client
    client.end()


def forget():
    """Has the kernel let go of what nobody uses."""
    with open("/proc/sys/vm/drop_caches", "w", encoding="ascii") as caches:
        caches.write("3")


def test_what_is_written_over_nfs_is_in_the_bucket(client, mount, s3, bucket):
    data = os.urandom(200_000)
    client.call("mkdir", b"/folder")
    file = client.create("/folder/file")
    client.write(file, data)
    client.call("fsync", file)
    client.write(file, b"changed", offset=100_000)
    client.close(file)
    expected = data[:100_000] + b"changed" + data[100_007:]
    wait_until(lambda: body(s3, bucket, "folder/file") == expected, 20, "what was written last is stored")
    assert (mount.path / "folder" / "file").read_bytes() == expected
    client.call("rename", b"/folder/file", b"/moved")
    client.call("rmdir", b"/folder")
    client.call("truncate", b"/moved", ctypes.c_uint64(1000))
    assert (mount.path / "moved").read_bytes() == data[:1000]
    client.call("unlink", b"/moved")
    assert keys(s3, bucket) == []


def test_what_the_mount_has_is_read_over_nfs(exported, mount, tmp_path):
    data = os.urandom(3 << 20)
    (mount.path / "folder" / "inner").mkdir(parents=True)
    (mount.path / "folder" / "inner" / "file").write_bytes(data)
    assert "inner" in run(["nfs-ls", exported("folder")]).stdout
    run(["nfs-cp", exported("folder/inner/file"), tmp_path / "back"])
    assert (tmp_path / "back").read_bytes() == data


def test_what_the_kernel_has_forgotten_is_still_exported(client, mount):
    files = {}
    for number in range(20):
        (mount.path / f"folder {number % 3}").mkdir(exist_ok=True)
        (mount.path / f"folder {number % 3}" / f"{number}").write_bytes(b"%d" % number)
        files[number] = client.open(f"/folder {number % 3}/{number}")
    (mount.path / "folder 1" / "other").write_bytes(b"other")
    for _ in range(2):
        forget()
        assert [client.read(file, 10) for file in files.values()] == [b"%d" % number for number in files]
    os.rename(mount.path / "folder 1", mount.path / "moved")
    forget()
    assert client.read(files[1], 10) == b"1", "what is open is found under its new name"
    file = client.open("/moved/other")
    assert client.read(file, 10) == b"other"
    for file in (*files.values(), file):
        client.close(file)
