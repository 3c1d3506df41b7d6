import ConformanceSupport
import Foundation
import ObjectStorage
import TestSupport

/// A store that the promises are checked on.
///
/// A new kind of store is one more case, its line in `all`, and how it is reached in `connect`.
enum StoreUnderTest: Sendable, CustomStringConvertible {
    /// The store in memory, with limits small enough to reach with little data.
    case memory
    /// The same with Amazon S3's own limits.
    case memoryWithS3Limits
    /// The remote store's client against the embedded server, listing by version 2 or 1.
    case embedded(listVersion: Int)
    /// The remote store's client against a server that others wrote.
    case external(ExternalServer)

    static let all: [StoreUnderTest] = [.memory, .memoryWithS3Limits, .embedded(listVersion: 2), .embedded(listVersion: 1)] + externals

    private static var externals: [StoreUnderTest] {
        do {
            return try ExternalServer.configured().flatMap { [.external($0), .external($0.signedByVersion2)] }
        } catch {
            preconditionFailure("WINDLASS_TEST_SERVERS cannot be read: \(error)")
        }
    }

    /// What is known of the store before it is reached: decides which promises are checked.
    var traits: StoreTraits {
        switch self {
        case .memory, .memoryWithS3Limits, .embedded: StoreTraits()
        case .external(let server): server.traits ?? StoreTraits()
        }
    }

    func connect() async throws -> StoreConnection {
        switch self {
        case .memory: connection(to: MemoryStore(limits: .small))
        case .memoryWithS3Limits: connection(to: MemoryStore())
        case .embedded(let version): try await EmbeddedServer.shared().connection(traits: traits, listVersion: version)
        case .external(let server): try RemoteConnection(server).connection(traits: traits)
        }
    }

    private func connection(to store: MemoryStore) -> StoreConnection {
        StoreConnection(service: store, traits: traits) { store.bucket($0) }
    }

    var description: String {
        switch self {
        case .memory: "memory"
        case .memoryWithS3Limits: "memory with S3 limits"
        case .embedded(let version): "windlass-store, list version \(version)"
        case .external(let server): server.name
        }
    }
}

extension StoreLimits {
    fileprivate static var small: StoreLimits {
        var limits = StoreLimits.s3
        limits.minimumPart = 1000
        limits.deleteBatch = 10
        return limits
    }
}
