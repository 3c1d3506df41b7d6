"""Locks and encryption in windlass-store, as boto3 sees them."""

import base64
import datetime
import hashlib
import os
import time
import uuid

import pytest

from store_server import code_of, error_code, status_of

KEY = os.urandom(32)
OTHER_KEY = os.urandom(32)
SSE = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": KEY}
WRONG_SSE = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": OTHER_KEY}


def soon(**delta):
    return datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(**delta)


@pytest.fixture
def locked(s3):
    name = "l-" + uuid.uuid4().hex[:12]
    s3.create_bucket(Bucket=name, ObjectLockEnabledForBucket=True)
    return name


# Locks


def test_lock_configuration(s3, bucket, locked):
    assert code_of(s3.get_object_lock_configuration, Bucket=bucket) == "ObjectLockConfigurationNotFoundError"
    assert s3.get_object_lock_configuration(Bucket=locked)["ObjectLockConfiguration"] == {"ObjectLockEnabled": "Enabled"}
    assert s3.get_bucket_versioning(Bucket=locked)["Status"] == "Enabled"
    suspended = {"Status": "Suspended"}
    assert code_of(s3.put_bucket_versioning, Bucket=locked, VersioningConfiguration=suspended) == "InvalidBucketState"
    rule = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 2}}}
    assert code_of(s3.put_object_lock_configuration, Bucket=bucket, ObjectLockConfiguration=rule) == "InvalidBucketState"
    s3.put_object_lock_configuration(Bucket=locked, ObjectLockConfiguration=rule)
    assert s3.get_object_lock_configuration(Bucket=locked)["ObjectLockConfiguration"] == rule
    version = s3.put_object(Bucket=locked, Key="k", Body=b"x")["VersionId"]
    head = s3.head_object(Bucket=locked, Key="k")
    assert head["ObjectLockMode"] == "COMPLIANCE" and head["ObjectLockRetainUntilDate"] > soon(days=1)
    assert code_of(s3.delete_object, Bucket=locked, Key="k", VersionId=version, BypassGovernanceRetention=True) == "AccessDenied"
    both = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 2, "Years": 1}}}
    assert code_of(s3.put_object_lock_configuration, Bucket=locked, ObjectLockConfiguration=both) == "MalformedXML"


def test_governance(s3, locked):
    until = soon(hours=1)
    version = s3.put_object(
        Bucket=locked, Key="k", Body=b"x", ObjectLockMode="GOVERNANCE", ObjectLockRetainUntilDate=until)["VersionId"]
    assert code_of(s3.delete_object, Bucket=locked, Key="k", VersionId=version) == "AccessDenied"
    errors = s3.delete_objects(Bucket=locked, Delete={"Objects": [{"Key": "k", "VersionId": version}]})["Errors"]
    assert [(item["Code"], item["VersionId"]) for item in errors] == [("AccessDenied", version)]
    s3.put_object(Bucket=locked, Key="k", Body=b"another version is no overwrite")
    assert s3.delete_object(Bucket=locked, Key="k")["DeleteMarker"] is True
    shorter = {"Mode": "GOVERNANCE", "RetainUntilDate": soon(minutes=1)}
    named = {"Bucket": locked, "Key": "k", "VersionId": version}
    assert code_of(s3.put_object_retention, **named, Retention=shorter) == "AccessDenied"
    s3.put_object_retention(**named, Retention={"Mode": "GOVERNANCE", "RetainUntilDate": soon(hours=2)})
    s3.put_object_retention(**named, Retention=shorter, BypassGovernanceRetention=True)
    assert s3.get_object_retention(**named)["Retention"]["RetainUntilDate"] < until
    s3.delete_object(**named, BypassGovernanceRetention=True)
    assert code_of(s3.get_object, **named) == "NoSuchVersion"


def test_compliance(s3, locked):
    version = s3.put_object(
        Bucket=locked, Key="k", Body=b"x", ObjectLockMode="COMPLIANCE", ObjectLockRetainUntilDate=soon(seconds=4))["VersionId"]
    named = {"Bucket": locked, "Key": "k", "VersionId": version}
    assert code_of(s3.delete_object, **named, BypassGovernanceRetention=True) == "AccessDenied"
    weaker = {"Mode": "GOVERNANCE", "RetainUntilDate": soon(hours=1)}
    assert code_of(s3.put_object_retention, **named, Retention=weaker, BypassGovernanceRetention=True) == "AccessDenied"
    time.sleep(4.1)
    s3.delete_object(**named)


def test_legal_holds(s3, locked):
    version = s3.put_object(Bucket=locked, Key="k", Body=b"x", ObjectLockLegalHoldStatus="ON")["VersionId"]
    named = {"Bucket": locked, "Key": "k", "VersionId": version}
    assert s3.get_object_legal_hold(**named)["LegalHold"]["Status"] == "ON"
    assert code_of(s3.delete_object, **named, BypassGovernanceRetention=True) == "AccessDenied"
    assert code_of(s3.get_object_retention, **named) == "NoSuchObjectLockConfiguration"
    s3.put_object_legal_hold(**named, LegalHold={"Status": "OFF"})
    s3.delete_object(**named)


def test_lock_headers_are_checked(s3, bucket, locked):
    mode = {"ObjectLockMode": "GOVERNANCE"}
    assert code_of(s3.put_object, Bucket=bucket, Key="k", **mode, ObjectLockRetainUntilDate=soon(hours=1)) == "InvalidRequest"
    assert code_of(s3.put_object, Bucket=locked, Key="k", **mode) == "InvalidArgument"
    assert code_of(s3.put_object, Bucket=locked, Key="k", **mode, ObjectLockRetainUntilDate=soon(hours=-1)) == "InvalidArgument"
    assert code_of(s3.get_object_retention, Bucket=bucket, Key="k") == "InvalidRequest"


