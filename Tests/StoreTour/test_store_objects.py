"""Buckets, objects and integrity in windlass-store, as boto3 and raw signed requests see them."""

import base64
import datetime
import hashlib
import os
import socket
import threading
import time

import pytest

from store_server import code_of, crc32_text, error_code, quote, status_of

MEBIBYTE = 1 << 20


# Buckets


def test_buckets(s3, bucket):
    assert bucket in [b["Name"] for b in s3.list_buckets()["Buckets"]]
    assert s3.head_bucket(Bucket=bucket)["ResponseMetadata"]["HTTPHeaders"]["x-amz-bucket-region"] == "us-east-1"
    assert s3.get_bucket_location(Bucket=bucket)["LocationConstraint"] is None
    assert code_of(s3.create_bucket, Bucket=bucket) == "BucketAlreadyOwnedByYou"
    assert code_of(s3.list_objects_v2, Bucket="no-such-bucket") == "NoSuchBucket"
    assert status_of(s3.head_bucket, Bucket="no-such-bucket") == 404
    s3.put_object(Bucket=bucket, Key="k", Body=b"")
    assert code_of(s3.delete_bucket, Bucket=bucket) == "BucketNotEmpty"
    s3.delete_object(Bucket=bucket, Key="k")
    s3.create_multipart_upload(Bucket=bucket, Key="unfinished")
    s3.delete_bucket(Bucket=bucket)
    assert code_of(s3.delete_bucket, Bucket=bucket) == "NoSuchBucket"


@pytest.mark.parametrize("name", ["ab", "Upper", "under_score", "-dash", "dash-", "a..b", "192.168.0.1", "x" * 64])
def test_bucket_names(store, name):
    status, _, body = store.raw("PUT", "/" + name, body=b"")
    assert (status, error_code(body)) == (400, "InvalidBucketName")


def test_location_constraint_is_tolerated(s3, store):
    s3.create_bucket(Bucket="located", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.delete_bucket(Bucket="located")
    status, _, body = store.raw("PUT", "/located", body=b"<Other/>")
    assert (status, error_code(body)) == (400, "MalformedXML")


# Objects


def test_object_round_trip(s3, bucket):
    put = s3.put_object(
        Bucket=bucket, Key="k", Body=b"hello", ContentType="text/plain", CacheControl="no-cache", ContentDisposition="inline",
        ContentEncoding="gzip", ContentLanguage="de", Expires=datetime.datetime(2030, 1, 1), Metadata={"a": "1", "b": "two words"},
        StorageClass="STANDARD_IA")
    assert put["ETag"] == '"5d41402abc4b2a76b9719d911017c592"'
    for answer in (s3.head_object(Bucket=bucket, Key="k"), s3.get_object(Bucket=bucket, Key="k")):
        assert answer["ContentLength"] == 5 and answer["ETag"] == put["ETag"]
        assert answer["ContentType"] == "text/plain" and answer["CacheControl"] == "no-cache"
        assert answer["ContentDisposition"] == "inline" and answer["ContentEncoding"] == "gzip" and answer["ContentLanguage"] == "de"
        assert answer["ExpiresString"] == "Tue, 01 Jan 2030 00:00:00 GMT"
        assert answer["Metadata"] == {"a": "1", "b": "two words"} and answer["StorageClass"] == "STANDARD_IA"
        assert answer["ResponseMetadata"]["RequestId"]
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"hello"
    assert s3.get_object(Bucket=bucket, Key="k", ResponseContentType="x/y", ResponseCacheControl="private")["ContentType"] == "x/y"
    assert code_of(s3.put_object, Bucket=bucket, Key="k", Body=b"", StorageClass="NOPE") == "InvalidStorageClass"
    s3.delete_object(Bucket=bucket, Key="k")
    s3.delete_object(Bucket=bucket, Key="k")
    assert code_of(s3.get_object, Bucket=bucket, Key="k") == "NoSuchKey"
    assert status_of(s3.head_object, Bucket=bucket, Key="k") == 404


@pytest.mark.parametrize("size", [0, 1, 16 << 10, (16 << 10) + 1, 100_000, 3 * MEBIBYTE + 17])
def test_sizes(s3, bucket, size):
    data = os.urandom(size)
    s3.put_object(Bucket=bucket, Key="k", Body=data)
    answer = s3.get_object(Bucket=bucket, Key="k")
    assert answer["Body"].read() == data and answer["ETag"] == f'"{hashlib.md5(data).hexdigest()}"'
    if size:
        assert s3.get_object(Bucket=bucket, Key="k", Range=f"bytes={size - 1}-")["Body"].read() == data[-1:]


def test_metadata_limit(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"", Metadata={"a": "x" * 2047})
    assert s3.head_object(Bucket=bucket, Key="k")["Metadata"]["a"] == "x" * 2047
    assert code_of(s3.put_object, Bucket=bucket, Key="k", Body=b"", Metadata={"a": "x" * 2048}) == "MetadataTooLarge"


ODD_KEYS = [
    "with space", "a+b", "100%", "%41", "%2F", "q?x=1", "a#b", "a&b=c;d", "grüße", "日本", "e\u0301", "a//b", "/lead", "//", "trail/", "a", "a/", "a/b",
    "../x", "a/../b", "./x", "a/./b", ".", "..", "back\\slash", "quo\"te'<>", "new\nline", "\x01ctl", "\x7f", "~tilde", "a*b!(c)", "x" * 1024,
    "é" * 512,
]


def test_odd_keys(store, s3, bucket):
    for index, key in enumerate(ODD_KEYS):
        path = f"/{bucket}/{quote(key)}"
        status, _, body = store.raw("PUT", path, body=f"body {index}".encode())
        assert status == 200, (key, body)
    for index, key in enumerate(ODD_KEYS):
        status, _, body = store.raw("GET", f"/{bucket}/{quote(key)}")
        assert (status, body) == (200, f"body {index}".encode()), key
    listed = [o["Key"] for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, PaginationConfig={"PageSize": 7}) for o in page["Contents"]]
    assert listed == sorted(ODD_KEYS, key=lambda k: k.encode())
    for key in ODD_KEYS:
        assert store.raw("DELETE", f"/{bucket}/{quote(key)}")[0] == 204
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0


