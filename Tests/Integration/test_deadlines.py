"""Negative controls of the harness: it ends what hangs, and finds what it looks for."""

import os
import time

import pytest

from deadlines import DeadlineExceeded, deadline, programs, run, start
from mounts import is_mount_point


def test_a_body_that_takes_too_long_is_ended():
    started = time.monotonic()
    with pytest.raises(DeadlineExceeded):
        with deadline(0.3):
            time.sleep(30)
    assert time.monotonic() - started < 5


def test_programs_are_killed_when_the_time_is_up():
    program = start(["sleep", "60"])
    try:
        with pytest.raises(DeadlineExceeded):
            with deadline(0.3):
                program.wait()
        program.wait(5)  # whose status may have gone to the wait that was broken off
        assert not os.path.exists(f"/proc/{program.pid}")
    finally:
        programs.discard(program)


def test_a_program_that_fails_shows_what_it_said():
    with pytest.raises(AssertionError, match="said this"):
        run(["sh", "-c", "echo said this >&2; exit 3"])


def test_mount_points_are_recognised(tmp_path):
    assert is_mount_point("/proc")
    assert not is_mount_point(tmp_path)
