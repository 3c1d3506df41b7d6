"""Appends and file systems of windlass-store --dialect obs, as Huawei's own SDK sees them."""

import hashlib
import os
import threading

import pytest

import obs
from obs_client import MODES, append, connect, good, headers, make_bucket, read, refusal
from store_server import StoreProcess, resolve_localhost


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    process = StoreProcess(tmp_path_factory.mktemp("obs"), "--dialect", "obs", "--region", "cn-north-4")
    yield process
    process.stop()


@pytest.fixture(autouse=True)
def names(monkeypatch):
    resolve_localhost(monkeypatch)


@pytest.fixture(params=MODES)
def mode(request):
    return request.param


@pytest.fixture
def client(store, mode):
    client = connect(store, mode)
    yield client
    client.close()


@pytest.fixture
def bucket(client):
    return make_bucket(client)


def test_append(client, bucket):
    first = good(append(client, bucket, "log", 0, b"one\n", a="b"))
    assert first.body.nextPosition == 4 and first.body.etag == f'"{hashlib.md5(b"one" + bytes([10])).hexdigest()}"'
    big = os.urandom(50_000)
    assert good(append(client, bucket, "log", 4, big)).body.nextPosition == 50_004
    assert good(append(client, bucket, "log", 50_004, b"end", a="ignored")).body.nextPosition == 50_007
    assert good(append(client, bucket, "log", 50_007, b"")).body.nextPosition == 50_007
    whole = b"one\n" + big + b"end"
    assert read(client, bucket, "log") == whole
    answer = good(client.getObjectMetadata(bucket, "log"))
    assert answer.body.isAppendable and answer.body.nextPosition == 50_007
    assert headers(answer)["a"] == "b" and answer.body.etag.strip('"') != hashlib.md5(whole).hexdigest()
    assert [c.isAppendable for c in good(client.listObjects(bucket)).body.contents] == [True]
    good(client.copyObject(bucket, "log", bucket, "copy"))
    copy = good(client.getObjectMetadata(bucket, "copy"))
    assert not copy.body.isAppendable and copy.body.etag.strip('"') == hashlib.md5(whole).hexdigest()
    assert refusal(append(client, bucket, "copy", len(whole), b"x")) == (409, "ObjectNotAppendable")
    good(client.putContent(bucket, "log", "plain"))
    assert not good(client.getObjectMetadata(bucket, "log")).body.isAppendable
    assert refusal(append(client, bucket, "log", 5, b"x")) == (409, "ObjectNotAppendable")


def test_append_positions(client, bucket):
    assert refusal(append(client, bucket, "log", 3, b"x")) == (409, "PositionNotEqualToLength")
    good(append(client, bucket, "log", 0, b"x"))
    for position in (0, 2, 10):
        assert refusal(append(client, bucket, "log", position, b"y")) == (409, "PositionNotEqualToLength")
    assert read(client, bucket, "log") == b"x"
    upload = good(client.initiateMultipartUpload(bucket, "parts")).body.uploadId
    etag = good(client.uploadPart(bucket, "parts", 1, upload, b"x")).body.etag
    request = obs.CompleteMultipartUploadRequest(parts=[obs.CompletePart(partNum=1, etag=etag)])
    good(client.completeMultipartUpload(bucket, "parts", upload, request))
    assert refusal(append(client, bucket, "parts", 1, b"x")) == (409, "ObjectNotAppendable")


@pytest.fixture
def tree(client):
    return make_bucket(client, header=obs.CreateBucketHeader(isPFS=True))


