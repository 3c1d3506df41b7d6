package import FileSystemTypes
package import ObjectStorage

/// Sends a question a second time when its answer is unusually late, and takes the answer that comes first; the other request is called off.
///
/// It belongs below `LimitedStore`: the time before a request's turn is none of the store's, and a second request goes only where a slot is free. Only
/// questions: a GET until its first bytes are there (a body that breaks off is `RetryingStore`'s business).
package struct HedgedStore<Base: ObjectStore>: RequestDecorator {
    package let base: Base
    private let gate: RequestGate

    package init(_ base: Base, gate: RequestGate) {
        self.base = base
        self.gate = gate
    }

    package func perform<Value: Sendable>(
        _ call: StoreCall, _ body: () async throws(StoreError) -> Value
    ) async throws(StoreError) -> Value {
        try await body()
    }

    package func head(_ key: Key, _ conditions: ReadConditions) async throws(StoreError) -> ObjectInfo {
        try await hedged(.asking(.head)) { [base] () async throws(StoreError) in try await base.head(key, conditions) }
    }

    package func get(_ key: Key, range: ByteRange?, _ conditions: ReadConditions) async throws(StoreError) -> ObjectContent {
        try await hedged(.asking(.get(range?.count))) { [base] () async throws(StoreError) in
            try await base.get(key, range: range, conditions)
        }
    }

    package func list(_ request: ListRequest) async throws(StoreError) -> ListPage {
        try await hedged(.asking(.list)) { [base] () async throws(StoreError) in try await base.list(request) }
    }

    private func hedged<Value: Sendable>(
        _ call: StoreCall, _ request: @escaping @Sendable () async throws(StoreError) -> Value
    ) async throws(StoreError) -> Value {
        guard let delay = gate.hedgeDelay(call.kind) else { return try await request() }
        return try await HedgedRace(call: call, gate: gate, request: request).run(after: delay).get()
    }
}

/// One question, and a second request for it if the first is late.
private struct HedgedRace<Value: Sendable>: Sendable {
    private enum Event: Sendable {
        case isLate
        case answer(Result<Value, StoreError>, isSecond: Bool)
    }

    let call: StoreCall
    let gate: RequestGate
    let request: @Sendable () async throws(StoreError) -> Value

    func run(after delay: Duration) async -> Result<Value, StoreError> {
        await withTaskGroup(of: Event.self) { group in
            group.addTask { await send(isSecond: false) }
            group.addTask {
                try? await Task.sleep(for: delay)
                return .isLate
            }
            // Whoever is left, the clock or a request, is called off, and ends before this returns.
            defer { group.cancelAll() }
            return await decide(&group)
        }
    }

    private func decide(_ group: inout TaskGroup<Event>) async -> Result<Value, StoreError> {
        var running = 1
        var slot: UInt64?
        defer { if let slot { gate.leave(slot) } }
        while let event = await group.next() {
            switch event {
            case .isLate:
                guard !Task.isCancelled, running == 1, let second = gate.enterHedge(call.requestClass) else { continue }
                slot = second
                running += 1
                group.addTask { await send(isSecond: true) }
            case .answer(let outcome, let isSecond):
                running -= 1
                // The other one may have more luck.
                if case .failure(let error) = outcome, running > 0, RetryPolicy.mayPass(error) { continue }
                if isSecond { gate.count { $0.hedgesWon += 1 } }
                return outcome
            }
        }
        return .failure(StoreError(.cancelled, "the request was cancelled"))
    }

    private func send(isSecond: Bool) async -> Event {
        do throws(StoreError) {
            return .answer(.success(try await request()), isSecond: isSecond)
        } catch {
            return .answer(.failure(error), isSecond: isSecond)
        }
    }
}
