"""The metadata and token services of the clouds in windlass-store: what they give out, the store accepts until it ends."""

import datetime
import http.client
import json
import time
import urllib.parse

import boto3
import pytest

import obs
from store_server import ACCESS_KEY, REGION, SECRET_KEY, StoreProcess, code_of

IDENTITY = "windlass-identity"


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    process = StoreProcess(tmp_path_factory.mktemp("identity"), "--metadata-port", 0)
    yield process
    process.stop()


@pytest.fixture(autouse=True)
def usual(store):
    yield
    store.control("PUT", "identity", {})


def ask(store, method, path, body=None, **headers):
    address = urllib.parse.urlsplit(store.metadata)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=20)
    connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    data = answer.read()
    connection.close()
    return answer.status, {n.lower(): v for n, v in answer.getheaders()}, data


def accepts(store, access, secret, token):
    """The store takes the keys with their token, and not without it."""
    store.client(keys=(access, secret, token)).list_buckets()
    store.client(keys=(access, secret, token), signature_version="s3").list_buckets()
    assert code_of(store.client(keys=(access, secret, None)).list_buckets) == "InvalidAccessKeyId"
    assert code_of(store.client(keys=(access, secret, token + "x")).list_buckets) == "InvalidToken"


def test_instance_metadata(store):
    base = "/latest/meta-data/iam/security-credentials/"
    status, _, token = ask(store, "PUT", "/latest/api/token", X_aws_ec2_metadata_token_ttl_seconds="60")
    assert status == 200
    session = {"X_aws_ec2_metadata_token": token.decode()}
    role = ask(store, "GET", base, **session)[2].decode()
    keys = json.loads(ask(store, "GET", base + role, **session)[2])
    assert keys["Code"] == "Success"
    accepts(store, keys["AccessKeyId"], keys["SecretAccessKey"], keys["Token"])
    assert ask(store, "GET", base)[0] == 200
    assert ask(store, "GET", base, X_aws_ec2_metadata_token="wrong")[0] == 401
    assert ask(store, "PUT", "/latest/api/token")[0] == 400
    store.control("PUT", "identity", {"sessionTokens": "required"})
    assert ask(store, "GET", base)[0] == 401
    store.control("PUT", "identity", {"sessionTokens": "none"})
    assert ask(store, "PUT", "/latest/api/token", X_aws_ec2_metadata_token_ttl_seconds="60")[0] == 404
    store.control("PUT", "identity", {"failureStatus": 503})
    assert ask(store, "GET", base)[0] == 503


def test_botocore_takes_instance_keys(store, monkeypatch):
    monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", store.metadata)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    session = boto3.Session(region_name=REGION)
    assert session.get_credentials().method == "iam-role"
    session.client("s3", endpoint_url=store.endpoint).list_buckets()


def test_container(store, monkeypatch):
    keys = json.loads(ask(store, "GET", "/ecs/credentials", Authorization=IDENTITY)[2])
    accepts(store, keys["AccessKeyId"], keys["SecretAccessKey"], keys["Token"])
    assert ask(store, "GET", "/ecs/credentials", Authorization="wrong")[0] == 403
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", store.metadata + "/ecs/credentials")
    monkeypatch.setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", IDENTITY)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    session = boto3.Session(region_name=REGION)
    assert session.get_credentials().method == "container-role"
    session.client("s3", endpoint_url=store.endpoint).list_buckets()


def sts(store, keys=(ACCESS_KEY, SECRET_KEY)):
    return boto3.client("sts", endpoint_url=store.metadata, region_name=REGION, aws_access_key_id=keys[0], aws_secret_access_key=keys[1])


def test_security_tokens(store):
    client = sts(store)
    for answer in (
        client.assume_role(RoleArn="arn:aws:iam::000000000000:role/r", RoleSessionName="session"),
        client.assume_role_with_web_identity(RoleArn="arn:aws:iam::000000000000:role/r", RoleSessionName="session", WebIdentityToken=IDENTITY),
    ):
        keys = answer["Credentials"]
        assert keys["Expiration"] > datetime.datetime.now(datetime.timezone.utc)
        accepts(store, keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])
    named = {"RoleArn": "arn:aws:iam::000000000000:role/r", "RoleSessionName": "session"}
    assert code_of(sts(store, (ACCESS_KEY, "wrong")).assume_role, **named) == "AccessDenied"
    assert code_of(client.assume_role_with_web_identity, **named, WebIdentityToken="wrong") == "InvalidIdentityToken"


