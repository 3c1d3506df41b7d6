"""Places where credentials come from: each writes what a user would have, and renews it while a mount uses it."""

import contextlib
import hashlib
import http.server
import json
import os
import shlex
import threading
import time
import uuid

from stores import Store, free_port

IDENTITY = "windlass-test-identity"
API_KEY = "windlass-test-api-key-0123456789"


class IssuingStore(Store):
    """A store with the identity services of the clouds beside it."""

    def __init__(self, folder, home, dialect):
        super().__init__(folder, home, environment={"IBM_API_KEY_ID": API_KEY})
        self.dialect = dialect
        self.services_port = free_port(self.port + 1)
        self.services = f"http://127.0.0.1:{self.services_port}"
        self.options = ("--dialect", dialect, "--metadata-port", self.services_port, "--identity-token", IDENTITY)

    def behave(self, **settings):
        """How the services answer: sessionTokens, failureStatus, lifetimeSeconds; what is left out is as usual."""
        self.control("PUT", "identity", settings)

    def revoke_issued(self):
        """Everything that the services have issued is good no more."""
        self.control("POST", "identity/revoke")

    def add_keys(self, token=None):
        """A further pair: (key, secret, token)."""
        key, secret = f"AKIA{uuid.uuid4().hex[:16].upper()}", uuid.uuid4().hex + uuid.uuid4().hex[:8]
        self.control("POST", "keys", {"accessKey": key, "secretKey": secret} | ({"token": token} if token else {}))
        return key, secret, token

    def remove_keys(self, key):
        self.control("DELETE", f"keys/{key}")


