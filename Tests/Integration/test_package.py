"""The Debian package, the man pages, the completions and the help texts."""

import os
import shutil
from pathlib import Path

import pytest

from deadlines import run
from mounts import WINDLASS, is_mount_point, wait_until
from stores import BINARIES

ROOT = Path(__file__).resolve().parents[2]


def test_help_fits_a_screen_and_names_the_next_step():
    done = run([WINDLASS, "--help"], env={"PATH": os.environ["PATH"], "COLUMNS": "80"})
    lines = done.stdout.splitlines()
    assert len(lines) <= 40 and max(map(len, lines)) <= 80, done.stdout
    assert "Begin with: windlass mount BUCKET DIR --endpoint URL" in done.stdout


def test_the_commands_are_documented_as_they_are():
    done = run([ROOT / "scripts" / "manual", WINDLASS, "--check"], check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("arguments, status", [
    (["frobnicate"], 2), (["mount"], 2), (["status", "/"], 1), (["mount", "b", "/nowhere/at/all", "--frobnicate"], 2), (["--version"], 0)])
def test_exit_codes(arguments, status):
    assert run([WINDLASS, *arguments], check=False, env={"PATH": os.environ["PATH"], "HOME": "/nonexistent"}).returncode == status


@pytest.mark.skipif(shutil.which("man") is None, reason="man is not installed")
def test_man_pages_are_sound(tmp_path):
    run([ROOT / "scripts" / "manual", WINDLASS, "--man", tmp_path])
    pages = sorted(path.name for path in tmp_path.iterdir())
    assert {"windlass.1", "windlass-mount.1", "windlass-status.1", "mount.windlass.8"} <= set(pages)
    for name in ("windlass.1", "windlass-mount.1", "mount.windlass.8"):
        done = run(["man", "--warnings", "-l", tmp_path / name], check=False, env={"PATH": os.environ["PATH"], "MANWIDTH": "80", "LANG": "C.UTF-8"})
        assert done.returncode == 0 and done.stderr == "", done.stderr
    shown = run(["man", "-l", tmp_path / "windlass-mount.1"], env={"PATH": os.environ["PATH"], "MANWIDTH": "300", "LANG": "C.UTF-8"}).stdout
    assert "--write-back" in shown and "EXIT STATUS" in shown and "Windlass" in shown


def test_completions_know_the_options(tmp_path):
    run([ROOT / "scripts" / "manual", WINDLASS, "--completions", tmp_path])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["_windlass", "windlass.bash", "windlass.fish"]
    script = "source windlass.bash; COMP_WORDS=(windlass mount --write-b); COMP_CWORD=2; _windlass windlass --write-b mount; echo ${COMPREPLY[@]}"
    done = run(["bash", "-c", script], cwd=tmp_path, check=False)
    assert done.stdout.split() == ["--write-back", "--write-back-delay"], done.stdout + done.stderr
    assert "write-back" in (tmp_path / "windlass.fish").read_text() and "--write-back" in (tmp_path / "_windlass").read_text()


@pytest.fixture
def package(tmp_path):
    if shutil.which("dpkg-deb") is None:
        pytest.skip("dpkg is not installed")
    done = run([ROOT / "scripts" / "package", tmp_path / "out"], timeout=110, env=os.environ | {"WINDLASS_BIN_DIR": str(BINARIES)})
    return Path(done.stdout.strip())


def files(root):
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if not str(path.relative_to(root)).startswith("var/lib/dpkg"))


