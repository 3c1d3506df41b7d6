"""A mount is killed while programs write through it; what was acknowledged is there afterwards, and no object is torn.

Kills come at random, and at moments that the program itself names (`WINDLASS_CRASH_AT`): before and after each commit of the journal, each
change of a staging file and each request.
"""

import random
import signal
import time

import pytest

import stores
from crash_driver import PartialWrite, Writer
from mounts import Mount
from states import assert_nothing_left, journal_keys
from stores import body, fault, keys

WRITES = ["PutObject", "UploadPart", "CompleteMultipartUpload", "CopyObject", "DeleteObject", "CreateMultipartUpload", "AppendObject"]
MODES = {
    "default": [], "fsync-local": ["--fsync=local"], "write-back": ["--write-back"], "write-back-fsync-local": ["--write-back", "--fsync=local"]}
# Moments, and up to which occurrence of them one is picked.
MOMENTS = {
    "journal.before": 40, "journal.after": 40, "staging.create.before": 40, "staging.folder.after": 2, "staging.write.before": 60,
    "staging.write.after": 60, "staging.sync.before": 8, "staging.sync.after": 8, "staging.remove.before": 20, "staging.remove.after": 20,
    "staging.punch.before": 3, "staging.truncate.after": 2, "put.before": 20, "put.after": 20, "delete.before": 6, "delete.after": 6,
    "copy.before": 5, "copy.after": 5, "createUpload.before": 2, "createUpload.after": 2, "uploadPart.before": 4, "uploadPart.after": 4,
    "copyPart.after": 3, "completeUpload.before": 2, "completeUpload.after": 2, "abortUpload.before": 1, "abortUpload.after": 1,
    "listParts.before": 1, "listParts.after": 1, "listUploads.before": 1, "listUploads.after": 1,
    "append.before": 10, "append.after": 10, "head.after": 30}


class Crashes:
    """Two writers on one mount, killed and mounted again with the same state folder."""

    def __init__(self, store, s3, bucket, mount, seed, fixed, replacing):
        self.store, self.s3, self.bucket, self.mount, self.fixed = store, s3, bucket, mount, fixed
        self.dice = random.Random(seed)
        self.writers = {
            name: Writer(mount.path / name, self.dice.randrange(1 << 32), large=name == "one", replacing=replacing) for name in ("one", "two")}
        self.kills, self.hits, self.moment = 0, 0, None

    def begin(self):
        self.mount.start()
        for name in self.writers:
            (self.mount.path / name).mkdir()
        self.mount.stop()

    def round(self):
        moment = self.dice.choice([None, *MOMENTS]) if self.dice.random() < 0.6 else None
        delay = ["--write-back-delay", str(self.dice.choice([0, 0, 0.3]))] if "--write-back" in self.fixed else []
        self.mount.options, self.moment = [*self.fixed, *delay], moment
        self.mount.environment.pop("WINDLASS_CRASH_AT", None)
        if moment:
            self.mount.environment["WINDLASS_CRASH_AT"] = f"{moment}:{self.dice.randint(1, MOMENTS[moment])}"
        self.store.faults(*([fault("latency", WRITES, milliseconds=self.dice.choice([10, 40]))] if self.dice.random() < 0.5 else []))
        if self.started():
            self.work(1.0 if moment else self.dice.uniform(0.02, 0.7))
        self.kills += 1
        self.store.faults()
        # What was asked for last is still being done.
        time.sleep(0.1)
        self.check_objects()
        self.check()

    def started(self):
        """False when it died while it took up what the mount before had left."""
        try:
            self.mount.start()
            return True
        except AssertionError:
            assert self.mount.process.poll() == -signal.SIGKILL, self.mount.text()
            self.hits += 1
            self.mount.kill()
            return False

    def work(self, seconds):
        for writer in self.writers.values():
            writer.start()
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.mount.process.poll() is None:
            time.sleep(0.005)
            for name, writer in self.writers.items():
                if writer.failure:
                    time.sleep(1)
                    assert self.mount.process.poll() is not None, f"{name}, {writer.last}: {writer.failure!r}\n{self.mount.text()}"
        self.hits += self.mount.process.poll() == -signal.SIGKILL
        self.mount.process.send_signal(signal.SIGKILL)
        self.mount.process.wait(20)
        for writer in self.writers.values():
            writer.finish()
        self.mount.kill()

    def check_objects(self):
        for key in keys(self.s3, self.bucket):
            folder, name = key.split("/", 1)
            if name:
                self.writers[folder].model.check_object(name, body(self.s3, self.bucket, key))

    def check(self):
        """What the next mount shows, and what is in the store when it has ended."""
        self.mount.environment.pop("WINDLASS_CRASH_AT", None)
        before = journal_keys(self.mount.staging)
        self.mount.start()
        try:
            for name, writer in self.writers.items():
                found = {path.name: contents(path) for path in sorted((self.mount.path / name).iterdir())}
                writer.model.compare(found)
        except AssertionError as error:
            raise AssertionError(f"{error}\nlast: {name}, {writer.last}; in the journal: {before}") from None
        self.mount.stop()
        assert_nothing_left(self.mount.staging, self.s3, self.bucket)
        stored = {key: body(self.s3, self.bucket, key) for key in keys(self.s3, self.bucket) if not key.endswith("/")}
        expected = {f"{folder}/{name}": bytes(data) for folder, writer in self.writers.items() for name, data in writer.model.content.items()}
        assert sorted(stored) == sorted(expected), self.mount.text()
        assert all(stored[key] == data for key, data in expected.items()), f"an object has not what the mount showed\n{self.mount.text()}"


