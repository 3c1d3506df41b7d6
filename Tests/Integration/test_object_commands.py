"""`windlass object`: what it writes the vendors' own clients read, and what they write it shows."""

import base64
import hashlib
import http.server
import json
import os
import threading
from dataclasses import replace

import obs
import pytest

from bucket_under_test import FORMS, names, stores  # noqa: F401 (fixtures)
from mounts import windlass
from object_under_test import fetch, make  # noqa: F401 (fixture)
from stores import fault

EVERY = list(FORMS)
VERSIONED = ["s3", "cos", "obs", "obs-v2"]
FUTURE = "2040-01-31T00:00:00Z"


@pytest.fixture(params=EVERY)
def bucket(request, make):
    return make(request.param)


class TestBytes:
    def test_from_a_file_a_pipe_and_a_string(self, bucket, tmp_path):
        content = os.urandom(300_000)
        (tmp_path / "page.html").write_bytes(content)
        bucket.object("put", "K:file", tmp_path / "page.html")
        bucket.object("put", "K:pipe", "-", text="through a pipe\n")
        bucket.object("put", "K:string", "--text", "grüß dich")
        bucket.object("put", "K:empty", "--text", "")
        assert bucket.vendor.get(bucket.name, "file") == content
        assert bucket.vendor.get(bucket.name, "pipe") == b"through a pipe\n"
        assert bucket.vendor.get(bucket.name, "string") == "grüß dich".encode()
        assert bucket.head("file")["content-type"] == "text/html"
        assert bucket.head("empty")["content-length"] == "0"

    def test_the_client_puts_and_the_command_gets(self, bucket, tmp_path):
        content = os.urandom(200_000)
        bucket.vendor.put(bucket.name, "a b/ü+%", content)
        bucket.object("get", "K:a b/ü+%", tmp_path / "copy")
        assert (tmp_path / "copy").read_bytes() == content
        assert not [name for name in os.listdir(tmp_path) if ".windlass-" in name]
        bucket.vendor.put(bucket.name, "text", b"0123456789")
        assert bucket.object("cat", "K:text", "K:text") == "01234567890123456789"
        assert bucket.object("get", "K:text", "-", "--range", "2-4") == "234"
        assert bucket.object("cat", "K:text", "--range=-3") == "789"

    def test_what_does_not_fit_one_request_goes_in_parts(self, bucket, tmp_path):
        content = os.urandom(11 << 20)
        (tmp_path / "large").write_bytes(content)
        bucket.object("put", "K:large", tmp_path / "large", "--part-size", "5M")
        assert bucket.vendor.get(bucket.name, "large") == content
        assert bucket.store.counters()["UploadPart"]["requests"] >= 3
        receipt = json.loads(bucket.object("copy", "K:large", "K:copied", "--part-size", "5M", "--json"))
        assert receipt["ETag"] and bucket.vendor.get(bucket.name, "copied") == content

    def test_metadata_and_headers(self, bucket):
        bucket.object(
            "put", "K:k", "--text", "x", "--meta", "team=blue", "--header", "Cache-Control=no-store", "--content-type", "text/x-own")
        assert bucket.metadata("k")["team"] == "blue"
        head = bucket.head("k")
        assert head["cache-control"] == "no-store" and head["content-type"] == "text/x-own"
        bucket.object("metadata", "set", "K:k", "team=red", "size=9", "--header", "Cache-Control=")
        shown = json.loads(bucket.object("metadata", "get", "K:k", "--json"))
        assert shown["Metadata"] == {"team": "red", "size": "9"}
        assert shown["Headers"] == {"content-type": "text/x-own"}
        assert bucket.metadata("k") == {"team": "red", "size": "9"}
        assert bucket.vendor.get(bucket.name, "k") == b"x"

    def test_the_store_holds_bytes_against_their_digest(self, bucket):
        digest = hashlib.md5(b"right").hexdigest()
        bucket.object("put", "K:k", "--text", "right", "--md5", digest)
        assert "BadDigest" in bucket.object("put", "K:k", "--text", "wrong", "--md5", digest, status=1)
        encoded = base64.b64encode(hashlib.md5(b"newer").digest()).decode()
        bucket.object("put", "K:k", "--text", "newer", "--md5", encoded)
        assert bucket.vendor.get(bucket.name, "k") == b"newer"
        bucket.object("put", "K:k", "--text", "x", "--md5", "nonsense", status=2)

    def test_conditions_of_reading(self, bucket):
        bucket.vendor.put(bucket.name, "k", b"x")
        etag = bucket.head("k")["etag"].strip('"')
        assert bucket.object("cat", "K:k", "--if-match", etag) == "x"
        bucket.object("cat", "K:k", "--if-match", "0" * 32, status=3)
        bucket.object("cat", "K:k", "--if-none-match", etag, status=3)
        bucket.object("cat", "K:k", "--if-modified-since", "Sat, 01 Jan 2050 00:00:00 GMT", status=3)
        bucket.object("cat", "K:k", "--if-unmodified-since", "Sat, 01 Jan 2000 00:00:00 GMT", status=3)

    def test_headers_of_the_answer(self, bucket, tmp_path):
        bucket.vendor.put(bucket.name, "k", b"x")
        done = windlass(
            bucket.endpoint, tmp_path, "object", "get", bucket.address("k"), tmp_path / "out", "--verbose", "--response",
            "content-type=text/own", "--response", "cache-control=private", "--endpoint", bucket.endpoint.url)
        assert "content-type: text/own" in done.stderr and "cache-control: private" in done.stderr

    def test_a_body_that_breaks_off_is_gone_on_with(self, bucket, tmp_path):
        content = os.urandom(3 << 20)
        bucket.vendor.put(bucket.name, "k", content)
        bucket.store.faults(fault("reset", ["GetObject"], point="inBody", afterBytes=1 << 20, times=2))
        try:
            bucket.object("get", "K:k", tmp_path / "out")
        finally:
            bucket.store.faults()
        assert (tmp_path / "out").read_bytes() == content

    def test_a_file_is_whole_or_not_there(self, bucket, tmp_path):
        bucket.vendor.put(bucket.name, "k", os.urandom(3 << 20))
        bucket.store.faults(fault("reset", ["GetObject"], point="inBody", afterBytes=1000))
        try:
            bucket.object("get", "K:k", tmp_path / "out", status=1)
        finally:
            bucket.store.faults()
        assert not [name for name in os.listdir(tmp_path) if name.startswith("out")]


