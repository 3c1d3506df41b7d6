"""What the operator of a mount sees and can do while it runs: figures, metrics, logs, and commands that change it."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

import pytest

from deadlines import run
from keeping import Commands
from mounts import WINDLASS, is_mount_point, wait_until, windlass
from stores import fault, free_port

_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
SECRET = "windlass-test-secret"


@pytest.fixture
def here(tmp_path):
    """An environment in which only the test's own mounts are found."""
    folder = tmp_path / "run"
    folder.mkdir(mode=0o700)
    return {"XDG_RUNTIME_DIR": str(folder)}


def get(port, path="/metrics"):
    with _direct.open(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
        return answer.read().decode(), answer.headers["Content-Type"]


def samples(text):
    """Name with labels but `mount` -> value, of metrics in the text format."""
    found = {}
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        name, labels, value = re.fullmatch(r"(\w+)\{(.*)\} (\S+)", line).groups()
        rest = [label for label in re.findall(r'(\w+)="((?:\\.|[^"\\])*)"', labels) if label[0] != "mount"]
        found[name + ("{" + ",".join(f"{key}={value}" for key, value in rest) + "}" if rest else "")] = float(value)
    return found


class TestStatus:
    def test_requests_by_kind_with_their_times(self, mounts, here, s3, bucket, store):
        s3.put_object(Bucket=bucket, Key="file", Body=os.urandom(5000))
        mount = mounts("--small-file-limit", "2M", "--log-level", "info", environment=here)
        store.faults(fault("latency", ["GetObject"], milliseconds=120))
        assert len((mount.path / "file").read_bytes()) == 5000
        status = Commands(mount).status()
        kinds = {kind["kind"]: kind for kind in status["requests"]["kinds"]}
        small = kinds["get-small"]
        assert small["sent"] >= 1 and small["answered"] >= 1 and small["failed"] == 0
        assert 0.1 < small["latency"]["half"] <= small["latency"]["ninetyNine"] < 5
        counts = [bound["count"] for bound in small["within"]]
        assert counts == sorted(counts) and counts[0] == 0 and counts[-1] == small["answered"]
        assert sum(kind["sent"] for kind in kinds.values()) == status["requests"]["sent"]
        assert status["settings"]["dialect"] == "s3" and "--small-file-limit" in status["settings"]["options"]
        assert status["settings"]["logLevel"] == "info" and "environment" in status["settings"]["credentials"]
        text = Commands(mount).run("status", mount.path).stdout
        assert re.search(r"get-small +\d+ +0 +\d+\.\d ms", text) and "--small-file-limit 2M" in text and SECRET not in text

    def test_what_failed_and_was_sent_again(self, mounts, here, store):
        mount = mounts(environment=here)
        store.faults(fault("error", ["PutObject"], status=500, code="InternalError", times=2))
        (mount.path / "file").write_bytes(b"x")
        store.faults()
        requests = Commands(mount).status()["requests"]
        assert requests["errors"] == {"unavailable": 2} and requests["retried"] == 2
        assert "2 unavailable" in Commands(mount).run("status", mount.path).stdout

    def test_the_last_errors_are_there(self, mounts, here, store):
        mount = mounts("--max-retries", "0", environment=here)
        store.faults(fault("error", ["PutObject"], status=403, code="AccessDenied"))
        with pytest.raises(OSError):
            (mount.path / "refused").write_bytes(b"x")
        store.faults()
        messages = Commands(mount).status()["messages"]
        assert any("refused" in message["text"] and message["level"] in ("warning", "error") for message in messages), messages
        assert "last warnings and errors" in Commands(mount).run("status", mount.path).stdout

    def test_how_far_an_upload_has_come(self, mounts, here, store):
        mount = mounts("--write-back", environment=here)
        store.faults(fault("latency", ["UploadPart"], milliseconds=700), fault("latency", ["CompleteMultipartUpload"], milliseconds=3000))
        (mount.path / "large").write_bytes(bytes(40 << 20))
        seen = set()

        def has_sent_some():
            seen.update(file.get("sent") for file in Commands(mount).status()["files"])
            return any(sent and sent > 0 for sent in seen)

        wait_until(has_sent_some, 30, "a part is stored")
        assert all(sent is None or 0 <= sent <= 40 << 20 for sent in seen), seen
        store.faults()
        Commands(mount).wait_until_idle()

    def test_printed_again_and_again(self, mounts, here):
        mount = mounts(environment=here)
        process = subprocess.Popen(
            [WINDLASS, "status", mount.path, "--watch", "--interval", "0.2"], env=mount.environment, stdout=subprocess.PIPE, text=True)
        try:
            seen = [process.stdout.readline() for _ in range(30)]
            assert sum(line.strip() == str(mount.path) for line in seen) >= 2, seen
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=20)
            assert process.returncode == 0
        finally:
            process.kill()

    @pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")
    def test_watching_in_a_terminal(self, mounts, here, tmp_path):
        mount = mounts(environment=here)
        session = Terminal(tmp_path / "tmux", mount.environment)
        try:
            session.type("PS1='ready> '; clear")
            wait_until(lambda: session.screen().strip() == "ready>", 10, "the shell is there")
            session.type(f"{WINDLASS} status {mount.path} --watch --interval 0.2")
            wait_until(lambda: "0 to store" in session.screen(), 20, "the status is drawn")
            with open(mount.path / "held", "wb"):
                wait_until(lambda: "1 open" in session.screen(), 20, "what has changed is drawn")
            screen = session.screen()
            assert sum(line.strip() == str(mount.path) for line in screen.splitlines()) == 1, "it is drawn over the one before"
            session.resize(40, 8)
            wait_until(lambda: "more lines" in session.screen(), 20, "it is cut to the window")
            session.key("C-c")
            wait_until(lambda: session.screen().count("ready>") == 1 and "to store" not in session.screen(), 20, "the terminal is as before")
        finally:
            session.end()


