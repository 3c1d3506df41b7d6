package import Logging
package import ObjectStorage

/// What a bucket's store can do: as far as its dialect and its host tell, and what has to be asked for the rest.
package struct CapabilitySearch: Sendable {
    /// What is not known by the names alone.
    package enum Gap: Hashable, Sendable {
        case none
        /// Whether the bucket is a file system (OBS): one HEAD tells.
        case kind
        /// Which verbs and conditions the store knows: scratch objects tell.
        case verbs
    }

    private let client: StoreClient
    private let bucket: BucketName
    private let policy: RetryPolicy
    private let logger: Logger

    package init(_ client: StoreClient, bucket: BucketName, policy: RetryPolicy = .brief, logger: Logger) {
        self.client = client
        self.bucket = bucket
        self.policy = policy
        self.logger = logger
    }

    private var dialect: Dialect { client.dialect }

    package var gap: Gap {
        guard client.endpoint.family == dialect.family, client.configuration.addressing != .domain else { return .verbs }
        return dialect.family == .obs ? .kind : .none
    }

    /// Without any request: what every bucket of this dialect at this host can do.
    package var known: Capabilities {
        gap == .none && dialect.family == .s3 ? .amazon(append: dialect.append) : dialect.capabilities
    }

    /// The answer of a HEAD is enough: `known`, with what a file system has and lacks.
    package func look() async throws(StoreError) -> Capabilities {
        guard dialect.family == .obs else { return known }
        return try await traits().isFileSystem ? known.onFileSystem : known
    }

    /// Tries everything on scratch objects in `folder`, which is empty or ends in a slash; nothing where they could not be deleted again.
    package func probe(folder: String) async throws(StoreError) -> Capabilities {
        let keepsEverything = try await BucketSettings(store: asking, bucket: bucket).keepsEverything()
        guard !keepsEverything, client.configuration.objects.retention == nil else { return known }
        var certain = Capabilities()
        certain.checksums = dialect.capabilities.checksums
        if dialect.family == .obs, try await traits().isFileSystem { certain = certain.onFileSystem }
        var tried = Capabilities()
        tried.append = certain.modify || dialect.append == .writeOffset ? nil : dialect.append.map { _ in AppendRules(maximumAppends: nil) }
        tried.replaceAttributes = dialect.family == .obs
        tried.listAttributes = dialect.family == .s3 && dialect.listing == .tokens
        let store = RetryingStore(RemoteStore(client, bucket: bucket, capabilities: tried), policy: policy, logger: logger)
        var found = try await CapabilityProbe(store, known: certain, folder: folder).run()
        if dialect.append == .writeOffset { found.append = known.append }
        return found
    }

    private var asking: RetryingStore<RemoteStore> { RetryingStore(RemoteStore(client, bucket: bucket), policy: policy, logger: logger) }

    private func traits() async throws(StoreError) -> BucketTraits {
        let buckets = RemoteBuckets(client)
        return try await asking.retrying { _ throws(StoreError) in try await buckets.traits(of: bucket) }
    }
}

extension Capabilities {
    /// Source: "Conditional requests", Amazon S3 User Guide; `append` where the bucket is a directory bucket.
    static func amazon(append form: Dialect.AppendForm?) -> Capabilities {
        var capabilities = copyingParts
        capabilities.putIfAbsent = true
        capabilities.putIfMatches = true
        capabilities.completeIfAbsent = true
        capabilities.completeIfMatches = true
        capabilities.copyIfSourceMatches = true
        capabilities.partCopyIfSourceMatches = true
        if form == .writeOffset { capabilities.append = AppendRules(maximumAppends: 10_000, anyObject: true) }
        return capabilities
    }

    /// Source: "Parallel File System", OBS Feature Guide: no appends there.
    package var onFileSystem: Capabilities {
        var capabilities = self
        capabilities.append = nil
        capabilities.modify = true
        capabilities.rename = true
        return capabilities
    }
}
