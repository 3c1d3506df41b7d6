/// Files or objects in ascending order of their paths.
package protocol EntryStream: Sendable {
    /// Nil after the last. To be called by one task.
    func next() async throws(TransferError) -> TransferEntry?
}

/// A path that is on one side or on both.
package struct EntryPair: Hashable, Sendable {
    package var source: TransferEntry?
    package var target: TransferEntry?

    package init(source: TransferEntry?, target: TransferEntry?) {
        self.source = source
        self.target = target
    }
}

/// Walks two listings side by side. One entry of each is in memory, however long they are.
package struct EntryPairs {
    private let source: any EntryStream
    private let target: (any EntryStream)?
    private var nextSource: TransferEntry?
    private var nextTarget: TransferEntry?
    private var hasBegun = false

    /// Without a target every entry is on one side.
    package init(source: any EntryStream, target: (any EntryStream)?) {
        self.source = source
        self.target = target
    }

    /// The next path in order; nil after the last of both sides. Fails where a listing is not in order: then nothing can be concluded from
    /// what is missing in it.
    package mutating func next() async throws(TransferError) -> EntryPair? {
        if !hasBegun {
            hasBegun = true
            nextSource = try await source.next()
            nextTarget = try await target?.next()
        }
        let pair = Self.pair(nextSource, nextTarget)
        if let taken = pair?.source { nextSource = try await Self.follower(of: taken, in: source) }
        if let taken = pair?.target { nextTarget = try await Self.follower(of: taken, in: target) }
        return pair
    }

    /// Which of the two heads comes first, or both where they are the same path.
    private static func pair(_ source: TransferEntry?, _ target: TransferEntry?) -> EntryPair? {
        guard let source else { return target.map { EntryPair(source: nil, target: $0) } }
        guard let target, target.path <= source.path else { return EntryPair(source: source, target: nil) }
        return EntryPair(source: target.path == source.path ? source : nil, target: target)
    }

    private static func follower(of entry: TransferEntry, in stream: (any EntryStream)?) async throws(TransferError) -> TransferEntry? {
        guard let next = try await stream?.next() else { return nil }
        guard entry.path < next.path else {
            throw TransferError(.failed, "the listing is not in the order of bytes: \(next.path) comes after \(entry.path); copy smaller folders")
        }
        return next
    }
}

/// Finds names that are a file and a folder at once, in a listing in ascending order: a bucket may have `a` and `a/b`, a file system may not.
package struct NestingCheck: Sendable {
    /// Each begins with the one before it; at most as many as a key has bytes.
    private var files: [RelativePath] = []

    package init() {}

    /// The file that stands where this one needs a folder; nil where there is none.
    package mutating func obstacle(to path: RelativePath) -> RelativePath? {
        while let last = files.last, !path.bytes.starts(with: last.bytes) { files.removeLast() }
        if let file = files.first(where: { path.isBelow($0) }) { return file }
        files.append(path)
        return nil
    }
}
