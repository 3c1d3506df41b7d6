"""Manners of windlass-store that are asked for with --quirk, and what OOS has not."""

import hashlib
import time

import pytest

from store_server import StoreProcess, code_of, error_code, status_of


@pytest.fixture
def started(tmp_path):
    processes = []

    def start(*options):
        processes.append(StoreProcess(tmp_path / str(len(processes)), *options))
        client = processes[-1].client(s3={"addressing_style": "path"}, request_checksum_calculation="when_required")
        client.create_bucket(Bucket="bkt")
        return processes[-1], client

    yield start
    for process in processes:
        process.stop()


def test_oos_has_bytes_only(started):
    store, oos = started("--dialect", "oos")
    oos.put_object(Bucket="bkt", Key="k", Body=b"x")
    assert status_of(oos.get_bucket_versioning, Bucket="bkt") == 405
    assert status_of(oos.put_object_tagging, Bucket="bkt", Key="k", Tagging={"TagSet": []}) == 405
    assert status_of(oos.get_object_acl, Bucket="bkt", Key="k") == 405
    oos.put_object(Bucket="bkt", Key="k", Body=b"y", IfNoneMatch="*")
    assert store.raw("GET", "/bkt/k", sign=False)[0] == 403
    oos.create_bucket(Bucket="bkt", ACL="public-read")
    assert store.raw("GET", "/bkt/k", sign=False)[2] == b"y"
    assert store.raw("PUT", "/bkt/k", body=b"z", sign=False)[0] == 403


def test_oos_of_the_fifth_generation(started):
    store, oos = started("--dialect", "oos", "--quirk", "oos5")
    for key in "abc":
        oos.put_object(Bucket="bkt", Key=key, Body=b"x")
    body = store.raw("GET", "/bkt", "list-type=2&max-keys=2")[2]
    assert b"<Marker>" in body and b"NextContinuationToken" not in body and b"<IsTruncated>true" in body
    upload = oos.create_multipart_upload(Bucket="bkt", Key="k")["UploadId"]
    part = oos.upload_part(Bucket="bkt", Key="k", UploadId=upload, PartNumber=1, Body=b"part")["ETag"]
    made = oos.complete_multipart_upload(
        Bucket="bkt", Key="k", UploadId=upload, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part}]})
    assert made["ETag"].strip('"') == hashlib.md5(hashlib.md5(b"part").digest()).hexdigest()
    assert error_code(store.raw("PUT", "/bkt/copy", headers={"x-amz-copy-source": "/bkt/a"})[2]) is None
    copied = store.raw("PUT", "/bkt/copy", headers={"x-amz-copy-source": "/bkt/a"})[2]
    assert len(copied.split(b"<LastModified>")[1].split(b"<")[0]) == len("2012-09-01T22:32:00")


def test_writes_that_come_too_fast(started):
    _, s3 = started("--quirk", "overwrite-pause=1000")
    s3.put_object(Bucket="bkt", Key="k", Body=b"1")
    assert code_of(s3.put_object, Bucket="bkt", Key="k", Body=b"2") == "PutObjectTooFast"
    s3.put_object(Bucket="bkt", Key="other", Body=b"1")
    time.sleep(1.1)
    s3.put_object(Bucket="bkt", Key="k", Body=b"3")
    assert s3.get_object(Bucket="bkt", Key="k")["Body"].read() == b"3"


def test_ranges_of_parts_are_refused(started):
    _, s3 = started("--quirk", "whole-part-copies")
    s3.put_object(Bucket="bkt", Key="source", Body=b"0123456789")
    begun = {"Bucket": "bkt", "Key": "k", "UploadId": s3.create_multipart_upload(Bucket="bkt", Key="k")["UploadId"], "PartNumber": 1}
    assert code_of(s3.upload_part_copy, **begun, CopySource="bkt/source", CopySourceRange="bytes=0-4") == "InvalidRequest"
    s3.upload_part_copy(**begun, CopySource="bkt/source")
    _, usual = started()
    usual.put_object(Bucket="bkt", Key="source", Body=b"0123456789")
    begun["UploadId"] = usual.create_multipart_upload(Bucket="bkt", Key="k")["UploadId"]
    usual.upload_part_copy(**begun, CopySource="bkt/source", CopySourceRange="bytes=0-4")


def test_overload_says_when_to_come_again(started):
    store, s3 = started("--dialect", "oos")
    store.control("PUT", "faults", [{"operations": ["GetObject"], "fault": "error", "status": 503, "code": "SlowDown", "retryAfter": 90}])
    status, headers, body = store.raw("GET", "/bkt/k")
    assert (status, headers["retry-after"], error_code(body)) == (503, "90", "SlowDown")


def test_unknown_quirks_are_refused(tmp_path):
    with pytest.raises(AssertionError):
        StoreProcess(tmp_path, "--quirk", "nonsense")