def test_file_system_bucket(client, tree):
    assert headers(good(client.getBucketMetadata(tree)))["fs-file-interface"] == "Enabled"
    good(client.putContent(tree, "a/b/c", "one"))
    assert [c.key for c in good(client.listObjects(tree)).body.contents] == ["a/", "a/b/", "a/b/c"]
    assert refusal(client.deleteObject(tree, "a/b/")) == (409, "DirectoryNotEmpty")
    assert refusal(client.putContent(tree, "a/b/c/d", "x")) == (409, "FsObjectConflict")
    assert refusal(client.putContent(tree, "a/b", "x")) == (409, "FsObjectConflict")
    for key in ("a//x", "a/../x", "./x", "/x"):
        assert client.putContent(tree, key, "x").status == 400, key
    assert refusal(append(client, tree, "log", 0, b"x")) == (405, "FsNotSupport")
    assert refusal(client.setBucketVersioning(tree, "Enabled")) == (405, "FsNotSupport")
    good(client.deleteObject(tree, "a/b/c"))
    good(client.deleteObject(tree, "a/b/"))
    good(client.deleteObject(tree, "a/"))
    good(client.deleteBucket(tree))


def test_modify_and_truncate(client, tree):
    reference = bytearray()

    def modify(position, data):
        good(client.modifyFile(tree, "d/f", position, content=data))
        if len(reference) < position + len(data):
            reference.extend(bytes(position + len(data) - len(reference)))
        reference[position:position + len(data)] = data

    def truncate(length):
        assert client.truncateFile(tree, "d/f", length).status == 204
        if length > len(reference):
            reference.extend(bytes(length - len(reference)))
        del reference[length:]

    modify(5, b"hello")
    assert read(client, tree, "d/f") == bytes(reference)
    modify(0, b"12345")
    modify(7, os.urandom(40_000))
    truncate(100_000)
    modify(99_990, b"x" * 20)
    truncate(50)
    modify(60, b"")
    truncate(70)
    assert read(client, tree, "d/f") == bytes(reference)
    for n in range(400):
        modify(n * 7 % 300, b"ab")
    assert read(client, tree, "d/f") == bytes(reference)
    assert client.truncateFile(tree, "absent", 5).status == 404


def test_rename(client, tree):
    for key in ("a/x", "a/sub/y", "b"):
        good(client.putContent(tree, key, key))
    assert client.renameFile(tree, "a/x", "a/new name 新").status == 204
    assert read(client, tree, "a/new name 新") == b"a/x"
    assert client.renameFile(tree, "a/x", "z").status == 404
    assert refusal(client.renameFile(tree, "b", "a/sub/y")) == (409, "FsRenameConflict")
    assert client.renameFile(tree, "a/", "deep/c/").status == 204
    listed = [c.key for c in good(client.listObjects(tree)).body.contents]
    assert listed == ["b", "deep/", "deep/c/", "deep/c/new name 新", "deep/c/sub/", "deep/c/sub/y"]
    assert read(client, tree, "deep/c/sub/y") == b"a/sub/y"
    assert client.renameFile(tree, "deep/", "deep/in/").status == 400


def test_not_for_object_buckets(client, bucket):
    good(client.putContent(bucket, "k", "x"))
    assert client.renameFile(bucket, "k", "l").status == 405
    assert client.truncateFile(bucket, "k", 0).status == 405
    assert read(client, bucket, "k") == b"x"


def test_appends_outlive_a_restart(tmp_path):
    store = StoreProcess(tmp_path, "--dialect", "obs")
    client = connect(store, "obs")
    bucket = make_bucket(client)
    tree = make_bucket(client, header=obs.CreateBucketHeader(isPFS=True))
    good(append(client, bucket, "log", 0, b"one"))
    store.stop(9)
    store.start()
    try:
        assert good(append(client, bucket, "log", 3, b"two")).body.nextPosition == 6
        assert read(client, bucket, "log") == b"onetwo"
        assert headers(good(client.getBucketMetadata(tree)))["fs-file-interface"] == "Enabled"
    finally:
        store.stop()


def test_one_of_many_appends_wins(store):
    client = connect(store, "obs")
    bucket = make_bucket(client)
    good(append(client, bucket, "log", 0, b""))
    results = []

    def run(number):
        results.append((append(connect(store, "obs"), bucket, "log", 0, b"%d" % number * 1000).status, number))

    threads = [threading.Thread(target=run, args=(n,)) for n in range(8)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    assert sorted(status for status, _ in results) == [200] + [409] * 7
    winner = next(number for status, number in results if status == 200)
    assert read(client, bucket, "log") == b"%d" % winner * 1000
