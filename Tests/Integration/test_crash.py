"""A process that keeps unsent changes on the disk is killed at random moments; what it acknowledged must be there afterwards.

The process is staging-worker (Tests/StagingWorker). It says what it tries and what is done; each line is one write to a pipe.
"""

import random
import signal
import subprocess
import time

import pytest

import stores

WORKER = stores.BINARIES / "staging-worker"


class Promises:
    """What must be, and what may be, in the state folder."""

    def __init__(self):
        self.files = {}
        self.trying = {}
        self.parts = {}
        self.removing = set()
        self.intents = set()
        self.dropping = set()

    def hear(self, line):
        word, *rest = line.split()
        if word == "trying":
            self.trying[rest[0]] = tuple(rest)
        elif word == "done":
            self.files[rest[0]] = tuple(rest)
            self.trying.pop(rest[0], None)
            # Parts are of the content that was acknowledged when they were stored.
            self.parts[rest[0]] = 0
        elif word == "parts":
            self.parts[rest[0]] = int(rest[1])
        elif word == "removing":
            self.removing.add(rest[0])
        elif word == "removed":
            for known in (self.files, self.trying, self.parts):
                known.pop(rest[0], None)
            self.removing.discard(rest[0])
        elif word == "intent":
            self.intents.add(rest[0])
        elif word == "dropping":
            self.dropping.add(rest[0])
        elif word == "dropped":
            self.intents.discard(rest[0])
            self.dropping.discard(rest[0])
        elif word == "error":
            raise AssertionError(line)
        else:
            assert word == "ready", line

    def compare(self, lines):
        """Checks what staging-worker found, and takes it as what is promised from now on."""
        found = {line.split()[1]: tuple(line.split()[1:5]) for line in lines if line.startswith("file ")}
        parts = {line.split()[1]: int(line.split()[5]) for line in lines if line.startswith("file ")}
        intents = {line.split()[1] for line in lines if line.startswith("intent ")}
        for name, promised in self.files.items():
            legal = {promised, self.trying.get(name, promised)} | ({None} if name in self.removing else set())
            assert found.get(name) in legal, f"file {name}: {found.get(name)} is none of {legal}"
        for name, version in found.items():
            assert version in (self.files.get(name), self.trying.get(name)), f"file {name}: {version} was never written, or removed for good"
            # One more may have been recorded and not told.
            promised = 0 if version == self.trying.get(name) else self.parts.get(name, 0)
            assert parts[name] - promised in (0, 1), f"file {name} has {parts[name]} parts"
        assert self.intents - self.dropping <= intents, "an intent is lost"
        assert lines[-1].startswith("checked "), lines
        self.files, self.parts, self.intents = found, parts, intents
        self.trying, self.removing, self.dropping = {}, set(), set()


def run_and_kill(folder, seed, seconds):
    """Everything the worker said until it was killed."""
    worker = subprocess.Popen([WORKER, "run", folder, str(seed)], stdout=subprocess.PIPE)
    try:
        time.sleep(seconds)
    finally:
        worker.send_signal(signal.SIGKILL)
        said = worker.communicate(timeout=30)[0]
    # The last line may have been cut.
    return said.decode().rsplit("\n", 1)[0].splitlines()


def check(folder):
    done = subprocess.run([WORKER, "check", folder], stdout=subprocess.PIPE, text=True, timeout=60)
    assert done.returncode == 0, done.stdout
    return done.stdout.splitlines()


def crash(folder, rounds, seed=None):
    seed = seed or random.randrange(1 << 32)
    print("seed", seed)
    dice = random.Random(seed)
    promises, heard = Promises(), 0
    for index in range(rounds):
        # Some die while they start.
        lines = run_and_kill(folder, dice.randrange(1 << 32), dice.choice([dice.uniform(0, 0.06), dice.uniform(0.05, 0.25)]))
        heard += len(lines)
        for line in lines:
            promises.hear(line)
        promises.compare(check(folder))
    return heard


def test_what_was_acknowledged_survives_kills(tmp_path):
    assert crash(tmp_path, 50) > 500, "the worker did too little for this to mean anything"


@pytest.mark.long
@pytest.mark.deadline(1800)
def test_what_was_acknowledged_survives_a_thousand_kills(tmp_path):
    assert crash(tmp_path, 1000) > 10_000


def test_the_check_finds_what_is_lost(tmp_path):
    """Negative control: a folder from before the last acknowledgements."""
    folder, early = tmp_path / "state", tmp_path / "early"
    folder.mkdir()
    promises = Promises()
    for line in run_and_kill(folder, 1, 0.3):
        promises.hear(line)
    promises.compare(check(folder))
    subprocess.run(["cp", "-a", folder, early], check=True)
    for line in run_and_kill(folder, 2, 0.5):
        promises.hear(line)
    with pytest.raises(AssertionError):
        promises.compare(check(early))


def test_a_damaged_staging_file_is_not_read(tmp_path):
    """Negative control: bytes that another hand has changed."""
    promises = Promises()
    for line in run_and_kill(tmp_path, 3, 0.4):
        promises.hear(line)
    assert any(line.startswith("file ") for line in check(tmp_path))
    for path in tmp_path.glob("*/files/*"):
        path.write_bytes(bytes(byte ^ 1 for byte in path.read_bytes()))
    done = subprocess.run([WORKER, "check", tmp_path], stdout=subprocess.PIPE, text=True, timeout=60)
    assert done.returncode == 1 and "is damaged near offset" in done.stdout, done.stdout
