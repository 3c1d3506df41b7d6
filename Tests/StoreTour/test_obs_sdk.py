"""windlass-store --dialect obs as Huawei's own SDK sees it, in every signature that it knows."""

import hashlib
import http.client
import os
import urllib.parse

import pytest

import obs
from obs_client import MODES, connect, good, headers, make_bucket, read, refusal
from store_server import ACCESS_KEY, SECRET_KEY, StoreProcess, error_code, resolve_localhost

KIBIBYTE = 1 << 10


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


def test_signature_in_use(store, mode):
    """Which scheme each mode of the SDK ends up with: each is refused where the keys are wrong, and none is let in without."""
    client = connect(store, mode, secret_key="wrong")
    answer = client.listBuckets()
    assert refusal(answer) == (403, "SignatureDoesNotMatch")
    answer = connect(store, mode, access_key="NOBODY").listBuckets()
    assert refusal(answer) == (403, "InvalidAccessKeyId")
    answer = connect(store, mode, access_key="", secret_key="").listBuckets()
    assert refusal(answer) == (403, "AccessDenied")
    answer = connect(store, mode, security_token="unknown").listBuckets()
    assert answer.status == 403


def test_buckets(client, bucket, mode):
    name = make_bucket(client)
    listed = good(client.listBuckets()).body.buckets
    assert {bucket, name} <= {b.name for b in listed} and {b.location for b in listed} == {"cn-north-4"}
    answer = good(client.getBucketMetadata(name))
    assert answer.body.location == "cn-north-4" and answer.body.obsVersion == "3.0" and answer.body.storageClass == "STANDARD"
    assert good(client.getBucketLocation(name)).body.location == "cn-north-4"
    good(client.createBucket(name))
    good(client.headBucket(name))
    good(client.deleteBucket(name))
    assert client.headBucket(name).status == 404
    assert refusal(client.deleteBucket(name)) == (404, "NoSuchBucket")
    good(client.putContent(bucket, "k", "x"))
    assert refusal(client.deleteBucket(bucket)) == (409, "BucketNotEmpty")
    assert refusal(client.createBucket("no")) == (400, "InvalidBucketName")


def test_bucket_with_class_and_location(client):
    name = make_bucket(client, header=obs.CreateBucketHeader(storageClass="WARM"), location="cn-east-3")
    assert good(client.getBucketMetadata(name)).body.location == "cn-east-3"
    assert good(client.getBucketMetadata(name)).body.storageClass in ("WARM", "STANDARD_IA")
    assert good(client.getBucketLocation(name)).body.location == "cn-east-3"
    good(client.deleteBucket(name))


KEYS = ["plain", "with space", "a+b", "100%", "grüße/日本", "a//b", "q?x=1&y", "~tilde*'()", "trail/"]


@pytest.mark.parametrize("key", KEYS)
def test_objects(client, bucket, key):
    data = os.urandom(70_000)
    put = good(client.putContent(bucket, key, data, metadata={"mode": "33188", "名": "价值"}, headers=obs.PutObjectHeader(contentType="a/b")))
    assert put.body.etag == f'"{hashlib.md5(data).hexdigest()}"'
    answer = good(client.getObjectMetadata(bucket, key))
    assert answer.body.contentLength == len(data) and answer.body.contentType == "a/b" and answer.body.etag == put.body.etag
    meta = {name.lower(): value for name, value in answer.header}
    assert meta["mode"] == "33188"
    assert read(client, bucket, key) == data
    part = client.getObject(bucket, key, loadStreamInMemory=True, headers=obs.GetObjectHeader(range="5-9"))
    assert part.status == 206 and part.body.buffer == data[5:10]
    good(client.copyObject(bucket, key, bucket, key + "2"))
    assert read(client, bucket, key + "2") == data
    listed = [o.key for o in good(client.listObjects(bucket, encoding_type="url")).body.contents]
    assert listed == sorted([key, key + "2"], key=str.encode)
    answer = good(client.deleteObjects(bucket, obs.DeleteObjectsRequest(quiet=False, objects=[obs.Object(key=key + "2")])))
    assert [d.key for d in answer.body.deleted] == [key + "2"]
    good(client.deleteObject(bucket, key))
    assert client.getObjectMetadata(bucket, key).status == 404
    assert refusal(client.getObject(bucket, key)) == (404, "NoSuchKey")


