"""What windlass-store's dialects do that no vendor's SDK is needed for: signatures of boto3, IBM's tokens, appends, and listings that lag."""

import http.client
import json
import time
import urllib.parse
import uuid

import pytest

from store_server import ACCESS_KEY, SECRET_KEY, StoreProcess, code_of, error_code, resolve_localhost


def started(tmp_path_factory, *options):
    process = StoreProcess(tmp_path_factory.mktemp("dialect"), *options)
    yield process
    process.stop()


@pytest.fixture(scope="module")
def s3_store(tmp_path_factory):
    yield from started(tmp_path_factory)


@pytest.fixture(scope="module")
def cos_store(tmp_path_factory):
    yield from started(tmp_path_factory, "--dialect", "cos", "--metadata-port", 0)


@pytest.fixture(scope="module")
def oos_store(tmp_path_factory):
    yield from started(tmp_path_factory, "--dialect", "oos", "--region", "cn")


@pytest.fixture(scope="module")
def rgw_store(tmp_path_factory):
    yield from started(tmp_path_factory, "--append", "rgw")


@pytest.fixture(scope="module")
def express_store(tmp_path_factory):
    yield from started(tmp_path_factory, "--append", "offset")


def new_bucket(client, **options):
    name = "b-" + uuid.uuid4().hex[:12]
    client.create_bucket(Bucket=name, **options)
    return name


# Signatures


@pytest.mark.parametrize("addressing", ["path", "virtual"])
@pytest.mark.parametrize("signature", ["s3", "s3v4"])
def test_boto3_signatures(s3_store, monkeypatch, signature, addressing):
    resolve_localhost(monkeypatch)
    endpoint = f"http://s3.localhost:{s3_store.port}"
    options = {"signature_version": signature, "s3": {"addressing_style": addressing}}
    s3 = s3_store.client(endpoint, **options)
    bucket = new_bucket(s3)
    key = "dir/a b+c%ü~"
    s3.put_object(Bucket=bucket, Key=key, Body=b"hello", Metadata={"m": "v"}, ContentType="a/b")
    assert s3.get_object(Bucket=bucket, Key=key, ResponseContentType="c/d")["ContentType"] == "c/d"
    assert s3.head_object(Bucket=bucket, Key=key)["Metadata"] == {"m": "v"}
    assert [o["Key"] for o in s3.list_objects_v2(Bucket=bucket, Prefix="dir/a b")["Contents"]] == [key]
    s3.copy_object(Bucket=bucket, Key="copy", CopySource={"Bucket": bucket, "Key": key})
    upload = s3.create_multipart_upload(Bucket=bucket, Key="parts")["UploadId"]
    etag = s3.upload_part(Bucket=bucket, Key="parts", UploadId=upload, PartNumber=1, Body=b"x")["ETag"]
    s3.complete_multipart_upload(Bucket=bucket, Key="parts", UploadId=upload, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": etag}]})
    for key in (key, "copy", "parts"):
        s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key}]})
    s3.get_bucket_location(Bucket=bucket)
    s3.delete_bucket(Bucket=bucket)
    assert bucket not in [b["Name"] for b in s3.list_buckets()["Buckets"]]
    wrong = s3_store.client(endpoint, keys=(ACCESS_KEY, "wrong", None), **options)
    assert code_of(wrong.list_buckets) == "SignatureDoesNotMatch"
    nobody = s3_store.client(endpoint, keys=("NOBODY", SECRET_KEY, None), **options)
    assert code_of(nobody.list_buckets) == "InvalidAccessKeyId"
    token = s3_store.client(endpoint, keys=(ACCESS_KEY, SECRET_KEY, "unknown"), **options)
    assert code_of(token.list_buckets) == "InvalidToken"