class Terminal:
    """A shell in tmux on a socket of its own."""

    def __init__(self, socket_path, environment):
        self.socket, self.environment = str(socket_path), environment
        self._tmux("-f", "/dev/null", "new-session", "-d", "-x", "150", "-y", "45", "bash --norc --noprofile")

    def _tmux(self, *arguments):
        done = run(["tmux", "-S", self.socket, *arguments], timeout=20, check=False, env=self.environment | {"TERM": "xterm"})
        assert done.returncode == 0, done.stderr
        return done.stdout

    def type(self, line):
        self._tmux("send-keys", line, "Enter")

    def key(self, name):
        self._tmux("send-keys", name)

    def resize(self, columns, rows):
        self._tmux("resize-window", "-x", str(columns), "-y", str(rows))

    def screen(self):
        return self._tmux("capture-pane", "-p")

    def end(self):
        run(["tmux", "-S", self.socket, "kill-server"], timeout=20, check=False)


class TestChanging:
    def test_refresh_shows_what_somebody_else_has_done(self, mounts, here, s3, bucket):
        s3.put_object(Bucket=bucket, Key="folder/a", Body=b"one")
        mount = mounts("--consistency", "frozen", environment=here)
        folder = mount.path / "folder"
        assert (folder / "a").read_bytes() == b"one" and os.listdir(folder) == ["a"] and not (folder / "b").exists()
        s3.put_object(Bucket=bucket, Key="folder/a", Body=b"another")
        s3.put_object(Bucket=bucket, Key="folder/b", Body=b"two")
        assert os.listdir(folder) == ["a"] and (folder / "a").stat().st_size == 3, "frozen, this should not be seen without a refresh"
        done = Commands(mount).run("refresh", folder)
        assert done.returncode == 0 and "asked for again" in done.stdout, done.stderr
        wait_until(lambda: sorted(os.listdir(folder)) == ["a", "b"], 10, "the new name is seen")
        assert (folder / "a").read_bytes() == b"another" and (folder / "b").read_bytes() == b"two"

    def test_refresh_of_one_file_only(self, mounts, here, s3, bucket):
        for name in ("a", "b"):
            s3.put_object(Bucket=bucket, Key=name, Body=b"old")
        mount = mounts("--consistency", "frozen", environment=here)
        assert [(mount.path / name).read_bytes() for name in "ab"] == [b"old", b"old"]
        for name in ("a", "b"):
            s3.put_object(Bucket=bucket, Key=name, Body=b"newer")
        assert Commands(mount).run("refresh", "a").returncode == 1, "a path that is in no mount"
        assert Commands(mount).run("refresh", mount.path / "a").returncode == 0
        wait_until(lambda: (mount.path / "a").stat().st_size == 5, 10, "the new size is seen")
        assert (mount.path / "b").stat().st_size == 3

    def test_refresh_keeps_what_was_written_here(self, mounts, here, s3, bucket):
        mount = mounts("--write-back", "--write-back-delay", "3600", environment=here)
        (mount.path / "mine").write_bytes(b"not stored yet")
        assert Commands(mount).run("refresh", mount.path).returncode == 0
        assert (mount.path / "mine").read_bytes() == b"not stored yet" and os.listdir(mount.path) == ["mine"]

    def test_drop_cache(self, mounts, here, s3, bucket, store, tmp_path):
        cache = tmp_path / "cache"
        content = os.urandom(3 << 20)
        s3.put_object(Bucket=bucket, Key="file", Body=content)
        mount = mounts("--cache-dir", cache, environment=here)

        def read():
            run(["dd", f"if={mount.path}/file", "of=/dev/null", "bs=1M", "status=none"])

        read()
        commands = Commands(mount)
        wait_until(lambda: commands.status()["cache"]["disk"]["blocks"] >= 24, 20, "the blocks are on the disk")
        before = commands.status()["cache"]["memory"]
        store.reset_counters()
        read()
        assert "GetObject" not in store.counters(), "the second read should come from the cache for this test to mean anything"
        done = commands.run("drop-cache", mount.path)
        assert done.returncode == 0 and "cache is empty" in done.stdout, done.stderr
        cache = commands.status()["cache"]
        assert cache["disk"]["blocks"] == 0 and cache["memory"] <= before - len(content)
        read()
        assert store.counters()["GetObject"]["requests"] >= 1
        assert (mount.path / "file").read_bytes() == content

    def test_log_level(self, mounts, here):
        mount = mounts(environment=here)
        commands = Commands(mount)
        (mount.path / "quiet").write_bytes(b"x")
        assert "answered" not in mount.text()
        done = commands.run("log-level", mount.path, "debug")
        assert done.returncode == 0 and "it was notice" in done.stdout, done.stderr
        (mount.path / "loud").write_bytes(b"x")
        wait_until(lambda: re.search(r"debug PUT .*loud.* milliseconds=\S+ request=\d+ status=200 store-request=\S+", mount.text()), 10, "requests are logged")
        assert commands.status()["settings"]["logLevel"] == "debug"
        assert commands.run("log-level", mount.path, "loudest").returncode == 2
        assert SECRET not in mount.text()


