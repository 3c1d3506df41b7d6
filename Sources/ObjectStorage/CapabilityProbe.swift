internal import FileSystemTypes

/// Finds out on scratch objects what a bucket's store can do.
///
/// A verb counts only when its effect is seen: stores that do not know a condition or a parameter ignore it and answer 200.
/// All scratch objects are deleted again; an interrupted probe leaves at most three objects of a few bytes below `folder`.
package struct CapabilityProbe: Sendable {
    private let store: any ObjectStore
    private let folder: String
    private let known: Capabilities

    /// `store` must let every verb through. What `known` names is not tried again. `folder` is empty or ends in a slash;
    /// `token` makes the names of this probe its own.
    package init(_ store: any ObjectStore, known: Capabilities, folder: String, token: String) {
        self.store = store
        self.known = known
        self.folder = "\(folder).windlass-probe-\(token)"
    }

    private var scratch: Key { Key(folder) }
    private var other: Key { Key(folder + "-b") }
    private var log: Key { Key(folder + "-c") }

    /// Fails with what kept the scratch object from being written, read or deleted; what merely is not offered is no failure.
    package func run() async throws(StoreError) -> Capabilities {
        let result: Capabilities
        do throws(StoreError) {
            result = try await tryAll()
        } catch {
            await cleanUp()
            throw error
        }
        for key in [scratch, other, log] { try await store.delete(key) }
        return result
    }

    private func cleanUp() async {
        for key in [scratch, other, log] { try? await store.delete(key) }
    }

    private func tryAll() async throws(StoreError) -> Capabilities {
        var found = known
        let receipt = try await store.put(scratch, Self.text("one"), ObjectAttributes(), .always)
        let current = try await store.head(scratch, ReadConditions()).etag ?? receipt.etag
        let wrong = ETag("00000000000000000000000000000000")
        found.putIfAbsent = try await (known.putIfAbsent ? true : refuses(put: .absent))
        if !known.putIfMatches, let current, try await refuses(put: .matches(wrong)) {
            found.putIfMatches = try await !refuses(put: .matches(current))
        }
        try await tryCompletions(&found, wrong: wrong)
        try await tryCopies(&found, wrong: wrong)
        if known.append == nil { found.append = try await appendRules() }
        return found
    }

    private func tryCompletions(_ found: inout Capabilities, wrong: ETag) async throws(StoreError) {
        guard !(known.completeIfAbsent && known.completeIfMatches) else { return }
        found.completeIfAbsent = try await refuses(completion: .absent)
        let etag = try await store.head(scratch, ReadConditions()).etag
        guard let etag, try await refuses(completion: .matches(wrong)) else { return }
        found.completeIfMatches = try await !refuses(completion: .matches(etag))
    }

    private func tryCopies(_ found: inout Capabilities, wrong: ETag) async throws(StoreError) {
        if !known.copyIfSourceMatches {
            found.copyIfSourceMatches = try await fails { () throws(StoreError) in
                _ = try await store.copy(CopyRequest(source: scratch, destination: other, ifSourceMatches: wrong))
            }
        }
        guard !known.partCopyIfSourceMatches || !known.partCopy else { return }
        let upload = Upload(key: other, id: try await store.createUpload(other, ObjectAttributes()))
        let range = ByteRange(offset: 1, count: 1)
        if !known.partCopy {
            found.partCopy = try await !fails { () throws(StoreError) in
                _ = try await store.copyPart(upload, number: 1, from: scratch, range: range, ifSourceMatches: nil)
            }
        }
        if found.partCopy {
            found.partCopyIfSourceMatches = try await fails { () throws(StoreError) in
                _ = try await store.copyPart(upload, number: 2, from: scratch, range: range, ifSourceMatches: wrong)
            }
        }
        try await store.abortUpload(upload)
    }

    /// A store that does not know appends makes an ordinary object of the first one, and says nothing of a next position.
    private func appendRules() async throws(StoreError) -> AppendRules? {
        let failed = try await fails { () throws(StoreError) in _ = try await store.append(log, at: 0, Self.text("1"), ObjectAttributes()) }
        guard !failed, try await store.head(log, ReadConditions()).appendPosition == 1 else { return nil }
        let grown = try await store.append(log, at: 1, Self.text("2"), ObjectAttributes())
        return grown.nextPosition == 2 ? AppendRules(maximumAppends: 10_000) : nil
    }

    // MARK: One trial

    private func refuses(put condition: WriteCondition) async throws(StoreError) -> Bool {
        try await fails { () throws(StoreError) in _ = try await store.put(scratch, Self.text("two"), ObjectAttributes(), condition) }
    }

    private func refuses(completion condition: WriteCondition) async throws(StoreError) -> Bool {
        let upload = Upload(key: scratch, id: try await store.createUpload(scratch, ObjectAttributes()))
        let part = try await store.uploadPart(upload, number: 1, Self.text("three"))
        let failed = try await fails { () throws(StoreError) in _ = try await store.completeUpload(upload, parts: [part], condition) }
        if failed { try await store.abortUpload(upload) }
        return failed
    }

    /// Whether the store says no. A store that does not answer says nothing about what it can do.
    private func fails(_ body: () async throws(StoreError) -> Void) async throws(StoreError) -> Bool {
        do throws(StoreError) {
            try await body()
            return false
        } catch {
            if RetryPolicy.mayPass(error), error.reason != .conflict { throw error }
            return true
        }
    }

    private static func text(_ text: String) -> BytesSource {
        BytesSource(Bytes(Array(text.utf8)))
    }
}
