"""Every operation of windlass-store as boto3 and raw signed requests see it."""

import base64
import datetime
import hashlib
import io
import os
import socket
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
import zlib

import boto3
import pytest
from botocore.exceptions import ClientError

from store_server import ACCESS_KEY, SECRET_KEY, error_code, quote

MEBIBYTE = 1 << 20


def code_of(call, *arguments, **named):
    with pytest.raises(ClientError) as caught:
        call(*arguments, **named)
    return caught.value.response["Error"]["Code"]


def status_of(call, *arguments, **named):
    with pytest.raises(ClientError) as caught:
        call(*arguments, **named)
    return caught.value.response["ResponseMetadata"]["HTTPStatusCode"]


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


def crc32_text(data):
    return base64.b64encode(zlib.crc32(data).to_bytes(4, "big")).decode()


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


# Signatures


def test_signatures(store, bucket, s3):
    assert error_code(store.raw("GET", f"/{bucket}", sign=False)[2]) == "AccessDenied"
    wrong = boto3.client("s3", endpoint_url=store.endpoint, aws_access_key_id=ACCESS_KEY, aws_secret_access_key="wrong", region_name="us-east-1")
    assert code_of(wrong.list_buckets) == "SignatureDoesNotMatch"
    unknown = boto3.client("s3", endpoint_url=store.endpoint, aws_access_key_id="unknown", aws_secret_access_key="x", region_name="us-east-1")
    assert code_of(unknown.list_buckets) == "InvalidAccessKeyId"
    elsewhere = boto3.client("s3", endpoint_url=store.endpoint, aws_access_key_id=ACCESS_KEY, aws_secret_access_key=SECRET_KEY, region_name="eu-west-3")
    assert code_of(elsewhere.list_buckets) == "AuthorizationHeaderMalformed"


def test_clock_skew(store, bucket):
    store.control("PUT", "faults", [{"fault": "clockSkew", "seconds": 1000}])
    try:
        status, headers, body = store.raw("GET", f"/{bucket}")
        assert (status, error_code(body)) == (403, "RequestTimeTooSkewed")
    finally:
        store.control("DELETE", "faults")
    assert store.raw("GET", f"/{bucket}")[0] == 200


def test_presigned(store, bucket):
    s3 = store.client(signature_version="s3v4")
    put = s3.generate_presigned_url("put_object", {"Bucket": bucket, "Key": "a b+c/ü"}, ExpiresIn=60)
    with urllib.request.urlopen(urllib.request.Request(put, data=b"by url", method="PUT", headers={"Content-Type": ""})) as answer:
        assert answer.status == 200
    get = s3.generate_presigned_url("get_object", {"Bucket": bucket, "Key": "a b+c/ü", "ResponseContentType": "x/y"}, ExpiresIn=60)
    with urllib.request.urlopen(get) as answer:
        assert answer.read() == b"by url" and answer.headers["Content-Type"] == "x/y"

    def refused(url):
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(url)
        with caught.value:
            return error_code(caught.value.read())

    assert refused(get.replace("X-Amz-Expires=60", "X-Amz-Expires=61")) == "SignatureDoesNotMatch"
    assert refused(s3.generate_presigned_url("get_object", {"Bucket": bucket, "Key": "k"}, ExpiresIn=604801)) == "AuthorizationQueryParametersError"
    short = s3.generate_presigned_url("get_object", {"Bucket": bucket, "Key": "a b+c/ü"}, ExpiresIn=1)
    time.sleep(2.1)
    assert refused(short) == "AccessDenied"


def test_virtual_host(store, bucket, s3):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    for name in (f"{bucket}.localhost:{store.port}", f"{bucket}.s3.localhost"):
        status, _, body = store.raw("GET", "/k", host=name)
        assert (status, body) == (200, b"x")
        assert b"<Key>k</Key>" in store.raw("GET", "/", "list-type=2", host=name)[2]


# Listing


