"""Ends whatever takes too long, so that no test can hang.

A test that waits for a mount that does not answer cannot be interrupted by a signal alone: the kernel waits for the answer
to its own interrupt. So when the time is up, a thread kills the programs the test started, which ends every such wait,
and the test fails with `DeadlineExceeded` wherever it is.
"""

import contextlib
import faulthandler
import os
import signal
import subprocess
import sys
import threading


class DeadlineExceeded(Exception):
    """The test took longer than it may."""


class Programs:
    """The processes that tests have started and that must not outlive them."""

    def __init__(self):
        self._lock = threading.Lock()
        self._running = set()

    def add(self, process):
        with self._lock:
            self._running.add(process)
        return process

    def discard(self, process):
        with self._lock:
            self._running.discard(process)

    def kill_all(self):
        with self._lock:
            running = list(self._running)
        for process in running:
            with contextlib.suppress(OSError):
                process.kill()


programs = Programs()


def _out_of_time(signal_number, frame):
    raise DeadlineExceeded("the test did not end in time")


@contextlib.contextmanager
def deadline(seconds):
    """Raises DeadlineExceeded in the main thread when the body takes longer, after killing every program started."""
    previous = signal.signal(signal.SIGALRM, _out_of_time)

    def expire():
        faulthandler.dump_traceback(file=sys.__stderr__)
        programs.kill_all()
        signal.pthread_kill(threading.main_thread().ident, signal.SIGALRM)

    def give_up():
        print("a test could not be ended; giving up", file=sys.__stderr__, flush=True)
        programs.kill_all()
        os._exit(70)

    timers = [threading.Timer(seconds, expire), threading.Timer(seconds + 60, give_up)]
    for timer in timers:
        timer.daemon = True
        timer.start()
    try:
        yield
    finally:
        for timer in timers:
            timer.cancel()
        signal.signal(signal.SIGALRM, previous)


def start(command, **options):
    """As Popen, in a session of its own and known to `programs`."""
    return programs.add(subprocess.Popen([str(part) for part in command], start_new_session=True, **options))


def run(command, timeout=60, check=True, **options):
    """As subprocess.run with text output; kills the whole session when the time is up, and shows the output of what fails."""
    options.setdefault("stdout", subprocess.PIPE)
    options.setdefault("stderr", subprocess.PIPE)
    options.setdefault("stdin", subprocess.DEVNULL)
    process = start(command, text=True, errors="surrogateescape", **options)
    try:
        output, errors = process.communicate(timeout=timeout)
    except BaseException:
        with contextlib.suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL)
        raise
    finally:
        programs.discard(process)
    if check and process.returncode != 0:
        raise AssertionError(f"{command} ended with {process.returncode}\n{output or ''}\n{errors or ''}")
    return subprocess.CompletedProcess(command, process.returncode, output, errors)