@pytest.mark.parametrize("signature", ["s3", "s3v4"])
def test_presigned(s3_store, signature):
    s3 = s3_store.client(signature_version=signature)
    bucket = new_bucket(s3)
    s3.put_object(Bucket=bucket, Key="a b", Body=b"hello")

    def get(url):
        parts = urllib.parse.urlsplit(url)
        status, _, body = s3_store.raw("GET", parts.path, parts.query, sign=False)
        return status, body

    url = s3.generate_presigned_url("get_object", {"Bucket": bucket, "Key": "a b", "ResponseContentType": "x/y"}, ExpiresIn=60)
    assert get(url) == (200, b"hello")
    assert error_code(get(url.replace("x%2Fy", "x%2Fz"))[1]) == "SignatureDoesNotMatch"
    url = s3.generate_presigned_url("get_object", {"Bucket": bucket, "Key": "a b"}, ExpiresIn=1)
    time.sleep(2.1)
    assert error_code(get(url)[1]) == "AccessDenied"


@pytest.mark.parametrize("signature", ["s3", "s3v4"])
def test_skewed_clock(s3_store, signature):
    s3 = s3_store.client(signature_version=signature)
    s3_store.control("PUT", "faults", [{"fault": "clockSkew", "seconds": 1000, "times": 1}])
    assert code_of(s3.list_buckets) == "RequestTimeTooSkewed"
    s3_store.control("PUT", "faults", [{"fault": "clockSkew", "seconds": 800, "times": 1}])
    s3.list_buckets()


def test_dialects_refuse_what_they_do_not_know(s3_store, oos_store):
    for store in (s3_store, oos_store):
        for text in ("OBS key:signature", "Bearer token", "Basic eDp5"):
            status, _, body = store.raw("GET", "/", sign=False, headers={"Authorization": text})
            assert (status, error_code(body)) == (400, "InvalidArgument")


# IBM


def token_request(port, **form):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("POST", "/identity/token", urllib.parse.urlencode(form), {"Content-Type": "application/x-www-form-urlencoded"})
    answer = connection.getresponse()
    body = json.loads(answer.read())
    connection.close()
    return answer.status, body


API_KEY_GRANT = "urn:ibm:params:oauth:grant-type:apikey"


def bearer(store, method, path, token, query="", body=None, **headers):
    headers = {"Authorization": f"Bearer {token}", **{name.replace("_", "-"): value for name, value in headers.items()}}
    return store.raw(method, path, query, body=body, headers=headers, sign=False)


@pytest.fixture
def token(cos_store):
    status, answer = token_request(cos_store.port, grant_type=API_KEY_GRANT, response_type="cloud_iam", apikey=SECRET_KEY)
    assert status == 200 and answer["token_type"] == "Bearer" and answer["expires_in"] == 3600
    return answer["access_token"]


def test_ibm_tokens(cos_store, token):
    status, answer = token_request(cos_store.port, grant_type=API_KEY_GRANT, apikey="wrong")
    assert (status, answer["errorCode"]) == (400, "BXNIM0415E")
    _, first = token_request(cos_store.port, grant_type=API_KEY_GRANT, apikey=SECRET_KEY)
    status, second = token_request(cos_store.port, grant_type="refresh_token", refresh_token=first["refresh_token"])
    assert status == 200 and second["access_token"] != first["access_token"]
    instance = {"ibm_service_instance_id": "crn:v1:x::"}
    assert bearer(cos_store, "GET", "/", second["access_token"], **instance)[0] == 200
    status, headers, body = bearer(cos_store, "GET", "/", "wrong", **instance)
    assert (status, error_code(body)) == (403, "AccessDenied")
    assert b"<httpStatusCode>403</httpStatusCode>" in body and headers["x-clv-request-id"] == headers["x-amz-request-id"]


def test_ibm_tokens_end(cos_store):
    cos_store.control("PUT", "identity", {"lifetimeSeconds": 1})
    try:
        _, answer = token_request(cos_store.port, grant_type=API_KEY_GRANT, apikey=SECRET_KEY)
        assert answer["expires_in"] == 1
        query = {"query": "extended", "ibm_service_instance_id": "x"}
        assert bearer(cos_store, "GET", "/", answer["access_token"], **query)[0] == 200
        time.sleep(1.1)
        assert bearer(cos_store, "GET", "/", answer["access_token"], **query)[0] == 403
    finally:
        cos_store.control("PUT", "identity", {})
    _, answer = token_request(cos_store.port, grant_type=API_KEY_GRANT, apikey=SECRET_KEY)
    cos_store.control("POST", "identity/revoke")
    assert bearer(cos_store, "GET", "/", answer["access_token"], **query)[0] == 403


