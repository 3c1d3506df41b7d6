"""windlass-store --dialect cos as IBM's own SDK sees it, with HMAC keys and with an API key."""

import datetime
import hashlib
import os
import time
import uuid

import ibm_boto3
import pytest
from ibm_botocore.client import Config
from ibm_botocore.exceptions import ClientError, CredentialRetrievalError

from store_server import ACCESS_KEY, SECRET_KEY, StoreProcess, crc32_text, error_code

API_KEY = "windlass-tour-api-key"
KEY = os.urandom(32)
OTHER_KEY = os.urandom(32)
SSE = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": KEY}
OPTIONS = {"retries": {"max_attempts": 1}, "connect_timeout": 5, "read_timeout": 20}
DAY = 86400


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    os.environ["IBM_API_KEY_ID"] = API_KEY
    try:
        process = StoreProcess(tmp_path_factory.mktemp("cos"), "--dialect", "cos", "--metadata-port", 0, "--quirk", "restore-seconds=1")
    finally:
        del os.environ["IBM_API_KEY_ID"]
    yield process
    process.stop()


def hmac_client(store):
    return ibm_boto3.client(
        "s3", aws_access_key_id=ACCESS_KEY, aws_secret_access_key=SECRET_KEY, endpoint_url=store.endpoint, region_name="us-south",
        config=Config(**OPTIONS))


def token_client(store, api_key=API_KEY):
    return ibm_boto3.client(
        "s3", ibm_api_key_id=api_key, ibm_service_instance_id="crn:v1:tour", ibm_auth_endpoint=store.metadata + "/identity/token",
        endpoint_url=store.endpoint, config=Config(signature_version="oauth", **OPTIONS))


@pytest.fixture(params=["hmac", "api key"])
def cos(store, request):
    return hmac_client(store) if request.param == "hmac" else token_client(store)


def make_bucket(cos, **options):
    name = "b-" + uuid.uuid4().hex[:12]
    cos.create_bucket(Bucket=name, **options)
    return name


@pytest.fixture
def bucket(cos):
    return make_bucket(cos)


def refusal(call, *arguments, **named):
    """The status and the code that the SDK's exception carries."""
    with pytest.raises(ClientError) as caught:
        call(*arguments, **named)
    answer = caught.value.response
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"]


def test_an_unknown_api_key_gets_no_token(store):
    with pytest.raises(CredentialRetrievalError):
        token_client(store, "another").list_buckets()


def test_objects(cos, bucket):
    etag = cos.put_object(Bucket=bucket, Key="a b", Body=b"body", Metadata={"m": "v"})["ETag"]
    assert etag.strip('"') == hashlib.md5(b"body").hexdigest()
    answer = cos.get_object(Bucket=bucket, Key="a b")
    assert (answer["Body"].read(), answer["Metadata"]) == (b"body", {"m": "v"})
    assert [item["Key"] for item in cos.list_objects_v2(Bucket=bucket)["Contents"]] == ["a b"]
    assert refusal(cos.get_object, Bucket=bucket, Key="none") == (404, "NoSuchKey")
    assert refusal(cos.get_object, Bucket="none-" + bucket, Key="k") == (404, "NoSuchBucket")
    assert refusal(cos.get_object, Bucket=bucket, Key="a b", IfMatch="\"0\"") == (412, "PreconditionFailed")
    assert refusal(cos.put_object, Bucket=bucket, Key="k", Body=b"x", ChecksumCRC32=crc32_text(b"y")) == (400, "BadDigest")
    assert refusal(cos.put_object, Bucket=bucket, Key="k", Body=b"x", Metadata={"m": "v" * 3000}) == (400, "MetadataTooLarge")
    cos.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "a b"}, {"Key": "none"}]})
    cos.delete_bucket(Bucket=bucket)


def test_versions(cos, bucket):
    cos.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    first = cos.put_object(Bucket=bucket, Key="k", Body=b"1")["VersionId"]
    marker = cos.delete_object(Bucket=bucket, Key="k")
    assert marker["DeleteMarker"] is True
    assert refusal(cos.get_object, Bucket=bucket, Key="k") == (404, "NoSuchKey")
    assert refusal(cos.get_object, Bucket=bucket, Key="k", VersionId=marker["VersionId"]) == (405, "MethodNotAllowed")
    assert cos.get_object(Bucket=bucket, Key="k", VersionId=first)["Body"].read() == b"1"
    assert [item["VersionId"] for item in cos.list_object_versions(Bucket=bucket)["Versions"]] == [first]
    assert refusal(cos.put_bucket_protection_configuration, Bucket=bucket, ProtectionConfiguration=policy(0, 0, 1))[0] == 409


