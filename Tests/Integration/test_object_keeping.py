"""`windlass object versions|restore|retention|legal-hold`, and encryption: how stores keep objects."""

import datetime
import json
import os

import pytest

from bucket_under_test import names, stores  # noqa: F401 (fixtures)
from object_under_test import make  # noqa: F401 (fixture)

VERSIONED = ["s3", "cos", "obs", "obs-v2"]
FUTURE = "2040-01-31T00:00:00Z"


class TestVersions:
    @pytest.mark.parametrize("form", VERSIONED)
    def test_list_fetch_restore_delete_and_undelete(self, make, form, tmp_path):
        bucket = make(form, versioned=True)
        for text in ("one", "two"):
            bucket.vendor.put(bucket.name, "d/k", text.encode())
        bucket.vendor.put(bucket.name, "d/kk", b"another")
        newest, oldest = [entry["VersionId"] for entry in bucket.lines("versions", "list", "K:d/k") if entry["Key"] == "d/k"]
        assert bucket.object("cat", "K:d/k", "--version-id", oldest) == "one"
        assert bucket.object("versions", "get", "K:d/k", oldest) == "one"
        bucket.object("versions", "restore", "K:d/k", oldest)
        assert bucket.vendor.get(bucket.name, "d/k") == b"one"
        bucket.object("copy", "K:d/k", "K:copied", "--version-id", newest)
        assert bucket.vendor.get(bucket.name, "copied") == b"two"
        bucket.object("acl", "set", "K:d/k", "--value", "public-read", "--version-id", oldest)
        bucket.object("delete", "K:d/k")
        assert "there is no object" in bucket.object("cat", "K:d/k", status=1)
        marker = bucket.lines("versions", "list", "K:d/k")[0]
        assert marker["DeleteMarker"] and marker["IsLatest"]
        bucket.object("versions", "undelete", "K:d/k")
        assert bucket.vendor.get(bucket.name, "d/k") == b"one"
        bucket.object("versions", "undelete", "K:d/k", status=3)
        bucket.object("versions", "delete", "K:d/k", oldest, newest)
        left = [entry for entry in bucket.lines("versions", "list", "K:d/k") if entry["Key"] == "d/k"]
        assert len(left) == 1 and left[0]["VersionId"] not in (oldest, newest)
        assert bucket.lines("versions", "list", "K:", "--delimiter", "/")[-1] == {"Prefix": "d/"}
        assert [entry["Key"] for entry in bucket.lines("versions", "list", "K:", "--start-after", "d/k")] == ["d/kk"]
        bucket.object("delete", "K:", "--recursive", "--all-versions")
        assert bucket.lines("versions", "list", "K:") == []


class TestArchives:
    @pytest.mark.parametrize("form, storage_class, tier", [
        ("s3", "GLACIER", "Expedited"), ("obs", "COLD", "Standard"), ("obs-v2", "GLACIER", "Expedited")])
    def test_restored_and_waited_for(self, make, form, storage_class, tier):
        bucket = make(form)
        bucket.object("put", "K:k", "--text", "old", "--storage-class", storage_class)
        assert "archived" in bucket.object("cat", "K:k", status=1)
        assert "readable" in bucket.object("restore", "K:k", "--days", "3", "--tier", tier, "--wait", "--interval", "1", "--timeout-seconds", "30")
        assert bucket.object("cat", "K:k") == "old"
        assert "expiry-date" in bucket.head("k")[bucket.prefix + "restore"]

    def test_a_wait_has_an_end(self, make):
        bucket = make("s3")
        bucket.object("put", "K:k", "--text", "old", "--storage-class", "GLACIER")
        text = bucket.object("restore", "K:k", "--wait", "--interval", "1", "--timeout-seconds", "1", status=1)
        assert "the restoration goes on" in text