def write(path, text, mode=0o600):
    """Replaces a file at once, as tools that renew credentials do."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(path.name + ".new")
    new.write_text(text)
    new.chmod(mode)
    os.replace(new, path)


class Source:
    """One place where a mount finds credentials. `environment`, `options` and what is written below `home` lead there."""

    dialect = "s3"

    def __init__(self, store, home):
        self.store, self.home = store, home
        self.environment, self.options, self.secrets = {}, [], []
        self.prepare()

    def prepare(self):
        pass

    def renew(self):
        """What the mount uses becomes useless; new credentials are to be had."""
        self.store.revoke_issued()

    def named(self):
        """How the log calls it."""
        raise NotImplementedError

    def close(self):
        pass


class KeysInFile(Source):
    """Keys that stand in a file."""

    with_token = False

    def prepare(self):
        self.keys = None
        self.renew()

    def renew(self):
        old = self.keys
        self.keys = self.store.add_keys(f"token-{uuid.uuid4().hex}" if self.with_token else None)
        self.secrets += [secret for secret in self.keys[1:] if secret]
        self.put(*self.keys)
        if old:
            self.store.remove_keys(old[0])

    def put(self, key, secret, token):
        raise NotImplementedError


class Environment(KeysInFile):
    def put(self, key, secret, token):
        prefix = "OBS" if self.dialect == "obs" else "AWS"
        self.environment = {f"{prefix}_ACCESS_KEY_ID": key, f"{prefix}_SECRET_ACCESS_KEY": secret}

    named = lambda self: "environment"


class SharedCredentials(KeysInFile):
    with_token = True

    def put(self, key, secret, token):
        text = f"[work]\naws_access_key_id = {key}\naws_secret_access_key = {secret}\n"
        write(self.home / ".aws" / "credentials", text + (f"aws_session_token = {token}\n" if token else ""))
        self.options = ["--profile", "work"]

    named = lambda self: "profile work"


class Program(KeysInFile):
    """`credential_process` in ~/.aws/config; its keys have an end, so that they are asked for again."""

    with_token = True

    def put(self, key, secret, token):
        document = {"Version": 1, "AccessKeyId": key, "SecretAccessKey": secret, "Expiration": later(3600)}
        document |= {"SessionToken": token} if token else {}
        write(self.home / "document.json", json.dumps(document))
        write(self.home / ".aws" / "config", f"[default]\ncredential_process = cat {shlex.quote(str(self.home / 'document.json'))}\n")

    named = lambda self: "profile default"


class OwnFile(KeysInFile):
    def put(self, key, secret, token):
        path = self.home / "own"
        write(path, f"[one]\naccess_key_id = {key}\nsecret_access_key = {secret}\n")
        self.options = ["--credentials", f"{path}:one"]

    named = lambda self: "own [one]"


class PasswordFile(KeysInFile):
    """What s3fs uses."""

    def put(self, key, secret, token):
        write(self.home / ".passwd-s3fs", f"# for s3fs\n{key}:{secret}\nother-bucket:AKIAOTHER:other-secret\n")

    named = lambda self: ".passwd-s3fs"


class InstanceMetadata(Source):
    """EC2, with session tokens."""

    tokens = "required"

    def prepare(self):
        self.store.behave(sessionTokens=self.tokens)
        self.environment = {"AWS_EC2_METADATA_DISABLED": "false", "AWS_EC2_METADATA_SERVICE_ENDPOINT": self.store.services}

    named = lambda self: "EC2 instance metadata"


class InstanceMetadataVersion1(InstanceMetadata):
    tokens = "none"


class Container(Source):
    def prepare(self):
        self.store.behave()
        write(self.home / "authorization", IDENTITY + "\n")
        self.environment = {
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{self.store.services}/ecs/credentials",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": str(self.home / "authorization")}
        self.secrets = [IDENTITY]

    named = lambda self: "container credentials"


class WebIdentity(Source):
    def prepare(self):
        self.store.behave()
        write(self.home / "token", IDENTITY)
        self.environment = {
            "AWS_WEB_IDENTITY_TOKEN_FILE": str(self.home / "token"), "AWS_ROLE_ARN": "arn:aws:iam::1:role/r",
            "AWS_ENDPOINT_URL_STS": self.store.services}
        self.secrets = [IDENTITY]

    named = lambda self: "web identity"


class AssumedRole(Source):
    """A role that the keys of another profile may assume; the request for it is signed."""

    def prepare(self):
        self.store.behave()
        key, secret, _ = self.store.add_keys()
        write(self.home / ".aws" / "credentials", f"[base]\naws_access_key_id = {key}\naws_secret_access_key = {secret}\n")
        write(self.home / ".aws" / "config", "[profile role]\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = base\nregion = us-east-1\n")
        self.environment = {"AWS_ENDPOINT_URL_STS": self.store.services, "AWS_PROFILE": "role"}
        self.secrets = [secret]

    named = lambda self: "role of profile role"


class SingleSignOn(Source):
    """A portal of this test's own, and the file that `aws sso login` leaves."""

    TOKEN = "sso-access-token-4711"

    def prepare(self):
        outer = self
        outer.keys = None

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                welcome = self.headers["x-amz-sso_bearer_token"] == outer.TOKEN and "role_name=reader&account_id=42" in self.path
                self.send_response(200 if welcome else 401)
                body = json.dumps(outer.document()).encode() if welcome else b"{}"
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments):
                pass

        self.portal = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.portal.serve_forever, daemon=True).start()
        write(self.home / ".aws" / "config", "[default]\nsso_session = s\nsso_account_id = 42\nsso_role_name = reader\n"
              "[sso-session s]\nsso_start_url = https://start.example.com\nsso_region = eu-west-1\n")
        name = hashlib.sha1(b"s").hexdigest()
        write(self.home / ".aws" / "sso" / "cache" / f"{name}.json", json.dumps({"accessToken": self.TOKEN, "expiresAt": later(3600)}))
        self.environment = {"AWS_ENDPOINT_URL_SSO": f"http://127.0.0.1:{self.portal.server_address[1]}"}
        self.secrets = [self.TOKEN]

    def document(self):
        if self.keys is None:
            self.keys = self.store.add_keys(f"token-{uuid.uuid4().hex}")
            self.secrets += self.keys[1:]
        key, secret, token = self.keys
        return {"roleCredentials": {
            "accessKeyId": key, "secretAccessKey": secret, "sessionToken": token, "expiration": int(time.time() + 3600) * 1000}}

    def renew(self):
        old, self.keys = self.keys, None
        self.store.remove_keys(old[0])

    named = lambda self: "single sign-on of profile default"

    def close(self):
        self.portal.shutdown()
        self.portal.server_close()


