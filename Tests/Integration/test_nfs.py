"""A mount that is exported over NFS: handles of files leave this machine and come back.

The server is NFS-Ganesha, which asks the mount by handles (open_by_handle_at(2)) as the kernel's server does; the client is libnfs. Both run
without a kernel that knows NFS.
"""

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


def test_files_go_over_nfs_both_ways(exported, mount, s3, bucket, tmp_path):
    (mount.path / "folder" / "inner").mkdir(parents=True)
    (mount.path / "folder" / "inner" / "file").write_bytes(b"content")
    assert "inner" in run(["nfs-ls", exported("folder")]).stdout
    assert run(["nfs-cat", exported("folder/inner/file")]).stdout == "content"
    data = os.urandom(3 << 20)
    (tmp_path / "data").write_bytes(data)
    run(["nfs-cp", tmp_path / "data", exported("folder/copy")])
    assert (mount.path / "folder" / "copy").read_bytes() == data
    run(["nfs-cp", exported("folder/copy"), tmp_path / "back"])
    assert (tmp_path / "back").read_bytes() == data
    assert body(s3, bucket, "folder/copy") == data
    assert "folder/inner/file" in keys(s3, bucket)


def test_what_the_kernel_has_forgotten_is_still_exported(exported, mount):
    for number in range(20):
        (mount.path / f"folder {number % 3}").mkdir(exist_ok=True)
        (mount.path / f"folder {number % 3}" / f"{number}").write_bytes(b"%d" % number)
    for _ in range(2):
        for number in range(20):
            assert run(["nfs-cat", exported(f"folder%20{number % 3}/{number}")]).stdout == str(number)
        with open("/proc/sys/vm/drop_caches", "w", encoding="ascii") as caches:
            caches.write("2")
