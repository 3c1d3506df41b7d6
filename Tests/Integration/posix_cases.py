"""Cases of what POSIX and Linux say of attributes and permissions: each is made ready by root, carried out by some user, and looked at by root.

A case knows no answers: the same case on a local file system gives them.
"""

import itertools
import os
import stat

OWNER, GROUP = 2001, 3001
# Whom the cases are carried out by: user, group, supplementary groups.
ACTORS = {
    "root": (0, 0, []), "owner": (OWNER, GROUP, []), "member": (2002, 3002, [GROUP]), "other": (2003, 3003, []),
    "owner-elsewhere": (OWNER, 3004, [3005]),
}
LIST = "system.posix_acl_access"
DEFAULT = "system.posix_acl_default"


def acl(*entries):
    """The value of an access control list: (tag, permissions, id) each, in the kernel's form."""
    value = b"\x02\0\0\0"
    for tag, permissions, number in entries:
        value += tag.to_bytes(2, "little") + permissions.to_bytes(2, "little") + (number & 0xffffffff).to_bytes(4, "little")
    return value


def user_acl(user, permissions, mask=7, group=0):
    return acl((1, 6, -1), (2, permissions, user), (4, group, -1), (16, mask, -1), (32, 0, -1))


class Case:
    def __init__(self, name, actor, setup, steps):
        self.name, self.actor, self.setup, self.steps = f"{name} by {actor}", ACTORS[actor], setup, steps


def file(name="f", mode=0o644, content="x", owner=OWNER, group=GROUP):
    return [["write", name, content], ["chown", name, owner, group], ["chmod", name, mode]]


def folder(name="d", mode=0o755, owner=OWNER, group=GROUP):
    return [["mkdir", name, 0o700], ["chown", name, owner, group], ["chmod", name, mode]]


def changing_modes():
    for actor, old, new in itertools.product(ACTORS, [0o644, 0o4755, 0o2755, 0o000], [0o600, 0o7777, 0o2711, 0o6666]):
        yield Case(f"chmod {old:o} to {new:o}", actor, file(mode=old), [["chmod", "f", new]])
        yield Case(f"chmod folder {old:o} to {new:o}", actor, folder(mode=old), [["chmod", "d", new]])


def changing_owners():
    owners = [(OWNER, -1), (2002, -1), (-1, GROUP), (-1, 3002), (-1, 3005), (-1, -1), (0, 0), (2002, 3002)]
    for actor, mode, (user, group) in itertools.product(ACTORS, [0o644, 0o6755, 0o2644, 0o4711], owners):
        yield Case(f"chown {mode:o} to {user}:{group}", actor, file(mode=mode), [["chown", "f", user, group]])
    for actor, (user, group) in itertools.product(ACTORS, owners):
        yield Case(f"chown folder to {user}:{group}", actor, folder(mode=0o6755), [["chown", "d", user, group]])
        yield Case(f"chown link to {user}:{group}", actor, [["symlink", "t", "l"], ["chown", "l", OWNER, GROUP]], [["chown", "l", user, group]])


def setting_times():
    times = [["utime", "f", None, None], ["utime", "f", 10 ** 9, 2 * 10 ** 18 + 123456789], ["utime", "f", "omit", 5], ["utime", "f", 7 * 10 ** 9, "omit"],
             ["utime", "f", "now", "omit"], ["utime", "f", -5 * 10 ** 9, -10 ** 9 + 1]]
    for actor, mode, step in itertools.product(ACTORS, [0o644, 0o666, 0o020], times):
        yield Case(f"utimensat {mode:o} {step[2:]}", actor, file(mode=mode), [step])


def opening():
    for actor, mode, flags in itertools.product(ACTORS, [0o400, 0o200, 0o040, 0o020, 0o004, 0o002, 0o000, 0o666], ["r", "w", "rw", "trunc"]):
        yield Case(f"open {mode:o} for {flags}", actor, file(mode=mode), [["open", "f", flags]])
    for actor, mode in itertools.product(ACTORS, [0o100, 0o010, 0o001, 0o000, 0o666, 0o111]):
        yield Case(f"access {mode:o}", actor, file(mode=mode), [["access", "f", how] for how in (1, 2, 4, 7)])


