"""A mount is killed while it renames and exchanges folders; the next mount shows the tree as it was before or as it is after, and nothing else.

Kills come at moments that the program itself names (`WINDLASS_CRASH_AT`) and at random ones, also while the next mount puts things right.
"""

import ctypes
import os
import random
import signal
import sqlite3
import threading
import time

import pytest

from mounts import Mount
from states import assert_nothing_left, state_folders, uploads
from stores import fault, keys

# Up to which occurrence of them one is picked: about as many as a rename or an exchange has.
MOMENTS = {
    "journal.before": 4, "journal.after": 4, "copy.before": 24, "copy.after": 24, "delete.before": 2, "delete.after": 2, "list.before": 5,
    "list.after": 5, "put.after": 1, "head.after": 4}
# Of a store that renames files and folders by itself.
MOMENTS_OF_RENAMES = {
    "journal.before": 4, "journal.after": 4, "rename.before": 3, "rename.after": 3, "delete.before": 1, "delete.after": 1, "list.before": 3,
    "list.after": 3, "head.after": 4}
RENAME_EXCHANGE, RENAME_NOREPLACE, AT_FDCWD = 2, 1, -100
libc = ctypes.CDLL(None, use_errno=True)


def renameat2(old, new, flags):
    if libc.renameat2(AT_FDCWD, os.fsencode(old), AT_FDCWD, os.fsencode(new), flags):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), str(old))


def tree(path):
    """Everything below a folder: kind, mode and content by name."""
    found = {}
    for entry in sorted(os.scandir(path), key=lambda entry: entry.name):
        mode = entry.stat(follow_symlinks=False).st_mode & 0o7777
        if entry.is_symlink():
            found[entry.name] = os.readlink(entry.path)
        elif entry.is_dir():
            found[entry.name] = (mode, tree(entry.path))
        else:
            with open(entry.path, "rb") as file:
                found[entry.name] = (mode, file.read())
    return found


def moved(before, name, operation, other):
    """What an operation makes of the top of the mount."""
    after = dict(before)
    after[other] = before[name]
    if operation == "exchange":
        after[name] = before[other]
    else:
        del after[name]
    return after


