"""Versions, tags, access lists, retention, keys and archives of windlass-store --dialect obs as Huawei's own SDK sees them."""

import base64
import hashlib
import os
import time

import pytest

import obs
from obs_client import append, connect, good, headers, make_bucket, read, refusal
from store_server import StoreProcess, resolve_localhost

KEY, OTHER_KEY = os.urandom(32), os.urandom(32)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    process = StoreProcess(tmp_path_factory.mktemp("obs"), "--dialect", "obs", "--quirk", "restore-seconds=1")
    yield process
    process.stop()


@pytest.fixture(params=["obs", "v2 path", "v4 path"])
def client(store, request, monkeypatch):
    resolve_localhost(monkeypatch)
    client = connect(store, request.param)
    yield client
    client.close()


@pytest.fixture
def bucket(client):
    return make_bucket(client)


def customer_key(key):
    return obs.SseCHeader(encryption="AES256", key=key)


def with_key(key):
    return {"headers": obs.PutObjectHeader(sseHeader=customer_key(key))}


def reading_with(key):
    return {"headers": obs.GetObjectHeader(sseHeader=customer_key(key))}


def test_versions(client, bucket):
    good(client.setBucketVersioning(bucket, "Enabled"))
    assert good(client.getBucketVersioning(bucket)).body == "Enabled"
    first = good(client.putContent(bucket, "k", "1")).body.versionId
    second = good(client.putContent(bucket, "k", "2")).body.versionId
    assert len(first) == 32 and first != second
    assert read(client, bucket, "k", getObjectRequest=obs.GetObjectRequest(versionId=first)) == b"1"
    marker = good(client.deleteObject(bucket, "k"))
    assert marker.body.deleteMarker
    assert refusal(client.getObject(bucket, "k", loadStreamInMemory=True)) == (404, "NoSuchKey")
    listed = good(client.listVersions(bucket)).body
    assert [item.versionId for item in listed.versions] == [second, first]
    assert [item.versionId for item in listed.markers] == [marker.body.versionId]
    pages = good(client.listVersions(bucket, version=obs.Versions(max_keys=1))).body
    assert pages.head.isTruncated and pages.head.nextVersionIdMarker == marker.body.versionId
    good(client.deleteObject(bucket, "k", versionId=marker.body.versionId))
    assert read(client, bucket, "k") == b"2"


def test_an_append_keeps_the_version(client, bucket):
    good(client.setBucketVersioning(bucket, "Enabled"))
    version = good(append(client, bucket, "k", 0, "ab"))
    good(append(client, bucket, "k", 2, "cd"))
    assert read(client, bucket, "k") == b"abcd"
    assert len(good(client.listVersions(bucket)).body.versions) == 1
    assert headers(version)["version-id"] == good(client.listVersions(bucket)).body.versions[0].versionId


def test_tags(client, bucket):
    tags = obs.TagInfo()
    tags.addTag("a", "b")
    assert refusal(client.getBucketTagging(bucket)) == (404, "NoSuchTagSet")
    assert good(client.setBucketTagging(bucket, tags)).status == 204
    assert [(tag.key, tag.value) for tag in good(client.getBucketTagging(bucket)).body.tagSet] == [("a", "b")]
    good(client.deleteBucketTagging(bucket))
    good(client.putContent(bucket, "k", "x"))
    assert refusal(client.getObjectTagging(bucket, "k")) == (404, "NoSuchTagSet")
    good(client.setObjectTagging(bucket, "k", {"a": "b"}))
    assert [(tag.key, tag.value) for tag in good(client.getObjectTagging(bucket, "k")).body.tags] == [("a", "b")]
    assert client.setObjectTagging(bucket, "k", {f"k{number}": "v" for number in range(11)}).status == 400


def test_access_lists(client, store, bucket):
    good(client.putContent(bucket, "k", "open"))
    host = f"{bucket}.obs.localhost:{store.port}"
    assert store.raw("GET", "/k", sign=False, host=host)[0] == 403
    good(client.setObjectAcl(bucket, "k", aclControl=obs.HeadPermission.PUBLIC_READ))
    assert store.raw("GET", "/k", sign=False, host=host)[2] == b"open"
    everyone = "Everyone" if client.signature == "obs" else "http://acs.amazonaws.com/groups/global/AllUsers"
    grants = good(client.getObjectAcl(bucket, "k")).body.grants
    assert [(grant.grantee.grantee_id, grant.grantee.group, grant.permission) for grant in grants] == [
        ("windlass", None, "FULL_CONTROL"), (None, everyone, "READ")]
    good(client.setObjectAcl(bucket, "k", aclControl="private"))
    assert store.raw("GET", "/k", sign=False, host=host)[0] == 403
    good(client.setBucketAcl(bucket, aclControl="public-read"))
    assert store.raw("GET", "/", sign=False, host=host)[0] == 200
    assert store.raw("GET", "/k", sign=False, host=host)[0] == 403


