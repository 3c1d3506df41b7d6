internal import FileSystemTypes
internal import ObjectStorage
internal import Reports
internal import Staging

/// Deleting objects: at once, or with write-back many of them later.
extension Volume {
    /// Deletes an object, `base` being the version that is meant. With write-back it returns when the local disk has the intent.
    func delete(_ key: Key, base: ETag?) async throws(Errno) {
        if options.writesBack, !queue.isDraining, let deletions, await deletions.add(key, base: base) { return }
        try await asking { () async throws(StoreError) in try await store.delete(key) }
    }

    /// Whether nothing but `key` keeps a folder without marker there. While deletions wait, one page must be enough to tell: a marker too many is
    /// better than a listing of all that was deleted for each of a thousand files.
    func mayVanish(_ folder: Key, without key: Key) async throws(Errno) -> Bool {
        guard let deletions, !deletions.isEmpty else { return try await namesBelow(folder, without: key).isEmpty }
        let page = try await asking { () async throws(StoreError) in
            try await deletions.store.list(ListRequest(prefix: folder, delimiter: "/", maximumKeys: 3))
        }
        let names = page.objects.filter { $0.key != folder || $0.size > 0 }.map(\.key) + page.commonPrefixes
        return !names.contains { $0 != key && !deletions.isHidden($0) }
    }

    /// Returns when the store has carried out what was deleted in a folder.
    func finishDeletions(in folder: Inode) async throws(Errno) {
        guard let deletions, !deletions.isEmpty else { return }
        let key = keys.folder(try path(of: folder))
        try await asking { () async throws(StoreError) in try await deletions.flush(.below(key)) }
    }

    /// At the end of the mount: what is not carried out is in the journal, for the next one.
    func drainDeletions() async -> (key: String, reason: String, isStoreAway: Bool)? {
        guard let deletions, !deletions.isEmpty else { return nil }
        do throws(StoreError) {
            try await deletions.flush(.all)
            return nil
        } catch {
            let isAway = [.unreachable, .timedOut, .unavailable, .throttled].contains(error.reason)
            return ("\(deletions.count) deleted files", "\(error); they are still in the store: the next mount deletes them", isAway)
        }
    }

    /// Deletions that came to nothing for good, for whoever waits.
    func deletionOutcomes(before moment: ContinuousClock.Instant) -> [FileOutcome] {
        guard let deletions else { return [] }
        var outcomes = deletions.takeFailures().map { failure in
            FileOutcome(
                key: String(escaping: failure.key.bytes), text: "could not be deleted, and is there again: \(failure.reason)", isFailure: true)
        }
        let left = deletions.pending(before: moment)
        if left > 0 { outcomes.append(FileOutcome(key: "\(left) deleted files", text: "still in the store", isFailure: true)) }
        return outcomes
    }
}
