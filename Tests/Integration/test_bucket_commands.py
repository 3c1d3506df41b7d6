"""`windlass bucket FEATURE get|set|delete`: what it sets the vendors' own clients read, and what they set it shows."""

import base64
import hashlib
import http.server
import json
import threading
import uuid
from dataclasses import dataclass, replace
from typing import Any

import pytest

import identities
import vendors
from bucket_settings import AMAZON, CTYUN, IBM, huawei_settings
from mounts import WINDLASS, windlass
from deadlines import run
from stores import ROOT, Store


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
CASES = [(form.name, feature) for form in FORMS.values() for feature in form.settings]
TABLE = [line.split() for line in run([WINDLASS, "bucket", "features"], timeout=20).stdout.splitlines()]
FAMILIES = [name.lower() for name in TABLE[0][1:5]]
ABSENT = [(row[0], family) for row in TABLE[1:] for family, cell in zip(FAMILIES, row[1:5]) if cell == "-"]
REMOVABLE = {(row[0], family) for row in TABLE[1:] for family, cell in zip(FAMILIES, row[1:5]) if "delete" in cell}


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


@pytest.fixture
def case(make, request):
    form, feature = request.param
    options = ("--object-lock",) if feature == "object-lock" else ()
    return make(form, *options), feature, FORMS[form].settings[feature]


def is_huawei(setting):
    return hasattr(setting, "sign")


@pytest.mark.parametrize("case", [c for c in CASES if FORMS[c[0]].dialect != "obs"], indirect=True, ids=str)
def test_the_command_sets_and_the_client_reads(case):
    bucket, feature, setting = case
    before = bucket.get(feature)
    assert "+" in bucket.set(feature, setting.document, "--dry-run")
    assert bucket.get(feature) == before
    assert bucket.set(feature, setting.document) == ""
    assert setting.get(bucket.client, bucket.name) == setting.document
    assert bucket.set(feature, setting.document, "--dry-run") == "nothing would change\n"


@pytest.mark.parametrize("case", [c for c in CASES if FORMS[c[0]].dialect != "obs"], indirect=True, ids=str)
def test_the_client_sets_and_the_command_shows(case):
    bucket, feature, setting = case
    setting.set(bucket.client, bucket.name)
    assert bucket.get(feature) == setting.document
    assert bucket.run(feature, "get", bucket.name) not in ("", "not set\n")
    document = bucket.run(feature, "get", bucket.name, "--xml")
    assert document.lstrip().startswith("{" if feature == "policy" else "<")
    # The store's own document can be given back to it.
    bucket.set(feature, document)
    assert setting.get(bucket.client, bucket.name) == setting.document


@pytest.mark.parametrize("case", [c for c in CASES if FORMS[c[0]].dialect == "obs"], indirect=True, ids=str)
def test_what_goes_from_the_client_through_the_command_stays_the_same(case, make):
    """As the client's own answers are no JSON, its reading of what it set itself is held against its reading of what the command set."""
    bucket, feature, setting = case
    setting.set(bucket.client, bucket.name)
    document = bucket.get(feature)
    assert str(setting.sign).lower() in json.dumps(document, ensure_ascii=False).lower()
    other = make(bucket.form.name, *(("--object-lock",) if feature == "object-lock" else ()))
    other.set(feature, document)
    assert setting.get(other.client, other.name) == setting.get(bucket.client, bucket.name)
    assert other.get(feature) == document


@pytest.mark.parametrize("case", [c for c in CASES if (c[1], FORMS[c[0]].dialect) in REMOVABLE], indirect=True, ids=str)
def test_what_is_set_is_removed(case):
    bucket, feature, setting = case
    before = bucket.get(feature)
    setting.set(bucket.client, bucket.name)
    set_to = bucket.get(feature)
    assert set_to != before
    assert "-" in bucket.run(feature, "delete", bucket.name, "--dry-run")
    assert bucket.get(feature) == set_to
    bucket.run(feature, "delete", bucket.name)
    assert bucket.get(feature) == before
    bucket.run("info", bucket.name)


@pytest.mark.parametrize("feature, family", ABSENT, ids=str)
def test_what_a_dialect_does_not_have_is_said_without_asking(make, feature, family):
    bucket = make(family)
    bucket.store.reset_counters()
    text = bucket.run(feature, "get", bucket.name, status=4)
    assert f"'{feature}'" in text and "does not offer" in text
    assert all(count["requests"] == 0 for name, count in bucket.store.counters().items() if name != "GetApiVersion"), bucket.store.counters()


def test_every_setting_has_a_case():
    """A feature that can be set is tried against the vendor's client, unless it has a test of its own or no client knows it."""
    own = {"location", "domain", "inventory", "trigger", "cold-access", "quota", "object-lock", "firewall"}
    for row in TABLE[1:]:
        for family, cell in zip(FAMILIES, row[1:5]):
            if "set" in cell and row[0] not in own and (row[0], family) != ("acl", "oos"):
                assert row[0] in FORMS[family].settings, (row[0], family)


