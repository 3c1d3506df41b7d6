internal import Content
internal import FileSystemTypes
internal import Logging
internal import ObjectStorage
internal import Staging
internal import Synchronization
internal import Uploads

/// Why an edit was not made.
enum EditFailure: Error {
    case obstacle(OpenFile.Obstacle)
    case errno(Errno)
}

/// Edits of content, and the room they need on the local disk.
extension Volume {
    /// Runs an edit with the gate held, and again when what stood in its way is gone.
    func editing(_ file: OpenFile, _ edit: (OpenFile) throws(EditFailure) -> Void) async throws(Errno) {
        try await checkpoint(file)
        for _ in 0..<Self.editAttempts {
            let obstacle = try await file.gate.run { () async throws(Errno) -> OpenFile.Obstacle? in
                do throws(EditFailure) {
                    try edit(file)
                    return nil
                } catch {
                    switch error {
                    case .obstacle(let obstacle): return obstacle
                    case .errno(let errno): throw errno
                    }
                }
            }
            guard let obstacle else { return }
            try await overcome(obstacle, file)
        }
        throw Errno.noSpace
    }

    private static var editAttempts: Int { 64 }

    private func overcome(_ obstacle: OpenFile.Obstacle, _ file: OpenFile) async throws(Errno) {
        switch obstacle {
        case .failed(let errno): throw errno
        case .notStaged: try await makeStaging(file)
        case .onlyInPart: try await publish(file)
        case .full(let error):
            guard await makeRoom(file) else {
                logger.error("\(describe(file.inode)): \(error)")
                throw error.errno
            }
        }
    }

    private func makeStaging(_ file: OpenFile) async throws(Errno) {
        let made = try await onState { (state) async throws(StateError) in try await state.makeFile() }
        let isUsed = file.withLockedState { state in
            guard state.staged == nil else { return false }
            state.staged = made
            state.frozen = 0
            return true
        }
        if !isUsed { try? made.remove() }
    }

    /// A map is bounded: a file that has been changed in very many places is stored in between.
    private func checkpoint(_ file: OpenFile) async throws(Errno) {
        guard file.withLockedState({ $0.map.extentCount }) > options.largestMap else { return }
        try await publish(file)
    }

    /// Room in staging: bytes that the running upload has, or those of files that wait for their upload. False when nothing can be done.
    private func makeRoom(_ file: OpenFile) async -> Bool {
        if await releaseSent(file) { return true }
        return await queue.waitForRoom()
    }

    /// Lets go of staged bytes that parts of the running upload hold, waiting for one that is on its way.
    private func releaseSent(_ file: OpenFile) async -> Bool {
        let (oldest, isStreaming) = file.withLockedState { state in
            (state.stream.parts.min { $0.key < $1.key }?.value, !state.stream.hasFailed)
        }
        await oldest?.value
        guard isStreaming else { return false }
        let (released, staged) = file.withLockedState { state in
            (state.map.releaseSent(in: ByteRange(offset: 0, count: state.map.size)), state.staged)
        }
        guard let staged, !released.isEmpty else { return oldest != nil }
        for range in released {
            do throws(StateError) {
                try staged.release(range)
            } catch {
                logger.error("\(error)")
                return false
            }
        }
        return true
    }

    /// Runs a call on the state folder; its failure is logged and becomes an errno.
    func onState<Value>(_ body: (StateFolder) async throws(StateError) -> Value) async throws(Errno) -> Value {
        guard let state else { throw Errno.readOnly }
        do throws(StateError) {
            return try await body(state)
        } catch {
            logger.error("\(error)")
            throw error.errno
        }
    }

    func truncate(_ file: OpenFile, to size: Int64) async throws(Errno) {
        guard size >= 0 else { throw Errno.invalidArgument }
        guard size <= store.limits.object else { throw Errno.fileTooLarge }
        try await editing(file) { (file) throws(EditFailure) in
            do throws(OpenFile.Obstacle) {
                try file.truncate(to: size)
            } catch {
                throw .obstacle(error)
            }
        }
    }
}
