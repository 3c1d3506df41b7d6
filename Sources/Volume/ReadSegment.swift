internal import FileSystemTypes
internal import ObjectStorage
internal import Synchronization

/// A range of an object that is being fetched: readers wait for the part they want, not for all of it.
final class ReadSegment: Sendable {
    private struct Waiter {
        let needed: Int64
        let continuation: CheckedContinuation<Void, Never>
    }

    private struct State {
        var bytes = Bytes()
        var outcome: Result<Void, StoreError>?
        var waiters: [Waiter] = []
        var task: Task<Void, Never>?

        /// Takes out the waiters whose bytes are there, or who wait in vain.
        mutating func due() -> [Waiter] {
            let isDone = outcome != nil
            let count = Int64(bytes.count)
            let due = waiters.filter { isDone || $0.needed <= count }
            waiters.removeAll { isDone || $0.needed <= count }
            return due
        }
    }

    let range: ByteRange
    /// What was taken from the read-ahead budget for it.
    let reserved: Int64
    private let state = Mutex(State())

    init(_ range: ByteRange, reserved: Int64) {
        self.range = range
        self.reserved = reserved
    }

    /// Fetches in a task of its own.
    func start(_ open: @escaping @Sendable () async throws(StoreError) -> ObjectContent) {
        let task = Task { [self] in
            do throws(StoreError) {
                let content = try await open()
                while let more = try await content.body.next() {
                    change { $0.bytes.append(more) }
                }
                finish(.success(()))
            } catch {
                finish(.failure(error))
            }
        }
        state.withLock { $0.task = task }
    }

    func cancel() {
        state.withLock { $0.task }?.cancel()
    }

    /// The bytes of `wanted`, which lies inside the segment, as soon as they have arrived.
    func read(_ wanted: ByteRange) async throws(StoreError) -> Bytes {
        let start = wanted.offset - range.offset
        let needed = start + wanted.count
        await withCheckedContinuation { continuation in
            let isReady = state.withLock { state in
                if state.outcome != nil || Int64(state.bytes.count) >= needed { return true }
                state.waiters.append(Waiter(needed: needed, continuation: continuation))
                return false
            }
            if isReady { continuation.resume() }
        }
        let (bytes, outcome) = state.withLock { ($0.bytes, $0.outcome) }
        if Int64(bytes.count) >= needed { return bytes.slice(from: Int(start), upTo: Int(wanted.count)) }
        try outcome?.get()
        throw StoreError(.invalidResponse, "the store sent fewer bytes than it announced")
    }

    private func finish(_ outcome: Result<Void, StoreError>) {
        change { state in
            state.outcome = outcome
            state.task = nil
        }
    }

    private func change(_ body: (inout State) -> Void) {
        let due = state.withLock { state in
            body(&state)
            return state.due()
        }
        for waiter in due { waiter.continuation.resume() }
    }
}
