"""`windlass doctor`: what it says of a bucket, and the one line when something is wrong."""

import json
import os
import shutil
import socket
import ssl
import subprocess
import threading
import time
import uuid
from dataclasses import replace

import pytest

from mounts import windlass
from stores import Store, fault, keys

TOP = {
    "addressing", "bucket", "capabilities", "capabilitiesSource", "checksums", "clockSkewSeconds", "credentials", "dialect", "endpoint", "fileSystem",
    "latencyMilliseconds", "limits", "location", "machine", "objectLock", "permissions", "problem", "region", "signature", "usable", "versioning"}
CAPABILITIES = {
    "append", "complete-if-absent", "complete-if-matches", "copy-if-source-matches", "modify", "part-copy", "part-copy-if-source-matches",
    "put-if-absent", "put-if-matches", "rename", "replace-attributes", "list-attributes"}


@pytest.fixture
def doctor(store, bucket, tmp_path):
    """Runs `windlass doctor`; the store's own endpoint and the test's bucket unless others are given."""

    def call(*options, of=None, endpoint=None, environment=None, timeout=60):
        endpoint = endpoint or store.endpoint
        return windlass(
            endpoint, tmp_path, "doctor", of or bucket, "--endpoint", endpoint.url, "--region", endpoint.region, *options, timeout=timeout,
            environment=environment)

    return call


def report(result):
    """The JSON of a run that went well."""
    assert result.returncode == 0, result.stderr
    assert result.stderr == ""
    found = json.loads(result.stdout)
    assert set(found) == TOP and set(found["capabilities"]) == CAPABILITIES
    assert found["usable"] is True and found["problem"] is None
    return found


def says(result, *words):
    """One line on standard error, and the end of a failure."""
    assert result.returncode == 1, result.stdout + result.stderr
    (line,) = result.stderr.splitlines()
    for word in words:
        assert word in line, f"{word!r} is not in {line!r}"
    assert "windlass-test-secret" not in result.stdout + result.stderr
    return line


def test_the_machine_is_looked_at(doctor, tmp_path):
    found = report(doctor("--json"))["machine"]
    assert found["kernel"] == os.uname().release and found["fuse"] is True and found["openFiles"] > 0
    assert found["freeBytes"] > 0 and found["fusermount"] == shutil.which("fusermount3")
    text = doctor().stdout
    assert "free for files being written" in text and os.uname().release in text


