internal import FileSystemTypes

/// How one component of a key (what is between two `/`, any bytes, also none) is spelt in a path: one name, or several where it is too long.
///
/// The rule is docs/NAMES.md; this is its only implementation. Spelling is a function of the bytes alone, so that a name found in a
/// path can be checked by spelling again what it stands for.
struct ComponentSpelling {
    /// One name, and which bytes of the component it stands for.
    struct Piece: Equatable {
        let name: FileName
        let bytes: Range<Int>
        /// False for a folder that the component goes on in.
        let isLast: Bool
    }

    let pieces: [Piece]

    /// - Parameter besideFolder: the component names an object, and there is a folder of the same name.
    init(_ component: [UInt8], besideFolder: Bool) {
        var pieces: [Piece] = []
        var start = 0
        while true {
            let rest = component[start...]
            if let name = Self.whole(rest, besideFolder: besideFolder) {
                pieces.append(Piece(name: name, bytes: start..<component.count, isLast: true))
                break
            }
            let end = Self.chunkEnd(rest)
            pieces.append(Piece(name: EscapedName.name(.more, component[start..<end]), bytes: start..<end, isLast: false))
            start = end
        }
        self.pieces = pieces
    }

    /// The piece that begins at `offset`; nil where none does.
    func piece(at offset: Int) -> Piece? {
        pieces.first { $0.bytes.lowerBound == offset }
    }

    /// The single name of what is left of a component; nil if that would be too long.
    private static func whole(_ rest: ArraySlice<UInt8>, besideFolder: Bool) -> FileName? {
        if !besideFolder, !EscapedName.isMarked(rest), rest.count <= FileName.maximumBytes, let plain = FileName(Array(rest)) { return plain }
        let kind: EscapedName.Kind = besideFolder ? .file : .name
        guard EscapedName.length(kind, rest) <= FileName.maximumBytes else { return nil }
        return EscapedName.name(kind, rest)
    }

    /// Where a `%@more-` name of a component ends: as soon as the name has 252 bytes, which depends on the bytes before that place only.
    static func chunkEnd(_ rest: ArraySlice<UInt8>) -> Int {
        var length = EscapedName.Kind.more.mark.count
        var end = rest.startIndex
        while end < rest.endIndex, length < shortestChunk {
            let unit = unitLength(rest[end...])
            length += EscapedName.payloadLength(rest[end..<end + unit])
            end += unit
        }
        return end
    }

    /// No unit is longer than four bytes in a name: from here on, a further one might not fit.
    static let shortestChunk = FileName.maximumBytes - 3

    /// Bytes that stay together: a character in UTF-8, so that the prefix of a listing is not cut within one; else a byte.
    private static func unitLength(_ rest: ArraySlice<UInt8>) -> Int {
        let length =
            switch rest[rest.startIndex] {
            case 0xC2...0xDF: 2
            case 0xE0...0xEF: 3
            case 0xF0...0xF4: 4
            default: 1
            }
        guard rest.count >= length else { return 1 }
        return rest.dropFirst().prefix(length - 1).allSatisfy { (0x80...0xBF).contains($0) } ? length : 1
    }
}