def test_ibm_buckets(cos_store, token):
    names = sorted("b-" + uuid.uuid4().hex[:12] for _ in range(3))
    body = b"<CreateBucketConfiguration><LocationConstraint>us-south-smart</LocationConstraint></CreateBucketConfiguration>"
    status, _, answer = bearer(cos_store, "PUT", "/" + names[0], token, body=body)
    assert (status, error_code(answer)) == (400, "InvalidRequest")
    for name in names:
        headers = {"ibm_service_instance_id": "crn:v1:x::", "ibm_sse_kp_encryption_algorithm": "AES256", "ibm_sse_kp_customer_root_key_crn": "crn:key"}
        assert bearer(cos_store, "PUT", "/" + name, token, body=body, **headers)[0] == 200
    status, headers, _ = bearer(cos_store, "HEAD", "/" + names[0], token)
    assert (status, headers["ibm-sse-kp-enabled"], headers["ibm-sse-kp-crk-id"]) == (200, "True", "crn:key")
    assert b">us-south-smart</LocationConstraint>" in bearer(cos_store, "GET", "/" + names[0], token, query="location")[2]
    assert bearer(cos_store, "GET", "/", token)[0] == 400
    found, marker = [], ""
    while True:
        _, _, page = bearer(cos_store, "GET", "/", token, query=f"extended&prefix=b-&max-keys=2&marker={marker}", ibm_service_instance_id="x")
        assert page.count(b"<LocationConstraint>") == page.count(b"<Name>")
        found += [part.split(b"</Name>")[0].decode() for part in page.split(b"<Name>")[1:]]
        if b"<IsTruncated>true" not in page:
            break
        marker = page.split(b"<NextMarker>")[1].split(b"<")[0].decode()
    assert set(names) <= set(found)
    s3 = cos_store.client()
    assert set(names) <= {b["Name"] for b in s3.list_buckets()["Buckets"]}
    chunked = b"5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n"
    framing = {"x_amz_decoded_content_length": "5", "x_amz_trailer": "x-amz-checksum-crc32", "Content_Encoding": "aws-chunked"}
    assert bearer(cos_store, "PUT", f"/{names[0]}/k", token, body=chunked, **framing)[0] == 200
    assert s3.get_object(Bucket=names[0], Key="k")["Body"].read() == b"hello"
    wrong = chunked.replace(b"hello", b"jello")
    assert error_code(bearer(cos_store, "PUT", f"/{names[0]}/k", token, body=wrong, **framing)[2]) == "BadDigest"


# Appends in the S3 dialect


def test_appends_are_refused_by_default(s3_store):
    bucket = new_bucket(s3_store.client())
    s3_store.raw("PUT", f"/{bucket}/k", body=b"one")
    for query, headers in (("append&position=3", {}), ("", {"x-amz-write-offset-bytes": "3"})):
        status, _, body = s3_store.raw("PUT", f"/{bucket}/k", query, body=b"two", headers=headers)
        assert (status, error_code(body)) == (501, "NotImplemented")
    assert s3_store.raw("GET", f"/{bucket}/k")[2] == b"one"


