"""rclone and a mount on one bucket: each finds what the other has stored as it was, with times to the nanosecond, and copies nothing twice."""

import os
import shutil

import pytest

from deadlines import run
from test_programs import contents

pytestmark = pytest.mark.skipif(shutil.which("rclone") is None, reason="rclone is not installed")

TIMES = {"one": 1_000_000_000_000_000_001, "folder/two": 1_234_567_890_123_456_789, "folder/deeper/three": 1_700_000_000_000_000_000, "empty": 999_999_999}


@pytest.fixture
def rclone(store, bucket, tmp_path):
    environment = store.endpoint.environment(tmp_path) | {
        "RCLONE_CONFIG_STORE_TYPE": "s3", "RCLONE_CONFIG_STORE_PROVIDER": "Other", "RCLONE_CONFIG_STORE_ENDPOINT": store.endpoint.url,
        "RCLONE_CONFIG_STORE_REGION": store.endpoint.region, "RCLONE_CONFIG_STORE_ENV_AUTH": "true",
        "RCLONE_CONFIG_STORE_FORCE_PATH_STYLE": "true"}

    def call(*arguments):
        """What it says it did."""
        return run(["rclone", "--config", tmp_path / "rclone.conf", "--log-level", "INFO", *arguments], env=environment).stderr

    return call


def write_all(top):
    for name, time in TIMES.items():
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_bytes(b"" if name == "empty" else os.urandom(5000))
        os.utime(top / name, ns=(time, time))


def times(top):
    return {name: (top / name).stat().st_mtime_ns for name in TIMES}


def test_the_mount_shows_the_times_of_rclone(mount, rclone, bucket, tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    write_all(source)
    rclone("copy", source, f"store:{bucket}/copy")
    assert contents(mount.path / "copy") == contents(source)
    assert times(mount.path / "copy") == TIMES
    assert "nothing to transfer" in rclone("sync", mount.path / "copy", source)


def test_rclone_shows_the_times_of_the_mount(mount, rclone, bucket, tmp_path):
    top = mount.path / "top"
    top.mkdir()
    write_all(top)
    wanted = contents(top)
    mount.stop()
    rclone("copy", f"store:{bucket}/top", tmp_path / "copy")
    assert contents(tmp_path / "copy") == wanted
    assert times(tmp_path / "copy") == TIMES
    assert "nothing to transfer" in rclone("sync", tmp_path / "copy", f"store:{bucket}/top")
    (tmp_path / "copy" / "one").write_bytes(b"changed")
    assert "nothing to transfer" not in rclone("sync", tmp_path / "copy", f"store:{bucket}/top")
