"""Writers on a mount that is killed again and again, and what they may find afterwards.

A state of a file is the hash of all its bytes, or None where there is no file. Each call that promises something (a close, fsync, rename or
unlink that returned) leaves one legal state; each call that changes something adds one, before it is made. A write that the kernel hands over in
several pieces, cut between two pages, may end between them.
"""

import collections
import contextlib
import hashlib
import os
import random
import threading

BLOCK = 1 << 20
PAGE = 4096
LARGE = 20 * BLOCK


def digest(data):
    return hashlib.blake2b(data, digest_size=12).hexdigest()


class PartialWrite:
    """A write, and what was there before."""

    def __init__(self, before, offset, data):
        self.before, self.offset, self.data = bytes(before).ljust(offset, b"\0"), offset, bytes(data)

    def explains(self, found):
        """Whether `found` is what a part of the write leaves, up to the border of a page."""
        first = PAGE - self.offset % PAGE
        return any(self._is_cut(found, count) for count in range(first, len(self.data), PAGE))

    def _is_cut(self, found, count):
        end = self.offset + count
        return (
            len(found) == max(len(self.before), end) and found[self.offset:end] == self.data[:count]
            and found[:self.offset] == self.before[:self.offset] and found[end:] == self.before[end:])


class Model:
    """What is promised of the files of one writer."""

    def __init__(self):
        # The last writes to each file that was not large, and those since the last promise.
        self.writes = collections.defaultdict(lambda: collections.deque(maxlen=30))
        self.open_writes = collections.defaultdict(lambda: collections.deque(maxlen=30))
        self.acknowledged = {}
        self.later = {}
        self.ever = {}
        self.content = {}
        self.moving = None
        self.promises = 0

    def may_become(self, name, state):
        self.later.setdefault(name, []).append(state)
        self.ever.setdefault(name, set()).add(state)

    def may_write(self, name, offset, data):
        """A write is about to be made to what `content` has."""
        if len(self.content[name]) + len(data) <= BLOCK:
            write = PartialWrite(self.content[name], offset, data)
            self.writes[name].append(write)
            self.open_writes[name].append(write)

    def promise(self, name, state):
        self.acknowledged[name], self.later[name] = state, []
        self.open_writes[name].clear()
        self.ever.setdefault(name, set()).add(state)
        self.promises += 1

    def legal(self, name):
        return {self.acknowledged.get(name), *self.later.get(name, [])}

    def compare(self, found):
        """`found`: name -> bytes, of all files there are. From now on what was found is what is promised."""
        states = {name: digest(data) for name, data in found.items()}
        if self.moving:
            self._compare_move(states)
        for name in self.legal_names() | set(states):
            state = states.get(name)
            is_partial = name in found and any(write.explains(found[name]) for write in self.open_writes[name])
            assert state in self.legal(name) or is_partial, (
                f"{name}: found {describe(found.get(name))} = {state}, promised {self.acknowledged.get(name)}, later {self.later.get(name)}")
        for name in self.legal_names() | set(states):
            self.promise(name, states.get(name))
        self.content = {name: bytearray(data) for name, data in found.items()}

    def legal_names(self):
        return set(self.acknowledged) | set(self.later)

    def _compare_move(self, states):
        """A rename was under way: the new name has what it had or what was moved, and what was moved is somewhere."""
        (old, new), self.moving = self.moving, None
        moved = self.acknowledged.get(old)
        self.may_become(old, None)
        self.may_become(new, moved)
        if states.get(old) == moved and self.acknowledged.get(new) is None:
            # A rename is a copy until it is over; what is copied is what the store has of it.
            self.later[new] += self.ever[old]
        assert moved in (states.get(old), states.get(new)), (
            f"{old} was being renamed to {new} and is gone: {moved} is neither of {states}; {new} was {self.acknowledged.get(new)}")

    def check_object(self, name, data):
        """An object in the store, while nothing is promised of when it is stored: one of the file's states, whole."""
        is_whole = digest(data) in self.ever.get(name, ())
        is_front = len(data) % PAGE == 0 and len(data) > BLOCK and self.content.get(name, b"").startswith(data)
        assert is_whole or is_front or any(write.explains(data) for write in self.writes[name]), f"the object {name} is torn: {describe(data)}"


def describe(data):
    return "nothing" if data is None else f"{len(data)} bytes {bytes(data[:24])!r}"


