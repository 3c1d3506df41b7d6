"""The same work without a mount: what the store and a plain client can do here, through the same latency."""
import concurrent.futures as futures
import http.client
import io
import os
import re
import subprocess
import threading
import time
import urllib.parse

from store import BLOCK, MIB, TRANSFER

CURL_STREAMS = 16


class Sink(io.RawIOBase):
    """A file that takes its bytes into the same memory again and again, as a reader of a mount does, and can be written in any order: for others the
    transfer manager fetches less at a time."""

    def __init__(self):
        super().__init__()
        self.room = bytearray(MIB)

    def writable(self):
        return True

    def seekable(self):
        return True

    def seek(self, offset, whence=io.SEEK_SET):
        return offset

    def tell(self):
        return 0

    def write(self, data):
        self.room[:len(data)] = data
        return len(data)


class RawClient:
    """`raw` is boto3's transfer manager for whole objects and one bare HTTP connection a thread for the rest; `curl` fetches 8 MiB ranges, 16 at a time.
    Addresses are signed before the clock starts."""

    def __init__(self, store, endpoint, bucket, meter, scratch):
        self.boto, self.endpoint, self.bucket, self.meter, self.scratch = store.client(endpoint), endpoint, bucket, meter, scratch

    def upload(self, key, mib):
        body = io.BytesIO((BLOCK * (mib // 8 + 1))[: mib * MIB])
        with self.meter:
            self.boto.upload_fileobj(body, self.bucket, key, Config=TRANSFER)

    def download(self, keys):
        with self.meter, futures.ThreadPoolExecutor(len(keys)) as pool:
            list(pool.map(lambda key: self.boto.download_fileobj(self.bucket, key, Sink(), Config=TRANSFER), keys))

    def download_with_curl(self, keys, mib):
        transfers = []
        for key in keys:
            url = self.endpoint + self.address("get_object", Key=key)
            for start in range(0, mib * MIB, 8 * MIB):
                transfers.append(f'url = "{url}"\nrange = {start}-{start + 8 * MIB - 1}\noutput = /dev/null\nfail\nsilent\n')
        with self.meter:
            subprocess.run(["curl", "--silent", "--parallel", "--parallel-immediate", "--parallel-max", str(CURL_STREAMS), "--config", "-"],
                           input="next\n".join(transfers), text=True, check=True, capture_output=True)

    def ranges(self, key, offsets, size, threads):
        path, local = self.address("get_object", Key=key), threading.local()

        def fetch(offset):
            if not hasattr(local, "link"):
                local.link = Link(self.endpoint)
            return len(local.link.get(path, {"Range": f"bytes={offset}-{offset + size - 1}"}))
        with self.meter, futures.ThreadPoolExecutor(threads) as pool:
            assert sum(pool.map(fetch, offsets)) == len(offsets) * size

    def list(self, prefix, expected):
        """A listing page after page, each signed when the one before has told where it goes on."""
        with self.meter:
            count, further, link = 0, {}, Link(self.endpoint)
            while True:
                page = link.get(self.address("list_objects_v2", Prefix=prefix, **further), {})
                count += page.count(b"<Key>")
                token = re.search(rb"<NextContinuationToken>([^<]*)<", page)
                if not token:
                    break
                further = {"ContinuationToken": token.group(1).decode()}
        assert count == expected, count

    def read_local_file(self, mib, read_all, drop_from_page_cache):
        """What the disk itself gives, that caches lie on."""
        folder = f"{self.scratch}/disk-{os.getpid()}"
        os.mkdir(folder)
        with open(f"{folder}/file", "wb") as file:
            for _ in range(mib // 8):
                file.write(BLOCK)
        drop_from_page_cache(folder)
        time.sleep(0.2)
        with self.meter:
            read_all(f"{folder}/file")
        os.unlink(f"{folder}/file")
        os.rmdir(folder)

    def address(self, operation, **parameters):
        url = urllib.parse.urlsplit(self.boto.generate_presigned_url(operation, Params={"Bucket": self.bucket, **parameters}, ExpiresIn=3600))
        return f"{url.path}?{url.query}"


class Link:
    """One connection that stays open."""

    def __init__(self, endpoint):
        self.link = http.client.HTTPConnection(urllib.parse.urlsplit(endpoint).netloc, timeout=60)

    def get(self, path, headers):
        self.link.request("GET", path, headers=headers)
        answer = self.link.getresponse()
        body = answer.read()
        if answer.status not in (200, 206):
            raise RuntimeError(f"the store answered {answer.status}: {body[:200]!r}")
        return body
