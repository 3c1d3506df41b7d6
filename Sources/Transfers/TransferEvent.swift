/// What a transfer tells while it goes on.
package enum TransferEvent: Hashable, Sendable {
    /// It will be transferred.
    case queued(RelativePath, bytes: Int64)
    /// So many of its bytes are where they belong.
    case progress(RelativePath, done: Int64, bytes: Int64)
    case done(RelativePath, bytes: Int64)
    /// Nothing had to be done.
    case unchanged(RelativePath)
    case failed(RelativePath, TransferError)
    /// Left out, and why.
    case note(RelativePath, String)
    case deleted(RelativePath)
    case wouldCopy(RelativePath, bytes: Int64)
    case wouldDelete(RelativePath)
}

/// What a transfer has done so far, or in all.
package struct TransferFigures: Hashable, Codable, Sendable {
    package var files = 0
    /// Of all files that are to be transferred, as far as they are known; those of an earlier run that is taken up again are among them.
    package var bytes: Int64 = 0
    package var doneFiles = 0
    package var doneBytes: Int64 = 0
    package var unchanged = 0
    package var deleted = 0
    package var failed = 0
    /// Whether `files` and `bytes` are all there will be.
    package var isListed = false

    package init() {}
}