class TestWritesWithConditions:
    def test_only_where_there_is_none(self, make):
        for form in ("s3", "cos", "obs"):
            bucket = make(form)
            bucket.object("put", "K:k", "--text", "one", "--if-absent")
            bucket.object("put", "K:k", "--text", "two", "--if-absent", status=3)
            assert bucket.object("cat", "K:k") == "one"

    def test_only_over_this_one(self, make):
        bucket = make("s3")
        receipt = json.loads(bucket.object("put", "K:k", "--text", "one", "--json"))
        bucket.object("put", "K:k", "--text", "two", "--if-match", "0" * 32, status=3)
        bucket.object("put", "K:k", "--text", "three", "--if-match", receipt["ETag"])
        assert bucket.object("cat", "K:k") == "three"


class TestListing:
    def test_pages_folders_and_beginnings(self, bucket):
        wanted = sorted(["a", "b/1", "b/2", "c d", "e\u00fc"], key=str.encode)
        for key in wanted:
            bucket.vendor.put(bucket.name, key, b"xyz")
        assert [entry["Key"] for entry in bucket.lines("list", "K:")] == wanted
        assert [entry["Size"] for entry in bucket.lines("list", "K:")] == [3] * 5
        assert [entry.get("Key", entry.get("Prefix")) for entry in bucket.lines("list", "K:", "--delimiter", "/")] == ["a", "b/", "c d", "eü"]
        assert [entry["Key"] for entry in bucket.lines("list", "K:b/")] == ["b/1", "b/2"]
        assert [entry["Key"] for entry in bucket.lines("list", "K:", "--start-after", "b/1")] == ["b/2", "c d", "eü"]
        assert [entry["Key"] for entry in bucket.lines("list", "K:", "--limit", "2")] == ["a", "b/1"]
        assert "b/1" in bucket.object("list", "K:")


