internal import FileSystemTypes
internal import Foundation
internal import GRDB
internal import ObjectStorage

/// A value that is one row of a table.
protocol JournalRow: Sendable {
    static var table: String { get }
    /// All columns but the check, in the table's order.
    var columns: [DatabaseValue] { get }
    /// Nil when a value does not fit its column.
    init?(_ row: Columns)
}

/// The columns of a row, read by their position.
struct Columns {
    let values: [DatabaseValue]

    func integer(_ index: Int) -> Int64? { Int64.fromDatabaseValue(values[index]) }
    func text(_ index: Int) -> String? { String.fromDatabaseValue(values[index]) }
    func bytes(_ index: Int) -> [UInt8]? { Data.fromDatabaseValue(values[index]).map { Array($0) } }
    func key(_ index: Int) -> Key? { bytes(index).map { Key($0) } }
    func etag(_ index: Int) -> ETag? { text(index).map { ETag($0) } }

    func moment(_ seconds: Int, _ nanoseconds: Int) -> Timestamp? {
        guard let whole = integer(seconds), let part = integer(nanoseconds), (0..<1_000_000_000).contains(part) else { return nil }
        return Timestamp(seconds: whole, nanoseconds: Int32(part))
    }
}

extension [UInt8] {
    /// Also of no bytes a blob, where `Data().databaseValue` is one too.
    var blob: DatabaseValue { Data(self).databaseValue }
}

extension Key {
    var blob: DatabaseValue { bytes.blob }
}

extension Optional where Wrapped == String {
    var value: DatabaseValue { self?.databaseValue ?? .null }
}

extension FileRecord: JournalRow {
    static let table = "file"

    var columns: [DatabaseValue] {
        let (kind, etag, size): (Int, ETag?, Int64) =
            switch base {
            case .new: (0, nil, 0)
            case .existing(let etag, let size): (1, etag, size)
            }
        let (number, detail): (Int, String?) =
            switch state {
            case .writing: (0, nil)
            case .closed: (1, nil)
            case .uploading: (2, nil)
            case .conflict(let found): (3, found?.text)
            case .failed(let reason): (4, reason)
            }
        return [
            id.number.databaseValue, key.blob, kind.databaseValue, (etag?.text).value, size.databaseValue, attributes.encoded.blob,
            number.databaseValue, detail.value, upload?.key.blob ?? .null, (upload?.id.text).value, began.seconds.databaseValue,
            began.nanoseconds.databaseValue,
        ]
    }

    init?(_ row: Columns) {
        guard let id = row.integer(0), let key = row.key(1), let kind = row.integer(2), let size = row.integer(4), let encoded = row.bytes(5),
            let attributes = ObjectAttributes(encoded: encoded), let number = row.integer(6), let state = FileState(number, row.text(7)),
            let began = row.moment(10, 11)
        else { return nil }
        let upload: Upload? = if let key = row.key(8), let id = row.text(9) { Upload(key: key, id: UploadID(id)) } else { nil }
        self.init(
            id: FileID(id), key: key, base: kind == 0 ? .new : .existing(row.etag(3), size: size), attributes: attributes, state: state,
            upload: upload, began: began)
    }
}

extension FileState {
    fileprivate init?(_ number: Int64, _ detail: String?) {
        switch number {
        case 0: self = .writing
        case 1: self = .closed
        case 2: self = .uploading
        case 3: self = .conflict(found: detail.map { ETag($0) })
        case 4: self = .failed(detail ?? "")
        default: return nil
        }
    }
}

struct ContentRow: JournalRow {
    static let table = "content"
    let file: FileID
    let content: AcknowledgedContent

    var columns: [DatabaseValue] {
        [
            file.number.databaseValue, content.extents.blob, (content.staging?.file).value,
            (content.staging?.length ?? 0).databaseValue,
        ]
    }

    init(file: FileID, content: AcknowledgedContent) {
        self.file = file
        self.content = content
    }

    init?(_ row: Columns) {
        guard let id = row.integer(0), let extents = row.bytes(1), let length = row.integer(3) else { return nil }
        file = FileID(id)
        content = AcknowledgedContent(extents: extents, staging: row.text(2).map { StagingExtent(file: $0, length: length) })
    }
}

struct ChecksumRow: JournalRow {
    static let table = "checksums"
    let file: FileID
    let chunk: Int
    let sums: [UInt32]

    var columns: [DatabaseValue] {
        let bytes = sums.flatMap { sum in (0..<4).map { UInt8(sum >> (8 * UInt32($0)) & 255) } }
        return [file.number.databaseValue, chunk.databaseValue, bytes.blob]
    }

    init(file: FileID, chunk: Int, sums: [UInt32]) {
        self.file = file
        self.chunk = chunk
        self.sums = sums
    }

