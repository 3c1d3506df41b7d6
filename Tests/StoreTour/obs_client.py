"""Huawei's SDK on windlass-store, in every signature that it knows."""

import uuid

import obs
from store_server import ACCESS_KEY, SECRET_KEY

MODES = {
    "obs": {},
    "v2": {"signature": "v2", "is_signature_negotiation": False},
    "v4": {"signature": "v4", "is_signature_negotiation": False},
    "v2 path": {"signature": "v2", "path_style": True},
    "v4 path": {"signature": "v4", "path_style": True},
}


def connect(store, mode, access_key=ACCESS_KEY, secret_key=SECRET_KEY, **options):
    host = "127.0.0.1" if mode.endswith("path") else "obs.localhost"
    return obs.ObsClient(
        access_key_id=access_key, secret_access_key=secret_key, server=f"http://{host}:{store.port}", max_retry_count=0, timeout=20,
        **MODES[mode], **options)


def make_bucket(client, **options):
    name = "b-" + uuid.uuid4().hex[:12]
    good(client.createBucket(name, **options))
    return name


def good(answer):
    assert answer.status < 300, (answer.status, answer.errorCode, answer.errorMessage)
    return answer


def refusal(answer):
    return answer.status, answer.errorCode


def headers(answer):
    return {name.lower(): value for name, value in answer.header}


def read(client, bucket, key, **options):
    return good(client.getObject(bucket, key, loadStreamInMemory=True, **options)).body.buffer


def append(client, bucket, key, position, data, **metadata):
    content = obs.AppendObjectContent(content=data, position=position)
    return client.appendObject(bucket, key, content, metadata=metadata or None)
