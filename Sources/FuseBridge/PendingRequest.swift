import CFuse3
import Synchronization

/// The part of a request that its task and the thread that started it share.
///
/// Lock order: `state`, then libfuse's locks of the request and the session, then a shard of the interrupt table.
@safe final class PendingRequest: @unchecked Sendable {  // `raw` is a pointer that libfuse lets any thread use until the answer
    private struct State {
        var isAnswered = false
        var isWatched = false
    }

    let raw: fuse_req_t
    let bridge: Bridge
    private let id: UInt64
    private let state = Mutex(State())

    init(_ raw: fuse_req_t, bridge: Bridge) {
        unsafe self.raw = raw
        self.bridge = bridge
        id = bridge.interrupts.nextID()
        bridge.inFlight.add(1, ordering: .relaxed)
    }

    /// Lets FUSE_INTERRUPT cancel `task`, unless the request was answered already: an answer from memory costs nothing here.
    ///
    /// The table is filled after libfuse knows the function, and the flag asked after that: an interrupt that came
    /// earlier, even before the request, is seen by one of the two.
    func watch(_ task: Task<Void, Never>) {
        let wasInterrupted = state.withLock { state in
            guard !state.isAnswered else { return false }
            state.isWatched = true
            unsafe fuse_req_interrupt_func(raw, InterruptTable.interrupted, UnsafeMutableRawPointer(bitPattern: UInt(id)))
            bridge.interrupts.insert(task, id: id)
            return unsafe fuse_req_interrupted(raw) != 0
        }
        if wasInterrupted { task.cancel() }
    }

    /// Called right before the answer, after which `raw` is gone.
    func settle() {
        let isWatched = state.withLock { state in
            precondition(!state.isAnswered, "a request was answered twice")
            state.isAnswered = true
            return state.isWatched
        }
        if isWatched { bridge.interrupts.remove(id) }
    }

    /// Called after the answer: from here on the session may be destroyed.
    func finish() {
        bridge.inFlight.subtract(1, ordering: .releasing)
    }
}
