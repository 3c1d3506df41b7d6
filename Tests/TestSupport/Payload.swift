/// Bytes that two small numbers decide, so that an operation stays short when it is printed.
package struct Payload: Hashable, Sendable, CustomStringConvertible {
    package let seed: UInt64
    /// In bytes.
    package let count: Int

    package init(seed: UInt64, count: Int) {
        self.seed = seed
        self.count = count
    }

    package var bytes: [UInt8] {
        var generator = SeededGenerator(seed: seed)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count + 8)
        while bytes.count < count {
            let word = generator.next()
            for shift in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: word >> (8 * UInt64(shift)))) }
        }
        return Array(bytes.prefix(count))
    }

    package var description: String { "\(count) bytes of seed \(seed)" }
}
