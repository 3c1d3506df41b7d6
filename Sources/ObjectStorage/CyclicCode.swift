/// A reflected cyclic redundancy check, up to 64 bits wide, with all bits inverted before and after.
package struct CyclicCode: Sendable {
    package let width: Int
    private let polynomial: UInt64
    /// Eight tables of 256: eight bytes are taken at once (slicing by 8).
    private let table: [UInt64]

    /// CRC-32 of IEEE 802.3.
    package static let crc32 = CyclicCode(width: 32, polynomial: 0xEDB8_8320)
    /// CRC-32C (RFC 3720, B.4).
    package static let crc32c = CyclicCode(width: 32, polynomial: 0x82F6_3B78)
    /// CRC-64/NVME.
    package static let crc64nvme = CyclicCode(width: 64, polynomial: 0x9A6C_9329_AC4B_C9B5)

    /// CRC-64 of ECMA-182, reflected, as OBS and xz take it.
    package static let crc64ecma = CyclicCode(width: 64, polynomial: 0xC96C_5795_D787_0F42)

    private init(width: Int, polynomial: UInt64) {
        self.width = width
        self.polynomial = polynomial
        var table = (0..<256).map { Self.remainder(of: UInt64($0), polynomial) }
        for index in 256..<2048 {
            let before = table[index - 256]
            table.append(before >> 8 ^ table[Int(before & 255)])
        }
        self.table = table
    }

    private static func remainder(of byte: UInt64, _ polynomial: UInt64) -> UInt64 {
        var value = byte
        for _ in 0..<8 { value = value & 1 == 1 ? value >> 1 ^ polynomial : value >> 1 }
        return value
    }

    private var mask: UInt64 { width == 64 ? .max : (1 << UInt64(width)) - 1 }

    /// The check of some bytes and then `bytes`, given the check of the former (0 for none).
    package func update(_ check: UInt64, _ bytes: UnsafeRawBufferPointer) -> UInt64 {
        var value = check ^ mask
        unsafe table.withUnsafeBufferPointer { table in
            var position = 0
            while position + 8 <= bytes.count {
                let word = unsafe bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self).littleEndian ^ value
                var next = unsafe table[1792 + Int(word & 255)] ^ table[1536 + Int(word >> 8 & 255)]
                unsafe next ^= table[1280 + Int(word >> 16 & 255)] ^ table[1024 + Int(word >> 24 & 255)]
                unsafe next ^= table[768 + Int(word >> 32 & 255)] ^ table[512 + Int(word >> 40 & 255)]
                unsafe next ^= table[256 + Int(word >> 48 & 255)] ^ table[Int(word >> 56)]
                value = next
                position += 8
            }
            while position < bytes.count {
                value = unsafe value >> 8 ^ table[Int((value ^ UInt64(bytes[position])) & 255)]
                position += 1
            }
        }
        return value ^ mask
    }

    /// The same, of bytes in an array.
    package func update(_ check: UInt64, _ bytes: ArraySlice<UInt8>) -> UInt64 {
        unsafe bytes.withUnsafeBytes { unsafe update(check, $0) }
    }

    package func check(of bytes: [UInt8]) -> UInt64 {
        update(0, bytes[...])
    }

    /// The check of two pieces one after the other, from theirs and the length of the second in bytes.
    package func combine(_ first: UInt64, _ second: UInt64, secondCount: Int64) -> UInt64 {
        multiply(power(ofX: UInt64(secondCount) * 8), first) ^ second
    }

    /// The product of two polynomials modulo the code's; the highest power is the lowest bit.
    private func multiply(_ left: UInt64, _ right: UInt64) -> UInt64 {
        var product: UInt64 = 0
        var shifted = right
        for bit in stride(from: width - 1, through: 0, by: -1) {
            if left >> UInt64(bit) & 1 == 1 { product ^= shifted }
            shifted = shifted & 1 == 1 ? shifted >> 1 ^ polynomial : shifted >> 1
        }
        return product
    }

    private func power(ofX exponent: UInt64) -> UInt64 {
        var result: UInt64 = 1 << UInt64(width - 1)
        var square: UInt64 = 1 << UInt64(width - 2)
        var rest = exponent
        while rest > 0 {
            if rest & 1 == 1 { result = multiply(result, square) }
            square = multiply(square, square)
            rest >>= 1
        }
        return result
    }

    /// The bytes of a check, most significant first, as headers carry them.
    package func bytes(of check: UInt64) -> [UInt8] {
        stride(from: width - 8, through: 0, by: -8).map { UInt8(check >> UInt64($0) & 255) }
    }

    package func value(of bytes: [UInt8]) -> UInt64 {
        bytes.reduce(0) { $0 << 8 | UInt64($1) }
    }
}
