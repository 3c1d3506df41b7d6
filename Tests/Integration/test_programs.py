"""Programs that know nothing of object storage, on the mount."""

import hashlib
import os
import shutil
import threading

import pytest

from deadlines import run
from posix_cases import user_acl
from stores import body, keys


@pytest.fixture
def tree(tmp_path):
    """A small tree: nested folders, an empty one, an empty file, names that need care."""
    top = tmp_path / "tree"
    for folder in ("a", "a/b/c", "with space", "empty"):
        (top / folder).mkdir(parents=True, exist_ok=True)
    for number, name in enumerate(["one", "a/two", "a/b/c/three", "with space/f\u00fcnf+6%", "a/b/large", "zero"]):
        size = {"a/b/large": 3 << 20, "zero": 0}.get(name, 1000 + number)
        (top / name).write_bytes(os.urandom(size))
    return top


def contents(top):
    """Path -> bytes of every file, None for folders."""
    found = {}
    for place, folders, files in os.walk(top):
        for name in folders:
            found[os.path.relpath(os.path.join(place, name), top)] = None
        for name in files:
            path = os.path.join(place, name)
            with open(path, "rb") as file:
                found[os.path.relpath(path, top)] = file.read()
    return found


def test_cp_recursive(mount, tree):
    run(["cp", "-r", tree, mount.path / "copy"])
    assert contents(mount.path / "copy") == contents(tree)
    run(["cp", "-r", mount.path / "copy", mount.path / "again"])
    mount.remount()
    assert contents(mount.path / "again") == contents(tree)
    run(["diff", "-r", tree, mount.path / "copy"])


def test_cp_preserving(mount, tree):
    os.utime(tree / "one", (1_000_000_000, 1_000_000_000))
    run(["cp", "-a", tree, mount.path / "copy"])
    mount.remount()
    assert contents(mount.path / "copy") == contents(tree)
    assert int((mount.path / "copy" / "one").stat().st_mtime) == 1_000_000_000


def test_mv_of_files_and_folders(mount, tree, s3, bucket):
    expected = contents(tree)
    run(["cp", "-r", tree, mount.path / "start"])
    run(["mv", mount.path / "start", mount.path / "moved"])
    assert contents(mount.path / "moved") == expected
    assert not any(key.startswith("start") for key in keys(s3, bucket))
    run(["mv", mount.path / "moved" / "one", mount.path / "moved" / "a" / "uno"])
    assert (mount.path / "moved" / "a" / "uno").read_bytes() == expected["one"]
    run(["mv", tree, mount.path / "from-elsewhere"])
    assert contents(mount.path / "from-elsewhere") == expected
    run(["mv", mount.path / "moved", tree.parent / "out"])
    assert not (mount.path / "moved").exists()


def test_rm_recursive(mount, tree, s3, bucket):
    run(["cp", "-r", tree, mount.path / "copy"])
    run(["rm", "-r", mount.path / "copy"])
    assert os.listdir(mount.path) == []
    assert keys(s3, bucket) == []


def test_find(mount, tree):
    run(["cp", "-r", tree, mount.path / "copy"])
    found = run(["find", ".", "-type", "f"], cwd=mount.path / "copy").stdout.split("\n")
    assert sorted(found) == sorted(run(["find", ".", "-type", "f"], cwd=tree).stdout.split("\n"))
    large = run(["find", ".", "-size", "+1M"], cwd=mount.path / "copy").stdout.split()
    assert large == ["./a/b/large"]


def test_tar_in_and_out(mount, tree, tmp_path):
    run(["tar", "cf", mount.path / "tree.tar", "-C", tree, "."])
    (mount.path / "out").mkdir()
    run(["tar", "xf", mount.path / "tree.tar", "-C", mount.path / "out", "--no-same-owner"])
    assert contents(mount.path / "out") == contents(tree)
    run(["tar", "czf", tmp_path / "back.tar.gz", "-C", mount.path / "out", "."])
    (tmp_path / "back").mkdir()
    run(["tar", "xzf", tmp_path / "back.tar.gz", "-C", tmp_path / "back"])
    assert contents(tmp_path / "back") == contents(tree)


@pytest.mark.skipif(shutil.which("rsync") is None, reason="rsync is not installed")
def test_rsync_twice(mount, tree):
    command = ["rsync", "-rt", "--itemize-changes", f"{tree}/", f"{mount.path}/copy/"]
    assert run(command).stdout.strip()
    assert contents(mount.path / "copy") == contents(tree)
    assert run(command).stdout.strip() == "", "the second run finds nothing to do"
    (tree / "one").write_bytes(b"changed, and of another size")
    assert "one" in run(command).stdout
    run(["rsync", "-rt", "--delete", f"{tree}/a/", f"{mount.path}/copy/"])
    assert contents(mount.path / "copy") == contents(tree / "a")


