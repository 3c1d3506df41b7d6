import TestSupport

/// One change of a file in a random sequence. Offsets are taken modulo what the file allows when it is applied, so every rest of a sequence is one too.
enum Edit: Hashable, Sendable {
    case write(offset: Int, count: Int)
    case append(count: Int)
    case truncate(size: Int)
    case punch(offset: Int, count: Int)
    case zero(offset: Int, count: Int)
    /// From the file itself.
    case copyWithin(offset: Int, count: Int, to: Int)
    /// From another file, which lies partly in an object and partly in staging.
    case copyFrom(other: Int, offset: Int, count: Int, to: Int)
    case beginPart(offset: Int, count: Int)
    /// Of those on their way, that one.
    case confirmPart(index: Int)
    case forgetPart(index: Int)
    case release(offset: Int, count: Int)
}

/// Random edits within `reach` bytes.
struct EditGenerator: Sendable {
    var reach = 64
    var parts = true
    var releases = true

    func sequence(seed: UInt64, length: Int) -> [Edit] {
        var random = SeededGenerator(seed: seed)
        return (0..<length).map { _ in edit(&random) }
    }

    private func edit(_ random: inout SeededGenerator) -> Edit {
        func offset() -> Int { Int.random(in: 0..<reach, using: &random) }
        func count() -> Int { Int.random(in: 0...(random.oneIn(4) ? reach / 2 : 6), using: &random) }
        switch Int.random(in: 0..<(parts ? 16 : 11), using: &random) {
        case 0...3: return .write(offset: offset(), count: count())
        case 4: return .append(count: count())
        case 5: return .truncate(size: offset())
        case 6: return .punch(offset: offset(), count: count())
        case 7: return .zero(offset: offset(), count: count())
        case 8: return .copyWithin(offset: offset(), count: count(), to: offset())
        case 9, 10: return .copyFrom(other: offset(), offset: offset(), count: count(), to: offset())
        case 11, 12: return .beginPart(offset: offset(), count: count())
        case 13, 14: return .confirmPart(index: offset())
        default: return releases && random.oneIn(2) ? .release(offset: offset(), count: count()) : .forgetPart(index: offset())
        }
    }
}
