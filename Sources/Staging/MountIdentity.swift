internal import Crypto
package import ObjectStorage

/// What is mounted: two mounts with the same identity share a state folder, one after the other.
package struct MountIdentity: Hashable, Sendable {
    /// The store's address, e.g. `https://s3.example.com`.
    package let endpoint: String
    package let bucket: BucketName
    /// The part of the bucket; empty for all of it.
    package let prefix: Key

    package init(endpoint: String, bucket: BucketName, prefix: Key) {
        self.endpoint = endpoint
        self.bucket = bucket
        self.prefix = prefix
    }

    /// The folder's name: readable as far as a name can be, and told apart by a hash of everything.
    package var folderName: String {
        let readable = (Array(bucket.text.utf8) + (prefix.bytes.isEmpty ? [] : [UInt8(ascii: "_")] + prefix.bytes)).prefix(64)
        let name = String(decoding: readable.map { Self.isPlain($0) ? $0 : UInt8(ascii: "_") }, as: UTF8.self)
        let trimmed = name.hasSuffix("_") ? String(name.dropLast()) : name
        return "\(trimmed)-\(hash)"
    }

    private var hash: String {
        // Only the scheme and the host of an address are free of case; neither names two stores that differ by it.
        var parts = Array(endpoint.lowercased().utf8)
        while parts.last == UInt8(ascii: "/") { parts.removeLast() }
        let text = parts + [0] + Array(bucket.text.utf8) + [0] + prefix.bytes
        return SHA256.hash(data: text).prefix(8).map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }.joined()
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        case UInt8(ascii: "."), UInt8(ascii: "-"): true
        default: false
        }
    }

    /// For people who look into the folder.
    var summary: String {
        "endpoint \(endpoint)\nbucket \(bucket)\nprefix \(prefix)\n"
    }
}
