"""The mount on object stores that nobody of this project wrote."""

import json
import os
import uuid

import pytest

from deadlines import run
from mounts import Mount, windlass
from servers import endpoint_of, running
from stores import SERVERS, body, keys

@pytest.fixture(scope="module", params=SERVERS)
def server(request):
    with running(request.param) as description:
        yield description


@pytest.fixture
def foreign(server, tmp_path):
    """A mount of a new bucket on the server, and a boto3 client of it."""
    endpoint = endpoint_of(server)
    client = endpoint.client()
    name = f"windlass-{uuid.uuid4().hex[:12]}"
    client.create_bucket(Bucket=name)
    mount = Mount(endpoint, name, tmp_path).start()
    yield mount, client, name
    mount.stop()
    for key in keys(client, name):
        client.delete_object(Bucket=name, Key=key)


CONDITIONS = {
    "put-if-absent", "put-if-matches", "complete-if-absent", "complete-if-matches", "copy-if-source-matches", "part-copy",
    "part-copy-if-source-matches"}
# Ceph 16 takes unquoted ETags only, ignores the conditions of completions and copies, and appends.
FOUND = {"ceph": {"put-if-absent", "part-copy", "append"}, "seaweedfs": CONDITIONS, "ministack": CONDITIONS}


def test_what_each_can_do_is_found_out(foreign, server, tmp_path):
    mount, client, bucket = foreign
    result = windlass(
        endpoint_of(server), tmp_path, "doctor", bucket, "--endpoint", server["endpoint"], "--region", server["region"], "--write", "--json")
    assert result.returncode == 0, result.stderr
    report = json.loads(result.stdout)
    assert report["capabilitiesSource"] == "tried"
    assert {name for name, is_there in report["capabilities"].items() if is_there} == FOUND[server["name"]]
    assert keys(client, bucket) == [] and "Uploads" not in client.list_multipart_uploads(Bucket=bucket)


@pytest.mark.parametrize("size", [0, 1, 70_000, (12 << 20) + 7])
def test_bytes_both_ways(foreign, size):
    mount, client, bucket = foreign
    data = os.urandom(size)
    (mount.path / "written").write_bytes(data)
    assert body(client, bucket, "written") == data
    client.put_object(Bucket=bucket, Key="put", Body=data)
    assert (mount.path / "put").read_bytes() == data
    mount.remount()
    assert (mount.path / "written").read_bytes() == data


@pytest.mark.parametrize("algorithm", ["CRC32", "SHA1", "SHA256"])
def test_what_has_a_checksum_is_read(foreign, algorithm):
    """Whatever the server makes of checksums, of whole objects and of parts: none of it is taken for damage."""
    mount, client, bucket = foreign
    data = os.urandom(200_000)
    client.put_object(Bucket=bucket, Key="whole", Body=data, ChecksumAlgorithm=algorithm)
    upload = client.create_multipart_upload(Bucket=bucket, Key="parts", ChecksumAlgorithm=algorithm)["UploadId"]
    part = client.upload_part(Bucket=bucket, Key="parts", UploadId=upload, PartNumber=1, Body=data, ChecksumAlgorithm=algorithm)
    checksum = {name: value for name, value in part.items() if name.startswith("Checksum") and name != "ChecksumType"}
    client.complete_multipart_upload(
        Bucket=bucket, Key="parts", UploadId=upload, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"], **checksum}]})
    for name in ("whole", "parts"):
        assert (mount.path / name).read_bytes() == data


def test_names_both_ways(foreign):
    mount, client, bucket = foreign
    names = ["with space", "plus+sign", "100%", "%41", "caf\u00e9", "\U0001f600", "q?x=1", "hash#tag", "a&b", "<tag>", "quote'single"]
    for name in names:
        (mount.path / name).write_bytes(name.encode())
        client.put_object(Bucket=bucket, Key=f"other/{name}", Body=name.encode())
    assert sorted(key for key in keys(client, bucket) if "/" not in key) == sorted(names)
    assert sorted(os.listdir(mount.path / "other")) == sorted(names)
    for name in names:
        assert body(client, bucket, name) == name.encode()
        assert (mount.path / "other" / name).read_bytes() == name.encode()


def test_a_tree_is_copied_moved_and_removed(foreign, tmp_path):
    mount, client, bucket = foreign
    tree = tmp_path / "tree"
    for number in range(3):
        (tree / f"folder {number}" / "inner").mkdir(parents=True)
        (tree / f"folder {number}" / "inner" / "file").write_bytes(os.urandom(10_000 + number))
    run(["cp", "-r", tree, mount.path / "copy"])
    run(["diff", "-r", tree, mount.path / "copy"])
    run(["mv", mount.path / "copy", mount.path / "moved"])
    run(["diff", "-r", tree, mount.path / "moved"])
    mount.remount()
    run(["diff", "-r", tree, mount.path / "moved"])
    run(["rm", "-r", mount.path / "moved"])
    assert os.listdir(mount.path) == []
    assert [key for key in keys(client, bucket) if not key.endswith("/")] == []