class Writer:
    """Works in a folder of a mount until the mount is gone. Calls that fail while it is not are faults."""

    def __init__(self, folder, seed, large=True, replacing=True):
        """`large`: also files of many parts; `replacing`: also renames over files that are there."""
        self.folder, self.dice, self.large, self.replacing = folder, random.Random(seed), large, replacing
        self.model = Model()
        self._running = (None, 0, None)
        self.failure = None
        self.last = None
        self._end = threading.Event()
        self._thread = None

    def start(self):
        self._end.clear()
        self.failure = None
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def finish(self):
        """Gives the error that ended it, None when it was told to end."""
        self._end.set()
        self._thread.join(60)
        assert not self._thread.is_alive(), f"a call does not return: {self.last}"
        return self.failure

    def _work(self):
        try:
            while not self._end.is_set():
                self._step()
        except (OSError, AssertionError) as error:
            self.failure = error

    def _step(self):
        steps = [(5, self.replace), (4, self.patch), (3, self.append), (2, self.cut), (2, self.move), (1, self.remove)]
        if self.replacing:
            steps.append((2, self.save))
        if self.large:
            steps.append((0.5, self.replace_large))
        step = self.dice.choices([step for _, step in steps], [weight for weight, _ in steps])[0]
        name = self._pick(step in (self.replace, self.save))
        if name is not None:
            self.last = f"{step.__name__} {name}"
            step(name)

    def _pick(self, any_name):
        names = [f"file-{number}" for number in range(8)] if any_name or not self.model.content else sorted(self.model.content)
        if not any_name and not self.model.content:
            return None
        return self.dice.choice(names)

    # The steps. Each notes what may be before it asks for it.

    def replace(self, name, size=None):
        chunks = [self._bytes() for _ in range(self.dice.randint(1, 4))]
        with self._open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC) as file:
            for chunk in chunks:
                self._write(name, file, len(self.model.content[name]), chunk)

    def replace_large(self, name):
        base = self.dice.randbytes(BLOCK)
        with self._open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC) as file:
            for number in range(LARGE // BLOCK):
                for half in (base[: BLOCK // 2], base[BLOCK // 2:]):
                    self._write(name, file, len(self.model.content[name]), number.to_bytes(4, "big") + half[4:])

    def patch(self, name):
        with self._open(name, os.O_RDWR) as file:
            for _ in range(self.dice.randint(1, 3)):
                size = len(self.model.content[name])
                self._write(name, file, self.dice.randrange(size + 5000), self._bytes())

    def append(self, name):
        with self._open(name, os.O_WRONLY | os.O_APPEND) as file:
            for _ in range(self.dice.randint(1, 5)):
                data = self.dice.randbytes(self.dice.randint(1, 2000))
                self.model.may_write(name, len(self.model.content[name]), data)
                self._note(name, self.model.content[name] + data)
                os.write(file, data)
                if self.dice.random() < 0.3:
                    self._sync(name, file)

    def cut(self, name):
        content = self.model.content[name]
        size = self.dice.choice([0, self.dice.randrange(len(content) + 1), len(content) + 3000])
        self._note(name, content[:size] + bytes(max(0, size - len(content))))
        os.truncate(self.folder / name, size)
        # The handle closed before may not have been released: then a truncate(2) is kept with the last close, and promises nothing by itself.
        file = os.open(self.folder / name, os.O_RDWR)
        try:
            os.fsync(file)
        finally:
            os.close(file)
        self.model.promise(name, digest(self.model.content[name]))

    def move(self, name, new=None):
        new = new or f"file-{self.dice.randrange(8)}"
        if new == name or not self.replacing and new in self.model.content:
            return
        state = self.model.acknowledged[name]
        # What the store has of it may be older than what is promised, and is what it moves.
        self.model.ever.setdefault(new, set()).update(self.model.ever[name])
        self.model.moving = (name, new)
        os.rename(self.folder / name, self.folder / new)
        self.model.moving = None
        self.model.promise(name, None)
        self.model.promise(new, state)
        self.model.content[new] = self.model.content.pop(name)

    def save(self, name):
        """As editors do it: a new file beside the old one, synced, renamed over it."""
        draft = f"{name}.new"
        with self._open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC) as file:
            self._write(draft, file, 0, self._bytes())
            if self.dice.random() < 0.5:
                self._sync(draft, file)
        self.move(draft, name)

    def remove(self, name):
        self.model.may_become(name, None)
        os.unlink(self.folder / name)
        del self.model.content[name]
        self.model.promise(name, None)

    # What the steps are made of.

    @contextlib.contextmanager
    def _open(self, name, flags):
        if flags & os.O_TRUNC:
            # An empty file may be there from now on, and the old content until then.
            self._note(name, b"", keeping=True)
        file = os.open(self.folder / name, flags, 0o644)
        if flags & os.O_TRUNC:
            self.model.content[name] = bytearray()
        try:
            yield file
        except BaseException:
            with contextlib.suppress(OSError):
                os.close(file)
            raise
        os.close(file)
        self.model.promise(name, digest(self.model.content[name]))

    def _write(self, name, file, offset, data):
        content = self.model.content[name]
        self.model.may_write(name, offset, data)
        old = len(content)
        if offset > old:
            content.extend(bytes(offset - old))
        content[offset:offset + len(data)] = data
        self.model.may_become(name, self._digest(name, old, offset, data))
        assert os.pwrite(file, data, offset) == len(data)
        if self.dice.random() < 0.1:
            self._sync(name, file)

    def _digest(self, name, old, offset, data):
        """That of the content, without hashing all of it for each write at the end of a large file."""
        known, length, hasher = self._running
        if (known, length) == (name, old) and offset == old:
            hasher.update(data)
        else:
            hasher = hashlib.blake2b(self.model.content[name], digest_size=12)
        self._running = (name, len(self.model.content[name]), hasher)
        return hasher.copy().hexdigest()

    def _sync(self, name, file):
        self.model.may_become(name, digest(self.model.content[name]))
        os.fsync(file)
        self.model.promise(name, digest(self.model.content[name]))

    def _note(self, name, content, keeping=False):
        self.model.may_become(name, digest(content))
        if not keeping:
            self.model.content[name] = bytearray(content)

    def _bytes(self):
        return self.dice.randbytes(self.dice.choice([100, 4096, 5000, self.dice.randint(1, 100_000)]))
