import FileSystemTypes
import ObjectStorage

/// A map as bytes, for a journal: version, objects, size, extents (length, kind, place), checksum.
///
/// Parts that were on their way are left out: whether they arrived is the store's to say.
extension ExtentMap {
    private static let version: Int64 = 1

    package var encoded: [UInt8] {
        var writer = MapWriter()
        writer.number(Self.version)
        let objects = encodedObjects
        writer.number(Int64(objects.count))
        for object in objects { writer.object(object) }
        let numbers = Dictionary(uniqueKeysWithValues: zip(objects, Int64(0)...))
        writer.number(base.flatMap { numbers[$0] }.map { $0 + 1 } ?? 0)
        writer.number(Int64(index.count))
        for extent in index { writer.extent(extent, numbers) }
        writer.checksum()
        return writer.bytes
    }

    private var encodedObjects: [ObjectVersion] {
        let found = sources
        guard let base, !found.contains(base) else { return found }
        return [base] + found
    }

    package init(decoding bytes: [UInt8]) throws(DamagedMap) {
        self.init()
        var reader = try MapReader(checked: bytes[...])
        let version = try reader.number()
        guard version == Self.version else { throw DamagedMap("version \(version) is not known") }
        var objects: [ObjectVersion] = []
        for _ in 0..<(try reader.number()) { objects.append(try reader.object()) }
        let base = try reader.number(upTo: Int64(objects.count), "the base")
        let extents = try reader.extents(objects)
        guard reader.isAtEnd else { throw DamagedMap("more follows its end") }
        self.base = base == 0 ? nil : objects[Int(base) - 1]
        put(Self.joined(extents))
    }
}

/// How the kinds of extents are written.
private enum Kind {
    static let hole: Int64 = 0
    static let remote: Int64 = 1
    static let local: Int64 = 2
    static let partOnly: Int64 = 3
    /// Added when a place in a part follows.
    static let placed: Int64 = 4
}

extension MapWriter {
    fileprivate mutating func object(_ object: ObjectVersion) {
        string(object.key.bytes)
        optional(object.etag?.text)
        optional(object.version?.text)
        number(object.size)
    }

    fileprivate mutating func extent(_ extent: Extent, _ numbers: [ObjectVersion: Int64]) {
        let place = extent.place.flatMap { place in place.part.etag.map { (place, $0) } }
        let placed = place == nil ? 0 : Kind.placed
        number(extent.range.count)
        switch extent.origin {
        case .hole: number(Kind.hole + placed)
        case .partOnly: number(Kind.partOnly + placed)
        case .local(let offset):
            number(Kind.local + placed)
            number(offset)
        case .remote(let source, let offset):
            number(Kind.remote + placed)
            number(numbers[source] ?? 0)
            number(offset)
        }
        guard let (place, etag) = place else { return }
        number(Int64(place.part.number))
        number(place.part.size)
        string(etag.text.utf8)
        number(place.offset)
    }
}

extension MapReader {
    fileprivate mutating func object() throws(DamagedMap) -> ObjectVersion {
        let key = Key(try string())
        let etag = try optional().map { ETag($0) }
        let version = try optional().map { VersionID($0) }
        return ObjectVersion(key: key, etag: etag, version: version, size: try number())
    }

    fileprivate mutating func extents(_ objects: [ObjectVersion]) throws(DamagedMap) -> [Extent] {
        var extents: [Extent] = []
        var end: Int64 = 0
        for _ in 0..<(try number()) {
            let count = try number(upTo: .max - end, "a length")
            guard count > 0 else { throw DamagedMap("an extent is empty") }
            let kind = try number(upTo: Kind.placed + Kind.partOnly, "a kind")
            let origin = try origin(kind & 3, count, objects)
            let place = kind & Kind.placed == 0 ? nil : try place(count)
            guard origin != .partOnly || place != nil else { throw DamagedMap("bytes are nowhere") }
            extents.append(Extent(ByteRange(offset: end, count: count), origin, place: place))
            end += count
        }
        return extents
    }

    private mutating func origin(_ kind: Int64, _ count: Int64, _ objects: [ObjectVersion]) throws(DamagedMap) -> Origin {
        switch kind {
        case Kind.hole: return .hole
        case Kind.partOnly: return .partOnly
        case Kind.local: return .local(offset: try number(upTo: .max - count, "an offset"))
        default:
            let source = try number()
            guard source < objects.count else { throw DamagedMap("there is no object \(source)") }
            let object = objects[Int(source)]
            guard count <= object.size else { throw DamagedMap("an extent is longer than its object") }
            return .remote(object, offset: try number(upTo: object.size - count, "an offset"))
        }
    }

    private mutating func place(_ count: Int64) throws(DamagedMap) -> PartPlace {
        let number = Int(try number())
        let size = try self.number()
        let etag = ETag(try text())
        guard count <= size else { throw DamagedMap("an extent is longer than its part") }
        let offset = try self.number(upTo: size - count, "an offset in a part")
        return PartPlace(part: SentPart(number: number, size: size, etag: etag), offset: offset)
    }
}
