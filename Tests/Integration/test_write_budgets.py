"""How many requests and bytes writing takes, counted at the store.

Where the mount does not know that the store holds the conditions of a write by itself, each commit costs one HEAD more: `looks` counts those.
"""

import hashlib
import os
import time

import pytest

import stores
from mounts import Mount, wait_until
from stores import body, keys

MEBIBYTE = 1 << 20


@pytest.fixture(scope="module", params=["s3", "obs", "cos"])
def dialect(request, tmp_path_factory):
    """A store, and the options to mount it with."""
    home = tmp_path_factory.mktemp(request.param)
    (home / "data").mkdir()
    store = stores.Store(home / "data", home, "--dialect", request.param).start()
    yield store, request.param
    store.stop()


class Counted:
    """A mount whose store counts."""

    def __init__(self, store, name, folder):
        self.store, self.name, self.folder = store, name, folder
        self.s3 = store.endpoint.client()
        self.bucket = f"budget-{os.urandom(6).hex()}"
        self.s3.create_bucket(Bucket=self.bucket)
        self.mount = None

    def start(self, *options):
        self.mount = Mount(self.store.endpoint, self.bucket, self.folder, "--dialect", self.name, *options).start()
        return self.mount.path

    def count(self, work):
        """Runs it; gives what the store was asked to change, as operation -> requests, the HEADs and GETs, and the bytes of bodies sent."""
        self.store.reset_counters()
        work()
        counted = {name: count for name, count in self.store.counters().items() if name != "ListBuckets"}
        looks = sum(count["requests"] for name, count in counted.items() if name in ("HeadObject", "ListObjects", "ListObjectsV2"))
        requests = {name: count["requests"] for name, count in counted.items() if not name.startswith(("HeadObject", "ListObjects"))}
        sent = sum(count["bytesIn"] for count in counted.values())
        print(f"{self.name}: {requests}, {looks} looks, {sent} bytes")
        return requests, looks, sent

    def upload(self, key, size):
        """An object of that size whose blocks differ; gives a function from a range to its bytes."""
        upload = self.s3.create_multipart_upload(Bucket=self.bucket, Key=key)["UploadId"]
        parts = []
        for number in range(max(1, size // (64 * MEBIBYTE))):
            data = block_data(number, min(64 * MEBIBYTE, size))
            etag = self.s3.upload_part(Bucket=self.bucket, Key=key, UploadId=upload, PartNumber=number + 1, Body=data)["ETag"]
            parts.append({"PartNumber": number + 1, "ETag": etag})
        self.s3.complete_multipart_upload(Bucket=self.bucket, Key=key, UploadId=upload, MultipartUpload={"Parts": parts})

    def range(self, key, start, count):
        return self.s3.get_object(Bucket=self.bucket, Key=key, Range=f"bytes={start}-{start + count - 1}")["Body"].read()


def block_data(number, size):
    pattern = hashlib.sha256(number.to_bytes(4, "big")).digest() * (MEBIBYTE // 32)
    return b"".join(index.to_bytes(4, "big") + pattern[4:] for index in range(size // MEBIBYTE))


@pytest.fixture
def counted(dialect, tmp_path):
    counted = Counted(*dialect, tmp_path)
    yield counted
    if counted.mount is not None:
        counted.mount.stop()


def test_a_new_file_with_all_its_attributes_is_one_put(counted):
    path = counted.start()
    os.listdir(path)

    def work():
        file = os.open(path / "file", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        os.write(file, b"x" * 100_000)
        os.fchmod(file, 0o640)
        os.fchown(file, 1000, 1000)
        os.utime(file, (1_500_000_000, 1_400_000_000))
        os.close(file)

    requests, looks, sent = counted.count(work)
    assert requests == {"PutObject": 1}
    assert looks <= 1
    assert sent < 110_000
    status = os.stat(path / "file")
    assert (status.st_mode & 0o777, status.st_uid, status.st_gid, status.st_mtime) == (0o640, 1000, 1000, 1_400_000_000)


@pytest.mark.parametrize("size", [256, 1024], ids=["256MiB", "1GiB"])
def test_four_kibibytes_in_the_middle_of_much(counted, size):
    if size == 1024 and counted.name != "s3":
        pytest.skip("one store is enough for so much")
    counted.upload("large", size * MEBIBYTE)
    path = counted.start()
    os.stat(path / "large")
    patch, place = os.urandom(4096), size * MEBIBYTE // 2 + 12345

    def work():
        file = os.open(path / "large", os.O_RDWR)
        os.pwrite(file, patch, place)
        os.close(file)

    before = counted.range("large", place - 4096, 3 * 4096)
    requests, looks, sent = counted.count(work)
    assert sent < 11 * MEBIBYTE
    received = counted.store.counters().get("GetObject", {}).get("bytesOut", 0)
    assert received < 11 * MEBIBYTE
    gets = requests.pop("GetObject", 0)
    assert gets <= 2
    # Two copies of at most 5 GiB on each side of one part with the change.
    assert requests == {"CreateMultipartUpload": 1, "UploadPartCopy": 2, "UploadPart": 1, "CompleteMultipartUpload": 1}
    assert counted.range("large", place - 4096, 3 * 4096) == before[:4096] + patch + before[8192:]
    assert counted.s3.head_object(Bucket=counted.bucket, Key="large")["ContentLength"] == size * MEBIBYTE


def test_four_kibibytes_behind_64_mebibytes(counted):
    counted.upload("large", 64 * MEBIBYTE)
    path = counted.start()
    os.stat(path / "large")

    def work():
        file = os.open(path / "large", os.O_WRONLY | os.O_APPEND)
        os.write(file, b"tail" * 1024)
        os.close(file)

    requests, looks, sent = counted.count(work)
    assert requests == {"CreateMultipartUpload": 1, "UploadPartCopy": 1, "UploadPart": 1, "CompleteMultipartUpload": 1}
    assert sent < 10_000
    assert counted.range("large", 64 * MEBIBYTE - 4, 4100) == block_data(0, 64 * MEBIBYTE)[-4:] + b"tail" * 1024


def test_a_copy_inside_the_mount_moves_no_bytes(counted):
    counted.upload("large", 64 * MEBIBYTE)
    path = counted.start()
    os.listdir(path)
    os.stat(path / "large")

    def work():
        source, target = os.open(path / "large", os.O_RDONLY), os.open(path / "copy", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        done = 0
        while copied := os.copy_file_range(source, target, 64 * MEBIBYTE - done):
            done += copied
        assert done == 64 * MEBIBYTE
        os.close(target)
        os.close(source)

    requests, looks, sent = counted.count(work)
    assert requests == {"CopyObject": 1}
    assert sent < 1000
    assert body(counted.s3, counted.bucket, "copy") == block_data(0, 64 * MEBIBYTE)


def test_renaming_a_stored_file_is_a_copy_and_a_delete(counted):
    path = counted.start()
    (path / "old").write_bytes(b"x" * 1000)
    os.listdir(path)
    requests, looks, sent = counted.count(lambda: os.rename(path / "old", path / "new"))
    assert requests == {"CopyObject": 1, "DeleteObject": 1}
    assert sent < 1000


@pytest.mark.long
@pytest.mark.deadline(900)
def test_renaming_more_than_one_copy_may_take_copies_its_parts(counted):
    """CopyObject ends at 5 GiB in every dialect."""
    counted.upload("seed", 512 * MEBIBYTE)
    size, upload = 11 * 512 * MEBIBYTE, counted.s3.create_multipart_upload(Bucket=counted.bucket, Key="old")["UploadId"]
    source, parts = {"Bucket": counted.bucket, "Key": "seed"}, []
    for number in range(1, 12):
        part = counted.s3.upload_part_copy(Bucket=counted.bucket, Key="old", UploadId=upload, PartNumber=number, CopySource=source)
        parts.append({"PartNumber": number, "ETag": part["CopyPartResult"]["ETag"]})
    counted.s3.complete_multipart_upload(Bucket=counted.bucket, Key="old", UploadId=upload, MultipartUpload={"Parts": parts})
    path = counted.start()
    os.listdir(path)
    requests, _, sent = counted.count(lambda: os.rename(path / "old", path / "new"))
    copies = requests.pop("UploadPartCopy")
    assert 2 <= copies <= 11
    assert requests == {"CreateMultipartUpload": 1, "CompleteMultipartUpload": 1, "DeleteObject": 1}
    assert sent < 1000 + 200 * copies
    assert counted.s3.head_object(Bucket=counted.bucket, Key="new")["ContentLength"] == size
    for place in (0, 512 * MEBIBYTE - 100, size // 2, size - 200):
        assert counted.range("new", place, 200) == counted.range("seed", place % (512 * MEBIBYTE), 100) + counted.range(
            "seed", (place + 100) % (512 * MEBIBYTE), 100)


def test_names_of_what_is_not_uploaded_cost_nothing(counted):
    path = counted.start("--write-back", "--write-back-delay", "20")
    os.listdir(path)
    requests = counted.count(lambda: (path / "first").write_bytes(b"x" * 1000))[0]
    assert requests == {}
    requests, _, _ = counted.count(lambda: os.rename(path / "first", path / "second"))
    assert requests == {}
    (path / "gone").write_bytes(b"y" * 1000)
    requests, _, _ = counted.count(lambda: os.unlink(path / "gone"))
    assert requests == {}
    requests, _, _ = counted.count(counted.mount.stop)
    counted.mount = None
    assert requests == {"PutObject": 1}
    assert keys(counted.s3, counted.bucket) == ["second"]


def test_attributes_of_a_stored_file_are_one_request(counted):
    path = counted.start()
    (path / "file").write_bytes(b"x" * 100_000)

    def work():
        os.chmod(path / "file", 0o600)
        # Several changes shortly after one another are one request: it follows a moment later.
        time.sleep(1.5)

    requests, _, sent = counted.count(work)
    assert sum(requests.values()) == 1
    assert sent < 1000
    counted.mount.remount()
    assert os.stat(path / "file").st_mode & 0o777 == 0o600


def test_several_attributes_within_a_second_are_one_request(counted):
    path = counted.start()
    (path / "file").write_bytes(b"x" * 100_000)

    def work():
        os.chmod(path / "file", 0o600)
        os.chown(path / "file", 1000, 1000)
        os.utime(path / "file", (1_500_000_000, 1_400_000_000))
        time.sleep(1.5)

    requests, _, _ = counted.count(work)
    assert sum(requests.values()) == 1


def test_several_attributes_of_a_folder_within_a_second_are_one_request(counted):
    path = counted.start()
    os.mkdir(path / "folder")

    def change():
        for mode in (0o700, 0o750, 0o711):
            os.chmod(path / "folder", mode)
        os.utime(path / "folder", (1_000_000_000, 1_000_000_000))
        os.setxattr(path / "folder", "user.colour", b"blue")
        status = os.stat(path / "folder")
        assert (status.st_mode & 0o777, status.st_mtime) == (0o711, 1_000_000_000)
        time.sleep(1.6)

    assert counted.count(change)[0] == {"PutObject": 1}
    status = os.stat(path / "folder")
    assert (status.st_mode & 0o777, status.st_mtime) == (0o711, 1_000_000_000)
    counted.mount.remount()
    status = os.stat(path / "folder")
    assert (status.st_mode & 0o777, status.st_mtime) == (0o711, 1_000_000_000)
    assert os.getxattr(path / "folder", "user.colour") == b"blue"


def test_folders_and_removal(counted):
    path = counted.start()
    os.listdir(path)
    assert counted.count(lambda: os.mkdir(path / "folder"))[0] == {"PutObject": 1}
    (path / "folder" / "file").write_bytes(b"x")
    assert counted.count(lambda: os.unlink(path / "folder" / "file"))[0] == {"DeleteObject": 1}
    requests, looks, _ = counted.count(lambda: os.rmdir(path / "folder"))
    assert requests == {"DeleteObject": 1} and looks <= 1


def test_a_write_back_file_is_one_put(counted):
    path = counted.start("--write-back")
    os.listdir(path)

    def work():
        (path / "file").write_bytes(b"x" * 1000)
        wait_until(lambda: keys(counted.s3, counted.bucket) == ["file"], 20, "the upload")

    requests, _, _ = counted.count(work)
    assert requests == {"PutObject": 1}


def test_a_replacement_looks_once_where_the_store_holds_no_condition(counted):
    """Another client's version is not overwritten: the store sees to it, or a HEAD right before the request that makes the object."""
    path = counted.start()
    (path / "file").write_bytes(b"x" * 1000)
    file = os.open(path / "file", os.O_WRONLY)
    os.pwrite(file, b"y" * 1000, 0)
    requests, looks, _ = counted.count(lambda: os.close(file))
    assert requests == {"PutObject": 1}
    assert looks == {"s3": 0, "cos": 0, "obs": 1}[counted.name]


def test_links_and_special_files_are_one_put(counted):
    path = counted.start()
    os.listdir(path)
    assert counted.count(lambda: os.symlink("target", path / "link"))[0] == {"PutObject": 1}
    assert counted.count(lambda: os.mkfifo(path / "fifo"))[0] == {"PutObject": 1}


def test_the_last_child_of_a_folder_without_a_marker(counted):
    """Other clients make folders of prefixes alone: one does not vanish with its last file."""
    counted.s3.put_object(Bucket=counted.bucket, Key="folder/file", Body=b"x")
    path = counted.start()
    os.listdir(path / "folder")
    requests, _, _ = counted.count(lambda: os.unlink(path / "folder" / "file"))
    assert requests == {"PutObject": 1, "DeleteObject": 1}
    assert keys(counted.s3, counted.bucket) == ["folder/"]


def test_renaming_a_folder_is_a_copy_for_each_object(counted):
    for number in range(50):
        counted.s3.put_object(Bucket=counted.bucket, Key=f"old/file-{number}", Body=b"x" * 100)
    counted.s3.put_object(Bucket=counted.bucket, Key="old/", Body=b"")
    path = counted.start()
    os.listdir(path)
    os.listdir(path / "old")
    requests, looks, sent = counted.count(lambda: os.rename(path / "old", path / "new"))
    assert requests == {"CopyObject": 51, "DeleteObjects": 1}
    # Two listings of what moves, before the copies and before the deletions, and whether there is something of the new name.
    assert looks <= 4
    assert sent < 20_000
    assert len(keys(counted.s3, counted.bucket)) == 51


def test_four_kibibytes_behind_an_object_that_grows(counted):
    if counted.name != "obs":
        pytest.skip("the store has no objects that grow")
    path = counted.start()
    with open(path / "log", "ab", buffering=0) as file:
        for block in range(64):
            file.write(block_data(block, MEBIBYTE))
    os.stat(path / "log")

    def work():
        file = os.open(path / "log", os.O_WRONLY | os.O_APPEND)
        os.write(file, b"tail" * 1024)
        os.close(file)

    requests, _, sent = counted.count(work)
    assert requests == {"AppendObject": 1}
    assert sent < 10_000
    assert counted.s3.head_object(Bucket=counted.bucket, Key="log")["ContentLength"] == 64 * MEBIBYTE + 4096


def test_a_thousand_small_appends_send_little(counted):
    if counted.name != "obs":
        pytest.skip("the store has no objects that grow")
    path = counted.start()
    with open(path / "log", "ab", buffering=0) as file:
        for block in range(64):
            file.write(block_data(block, MEBIBYTE))

    def work():
        file = os.open(path / "log", os.O_WRONLY | os.O_APPEND)
        for number in range(1000):
            os.write(file, f"{number:099}\n".encode())
            os.fsync(file)
        os.close(file)

    requests, _, sent = counted.count(work)
    assert requests == {"AppendObject": 1000}
    assert sent < MEBIBYTE
    assert counted.range("log", 64 * MEBIBYTE, 200) == f"{0:099}\n{1:099}\n".encode()


def test_a_new_large_file_is_its_parts_and_two_requests(counted):
    path = counted.start()
    os.listdir(path)

    def work():
        with open(path / "large", "wb", buffering=0) as file:
            for block in range(40):
                file.write(block_data(block, MEBIBYTE))

    requests, _, _ = counted.count(work)
    assert requests.pop("UploadPart") <= 6
    assert requests == {"CreateMultipartUpload": 1, "CompleteMultipartUpload": 1}
