"""Where credentials come from, and that a live mount goes on with new ones; no secret is seen anywhere outside."""

import os
import re
import shutil
import signal
import subprocess
import threading
import time
import uuid
from pathlib import Path

import pytest

import identities
import secrets_search
from deadlines import programs, run, start
from mounts import WINDLASS, Mount, is_mount_point, wait_until
from stores import body, keys

FILES = 200
BASE = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "AWS_EC2_METADATA_DISABLED": "true"}


@pytest.fixture(scope="module")
def issuing_stores(tmp_path_factory):
    """A store for each dialect, started when it is first needed."""
    started = {}

    def get(dialect):
        if dialect not in started:
            home = tmp_path_factory.mktemp(dialect)
            (home / "data").mkdir()
            started[dialect] = identities.IssuingStore(home / "data", home, dialect).start()
        return started[dialect]

    yield get
    for store in started.values():
        store.stop()


class Place:
    """A bucket, a source of credentials for it, and a mount that has no other."""

    def __init__(self, store, source, folder, *options, prefix=()):
        self.store, self.source, self.folder = store, source, folder
        self.bucket = f"bucket-{uuid.uuid4().hex[:12]}"
        self.s3 = store.endpoint.client()
        self.s3.create_bucket(Bucket=self.bucket)
        self.mount = Mount(
            store.endpoint, self.bucket, folder, "--dialect", store.dialect, "--log-level", "trace", "--log-file", folder / "windlass.log",
            *source.options, *options)
        self.mount.prefix = list(prefix)
        self.mount.environment = BASE | {"HOME": str(source.home), "XDG_RUNTIME_DIR": str(folder)} | source.environment
        self.log = folder / "windlass.log"

    def logged(self):
        return self.log.read_text(errors="replace") if self.log.exists() else ""


@pytest.fixture
def place(issuing_stores, tmp_path, request):
    """A mounted `Place` for the kind of source that the test names."""
    kind = request.param
    home = tmp_path / "home"
    home.mkdir()
    with identities.source(kind, issuing_stores(kind.dialect), home) as source:
        made = Place(issuing_stores(kind.dialect), source, tmp_path)
        made.mount.start()
        try:
            yield made
        finally:
            made.mount.stop()


def copy(folder, count, rotate, at):
    """Writes `count` files with cp(1), in two runs at once; `rotate` is called while they are under way. Fails when one does."""
    done, failures = [], []

    def worker(numbers, source):
        for number in numbers:
            status = subprocess.run(["cp", source, folder / f"f{number}"], stderr=subprocess.PIPE, timeout=60)
            done.append(number)
            if status.returncode:
                failures.append(status.stderr.decode())

    content = folder.parent / "content"
    content.write_bytes(b"what is copied")
    workers = [threading.Thread(target=worker, args=(range(start, count, 2), content)) for start in range(2)]
    for thread in workers:
        thread.start()
    wait_until(lambda: len(done) >= at or not any(thread.is_alive() for thread in workers), 90, "half of the files")
    assert len(done) < count, "the copy was over before anything changed"
    rotate()
    for thread in workers:
        thread.join()
    assert not failures, f"{len(failures)} of {count}: {failures[0]}"


def assert_no_secret(place):
    """Neither in the log nor in what else the mount has left (its record, its staging files), nor on a command line."""
    hidden = [place.source.home, place.mount.path]
    leaks = list(secrets_search.in_files(place.folder, place.source.secrets, but=hidden))
    leaks += secrets_search.in_command_lines(os.fsencode(place.folder), place.source.secrets)
    assert not leaks, f"visible: {leaks}"