def test_tags_and_lists_of_access(cos, store, bucket):
    cos.put_object(Bucket=bucket, Key="k", Body=b"x", Tagging="a=1", ACL="public-read")
    assert cos.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == [{"Key": "a", "Value": "1"}]
    reserved = {"TagSet": [{"Key": "ibm:k", "Value": "v"}]}
    assert refusal(cos.put_object_tagging, Bucket=bucket, Key="k", Tagging=reserved) == (400, "InvalidTag")
    cos.delete_object_tagging(Bucket=bucket, Key="k")
    assert store.raw("GET", f"/{bucket}/k", sign=False)[2] == b"x"
    cos.put_object_acl(Bucket=bucket, Key="k", ACL="")
    assert error_code(store.raw("GET", f"/{bucket}/k", sign=False)[2]) == "AccessDenied"


def test_customer_keys(cos, bucket):
    cos.put_object(Bucket=bucket, Key="k", Body=b"secret", **SSE)
    assert cos.get_object(Bucket=bucket, Key="k", **SSE)["Body"].read() == b"secret"
    assert refusal(cos.get_object, Bucket=bucket, Key="k") == (400, "InvalidRequest")
    assert refusal(cos.get_object, Bucket=bucket, Key="k", **{**SSE, "SSECustomerKey": OTHER_KEY}) == (403, "AccessDenied")
    assert refusal(cos.head_object, Bucket=bucket, Key="k", **{**SSE, "SSECustomerKey": OTHER_KEY})[0] == 403


def test_locks(cos):
    bucket = make_bucket(cos, ObjectLockEnabledForBucket=True)
    until = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=1)
    version = cos.put_object(Bucket=bucket, Key="k", Body=b"x", ObjectLockMode="COMPLIANCE", ObjectLockRetainUntilDate=until)["VersionId"]
    assert refusal(cos.delete_object, Bucket=bucket, Key="k", VersionId=version) == (403, "AccessDenied")
    assert cos.get_object_retention(Bucket=bucket, Key="k")["Retention"]["Mode"] == "COMPLIANCE"
    held = cos.put_object(Bucket=bucket, Key="held", Body=b"x", ObjectLockLegalHoldStatus="ON")["VersionId"]
    assert refusal(cos.delete_object, Bucket=bucket, Key="held", VersionId=held) == (403, "AccessDenied")
    cos.put_object_legal_hold(Bucket=bucket, Key="held", LegalHold={"Status": "OFF"})
    cos.delete_object(Bucket=bucket, Key="held", VersionId=held)


# Immutable storage


def policy(minimum, default, maximum):
    days = {"MinimumRetention": {"Days": minimum}, "DefaultRetention": {"Days": default}, "MaximumRetention": {"Days": maximum}}
    return {"Status": "Retention", **days}


@pytest.fixture
def protected(cos, bucket):
    assert cos.get_bucket_protection_configuration(Bucket=bucket)["ProtectionConfiguration"]["Status"] == "Disabled"
    cos.put_bucket_protection_configuration(Bucket=bucket, ProtectionConfiguration=policy(0, 1, 10))
    return bucket


def test_protection_policy(cos, protected):
    assert cos.get_bucket_protection_configuration(Bucket=protected)["ProtectionConfiguration"] == policy(0, 1, 10)
    for wrong in (policy(2, 1, 10), policy(0, 11, 10), policy(0, 1, 40_000)):
        assert refusal(cos.put_bucket_protection_configuration, Bucket=protected, ProtectionConfiguration=wrong)[0] == 400
    full = make_bucket(cos)
    cos.put_object(Bucket=full, Key="k", Body=b"x")
    assert refusal(cos.put_bucket_protection_configuration, Bucket=full, ProtectionConfiguration=policy(0, 1, 10))[0] == 409