def dpkg(root, *arguments):
    done = run(["dpkg", f"--root={root}", "--force-depends", "--log=/dev/null", *arguments], timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def empty_system(root):
    """A root with nothing but dpkg's own books and a file that is somebody else's."""
    for folder in ("var/lib/dpkg/info", "var/lib/dpkg/updates", "usr/bin", "etc"):
        (root / folder).mkdir(parents=True)
    (root / "var/lib/dpkg/status").write_text("")
    (root / "etc/other").write_text("stays\n")


def add_libraries(root):
    """What the package depends on, as far as the program needs it to start: its libraries that are not in the package."""
    needed = run(["ldd", root / "usr/lib/windlass/windlass"]).stdout
    for line in needed.splitlines():
        for word in line.split():
            if word.startswith("/") and not word.startswith(str(root)):
                place = root / word[1:]
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(word, place)


@pytest.mark.skipif(os.getuid() != 0, reason="a root of its own is for root only")
@pytest.mark.deadline(240)
def test_the_package_in_a_clean_root(package, store, bucket, s3, tmp_path):
    root = tmp_path / "root"
    root.mkdir()
    empty_system(root)
    before = files(root)
    dpkg(root, "-i", package)
    installed = files(root)
    for wanted in (
            "usr/bin/windlass", "usr/sbin/mount.windlass", "usr/lib/systemd/system/windlass@.service", "usr/share/man/man1/windlass-mount.1.gz",
            "usr/share/man/man8/mount.windlass.8.gz", "usr/share/bash-completion/completions/windlass", "usr/share/zsh/vendor-completions/_windlass",
            "usr/share/fish/vendor_completions.d/windlass.fish", "usr/share/doc/windlass/README.md"):
        assert wanted in installed
    run_in(root, store, bucket, s3)
    dpkg(root, "-P", "windlass")
    left = set(files(root)) - set(before)
    assert not {path for path in left if "windlass" in path}, left


def run_in(root, store, bucket, s3):
    """The installed program, with nothing around it but what it depends on."""
    before = set(files(root))
    add_libraries(root)
    for folder in ("proc", "dev", "mnt", "tmp", "root"):
        (root / folder).mkdir(exist_ok=True)
    run(["mknod", root / "dev/fuse", "c", "10", "229"])
    run(["mknod", root / "dev/null", "c", "1", "3"])
    run(["mount", "-t", "proc", "proc", root / "proc"])
    try:
        environment = {"PATH": os.environ["PATH"]}
        done = run(["chroot", root, "/usr/bin/windlass", "--version"], check=False, env=environment)
        assert done.returncode == 0 and done.stdout.startswith("windlass "), done.stderr
        if shutil.which("strace"):
            opened = run(["strace", "-f", "-e", "trace=openat", "chroot", root, "/usr/bin/windlass", "--version"], env=environment).stderr
            assert "/usr/lib/windlass/libswiftCore.so" in opened and "/opt/swift" not in opened, "libraries outside of the package are looked for"
        mount_in(root, store, bucket, s3)
    finally:
        wait_until(lambda: run(["umount", root / "proc"], check=False).returncode == 0, 20, "proc is let go")
        # The process of the mount ends a moment after its directory is free.
        wait_until(lambda: not list(root.glob("root/.local/state/windlass/*/*-wal")), 20, "the mount has closed its journal")
        for path in sorted(set(files(root)) - before, reverse=True):
            place = root / path
            place.rmdir() if place.is_dir() and not place.is_symlink() else place.unlink()


def mount_in(root, store, bucket, s3):
    """As mount(8) would, with the helper."""
    environment = store.endpoint.environment("/root")
    options = f"endpoint={store.endpoint.url},addressing=path,nosuid"
    try:
        done = run(["chroot", root, "/usr/sbin/mount.windlass", bucket, "/mnt", "-o", options], timeout=60, check=False, env=environment)
        assert done.returncode == 0, done.stderr
        (root / "mnt/file").write_bytes(b"from the package")
        assert s3.get_object(Bucket=bucket, Key="file")["Body"].read() == b"from the package"
        done = run(["chroot", root, "/usr/bin/windlass", "unmount", "/mnt"], timeout=60, check=False, env=environment)
        assert done.returncode == 0, done.stderr
    finally:
        if is_mount_point(root / "mnt"):
            run(["umount", "-l", root / "mnt"], check=False)
