"""Signatures, listings, copies, uploads and HTTP in windlass-store, as boto3 and raw signed requests see them."""

import base64
import hashlib
import io
import os
import socket
import time
import urllib.error
import urllib.request
import zlib

import boto3
import pytest

from store_server import ACCESS_KEY, SECRET_KEY, code_of, crc32_text, error_code, status_of

MEBIBYTE = 1 << 20


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
    for query in ("append=&position=0", "rename=&name=x", "modify=&position=0", "truncate=&length=0", "torrent="):
        status, _, body = store.raw("PUT", f"/{bucket}/k", query, body=b"x")
        assert (status, error_code(body)) == (501, "NotImplemented")
    for query in ("tagging=", "acl=", "retention=", "legal-hold=", "versionId=1"):
        assert store.raw("PUT", f"/{bucket}/k", query, body=b"x")[0] == 400
    assert store.raw("POST", f"/{bucket}/k", body=b"")[0] == 405
    assert store.raw("GET", f"/{bucket}/k")[2] == b"precious"


def test_every_answer_has_a_request_id(store):
    for path in ("/", "/none/k", "/_x"):
        assert store.raw("GET", path)[1]["x-amz-request-id"]
