package import ObjectStorage

/// Runs `body` for every item, at most `limit` at a time; the first failure ends it all. Values come in the order in which they were ready.
package func concurrently<Item: Sendable, Value: Sendable>(
    _ items: [Item], atOnce limit: Int, _ body: @escaping @Sendable (Item) async throws(StoreError) -> Value
) async -> Result<[Value], StoreError> {
    await withTaskGroup(of: Result<Value, StoreError>.self) { group in
        var values: [Value] = []
        var next = items.startIndex
        func add() {
            guard next < items.endIndex else { return }
            let item = items[next]
            next += 1
            group.addTask {
                do throws(StoreError) {
                    return .success(try await body(item))
                } catch {
                    return .failure(error)
                }
            }
        }
        for _ in 0..<limit { add() }
        while let outcome = await group.next() {
            switch outcome {
            case .success(let value): values.append(value)
            case .failure(let error):
                group.cancelAll()
                return .failure(error)
            }
            add()
        }
        return .success(values)
    }
}