def test_delivered_access(store, monkeypatch):
    resolve_localhost(monkeypatch)
    client = connect(store, "obs")
    bucket = make_bucket(client)
    good(client.putContent(bucket, "k", "open"))
    good(client.setBucketAcl(bucket, aclControl="public-read-delivered"))
    assert store.raw("GET", "/k", sign=False, host=f"{bucket}.obs.localhost:{store.port}")[2] == b"open"
    client.close()


def test_retention(store, monkeypatch):
    resolve_localhost(monkeypatch)
    client = connect(store, "obs")
    name = "w-" + os.urandom(6).hex()
    good(client.createBucket(name, extensionHeaders={"x-obs-bucket-object-lock-enabled": "true"}))
    version = good(client.putContent(name, "k", "held")).body.versionId
    until = int((time.time() + 3) * 1000)
    good(client.putObjectRetention(name, "k", "COMPLIANCE", until))
    assert refusal(client.deleteObject(name, "k", versionId=version)) == (403, "AccessDenied")
    assert client.putObjectRetention(name, "k", "COMPLIANCE", until - 1000).status == 403
    assert client.putObjectRetention(name, "k", "GOVERNANCE", until + 1000).status == 400
    time.sleep(3.1)
    good(client.deleteObject(name, "k", versionId=version))
    client.close()


def test_customer_keys(client, bucket):
    good(client.putContent(bucket, "k", "secret", **with_key(KEY)))
    assert read(client, bucket, "k", **reading_with(KEY)) == b"secret"
    assert refusal(client.getObject(bucket, "k", loadStreamInMemory=True)) == (400, "InvalidRequest")
    assert refusal(client.getObject(bucket, "k", loadStreamInMemory=True, **reading_with(OTHER_KEY))) == (403, "AccessDenied")
    assert client.getObjectMetadata(bucket, "k", sseHeader=customer_key(OTHER_KEY)).status == 403


def test_managed_keys(client, bucket):
    answer = good(client.putContent(bucket, "k", "x", headers=obs.PutObjectHeader(sseHeader=obs.SseKmsHeader(encryption="kms", key="key-1"))))
    assert answer.body.sseKms == ("kms" if client.signature == "obs" else "aws:kms")
    assert good(client.getObjectMetadata(bucket, "k")).body.sseKmsKey == "key-1"


def test_archives(client, bucket):
    cold = "COLD" if client.signature == "obs" else "GLACIER"
    good(client.putContent(bucket, "k", "cold", headers=obs.PutObjectHeader(storageClass=cold)))
    assert refusal(client.getObject(bucket, "k", loadStreamInMemory=True)) == (403, "InvalidObjectState")
    assert client.restoreObject(bucket, "k", 31).status == 400
    assert good(client.restoreObject(bucket, "k", 1, tier="Expedited")).status == 202
    assert refusal(client.restoreObject(bucket, "k", 1)) == (409, "RestoreAlreadyInProgress")
    time.sleep(1.1)
    assert read(client, bucket, "k") == b"cold"
    assert good(client.getObjectMetadata(bucket, "k")).body.restore.startswith('ongoing-request="false"')


def test_requester_pays(client, bucket):
    good(client.putContent(bucket, "k", "x"))
    good(client.setBucketRequestPayment(bucket, "Requester"))
    assert refusal(client.getObject(bucket, "k", loadStreamInMemory=True)) == (403, "RequestPayerDenied")
    assert read(client, bucket, "k", extensionHeaders={"requesterPayer": "requester"}) == b"x"


def test_metadata_limit(client, bucket):
    good(client.putContent(bucket, "k", "x", metadata={"a": "b" * 8000}))
    assert refusal(client.putContent(bucket, "k", "x", metadata={"a": "b" * 8192})) == (400, "MetadataTooLarge")


def test_no_overwrite(client, bucket):
    prefix = "x-obs-" if client.signature == "obs" else "x-amz-"
    forbidden = {"extensionHeaders": {prefix + "forbid-overwrite": "true"}}
    good(client.putContent(bucket, "k", "1", **forbidden))
    assert refusal(client.putContent(bucket, "k", "2", **forbidden)) == (409, "ObjectAlreadyExists")
    assert read(client, bucket, "k") == b"1"


def test_content_check(store, monkeypatch):
    resolve_localhost(monkeypatch)
    client = connect(store, "obs")
    bucket = make_bucket(client)
    # CRC-64/XZ of "123456789", the check value of its definition.
    right = str(0x995DC9BBDF1939FA)
    put = good(client.putContent(bucket, "k", "123456789", extensionHeaders={"x-obs-checksum-crc64ecma": right}))
    assert headers(put)["checksum-crc64ecma"] == right
    assert client.putContent(bucket, "k", "12345678", extensionHeaders={"x-obs-checksum-crc64ecma": right}).errorCode == "BadDigest"
    assert hashlib.md5(read(client, bucket, "k")).digest() == base64.b64decode("JfnnlDI7RTiF9RgfG2JNCw==")
    client.close()