def test_agency(store):
    path = "/openstack/latest/securitykey"
    for ttl, header in (("X_securitykey_Token_Ttl_Seconds", "X_securitykey_Token"), ("X_Metadata_Token_Ttl_Seconds", "X_Metadata_Token")):
        status, _, token = ask(store, "PUT", "/meta-data/latest/api/token", **{ttl: "21600"})
        assert status == 200
        keys = json.loads(ask(store, "GET", path, **{header: token.decode()})[2])["credential"]
        datetime.datetime.strptime(keys["expires_at"], "%Y-%m-%dT%H:%M:%S.%fZ")
        accepts(store, keys["access"], keys["secret"], keys["securitytoken"])
        assert ask(store, "GET", path, **{header: "wrong"})[0] == 401
    store.control("PUT", "identity", {"sessionTokens": "none"})
    assert ask(store, "PUT", "/meta-data/latest/api/token", X_securitykey_Token_Ttl_Seconds="21600")[0] == 404
    assert "credential" in json.loads(ask(store, "GET", path)[2])


def test_identity_of_huawei(store):
    def first(token):
        body = json.dumps({"auth": {"id_token": {"id": token}}})
        return ask(store, "POST", "/v3.0/OS-AUTH/id-token/tokens", body, X_Idp_Id="idp")

    def second(token, seconds=900):
        body = json.dumps({"auth": {"identity": {"methods": ["token"], "token": {"duration_seconds": seconds}}}})
        return ask(store, "POST", "/v3.0/OS-CREDENTIAL/securitytokens", body, X_Auth_Token=token)

    status, headers, _ = first(IDENTITY)
    assert status == 201
    status, _, body = second(headers["x-subject-token"])
    keys = json.loads(body)["credential"]
    accepts(store, keys["access"], keys["secret"], keys["securitytoken"])
    left = datetime.datetime.fromisoformat(keys["expires_at"].replace("Z", "+00:00")) - datetime.datetime.now(datetime.timezone.utc)
    assert 890 < left.total_seconds() <= 900
    assert first("wrong")[0] == 401 and second("wrong")[0] == 401 and second(headers["x-subject-token"], 5)[0] == 400


def test_keys_end_and_can_be_revoked(store):
    store.control("PUT", "identity", {"lifetimeSeconds": 1})
    keys = json.loads(ask(store, "GET", "/ecs/credentials")[2])
    client = store.client(keys=(keys["AccessKeyId"], keys["SecretAccessKey"], keys["Token"]))
    client.list_buckets()
    time.sleep(1.1)
    assert code_of(client.list_buckets) == "ExpiredToken"
    store.control("PUT", "identity", {})
    before = store.control("GET", "identity")["issued"]
    keys = json.loads(ask(store, "GET", "/ecs/credentials")[2])
    assert store.control("GET", "identity")["issued"] == before + 1
    client = store.client(keys=(keys["AccessKeyId"], keys["SecretAccessKey"], keys["Token"]))
    client.list_buckets()
    store.control("POST", "identity/revoke")
    assert code_of(client.list_buckets) == "InvalidAccessKeyId"


def test_obs_takes_issued_keys(tmp_path):
    store = StoreProcess(tmp_path, "--dialect", "obs", "--metadata-port", 0, "--credential-lifetime", 2)
    try:
        keys = json.loads(ask(store, "GET", "/openstack/latest/securitykey")[2])["credential"]

        def client(signature, token):
            return obs.ObsClient(
                access_key_id=keys["access"], secret_access_key=keys["secret"], security_token=token, signature=signature, max_retry_count=0,
                server=f"http://127.0.0.1:{store.port}")

        for signature in ("v2", "v4"):
            assert client(signature, keys["securitytoken"]).listBuckets().status == 200
            assert client(signature, None).listBuckets().errorCode == "InvalidAccessKeyId"
        time.sleep(2.1)
        assert client("v2", keys["securitytoken"]).listBuckets().errorCode == "InvalidAccessKeyId"
    finally:
        store.stop()


def test_nothing_else_is_there(store):
    assert ask(store, "GET", "/")[0] == 404
    assert ask(store, "GET", "/_store/counters")[0] == 404
    assert store.raw("GET", "/latest/meta-data/iam/security-credentials/", sign=False)[0] in (403, 404)
