internal import FileSystemTypes

/// Finds out on scratch objects what a bucket's store can do.
///
/// A verb counts only when its effect is seen: stores that do not know a condition or a parameter ignore it and answer 200.
/// All scratch objects and uploads are deleted again, also when the probe fails; what a probe that was killed left behind (three
/// objects of a few bytes at most) the next one deletes. A versioned bucket keeps old versions of them.
package struct CapabilityProbe: Sendable {
    let store: any ObjectStore
    private let known: Capabilities
    private let folder: String
    private let token: String
    private let isStale: Duration

    /// `store` lets those verbs through that its capabilities name: only they are tried. What `known` names is not tried again.
    /// `folder` is empty or ends in a slash. Scratch objects of other probes that are older than `isStale` are deleted.
    package init(_ store: any ObjectStore, known: Capabilities, folder: String, token: String? = nil, staleAfter isStale: Duration = .seconds(900)) {
        self.store = store
        self.known = known
        self.folder = folder
        self.isStale = isStale
        self.token = token ?? ScratchName.newToken()
    }

    /// A key for a scratch object of somebody else's; if it stays, a later probe deletes it.
    package static func newScratchKey(folder: String) -> Key {
        ScratchName(folder: folder, token: ScratchName.newToken(), kind: .object).key
    }

    var scratch: Key { ScratchName(folder: folder, token: token, kind: .object).key }
    private var other: Key { ScratchName(folder: folder, token: token, kind: .copy).key }
    private var log: Key { ScratchName(folder: folder, token: token, kind: .log).key }
    private var own: [Key] { [scratch, other, log] }

    /// Fails with what kept the scratch objects from being written, read or deleted; what merely is not offered is no failure.
    package func run(atMost limit: Duration = .seconds(30)) async throws(StoreError) -> Capabilities {
        let work = Task { () async -> Result<Capabilities, StoreError> in
            do throws(StoreError) { return .success(try await attempt()) } catch { return .failure(error) }
        }
        let alarm = Task {
            try await Task.sleep(for: limit)
            work.cancel()
        }
        let outcome = await withTaskCancellationHandler {
            await work.value
        } onCancel: {
            work.cancel()
        }
        alarm.cancel()
        do throws(StoreError) {
            return try outcome.get()
        } catch {
            // Not in the task that may have been cancelled.
            await Task.detached { await cleanUp() }.value
            guard error.reason == .cancelled, !Task.isCancelled else { throw error }
            throw StoreError(.timedOut, "the store took longer than \(limit) to show what it can do")
        }
    }

    private func attempt() async throws(StoreError) -> Capabilities {
        let found = try await tryAll()
        for key in own { try await store.delete(key) }
        return found
    }

    private func cleanUp() async {
        for key in own { try? await store.delete(key) }
        let uploads = (try? await store.listUploads(prefix: scratch)) ?? []
        for upload in uploads where own.contains(upload.key) { try? await store.abortUpload(upload) }
    }

    /// Deletes what probes that were killed have left.
    private func cleanUp(leftBefore now: Timestamp) async throws(StoreError) {
        let prefix = ScratchName.prefix(folder)
        let page = try await store.list(ListRequest(prefix: prefix))
        for object in page.objects where !own.contains(object.key) && ScratchName(object.key, folder: folder) != nil {
            if Self.age(object.lastModified, now) >= isStale { try await store.delete(object.key) }
        }
        // Not every store lists uploads; of those that do not, their own rules take them away.
        let uploads = (try? await store.listUploads(prefix: prefix)) ?? []
        for upload in uploads where ScratchName(upload.key, folder: folder) != nil {
            if Self.age(upload.initiated, .now) >= isStale { try await store.abortUpload(upload) }
        }
    }

    private static func age(_ moment: Timestamp?, _ now: Timestamp) -> Duration {
        moment.map { .seconds(now.seconds - $0.seconds) } ?? .zero
    }

    // MARK: The trials

    private func tryAll() async throws(StoreError) -> Capabilities {
        var found = known
        _ = try await store.put(scratch, text("one"), ObjectAttributes(), .always)
        let info = try await store.head(scratch, ReadConditions())
        try await cleanUp(leftBefore: info.lastModified ?? .now)
        try await tryPuts(&found)
        try await tryCompletions(&found)
        try await tryCopies(&found)
        try await tryParts(&found)
        if known.append == nil, store.capabilities.append != nil { found.append = try await appendRules() }
        if !known.replaceAttributes, store.capabilities.replaceAttributes { found.replaceAttributes = try await replacesAttributes() }
        if !known.listAttributes, store.capabilities.listAttributes { found.listAttributes = try await listsAttributes() }
        return found
    }

    private func tryPuts(_ found: inout Capabilities) async throws(StoreError) {
        let put: Write = { condition throws(StoreError) in
            _ = try await store.put(scratch, text("two"), ObjectAttributes(), condition)
        }
        if !known.putIfAbsent { found.putIfAbsent = try await holdsAbsence(put) }
        if !known.putIfMatches { found.putIfMatches = try await holdsMatches(put) }
    }

    private func tryCompletions(_ found: inout Capabilities) async throws(StoreError) {
        let complete: Write = { condition throws(StoreError) in
            try await withUpload(scratch) { upload throws(StoreError) in
                let part = try await store.uploadPart(upload, number: 1, text("three"))
                _ = try await store.completeUpload(upload, parts: [part], condition)
            }
        }
        if !known.completeIfAbsent { found.completeIfAbsent = try await holdsAbsence(complete) }
        if !known.completeIfMatches { found.completeIfMatches = try await holdsMatches(complete) }
    }

    private func tryCopies(_ found: inout Capabilities) async throws(StoreError) {
        guard !known.copyIfSourceMatches else { return }
        found.copyIfSourceMatches = try await holdsMatches { condition throws(StoreError) in
            _ = try await store.copy(CopyRequest(source: scratch, destination: other, ifSourceMatches: condition.etag))
        }
    }

    /// A server that takes the copy of a range for an ordinary part makes an empty one of it, or one of the whole object.
    private func tryParts(_ found: inout Capabilities) async throws(StoreError) {
        if !known.partCopy {
            let isDone = try await answer { () throws(StoreError) in try await copyPart(nil) } == .done
            found.partCopy = isDone ? try await store.head(other, ReadConditions()).size == 1 : false
        }
        guard found.partCopy, !known.partCopyIfSourceMatches else { return }
        found.partCopyIfSourceMatches = try await holdsMatches { condition throws(StoreError) in try await copyPart(condition.etag) }
    }

    /// Makes `other` of the second byte of `scratch`.
    private func copyPart(_ etag: ETag?) async throws(StoreError) {
        try await withUpload(other) { upload throws(StoreError) in
            let range = ByteRange(offset: 1, count: 1)
            let part = try await store.copyPart(upload, number: 1, from: scratch, range: range, ifSourceMatches: etag)
            _ = try await store.completeUpload(upload, parts: [part], .always)
        }
    }

    /// A store that does not know appends makes an ordinary object of the first one, and says nothing of a next position.
    private func appendRules() async throws(StoreError) -> AppendRules? {
        let first = try await answer { () throws(StoreError) in _ = try await store.append(log, at: 0, text("1"), ObjectAttributes()) }
        guard first == .done, try await store.head(log, ReadConditions()).appendPosition == 1 else { return nil }
        let second = try await answer { () throws(StoreError) in _ = try await store.append(log, at: 1, text("2"), ObjectAttributes()) }
        guard second == .done, try await store.head(log, ReadConditions()).size == 2 else { return nil }
        return AppendRules(maximumAppends: 10_000)
    }

    /// A store that does not know the verb puts nothing in the object's place.
    private func replacesAttributes() async throws(StoreError) -> Bool {
        _ = try await store.put(other, text("four"), ObjectAttributes(metadata: ["old": "1"]), .always)
        let outcome = try await answer { () throws(StoreError) in
            try await store.replaceAttributes(other, ObjectAttributes(metadata: ["new": "2"]))
        }
        guard outcome == .done else { return false }
        let info = try await store.head(other, ReadConditions())
        return info.size == 4 && info.metadata == ["new": "2"]
    }

    /// A listing counts only when it says of an object what HEAD says, all of it: of versioned buckets listings do not tell the versions.
    private func listsAttributes() async throws(StoreError) -> Bool {
        var attributes = ObjectAttributes(contentType: "application/x-windlass", metadata: ["mode": "33188", "mtime": "1234567890.123456789"])
        attributes.headers[.cacheControl] = "no-store"
        _ = try await store.put(other, text("five"), attributes, .always)
        var listed: ListedObject?
        let outcome = try await answer { () throws(StoreError) in
            listed = try await store.list(ListRequest(prefix: other, maximumKeys: 1, withAttributes: true)).objects.first
        }
        guard outcome == .done, let listed, listed.key == other, let told = listed.info else { return false }
        var info = try await store.head(other, ReadConditions())
        info.md5 = nil
        return told == info
    }
}
