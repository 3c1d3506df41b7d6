"""Each request of a scenario fails, in each way: what was acknowledged is right, and what failed is the old state or the new one."""

import os
import random
import time

import pytest

from crash_driver import Writer
from keeping import Commands
from states import uploads
from stores import body, fault, keys

# What goes wrong. The mount sends a request twice at most, so the last one reaches the program.
KINDS = {
    "slow-down": dict(fault="error", status=503, code="SlowDown", times=1),
    "refused": dict(fault="error", status=403, code="AccessDenied", times=1),
    "no-connection": dict(fault="reset", point="beforeWork", times=1),
    "lost-reply": dict(fault="reset", point="beforeAnswer", times=1),
    "cut-request": dict(fault="reset", point="inRequest", times=1),
    "stays-away": dict(fault="error", status=500, code="InternalError", times=4),
    "replies-stay-away": dict(fault="reset", point="beforeAnswer", times=4),
}
READS = ("GetObject", "HeadObject", "ListObjectsV2")
MODES = {"default": ["--max-retries", "1"], "write-back": ["--max-retries", "1", "--write-back"]}


class Scenario(Writer):
    """The same calls each time, on a folder of its own. Gives what failed."""

    def __init__(self, folder):
        super().__init__(folder, 7)

    def run(self):
        failures = []
        for step, name, *rest in (
                ("replace", "one"), ("replace", "two"), ("patch", "one"), ("append", "one"), ("cut", "two"), ("chmod", "two"),
                ("move", "two", "three"), ("save", "one"), ("move", "three", "one"), ("replace", "four"), ("remove", "four"),
                ("replace_large", "large"), ("patch", "large"), ("copy", "large", "copied")):
            if name not in self.model.content and step in ("patch", "append", "cut", "move", "remove", "chmod", "copy"):
                continue
            try:
                getattr(self, step)(name, *rest)
            except OSError as error:
                failures.append(f"{step} {name}: {error}")
                self.look()
        return failures

    def chmod(self, name):
        os.chmod(self.folder / name, 0o600)

    def copy(self, name, new):
        with self._open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC) as target:
            with open(self.folder / name, "rb") as source:
                content, done = self.model.content[name], 0
                self._note(new, bytes(content))
                while done < len(content):
                    done += os.copy_file_range(source.fileno(), target, len(content) - done)

    def look(self):
        """After a failure: what is there is one of the legal states, and the scenario goes on with it."""
        # How far a rename has come that failed between its requests is seen when the kernel asks again: --metadata-ttl.
        time.sleep(1.1)
        end = time.monotonic() + 20
        while True:
            try:
                return self.model.compare(self.found())
            except OSError:
                assert time.monotonic() < end, "nothing can be read any more"
                time.sleep(0.2)

    def found(self):
        return {path.name: path.read_bytes() for path in sorted(self.folder.iterdir())}


def run_with(mount, s3, bucket, store, rule):
    """Runs the scenario with a fault; checks what it acknowledged in the store, and in the next mount."""
    folder = mount.path / f"f{os.urandom(4).hex()}"
    folder.mkdir()
    scenario = Scenario(folder)
    if rule:
        store.faults(dict(rule, keyPrefix=f"{folder.name}/"))
    failures = scenario.run()
    store.faults()
    mount.stop()
    for name in scenario.model.legal_names():
        key = f"{folder.name}/{name}"
        stored = body(s3, bucket, key) if key in keys(s3, bucket) else None
        expected = scenario.model.content.get(name)
        assert stored == (None if expected is None else bytes(expected)), (
            f"{name}: the store has {stored and len(stored)} bytes, the mount showed {expected and len(expected)}; failed: {failures}\n{mount.text()}")
    mount.start()
    scenario.folder = folder
    scenario.model.compare(scenario.found())
    return failures


def requests_of(mount, s3, bucket, store):
    store.reset_counters()
    assert run_with(mount, s3, bucket, store, None) == []
    # The checks are not the mount's, but more than there are does no harm.
    return {name: count["requests"] for name, count in store.counters().items() if name not in ("ListBuckets", "ListMultipartUploads", "Unknown")}


def check_uploads(mount, s3, bucket):
    """None is left, but of what failed and is kept for `windlass recover`: that would go on with it, and takes it away when it is given up."""
    left, said = uploads(s3, bucket), ""
    if left:
        commands = Commands(mount)
        kept = commands.kept()
        assert {key for key, *_ in left} <= set(kept), f"uploads are left over: {left}, and only {kept} is kept"
        done = commands.recover("--discard", "--yes")
        assert done.returncode == 0, done.stderr
        left, said = uploads(s3, bucket), done.stdout
    assert not left, f"uploads are left over: {left}; {said}"


def each_fault(mounts, s3, bucket, store, mode, samples):
    seed = random.randrange(1 << 32)
    print("seed", seed)
    mount = mounts(*MODES[mode])
    counts = requests_of(mount, s3, bucket, store)
    print(counts)
    cases = [
        (name, number, kind) for name, count in counts.items() for number in range(min(count, 8 if name in READS else 40)) for kind in KINDS]
    if samples:
        cases = random.Random(seed).sample([case for case in cases if case[0] not in READS], samples)
    failed, wrong = 0, []
    for name, number, kind in cases:
        try:
            failed += bool(run_with(mount, s3, bucket, store, dict(KINDS[kind], operations=[name], skip=number)))
            if name != "AbortMultipartUpload":
                check_uploads(mount, s3, bucket)
        except AssertionError as error:
            wrong.append(f"{name} {number + 1}, {kind}: {error}")
            if mount.process is None:
                mount.start()
            for key, upload, _ in uploads(s3, bucket):
                s3.abort_multipart_upload(Bucket=bucket, Key=key, UploadId=upload)
    print(f"{len(cases)} faults, {failed} of them seen by the program")
    assert not wrong, f"seed {seed}: {len(wrong)} of {len(cases)}\n" + "\n".join(text[:1500] for text in wrong[:5])
    return failed


@pytest.mark.parametrize("mode", MODES)
def test_some_requests_fail(mounts, s3, bucket, store, mode):
    each_fault(mounts, s3, bucket, store, mode, 8)


@pytest.mark.long
@pytest.mark.deadline(3000)
@pytest.mark.parametrize("mode", MODES)
def test_every_request_fails_in_every_way(mounts, s3, bucket, store, mode):
    assert each_fault(mounts, s3, bucket, store, mode, None) > 0
