"""`--log-format journald`: what arrives at the journal of systemd, whose socket the test listens on.

The mount runs in a mount namespace of its own, where the test's socket is at the journal's place.
"""

import os
import shutil
import signal
import socket
import subprocess
import threading
from pathlib import Path

import pytest

from deadlines import programs, start
from mounts import WINDLASS, wait_until
from stores import fault

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="a mount namespace needs root"),
    pytest.mark.skipif(not shutil.which("unshare"), reason="unshare is not installed"),
]


class Journal:
    """Keeps every datagram, as name -> value."""

    def __init__(self, folder):
        folder.mkdir()
        self.folder, self.entries = folder, []
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(folder / "socket"))
        self.reader = threading.Thread(target=self.read)
        self.reader.start()

    def read(self):
        while datagram := self.socket.recv(1 << 16):
            self.entries.append(dict(line.split("=", 1) for line in datagram.decode().splitlines()))

    def found(self, text):
        return [entry for entry in self.entries if text in entry["MESSAGE"]]

    def close(self):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as last:
            last.sendto(b"", str(self.folder / "socket"))
        self.reader.join(10)
        self.socket.close()


@pytest.fixture
def journal(tmp_path):
    journal = Journal(tmp_path / "journal")
    yield journal
    journal.close()


PLACE = """
mount -t tmpfs tmpfs /run
mkdir -p /run/systemd/journal
mount --bind "$0" /run/systemd/journal
exec "$@"
"""


@pytest.fixture
def logged(store, bucket, journal, tmp_path):
    """Where the bucket is mounted, by a process that logs to the journal."""
    place = tmp_path / "mnt"
    place.mkdir()
    process = start(
        ["unshare", "--mount", "sh", "-ec", PLACE, journal.folder, WINDLASS, "mount", bucket, place, "--endpoint", store.endpoint.url,
         "--region", store.endpoint.region, "--addressing", "path", "--state-dir", tmp_path / "state", "--foreground", "--log-format", "journald",
         "--log-level", "debug", "--max-retries", "0"],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=store.endpoint.environment(tmp_path))
    # What is mounted there only that process sees.
    seen = Path(f"/proc/{process.pid}/root{place}")
    try:
        wait_until(lambda: process.poll() is not None or os.path.ismount(seen), 30, "it is mounted")
        assert process.poll() is None, journal.entries
        yield seen
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0, journal.entries[-5:]
    finally:
        process.kill()
        process.wait(20)
        programs.discard(process)


def test_each_message_is_an_entry_with_fields(logged, journal, store):
    (logged / "file").write_bytes(b"x")
    wait_until(lambda: journal.found("PUT"), 20, "the request is in the journal")
    entry = journal.found("PUT")[0]
    assert (entry["PRIORITY"], entry["SYSLOG_IDENTIFIER"], entry["WINDLASS_STATUS"]) == ("7", "windlass", "200")
    assert entry["WINDLASS_REQUEST"].isdigit() and entry["WINDLASS_STORE_REQUEST"] != "-"
    store.faults(fault("error", ["PutObject"], status=403, code="AccessDenied"))
    with pytest.raises(OSError):
        (logged / "refused").write_bytes(b"x")
    store.faults()
    wait_until(lambda: [e for e in journal.found("refused") if e["PRIORITY"] == "3"], 20, "the error is in the journal")
