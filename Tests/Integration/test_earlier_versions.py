"""`windlass mount --as-of` and `--versions`: a bucket as it was, and earlier versions beside the latest."""

import datetime
import errno
import hashlib
import os
import random
import time
import uuid

import pytest

from bucket_under_test import names, stores  # noqa: F401 (fixtures)
from deadlines import run
from mounts import Mount, windlass
from object_under_test import make  # noqa: F401 (fixture)
from synthetic import NEWEST, Bucket, Server
from test_memory import MEBIBYTE, Watch
from test_servers import endpoint_of, server  # noqa: F401 (fixture)

VERSIONED = ["s3", "cos", "obs", "obs-v2"]


def iso(seconds):
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment():
    """A whole second behind all that was done, and before all that is done next."""
    time.sleep(1.1)
    now = int(time.time())
    time.sleep(max(0, now + 1.1 - time.time()))
    return iso(now)


@pytest.fixture
def mounted(tmp_path):
    """A function that mounts a bucket; everything is unmounted in the end."""
    started = []

    def start(endpoint, address, *options, dialect="s3"):
        folder = tmp_path / uuid.uuid4().hex[:8]
        folder.mkdir()
        mount = Mount(endpoint, address, folder, "--dialect", dialect, "--no-hedging", *options)
        mount.addressing = "auto"
        started.append(mount.start())
        return mount

    yield start
    for mount in reversed(started):
        mount.stop()


def tree(root):
    """Path -> content of each file, None of each folder."""
    found = {}
    for folder, folders, files in os.walk(root, onerror=lambda error: (_ for _ in ()).throw(error)):
        place = os.path.relpath(folder, root)
        found |= {os.path.normpath(os.path.join(place, name)): None for name in folders}
        for name in files:
            with open(os.path.join(folder, name), "rb") as file:
                found[os.path.normpath(os.path.join(place, name))] = file.read()
    return found


def expected(objects):
    """The same of keys and their contents."""
    found = {key: content for key, content in objects.items() if not key.endswith("/")}
    for key in objects:
        parts = key.split("/")[:-1]
        found |= {"/".join(parts[:count]): None for count in range(1, len(parts) + 1)}
    return found


class Changes:
    """Random changes of a bucket by another client, and what it held at several moments."""

    KEYS = ["a", "a.txt", "b/one", "b/two", "b/deep/three", "gone/only", "late/new", "c d+e", "marker/", "b-1"]

    def __init__(self, put, delete, seed):
        self.put, self.delete, self.random = put, delete, random.Random(seed)
        self.objects, self.moments = {}, []

    def round(self, count):
        for _ in range(count):
            key = self.random.choice(self.KEYS)
            if key in self.objects and self.random.random() < 0.4:
                self.delete(key)
                del self.objects[key]
            else:
                content = b"" if key.endswith("/") else self.random.randbytes(self.random.randrange(1, 3000))
                self.put(key, content)
                self.objects[key] = content
        self.moments.append((moment(), dict(self.objects)))


def put_and_delete(bucket):
    def put(key, content):
        bucket.vendor.put(bucket.name, key, content)

    def delete(key):
        bucket.object("delete", f"K:{key}")

    return put, delete


