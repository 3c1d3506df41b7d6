"""What lies between the mount and its store: proxies named by the environment, and TLS."""

import contextlib
import http.server
import ssl
import threading

from deadlines import run
from mounts import windlass
from stores import Endpoint

BUCKETS = b"<ListAllMyBucketsResult><Buckets><Bucket><Name>behind-it</Name></Bucket></Buckets></ListAllMyBucketsResult>"


@contextlib.contextmanager
def answering(context=None):
    """A server that gives every GET the same list of buckets, and the targets it was asked for."""
    targets = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            targets.append(self.path)
            self.send_response(200)
            self.send_header("Content-Length", str(len(BUCKETS)))
            self.end_headers()
            self.wfile.write(BUCKETS)

        def log_message(self, *arguments):
            pass

    class Server(http.server.ThreadingHTTPServer):
        def handle_error(self, *arguments):
            pass  # a client that refuses the certificate hangs up

    server = Server(("127.0.0.1", 0), Handler)
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_address[1], targets
    finally:
        server.shutdown()
        server.server_close()


def list_buckets(url, home, *options, **environment):
    endpoint = Endpoint(url, "key", "secret", "us-east-1")
    return windlass(endpoint, home, "bucket", "list", "--endpoint", url, *options, environment=environment or None)


def test_a_proxy_of_the_environment_is_used(tmp_path):
    with answering() as (port, targets):
        result = list_buckets("http://store.invalid", tmp_path, http_proxy=f"http://127.0.0.1:{port}")
    assert result.stdout == "behind-it\n", result.stderr
    assert targets == ["http://store.invalid/"]


def test_an_exception_from_the_proxy_is_kept(tmp_path):
    with answering() as (port, targets):
        url = f"http://127.0.0.1:{port}"
        result = list_buckets(url, tmp_path, http_proxy="http://127.0.0.1:1", no_proxy="127.0.0.1")
    assert result.stdout == "behind-it\n", result.stderr
    assert targets == ["/"]


def test_a_proxy_of_the_command_line_wins(tmp_path):
    with answering() as (port, targets):
        result = list_buckets(
            "http://store.invalid", tmp_path, "--proxy", f"http://127.0.0.1:{port}", http_proxy="http://127.0.0.1:1", no_proxy="*")
    assert result.stdout == "behind-it\n", result.stderr
    assert targets == ["http://store.invalid/"]


def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path):
    run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1",
         "-keyout", tmp_path / "key.pem", "-out", tmp_path / "certificate.pem"])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "certificate.pem", tmp_path / "key.pem")
    with answering(context) as (port, targets):
        url = f"https://127.0.0.1:{port}"
        refused = list_buckets(url, tmp_path)
        assert targets == []
        trusted = list_buckets(url, tmp_path, "--ca-bundle", tmp_path / "certificate.pem")
        careless = list_buckets(url, tmp_path, "--no-verify-tls")
    assert refused.returncode == 1
    assert "certificate" in refused.stderr
    assert "warning" in careless.stderr and "warning" not in trusted.stderr
    assert trusted.stdout == careless.stdout == "behind-it\n"
