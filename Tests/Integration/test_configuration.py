"""Named mounts and stores in configuration files, mount(8), and the unit for systemd."""

import os
import shutil
from pathlib import Path

import pytest

from deadlines import run
from mounts import WINDLASS, is_mount_point, windlass

UNIT = Path(__file__).resolve().parents[2] / "packaging" / "windlass@.service"


@pytest.fixture
def place(tmp_path):
    folder = tmp_path / "mnt"
    folder.mkdir()
    yield folder
    if is_mount_point(folder):
        run(["fusermount3", "-uz", folder], check=False)
        pytest.fail("the test left something mounted")


@pytest.fixture
def configured(store, bucket, place, tmp_path):
    """Writes the configuration; gives the environment that finds it."""
    (tmp_path / "run").mkdir(mode=0o700)
    file = tmp_path / "config.toml"
    file.write_text(
        f"""
[defaults]
metadata-cache = "off"

[remotes.here]
endpoint = "{store.endpoint.url}"
region = "{store.endpoint.region}"
addressing = "path"

[mounts.photos]
remote = "here"
bucket = "s3://{bucket}/2024"
directory = "{place}"
state-dir = "{tmp_path}/state"
write-back = true
""")
    return {"WINDLASS_CONFIG": str(file), "XDG_RUNTIME_DIR": str(tmp_path / "run")}


def ended(place, store, tmp_path, environment):
    done = windlass(store.endpoint, tmp_path, "unmount", place, environment=environment)
    assert done.returncode == 0, done.stderr


def test_a_named_mount(configured, store, s3, bucket, place, tmp_path):
    done = windlass(store.endpoint, tmp_path, "mount", "photos", "--read-only", "--metadata-ttl", "3", environment=configured)
    assert done.returncode == 0, done.stderr
    status = windlass(store.endpoint, tmp_path, "status", place, environment=configured).stdout
    ended(place, store, tmp_path, configured)
    assert f"{bucket}/2024/" in status and "--write-back" in status and "--metadata-ttl 3" in status and "read-only" in status


def test_another_place_and_a_write(configured, store, s3, bucket, tmp_path, place):
    done = windlass(store.endpoint, tmp_path, "mount", "photos", place, environment=configured)
    assert done.returncode == 0, done.stderr
    (place / "file").write_bytes(b"x")
    ended(place, store, tmp_path, configured)
    assert s3.get_object(Bucket=bucket, Key="2024/file")["Body"].read() == b"x"


def test_a_named_store_for_other_commands(configured, store, bucket, tmp_path):
    done = windlass(store.endpoint, tmp_path, "doctor", bucket, "--remote", "here", environment=configured)
    assert done.returncode == 0 and store.endpoint.url in done.stdout, done.stderr
    done = windlass(store.endpoint, tmp_path, "doctor", bucket, "--remote", "there", environment=configured)
    assert done.returncode == 2 and "remotes.there" in done.stderr and "here" in done.stderr


def test_a_broken_file_is_told_with_its_line_and_hurts_only_who_needs_it(configured, store, tmp_path, place):
    Path(configured["WINDLASS_CONFIG"]).write_text("[defaults]\nlog-level = loud\n")
    done = windlass(store.endpoint, tmp_path, "mount", "photos", environment=configured)
    assert done.returncode == 2 and "config.toml:2:" in done.stderr and len(done.stderr.splitlines()) == 1
    assert windlass(store.endpoint, tmp_path, "status", environment=configured).returncode == 0


@pytest.mark.skipif(os.getuid() != 0, reason="/run can be written by root only")
def test_what_a_service_has_mounted_is_found_from_a_session(configured, store, place, tmp_path):
    service = {name: value for name, value in configured.items() if name != "XDG_RUNTIME_DIR"}
    done = windlass(store.endpoint, tmp_path, "mount", "photos", environment=service)
    assert done.returncode == 0, done.stderr
    session = service | {"XDG_RUNTIME_DIR": "/run/user/0"}
    done = windlass(store.endpoint, tmp_path, "status", place, environment=session)
    listed = windlass(store.endpoint, tmp_path, "status", environment=session).stdout
    ended(place, store, tmp_path, session)
    assert done.returncode == 0 and str(place) in done.stdout and str(place) in listed, done.stderr


@pytest.fixture
def helper(tmp_path):
    """The program under the name by which mount(8) looks for it."""
    path = tmp_path / "mount.windlass"
    path.symlink_to(WINDLASS)
    return path


def test_the_helper_of_mount(helper, configured, store, s3, bucket, place, tmp_path):
    environment = store.endpoint.environment(tmp_path) | configured
    options = "rw,_netdev,nosuid,nodev,x-systemd.automount,file_mode=600,metadata_ttl=5"
    done = run([helper, "photos", place, "-n", "-o", options], timeout=60, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    try:
        entry = next(line for line in open("/proc/mounts", encoding="utf-8") if str(place) in line)
        assert "fuse.windlass" in entry and "nosuid" in entry and "nodev" in entry
        (place / "file").write_bytes(b"x")
        assert "--file-mode=600" in windlass(store.endpoint, tmp_path, "status", place, environment=configured).stdout
    finally:
        ended(place, store, tmp_path, configured)


def test_the_helper_ends_as_mount_expects(helper, configured, store, place, tmp_path):
    environment = store.endpoint.environment(tmp_path) | configured
    assert run([helper, "photos", place, "-f"], check=False, env=environment).returncode == 0
    assert not is_mount_point(place)
    assert run([helper, "photos"], check=False, env=environment).returncode == 1
    assert run([helper, "photos", place, "-o", "frobnicate=1"], check=False, env=environment).returncode == 1
    Path(configured["WINDLASS_CONFIG"]).write_text(Path(configured["WINDLASS_CONFIG"]).read_text().replace("s3://", "s3://no-such-"))
    done = run([helper, "photos", place], check=False, env=environment)
    assert done.returncode == 32 and "there is no bucket" in done.stderr


@pytest.mark.skipif(os.getuid() != 0, reason="/sbin can be written by root only")
def test_mount_8_itself(configured, store, place, tmp_path):
    installed = Path("/sbin/mount.windlass")
    if installed.exists():
        pytest.skip("windlass is installed on this machine")
    environment = store.endpoint.environment(tmp_path) | configured
    table = tmp_path / "fstab"
    table.write_text(f"photos {place} windlass _netdev,noauto,metadata_ttl=7 0 0\n")
    installed.symlink_to(WINDLASS)
    try:
        done = run(["mount", "--fstab", table, place], timeout=60, check=False, env=environment)
        assert done.returncode == 0, done.stderr
        (place / "file").write_bytes(b"x")
    finally:
        installed.unlink()
        if is_mount_point(place):
            ended(place, store, tmp_path, configured)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
def test_the_unit(tmp_path):
    """systemd knows every line of it; the program of this build stands for the one that is installed."""
    unit = tmp_path / "windlass@.service"
    text = UNIT.read_text().replace("/usr/bin/windlass", str(WINDLASS)).replace("Documentation=man:windlass-mount(1)\n", "")
    unit.write_text(text)
    done = run(["systemd-analyze", "verify", unit], check=False)
    assert done.returncode == 0 and done.stderr == "", done.stderr
    unit.write_text(text.replace("WatchdogSec", "WatchdogSecs"))
    assert "WatchdogSecs" in run(["systemd-analyze", "verify", unit], check=False).stderr
