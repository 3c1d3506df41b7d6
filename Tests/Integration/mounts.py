"""Mounts of buckets, made with the built `windlass` program."""

import contextlib
import os
import re
import signal
import subprocess
import time
import uuid
from pathlib import Path

from deadlines import programs, run, start
from stores import BINARIES

WINDLASS = BINARIES / "windlass"


def is_mount_point(path):
    """Whether something is mounted at `path`, without asking the mount itself, which may not answer."""
    wanted = os.fspath(path)
    with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as table:
        for line in table:
            place = re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), line.split(" ")[4])
            if place == wanted:
                return True
    return False


def wait_until(condition, timeout, what):
    """Returns when `condition()` is true; fails after `timeout` seconds."""
    end = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < end, f"not within {timeout} seconds: {what}"
        time.sleep(0.02)


class Mount:
    """A bucket mounted in the foreground by a process of its own."""

    def __init__(self, endpoint, bucket, folder, *options, environment=None):
        """`folder` takes the mount point, the staging files and the log; `bucket` may be an s3:// URL."""
        self.endpoint, self.bucket = endpoint, bucket
        self.path, self.log = Path(folder) / "mnt", Path(folder) / "mount.log"
        self.staging = Path(folder) / "staging"
        self.path.mkdir(parents=True, exist_ok=True)
        self.staging.mkdir(exist_ok=True)
        self.options, self.addressing = options, "path"
        self.environment = endpoint.environment(folder) | (environment or {})
        self.process = None
        self.prefix = []

    def command(self):
        return [
            *self.prefix, WINDLASS, "mount", self.bucket, self.path, "--endpoint", self.endpoint.url, "--region", self.endpoint.region,
            "--addressing", self.addressing, "--state-dir", self.staging, "--foreground",
            *(["--dialect", self.endpoint.dialect] if self.endpoint.dialect else []), *self.options]

    def start(self, timeout=30):
        """Returns when the mount is there."""
        with open(self.log, "ab") as log:
            self.process = start(self.command(), stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=self.environment)
        end = time.monotonic() + timeout
        while not is_mount_point(self.path):
            assert self.process.poll() is None, f"windlass mount ended with {self.process.returncode}:\n{self.text()}"
            assert time.monotonic() < end, f"not mounted within {timeout} seconds:\n{self.text()}"
            time.sleep(0.02)
        return self

    def text(self):
        """The end of the log."""
        return self.log.read_text(errors="replace")[-8000:] if self.log.exists() else ""

    def stop(self, timeout=60):
        """Unmounts, and fails unless the process ends by itself with 0 and has logged no fault of its own."""
        if self.process is None:
            return
        process, self.process = self.process, None
        try:
            unmounted = run(["fusermount3", "-u", self.path], timeout=timeout, check=False)
            status = process.wait(timeout) if unmounted.returncode == 0 else None
        except subprocess.TimeoutExpired:
            unmounted, status = None, None
        finally:
            self._clear_away(process)
        assert unmounted is not None and unmounted.returncode == 0, f"fusermount3 -u: {unmounted and unmounted.stderr}\n{self.text()}"
        assert status == 0, f"windlass mount ended with {status}:\n{self.text()}"
        self.assert_no_fault()

    def remount(self):
        """As a second mount of the same bucket: nothing is remembered but what the store and the staging folder hold."""
        self.stop()
        return self.start()

    def kill(self):
        """As a crash of the mount: its process is killed and what is left of the mount is taken away."""
        process, self.process = self.process, None
        self._clear_away(process)

    def assert_no_fault(self):
        faults = [line for line in self.text().splitlines() if re.search(r"\bcritical\b|Fatal error|Sanitizer", line, re.IGNORECASE)]
        assert not faults, "logged: " + "\n".join(faults)

    def _clear_away(self, process):
        if process.poll() is None:
            with contextlib.suppress(OSError):
                process.send_signal(signal.SIGKILL)
            process.wait(20)
        programs.discard(process)
        if is_mount_point(self.path):
            run(["fusermount3", "-uz", self.path], timeout=20, check=False)


def windlass(endpoint, home, *arguments, timeout=60, environment=None):
    """Runs the program to its end; gives status and output."""
    return run([WINDLASS, *arguments], timeout=timeout, check=False, env=endpoint.environment(home) | (environment or {}))


def make_bucket(endpoint, kind, home):
    """A new bucket, in a store of `stores.running(kind)` or on another server; its name."""
    name = f"bucket-{uuid.uuid4().hex[:12]}"
    if kind != "obs-pfs":
        endpoint.client().create_bucket(Bucket=name)
        return name
    made = windlass(
        endpoint, home, "bucket", "create", name, "--file-system", "--endpoint", endpoint.url, "--dialect", "obs", "--addressing", "path")
    assert made.returncode == 0, made.stderr
    return name