class TestCopying:
    def test_attributes_come_along_or_are_replaced(self, bucket):
        bucket.object("put", "K:k", "--text", "x", "--meta", "a=1", "--content-type", "text/own")
        bucket.object("copy", "K:k", "K:same")
        assert bucket.metadata("same") == {"a": "1"}
        bucket.object("copy", "K:k", "K:other", "--meta", "b=2")
        assert bucket.metadata("other") == {"b": "2"}
        bucket.object("copy", "K:k", "K:bare", "--metadata-directive", "replace")
        assert bucket.metadata("bare") == {}
        bucket.object("copy", "K:k", "K:folder/")
        assert bucket.vendor.get(bucket.name, "folder/k") == b"x"

    def test_to_another_bucket_and_away(self, bucket, make):
        other = make(bucket.form.name)
        bucket.vendor.put(bucket.name, "k", b"x")
        bucket.object("copy", "K:k", other.address("copied"))
        bucket.object("move", "K:k", other.address("moved"))
        assert other.vendor.get(other.name, "copied") == b"x" and other.vendor.get(other.name, "moved") == b"x"
        assert bucket.vendor.keys(bucket.name) == []
        other.object("move", "K:moved", "K:moved", status=2)

    def test_conditions(self, bucket):
        bucket.vendor.put(bucket.name, "k", b"x")
        etag = bucket.head("k")["etag"].strip('"')
        bucket.object("copy", "K:k", "K:c", "--if-match", "0" * 32, status=3)
        bucket.object("copy", "K:k", "K:c", "--if-none-match", etag, status=3)
        bucket.object("copy", "K:k", "K:c", "--if-match", etag)

    def test_parts_keep_what_was_beside_the_bytes(self, make, tmp_path):
        bucket = make("s3")
        (tmp_path / "large").write_bytes(os.urandom(11 << 20))
        bucket.object("put", "K:k", tmp_path / "large", "--meta", "a=1", "--tag", "t=2", "--part-size", "5M")
        bucket.object("copy", "K:k", "K:c", "--part-size", "5M")
        assert bucket.metadata("c") == {"a": "1"}
        assert bucket.client.get_object_tagging(Bucket=bucket.name, Key="c")["TagSet"] == [{"Key": "t", "Value": "2"}]


class TestDeleting:
    def test_one_many_and_all(self, bucket):
        for number in range(5):
            bucket.vendor.put(bucket.name, f"d/{number}", b"x")
        bucket.vendor.put(bucket.name, "other", b"x")
        bucket.object("delete", "K:d/0")
        assert "deleted  d/1" in bucket.object("delete", "K:d/1", "K:d/2", "--verbose")
        assert "would delete" in bucket.object("delete", "K:d/", "--recursive", "--dry-run")
        assert bucket.vendor.keys(bucket.name) == ["d/3", "d/4", "other"]
        bucket.object("delete", "K:d/", "--recursive")
        assert bucket.vendor.keys(bucket.name) == ["other"]
        bucket.object("delete", "K:", status=2)
        bucket.object("delete", "K:", "--recursive")
        assert bucket.vendor.keys(bucket.name) == []

    @pytest.mark.deadline(240)
    def test_more_than_one_request_takes(self, make):
        bucket = make("s3")
        for number in range(1005):
            bucket.client.put_object(Bucket=bucket.name, Key=f"k{number:04}", Body=b"")
        bucket.store.reset_counters()
        bucket.object("delete", "K:", "--recursive")
        assert bucket.store.counters()["DeleteObjects"]["requests"] == 2
        assert bucket.vendor.keys(bucket.name) == []

    def test_what_cannot_be_deleted_is_named(self, make):
        bucket = make("s3", "--object-lock")
        for key in ("a", "b"):
            bucket.object("put", f"K:{key}", "--text", "x")
        bucket.object("put", "K:locked", "--text", "x", "--lock-mode", "COMPLIANCE", "--lock-until", FUTURE)
        done = windlass(
            bucket.endpoint, bucket.home, "object", "delete", bucket.address(), "--recursive", "--all-versions", "--endpoint", bucket.endpoint.url)
        assert done.returncode == 1 and "locked" in done.stderr and "1 of them" in done.stderr
        assert [entry["Key"] for entry in bucket.lines("versions", "list", "K:")] == ["locked"]