def adding_and_removing():
    for actor, mode in itertools.product(ACTORS, [0o755, 0o775, 0o777, 0o1777, 0o300, 0o333, 0o1775]):
        for owner in (OWNER, 2003, 0):
            inside = folder(mode=mode) + file("d/f", owner=owner) + folder("d/e", owner=owner) + folder("x", 0o777)
            yield Case(f"unlink in {mode:o} of {owner}", actor, inside, [["unlink", "d/f"]])
            yield Case(f"rmdir in {mode:o} of {owner}", actor, inside, [["rmdir", "d/e"]])
            yield Case(f"rename within {mode:o} of {owner}", actor, inside, [["rename", "d/f", "d/g"]])
            yield Case(f"rename out of {mode:o} of {owner}", actor, inside, [["rename", "d/f", "x/g"]])
            yield Case(f"rename folder out of {mode:o} of {owner}", actor, inside, [["rename", "d/e", "x/g"]])
            yield Case(f"rename over in {mode:o} of {owner}", actor, inside + file("d/g", owner=2003), [["rename", "d/g", "d/f"]])
        yield Case(f"names in {mode:o}", actor, folder(mode=mode), [
            ["create", "d/a", 0o644], ["mkdir", "d/b", 0o755], ["symlink", "t", "d/c"], ["mkfifo", "d/p", 0o644], ["mknod", "d/n", 0o644 | stat.S_IFCHR],
            ["mknod", "d/s", 0o644 | stat.S_IFSOCK], ["mknod", "d/r", 0o600 | stat.S_IFREG]])


def inheriting():
    for actor, mode, umask in itertools.product(ACTORS, [0o777, 0o2777, 0o3777], [0o022, 0o077, 0o000]):
        made = [["umask", umask], ["create", "d/a", 0o666], ["create", "d/i", 0o2775], ["mkdir", "d/b", 0o777], ["symlink", "t", "d/c"],
                ["mkfifo", "d/p", 0o666], ["create", "d/u", 0o6777], ["mkdir", "d/v", 0o6777]]
        yield Case(f"made in {mode:o} with umask {umask:o}", actor, folder(mode=mode), made)


def clearing():
    for actor, mode, step in itertools.product(
            ACTORS, [0o6777, 0o4666, 0o2666, 0o2676, 0o6766],
            [["append", "f", "y"], ["truncate", "f", 0], ["truncate", "f", 5], ["open", "f", "trunc"], ["fallocate", "f", 9], ["setxattr", "f", "user.a", "v"]]):
        yield Case(f"set-id {mode:o} after {step[0]} {step[2]}", actor, file(mode=mode), [step])


def extended_attributes():
    names = ["user.a", "trusted.a", "user.", "nonsense.a", "user." + "n" * 251, "user." + "n" * 250, LIST]
    for actor, name in itertools.product(ACTORS, names):
        yield Case(f"attribute {name[:12]}", actor, file(mode=0o646), [
            ["setxattr", "f", name, "v"], ["getxattr", "f", name], ["listxattr", "f"], ["removexattr", "f", name], ["getxattr", "f", name]])
    for actor, mode in itertools.product(ACTORS, [0o600, 0o644, 0o622]):
        yield Case(f"attributes of {mode:o}", actor, file(mode=mode) + [["setxattr", "f", "user.old", "v"]], [
            ["getxattr", "f", "user.old"], ["setxattr", "f", "user.old", "w", "create"], ["setxattr", "f", "user.new", "w", "replace"],
            ["setxattr", "f", "user.old", "w", "replace"], ["removexattr", "f", "user.none"], ["setxattr", "f", "user.empty", ""]])
    for actor in ACTORS:
        yield Case("attributes of a sticky folder", actor, folder(mode=0o1777), [["setxattr", "d", "user.a", "v"], ["getxattr", "d", "user.a"]])
        special = [["symlink", "f", "l"], ["mkfifo", "p", 0o666]]
        yield Case("attributes of a link", actor, special, [["setxattr", "l", "user.a", "v"], ["getxattr", "l", "user.a"]])
        yield Case("attributes of a FIFO", actor, special, [["setxattr", "p", "user.a", "v"], ["getxattr", "p", "user.a"]])
    yield Case("a value that is too long for Linux", "root", file(), [["setxattr", "f", "user.a", "v" * 65537]])


