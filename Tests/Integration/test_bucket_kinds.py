"""`windlass bucket`: words instead of documents, several of a kind, places, unfinished uploads, and what IBM tells elsewhere."""

import json

import pytest

import identities
import vendors
from bucket_under_test import make, names, stores  # noqa: F401 (fixtures)
from deadlines import run
from mounts import WINDLASS, windlass

# ruff: noqa: F811


class TestWords:
    def test_quota_counts(self, make):
        bucket = make("obs")
        bucket.run("quota", "set", bucket.name, "--value", "4K")
        assert bucket.get("quota") == {"StorageQuota": 4096}
        assert bucket.client.putContent(bucket.name, "fits", "x" * 4096).status == 200
        refused = bucket.client.putContent(bucket.name, "more", "x")
        assert (refused.status, refused.errorCode) == (403, "InsufficientStorageSpace")
        assert bucket.get("storage-info")["Size"] == 4096
        bucket.run("quota", "delete", bucket.name)
        assert bucket.client.putContent(bucket.name, "more", "x").status == 200

    def test_tags(self, make):
        bucket = make("s3")
        bucket.run("tags", "set", bucket.name, "--value", "a=b=c", "--value", "d=")
        assert bucket.client.get_bucket_tagging(Bucket=bucket.name)["TagSet"] == [{"Key": "a", "Value": "b=c"}, {"Key": "d", "Value": ""}]
        assert bucket.run("tags", "get", bucket.name).splitlines() == ["KEY  VALUE", "a    b=c", "d    ''"]

    @pytest.mark.parametrize("form", ["s3", "obs", "obs-v2", "cos", "oos"])
    def test_lists_with_names(self, make, form):
        bucket = make(form)
        bucket.run("acl", "set", bucket.name, "--value", "public-read")
        assert any(grant["Permission"] == "READ" for grant in bucket.get("acl")["Grants"])
        bucket.run("acl", "set", bucket.name, "--value", "private")
        assert [grant["Permission"] for grant in bucket.get("acl")["Grants"]] == ["FULL_CONTROL"]

    def test_from_standard_input(self, make):
        bucket = make("s3")
        (bucket.home / "input").write_text('{"Status": "Suspended"}')
        with open(bucket.home / "input") as source:
            done = run(
                [WINDLASS, "bucket", "versioning", "set", bucket.name, "-", "--endpoint", bucket.endpoint.url], timeout=30,
                stdin=source, env=bucket.endpoint.environment(bucket.home))
        assert done.stdout == "" and bucket.get("versioning") == {"Status": "Suspended"}

    def test_unchecked_goes_as_it_is(self, make):
        bucket = make("s3")
        document = {"Rules": [{"ObjectOwnership": "SomebodyElse", "Reason": "new"}]}
        bucket.run("ownership", "set", bucket.name, text=json.dumps(document), status=2)
        bucket.set("ownership", document, "--unchecked")
        assert bucket.get("ownership") == document


class TestSeveralOfAKind:
    INVENTORY = {
        "Id": "daily", "IsEnabled": True, "Destination": {"S3BucketDestination": {"Bucket": "arn:aws:s3:::x", "Format": "CSV"}},
        "Schedule": {"Frequency": "Daily"}, "IncludedObjectVersions": "All", "OptionalFields": ["Size"]}

    def test_inventories(self, make):
        bucket = make("s3")
        assert bucket.get("inventory") is None or bucket.get("inventory") == {"IsTruncated": False}
        for name in ("daily", "two"):
            bucket.run("inventory", "set", bucket.name, name, text=json.dumps(self.INVENTORY | {"Id": name}))
        assert "Id is" in bucket.run("inventory", "set", bucket.name, "other", text=json.dumps(self.INVENTORY), status=2)
        answer = bucket.client.get_bucket_inventory_configuration(Bucket=bucket.name, Id="daily")
        assert answer["InventoryConfiguration"] == self.INVENTORY
        listed = bucket.client.list_bucket_inventory_configurations(Bucket=bucket.name)["InventoryConfigurationList"]
        assert [entry["Id"] for entry in listed] == ["daily", "two"]
        assert json.loads(bucket.run("inventory", "get", bucket.name, "two", "--json"))["Id"] == "two"
        assert [entry["Id"] for entry in bucket.get("inventory")["InventoryConfigurationList"]] == ["daily", "two"]
        bucket.run("inventory", "delete", bucket.name, "daily")
        assert bucket.run("inventory", "get", bucket.name, "daily") == "not set\n"

    def test_domains(self, make):
        bucket = make("obs")
        bucket.run("domain", "set", bucket.name, "a.example")
        assert bucket.client.setBucketCustomDomain(bucket.name, "b.example").status == 200
        assert [entry["DomainName"] for entry in bucket.get("domain")["Domains"]] == ["a.example", "b.example"]
        assert "-" in bucket.run("domain", "delete", bucket.name, "a.example", "--dry-run")
        bucket.run("domain", "delete", bucket.name, "a.example")
        assert [entry["DomainName"] for entry in bucket.get("domain")["Domains"]] == ["b.example"]

    def test_triggers(self, make):
        bucket = make("oos")
        assert bucket.get("trigger") is None
        sites = [{"RemontEndPoint": "oos-js.ctyunapi.cn", "ReplicaMode": "async", "RemoteBucketName": "b", "RemoteAK": "a", "RemoteSK": "s"}]
        for name in ("first", "second"):
            bucket.set("trigger", {"Triggers": [{"TriggerName": name, "IsDefault": name == "first", "RemoteSites": sites}]})
        assert [entry["TriggerName"] for entry in bucket.get("trigger")["Triggers"]] == ["first", "second"]
        bucket.run("trigger", "delete", bucket.name, "first")
        assert bucket.get("trigger")["Triggers"] == [{"TriggerName": "second", "IsDefault": False, "RemoteSites": sites}]