class TestAppending:
    def test_where_the_dialect_has_it(self, make):
        bucket = make("obs")
        bucket.object("append", "K:log", "--text", "one ")
        bucket.object("append", "K:log", "-", text="two")
        assert bucket.vendor.get(bucket.name, "log") == b"one two"
        bucket.object("append", "K:log", "--text", "x", "--position", "3", status=3)
        answer = bucket.client.appendObject(bucket.name, "log", obs.AppendObjectContent(content=" three", position=7))
        assert answer.status == 200 and bucket.object("cat", "K:log") == "one two three"

    def test_where_the_store_has_none_nothing_is_overwritten(self, make):
        for form in ("s3", "cos", "oos"):
            bucket = make(form)
            bucket.vendor.put(bucket.name, "log", b"one")
            assert "append" in bucket.object("append", "K:log", "--text", "two", status=4)
            assert bucket.vendor.get(bucket.name, "log") == b"one"
            assert bucket.vendor.keys(bucket.name) == ["log"]


class TestTags:
    @pytest.mark.parametrize("form", VERSIONED)
    def test_both_ways(self, make, form):
        bucket = make(form)
        bucket.object("put", "K:k", "--text", "x", "--tag", "first=1")
        assert json.loads(bucket.object("tag", "get", "K:k", "--json")) == {"first": "1"}
        bucket.object("tag", "set", "K:k", "a=1", "b c=ü")
        if form in ("s3", "cos"):
            tags = bucket.client.get_object_tagging(Bucket=bucket.name, Key="k")["TagSet"]
            assert {tag["Key"]: tag["Value"] for tag in tags} == {"a": "1", "b c": "ü"}
            bucket.client.put_object_tagging(Bucket=bucket.name, Key="k", Tagging={"TagSet": [{"Key": "z", "Value": "9"}]})
            assert json.loads(bucket.object("tag", "get", "K:k", "--json")) == {"z": "9"}
        assert len(json.loads(bucket.object("tag", "get", "K:k", "--json"))) >= 1
        bucket.object("tag", "delete", "K:k")
        assert bucket.object("tag", "get", "K:k") == ""
        assert bucket.vendor.get(bucket.name, "k") == b"x"


class TestAccess:
    @pytest.mark.parametrize("form", VERSIONED)
    def test_both_ways(self, make, form, tmp_path):
        bucket = make(form)
        bucket.vendor.put(bucket.name, "k", b"x")
        private = json.loads(bucket.object("acl", "get", "K:k", "--json"))
        bucket.object("acl", "set", "K:k", "--value", "public-read")
        assert fetch(f"{bucket.store.endpoint.url}/{bucket.name}/k")[0] == 200
        public = json.loads(bucket.object("acl", "get", "K:k", "--json"))
        assert public != private and len(public["Grants"]) == 2
        if form in ("s3", "cos"):
            assert bucket.client.get_object_acl(Bucket=bucket.name, Key="k")["Grants"] == public["Grants"]
        (tmp_path / "acl").write_text(json.dumps(private))
        bucket.object("acl", "set", "K:k", tmp_path / "acl")
        assert fetch(f"{bucket.store.endpoint.url}/{bucket.name}/k")[0] == 403
        assert json.loads(bucket.object("acl", "get", "K:k", "--json")) == private
        bucket.object("put", "K:open", "--text", "x", "--acl", "public-read")
        assert fetch(f"{bucket.store.endpoint.url}/{bucket.name}/open")[0] == 200


def test_what_only_huawei_has(make):
    bucket = make("obs")
    bucket.object("put", "K:k", "--text", "x", "--expires", "3")
    assert "expiry-date" in bucket.head("k")["x-obs-expiration"]


