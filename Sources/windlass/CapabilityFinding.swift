import ArgumentParser
import Foundation
import Logging
import ObjectStorage
import RemoteStore

/// What a mount may ask of its bucket's store: known by its name, remembered from an earlier mount, or tried out now.
struct CapabilityFinding {
    enum Source: String, ExpressibleByArgument, CaseIterable {
        /// What is not known is remembered or tried out.
        case auto
        /// Tried out, whatever is known or remembered.
        case probe
        /// Nothing is tried out.
        case known
    }

    private let client: StoreClient
    private let command: MountCommand
    private let logger: Logger

    init(_ client: StoreClient, _ command: MountCommand, logger: Logger) {
        self.client = client
        self.command = command
        self.logger = logger
    }

    private var bucket: BucketName { command.address.bucket }

    /// Never fails: what cannot be found out is taken not to be there. Blocks on the network and the disk.
    func capabilities() -> Capabilities {
        let search = CapabilitySearch(client, bucket: bucket, logger: logger)
        let source = command.capabilities
        let cache = CapabilityCache.standard(ProcessInfo.processInfo.environment, logger: logger)
        guard !command.allowsNoChanges else {
            // What another mount found out still tells how to read.
            return source == .auto && search.gap == .verbs ? cache?.capabilities(of: bucket, at: client) ?? search.known : search.known
        }
        guard source == .probe || search.gap != .none else { return search.known }
        if source == .known || (source == .auto && search.gap == .kind) {
            return found { () async throws(StoreError) in try await search.look() } ?? search.known
        }
        if source == .auto, let remembered = cache?.capabilities(of: bucket, at: client) { return remembered }
        let folder = command.effectivePrefix
        guard let found = found({ () async throws(StoreError) in try await search.probe(folder: folder) }) else { return search.known }
        logger.info("tried out what the store of bucket \(bucket) can do: \(found)")
        cache?.remember(found, of: bucket, at: client)
        return found
    }

    private func found(_ body: @escaping @Sendable () async throws(StoreError) -> Capabilities) -> Capabilities? {
        let outcome = waiting { () async -> Result<Capabilities, StoreError> in
            do throws(StoreError) { return .success(try await body()) } catch { return .failure(error) }
        }
        switch outcome {
        case .success(let capabilities): return capabilities
        case .failure(let error):
            logger.warning(
                """
                cannot find out what the store of bucket \(bucket) can do, so only what all of its kind can do is used; \
                let the keys write and delete below '\(command.effectivePrefix)', or mount with --capabilities known: \(error)
                """)
            return nil
        }
    }
}
