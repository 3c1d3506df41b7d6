"""`windlass cp|mv|sync|transfer`: interrupted, killed, paused, cancelled, taken up again; and what is shown of it."""

import contextlib
import filecmp
import os
import random
import signal
import subprocess
import time

import pytest

from deadlines import programs, run
from stores import fault
from transferring import PART, Bucket, checkpoint_lines, kinds, of, read, slow, wait_for, write


@pytest.fixture
def bucket(store, tmp_path):
    return Bucket(store.endpoint, tmp_path)


# Interrupted and taken up again

@pytest.mark.parametrize("direction", ["up", "down", "across"])
def test_an_interrupted_transfer_goes_on(bucket, store, tmp_path, direction):
    content = os.urandom(12 * PART)
    write(tmp_path / "src", {"large": content, "small": b"x"})
    other = Bucket(store.endpoint, tmp_path)
    if direction != "up":
        bucket.run("cp", "-r", tmp_path / "src", "K:p")
    words = {"up": ["cp", "-r", tmp_path / "src", "K:p"], "down": ["cp", "-r", "K:p", tmp_path / "dst"],
             "across": ["cp", "-r", "K:p", other.url("q")]}[direction]
    words += ["--part-size", "5M", "--parallel", "2"]
    slow(store, "UploadPart", "GetObject", "UploadPartCopy")
    process = bucket.start(*words)
    wait_for(lambda: bucket.jobs() and checkpoint_lines(bucket, '"part"') >= 3)
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 1
    [job] = bucket.jobs()
    assert job["event"] == "interrupted" and (other if direction == "across" else bucket).leftovers(tmp_path)
    store.faults()
    store.reset_counters()
    if direction == "up":
        bucket.run(*words)
    else:
        bucket.run("transfer", "resume", job["job"])
    operation = {"up": "UploadPart", "down": "GetObject", "across": "UploadPartCopy"}[direction]
    assert 0 < store.counters()[operation]["requests"] <= 10, "the parts that were there were transferred again"
    if direction == "up":
        assert bucket.get("p/large") == content
    elif direction == "across":
        assert other.get("q/large") == content
    else:
        assert (tmp_path / "dst" / "large").read_bytes() == content
    assert not bucket.leftovers(tmp_path) and not other.leftovers()


@pytest.mark.parametrize("direction", ["up", "down"])
def test_a_changed_source_is_refused(bucket, store, tmp_path, direction):
    content = os.urandom(12 * PART)
    write(tmp_path / "src", {"large": content, "small": b"x"})
    if direction == "down":
        bucket.run("cp", "-r", tmp_path / "src", "K:p")
    words = ["cp", "-r", tmp_path / "src", "K:p"] if direction == "up" else ["cp", "-r", "K:p", tmp_path / "dst"]
    words += ["--part-size", "5M", "--parallel", "2"]
    slow(store, "UploadPart", "GetObject")
    process = bucket.start(*words)
    wait_for(lambda: checkpoint_lines(bucket, '"part"') >= 2)
    process.kill()
    process.wait(20)
    store.faults()
    changed = os.urandom(12 * PART)
    if direction == "up":
        write(tmp_path / "src", {"large": changed}, seconds=1_700_000_001)
    else:
        bucket.put("p/large", changed)
    events = bucket.run(*words, status=3)
    assert of(events, "refused") == ["large"] and "has changed since" in bucket.errors
    assert not bucket.uploads() and (direction == "up" or not (tmp_path / "dst" / "large").exists())
    bucket.run(*words)
    assert bucket.get("p/large") == changed if direction == "up" else (tmp_path / "dst" / "large").read_bytes() == changed
    assert not bucket.leftovers(tmp_path)


def test_a_source_that_changes_under_way_is_refused(bucket, store, tmp_path):
    write(tmp_path / "src", {"large": bytes(8 * PART)})
    bucket.put("p/large", b"before")
    slow(store, "UploadPart")
    process = bucket.start("cp", tmp_path / "src" / "large", "K:p/", "--part-size", "5M", "--parallel", "2", stderr=subprocess.PIPE)
    wait_for(lambda: checkpoint_lines(bucket, '"part"') >= 1)
    with open(tmp_path / "src" / "large", "r+b") as file:
        file.write(b"changed")
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 3 and b"has changed while" in errors, errors
    assert bucket.get("p/large") == b"before" and not bucket.uploads()
    # And an object that changes while its ranges are fetched.
    bucket.put("q", os.urandom(12 * PART))
    slow(store, "GetObject")
    process = bucket.start("cp", "K:q", tmp_path / "q", "--part-size", "5M", "--parallel", "2", stderr=subprocess.PIPE)
    wait_for(lambda: checkpoint_lines(bucket, '"part"') >= 1)
    bucket.put("q", os.urandom(12 * PART))
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 3, errors
    assert not (tmp_path / "q").exists()