def make_special(top):
    """Links, attributes, lists and a FIFO."""
    (top / "folder").mkdir(parents=True)
    (top / "file").write_bytes(b"x" * 10_000)
    (top / "folder" / "small").write_text("content")
    os.symlink("file", top / "link")
    os.symlink("nothing/there", top / "dangling")
    os.mkfifo(top / "fifo")
    os.setxattr(top / "file", "user.key", b"value")
    os.setxattr(top / "file", "system.posix_acl_access", user_acl(2003, 6))
    os.setxattr(top / "folder", "system.posix_acl_default", user_acl(2003, 6))
    if os.geteuid() == 0:
        os.chown(top / "folder" / "small", 55, 66)


def test_rsync_of_everything_there_is(mounts, tmp_path):
    source, back = tmp_path / "source", tmp_path / "back"
    make_special(source)
    mount = mounts()
    first = run(["rsync", "-aHAX", "--delete", f"{source}/", f"{mount.path}/copy/"])
    second = run(["rsync", "-aHAX", "--delete", "--itemize-changes", f"{source}/", f"{mount.path}/copy/"])
    assert (first.returncode, second.returncode, second.stdout) == (0, 0, "")
    mount.remount()
    assert run(["rsync", "-aHAX", "--itemize-changes", f"{source}/", f"{mount.path}/copy/"]).stdout == ""
    run(["rsync", "-aHAX", f"{mount.path}/copy/", f"{back}/"])
    assert run(["rsync", "-aHAX", "--itemize-changes", f"{back}/", f"{source}/"]).stdout == ""


def test_rsync_onto_a_mount_that_lists_more(mounts, tmp_path):
    mount = mounts("--list-xattrs", "all")
    make_special(tmp_path / "source")
    for _ in range(2):
        found = run(["rsync", "-aHAX", "--delete", "--stats", f"{tmp_path}/source/", f"{mount.path}/copy/"])
        assert found.returncode == 0
    assert "Number of regular files transferred: 0" in found.stdout


def test_copies_from_the_mount_take_no_attributes_that_only_it_has(mounts, tmp_path):
    mount = mounts()
    make_special(mount.path / "source")
    assert os.getxattr(mount.path / "source" / "file", "windlass.etag")
    for command in (["rsync", "-aX"], ["cp", "-a", "--preserve=all"]):
        target = tmp_path / command[0]
        assert run([*command, f"{mount.path}/source", target], check=False).returncode == 0
        top = target / "source" if command[0] == "rsync" else target
        assert [name for name in os.listxattr(top / "file") if not name.startswith("security.")] and not [
            name for name in os.listxattr(top / "file") if name.startswith("windlass.")]
    # Negative control: with all of them listed, root's rsync fails at them.
    everything = mounts("--list-xattrs", "all")
    assert "windlass.etag" in os.listxattr(everything.path / "source" / "file")
    if os.geteuid() == 0:
        assert run(["rsync", "-aX", f"{everything.path}/source", tmp_path / "all"], check=False).returncode != 0


def test_tar_with_attributes(mount, tmp_path):
    make_special(mount.path / "source")
    run(["tar", "--xattrs", "--acls", "-cf", tmp_path / "a.tar", "-C", mount.path / "source", "."])
    (mount.path / "out").mkdir()
    run(["tar", "--xattrs", "--acls", "-xpf", tmp_path / "a.tar", "-C", mount.path / "out"])
    assert os.getxattr(mount.path / "out" / "file", "user.key") == b"value"
    assert os.getxattr(mount.path / "out" / "file", "system.posix_acl_access") == user_acl(2003, 6)
    assert os.readlink(mount.path / "out" / "dangling") == "nothing/there"


@pytest.mark.deadline(300)
def test_dd_of_one_gibibyte(mount, s3, bucket, tmp_path):
    if shutil.disk_usage(tmp_path).free < 6 << 30:
        pytest.skip("needs 6 GiB of free disk")
    source = tmp_path / "source"
    block = os.urandom(1 << 20)
    digest = hashlib.sha256()
    with open(source, "wb") as file:
        for number in range(1024):
            piece = number.to_bytes(8, "big") + block[8:]
            digest.update(piece)
            file.write(piece)
    run(["dd", f"if={source}", f"of={mount.path}/large", "bs=1M", "conv=fsync"], timeout=200)
    assert s3.head_object(Bucket=bucket, Key="large")["ContentLength"] == 1 << 30
    mount.remount()
    assert run(["sha256sum", mount.path / "large"], timeout=200).stdout.split()[0] == digest.hexdigest()


def test_sed_in_place(mount, s3, bucket):
    (mount.path / "file").write_text("one\ntwo\nthree\n")
    run(["sed", "-i", "s/two/2/", mount.path / "file"])
    assert (mount.path / "file").read_text() == "one\n2\nthree\n"
    assert body(s3, bucket, "file") == b"one\n2\nthree\n"
    assert keys(s3, bucket) == ["file"], "no temporary file is left"