def test_bad_keys(store, bucket):
    assert error_code(store.raw("PUT", f"/{bucket}/" + "x" * 1025, body=b"")[2]) == "KeyTooLongError"
    assert error_code(store.raw("PUT", f"/{bucket}/%ff%fe", body=b"")[2]) == "InvalidURI"
    assert error_code(store.raw("PUT", f"/{bucket}/%zz", body=b"")[2]) == "InvalidURI"


def test_ranges(s3, bucket):
    for data in (os.urandom(1000), os.urandom(50_000)):
        s3.put_object(Bucket=bucket, Key="k", Body=data)
        size = len(data)
        for text, first, last in [("0-0", 0, 0), ("5-9", 5, 9), ("-10", size - 10, size - 1), (f"{size - 5}-{size + 100}", size - 5, size - 1), ("7-", 7, size - 1)]:
            answer = s3.get_object(Bucket=bucket, Key="k", Range=f"bytes={text}")
            assert answer["ResponseMetadata"]["HTTPStatusCode"] == 206
            assert answer["ContentRange"] == f"bytes {first}-{last}/{size}" and answer["Body"].read() == data[first : last + 1]
        assert code_of(s3.get_object, Bucket=bucket, Key="k", Range=f"bytes={size}-") == "InvalidRange"
        assert code_of(s3.get_object, Bucket=bucket, Key="k", Range="bytes=-0") == "InvalidRange"
        assert s3.get_object(Bucket=bucket, Key="k", Range="bytes=5-2")["Body"].read() == data
        assert s3.head_object(Bucket=bucket, Key="k", Range="bytes=0-9")["ContentLength"] == 10
    s3.put_object(Bucket=bucket, Key="k", Body=b"")
    assert code_of(s3.get_object, Bucket=bucket, Key="k", Range="bytes=0-") == "InvalidRange"


