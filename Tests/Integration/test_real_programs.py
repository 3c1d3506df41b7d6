"""Programs that people trust with their work, on the mount, with a check of what they leave: version control, databases, backups, compilers."""

import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import textwrap
import time
from importlib.util import find_spec

import pytest

import stores
from deadlines import run, start
from mounts import Mount, make_bucket
from test_programs import contents, make_special
from test_servers import endpoint_of, server

ENVIRONMENT = {
    "PATH": os.environ["PATH"], "LANG": "C.UTF-8", "GIT_CONFIG_NOSYSTEM": "1", "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@example.net",
    "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@example.net", "RESTIC_PASSWORD": "x", "BORG_PASSPHRASE": "x",
    "BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK": "yes", "BORG_RELOCATED_REPO_ACCESS_IS_OK": "yes"}
OTHERS = [pytest.param(name, marks=[pytest.mark.long]) for name in ("write-back", "obs", "obs-pfs", "cos", "oos")]


@pytest.fixture(scope="module", params=["chosen", *OTHERS])
def place(request, store_kind, tmp_path_factory):
    """A store, which kind it is, and the options to mount its buckets with: the one that --store says, or each dialect."""
    if request.param not in stores.DIALECTS:
        yield request.getfixturevalue("shared_store"), store_kind, ["--write-back"] if request.param == "write-back" else []
    elif store_kind != "s3":
        pytest.skip("another store was chosen")
    else:
        with stores.running(request.param, tmp_path_factory.mktemp("store")) as store:
            yield store, request.param, []


@pytest.fixture
def mount(place, tmp_path):
    store, kind, options = place
    mount = Mount(store.endpoint, make_bucket(store.endpoint, kind, tmp_path), tmp_path / "mount", *options).start()
    yield mount
    mount.stop(timeout=120)


def call(*command, cwd=None, home, timeout=100, check=True):
    return run([str(part) for part in command], timeout=timeout, cwd=cwd, check=check, env=ENVIRONMENT | {"HOME": str(home)})


def needs(program):
    return pytest.mark.skipif(shutil.which(program) is None, reason=f"{program} is not installed")


def check_git(mount, home, count):
    work = mount.path / "work"
    call("git", "init", "-q", work, home=home)
    for number in range(count):
        folder = work / f"folder {number % 20}"
        folder.mkdir(exist_ok=True)
        (folder / f"{number}").write_text(f"{number}\n" * (number % 50))
    call("git", "add", ".", cwd=work, home=home, timeout=300)
    call("git", "commit", "-q", "-m", "first", cwd=work, home=home, timeout=300)
    (work / "folder 1" / "1").write_text("changed\n")
    call("git", "mv", "folder 2", "renamed", cwd=work, home=home)
    call("git", "commit", "-q", "-a", "-m", "second", cwd=work, home=home)
    call("git", "gc", "-q", cwd=work, home=home, timeout=300)
    mount.remount()
    call("git", "fsck", "--full", "--strict", cwd=work, home=home, timeout=300)
    assert call("git", "status", "--porcelain", cwd=work, home=home, timeout=300).stdout == ""
    call("git", "clone", "-q", "--no-hardlinks", work, mount.path / "clone", home=home, timeout=300)
    assert call("git", "status", "--porcelain", cwd=mount.path / "clone", home=home, timeout=300).stdout == ""
    expected = {name: data for name, data in contents(work).items() if not name.startswith(".git")}
    assert {name: data for name, data in contents(mount.path / "clone").items() if not name.startswith(".git")} == expected


@needs("git")
@pytest.mark.deadline(300)
def test_git(mount, tmp_path):
    check_git(mount, tmp_path, 150)


@needs("git")
@pytest.mark.long
@pytest.mark.deadline(1500)
def test_git_with_two_thousand_files(mount, tmp_path):
    check_git(mount, tmp_path, 2000)


