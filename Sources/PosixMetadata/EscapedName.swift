internal import FileSystemTypes

/// A name that begins with `%@`: it stands for bytes that cannot be, or must not be, a name by themselves.
struct EscapedName {
    enum Kind: String, CaseIterable {
        /// A component that no name can spell: empty, `.`, `..`, with NUL, or one that begins with `%@` itself.
        case name = "%@name-"
        /// An object beside a folder of the same name.
        case file = "%@file-"
        /// The beginning of a component that is too long for one name; it goes on in this folder.
        case more = "%@more-"

        var mark: [UInt8] { Array(rawValue.utf8) }
    }

    let kind: Kind
    /// What the name stands for.
    let bytes: [UInt8]

    /// Nil for a name that begins with `%@` and is none of the forms: no key has it.
    init?(_ name: FileName) {
        guard let kind = Kind.allCases.first(where: { name.bytes.starts(with: $0.mark) }) else { return nil }
        guard let bytes = Self.decoded(name.bytes.dropFirst(kind.mark.count)) else { return nil }
        self.kind = kind
        self.bytes = bytes
    }

    static let mark = Array("%@".utf8)

    static func isMarked(_ bytes: some Sequence<UInt8>) -> Bool {
        bytes.starts(with: mark)
    }

    static func name(_ kind: Kind, _ bytes: ArraySlice<UInt8>) -> FileName {
        var text = kind.mark
        for byte in bytes {
            if let digits = escape(byte) { text += digits } else { text.append(byte) }
        }
        guard let name = FileName(text) else { preconditionFailure("a component of a key has no slash") }
        return name
    }

    /// How long `name(kind, bytes)` is, in bytes.
    static func length(_ kind: Kind, _ bytes: ArraySlice<UInt8>) -> Int {
        kind.mark.count + payloadLength(bytes)
    }

    static func payloadLength(_ bytes: ArraySlice<UInt8>) -> Int {
        bytes.reduce(0) { $0 + (escape($1)?.count ?? 1) }
    }

    private static let percent = UInt8(ascii: "%")

    private static func escape(_ byte: UInt8) -> [UInt8]? {
        switch byte {
        case 0: Array("%00".utf8)
        case percent: Array("%25".utf8)
        default: nil
        }
    }

    private static func decoded(_ payload: ArraySlice<UInt8>) -> [UInt8]? {
        var bytes: [UInt8] = []
        var rest = payload
        while let byte = rest.popFirst() {
            guard byte == percent else {
                bytes.append(byte)
                continue
            }
            switch Array(rest.prefix(2)) {
            case Array("00".utf8): bytes.append(0)
            case Array("25".utf8): bytes.append(percent)
            default: return nil
            }
            rest = rest.dropFirst(2)
        }
        return bytes
    }
}
