"""Fixtures for the tests of windlass-store."""

import uuid

import pytest

from store_server import StoreProcess


@pytest.fixture(scope="session")
def store(tmp_path_factory):
    process = StoreProcess(tmp_path_factory.mktemp("store"))
    yield process
    process.stop()


@pytest.fixture
def s3(store):
    return store.client()


@pytest.fixture
def bucket(s3):
    name = "b-" + uuid.uuid4().hex[:12]
    s3.create_bucket(Bucket=name)
    return name