class Renames:
    def __init__(self, store, s3, bucket, folder, options, seed, moments=MOMENTS):
        self.store, self.s3, self.bucket, self.moments = store, s3, bucket, moments
        self.dice = random.Random(seed)
        self.mount = Mount(store.endpoint, bucket, folder, *options)
        self.writes_back = "--write-back" in options
        self.kills = self.hits = self.done = self.olds = self.news = 0
        self.last = None
        self.returned = False

    def fill(self, name, files):
        """A folder with files small and large (of parts), empty and closed ones, subfolders with and without anything, and a link."""
        top = self.mount.path / name
        (top / "sub" / "deeper").mkdir(parents=True)
        (top / "empty").mkdir(mode=0o700)
        os.symlink("sub/file 0", top / "link")
        for number in range(files):
            path = top / ("sub" if number % 3 == 0 else ".") / f"file {number}"
            path.write_bytes(self.dice.randbytes(self.dice.choice([0, 10, 5000])))
            path.chmod(self.dice.choice([0o600, 0o644, 0o755]))
        (top / "sub" / "large").write_bytes(self.dice.randbytes(11 << 20))

    def begin(self):
        self.mount.start()
        self.fill("a", 12)
        self.fill("c", 5)
        (self.mount.path / "file").write_bytes(b"one")
        (self.mount.path / "other").write_bytes(self.dice.randbytes(11 << 20))
        self.mount.stop()
        self.model = self.look()

    def look(self):
        """What a mount shows now; what it stores until it ends is all that is in the bucket."""
        self.mount.environment.pop("WINDLASS_CRASH_AT", None)
        self.mount.start()
        found = tree(self.mount.path)
        self.mount.stop()
        self.forget_empty_uploads()
        assert_nothing_left(self.mount.staging, self.s3, self.bucket)
        stored = sorted(keys(self.s3, self.bucket))
        tops = {key.split("/")[0] for key in stored}
        assert tops == set(found), f"the mount showed {sorted(found)}, the bucket has {stored}"
        return found

    def forget_empty_uploads(self):
        """The store has begun them, and the journal had no time to hear of it: they hold nothing."""
        for key, upload, parts in uploads(self.s3, self.bucket):
            if parts == 0:
                self.s3.abort_multipart_upload(Bucket=self.bucket, Key=key, UploadId=upload)

    def choose(self):
        folder = "a" if "a" in self.model else "b"
        return self.dice.choice([
            (folder, "rename", "b" if folder == "a" else "a"), (folder, "rename onto", "b" if folder == "a" else "a"),
            (folder, "exchange", "c"), ("file", "exchange", "other")])

    def act(self, name, operation, other):
        path = self.mount.path
        if operation == "exchange":
            renameat2(path / name, path / other, RENAME_EXCHANGE)
        else:
            os.rename(path / name, path / other)

    def environment(self, share):
        self.mount.environment.pop("WINDLASS_CRASH_AT", None)
        moment = self.dice.choice([*self.moments]) if self.dice.random() < share else None
        if moment:
            self.mount.environment["WINDLASS_CRASH_AT"] = f"{moment}:{self.dice.randint(1, self.moments[moment])}"
        return moment

    def prepare(self, name, operation, other):
        """Gives the trees that are legal afterwards, the old one first."""
        path = self.mount.path
        if operation == "rename onto":
            (path / other).mkdir(mode=0o750)
        if self.writes_back and os.path.isdir(path / name):
            for number in range(3):
                (path / name / f"unsent {number}").write_bytes(self.dice.randbytes(self.dice.choice([7, 40_000])))
            (path / name / "sub" / "large").open("r+b").write(b"changed")
        before = tree(path)
        return before, moved(before, name, "exchange" if operation == "exchange" else "rename", other)

    def round(self):
        name, operation, other = self.last = self.choose()
        self.mount.environment.pop("WINDLASS_CRASH_AT", None)
        self.mount.start()
        legal = self.prepare(name, operation, other)
        # A mount that knows nothing yet, so that the moments counted are those of the rename; what was not stored is still not.
        if self.writes_back:
            self.mount.process.send_signal(signal.SIGKILL)
            self.mount.process.wait(20)
            self.mount.kill()
        else:
            self.mount.stop()
        moment = self.environment(0.75)
        self.last += (self.mount.environment.get("WINDLASS_CRASH_AT"),)
        if not moment:
            self.store.faults(fault("latency", milliseconds=self.dice.choice([2, 10])))
        self.returned = False
        if self.started():
            self.strike(moment, name, operation, other)
        self.store.faults()
        time.sleep(0.05)
        self.put_right()
        found = self.look()
        self.judge(found, legal)
        if operation == "rename onto" and name in found:
            self.mount.start()
            (self.mount.path / other).rmdir()
            self.mount.stop()
            del found[other]
        self.model = found

    def strike(self, moment, name, operation, other):
        outcome = []

        def work():
            try:
                self.act(name, operation, other)
                outcome.append(True)
            except OSError as error:
                outcome.append(error)

        worker = threading.Thread(target=work, daemon=True)
        worker.start()
        worker.join(10 if moment else self.dice.uniform(0.0, 0.5))
        died = self.mount.process.poll() == -signal.SIGKILL
        self.returned = outcome == [True]
        if outcome and outcome != [True]:
            time.sleep(0.5)
            died = self.mount.process.poll() == -signal.SIGKILL
            assert died, f"{self.last}: {outcome[0]!r}\n{self.mount.text()}"
        self.mount.process.send_signal(signal.SIGKILL)
        self.mount.process.wait(20)
        worker.join(20)
        assert not worker.is_alive(), "the rename does not return"
        self.mount.kill()
        self.kills, self.hits, self.done = self.kills + 1, self.hits + died, self.done + self.returned

    def put_right(self):
        """Now and then the next mount is killed as well."""
        moment = self.environment(0.3)
        if not moment:
            return
        if self.started():
            self.mount.kill()

    def started(self):
        """False when it died while it put right what the mount before had left."""
        try:
            self.mount.start()
            return True
        except AssertionError:
            assert self.mount.process.poll() == -signal.SIGKILL, self.mount.text()
            self.mount.kill()
            self.kills, self.hits = self.kills + 1, self.hits + 1
            return False

    def judge(self, found, legal):
        before, after = legal
        self.olds, self.news = self.olds + (found == before), self.news + (found == after)
        if self.returned:
            assert found == after, f"{self.last} had returned: {differences(found, after)}"
        assert found in legal, f"{self.last} is half done: to the old {differences(found, before)}, to the new {differences(found, after)}"


