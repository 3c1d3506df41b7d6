"""What one of Windlass and s3fs has written, the other reads: kinds, modes, owners, times, links and extended attributes."""

import os
import shutil
import stat
import subprocess
import time

import pytest

from mounts import is_mount_point, wait_until

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="owners and devices need root"),
    pytest.mark.skipif(shutil.which("s3fs") is None, reason="s3fs is not installed"),
]


@pytest.fixture
def s3fs(store, bucket, tmp_path):
    """The bucket mounted with s3fs, as a function that begins it anew; nothing is cached from before."""
    folder, running = tmp_path / "s3fs", []
    folder.mkdir()
    keys = tmp_path / "keys"
    keys.touch(0o600)
    keys.write_text(f"{store.endpoint.access_key}:{store.endpoint.secret_key}")

    def stop():
        while running:
            subprocess.run(["fusermount3", "-u", folder], timeout=30, check=False)
            running.pop().wait(30)

    def start():
        stop()
        options = f"url={store.endpoint.url},use_path_request_style,passwd_file={keys},use_xattr,stat_cache_expire=0,enable_noobj_cache"
        running.append(subprocess.Popen(["s3fs", bucket, folder, "-f", "-o", options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        wait_until(lambda: is_mount_point(folder), 20, "s3fs")
        return folder

    yield start
    stop()


def write_all(top):
    """One of each kind, with attributes."""
    (top / "file").write_bytes(b"content")
    os.setxattr(top / "file", "user.text", b"some value")
    os.setxattr(top / "file", "user.binary", bytes(range(256)))
    os.chown(top / "file", 1234, 5678)
    os.chmod(top / "file", 0o4750)
    os.utime(top / "file", ns=(10 ** 18 + 1, 10 ** 18 + 123456789))
    os.mkdir(top / "folder")
    os.chown(top / "folder", 11, 12)
    os.chmod(top / "folder", 0o2775)
    os.symlink("../some/where else", top / "link")
    os.mkfifo(top / "fifo", 0o620)


def described(top):
    found = {}
    for name in sorted(os.listdir(top)):
        status = os.lstat(top / name)
        entry = [stat.filemode(status.st_mode), status.st_uid, status.st_gid]
        if stat.S_ISREG(status.st_mode):
            entry += [status.st_size, status.st_mtime_ns]
            entry.append({key: os.getxattr(top / name, key) for key in os.listxattr(top / name) if key.startswith("user.")})
        if stat.S_ISLNK(status.st_mode):
            entry.append(os.readlink(top / name))
        found[name] = entry
    return found


def test_s3fs_reads_what_windlass_wrote(mount, s3fs):
    write_all(mount.path)
    expected = described(mount.path)
    mount.stop()
    assert described(s3fs()) == expected


def test_windlass_reads_what_s3fs_wrote(mounts, s3fs):
    top = s3fs()
    write_all(top)
    time.sleep(1.1)
    expected = described(top)
    assert described(mounts().path) == expected


def test_each_changes_what_the_other_wrote(mounts, s3fs):
    top = s3fs()
    write_all(top)
    ours = mounts()
    os.chmod(ours.path / "file", 0o640)
    os.setxattr(ours.path / "file", "user.ours", b"too")
    os.chown(ours.path / "link", 77, 78, follow_symlinks=False)
    with open(ours.path / "file", "ab") as stream:
        stream.write(b" and more")
    expected = described(ours.path)
    ours.stop()
    assert expected["file"][5].keys() == {"user.text", "user.binary", "user.ours"}
    again = s3fs()
    assert described(again) == expected
    assert (again / "file").read_bytes() == b"content and more"
