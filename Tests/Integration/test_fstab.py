"""A line of fstab that ordinary users may mount (fstab(5), `user`), with mount(8) and umount(8) as they are installed.

It happens in a mount namespace of its own, which has an fstab and accounts of its own.
"""

import os
import shutil
import tempfile
from pathlib import Path

import pytest

from deadlines import run
from mounts import WINDLASS, wait_until
from stores import body

ANN, BOB = 4321, 4322

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="other users need root"),
    pytest.mark.skipif(not os.path.exists("/etc/fstab"), reason="there is no /etc/fstab"),
    pytest.mark.skipif(not shutil.which("setpriv") or not shutil.which("unshare"), reason="setpriv and unshare are not installed"),
]

# Whatever the permissions of /dev/fuse are here, they are for all as on a desktop.
SCRIPT = """
mount --bind fstab /etc/fstab
mount --bind passwd /etc/passwd
mount --bind bin /usr/local/bin
mknod -m 666 fuse c 10 229
mount --bind fuse /dev/fuse
as() { user=$1; shift; setpriv --reuid $user --regid $user --clear-groups "$@"; }
as $ANN mount "$PWD/mnt"
grep -F " $PWD/mnt " /proc/self/mounts
as $ANN sh -c 'echo content > mnt/file; stat -c "%u %g" mnt/file'
if as $BOB umount "$PWD/mnt"; then echo "somebody else has unmounted it"; fi
as $ANN umount "$PWD/mnt"
if grep -F " $PWD/mnt " /proc/self/mounts; then echo "it is still mounted"; fi
"""


@pytest.fixture
def place():
    """A folder that others may enter, with the program and a home for Ann in it."""
    folder = Path(tempfile.mkdtemp(prefix="windlass-", dir="/var/tmp"))
    folder.chmod(0o755)
    (folder / "bin").mkdir(mode=0o755)
    shutil.copy(WINDLASS, folder / "bin" / "windlass")
    for name in ("home", "home/.aws", "home/run", "mnt"):
        (folder / name).mkdir(mode=0o700)
        os.chown(folder / name, ANN, ANN)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def helper(place):
    """The name by which mount(8) looks for the program."""
    installed = Path("/sbin/mount.windlass")
    if os.path.lexists(installed):
        pytest.skip("windlass is installed on this machine")
    installed.symlink_to(place / "bin" / "windlass")
    yield
    installed.unlink()


def mounted_by_ann(place, store, bucket, kind):
    """Runs the script with such a line."""
    keys = place / "home" / ".aws" / "credentials"
    keys.write_text(f"[ann]\naws_access_key_id = {store.endpoint.access_key}\naws_secret_access_key = {store.endpoint.secret_key}\n")
    keys.chmod(0o600)
    os.chown(keys, ANN, ANN)
    options = f"noauto,user,profile=ann,addressing=path,endpoint={store.endpoint.url},region={store.endpoint.region}"
    (place / "fstab").write_text(f"s3://{bucket} {place}/mnt {kind} {options} 0 0\n")
    accounts = f"ann:x:{ANN}:{ANN}::{place}/home:/bin/sh\nbob:x:{BOB}:{BOB}::/:/bin/sh\n"
    (place / "passwd").write_text(Path("/etc/passwd").read_text() + accounts)
    return run(
        ["unshare", "--mount", "bash", "-ec", SCRIPT], timeout=90, check=False, cwd=place,
        env={"PATH": os.environ["PATH"], "XDG_RUNTIME_DIR": f"{place}/home/run", "ANN": str(ANN), "BOB": str(BOB)})


def check(done, place, s3, bucket):
    assert done.returncode == 0, done.stdout + done.stderr
    mounted, owner = done.stdout.splitlines()
    assert mounted.split()[2] == "fuse.windlass"
    assert {"nosuid", "nodev", "noexec", f"user_id={ANN}"} <= set(mounted.split()[3].split(",")), mounted
    assert owner == f"{ANN} {ANN}"
    assert body(s3, bucket, "file") == b"content\n"
    metadata = s3.head_object(Bucket=bucket, Key="file")["Metadata"]
    assert metadata["uid"] == str(ANN)
    wait_until(lambda: not left_running(place), 20, "the process of the mount ends")


def left_running(place):
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            found += [process] if os.readlink(process / "exe") == f"{place}/bin/windlass" else []
        except OSError:
            continue
    return found


def test_an_ordinary_user_mounts_and_unmounts(place, helper, store, s3, bucket):
    check(mounted_by_ann(place, store, bucket, "windlass"), place, s3, bucket)


@pytest.mark.skipif(not os.path.exists("/sbin/mount.fuse"), reason="mount.fuse(8) is not installed")
def test_by_way_of_mount_fuse(place, store, s3, bucket):
    check(mounted_by_ann(place, store, bucket, "fuse.windlass"), place, s3, bucket)
