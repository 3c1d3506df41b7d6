"""docs/TUTORIALS.md: each tutorial is done as it stands, against the embedded store in that dialect."""

import os
import re
from pathlib import Path

import pytest

from deadlines import run
from mounts import WINDLASS, is_mount_point
from stores import Store

DOCS = Path(__file__).resolve().parents[2] / "docs"
DIALECTS = {"S3": "s3", "Huawei OBS": "obs", "IBM Cloud Object Storage": "cos", "CTYun OOS": "oos"}


def sections(text):
    """Title -> text of each second-level section."""
    parts = re.split(r"^## (.+)$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2]))


def commands(section):
    """What stands indented, as a script."""
    return "\n".join(line[4:] for line in section.splitlines() if line.startswith("    ") or not line.strip()) + "\n"


@pytest.fixture
def home(tmp_path):
    folder = tmp_path / "home"
    (folder / "run").mkdir(parents=True, mode=0o700)
    yield folder
    if is_mount_point(folder / "bucket"):
        run(["fusermount3", "-uz", folder / "bucket"], check=False)
        pytest.fail("the tutorial left its bucket mounted")


def test_every_tutorial_is_tested():
    assert set(sections((DOCS / "TUTORIALS.md").read_text())) == set(DIALECTS) | {"What next"}


@pytest.mark.parametrize("title", DIALECTS)
def test_tutorial(title, home, tmp_path):
    (tmp_path / "data").mkdir()
    store = Store(tmp_path / "data", tmp_path, "--dialect", DIALECTS[title]).start()
    try:
        script = commands(sections((DOCS / "TUTORIALS.md").read_text())[title])
        script = re.sub(r'endpoint = "[^"]*"', f'endpoint = "{store.endpoint.url}"', script)
        script = re.sub(r'region = "[^"]*"', f'region = "{store.endpoint.region}"', script)
        script = script.replace("AKIAEXAMPLE", store.endpoint.access_key).replace("EXAMPLESECRET", store.endpoint.secret_key)
        environment = {"PATH": f"{WINDLASS.parent}:{os.environ['PATH']}", "HOME": str(home), "XDG_RUNTIME_DIR": str(home / "run"), "LANG": "C.UTF-8",
                       "AWS_EC2_METADATA_DISABLED": "true"}
        done = run(["bash", "-e", "-c", script], timeout=100, check=False, env=environment)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "\nhello\n" in done.stdout and "0 to store" in done.stdout
        assert not is_mount_point(home / "bucket")
    finally:
        store.stop()
