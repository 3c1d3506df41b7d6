"""The command line: clear errors, exit codes, both ways of running, options, and secrets that stay secret."""

import os
import signal
import time
from dataclasses import replace

import pytest

from deadlines import programs, run
from mounts import is_mount_point, wait_until, windlass
from stores import body, keys

USAGE = 2


@pytest.fixture
def place(tmp_path):
    folder = tmp_path / "mnt"
    folder.mkdir()
    yield folder
    if is_mount_point(folder):
        run(["fusermount3", "-uz", folder], check=False)
        pytest.fail("the test left something mounted")


@pytest.fixture
def mounting(store, bucket, place, tmp_path):
    """Runs `windlass mount` to its end, in the background unless told otherwise."""

    def call(*options, of=None, at=None, endpoint=None, environment=None, timeout=90):
        endpoint = endpoint or store.endpoint
        (tmp_path / "staging").mkdir(exist_ok=True)
        return windlass(
            endpoint, tmp_path, "mount", of or bucket, at or place, "--endpoint", endpoint.url, "--region", endpoint.region,
            "--addressing", "path", "--state-dir", tmp_path / "staging", *options, timeout=timeout, environment=environment)

    return call


def says_one_clear_line(result, *words, status=1):
    """One line on stderr with these words, without internals, nothing on stdout."""
    assert result.returncode == status, f"ended with {result.returncode}: {result.stderr}"
    lines = [line for line in result.stderr.splitlines() if line.strip()]
    if status != USAGE:
        assert len(lines) == 1, f"more than one line: {result.stderr}"
    assert result.stdout == ""
    for word in words:
        assert word.lower() in result.stderr.lower(), f"{word!r} is not in {result.stderr!r}"
    assert "StoreError(" not in result.stderr and "Optional(" not in result.stderr


