import Content
import Crypto
import FileSystemTypes
import ObjectStorage
import TestSupport

/// A file as a map, and beside it the same file as plain bytes: what the map is held to.
struct ModelFile: Sendable {
    /// Where written bytes go in staging: at the file's own offsets, or one after the other.
    enum Placement: CaseIterable, Sendable {
        case sameOffset
        case log
    }

    var map: ExtentMap
    var bytes: [UInt8]
    /// For each byte the number of the part that holds it, as long as it was not edited since the part was begun.
    var notes: [Int?]
    var staging: [UInt8] = []
    var objects: [ObjectVersion: [UInt8]] = [:]
    /// What was sent as each part, and of which range.
    var sent: [Int: (range: ByteRange, bytes: [UInt8])] = [:]
    var underWay: [Int] = []
    let others: [(map: ExtentMap, bytes: [UInt8], staging: [UInt8])]
    let placement: Placement
    private var random: SeededGenerator

    /// A file of an object of `size` bytes, nil for a new one.
    init(size: Int?, placement: Placement = .log, seed: UInt64 = 7) {
        random = SeededGenerator(seed: seed)
        self.placement = placement
        bytes = size.map { Payload(seed: seed, count: $0).bytes } ?? []
        notes = Array(repeating: nil, count: bytes.count)
        let base = size == nil ? nil : Self.version("file", bytes)
        map = ExtentMap(base: base)
        if let base { objects[base] = bytes }
        let content = Payload(seed: seed &+ 1, count: 96).bytes
        let other = Self.version("other", content)
        objects[other] = content
        others = Self.others(other, content, seed: seed &+ 2)
    }

    /// An object that is never stored.
    static func version(_ name: String, size: Int) -> ObjectVersion {
        ObjectVersion(key: Key(name), etag: ETag("etag of \(name)"), size: Int64(size))
    }

    /// An object as a store keeps it that was given `bytes` at once.
    private static func version(_ name: String, _ bytes: [UInt8]) -> ObjectVersion {
        ObjectVersion(key: Key(name), etag: etag(bytes), size: Int64(bytes.count))
    }

    private static func etag(_ bytes: [UInt8]) -> ETag {
        ETag(Insecure.MD5.hash(data: bytes).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined())
    }

    private static func others(_ version: ObjectVersion, _ bytes: [UInt8], seed: UInt64) -> [(map: ExtentMap, bytes: [UInt8], staging: [UInt8])] {
        let whole = ExtentMap(base: version)
        var mixed = whole
        var content = bytes
        let staging = Payload(seed: seed, count: 20).bytes
        mixed.write(ByteRange(offset: 30, count: 20), at: 0)
        content.replaceSubrange(30..<50, with: staging)
        mixed.punch(ByteRange(offset: 60, count: 10))
        content.replaceSubrange(60..<70, with: [UInt8](repeating: 0, count: 10))
        return [(whole, bytes, []), (mixed, content, staging)]
    }

    mutating func apply(_ edit: Edit) {
        switch edit {
        case .write(let offset, let count): write(offset, count)
        case .append(let count): write(bytes.count, count)
        case .truncate(let size):
            map.truncate(to: Int64(size))
            resize(to: size)
        case .punch(let offset, let count):
            let range = range(offset, count).clamped(toSize: map.size)
            map.punch(self.range(offset, count))
            replace(Int(range.offset), [UInt8](repeating: 0, count: Int(range.count)))
        case .zero(let offset, let count):
            map.zero(range(offset, count))
            replace(offset, [UInt8](repeating: 0, count: count))
        case .copyWithin(let offset, let count, let target): copy(map, bytes, nil, offset, count, target)
        case .copyFrom(let other, let offset, let count, let target):
            let other = others[other % others.count]
            copy(other.map, other.bytes, other.staging, offset, count, target)
        default: applyToParts(edit)
        }
    }