class TestMetrics:
    def test_over_http(self, mounts, here, store, s3, bucket):
        s3.put_object(Bucket=bucket, Key="file", Body=b"x" * 1000)
        port = free_port(21000)
        mount = mounts("--metrics", f":{port}", environment=here)
        assert (mount.path / "file").read_bytes() == b"x" * 1000
        (mount.path / "new").write_bytes(b"y")
        text, kind = get(port)
        assert kind.startswith("text/plain; version=0.0.4")
        found = samples(text)
        assert found["windlass_requests_total{kind=get-small}"] >= 1 and found["windlass_requests_total{kind=put-small}"] >= 1
        name = "windlass_request_duration_seconds"
        assert found[name + "_bucket{kind=put-small,le=+Inf}"] == found[name + "_count{kind=put-small}"] >= 1
        assert found["windlass_pending_files"] == 0 and found["windlass_memory_limit_bytes"] >= 16 << 20
        assert f'mount="{mount.path}"' in text and f'bucket="{bucket}"' in text and SECRET not in text
        requests = sum(value for key, value in found.items() if key.startswith("windlass_requests_total"))
        assert requests == Commands(mount).status()["requests"]["sent"]

    def test_what_else_is_asked(self, mounts, here):
        port = free_port(21100)
        mounts("--metrics", f"127.0.0.1:{port}", environment=here)
        with pytest.raises(urllib.error.HTTPError, match="404"):
            get(port, "/")
        with socket.create_connection(("127.0.0.1", port), timeout=10) as caller:
            caller.sendall(b"POST /metrics HTTP/1.1\r\n\r\n")
            assert caller.recv(100).startswith(b"HTTP/1.1 405")
        # Somebody who says nothing holds nobody up for long.
        with socket.create_connection(("127.0.0.1", port), timeout=10):
            began = time.monotonic()
            get(port)
            assert time.monotonic() - began < 9
        listening = run(["ss", "-Hltn", f"sport = :{port}"], check=False).stdout
        assert not listening or "127.0.0.1" in listening

    def test_a_taken_port_is_told_before_anything_is_mounted(self, store, bucket, tmp_path):
        place = tmp_path / "mnt"
        place.mkdir()
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            done = windlass(
                store.endpoint, tmp_path, "mount", bucket, place, "--endpoint", store.endpoint.url, "--addressing", "path", "--state-dir",
                tmp_path / "state", "--metrics", f":{taken.getsockname()[1]}")
        assert done.returncode == 1 and "metrics cannot be shown" in done.stderr and not is_mount_point(place)

    def test_in_a_file(self, mounts, here, tmp_path):
        path = tmp_path / "windlass.prom"
        mount = mounts("--metrics", path, environment=here)
        wait_until(lambda: path.exists() and "windlass_info" in path.read_text(), 30, "the file is written")
        assert samples(path.read_text())["windlass_pending_files"] == 0
        assert [name for name in os.listdir(tmp_path) if name.startswith("windlass.prom")] == ["windlass.prom"]
        mount.stop()
        assert not path.exists(), "figures of a mount that has ended would be taken for those of a living one"


