"""Fixtures: a store, a bucket and a mount for each test, and a deadline for everything."""

import os

import pytest

import deadlines
import servers
import stores
from mounts import WINDLASS, Mount, make_bucket


def pytest_addoption(parser):
    parser.addoption("--long", action="store_true", help="also run what takes more than two minutes")
    parser.addoption(
        "--store", default="s3", choices=[*stores.DIALECTS, *stores.SERVERS], help="what tests are run on that do not choose a store themselves")


def pytest_collection_modifyitems(config, items):
    if config.getoption("--long"):
        return
    for item in items:
        if item.get_closest_marker("long"):
            item.add_marker(pytest.mark.skip(reason="takes more than two minutes; run with --long"))


def _allowed(item):
    marker = item.get_closest_marker("deadline")
    return marker.args[0] if marker else 120


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item):
    with deadlines.deadline(120):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    with deadlines.deadline(_allowed(item)):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item):
    with deadlines.deadline(180):
        return (yield)


def pytest_sessionfinish():
    deadlines.programs.kill_all()


@pytest.fixture(scope="session", autouse=True)
def built():
    """The programs under test, and a kernel that mounts."""
    for program in (WINDLASS, stores.BINARIES / "windlass-store"):
        assert os.access(program, os.X_OK), f"{program} is not built: swift build -c release, or set WINDLASS_BIN_DIR"
    assert os.path.exists("/dev/fuse"), "there is no /dev/fuse here: the mount cannot be tested"


@pytest.fixture(scope="session")
def store_kind(request):
    return request.config.getoption("--store")


@pytest.fixture(scope="module")
def shared_store(store_kind, tmp_path_factory):
    """One store for the tests of a file that do not disturb it."""
    if store_kind in stores.SERVERS:
        with servers.running(store_kind) as description:
            yield stores.ForeignStore(servers.endpoint_of(description))
    else:
        with stores.running(store_kind, tmp_path_factory.mktemp("store")) as store:
            yield store


@pytest.fixture
def store(shared_store):
    """The store, without faults and counts of another test."""
    if shared_store.process is None:
        shared_store.start()
    shared_store.faults()
    shared_store.reset_counters()
    yield shared_store
    if shared_store.process is None:
        shared_store.start()
    shared_store.faults()


@pytest.fixture
def s3(store):
    """boto3, as another client of the same store."""
    return store.endpoint.client()


@pytest.fixture
def bucket(store, store_kind, tmp_path):
    return make_bucket(store.endpoint, store_kind, tmp_path)


@pytest.fixture
def mounts(store, bucket, tmp_path):
    """Makes mounts of the test's bucket: mounts(*options, **arguments) -> Mount, started. All are taken down again."""
    made = []

    def make(*options, of=None, environment=None, endpoint=None):
        folder = tmp_path / f"mount-{len(made)}"
        folder.mkdir()
        mount = Mount(endpoint or store.endpoint, of or bucket, folder, *options, environment=environment)
        try:
            mount.start()
        except BaseException:
            mount.kill()
            raise
        made.append(mount)
        return mount

    yield make
    failures = []
    for mount in made:
        try:
            mount.stop()
        except Exception as error:
            failures.append(error)
    assert not failures, "\n".join(str(error) for error in failures)


@pytest.fixture
def mount(mounts):
    """The test's bucket, mounted with the options that nobody has to think about."""
    return mounts()