    func range(_ offset: Int, _ count: Int) -> ByteRange {
        ByteRange(offset: Int64(offset), count: Int64(count))
    }

    private mutating func write(_ offset: Int, _ count: Int) {
        let new = (0..<count).map { _ in UInt8.random(in: 1...255, using: &random) }
        let place = stage(new, fileOffset: offset)
        map.write(range(offset, count), at: Int64(place))
        replace(offset, new)
    }

    private mutating func stage(_ new: [UInt8], fileOffset: Int) -> Int {
        let place = placement == .log ? staging.count : fileOffset
        let missing = place + new.count - staging.count
        if missing > 0 { staging += [UInt8](repeating: 0xEE, count: missing) }
        staging.replaceSubrange(place..<place + new.count, with: new)
        return place
    }

    private mutating func copy(_ source: ExtentMap, _ content: [UInt8], _ otherStaging: [UInt8]?, _ offset: Int, _ count: Int, _ target: Int) {
        let place = placement == .log ? staging.count : target
        let before = map
        guard let copies = try? map.copyRange(range(offset, count), of: source, to: Int64(target), stagingAt: Int64(place)) else {
            precondition(map == before && source.extents(in: range(offset, count)).contains { $0.origin == .partOnly })
            return
        }
        let old = otherStaging ?? staging
        for copy in copies {
            let bytes = Array(old[Int(copy.source)..<Int(copy.source + copy.count)])
            let missing = Int(copy.destination) + bytes.count - staging.count
            if missing > 0 { staging += [UInt8](repeating: 0xEE, count: missing) }
            staging.replaceSubrange(Int(copy.destination)..<Int(copy.destination) + bytes.count, with: bytes)
        }
        replace(target, Array(content.dropFirst(offset).prefix(count)))
    }

    private mutating func resize(to size: Int) {
        if size < bytes.count {
            bytes.removeLast(bytes.count - size)
            notes.removeLast(notes.count - size)
        } else {
            notes += [Int?](repeating: nil, count: size - bytes.count)
            bytes += [UInt8](repeating: 0, count: size - bytes.count)
        }
    }

    private mutating func replace(_ offset: Int, _ new: [UInt8]) {
        guard !new.isEmpty else { return }
        if offset + new.count > bytes.count { resize(to: offset + new.count) }
        bytes.replaceSubrange(offset..<offset + new.count, with: new)
        notes.replaceSubrange(offset..<offset + new.count, with: [Int?](repeating: nil, count: new.count))
    }

    private mutating func applyToParts(_ edit: Edit) {
        switch edit {
        case .beginPart(let offset, let count): beginPart(range(offset, count).clamped(toSize: map.size))
        case .confirmPart(let index):
            guard !underWay.isEmpty else { return }
            let number = underWay.remove(at: index % underWay.count)
            guard let part = sent[number] else { return }
            map.confirmPart(number, part.range, etag: Self.etag(part.bytes))
        case .forgetPart(let index):
            guard !underWay.isEmpty else { return }
            let number = underWay.remove(at: index % underWay.count)
            guard let part = sent[number] else { return }
            map.forgetPart(number, part.range)
            for place in notes.indices where notes[place] == number { notes[place] = nil }
        case .release(let offset, let count):
            for range in map.releaseSent(in: range(offset, count)) {
                // Whoever still read them would see it.
                for place in Int(range.offset)..<Int(range.end) { staging[place] = 0xDD }
            }
        default: break
        }
    }

    private mutating func beginPart(_ range: ByteRange) {
        guard !range.isEmpty else { return }
        let number = sent.count + 1
        sent[number] = (range, Array(bytes[Int(range.offset)..<Int(range.end)]))
        underWay.append(number)
        map.beginPart(number, range)
        let kept = map.extents(in: range).filter { $0.origin == .partOnly }
        for place in Int(range.offset)..<Int(range.end) where !kept.contains(where: { $0.range.offset <= place && place < $0.range.end }) {
            notes[place] = number
        }
    }
}
