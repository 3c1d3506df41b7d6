internal import Crypto
package import FileSystemTypes
internal import Foundation
internal import Glibc
package import Logging
package import ObjectStorage
internal import Signing

/// What was found out about buckets, remembered from mount to mount: one small file each. Blocks on the disk.
package struct CapabilityCache: Sendable {
    /// Another version is another form; what is older than `lifetime` may have changed.
    private static let version = 2
    private static let lifetime: Int64 = 7 * 24 * 3600
    private static let sizeLimit = 64 << 10

    private struct Entry: Codable {
        var version: Int
        var endpoint: String
        var bucket: String
        var dialect: String
        /// Seconds of UNIX time.
        var found: Int64
        var capabilities: Capabilities
    }

    private let folder: String
    private let logger: Logger

    /// `folder` need not be there yet.
    package init(folder: String, logger: Logger) {
        self.folder = folder
        self.logger = logger
    }

    /// In `$XDG_CACHE_HOME` or `~/.cache`; nil where neither is set.
    package static func standard(_ environment: [String: String], logger: Logger) -> CapabilityCache? {
        let named = environment["XDG_CACHE_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil }
        guard let base = named ?? environment["HOME"].map({ $0 + "/.cache" }) else { return nil }
        return CapabilityCache(folder: base + "/windlass/capabilities", logger: logger)
    }

    /// Nil where nothing is remembered, or nothing that still counts.
    package func capabilities(of bucket: BucketName, at client: StoreClient, now: Timestamp = .now) -> Capabilities? {
        let path = path(bucket, client)
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: path) else { return nil }
        guard attributes[.type] as? FileAttributeType == .typeRegular, (attributes[.size] as? NSNumber)?.intValue ?? .max <= Self.sizeLimit,
            let data = FileManager.default.contents(atPath: path), let entry = try? JSONDecoder().decode(Entry.self, from: data)
        else {
            logger.notice("what is remembered of bucket \(bucket) in \(path) cannot be used; it will be replaced")
            return nil
        }
        let expected = self.entry(bucket, client, entry.capabilities, now)
        guard (entry.version, entry.endpoint, entry.bucket) == (expected.version, expected.endpoint, expected.bucket),
            entry.dialect == expected.dialect, (0..<Self.lifetime).contains(now.seconds - entry.found)
        else { return nil }
        return entry.capabilities
    }

    /// Replaces what is remembered, in one step. A failure is logged: it costs the next mount some requests and nothing else.
    package func remember(_ capabilities: Capabilities, of bucket: BucketName, at client: StoreClient, now: Timestamp = .now) {
        let path = path(bucket, client)
        let temporary = "\(path).\(getpid())"
        do {
            let data = try JSONEncoder().encode(entry(bucket, client, capabilities, now))
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            guard FileManager.default.createFile(atPath: temporary, contents: data, attributes: [.posixPermissions: 0o600]),
                unsafe rename(temporary, path) == 0
            else { throw CocoaError(.fileWriteUnknown) }
        } catch {
            try? FileManager.default.removeItem(atPath: temporary)
            logger.notice("cannot remember in \(path) what the store of bucket \(bucket) can do; it will be asked again")
        }
    }

    private func entry(_ bucket: BucketName, _ client: StoreClient, _ capabilities: Capabilities, _ now: Timestamp) -> Entry {
        Entry(
            version: Self.version, endpoint: client.endpoint.description, bucket: bucket.text, dialect: client.dialect.description,
            found: now.seconds, capabilities: capabilities)
    }

    private func path(_ bucket: BucketName, _ client: StoreClient) -> String {
        let name = SHA256.hash(data: Array("\(client.endpoint)\n\(bucket)".utf8)).hexadecimal
        return "\(folder)/\(name).json"
    }
}