class TestLocks:
    def test_amazon(self, make):
        bucket = make("s3", "--object-lock")
        receipt = json.loads(bucket.object(
            "put", "K:k", "--text", "x", "--lock-mode", "GOVERNANCE", "--lock-until", FUTURE, "--lock-hold", "ON", "--json"))
        assert bucket.client.get_object_retention(Bucket=bucket.name, Key="k")["Retention"]["Mode"] == "GOVERNANCE"
        assert bucket.object("legal-hold", "list", "K:k") == "ON\n"
        bucket.object("legal-hold", "remove", "K:k")
        assert bucket.client.get_object_legal_hold(Bucket=bucket.name, Key="k")["LegalHold"]["Status"] == "OFF"
        bucket.object("legal-hold", "add", "K:k")
        assert bucket.client.get_object_legal_hold(Bucket=bucket.name, Key="k")["LegalHold"]["Status"] == "ON"
        bucket.object("legal-hold", "remove", "K:k")
        bucket.object("delete", "K:k", "--version-id", receipt["VersionId"], status=1)
        bucket.object("retention", "set", "K:k", "GOVERNANCE", "2035-01-01T00:00:00Z", status=1)
        bucket.object("retention", "set", "K:k", "GOVERNANCE", "2035-01-01T00:00:00Z", "--bypass-governance")
        assert json.loads(bucket.object("retention", "get", "K:k", "--json"))["retain-until-date"].startswith("2035-01-01")
        bucket.object("delete", "K:k", "--version-id", receipt["VersionId"], "--bypass-governance")

    def test_huawei(self, make):
        bucket = make("obs", "--object-lock")
        bucket.vendor.put(bucket.name, "k", b"x")
        assert bucket.object("retention", "get", "K:k") == "not set\n"
        bucket.object("retention", "set", "K:k", "COMPLIANCE", FUTURE)
        shown = json.loads(bucket.object("retention", "get", "K:k", "--json"))
        assert shown == {"mode": "COMPLIANCE", "retain-until-date": FUTURE}
        assert "set a retention" in bucket.object("legal-hold", "add", "K:k", status=4)

    def test_ibm_with_an_object_lock(self, make):
        bucket = make("cos", "--object-lock")
        version = json.loads(bucket.object("put", "K:k", "--text", "x", "--json"))["VersionId"]
        assert bucket.object("retention", "get", "K:k") == "not set\n" and bucket.object("legal-hold", "list", "K:k") == ""
        bucket.object("retention", "set", "K:k", "GOVERNANCE", FUTURE)
        assert bucket.client.get_object_retention(Bucket=bucket.name, Key="k")["Retention"]["Mode"] == "GOVERNANCE"
        shown = json.loads(bucket.object("retention", "get", "K:k", "--json"))
        assert shown["mode"] == "GOVERNANCE" and shown["retain-until-date"].startswith("2040-01-31")
        bucket.object("legal-hold", "add", "K:k")
        assert bucket.object("legal-hold", "list", "K:k") == "ON\n"
        bucket.object("delete", "K:k", "--version-id", version, "--bypass-governance", status=1)
        bucket.client.put_object_legal_hold(Bucket=bucket.name, Key="k", LegalHold={"Status": "OFF"})
        assert bucket.object("legal-hold", "list", "K:k") == ""
        bucket.object("delete", "K:k", "--version-id", version, "--bypass-governance")

    def test_ibm(self, make):
        bucket = make("cos")
        days = {"MinimumRetention": {"Days": 1}, "DefaultRetention": {"Days": 1}, "MaximumRetention": {"Days": 3000}}
        bucket.set("protection", {"Status": "Retention", **days})
        bucket.object("put", "K:k", "--text", "x", "--retention-period", "86400", "--legal-hold", "first")
        assert [line.split()[0] for line in bucket.object("legal-hold", "list", "K:k").splitlines()] == ["first"]
        bucket.object("legal-hold", "add", "K:k", "second")
        held = bucket.client.list_legal_holds(Bucket=bucket.name, Key="k")
        assert {hold["ID"] for hold in held["LegalHolds"]} == {"first", "second"} and held["RetentionPeriod"] == 86400
        bucket.object("legal-hold", "remove", "K:k", "first")
        bucket.client.delete_legal_hold(Bucket=bucket.name, Key="k", RetentionLegalHoldId="second")
        assert bucket.object("legal-hold", "list", "K:k") == ""
        bucket.object("legal-hold", "add", "K:k", status=2)
        for option, value, least in (("--period", "172800", 172800), ("--additional", "86400", 259200), ("--from-now", "400000", 400000)):
            bucket.object("retention", "extend", "K:k", option, value)
            assert int(json.loads(bucket.object("retention", "get", "K:k", "--json"))["retention-period"]) >= least
        until = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=30)).strftime("%Y-%m-%dT%H:%M:%SZ")
        bucket.object("retention", "extend", "K:k", "--until", until)
        assert bucket.head("k")["retention-expiration-date"].startswith(until[:13])
        bucket.object("retention", "extend", "K:k", "--period", "60", status=1)
        bucket.object("retention", "set", "K:k", "COMPLIANCE", FUTURE, status=4)
        bucket.object("delete", "K:k", status=1)