def test_listing(s3, bucket):
    keys = ["a", "a/1", "a/2", "a/b/1", "b", "b-1", "c/1", "ü", "z"]
    for key in keys:
        s3.put_object(Bucket=bucket, Key=key, Body=key.encode())
    page = s3.list_objects_v2(Bucket=bucket, Delimiter="/")
    assert [o["Key"] for o in page["Contents"]] == ["a", "b", "b-1", "z", "ü"]
    assert [p["Prefix"] for p in page["CommonPrefixes"]] == ["a/", "c/"] and page["KeyCount"] == 7
    assert [o["Key"] for o in s3.list_objects_v2(Bucket=bucket, Prefix="a/", Delimiter="/")["Contents"]] == ["a/1", "a/2"]
    assert [o["Key"] for o in s3.list_objects_v2(Bucket=bucket, StartAfter="b")["Contents"]] == ["b-1", "c/1", "z", "ü"]
    assert "CommonPrefixes" in s3.list_objects_v2(Bucket=bucket, Delimiter="-")
    empty = s3.list_objects_v2(Bucket=bucket, MaxKeys=0)
    assert empty["KeyCount"] == 0 and not empty["IsTruncated"]
    assert "Owner" not in page["Contents"][0]
    assert "Owner" in s3.list_objects_v2(Bucket=bucket, FetchOwner=True)["Contents"][0]
    entry = s3.list_objects(Bucket=bucket)["Contents"][0]
    assert entry["Size"] == 1 and entry["ETag"].startswith('"') and entry["StorageClass"] == "STANDARD"
    assert code_of(s3.list_objects_v2, Bucket=bucket, ContinuationToken="?!") == "InvalidArgument"


@pytest.mark.parametrize("size", [1, 2, 3, 1000])
def test_listing_pages(s3, bucket, size):
    keys = sorted(f"{a}/{b}" for a in "pqr" for b in "xyz") + ["single"]
    for key in keys:
        s3.put_object(Bucket=bucket, Key=key, Body=b"")
    names, marker = [], ""
    while True:
        page = s3.list_objects(Bucket=bucket, Delimiter="/", MaxKeys=size, Marker=marker)
        names += [o["Key"] for o in page.get("Contents", [])] + [p["Prefix"] for p in page.get("CommonPrefixes", [])]
        if not page["IsTruncated"]:
            break
        marker = page["NextMarker"]
    assert names.count("p/") == 1 and sorted(names) == ["p/", "q/", "r/", "single"]
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, PaginationConfig={"PageSize": size})
    assert [o["Key"] for page in pages for o in page["Contents"]] == keys


# Deleting many


def test_delete_objects(store, s3, bucket):
    for n in range(3):
        s3.put_object(Bucket=bucket, Key=f"k{n}&<", Body=b"")
    answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "k0&<"}, {"Key": "missing"}]})
    assert [d["Key"] for d in answer["Deleted"]] == ["k0&<", "missing"]
    answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "k1&<"}], "Quiet": True})
    assert "Deleted" not in answer
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 1
    too_many = {"Objects": [{"Key": str(n)} for n in range(1001)]}
    assert code_of(s3.delete_objects, Bucket=bucket, Delete=too_many) == "MalformedXML"
    body = b"<Delete><Object><Key>k2&amp;&lt;</Key></Object></Delete>"
    assert error_code(store.raw("POST", f"/{bucket}", "delete=", body=body)[2]) == "InvalidRequest"
    wrong = {"Content-MD5": base64.b64encode(hashlib.md5(b"other").digest()).decode()}
    assert error_code(store.raw("POST", f"/{bucket}", "delete=", body=body, headers=wrong)[2]) == "BadDigest"
    right = {"Content-MD5": base64.b64encode(hashlib.md5(body).digest()).decode()}
    assert store.raw("POST", f"/{bucket}", "delete=", body=body, headers=right)[0] == 200
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0


# Copies


