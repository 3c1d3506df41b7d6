"""`windlass object presign` and `form`: what others may do with an object, by whoever signs it."""

import html
import json
import os
import re
import time
import uuid

import pytest

from bucket_under_test import FORMS, names, stores  # noqa: F401 (fixtures)
from object_under_test import fetch, make  # noqa: F401 (fixture)

EVERY = list(FORMS)


class TestSigning:
    @pytest.mark.parametrize("form", EVERY)
    @pytest.mark.parametrize("signature", [None, "v2", "v4"])
    def test_urls(self, make, form, signature):
        bucket = make(form)
        sign = ("--signature", signature) if signature else ()
        put = bucket.object("presign", "put", "K:a b/ü", *sign).strip()
        assert fetch(put, "PUT", b"sent by URL")[0] == 200
        assert bucket.vendor.get(bucket.name, "a b/ü") == b"sent by URL"
        assert fetch(bucket.object("presign", "get", "K:a b/ü", *sign).strip()) == (200, b"sent by URL")
        assert fetch(bucket.object("presign", "head", "K:a b/ü", *sign).strip(), "HEAD")[0] == 200
        assert b"<Key>a b/" in fetch(bucket.object("presign", "list", "K:", *sign, "--query", "prefix=a").strip())[1]
        begun = fetch(bucket.object("presign", "create-upload", "K:parts", *sign).strip(), "POST", b"")
        assert begun[0] == 200
        upload = re.search(r"<UploadId>(.*?)</UploadId>", begun[1].decode())[1]
        part = bucket.object("presign", "upload-part", "K:parts", *sign, "--query", "partNumber=1", "--query", f"uploadId={upload}").strip()
        assert fetch(part, "PUT", b"part")[0] == 200
        listed = bucket.object("presign", "list-parts", "K:parts", *sign, "--query", f"uploadId={upload}").strip()
        assert b"<PartNumber>1<" in fetch(listed)[1]
        abort = bucket.object("presign", "abort-upload", "K:parts", *sign, "--query", f"uploadId={upload}").strip()
        assert fetch(abort, "DELETE")[0] == 204
        assert fetch(bucket.object("presign", "delete", "K:a b/ü", *sign).strip(), "DELETE")[0] == 204
        assert bucket.vendor.keys(bucket.name) == []

    def test_a_url_is_for_one_thing_and_ends(self, make):
        bucket = make("s3")
        bucket.vendor.put(bucket.name, "k", b"x")
        url = bucket.object("presign", "get", "K:k", "--expires", "60").strip()
        assert fetch(url, "DELETE")[0] == 403
        assert fetch(url.replace("/k?", "/other?"))[0] == 403
        tagged = bucket.object("presign", "get-tags", "K:k").strip()
        assert b"<Tagging" in fetch(tagged)[1]
        typed = bucket.object("presign", "put", "K:t", "--header", "Content-Type=text/own").strip()
        assert fetch(typed, "PUT", b"x", {"Content-Type": "text/other"})[0] == 403
        assert fetch(typed, "PUT", b"x", {"Content-Type": "text/own"})[0] == 200


def send_form(url, fields, content, name="photo.png"):
    boundary = uuid.uuid4().hex
    body = b""
    for key, value in fields.items():
        body += f'--{boundary}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
    body += f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\nContent-Type: image/png\r\n\r\n'.encode()
    body += content + f"\r\n--{boundary}--\r\n".encode()
    return fetch(url, "POST", body, {"Content-Type": f"multipart/form-data; boundary={boundary}"})


class TestForms:
    @pytest.mark.parametrize("form", EVERY)
    @pytest.mark.parametrize("signature", [None, "v2", "v4"])
    def test_a_browser_uploads(self, make, form, signature):
        bucket = make(form)
        sign = ("--signature", signature) if signature else ()
        made = json.loads(bucket.object(
            "form", "K:uploads/${filename}", "--maximum-size", "1K", "--meta", "by=form", "--status", "201", *sign))
        content = b"\x89PNG\r\n" + os.urandom(500)
        status, text = send_form(made["url"], made["fields"], content)
        assert status == 201 and b"<Key>uploads/photo.png</Key>" in text, text
        assert bucket.vendor.get(bucket.name, "uploads/photo.png") == content
        assert bucket.metadata("uploads/photo.png") == {"by": "form"}
        assert send_form(made["url"], made["fields"], os.urandom(2000))[0] == 400
        assert send_form(made["url"], made["fields"] | {"key": "elsewhere"}, b"x")[0] == 403
        assert send_form(made["url"], made["fields"] | {"acl": "public-read"}, b"x")[0] == 403
        assert send_form(made["url"], {**made["fields"], "policy": made["fields"]["policy"][:-4] + "AAAA"}, b"x")[0] == 403
        assert bucket.vendor.keys(bucket.name) == ["uploads/photo.png"]

    def test_the_form_of_the_client_is_taken(self, make):
        bucket = make("s3")
        post = bucket.client.generate_presigned_post(
            bucket.name, "k", Fields={"Content-Type": "text/own"}, Conditions=[["starts-with", "$Content-Type", "text/"]])
        assert send_form(post["url"], post["fields"], b"from boto")[0] == 204
        assert bucket.object("cat", "K:k") == "from boto"
        assert bucket.head("k")["content-type"] == "text/own"

    def test_the_page_holds_the_form(self, make):
        bucket = make("s3")
        page = bucket.object("form", "K:k", "--html", "--redirect", "https://example.com/?a=1&b=2")
        fields = dict(re.findall(r'name="([^"]*)" value="([^"]*)"', page))
        assert "https://example.com/?a=1&amp;b=2" in page and fields["key"] == "k" and 'type="file"' in page
        url = re.search(r'action="([^"]*)"', page)[1]
        assert send_form(url, {name: html.unescape(value) for name, value in fields.items()}, b"x")[0] == 303
        assert bucket.vendor.get(bucket.name, "k") == b"x"

    def test_an_expired_form_is_refused(self, make):
        bucket = make("s3")
        made = json.loads(bucket.object("form", "K:k", "--expires", "1"))
        time.sleep(2.1)
        assert send_form(made["url"], made["fields"], b"x")[0] == 403
