"""Writing to files of a mount step by step."""

import errno
import os

import pytest


def open_write(path, data, flags=os.O_WRONLY | os.O_CREAT):
    file = os.open(path, flags, 0o644)
    os.write(file, data)
    return file


def fails_stale(call):
    with pytest.raises(OSError) as failure:
        call()
    assert failure.value.errno == errno.ESTALE
