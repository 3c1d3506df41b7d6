"""What a mount has left on the local disk and in the store: the journal, staging files, multipart uploads."""

import shutil
import sqlite3
import tempfile
from pathlib import Path

# The state of a file in the journal that is kept aside because somebody else has changed the object.
CONFLICT = 3
# Kinds of rows that must all be gone when everything has been stored.
TABLES = ("file", "content", "checksums", "small", "part", "intent")


def state_folders(base):
    """The state folders below a --state-dir."""
    return [path.parent for path in Path(base).glob("*/journal.sqlite")]


def journal(base):
    """Rows by table, over all journals below `base`; read from a copy, so that the journal stays as it is."""
    counts = dict.fromkeys(TABLES + ("conflict_copy",), 0)
    for folder in state_folders(base):
        with tempfile.TemporaryDirectory() as copy:
            for path in folder.glob("journal.sqlite*"):
                shutil.copy(path, copy)
            database = sqlite3.connect(Path(copy) / "journal.sqlite")
            for table in counts:
                counts[table] += database.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            database.close()
    return counts


def journal_keys(base):
    """Key and state (0 writing, 1 closed, 2 uploading, 3 conflict, 4 failed) of each file that is not stored."""
    found = []
    for folder in state_folders(base):
        with tempfile.TemporaryDirectory() as copy:
            for path in folder.glob("journal.sqlite*"):
                shutil.copy(path, copy)
            database = sqlite3.connect(Path(copy) / "journal.sqlite")
            rows = database.execute("SELECT key, state FROM file")
            found += [(bytes(key).decode(errors="replace"), state) for key, state in rows]
            database.close()
    return sorted(found)


def staging_files(base):
    """Names of the staging files below `base`."""
    return [path.name for path in Path(base).glob("*/files/*")]


def uploads(client, bucket):
    """Key, id and number of parts of the multipart uploads that nobody has completed or aborted."""
    found = []
    for upload in client.list_multipart_uploads(Bucket=bucket).get("Uploads", []):
        parts = client.list_parts(Bucket=bucket, Key=upload["Key"], UploadId=upload["UploadId"]).get("Parts", [])
        found.append((upload["Key"], upload["UploadId"], len(parts)))
    return found


def assert_nothing_left(base, client, bucket):
    """After an unmount that has stored everything: no record, no staged byte, no upload."""
    rows = journal(base)
    assert not any(rows[table] for table in TABLES), f"the journal still has {rows}: {journal_keys(base)}"
    assert staging_files(base) == [], f"staging files are left over: {staging_files(base)}"
    left = uploads(client, bucket)
    assert left == [], f"multipart uploads are left over: {left}"