class Agency(Source):
    """The metadata service of Huawei's servers."""

    dialect, tokens = "obs", "required"

    def prepare(self):
        self.store.behave(sessionTokens=self.tokens)
        self.environment = {"HUAWEI_CLOUD_METADATA_ENDPOINT": self.store.services}

    named = lambda self: "ECS agency"


class AgencyVersion1(Agency):
    tokens = "none"


class Identity(Source):
    """A workload of Huawei Cloud that shows a token of OpenID Connect."""

    dialect = "obs"

    def prepare(self):
        self.store.behave()
        write(self.home / "oidc", IDENTITY)
        self.environment = {
            "HUAWEI_CLOUD_IDP_ID": "provider", "OIDC_TOKEN_FILE": str(self.home / "oidc"),
            "HUAWEI_CLOUD_IAM_ENDPOINT": self.store.services, "HUAWEI_CLOUD_METADATA_ENDPOINT": "http://127.0.0.1:1"}
        self.secrets = [IDENTITY]

    named = lambda self: "OIDC identity"


class Obsutil(KeysInFile):
    dialect = "obs"

    def put(self, key, secret, token):
        write(self.home / ".obsutilconfig", f"endpoint={self.store.endpoint.url}\nak={key}\nsk={secret}\n")

    named = lambda self: ".obsutilconfig"


class APIKey(Source):
    """An API key of IBM Cloud, in a service credential; requests carry a token."""

    dialect = "cos"

    def prepare(self):
        self.store.behave()
        document = {"apikey": API_KEY, "resource_instance_id": "crn:v1:instance", "iam_auth_endpoint": self.store.services}
        write(self.home / ".bluemix" / "cos_credentials", json.dumps(document))
        self.secrets = [API_KEY]

    named = lambda self: "cos_credentials"


class APIKeyInEnvironment(APIKey):
    def prepare(self):
        self.store.behave()
        self.environment = {"IBM_API_KEY_ID": API_KEY, "IBM_SERVICE_INSTANCE_ID": "crn:v1:instance", "IBM_AUTH_ENDPOINT": self.store.services}
        self.secrets = [API_KEY]

    named = lambda self: "environment"


class ServiceCredential(KeysInFile):
    """Keys in a service credential of IBM Cloud; they win over the API key beside them, which is none here."""

    dialect = "cos"

    def put(self, key, secret, token):
        document = {
            "apikey": "no-such-api-key", "resource_instance_id": "crn:v1:instance",
            "cos_hmac_keys": {"access_key_id": key, "secret_access_key": secret}}
        write(self.home / ".bluemix" / "cos_credentials", json.dumps(document))

    named = lambda self: "cos_credentials"


def within(kind, dialect):
    """The same place for the keys of another dialect; where that has none, without session tokens."""
    more = {"dialect": dialect}
    if dialect == "oos" and getattr(kind, "with_token", False):
        more["with_token"] = False
    return type(f"{kind.__name__}_{dialect}", (kind,), more)


#: Every place of every dialect that can give new keys while a mount lives.
RENEWABLE = [
    SharedCredentials, Program, OwnFile, PasswordFile, InstanceMetadata, InstanceMetadataVersion1, Container, WebIdentity, AssumedRole,
    SingleSignOn, Agency, AgencyVersion1, Identity, Obsutil, APIKey, APIKeyInEnvironment, ServiceCredential,
    *[within(kind, "obs") for kind in (OwnFile, PasswordFile, SharedCredentials)],
    *[within(kind, "cos") for kind in (OwnFile, PasswordFile, SharedCredentials, Program, Container, InstanceMetadata)],
    *[within(kind, "oos") for kind in (OwnFile, PasswordFile, SharedCredentials, Program)]]

#: The environment of a process cannot change: its keys are good until the store refuses them.
LASTING = [Environment, *[within(Environment, dialect) for dialect in ("obs", "cos", "oos")]]


def later(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + seconds))


@contextlib.contextmanager
def source(kind, store, home):
    made = kind(store, home)
    try:
        yield made
    finally:
        made.close()
        store.behave()