def test_retention_periods(cos, protected):
    cos.put_object(Bucket=protected, Key="k", Body=b"x")
    head = cos.head_object(Bucket=protected, Key="k")
    assert (head["RetentionPeriod"], head["RetentionLegalHoldCount"]) == (DAY, 0)
    assert refusal(cos.put_object, Bucket=protected, Key="k", Body=b"y") == (403, "AccessDenied")
    assert refusal(cos.delete_object, Bucket=protected, Key="k") == (403, "AccessDenied")
    errors = cos.delete_objects(Bucket=protected, Delete={"Objects": [{"Key": "k"}]})["Errors"]
    assert [item["Code"] for item in errors] == ["AccessDenied"]
    assert cos.get_object(Bucket=protected, Key="k")["Body"].read() == b"x"
    assert refusal(cos.put_object, Bucket=protected, Key="long", Body=b"x", RetentionPeriod=11 * DAY)[0] == 400
    cos.put_object(Bucket=protected, Key="short", Body=b"x", RetentionPeriod=1)
    assert refusal(cos.delete_object, Bucket=protected, Key="short") == (403, "AccessDenied")
    time.sleep(1.1)
    cos.delete_object(Bucket=protected, Key="short")


def test_retention_needs_a_policy(cos, bucket):
    assert refusal(cos.put_object, Bucket=bucket, Key="k", Body=b"x", RetentionPeriod=1)[0] == 400
    cos.put_object(Bucket=bucket, Key="k", Body=b"x")
    assert refusal(cos.list_legal_holds, Bucket=bucket, Key="k")[0] == 404
    assert refusal(cos.add_legal_hold, Bucket=bucket, Key="k", RetentionLegalHoldId="h")[0] == 400
    cos.put_object(Bucket=bucket, Key="k", Body=b"overwritten, as nothing holds it")


def test_legal_holds(cos, protected):
    cos.put_object(Bucket=protected, Key="k", Body=b"x", RetentionPeriod=0, RetentionLegalHoldId="first")
    named = {"Bucket": protected, "Key": "k"}
    cos.add_legal_hold(**named, RetentionLegalHoldId="second")
    assert refusal(cos.add_legal_hold, **named, RetentionLegalHoldId="second")[0] == 409
    assert refusal(cos.add_legal_hold, **named, RetentionLegalHoldId="no blanks")[0] == 400
    listed = cos.list_legal_holds(**named)
    assert [item["ID"] for item in listed["LegalHolds"]] == ["first", "second"] and listed["RetentionPeriod"] == 0
    for hold in ("first", "second"):
        assert refusal(cos.delete_object, **named) == (403, "AccessDenied")
        cos.delete_legal_hold(**named, RetentionLegalHoldId=hold)
    cos.delete_object(**named)


def test_extended_retention(cos, protected):
    cos.put_object(Bucket=protected, Key="k", Body=b"x", RetentionPeriod=1)
    named = {"Bucket": protected, "Key": "k"}
    cos.extend_object_retention(**named, NewRetentionPeriod=2 * DAY)
    assert cos.head_object(**named)["RetentionPeriod"] == 2 * DAY
    cos.extend_object_retention(**named, AdditionalRetentionPeriod=DAY)
    assert cos.head_object(**named)["RetentionPeriod"] == 3 * DAY
    assert refusal(cos.extend_object_retention, **named, NewRetentionPeriod=DAY)[0] == 400
    assert refusal(cos.extend_object_retention, **named, NewRetentionPeriod=11 * DAY)[0] == 400
    assert refusal(cos.extend_object_retention, **named, NewRetentionPeriod=4 * DAY, AdditionalRetentionPeriod=1)[0] == 400
    assert refusal(cos.extend_object_retention, **named)[0] == 400


def test_protected_uploads(cos, protected):
    begun = {"Bucket": protected, "Key": "k"}
    begun["UploadId"] = cos.create_multipart_upload(**begun)["UploadId"]
    part = cos.upload_part(**begun, PartNumber=1, Body=b"part")["ETag"]
    cos.complete_multipart_upload(**begun, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part}]}, RetentionPeriod=2 * DAY)
    assert cos.head_object(Bucket=protected, Key="k")["RetentionPeriod"] == 2 * DAY
    assert refusal(cos.delete_object, Bucket=protected, Key="k") == (403, "AccessDenied")


def test_protection_outlives_a_restart(tmp_path):
    store = StoreProcess(tmp_path, "--dialect", "cos")
    try:
        cos = hmac_client(store)
        cos.create_bucket(Bucket="kept")
        cos.put_bucket_protection_configuration(Bucket="kept", ProtectionConfiguration=policy(0, 1, 10))
        cos.put_object(Bucket="kept", Key="k", Body=b"x", RetentionLegalHoldId="hold")
        store.stop()
        store.start()
        cos = hmac_client(store)
        assert [item["ID"] for item in cos.list_legal_holds(Bucket="kept", Key="k")["LegalHolds"]] == ["hold"]
        assert refusal(cos.delete_object, Bucket="kept", Key="k") == (403, "AccessDenied")
    finally:
        store.stop()