class TestUsable:
    def test_nothing_is_changed_unless_asked(self, doctor, store, s3, bucket):
        store.reset_counters()
        found = report(doctor("--json"))
        assert found["permissions"] == {"list": True, "read": None, "write": None, "delete": None}
        assert found["capabilitiesSource"] == "known" and found["clockSkewSeconds"] in (-1, 0, 1)
        assert 0 < found["latencyMilliseconds"] < 10_000
        assert found["credentials"] == {"source": "environment", "kind": "access keys", "expires": None}
        assert (found["dialect"], found["addressing"], found["signature"], found["region"]) == ("s3", "path", "v4", "us-east-1")
        assert (found["versioning"], found["objectLock"], found["fileSystem"]) == ("off", "off", False)
        writing = {"PutObject", "DeleteObject", "CreateMultipartUpload", "CopyObject", "DeleteObjects"}
        assert not writing & {name for name, count in store.counters().items() if count["requests"]}

    def test_reading_is_tried_on_what_is_there(self, doctor, s3, bucket):
        s3.put_object(Bucket=bucket, Key="a", Body=b"")
        assert report(doctor("--json"))["permissions"]["read"] is True
        s3.put_object(Bucket=bucket, Key="b", Body=b"bytes")
        assert report(doctor("--json"))["permissions"]["read"] is True

    def test_writing_is_tried_when_asked(self, doctor, s3, bucket):
        found = report(doctor("--json", "--write"))
        assert found["permissions"] == {"list": True, "read": True, "write": True, "delete": True}
        assert found["capabilitiesSource"] == "tried"
        assert found["capabilities"]["put-if-absent"] and not found["capabilities"]["append"]
        assert keys(s3, bucket) == [] and "Uploads" not in s3.list_multipart_uploads(Bucket=bucket)

    def test_the_text_is_aligned(self, doctor):
        result = doctor("--write")
        assert result.returncode == 0 and result.stderr == ""
        lines = result.stdout.splitlines()
        column = lines[0].index(lines[0].split()[1])
        assert all(line[column - 1] == " " and line[column] != " " for line in lines)
        assert any(line.split()[0] == "put-if-absent" and line.endswith("yes") for line in lines)

    def test_settings_of_the_bucket(self, doctor, s3, store):
        name = f"locked-{uuid.uuid4().hex[:8]}"
        s3.create_bucket(Bucket=name, ObjectLockEnabledForBucket=True)
        s3.put_object_lock_configuration(
            Bucket=name,
            ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 3}}})
        found = report(doctor("--json", of=name))
        assert (found["versioning"], found["objectLock"]) == ("enabled", "enabled, governance for 3 days")

    def test_what_a_mount_found_is_told(self, doctor, mounts, tmp_path):
        mount = mounts()
        found = report(doctor("--json", environment={"XDG_CACHE_HOME": str(mount.path.parent / ".cache")}))
        assert found["capabilitiesSource"] == "remembered" and found["capabilities"]["put-if-matches"]

    def test_the_store_names_another_region(self, doctor, store):
        found = report(doctor("--json", "--region", "eu-nowhere-1"))
        assert found["region"] == "us-east-1"

    @pytest.mark.parametrize("seconds", [-1200, 1200, 100])
    def test_a_clock_that_is_wrong(self, doctor, store, seconds):
        store.faults(fault("clockSkew", seconds=seconds))
        found = report(doctor("--json"))
        assert abs(found["clockSkewSeconds"] - seconds) <= 2
        assert ("ahead" if seconds > 0 else "behind") in doctor().stdout


