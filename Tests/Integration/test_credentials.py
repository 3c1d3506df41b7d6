"""Where credentials come from, and that a live mount goes on with new ones; no secret is seen anywhere outside."""

import os
import re
import shutil
import signal
import subprocess
import threading
import time
import uuid

import pytest

import identities
import secrets_search
from deadlines import run
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
    """Neither in the log nor in what else the mount has left, nor on its command line."""
    secrets = place.source.secrets
    visible = [path for path in place.folder.rglob("*") if path.is_file() and not path.is_relative_to(place.source.home)
               and not path.is_relative_to(place.mount.path)]
    leaks = [(path, secret) for path in visible for secret in secrets_search.found(path.read_bytes(), secrets)]
    leaks += [(f"process {process}", secret) for process, line in secrets_search.processes(os.fsencode(place.folder))
              for secret in secrets_search.found(line, secrets)]
    assert not leaks, f"visible: {leaks}"


@pytest.mark.parametrize("place", identities.RENEWABLE, indirect=True, ids=lambda kind: kind.__name__)
def test_a_copy_survives_new_credentials_in_its_middle(place):
    assert place.source.named() in place.logged(), place.logged()[-2000:]
    copy(place.mount.path, FILES, place.source.renew, FILES // 3)
    assert len(keys(place.s3, place.bucket)) == FILES
    assert body(place.s3, place.bucket, f"f{FILES - 1}") == b"what is copied"
    assert_no_secret(place)


@pytest.mark.parametrize("place", [identities.Environment], indirect=True)
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


class TestCommands:
    @pytest.fixture
    def store(self, issuing_stores):
        return issuing_stores("s3")

    @pytest.fixture
    def asking(self, store, tmp_path):
        """Lists buckets with nothing but what the test gives; `home` is the tests's own."""

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
        assert asking("--profile", "a", "--anonymous").returncode == 64

    def test_no_credentials_at_all(self, asking):
        result = asking()
        assert result.returncode == 1 and "no credentials found" in result.stderr and "environment" in result.stderr, result.stderr

    def test_anonymous_requests_are_not_signed(self, asking):
        result = asking("--anonymous", AWS_ACCESS_KEY_ID="AKIA", AWS_SECRET_ACCESS_KEY="wrong")
        assert result.returncode == 1 and "keys may not" in result.stderr, result.stderr