def contents(path):
    try:
        return path.read_bytes()
    except OSError as error:
        raise AssertionError(f"{path.parent.name}/{path.name} cannot be read: {error}") from error


def crash(store, s3, bucket, folder, options, rounds, seed=None, replacing=True):
    seed = seed if seed is not None else random.randrange(1 << 32)
    print("seed", seed)
    mount = Mount(store.endpoint, bucket, folder, *options)
    crashes = Crashes(store, s3, bucket, mount, seed, list(options), replacing)
    try:
        crashes.begin()
        for number in range(rounds):
            try:
                crashes.round()
            except Exception as error:
                raise AssertionError(f"seed {seed}, kill {number}, {crashes.moment}, {mount.options}: {error}\n{mount.text()[-2500:]}") from error
    finally:
        store.faults()
        if mount.process is not None:
            mount.kill()
    promises = sum(writer.model.promises for writer in crashes.writers.values())
    print(f"{crashes.kills} kills, {crashes.hits} of them at a named moment, {promises} promises")
    assert promises > 10 * rounds, "too little was done for this to mean anything"
    return crashes


@pytest.mark.parametrize("mode", MODES)
def test_what_was_acknowledged_survives_kills(store, s3, bucket, tmp_path, mode):
    crash(store, s3, bucket, tmp_path, MODES[mode], 10)


@pytest.fixture(scope="module")
def growing_store(tmp_path_factory):
    """A store whose objects can grow."""
    home = tmp_path_factory.mktemp("obs")
    (home / "data").mkdir()
    store = stores.Store(home / "data", home, "--dialect", "obs").start()
    yield store
    store.stop()


@pytest.mark.parametrize("mode", ["default", "write-back"])
def test_what_was_acknowledged_survives_kills_where_objects_grow(growing_store, tmp_path, mode):
    s3 = growing_store.endpoint.client()
    s3.create_bucket(Bucket=f"growing-{mode}")
    crash(growing_store, s3, f"growing-{mode}", tmp_path, ["--dialect", "obs", *MODES[mode]], 5)


@pytest.mark.long
@pytest.mark.deadline(3600)
@pytest.mark.parametrize("mode", MODES)
def test_what_was_acknowledged_survives_a_thousand_kills(store, s3, bucket, tmp_path, mode):
    crash(store, s3, bucket, tmp_path, MODES[mode], 250)


# The tests of the tests.

@pytest.mark.parametrize("moment, stored", [("put.before", []), ("put.after", ["file"])])
def test_a_mount_dies_at_the_moment_named(mounts, s3, bucket, moment, stored):
    mount = mounts(environment={"WINDLASS_CRASH_AT": f"{moment}:1"})
    with pytest.raises(OSError):
        (mount.path / "file").write_bytes(b"content")
    assert mount.process.wait(20) == -signal.SIGKILL
    mount.kill()
    assert keys(s3, bucket) == stored


def test_a_moment_that_is_none_is_refused(store, bucket, tmp_path):
    mount = Mount(store.endpoint, bucket, tmp_path, environment={"WINDLASS_CRASH_AT": "sometime"})
    with pytest.raises(AssertionError, match="ended with 1:\\nwindlass: WINDLASS_CRASH_AT"):
        mount.start()
    mount.kill()


def worked(folder, seconds=0.3):
    """A writer that has worked on a local folder, and what is there now."""
    folder.mkdir()
    writer = Writer(folder, 1, large=False)
    writer.start()
    time.sleep(seconds)
    assert writer.finish() is None
    return writer.model, {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("change", ["nothing", "a byte", "the end", "a file", "a removed file is back", "an older state"])
def test_the_comparison_finds(tmp_path, change):
    """Negative control: what was promised is not there."""
    model, found = worked(tmp_path / "folder")
    assert model.promises > 10 and found
    name = max(found, key=lambda name: len(found[name]))
    if change == "a byte":
        found[name] = bytes([found[name][0] ^ 1]) + found[name][1:]
    elif change == "the end":
        found[name] = found[name][:-1]
    elif change == "a file":
        del found[name]
    elif change == "a removed file is back":
        found["file-99"] = b"removed long ago"
    elif change == "an older state":
        model.promise(name, "a newer one")
    if change == "nothing":
        return model.compare(found)
    with pytest.raises(AssertionError):
        model.compare(found)


def test_the_comparison_finds_a_torn_object(tmp_path):
    model, found = worked(tmp_path / "folder")
    name = max(found, key=lambda name: len(found[name]))
    model.check_object(name, found[name])
    with pytest.raises(AssertionError):
        model.check_object(name, found[name][:-7])


def test_only_a_part_up_to_a_page_is_a_part_of_a_write():
    write = PartialWrite(b"a" * 5000, 1000, b"b" * 9000)
    assert write.explains(b"a" * 1000 + b"b" * 7192)
    assert write.explains(b"a" * 1000 + b"b" * 3096 + b"a" * 904)
    for other in (b"a" * 1000 + b"b" * 7191, b"a" * 1000 + b"b" * 7191 + b"c", b"a" * 5000, b"a" * 1000 + b"b" * 9000, b"b" * 8192):
        assert not write.explains(other)