@pytest.mark.parametrize("form", FORMS)
def test_info_shows_everything(make, form):
    bucket = make(form)
    report = json.loads(bucket.run("info", bucket.name, "--json"))
    offered = {row[0] for row in TABLE[1:] if dict(zip(FAMILIES, row[1:5]))[bucket.form.dialect] != "-"}
    assert set(report) - {"location", "fileSystem"} == offered - {"location"}
    unknown = {name: value for name, value in report.items() if isinstance(value, dict) and value["state"] not in ("set", "unset", "not-offered")}
    assert unknown == {}
    table = bucket.run("info", bucket.name)
    assert all(name in table for name in offered)


class TestExitCodes:
    def test_conflict(self, make):
        bucket = make("s3")
        assert "already" in bucket.run("create", bucket.name, status=3)
        bucket.client.put_object(Bucket=bucket.name, Key="k", Body=b"x")
        assert "not empty" in bucket.run("delete", bucket.name, status=3)

    @pytest.mark.parametrize("arguments, text", [
        (("versioning", "set", "BUCKET"), '{"Status": "On"}'), (("versioning", "set", "BUCKET"), "not JSON"),
        (("versioning", "set", "BUCKET"), None), (("versioning", "set", "BUCKET", "--value", "Enabled", "/dev/null"), None),
        (("versioning", "set", "BUCKET", "/nonexistent"), None), (("versioning", "get", "BUCKET", "name"), None),
        (("versioning", "get", "BUCKET", "--json", "--xml"), None), (("inventory", "delete", "BUCKET"), None),
        (("quota", "frobnicate", "BUCKET"), None), (("acl", "set", "BUCKET", "--value", "for-my-friends"), None),
        (("uploads", "delete", "BUCKET"), None)], ids=str)
    def test_usage(self, make, arguments, text):
        bucket = make("s3")
        bucket.store.reset_counters()
        bucket.run(*(bucket.name if word == "BUCKET" else word for word in arguments), text=text, status=2)
        counters = bucket.store.counters()
        assert not any(name.startswith(("Put", "Delete")) and count["requests"] for name, count in counters.items()), counters

    def test_not_offered_by_the_store(self, make):
        """The dialect has it, this very store has not."""
        bucket = make("s3")
        assert "does not tell" in bucket.run("storage-info", "get", bucket.name, status=4)
        tree = make("obs", "--file-system")
        assert "does not offer 'website'" in tree.run("website", "get", tree.name, status=4)
        assert "does not offer 'versioning'" in tree.run("versioning", "set", tree.name, "--value", "Enabled", status=4)

    def test_no_such_bucket(self, make):
        bucket = make("s3")
        assert "there is no bucket" in bucket.run("cors", "get", "never-made", status=1)


def test_what_is_not_set_is_not_removed(make):
    bucket = make("s3")
    bucket.store.reset_counters()
    bucket.run("website", "delete", bucket.name)
    assert bucket.store.counters()["DeleteBucketDocument"]["requests"] == 0


class Ignorant(http.server.BaseHTTPRequestHandler):
    """A store that does not look at sub-resources: a GET on a bucket lists it, or says that nothing is set, and a PUT makes the bucket."""

    asked, sees_questions = [], False

    def answer(self):
        self.asked.append(self.command)
        if self.sees_questions and self.command == "GET":
            return self.send(404, b"<Error><Code>NoSuchWebsiteConfiguration</Code></Error>")
        self.send(200, b'<?xml version="1.0"?><ListBucketResult><Name>b</Name><IsTruncated>false</IsTruncated></ListBucketResult>')

    def send(self, status, body):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_PUT = do_DELETE = answer

    def log_message(self, *_):
        pass


@pytest.mark.parametrize("arguments, sees_questions, code, asked", [
    (("website", "delete", "b"), False, 4, ["GET"]), (("versioning", "set", "b", "--value", "Enabled"), False, 4, ["GET"]),
    (("website", "delete", "b"), True, 0, ["GET"]), (("website", "set", "b", "PAGES"), True, 4, ["GET", "PUT", "GET"])], ids=str)
def test_a_store_that_takes_a_setting_for_the_bucket_is_not_asked_to_change_it(arguments, sees_questions, code, asked, tmp_path, make):
    Ignorant.asked, Ignorant.sees_questions = [], sees_questions
    (tmp_path / "pages").write_text(json.dumps(AMAZON["website"].document))
    arguments = [tmp_path / "pages" if word == "PAGES" else word for word in arguments]
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Ignorant)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        endpoint = replace(make("s3").store.endpoint, url=f"http://127.0.0.1:{server.server_port}")
        done = windlass(endpoint, tmp_path, "bucket", *arguments, "--endpoint", endpoint.url, "--max-retries", "0")
        assert done.returncode == code, done
        assert Ignorant.asked == asked
    finally:
        server.shutdown()
        server.server_close()


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


def test_the_document_has_the_table():
    done = run([WINDLASS, "bucket", "features", "--markdown"], timeout=20)
    assert done.stdout.strip() in (ROOT / "docs" / "BUCKETS.md").read_text()