class TestAsOf:
    @pytest.mark.parametrize("form", VERSIONED)
    def test_the_bucket_at_several_times(self, make, mounted, form):
        bucket = make(form, versioned=True)
        changes = Changes(*put_and_delete(bucket), seed=form)
        changes.put("gone/only", b"soon deleted")
        changes.objects["gone/only"] = b"soon deleted"
        before = iso(time.time() - 60)
        for count in (8, 15, 15):
            changes.round(count)
        for when, objects in [(before, {})] + changes.moments:
            mount = mounted(bucket.endpoint, bucket.name, "--as-of", when, dialect=bucket.form.dialect)
            assert tree(mount.path) == expected(objects), when
            mount.stop()

    def test_names_are_found_without_a_listing(self, make, mounted):
        bucket = make("s3", versioned=True)
        bucket.vendor.put(bucket.name, "f/file.txt", b"first")
        bucket.vendor.put(bucket.name, "deleted", b"x")
        bucket.vendor.put(bucket.name, "many", b"0")
        when = moment()
        for number in range(40):
            bucket.vendor.put(bucket.name, "many", str(number).encode())
        bucket.vendor.put(bucket.name, "f/file.txt", b"second, longer")
        bucket.vendor.put(bucket.name, "later/file", b"x")
        bucket.object("delete", "K:deleted")
        mount = mounted(bucket.endpoint, bucket.name, "--as-of", when)
        assert (mount.path / "f" / "file.txt").read_bytes() == b"first"
        assert (mount.path / "deleted").read_bytes() == b"x"
        assert (mount.path / "many").read_bytes() == b"0"
        assert not (mount.path / "later").exists() and not (mount.path / "later" / "file").exists()
        oldest = bucket.lines("versions", "list", "K:f/file.txt")[-1]["VersionId"]
        assert os.getxattr(mount.path / "f" / "file.txt", "windlass.version-id") == oldest.encode()

    def test_it_is_read_only(self, make, mounted):
        bucket = make("s3", versioned=True)
        bucket.vendor.put(bucket.name, "file", b"first")
        mount = mounted(bucket.endpoint, bucket.name, "--as-of", "0s")
        for change in (
                lambda: (mount.path / "file").write_bytes(b"x"), lambda: (mount.path / "file").unlink(),
                lambda: (mount.path / "new").mkdir(), lambda: os.rename(mount.path / "file", mount.path / "other")):
            with pytest.raises(OSError) as refused:
                change()
            assert refused.value.errno == errno.EROFS

    def test_how_long_ago(self, make, mounted):
        bucket = make("s3", versioned=True)
        bucket.vendor.put(bucket.name, "file", b"first")
        time.sleep(4)
        bucket.vendor.put(bucket.name, "file", b"second")
        assert (mounted(bucket.endpoint, bucket.name, "--as-of", "2s").path / "file").read_bytes() == b"first"
        assert os.listdir(mounted(bucket.endpoint, bucket.name, "--as-of", "1h").path) == []

    def test_few_requests(self, make, mounted):
        bucket = make("s3", versioned=True)
        for name in ("one", "two", "three"):
            for content in (b"old", b"older"):
                bucket.vendor.put(bucket.name, f"f/{name}", content)
        when = moment()
        mount = mounted(bucket.endpoint, bucket.name, "--as-of", when)
        bucket.store.reset_counters()
        assert sorted(os.listdir(mount.path / "f")) == ["one", "three", "two"]
        assert all((mount.path / "f" / name).read_bytes() == b"older" for name in ("one", "two", "three"))
        counted = {name: count["requests"] for name, count in bucket.store.counters().items()}
        print(counted)
        # The name, the folder itself; each file's HEAD and GET, or the GET alone.
        assert counted.pop("ListObjectVersions") <= 4 and counted.pop("GetObject") == 3
        assert counted.pop("HeadObject", 0) <= 4 and not counted
        bucket.store.reset_counters()
        assert (mount.path / "f" / "one").stat().st_size == 5
        assert bucket.store.counters() == {}, "what was does not change"


