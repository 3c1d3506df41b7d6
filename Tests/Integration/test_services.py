"""What stores keep beside objects, read and set as attributes `windlass.*`: tags, access lists, archives, locks, expiry, classes, URLs."""

import datetime
import errno
import json
import os
import subprocess
import urllib.error
import urllib.request

import pytest

import stores
from mounts import Mount, windlass
from stores import body
from test_servers import endpoint_of, server

direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def get(path, name):
    return os.getxattr(path, f"windlass.{name}").decode()


def put(path, name, value):
    os.setxattr(path, f"windlass.{name}", value.encode())


def refused(number, call, *arguments):
    with pytest.raises(OSError) as error:
        call(*arguments)
    assert error.value.errno == number, error.value


class Place:
    """A mount of a bucket in one dialect."""

    def __init__(self, store, dialect, folder, *create):
        self.store, self.dialect = store, dialect
        self.s3 = store.endpoint.client()
        self.bucket = f"services-{os.urandom(4).hex()}"
        made = windlass(
            store.endpoint, folder, "bucket", "create", self.bucket, "--endpoint", store.endpoint.url, "--dialect", dialect, "--addressing", "path", *create)
        assert made.returncode == 0, made.stderr
        self.mount = Mount(store.endpoint, self.bucket, folder / "mount", "--dialect", dialect).start()
        self.file = self.mount.path / "file"
        self.file.write_bytes(b"content")


@pytest.fixture(scope="module")
def dialect_stores(tmp_path_factory):
    running = {}

    def of(dialect):
        if dialect not in running:
            home = tmp_path_factory.mktemp(dialect)
            (home / "data").mkdir()
            running[dialect] = stores.Store(home / "data", home, "--dialect", dialect).start()
        return running[dialect]

    yield of
    for store in running.values():
        store.stop()


@pytest.fixture
def places(dialect_stores, tmp_path):
    made = []

    def make(dialect, *create):
        folder = tmp_path / f"{len(made)}"
        folder.mkdir()
        made.append(Place(dialect_stores(dialect), dialect, folder, *create))
        return made[-1]

    yield make
    for place in made:
        place.mount.stop()


@pytest.mark.parametrize("dialect", ["s3", "obs", "cos"])
def test_tags(places, dialect):
    place = places(dialect)
    refused(errno.ENODATA, get, place.file, "tags")
    put(place.file, "tags", "colour=dark%20blue&empty=")
    assert get(place.file, "tags") == "colour=dark%20blue&empty="
    if dialect != "obs":
        tags = place.s3.get_object_tagging(Bucket=place.bucket, Key="file")["TagSet"]
        assert tags == [{"Key": "colour", "Value": "dark blue"}, {"Key": "empty", "Value": ""}]
    refused(errno.EINVAL, put, place.file, "tags", "no equals sign")
    refused(errno.EINVAL, put, place.file, "tags", "&".join(f"t{number}=1" for number in range(60)))
    os.removexattr(place.file, "windlass.tags")
    refused(errno.ENODATA, get, place.file, "tags")
    assert place.file.read_bytes() == b"content"


@pytest.mark.parametrize("dialect", ["s3", "obs", "cos"])
def test_access_lists(places, dialect):
    place = places(dialect)
    assert get(place.file, "acl").startswith("FULL_CONTROL ")
    refused(errno.EACCES, lambda: opened(f"{place.store.endpoint.url}/{place.bucket}/file"))
    put(place.file, "acl", "public-read")
    assert any(line.startswith("READ ") for line in get(place.file, "acl").splitlines())
    assert opened(f"{place.store.endpoint.url}/{place.bucket}/file") == b"content"
    refused(errno.EINVAL, put, place.file, "acl", "whoever-likes")
    os.removexattr(place.file, "windlass.acl")
    refused(errno.EACCES, lambda: opened(f"{place.store.endpoint.url}/{place.bucket}/file"))


def opened(url, method="GET", data=None):
    """What anybody gets."""
    try:
        with direct.open(urllib.request.Request(url, method=method, data=data, headers={"Content-Type": ""} if data else {}), timeout=20) as answer:
            return answer.read()
    except urllib.error.HTTPError as error:
        raise OSError(errno.EACCES if error.code == 403 else errno.EIO, f"{error.code} {error.read()!r}") from error


