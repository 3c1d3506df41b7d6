"""`windlass bucket` on object stores that nobody of this project wrote."""

import json
import uuid

import pytest

from bucket_settings import AMAZON
from mounts import windlass
from test_servers import endpoint_of, server  # noqa: F401 (a fixture)

# What each does not have; what it only shows; what it has but refuses; and what it tells in other words than those it was told: Ceph sorts grants, names the prefix of a rule twice
# and adds that deletes need no second factor.
NOT_OFFERED = {"ceph": {"website", "ownership", "encryption", "accelerate", "notification"}, "seaweedfs": {"public-access"}, "ministack": {"request-payment"}}
SHOWN_ONLY = {"ceph": {"replication", "logging"}, "seaweedfs": {"website", "replication", "accelerate", "logging", "notification"}, "ministack": set()}
REFUSED = {"ceph": set(), "seaweedfs": {"request-payment"}, "ministack": {"notification"}}
OTHERWISE = {"ceph": {"lifecycle", "versioning", "acl"}, "seaweedfs": set(), "ministack": set()}


class Foreign:
    def __init__(self, description, home, feature):
        self.endpoint, self.home, self.feature = endpoint_of(description), home, feature
        self.client = self.endpoint.client()
        self.name = f"windlass-{uuid.uuid4().hex[:12]}"
        options = {"object-lock": {"ObjectLockEnabledForBucket": True}, "acl": {"ObjectOwnership": "ObjectWriter"}}
        self.client.create_bucket(Bucket=self.name, **options.get(feature, {}))
        if feature == "replication":
            self.client.put_bucket_versioning(Bucket=self.name, VersioningConfiguration={"Status": "Enabled"})

    def run(self, verb, *arguments):
        return windlass(
            self.endpoint, self.home, "bucket", self.feature, verb, self.name, *arguments, "--endpoint", self.endpoint.url, "--region",
            self.endpoint.region, "--max-retries", "1")

    def document(self):
        """For a bucket of this name and an account of this server."""
        document = json.loads(json.dumps(AMAZON[self.feature].document).replace("arn:aws:s3:::b/", f"arn:aws:s3:::{self.name}/"))
        if self.feature == "tags":
            document["TagSet"][0]["Value"], document["TagSet"][1]["Key"] = "ab", "uber"
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
    document = bucket.document()
    (tmp_path / "document").write_text(json.dumps(document))
    before, done = bucket.run("get", "--json"), bucket.run("set", tmp_path / "document")
    # Whatever it made of the request, it did not take it for one on the bucket itself.
    bucket.client.head_bucket(Bucket=bucket.name)
    if feature in NOT_OFFERED[name]:
        assert (before.returncode, done.returncode) == (4, 4) and "does not offer" in before.stderr, (before, done)
    elif feature in REFUSED[name]:
        assert (before.returncode, done.returncode) == (0, 1), (before, done)
    elif feature in SHOWN_ONLY[name]:
        assert (before.returncode, done.returncode) == (0, 4), (before, done)
    else:
        assert (before.returncode, done.returncode) == (0, 0), (before, done)
        told = setting.get(bucket.client, bucket.name)
        assert (told == document) == (feature not in OTHERWISE[name]), told
        assert json.loads(bucket.run("get", "--json").stdout) == told


def test_storage_info_of_ceph(server, tmp_path):  # noqa: F811
    bucket = Foreign(server, tmp_path, "storage-info")
    bucket.client.put_object(Bucket=bucket.name, Key="k", Body=b"x" * 5000)
    done = bucket.run("get", "--json")
    if server["name"] == "ceph":
        assert json.loads(done.stdout) == {"Size": 5000, "ObjectNumber": 1}
    else:
        assert done.returncode == 4 and "does not tell" in done.stderr, done
