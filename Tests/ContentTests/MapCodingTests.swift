import Content
import FileSystemTypes
import ObjectStorage
import TestSupport
import Testing

@Suite struct MapCodingTests {
    private func sample(seed: UInt64) -> ModelFile {
        var file = ModelFile(size: 60, seed: seed)
        for edit in EditGenerator().sequence(seed: seed, length: 25) { file.apply(edit) }
        return file
    }

    @Test(.timeLimit(.minutes(1)))
    func aFullCircle() throws {
        for seed in SeededGenerator.seeds(100) {
            let decoded = try ExtentMap(decoding: sample(seed: seed).map.encoded)
            #expect(try ExtentMap(decoding: decoded.encoded) == decoded)
        }
        var large = ExtentMap(base: ObjectVersion(key: "k", etag: nil, version: VersionID("v"), size: 48 << 40))
        large.truncate(to: .max)
        #expect(try ExtentMap(decoding: large.encoded) == large)
    }

    @Test(.timeLimit(.minutes(1)))
    func everyFlippedBitAndEveryCutIsFound() {
        let bytes = sample(seed: 3).map.encoded
        for place in bytes.indices {
            for bit in 0..<8 {
                var damaged = bytes
                damaged[place] ^= 1 << UInt8(bit)
                #expect(throws: DamagedMap.self) { try ExtentMap(decoding: damaged) }
            }
            #expect(throws: DamagedMap.self) { try ExtentMap(decoding: Array(bytes.prefix(place))) }
        }
    }

    /// Bytes with a right checksum that mean nothing: an error or a sound map, never a trap.
    @Test(.timeLimit(.minutes(2)))
    func arbitraryBytesNeverTrap() throws {
        var random = SeededGenerator(seed: SeededGenerator.baseSeed)
        var refused = 0
        for round in 0..<20_000 {
            var bytes = Array(sample(seed: UInt64(round % 50)).map.encoded.dropLast(4))
            for _ in 0...Int.random(in: 0..<4, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                bytes[place] = random.pick([0, 1, 0x7F, 0x80, 0xFF, UInt8.random(in: 0...255, using: &random)])
            }
            guard let map = try? ExtentMap(decoding: Self.sealed(bytes)) else {
                refused += 1
                continue
            }
            #expect(try ExtentMap(decoding: map.encoded) == map)
        }
        #expect(refused > 5000 && refused < 20_000)
    }

    /// With the checksum a writer would give: the polynomial of RFC 3720, one bit at a time.
    private static func sealed(_ bytes: [UInt8]) -> [UInt8] {
        var sum = ~UInt32(0)
        for byte in bytes {
            sum ^= UInt32(byte)
            for _ in 0..<8 { sum = sum & 1 == 1 ? sum >> 1 ^ 0x82F6_3B78 : sum >> 1 }
        }
        return bytes + (0..<4).map { UInt8(truncatingIfNeeded: ~sum >> (8 * $0)) }
    }
}
