"""What a mount finds out about its bucket's store: once, on scratch objects, and remembered."""

import json
import os

import pytest

from stores import Store, body, fault, keys

PROBING = {"CreateMultipartUpload", "CompleteMultipartUpload", "UploadPartCopy", "CopyObject", "PutObject", "DeleteObject"}


def remembered(mount):
    """The files of the cache: name -> text."""
    folder = mount.path.parent / ".cache" / "windlass" / "capabilities"
    return {path.name: path.read_text() for path in folder.iterdir()} if folder.exists() else {}


def asked(store):
    return {name for name, count in store.counters().items() if count["requests"]} & PROBING


def test_tried_out_once_and_remembered(mounts, store, s3, bucket):
    store.reset_counters()
    mount = mounts("--log-level", "info")
    assert asked(store) == PROBING
    assert keys(s3, bucket) == [] and "Uploads" not in s3.list_multipart_uploads(Bucket=bucket)
    (text,) = remembered(mount).values()
    found = json.loads(text)
    assert found["bucket"] == bucket and found["endpoint"] == store.endpoint.url and found["version"] == 2
    assert found["capabilities"]["putIfAbsent"] and found["capabilities"]["completeIfMatches"] and "append" not in found["capabilities"]
    (name,) = remembered(mount)
    path = mount.path.parent / ".cache" / "windlass" / "capabilities" / name
    assert path.stat().st_mode & 0o777 == 0o600
    store.reset_counters()
    mount.remount()
    assert not asked(store)
    assert mount.text().count("tried out what the store") == 1


@pytest.mark.parametrize("damage", ["", "{", '{"version": 99}', "\0" * 100_000])
def test_a_damaged_memory_is_replaced(mounts, store, damage):
    mount = mounts()
    (name, text), = remembered(mount).items()
    path = mount.path.parent / ".cache" / "windlass" / "capabilities" / name
    path.write_text(damage)
    store.reset_counters()
    mount.remount()
    assert asked(store) == PROBING
    assert json.loads(path.read_text())["capabilities"] == json.loads(text)["capabilities"]
    assert mount.text().count("cannot be used") == 1


def test_a_mount_that_changes_nothing_tries_nothing(mounts, store):
    store.reset_counters()
    mount = mounts("--read-only")
    assert not asked(store) and remembered(mount) == {}


def test_asked_not_to_try(mounts, store):
    store.reset_counters()
    mount = mounts("--capabilities", "known")
    assert not asked(store) and remembered(mount) == {}


def test_asked_to_try_again(mounts, store):
    mount = mounts("--capabilities", "probe")
    store.reset_counters()
    mount.remount()
    assert asked(store) == PROBING and len(remembered(mount)) == 1


def test_without_the_right_to_write_the_mount_works_all_the_same(mounts, store, s3, bucket):
    s3.put_object(Bucket=bucket, Key="file", Body=b"bytes")
    store.faults(fault("error", ["PutObject"], status=403, code="AccessDenied"))
    mount = mounts()
    assert (mount.path / "file").read_bytes() == b"bytes"
    assert mount.text().count("cannot find out what the store") == 1 and remembered(mount) == {}
    store.faults()
    (mount.path / "new").write_bytes(b"written")
    assert body(s3, bucket, "new") == b"written"


def test_what_a_dead_store_left_is_cleaned_up(mounts, store, s3, bucket):
    """The scratch objects of a probe that nobody could clean up are old by the next one."""
    stale = ".windlass-probe-0123456789abcdef"
    s3.put_object(Bucket=bucket, Key=stale, Body=b"one")
    s3.put_object(Bucket=bucket, Key=stale + "-x", Body=b"somebody's own")
    mounts()
    assert keys(s3, bucket) == [stale, stale + "-x"], "too young to be left behind"


def test_below_the_prefix(mounts, store, s3, bucket):
    """With keys that may write below a prefix only, the scratch objects are there, too."""
    store.faults(fault("error", ["PutObject"], status=403, code="AccessDenied", keyPrefix=".windlass"))
    mount = mounts(of=f"s3://{bucket}/team")
    assert len(remembered(mount)) == 1


@pytest.mark.parametrize("dialect, options", [("obs", ()), ("cos", ()), ("oos", ()), ("s3", ("--append", "rgw"))])
def test_in_each_dialect(tmp_path, dialect, options):
    from mounts import Mount

    (tmp_path / "data").mkdir()
    store = Store(tmp_path / "data", tmp_path, "--dialect", dialect, *options).start()
    try:
        store.endpoint.client().create_bucket(Bucket="bucket")
        home = tmp_path / "home"
        environment = {"OBS_ACCESS_KEY_ID": store.endpoint.access_key, "OBS_SECRET_ACCESS_KEY": store.endpoint.secret_key}
        mount = Mount(store.endpoint, "bucket", home, "--dialect", dialect, environment=environment).start()
        try:
            (text,) = remembered(mount).values()
            found = json.loads(text)["capabilities"]
            assert ("append" in found) == (dialect in ("obs", "s3"))
            assert found["putIfMatches"] == (dialect in ("cos", "s3"))
            assert found["partCopy"] and found["replaceAttributes"] == (dialect == "obs")
            (mount.path / "file").write_bytes(os.urandom(100_000))
            assert (mount.path / "file").stat().st_size == 100_000
        finally:
            mount.stop()
    finally:
        store.stop()
