internal import FileSystemTypes
internal import ObjectStorage
internal import Synchronization

/// A range of an object that is being fetched: readers wait for the part they want, not for all of it.
final class ReadSegment: Sendable {
    private struct Waiter {
        let number: Int
        let needed: Int64
        let continuation: CheckedContinuation<Void, Never>
    }

    private struct State {
        var bytes = Bytes()
        /// Whether readers may have what has arrived: not before its checksum is right, where there is one.
        var isWithheld: Bool
        var outcome: Result<Void, StoreError>?
        var waiters: [Waiter] = []
        var nextWaiter = 0
        var task: Task<Void, Never>?
        var isCancelled = false

        func isReady(_ needed: Int64) -> Bool {
            outcome != nil || !isWithheld && Int64(bytes.count) >= needed
        }

        /// Takes out the waiters whose bytes are there, or who wait in vain.
        mutating func due() -> [Waiter] {
            guard !waiters.isEmpty else { return [] }
            let due = waiters.filter { isReady($0.needed) }
            if !due.isEmpty { waiters = waiters.filter { !isReady($0.needed) } }
            return due
        }
    }

    let range: ByteRange
    private let state: Mutex<State>

    init(_ range: ByteRange, isWithheld: Bool = false) {
        self.range = range
        state = Mutex(State(isWithheld: isWithheld))
    }

    /// One whose bytes are all there, and right.
    init(_ range: ByteRange, fetched bytes: Bytes) {
        self.range = range
        state = Mutex(State(bytes: bytes, isWithheld: false, outcome: .success(())))
    }

    // MARK: The fetching side

    /// Fetches in a task of its own; `body` calls `append` and ends with all bytes there, or throws.
    func start(_ body: @escaping @Sendable (ReadSegment) async throws(StoreError) -> Void, then ended: @escaping @Sendable (StoreError?) -> Void) {
        let task = Task { [self] in
            var failure: StoreError?
            do throws(StoreError) {
                try await body(self)
            } catch {
                failure = error
            }
            finish(failure)
            ended(failure)
        }
        let isCancelled = state.withLock { state in
            if state.outcome == nil { state.task = task }
            return state.isCancelled
        }
        if isCancelled { task.cancel() }
    }

    func cancel() {
        let task = state.withLock { state in
            state.isCancelled = true
            return state.task
        }
        task?.cancel()
    }

    /// How many bytes have arrived.
    var count: Int64 { state.withLock { Int64($0.bytes.count) } }

    func append(_ more: Bytes) {
        change { $0.bytes.append(more) }
    }

    /// Forgets what has arrived, none of which anybody was given.
    func startOver() {
        change { $0.bytes = Bytes() }
    }

    /// Everything that has arrived.
    var bytes: Bytes { state.withLock { $0.bytes } }

    private func finish(_ failure: StoreError?) {
        change { state in
            state.outcome = failure.map { .failure($0) } ?? .success(())
            state.task = nil
            if failure != nil, state.isWithheld { state.bytes = Bytes() }
        }
    }

    private func change(_ body: (inout State) -> Void) {
        let due = state.withLock { state in
            body(&state)
            return state.due()
        }
        for waiter in due { waiter.continuation.resume() }
    }

    // MARK: The reading side

    /// The bytes of `wanted`, which lies inside the segment, if they have arrived.
    func now(_ wanted: ByteRange) -> Bytes? {
        let start = wanted.offset - range.offset
        return state.withLock { state in
            guard !state.isWithheld || state.outcome != nil, Int64(state.bytes.count) >= start + wanted.count else { return nil }
            return state.bytes.slice(from: Int(start), upTo: Int(wanted.count))
        }
    }

    /// The bytes of `wanted`, which lies inside the segment, as soon as they have arrived. Fails with `cancelled` when the task is.
    func read(_ wanted: ByteRange) async throws(StoreError) -> Bytes {
        if let bytes = now(wanted) { return bytes }
        await wait(for: wanted.end - range.offset)
        if let bytes = now(wanted) { return bytes }
        guard !Task.isCancelled else { throw StoreError(.cancelled, "nobody waits for the bytes any more") }
        try state.withLock { $0.outcome }?.get()
        throw StoreError(.invalidResponse, "the store sent fewer bytes than it announced")
    }

    private func wait(for needed: Int64) async {
        let number = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isReady = state.withLock { state in
                    if state.isReady(needed) || Task.isCancelled { return true }
                    state.waiters.append(Waiter(number: number, needed: needed, continuation: continuation))
                    return false
                }
                if isReady { continuation.resume() }
            }
        } onCancel: {
            release(number)
        }
    }

    /// Lets a waiter go whose task was cancelled.
    private func release(_ number: Int) {
        let waiter = state.withLock { state in
            state.waiters.firstIndex { $0.number == number }.map { state.waiters.remove(at: $0) }
        }
        waiter?.continuation.resume()
    }
}
