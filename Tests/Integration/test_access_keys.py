"""`windlass access-key`: keys that an account of OOS makes for itself."""

import json
import os

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from bucket_under_test import names, stores  # noqa: F401 (fixtures)
from object_under_test import make  # noqa: F401 (fixture)

V2 = ("--signature", "v2")


@pytest.fixture
def account(make):
    """A bucket, and the commands on its account's keys; what they make is deleted again."""
    bucket = make("oos")

    def command(*words, **named):
        return bucket.command(
            "access-key", *words, "--dialect", "oos", environment={"OOS_IAM_ENDPOINT": bucket.store.endpoint.url}, **named)

    bucket.keys = command
    yield bucket
    for key in json.loads(command("list", "--json")):
        if not key["IsPrimary"] or key["AccessKeyId"] != bucket.store.endpoint.access_key:
            command("delete", key["AccessKeyId"])


def reads(bucket, key, secret):
    client = boto3.client(
        "s3", endpoint_url=bucket.store.endpoint.url, region_name="us-east-1", aws_access_key_id=key, aws_secret_access_key=secret,
        config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 1}))
    try:
        return client.get_object(Bucket=bucket.name, Key="k")["Body"].read() == b"x"
    except ClientError:
        return False


@pytest.mark.parametrize("signature", [(), V2], ids=["v4", "v2"])
def test_made_used_changed_and_deleted(account, signature):
    account.vendor.put(account.name, "k", b"x")
    made = dict(line.rsplit("  ", 1) for line in account.keys("create", *signature).splitlines())
    key, secret = made["access key"].strip(), made["secret    "].strip()
    assert reads(account, key, secret)
    listed = {entry["AccessKeyId"]: entry for entry in json.loads(account.keys("list", "--json", *signature))}
    assert listed[key]["Status"] == "Active" and not listed[key]["IsPrimary"]
    assert secret not in account.keys("list")
    account.keys("update", key, "--status", "inactive", "--kind", "primary")
    assert not reads(account, key, secret)
    assert "inactive  primary" in next(line for line in account.keys("list").splitlines() if key in line)
    account.keys("update", key, "--status", "active")
    assert reads(account, key, secret)
    account.keys("delete", key)
    assert not reads(account, key, secret) and key not in account.keys("list")


def test_the_secret_goes_into_a_file_of_ones_own(account, tmp_path):
    account.vendor.put(account.name, "k", b"x")
    shown = account.keys("create", "--secret-file", tmp_path / "secret")
    secret = (tmp_path / "secret").read_text().strip()
    assert secret and secret not in shown
    assert os.stat(tmp_path / "secret").st_mode & 0o777 == 0o600
    assert reads(account, shown.split()[-1], secret)
    before = account.keys("list")
    assert "exists" in account.keys("create", "--secret-file", tmp_path / "secret", status=3)
    account.keys("create", "--secret-file", tmp_path / "none" / "secret", status=1)
    assert account.keys("list") == before


def test_there_is_an_end_to_them(account, tmp_path):
    for _ in range(9):
        account.keys("create")
    account.keys("create", "--secret-file", tmp_path / "secret", status=3)
    assert not (tmp_path / "secret").exists()


def test_what_fails(account):
    account.keys("delete", "no-such-key", status=1)
    account.keys("update", "no-such-key", status=2)
    account.command("access-key", "list", "--dialect", "oos", status=4)
    for dialect in ("s3", "cos"):
        assert "does not offer" in account.command("access-key", "list", "--dialect", dialect, status=4)