def access_lists():
    lists = {
        "for a user": user_acl(2003, 6), "masked": user_acl(2003, 6, mask=4), "for a group": acl((1, 6, -1), (4, 0, -1), (8, 6, 3003), (16, 7, -1), (32, 0, -1)),
        "minimal": acl((1, 6, -1), (4, 4, -1), (32, 0, -1)), "denying": acl((1, 6, -1), (2, 0, 2003), (4, 6, -1), (16, 6, -1), (32, 6, -1)),
    }
    for (what, value), actor in itertools.product(lists.items(), ACTORS):
        given = file(mode=0o600) + [["setxattr", "f", LIST, value]]
        yield Case(f"a list {what}", actor, given, [["open", "f", "r"], ["open", "f", "rw"], ["getxattr", "f", LIST]])
        yield Case(f"chmod under a list {what}", actor, given, [["chmod", "f", 0o640], ["getxattr", "f", LIST], ["open", "f", "r"]])
        yield Case(f"setting a list {what}", actor, file(mode=0o2755), [["setxattr", "f", LIST, value], ["getxattr", "f", LIST]])
        yield Case(f"setting a default list {what}", actor, folder(), [["setxattr", "d", DEFAULT, value], ["getxattr", "d", DEFAULT]])
        inherited = folder(mode=0o777) + [["setxattr", "d", DEFAULT, value]]
        made = [["umask", 0o077], ["create", "d/a", 0o666], ["mkdir", "d/b", 0o777], ["mkfifo", "d/p", 0o640], ["symlink", "t", "d/l"],
                ["getxattr", "d/a", LIST], ["getxattr", "d/b", LIST], ["getxattr", "d/b", DEFAULT], ["getxattr", "d/p", LIST]]
        yield Case(f"made under a default list {what}", actor, inherited, made)
        yield Case(f"taking a list {what} away", actor, given, [["removexattr", "f", LIST], ["getxattr", "f", LIST]])
    broken = {"none": b"", "a version": b"\x01\0\0\0", "torn": user_acl(1, 6)[:-3], "no mask": acl((1, 6, -1), (2, 6, 1), (4, 4, -1), (32, 0, -1)),
              "doubled": acl((1, 6, -1), (1, 6, -1), (4, 4, -1), (32, 0, -1))}
    for (what, value), actor in itertools.product(broken.items(), ["root", "owner", "other"]):
        yield Case(f"a broken list, {what}", actor, file(), [["setxattr", "f", LIST, value], ["getxattr", "f", LIST]])
    yield Case("a default list of a file", "root", file(), [["setxattr", "f", DEFAULT, lists["for a user"]]])
    yield Case("a list of a link", "root", [["symlink", "f", "l"]], [["setxattr", "l", LIST, lists["for a user"]]])


def errors():
    long, most = "n" * 256, "n" * 255
    ready = file() + folder() + file("d/g") + [["symlink", "loop", "loop"], ["symlink", "nothing", "dangling"], ["mkfifo", "p", 0o644], ["symlink", "d", "to-d"]]
    steps = {
        "EEXIST": [["mkdir", "f", 0o755], ["mkdir", "d", 0o755], ["symlink", "t", "f"], ["mkfifo", "d", 0o644], ["create", "dangling", 0o644],
                   ["mknod", "loop", 0o644 | stat.S_IFREG], ["symlink", "t", "dangling"]],
        "ENOTDIR": [["rmdir", "f"], ["mkdir", "f/a", 0o755], ["unlink", "f/a"], ["rename", "d", "f"], ["symlink", "t", "f/l"], ["rmdir", "to-d"], ["rmdir", "p"]],
        "EISDIR": [["unlink", "d"], ["rename", "f", "d"], ["open", "d", "w"], ["truncate", "d", 0]],
        "ENOTEMPTY": [["rmdir", "d"], ["mkdir", "e", 0o755], ["rename", "e", "d"]],
        "ENOENT": [["unlink", "none"], ["rmdir", "none"], ["rename", "none", "f"], ["chmod", "none", 0o644], ["open", "dangling", "r"], ["readlink", "none"],
                   ["mkdir", "none/a", 0o755], ["symlink", "", "l"], ["truncate", "none", 0]],
        "ENAMETOOLONG": [["mkdir", long, 0o755], ["create", long, 0o644], ["symlink", "t", long], ["mkfifo", long, 0o644], ["rename", "f", long],
                         ["unlink", long], ["create", most, 0o644], ["unlink", most], ["symlink", "t" * 4096, "l"]],
        "ELOOP": [["open", "loop", "r"], ["chmod-through", "loop", 0o644], ["create", "loop/a", 0o644], ["truncate", "loop", 0]],
        "EINVAL": [["readlink", "f"], ["readlink", "d"], ["rename", "d", "d/e"], ["rmdir", "."], ["truncate", "f", -1], ["rmdir", "d/."]],
        "kinds": [["symlink", "t" * 4095, "far"], ["readlink", "far"], ["readlink", "dangling"], ["open", "to-d/g", "r"], ["unlink", "to-d"], ["unlink", "p"],
                  ["unlink", "loop"], ["chmod-through", "dangling", 0o644], ["rename", "dangling", "moved"], ["readlink", "moved"],
                  ["mknod", "dev", 0o600 | stat.S_IFBLK], ["rename", "dev", "p2"], ["unlink", "p2"], ["truncate", "p", 0]],
    }
    for (what, some), actor in itertools.product(steps.items(), ["root", "owner"]):
        for number, step in enumerate(some):
            yield Case(f"{what} {number} {step[0]}", actor, [["chmod", ".", 0o777]] + ready, [step] if what != "kinds" else some[:number + 1])


