internal import FileSystemTypes
internal import Foundation
internal import GRDB
internal import ObjectStorage

/// The journal's SQLite file. All methods block on the local disk; one thread at a time calls them.
///
/// WAL with `synchronous=FULL`: a commit returns after fdatasync(2) of the log. `locking_mode=EXCLUSIVE`: no other process reads it, and no
/// shared-memory file can fail (the owner of the state folder is alone anyway).
final class JournalDatabase: Sendable {
    private let queue: DatabaseQueue
    let path: String

    /// Opens the journal, or makes an empty one. A damaged or foreign one is left as it is, byte for byte.
    init(path: String) throws(StateError) {
        self.path = path
        queue = try Self.mapping(path) {
            if FileManager.default.fileExists(atPath: path) { try Self.inspectAlone(path) } else { try Self.make(path) }
            var configuration = Configuration()
            configuration.label = "journal"
            configuration.prepareDatabase { database in
                try database.execute(sql: "PRAGMA locking_mode = EXCLUSIVE; PRAGMA cell_size_check = ON")
            }
            let queue = try DatabaseQueue(path: path, configuration: configuration)
            try queue.writeWithoutTransaction(Self.prepare)
            try Self.syncFolder(of: path)
            return queue
        }
    }

    /// An empty file, which SQLite takes for an empty database; the log gets its mode.
    private static func make(_ path: String) throws(StateError) {
        do throws(Errno) {
            let files = SystemFiles()
            files.close(try files.open(path, creating: true))
        } catch {
            throw .unusable(path, error)
        }
        try syncFolder(of: path)
    }

    /// SQLite brings the name of its log to the disk only sometimes, and that of the database never.
    private static func syncFolder(of path: String) throws(StateError) {
        let folder = (path as NSString).deletingLastPathComponent
        do throws(Errno) {
            try SystemFiles().syncFolder(folder)
        } catch {
            throw .unusable(folder, error)
        }
    }

    /// Looks at an existing journal without the right to change it, and takes away the files that SQLite makes in order to read.
    private static func inspectAlone(_ path: String) throws {
        let hadLog = FileManager.default.fileExists(atPath: path + "-wal")
        defer {
            try? FileManager.default.removeItem(atPath: path + "-shm")
            if !hadLog { try? FileManager.default.removeItem(atPath: path + "-wal") }
        }
        try inspect(path)
    }

    private static func inspect(_ path: String) throws {
        var configuration = Configuration()
        configuration.readonly = true
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        defer { try? queue.close() }
        try queue.inDatabase { database in
            let verdict = try String.fetchOne(database, sql: "PRAGMA quick_check(1)")
            guard verdict == "ok" else { throw Self.damaged(path, verdict ?? "no answer") }
            let application = try Int.fetchOne(database, sql: "PRAGMA application_id")
            let version = try Int.fetchOne(database, sql: "PRAGMA user_version")
            let tables = try Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_master") ?? 0
            if tables == 0 { return }
            guard application == JournalSchema.application else { throw Self.damaged(path, "it is another program's database") }
            guard let version, (1...JournalSchema.version).contains(version) else {
                throw StateError(
                    .otherFormat,
                    "\(path) has format \(version.map(String.init) ?? "?"), and this version of windlass knows \(JournalSchema.version); "
                        + "use the version that wrote it, or another --state-dir")
            }
        }
    }

    private static func prepare(_ database: Database) throws {
        let mode = try String.fetchOne(database, sql: "PRAGMA journal_mode = WAL")
        guard mode == "wal" else { throw DatabaseError(resultCode: .SQLITE_CANTOPEN, message: "journal_mode is \(mode ?? "unknown")") }
        try database.execute(sql: "PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 16777216")
        let isNew = try Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_master") == 0
        let isOld = try Int.fetchOne(database, sql: "PRAGMA user_version") != JournalSchema.version
        guard isNew || isOld else { return }
        try database.inTransaction(.immediate) {
            for statement in isNew ? JournalSchema.statements : JournalSchema.upgrade { try database.execute(sql: statement) }
            return .commit
        }
    }

    func close() throws(StateError) {
        try Self.mapping(path) { try queue.close() }
    }

    /// What SQLite says of its own settings, e.g. `synchronous`.
    func pragma(_ name: String) throws(StateError) -> String? {
        try Self.mapping(path) { try queue.inDatabase { try String.fetchOne($0, sql: "PRAGMA \(name)") } }
    }

