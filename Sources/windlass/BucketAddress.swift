import ArgumentParser
import ObjectStorage
import RemoteStore

/// A bucket, perhaps with a dialect and a prefix: `bucket`, `s3://bucket/prefix`, `obs://bucket`, `cos://bucket` or `oos://bucket`.
struct BucketAddress: ExpressibleByArgument {
    /// What the address says of the store; nil of a bare name.
    let scheme: Dialect.Family?
    let bucket: BucketName
    /// Empty or ending in `/`.
    let prefix: String

    init?(argument: String) {
        var rest = argument[...]
        var prefix = ""
        let scheme = Dialect.Family.allCases.first { argument.hasPrefix("\($0.rawValue)://") }
        if let scheme {
            rest = rest.dropFirst(scheme.rawValue.count + 3)
            if let slash = rest.firstIndex(of: "/") {
                prefix = String(rest[rest.index(after: slash)...])
                rest = rest[..<slash]
            }
        }
        guard Self.isPossible(rest) else { return nil }
        self.scheme = scheme
        bucket = BucketName(String(rest))
        self.prefix = Self.folder(prefix)
    }

    /// With a slash at the end, unless it is empty.
    static func folder(_ prefix: String) -> String {
        prefix.isEmpty || prefix.hasSuffix("/") ? prefix : prefix + "/"
    }

    /// What the oldest stores allow; the store itself checks the rest.
    private static func isPossible(_ name: Substring) -> Bool {
        (1...255).contains(name.utf8.count)
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                    UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }
}
