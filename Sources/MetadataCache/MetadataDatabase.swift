internal import FileSystemTypes
internal import Foundation
internal import GRDB
internal import ObjectStorage

/// The SQLite file of a cache. All methods block on the local disk; one thread at a time calls them, other processes may use the same file.
///
/// Nothing in it is worth a sync: what a power cut damages is found by SQLite or by a row's check, and begun anew.
final class MetadataDatabase {
    /// `PRAGMA application_id`: "WNDM".
    private static let application = 0x574E_444D
    /// `PRAGMA user_version`; a file with another one is begun anew.
    private static let version = 1

    private let queue: DatabaseQueue
    let path: String

    /// Opens the file, or makes it. Throws for one that is damaged or of another form.
    init(path: String) throws {
        self.path = path
        var configuration = Configuration()
        configuration.label = "metadata"
        configuration.busyMode = .timeout(2)
        queue = try DatabaseQueue(path: path, configuration: configuration)
        try queue.writeWithoutTransaction(Self.prepare)
    }

    /// Takes the file away, whatever is in it.
    static func remove(_ path: String) {
        for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) }
    }

    private static func prepare(_ database: Database) throws {
        let tables = try Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_master") ?? 0
        if tables > 0 {
            let found = try (
                Int.fetchOne(database, sql: "PRAGMA application_id") ?? 0, Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
            )
            guard found == (application, version) else { throw DatabaseError(resultCode: .SQLITE_NOTADB, message: "it has another form") }
        }
        try database.execute(sql: "PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA journal_size_limit = 4194304")
        guard tables == 0 else { return }
        try database.inTransaction(.immediate) {
            // Another mount may have been faster.
            guard try Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_master") == 0 else { return .rollback }
            for statement in schema { try database.execute(sql: statement) }
            return .commit
        }
    }

    private static let schema = [
        "CREATE TABLE folder (id INTEGER PRIMARY KEY, prefix BLOB NOT NULL UNIQUE, used INTEGER NOT NULL) STRICT",
        """
        CREATE TABLE entry (folder INTEGER NOT NULL, name BLOB NOT NULL, record BLOB NOT NULL, PRIMARY KEY (folder, name))
        STRICT, WITHOUT ROWID
        """,
        "CREATE INDEX folder_used ON folder (used)",
        "PRAGMA application_id = \(application)",
        "PRAGMA user_version = \(version)",
    ]

    func close() {
        try? queue.close()
    }

    /// Another process has the file just now.
    static func isBusy(_ error: any Error) -> Bool {
        [.SQLITE_BUSY, .SQLITE_LOCKED].contains((error as? DatabaseError)?.resultCode)
    }

    /// The file is of no use any more. A disk that is full or not to be written to says nothing about the file.
    static func isDamaged(_ error: any Error) -> Bool {
        [.SQLITE_CORRUPT, .SQLITE_NOTADB, .SQLITE_ERROR, .SQLITE_SCHEMA, .SQLITE_MISMATCH].contains((error as? DatabaseError)?.resultCode)
    }

    // MARK: Reading

    /// The records of a folder whose names lie from `first` to `last`; at most `limit`.
    func records(in folder: [UInt8], from first: [UInt8], to last: [UInt8], limit: Int, now: Int64) throws -> [(name: [UInt8], record: [UInt8])] {
        try queue.inDatabase { database in
            guard let id = try Self.folder(folder, in: database, now) else { return [] }
            let statement = try database.cachedStatement(
                sql: "SELECT name, record FROM entry WHERE folder = ? AND name BETWEEN ? AND ? ORDER BY name LIMIT ?")
            let rows = try Row.fetchCursor(statement, arguments: [id, Data(first), Data(last), limit])
            var found: [(name: [UInt8], record: [UInt8])] = []
            while let row = try rows.next() { found.append(([UInt8](row[0] as Data), [UInt8](row[1] as Data))) }
            return found
        }
    }

    /// A folder's number. That it was used is noted once an hour: a look is no write.
    private static func folder(_ prefix: [UInt8], in database: Database, _ now: Int64) throws -> Int64? {
        let statement = try database.cachedStatement(sql: "SELECT id, used FROM folder WHERE prefix = ?")
        guard let row = try Row.fetchOne(statement, arguments: [Data(prefix)]) else { return nil }
        let (id, used): (Int64, Int64) = (row[0], row[1])
        if now - used > 3600 {
            try database.cachedStatement(sql: "UPDATE folder SET used = ? WHERE id = ?").execute(arguments: [now, id])
        }
        return id
    }

    // MARK: Writing

    /// Makes all changes in one transaction: a record, or nil for one that goes.
    func change(_ changes: [(place: MetadataPlace, record: [UInt8]?)], now: Int64) throws {
        try queue.writeWithoutTransaction { database in
            try database.inTransaction(.immediate) {
                var numbers: [[UInt8]: Int64] = [:]
                for (place, record) in changes {
                    guard
                        let id = try numbers[place.folder] ?? Self.folder(place.folder, in: database, now) ?? Self.make(place, record, database, now)
                    else { continue }
                    numbers[place.folder] = id
                    try Self.write(record, place.name, id, database)
                }
                return .commit
            }
        }
    }

    private static func make(_ place: MetadataPlace, _ record: [UInt8]?, _ database: Database, _ now: Int64) throws -> Int64? {
        guard record != nil else { return nil }
        try database.cachedStatement(sql: "INSERT INTO folder (prefix, used) VALUES (?, ?)").execute(arguments: [Data(place.folder), now])
        return database.lastInsertedRowID
    }

    private static func write(_ record: [UInt8]?, _ name: [UInt8], _ folder: Int64, _ database: Database) throws {
        if let record {
            try database.cachedStatement(sql: "INSERT OR REPLACE INTO entry VALUES (?, ?, ?)")
                .execute(arguments: [folder, Data(name), Data(record)])
        } else {
            try database.cachedStatement(sql: "DELETE FROM entry WHERE folder = ? AND name = ?").execute(arguments: [folder, Data(name)])
        }
    }

    /// Removes what is below a folder, whose key ends in a slash; its marker is kept in the folder above.
    func empty(_ folder: Key) throws {
        // The next that does not begin with it: a slash is followed by a zero.
        let bounds = [Data(folder.bytes), Data(folder.bytes.dropLast() + [UInt8(ascii: "0")])]
        try queue.writeWithoutTransaction { database in
            try database.inTransaction(.immediate) {
                try database.execute(
                    sql: "DELETE FROM entry WHERE folder IN (SELECT id FROM folder WHERE prefix >= ? AND prefix < ?)",
                    arguments: StatementArguments(bounds))
                try database.execute(sql: "DELETE FROM folder WHERE prefix >= ? AND prefix < ?", arguments: StatementArguments(bounds))
                return .commit
            }
        }
    }

    // MARK: Size

    /// In bytes, without pages that are free to be used again.
    func size() throws -> Int64 {
        try queue.inDatabase { database in
            let pages = try Int64.fetchOne(database, sql: "PRAGMA page_count") ?? 0
            let free = try Int64.fetchOne(database, sql: "PRAGMA freelist_count") ?? 0
            return (pages - free) * (try Int64.fetchOne(database, sql: "PRAGMA page_size") ?? 4096)
        }
    }

    /// Removes the folder that was not used for the longest time; false when there is none.
    func removeOldestFolder() throws -> Bool {
        try queue.writeWithoutTransaction { database in
            guard let id = try Int64.fetchOne(database, sql: "SELECT id FROM folder ORDER BY used LIMIT 1") else { return false }
            try database.inTransaction(.immediate) {
                try database.execute(sql: "DELETE FROM entry WHERE folder = ?", arguments: [id])
                try database.execute(sql: "DELETE FROM folder WHERE id = ?", arguments: [id])
                return .commit
            }
            return true
        }
    }
}
