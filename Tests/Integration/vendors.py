"""The clients that vendors give away, each in every form that it knows, behind the five things that the tests ask of them."""

import contextlib
import socket

import boto3
import ibm_boto3
import obs
from botocore.config import Config
from ibm_botocore.client import Config as IBMConfig

from identities import API_KEY

LIMITS = {"retries": {"max_attempts": 2}, "connect_timeout": 5, "read_timeout": 60}
PLAIN = {"request_checksum_calculation": "when_required", "response_checksum_validation": "when_required"}


@contextlib.contextmanager
def names_below_localhost():
    """Every name below localhost is this machine (RFC 6761, 6.3), which not every resolver knows."""
    original = socket.getaddrinfo

    def getaddrinfo(host, *arguments, **named):
        name = host.decode() if isinstance(host, bytes) else host
        return original("127.0.0.1" if name and name.endswith(".localhost") else host, *arguments, **named)

    socket.getaddrinfo = getaddrinfo
    try:
        yield
    finally:
        socket.getaddrinfo = original


class Amazon:
    """boto3, and IBM's fork of it."""

    def __init__(self, client):
        self.client = client

    def make_bucket(self, name):
        self.client.create_bucket(Bucket=name)

    def put(self, bucket, key, content):
        self.client.put_object(Bucket=bucket, Key=key, Body=content)

    def get(self, bucket, key):
        return self.client.get_object(Bucket=bucket, Key=key)["Body"].read()

    def metadata(self, bucket, key):
        return self.client.head_object(Bucket=bucket, Key=key)["Metadata"]

    def keys(self, bucket):
        return [entry["Key"] for entry in self.client.list_objects(Bucket=bucket).get("Contents", [])]


def boto(endpoint, port, signature="s3v4", host="127.0.0.1", style="path"):
    return Amazon(boto3.client(
        "s3", endpoint_url=f"http://{host}:{port}", region_name=endpoint.region, aws_access_key_id=endpoint.access_key,
        aws_secret_access_key=endpoint.secret_key,
        config=Config(signature_version=signature, s3={"addressing_style": style}, **LIMITS, **PLAIN)))


def ibm(endpoint, port, signature="s3v4"):
    return Amazon(ibm_boto3.client(
        "s3", endpoint_url=f"http://127.0.0.1:{port}", region_name=endpoint.region, aws_access_key_id=endpoint.access_key,
        aws_secret_access_key=endpoint.secret_key, config=IBMConfig(signature_version=signature, s3={"addressing_style": "path"}, **LIMITS)))


def ibm_token(services, port):
    return Amazon(ibm_boto3.client(
        "s3", endpoint_url=f"http://127.0.0.1:{port}", ibm_api_key_id=API_KEY, ibm_service_instance_id="crn:v1:instance",
        ibm_auth_endpoint=f"{services}/identity/token",
        config=IBMConfig(signature_version="oauth", s3={"addressing_style": "path"}, **LIMITS)))


class Huawei:
    """Huawei's SDK; with `is_tree`, new buckets are parallel file systems."""

    def __init__(self, endpoint, port, host="127.0.0.1", is_tree=False, **options):
        self.header = obs.CreateBucketHeader(isPFS=True) if is_tree else None
        self.client = obs.ObsClient(
            access_key_id=endpoint.access_key, secret_access_key=endpoint.secret_key, server=f"http://{host}:{port}", max_retry_count=0,
            timeout=60, **options)

    @staticmethod
    def good(answer):
        assert answer.status < 300, (answer.status, answer.errorCode, answer.errorMessage)
        return answer

    def make_bucket(self, name):
        self.good(self.client.createBucket(name, header=self.header) if self.header else self.client.createBucket(name))

    def put(self, bucket, key, content):
        self.good(self.client.putContent(bucket, key, content))

    def get(self, bucket, key):
        return self.good(self.client.getObject(bucket, key, loadStreamInMemory=True)).body.buffer

    def metadata(self, bucket, key):
        answer = self.good(self.client.getObjectMetadata(bucket, key))
        return {name.lower().removeprefix("meta-"): value for name, value in answer.header if name.lower().startswith("meta-")}

    def keys(self, bucket):
        return [entry.key for entry in self.good(self.client.listObjects(bucket)).body.contents]
