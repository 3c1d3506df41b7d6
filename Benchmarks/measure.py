"""One measured mount: time, processor, memory, and what the store was asked meanwhile."""
import ctypes
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from store import KEYS, REGION, processor_seconds


class Mount:
    """A system mounted afresh, so that it begins cold. `cache` may be that of a former mount."""

    def __init__(self, system, endpoint, bucket, scratch, cache=None):
        self.system = system
        self.folder = tempfile.mkdtemp(prefix=f"{system.name}-", dir=scratch)
        self.path = f"{self.folder}/mnt"
        self.cache = cache or f"{self.folder}/cache"
        os.mkdir(self.path)
        os.makedirs(self.cache, exist_ok=True)
        env = dict(os.environ, AWS_ACCESS_KEY_ID=KEYS[0], AWS_SECRET_ACCESS_KEY=KEYS[1], AWS_REGION=REGION,
                   XDG_CACHE_HOME=f"{self.cache}/xdg", XDG_STATE_HOME=f"{self.folder}/state", XDG_RUNTIME_DIR=self.folder)
        env.pop("AWS_CA_BUNDLE", None)  # rclone refuses to start with it
        self.log = open(f"{self.folder}/log", "wb")
        command = system.command(endpoint, bucket, self.path, self.folder, self.cache)
        self.process = subprocess.Popen(command, env=env, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)

    def __enter__(self):
        deadline = time.monotonic() + 30
        while not os.path.ismount(self.path):
            if time.monotonic() > deadline or self.process.poll() not in (None, 0):
                said = Path(self.folder, "log").read_text(errors="replace")[-400:]
                self.__exit__()
                raise RuntimeError(f"{self.system.name} did not mount: {said}")
            time.sleep(0.02)
        return self

    def __exit__(self, *_):
        """Waits until everything is uploaded, which an unmount may take long for, then insists."""
        deadline = time.monotonic() + 60
        while os.path.ismount(self.path) and subprocess.run(["fusermount3", "-u", self.path], stderr=subprocess.DEVNULL).returncode:
            if time.monotonic() > deadline:
                subprocess.run(["fusermount3", "-uz", self.path], stderr=subprocess.DEVNULL)
                break
            time.sleep(0.1)
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(10)
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def processes(self):
        """The mount and what it started: some systems have a guardian beside the worker."""
        found, waiting = [], [self.process.pid]
        while waiting:
            pid = waiting.pop()
            found.append(pid)
            waiting += [int(child) for task in Path(f"/proc/{pid}/task").glob("*/children") for child in read(task).split()]
        return found

    def processor_seconds(self):
        return sum(processor_seconds(pid) for pid in self.processes())

    def peak_mib(self):
        lines = [line for pid in self.processes() for line in read(f"/proc/{pid}/status").splitlines() if line.startswith("VmHWM")]
        return sum(int(line.split()[1]) for line in lines) / 1024


def read(path):
    try:
        return Path(path).read_text()
    except OSError:
        return ""   # the process has ended meanwhile


class Remount:
    """Mounts the same bucket again and again with one cache, which outlives each mount."""

    def __init__(self, *arguments):
        self.arguments = arguments
        self.folder = tempfile.mkdtemp(prefix="kept-", dir=arguments[-1])
        self.cache = f"{self.folder}/cache"
        os.mkdir(self.cache)

    def __call__(self):
        return Mount(*self.arguments, self.cache)

    def remove(self):
        shutil.rmtree(self.folder, ignore_errors=True)


class Meter:
    """What passes between `with` and its end; `figures` afterwards. `mount` is None for the raw client. What `bucket` was asked from beside is not counted."""

    def __init__(self, store, lag, bucket, mount=None):
        self.store, self.lag, self.bucket, self.mount, self.figures = store, lag, bucket, mount, {}

    def __enter__(self):
        bool(self.bucket.client)    # made now, which takes a moment, and not when it is waited for
        self.bucket.asked.clear()
        self.store.reset_counters()
        self.before = self.processors()
        self.start = time.monotonic()
        return self

    def __exit__(self, kind, *_):
        if kind is not None:
            return
        seconds = time.monotonic() - self.start
        spent = [round(after - before, 3) for after, before in zip(self.processors(), self.before)]
        self.figures.setdefault("s", seconds)
        self.figures.update(server_cpu_s=spent[1], proxy_cpu_s=spent[2])
        if self.mount:
            self.figures.update(cpu_s=spent[0], peak_mib=self.mount.peak_mib())
        self.figures.update(requests_of(self.store.counters(), self.bucket.asked))

    def of(self, mount):
        """The meter, from now on for another mount."""
        self.mount = mount
        return self

    def processors(self):
        own = self.mount.processor_seconds() if self.mount else 0.0
        return own, self.store.cpu_seconds(), self.lag.cpu_seconds()

    def lap(self, name="s"):
        """Notes the time since the beginning, for what comes before the end."""
        self.figures[name] = time.monotonic() - self.start


def requests_of(counters, others):
    """Requests by operation, without those of `others`, and the bytes of all bodies."""
    operations = {name: figures["requests"] - others.get(name, 0) for name, figures in counters.items() if figures["requests"] > others.get(name, 0)}
    if not counters:
        return {}
    return {"requests": sum(operations.values()), "operations": operations,
            "sent_mib": sum(figures["bytesIn"] for figures in counters.values()) / (1 << 20),
            "fetched_mib": sum(figures["bytesOut"] for figures in counters.values()) / (1 << 20)}


def run_apart(work, scratch, seconds):
    """Runs `work` in a process group of its own and returns its figures, or {"error": ...}. It is ended after `seconds` whatever it waits for, and no mount
    below `scratch` is left behind."""
    answer = tempfile.NamedTemporaryFile(dir=scratch, suffix=".json", delete=False)
    pid = os.fork()
    if pid == 0:
        os.setsid()
        end_with_parent()
        try:
            figures = work()
        except BaseException as failure:  # noqa: B902 - whatever it is, the parent is told
            figures = {"error": f"{type(failure).__name__}: {failure}"[:300]}
        Path(answer.name).write_text(json.dumps(figures))
        os._exit(0)
    try:
        in_time = wait_for(pid, time.monotonic() + seconds)
    finally:
        end_group(pid, scratch)
    text = Path(answer.name).read_text() if in_time else json.dumps({"error": f"not done after {seconds} s"})
    os.unlink(answer.name)
    return json.loads(text or '{"error": "ended without an answer"}')


def wait_for(pid, deadline):
    """Whether the process ends in time. It stays a zombie, so that its group keeps its number."""
    while os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def end_with_parent():
    """This process gets SIGKILL when the one that started it is gone (prctl(2), PR_SET_PDEATHSIG)."""
    ctypes.CDLL(None, use_errno=True).prctl(1, signal.SIGKILL)


def end_group(pid, scratch):
    """Ends what is left of a case: first the mounts, since who waits for one does not die before it is gone."""
    take_down_mounts(scratch)
    os.killpg(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    take_down_mounts(scratch)


def take_down_mounts(scratch):
    for line in Path("/proc/mounts").read_text().splitlines():
        if line.split()[1].startswith(scratch):
            subprocess.run(["fusermount3", "-uz", line.split()[1]], stderr=subprocess.DEVNULL, timeout=20)
