"""Object stores that nobody of this project wrote, as scripts/servers installs and starts them."""

import contextlib
import json
import os
import shutil
import tempfile
from pathlib import Path

import pytest

from deadlines import run
from stores import ROOT, Endpoint

SCRIPT = ROOT / "scripts" / "servers"


def endpoint_of(description):
    return Endpoint(description["endpoint"], description["accessKey"], description["secretKey"], description["region"])


def configured():
    """The servers that WINDLASS_TEST_SERVERS says are running already."""
    path = os.environ.get("WINDLASS_TEST_SERVERS")
    return {server["name"]: server for server in json.loads(Path(path).read_text())} if path else {}


@contextlib.contextmanager
def running(name):
    """One running server, as scripts/servers describes it; a test is skipped where it cannot be had, which in CI is a failure."""
    known = configured().get(name)
    if known is not None:
        yield known
        return
    folder = tempfile.mkdtemp(prefix="windlass-", dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None)
    try:
        run([SCRIPT, "install", name], timeout=100)
        started = run([SCRIPT, "start", name, f"{folder}/state"], timeout=100)
    except Exception as error:
        shutil.rmtree(folder, ignore_errors=True)
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(f"{name} cannot be had here: {str(error).strip().splitlines()[-1]}")
    try:
        yield json.loads(started.stdout)
    finally:
        run([SCRIPT, "stop", f"{folder}/state"], timeout=60, check=False)
        shutil.rmtree(folder, ignore_errors=True)
