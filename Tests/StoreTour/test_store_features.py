"""Versions, tags, access lists, archives, conditions and checksums in windlass-store, as boto3 sees them."""

import datetime
import os
import time

import botocore.config
import boto3
import pytest
from botocore.exceptions import ClientError

from store_server import StoreProcess, code_of, crc32_text, error_code, status_of

KEY = os.urandom(32)
SSE = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": KEY}


@pytest.fixture
def versioned(s3, bucket):
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    return bucket


# Versions


def test_versioning_state(s3, bucket):
    assert "Status" not in s3.get_bucket_versioning(Bucket=bucket)
    assert "VersionId" not in s3.put_object(Bucket=bucket, Key="k", Body=b"0")
    for status in ("Enabled", "Suspended"):
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": status})
        assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == status
    assert s3.get_object(Bucket=bucket, Key="k")["VersionId"] == "null"
    assert code_of(s3.put_bucket_versioning, Bucket=bucket, VersioningConfiguration={"Status": "Off"}) == "MalformedXML"


def test_versions_of_a_key(s3, versioned):
    ids = [s3.put_object(Bucket=versioned, Key="k", Body=body)["VersionId"] for body in (b"one", b"two", b"three")]
    assert len(set(ids)) == 3
    for version, body in zip(ids, (b"one", b"two", b"three")):
        answer = s3.get_object(Bucket=versioned, Key="k", VersionId=version)
        assert (answer["Body"].read(), answer["VersionId"]) == (body, version)
        assert s3.head_object(Bucket=versioned, Key="k", VersionId=version)["ContentLength"] == len(body)
    assert s3.get_object(Bucket=versioned, Key="k")["VersionId"] == ids[2]
    assert code_of(s3.get_object, Bucket=versioned, Key="k", VersionId="0" * 32) == "NoSuchVersion"
    copied = s3.copy_object(Bucket=versioned, Key="k", CopySource={"Bucket": versioned, "Key": "k", "VersionId": ids[0]})
    assert copied["CopySourceVersionId"] == ids[0] and copied["VersionId"] not in ids
    assert s3.get_object(Bucket=versioned, Key="k")["Body"].read() == b"one"


def test_delete_markers(s3, versioned):
    version = s3.put_object(Bucket=versioned, Key="k", Body=b"body")["VersionId"]
    deleted = s3.delete_object(Bucket=versioned, Key="k")
    assert deleted["DeleteMarker"] is True
    marker = deleted["VersionId"]
    with pytest.raises(ClientError) as caught:
        s3.get_object(Bucket=versioned, Key="k")
    assert caught.value.response["Error"]["Code"] == "NoSuchKey"
    headers = caught.value.response["ResponseMetadata"]["HTTPHeaders"]
    assert (headers["x-amz-delete-marker"], headers["x-amz-version-id"]) == ("true", marker)
    assert status_of(s3.head_object, Bucket=versioned, Key="k") == 404
    assert code_of(s3.get_object, Bucket=versioned, Key="k", VersionId=marker) == "MethodNotAllowed"
    assert status_of(s3.head_object, Bucket=versioned, Key="k", VersionId=marker) == 405
    assert s3.get_object(Bucket=versioned, Key="k", VersionId=version)["Body"].read() == b"body"
    assert "Contents" not in s3.list_objects_v2(Bucket=versioned)
    assert code_of(s3.delete_bucket, Bucket=versioned) == "BucketNotEmpty"
    removed = s3.delete_object(Bucket=versioned, Key="k", VersionId=marker)
    assert (removed["DeleteMarker"], removed["VersionId"]) == (True, marker)
    assert s3.get_object(Bucket=versioned, Key="k")["Body"].read() == b"body"
    s3.delete_object(Bucket=versioned, Key="k", VersionId=version)
    s3.delete_bucket(Bucket=versioned)


