"""windlass-store as a process: its command line, signals, and what a killed one leaves."""

import hashlib
import os
import random
import re
import signal
import stat
import subprocess
import threading

import pytest

from store_server import ACCESS_KEY, BINARY, SECRET_KEY, StoreProcess, error_code


def run(*arguments, keys=True):
    environment = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
    if keys:
        environment |= {"AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY}
    return subprocess.run([str(BINARY), *map(str, arguments)], env=environment, capture_output=True, text=True, timeout=20)


@pytest.mark.parametrize("arguments", [[], ["--port", "70000", "/tmp/x"], ["--port", "x", "/tmp/x"], ["--nope", "/tmp/x"], ["--log-level", "loud", "/tmp/x"]])
def test_bad_usage(arguments):
    result = run(*arguments)
    assert result.returncode == 64 and result.stderr.startswith("Error: ") and not result.stdout


def test_bad_folder_and_taken_port(store, tmp_path):
    file = tmp_path / "file"
    file.write_text("")
    for arguments in ([file], [tmp_path / "a" / "b"], [tmp_path / "free", "--port", store.port], [store.folder, "--port", 0]):
        result = run(*arguments)
        assert result.returncode == 1 and not result.stdout, arguments
        assert len(result.stderr.splitlines()) == 1 and result.stderr.startswith("windlass-store: "), result.stderr


def test_keys_are_made_and_kept(tmp_path):
    environment = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
    texts = []
    for _ in range(2):
        process = subprocess.Popen([str(BINARY), str(tmp_path), "--port", "0"], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert process.stdout.readline().startswith("windlass-store: listening on http://127.0.0.1:")
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=20)
        assert process.returncode == 0 and output == ""
        path = tmp_path / "credentials"
        texts.append(path.read_text())
        secret = re.search(r"aws_secret_access_key = (\S+)", texts[-1]).group(1)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert str(path) in errors and secret not in errors and "not a production store" in errors
    assert texts[0] == texts[1]


def test_ends_cleanly(tmp_path):
    store = StoreProcess(tmp_path)
    store.client().create_bucket(Bucket="bkt")
    assert store.stop(signal.SIGTERM) == 0


def test_large_refused_bodies_are_answered(store, bucket):
    status, _, body = store.raw("PUT", f"/{bucket}/k", body=b"x" * (20 << 20), sign=False)
    assert (status, error_code(body)) == (403, "AccessDenied")


@pytest.mark.parametrize("seed", range(3))
def test_nothing_acknowledged_is_lost_by_kill(tmp_path, seed):
    """Writers overwrite, delete and complete uploads until the server is killed; afterwards each key is in a legal state."""
    store = StoreProcess(tmp_path)
    store.client().create_bucket(Bucket="bkt")
    acknowledged, attempted = {}, {}
    killed = threading.Event()

    def work(worker):
        generator = random.Random(seed * 100 + worker)
        client = store.client()
        while not killed.is_set():
            key = f"{worker}/{generator.randrange(8)}"
            size = generator.choice([0, 10, 5000, 40_000, 600_000])
            data = generator.randbytes(size) if generator.random() < 0.8 else None
            attempted[key] = data
            try:
                if data is None:
                    client.delete_object(Bucket="bkt", Key=key)
                elif generator.random() < 0.3:
                    upload = client.create_multipart_upload(Bucket="bkt", Key=key)["UploadId"]
                    etag = client.upload_part(Bucket="bkt", Key=key, UploadId=upload, PartNumber=1, Body=data)["ETag"]
                    client.complete_multipart_upload(Bucket="bkt", Key=key, UploadId=upload, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": etag}]})
                else:
                    client.put_object(Bucket="bkt", Key=key, Body=data)
            except Exception:
                return
            acknowledged[key] = data
            del attempted[key]

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    [t.start() for t in threads]
    killed.wait(1 + seed * 0.3)
    store.stop(signal.SIGKILL)
    killed.set()
    [t.join() for t in threads]
    assert len(acknowledged) > 10
    store.start()
    client = store.client()
    found = {o["Key"] for o in client.list_objects_v2(Bucket="bkt").get("Contents", [])}
    for key in acknowledged.keys() | attempted.keys() | found:
        legal = [acknowledged.get(key)] + ([attempted[key]] if key in attempted else [])
        actual = client.get_object(Bucket="bkt", Key=key)["Body"].read() if key in found else None
        assert any(actual == data for data in legal), (key, len(actual or b""))
    assert store.stop() == 0


def test_uploads_stream(store, bucket):
    """A body much larger than the process may grow is taken and given."""
    import resource

    def resident():
        with open(f"/proc/{store.process.pid}/statm") as file:
            return int(file.read().split()[1]) * resource.getpagesize()

    client = store.client()
    data = os.urandom(1 << 20) * 192
    client.put_object(Bucket=bucket, Key="k", Body=data)
    answer = client.get_object(Bucket=bucket, Key="k")
    digest = hashlib.md5()
    for chunk in answer["Body"].iter_chunks(1 << 20):
        digest.update(chunk)
    assert answer["ETag"] == f'"{digest.hexdigest()}"' and digest.hexdigest() == hashlib.md5(data).hexdigest()
    assert resident() < 100 << 20
