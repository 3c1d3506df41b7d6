"""Whole objects are compared with the checksum that the store has of them where their ETag is no digest of their bytes."""

import base64
import errno
import hashlib
import os
import zlib

import pytest

import stores
from mounts import Mount

SIZE = 300_000


def crc32(data):
    return base64.b64encode(zlib.crc32(data).to_bytes(4, "big")).decode()


def in_one_part(s3, bucket, key, data, **kind):
    """An object whose ETag is no MD5; `kind`: of its checksum."""
    upload = s3.create_multipart_upload(Bucket=bucket, Key=key, **kind)["UploadId"]
    checksum = {"ChecksumCRC32": crc32(data)} if kind else {}
    part = s3.upload_part(Bucket=bucket, Key=key, UploadId=upload, PartNumber=1, Body=data, **checksum)
    parts = [{"PartNumber": 1, "ETag": part["ETag"], **checksum}]
    s3.complete_multipart_upload(Bucket=bucket, Key=key, UploadId=upload, MultipartUpload={"Parts": parts})


def encrypted(s3, bucket, key, data, **checksum):
    """Where the store encrypts with a key of a key service, the ETag is no MD5 either."""
    s3.put_object(Bucket=bucket, Key=key, Body=data, ServerSideEncryption="aws:kms", **checksum)


def digest(function, data):
    return base64.b64encode(function(data).digest()).decode()


PUTS = {
    "crc32-of-parts": lambda s3, bucket, key, data: in_one_part(
        s3, bucket, key, data, ChecksumAlgorithm="CRC32", ChecksumType="FULL_OBJECT"),
    "crc32": lambda s3, bucket, key, data: encrypted(s3, bucket, key, data, ChecksumCRC32=crc32(data)),
    "sha1": lambda s3, bucket, key, data: encrypted(s3, bucket, key, data, ChecksumSHA1=digest(hashlib.sha1, data)),
    "sha256": lambda s3, bucket, key, data: encrypted(s3, bucket, key, data, ChecksumSHA256=digest(hashlib.sha256, data)),
}


@pytest.fixture
def mounted(store, bucket, tmp_path):
    mount = Mount(store.endpoint, bucket, tmp_path, "--no-hedging").start()
    yield mount.path
    store.faults()
    mount.stop()


@pytest.mark.parametrize("kind", PUTS)
def test_damage_is_asked_for_again_and_never_data(store, bucket, s3, mounted, kind):
    data = os.urandom(SIZE)
    PUTS[kind](s3, bucket, "file", data)
    PUTS[kind](s3, bucket, "other", data)
    for name in ("file", "other"):
        os.stat(mounted / name)
    store.faults(stores.fault("corrupt", ["GetObject"], bytes=1, times=2))
    store.reset_counters()
    assert (mounted / "file").read_bytes() == data
    assert store.counters()["GetObject"]["requests"] == 3
    store.faults(stores.fault("corrupt", ["GetObject"], bytes=1))
    with pytest.raises(OSError) as failure:
        (mounted / "other").read_bytes()
    assert failure.value.errno == errno.EIO
    store.faults()
    assert (mounted / "other").read_bytes() == data, "the error does not stay"


@pytest.mark.parametrize("kind", ["none", "composite"])
def test_without_a_checksum_of_the_whole_there_is_nothing_to_compare(store, bucket, s3, mounted, kind):
    """Negative control: it is the checksum that finds the damage. One of parts' checksums raises no false alarm."""
    data = os.urandom(SIZE)
    composite = {"ChecksumAlgorithm": "CRC32", "ChecksumType": "COMPOSITE"} if kind == "composite" else {}
    for name in ("file", "other"):
        in_one_part(s3, bucket, name, data, **composite)
        os.stat(mounted / name)
    assert (mounted / "file").read_bytes() == data
    store.faults(stores.fault("corrupt", ["GetObject"], bytes=1))
    damaged = (mounted / "other").read_bytes()
    assert len(damaged) == SIZE and damaged != data


def test_files_fetched_ahead_are_compared_too(store, bucket, s3, mounted):
    data = {f"file-{number:02}": os.urandom(10_000) for number in range(40)}
    for name, content in data.items():
        in_one_part(s3, bucket, f"folder/{name}", content, ChecksumAlgorithm="CRC32", ChecksumType="FULL_OBJECT")
    store.faults(stores.fault("corrupt", ["GetObject"], bytes=1, rate=0.3, times=2))
    assert {name: (mounted / "folder" / name).read_bytes() for name in sorted(os.listdir(mounted / "folder"))} == data
