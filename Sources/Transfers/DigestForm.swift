internal import Crypto
package import FileSystemTypes
internal import Foundation
package import LocalFiles
package import ObjectStorage

/// What an ETag says of the bytes, where it says anything: their MD5, or the MD5 of the MD5s of their parts.
package enum DigestForm: Hashable, Sendable {
    case whole(String)
    case parts(String, count: Int)

    /// Sizes of parts that programs use, in MiB.
    private static let usualSizes: [Int64] = [5, 8, 10, 15, 16, 20, 25, 32, 50, 64, 100, 128, 256, 512]
    private static let chunk = 1 << 20

    /// Nil for what is neither.
    package init?(_ etag: ETag) {
        let halves = etag.text.lowercased().split(separator: "-", omittingEmptySubsequences: false).map(String.init)
        guard halves[0].utf8.count == 32, halves[0].allSatisfy(\.isHexDigit) else { return nil }
        switch halves.count {
        case 1: self = .whole(halves[0])
        case 2:
            guard let count = Int(halves[1]), count > 0 else { return nil }
            self = .parts(halves[0], count: count)
        default: return nil
        }
    }

    /// Whether a file has these bytes. How large parts were an ETag does not tell: the usual sizes are tried.
    package func matches(_ file: FileDescriptor, size: Int64, wanted: Int64) throws(Errno) -> Bool {
        switch self {
        case .whole(let digest): return try Self.text(Self.digest(file, ByteRange(offset: 0, count: size))) == digest
        case .parts(let digest, let count):
            for partSize in Self.sizes(size, count, wanted) {
                let layout = PartLayout(size: size, partSize: partSize)
                var all = Insecure.MD5()
                for number in 1...count { all.update(data: try Self.digest(file, layout.range(number))) }
                if Self.text(Array(all.finalize())) == digest { return true }
            }
            return false
        }
    }

    /// Those that make so many parts.
    private static func sizes(_ size: Int64, _ count: Int, _ wanted: Int64) -> [Int64] {
        let least = (size + Int64(count) - 1) / Int64(count)
        let rounded = ((least + (1 << 20) - 1) >> 20) << 20
        let sizes = [wanted, least, rounded] + usualSizes.map { $0 << 20 }
        var seen: Set<Int64> = []
        return sizes.filter { $0 > 0 && PartLayout(size: size, partSize: $0).count == count && seen.insert($0).inserted }
    }

    private static func digest(_ file: FileDescriptor, _ range: ByteRange) throws(Errno) -> [UInt8] {
        var digest = Insecure.MD5()
        var offset = range.offset
        while offset < range.end {
            let bytes = try file.read(at: offset, count: Int(min(Int64(chunk), range.end - offset)))
            guard !bytes.isEmpty else { break }
            digest.update(data: bytes)
            offset += Int64(bytes.count)
        }
        return Array(digest.finalize())
    }

    private static func text(_ digest: [UInt8]) -> String {
        digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