@pytest.mark.parametrize("direction", ["up", "down"])
def test_what_changes_while_it_is_moved_stays(bucket, store, tmp_path, direction):
    write(tmp_path / "src", {"file": b"before"})
    bucket.put("q", b"before")
    store.faults(fault("latency", ["PutObject" if direction == "up" else "GetObject"], milliseconds=3000))
    words = ["mv", tmp_path / "src" / "file", "K:p/"] if direction == "up" else ["mv", "K:q", tmp_path / "q"]
    process = bucket.start(*words, stderr=subprocess.PIPE)
    time.sleep(1.5)
    if direction == "up":
        (tmp_path / "src" / "file").write_bytes(b"written meanwhile")
    else:
        bucket.put("q", b"written meanwhile")
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 3 and b"move it again" in errors, errors
    assert (tmp_path / "src" / "file").read_bytes() == b"written meanwhile" if direction == "up" else bucket.get("q") == b"written meanwhile"


@pytest.mark.deadline(1200)
@pytest.mark.parametrize("direction", ["up", "down"])
def test_transfers_killed_again_and_again(bucket, store, tmp_path, direction, request):
    """kill -9 at random moments: at the end everything is there, byte for byte, and nothing else."""
    kills = 50 if request.config.getoption("--long") else 10
    generator = random.Random(int(os.environ.get("WINDLASS_SEED", "1")))
    content = {f"d{n % 7}/file-{n}": generator.randbytes(generator.choice([0, 10, 5000, 200_000])) for n in range(300)}
    content |= {"large-1": generator.randbytes(9 * PART + 3), "large-2": generator.randbytes(4 * PART), "z/large-3": generator.randbytes(6 * PART + 1)}
    write(tmp_path / "src", content)
    if direction == "down":
        bucket.run("cp", "-r", tmp_path / "src", "K:p")
        words = ["cp", "-r", "K:p", tmp_path / "dst"]
    else:
        words = ["cp", "-r", tmp_path / "src", "K:p"]
    words += ["--part-size", "5M", "--parallel", "4"]
    done = 0
    while done < kills:
        store.faults(fault("latency", ["UploadPart", "GetObject", "PutObject", "CreateMultipartUpload", "CompleteMultipartUpload"],
                           milliseconds=generator.choice([10, 30, 80])))
        process = bucket.start(*words)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(generator.uniform(0.02, 1.5))
        if process.poll() is None:
            process.kill()
            done += 1
        elif direction == "up":
            # It was done: another begins.
            store.faults()
            bucket.run("rm", "-r", "K:p")
        else:
            run(["rm", "-rf", tmp_path / "dst"])
        process.wait(20)
        programs.discard(process)
    store.faults()
    bucket.run(*words)
    if direction == "up":
        assert bucket.keys() == sorted((f"p/{name}" for name in content), key=str.encode)
        assert all(bucket.get(f"p/{name}") == data for name, data in content.items())
    else:
        assert read(tmp_path / "dst") == content
    assert not bucket.leftovers(tmp_path)


def test_a_copy_that_goes_on_does_not_begin_anew(bucket, store, tmp_path):
    """Files that were done before are compared, not sent again; those that have changed since are."""
    write(tmp_path / "src", {f"{n:04}": b"x" * n for n in range(400)})
    store.faults(fault("latency", ["PutObject"], milliseconds=40))
    process = bucket.start("cp", "-r", tmp_path / "src", "K:", "--parallel", "4")
    wait_for(lambda: len(bucket.keys()) > 100)
    process.kill()
    process.wait(20)
    store.faults()
    write(tmp_path / "src", {"0001": b"y"}, seconds=1_700_000_009)
    events = bucket.run("cp", "-r", tmp_path / "src", "K:", "--parallel", "4")
    assert 0 < len(of(events, "done")) < 310 and "0001" in of(events, "done") and bucket.get("0001") == b"y"
    assert len(bucket.keys()) == 400 and not bucket.leftovers()
    assert len(of(bucket.run("cp", "-r", tmp_path / "src", "K:"), "done")) == 400


def test_restart_takes_away_what_was_left(bucket, store, tmp_path):
    write(tmp_path / "src", {"large": os.urandom(8 * PART)})
    slow(store, "UploadPart")
    process = bucket.start("cp", tmp_path / "src" / "large", "K:", "--part-size", "5M", "--parallel", "2")
    wait_for(lambda: checkpoint_lines(bucket, '"part"') >= 2)
    process.kill()
    process.wait(20)
    store.faults()
    store.reset_counters()
    bucket.run("cp", tmp_path / "src" / "large", "K:", "--part-size", "5M", "--restart")
    assert store.counters()["UploadPart"]["requests"] == 8 and not bucket.leftovers()


# By hand

