"""`windlass ls|cp|mv|rm|cat|du`: as the commands of a shell, on URLs and paths."""

import os

import pytest

from bucket_under_test import FORMS, names, stores  # noqa: F401 (fixtures)
from object_under_test import make  # noqa: F401 (fixture)


@pytest.fixture(params=list(FORMS))
def bucket(request, make):
    return make(request.param)


@pytest.fixture
def tree(tmp_path):
    folder = tmp_path / "tree"
    content = {"a.txt": b"one", "sub/b.bin": os.urandom(70_000), "sub/deep/ü c": b""}
    for name, data in content.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder, content


def test_a_file_up_and_down(bucket, tmp_path):
    content = os.urandom(100_000)
    (tmp_path / "f.html").write_bytes(content)
    bucket.command("cp", tmp_path / "f.html", "K:")
    bucket.command("cp", tmp_path / "f.html", "K:folder/")
    bucket.command("cp", tmp_path / "f.html", "K:other")
    assert bucket.vendor.keys(bucket.name) == ["f.html", "folder/f.html", "other"]
    assert bucket.vendor.get(bucket.name, "other") == content
    assert bucket.head("other")["content-type"] == "text/html"
    bucket.command("cp", "K:other", tmp_path / "new")
    (tmp_path / "into").mkdir()
    bucket.command("cp", "K:folder/f.html", tmp_path / "into")
    assert (tmp_path / "new").read_bytes() == (tmp_path / "into" / "f.html").read_bytes() == content


def test_standard_input_and_output(bucket):
    bucket.command("cp", "-", "K:piped", text="from a pipe")
    assert bucket.command("cat", "K:piped") == "from a pipe"
    assert bucket.command("cp", "K:piped", "-") == "from a pipe"
    bucket.command("cp", "-", "K:", status=2)


def test_folders_up_down_and_across(bucket, tree, tmp_path, make):
    folder, content = tree
    assert bucket.command("cp", "-r", folder, "K:up", "--dry-run").count("would copy") == 3
    assert bucket.vendor.keys(bucket.name) == []
    bucket.command("cp", "-r", folder, "K:up")
    assert bucket.vendor.keys(bucket.name) == sorted((f"up/{name}" for name in content), key=str.encode)
    bucket.command("cp", "-r", "K:up", tmp_path / "down")
    for name, data in content.items():
        assert (tmp_path / "down" / name).read_bytes() == data
    bucket.command("cp", "-r", "K:up", "K:again")
    other = make(bucket.form.name)
    bucket.command("mv", "-r", "K:up", other.address("moved"))
    assert [key.split("/")[0] for key in bucket.vendor.keys(bucket.name)] == ["again"] * 3
    assert other.vendor.get(other.name, "moved/sub/b.bin") == content["sub/b.bin"]
    bucket.command("cp", "-r", "K:again", "K:again/below", status=2)


def test_moving_takes_the_source_away(bucket, tmp_path):
    (tmp_path / "f").write_text("x")
    bucket.command("mv", tmp_path / "f", "K:f")
    assert not (tmp_path / "f").exists()
    bucket.command("mv", "K:f", tmp_path / "g")
    assert (tmp_path / "g").read_text() == "x" and bucket.vendor.keys(bucket.name) == []
    bucket.command("mv", "K:none", tmp_path / "h", status=1)
    assert not (tmp_path / "h").exists()


def test_a_source_that_cannot_be_copied_stays(bucket, tmp_path):
    bucket.vendor.put(bucket.name, "k", b"x")
    bucket.command("mv", "K:k", bucket.address("k"), status=2)
    (tmp_path / "in-the-way").write_text("a file")
    bucket.command("mv", "K:k", tmp_path / "in-the-way" / "k", status=1)
    assert bucket.vendor.get(bucket.name, "k") == b"x"


def test_no_key_leads_out_of_the_folder(make, tmp_path):
    bucket = make("s3")
    for key in ("d/../../escaped", "d//empty", "d/./dot"):
        bucket.client.put_object(Bucket=bucket.name, Key=key, Body=b"x")
        assert "no name of a file" in bucket.command("cp", "-r", "K:d", tmp_path / "in" / "here", status=1)
        bucket.client.delete_object(Bucket=bucket.name, Key=key)
    assert not (tmp_path / "escaped").exists() and not (tmp_path / "in" / "escaped").exists()


def test_listing_sizes_and_deleting(bucket):
    for key, size in (("a", 1), ("d/b", 10), ("d/e/c", 100), ("z", 1000)):
        bucket.vendor.put(bucket.name, key, b"x" * size)
    assert bucket.name in bucket.command("ls", "--dialect", bucket.form.dialect)
    listed = [line.split()[-1] for line in bucket.command("ls", "K:").splitlines()]
    assert listed == ["a", "d/", "z"]
    assert [line.split()[-1] for line in bucket.command("ls", "-r", "K:d/").splitlines()] == ["d/b", "d/e/c"]
    assert bucket.command("du", "K:").split() == ["1111", "4"]
    assert [line.split("\t") for line in bucket.command("du", "K:d/", "--folders").splitlines()] == [["100", "1", "d/e/"], ["110", "2", "d/"]]
    bucket.command("rm", "K:", status=2)
    bucket.command("rm", "K:a", "K:z")
    assert "would delete" in bucket.command("rm", "-r", "K:d/", "--dry-run")
    assert bucket.vendor.keys(bucket.name) == ["d/b", "d/e/c"]
    bucket.command("rm", "-r", "K:d/")
    assert bucket.vendor.keys(bucket.name) == []


def test_one_side_is_a_url(bucket, tmp_path):
    (tmp_path / "f").write_text("x")
    bucket.command("cp", tmp_path / "f", tmp_path / "g", status=2)
    (tmp_path / "folder").mkdir()
    bucket.command("cp", tmp_path / "folder", "K:k", status=2)
    bucket.command("cp", tmp_path / "none", "K:k", status=1)
