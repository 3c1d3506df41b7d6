internal import FileSystemTypes
internal import Logging
internal import Synchronization

/// The body of a GET that goes on where it broke off: the rest is asked for again, of the same version of the object.
final class ResumingBody<Base: ObjectStore>: ObjectBody {
    private struct State {
        var current: any ObjectBody
        var delivered: Int64 = 0
        var breaks = 0
    }

    private let state: Mutex<State>
    private let key: Key
    private let store: RetryingStore<Base>
    private let range: ByteRange
    private let conditions: ReadConditions

    init(_ content: ObjectContent, of key: Key, from store: RetryingStore<Base>, _ conditions: ReadConditions) {
        state = Mutex(State(current: content.body))
        self.key = key
        self.store = store
        range = content.range
        var pinned = conditions
        pinned.ifMatch = conditions.ifMatch ?? content.info.etag
        pinned.ifNoneMatch = nil
        pinned.isWhole = false
        self.conditions = pinned
    }

    func next() async throws(StoreError) -> Bytes? {
        while true {
            let body = state.withLock { $0.current }
            do throws(StoreError) {
                guard let bytes = try await body.next() else { return nil }
                state.withLock { $0.delivered += Int64(bytes.count) }
                return bytes
            } catch {
                guard state.withLock({ $0.delivered }) < range.count else { return nil }
                try await resume(after: error)
            }
        }
    }

    func cancel() {
        state.withLock { $0.current }.cancel()
    }

    private func resume(after error: StoreError) async throws(StoreError) {
        let (delivered, breaks) = state.withLock { state in
            state.breaks += 1
            return (state.delivered, state.breaks)
        }
        guard RetryPolicy.mayPass(error), breaks < store.policy.maximumAttempts, conditions.ifMatch != nil else { throw error }
        store.logger.debug("the answer broke off after \(delivered) bytes, asking for the rest: \(error)")
        let rest = ByteRange(offset: range.offset + delivered, count: range.count - delivered)
        let content = try await store.retrying { _ throws(StoreError) in try await store.base.get(key, range: rest, conditions) }
        state.withLock { $0.current = content.body }
    }
}