def all_cases():
    for group in (changing_modes, changing_owners, setting_times, opening, adding_and_removing, inheriting, clearing, extended_attributes, access_lists, errors):
        yield group.__name__, list(group())


def perform(step):
    """Carries out a step in the working directory; what comes of it, or the name of the error."""
    verb, *arguments = step
    path = arguments[0]
    match verb:
        case "write":
            with open(path, "w") as stream:
                stream.write(arguments[1])
        case "append":
            with open(path, "a") as stream:
                stream.write(arguments[1])
        case "open":
            flags = {"r": os.O_RDONLY, "w": os.O_WRONLY, "rw": os.O_RDWR, "trunc": os.O_WRONLY | os.O_TRUNC}[arguments[1]]
            os.close(os.open(path, flags))
        case "create":
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, arguments[1]))
        case "fallocate":
            descriptor = os.open(path, os.O_WRONLY)
            try:
                os.posix_fallocate(descriptor, 0, arguments[1])
            finally:
                os.close(descriptor)
        case "mkdir": os.mkdir(path, arguments[1])
        case "rmdir": os.rmdir(path)
        case "unlink": os.unlink(path)
        case "rename": os.rename(path, arguments[1])
        case "symlink": os.symlink(path, arguments[1])
        case "readlink": return os.readlink(path)
        case "mkfifo": os.mkfifo(path, arguments[1])
        case "mknod": os.mknod(path, arguments[1], os.makedev(7, 300) if stat.S_ISCHR(arguments[1]) or stat.S_ISBLK(arguments[1]) else 0)
        case "chmod" | "chmod-through": os.chmod(path, arguments[1])
        case "chown": os.chown(path, arguments[1], arguments[2], follow_symlinks=False)
        case "truncate": os.truncate(path, arguments[1])
        case "access": return os.access(path, arguments[1])
        case "umask": os.umask(arguments[0])
        case "utime": set_times(path, *arguments[1:])
        case "setxattr":
            value = arguments[2] if isinstance(arguments[2], bytes) else arguments[2].encode()
            flags = {"create": os.XATTR_CREATE, "replace": os.XATTR_REPLACE}[arguments[3]] if len(arguments) > 3 else 0
            os.setxattr(path, arguments[1], value, flags, follow_symlinks=False)
        case "getxattr": return os.getxattr(path, arguments[1], follow_symlinks=False).hex()
        case "listxattr": return sorted(name for name in os.listxattr(path, follow_symlinks=False) if not name.startswith(("windlass.", "security.")))
        case "removexattr": os.removexattr(path, arguments[1], follow_symlinks=False)
        case _: raise AssertionError(verb)
    return None


def set_times(path, accessed, modified):
    """utimensat(2) with `now` and `omit`, which os.utime does not offer."""
    import ctypes

    if accessed is None:
        return os.utime(path)
    special = {"now": (1 << 30) - 1, "omit": (1 << 30) - 2}
    times = (ctypes.c_long * 4)()
    for index, value in enumerate((accessed, modified)):
        times[2 * index], times[2 * index + 1] = (0, special[value]) if value in special else divmod(value, 10 ** 9)
    if ctypes.CDLL(None, use_errno=True).utimensat(-100, path.encode(), times, 0) != 0:
        raise OSError(ctypes.get_errno(), "utimensat")
    return None