# Encryption


def test_customer_keys(s3, bucket):
    put = s3.put_object(Bucket=bucket, Key="k", Body=b"secret", **SSE)
    assert put["SSECustomerAlgorithm"] == "AES256"
    assert put["SSECustomerKeyMD5"] == base64.b64encode(hashlib.md5(KEY).digest()).decode()
    assert put["ETag"].strip('"') != hashlib.md5(b"secret").hexdigest()
    assert s3.get_object(Bucket=bucket, Key="k", **SSE)["Body"].read() == b"secret"
    assert code_of(s3.get_object, Bucket=bucket, Key="k") == "InvalidRequest"
    assert code_of(s3.get_object, Bucket=bucket, Key="k", **WRONG_SSE) == "AccessDenied"
    assert (status_of(s3.head_object, Bucket=bucket, Key="k"), status_of(s3.head_object, Bucket=bucket, Key="k", **WRONG_SSE)) == (400, 403)
    s3.put_object(Bucket=bucket, Key="plain", Body=b"plain")
    assert code_of(s3.get_object, Bucket=bucket, Key="plain", **SSE) == "InvalidRequest"


def test_customer_keys_of_copies(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"secret" * 10_000, **SSE)
    source = {"CopySource": f"{bucket}/k", "Bucket": bucket, "Key": "copy"}
    right = {"CopySourceSSECustomerAlgorithm": "AES256", "CopySourceSSECustomerKey": KEY}
    assert code_of(s3.copy_object, **source) == "InvalidRequest"
    assert code_of(s3.copy_object, **source, **{**right, "CopySourceSSECustomerKey": OTHER_KEY}) == "AccessDenied"
    s3.copy_object(**source, **right)
    plain = s3.get_object(Bucket=bucket, Key="copy")
    assert plain["Body"].read() == b"secret" * 10_000
    assert plain["ETag"].strip('"') == hashlib.md5(b"secret" * 10_000).hexdigest()
    s3.copy_object(**source, **right, **WRONG_SSE)
    assert s3.get_object(Bucket=bucket, Key="copy", **WRONG_SSE)["Body"].read() == b"secret" * 10_000


def test_customer_keys_of_parts(s3, bucket):
    begun = {"Bucket": bucket, "Key": "k"}
    begun["UploadId"] = s3.create_multipart_upload(**begun, **SSE)["UploadId"]
    assert code_of(s3.upload_part, **begun, PartNumber=1, Body=b"part") == "InvalidRequest"
    assert code_of(s3.upload_part, **begun, PartNumber=1, Body=b"part", **WRONG_SSE) == "InvalidRequest"
    etag = s3.upload_part(**begun, PartNumber=1, Body=b"part", **SSE)["ETag"]
    s3.complete_multipart_upload(**begun, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": etag}]})
    assert code_of(s3.get_object, Bucket=bucket, Key="k") == "InvalidRequest"
    assert s3.get_object(Bucket=bucket, Key="k", **SSE)["Body"].read() == b"part"


def test_customer_keys_are_not_on_the_disk(store, s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"secret", **SSE)
    traces = [KEY, base64.b64encode(KEY), hashlib.md5(KEY).digest(), base64.b64encode(hashlib.md5(KEY).digest()),
              KEY.hex().encode(), hashlib.sha256(KEY).digest(), hashlib.sha256(KEY).hexdigest().encode(), str(list(KEY))[1:-1].replace(" ", "").encode()]
    files = [os.path.join(folder, name) for folder, _, names in os.walk(store.folder) for name in names]
    found = [open(path, "rb").read() for path in files]
    assert any(b'"customerKey"' in data for data in found)
    assert not [trace for trace in traces if any(trace in data for data in found)]


def test_broken_customer_keys(store, bucket):
    def put(algorithm="AES256", key=KEY, md5=None):
        md5 = base64.b64encode(md5 or hashlib.md5(key).digest()).decode()
        prefix = "x-amz-server-side-encryption-customer-"
        headers = {prefix + "algorithm": algorithm, prefix + "key": base64.b64encode(key).decode(), prefix + "key-MD5": md5}
        return error_code(store.raw("PUT", f"/{bucket}/k", body=b"x", headers=headers)[2])

    assert put() is None
    assert put(algorithm="AES128") == "InvalidEncryptionAlgorithmError"
    assert put(key=b"short") == "InvalidArgument"
    assert put(md5=b"0" * 16) == "InvalidArgument"


def test_managed_encryption(s3, bucket):
    s3.put_object(Bucket=bucket, Key="s", Body=b"x", ServerSideEncryption="AES256")
    head = s3.head_object(Bucket=bucket, Key="s")
    assert head["ServerSideEncryption"] == "AES256" and head["ETag"].strip('"') == hashlib.md5(b"x").hexdigest()
    put = s3.put_object(Bucket=bucket, Key="k", Body=b"x", ServerSideEncryption="aws:kms", SSEKMSKeyId="key-1")
    assert (put["ServerSideEncryption"], put["SSEKMSKeyId"]) == ("aws:kms", "key-1")
    assert s3.get_object(Bucket=bucket, Key="k")["SSEKMSKeyId"] == "key-1"
    assert code_of(s3.put_object, Bucket=bucket, Key="k", Body=b"x", ServerSideEncryption="rot13") == "InvalidArgument"
