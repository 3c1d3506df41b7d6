"""`windlass bucket FEATURE get|set|delete`: what it sets the vendors' own clients read, and what they set it shows."""

import http.server
import json
import threading
from dataclasses import replace

import pytest

from bucket_settings import AMAZON
from bucket_under_test import FAMILIES, FORMS, TABLE, make, names, stores  # noqa: F401 (fixtures)
from deadlines import run
from mounts import WINDLASS, windlass
from stores import ROOT

CASES = [(form.name, feature) for form in FORMS.values() for feature in form.settings]
ABSENT = [(row[0], family) for row in TABLE[1:] for family, cell in zip(FAMILIES, row[1:5]) if cell == "-"]
REMOVABLE = {(row[0], family) for row in TABLE[1:] for family, cell in zip(FAMILIES, row[1:5]) if "delete" in cell}


@pytest.fixture
def case(make, request):
    form, feature = request.param
    options = ("--object-lock",) if feature == "object-lock" else ()
    return make(form, *options), feature, FORMS[form].settings[feature]


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
    counters = bucket.store.counters()
    assert counters["GetBucketDocument"]["requests"] == 1 and not any(name.startswith("Delete") for name in counters), counters


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


def test_the_document_has_the_table():
    done = run([WINDLASS, "bucket", "features", "--markdown"], timeout=20)
    assert done.stdout.strip() in (ROOT / "docs" / "BUCKETS.md").read_text()
