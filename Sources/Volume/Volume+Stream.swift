internal import Content
internal import FileSystemTypes
internal import Logging
internal import ObjectStorage
internal import Staging
internal import Synchronization
internal import Uploads

/// Sending parts of a file while it is being written.
extension Volume {
    /// Starts the parts that are due. Costs next to nothing when there are none.
    func stream(_ file: OpenFile) {
        while startPart(file) {}
    }

    private func startPart(_ file: OpenFile) -> Bool {
        file.withLockedState { state in
            guard state.writers > 0 || state.handles > 0, let staged = state.staged else { return false }
            guard let (number, range) = state.stream.nextRange(partSizes, first: options.partSize, limit: options.transfers) else { return false }
            guard let body = try? state.map.body(of: range), body.fetches.isEmpty else {
                state.stream.hasFailed = true
                return false
            }
            state.map.beginPart(number, range)
            let beginning = state.stream.beginning ?? beginUpload(file)
            state.stream.beginning = beginning
            state.stream.parts[number] = Task { [self] in
                let sent = await send(body, number, range, staged, file, beginning)
                finishPart(number, range, sent, of: file)
            }
            return true
        }
    }

    /// The upload of the file's parts, recorded so that another life aborts it; nil when it could not be made.
    private func beginUpload(_ file: OpenFile) -> Task<Upload?, Never> {
        Task { [self] in
            guard let path = tree.withLock({ $0.path(of: file.inode) }), let node = tree.withLock({ $0[file.inode] }) else { return nil }
            let key = keys.file(path)
            let attributes = file.withLockedState({ $0.hasExplicitTimes }) ? node.storedAttributes(options) : node.streamedAttributes(options)
            do throws(StoreError) {
                let upload = try await runner.begin(key, attributes, telling: events(file, key, attributes))
                file.withLockedState { ($0.stream.upload, $0.stream.attributes) = (upload, attributes) }
                return upload
            } catch {
                logger.debug("\(key) is not sent while it is being written: \(error)")
                return nil
            }
        }
    }

    private func send(
        _ body: Body, _ number: Int, _ range: ByteRange, _ staged: StagedFile, _ file: OpenFile, _ beginning: Task<Upload?, Never>
    ) async -> UploadedPart? {
        guard let upload = await beginning.value else { return nil }
        return await uploads.run(for: file.owner) { () async -> UploadedPart? in
            do throws(StoreError) {
                return try await runner.send(body, number, to: upload, from: staged)
            } catch {
                if error.reason != .cancelled { logger.debug("part \(number) of \(upload.key) is sent at the end: \(error)") }
                return nil
            }
        } ?? nil
    }

    private func finishPart(_ number: Int, _ range: ByteRange, _ sent: UploadedPart?, of file: OpenFile) {
        file.withLockedState { state in
            state.stream.parts[number] = nil
            if let sent {
                state.map.confirmPart(number, range, etag: sent.etag)
                state.sent += range.count
            } else {
                state.map.forgetPart(number, range)
                state.stream.hasFailed = true
            }
        }
        stream(file)
    }

    /// No further parts, and none on its way: what a commit plans with.
    func pauseStream(_ file: OpenFile) async {
        file.withLockedState { $0.stream.isPaused = true }
        while let part = file.withLockedState({ $0.stream.parts.first?.value }) { await part.value }
        if let beginning = file.withLockedState({ $0.stream.beginning }) { _ = await beginning.value }
    }

    func resumeStream(_ file: OpenFile) {
        file.withLockedState { $0.stream.isPaused = false }
        stream(file)
    }

    /// Nobody wants the parts any more.
    func dropStream(_ file: OpenFile) async {
        let parts = file.withLockedState { state in
            state.stream.hasFailed = true
            return Array(state.stream.parts.values)
        }
        for part in parts { part.cancel() }
        await pauseStream(file)
        let upload = file.withLockedState { state in
            defer { state.stream = UploadStream() }
            return state.stream.upload
        }
        if let upload { await abandon(upload, of: file) }
    }
}