    init?(_ row: Columns) {
        guard let id = row.integer(0), let chunk = row.integer(1), let bytes = row.bytes(2), bytes.count % 4 == 0 else { return nil }
        file = FileID(id)
        self.chunk = Int(chunk)
        sums = stride(from: 0, to: bytes.count, by: 4).map { start in
            bytes[start..<start + 4].reversed().reduce(0) { $0 << 8 | UInt32($1) }
        }
    }
}

/// The bytes of a staging file of one block, which the journal keeps instead of the file.
struct SmallRow: JournalRow {
    static let table = "small"
    let file: FileID
    let bytes: [UInt8]

    var columns: [DatabaseValue] { [file.number.databaseValue, bytes.blob] }

    init(file: FileID, bytes: [UInt8]) {
        self.file = file
        self.bytes = bytes
    }

    init?(_ row: Columns) {
        guard let id = row.integer(0), let bytes = row.bytes(1) else { return nil }
        file = FileID(id)
        self.bytes = bytes
    }
}

struct PartRow: JournalRow {
    static let table = "part"
    let file: FileID
    let part: JournaledPart

    var columns: [DatabaseValue] {
        [
            file.number.databaseValue, part.number.databaseValue, part.etag.text.databaseValue, part.range.offset.databaseValue,
            part.range.count.databaseValue, part.checksum.value,
        ]
    }

    init(file: FileID, part: JournaledPart) {
        self.file = file
        self.part = part
    }

    init?(_ row: Columns) {
        guard let id = row.integer(0), let number = row.integer(1), let etag = row.etag(2), let start = row.integer(3), let size = row.integer(4),
            start >= 0, size >= 0
        else { return nil }
        file = FileID(id)
        part = JournaledPart(number: Int(number), etag: etag, range: ByteRange(offset: start, count: size), checksum: row.text(5))
    }
}

extension Intent: JournalRow {
    static let table = "intent"

    var columns: [DatabaseValue] {
        switch action {
        case .rename(let source, let target, let base, let cursor):
            [id.databaseValue, 0.databaseValue, source.blob, target.blob, (base?.text).value, cursor.blob]
        case .delete(let key, let base):
            [id.databaseValue, Self.deletionKind.databaseValue, key.blob, .null, (base?.text).value, .null]
        case .beginUpload(let key, let since):
            [id.databaseValue, 2.databaseValue, key.blob, .null, "\(since.seconds)".databaseValue, .null]
        case .abortUpload(let upload):
            [id.databaseValue, 3.databaseValue, upload.key.blob, .null, upload.id.text.databaseValue, .null]
        case .setAttributes(let key, let attributes):
            [id.databaseValue, 4.databaseValue, key.blob, .null, .null, attributes.encoded.blob]
        }
    }

    static var deletionKind: Int { 1 }

    init?(_ row: Columns) {
        guard let id = row.integer(0), let kind = row.integer(1), let source = row.key(2) else { return nil }
        switch (kind, row.key(3), row.bytes(5)) {
        case (0, let target?, let cursor?): self.init(id: id, action: .rename(from: source, to: target, base: row.etag(4), cursor: cursor))
        case (1, nil, nil): self.init(id: id, action: .delete(source, base: row.etag(4)))
        case (2, nil, nil):
            guard let seconds = row.text(4).flatMap({ Int64($0) }) else { return nil }
            self.init(id: id, action: .beginUpload(source, since: Timestamp(seconds: seconds)))
        case (3, nil, nil):
            guard let upload = row.text(4) else { return nil }
            self.init(id: id, action: .abortUpload(Upload(key: source, id: UploadID(upload))))
        case (4, nil, let encoded?):
            guard let attributes = ObjectAttributes(encoded: encoded) else { return nil }
            self.init(id: id, action: .setAttributes(source, attributes))
        default: return nil
        }
    }
}

extension MovedCopy: JournalRow {
    static let table = "moved_copy"

    var columns: [DatabaseValue] { [intent.databaseValue, key.blob, (source?.text).value, (copy?.text).value] }

    init?(_ row: Columns) {
        guard let intent = row.integer(0), let key = row.key(1) else { return nil }
        self.init(intent: intent, key: key, source: row.etag(2), copy: row.etag(3))
    }
}

extension ConflictCopy: JournalRow {
    static let table = "conflict_copy"

    var columns: [DatabaseValue] {
        [id.databaseValue, key.blob, copy.blob, (found?.text).value, moment.seconds.databaseValue, moment.nanoseconds.databaseValue]
    }

    init?(_ row: Columns) {
        guard let id = row.integer(0), let key = row.key(1), let copy = row.key(2), let moment = row.moment(4, 5) else { return nil }
        self.init(id: id, key: key, copy: copy, found: row.etag(3), moment: moment)
    }
}