def test_suspended_versions_overwrite_the_null_version(s3, versioned):
    kept = s3.put_object(Bucket=versioned, Key="k", Body=b"kept")["VersionId"]
    s3.put_bucket_versioning(Bucket=versioned, VersioningConfiguration={"Status": "Suspended"})
    for body in (b"a", b"b"):
        s3.put_object(Bucket=versioned, Key="k", Body=body)
    listed = s3.list_object_versions(Bucket=versioned)["Versions"]
    assert [item["VersionId"] for item in listed] == ["null", kept]
    s3.delete_object(Bucket=versioned, Key="k")
    listed = s3.list_object_versions(Bucket=versioned)
    assert [item["VersionId"] for item in listed["Versions"]] == [kept]
    assert [item["VersionId"] for item in listed["DeleteMarkers"]] == ["null"]


def test_version_listing_pages(s3, versioned):
    for key in ("a", "b/1", "b/2", "c d+e", "é"):
        for body in (b"1", b"2", b"3"):
            s3.put_object(Bucket=versioned, Key=key, Body=body)
    s3.delete_object(Bucket=versioned, Key="a")
    whole = s3.list_object_versions(Bucket=versioned)
    everything = [(item["Key"], item["VersionId"]) for item in whole["Versions"] + whole["DeleteMarkers"]]
    assert len(everything) == 16 and whole["IsTruncated"] is False
    assert [item["IsLatest"] for item in whole["Versions"] if item["Key"] == "é"] == [True, False, False]
    for size in (1, 2, 5):
        pages = s3.get_paginator("list_object_versions").paginate(Bucket=versioned, PaginationConfig={"PageSize": size})
        found = [(i["Key"], i["VersionId"]) for page in pages for i in page.get("Versions", []) + page.get("DeleteMarkers", [])]
        assert sorted(found) == sorted(everything) and len(found) == 16
    folded = s3.list_object_versions(Bucket=versioned, Delimiter="/")
    assert [item["Prefix"] for item in folded["CommonPrefixes"]] == ["b/"]
    assert {item["Key"] for item in folded["Versions"]} == {"a", "c d+e", "é"}
    assert len(s3.list_object_versions(Bucket=versioned, Prefix="b/")["Versions"]) == 6
    assert code_of(s3.list_object_versions, Bucket=versioned, VersionIdMarker="x") == "InvalidArgument"


def test_multi_delete_of_versions(s3, versioned):
    first = s3.put_object(Bucket=versioned, Key="a", Body=b"1")["VersionId"]
    s3.put_object(Bucket=versioned, Key="b", Body=b"1")
    answer = s3.delete_objects(Bucket=versioned, Delete={"Objects": [{"Key": "a", "VersionId": first}, {"Key": "b"}]})["Deleted"]
    assert answer[0] == {"Key": "a", "VersionId": first}
    assert answer[1]["DeleteMarker"] is True and answer[1]["DeleteMarkerVersionId"]
    listed = s3.list_object_versions(Bucket=versioned)
    assert [item["Key"] for item in listed["Versions"]] == ["b"]


def test_versions_and_uploads(s3, versioned):
    upload = s3.create_multipart_upload(Bucket=versioned, Key="k")["UploadId"]
    part = s3.upload_part(Bucket=versioned, Key="k", UploadId=upload, PartNumber=1, Body=b"part")
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    made = s3.complete_multipart_upload(Bucket=versioned, Key="k", UploadId=upload, MultipartUpload=parts)
    assert s3.head_object(Bucket=versioned, Key="k")["VersionId"] == made["VersionId"]


# Tags


