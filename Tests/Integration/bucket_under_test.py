"""A bucket in each dialect: the vendor's client and `windlass bucket` on it."""

import base64
import hashlib
import json
import uuid
from dataclasses import dataclass, replace
from typing import Any

import pytest

import vendors
from bucket_settings import AMAZON, CTYUN, IBM, huawei_settings
from deadlines import run
from mounts import WINDLASS, windlass
from stores import Store


@dataclass(frozen=True)
class Form:
    """One way to speak to a store."""

    name: str
    dialect: str
    settings: dict
    connect: Any
    host: str = "127.0.0.1"


def ctyun(endpoint, port):
    """OOS wants an MD5 where boto3 sends a newer checksum, which OOS does not know."""
    amazon = vendors.boto(endpoint, port)

    def add_digest(params, **_):
        params["headers"]["Content-MD5"] = base64.b64encode(hashlib.md5(params["body"]).digest()).decode()

    amazon.client.meta.events.register("before-call.s3.PutBucketLifecycleConfiguration", add_digest)
    return amazon


FORMS = {form.name: form for form in [
    Form("s3", "s3", AMAZON, vendors.boto),
    Form("cos", "cos", IBM, vendors.ibm),
    Form("oos", "oos", CTYUN, ctyun),
    Form("obs", "obs", huawei_settings(native=True), lambda e, p: vendors.Huawei(e, p, "obs.localhost"), "obs.localhost"),
    Form("obs-v2", "obs", huawei_settings(native=False), lambda e, p: vendors.Huawei(e, p, path_style=True, signature="v2")),
]}
TABLE = [line.split() for line in run([WINDLASS, "bucket", "features"], timeout=20).stdout.splitlines()]
FAMILIES = [name.lower() for name in TABLE[0][1:5]]


@pytest.fixture(autouse=True)
def names():
    with vendors.names_below_localhost():
        yield


@pytest.fixture(scope="module")
def stores(tmp_path_factory):
    """A store for each dialect, started when it is first needed."""
    started = {}

    def get(dialect):
        if dialect not in started:
            home = tmp_path_factory.mktemp(dialect)
            (home / "data").mkdir()
            started[dialect] = Store(home / "data", home, "--dialect", dialect).start()
        return started[dialect]

    yield get
    for store in started.values():
        store.stop()


class Bucket:
    """A new bucket, the vendor's client, and the command on it."""

    def __init__(self, form, store, home, *options):
        self.form, self.store, self.home = form, store, home
        self.name = f"b-{uuid.uuid4().hex[:10]}"
        port = store.endpoint.url.rsplit(":", 1)[1]
        self.endpoint = replace(store.endpoint, url=f"http://{form.host}:{port}")
        self.client = form.connect(store.endpoint, port).client
        self.run("create", self.name, *options)

    def run(self, *arguments, text=None, status=0):
        """The command's output; `status` is what it must end with."""
        file = []
        if text is not None:
            path = self.home / f"document-{uuid.uuid4().hex[:6]}"
            path.write_text(text)
            file = [path]
        done = windlass(
            self.endpoint, self.home, "bucket", *arguments, *file, "--endpoint", self.endpoint.url, "--dialect", self.form.dialect,
            "--max-retries", "0")
        assert done.returncode == status, (arguments, done.returncode, done.stdout, done.stderr)
        if status:
            assert len(done.stderr.splitlines()) == 1, done.stderr
        return done.stderr if status else done.stdout

    def get(self, feature):
        return json.loads(self.run(feature, "get", self.name, "--json"))

    def set(self, feature, document, *options):
        return self.run(feature, "set", self.name, *options, text=document if isinstance(document, str) else json.dumps(document))


@pytest.fixture
def make(stores, tmp_path):
    return lambda form, *options: Bucket(FORMS[form], stores(FORMS[form].dialect), tmp_path, *options)
