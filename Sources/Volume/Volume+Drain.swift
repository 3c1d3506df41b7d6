internal import FileSystemTypes
internal import Logging
internal import ObjectStorage
internal import Reports
internal import Synchronization

extension Volume {
    /// What has not been stored yet.
    package struct Pending: Sendable {
        package var files = 0
        /// In bytes.
        package var bytes: Int64 = 0
    }

    package var pending: Pending {
        var pending = Pending()
        for file in changedFiles {
            pending.files += 1
            pending.bytes += file.localAttributes?.size ?? 0
        }
        pending.files += (deletions?.count ?? 0) + folders.count
        return pending
    }

    /// Stores every file with changes, open or waiting; gives those that could not be stored, with the reason.
    ///
    /// Once a file has failed because the store cannot be reached, however often that was tried, the others are not waited for: what is
    /// recorded on the local disk is uploaded by the next mount.
    package func drain() async -> [(key: String, reason: String)] {
        queue.beginDraining()
        return await withTaskGroup(of: (key: String, reason: String, isStoreAway: Bool)?.self) { group in
            for file in changedFiles {
                group.addTask { await self.drain(file) }
            }
            group.addTask { await self.drainDeletions() }
            group.addTask { await self.drainFolders() }
            var failed: [(key: String, reason: String)] = []
            for await outcome in group {
                guard let outcome else { continue }
                failed.append((outcome.key, outcome.reason))
                if outcome.isStoreAway { group.cancelAll() }
            }
            return failed.sorted { $0.key < $1.key }
        }
    }

    private func drain(_ file: OpenFile) async -> (key: String, reason: String, isStoreAway: Bool)? {
        do throws(Errno) {
            try await upload(file)
            return nil
        } catch {
            let name = tree.withLock { $0.path(of: file.inode) }.map { String(escaping: keys.file($0).bytes) } ?? "a deleted file"
            let failure = file.withLockedState { $0.failure }
            let isAway = failure.map { [.unreachable, .timedOut, .unavailable, .throttled].contains($0.reason) } ?? false
            // The group may have been cancelled by now; what is kept must be kept all the same.
            let isRecorded = await Task { await self.keepForNextMount(file, failure) }.value
            let reason = failure?.reason == .cancelled ? "the store cannot be reached" : failure?.description ?? error.description
            let rest = isRecorded ? "the next mount uploads it" : "see `windlass recover --list`"
            return (name, "\(reason); what was written is kept on the local disk: \(rest)", isAway)
        }
    }

    /// True when the next mount goes on with it by itself; false when it waits for `windlass recover`.
    private func keepForNextMount(_ file: OpenFile, _ failure: StoreError?) async -> Bool {
        // What was acknowledged is recorded already; with write-back, what is open and changed further joins it.
        let isKnown = file.withLockedState { $0.recorded == $0.revision }
        if failure?.isFinal != true, isKnown { return true }
        if failure?.isFinal != true, options.writesBack, await isRecorded(file) { return true }
        await setAside(file)
        return false
    }

    private func isRecorded(_ file: OpenFile) async -> Bool {
        do throws(Errno) {
            try await record(file)
            return file.withLockedState { $0.recorded == $0.revision }
        } catch {
            return false
        }
    }

    /// Open or waiting for their upload.
    var changedFiles: [OpenFile] {
        var seen: Set<ObjectIdentifier> = []
        let all = handles.withLock { $0.openFiles } + queue.files
        return all.filter { $0.isChanged && seen.insert(ObjectIdentifier($0)).inserted }
    }
}