def test_storage_classes(client, bucket, store):
    good(client.putContent(bucket, "k", "x", headers=obs.PutObjectHeader(storageClass="WARM")))
    assert good(client.getObjectMetadata(bucket, "k")).body.storageClass in ("WARM", "STANDARD_IA")
    native = connect(store, "obs")
    assert good(native.getObjectMetadata(bucket, "k")).body.storageClass == "WARM"
    assert good(connect(store, "v2").getObjectMetadata(bucket, "k")).body.storageClass == "STANDARD_IA"


def test_unknown_length(client, bucket):
    data = os.urandom(300_000)

    class Stream:
        def __init__(self):
            self.rest = data

        def read(self, count=-1):
            piece, self.rest = (self.rest, b"") if count < 0 else (self.rest[:count], self.rest[count:])
            return piece

    good(client.putContent(bucket, "k", Stream()))
    assert read(client, bucket, "k") == data


def test_listing(client, bucket):
    names = [f"d{n}/f{m}" for n in range(3) for m in range(4)] + ["top"]
    for name in names:
        good(client.putContent(bucket, name, name))
    page = good(client.listObjects(bucket, delimiter="/")).body
    assert [p.prefix for p in page.commonPrefixs] == ["d0/", "d1/", "d2/"] and [c.key for c in page.contents] == ["top"]
    found, marker = [], None
    while True:
        page = good(client.listObjects(bucket, max_keys=4, marker=marker)).body
        found += [c.key for c in page.contents]
        if not page.is_truncated:
            break
        marker = page.next_marker
        assert marker == found[-1]
    assert found == sorted(names)


def test_delete_of_odd_keys(client, bucket):
    keys = ["a+b c", "100%41", "\x01", "grüße"]
    for key in keys:
        good(client.putContent(bucket, key, "x"))
    request = obs.DeleteObjectsRequest(quiet=False, objects=[obs.Object(key=key) for key in keys], encoding_type="url")
    assert [d.key for d in good(client.deleteObjects(bucket, request)).body.deleted] == keys
    assert good(client.listObjects(bucket)).body.contents == []


def test_multipart(client, bucket):
    assert [p for p in good(client.listMultipartUploads(bucket)).body.upload] == []
    upload = good(client.initiateMultipartUpload(bucket, "big", metadata={"a": "b"})).body.uploadId
    data = [os.urandom(100 * KIBIBYTE), os.urandom(100 * KIBIBYTE), b"end"]
    parts = []
    for number, piece in enumerate(data, 1):
        etag = good(client.uploadPart(bucket, "big", number, upload, piece)).body.etag
        parts.append(obs.CompletePart(partNum=number, etag=etag))
    listed = good(client.listParts(bucket, "big", upload)).body.parts
    assert [(p.partNumber, p.size) for p in listed] == [(n, len(d)) for n, d in enumerate(data, 1)]
    answer = good(client.completeMultipartUpload(bucket, "big", upload, obs.CompleteMultipartUploadRequest(parts=parts)))
    assert answer.body.etag.endswith('-3"') and read(client, bucket, "big") == b"".join(data)
    upload = good(client.initiateMultipartUpload(bucket, "copy")).body.uploadId
    etag = good(client.copyPart(bucket, "copy", 1, upload, f"{bucket}/big", copySourceRange="0-102399")).body.etag
    request = obs.CompleteMultipartUploadRequest(parts=[obs.CompletePart(partNum=1, etag=etag)])
    good(client.completeMultipartUpload(bucket, "copy", upload, request))
    assert read(client, bucket, "copy") == data[0]


def test_short_parts_and_order(client, bucket):
    upload = good(client.initiateMultipartUpload(bucket, "k")).body.uploadId
    etags = [good(client.uploadPart(bucket, "k", n, upload, b"x" * size)).body.etag for n, size in [(1, 100 * KIBIBYTE - 1), (2, 5)]]
    parts = [obs.CompletePart(partNum=n + 1, etag=e) for n, e in enumerate(etags)]
    request = obs.CompleteMultipartUploadRequest(parts=parts)
    assert refusal(client.completeMultipartUpload(bucket, "k", upload, request)) == (400, "EntityTooSmall")
    wrong = obs.CompleteMultipartUploadRequest(parts=[obs.CompletePart(partNum=1, etag='"0"')])
    assert refusal(client.completeMultipartUpload(bucket, "k", upload, wrong)) == (400, "InvalidPart")
    good(client.abortMultipartUpload(bucket, "k", upload))
    assert refusal(client.uploadPart(bucket, "k", 1, upload, b"x")) == (404, "NoSuchUpload")


