import ConformanceSupport
import Foundation
import Logging
import ObjectStorage
import Requests
import TestSupport

/// A store that the promises are checked on.
///
/// A new kind of store is one more case, its line in `all`, and how it is reached in `connect`.
enum StoreUnderTest: Sendable, CustomStringConvertible {
    /// The store in memory, with limits small enough to reach with little data.
    case memory
    /// The same with Amazon S3's own limits.
    case memoryWithS3Limits
    /// The same with every verb that changes objects where they lie.
    case memoryInPlace
    /// Conditions held in front of a store that knows none.
    case guardedMemory
    /// With all that a mount puts its requests through.
    case scheduledMemory
    /// The remote store's client against the embedded server, in one of its dialects.
    case embedded(EmbeddedDialect)
    /// The remote store's client against a server that others wrote.
    case external(ExternalServer)

    static let all: [StoreUnderTest] =
        [.memory, .memoryWithS3Limits, .memoryInPlace, .guardedMemory, .scheduledMemory] + EmbeddedDialect.all.map { .embedded($0) } + externals

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
        case .memory, .memoryWithS3Limits: StoreTraits().lacking(StoreFeature.inPlace, "as Amazon S3")
        case .memoryInPlace, .scheduledMemory: StoreTraits()
        case .guardedMemory: StoreTraits().lacking(StoreFeature.inPlace + [.atomicCreate], "it knows no more than every store")
        case .embedded(let dialect): dialect.traits
        case .external(let server): Self.traits(server)
        }
    }

    private static func traits(_ server: ExternalServer) -> StoreTraits {
        var traits = server.traits ?? StoreTraits(missing: [.append: "nothing is known of it"])
        if let reason = traits.missing[StoreFeature.append.rawValue] { traits = traits.lacking([.appendOnlyToAppended], reason) }
        return traits.lacking([.fewAppends], "10,000 appends take too long").lacking([.modify, .rename, .replaceAttributes], "only OBS does")
    }

    func connect() async throws -> StoreConnection {
        switch self {
        case .memory: return connection(to: MemoryStore(limits: .small))
        case .memoryWithS3Limits: return connection(to: MemoryStore())
        case .memoryInPlace: return connection(to: MemoryStore(limits: .small, capabilities: .inPlace))
        case .guardedMemory:
            let store = MemoryStore(limits: .small, capabilities: .copyingParts)
            return StoreConnection(service: store, traits: traits) { GuardedStore(store.bucket($0)) }
        case .scheduledMemory:
            let store = MemoryStore(limits: .small, capabilities: .inPlace)
            let silent = Logger(label: "conformance") { _ in SwiftLogNoOpLogHandler() }
            return StoreConnection(service: store, traits: traits) { name in
                store.bucket(name).scheduled(by: RequestGate(), policy: .brief, logger: silent)
            }
        case .embedded(let dialect): return try await connection(to: dialect)
        case .external(let server): return try RemoteConnection(server).connection(traits: traits)
        }
    }

    private func connection(to dialect: EmbeddedDialect) async throws -> StoreConnection {
        let remote = try RemoteConnection(dialect, await EmbeddedServer.shared(dialect))
        if dialect.isFileSystem { return remote.fileSystems(traits: traits) }
        return dialect.isGuarded ? remote.guarded(traits: traits) : remote.connection(traits: traits)
    }

    private func connection(to store: MemoryStore) -> StoreConnection {
        StoreConnection(service: store, traits: traits) { store.bucket($0) }
    }

    var description: String {
        switch self {
        case .memory: "memory"
        case .memoryWithS3Limits: "memory with S3 limits"
        case .memoryInPlace: "memory with changes in place"
        case .guardedMemory: "memory without conditions, guarded"
        case .scheduledMemory: "memory, scheduled"
        case .embedded(let dialect): "windlass-store, \(dialect.name)"
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

extension Capabilities {
    static var inPlace: Capabilities {
        var all = Capabilities.memory
        all.append = AppendRules(maximumAppends: 12)
        all.modify = true
        all.rename = true
        all.replaceAttributes = true
        return all
    }

    fileprivate static var copyingParts: Capabilities {
        var least = Capabilities.least
        least.partCopy = true
        return least
    }
}
