"""A bucket far too large to be filled: every listing and every object is made up when it is asked for.

    flat/file-0000000 ...             `files` objects of `size` bytes
    tree/dir-00000/file-000 ...       `folders` folders of `each` objects

With `versions` each object of `flat` has so many, a second apart; the latest is of `NEWEST`.

It speaks as much of S3 as a mount that only reads asks for, and checks no signatures.
"""

import asyncio
import bisect
import datetime
import threading
import urllib.parse
from xml.sax.saxutils import escape

from stores import Endpoint

MODE = str(0o100640)
DATE = "2024-01-02T03:04:05.678Z"
HTTP_DATE = "Tue, 02 Jan 2024 03:04:05 GMT"
NEWEST = datetime.datetime(2024, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc)


class Bucket:
    """Names by their number, without a list of them."""

    def __init__(self, files, folders=0, each=0, versions=1, size=0):
        self.files, self.folders, self.each, self.versions, self.size = files, folders, each, versions, size
        self.heads, self.lists = 0, 0

    def level(self, prefix):
        """(number of names, name of a number, whether they are folders) directly below a prefix that ends in a slash."""
        if prefix == "":
            names = ["flat/"] + ["tree/"] * (self.folders > 0)
            return len(names), names.__getitem__, True
        if prefix == "flat/":
            return self.files, "file-{:07}".format, False
        if prefix == "tree/":
            return self.folders, "dir-{:05}/".format, True
        if prefix.startswith("tree/dir-") and prefix[9:-1].isdigit() and int(prefix[9:-1]) < self.folders:
            return self.each, "file-{:03}".format, False
        return 0, None, False

    def page(self, prefix, start, limit):
        """(names, the number to go on from or None, whether they are folders)."""
        folder, _, beginning = prefix.rpartition("/")
        folder += "/" if folder else ""
        count, name, are_folders = self.level(folder)
        if beginning:
            digits = beginning.rpartition("-")[2]
            whole = digits.isdigit() and int(digits) < count and name(int(digits)).rstrip("/") == beginning
            numbers = [int(digits)] if whole else range(min(count, 100_000))
            names = [name(number) for number in numbers if name(number).startswith(beginning)][:limit]
            return [folder + found for found in names], None, are_folders
        end = min(count, start + limit)
        return [folder + name(number) for number in range(start, end)], end if end < count else None, are_folders

    def key(self, number):
        """That of an object, counted over the whole bucket in the order of listings."""
        if number < self.files:
            return f"flat/file-{number:07}"
        folder, file = divmod(number - self.files, self.each)
        return f"tree/dir-{folder:05}/file-{file:03}"

    def flat_page(self, prefix, start, after, limit):
        """As `page`, of all keys, which must not be more than fit their digits. `after`: behind this key."""
        count = self.files + self.folders * self.each
        first = max(start, bisect.bisect_left(range(count), prefix, key=self.key), bisect.bisect_right(range(count), after, key=self.key))
        end = min(count, first + limit)
        names = [name for name in map(self.key, range(first, end)) if name.startswith(prefix)]
        return names, end if len(names) == limit and end < count else None

    def version_page(self, prefix, key, version, limit):
        """(key, number of the version, its time, whether it is the latest) of a page of the versions below `flat/`, and whether there are more."""
        if not prefix.startswith("flat/file-"):
            first, end = (0, self.files) if "flat/".startswith(prefix) else (0, 0)
        else:
            first = int(prefix[10:] or "0")
            end = first + 1 if len(prefix) == 17 else self.files
        start, end = first * self.versions, end * self.versions
        if key:
            number = int(key[10:])
            start = max(start, number * self.versions + (int(version) + 1 if version else self.versions))
        stop = min(end, start + limit)
        found = [divmod(number, self.versions) for number in range(start, stop)]
        times = [(NEWEST - datetime.timedelta(seconds=version)).strftime("%Y-%m-%dT%H:%M:%S.000Z") for _, version in found]
        return [(f"flat/file-{file:07}", version, time, version == 0) for (file, version), time in zip(found, times)], stop < end

    def has(self, key):
        folder, _, name = key.rpartition("/")
        count, spelt, are_folders = self.level(folder + "/" if folder else "")
        number = name.rpartition("-")[2]
        return not are_folders and number.isdigit() and int(number) < count and spelt(int(number)) == name


