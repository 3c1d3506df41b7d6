"""Looks for secrets where none may be: logs, records, command lines, dumps."""

import re
from pathlib import Path

# What the embedded store's services hand out: secrets, session tokens, access tokens. And what a signature looks like.
PATTERNS = [
    rb"(?<![0-9A-Za-z])[0-9a-f]{40}(?![0-9A-Za-z])", rb"(?<![0-9A-Za-z])[0-9a-f]{56}(?![0-9A-Za-z])", rb"TKN\+/[0-9a-f]{10}", rb"eyJ[0-9a-f]{20}",
    rb"Signature=", rb"Bearer [!-~]{8}"]


def found(data, secrets):
    """Every secret, and everything that looks like one, in `data`."""
    # A report of a crash names the builds of libraries.
    data = re.sub(rb"(?m)^0x[0-9a-f]+\xe2\x80\x930x[0-9a-f]+ [0-9a-f]{40} ", b"", data)
    named = [secret for secret in secrets if secret.encode() in data]
    return named + [match.group().decode() for pattern in PATTERNS for match in re.finditer(pattern, data)]


def in_files(folder, secrets, but=()):
    """(file, secret) for each that is found in a regular file below the folder, `but` below these."""
    for path in Path(folder).rglob("*"):
        if not any(path.is_relative_to(other) for other in but) and path.is_file() and not path.is_symlink():
            for secret in found(path.read_bytes(), secrets):
                yield path, secret


def in_command_lines(part, secrets):
    """(process, secret) for each that is found on the command line of a process that has `part` there."""
    for entry in Path("/proc").iterdir():
        try:
            line = (entry / "cmdline").read_bytes() if entry.name.isdigit() else b""
        except OSError:
            continue
        if part in line:
            for secret in found(line, secrets):
                yield f"process {entry.name}", secret