def test_set_metadata(client, bucket):
    good(client.putContent(bucket, "k", b"x" * 50_000, metadata={"a": "1", "b": "2"}, headers=obs.PutObjectHeader(contentType="a/b")))
    before = good(client.getObjectMetadata(bucket, "k")).body
    good(client.setObjectMetadata(bucket, "k", metadata={"b": "3"}, headers=obs.SetObjectMetadataHeader(removeUnset=False)))
    answer = good(client.getObjectMetadata(bucket, "k"))
    assert (headers(answer)["a"], headers(answer)["b"], answer.body.contentType) == ("1", "3", "a/b")
    assert (answer.body.etag, answer.body.lastModified) == (before.etag, before.lastModified)
    good(client.setObjectMetadata(bucket, "k", metadata={"c": "4"}, headers=obs.SetObjectMetadataHeader(removeUnset=True, contentType="c/d")))
    answer = good(client.getObjectMetadata(bucket, "k"))
    assert "a" not in headers(answer) and headers(answer)["c"] == "4" and answer.body.contentType == "c/d"
    assert read(client, bucket, "k") == b"x" * 50_000
    assert refusal(client.setObjectMetadata(bucket, "absent", metadata={"a": "1"}))[0] == 404


def test_presigned(client, bucket, mode):
    good(client.putContent(bucket, "a b/ü", "hello"))
    sign = client.createV4SignedUrl if mode.startswith("v4") else client.createSignedUrl
    signed = sign("GET", bucket, "a b/ü", expires=60)
    url = urllib.parse.urlsplit(signed.signedUrl)

    def get(query):
        connection = http.client.HTTPConnection("127.0.0.1", url.port, timeout=20)
        connection.putrequest("GET", f"{url.path}?{query}", skip_host=True)
        for name, value in signed.actualSignedRequestHeaders.items():
            connection.putheader(name, value)
        connection.endheaders()
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return answer.status, body

    assert get(url.query) == (200, b"hello")
    status, body = get(url.query.replace("Signature=", "Signature=A"))
    assert status == 403, body


# What the SDK does not show


def test_answers_in_kind(store):
    native, compatible = connect(store, "obs"), connect(store, "v2")
    bucket = make_bucket(native)
    good(native.putContent(bucket, "k", "x", metadata={"a": "b"}))
    raw = store.client(signature_version="s3")
    answer = raw.head_object(Bucket=bucket, Key="k")
    assert answer["Metadata"] == {"a": "b"}
    names = set(answer["ResponseMetadata"]["HTTPHeaders"])
    assert "x-amz-request-id" in names and not any(n.startswith("x-obs-") for n in names)
    status, found, _ = store.raw("HEAD", f"/{bucket}/k", sign=False, headers={"x-obs-meta-a": "1"})
    assert status == 403 and found["x-obs-error-code"] == "AccessDenied" and "x-obs-request-id" in found
    assert good(compatible.getObjectMetadata(bucket, "k")).status == 200


def test_version_is_announced(store):
    host = f"obs.localhost:{store.port}"
    status, found, _ = store.raw("HEAD", "/", "apiversion", sign=False, host=host)
    assert (status, found["x-obs-api"]) == (200, "3.0")
    assert store.raw("HEAD", "/", "apiversion", sign=False, host="no-such-bucket." + host)[0] == 404


def test_names_need_virtual_hosts(store):
    status, _, body = store.raw("GET", "/bucket/key", sign=False, host=f"obs.localhost:{store.port}")
    assert (status, error_code(body)) == (403, "VirtualHostDomainRequired")


def test_old_service(tmp_path):
    old = StoreProcess(tmp_path, "--dialect", "obs", "--old-signatures")
    try:
        client = connect(old, "obs")
        bucket = make_bucket(client)
        good(client.putContent(bucket, "k", "x"))
        assert "x-obs-api" not in old.raw("HEAD", "/", "apiversion", sign=False)[1]
        forced = obs.ObsClient(
            access_key_id=ACCESS_KEY, secret_access_key=SECRET_KEY, server=f"http://obs.localhost:{old.port}", max_retry_count=0,
            is_signature_negotiation=False)
        answer = forced.listBuckets()
        assert answer.status == 400 and answer.errorMessage == "Unsupported Authorization Type"
    finally:
        old.stop()


def test_limit_of_metadata(store):
    client = connect(store, "obs")
    bucket = make_bucket(client)
    good(client.putContent(bucket, "k", "x", metadata={"a": "x" * 8191}))
    assert refusal(client.putContent(bucket, "k", "x", metadata={"a": "x" * 8192})) == (400, "MetadataTooLarge")