class TestVersions:
    @pytest.mark.parametrize("form", VERSIONED)
    def test_beside_the_latest(self, make, mounted, form):
        bucket = make(form, versioned=True)
        history = {"a": [b"1", b"22", b"333"], "f/b.txt": [b"4444", b"55555"], "f/gone": [b"666666", b"7777777"], "f/": [b""], "a-b": [b"8"]}
        for key, contents in history.items():
            for content in contents:
                bucket.vendor.put(bucket.name, key, content)
        bucket.object("delete", "K:f/gone")
        listed = [entry for entry in bucket.lines("versions", "list", "K:") if not entry["DeleteMarker"]]
        wanted = {"f": None}
        for key in history:
            # By their digests: the vendor's program may have sent one twice.
            contents = {hashlib.md5(content).hexdigest(): content for content in history[key]}
            for number, entry in enumerate(entry for entry in listed if entry["Key"] == key and not key.endswith("/")):
                is_latest = number == 0 and key != "f/gone"
                wanted[key if is_latest else f"{key}@{entry['VersionId']}"] = contents[entry["ETag"].strip('"')]
        mount = mounted(bucket.endpoint, bucket.name, "--versions", dialect=bucket.form.dialect)
        assert tree(mount.path) == wanted
        times = {entry["VersionId"]: entry["LastModified"] for entry in listed}
        for name in wanted:
            if "@" in name:
                when = datetime.datetime.fromisoformat(times[name.rpartition("@")[2]].replace("Z", "+00:00")).timestamp()
                assert abs((mount.path / name).stat().st_mtime - when) < 1
                assert os.getxattr(mount.path / name, "windlass.version-id").decode() == name.rpartition("@")[2]
        with pytest.raises(OSError) as refused:
            (mount.path / "a").write_bytes(b"x")
        assert refused.value.errno == errno.EROFS

    def test_names_are_found_without_a_listing(self, make, mounted):
        bucket = make("s3", versioned=True)
        for content in (b"first", b"second"):
            bucket.vendor.put(bucket.name, "f/x", content)
        latest, oldest = [entry["VersionId"] for entry in bucket.lines("versions", "list", "K:f/x")]
        bucket.vendor.put(bucket.name, f"f/x@{oldest}", b"called like a version")
        bucket.vendor.put(bucket.name, "f/y", b"y")
        bucket.object("delete", "K:f/y")
        marker, version = [entry["VersionId"] for entry in bucket.lines("versions", "list", "K:f/y")]
        mount = mounted(bucket.endpoint, bucket.name, "--versions")
        assert (mount.path / "f" / f"y@{version}").read_bytes() == b"y"
        assert (mount.path / "f" / f"x@{latest}").read_bytes() == b"second", "the latest has its own name, too"
        assert (mount.path / "f" / f"x@{oldest}").read_bytes() == b"called like a version"
        for name in (f"y@{marker}", "y", "x@nothing", "x@", "no@body.txt", f"z@{version}"):
            assert not (mount.path / "f" / name).exists(), name

    def test_new_versions_are_seen(self, make, mounted):
        bucket = make("s3", versioned=True)
        bucket.vendor.put(bucket.name, "x", b"first")
        mount = mounted(bucket.endpoint, bucket.name, "--versions", "--metadata-ttl", "0")
        assert os.listdir(mount.path) == ["x"]
        bucket.vendor.put(bucket.name, "x", b"second")
        assert len(os.listdir(mount.path)) == 2 and (mount.path / "x").read_bytes() == b"second"


class TestRefused:
    def refusal(self, bucket, folder, *options, status=1):
        directory = folder / "mnt"
        directory.mkdir(exist_ok=True)
        done = windlass(
            bucket.endpoint, folder, "mount", f"{bucket.form.dialect}://{bucket.name}", directory, "--endpoint", bucket.endpoint.url, "--foreground",
            *options)
        assert done.returncode == status and len(done.stderr.splitlines()) == 1, done.stderr
        return done.stderr

    @pytest.mark.parametrize("form", VERSIONED)
    @pytest.mark.parametrize("options", [("--versions",), ("--as-of", "2h")], ids=" ".join)
    def test_a_bucket_without_versions(self, make, form, options, tmp_path):
        assert "versioning is not on in this bucket: " in self.refusal(make(form), tmp_path, *options)

    def test_a_store_without_versions(self, make, tmp_path):
        assert "CTYun OOS does not offer 'versions'" in self.refusal(make("oos"), tmp_path, "--versions", status=4)

    def test_wrong_usage(self, make, tmp_path):
        bucket = make("s3")
        assert "either" in self.refusal(bucket, tmp_path, "--versions", "--as-of", "2h", status=2)
        for time_ in ("2999-01-01T00:00:00Z", "yesterday", "-2h", "2026-13-01T00:00:00Z"):
            assert "--as-of" in self.refusal(bucket, tmp_path, f"--as-of={time_}", status=2)

    def test_versions_that_are_not_made_any_more_are_shown(self, make, mounted):
        bucket = make("s3", versioned=True)
        for content in (b"first", b"second"):
            bucket.vendor.put(bucket.name, "x", content)
        bucket.run("versioning", "set", bucket.name, "--value", "Suspended")
        assert len(os.listdir(mounted(bucket.endpoint, bucket.name, "--versions").path)) == 2