class TestLogs:
    def test_json(self, mounts, here, tmp_path):
        log = tmp_path / "log.json"
        mount = mounts("--log-format", "json", "--log-file", log, "--log-level", "debug", environment=here)
        (mount.path / "file").write_bytes(b"x")
        entries = [json.loads(line) for line in log.read_text().splitlines()]
        assert all({"time", "level", "message"} <= set(entry) for entry in entries)
        numbers = [int(entry["fields"]["request"]) for entry in entries if "request" in entry.get("fields", {})]
        assert numbers and len(numbers) == len(set(numbers)), "each request has a number of its own"
        put = next(entry for entry in entries if entry["message"].startswith("PUT"))
        assert put["fields"]["status"] == "200" and put["fields"]["store-request"] != "-"

    def test_hangup_opens_the_log_again(self, mounts, here, tmp_path):
        log = tmp_path / "log"
        mount = mounts("--log-file", log, "--log-level", "debug", environment=here)
        os.rename(log, tmp_path / "log.1")
        mount.process.send_signal(signal.SIGHUP)
        wait_until(lambda: log.exists() and "opened again" in log.read_text(), 10, "a new log is there")
        before = (tmp_path / "log.1").read_text()
        (mount.path / "file").write_bytes(b"x")
        assert "PUT" in log.read_text() and (tmp_path / "log.1").read_text() == before
        assert is_mount_point(mount.path)

    def test_hangup_looks_for_other_keys(self, mounts, here, store, tmp_path):
        """A program that gives credentials is asked again only when somebody says so: it shows no file that changes."""
        calls, config = tmp_path / "calls", tmp_path / "config"
        program = tmp_path / "keys"
        answer = {"Version": 1, "AccessKeyId": store.endpoint.access_key, "SecretAccessKey": store.endpoint.secret_key}
        program.write_text(f"#!/bin/sh\necho called >> {calls}\necho '{json.dumps(answer)}'\n")
        program.chmod(0o755)
        config.write_text(f"[profile p]\ncredential_process = {program}\n")
        environment = here | {"AWS_CONFIG_FILE": str(config), "AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}
        mount = mounts("--profile", "p", environment=environment)
        (mount.path / "a").write_bytes(b"x")
        before = len(calls.read_text().splitlines())
        (mount.path / "b").write_bytes(b"x")
        assert len(calls.read_text().splitlines()) == before
        mount.process.send_signal(signal.SIGHUP)

        def is_asked():
            (mount.path / "c").write_bytes(b"x")
            return len(calls.read_text().splitlines()) > before

        wait_until(is_asked, 20, "the program is asked again")

    def test_no_journal(self, store, bucket, tmp_path):
        if os.path.exists("/run/systemd/journal/socket"):
            pytest.skip("there is a journal here")
        place = tmp_path / "mnt"
        place.mkdir()
        done = windlass(
            store.endpoint, tmp_path, "mount", bucket, place, "--endpoint", store.endpoint.url, "--log-format", "journald")
        assert done.returncode == 1 and "no journal" in done.stderr


class Notified:
    """The socket on which systemd would listen."""

    def __init__(self, path):
        self.path = str(path)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        self.seen = []

    def wait_for(self, line, timeout=20):
        self.socket.settimeout(timeout)
        while not any(line in message.splitlines() for message in self.seen):
            self.seen.append(self.socket.recv(4096).decode())

    def close(self):
        self.socket.close()


def test_systemd_hears_of_a_mount(mounts, here, tmp_path):
    manager = Notified(tmp_path / "notify")
    try:
        mount = mounts(environment=here | {"NOTIFY_SOCKET": manager.path, "WATCHDOG_USEC": "600000"})
        manager.wait_for("READY=1")
        assert f"MAINPID={mount.process.pid}" in manager.seen[-1]
        for _ in range(3):
            manager.seen.clear()
            manager.wait_for("WATCHDOG=1", timeout=2)
        mount.stop()
        manager.wait_for("STOPPING=1")
    finally:
        manager.close()