WRITER = textwrap.dedent("""
    import sqlite3, sys
    database = sqlite3.connect(sys.argv[1], isolation_level=None)
    assert database.execute(f"PRAGMA journal_mode = {sys.argv[2]}").fetchone()[0] == sys.argv[2]
    database.execute("CREATE TABLE IF NOT EXISTS t (n INTEGER PRIMARY KEY, text TEXT)")
    first = database.execute("SELECT coalesce(max(n), 0) FROM t").fetchone()[0]
    for number in range(first + 1, first + 100000):
        database.execute("BEGIN IMMEDIATE")
        database.execute("INSERT INTO t VALUES (?, ?)", (number, "x" * (number % 500)))
        database.execute("COMMIT")
        print(number, flush=True)
    """)


@pytest.mark.parametrize("journal", ["wal", "delete", "truncate"])
@pytest.mark.deadline(200)
def test_sqlite_killed_in_the_middle(mount, journal):
    path = mount.path / "database"
    for round in range(3):
        writer = start([sys.executable, "-c", WRITER, str(path), journal], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
        last = 0
        end = time.monotonic() + 30
        while last < 10 * (round + 1) and time.monotonic() < end:
            last = int(writer.stdout.readline() or 0)
        time.sleep(0.05 * round)
        writer.send_signal(signal.SIGKILL)
        rest = writer.stdout.read().split()
        writer.wait(20)
        last = max([last, *map(int, rest)])
        assert last >= 10, "nothing was written"
        if round == 1:
            mount.remount()
        database = sqlite3.connect(path)
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        rows = database.execute("SELECT n, text FROM t ORDER BY n").fetchall()
        database.close()
        assert len(rows) >= last and rows == [(number, "x" * (number % 500)) for number in range(1, len(rows) + 1)]


def make_source(folder):
    folder.mkdir()
    for number in range(60):
        place = folder / f"folder {number % 7}"
        place.mkdir(exist_ok=True)
        (place / f"file {number}").write_bytes(os.urandom(number * 700))
    os.symlink("folder 1/file 1", folder / "link")
    (folder / "empty").mkdir()


@needs("restic")
@pytest.mark.deadline(300)
def test_restic_with_its_repository_on_the_mount(mount, tmp_path):
    make_source(tmp_path / "source")
    repository = mount.path / "repository"
    call("restic", "-r", repository, "init", home=tmp_path)
    call("restic", "-r", repository, "backup", tmp_path / "source", home=tmp_path)
    mount.remount()
    call("restic", "-r", repository, "check", "--read-data", home=tmp_path)
    call("restic", "-r", repository, "restore", "latest", "--target", tmp_path / "restored", home=tmp_path)
    assert contents(tmp_path / "restored" / str(tmp_path / "source")[1:]) == contents(tmp_path / "source")
    call("restic", "-r", repository, "forget", "--keep-last", "1", "--prune", home=tmp_path)


@needs("restic")
@pytest.mark.deadline(300)
def test_restic_finds_nothing_changed_after_a_remount(mount, tmp_path):
    make_source(mount.path / "source")
    repository = tmp_path / "repository"
    call("restic", "-r", repository, "init", home=tmp_path)
    call("restic", "-r", repository, "backup", mount.path / "source", home=tmp_path)
    mount.remount()
    second = call("restic", "-r", repository, "backup", mount.path / "source", home=tmp_path).stdout
    assert re.search(r"Files: +0 new, +0 changed, +6[01] unmodified", second), second
    (mount.path / "source" / "folder 3" / "file 3").write_bytes(b"changed")
    third = call("restic", "-r", repository, "backup", mount.path / "source", home=tmp_path).stdout
    assert re.search(r"Files: +0 new, +1 changed", third), third


@needs("borg")
@pytest.mark.deadline(300)
def test_borg_with_its_repository_on_the_mount(mount, tmp_path):
    make_source(tmp_path / "source")
    repository = mount.path / "repository"
    call("borg", "init", "-e", "none", repository, home=tmp_path)
    call("borg", "create", f"{repository}::first", tmp_path / "source", home=tmp_path)
    mount.remount()
    call("borg", "check", "--verify-data", repository, home=tmp_path)
    (tmp_path / "restored").mkdir()
    call("borg", "extract", f"{repository}::first", cwd=tmp_path / "restored", home=tmp_path)
    assert contents(tmp_path / "restored" / str(tmp_path / "source")[1:]) == contents(tmp_path / "source")


@needs("borg")
@pytest.mark.deadline(300)
def test_borg_finds_nothing_changed_after_a_remount(mount, tmp_path):
    """It compares times of change, sizes and inode numbers."""
    make_source(mount.path / "source")
    repository = tmp_path / "repository"
    call("borg", "init", "-e", "none", repository, home=tmp_path)
    create = ("borg", "create", "--list", "--filter", "AME")
    first = call(*create, f"{repository}::first", mount.path / "source", home=tmp_path).stderr
    assert first.count("\nA ") + first.startswith("A ") == 60
    time.sleep(1.1)
    mount.remount()
    # What has the newest of all times of change borg never believes.
    second = call(*create, f"{repository}::second", mount.path / "source", home=tmp_path).stderr.splitlines()
    assert len(second) <= 1 and all(line.startswith("A ") and line.endswith("file 59") for line in second), second
    (mount.path / "source" / "folder 3" / "file 3").write_bytes(b"changed")
    third = call(*create, f"{repository}::third", mount.path / "source", home=tmp_path).stderr
    assert re.search(r"^M .*/file 3$", third, re.MULTILINE), third


@needs("gcc")
@needs("make")
@pytest.mark.deadline(200)
def test_a_program_is_built(mount, tmp_path):
    source = mount.path / "project"
    (source / "parts").mkdir(parents=True)
    for number in range(12):
        (source / "parts" / f"part{number}.c").write_text(f"int part{number}(void) {{ return {number}; }}\n")
    calls = " + ".join(f"part{number}()" for number in range(12))
    prototypes = "\n".join(f"int part{number}(void);" for number in range(12))
    (source / "main.c").write_text(f'#include <stdio.h>\n{prototypes}\nint main(void) {{ printf("%d\\n", {calls}); return 0; }}\n')
    (source / "Makefile").write_text(textwrap.dedent("""
        OBJECTS = main.o $(patsubst %.c,%.o,$(wildcard parts/*.c))
        program: lib.a main.o
        \tgcc -o $@ main.o lib.a
        lib.a: $(filter-out main.o,$(OBJECTS))
        \tar rcs $@ $^
        clean:
        \trm -f program lib.a $(OBJECTS)
        """))
    call("make", "-j4", cwd=source, home=tmp_path)
    assert call(source / "program", home=tmp_path).stdout == "66\n"
    mount.remount()
    assert "up to date" in call("make", cwd=source, home=tmp_path).stdout
    time.sleep(0.01)
    (source / "parts" / "part3.c").write_text("int part3(void) { return 1003; }\n")
    assert call("make", cwd=source, home=tmp_path).stdout.count("gcc") + 0 >= 1
    assert call(source / "program", home=tmp_path).stdout == "1066\n"
    call("make", "clean", cwd=source, home=tmp_path)
    assert sorted(os.listdir(source)) == ["Makefile", "main.c", "parts"]


@needs("fio")
@pytest.mark.parametrize("pattern", ["randwrite", "write", "randrw"])
@pytest.mark.deadline(200)
def test_fio_verifies(mount, tmp_path, pattern):
    found = call(
        "fio", "--name=verify", f"--directory={mount.path}", f"--rw={pattern}", "--bs=4k", "--size=6m", "--numjobs=2", "--ioengine=psync",
        "--verify=crc32c", "--do_verify=1", "--verify_fatal=1", "--end_fsync=1", "--fallocate=none", "--unlink=0", cwd=tmp_path, home=tmp_path)
    assert "err= 0" in found.stdout
    mount.remount()
    call(
        "fio", "--name=verify", f"--directory={mount.path}", f"--rw={pattern}", "--bs=4k", "--size=6m", "--numjobs=2", "--ioengine=psync",
        "--verify=crc32c", "--verify_only", "--verify_fatal=1", "--fallocate=none", "--unlink=0", cwd=tmp_path, home=tmp_path)


def test_find_newer(mount, tmp_path):
    for name in ("old", "reference", "new"):
        (mount.path / name).write_bytes(b"x")
        time.sleep(0.02)
    mount.remount()
    found = call("find", mount.path, "-type", "f", "-newer", mount.path / "reference", home=tmp_path).stdout.split()
    assert found == [str(mount.path / "new")]
    assert call("find", mount.path, "-type", "f", "!", "-newer", mount.path / "reference", home=tmp_path).stdout.count("\n") == 2


@needs("inotifywait")
def test_inotify_tells_of_own_changes(mount, tmp_path):
    (mount.path / "folder").mkdir()
    watcher = start(
        ["inotifywait", "-m", "-q", "--format", "%e %f", mount.path / "folder"], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
    time.sleep(0.5)
    (mount.path / "folder" / "file").write_bytes(b"x")
    os.rename(mount.path / "folder" / "file", mount.path / "folder" / "moved")
    os.unlink(mount.path / "folder" / "moved")
    time.sleep(0.5)
    watcher.send_signal(signal.SIGTERM)
    told = watcher.communicate(timeout=20)[0].decode().splitlines()
    for event in ("CREATE file", "CLOSE_WRITE,CLOSE file", "MOVED_FROM file", "MOVED_TO moved", "DELETE moved"):
        assert event in told, told


# What is not as on a local disk: hard links; more extended attributes than a store's 2 KB of metadata hold; names that are not UTF-8, which
# stores refuse.
DEVIATIONS = ["test_link", "test_link_bytes", "test_unicode_name", "*hard_link*", "*hardlink*", "ExtendedAttributeTests", "Pep383Tests"]


@pytest.mark.skipif(find_spec("test.test_os") is None, reason="the tests of Python are not installed (libpython3-testsuite)")
@pytest.mark.long
@pytest.mark.deadline(900)
@pytest.mark.parametrize("suite", ["test_os", "test_shutil", "test_tempfile"])
def test_pythons_own_tests(mount, tmp_path, suite):
    (mount.path / "temporary").mkdir()
    ignored = [part for name in DEVIATIONS for part in ("-i", name)]
    found = subprocess.run(
        [sys.executable, "-m", "test", "--tempdir", mount.path / "temporary", *ignored, suite], cwd=mount.path / "temporary", timeout=800,
        env=ENVIRONMENT | {"HOME": str(tmp_path), "TMPDIR": str(mount.path / "temporary")}, capture_output=True, text=True)
    assert found.returncode == 0, found.stdout[-4000:] + found.stderr[-4000:]


@needs("git")
@pytest.mark.long
@pytest.mark.deadline(900)
def test_on_another_server(server, tmp_path):
    """Git, SQLite, a backup and rsync on stores that nobody of this project wrote."""
    endpoint = endpoint_of(server)
    bucket = f"programs-{os.urandom(4).hex()}"
    endpoint.client().create_bucket(Bucket=bucket)
    mount = Mount(endpoint, bucket, tmp_path / "mount").start()
    try:
        check_git(mount, tmp_path, 100)
        test_sqlite_killed_in_the_middle(mount, "wal")
        for check in (test_restic_finds_nothing_changed_after_a_remount, test_a_program_is_built):
            (tmp_path / check.__name__).mkdir()
            check(mount, tmp_path / check.__name__)
        make_special(tmp_path / "special")
        for _ in range(2):
            second = call("rsync", "-aHAX", "--delete", "--itemize-changes", f"{tmp_path}/special/", f"{mount.path}/copy/", home=tmp_path)
        assert not [line for line in second.stdout.splitlines() if line.startswith(">f")], second.stdout
    finally:
        mount.stop(timeout=120)