class TestHuaweisClient:
    """What a command sets, Huawei's SDK reads, and the other way round."""

    @pytest.mark.parametrize("form", ["obs", "obs-v2"])
    def test_tags(self, make, form):
        bucket = make(form)
        bucket.vendor.put(bucket.name, "k", b"x")
        bucket.object("tag", "set", "K:k", "a=1", "b=two words")
        told = bucket.vendor.good(bucket.client.getObjectTagging(bucket.name, "k")).body
        assert {tag.key: tag.value for tag in told.tags} == {"a": "1", "b": "two words"}
        bucket.vendor.good(bucket.client.setObjectTagging(bucket.name, "k", {"c": "3"}))
        assert json.loads(bucket.object("tag", "get", "K:k", "--json")) == {"c": "3"}
        bucket.object("tag", "delete", "K:k")
        assert bucket.client.getObjectTagging(bucket.name, "k").errorCode == "NoSuchTagSet"

    @pytest.mark.parametrize("form", ["obs", "obs-v2"])
    def test_retention(self, make, form):
        bucket = make(form, "--object-lock")
        bucket.vendor.put(bucket.name, "k", b"x")
        until = datetime.datetime(2035, 3, 4, 5, 6, 7, tzinfo=datetime.timezone.utc)
        bucket.vendor.good(bucket.client.putObjectRetention(bucket.name, "k", "COMPLIANCE", int(until.timestamp() * 1000)))
        assert json.loads(bucket.object("retention", "get", "K:k", "--json")) == {"mode": "COMPLIANCE", "retain-until-date": "2035-03-04T05:06:07Z"}
        bucket.object("retention", "set", "K:k", "COMPLIANCE", FUTURE)
        headers = dict(bucket.vendor.good(bucket.client.getObjectMetadata(bucket.name, "k")).header)
        assert headers["object-lock-mode"] == "COMPLIANCE"
        assert headers["object-lock-retain-until-date"].startswith("2040-01-31")
        earlier = bucket.client.putObjectRetention(bucket.name, "k", "COMPLIANCE", int(until.timestamp() * 1000))
        assert earlier.status == 403, "what the command has set holds for the vendor's client, too"


class TestEncryption:
    @pytest.mark.parametrize("form", VERSIONED)
    def test_with_a_key_of_ones_own(self, make, form, tmp_path):
        bucket = make(form)
        (tmp_path / "key").write_bytes(os.urandom(32))
        os.chmod(tmp_path / "key", 0o600)
        own = ("--sse", "c", "--sse-key-file", tmp_path / "key")
        bucket.object("put", "K:k", "--text", "secret", *own)
        assert bucket.object("cat", "K:k", *own) == "secret"
        bucket.object("cat", "K:k", status=1)
        assert bucket.head("k", *own)[bucket.prefix + "server-side-encryption-customer-algorithm"] == "AES256"

    def test_with_managed_keys(self, make):
        bucket = make("s3")
        bucket.object("put", "K:k", "--text", "x", "--sse", "kms", "--sse-key-id", "key-1")
        head = bucket.client.head_object(Bucket=bucket.name, Key="k")
        assert head["ServerSideEncryption"] == "aws:kms" and head["SSEKMSKeyId"] == "key-1"
        native = make("obs")
        native.object("put", "K:k", "--text", "x", "--sse", "kms")
        assert native.head("k")["x-obs-server-side-encryption"] == "kms"
