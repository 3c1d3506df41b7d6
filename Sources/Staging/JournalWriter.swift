internal import Foundation
internal import GRDB
internal import ObjectStorage

/// Makes changes inside a transaction, on the journal's thread.
struct JournalWriter {
    let database: Database
    let path: String

    private var reader: JournalReader { JournalReader(database: database, path: path) }

    func apply(_ change: JournalChange) throws {
        switch change {
        case .put(let record): try put(record)
        case .putUpload(let record): try putUpload(record)
        case .acknowledge(let id, let extents, let seal): try acknowledge(id, extents, seal)
        case .state(let id, let state): try update(id) { $0.state = state }
        case .attributes(let id, let attributes): try update(id) { $0.attributes = attributes }
        case .key(let id, let key, let base):
            try update(id) { record in
                record.key = key
                record.base = base
            }
        case .uploadCreated(let id, let upload):
            try update(id) { $0.upload = upload }
            try delete("part", "file", id.number)
        case .partStored(let id, let part): try save(part, of: id)
        case .uploadEnded(let id): try uploadEnded(id)
        case .stored(let id, let base): try stored(id, base)
        case .remove(let id): try remove(id)
        case .dropContent(let id): try dropContent(id)
        case .putIntent(let intent): try save(intent)
        case .removeIntent(let id):
            try delete("intent", "id", id)
            try delete("moved_copy", "intent", id)
        case .putMovedCopy(let copy): try save(copy)
        case .extents(let id, let extents): try replaceExtents(of: id, extents)
        case .putConflictCopy(let copy): try save(copy)
        case .removeConflictCopy(let id): try delete("conflict_copy", "id", id)
        }
    }

    private func save<Value: JournalRow>(_ value: Value) throws {
        var columns = value.columns
        columns.append(RowCheck.check(of: columns, in: Value.table).databaseValue)
        let places = repeatElement("?", count: columns.count).joined(separator: ", ")
        let statement = try database.cachedStatement(sql: "INSERT OR REPLACE INTO \(Value.table) VALUES (\(places))")
        try statement.execute(arguments: StatementArguments(columns))
    }

    private func put(_ record: FileRecord) throws {
        var record = record
        if record.upload == nil { record.upload = try reader.row(FileRecord.self, of: record.id)?.upload }
        try save(record)
    }

    private func putUpload(_ record: FileRecord) throws {
        var known = try reader.row(FileRecord.self, of: record.id) ?? record
        known.upload = record.upload
        try save(known)
        try delete("part", "file", record.id.number)
    }

    private func uploadEnded(_ id: FileID) throws {
        guard try record(id).state != .uploading || reader.row(ContentRow.self, of: id) != nil else { return try remove(id) }
        try update(id) { $0.upload = nil }
        try delete("part", "file", id.number)
    }

    private func update(_ id: FileID, _ change: (inout FileRecord) -> Void) throws {
        var record = try record(id)
        change(&record)
        try save(record)
    }

    private func record(_ id: FileID) throws -> FileRecord {
        guard let record = try reader.row(FileRecord.self, of: id) else {
            throw StateError(.noSuchRecord, "the journal \(path) has no file \(id); nothing was recorded")
        }
        return record
    }

    private func acknowledge(_ id: FileID, _ extents: [UInt8], _ seal: StagingSeal?) throws {
        _ = try record(id)
        let before = try reader.row(ContentRow.self, of: id)?.content.staging
        if seal == nil || before.map({ $0.file != seal?.file }) ?? false { try delete("checksums", "file", id.number) }
        let staging = seal.map { StagingExtent(file: $0.file, length: $0.length) }
        try save(ContentRow(file: id, content: AcknowledgedContent(extents: extents, staging: staging)))
        // Parts were of the content before; those that still are of this one, its extents name.
        try delete("part", "file", id.number)
        if let bytes = seal?.bytes { try save(SmallRow(file: id, bytes: bytes)) } else { try delete("small", "file", id.number) }
        guard let seal else { return }
        for (chunk, sums) in seal.chunks { try save(ChecksumRow(file: id, chunk: chunk, sums: sums)) }
        try requireAllChunks(of: id, length: seal.length)
    }

    private func replaceExtents(of id: FileID, _ extents: [UInt8]) throws {
        guard var content = try reader.row(ContentRow.self, of: id)?.content else {
            throw StateError(.noSuchRecord, "the journal \(path) has no content of file \(id); nothing was recorded")
        }
        content.extents = extents
        try save(ContentRow(file: id, content: content))
    }

    /// Without a check for each block the bytes could not be trusted after a crash, so they must not be acknowledged.
    private func requireAllChunks(of id: FileID, length: Int64) throws {
        let blocks = BlockChecksums.blocks(in: length)
        let chunks = (blocks + BlockChecksums.chunkBlocks - 1) / BlockChecksums.chunkBlocks
        let statement = try database.cachedStatement(sql: "SELECT count(*) FROM checksums WHERE file = ?")
        guard try Int.fetchOne(statement, arguments: [id.number]) == chunks else {
            throw StateError(.noSuchRecord, "the journal \(path) lacks checksums of file \(id); nothing was recorded")
        }
    }

    private func save(_ part: JournaledPart, of id: FileID) throws {
        guard try record(id).upload != nil else {
            throw StateError(.noSuchRecord, "the journal \(path) has no upload of file \(id); nothing was recorded")
        }
        try save(PartRow(file: id, part: part))
    }

    /// Checksums stay: the same staging file may get further bytes.
    private func stored(_ id: FileID, _ base: BaseVersion) throws {
        try update(id) { record in
            record.base = base
            record.state = .writing
            record.upload = nil
        }
        for table in ["part", "content", "small"] { try delete(table, "file", id.number) }
    }

    private func dropContent(_ id: FileID) throws {
        guard try reader.row(FileRecord.self, of: id)?.upload != nil else { return try remove(id) }
        try update(id) { $0.state = .uploading }
        for table in ["content", "checksums", "small", "part"] { try delete(table, "file", id.number) }
    }

    private func remove(_ id: FileID) throws {
        try delete("file", "id", id.number)
        for table in ["content", "checksums", "small", "part"] { try delete(table, "file", id.number) }
    }

    private func delete(_ table: String, _ column: String, _ number: Int64) throws {
        try database.cachedStatement(sql: "DELETE FROM \(table) WHERE \(column) = ?").execute(arguments: [number])
    }
}