class Connection(asyncio.Protocol):
    """One connection of a mount: requests without a body, answered in their order."""

    def __init__(self, bucket):
        self.bucket, self.received = bucket, b""

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.received += data
        while b"\r\n\r\n" in self.received:
            head, self.received = self.received.split(b"\r\n\r\n", 1)
            method, target, _ = head.split(b"\r\n", 1)[0].decode().split(" ")
            self.transport.write(self.head(target) if method == "HEAD" else self.get(target))

    @staticmethod
    def answer(status, length, headers=()):
        lines = [f"HTTP/1.1 {status}", f"Content-Length: {length}", *headers]
        return ("\r\n".join(lines) + "\r\n\r\n").encode()

    def head(self, target):
        self.bucket.heads += 1
        key = urllib.parse.unquote(target.partition("?")[0]).split("/", 2)[-1]
        return self.answer("200 OK", self.bucket.size, FOUND) if self.bucket.has(key) else self.answer("404 Not Found", 0)

    def get(self, target):
        query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(target).query, keep_blank_values=True))
        if "versioning" in query:
            return self.document("<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>")
        if "versions" in query:
            return self.document(self.versions(query))
        if "list-type" not in query:
            body = b"<Error><Code>NoSuchKey</Code><Message>none</Message></Error>"
            return self.answer("404 Not Found", len(body), ["Content-Type: application/xml"]) + body
        return self.document(self.listing(query))

    def document(self, text):
        body = text.encode()
        return self.answer("200 OK", len(body), ["Content-Type: application/xml"]) + body

    def versions(self, query):
        bucket = self.bucket
        bucket.lists += 1
        prefix, limit = query.get("prefix", ""), int(query.get("max-keys", "1000"))
        if prefix != "flat/" and "flat/".startswith(prefix) and "delimiter" in query:
            return "<ListVersionsResult><IsTruncated>false</IsTruncated><CommonPrefixes><Prefix>flat/</Prefix></CommonPrefixes></ListVersionsResult>"
        found, is_more = bucket.version_page(prefix, query.get("key-marker"), query.get("version-id-marker"), limit)
        body = [f"<ListVersionsResult><IsTruncated>{'true' if is_more else 'false'}</IsTruncated>"]
        if is_more:
            body.append(f"<NextKeyMarker>{found[-1][0]}</NextKeyMarker><NextVersionIdMarker>{found[-1][1]}</NextVersionIdMarker>")
        for key, version, time, is_latest in found:
            body.append(
                f"<Version><Key>{key}</Key><VersionId>{version}</VersionId><IsLatest>{'true' if is_latest else 'false'}</IsLatest>"
                f"<LastModified>{time}</LastModified><ETag>&quot;d41d8cd98f00b204e9800998ecf8427e&quot;</ETag><Size>0</Size></Version>")
        body.append("</ListVersionsResult>")
        return "".join(body)

    def listing(self, query):
        bucket = self.bucket
        bucket.lists += 1
        prefix, start = query.get("prefix", ""), int(query.get("continuation-token", "0"))
        limit = int(query.get("max-keys", "1000"))
        if "delimiter" in query:
            names, end, are_folders = bucket.page(prefix, start, limit)
        else:
            (names, end), are_folders = bucket.flat_page(prefix, start, query.get("start-after", ""), limit), False
        body = [f"<ListBucketResult><Name>b</Name><IsTruncated>{'true' if end else 'false'}</IsTruncated>"]
        if end:
            body.append(f"<NextContinuationToken>{end}</NextContinuationToken>")
        form = FOLDER if are_folders else OBJECT
        body += [form.format(escape(name), bucket.size) for name in names]
        body.append("</ListBucketResult>")
        return "".join(body)


FOLDER = "<CommonPrefixes><Prefix>{}</Prefix></CommonPrefixes>"
OBJECT = (
    "<Contents><Key>{}</Key><LastModified>" + DATE + "</LastModified><ETag>&quot;d41d8cd98f00b204e9800998ecf8427e&quot;</ETag><Size>{}</Size></Contents>")
FOUND = [
    'ETag: "d41d8cd98f00b204e9800998ecf8427e"', f"Last-Modified: {HTTP_DATE}", f"x-amz-meta-mode: {MODE}", "x-amz-meta-uid: 7",
    "x-amz-meta-gid: 8", "Content-Type: text/plain"]


class Server:
    """Serves one `Bucket` on 127.0.0.1 until it is stopped."""

    def __init__(self, bucket):
        self.bucket = bucket
        self.loop = asyncio.new_event_loop()
        # A mount opens many connections at once.
        listening = self.loop.create_server(lambda: Connection(bucket), "127.0.0.1", 0, backlog=256)
        port = self.loop.run_until_complete(listening).sockets[0].getsockname()[1]
        self.endpoint = Endpoint(f"http://127.0.0.1:{port}", "AKIAWINDLASSTEST", "windlass-test-secret", "us-east-1")
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()

    def stop(self):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)
        self.loop.close()