class TestPlaces:
    @pytest.mark.parametrize("form, place", [("obs", "cn-north-4"), ("obs-v2", "cn-north-4"), ("cos", "eu-de-standard")])
    def test_shown(self, make, form, place):
        bucket = make(form, "--location", place)
        assert bucket.get("location") == {"LocationConstraint": place}

    def test_changed(self, make):
        """OOS: bytes may go elsewhere from now on; the index stays."""
        bucket = make("oos", "--location", "ShenYang", "--data-location", "ChengDu")
        place = bucket.get("location")
        assert place["MetadataLocationConstraint"] == {"Location": "ShenYang"}
        assert place["DataLocationConstraint"]["LocationList"] == ["ChengDu"]
        place["DataLocationConstraint"]["LocationList"] = ["LanZhou", "ChengDu"]
        bucket.set("location", place)
        assert bucket.get("location") == place


class TestUploads:
    def test_old_ones_are_aborted(self, make):
        bucket = make("s3")
        ids = [bucket.client.create_multipart_upload(Bucket=bucket.name, Key=key)["UploadId"] for key in ("a/1", "a/2", "b")]
        shown = json.loads(bucket.run("uploads", "get", bucket.name, "--json"))
        assert {entry["UploadId"] for entry in shown} == set(ids)
        assert bucket.run("uploads", "get", bucket.name, "--older-than", "1h") == "none\n"
        assert bucket.run("uploads", "delete", bucket.name, "--older-than", "1h") == ""
        assert "would abort" in bucket.run("uploads", "delete", bucket.name, "--all", "--dry-run")
        assert len(json.loads(bucket.run("uploads", "get", bucket.name, "--json"))) == 3
        below = bucket.run("uploads", "delete", f"s3://{bucket.name}/a/", "--all")
        assert len(below.splitlines()) == 2
        left = bucket.client.list_multipart_uploads(Bucket=bucket.name)["Uploads"]
        assert [upload["Key"] for upload in left] == ["b"]
        assert "aborted" in bucket.run("uploads", "delete", bucket.name, "--older-than", "0s")
        assert bucket.run("uploads", "get", bucket.name) == "none\n"


class TestIBMResources:
    """What IBM tells at another address, and to tokens only."""

    @pytest.fixture
    def run(self, tmp_path):
        store = identities.IssuingStore(tmp_path, tmp_path, "cos").start()
        environment = {
            "IBM_API_KEY_ID": identities.API_KEY, "IBM_SERVICE_INSTANCE_ID": "crn:v1:instance", "IBM_AUTH_ENDPOINT": store.services,
            "IBM_CONFIG_ENDPOINT": store.endpoint.url, "AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}

        def call(*arguments, status=0, **more):
            done = windlass(
                store.endpoint, tmp_path, "bucket", *arguments, "--endpoint", store.endpoint.url, "--dialect", "cos",
                environment=environment | more)
            assert done.returncode == status, (arguments, done)
            return done.stderr if status else done.stdout

        call.client = vendors.ibm_token(store.services, store.port).client
        call("create", "bucket")
        yield call
        store.stop()

    def test_quota_and_usage(self, run):
        assert run("quota", "get", "bucket") == "not set\n"
        assert "+" in run("quota", "set", "bucket", "--value", "1G", "--dry-run")
        run("quota", "set", "bucket", "--value", "1G")
        assert json.loads(run("quota", "get", "bucket", "--json")) == {"StorageQuota": 1 << 30}
        run("quota", "delete", "bucket")
        assert run("quota", "get", "bucket") == "not set\n"
        run.client.put_object(Bucket="bucket", Key="k", Body=b"x" * 700)
        assert json.loads(run("storage-info", "get", "bucket", "--json")) == {"Size": 700, "ObjectNumber": 1}

    def test_firewall(self, run, tmp_path):
        rules = {"allowed_ip": ["10.0.0.0/8"], "denied_ip": [], "allowed_network_type": ["public", "private"]}
        (tmp_path / "rules").write_text(json.dumps(rules))
        run("firewall", "set", "bucket", tmp_path / "rules")
        assert json.loads(run("firewall", "get", "bucket", "--json")) == rules
        run("firewall", "delete", "bucket")
        assert run("firewall", "get", "bucket") == "not set\n"

    def test_keys_do_not_suffice(self, run):
        text = run("quota", "get", "bucket", status=4, IBM_API_KEY_ID="", AWS_ACCESS_KEY_ID="AKIAWINDLASSTEST", AWS_SECRET_ACCESS_KEY="windlass-test-secret")
        assert "API key" in text

    def test_elsewhere_it_is_not_known(self, run):
        assert "IBM_CONFIG_ENDPOINT" in run("quota", "get", "bucket", status=4, IBM_CONFIG_ENDPOINT="")
