internal import Content
internal import FileSystemTypes
internal import Logging
internal import ObjectStorage

/// Objects that grow: what is appended is gathered for a while, so that a line does not cost a request.
extension Volume {
    /// How many appended bytes are sent without waiting for more.
    private static var gatheredBytes: Int64 { 8 << 20 }

    /// What follows a write: parts of a large file are sent, and what was appended, after a while.
    func follow(_ opened: FileHandle) {
        guard opened.options.append, grows(opened.file) else { return stream(opened.file) }
        let file = opened.file
        let isDue = file.withLockedState { $0.map.size - ($0.map.base?.size ?? 0) >= Self.gatheredBytes }
        file.withLockedState { state in
            guard state.gathering == nil || isDue && !state.isSendingGathered else { return }
            state.gathering?.cancel()
            state.isSendingGathered = isDue
            state.gathering = Task { [self] in
                if !isDue { try? await Task.sleep(for: options.appendInterval) }
                guard !Task.isCancelled else { return }
                file.withLockedState { ($0.gathering, $0.isSendingGathered) = (nil, false) }
                // Its failure is told by the next close or fsync, which try again.
                _ = await settled { () async throws(Errno) in try await publish(file) }
            }
        }
    }

    /// Whether the next append adds to the object itself.
    func grows(_ file: OpenFile) -> Bool {
        guard options.appends != .copy, let rules = store.capabilities.append else { return false }
        return file.withLockedState { state in
            guard let base = state.map.base else { return state.wantsAppendable }
            return rules.anyObject || state.appendPosition == base.size
        }
    }

    /// What the planner may use.
    var capabilities: Capabilities {
        var capabilities = store.capabilities
        if options.appends == .copy { capabilities.append = nil }
        return capabilities
    }

    /// `--append=native`: fails with EPERM for an object that cannot grow.
    func checkGrows(_ file: OpenFile, _ open: OpenOptions) throws(Errno) {
        guard open.append, options.appends == .native, !open.truncate, !grows(file) else { return }
        logger.error("\(describe(file.inode)) is no object that can be appended to; mount with --append=auto to append by a copy")
        throw Errno.notPermitted
    }

    /// Where every object can grow, but only so often: a copy onto itself makes one piece of it, and it grows on.
    func compact(_ snapshot: Snapshot, _ file: OpenFile) async -> Bool {
        guard let base = snapshot.map.base, base.size <= store.limits.singlePut else { return false }
        let request = CopyRequest(source: base.key, destination: base.key, ifSourceMatches: base.etag, replacing: snapshot.attributes)
        guard let receipt = try? await store.copy(request), let etag = receipt.etag else { return false }
        var compacted = base
        (compacted.etag, compacted.version) = (etag, receipt.version)
        replaceSource(base, with: compacted, in: file)
        return true
    }
}