def test_object_tags(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", Tagging="a=1&b%20c=%C3%A4")
    tags = s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"]
    assert tags == [{"Key": "a", "Value": "1"}, {"Key": "b c", "Value": "ä"}]
    assert s3.get_object(Bucket=bucket, Key="k")["TagCount"] == 2
    before = s3.head_object(Bucket=bucket, Key="k")
    s3.put_object_tagging(Bucket=bucket, Key="k", Tagging={"TagSet": [{"Key": "n", "Value": ""}]})
    after = s3.head_object(Bucket=bucket, Key="k")
    assert (before["ETag"], before["LastModified"]) == (after["ETag"], after["LastModified"])
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"
    s3.copy_object(Bucket=bucket, Key="same", CopySource=f"{bucket}/k")
    assert s3.get_object_tagging(Bucket=bucket, Key="same")["TagSet"] == [{"Key": "n", "Value": ""}]
    s3.copy_object(Bucket=bucket, Key="other", CopySource=f"{bucket}/k", TaggingDirective="REPLACE", Tagging="z=9")
    assert s3.get_object_tagging(Bucket=bucket, Key="other")["TagSet"] == [{"Key": "z", "Value": "9"}]
    s3.delete_object_tagging(Bucket=bucket, Key="k")
    assert s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == []
    assert code_of(s3.get_object_tagging, Bucket=bucket, Key="none") == "NoSuchKey"


@pytest.mark.parametrize("tags, code", [
    ([(f"k{n}", "v") for n in range(11)], "BadRequest"),
    ([("k" * 129, "v")], "InvalidTag"),
    ([("k", "v" * 257)], "InvalidTag"),
    ([("k", "1"), ("k", "2")], "InvalidTag"),
    ([("aws:k", "1")], "InvalidTag"),
])
def test_tag_limits(s3, bucket, tags, code):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    given = {"TagSet": [{"Key": key, "Value": value} for key, value in tags]}
    assert code_of(s3.put_object_tagging, Bucket=bucket, Key="k", Tagging=given) == code
    assert s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == []
    longest = {"TagSet": [{"Key": f"{n}".rjust(128, "k"), "Value": "v" * 256} for n in range(10)]}
    s3.put_object_tagging(Bucket=bucket, Key="k", Tagging=longest)


def test_bucket_tags(s3, bucket):
    assert code_of(s3.get_bucket_tagging, Bucket=bucket) == "NoSuchTagSet"
    s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    assert s3.get_bucket_tagging(Bucket=bucket)["TagSet"] == [{"Key": "a", "Value": "b"}]
    s3.delete_bucket_tagging(Bucket=bucket)
    assert code_of(s3.get_bucket_tagging, Bucket=bucket) == "NoSuchTagSet"


# Access lists


def grants(answer):
    return [(item["Grantee"].get("URI", item["Grantee"].get("ID")), item["Permission"]) for item in answer["Grants"]]


EVERYONE = "http://acs.amazonaws.com/groups/global/AllUsers"


def test_access_lists(s3, store, bucket):
    s3.put_object(Bucket=bucket, Key="open", Body=b"open", ACL="public-read")
    s3.put_object(Bucket=bucket, Key="closed", Body=b"closed")
    assert grants(s3.get_object_acl(Bucket=bucket, Key="open")) == [("windlass", "FULL_CONTROL"), (EVERYONE, "READ")]
    assert grants(s3.get_object_acl(Bucket=bucket, Key="closed")) == [("windlass", "FULL_CONTROL")]
    assert store.raw("GET", f"/{bucket}/open", sign=False)[2] == b"open"
    for path in ("closed", "none"):
        assert error_code(store.raw("GET", f"/{bucket}/{path}", sign=False)[2]) == "AccessDenied"
    assert error_code(store.raw("GET", f"/{bucket}", sign=False)[2]) == "AccessDenied"
    assert error_code(store.raw("PUT", f"/{bucket}/new", body=b"x", sign=False)[2]) == "AccessDenied"
    assert error_code(store.raw("GET", f"/{bucket}/open", "response-content-type=a", sign=False)[2]) == "InvalidRequest"
    policy = s3.get_object_acl(Bucket=bucket, Key="open")
    s3.put_object_acl(Bucket=bucket, Key="closed", AccessControlPolicy={"Owner": policy["Owner"], "Grants": policy["Grants"]})
    assert store.raw("GET", f"/{bucket}/closed", sign=False)[2] == b"closed"
    s3.put_object_acl(Bucket=bucket, Key="closed", ACL="private")
    assert store.raw("GET", f"/{bucket}/closed", sign=False)[0] == 403
    assert code_of(s3.put_object, Bucket=bucket, Key="x", ACL="public-read", GrantRead='id="x"') == "InvalidRequest"
    s3.copy_object(Bucket=bucket, Key="copy", CopySource=f"{bucket}/open")
    assert store.raw("GET", f"/{bucket}/copy", sign=False)[0] == 403


def test_bucket_access_lists(s3, store, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    s3.put_bucket_acl(Bucket=bucket, ACL="public-read")
    assert grants(s3.get_bucket_acl(Bucket=bucket)) == [("windlass", "FULL_CONTROL"), (EVERYONE, "READ")]
    assert b"<Key>k</Key>" in store.raw("GET", f"/{bucket}", sign=False)[2]
    assert error_code(store.raw("GET", f"/{bucket}/none", sign=False)[2]) == "NoSuchKey"
    assert store.raw("GET", f"/{bucket}/k", sign=False)[0] == 403
    assert store.raw("PUT", f"/{bucket}/new", body=b"x", sign=False)[0] == 403
    s3.put_bucket_acl(Bucket=bucket, ACL="public-read-write")
    assert store.raw("PUT", f"/{bucket}/new", body=b"x", sign=False)[0] == 200
    assert store.raw("PUT", f"/{bucket}/new", "acl=", sign=False, headers={"x-amz-acl": "public-read"})[0] == 403
    assert code_of(s3.put_bucket_acl, Bucket=bucket, GrantRead='uri="http://nowhere"') == "InvalidArgument"


def test_requester_pays(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    assert s3.get_bucket_request_payment(Bucket=bucket)["Payer"] == "BucketOwner"
    s3.put_bucket_request_payment(Bucket=bucket, RequestPaymentConfiguration={"Payer": "Requester"})
    assert code_of(s3.get_object, Bucket=bucket, Key="k") == "AccessDenied"
    assert s3.get_object(Bucket=bucket, Key="k", RequestPayer="requester")["Body"].read() == b"x"
    s3.put_bucket_request_payment(Bucket=bucket, RequestPaymentConfiguration={"Payer": "BucketOwner"})
    s3.get_object(Bucket=bucket, Key="k")


# Classes and headers


def test_headers_are_kept(s3, bucket):
    given = {"CacheControl": "no-cache", "ContentDisposition": 'attachment; filename="a"', "ContentEncoding": "gzip",
             "ContentLanguage": "de", "ContentType": "text/x", "StorageClass": "STANDARD_IA", "Metadata": {"a": "b"}}
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", Expires=datetime.datetime(2030, 1, 1), **given)
    head = s3.head_object(Bucket=bucket, Key="k")
    assert {name: head[name] for name in given} == given
    assert head["ResponseMetadata"]["HTTPHeaders"]["expires"] == "Tue, 01 Jan 2030 00:00:00 GMT"


def test_archives(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"cold", StorageClass="GLACIER")
    assert code_of(s3.get_object, Bucket=bucket, Key="k") == "InvalidObjectState"
    assert code_of(s3.copy_object, Bucket=bucket, Key="c", CopySource=f"{bucket}/k") == "InvalidObjectState"
    assert s3.head_object(Bucket=bucket, Key="k")["StorageClass"] == "GLACIER"
    request = {"Days": 1, "GlacierJobParameters": {"Tier": "Expedited"}}
    begun = s3.restore_object(Bucket=bucket, Key="k", RestoreRequest=request)
    assert begun["ResponseMetadata"]["HTTPStatusCode"] == 202
    assert s3.head_object(Bucket=bucket, Key="k")["Restore"] == 'ongoing-request="true"'
    assert code_of(s3.restore_object, Bucket=bucket, Key="k", RestoreRequest=request) == "RestoreAlreadyInProgress"
    assert code_of(s3.get_object, Bucket=bucket, Key="k") == "InvalidObjectState"
    time.sleep(2.1)
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"cold"
    assert s3.head_object(Bucket=bucket, Key="k")["Restore"].startswith('ongoing-request="false", expiry-date="')
    assert s3.restore_object(Bucket=bucket, Key="k", RestoreRequest=request)["ResponseMetadata"]["HTTPStatusCode"] == 200
    s3.put_object(Bucket=bucket, Key="hot", Body=b"x")
    assert code_of(s3.restore_object, Bucket=bucket, Key="hot", RestoreRequest=request) == "InvalidObjectState"


def test_metadata_limit(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", Metadata={"a": "b" * 2047})
    assert code_of(s3.put_object, Bucket=bucket, Key="k", Body=b"x", Metadata={"a": "b" * 2048}) == "MetadataTooLarge"


# Conditions and checksums


def test_conditional_writes(s3, bucket):
    etag = s3.put_object(Bucket=bucket, Key="k", Body=b"1", IfNoneMatch="*")["ETag"]
    assert code_of(s3.put_object, Bucket=bucket, Key="k", Body=b"2", IfNoneMatch="*") == "PreconditionFailed"
    assert code_of(s3.put_object, Bucket=bucket, Key="k", Body=b"2", IfMatch='"0"') == "PreconditionFailed"
    assert code_of(s3.put_object, Bucket=bucket, Key="none", Body=b"2", IfMatch=etag) == "NoSuchKey"
    assert code_of(s3.delete_object, Bucket=bucket, Key="k", IfMatch='"0"') == "PreconditionFailed"
    s3.delete_object(Bucket=bucket, Key="k", IfMatch=etag)
    upload = s3.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]
    part = s3.upload_part(Bucket=bucket, Key="k", UploadId=upload, PartNumber=1, Body=b"part")["ETag"]
    s3.put_object(Bucket=bucket, Key="k", Body=b"first")
    complete = {"Bucket": bucket, "Key": "k", "UploadId": upload, "MultipartUpload": {"Parts": [{"PartNumber": 1, "ETag": part}]}}
    assert code_of(s3.complete_multipart_upload, **complete, IfNoneMatch="*") == "PreconditionFailed"
    s3.delete_object(Bucket=bucket, Key="k")
    s3.complete_multipart_upload(**complete, IfNoneMatch="*")


@pytest.mark.parametrize("name", ["CRC32", "SHA1", "SHA256"])
def test_checksums_by_mode(s3, bucket, name):
    s3.put_object(Bucket=bucket, Key="k", Body=b"body", ChecksumAlgorithm=name)
    checked = s3.get_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
    assert checked["Body"].read() == b"body" and checked[f"Checksum{name}"]
    raw = boto3.client("s3", endpoint_url=s3.meta.endpoint_url, aws_access_key_id="TESTACCESSKEY",
                       aws_secret_access_key="test-secret-key-of-the-tour", region_name="us-east-1",
                       config=botocore.config.Config(response_checksum_validation="when_required"))
    assert f"Checksum{name}" not in raw.head_object(Bucket=bucket, Key="k")
    assert code_of(s3.put_object, Bucket=bucket, Key="k", Body=b"x", ChecksumCRC32=crc32_text(b"y")) == "BadDigest"


# Everything outlives a restart


def test_restart_keeps_it_all(tmp_path):
    store = StoreProcess(tmp_path)
    try:
        s3 = store.client()
        s3.create_bucket(Bucket="kept", ObjectLockEnabledForBucket=True)
        s3.put_bucket_tagging(Bucket="kept", Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
        s3.put_bucket_acl(Bucket="kept", ACL="public-read")
        first = s3.put_object(Bucket="kept", Key="k", Body=b"1", Tagging="t=1", ACL="public-read", ObjectLockLegalHoldStatus="ON")["VersionId"]
        s3.put_object(Bucket="kept", Key="k", Body=b"2" * 50_000, **SSE)
        s3.put_object_tagging(Bucket="kept", Key="k", VersionId=first, Tagging={"TagSet": [{"Key": "t", "Value": "2"}]})
        s3.delete_object(Bucket="kept", Key="k")
        before = s3.list_object_versions(Bucket="kept")
        store.stop()
        store.start()
        s3 = store.client()
        after = s3.list_object_versions(Bucket="kept")
        assert (before["Versions"], before["DeleteMarkers"]) == (after["Versions"], after["DeleteMarkers"])
        assert s3.get_object_tagging(Bucket="kept", Key="k", VersionId=first)["TagSet"] == [{"Key": "t", "Value": "2"}]
        assert s3.get_object(Bucket="kept", Key="k", VersionId=first)["Body"].read() == b"1"
        assert code_of(s3.delete_object, Bucket="kept", Key="k", VersionId=first) == "AccessDenied"
        second = after["Versions"][0]["VersionId"]
        assert code_of(s3.get_object, Bucket="kept", Key="k", VersionId=second) == "InvalidRequest"
        assert s3.get_object(Bucket="kept", Key="k", VersionId=second, **SSE)["Body"].read() == b"2" * 50_000
        assert grants(s3.get_bucket_acl(Bucket="kept"))[1] == (EVERYONE, "READ")
        assert s3.get_bucket_tagging(Bucket="kept")["TagSet"] == [{"Key": "a", "Value": "b"}]
    finally:
        store.stop()
