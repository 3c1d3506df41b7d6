"""Random operations on one file through a mount, compared with a byte array all the time: what fsx does, with holes and copies."""

import ctypes
import errno
import mmap
import os
import random

import pytest

from stores import body, keys

LARGEST = 24 << 20
KEEP_SIZE, PUNCH_HOLE, ZERO_RANGE = 1, 2, 16
_libc = ctypes.CDLL(None, use_errno=True)
_libc.fallocate.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64]


def fallocate(file, mode, offset, count):
    if _libc.fallocate(file, mode, offset, count) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


class Exerciser:
    """A file, the array it must equal, and the operations."""

    def __init__(self, path, seed, handles):
        self.path, self.dice, self.count = path, random.Random(seed), handles
        self.content = bytearray()
        self.log = []
        self.files = []
        self.open(os.O_CREAT | os.O_EXCL)

    def open(self, flags=0):
        self.files = [os.open(self.path, os.O_RDWR | (flags if index == 0 else 0), 0o644) for index in range(self.count)]

    def close(self):
        files, self.files = self.files, []
        for file in files:
            os.close(file)

    def run(self, operations):
        steps = {
            self.read: 10, self.write: 10, self.truncate: 2, self.punch: 2, self.zero: 2, self.allocate: 1, self.copy: 2, self.map_write: 3,
            self.sync: 0.3, self.reopen: 0.2, self.seek: 1}
        for number in range(operations):
            step = self.dice.choices(list(steps), list(steps.values()))[0]
            try:
                step()
            except Exception as error:
                raise AssertionError(f"operation {number}, the last ones {self.log[-12:]}: {error!r}") from error
        self.check_all()
        self.close()

    # Choices

    def file(self):
        return self.dice.choice(self.files)

    def place(self, size, largest=200_000):
        """A range; near the end, at the start, and at the borders of pages and parts as often as anywhere."""
        near = self.dice.choice([0, size, self.dice.randrange(size + 1), self.dice.randrange(size + 1) // 4096 * 4096, 8 << 20, 16 << 20])
        offset = max(0, min(near + self.dice.choice([0, 0, -1, 1, -4096, self.dice.randint(-9000, 9000)]), LARGEST - 1))
        count = self.dice.choice([1, 100, 4096, 10_000, self.dice.randint(1, largest)])
        return offset, min(count, LARGEST - offset)

    def note(self, *what):
        self.log.append(what)
        del self.log[:-30]

    # Operations

    def read(self):
        offset, count = self.place(len(self.content))
        self.note("read", offset, count)
        self.expect(os.pread(self.file(), count, offset), offset, count)

    def expect(self, got, offset, count):
        wanted = self.content[offset:offset + count]
        if got != wanted:
            assert len(got) == len(wanted), f"{len(got)} bytes instead of {len(wanted)} at {offset}"
            wrong = next(index for index in range(len(got)) if got[index] != wanted[index])
            raise AssertionError(f"byte {offset + wrong} is {got[wrong]} instead of {wanted[wrong]}; the file has {len(self.content)}")

    def write(self):
        # Seldom does the file grow much: most of what goes wrong goes wrong at seams.
        offset, count = self.place(len(self.content), largest=3_000_000 if self.dice.random() < 0.05 else 100_000)
        data = self.dice.randbytes(count)
        self.note("write", offset, count)
        assert os.pwrite(self.file(), data, offset) == count
        self.put(offset, data)

    def put(self, offset, data):
        if offset > len(self.content):
            self.content.extend(bytes(offset - len(self.content)))
        self.content[offset:offset + len(data)] = data

    def truncate(self):
        size = self.dice.choice([0, len(self.content), self.dice.randrange(len(self.content) + 1), self.place(len(self.content))[0]])
        if size == 0 and self.dice.random() < 0.8:
            return
        self.note("truncate", size)
        if self.dice.random() < 0.5:
            os.ftruncate(self.file(), size)
        else:
            os.truncate(self.path, size)
        self.cut(size)

    def cut(self, size):
        self.content.extend(bytes(max(0, size - len(self.content))))
        del self.content[size:]
        self.check_size()

    def check_size(self):
        found = [os.fstat(file).st_size for file in self.files]
        if found != [len(self.content)] * self.count:
            again = os.stat(self.path).st_size
            raise AssertionError(f"size {found}, then {again}, and {os.lseek(self.files[0], 0, os.SEEK_END)}, instead of {len(self.content)}")

    def punch(self):
        offset, count = self.place(len(self.content))
        self.note("punch", offset, count)
        fallocate(self.file(), PUNCH_HOLE | KEEP_SIZE, offset, count)
        self.clear(offset, count)

    def clear(self, offset, count):
        end = min(offset + count, len(self.content))
        if offset < end:
            self.content[offset:end] = bytes(end - offset)
        self.check_size()

    def zero(self):
        offset, count = self.place(len(self.content))
        keeps = self.dice.random() < 0.5
        self.note("zero", offset, count, keeps)
        fallocate(self.file(), ZERO_RANGE | (KEEP_SIZE if keeps else 0), offset, count)
        if not keeps and offset + count > len(self.content):
            self.content.extend(bytes(offset + count - len(self.content)))
        self.clear(offset, count)

    def allocate(self):
        offset, count = self.place(len(self.content))
        self.note("allocate", offset, count)
        fallocate(self.file(), 0, offset, count)
        self.content.extend(bytes(max(0, offset + count - len(self.content))))
        self.check_size()

    def copy(self):
        (source, count), target = self.place(len(self.content)), self.place(len(self.content))[0]
        count = min(count, max(0, len(self.content) - source), LARGEST - target)
        if count == 0 or abs(source - target) < count:
            return
        self.note("copy", source, target, count)
        done = os.copy_file_range(self.file(), self.file(), count, source, target)
        assert 0 < done <= count
        self.put(target, self.content[source:source + done])

    def map_write(self):
        if not self.content:
            return
        offset, count = self.place(len(self.content), largest=50_000)
        count = min(count, len(self.content) - offset)
        if count <= 0:
            return
        self.note("map", offset, count)
        start = offset // mmap.PAGESIZE * mmap.PAGESIZE
        data = self.dice.randbytes(count)
        with mmap.mmap(self.file(), offset + count - start, offset=start) as view:
            self.expect(view[offset - start:], offset, count)
            view[offset - start:] = data
            # Pages that are not written back are the kernel's: other handles see them, a truncate may not.
            view.flush()
        self.put(offset, data)

    def seek(self):
        """The first byte of data or of a hole: data may be reported where there are zeros, but never the other way round."""
        if not self.content:
            return
        offset = self.dice.randrange(len(self.content))
        self.note("seek", offset)
        try:
            data = os.lseek(self.files[0], offset, os.SEEK_DATA)
        except OSError as error:
            assert error.errno == errno.ENXIO
            data = len(self.content)
        assert offset <= data and not any(self.content[offset:data]), f"the data between {offset} and {data} is passed over"
        assert offset <= os.lseek(self.files[0], offset, os.SEEK_HOLE) <= len(self.content)

    def sync(self):
        self.note("sync")
        os.fsync(self.file())

    def reopen(self):
        self.note("reopen")
        self.close()
        self.open()
        if self.dice.random() < 0.2:
            self.check_all()

    def check_all(self):
        with open(self.path, "rb") as file:
            self.expect(file.read(), 0, LARGEST)


def exercise(mounts, s3, bucket, options, handles, operations):
    seed = random.randrange(1 << 32)
    print("seed", seed)
    mount = mounts(*options)
    exerciser = Exerciser(mount.path / "file", seed, handles)
    try:
        exerciser.run(operations)
        mount.remount()
        exerciser.expect((mount.path / "file").read_bytes(), 0, LARGEST)
    except AssertionError as error:
        raise AssertionError(f"seed {seed}: {error}\n{mount.text()[-1000:]}") from error
    finally:
        for file in exerciser.files:
            os.close(file)
    assert body(s3, bucket, "file") == exerciser.content
    assert keys(s3, bucket) == ["file"]
    return exerciser


MODES = {"default": (), "write-back": ("--write-back",)}


@pytest.mark.parametrize("handles", [1, 2])
@pytest.mark.parametrize("mode", MODES)
def test_a_file_is_what_was_done_to_it(mounts, s3, bucket, mode, handles):
    exercise(mounts, s3, bucket, MODES[mode], handles, 1500)


@pytest.mark.long
@pytest.mark.deadline(3000)
@pytest.mark.parametrize("handles", [1, 2])
@pytest.mark.parametrize("mode", MODES)
def test_a_hundred_thousand_operations(mounts, s3, bucket, mode, handles):
    exercise(mounts, s3, bucket, MODES[mode], handles, 100_000)


def test_the_comparison_finds_a_wrong_byte(mounts, s3, bucket):
    """Negative control: somebody else's byte in the file."""
    exerciser = Exerciser(mounts().path / "file", 1, 1)
    try:
        exerciser.put(0, b"other")
        os.pwrite(exerciser.files[0], b"othar", 0)
        with pytest.raises(AssertionError):
            exerciser.check_all()
    finally:
        exerciser.close()
