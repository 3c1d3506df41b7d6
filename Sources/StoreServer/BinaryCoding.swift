/// Writes the fields of a manifest: integers little-endian, everything else after its length.
struct BinaryWriter {
    private(set) var bytes: [UInt8] = []

    mutating func write(_ value: some FixedWidthInteger) {
        var rest = value
        for _ in 0..<(value.bitWidth / 8) {
            bytes.append(UInt8(truncatingIfNeeded: rest))
            rest >>= 8
        }
    }

    mutating func write(_ value: [UInt8]) {
        write(UInt32(value.count))
        bytes += value
    }

    mutating func write(_ text: String) { write(Array(text.utf8)) }

    mutating func write<Element>(_ list: [Element], _ each: (inout BinaryWriter, Element) -> Void) {
        write(UInt32(list.count))
        for element in list { each(&self, element) }
    }
}

/// Reads what `BinaryWriter` wrote; nil where the bytes end too early.
struct BinaryReader {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) {
        rest = bytes
    }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func integer<Value: FixedWidthInteger>(_ type: Value.Type = Value.self) -> Value? {
        let size = Value.bitWidth / 8
        guard rest.count >= size else { return nil }
        var value: Value = 0
        for byte in rest.prefix(size).reversed() { value = value << 8 | Value(truncatingIfNeeded: byte) }
        rest = rest.dropFirst(size)
        return value
    }

    mutating func bytes() -> [UInt8]? {
        guard let count = integer(UInt32.self), rest.count >= Int(count) else { return nil }
        defer { rest = rest.dropFirst(Int(count)) }
        return Array(rest.prefix(Int(count)))
    }

    mutating func text() -> String? {
        bytes().map { String(decoding: $0, as: UTF8.self) }
    }

    mutating func list<Element>(_ each: (inout BinaryReader) -> Element?) -> [Element]? {
        guard let count = integer(UInt32.self) else { return nil }
        var result: [Element] = []
        for _ in 0..<count {
            guard let element = each(&self) else { return nil }
            result.append(element)
        }
        return result
    }
}
