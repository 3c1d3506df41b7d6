internal import ObjectStorage
internal import Synchronization

/// Runs `body` for each item, as many at a time as `limiter` lets in; the results in the order of the items.
///
/// After the first failure no more are begun, and those under way are cancelled. With `stop`, which ends it as well, they come to their end.
func inParallel<Item: Sendable, Value: Sendable>(
    _ items: [Item], _ limiter: Semaphore, stop: StopFlag? = nil, _ body: @escaping @Sendable (Item) async throws(StoreError) -> Value
) async throws(StoreError) -> [Value] {
    let outcome = await withTaskGroup(of: (Int, Result<Value, StoreError>).self) { group -> Result<[Value], StoreError> in
        for (index, item) in items.enumerated() {
            group.addTask {
                let result = await limiter.run {
                    await settledRequest { () async throws(StoreError) in
                        guard !Task.isCancelled, stop?.isSet != true else { throw StoreError(.cancelled, "the request was cancelled") }
                        return try await body(item)
                    }
                }
                return (index, result)
            }
        }
        var values = [Value?](repeating: nil, count: items.count)
        for await (index, result) in group {
            switch result {
            case .success(let value): values[index] = value
            case .failure(let error):
                if let stop { stop.set() } else { group.cancelAll() }
                return .failure(error)
            }
        }
        return .success(values.compactMap(\.self))
    }
    return try outcome.get()
}

/// The same for requests whose outcome must be known when it returns: a store may go on with what nobody waits for any more. The end of the
/// task only keeps further ones from being begun.
func inParallelToTheEnd<Item: Sendable, Value: Sendable>(
    _ items: [Item], _ limiter: Semaphore, _ body: @escaping @Sendable (Item) async throws(StoreError) -> Value
) async throws(StoreError) -> [Value] {
    let stop = StopFlag()
    let outcome = await withTaskCancellationHandler {
        await Task {
            await settledRequest { () async throws(StoreError) in try await inParallel(items, limiter, stop: stop, body) }
        }.value
    } onCancel: {
        stop.set()
    }
    return try outcome.get()
}

/// Says that nothing more is to be begun.
final class StopFlag: Sendable {
    private let flag = Atomic<Bool>(false)

    var isSet: Bool { flag.load(ordering: .relaxed) }

    func set() {
        flag.store(true, ordering: .relaxed)
    }
}

/// The outcome of `body` as a value.
func settledRequest<Value>(_ body: () async throws(StoreError) -> Value) async -> Result<Value, StoreError> {
    do throws(StoreError) {
        return .success(try await body())
    } catch {
        return .failure(error)
    }
}
