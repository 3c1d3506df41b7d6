#!/usr/bin/env python3
"""Asks the kernel and a local file system what they allow, and prints one line of JSON for each answer.

    record_verdicts.py FOLDER [SEED [SCALE]] > verdicts.jsonl     as root; FOLDER on a file system with access control lists (ext4)

The rules of Sources/PosixMetadata are compared with these answers.
"""

import json
import os
import random
import shutil
import stat
import struct
import sys

NOBODY = 0xFFFFFFFF
ACCESS, DEFAULT = "system.posix_acl_access", "system.posix_acl_default"
USERS, GROUPS = [0, 1001, 1002, 1003], [0, 2001, 2002, 2003]
MAKERS = {
    "file": lambda path, mode: os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode)),
    "folder": os.mkdir,
    "fifo": os.mkfifo,
    "link": lambda path, mode: os.symlink("target", path),
    "device": lambda path, mode: os.mknod(path, stat.S_IFCHR | mode, os.makedev(1, 3)),
}


class Recorder:
    def __init__(self, folder, seed):
        self.folder, self.random, self.count = folder, random.Random(seed), 0

    def mode(self):
        mode = self.random.choice([0o777, 0o755, 0o700, 0o644, 0o070, 0o007, 0o750, 0o604, self.random.randrange(0o1000)])
        return mode | self.random.choice([0, 0, 0o4000, 0o2000, 0o1000, 0o6000, 0o7000])

    def access_list(self):
        """Valid for the most part; now and then with a fault."""
        entries = [(0x01, self.random.randrange(8), NOBODY)]
        entries += [(0x02, self.random.randrange(8), user) for user in sorted(self.random.sample(USERS[1:], self.random.randrange(3)))]
        entries.append((0x04, self.random.randrange(8), NOBODY))
        entries += [(0x08, self.random.randrange(8), group) for group in sorted(self.random.sample(GROUPS[1:], self.random.randrange(3)))]
        if len(entries) > 2 or self.random.random() < 0.3:
            entries.append((0x10, self.random.randrange(8), NOBODY))
        entries.append((0x20, self.random.randrange(8), NOBODY))
        return entries

    @staticmethod
    def packed(entries):
        return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)

    def faulty(self):
        entries = self.access_list()
        fault = self.random.randrange(8)
        if fault == 0:
            entries.pop(self.random.randrange(len(entries)))
        elif fault == 1:
            self.random.shuffle(entries)
        elif fault == 2:
            entries.append(self.random.choice(entries))
        elif fault == 3:
            entries = []
        elif fault == 4:
            index = self.random.randrange(len(entries))
            entries[index] = (self.random.choice([0, 3, 0x40, 0x01, 0x02, 0x10]), self.random.choice([7, 8, 0xFFFF]), entries[index][2])
        data = self.packed(entries)
        if fault == 5:
            data = data[:self.random.randrange(len(data))] or data
        elif fault == 6:
            data = struct.pack("<I", self.random.choice([1, 3])) + data[4:]
        return data

    def caller(self):
        groups = self.random.sample(GROUPS[1:], self.random.randrange(3))
        return {"uid": self.random.choice(USERS), "gid": self.random.choice(GROUPS[1:]), "groups": groups}

    def make(self, path, kind, with_list=0.5, with_default=0.0):
        MAKERS[kind](path, 0o600)
        os.chown(path, self.random.choice(USERS), self.random.choice(GROUPS), follow_symlinks=False)
        if kind != "link":
            if self.random.random() < with_list:
                os.setxattr(path, ACCESS, self.packed(self.access_list()))
            os.chmod(path, self.mode())
            if kind == "folder" and self.random.random() < with_default:
                os.setxattr(path, DEFAULT, self.packed(self.access_list()))

    @staticmethod
    def list_of(path, name):
        try:
            return os.getxattr(path, name, follow_symlinks=False).hex()
        except OSError:
            return None

    def state(self, path):
        found = os.lstat(path)
        kind = {stat.S_IFREG: "file", stat.S_IFDIR: "folder", stat.S_IFIFO: "fifo", stat.S_IFLNK: "link", stat.S_IFCHR: "device"}
        return {
            "kind": kind[stat.S_IFMT(found.st_mode)], "mode": stat.S_IMODE(found.st_mode), "uid": found.st_uid, "gid": found.st_gid,
            "acl": self.list_of(path, ACCESS), "default": self.list_of(path, DEFAULT)}

    @staticmethod
    def attempt(caller, action):
        """The errno of `action` as `caller`, 0 for success. A process of its own, because the kernel's privileges go with the user."""
        child = os.fork()
        if child == 0:
            code = 99
            try:
                os.setgroups(caller["groups"])
                os.setgid(caller["gid"])
                os.setuid(caller["uid"])
                action()
                code = 0
            except OSError as error:
                code = error.errno
            finally:
                os._exit(code)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

    def fresh(self):
        self.count += 1
        top = f"{self.folder}/{self.count}"
        os.mkdir(top)
        os.chmod(top, 0o777)
        return top

    def record(self, operation, result, **facts):
        print(json.dumps({"op": operation, "errno": result, **facts}, separators=(",", ":")))

    # One method for each operation: it makes what is needed, asks, and records.

    def access(self):
        path = self.fresh() + "/x"
        self.make(path, self.random.choice(["file", "folder"]))
        caller, wanted = self.caller(), self.random.randrange(1, 8)
        result = 0 if self.attempt(caller, lambda: None if os.access(path, wanted) else os.open("/nonexistent", 0)) == 0 else 13
        self.record("access", result, file=self.state(path), caller=caller, wanted=wanted)

    def change(self, operation, kinds, choose):
        """An operation on one file that may change its attributes."""
        path = self.fresh() + "/x"
        self.make(path, self.random.choice(kinds))
        before, caller = self.state(path), self.caller()
        arguments, action = choose(path, before)
        result = self.attempt(caller, action)
        self.record(operation, result, file=before, caller=caller, after=self.state(path), **arguments)

    def chmod(self):
        def choose(path, before):
            mode = self.mode()
            return {"mode": mode}, lambda: os.chmod(path, mode)
        self.change("chmod", ["file", "file", "folder", "fifo"], choose)

    def chown(self):
        def choose(path, before):
            uid = self.random.choice([-1, before["uid"], self.random.choice(USERS)])
            gid = self.random.choice([-1, before["gid"], self.random.choice(GROUPS)])
            return {"uid": uid, "gid": gid}, lambda: os.chown(path, uid, gid, follow_symlinks=False)
        self.change("chown", ["file", "file", "folder", "link"], choose)

    def write(self):
        def choose(path, before):
            descriptor = os.open(path, os.O_WRONLY)
            return {}, lambda: os.write(descriptor, b"x")
        self.change("write", ["file"], choose)

    def utimens(self):
        now, omit = (1 << 30) - 1, (1 << 30) - 2
        import ctypes
        libc = ctypes.CDLL(None, use_errno=True)

        def choose(path, before):
            kinds = [self.random.choice(["now", "omit", "at"]) for _ in range(2)]
            values = struct.pack("qqqq", *[number for kind in kinds for number in (5, {"now": now, "omit": omit, "at": 7}[kind])])

            def action():
                if libc.utimensat(-100, path.encode(), values, 0) != 0:
                    raise OSError(ctypes.get_errno(), "utimensat")
            return {"times": kinds}, action
        self.change("utimens", ["file", "folder"], choose)

    def setacl(self):
        def choose(path, before):
            name = self.random.choice([ACCESS, ACCESS, DEFAULT])
            data = self.faulty() if self.random.random() < 0.6 else self.packed(self.access_list())
            return {"name": name, "value": data.hex()}, lambda: os.setxattr(path, name, data, follow_symlinks=False)
        self.change("setacl", ["file", "file", "folder", "link"], choose)

    def setxattr(self):
        def choose(path, before):
            name = self.random.choice(["user.a", "trusted.a"])
            return {"name": name}, lambda: os.setxattr(path, name, b"1", follow_symlinks=False)
        self.change("setxattr", ["file", "folder", "fifo", "link"], choose)

    def create(self):
        folder = self.fresh() + "/d"
        self.make(folder, "folder", with_default=0.5)
        kind, mode, umask, caller = self.random.choice(list(MAKERS)), self.mode(), self.random.choice([0, 0o022, 0o077, 0o027]), self.caller()
        before = self.state(folder)

        def action():
            os.umask(umask)
            MAKERS[kind](folder + "/x", mode)
        result = self.attempt(caller, action)
        after = self.state(folder + "/x") if result == 0 else None
        self.record("create", result, folder=before, kind=kind, mode=mode, umask=umask, caller=caller, after=after)

    def remove(self):
        folder = self.fresh() + "/d"
        self.make(folder, "folder")
        self.make(folder + "/x", self.random.choice(["file", "folder"]))
        before, file, caller = self.state(folder), self.state(folder + "/x"), self.caller()
        action = (lambda: os.rmdir(folder + "/x")) if file["kind"] == "folder" else (lambda: os.unlink(folder + "/x"))
        self.record("remove", self.attempt(caller, action), folder=before, file=file, caller=caller)

    def rename(self):
        top = self.fresh()
        same = self.random.random() < 0.3
        first, second = top + "/d", top + ("/d" if same else "/e")
        self.make(first, "folder")
        if not same:
            self.make(second, "folder")
        kind = self.random.choice(["file", "folder"])
        self.make(first + "/x", kind)
        replaces = self.random.random() < 0.5
        if replaces:
            self.make(second + "/y", kind)
        facts = {
            "folder": self.state(first), "destination": self.state(second), "file": self.state(first + "/x"),
            "target": self.state(second + "/y") if replaces else None, "same": same, "caller": self.caller()}
        result = self.attempt(facts["caller"], lambda: os.rename(first + "/x", second + "/y"))
        self.record("rename", result, **facts)


def main():
    folder, seed = sys.argv[1] + "/verdicts", int(sys.argv[2]) if len(sys.argv) > 2 else 1
    scale = int(sys.argv[3]) if len(sys.argv) > 3 else 40
    os.umask(0)
    os.mkdir(folder)
    os.chmod(folder, 0o777)
    try:
        recorder = Recorder(folder, seed)
        operations = {
            recorder.access: scale * 6, recorder.chmod: scale * 3, recorder.chown: scale * 4, recorder.write: scale, recorder.utimens: scale * 3,
            recorder.setacl: scale * 5, recorder.setxattr: scale * 2, recorder.create: scale * 7, recorder.remove: scale * 3,
            recorder.rename: scale * 5}
        for operation, count in operations.items():
            for _ in range(count):
                operation()
    finally:
        shutil.rmtree(folder)


main()
