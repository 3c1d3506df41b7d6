internal import ObjectStorage

/// Runs `body` for each item, as many at a time as `limiter` lets in; the results in the order of the items.
///
/// After the first failure the rest is cancelled.
func inParallel<Item: Sendable, Value: Sendable>(
    _ items: [Item], _ limiter: Semaphore, _ body: @escaping @Sendable (Item) async throws(StoreError) -> Value
) async throws(StoreError) -> [Value] {
    let outcome = await withTaskGroup(of: (Int, Result<Value, StoreError>).self) { group -> Result<[Value], StoreError> in
        for (index, item) in items.enumerated() {
            group.addTask {
                let result = await limiter.run {
                    await settledRequest { () async throws(StoreError) in
                        guard !Task.isCancelled else { throw StoreError(.cancelled, "the request was cancelled") }
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
                group.cancelAll()
                return .failure(error)
            }
        }
        return .success(values.compactMap(\.self))
    }
    return try outcome.get()
}

/// The outcome of `body` as a value.
func settledRequest<Value>(_ body: () async throws(StoreError) -> Value) async -> Result<Value, StoreError> {
    do throws(StoreError) {
        return .success(try await body())
    } catch {
        return .failure(error)
    }
}
