"""`windlass bucket`: what each dialect lets a new bucket be."""

import uuid

import pytest

from mounts import windlass
from stores import Store


@pytest.fixture(scope="module")
def dialect_stores(tmp_path_factory):
    """A store for each dialect, started when it is first needed."""
    started = {}

    def get(dialect):
        if dialect not in started:
            home = tmp_path_factory.mktemp(dialect)
            (home / "data").mkdir()
            started[dialect] = Store(home / "data", home, "--dialect", dialect).start()
        return started[dialect]

    yield get
    for store in started.values():
        store.stop()


@pytest.fixture
def command(dialect_stores, tmp_path):
    def call(dialect, *arguments):
        store = dialect_stores(dialect)
        environment = {"OBS_ACCESS_KEY_ID": store.endpoint.access_key, "OBS_SECRET_ACCESS_KEY": store.endpoint.secret_key}
        return windlass(
            store.endpoint, tmp_path, "bucket", *arguments, "--endpoint", store.endpoint.url, "--dialect", dialect, environment=environment)

    return call


@pytest.mark.parametrize("dialect, options, place, kind", [
    ("obs", ("--location", "cn-north-4", "--file-system", "--storage-class", "STANDARD_IA"), "cn-north-4", "file system"),
    ("obs", (), "us-east-1", "objects"),
    ("cos", ("--location", "eu-de", "--storage-class", "vault", "--root-key", "crn:v1:x"), "eu-de-vault", "objects"),
    ("oos", ("--location", "ShenYang", "--data-location", "ChengDu,LanZhou", "--only-there"), "-", "objects"),
    ("s3", ("--object-lock", "--location", "eu-west-3"), "-", "objects")])
def test_created_and_listed(command, dialect, options, place, kind):
    name = f"made-{uuid.uuid4().hex[:8]}"
    created = command(dialect, "create", name, *options)
    assert (created.returncode, created.stdout, created.stderr) == (0, "", "")
    assert name in command(dialect, "list").stdout.split()
    row = next(line for line in command(dialect, "list", "--long").stdout.splitlines() if line.startswith(name))
    assert row.split("\t")[2:] == [place, kind]
    assert command(dialect, "delete", name).returncode == 0


def test_locks_are_on(command, dialect_stores):
    name = f"locked-{uuid.uuid4().hex[:8]}"
    assert command("s3", "create", name, "--object-lock").returncode == 0
    client = dialect_stores("s3").endpoint.client()
    assert client.get_object_lock_configuration(Bucket=name)["ObjectLockConfiguration"]["ObjectLockEnabled"] == "Enabled"


@pytest.mark.parametrize("dialect, options, code", [
    ("s3", ("--file-system",), 4), ("cos", ("--data-location", "x"), 4), ("oos", ("--object-lock",), 4), ("obs", ("--root-key", "x"), 4),
    ("cos", ("--storage-class", "cold"), 2)])
def test_what_a_dialect_does_not_have_is_said(command, dialect, options, code):
    result = command(dialect, "create", "never-made", *options)
    assert result.returncode == code and len(result.stderr.splitlines()) == 1
    assert "never-made" not in command(dialect, "list").stdout
