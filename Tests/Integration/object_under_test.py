"""Objects in each dialect: the vendor's client and `windlass object` on them."""

import json
import urllib.error
import urllib.request

import pytest

from bucket_under_test import FORMS, Bucket, names, stores  # noqa: F401 (fixtures)
from deadlines import run
from mounts import WINDLASS



class _Staying(urllib.request.HTTPRedirectHandler):
    """Where an answer sends us is not gone to."""

    def redirect_request(self, *_):
        return None


_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}), _Staying)


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

    @property
    def prefix(self):
        return "x-obs-" if self.form.name == "obs" else "x-amz-"


def fetch(url, method="GET", body=None, headers=None):
    """Status and body of a request that carries nothing but what is given."""
    request = urllib.request.Request(url, data=body, method=method, headers=headers or {})
    try:
        with _direct.open(request, timeout=20) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


@pytest.fixture
def make(stores, tmp_path):
    return lambda form, *options, **named: Objects(FORMS[form], stores(FORMS[form].dialect), tmp_path, *options, **named)
