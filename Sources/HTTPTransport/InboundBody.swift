internal import FileSystemTypes

/// The bytes of an answer between the loop's thread and the reader: a bounded queue.
struct InboundBody {
    typealias Waiter = CheckedContinuation<Result<Bytes?, TransportError>, Never>

    /// A reader to be woken outside the lock.
    struct Wake {
        let waiter: Waiter
        let answer: Result<Bytes?, TransportError>

        func resume() { waiter.resume(returning: answer) }
    }

    /// Above this many unread bytes the connection is not read any more.
    static let highWater = 1 << 20

    private var unread: [UInt8] = []
    private var waiter: Waiter?
    private var isPaused = false
    private var outcome: Result<Void, TransportError>?
    private(set) var isOverLimit = false

    var isFinished: Bool { outcome != nil }

    /// Bytes from the network: taken whole, or refused whole until the reader has caught up.
    ///
    /// `limit` is set where the whole answer is collected; then nothing is ever paused. `expected` is its announced length.
    mutating func append(_ bytes: UnsafeRawBufferPointer, limit: Int?, expected: Int?) -> (Transfer.Intake, Wake?) {
        if let limit {
            guard unread.count + bytes.count <= limit else {
                isOverLimit = true
                return (.refused, nil)
            }
            if unread.isEmpty, let expected { unread.reserveCapacity(min(expected, limit)) }
        } else if unread.count >= Self.highWater {
            isPaused = true
            return (.full, nil)
        }
        unsafe unread.append(contentsOf: bytes)
        guard limit == nil, let waiter = takeWaiter() else { return (.taken, nil) }
        return (.taken, Wake(waiter: waiter, answer: .success(takeUnread())))
    }

    /// A reader wants bytes: an answer at once, or the waiter is kept.
    mutating func read(_ continuation: Waiter) -> (answer: Result<Bytes?, TransportError>?, resumesLoop: Bool) {
        precondition(waiter == nil, "a body has one reader")
        let resumes = isPaused
        isPaused = false
        if !unread.isEmpty { return (.success(takeUnread()), resumes) }
        switch outcome {
        case .success: return (.success(nil), resumes)
        case .failure(let error): return (.failure(error), resumes)
        case nil:
            waiter = continuation
            return (nil, resumes)
        }
    }

    mutating func finish(_ error: TransportError?) -> Wake? {
        guard outcome == nil else { return nil }
        outcome = error.map { .failure($0) } ?? .success(())
        guard let waiter = takeWaiter() else { return nil }
        return Wake(waiter: waiter, answer: error.map { .failure($0) } ?? .success(nil))
    }

    private mutating func takeUnread() -> Bytes {
        defer { unread = [] }
        return Bytes(unread)
    }

    private mutating func takeWaiter() -> Waiter? {
        defer { waiter = nil }
        return waiter
    }
}
