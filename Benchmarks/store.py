"""The store under all systems: the server, a clock of requests beside it, and what is put there before a workload."""
import collections
import concurrent.futures as futures
import http.client
import io
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config

MIB = 1 << 20
KEYS = ("benchmark", "benchmarksecret")
REGION = "us-east-1"
BLOCK = os.urandom(8 * MIB)
TRANSFER = TransferConfig(multipart_chunksize=8 * MIB, max_concurrency=8)
# What the other clients of the bucket left: who lists with sizes and times has to ask for these, object by object.
ATTRIBUTES = {"mode": str(0o100640), "uid": "0", "gid": "0", "mtime": "1600000000.5"}


def payload(size, seed=0):
    """`size` bytes that no compression and no sharing of equal blocks makes smaller."""
    start = seed * 4099 % (4 * MIB)
    if start + size <= len(BLOCK):
        return BLOCK[start:start + size]
    return (BLOCK[start:] + BLOCK * (size // len(BLOCK) + 1))[:size]


class Store:
    """windlass-store on a folder, or with `endpoint` a server that runs already (then nothing is known of its requests)."""

    def __init__(self, binary, folder, endpoint=None):
        self.process, self.endpoint = None, endpoint
        if not endpoint:
            env = dict(os.environ, AWS_ACCESS_KEY_ID=KEYS[0], AWS_SECRET_ACCESS_KEY=KEYS[1])
            self.process = subprocess.Popen([binary, folder, "--port", "0", "--log-level", "error"], stdout=subprocess.PIPE, text=True, env=env)
            line = self.process.stdout.readline()
            if "http://" not in line:
                sys.exit(f"bench: {binary} did not start")
            self.endpoint = next(word for word in line.split() if word.startswith("http://"))
        self.port = int(self.endpoint.rsplit(":", 1)[1].strip("/"))

    def client(self, endpoint=None):
        return boto3.client(
            "s3", endpoint_url=endpoint or self.endpoint, aws_access_key_id=KEYS[0], aws_secret_access_key=KEYS[1], region_name=REGION,
            config=Config(s3={"addressing_style": "path"}, max_pool_connections=64, request_checksum_calculation="when_required",
                          response_checksum_validation="when_required"))

    def control(self, method, path):
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            link.request(method, path)
            return link.getresponse().read()
        finally:
            link.close()

    def reset_counters(self):
        if self.process:
            self.control("POST", "/_store/counters/reset")

    def counters(self):
        """{operation: {"requests": ..., "bytesIn": ..., "bytesOut": ...}} since the last reset; empty for a server that is not ours."""
        return json.loads(self.control("GET", "/_store/counters")) if self.process else {}

    def cpu_seconds(self):
        return processor_seconds(self.process.pid) if self.process else 0.0

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait(20)


def processor_seconds(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Lag:
    """A proxy before the store that delays each request by so many milliseconds; with 0 there is none."""

    def __init__(self, program, store, milliseconds):
        self.milliseconds, self.process, self.endpoint = milliseconds, None, store.endpoint
        if milliseconds:
            self.process = subprocess.Popen([program, str(store.port), str(int(milliseconds * 1000))], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            self.endpoint = f"http://127.0.0.1:{int(self.process.stdout.readline())}"

    def cpu_seconds(self):
        return processor_seconds(self.process.pid) if self.process else 0.0

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait(10)


class Bucket:
    """One bucket seen from beside the mount: without latency, and without being counted among the mount's own requests where that matters."""

    def __init__(self, store, name):
        self.store, self.name = store, name
        self.made_by, self.made = None, None
        self.asked = collections.Counter()   # what this side asked the store, {operation: requests}, which is not the mount's work

    @property
    def client(self):
        """One for each process: connections must not be shared with a fork."""
        if self.made_by != os.getpid():
            self.made_by, self.made = os.getpid(), self.store.client()
        return self.made

    def create(self):
        self.client.create_bucket(Bucket=self.name)
        return self

    def put_many(self, sizes, metadata=None):
        """{key: size}, each in one request with the metadata of an ordinary file."""
        def put(item):
            index, (key, size) = item
            self.client.put_object(Bucket=self.name, Key=key, Body=payload(size, index), Metadata=metadata or ATTRIBUTES)
        with futures.ThreadPoolExecutor(16) as pool:
            list(pool.map(put, enumerate(sizes.items())))

    def put_large(self, key, mib):
        """An object of many parts. From 1 GiB on its parts are copies of one, so that it costs neither time nor memory to have it."""
        if mib < 1024:
            body = io.BytesIO((BLOCK * (mib // 8 + 1))[: mib * MIB])
            self.client.upload_fileobj(body, self.name, key, Config=TRANSFER, ExtraArgs={"Metadata": ATTRIBUTES})
            return
        self.put_large("seed/part", 64)
        upload = self.client.create_multipart_upload(Bucket=self.name, Key=key, Metadata=ATTRIBUTES)["UploadId"]
        parts = []
        for number in range(1, mib // 64 + 1):
            copied = self.client.upload_part_copy(
                Bucket=self.name, Key=key, UploadId=upload, PartNumber=number, CopySource={"Bucket": self.name, "Key": "seed/part"})
            parts.append({"PartNumber": number, "ETag": copied["CopyPartResult"]["ETag"]})
        self.client.complete_multipart_upload(Bucket=self.name, Key=key, UploadId=upload, MultipartUpload={"Parts": parts})
        self.client.delete_object(Bucket=self.name, Key="seed/part")

    def sizes(self, prefix):
        """{key: size} below a prefix, by listing."""
        found = {}
        for page in self.client.get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix=prefix):
            self.asked["ListObjectsV2"] += 1
            found.update({entry["Key"]: entry["Size"] for entry in page.get("Contents", [])})
        return found

    def await_size(self, key, size, deadline):
        while True:
            self.asked["HeadObject"] += 1
            try:
                if self.client.head_object(Bucket=self.name, Key=key)["ContentLength"] == size:
                    return
            except self.client.exceptions.ClientError:
                pass
            pause(deadline, f"{key} did not reach the store with {size} bytes")

    def await_sizes(self, prefix, expected, deadline):
        """Until exactly these files are below the prefix. Listed seldom, since that is work for the server that is being measured."""
        def files():
            return {key: size for key, size in self.sizes(prefix).items() if not key.endswith("/")}
        while files() != expected:
            pause(deadline, f"{prefix} did not come to hold {len(expected)} files", 0.05)

    def await_bytes(self, key, offset, expected, deadline):
        headers = f"bytes={offset}-{offset + len(expected) - 1}"
        while True:
            self.asked["GetObject"] += 1
            if self.client.get_object(Bucket=self.name, Key=key, Range=headers)["Body"].read() == expected:
                return
            pause(deadline, f"the change of {key} did not reach the store", 0.01)

    def remove(self):
        with futures.ThreadPoolExecutor(4) as pool:
            keys = list(self.sizes(""))
            chunks = [keys[start:start + 1000] for start in range(0, len(keys), 1000)]
            list(pool.map(lambda chunk: self.client.delete_objects(Bucket=self.name, Delete={"Objects": [{"Key": key} for key in chunk], "Quiet": True}), chunks))
        for upload in self.client.list_multipart_uploads(Bucket=self.name).get("Uploads", []):
            self.client.abort_multipart_upload(Bucket=self.name, Key=upload["Key"], UploadId=upload["UploadId"])
        self.client.delete_bucket(Bucket=self.name)


def pause(deadline, complaint, seconds=0.005):
    if time.monotonic() > deadline:
        raise RuntimeError(complaint)
    time.sleep(seconds)