NOT_OFFERED = {
    "oos": [
        ("tag", "get", "K:k"), ("tag", "set", "K:k", "a=b"), ("acl", "get", "K:k"), ("acl", "set", "K:k", "--value", "private"),
        ("versions", "list", "K:"), ("versions", "undelete", "K:k"), ("restore", "K:k"), ("retention", "get", "K:k"),
        ("retention", "extend", "K:k", "--period", "9"), ("legal-hold", "list", "K:k"), ("put", "K:k", "--text", "x", "--tag", "a=b"),
        ("put", "K:k", "--text", "x", "--expires", "3"), ("put", "K:k", "--text", "x", "--sse", "aes256"), ("put", "K:k", "--text", "x", "--if-absent"),
        ("put", "K:k", "--text", "x", "--lock-mode", "COMPLIANCE", "--lock-until", FUTURE), ("cat", "K:k", "--image-process", "image/info")],
    "s3": [
        ("put", "K:k", "--text", "x", "--expires", "3"), ("cat", "K:k", "--image-process", "image/info"),
        ("retention", "extend", "K:k", "--period", "9"), ("put", "K:k", "--text", "x", "--retention-date", FUTURE)],
    "cos": [("put", "K:k", "--text", "x", "--expires", "3"), ("append", "K:k", "--text", "x"), ("retention", "set", "K:k", "COMPLIANCE", FUTURE)],
    "obs": [("put", "K:k", "--text", "x", "--if-match", "0"), ("legal-hold", "list", "K:k"), ("retention", "extend", "K:k", "--period", "9")],
}


@pytest.mark.parametrize("form, words", [(form, words) for form, cases in NOT_OFFERED.items() for words in cases], ids=str)
def test_what_a_dialect_does_not_have(make, form, words):
    bucket = make(form)
    bucket.vendor.put(bucket.name, "k", b"untouched")
    text = bucket.object(*words, status=4)
    assert "offer" in text or "no periods" in text or "only" in text
    assert bucket.vendor.get(bucket.name, "k") == b"untouched"


@pytest.mark.parametrize("words", [
    ("put", "K:k"), ("put", "K:k", "--text", "x", "-"), ("put", "K:", "--text", "x"), ("cat", "K:k", "--range", "5"),
    ("cat", "K:k", "--response", "x-own=1"), ("metadata", "set", "K:k"), ("retention", "extend", "K:k"),
    ("presign", "frobnicate", "K:k"), ("presign", "get", "K:"), ("presign", "upload-part", "K:k"), ("form", "K:k", "--status", "500"),
    ("delete", "K:k", "--all-versions"), ("restore", "K:k", "--days", "0"), ("versions", "list", "K:", "--start-version", "x")], ids=str)
def test_usage(make, words):
    bucket = make("s3")
    bucket.object(*words, status=2)
    assert bucket.vendor.keys(bucket.name) == []


def test_no_such_object(bucket):
    assert "there is no object" in bucket.object("cat", "K:none", status=1)
    assert "there is no object" in bucket.object("stat", "K:none", status=1)


class Ignorant(http.server.BaseHTTPRequestHandler):
    """A store that does not look at sub-resources: whatever is asked of one is done with the object."""

    asked, paths = [], []

    def answer(self):
        self.asked.append(self.command)
        self.paths.append(self.path)
        body = b"the object itself" if self.command == "GET" else b""
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("ETag", '"0123"')
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_PUT = do_DELETE = do_POST = do_HEAD = answer

    def log_message(self, *_):
        pass


def ask_ignorant(make, home, *words):
    Ignorant.asked, Ignorant.paths = [], []
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Ignorant)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        endpoint = replace(make("s3").store.endpoint, url=f"http://127.0.0.1:{server.server_port}")
        return windlass(endpoint, home, "object", *words, "--endpoint", endpoint.url, "--max-retries", "0")
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("words", [
    ("tag", "set", "b/k", "a=1"), ("tag", "delete", "b/k"), ("acl", "set", "b/k", "--value", "private"),
    ("retention", "set", "b/k", "COMPLIANCE", FUTURE), ("legal-hold", "add", "b/k")], ids=str)
def test_a_store_that_takes_a_sub_resource_for_the_object_is_not_asked_to_change_it(words, make, tmp_path):
    done = ask_ignorant(make, tmp_path, *words)
    assert done.returncode == 4 and "nothing was changed" in done.stderr, done
    assert set(Ignorant.asked) == {"GET"}


def test_what_becomes_of_an_image_is_asked_of_huawei(make, tmp_path):
    done = ask_ignorant(make, tmp_path, "cat", "b/k", "--image-process", "image/resize,w_100", "--dialect", "obs")
    assert done.returncode == 0 and done.stdout == "the object itself", done
    assert Ignorant.paths[-1] == "/b/k?x-image-process=image%2Fresize%2Cw_100"