@pytest.mark.parametrize("dialect", ["s3", "obs", "cos", "oos"])
def test_urls(places, dialect):
    place = places(dialect)
    url = get(place.file, "url")
    assert opened(url) == b"content"
    # Only what it was signed for.
    refused(errno.EACCES, opened, url, "DELETE")
    refused(errno.EACCES, opened, url.replace("/file?", "/other?"))
    opened(get(place.file, "url.put"), "PUT", b"from outside")
    assert body(place.s3, place.bucket, "file") == b"from outside" if dialect != "obs" else opened(get(place.file, "url")) == b"from outside"
    refused(errno.EPERM, put, place.file, "url", "anything")


@pytest.mark.parametrize("dialect, archive", [("s3", "GLACIER"), ("obs", "GLACIER")])
def test_classes_and_restoration(places, dialect, archive):
    place = places(dialect)
    put(place.file, "storage-class", archive)
    assert get(place.file, "storage-class") == archive
    # What has been read before may still be remembered here.
    place.mount.remount()
    file = os.open(place.file, os.O_RDONLY)
    refused(errno.EAGAIN, os.read, file, 10)
    os.close(file)
    refused(errno.ENODATA, get, place.file, "restore")
    for wrong in ("soon", "0", "-1", "1 2 3"):
        refused(errno.EINVAL, put, place.file, "restore", wrong)
    put(place.file, "restore", "2 Expedited")
    assert 'ongoing-request="' in get(place.file, "restore")
    with pytest.raises(OSError) as wrong:
        put(place.file, "storage-class", "NO_SUCH_CLASS")
    assert wrong.value.errno in (errno.EINVAL, errno.EOPNOTSUPP), "the stores have different words for it"


def test_only_archived_files_are_restored(places):
    refused(errno.EINVAL, put, places("s3").file, "restore", "2")


