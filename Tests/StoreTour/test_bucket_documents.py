"""Documents that say how a bucket is set: kept as they come, refused where they are none, and there after a restart."""

import base64
import hashlib
import uuid

import pytest

from store_server import StoreProcess, error_code

ABSENT = {
    "s3": {
        "lifecycle": "NoSuchLifecycleConfiguration", "cors": "NoSuchCORSConfiguration", "website": "NoSuchWebsiteConfiguration",
        "policy": "NoSuchBucketPolicy", "encryption": "ServerSideEncryptionConfigurationNotFoundError",
        "replication": "ReplicationConfigurationNotFoundError", "publicAccessBlock": "NoSuchPublicAccessBlockConfiguration",
        "ownershipControls": "OwnershipControlsNotFoundError", "inventory&id=x": "NoSuchConfiguration", "policyStatus": "NoSuchBucketPolicy",
        "logging": None, "notification": None, "accelerate": None, "inventory": None},
    "cos": {
        "lifecycle": "NoSuchLifecycleConfiguration", "cors": "NoSuchCORSConfiguration", "website": "NoSuchWebsiteConfiguration",
        "replication": "ReplicationConfigurationNotFoundError", "publicAccessBlock": "NoSuchPublicAccessBlockConfiguration",
        "policy": "NotImplemented", "notification": "NotImplemented", "encryption": "NotImplemented"},
    "oos": {
        "lifecycle": "NoSuchLifecycleConfiguration", "cors": "NoSuchCORSConfiguration", "website": "NoSuchWebsiteConfiguration",
        "policy": "NoSuchPolicy", "trigger": "NoSuchTrigger", "logging": None, "accelerate": None, "encryption": "MethodNotAllowed"},
}


@pytest.fixture(scope="module", params=ABSENT)
def place(request, tmp_path_factory):
    """A store in one dialect, and a bucket."""
    process = StoreProcess(tmp_path_factory.mktemp(request.param), "--dialect", request.param)
    name = "b-" + uuid.uuid4().hex[:12]
    process.client().create_bucket(Bucket=name)
    yield process, name, request.param
    process.stop()


def ask(place, method, resource, body=None, digest=True):
    process, bucket, _ = place
    headers = {"Content-MD5": base64.b64encode(hashlib.md5(body).digest()).decode()} if digest and body is not None else {}
    # Version 4 signs `name=` where there is no value.
    query = "&".join(part if "=" in part else part + "=" for part in resource.split("&"))
    status, _, answer = process.raw(method, f"/{bucket}", query, body=body, headers=headers)
    return status, answer


def test_what_was_never_set(place):
    for resource, code in ABSENT[place[2]].items():
        status, body = ask(place, "GET", resource)
        assert error_code(body) == code, (resource, status, body)
        assert status == (200 if code is None else {"NotImplemented": 501, "MethodNotAllowed": 405}.get(code, 404)), (resource, status)


def test_kept_as_it_came_and_removed(place):
    document = b"<?xml version='1.0'?>\n<CORSConfiguration><!-- ours --><CORSRule><AllowedMethod>GET</AllowedMethod></CORSRule></CORSConfiguration>\n"
    assert ask(place, "PUT", "cors", document) == (200, b"")
    assert ask(place, "GET", "cors") == (200, document)
    place[0].stop()
    place[0].start()
    assert ask(place, "GET", "cors") == (200, document)
    assert ask(place, "DELETE", "cors") == (204, b"")
    assert ask(place, "DELETE", "cors") == (204, b"")
    assert error_code(ask(place, "GET", "cors")[1]) == "NoSuchCORSConfiguration"


@pytest.mark.parametrize("body", [b"", b"<CORSConfiguration>", b"<Other/>", b"{}", b"<!DOCTYPE a><CORSConfiguration/>"])
def test_what_is_no_such_document_is_refused(place, body):
    status, answer = ask(place, "PUT", "cors", body)
    assert (status, error_code(answer)) == (400, "MalformedXML")


def test_what_must_carry_a_digest(place):
    status, answer = ask(place, "PUT", "lifecycle", b"<LifecycleConfiguration><Rule/></LifecycleConfiguration>", digest=False)
    assert (status, error_code(answer)) == (400, "InvalidRequest")


def test_policies(place):
    if place[2] == "cos":
        return
    for body in (b"", b"[]", b"{}", b"not JSON", b'{"Statement": [], "x": "' + b"y" * 20480 + b'"}'):
        status, answer = ask(place, "PUT", "policy", body)
        assert (status, error_code(answer)) == (400, "InvalidPolicyDocument" if place[2] == "oos" else "MalformedPolicy"), body[:30]
    assert ask(place, "PUT", "policy", b'{"Statement": []}')[0] == 204
    assert ask(place, "GET", "policy") == (200, b'{"Statement": []}')
    assert ask(place, "DELETE", "policy")[0] == 204


def test_what_is_changed_and_never_removed(place):
    resource = "versioning" if place[2] == "cos" else "logging"
    assert ask(place, "DELETE", resource)[0] == 405
    assert ask(place, "GET", "location")[0] == 200


def test_the_status_of_a_policy(place):
    if place[2] != "s3":
        return
    for statement, is_public in [
            ('"Effect": "Allow", "Principal": "*"', b"true"), ('"Effect": "Deny", "Principal": "*"', b"false"),
            ('"Effect": "Allow", "Principal": {"AWS": ["a", "*"]}', b"true"), ('"Effect": "Allow", "Principal": {"AWS": "a"}', b"false"),
            ('"Effect": "Allow", "Principal": "*", "Condition": {}', b"false")]:
        ask(place, "PUT", "policy", b'{"Statement": [{' + statement.encode() + b"}]}")
        assert b"<IsPublic>" + is_public + b"</IsPublic>" in ask(place, "GET", "policyStatus")[1], statement
    ask(place, "DELETE", "policy")
