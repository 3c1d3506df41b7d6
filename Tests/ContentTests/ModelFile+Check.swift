import Content
import FileSystemTypes
import TestSupport

extension ModelFile {
    /// What the map says otherwise than the plain bytes, nil when they agree.
    func disagreement() -> String? {
        shape() ?? content() ?? places() ?? seeking() ?? dirt() ?? coding()
    }

    private func shape() -> String? {
        var end: Int64 = 0
        var before: Extent?
        for extent in map.extents {
            guard extent.range.offset == end, extent.range.count > 0 else { return "extents do not follow each other at \(end)" }
            if let before, follows(before, extent) { return "two extents at \(end) are one" }
            end = extent.range.end
            before = extent
        }
        guard end == map.size, map.size == bytes.count else { return "the size is \(map.size), extents end at \(end), not \(bytes.count)" }
        guard map.extentCount == map.extents.count else { return "extentCount is \(map.extentCount)" }
        let local = map.extents.reduce(Int64(0)) { sum, extent in
            if case .local = extent.origin { sum + extent.range.count } else { sum }
        }
        return map.localByteCount == local ? nil : "localByteCount is \(map.localByteCount), not \(local)"
    }

    private func follows(_ left: Extent, _ right: Extent) -> Bool {
        guard left.origin.advanced(by: left.range.count) == right.origin, left.place?.part == right.place?.part else { return false }
        guard let one = left.place, let other = right.place else { return true }
        return one.offset + left.range.count == other.offset
    }

    /// The bytes of an extent as a reader gets them; nil of those that nobody can read.
    func read(_ extent: Extent) -> [UInt8]? {
        let count = Int(extent.range.count)
        switch extent.origin {
        case .hole: return [UInt8](repeating: 0, count: count)
        case .local(let offset): return Array(staging[Int(offset)..<Int(offset) + count])
        case .remote(let source, let offset): return objects[source].map { Array($0[Int(offset)..<Int(offset) + count]) }
        case .partOnly: return nil
        }
    }

    private func content() -> String? {
        for extent in map.extents {
            let expected = Array(bytes[Int(extent.range.offset)..<Int(extent.range.end)])
            if extent.origin != .partOnly, read(extent) != expected { return "other bytes in \(extent)" }
        }
        for offset in stride(from: 0, through: bytes.count, by: 5) {
            let found = map.extents(in: range(offset, 11))
            let expected = map.extents.compactMap { $0.clamped(to: range(offset, 11)) }
            if found != expected { return "extents in \(offset)..<\(offset + 11) are \(found)" }
        }
        return nil
    }

    private func places() -> String? {
        for extent in map.extents {
            for place in Int(extent.range.offset)..<Int(extent.range.end) where notes[place] != extent.place?.part.number {
                return "byte \(place) is noted in part \(extent.place?.part.number ?? 0) and not \(notes[place] ?? 0)"
            }
            guard let place = extent.place, let part = sent[place.part.number] else { continue }
            let held = part.bytes.dropFirst(Int(place.offset)).prefix(Int(extent.range.count))
            if !held.elementsEqual(bytes[Int(extent.range.offset)..<Int(extent.range.end)]) { return "the part holds other bytes than \(extent)" }
        }
        let whole = sent.filter { number, part in
            !underWay.contains(number) && part.range.end <= map.size
                && (Int(part.range.offset)..<Int(part.range.end)).allSatisfy { notes[$0] == number }
        }
        return Set(map.wholeParts.map(\.part.number)) == Set(whole.keys) ? nil : "whole parts are \(map.wholeParts), not \(whole.keys.sorted())"
    }

    private func seeking() -> String? {
        let holes = map.extents.filter(\.origin.isHole).map(\.range)
        func isHole(_ place: Int) -> Bool { holes.contains { $0.offset <= place && place < $0.end } }
        for place in 0...bytes.count {
            let data = (place..<bytes.count).first { !isHole($0) }.map { Int64($0) }
            if map.nextData(from: Int64(place)) != data { return "nextData(\(place))" }
            let hole = place == bytes.count ? nil : Int64((place..<bytes.count).first(where: isHole) ?? bytes.count)
            if map.nextHole(from: Int64(place)) != hole { return "nextHole(\(place))" }
        }
        return nil
    }

    private func dirt() -> String? {
        var dirty: [ByteRange] = []
        for extent in map.extents where !extent.isUnchanged(from: map.base) {
            let joins = dirty.last?.end == extent.range.offset
            let start = joins ? dirty.removeLast().offset : extent.range.offset
            dirty.append(ByteRange(offset: start, count: extent.range.end - start))
        }
        guard map.dirtyRanges == dirty else { return "dirty ranges are \(map.dirtyRanges)" }
        let pristine = map.base.map { base in dirty.isEmpty && base.size == map.size } ?? false
        guard map.isPristine == pristine else { return "isPristine is \(map.isPristine)" }
        if pristine, let base = map.base, objects[base] != bytes { return "pristine, and other bytes than the base" }
        return nil
    }

    private func coding() -> String? {
        guard let decoded = try? ExtentMap(decoding: map.encoded) else { return "the encoded map does not decode" }
        var settled = map
        for number in underWay { if let part = sent[number] { settled.forgetPart(number, part.range) } }
        return decoded == settled ? nil : "decoding gives another map"
    }
}