@pytest.mark.parametrize("place", identities.RENEWABLE, indirect=True, ids=lambda kind: kind.__name__)
def test_a_copy_survives_new_credentials_in_its_middle(place):
    assert place.source.named() in place.logged(), place.logged()[-2000:]
    copy(place.mount.path, FILES, place.source.renew, FILES // 3)
    assert len(keys(place.s3, place.bucket)) == FILES
    assert body(place.s3, place.bucket, f"f{FILES - 1}") == b"what is copied"
    if not isinstance(place.source, identities.KeysInFile):
        assert re.search("again with new credentials from .*" + re.escape(place.source.named()), place.logged()), "nothing was refused"
    assert_no_secret(place)


@pytest.mark.parametrize("place", identities.LASTING, indirect=True, ids=lambda kind: kind.__name__)
def test_credentials_that_nobody_renews_are_named_in_the_log(place):
    (place.mount.path / "before").write_bytes(b"1")
    place.store.remove_keys(place.source.keys[0])
    for _ in range(3):
        with pytest.raises(PermissionError):
            (place.mount.path / "after").write_bytes(b"2")
    complaints = [line for line in place.logged().splitlines() if "refuses the credentials from environment" in line]
    assert len(complaints) == 1, place.logged()[-2000:]
    assert_no_secret(place)
    place.store.control("POST", "keys", {"accessKey": place.source.keys[0], "secretKey": place.source.keys[1]})


@pytest.mark.parametrize("place", [identities.InstanceMetadata], indirect=True)
def test_failures_of_a_service_are_hidden_while_its_keys_are_good(place):
    """With a minute left they are to be renewed; the service does not answer, then it does."""
    place.store.behave(sessionTokens="required", lifetimeSeconds=10)
    place.store.revoke_issued()
    (place.mount.path / "a").write_bytes(b"1")
    place.store.behave(sessionTokens="required", failureStatus=503)
    end = time.monotonic() + 6
    while time.monotonic() < end:
        (place.mount.path / "a").write_bytes(b"2")
        time.sleep(0.2)
    assert "could not be renewed" in place.logged()
    place.store.behave(sessionTokens="required")
    time.sleep(5)
    (place.mount.path / "a").write_bytes(b"3")
    assert body(place.s3, place.bucket, "a") == b"3"
    assert_no_secret(place)


@pytest.fixture(scope="module")
def wrong_clock(tmp_path_factory):
    """A library that moves the clock of the program it is loaded into."""
    compiler = shutil.which("cc") or shutil.which("clang")
    if compiler is None:
        pytest.skip("there is no C compiler to make a wrong clock with")
    library = tmp_path_factory.mktemp("clock") / "wrong_clock.so"
    run([compiler, "-shared", "-fPIC", "-O1", "-o", library, Path(__file__).with_name("wrong_clock.c"), "-ldl"])
    return library


@pytest.mark.parametrize("minutes", [20, -20])
@pytest.mark.parametrize("kind", [identities.InstanceMetadata, identities.AssumedRole, identities.SharedCredentials, identities.Agency])
def test_a_clock_that_is_twenty_minutes_off(kind, minutes, issuing_stores, wrong_clock, tmp_path):
    """Keys that last fifteen minutes would seem to have ended when they come."""
    store, home = issuing_stores(kind.dialect), tmp_path / "home"
    home.mkdir()
    with identities.source(kind, store, home) as source:
        if not isinstance(source, identities.KeysInFile):
            store.behave(sessionTokens="offered", lifetimeSeconds=900)
        place = Place(store, source, tmp_path)
        place.mount.environment |= {"LD_PRELOAD": str(wrong_clock), "CLOCK_OFFSET": str(minutes * 60)}
        place.mount.start()
        try:
            (place.mount.path / "a").write_bytes(b"1")
            source.renew()
            (place.mount.path / "b").write_bytes(b"2")
        finally:
            place.mount.stop()
    assert "clock differs" in place.logged(), "the clock was right"
    assert keys(place.s3, place.bucket) == ["a", "b"]
    assert_no_secret(place)


def blocks(thread, number):
    """Whether the thread with this folder below /proc has the signal blocked (proc(5), SigBlk)."""
    try:
        status = (thread / "status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    if re.search(r"^State:\s+Z", status, re.MULTILINE):
        return False
    return bool(int(re.search(r"^SigBlk:\s+([0-9a-f]+)$", status, re.MULTILINE).group(1), 16) >> (number - 1) & 1)


def test_a_crash_leaves_no_dump(issuing_stores, tmp_path):
    """Even where the shell allows dumps of any size."""
    home, folder = tmp_path / "home", tmp_path / "crash"
    home.mkdir()
    folder.mkdir()
    allowing = ["bash", "-c", f"cd {folder} && ulimit -c unlimited && exec \"$@\"", "crash"]
    with identities.source(identities.Container, issuing_stores("s3"), home) as source:
        place = Place(issuing_stores("s3"), source, folder, prefix=allowing)
        place.mount.start()
        try:
            (place.mount.path / "a").write_bytes(b"1")
            assert re.search(r"^Max core file size +0 ", (Path("/proc") / str(place.mount.process.pid) / "limits").read_text(), re.MULTILINE)
            place.mount.process.send_signal(signal.SIGSEGV)
            # What a signal from outside has interrupted does not fail again by itself.
            wait_until(lambda: "Backtrace took" in place.mount.text(), 60, "the report of the crash")
            assert "Registers" not in place.mount.text(), "what registers point to may be a key"
            # A second one while Swift's runtime lets the threads go that it had stopped for the report ends in a deadlock of that runtime.
            wait_until(lambda: not any(blocks(thread, signal.SIGSEGV) for thread in (Path("/proc") / str(place.mount.process.pid) / "task").iterdir()), 60, "all threads run again")
            place.mount.process.send_signal(signal.SIGSEGV)
            place.mount.process.wait(60)
        finally:
            place.mount.kill()
        assert not [path for path in folder.iterdir() if path.name.startswith("core")]
        assert_no_secret(place)


def test_the_background_gets_nothing_that_was_not_given(issuing_stores, tmp_path):
    """Neither on its command line nor in its environment."""
    home, folder = tmp_path / "home", tmp_path / "background"
    home.mkdir()
    folder.mkdir()
    with identities.source(identities.Environment, issuing_stores("s3"), home) as source:
        place = Place(issuing_stores("s3"), source, folder)
        command = [str(part) for part in place.mount.command() if part != "--foreground"]
        try:
            run(command, env=place.mount.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            record, = (entry for entry in (folder / f"windlass-{os.getuid()}").iterdir() if entry.is_file())
            process = Path("/proc") / record.read_text().split()[0]
            assert process.joinpath("cmdline").read_bytes().split(b"\0")[1:-1] == [*map(os.fsencode, command[1:]), b"--foreground"]
            given = {os.fsencode(f"{name}={value}") for name, value in place.mount.environment.items()}
            more = {entry for entry in process.joinpath("environ").read_bytes().split(b"\0") if entry} - given
            assert all(entry.startswith((b"WINDLASS_READY_DESCRIPTOR=", b"SWIFT_BACKTRACE=")) for entry in more), more
            assert_no_secret(place)
        finally:
            if is_mount_point(place.mount.path):
                run(["fusermount3", "-u", place.mount.path])
                wait_until(lambda: not process.exists(), 30, "the process in the background ends")


class TestSearch:
    """That the search for secrets finds them: without this, the tests above would say nothing."""

    @pytest.mark.parametrize("secret", [
        "a-secret-by-name", "5f" * 20, "5f" * 28, "TKN+/" + "5f" * 40 + "==", "eyJ" + "5f" * 20 + ".x", "Authorization: Bearer abcdefgh",
        "AWS4-HMAC-SHA256 Credential=x, Signature=y"])
    def test_finds_it_in_a_log(self, tmp_path, secret):
        (tmp_path / "deep").mkdir()
        (tmp_path / "deep" / "log").write_text(f"12:00 trace GET a: {secret}\n")
        assert list(secrets_search.in_files(tmp_path, ["a-secret-by-name"]))
        assert not list(secrets_search.in_files(tmp_path, ["a-secret-by-name"], but=[tmp_path / "deep"]))

    def test_finds_it_on_a_command_line(self, tmp_path):
        process = start(["sh", "-c", "sleep 60; true", str(tmp_path), "a-secret-by-name"])
        try:
            wait_until(lambda: list(secrets_search.in_command_lines(os.fsencode(tmp_path), ["a-secret-by-name"])), 20, "it is found")
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(20)
            programs.discard(process)

    def test_does_not_take_everything_for_a_secret(self, tmp_path):
        (tmp_path / "log").write_text(f"PUT bucket/key: status 200 etag={'5f' * 16} sha256={'5f' * 32}\n")
        assert not list(secrets_search.in_files(tmp_path, ["a-secret-by-name"]))


class TestCommands:
    @pytest.fixture
    def store(self, issuing_stores):
        return issuing_stores("s3")

    @pytest.fixture
    def asking(self, store, tmp_path):
        """Lists buckets with nothing but what the test gives; `home` is the test's own."""

        def call(*options, **environment):
            return run(
                [WINDLASS, "bucket", "list", "--endpoint", store.endpoint.url, "--region", "us-east-1", *options], check=False,
                env=BASE | {"HOME": str(tmp_path)} | environment)

        return call

    def own_file(self, store, tmp_path, mode):
        path = tmp_path / "credentials"
        identities.write(path, "[default]\naccess_key_id = {0}\nsecret_access_key = {1}\n".format(*store.add_keys()), mode)
        return path

    def test_an_own_file_is_read(self, store, asking, tmp_path):
        path = self.own_file(store, tmp_path, 0o600)
        assert asking("--credentials", path).returncode == 0
        assert asking("--credentials", os.path.relpath(path)).returncode == 0
        assert asking(WINDLASS_CREDENTIALS_FILE=str(path)).returncode == 0

    @pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660])
    def test_an_own_file_open_to_others_is_refused(self, store, asking, tmp_path, mode):
        path = self.own_file(store, tmp_path, mode)
        result = asking("--credentials", path)
        assert result.returncode == 1 and f"chmod 600 {path}" in result.stderr, result.stderr

    def test_a_password_file_open_to_others_is_refused(self, store, asking, tmp_path):
        path = tmp_path / ".passwd-s3fs"
        identities.write(path, "{0}:{1}\n".format(*store.add_keys()), 0o644)
        result = asking()
        assert result.returncode == 1 and f"chmod 600 {path}" in result.stderr, result.stderr
        path.chmod(0o600)
        assert asking().returncode == 0

    def test_missing_section_and_profile_are_named(self, store, asking, tmp_path):
        path = self.own_file(store, tmp_path, 0o600)
        assert "no section [two]" in asking("--credentials", f"{path}:two").stderr
        assert "no profile nobody" in asking("--profile", "nobody").stderr
        assert asking("--profile", "a", "--anonymous").returncode == 2

    def test_no_credentials_at_all(self, asking):
        result = asking()
        assert result.returncode == 1 and "no credentials found" in result.stderr and "environment" in result.stderr, result.stderr

    def test_anonymous_requests_are_not_signed(self, asking):
        result = asking("--anonymous", AWS_ACCESS_KEY_ID="AKIA", AWS_SECRET_ACCESS_KEY="wrong")
        assert result.returncode == 1 and "keys may not" in result.stderr, result.stderr


