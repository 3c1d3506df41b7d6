"""A mount in each dialect with each signature, seen by the vendor's own client."""

import os
import stat
import uuid
from dataclasses import dataclass, replace

import pytest

import identities
import vendors
from mounts import Mount
from test_credentials import wrong_clock  # noqa: F401, a fixture

LARGE = os.urandom(20 << 20)


@dataclass(frozen=True)
class Form:
    """A dialect, and one way to speak it: how the mount does, and how the vendor's client does."""

    name: str
    dialect: str
    options: tuple
    client: callable
    addressing: str = "path"
    host: str = "127.0.0.1"
    has_token: bool = False

    def __str__(self):
        return self.name


FORMS = [
    Form("s3 v4", "s3", (), vendors.boto),
    Form("s3 v4 virtual", "s3", (), lambda e, p: vendors.boto(e, p, host="s3.localhost", style="virtual"), "virtual", "s3.localhost"),
    Form("s3 v2", "s3", ("--signature", "v2"), lambda e, p: vendors.boto(e, p, "s3")),
    Form("obs", "obs", (), lambda e, p: vendors.Huawei(e, p, "obs.localhost"), "auto", "obs.localhost"),
    Form("obs path", "obs", ("--signature", "obs"), lambda e, p: vendors.Huawei(e, p, path_style=True, signature="v2")),
    Form("obs v2", "obs", (), lambda e, p: vendors.Huawei(e, p, path_style=True, signature="v2"), "auto"),
    Form("obs v4", "obs", ("--signature", "v4"), lambda e, p: vendors.Huawei(e, p, path_style=True, signature="v4")),
    Form(
        "obs parallel file system", "obs", (), lambda e, p: vendors.Huawei(e, p, "obs.localhost", is_tree=True), "auto", "obs.localhost"),
    Form("cos hmac", "cos", (), vendors.ibm),
    Form("cos hmac v2", "cos", ("--signature", "v2"), lambda e, p: vendors.ibm(e, p, "s3")),
    Form("cos api key", "cos", (), None, has_token=True),
    Form("oos v2", "oos", (), lambda e, p: vendors.boto(e, p, "s3")),
    Form("oos v4", "oos", ("--signature", "v4"), vendors.boto),
]


@pytest.fixture(scope="module")
def dialect_stores(tmp_path_factory):
    """A store for each dialect, started when it is first needed."""
    started = {}

    def get(dialect):
        if dialect not in started:
            home = tmp_path_factory.mktemp(dialect)
            (home / "data").mkdir()
            started[dialect] = identities.IssuingStore(home / "data", home, dialect).start()
        return started[dialect]

    with vendors.names_below_localhost():
        yield get
    for store in started.values():
        store.stop()


class Place:
    """A bucket, the vendor's client for it, and a mount of it."""

    def __init__(self, form, store, folder):
        self.bucket = f"bucket-{uuid.uuid4().hex[:12]}"
        self.client = form.client(store.endpoint, store.port) if form.client else vendors.ibm_token(store.services, store.port)
        self.client.make_bucket(self.bucket)
        endpoint = replace(store.endpoint, url=f"http://{form.host}:{store.port}")
        self.mount = Mount(endpoint, self.bucket, folder, "--dialect", form.dialect, *form.options)
        self.mount.addressing = form.addressing
        keys = {"OBS_ACCESS_KEY_ID": endpoint.access_key, "OBS_SECRET_ACCESS_KEY": endpoint.secret_key} if form.dialect == "obs" else {}
        self.mount.environment |= keys
        if form.has_token:
            for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
                del self.mount.environment[name]
            self.mount.environment |= {
                "IBM_API_KEY_ID": identities.API_KEY, "IBM_SERVICE_INSTANCE_ID": "crn:v1:instance", "IBM_AUTH_ENDPOINT": store.services}


@pytest.fixture
def place(request, dialect_stores, tmp_path):
    made = Place(request.param, dialect_stores(request.param.dialect), tmp_path)
    yield made
    made.mount.stop()


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("place", FORMS, indirect=True, ids=str)
def test_a_round_trip(place):
    mnt, client, bucket = place.mount.start().path, place.client, place.bucket
    (mnt / "small").write_bytes(b"small")
    (mnt / "deep" / "er").mkdir(parents=True)
    (mnt / "deep" / "er" / "large +1%41").write_bytes(LARGE)
    (mnt / "script").write_bytes(b"#!/bin/sh\n")
    (mnt / "script").chmod(0o750)
    (mnt / "deep").chmod(0o711)
    (mnt / "going").write_bytes(b"x")

    assert client.get(bucket, "small") == b"small"
    assert client.get(bucket, "deep/er/large +1%41") == LARGE
    client.put(bucket, "deep/theirs", b"written by the vendor's client")

    (mnt / "going").unlink()
    os.rename(mnt / "small", mnt / "deep" / "sm\u00e4ll")
    os.rename(mnt / "deep" / "er" / "large +1%41", mnt / "large")
    os.rename(mnt / "deep" / "er", mnt / "er")
    assert client.get(bucket, "deep/sm\u00e4ll") == b"small"
    assert client.get(bucket, "large") == LARGE
    assert not {"small", "going", "deep/er/large +1%41", "deep/er/"} & set(client.keys(bucket))

    mnt = place.mount.remount().path
    assert sorted(os.listdir(mnt)) == ["deep", "er", "large", "script"]
    assert sorted(os.listdir(mnt / "deep")) == ["sm\u00e4ll", "theirs"]
    assert (mnt / "deep" / "theirs").read_bytes() == b"written by the vendor's client"
    assert (mnt / "large").read_bytes() == LARGE
    assert (mode(mnt / "script"), mode(mnt / "deep")) == (0o750, 0o711)
    with open(mnt / "script", "ab") as script:
        script.write(b"true\n")
    assert client.get(bucket, "script") == b"#!/bin/sh\ntrue\n"
    assert mode(mnt / "script") == 0o750
    (mnt / "er").rmdir()
    (mnt / "large").unlink()
    assert set(client.keys(bucket)) >= {"deep/sm\u00e4ll", "deep/theirs", "script"} and "large" not in client.keys(bucket)


@pytest.mark.parametrize("minutes", [20, -20])
@pytest.mark.parametrize("form", FORMS, ids=str)
def test_a_clock_that_is_twenty_minutes_off(form, minutes, dialect_stores, wrong_clock, tmp_path):  # noqa: F811
    place = Place(form, dialect_stores(form.dialect), tmp_path)
    place.mount.environment |= {"LD_PRELOAD": str(wrong_clock), "CLOCK_OFFSET": str(minutes * 60)}
    mnt = place.mount.start().path
    try:
        (mnt / "a").write_bytes(b"1")
        place.client.put(place.bucket, "b", b"2")
        assert (mnt / "b").read_bytes() == b"2"
        os.rename(mnt / "a", mnt / "c")
    finally:
        place.mount.stop()
    assert place.client.get(place.bucket, "c") == b"1"
    # A token says itself when it was issued, and nothing of the moment of a request.
    assert ("clock differs" in place.mount.text()) == (not form.has_token), place.mount.text()[-2000:]