@pytest.mark.parametrize("size", [10, 100_000])
def test_copy(s3, bucket, size):
    data = os.urandom(size)
    source = {"Bucket": bucket, "Key": "a b+c?%/ü"}
    etag = s3.put_object(**source, Body=data, Metadata={"m": "1"}, ContentType="x/y")["ETag"]
    assert s3.copy_object(Bucket=bucket, Key="copy", CopySource=source)["CopyObjectResult"]["ETag"] == etag
    copy = s3.get_object(Bucket=bucket, Key="copy")
    assert copy["Body"].read() == data and copy["Metadata"] == {"m": "1"} and copy["ContentType"] == "x/y"
    s3.copy_object(Bucket=bucket, Key="copy", CopySource=source, MetadataDirective="REPLACE", Metadata={"n": "2"}, ContentType="z/z")
    head = s3.head_object(Bucket=bucket, Key="copy")
    assert head["Metadata"] == {"n": "2"} and head["ContentType"] == "z/z"
    assert code_of(s3.copy_object, **source, CopySource=source) == "InvalidRequest"
    s3.copy_object(**source, CopySource=source, MetadataDirective="REPLACE", Metadata={"new": "1"})
    assert s3.head_object(**source)["Metadata"] == {"new": "1"}
    assert code_of(s3.copy_object, Bucket=bucket, Key="c", CopySource=source, CopySourceIfMatch='"x"') == "PreconditionFailed"
    assert code_of(s3.copy_object, Bucket=bucket, Key="c", CopySource=source, CopySourceIfNoneMatch=etag) == "PreconditionFailed"
    assert code_of(s3.copy_object, Bucket=bucket, Key="c", CopySource={"Bucket": bucket, "Key": "none"}) == "NoSuchKey"
    s3.delete_object(**source)
    assert s3.get_object(Bucket=bucket, Key="copy")["Body"].read() == data


# Multipart


def test_upload_fileobj(s3, bucket):
    data = os.urandom(20 * MEBIBYTE + 5)
    s3.upload_fileobj(io.BytesIO(data), bucket, "big")
    answer = s3.get_object(Bucket=bucket, Key="big")
    assert answer["Body"].read() == data and answer["ETag"].endswith('-3"')
    sink = io.BytesIO()
    s3.download_fileobj(bucket, "big", sink)
    assert sink.getvalue() == data


def upload_parts(s3, bucket, key, bodies, **options):
    upload = s3.create_multipart_upload(Bucket=bucket, Key=key, **options)["UploadId"]
    parts = []
    for number, body in bodies:
        etag = s3.upload_part(Bucket=bucket, Key=key, UploadId=upload, PartNumber=number, Body=body)["ETag"]
        parts.append({"PartNumber": number, "ETag": etag})
    return upload, parts


def test_multipart(s3, bucket):
    five = os.urandom(5 * MEBIBYTE)
    upload, parts = upload_parts(s3, bucket, "k", [(7, b"tail"), (3, five), (3, five[::-1])], Metadata={"m": "1"}, ContentType="x/y")
    parts = [parts[2], parts[0]]
    listed = s3.list_parts(Bucket=bucket, Key="k", UploadId=upload, MaxParts=1)
    assert listed["IsTruncated"] and [p["PartNumber"] for p in listed["Parts"]] == [3] and listed["NextPartNumberMarker"] == 3
    listed = s3.list_parts(Bucket=bucket, Key="k", UploadId=upload, PartNumberMarker=3)
    assert [(p["PartNumber"], p["Size"]) for p in listed["Parts"]] == [(7, 4)]
    assert status_of(s3.head_object, Bucket=bucket, Key="k") == 404
    complete = {"Bucket": bucket, "Key": "k", "UploadId": upload, "MultipartUpload": {"Parts": parts}}
    answer = s3.complete_multipart_upload(**complete)
    hashes = b"".join(hashlib.md5(b).digest() for b in (five[::-1], b"tail"))
    assert answer["ETag"] == f'"{hashlib.md5(hashes).hexdigest()}-2"'
    assert s3.complete_multipart_upload(**complete)["ETag"] == answer["ETag"]
    got = s3.get_object(Bucket=bucket, Key="k")
    assert got["Body"].read() == five[::-1] + b"tail" and got["Metadata"] == {"m": "1"} and got["ContentType"] == "x/y"
    part = s3.get_object(Bucket=bucket, Key="k", PartNumber=2)
    assert part["Body"].read() == b"tail" and part["PartsCount"] == 2
    assert code_of(s3.list_parts, Bucket=bucket, Key="k", UploadId=upload) == "NoSuchUpload"


