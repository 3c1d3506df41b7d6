"""Looks for secrets where none may be: logs, records, command lines, dumps."""

import re
from pathlib import Path

# What the embedded store's services hand out: secrets, session tokens, access tokens. And what a signature looks like.
PATTERNS = [
    rb"(?<![0-9A-Za-z])[0-9a-f]{40}(?![0-9A-Za-z])", rb"(?<![0-9A-Za-z])[0-9a-f]{56}(?![0-9A-Za-z])", rb"TKN\+/[0-9a-f]{10}", rb"eyJ[0-9a-f]{20}",
    rb"Signature=", rb"Bearer [!-~]{8}"]


def found(data, secrets):
    """Every secret, and everything that looks like one, in `data`."""
    named = [secret for secret in secrets if secret.encode() in data]
    return named + [match.group().decode() for pattern in PATTERNS for match in re.finditer(pattern, data)]


def processes(name):
    """The running processes whose command line has `name` in it."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                line = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if name in line:
                yield int(entry.name), line


def in_files(folders, secrets):
    """(file, secret) for each that is found in a regular file below the folders."""
    for folder in folders:
        for path in Path(folder).rglob("*"):
            if path.is_file() and not path.is_symlink():
                for secret in found(path.read_bytes(), secrets):
                    yield path, secret