    /// Makes the changes of all `batches` durable with one fdatasync(2). A batch that fails leaves no trace, and its error is in the answer
    /// at its place; a failure of the disk fails all.
    func commit(_ batches: [[JournalChange]]) throws(StateError) -> [StateError?] {
        try Self.mapping(path) {
            var outcomes: [StateError?] = []
            try queue.writeWithoutTransaction { database in
                try database.inTransaction(.immediate) {
                    for batch in batches { outcomes.append(try Self.apply(batch, to: database, path)) }
                    return .commit
                }
            }
            return outcomes
        }
    }

    /// Nil, or why this batch alone was taken back.
    private static func apply(_ batch: [JournalChange], to database: Database, _ path: String) throws -> StateError? {
        do {
            try database.inSavepoint {
                let writer = JournalWriter(database: database, path: path)
                for change in batch { try writer.apply(change) }
                return .commit
            }
            return nil
        } catch let error as StateError {
            return error
        }
    }

    /// All rows of a table, or of one file in it, in the order of their keys. Fails with `damaged` at a row whose check is wrong.
    func rows<Row: JournalRow>(_ type: Row.Type, of file: FileID? = nil) throws(StateError) -> [Row] {
        try Self.mapping(path) {
            try queue.inDatabase { try JournalReader(database: $0, path: path).rows(type, of: file) }
        }
    }

    func counts() throws(StateError) -> JournalCounts {
        try Self.mapping(path) {
            try queue.inDatabase { database in
                var counts = JournalCounts()
                for row in try GRDB.Row.fetchAll(database, sql: "SELECT state, count(*) FROM file GROUP BY state") {
                    counts.add(row[1], inState: row[0])
                }
                counts.moves = try Int.fetchOne(database, sql: "SELECT count(*) FROM intent WHERE kind = 0") ?? 0
                counts.deletions = try Int.fetchOne(database, sql: "SELECT count(*) FROM intent WHERE kind = \(Intent.deletionKind)") ?? 0
                counts.conflictCopies = try Int.fetchOne(database, sql: "SELECT count(*) FROM conflict_copy") ?? 0
                counts.stagedBytes = try Int64.fetchOne(database, sql: "SELECT sum(length) FROM content") ?? 0
                return counts
            }
        }
    }

    static func damaged(_ path: String, _ detail: String) -> StateError {
        let folder = (path as NSString).deletingLastPathComponent
        return StateError(
            .damaged,
            "the journal \(path) is damaged: \(detail); nothing was changed. Keep a copy of \(folder), then run `windlass recover --set-aside` "
                + "or mount with another --state-dir")
    }

    /// Converts SQLite's errors: the only place where they are known.
    static func mapping<Result>(_ path: String, _ body: () throws -> Result) throws(StateError) -> Result {
        do {
            return try body()
        } catch let error as StateError {
            throw error
        } catch let error as DatabaseError {
            throw convert(error, path)
        } catch {
            throw StateError(.failed(.inputOutput), "cannot use the journal \(path): \(error)")
        }
    }

    private static func convert(_ error: DatabaseError, _ path: String) -> StateError {
        let text = error.message ?? error.resultCode.description
        switch error.resultCode {
        case .SQLITE_CORRUPT, .SQLITE_NOTADB: return damaged(path, text)
        case .SQLITE_FULL: return .call("write the journal \(path)", .noSpace)
        case .SQLITE_READONLY: return StateError(.unusable(.readOnly), "the journal \(path) cannot be written: \(text); choose another --state-dir")
        case .SQLITE_CANTOPEN, .SQLITE_PERM, .SQLITE_AUTH:
            return StateError(
                .unusable(.accessDenied), "the journal \(path) cannot be opened: \(text); check its owner and mode, or choose another --state-dir")
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            return StateError(.inUse(pid: nil), "the journal \(path) is open in another program; close that first")
        default: return StateError(.failed(.inputOutput), "the journal \(path) failed: \(text)")
        }
    }
}

extension JournalCounts {
    /// `state` as `FileRecord.columns` writes it.
    fileprivate mutating func add(_ count: Int, inState state: Int) {
        switch state {
        case 0: writing = count
        case 1: closed = count
        case 2: uploading = count
        case 3: conflicts = count
        default: failed += count
        }
    }
}
