internal import Foundation
internal import GRDB
internal import LocalFiles

/// The check in a row's last column: CRC-32C over the table's name and the other columns, each with its kind and length.
enum RowCheck {
    static func check(of values: [DatabaseValue], in table: String) -> Int64 {
        var encoded = Array(table.utf8)
        for value in values { append(value, to: &encoded) }
        return Int64(CRC32C.check(of: encoded))
    }

    private static func append(_ value: DatabaseValue, to encoded: inout [UInt8]) {
        switch value.storage {
        case .null: encoded.append(0)
        case .int64(let number): append(1, Array(withLittleEndian(number)), to: &encoded)
        case .double(let number): append(2, Array(withLittleEndian(Int64(bitPattern: number.bitPattern))), to: &encoded)
        case .string(let text): append(3, Array(text.utf8), to: &encoded)
        case .blob(let data): append(4, Array(data), to: &encoded)
        }
    }

    private static func append(_ kind: UInt8, _ bytes: [UInt8], to encoded: inout [UInt8]) {
        encoded.append(kind)
        encoded.append(contentsOf: withLittleEndian(Int64(bytes.count)))
        encoded.append(contentsOf: bytes)
    }

    private static func withLittleEndian(_ number: Int64) -> some Sequence<UInt8> {
        (0..<8).lazy.map { UInt8(truncatingIfNeeded: number >> (8 * Int64($0))) }
    }
}
