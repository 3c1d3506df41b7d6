import ObjectStorage

/// A header or a piece of user metadata, as it came.
package struct NamedValue: Hashable, Sendable {
    package var name: String
    package var value: String

    package init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

/// What a client stores with an object besides its bytes.
struct StoredAttributes: Sendable {
    /// Content-Type, Cache-Control and their kin; names as they are answered.
    var headers: [NamedValue] = []
    /// User metadata without prefix; names in lower case.
    var metadata: [NamedValue] = []
    var storageClass: String
}

/// Where an object's bytes are.
enum StoredContent: Sendable {
    /// In the manifest's own file, behind the manifest.
    case inline
    case segments([Segment])

    var isInline: Bool { if case .inline = self { true } else { false } }
}

/// Everything that is known of one object, one part, or one unfinished upload: what one small file holds.
struct Manifest: Sendable {
    var key: Key
    /// Tells the versions of one key apart: the highest is the latest.
    var generation: UInt64
    /// In bytes.
    var size: Int64
    /// Without quotes.
    var etag: String
    var modified: StoreTime
    var attributes: StoredAttributes
    var content: StoredContent
    /// Of an object made of parts: their sizes.
    var partSizes: [Int64] = []
    var checksum: Checksum?
    /// Of an object made of parts: the upload that made it.
    var upload: String?
    /// What else is known of it, by names that belong to whoever uses them; absent from old files.
    var properties: [String: String] = [:]
    /// Version, tags, locks and the like; absent from old files.
    var facts = ObjectFacts()
}

/// How a manifest lies on the disk: magic, length and check of the fields, the fields, then the bytes of a small object.
///
/// A file that a crash left unfinished fails the check or is too short, and counts as never written.
struct ManifestFile {
    private static let magic = Array("WLM1".utf8)
    private static let prefixSize = 12

    /// Where the inline bytes begin in the file.
    let contentOffset: Int64
    let bytes: [UInt8]

    init(_ manifest: Manifest, inline: [UInt8]) {
        let fields = Self.fields(of: manifest)
        var writer = BinaryWriter()
        writer.write(UInt32(fields.count))
        writer.write(UInt32(CyclicCode.crc32c.check(of: fields)))
        contentOffset = Int64(Self.prefixSize + fields.count)
        bytes = Self.magic + writer.bytes + fields + inline
    }

    /// The manifest in `bytes` and where its inline bytes begin, nil when it is damaged or incomplete.
    static func decode(_ bytes: [UInt8], blob: (UInt64) -> Blob) -> Manifest? {
        guard let offset = contentOffset(in: bytes), bytes.count >= offset else { return nil }
        var reader = BinaryReader(bytes[8..<12])
        let fields = Array(bytes[prefixSize..<offset])
        guard reader.integer(UInt32.self) == UInt32(CyclicCode.crc32c.check(of: fields)) else { return nil }
        var fieldReader = BinaryReader(fields[...])
        guard let manifest = manifest(&fieldReader, blob) else { return nil }
        if case .inline = manifest.content, Int64(bytes.count - offset) != manifest.size { return nil }
        return manifest
    }

    /// Where inline bytes begin, from the first bytes of a file.
    static func contentOffset(in bytes: [UInt8]) -> Int? {
        guard bytes.count >= prefixSize, bytes.starts(with: magic) else { return nil }
        var reader = BinaryReader(bytes[4..<8])
        return reader.integer(UInt32.self).map { prefixSize + Int($0) }
    }
}

extension ManifestFile {
    private static func fields(of manifest: Manifest) -> [UInt8] {
        var writer = BinaryWriter()
        writer.write(manifest.key.bytes)
        writer.write(manifest.generation)
        writer.write(manifest.size)
        writer.write(manifest.etag)
        writer.write(manifest.modified.milliseconds)
        for list in [manifest.attributes.headers, manifest.attributes.metadata] {
            writer.write(list) { writer, item in
                writer.write(item.name)
                writer.write(item.value)
            }
        }
        writer.write(manifest.attributes.storageClass)
        writer.write(manifest.partSizes) { $0.write($1) }
        writer.write(manifest.checksum?.algorithm.rawValue ?? "")
        writer.write(manifest.checksum?.bytes ?? [])
        writer.write(UInt32(manifest.checksum?.parts ?? 0))
        writer.write(manifest.upload ?? "")
        write(manifest.content, to: &writer)
        writer.write(manifest.properties.sorted { $0.key < $1.key }) { writer, item in
            writer.write(item.key)
            writer.write(item.value)
        }
        writer.write(manifest.facts.bytes)
        return writer.bytes
    }

    private static func write(_ content: StoredContent, to writer: inout BinaryWriter) {
        guard case .segments(let segments) = content else { return writer.write(UInt8(0)) }
        writer.write(UInt8(1))
        writer.write(segments) { writer, segment in
            writer.write(segment.blob.id)
            writer.write(segment.offset)
            writer.write(segment.count)
        }
    }

    private static func manifest(_ reader: inout BinaryReader, _ blob: (UInt64) -> Blob) -> Manifest? {
        guard let key = reader.bytes(), let generation = reader.integer(UInt64.self), let size = reader.integer(Int64.self),
            let etag = reader.text(), let modified = reader.integer(Int64.self), let headers = namedValues(&reader),
            let metadata = namedValues(&reader), let storageClass = reader.text(), let parts = reader.list({ $0.integer(Int64.self) }),
            let checksum = checksum(&reader), let upload = reader.text(), let content = content(&reader, blob), let properties = properties(&reader),
            let facts = ObjectFacts(bytes: reader.isAtEnd ? [] : reader.bytes() ?? [])
        else { return nil }
        return Manifest(
            key: Key(key), generation: generation, size: size, etag: etag, modified: StoreTime(milliseconds: modified),
            attributes: StoredAttributes(headers: headers, metadata: metadata, storageClass: storageClass), content: content, partSizes: parts,
            checksum: checksum, upload: upload.isEmpty ? nil : upload, properties: properties, facts: facts)
    }

    private static func properties(_ reader: inout BinaryReader) -> [String: String]? {
        if reader.isAtEnd { return [:] }
        return namedValues(&reader).map { values in Dictionary(values.map { ($0.name, $0.value) }) { $1 } }
    }

    private static func namedValues(_ reader: inout BinaryReader) -> [NamedValue]? {
        reader.list { reader in
            guard let name = reader.text(), let value = reader.text() else { return nil }
            return NamedValue(name, value)
        }
    }

    /// Nil where the bytes end, and nil within where there is no checksum.
    private static func checksum(_ reader: inout BinaryReader) -> Checksum?? {
        guard let name = reader.text(), let bytes = reader.bytes(), let parts = reader.integer(UInt32.self) else { return nil }
        return .some(ChecksumAlgorithm(rawValue: name).map { Checksum(algorithm: $0, bytes: bytes, parts: parts == 0 ? nil : Int(parts)) })
    }

    private static func content(_ reader: inout BinaryReader, _ blob: (UInt64) -> Blob) -> StoredContent? {
        guard reader.integer(UInt8.self) == 1 else { return .inline }
        let segments = reader.list { reader -> Segment? in
            guard let id = reader.integer(UInt64.self), let offset = reader.integer(Int64.self), let count = reader.integer(Int64.self) else {
                return nil
            }
            return Segment(blob: blob(id), offset: offset, count: count)
        }
        return segments.map { .segments($0) }
    }
}