@pytest.mark.parametrize("server", ["ceph"], indirect=True)
def test_on_a_store_of_others(server, mounted):
    endpoint = endpoint_of(server)
    client, bucket = endpoint.client(), f"windlass-{uuid.uuid4().hex[:12]}"
    client.create_bucket(Bucket=bucket)
    client.put_object(Bucket=bucket, Key="a", Body=b"before there were versions")
    client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    changes = Changes(
        lambda key, content: client.put_object(Bucket=bucket, Key=key, Body=content),
        lambda key: client.delete_object(Bucket=bucket, Key=key), seed=7)
    changes.objects["a"] = b"before there were versions"
    for count in (6, 20, 20):
        changes.round(count)
    for when, objects in changes.moments:
        mount = mounted(endpoint, bucket, "--as-of", when)
        assert tree(mount.path) == expected(objects), when
        mount.stop()
    mount = mounted(endpoint, bucket, "--versions")
    found = tree(mount.path)
    versions = client.list_object_versions(Bucket=bucket)["Versions"]
    for version in versions:
        if not version["Key"].endswith("/"):
            name = version["Key"] if version["IsLatest"] else f"{version['Key']}@{version['VersionId']}"
            body = client.get_object(Bucket=bucket, Key=version["Key"], VersionId=version["VersionId"])["Body"].read()
            assert found.pop(name) == body, name
    assert all(content is None for content in found.values()), found
    assert (mount.path / "a@null").read_bytes() == b"before there were versions"
    mount.stop()
    for version in versions + client.list_object_versions(Bucket=bucket).get("DeleteMarkers", []):
        client.delete_object(Bucket=bucket, Key=version["Key"], VersionId=version["VersionId"])
    client.delete_bucket(Bucket=bucket)


class TestManyVersions:
    """The store is made up (synthetic.py)."""

    @pytest.fixture
    def served(self):
        servers = []

        def start(bucket):
            servers.append(Server(bucket))
            return servers[-1]

        yield start
        for server in servers:
            server.stop()

    @pytest.mark.deadline(3600)
    @pytest.mark.parametrize("shape", ["many files", "one file"])
    def test_in_bounded_memory(self, served, mounted, shape, request):
        count = 1_000_000 if request.config.getoption("--long", default=False) else 100_000
        files = count // 100 if shape == "many files" else 1
        bucket = Bucket(files, versions=count // files)
        server = served(bucket)

        def walk(*options):
            mount = mounted(server.endpoint, "b", "--memory-limit=256M", "--capabilities", "known", *options)
            bucket.lists = 0
            with Watch(mount.process.pid) as watch, os.scandir(mount.path / "flat") as entries:
                names = sum(1 for _ in entries)
            print(f"{shape}, {' '.join(options)}: {names} names, {bucket.lists} LIST, {watch.largest // MEBIBYTE} MiB")
            assert watch.largest < 256 * MEBIBYTE
            assert bucket.lists <= count / 1000 + 30
            return mount, names

        _, names = walk("--versions")
        assert names == count
        version = bucket.versions // 2
        mount, names = walk("--as-of", iso(NEWEST.timestamp() - version))
        assert names == files
        assert os.getxattr(mount.path / "flat" / "file-0000000", "windlass.version-id") == str(version).encode()
        run(["stat", mount.path / "flat" / "file-0000000"])
