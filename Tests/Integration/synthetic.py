"""A bucket far too large to be filled: every listing and every object is made up when it is asked for.

    flat/file-0000000 ...             `files` empty objects
    tree/dir-00000/file-000 ...       `folders` folders of `each` objects

It speaks as much of S3 as a mount that only reads asks for, and checks no signatures.
"""

import http.server
import threading
import urllib.parse
from xml.sax.saxutils import escape

from stores import Endpoint

MODE = str(0o100640)
DATE = "2024-01-02T03:04:05.678Z"
HTTP_DATE = "Tue, 02 Jan 2024 03:04:05 GMT"


class Bucket:
    """Names by their number, without a list of them."""

    def __init__(self, files, folders=0, each=0):
        self.files, self.folders, self.each = files, folders, each
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

    def has(self, key):
        folder, _, name = key.rpartition("/")
        count, spelt, are_folders = self.level(folder + "/" if folder else "")
        number = name.rpartition("-")[2]
        return not are_folders and number.isdigit() and int(number) < count and spelt(int(number)) == name


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Head and body go out together, at once.
    wbufsize, disable_nagle_algorithm = -1, True

    def log_message(self, *_):
        pass

    def answer(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_HEAD(self):
        bucket = self.server.bucket
        key = urllib.parse.unquote(urllib.parse.urlsplit(self.path).path).split("/", 2)[-1]
        bucket.heads += 1
        if not bucket.has(key):
            return self.answer(404)
        self.answer(
            200, ETag='"d41d8cd98f00b204e9800998ecf8427e"', Last_Modified=HTTP_DATE, x_amz_meta_mode=MODE, x_amz_meta_uid="7",
            x_amz_meta_gid="8", Content_Type="text/plain")

    def do_GET(self):
        query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.path).query, keep_blank_values=True))
        if "list-type" not in query:
            return self.answer(404, b"<Error><Code>NoSuchKey</Code><Message>none</Message></Error>")
        bucket = self.server.bucket
        bucket.lists += 1
        prefix, start = query.get("prefix", ""), int(query.get("continuation-token", "0"))
        names, end, are_folders = bucket.page(prefix, start, int(query.get("max-keys", "1000")))
        if are_folders and "delimiter" not in query:
            # Only whether there is anything is ever asked in this way.
            names, end, are_folders = [names[0] + "file-000"] if names else [], None, False
        body = [f"<ListBucketResult><Name>b</Name><IsTruncated>{'true' if end else 'false'}</IsTruncated>"]
        if end:
            body.append(f"<NextContinuationToken>{end}</NextContinuationToken>")
        for name in names:
            if are_folders:
                body.append(f"<CommonPrefixes><Prefix>{escape(name)}</Prefix></CommonPrefixes>")
            else:
                body.append(
                    f"<Contents><Key>{escape(name)}</Key><LastModified>{DATE}</LastModified>"
                    "<ETag>&quot;d41d8cd98f00b204e9800998ecf8427e&quot;</ETag><Size>0</Size></Contents>")
        body.append("</ListBucketResult>")
        self.answer(200, "".join(body).encode(), Content_Type="application/xml")


class Listener(http.server.ThreadingHTTPServer):
    daemon_threads = True
    # A mount opens many connections at once.
    request_queue_size = 256

    def handle_error(self, request, client_address):
        """A mount that ends drops its connections."""


class Server:
    """Serves one `Bucket` on 127.0.0.1 until it is stopped."""

    def __init__(self, bucket):
        self.bucket = bucket
        self.http = Listener(("127.0.0.1", 0), Handler)
        self.http.bucket = bucket
        self.endpoint = Endpoint(f"http://127.0.0.1:{self.http.server_port}", "AKIAWINDLASSTEST", "windlass-test-secret", "us-east-1")
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def stop(self):
        self.http.shutdown()
        self.http.server_close()