def soon(seconds):
    return (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_locks_of_s3(places):
    place = places("s3", "--object-lock")
    refused(errno.ENODATA, get, place.file, "retention")
    refused(errno.ENODATA, get, place.file, "legal-hold")
    put(place.file, "legal-hold", "ON")
    assert get(place.file, "legal-hold") == "ON"
    put(place.file, "legal-hold", "OFF")
    assert get(place.file, "legal-hold") == "OFF"
    until = soon(30)
    put(place.file, "retention", f"GOVERNANCE {until}")
    assert get(place.file, "retention").startswith(f"GOVERNANCE {until[:-1]}")
    for name, wrong in (("retention", "tomorrow"), ("retention", "SOMEHOW 2099-01-01T00:00:00Z"), ("legal-hold", "PERHAPS")):
        refused(errno.EINVAL, put, place.file, name, wrong)


def test_no_locks_where_the_bucket_has_none(places):
    place = places("s3")
    refused(errno.EINVAL, put, place.file, "legal-hold", "ON")
    assert get(place.file, "content-type")


def test_holds_and_retention_of_ibm(places):
    place = places("cos")
    place.s3.put_object(Bucket=place.bucket, Key="unprotected", Body=b"x")
    refused(errno.EINVAL, put, place.file, "legal-hold", "case-17")


DAY = 86_400
PROTECTION = {
    "Status": "Retention", "MinimumRetention": {"Days": 0}, "DefaultRetention": {"Days": 0}, "MaximumRetention": {"Days": 10}}


@pytest.fixture
def protected(places, tmp_path):
    """A COS bucket with a protection policy, whose objects are kept no longer than they are told to."""
    place = places("cos")
    place.mount.stop()
    document = tmp_path / "protection.json"
    document.write_text(json.dumps(PROTECTION))
    place.s3.delete_object(Bucket=place.bucket, Key="file")
    done = windlass(
        place.store.endpoint, tmp_path, "bucket", "protection", "set", place.bucket, document, "--endpoint",
        place.store.endpoint.url, "--dialect", "cos", "--addressing", "path")
    assert done.returncode == 0, done.stderr
    place.mount.start()
    place.file.write_bytes(b"content")
    return place


def deletion_is_refused(place):
    for _ in range(2):
        with pytest.raises(OSError) as error:
            os.unlink(place.file)
        assert error.value.errno in (errno.EACCES, errno.EPERM)
    assert place.file.read_bytes() == b"content"


def test_retention_of_ibm(protected):
    put(protected.file, "retention", str(2 * DAY))
    assert protected.s3.head_object(Bucket=protected.bucket, Key="file")["ResponseMetadata"]["HTTPHeaders"]["retention-period"] == str(2 * DAY)
    assert get(protected.file, "retention")
    deletion_is_refused(protected)
    until = soon(3 * DAY)
    put(protected.file, "retention", until)
    kept = int(protected.s3.head_object(Bucket=protected.bucket, Key="file")["ResponseMetadata"]["HTTPHeaders"]["retention-period"])
    assert abs(kept - 3 * DAY) < 60, "a date is as good as seconds"
    for wrong in (str(DAY), str(11 * DAY), "tomorrow"):
        refused(errno.EINVAL, put, protected.file, "retention", wrong)
    protected.mount.remount()
    assert get(protected.file, "retention")


def test_holds_of_ibm(protected):
    refused(errno.ENODATA, get, protected.file, "legal-hold")
    put(protected.file, "legal-hold", "case-17")
    put(protected.file, "legal-hold", "case-18")
    assert sorted(get(protected.file, "legal-hold").split()) == ["case-17", "case-18"]
    deletion_is_refused(protected)
    put(protected.file, "legal-hold", "-case-17")
    assert get(protected.file, "legal-hold") == "case-18"
    put(protected.file, "legal-hold", "-case-18")
    refused(errno.ENODATA, get, protected.file, "legal-hold")
    os.unlink(protected.file)
    assert not protected.file.exists()


def test_expiry_of_obs(places):
    place = places("obs")
    refused(errno.ENODATA, get, place.file, "expiry")
    put(place.file, "expiry", "30")
    assert get(place.file, "expiry").startswith('expiry-date="')
    assert place.file.read_bytes() == b"content"
    refused(errno.EINVAL, put, place.file, "expiry", "never")


def test_what_a_store_does_not_offer(places):
    place = places("oos")
    for name, value in (("tags", "a=b"), ("acl", "private"), ("retention", "COMPLIANCE 2099-01-01T00:00:00Z"), ("expiry", "1")):
        refused(errno.EOPNOTSUPP, get, place.file, name)
        refused(errno.EOPNOTSUPP, put, place.file, name, value)
    place = places("cos")
    refused(errno.EOPNOTSUPP, put, place.file, "expiry", "1")


def test_none_of_them_is_listed_or_copied(places, tmp_path):
    place = places("s3")
    put(place.file, "tags", "a=b")
    listed = subprocess.run(["getfattr", "-d", "-m", "-", place.file], capture_output=True, text=True, check=True, timeout=20)
    assert "windlass." not in listed.stdout
    place.mount.stop()
    place.mount.options = (*place.mount.options, "--list-xattrs", "all")
    place.mount.start()
    listed = subprocess.run(["getfattr", "-d", "-m", "-", place.file], capture_output=True, text=True, check=True, timeout=20)
    assert "windlass.etag" in listed.stdout and listed.stderr.count("\n") <= 1, listed
    for hidden in ("tags", "acl", "url"):
        assert f"windlass.{hidden}=" not in listed.stdout


def test_files_that_are_not_stored_yet(dialect_stores, tmp_path):
    place = Place(dialect_stores("s3"), "s3", tmp_path)
    place.mount.stop()
    place.mount.options = ["--dialect", "s3", "--write-back", "--write-back-delay", "30"]
    place.mount.start()
    try:
        new = place.mount.path / "new"
        new.write_bytes(b"later")
        refused(errno.ENODATA, get, new, "tags")
        put(new, "tags", "a=b")
        assert get(new, "tags") == "a=b" and opened(get(new, "url")) == b"later"
    finally:
        place.mount.stop()


def test_on_other_servers(server, tmp_path):
    """Each verb on stores that nobody of this project wrote, where they offer it."""
    endpoint = endpoint_of(server)
    s3 = endpoint.client()
    bucket = f"services-{os.urandom(4).hex()}"
    s3.create_bucket(Bucket=bucket)
    mount = Mount(endpoint, bucket, tmp_path / "mount").start()
    try:
        file = mount.path / "file"
        file.write_bytes(b"content")
        put(file, "tags", "colour=dark%20blue")
        assert get(file, "tags") == "colour=dark%20blue"
        assert s3.get_object_tagging(Bucket=bucket, Key="file")["TagSet"] == [{"Key": "colour", "Value": "dark blue"}]
        # Ministack is many services at one address, and takes such a URL for another's.
        if server["name"] != "ministack":
            assert opened(get(file, "url")) == b"content"
            opened(get(file, "url.put"), "PUT", b"from outside")
            assert body(s3, bucket, "file") == b"from outside"
        if server["name"] == "ceph":
            put(file, "acl", "public-read")
            assert any(line.startswith("READ ") for line in get(file, "acl").splitlines())
    finally:
        mount.stop()
