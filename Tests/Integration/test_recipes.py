"""docs/RECIPES.md: the commands work as they stand."""

import os
import re
import shutil
import sqlite3
import time

import pytest

from deadlines import run
from stores import BINARIES
from test_tutorials import DOCS, commands, sections

PROGRAMS = {
    "restic": "restic", "borg": "borg", "rsync": "rsync", "tar": "tar", "Dumps of databases": "sqlite3", "duplicity": "duplicity",
    "A file as it was yesterday": None}
RECIPES = sections((DOCS / "RECIPES.md").read_text())


@pytest.fixture
def home(mount, tmp_path):
    """A home whose `bucket` is the mount, with some data."""
    folder = tmp_path / "home"
    (folder / "data" / "below").mkdir(parents=True)
    (folder / "restored").mkdir()
    (folder / "bucket").symlink_to(mount.path)
    for index in range(20):
        (folder / "data" / "below" / f"file-{index}").write_bytes(os.urandom(5000))
    database = sqlite3.connect(folder / "data" / "app.sqlite")
    database.execute("create table numbers (n integer)")
    database.executemany("insert into numbers values (?)", [(number,) for number in range(1000)])
    database.commit()
    database.close()
    yield folder
    if (folder / ".gnupg").exists():    # duplicity's, whose agent would stay
        run(["gpgconf", "--homedir", folder / ".gnupg", "--kill", "all"])


def test_every_recipe_is_known():
    assert set(RECIPES) == set(PROGRAMS)


@pytest.mark.parametrize("title", [title for title, program in PROGRAMS.items() if program])
def test_recipe(title, home):
    if shutil.which(PROGRAMS[title]) is None:
        pytest.skip(f"{PROGRAMS[title]} is not installed")
    done = run(
        ["bash", "-e", "-c", commands(RECIPES[title])], timeout=110, check=False,
        env={"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8"})
    assert done.returncode == 0, done.stdout + done.stderr
    check(title, home, done.stdout)


def check(title, home, output):
    wanted = {path.name: path.read_bytes() for path in (home / "data" / "below").iterdir()}
    if title == "rsync":
        found = home / "bucket" / "rsync" / "below"
        assert not re.search(r"^>f", output, re.MULTILINE), "the second run should find nothing to copy"
    elif title in ("tar", "restic", "duplicity"):
        found = next(path for path in home.glob("restored/**/below"))
    else:
        if title == "Dumps of databases":
            assert sqlite3.connect(home / "restored" / "app.sqlite").execute("select sum(n) from numbers").fetchone() == (499500,)
        return
    assert {path.name: path.read_bytes() for path in found.iterdir()} == wanted


def test_a_file_as_it_was(store, tmp_path):
    """Yesterday is two seconds ago here."""
    client, home = store.endpoint.client(), tmp_path / "home"
    (home / "restored").mkdir(parents=True)
    client.create_bucket(Bucket="my-bucket")
    client.put_bucket_versioning(Bucket="my-bucket", VersioningConfiguration={"Status": "Enabled"})
    client.put_object(Bucket="my-bucket", Key="report.txt", Body=b"as it was")
    time.sleep(4)
    client.delete_object(Bucket="my-bucket", Key="report.txt")
    text = commands(RECIPES["A file as it was yesterday"])
    assert "--as-of 1d" in text
    done = run(
        ["bash", "-e", "-c", text.replace("--as-of 1d", "--as-of 2s")], timeout=60, check=False,
        env=store.endpoint.environment(home) | {
            "PATH": f"{BINARIES}:{os.environ['PATH']}", "AWS_ENDPOINT_URL": store.endpoint.url, "XDG_RUNTIME_DIR": str(tmp_path)})
    assert done.returncode == 0, done.stdout + done.stderr
    assert (home / "restored" / "report.txt").read_bytes() == b"as it was"
