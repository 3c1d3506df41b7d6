/// Bytes that do not say what they should.
package struct DamagedMap: Error, Hashable, CustomStringConvertible {
    package let reason: String

    init(_ reason: String) {
        self.reason = reason
    }

    package var description: String { "the record of a file's content is damaged: \(reason)" }
}

/// Writes numbers in seven bits a byte, lowest first (LEB128), and byte strings behind their length.
struct MapWriter {
    private(set) var bytes: [UInt8] = []

    /// `value` is not negative.
    mutating func number(_ value: Int64) {
        var rest = UInt64(value)
        while rest > 0x7F {
            bytes.append(UInt8(rest & 0x7F) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    mutating func string(_ value: some Collection<UInt8>) {
        number(Int64(value.count))
        bytes.append(contentsOf: value)
    }

    mutating func optional(_ value: String?) {
        number(value == nil ? 0 : 1)
        if let value { string(value.utf8) }
    }

    /// The CRC-32C of all before it ends the record.
    mutating func checksum() {
        let sum = CyclicSum.of(bytes[...])
        for shift in stride(from: UInt32(0), to: 32, by: 8) { bytes.append(UInt8(truncatingIfNeeded: sum >> shift)) }
    }
}

/// Reads what `MapWriter` wrote. Every number is checked before it is used, so damaged bytes are an error and never a trap.
struct MapReader {
    private var rest: ArraySlice<UInt8>

    init(checked bytes: ArraySlice<UInt8>) throws(DamagedMap) {
        guard bytes.count > 4 else { throw DamagedMap("it is too short") }
        rest = bytes.dropLast(4)
        var sum: UInt32 = 0
        for byte in bytes.suffix(4).reversed() { sum = sum << 8 | UInt32(byte) }
        guard CyclicSum.of(rest) == sum else { throw DamagedMap("its checksum is another") }
    }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func number() throws(DamagedMap) -> Int64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), through: 56, by: 7) {
            guard let byte = rest.popFirst() else { throw DamagedMap("it ends within a number") }
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return Int64(value) }
        }
        throw DamagedMap("a number is too long")
    }

    mutating func number(upTo limit: Int64, _ what: String) throws(DamagedMap) -> Int64 {
        let value = try number()
        guard value <= limit else { throw DamagedMap("\(what) is \(value), more than \(limit)") }
        return value
    }

    mutating func string() throws(DamagedMap) -> [UInt8] {
        let count = Int(try number(upTo: Int64(rest.count), "a length"))
        defer { rest = rest.dropFirst(count) }
        return Array(rest.prefix(count))
    }

    mutating func text() throws(DamagedMap) -> String {
        guard let text = String(validating: try string(), as: UTF8.self) else { throw DamagedMap("a text is not UTF-8") }
        return text
    }

    mutating func optional() throws(DamagedMap) -> String? {
        try number(upTo: 1, "a mark") == 1 ? try text() : nil
    }
}

/// CRC-32C (RFC 3720, appendix B.4): finds every run of up to 32 damaged bits.
enum CyclicSum {
    private static let table: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { sum, _ in sum & 1 == 1 ? sum >> 1 ^ 0x82F6_3B78 : sum >> 1 }
    }

    static func of(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        ~bytes.reduce(~UInt32(0)) { sum, byte in table[Int(UInt8(truncatingIfNeeded: sum) ^ byte)] ^ sum >> 8 }
    }
}