def test_read_conditions(s3, bucket):
    etag = s3.put_object(Bucket=bucket, Key="k", Body=b"1")["ETag"]
    past, future = datetime.datetime(2001, 1, 1), datetime.datetime.now() + datetime.timedelta(days=1)
    s3.get_object(Bucket=bucket, Key="k", IfMatch=etag)
    s3.get_object(Bucket=bucket, Key="k", IfNoneMatch='"other"', IfUnmodifiedSince=future)
    assert status_of(s3.get_object, Bucket=bucket, Key="k", IfMatch='"other"') == 412
    assert status_of(s3.get_object, Bucket=bucket, Key="k", IfNoneMatch=etag) == 304
    assert status_of(s3.head_object, Bucket=bucket, Key="k", IfModifiedSince=future) == 304
    assert status_of(s3.get_object, Bucket=bucket, Key="k", IfUnmodifiedSince=past) == 412
    s3.get_object(Bucket=bucket, Key="k", IfMatch=etag, IfUnmodifiedSince=past)


def test_write_conditions(s3, bucket):
    etag = s3.put_object(Bucket=bucket, Key="k", Body=b"1", IfNoneMatch="*")["ETag"]
    assert code_of(s3.put_object, Bucket=bucket, Key="k", Body=b"2", IfNoneMatch="*") == "PreconditionFailed"
    assert code_of(s3.put_object, Bucket=bucket, Key="k", Body=b"2", IfMatch='"other"') == "PreconditionFailed"
    assert code_of(s3.put_object, Bucket=bucket, Key="absent", Body=b"2", IfMatch=etag) == "NoSuchKey"
    assert code_of(s3.put_object, Bucket=bucket, Key="k", Body=b"2", IfNoneMatch=etag) == "NotImplemented"
    etag = s3.put_object(Bucket=bucket, Key="k", Body=b"2", IfMatch=etag)["ETag"]
    assert code_of(s3.delete_object, Bucket=bucket, Key="k", IfMatch='"other"') == "PreconditionFailed"
    s3.delete_object(Bucket=bucket, Key="k", IfMatch=etag)
    assert status_of(s3.head_object, Bucket=bucket, Key="k") == 404


