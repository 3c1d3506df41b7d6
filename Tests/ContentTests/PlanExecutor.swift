import Content
import FileSystemTypes
import ObjectStorage
import TestSupport

/// A plan that cannot be carried out as it stands.
struct PlanFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}

/// Carries out a plan as a writer does, word for word, on a store that refuses what is against its rules.
struct PlanExecutor {
    let bucket: MemoryBucket
    let key: Key
    let staging: [UInt8]
    let attributes: ObjectAttributes
    let upload: Upload?

    func run(_ plan: UploadPlan, base: ObjectVersion?) async throws {
        let condition = base?.etag.map { WriteCondition.matches($0) } ?? .absent
        switch plan.content {
        case .keep: break
        case .put(let body): _ = try await bucket.put(key, try await source(body), attributes, condition)
        case .copyWhole(let source):
            let request = CopyRequest(source: source.key, destination: key, ifSourceMatches: source.etag, replacing: attributes)
            _ = try await bucket.copy(request)
        case .append(let position, let body): _ = try await bucket.append(key, at: position, try await source(body), attributes)
        case .multipart(let list): try await run(list, condition)
        case .inPlace(let steps): try await run(steps)
        }
        switch plan.attributes {
        case .carried: break
        case .replace: try await bucket.replaceAttributes(key, attributes)
        case .copyOntoItself: _ = try await bucket.copy(CopyRequest(source: key, destination: key, replacing: attributes))
        }
        if plan.abandonsUpload, let upload { try await bucket.abortUpload(upload) }
    }

    private func run(_ list: PartList, _ condition: WriteCondition) async throws {
        var upload = self.upload
        if !list.resumes { upload = Upload(key: key, id: try await bucket.createUpload(key, attributes)) }
        guard let upload else { throw PlanFailure("there is no upload to go on with") }
        var parts: [UploadedPart] = []
        for part in list.parts { parts.append(try await send(part, upload)) }
        _ = try await bucket.completeUpload(upload, parts: parts, condition)
    }

    private func send(_ part: PlannedPart, _ upload: Upload) async throws -> UploadedPart {
        switch part.source {
        case .sent(let sent):
            guard let etag = sent.etag, sent.number == part.number else { throw PlanFailure("part \(part.number) was not sent as \(sent)") }
            return UploadedPart(number: sent.number, etag: etag)
        case .copied(let source, let range):
            return try await bucket.copyPart(upload, number: part.number, from: source.key, range: range, ifSourceMatches: source.etag)
        case .body(let body):
            return try await bucket.uploadPart(upload, number: part.number, try await source(body))
        }
    }

    private func run(_ steps: [InPlaceStep]) async throws {
        var bodies: [BytesSource] = []
        for case .modify(_, let body) in steps { bodies.append(try await source(body)) }
        var next = bodies.makeIterator()
        for step in steps {
            switch step {
            case .truncate(let size): try await bucket.truncate(key, to: size)
            case .modify(let position, _):
                guard let body = next.next() else { throw PlanFailure("there is no body") }
                _ = try await bucket.modify(key, at: position, body)
            }
        }
    }

    /// The bytes of a body, after its fetches.
    private func source(_ body: Body) async throws -> BytesSource {
        var fetched: [(Fetch, [UInt8])] = []
        for fetch in body.fetches {
            let content = try await bucket.get(fetch.source.key, range: fetch.range, ReadConditions(ifMatch: fetch.source.etag))
            guard content.range == fetch.range else { throw PlanFailure("\(fetch.range) is not within the object") }
            fetched.append((fetch, try await content.collect().contiguous))
        }
        var bytes: [UInt8] = []
        for piece in body.pieces { bytes.append(contentsOf: try self.bytes(piece, fetched)) }
        guard Int64(bytes.count) == body.count else { throw PlanFailure("the body has \(bytes.count) bytes, not \(body.count)") }
        return BytesSource(Bytes(bytes))
    }

    private func bytes(_ piece: Piece, _ fetched: [(Fetch, [UInt8])]) throws -> [UInt8] {
        switch piece {
        case .zeros(let count): return [UInt8](repeating: 0, count: Int(count))
        case .local(let offset, let count):
            guard offset >= 0, Int(offset + count) <= staging.count else { throw PlanFailure("\(piece) is not in staging") }
            return Array(staging[Int(offset)..<Int(offset + count)])
        case .remote(let source, let range):
            let found = fetched.first { $0.0.source == source && $0.0.range.offset <= range.offset && range.end <= $0.0.range.end }
            guard let (fetch, bytes) = found else { throw PlanFailure("\(piece) was not fetched") }
            let start = Int(range.offset - fetch.range.offset)
            return Array(bytes[start..<start + Int(range.count)])
        }
    }
}