class TestUnusable:
    def test_wrong_secret(self, doctor, store):
        says(doctor(endpoint=replace(store.endpoint, secret_key="wrong")), "keys", "SignatureDoesNotMatch", "environment")

    def test_wrong_key(self, doctor, store):
        result = doctor("--json", endpoint=replace(store.endpoint, access_key="AKIANOBODY"))
        line = says(result, "keys", "InvalidAccessKeyId")
        found = json.loads(result.stdout)
        assert set(found) == TOP and found["usable"] is False and line == f"windlass: {found['problem']}"

    def test_no_keys(self, doctor):
        says(doctor(environment={"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}), "no credentials found")

    def test_no_such_bucket(self, doctor):
        says(doctor(of="no-such-bucket"), "no bucket no-such-bucket", "bucket create")

    def test_nothing_listens(self, doctor, store):
        started = time.monotonic()
        result = doctor("--json", endpoint=replace(store.endpoint, url="http://127.0.0.1:1"))
        says(result, "nothing takes connections", "127.0.0.1:1")
        assert json.loads(result.stdout)["usable"] is False
        assert time.monotonic() - started < 30

    def test_no_such_host(self, doctor, store):
        says(doctor(endpoint=replace(store.endpoint, url="http://no-such-host.invalid")), "leads nowhere", "no-such-host.invalid")

    def test_no_tls(self, doctor, store):
        says(doctor(endpoint=replace(store.endpoint, url=store.endpoint.url.replace("http:", "https:"))), "no TLS", "--ca-bundle")

    def test_a_certificate_that_nobody_vouches_for(self, doctor, store, tmp_path):
        with TLSPort(tmp_path) as port:
            endpoint = replace(store.endpoint, url=f"https://127.0.0.1:{port}")
            says(doctor(endpoint=endpoint), "--ca-bundle", "certificate")

    def test_something_else_listens(self, doctor, store):
        with Answering(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello") as port:
            says(doctor(endpoint=replace(store.endpoint, url=f"http://127.0.0.1:{port}")), "no object store", f"127.0.0.1:{port}")

    def test_something_that_never_answers(self, doctor, store):
        with Answering(b"") as port:
            started = time.monotonic()
            says(doctor("--timeout", "1", endpoint=replace(store.endpoint, url=f"http://127.0.0.1:{port}")), f"127.0.0.1:{port}")
            assert time.monotonic() - started < 60

    @pytest.mark.parametrize("operation, word", [
        ("ListObjectsV2", "may not use bucket"), ("GetObject", "may not read"), ("PutObject", "may not write"), ("DeleteObject", "may not delete")])
    def test_missing_rights(self, doctor, store, s3, bucket, operation, word):
        s3.put_object(Bucket=bucket, Key="b", Body=b"bytes")
        store.faults(fault("error", [operation], status=403, code="AccessDenied"))
        result = doctor("--write", "--json")
        says(result, word, bucket)
        found = json.loads(result.stdout)
        name = {"ListObjectsV2": "list", "GetObject": "read", "PutObject": "write", "DeleteObject": "delete"}[operation]
        assert found["permissions"][name] is False

    def test_the_head_of_a_bucket_may_be_refused(self, doctor, store):
        store.faults(fault("error", ["HeadBucket", "GetBucketLocation", "GetBucketVersioning"], status=403, code="AccessDenied"))
        found = report(doctor("--json"))
        assert found["location"] is None and found["versioning"] is None

    def test_contradictions_are_wrong_usage(self, doctor):
        assert doctor("--dialect", "obs", of="s3://bucket").returncode == 2


@pytest.mark.parametrize("dialect, addressing, signature", [("s3", "path", "v4"), ("obs", "path", "v2"), ("cos", "path", "v4"), ("oos", "path", "v2")])
def test_each_dialect(tmp_path, dialect, addressing, signature):
    (tmp_path / "data").mkdir()
    store = Store(tmp_path / "data", tmp_path, "--dialect", dialect).start()
    try:
        store.endpoint.client().create_bucket(Bucket="bucket")
        environment = {"OBS_ACCESS_KEY_ID": store.endpoint.access_key, "OBS_SECRET_ACCESS_KEY": store.endpoint.secret_key}
        found = report(windlass(
            store.endpoint, tmp_path, "doctor", f"{dialect}://bucket", "--endpoint", store.endpoint.url, "--json", "--write",
            environment=environment))
        assert (found["dialect"], found["addressing"], found["signature"]) == (dialect, addressing, signature)
        assert found["permissions"] == {"list": True, "read": True, "write": True, "delete": True}
        assert found["limits"]["minimumPart"] == (100 << 10 if dialect == "obs" else 5 << 20)
        assert found["capabilities"]["append"] == (dialect == "obs")
        assert found["versioning"] == ("not-offered" if dialect == "oos" else "off")
    finally:
        store.stop()


class Answering:
    """A port where every request gets the same bytes, or none."""

    def __init__(self, answer):
        self.answer = answer

    def __enter__(self):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.connections = []
        threading.Thread(target=self._serve, daemon=True).start()
        return self.socket.getsockname()[1]

    def _serve(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            self.connections.append(connection)
            if self.answer:
                try:
                    connection.recv(65536)
                    connection.sendall(self.answer)
                    connection.close()
                except OSError:
                    pass

    def __exit__(self, *_):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        for connection in self.connections:
            connection.close()


class TLSPort(Answering):
    """A port with a certificate made for the test."""

    def __init__(self, folder):
        super().__init__(b"HTTP/1.1 200 OK\r\n\r\n")
        self.folder = folder

    def __enter__(self):
        key, certificate = self.folder / "key.pem", self.folder / "certificate.pem"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1", "-keyout", key, "-out", certificate],
            check=True, capture_output=True, timeout=60)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate, key)
        return super().__enter__()

    def _serve(self):
        while True:
            try:
                connection, _ = self.socket.accept()
                self.context.wrap_socket(connection, server_side=True).close()
            except ssl.SSLError:
                continue
            except OSError:
                return