def test_pause_resume_and_cancel(bucket, store, tmp_path):
    write(tmp_path / "src", {"large": os.urandom(10 * PART)})
    slow(store, "UploadPart")
    words = ["cp", tmp_path / "src" / "large", "K:", "--part-size", "5M", "--parallel", "1"]
    process = bucket.start(*words)
    wait_for(lambda: checkpoint_lines(bucket, '"part"') >= 1)
    [job] = bucket.jobs()
    assert job["event"] == "running" and job["source"].endswith("/src/large")
    bucket.run(*words, status=3)
    assert "under way already" in bucket.errors
    bucket.run("transfer", "pause", job["job"])
    wait_for(lambda: bucket.jobs()[0]["event"] == "paused")
    time.sleep(1)
    before = checkpoint_lines(bucket, '"part"')
    time.sleep(1.5)
    assert checkpoint_lines(bucket, '"part"') == before and process.poll() is None
    os.kill(process.pid, signal.SIGUSR2)
    wait_for(lambda: checkpoint_lines(bucket, '"part"') > before)
    bucket.run("transfer", "cancel", job["job"])
    assert process.wait(20) == 1 and not bucket.leftovers() and bucket.keys() == []
    bucket.run("transfer", "resume", job["job"], status=1)


@pytest.mark.parametrize("direction", ["up", "down"])
def test_cancelling_one_that_was_killed(bucket, store, tmp_path, direction):
    write(tmp_path / "src", {"large": os.urandom(10 * PART)})
    bucket.run("cp", "-r", tmp_path / "src", "K:p")
    slow(store, "UploadPart", "GetObject")
    words = ["sync", tmp_path / "src", "K:q"] if direction == "up" else ["sync", "K:p", tmp_path / "dst"]
    process = bucket.start(*words, "--part-size", "5M", "--parallel", "2")
    wait_for(lambda: checkpoint_lines(bucket, '"part"') >= 1)
    process.kill()
    process.wait(20)
    store.faults()
    [job] = bucket.jobs()
    assert len(bucket.leftovers(tmp_path)) == 2
    bucket.run("transfer", "cancel", job["job"])
    assert not bucket.leftovers(tmp_path)


def test_the_bandwidth_is_limited(bucket, tmp_path):
    write(tmp_path / "src", {"a": os.urandom(3 << 20), **{f"s{n}": os.urandom(100_000) for n in range(10)}})
    size = (3 << 20) + 1_000_000
    for words in (["cp", "-r", tmp_path / "src", "K:p"], ["cp", "-r", "K:p", tmp_path / "dst"]):
        begun = time.monotonic()
        bucket.run(*words, "--bandwidth", "1M")
        seconds = time.monotonic() - begun
        assert 0.85 * size / 2**20 < seconds < 2 * size / 2**20 + 3, seconds
    assert filecmp.cmp(tmp_path / "src" / "a", tmp_path / "dst" / "a", shallow=False)


def test_events_tell_of_progress(bucket, tmp_path):
    write(tmp_path / "src", {"large": os.urandom(4 << 20)})
    events = bucket.run("cp", tmp_path / "src" / "large", "K:", "--bandwidth", "1M")
    assert kinds(events)[:2] == ["begun", "queued"] and kinds(events)[-2:] == ["done", "ended"]
    steps = [event["done"] for event in events if event["event"] == "progress"]
    assert len(steps) >= 2 and steps == sorted(steps) and 0 < steps[0] and steps[-1] <= 4 << 20
    assert all(set(event) >= {"event", "time"} for event in events)
    assert bucket.run("cp", tmp_path / "src" / "large", "K:", "--progress", "none") == ""


# On a terminal

class Screen:
    """A window of tmux, with a command in it."""

    def __init__(self, folder, columns=100):
        self.socket = folder / "tmux"
        self("new-session", "-d", "-x", columns, "-y", 20, "sh")

    def __call__(self, *words):
        return run(["tmux", "-S", self.socket, *words], timeout=20).stdout

    def type(self, text):
        self("send-keys", "-l", text)
        self("send-keys", "Enter")

    @property
    def text(self):
        return self("capture-pane", "-p", "-J")

    def close(self):
        run(["tmux", "-S", self.socket, "kill-server"], timeout=20, check=False)


def test_a_bar_on_a_terminal(bucket, tmp_path):
    write(tmp_path / "src", {"large": os.urandom(5 << 20)})
    words = " ".join(str(word) for word in bucket.words(["cp", tmp_path / "src" / "large", "K:", "--bandwidth", "1M"]))
    settings = " ".join(f"{name}='{value}'" for name, value in bucket.environment.items())
    script = tmp_path / "copy"
    script.write_text(f"#!/bin/sh\ntrap : INT\nenv {settings} {words}\necho ended with $?\n")
    script.chmod(0o755)
    screen = Screen(tmp_path)
    try:
        screen.type(str(script))
        wait_for(lambda: "#" in screen.text and "of 5.0 MiB" in screen.text and "/s" in screen.text)
        assert "{" not in screen.text
        lines = [line for line in screen.text.splitlines() if "of 5.0 MiB" in line]
        assert len(lines) == 1 and len(lines[0]) < 100
        wait_for(lambda: "ended with 0" in screen.text)
        assert "1 files, 5.0 MiB in" in screen.text and "[" not in screen.text.split("1 files")[1]
        # The signal that Ctrl-C sends.
        screen.type(f"{script}")
        wait_for(lambda: screen.text.count("of 5.0 MiB") == 1)
        screen("send-keys", "C-c")
        wait_for(lambda: "ended with 1" in screen.text)
        assert "interrupted" in screen.text
    finally:
        screen.close()