class TestErrors:
    def test_no_such_bucket(self, mounting):
        says_one_clear_line(mounting(of="no-such-bucket-here"), "no-such-bucket-here")

    def test_wrong_secret_key(self, mounting, store):
        wrong = replace(store.endpoint, secret_key="wrong-secret")
        result = mounting(endpoint=wrong)
        says_one_clear_line(result, "key")
        assert "wrong-secret" not in result.stderr

    def test_unknown_access_key(self, mounting, store):
        says_one_clear_line(mounting(endpoint=replace(store.endpoint, access_key="AKIANOBODY")))

    def test_no_credentials_at_all(self, mounting):
        says_one_clear_line(mounting(environment={"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}), "credentials")

    def test_unreachable_endpoint(self, mounting, store):
        started = time.monotonic()
        says_one_clear_line(mounting(endpoint=replace(store.endpoint, url="http://127.0.0.1:1")), "127.0.0.1")
        assert time.monotonic() - started < 60

    def test_endpoint_that_is_no_url(self, mounting, store):
        result = mounting(endpoint=replace(store.endpoint, url="not a url"))
        assert result.returncode in (1, USAGE) and result.stderr.strip()

    def test_missing_mount_point(self, mounting, tmp_path):
        says_one_clear_line(mounting(at=tmp_path / "missing"), "missing")

    def test_mount_point_that_is_a_file(self, mounting, tmp_path):
        (tmp_path / "file").write_text("x")
        says_one_clear_line(mounting(at=tmp_path / "file"), "file")

    def test_mount_point_that_is_not_empty(self, mounting, place):
        (place / "here").write_text("x")
        says_one_clear_line(mounting(), "empty")

    def test_mount_point_that_is_mounted_already(self, mounts, mounting):
        mount = mounts()
        says_one_clear_line(mounting(at=mount.path), str(mount.path))
        (mount.path / "file").write_text("still works")

    def test_unknown_option(self, mounting):
        says_one_clear_line(mounting("--no-such-option"), "--no-such-option", status=USAGE)

    def test_missing_argument(self, store, tmp_path):
        says_one_clear_line(windlass(store.endpoint, tmp_path, "mount"), status=USAGE)

    @pytest.mark.parametrize("option, value", [
        ("--file-mode", "999"), ("--umask", "x"), ("--uid", "-1"), ("--log-level", "loud"), ("--addressing", "sideways")])
    def test_values_that_make_no_sense(self, mounting, option, value):
        says_one_clear_line(mounting(f"{option}={value}"), option.lstrip("-"), status=USAGE)

    def test_unmounting_what_is_not_mounted(self, store, tmp_path, place):
        result = windlass(store.endpoint, tmp_path, "unmount", place)
        says_one_clear_line(result, str(place))


class TestRunning:
    def test_version(self, store, tmp_path):
        result = windlass(store.endpoint, tmp_path, "--version")
        assert result.returncode == 0
        assert result.stdout.strip().replace("windlass", "").strip()[0].isdigit()

    def test_help_names_every_option(self, store, tmp_path):
        result = windlass(store.endpoint, tmp_path, "mount", "--help")
        assert result.returncode == 0
        for option in "endpoint region addressing prefix read-only uid gid file-mode dir-mode umask allow-other foreground log-level " \
                "log-file state-dir".split():
            assert f"--{option}" in result.stdout

    def test_background_returns_when_the_mount_answers(self, store, mounting, place, bucket, s3, tmp_path):
        s3.put_object(Bucket=bucket, Key="file", Body=b"content")
        result = mounting()
        try:
            assert result.returncode == 0, result.stderr
            assert is_mount_point(place), "the mount is there when the command returns"
            assert (place / "file").read_bytes() == b"content"
            (place / "new").write_bytes(b"x" * 100_000)
        finally:
            unmounted = windlass(store.endpoint, tmp_path, "unmount", place)
        assert unmounted.returncode == 0, unmounted.stderr
        assert not is_mount_point(place)
        assert body(s3, bucket, "new") == b"x" * 100_000

    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
    def test_signals_unmount_with_everything_stored(self, mounts, s3, bucket, number):
        mount = mounts()
        data = os.urandom(20 << 20)
        (mount.path / "file").write_bytes(data)
        process, mount.process = mount.process, None
        process.send_signal(number)
        try:
            assert process.wait(60) == 0, mount.text()
        finally:
            programs.discard(process)
        assert not is_mount_point(mount.path)
        assert body(s3, bucket, "file") == data
        mount.assert_no_fault()

    def test_a_busy_mount_is_not_torn_from_under_its_users(self, mounts, store, tmp_path):
        mount = mounts()
        with open(mount.path / "file", "wb") as file:
            result = windlass(store.endpoint, tmp_path, "unmount", mount.path)
            says_one_clear_line(result, str(mount.path))
            file.write(b"still possible")
        assert (mount.path / "file").read_bytes() == b"still possible"

    def test_log_file(self, mounts, tmp_path):
        mount = mounts("--log-file", tmp_path / "file.log", "--log-level", "debug")
        (mount.path / "file").write_text("x")
        mount.stop()
        assert (tmp_path / "file.log").stat().st_size > 0


class TestBuckets:
    def test_create_list_delete(self, store, s3, tmp_path):
        def call(*arguments):
            return windlass(
                store.endpoint, tmp_path, "bucket", *arguments, "--endpoint", store.endpoint.url, "--region", store.endpoint.region,
                "--addressing", "path")

        assert call("create", "made-by-windlass").returncode == 0
        assert "made-by-windlass" in [entry["Name"] for entry in s3.list_buckets()["Buckets"]]
        listed = call("list")
        assert listed.returncode == 0
        assert any("made-by-windlass" in line for line in listed.stdout.splitlines())
        s3.put_object(Bucket="made-by-windlass", Key="file", Body=b"x")
        says_one_clear_line(call("delete", "made-by-windlass"), "made-by-windlass", status=3)
        s3.delete_object(Bucket="made-by-windlass", Key="file")
        assert call("delete", "made-by-windlass").returncode == 0
        assert "made-by-windlass" not in [entry["Name"] for entry in s3.list_buckets()["Buckets"]]
        says_one_clear_line(call("delete", "made-by-windlass"), "made-by-windlass")


class TestOptions:
    @pytest.mark.parametrize("form", ["url", "option"])
    def test_a_prefix(self, mounts, s3, bucket, form):
        s3.put_object(Bucket=bucket, Key="outside", Body=b"x")
        s3.put_object(Bucket=bucket, Key="in side/there", Body=b"inside")
        if form == "url":
            mount = mounts(of=f"s3://{bucket}/in side")
        else:
            mount = mounts("--prefix", "in side/")
        assert os.listdir(mount.path) == ["there"]
        assert (mount.path / "there").read_bytes() == b"inside"
        (mount.path / "new").write_bytes(b"new")
        assert body(s3, bucket, "in side/new") == b"new"
        assert sorted(key for key in keys(s3, bucket) if not key.endswith("/")) == ["in side/new", "in side/there", "outside"]

    def test_read_only(self, mounts, s3, bucket):
        s3.put_object(Bucket=bucket, Key="file", Body=b"content")
        mount = mounts("--read-only")
        assert (mount.path / "file").read_bytes() == b"content"
        for change in (
                lambda: (mount.path / "new").write_bytes(b"x"), lambda: (mount.path / "file").unlink(),
                lambda: (mount.path / "folder").mkdir(), lambda: os.rename(mount.path / "file", mount.path / "moved"),
                lambda: os.truncate(mount.path / "file", 0)):
            with pytest.raises(OSError) as failure:
                change()
            assert failure.value.errno == 30, "EROFS"
        assert keys(s3, bucket) == ["file"]

    def test_owner_and_modes_of_what_says_nothing_itself(self, mounts, s3, bucket):
        s3.put_object(Bucket=bucket, Key="folder/file", Body=b"x")
        mount = mounts("--uid", "1234", "--gid", "2345", "--file-mode", "640", "--dir-mode", "750")
        for path, mode in ((mount.path / "folder", 0o750), (mount.path / "folder" / "file", 0o640)):
            status = path.stat()
            assert (status.st_uid, status.st_gid, status.st_mode & 0o7777) == (1234, 2345, mode), path

    def test_umask(self, mounts, s3, bucket):
        s3.put_object(Bucket=bucket, Key="folder/file", Body=b"x")
        mount = mounts("--umask", "027")
        for path in (mount.path / "folder", mount.path / "folder" / "file"):
            assert path.stat().st_mode & 0o027 == 0, path


class TestCredentials:
    def profile(self, store, home, name):
        (home / ".aws").mkdir(exist_ok=True)
        (home / ".aws" / "credentials").write_text(
            "[default]\naws_access_key_id = AKIANOBODY\naws_secret_access_key = nothing\n\n"
            f"[{name}]\naws_access_key_id = {store.endpoint.access_key}\naws_secret_access_key = {store.endpoint.secret_key}\n")
        (home / ".aws" / "config").write_text(f"[profile {name}]\nregion = us-east-1\n")

    def test_profiles_of_the_aws_tools(self, store, mounts, mounting, tmp_path, s3, bucket):
        home = tmp_path / "home"
        home.mkdir()
        self.profile(store, home, "work")
        environment = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "HOME": str(home), "AWS_PROFILE": "work"}
        mount = mounts(environment=environment)
        (mount.path / "file").write_bytes(b"x")
        assert keys(s3, bucket) == ["file"]
        mount.stop()
        assert mounting(environment=environment | {"AWS_PROFILE": "default"}).returncode == 1
        says_one_clear_line(mounting(environment=environment | {"AWS_PROFILE": "missing"}), "missing")

    def test_keys_are_in_no_log_and_on_no_command_line(self, mounts, store, s3, bucket):
        mount = mounts("--log-level", "trace")
        (mount.path / "file").write_bytes(b"x")
        for pid in [mount.process.pid, *children(mount.process.pid)]:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                assert store.endpoint.secret_key.encode() not in file.read()
        mount.stop()
        log = mount.log.read_text(errors="replace")
        assert log, "the most talkative log says something"
        assert store.endpoint.secret_key not in log
        assert "Signature=" not in log and "X-Amz-Signature" not in log

    def test_no_option_takes_a_secret(self, store, tmp_path):
        text = windlass(store.endpoint, tmp_path, "mount", "--help").stdout.lower()
        assert "--secret" not in text and "--access-key" not in text


def children(pid):
    """The processes that `pid` has started."""
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        return [int(child) for child in file.read().split()]


def test_a_mount_that_is_killed_leaves_a_clear_state(mounts):
    """After kill -9 the mount point says ENOTCONN, can be unmounted, and mounted again."""
    mount = mounts()
    (mount.path / "file").write_bytes(b"stored")
    mount.process.kill()
    mount.process.wait(20)
    with pytest.raises(OSError) as failure:
        os.listdir(mount.path)
    assert failure.value.errno == 107, "ENOTCONN"
    mount.kill()
    wait_until(lambda: not is_mount_point(mount.path), 10, "the dead mount is gone")
    mount.start()
    assert (mount.path / "file").read_bytes() == b"stored"


def test_the_mount_shows_in_the_mount_table(mount):
    with open("/proc/self/mountinfo", encoding="utf-8") as table:
        line = next(line for line in table if str(mount.path) in line)
    assert "windlass" in line


def test_foreground_ends_when_it_is_unmounted_by_others(mounts):
    mount = mounts()
    assert mount.process.poll() is None
    mount.stop()
    assert not is_mount_point(mount.path)
