package import FileSystemTypes
package import ObjectStorage
internal import Synchronization

/// Answers equal questions that are asked at the same time (HEAD, GET of the same range, LIST) with one request.
///
/// It belongs on top of everything else, with all of a mount's writes going through it: who asks after a write was acknowledged, or has failed in whatever way, is not
/// given the answer to a question that was asked before. A request is called off when the last who waits for it is cancelled. Bodies are shared
/// when they have at most `longest` bytes: they are collected first. Longer ones are not.
package struct MergedStore<Base: ObjectStore>: RequestDecorator {
    package let base: Base
    private let gate: RequestGate
    private let flights = FlightTable()

    /// In bytes.
    private var longest: Int64 { 1 << 20 }

    package init(_ base: Base, gate: RequestGate) {
        self.base = base
        self.gate = gate
    }

    package func perform<Value: Sendable>(
        _ call: StoreCall, _ body: () async throws(StoreError) -> Value
    ) async throws(StoreError) -> Value {
        defer { flights.written(call.changes) }
        return try await body()
    }

    package func head(_ key: Key, _ conditions: ReadConditions) async throws(StoreError) -> ObjectInfo {
        let answer = try await answer(.head(key, conditions)) { [base] () async throws(StoreError) in
            .info(try await base.head(key, conditions))
        }
        guard case .info(let info) = answer else { return try await base.head(key, conditions) }
        return info
    }

    package func list(_ request: ListRequest) async throws(StoreError) -> ListPage {
        let answer = try await answer(.list(request)) { [base] () async throws(StoreError) in .page(try await base.list(request)) }
        guard case .page(let page) = answer else { return try await base.list(request) }
        return page
    }

    package func get(_ key: Key, range: ByteRange?, _ conditions: ReadConditions) async throws(StoreError) -> ObjectContent {
        guard (range?.count ?? 0) <= longest else { return try await base.get(key, range: range, conditions) }
        let answer = try await answer(.get(key, range, conditions)) { [base, longest] () async throws(StoreError) in
            let content = try await base.get(key, range: range, conditions)
            guard content.range.count <= longest else { return .stream(ContentBox(content)) }
            return .bytes(content.info, content.range, try await content.collect())
        }
        switch answer {
        case .bytes(let info, let range, let bytes): return ObjectContent(info: info, range: range, body: BytesBody(bytes))
        case .stream(let box): if let content = box.take() { return content }
        case .info, .page: break
        }
        return try await base.get(key, range: range, conditions)
    }

    private func answer(
        _ question: StoreQuestion, _ request: @escaping @Sendable () async throws(StoreError) -> MergedAnswer
    ) async throws(StoreError) -> MergedAnswer {
        let requestClass = question.call.requestClass
        let (flight, member, isNew) = flights.flight(of: question, requestClass)
        if isNew {
            flight.start {
                do throws(StoreError) { return .success(try await request()) } catch { return .failure(error) }
            } whenOver: { [flights] in
                flights.remove(flight, of: question)
            }
        } else {
            gate.count { $0.merged += 1 }
            flight.urgency.raise(to: requestClass)
        }
        return try await flight.answer(for: member) { [flights] in flights.remove(flight, of: question) }
    }
}

/// What a question was answered.
enum MergedAnswer: Sendable {
    case info(ObjectInfo)
    case page(ListPage)
    case bytes(ObjectInfo, ByteRange, Bytes)
    /// For one of those who asked; the others ask for themselves.
    case stream(ContentBox)
}

/// Content that one can have.
final class ContentBox: Sendable {
    private let content: Mutex<ObjectContent?>

    init(_ content: ObjectContent) {
        self.content = Mutex(content)
    }

    func take() -> ObjectContent? {
        content.withLock { content in
            defer { content = nil }
            return content
        }
    }
}