def test_multipart_refusals(s3, bucket):
    upload, parts = upload_parts(s3, bucket, "k", [(1, b"x" * MEBIBYTE), (2, b"y")])

    def complete(parts, **options):
        return code_of(s3.complete_multipart_upload, Bucket=bucket, Key="k", UploadId=upload, MultipartUpload={"Parts": parts}, **options)

    assert complete(parts) == "EntityTooSmall"
    assert complete(parts[::-1]) == "InvalidPartOrder"
    assert complete([{"PartNumber": 1, "ETag": '"x"'}]) == "InvalidPart"
    assert complete([{"PartNumber": 3, "ETag": parts[0]["ETag"]}]) == "InvalidPart"
    assert complete([]) == "MalformedXML"
    s3.put_object(Bucket=bucket, Key="k", Body=b"")
    assert complete(parts[:1], IfNoneMatch="*") == "PreconditionFailed"
    assert complete(parts[:1], IfMatch='"x"') == "PreconditionFailed"
    for number in (0, 10_001):
        assert code_of(s3.upload_part, Bucket=bucket, Key="k", UploadId=upload, PartNumber=number, Body=b"") == "InvalidArgument"
    assert code_of(s3.upload_part, Bucket=bucket, Key="k", UploadId="none", PartNumber=1, Body=b"") == "NoSuchUpload"
    s3.complete_multipart_upload(Bucket=bucket, Key="k", UploadId=upload, MultipartUpload={"Parts": parts[:1]})
    assert s3.head_object(Bucket=bucket, Key="k")["ContentLength"] == MEBIBYTE
    s3.put_object(Bucket=bucket, Key="k", Body=b"")
    assert complete(parts[:1]) == "NoSuchUpload"


def test_list_and_abort_uploads(s3, bucket):
    ids = [s3.create_multipart_upload(Bucket=bucket, Key=k)["UploadId"] for k in ("a", "a", "d/1", "d/2", "e")]
    uploads = s3.list_multipart_uploads(Bucket=bucket)["Uploads"]
    assert [u["UploadId"] for u in uploads] == ids
    page = s3.list_multipart_uploads(Bucket=bucket, MaxUploads=1)
    page = s3.list_multipart_uploads(Bucket=bucket, KeyMarker=page["NextKeyMarker"], UploadIdMarker=page["NextUploadIdMarker"])
    assert [u["UploadId"] for u in page["Uploads"]] == ids[1:]
    page = s3.list_multipart_uploads(Bucket=bucket, Delimiter="/")
    assert [p["Prefix"] for p in page["CommonPrefixes"]] == ["d/"] and len(page["Uploads"]) == 3
    for upload in uploads:
        s3.abort_multipart_upload(Bucket=bucket, Key=upload["Key"], UploadId=upload["UploadId"])
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=bucket)
    assert code_of(s3.abort_multipart_upload, Bucket=bucket, Key="a", UploadId=ids[0]) == "NoSuchUpload"


def test_upload_part_copy(s3, bucket):
    data = os.urandom(12 * MEBIBYTE)
    s3.upload_fileobj(io.BytesIO(data), bucket, "source")
    s3.put_object(Bucket=bucket, Key="small", Body=b"0123456789")
    upload = s3.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]

    def copy(number, key, span=None):
        options = {"CopySourceRange": span} if span else {}
        source = {"Bucket": bucket, "Key": key}
        result = s3.upload_part_copy(Bucket=bucket, Key="k", UploadId=upload, PartNumber=number, CopySource=source, **options)
        return {"PartNumber": number, "ETag": result["CopyPartResult"]["ETag"]}

    parts = [copy(1, "source", f"bytes=100-{6 * MEBIBYTE}"), copy(2, "source"), copy(3, "small", "bytes=2-5")]
    assert parts[0]["ETag"] == f'"{hashlib.md5(data[100 : 6 * MEBIBYTE + 1]).hexdigest()}"'
    assert code_of(s3.upload_part_copy, Bucket=bucket, Key="k", UploadId=upload, PartNumber=4, CopySource=f"{bucket}/small", CopySourceRange="bytes=5-10") == "InvalidArgument"
    s3.complete_multipart_upload(Bucket=bucket, Key="k", UploadId=upload, MultipartUpload={"Parts": parts})
    s3.delete_object(Bucket=bucket, Key="source")
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == data[100 : 6 * MEBIBYTE + 1] + data + b"2345"


