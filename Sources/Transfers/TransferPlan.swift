package import FileSystemTypes
package import ObjectStorage

/// A bucket, or what begins so in it, as one side of a transfer.
package struct RemotePlace: Sendable {
    package let store: any ObjectStore
    /// Of all keys; the whole key where the transfer is of one object.
    package let prefix: Key
    /// Puts a failure into the words of whoever has asked for the transfer.
    package let explain: @Sendable (StoreError, Key?) -> TransferError

    package init(_ store: any ObjectStore, prefix: Key, explain: @escaping @Sendable (StoreError, Key?) -> TransferError) {
        self.store = store
        self.prefix = prefix
        self.explain = explain
    }

    func key(_ path: RelativePath) -> Key { Key(prefix.bytes + path.bytes) }
}

/// Copies that a store makes by itself, from the bucket of the source to that of the target.
package protocol ServerCopying: Sendable {
    /// In bytes, of one request; larger objects are copied in parts.
    var largestCopy: Int64 { get }
    /// Of each part, in bytes.
    var partSize: Int64 { get }
    func copy(_ source: Key, to target: Key, ifMatches etag: ETag?) async throws(StoreError)
    func begin(_ target: Key, like source: Key) async throws(StoreError) -> Upload
    func copyPart(_ number: Int, _ range: ByteRange, of source: Key, to upload: Upload, ifMatches etag: ETag?) async throws(StoreError)
        -> UploadedPart
}

/// From where to where.
package enum TransferRoute: Sendable {
    case up(LocalPath, RemotePlace)
    case down(RemotePlace, LocalPath)
    /// Through this machine where no store copies by itself.
    case across(RemotePlace, RemotePlace, (any ServerCopying)?)

    package var direction: TransferDirection {
        switch self {
        case .up: .up
        case .down: .down
        case .across: .across
        }
    }
}

/// What a transfer is to do.
package struct TransferPlan: Sendable {
    /// The job's number in hexadecimal: files on their way carry it in their names.
    package var job: String
    package var route: TransferRoute
    /// The one file or object that it is of; its path is empty. Nil for all that is below.
    package var single: TransferEntry?
    /// How the sides are compared; nil copies everything.
    package var rule: ComparisonRule?
    package var filter = PathFilter()
    /// Deletes at the target what the source has not.
    package var deletes = false
    /// Deletes at the source what has been transferred.
    package var removesSources = false
    package var isDryRun = false
    /// Symbolic links are taken for what they point to.
    package var follow = false
    /// Files and parts on their way at the same time.
    package var parallel = 16
    /// In bytes; what is no longer goes in one request.
    package var partSize: Int64 = 16 << 20

    package init(job: String, route: TransferRoute) {
        self.job = job
        self.route = route
    }

    /// In bytes: what may be in memory at the same time, beside two chunks for each request. A single part that is larger has it alone.
    package static let memory: Int64 = 128 << 20
    /// What is read as a whole before it is sent, so that no two versions of a file are mixed.
    package static let largestInMemory: Int64 = 8 << 20
}

/// What became of a transfer.
package struct TransferOutcome: Sendable {
    package var figures: TransferFigures
    /// The first files that failed; `figures` counts them all.
    package var failures: [(path: RelativePath, error: TransferError)]
    /// All that failed did so because somebody else's work stands in the way.
    package var isConflict: Bool
    /// What ended it before its end.
    package var fatal: TransferError?
}
