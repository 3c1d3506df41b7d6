extension String {
    /// Bytes of a key, as they are shown and typed: control characters, backslashes and what is not UTF-8 stand as `\xNN`.
    ///
    /// No two keys look the same, and no key can move a terminal's cursor.
    package init(escaping bytes: some Sequence<UInt8>) {
        self = ""
        var decoder = UTF8()
        var iterator = Array(bytes).makeIterator()
        var position = 0
        let all = Array(bytes)
        while true {
            switch decoder.decode(&iterator) {
            case .emptyInput: return
            case .error:
                append(Self.escape(all[position]))
                position += 1
                // A bad byte spoils only itself: the decoder goes on right behind it.
                iterator = Array(all[position...]).makeIterator()
                decoder = UTF8()
            case .scalarValue(let scalar):
                let length = UTF8.width(scalar)
                if Self.needsEscape(scalar) {
                    for byte in all[position..<position + length] { append(Self.escape(byte)) }
                } else {
                    unicodeScalars.append(scalar)
                }
                position += length
            }
        }
    }

    private static func needsEscape(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "\\" || scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value) || (0x2028...0x202E).contains(scalar.value)
            || (0x2066...0x2069).contains(scalar.value)
    }

    private static func escape(_ byte: UInt8) -> String {
        let digits = String(byte, radix: 16)
        return "\\x" + (digits.count == 1 ? "0" + digits : digits)
    }
}
