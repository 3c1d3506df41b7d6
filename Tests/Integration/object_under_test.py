"""Objects in each dialect: the vendor's client and `windlass object` on them."""

import http.client
import json
import urllib.parse

import pytest

from bucket_under_test import FORMS, Bucket, names, stores  # noqa: F401 (fixtures)
from deadlines import run
from mounts import WINDLASS



class Objects(Bucket):
    """A new bucket, the vendor's client, and the commands on its objects."""

    def __init__(self, form, store, home, *options, versioned=False):
        super().__init__(form, store, home, *options)
        self.vendor = form.connect(store.endpoint, store.endpoint.url.rsplit(":", 1)[1])
        if versioned:
            self.run("versioning", "set", self.name, "--value", "Enabled")

    def address(self, key=""):
        return f"{self.form.dialect}://{self.name}/{key}"

    def command(self, *words, status=0, text=None, environment=None):
        """Output of `windlass WORDS`; what is a `K:` word stands for a key of the bucket."""
        words = [self.address(word[2:]) if str(word).startswith("K:") else word for word in words]
        stdin = {}
        if text is not None:
            path = self.home / "input"
            path.write_text(text)
            stdin = {"stdin": path.open()}
        done = run(
            [WINDLASS, *words, "--endpoint", self.endpoint.url, "--max-retries", "1"], check=False, timeout=60,
            env=self.endpoint.environment(self.home) | (environment or {}), **stdin)
        assert done.returncode == status, (words, done.returncode, done.stdout, done.stderr)
        if status:
            assert len(done.stderr.splitlines()) == 1, done.stderr
        return done.stderr if status else done.stdout

    def object(self, *words, **named):
        return self.command("object", *words, **named)

    def lines(self, *words):
        return [json.loads(line) for line in self.object(*words, "--json").splitlines()]

    def head(self, key, *options):
        return json.loads(self.object("stat", "K:" + key, "--json", *options))

    def metadata(self, key):
        """As the vendor's client tells it; Huawei's tells it among the headers, without a prefix."""
        if self.form.dialect != "obs":
            return self.vendor.metadata(self.name, key)
        headers = self.vendor.good(self.client.getObjectMetadata(self.name, key)).header
        return {name: value for name, value in headers if name in ("team", "size", "a", "b", "by")}

    @property
    def prefix(self):
        return "x-obs-" if self.form.name == "obs" else "x-amz-"


def fetch(url, method="GET", body=None, headers=None):
    """Status and body of a request that carries nothing but what is given; where it is sent to is not gone to."""
    place = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(place.hostname, place.port, timeout=20)
    try:
        connection.request(method, urllib.parse.urlunsplit(("", "", place.path, place.query, "")), body, headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


@pytest.fixture
def make(stores, tmp_path):
    return lambda form, *options, **named: Objects(FORMS[form], stores(FORMS[form].dialect), tmp_path, *options, **named)
