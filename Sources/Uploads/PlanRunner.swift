package import Content
internal import FileSystemTypes
package import Logging
package import Memory
package import ObjectStorage
package import Staging

/// Carries out plans: `prepare` sends what nobody sees yet, `finish` makes it the object.
///
/// Between the two the caller makes sure that the key is still the file's. Neither holds a lock.
package struct PlanRunner: Sendable {
    let store: any ObjectStore
    let pool: TransferPool
    let logger: Logger
    /// Counts what is fetched for bodies and held until they have been sent.
    let memory: MemoryBudget?
    /// Bodies with bytes that have to be fetched are held in memory until they have been sent, so only a few at a time.
    let fetching = TransferPool(6)

    package init(_ store: any ObjectStore, pool: TransferPool, memory: MemoryBudget? = nil, logger: Logger) {
        self.store = store
        self.memory = memory
        self.pool = pool
        self.logger = logger
    }

    /// Uploads parts. After a failure a new upload has been aborted, unless the job's events keep it; one that
    /// was under way stays.
    package func prepare(_ plan: UploadPlan, _ job: UploadJob) async throws(StoreError) -> PreparedUpload {
        let step: PreparedUpload.Step
        switch plan.content {
        case .keep: step = .keep
        case .put(let body): step = .put(body)
        case .copyWhole(let version): step = .copyWhole(version)
        case .append(let position, let body): step = .append(position: position, body)
        case .multipart(let list): step = try await parts(list, job)
        case .inPlace(let steps): step = .inPlace(steps)
        }
        return PreparedUpload(step: step, attributes: plan.attributes, abandoned: plan.abandonsUpload ? job.upload : nil)
    }

    // MARK: Parts

    private func parts(_ list: PartList, _ job: UploadJob) async throws(StoreError) -> PreparedUpload.Step {
        let resumed = list.resumes ? job.upload : nil
        let upload = if let resumed { resumed } else { try await begin(job.key, job.attributes, telling: job.events) }
        do throws(StoreError) {
            return .complete(upload, try await send(list.parts, upload, job))
        } catch {
            let isKept = await job.events.keeps(upload, after: error)
            if !isKept, resumed == nil { await abandon(upload, job) }
            throw error
        }
    }

    /// A new upload, which is known to the journal when this returns.
    package func begin(_ key: Key, _ attributes: ObjectAttributes, telling events: any UploadEvents) async throws(StoreError) -> Upload {
        let note = try await events.beginning(key)
        let upload: Upload
        do throws(StoreError) {
            upload = Upload(key: key, id: try await store.createUpload(key, attributes))
        } catch {
            await events.failedToBegin(note, error)
            throw error
        }
        do throws(StoreError) {
            try await events.created(upload, note)
        } catch {
            await abandon(upload, telling: events)
            throw error
        }
        return upload
    }

    /// In parallel; the first failure cancels the rest.
    private func send(_ parts: [PlannedPart], _ upload: Upload, _ job: UploadJob) async throws(StoreError) -> [UploadedPart] {
        let outcome = await withTaskGroup(of: (Int, Result<UploadedPart, StoreError>).self) { group -> Result<[UploadedPart], StoreError> in
            for (index, part) in parts.enumerated() {
                group.addTask { (index, await sendInTurn(part, upload, job)) }
            }
            var sent = [UploadedPart?](repeating: nil, count: parts.count)
            var failure: StoreError?
            for await (index, result) in group {
                switch result {
                case .success(let part): sent[index] = part
                case .failure(let error):
                    // What the others fail with after that is their cancellation.
                    if failure == nil { failure = error }
                    group.cancelAll()
                }
            }
            return failure.map { .failure($0) } ?? .success(sent.compactMap(\.self))
        }
        return try outcome.get()
    }

    private func sendInTurn(_ part: PlannedPart, _ upload: Upload, _ job: UploadJob) async -> Result<UploadedPart, StoreError> {
        if case .sent(let sent) = part.source, let etag = sent.etag {
            return .success(UploadedPart(number: sent.number, etag: etag, size: sent.size))
        }
        do throws(StoreError) {
            let sent = try await send(part, upload, job)
            await job.events.stored(sent, part.range)
            return .success(sent)
        } catch {
            return .failure(error.explained(by: job))
        }
    }

    private func send(_ part: PlannedPart, _ upload: Upload, _ job: UploadJob) async throws(StoreError) -> UploadedPart {
        switch part.source {
        case .sent: throw StoreError(.invalidPart, "part \(part.number) of \(job.key) was never answered")
        case .copied(let source, let range):
            return try await inTurn(pool, job) { () async throws(StoreError) in try await copy(part.number, source, range, upload) }
        case .body(let body):
            return try await withSources([body], job) { (sources) async throws(StoreError) in
                var sent = try await inTurn(pool, job) { () async throws(StoreError) in
                    try await store.uploadPart(upload, number: part.number, sources[0])
                }
                sent.size = body.count
                return sent
            }
        }
    }

    private func copy(_ number: Int, _ source: ObjectVersion, _ range: ByteRange, _ upload: Upload) async throws(StoreError) -> UploadedPart {
        var sent = try await store.copyPart(upload, number: number, from: source.key, range: range, ifSourceMatches: source.etag)
        sent.size = range.count
        return sent
    }

    // MARK: Bodies

    /// Runs `request` with the bytes of these bodies. What has to be fetched for them is in memory until it returns.
    func withSources<Value: Sendable>(
        _ bodies: [Body], _ job: UploadJob, _ request: ([any ByteSource]) async throws(StoreError) -> Value
    ) async throws(StoreError) -> Value {
        guard bodies.contains(where: { !$0.fetches.isEmpty }) else { return try await request(try await sources(bodies, job)) }
        return try await inTurn(fetching, job) { () async throws(StoreError) in
            let fetched = Int(bodies.reduce(0) { $0 + $1.fetches.reduce(0) { $0 + $1.range.count } })
            memory?.charge(fetched, for: .uploads)
            defer { memory?.release(fetched, for: .uploads) }
            return try await request(try await sources(bodies, job))
        }
    }

    private func sources(_ bodies: [Body], _ job: UploadJob) async throws(StoreError) -> [any ByteSource] {
        var sources: [any ByteSource] = []
        for body in bodies {
            var fetched: [Bytes] = []
            for fetch in body.fetches { fetched.append(try await self.fetch(fetch)) }
            sources.append(try BodySource(body, staged: job.staged, fetched: fetched))
        }
        return sources
    }

    func inTurn<Value: Sendable>(
        _ pool: TransferPool, _ job: UploadJob, _ body: () async throws(StoreError) -> Value
    ) async throws(StoreError) -> Value {
        let result = await pool.run(for: job.owner) { () async -> Result<Value, StoreError> in
            do throws(StoreError) {
                return .success(try await body())
            } catch {
                return .failure(error)
            }
        }
        guard let result else { throw StoreError(.cancelled, "the upload of \(job.key) was cancelled") }
        return try result.get()
    }

    private func fetch(_ fetch: Fetch) async throws(StoreError) -> Bytes {
        let conditions = ReadConditions(ifMatch: fetch.source.etag, version: fetch.source.version)
        let content = try await store.get(fetch.source.key, range: fetch.range, conditions)
        guard content.range == fetch.range, content.info.size == fetch.source.size else {
            content.body.cancel()
            throw StoreError(.preconditionFailed, "\(fetch.source.key) has another length by now")
        }
        return try await content.collect()
    }

    // MARK: Giving up

    /// Unfinished parts cost their owner money; what cannot be aborted now is aborted by the next mount, which finds it in the journal.
    package func abandon(_ upload: Upload, telling events: any UploadEvents) async {
        await Task { [store, logger] in
            do throws(StoreError) {
                try await store.abortUpload(upload)
                await events.ended(upload)
            } catch {
                logger.warning("an unfinished upload of \(upload.key) stays until the next mount: \(error)")
            }
        }.value
    }

    package func abandon(_ upload: Upload, _ job: UploadJob) async {
        await abandon(upload, telling: job.events)
    }

    // MARK: Streams

    /// Sends a part of a file that is still being written.
    package func send(_ body: Body, _ number: Int, to upload: Upload, from staged: StagedFile) async throws(StoreError) -> UploadedPart {
        try await store.uploadPart(upload, number: number, try BodySource(body, staged: staged, fetched: []))
    }
}
