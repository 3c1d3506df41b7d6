import ArgumentParser
import ObjectStorage
import RemoteStore

/// An object, or a bucket with the beginning of keys: `bucket/key`, `s3://bucket/key`, `obs://bucket/key` and so on. The key may be empty.
struct ObjectAddress: ExpressibleByArgument {
    let bucket: BucketAddress
    let key: String

    init?(argument: String) {
        var rest = argument[...]
        var scheme = ""
        if let family = Dialect.Family.allCases.first(where: { argument.hasPrefix("\($0.rawValue)://") }) {
            scheme = "\(family.rawValue)://"
            rest = rest.dropFirst(scheme.count)
        }
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        guard let bucket = BucketAddress(argument: scheme + rest[..<slash]) else { return nil }
        self.bucket = bucket
        key = slash == rest.endIndex ? "" : String(rest[rest.index(after: slash)...])
    }

    init(_ bucket: BucketAddress, key: String) {
        self.bucket = bucket
        self.key = key
    }

    /// Whether it is written as a URL: what else may be a path of this machine is not.
    static func isURL(_ text: String) -> Bool {
        Dialect.Family.allCases.contains { text.hasPrefix("\($0.rawValue)://") }
    }

    /// Fails for a bucket alone.
    func requiredKey() throws -> Key {
        guard !key.isEmpty else { throw Failure("name an object: BUCKET/KEY", code: .usage) }
        return Key(key)
    }
}