def test_only_one_of_many_creates_wins(store, bucket):
    results = []

    def create(number):
        status, _, _ = store.raw("PUT", f"/{bucket}/race", body=b"%d" % number, headers={"If-None-Match": "*"})
        results.append((status, number))

    threads = [threading.Thread(target=create, args=(n,)) for n in range(8)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    assert sorted(status for status, _ in results) == [200] + [412] * 7
    winner = next(number for status, number in results if status == 200)
    assert store.raw("GET", f"/{bucket}/race")[2] == b"%d" % winner


@pytest.mark.parametrize("size", [1000, 2 * MEBIBYTE])
def test_overwrites_are_atomic(store, bucket, size):
    client = store.client()
    versions = [bytes([n]) * size for n in range(4)]
    client.put_object(Bucket=bucket, Key="k", Body=versions[0])
    stop = time.monotonic() + 1.5

    def write():
        writer = store.client()
        while time.monotonic() < stop:
            for version in versions:
                writer.put_object(Bucket=bucket, Key="k", Body=version)

    thread = threading.Thread(target=write)
    thread.start()
    seen = set()
    while time.monotonic() < stop:
        answer = client.get_object(Bucket=bucket, Key="k")
        data = answer["Body"].read()
        assert len(data) == size and data == data[:1] * size
        assert answer["ETag"] == f'"{hashlib.md5(data).hexdigest()}"'
        seen.add(data[0])
    thread.join()
    assert len(seen) > 1


# Integrity


def test_content_md5(store, bucket):
    good = base64.b64encode(hashlib.md5(b"data").digest()).decode()
    assert store.raw("PUT", f"/{bucket}/k", body=b"data", headers={"Content-MD5": good})[0] == 200
    assert error_code(store.raw("PUT", f"/{bucket}/k", body=b"other", headers={"Content-MD5": good})[2]) == "BadDigest"
    assert error_code(store.raw("PUT", f"/{bucket}/k", body=b"data", headers={"Content-MD5": "nonsense"})[2]) == "InvalidDigest"
    assert store.raw("GET", f"/{bucket}/k")[2] == b"data"


CHECKSUMS = {  # of b"123456789"
    "crc32": "y/Q5Jg==",
    "crc32c": "4waSgw==",
    "crc64nvme": "rosUhgp5mIg=",
    "sha1": base64.b64encode(hashlib.sha1(b"123456789").digest()).decode(),
    "sha256": base64.b64encode(hashlib.sha256(b"123456789").digest()).decode(),
}


@pytest.mark.parametrize("name", CHECKSUMS)
def test_checksums(store, bucket, name):
    header = f"x-amz-checksum-{name}"
    status, headers, body = store.raw("PUT", f"/{bucket}/k", body=b"123456789", headers={header: CHECKSUMS[name]})
    assert status == 200, body
    assert headers[header] == CHECKSUMS[name]
    status, _, body = store.raw("PUT", f"/{bucket}/k", body=b"123456780", headers={header: CHECKSUMS[name]})
    assert (status, error_code(body)) == (400, "BadDigest")
    headers = store.raw("HEAD", f"/{bucket}/k", headers={"x-amz-checksum-mode": "ENABLED"})[1]
    assert headers[header] == CHECKSUMS[name] and headers["x-amz-checksum-type"] == "FULL_OBJECT"
    assert header not in store.raw("HEAD", f"/{bucket}/k")[1]


def test_payload_hash(store, bucket):
    other = hashlib.sha256(b"other").hexdigest()
    status, _, body = store.raw("PUT", f"/{bucket}/k", body=b"data", payload=other, headers={"x-amz-content-sha256": other})
    assert (status, error_code(body)) == (400, "XAmzContentSHA256Mismatch")
    assert store.raw("PUT", f"/{bucket}/k", body=b"data", payload="UNSIGNED-PAYLOAD")[0] == 200
    assert error_code(store.raw("PUT", f"/{bucket}/k", body=b"data", payload="NONSENSE")[2]) == "InvalidArgument"


def chunked(chunks, trailers=()):
    body = b"".join(b"%x\r\n%s\r\n" % (len(c), c) for c in chunks) + b"0\r\n"
    return body + b"".join(f"{n}:{v}\r\n".encode() for n, v in trailers) + b"\r\n"


def put_chunked(store, path, body, length, trailer="x-amz-checksum-crc32"):
    headers = {"x-amz-decoded-content-length": str(length), "Content-Encoding": "aws-chunked,gzip", "x-amz-trailer": trailer}
    return store.raw("PUT", path, body=body, headers=headers, payload="STREAMING-UNSIGNED-PAYLOAD-TRAILER")


def test_unsigned_chunks_with_trailer(store, bucket):
    data = os.urandom(100_000)
    checksum = ("x-amz-checksum-crc32", crc32_text(data))
    status, _, body = put_chunked(store, f"/{bucket}/k", chunked([data[:70_000], data[70_000:]], [checksum]), len(data))
    assert status == 200, body
    status, headers, body = store.raw("GET", f"/{bucket}/k")
    assert body == data and headers["content-encoding"] == "gzip"
    bad = [("x-amz-checksum-crc32", crc32_text(b""))]
    assert error_code(put_chunked(store, f"/{bucket}/k", chunked([data], bad), len(data))[2]) == "BadDigest"
    assert error_code(put_chunked(store, f"/{bucket}/k", chunked([data], [checksum]), len(data) + 1)[2]) == "IncompleteBody"
    assert error_code(put_chunked(store, f"/{bucket}/k", chunked([data]), len(data))[2]) == "InvalidRequest"


def test_length_is_required(store, bucket):
    connection = socket.create_connection(("127.0.0.1", store.port), timeout=10)
    with connection:
        path = f"/{bucket}/k"
        status, _, body = store.raw("PUT", path, headers={"Transfer-Encoding": "chunked"}, body=None, payload="UNSIGNED-PAYLOAD")
        assert (status, error_code(body)) == (411, "MissingContentLength")
