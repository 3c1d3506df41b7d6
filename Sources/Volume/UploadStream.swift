internal import Content
internal import FileSystemTypes
internal import ObjectStorage

/// How far a file that is written from front to back has been sent while it is being written. A value in the file's state.
struct UploadStream: Sendable {
    /// Bytes before this were written without a gap.
    private(set) var end: Int64 = 0
    /// Bytes before this were handed to parts.
    private(set) var sent: Int64 = 0
    private(set) var nextPart = 1
    /// Parts on their way.
    var parts: [Int: Task<Void, Never>] = [:]
    /// The upload: begun with the first part.
    var beginning: Task<Upload?, Never>?
    var upload: Upload?
    /// What the upload was created with.
    var attributes: ObjectAttributes?
    /// A part failed, or the upload could not be made: the rest is for the commit.
    var hasFailed = false
    /// A commit is planning: no further parts.
    var isPaused = false

    mutating func wrote(_ range: ByteRange) {
        if range.offset <= end { end = max(end, range.end) }
    }

    mutating func truncated(to size: Int64) {
        end = min(end, size)
        sent = min(sent, size)
    }

    /// The next part to send; nil while too little has been written. Two parts' worth is waited for: less goes up in one request.
    mutating func nextRange(_ sizes: StreamingPartSizes, first: Int64, limit: Int) -> (number: Int, range: ByteRange)? {
        guard !isPaused, !hasFailed, parts.count < limit else { return nil }
        guard nextPart > 1 || end >= 2 * first else { return nil }
        let size = sizes[nextPart]
        guard end - sent >= size else { return nil }
        defer {
            sent += size
            nextPart += 1
        }
        return (nextPart, ByteRange(offset: sent, count: size))
    }
}