def test_rgw_append(rgw_store):
    s3 = rgw_store.client()
    bucket = new_bucket(s3)

    def append(key, position, data):
        return rgw_store.raw("PUT", f"/{bucket}/{key}", f"append&position={position}", body=data)

    assert append("log", 0, b"one")[1]["x-rgw-next-append-position"] == "3"
    status, headers, _ = append("log", 3, b"two")
    assert (status, headers["x-rgw-next-append-position"]) == (200, "6")
    headers = rgw_store.raw("HEAD", f"/{bucket}/log")[1]
    assert (headers["x-rgw-object-type"], headers["x-rgw-next-append-position"]) == ("Appendable", "6")
    assert headers["etag"].endswith('-2"') and rgw_store.raw("GET", f"/{bucket}/log")[2] == b"onetwo"
    for position in (0, 5, 7):
        status, _, body = append("log", position, b"x")
        assert (status, error_code(body)) == (409, "PositionNotEqualToLength")
    assert error_code(append("absent", 1, b"x")[2]) == "PositionNotEqualToLength"
    s3.put_object(Bucket=bucket, Key="plain", Body=b"abc")
    assert rgw_store.raw("HEAD", f"/{bucket}/plain")[1]["x-rgw-object-type"] == "Normal"
    status, _, body = append("plain", 3, b"x")
    assert (status, error_code(body)) == (409, "ObjectNotAppendable")
    assert error_code(rgw_store.raw("PUT", f"/{bucket}/log", "append", body=b"x")[2]) == "InvalidArgument"


def test_offset_append(express_store):
    s3 = express_store.client()
    bucket = new_bucket(s3)

    def append(key, position, data):
        return express_store.raw("PUT", f"/{bucket}/{key}", body=data, headers={"x-amz-write-offset-bytes": str(position)})

    s3.put_object(Bucket=bucket, Key="k", Body=b"one")
    status, headers, _ = append("k", 3, b"two")
    assert (status, headers["x-amz-object-size"]) == (200, "6")
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"onetwo"
    assert s3.head_object(Bucket=bucket, Key="k")["ETag"] == headers["etag"]
    for position in (0, 3, 7):
        status, _, body = append("k", position, b"x")
        assert (status, error_code(body)) == (400, "InvalidWriteOffset")
    assert append("new", 0, b"x")[0] == 200
    assert error_code(append("absent", 1, b"x")[2]) == "InvalidWriteOffset"
    assert error_code(append("k", "x", b"x")[2]) == "InvalidArgument"


# Listings that lag


def test_stale_listings(s3_store):
    s3 = s3_store.client()
    bucket = new_bucket(s3)

    def listed():
        return [o["Key"] for o in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]

    s3.put_object(Bucket=bucket, Key="old", Body=b"")
    try:
        s3_store.control("PUT", "faults", [{"fault": "staleListings", "writes": 2, "operations": ["ListObjectsV2"]}])
        assert listed() == ["old"]
        s3.put_object(Bucket=bucket, Key="new", Body=b"")
        s3.delete_object(Bucket=bucket, Key="old")
        assert listed() == ["old"]
        assert [o["Key"] for o in s3.list_objects(Bucket=bucket)["Contents"]] == ["new"]
        s3.put_object(Bucket=bucket, Key="x", Body=b"")
        assert listed() == ["new", "old"]
        s3_store.control("PUT", "faults", [{"fault": "staleListings", "milliseconds": 1500}])
        s3.put_object(Bucket=bucket, Key="y", Body=b"")
        assert "y" not in listed()
        time.sleep(1.6)
        assert listed() == ["new", "x", "y"]
        assert s3_store.control("GET", "faults")[0]["fault"] == "staleListings"
    finally:
        s3_store.control("DELETE", "faults")
    s3.put_object(Bucket=bucket, Key="z", Body=b"")
    assert listed() == ["new", "x", "y", "z"]


# Keys


def test_keys_can_be_replaced(tmp_path):
    store = StoreProcess(tmp_path)
    try:
        store.client().list_buckets()
        store.control("PUT", "keys", {"accessKey": "NEXT", "secretKey": "next-secret"})
        assert code_of(store.client().list_buckets) == "InvalidAccessKeyId"
        store.client(keys=("NEXT", "next-secret", None)).list_buckets()
    finally:
        store.stop()


@pytest.mark.parametrize("arguments", [["--dialect", "azure"], ["--append", "x"], ["--old-signatures"], ["--metadata-port", "-1"], ["--credential-lifetime", "0"]])
def test_bad_options(tmp_path, arguments):
    from test_store_process import run

    assert run(tmp_path, *arguments).returncode == 64
