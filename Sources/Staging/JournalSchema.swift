/// The journal's tables. Every row ends with a check of its other columns (`RowCheck`), because SQLite has none of its own.
enum JournalSchema {
    /// `PRAGMA user_version`; a journal with a later one is refused, one with an earlier one is brought up to date.
    static let version = 3
    /// `PRAGMA application_id`: "WNDL".
    static let application = 0x574E_444C

    static let statements = [
        """
        CREATE TABLE file (
            id INTEGER PRIMARY KEY, key BLOB NOT NULL, base_kind INTEGER NOT NULL, base_etag TEXT, base_size INTEGER NOT NULL,
            attributes BLOB NOT NULL, state INTEGER NOT NULL, detail TEXT, upload_key BLOB, upload_id TEXT,
            began_seconds INTEGER NOT NULL, began_nanoseconds INTEGER NOT NULL, row_check INTEGER NOT NULL
        ) STRICT
        """,
        """
        CREATE TABLE content (
            file INTEGER PRIMARY KEY, extents BLOB NOT NULL, staging TEXT, length INTEGER NOT NULL, row_check INTEGER NOT NULL
        ) STRICT
        """,
        """
        CREATE TABLE checksums (
            file INTEGER NOT NULL, chunk INTEGER NOT NULL, sums BLOB NOT NULL, row_check INTEGER NOT NULL, PRIMARY KEY (file, chunk)
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE small (file INTEGER PRIMARY KEY, bytes BLOB NOT NULL, row_check INTEGER NOT NULL) STRICT
        """,
        """
        CREATE TABLE part (
            file INTEGER NOT NULL, number INTEGER NOT NULL, etag TEXT NOT NULL, start INTEGER NOT NULL, size INTEGER NOT NULL,
            checksum TEXT, row_check INTEGER NOT NULL, PRIMARY KEY (file, number)
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE intent (
            id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, source BLOB NOT NULL, target BLOB, base TEXT, cursor BLOB,
            row_check INTEGER NOT NULL
        ) STRICT
        """,
        """
        CREATE TABLE conflict_copy (
            id INTEGER PRIMARY KEY, key BLOB NOT NULL, copy BLOB NOT NULL, found TEXT, seconds INTEGER NOT NULL,
            nanoseconds INTEGER NOT NULL, row_check INTEGER NOT NULL
        ) STRICT
        """,
        movedCopy,
        "PRAGMA application_id = \(application)",
        "PRAGMA user_version = \(version)",
    ]

    /// What makes an older journal one of this version. 2 has a table more than 1; 3 has intents that 2 does not know.
    static let upgrade = [movedCopy, "PRAGMA user_version = \(version)"]

    private static let movedCopy = """
        CREATE TABLE IF NOT EXISTS moved_copy (
            intent INTEGER NOT NULL, key BLOB NOT NULL, source TEXT, copy TEXT, row_check INTEGER NOT NULL, PRIMARY KEY (intent, key)
        ) STRICT, WITHOUT ROWID
        """
}