def differences(found, wanted, path=""):
    """The paths at which two trees differ."""
    result = []
    for name in sorted(set(found) | set(wanted)):
        here = f"{path}/{name}"
        if name not in found or name not in wanted:
            result.append(("+" if name in found else "-") + here)
        elif isinstance(found[name], tuple) and isinstance(wanted[name], tuple) and isinstance(found[name][1], dict) and isinstance(wanted[name][1], dict):
            result += differences(found[name][1], wanted[name][1], here)
        elif found[name] != wanted[name]:
            result.append("!" + here)
    return result[:20]


def crash(store, s3, bucket, folder, options, rounds, seed=None, kind="s3"):
    seed = seed if seed is not None else random.randrange(1 << 32)
    print("seed", seed)
    renames = Renames(store, s3, bucket, folder, options, seed, MOMENTS_OF_RENAMES if kind == "obs-pfs" else MOMENTS)
    try:
        renames.begin()
        for number in range(rounds):
            try:
                renames.round()
            except Exception as error:
                raise AssertionError(f"seed {seed}, kill {number}, {renames.last}: {error}\n{renames.mount.text()[-2500:]}") from error
    finally:
        store.faults()
        if renames.mount.process is not None:
            renames.mount.kill()
    print(f"{renames.kills} kills, {renames.hits} at a named moment, {renames.done} after the rename; {renames.olds} old trees, {renames.news} new")
    return renames


MODES = {"default": [], "write-back": ["--write-back", "--write-back-delay", "30"]}


@pytest.mark.deadline(400)
@pytest.mark.parametrize("mode", MODES)
def test_a_rename_is_whole_after_a_kill(store, store_kind, s3, bucket, tmp_path, mode):
    crash(store, s3, bucket, tmp_path, MODES[mode], 10, kind=store_kind)


@pytest.mark.long
@pytest.mark.deadline(3600)
@pytest.mark.parametrize("mode", MODES)
def test_renames_are_whole_after_two_hundred_kills(store, store_kind, s3, bucket, tmp_path, mode):
    renames = crash(store, s3, bucket, tmp_path, MODES[mode], 100, kind=store_kind)
    assert renames.olds > 10 and renames.news > 10, "the kills all came at the same side of the rename"


# The test of the tests.

def test_a_rename_that_the_journal_has_forgotten_is_found_half_done(store, store_kind, s3, bucket, tmp_path):
    """Negative control: without the intent the next mount shows what the crash has left."""
    if store_kind == "obs-pfs":
        pytest.skip("the store renames in one request, of which nothing half can be left")
    renames = Renames(store, s3, bucket, tmp_path, [], 1)
    renames.begin()
    try:
        before = renames.model
        renames.mount.environment["WINDLASS_CRASH_AT"] = "copy.after:5"
        renames.mount.start()
        with pytest.raises(OSError):
            os.rename(renames.mount.path / "a", renames.mount.path / "b")
        renames.mount.process.wait(20)
        renames.mount.kill()
        for folder in state_folders(renames.mount.staging):
            database = sqlite3.connect(folder / "journal.sqlite")
            assert database.execute("DELETE FROM intent").rowcount == 1
            database.commit()
            database.close()
        renames.returned = False
        with pytest.raises(AssertionError, match="half done"):
            renames.judge(renames.look(), (before, moved(before, "a", "rename", "b")))
    finally:
        if renames.mount.process is not None:
            renames.mount.kill()
