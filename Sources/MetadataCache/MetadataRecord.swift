internal import FileSystemTypes
package import ObjectStorage

/// What is kept of one object: what HEAD said, how precisely its age is known, and when it was asked.
package struct MetadataRecord: Hashable, Sendable {
    package var info: ObjectInfo
    /// The part of a second that a listing told beside `info.lastModified`, which HEAD gives in seconds; nil where no listing has told it.
    package var nanoseconds: Int32?
    /// When the store was asked, in seconds of UNIX time.
    package var asked: Int64

    package init(info: ObjectInfo, nanoseconds: Int32?, asked: Int64) {
        (self.info, self.nanoseconds, self.asked) = (info, nanoseconds, asked)
    }
}

/// The form of a record in the database: a version, fields with their lengths, and a check of all that.
extension MetadataRecord {
    private static let version: UInt8 = 1
    /// Of a key that there was no object of: no record, and yet an answer.
    static let absence: [UInt8] = [0]

    package var encoded: [UInt8] {
        var writer = RecordWriter()
        writer.bytes.append(Self.version)
        writer.put(asked)
        writer.put(Int64(nanoseconds ?? -1))
        writer.put(info.size)
        writer.put(info.etag?.text)
        writer.put(info.lastModified?.seconds ?? .min)
        writer.put(Int64(info.lastModified?.nanoseconds ?? 0))
        writer.put(info.contentType)
        writer.put(Dictionary(uniqueKeysWithValues: info.headers.map { ($0.key.rawValue, $0.value) }))
        writer.put(info.metadata)
        writer.put(info.version?.text)
        writer.put(info.storageClass)
        writer.put(info.appendPosition ?? -1)
        writer.put(Int64(RecordCheck.sum(writer.bytes)))
        return writer.bytes
    }

    /// Nil for what this program has not written, or what is damaged.
    package init?(_ bytes: [UInt8]) {
        var reader = RecordReader(bytes)
        guard bytes.count > 9, reader.byte() == Self.version else { return nil }
        guard let asked = reader.number(), let nanoseconds = reader.number(), let size = reader.number(), let etag = reader.text(),
            let seconds = reader.number(), let fraction = reader.number(), let type = reader.text(), let headers = reader.pairs(),
            let metadata = reader.pairs(), let version = reader.text(), let storageClass = reader.text(), let position = reader.number(),
            reader.isAt(bytes.count - 8), let sum = reader.number(), sum == Int64(RecordCheck.sum(bytes.dropLast(8))),
            (0..<1_000_000_000).contains(fraction)
        else { return nil }
        var info = ObjectInfo(
            size: size, etag: etag.map { ETag($0) },
            lastModified: seconds == .min ? nil : Timestamp(seconds: seconds, nanoseconds: Int32(fraction)),
            contentType: type, metadata: metadata, version: version.map { VersionID($0) }, storageClass: storageClass)
        for (name, value) in headers { if let header = KeptHeader(rawValue: name) { info.headers[header] = value } }
        info.appendPosition = position < 0 ? nil : position
        self.init(info: info, nanoseconds: nanoseconds < 0 ? nil : Int32(clamping: nanoseconds), asked: asked)
    }
}

/// FNV-1a: against damage, not against intent.
enum RecordCheck {
    static func sum(_ bytes: some Sequence<UInt8>) -> UInt32 {
        var hash: UInt32 = 0x811c_9dc5
        for byte in bytes { hash = (hash ^ UInt32(byte)) &* 0x0100_0193 }
        return hash
    }
}

struct RecordWriter {
    var bytes: [UInt8] = []

    mutating func put(_ number: Int64) {
        let pattern = UInt64(bitPattern: number)
        for shift in stride(from: 56, through: 0, by: -8) { bytes.append(UInt8(truncatingIfNeeded: pattern >> UInt64(shift))) }
    }

    /// The length plus one, in four bytes; 0 for nil.
    mutating func put(_ text: String?) {
        let length = UInt32(text.map { $0.utf8.count + 1 } ?? 0)
        for shift in stride(from: 24, through: 0, by: -8) { bytes.append(UInt8(truncatingIfNeeded: length >> UInt32(shift))) }
        if let text { bytes += text.utf8 }
    }

    mutating func put(_ pairs: [String: String]) {
        put(Int64(pairs.count))
        for (name, value) in pairs.sorted(by: { $0.key < $1.key }) {
            put(name)
            put(value)
        }
    }
}

/// Every method gives nil, or a nil within, when the bytes do not hold what is asked for.
struct RecordReader {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    func isAt(_ place: Int) -> Bool { position == place }

    mutating func byte() -> UInt8? {
        guard position < bytes.count else { return nil }
        defer { position += 1 }
        return bytes[position]
    }

    private mutating func bigEndian(_ count: Int) -> UInt64? {
        guard bytes.count - position >= count else { return nil }
        defer { position += count }
        return bytes[position..<position + count].reduce(0) { $0 << 8 | UInt64($1) }
    }

    mutating func number() -> Int64? { bigEndian(8).map { Int64(bitPattern: $0) } }

    /// Nil when there is none; `.some(nil)` for a text that is nil.
    mutating func text() -> String?? {
        guard let length = bigEndian(4).map({ Int($0) }) else { return nil }
        guard length > 0 else { return .some(nil) }
        guard bytes.count - position >= length - 1 else { return nil }
        defer { position += length - 1 }
        return .some(String(decoding: bytes[position..<position + length - 1], as: UTF8.self))
    }

    mutating func pairs() -> [String: String]? {
        guard let count = number(), (0...4096).contains(count) else { return nil }
        var pairs: [String: String] = [:]
        for _ in 0..<count {
            guard let name = text() ?? nil, let value = text() ?? nil else { return nil }
            pairs[name] = value
        }
        return pairs
    }
}
