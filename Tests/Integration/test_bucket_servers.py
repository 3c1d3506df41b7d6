"""`windlass bucket` on object stores that nobody of this project wrote."""

import json
import uuid

import pytest

from bucket_settings import AMAZON
from mounts import windlass
from test_servers import endpoint_of, server  # noqa: F401 (a fixture)

# What each does not have, and what it has but otherwise than Amazon says: it takes the document and tells another, or refuses it.
NOT_OFFERED = {"ceph": set(), "seaweedfs": set(), "ministack": set()}
OTHERWISE = {"ceph": set(), "seaweedfs": set(), "ministack": set()}


class Foreign:
    def __init__(self, description, home, feature):
        self.endpoint, self.home, self.feature = endpoint_of(description), home, feature
        self.client = self.endpoint.client()
        self.name = f"windlass-{uuid.uuid4().hex[:12]}"
        self.client.create_bucket(Bucket=self.name, **({"ObjectLockEnabledForBucket": True} if feature == "object-lock" else {}))

    def run(self, verb, *arguments):
        return windlass(
            self.endpoint, self.home, "bucket", self.feature, verb, self.name, *arguments, "--endpoint", self.endpoint.url, "--region",
            self.endpoint.region, "--max-retries", "1")

    def document(self):
        """For a bucket of this name and an account of this server."""
        document = json.loads(json.dumps(AMAZON[self.feature].document).replace("arn:aws:s3:::b/", f"arn:aws:s3:::{self.name}/"))
        if self.feature == "acl":
            owner = self.client.get_bucket_acl(Bucket=self.name)["Owner"]
            document["Owner"] = owner
            document["Grants"][0]["Grantee"] |= owner
        if self.feature == "logging":
            document["LoggingEnabled"] = {"TargetBucket": self.name, "TargetPrefix": "p/"}
        return document


@pytest.mark.parametrize("feature", AMAZON)
def test_what_it_offers_is_set_and_read(server, tmp_path, feature):  # noqa: F811
    bucket, setting, name = Foreign(server, tmp_path, feature), AMAZON[feature], server["name"]
    before = bucket.run("get", "--json")
    if feature in NOT_OFFERED[name]:
        assert before.returncode == 4 and "does not offer" in before.stderr, (before, "it is offered after all")
        assert bucket.run("set", "/dev/null" if setting.argument == "Policy" else "--value=Enabled").returncode in (2, 4)
        bucket.client.head_bucket(Bucket=bucket.name)
        return
    assert before.returncode == 0, before
    document = bucket.document()
    (tmp_path / "document").write_text(json.dumps(document))
    done = bucket.run("set", tmp_path / "document")
    if feature in OTHERWISE[name]:
        assert done.returncode != 0 or setting.get(bucket.client, bucket.name) != document
    else:
        assert done.returncode == 0, done
        assert setting.get(bucket.client, bucket.name) == document
        assert json.loads(bucket.run("get", "--json").stdout) == document
    bucket.client.head_bucket(Bucket=bucket.name)


def test_storage_info_of_ceph(server, tmp_path):  # noqa: F811
    bucket = Foreign(server, tmp_path, "storage-info")
    bucket.client.put_object(Bucket=bucket.name, Key="k", Body=b"x" * 5000)
    done = bucket.run("get", "--json")
    if server["name"] == "ceph":
        assert json.loads(done.stdout) == {"Size": 5000, "ObjectNumber": 1}
    else:
        assert done.returncode == 4 and "does not tell" in done.stderr, done