@pytest.mark.parametrize("algorithm,kind", [("CRC32", "COMPOSITE"), ("CRC32", "FULL_OBJECT"), ("SHA256", "COMPOSITE"), ("CRC32C", "FULL_OBJECT"), ("CRC64NVME", "FULL_OBJECT")])
def test_multipart_checksums(store, bucket, algorithm, kind):
    s3 = store.client(request_checksum_calculation="when_required")
    bodies = [os.urandom(5 * MEBIBYTE), b"123456789"]
    upload, parts = upload_parts(s3, bucket, "k", list(enumerate(bodies, 1)), ChecksumAlgorithm=algorithm, ChecksumType=kind)
    answer = s3.complete_multipart_upload(Bucket=bucket, Key="k", UploadId=upload, MultipartUpload={"Parts": parts})
    head = s3.head_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
    text = head["Checksum" + algorithm]
    assert text == answer["Checksum" + algorithm] and head["ChecksumType"] == kind
    if (algorithm, kind) == ("CRC32", "FULL_OBJECT"):
        assert text == crc32_text(b"".join(bodies))
    elif kind == "FULL_OBJECT":
        assert store.raw("PUT", f"/{bucket}/whole", body=b"".join(bodies), headers={f"x-amz-checksum-{algorithm.lower()}": text})[0] == 200
    elif algorithm == "SHA256":
        inner = b"".join(hashlib.sha256(b).digest() for b in bodies)
        assert text == base64.b64encode(hashlib.sha256(inner).digest()).decode() + "-2"
    else:
        inner = b"".join(zlib.crc32(b).to_bytes(4, "big") for b in bodies)
        assert text == crc32_text(inner) + "-2"


# HTTP


def test_expect_continue_is_refused_at_once(store, bucket):
    """An error answers without the body being asked for; success asks for it first."""
    path = f"/{bucket}/k"

    def begin(extra, sign=True):
        import botocore.awsrequest
        from store_server import RawPathAuth

        host = f"127.0.0.1:{store.port}"
        request = botocore.awsrequest.AWSRequest(method="PUT", url=f"http://{host}{path}", data=b"", headers={**extra, "Host": host})
        RawPathAuth(path, "UNSIGNED-PAYLOAD").add_auth(request)
        head = f"PUT {path} HTTP/1.1\r\n" + "".join(f"{n}: {v}\r\n" for n, v in request.headers.items())
        connection = socket.create_connection(("127.0.0.1", store.port), timeout=10)
        connection.sendall((head + "Expect: 100-continue\r\nContent-Length: 5\r\n\r\n").encode())
        return connection

    with begin({}) as connection:
        assert connection.recv(4096).startswith(b"HTTP/1.1 100 Continue\r\n\r\n")
        connection.sendall(b"hello")
        assert connection.recv(4096).startswith(b"HTTP/1.1 200 ")
    with begin({"If-None-Match": "*"}) as connection:
        answer = b""
        while chunk := connection.recv(4096):
            answer += chunk
        assert answer.startswith(b"HTTP/1.1 412 ")


def test_connection_survives_errors(store, bucket):
    import http.client

    connection = http.client.HTTPConnection("127.0.0.1", store.port, timeout=10)
    for _ in range(3):
        connection.request("PUT", f"/{bucket}/k", body=b"x" * 1000)
        answer = connection.getresponse()
        assert answer.status == 403
        answer.read()
        sock = connection.sock
        assert sock is not None
    connection.close()


def test_refused_subresources_do_not_overwrite(store, s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"precious")
    for query in ("append=&position=0", "rename=&name=x", "tagging=", "acl=", "modify=&position=0", "truncate=&length=0", "versionId=1"):
        status, _, body = store.raw("PUT", f"/{bucket}/k", query, body=b"x")
        assert (status, error_code(body)) == (501, "NotImplemented")
    assert store.raw("POST", f"/{bucket}/k", body=b"")[0] == 405
    assert store.raw("GET", f"/{bucket}/k")[2] == b"precious"


def test_every_answer_has_a_request_id(store):
    for path in ("/", "/none/k", "/_x"):
        assert store.raw("GET", path)[1]["x-amz-request-id"]
