"""Attributes, permissions and kinds of files: each case gives on the mount what it gives on a local file system.

The cases are carried out by root and by ordinary users, who have their own identity for the kernel only: no accounts are needed.
"""

import errno
import json
import os
import stat
import tempfile
import time
from pathlib import Path

import pytest

from posix_cases import LIST, all_cases, perform

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="other users need root")

GROUPS = dict(all_cases())


def in_child(identity, top, work):
    """Runs `work` as somebody else with `top` as working directory; what it returns, as JSON would have it."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.chdir(top)
            os.umask(0o022)
            user, group, groups = identity
            os.setgroups(groups)
            os.setresgid(group, group, group)
            os.setresuid(user, user, user)
            os.write(writer, json.dumps(work()).encode())
        except BaseException as error:
            os.write(writer, json.dumps(f"the child failed: {error!r}").encode())
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as stream:
        text = stream.read()
    os.waitpid(child, 0)
    return json.loads(text)


def outcomes(steps):
    found = []
    for step in steps:
        try:
            found.append(perform(step))
        except OSError as error:
            found.append(errno.errorcode[error.errno])
    return found


def look(top):
    """All that is below, as stat and xattr show it; times only where they were set."""
    found = {}
    for folder, names, files in os.walk(top):
        for name in sorted(names + files):
            path = os.path.join(folder, name)
            status = os.lstat(path)
            size = 0 if stat.S_ISDIR(status.st_mode) else status.st_size
            attributes = {key: os.getxattr(path, key, follow_symlinks=False).hex() for key in os.listxattr(path, follow_symlinks=False)
                          if not key.startswith(("windlass.", "security."))}
            times = [value for value in (status.st_atime_ns, status.st_mtime_ns) if abs(value - time.time_ns()) > 10 ** 12]
            found[os.path.relpath(path, top)[:40]] = [oct(status.st_mode), status.st_uid, status.st_gid, size, status.st_rdev, times, attributes]
    return found


def run_case(case, top):
    """What each step gave, and what is there afterwards."""
    os.mkdir(top, 0o777)
    os.chmod(top, 0o777)
    ready = in_child((0, 0, []), top, lambda: outcomes(case.setup))
    assert not any(ready), f"{case.name}: {ready}"
    return in_child(case.actor, top, lambda: outcomes(case.steps))


@pytest.fixture
def local():
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        probe = Path(folder) / "probe"
        probe.touch()
        try:
            os.setxattr(probe, "user.a", b"v")
            os.setxattr(probe, LIST, bytes.fromhex("0200000001000600ffffffff04000400ffffffff20000400ffffffff"))
        except OSError:
            pytest.skip("the local file system keeps no extended attributes")
        yield Path(folder)


@pytest.fixture
def shared(mounts):
    return mounts("--allow-other")


@pytest.mark.parametrize("group", GROUPS)
def test_as_on_a_local_file_system(shared, local, group):
    os.chmod(shared.path, 0o777)
    cases, wrong, remembered = GROUPS[group], [], {}
    for number, case in enumerate(cases):
        here, there = local / f"{group}-{number}", shared.path / f"{group}-{number}"
        expected, found = run_case(case, here), run_case(case, there)
        if expected != found:
            wrong.append(f"{case.name}: {found} instead of {expected}")
        expected, found = look(here), look(there)
        remembered[there] = found
        if expected != found:
            wrong.append(f"{case.name}: left {found} instead of {expected}")
    assert not wrong, f"{len(wrong)} of {len(cases)}:\n" + "\n".join(wrong[:40])
    # Nothing of it was in memory only.
    shared.remount()
    changed = [f"{top}: {look(top)} instead of {before}" for top, before in remembered.items() if look(top) != before]
    assert not changed, f"{len(changed)} after a remount:\n" + "\n".join(changed[:20])


def test_a_difference_is_found(local):
    """Negative control: another owner, another error."""
    case = GROUPS["changing_modes"][0]
    assert run_case(case, local / "a") == run_case(case, local / "b")
    assert look(local / "a") == look(local / "b")
    os.chown(local / "b" / "f", 1, 1)
    assert look(local / "a") != look(local / "b")
    assert in_child((2003, 3003, []), local / "a", lambda: outcomes([["chmod", "f", 0o600]])) == ["EPERM"]