def test_saving_by_rename(mount, s3, bucket):
    """As editors do: write a new file beside it, fsync, keep a backup, rename over the old one."""
    file = mount.path / "document.txt"
    file.write_text("before")
    for text in ("after", "after that"):
        shutil.copy2(file, mount.path / "document.txt~")
        with open(mount.path / ".document.txt.new", "w", encoding="utf-8") as new:
            new.write(text)
            new.flush()
            os.fsync(new.fileno())
        os.rename(mount.path / ".document.txt.new", file)
        assert file.read_text() == text
    assert body(s3, bucket, "document.txt") == b"after that"
    assert body(s3, bucket, "document.txt~") == b"after"


def test_readers_of_a_file_that_is_saved_by_rename(mount):
    """They find the old or the new content, whole, at every moment."""
    file, wrong, reads = mount.path / "document", [], []
    file.write_bytes(b"0" * 20_000)
    done = threading.Event()

    def read():
        while not done.is_set():
            try:
                data = file.read_bytes()
                reads.append(data[:1])
                if len(data) != 20_000 or len(set(data)) != 1:
                    wrong.append(f"a mixture of {set(data)}, {len(data)} bytes")
            except OSError as error:
                wrong.append(repr(error))

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    try:
        for number in range(60):
            (mount.path / "new").write_bytes(b"%d" % (number % 10) * 20_000)
            os.rename(mount.path / "new", file)
    finally:
        done.set()
        for reader in readers:
            reader.join(30)
    assert not wrong, f"{len(wrong)} of {len(reads)}: {wrong[:5]}"
    assert len(set(reads)) > 3


def test_mkdir_parents(mount):
    run(["mkdir", "-p", mount.path / "a" / "b" / "c" / "d"])
    run(["mkdir", "-p", mount.path / "a" / "b" / "c" / "d"])
    assert (mount.path / "a/b/c/d").is_dir()
    run(["rmdir", "-p", "a/b/c/d"], cwd=mount.path)
    assert os.listdir(mount.path) == []


def test_shell_redirection_and_append(mount, s3, bucket):
    script = 'echo one > log; for n in 2 3 4; do echo $n >> log; done; cat log log > both; : > empty; wc -c < both; truncate -s 3 log'
    assert run(["sh", "-ec", script], cwd=mount.path).stdout.strip() == "20"
    assert body(s3, bucket, "both") == b"one\n2\n3\n4\n" * 2
    assert body(s3, bucket, "log") == b"one"
    assert body(s3, bucket, "empty") == b""


def test_du_counts_what_is_there(mount, tree):
    run(["cp", "-r", tree / "a", mount.path / "copy"])
    expected = sum(len(data) for data in contents(tree / "a").values() if data is not None)
    sizes = {}
    for line in run(["du", "-ab", "copy"], cwd=mount.path).stdout.splitlines():
        size, path = line.split("\t")
        sizes[path] = int(size)
    assert sum(size for path, size in sizes.items() if (mount.path / path).is_file()) == expected
    blocks = int(run(["du", "-s", "--block-size=1", "copy"], cwd=mount.path).stdout.split()[0])
    assert expected <= blocks < 3 * expected


def test_python_copytree_and_rmtree(mount, tree):
    shutil.copytree(tree, mount.path / "copy")
    assert contents(mount.path / "copy") == contents(tree)
    shutil.copytree(mount.path / "copy", mount.path / "again")
    shutil.rmtree(mount.path / "copy")
    assert os.listdir(mount.path) == ["again"]
    shutil.rmtree(mount.path / "again")
    assert os.listdir(mount.path) == []


def test_writes_here_and_there_in_a_file(mount, s3, bucket):
    """Patches, a hole and a cut, through one descriptor and after a remount."""
    expected = bytearray(os.urandom(9 << 20))
    (mount.path / "file").write_bytes(expected)
    for offset, data in ((0, b"start"), (5 << 20, b"middle" * 1000), ((9 << 20) - 2, b"over the end"), (10 << 20, b"after a hole")):
        with open(mount.path / "file", "r+b") as file:
            file.seek(offset)
            file.write(data)
        expected.extend(bytes(max(0, offset + len(data) - len(expected))))
        expected[offset:offset + len(data)] = data
        assert (mount.path / "file").read_bytes() == expected
    os.truncate(mount.path / "file", 7 << 20)
    assert body(s3, bucket, "file") == bytes(expected[:7 << 20])
    mount.remount()
    assert (mount.path / "file").read_bytes() == bytes(expected[:7 << 20])


def test_a_file_that_is_unlinked_while_it_is_open(mount, s3, bucket):
    with open(mount.path / "file", "w+b") as file:
        file.write(b"still here")
        file.flush()
        os.unlink(mount.path / "file")
        assert not (mount.path / "file").exists()
        file.seek(0)
        assert file.read() == b"still here"
    assert keys(s3, bucket) == []


def test_many_programs_at_once(mount, tree):
    script = 'for n in 1 2 3 4 5 6 7 8; do cp -r "$1" "$2/copy-$n" & done; wait'
    run(["sh", "-ec", script, "sh", tree, mount.path])
    for number in range(1, 9):
        assert contents(mount.path / f"copy-{number}") == contents(tree)
