/// Which paths a `--include` or `--exclude` is of.
///
/// `*` stands for any bytes but `/`, `**` for any, `?` for one character but `/`, `[a-z]` and `[!a-z]` for one of those or of the others; `\` takes
/// away the meaning of the next character. A pattern without a slash is held against every part of a path, another one against the path from its
/// beginning. What matches a folder matches everything in it.
package struct PathPattern: Hashable, Sendable {
    private enum Token: Hashable, Sendable {
        case byte(UInt8)
        case one
        case many
        case anything
        case oneOf([ClosedRange<UInt8>], isNegated: Bool)
    }

    private let tokens: [Token]
    /// Held against each part by itself.
    private let isOfParts: Bool

    package init(_ text: String) {
        var bytes = Array(text.utf8)
        let slash = RelativePath.slash
        while bytes.count > 1, bytes.last == slash { bytes.removeLast() }
        isOfParts = !bytes.contains(slash)
        if bytes.first == slash { bytes.removeFirst() }
        tokens = Self.tokens(bytes[...])
    }

    package func matches(_ path: RelativePath) -> Bool {
        if isOfParts { return path.bytes.split(separator: RelativePath.slash).contains { matches($0) } }
        let ends = path.bytes.indices.filter { path.bytes[$0] == RelativePath.slash } + [path.bytes.count]
        return ends.contains { matches(path.bytes[..<$0]) }
    }

    private static func tokens(_ bytes: ArraySlice<UInt8>) -> [Token] {
        var tokens: [Token] = []
        var rest = bytes
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "?"): tokens.append(.one)
            case UInt8(ascii: "*"):
                let isDouble = rest.first == byte
                while rest.first == byte { rest.removeFirst() }
                tokens.append(isDouble ? .anything : .many)
            case UInt8(ascii: "\\"): tokens.append(.byte(rest.popFirst() ?? byte))
            case UInt8(ascii: "["): tokens.append(set(&rest) ?? .byte(byte))
            default: tokens.append(.byte(byte))
            }
        }
        return tokens
    }

    /// Nil, and `rest` as it was, where no bracket ends it.
    private static func set(_ rest: inout ArraySlice<UInt8>) -> Token? {
        guard let end = rest.dropFirst().firstIndex(of: UInt8(ascii: "]")) else { return nil }
        var content = rest[..<end]
        rest = rest[(end + 1)...]
        let isNegated = content.first == UInt8(ascii: "!") || content.first == UInt8(ascii: "^")
        if isNegated { content.removeFirst() }
        var ranges: [ClosedRange<UInt8>] = []
        while let low = content.popFirst() {
            guard content.count > 1, content.first == UInt8(ascii: "-"), let high = content.dropFirst().first else {
                ranges.append(low...low)
                continue
            }
            content = content.dropFirst(2)
            ranges.append(min(low, high)...max(low, high))
        }
        return .oneOf(ranges, isNegated: isNegated)
    }

    /// Tells after each token at which places of `bytes` it can end: time and memory are bounded for any pattern.
    private func matches(_ bytes: ArraySlice<UInt8>) -> Bool {
        let bytes = Array(bytes)
        var places: Set<Int> = [0]
        for token in tokens {
            var next: Set<Int> = []
            for place in places { Self.advance(token, bytes, from: place, into: &next) }
            guard !next.isEmpty else { return false }
            places = next
        }
        return places.contains(bytes.count)
    }

    private static func advance(_ token: Token, _ bytes: [UInt8], from place: Int, into next: inout Set<Int>) {
        switch token {
        case .many, .anything:
            var end = place
            while next.insert(end).inserted, end < bytes.count, token == .anything || bytes[end] != RelativePath.slash { end += 1 }
        case .one:
            guard place < bytes.count, bytes[place] != RelativePath.slash else { return }
            next.insert(place + length(bytes, at: place))
        case .byte(let byte):
            if place < bytes.count, bytes[place] == byte { next.insert(place + 1) }
        case .oneOf(let ranges, let isNegated):
            guard place < bytes.count, bytes[place] != RelativePath.slash else { return }
            if ranges.contains(where: { $0.contains(bytes[place]) }) != isNegated { next.insert(place + (isNegated ? length(bytes, at: place) : 1)) }
        }
    }

    /// In bytes, of the character there (RFC 3629).
    private static func length(_ bytes: [UInt8], at place: Int) -> Int {
        var end = place + 1
        guard bytes[place] >= 0xC0 else { return 1 }
        while end < bytes.count, end - place < 4, bytes[end] & 0xC0 == 0x80 { end += 1 }
        return end - place
    }
}

/// Which paths a transfer is of: the last rule that matches decides. What no rule matches goes along, unless the first rule includes.
package struct PathFilter: Hashable, Sendable {
    package struct Rule: Hashable, Sendable {
        package let pattern: PathPattern
        package let includes: Bool

        package init(_ pattern: PathPattern, includes: Bool) {
            self.pattern = pattern
            self.includes = includes
        }
    }

    private let rules: [Rule]

    package init(_ rules: [Rule] = []) {
        self.rules = rules
    }

    package func admits(_ path: RelativePath) -> Bool {
        rules.last { $0.pattern.matches(path) }?.includes ?? !(rules.first?.includes ?? false)
    }
}
