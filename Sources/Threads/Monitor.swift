import Glibc

/// State under a lock, with a condition to wait for: what `Mutex` lacks.
///
/// Waiting blocks the calling thread, so it is for threads of their own, never for the cooperative pool.
@safe package final class Monitor<State>: @unchecked Sendable {  // `state` is touched only while `lock` is held
    private let lock: UnsafeMutablePointer<pthread_mutex_t>
    private let condition: UnsafeMutablePointer<pthread_cond_t>
    private var state: State

    package init(_ state: sending State) {
        self.state = state
        unsafe lock = .allocate(capacity: 1)
        unsafe condition = .allocate(capacity: 1)
        unsafe pthread_mutex_init(lock, nil)
        var attributes = pthread_condattr_t()
        unsafe pthread_condattr_init(&attributes)
        unsafe pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        unsafe pthread_cond_init(condition, &attributes)
        unsafe pthread_condattr_destroy(&attributes)
    }

    deinit {
        unsafe pthread_cond_destroy(condition)
        unsafe pthread_mutex_destroy(lock)
        unsafe condition.deallocate()
        unsafe lock.deallocate()
    }

    /// Changes the state, then wakes one waiting thread.
    @discardableResult package func change<Result>(_ body: (inout State) -> Result) -> Result {
        unsafe pthread_mutex_lock(lock)
        let result = body(&state)
        unsafe pthread_cond_signal(condition)
        unsafe pthread_mutex_unlock(lock)
        return result
    }

    /// Changes the state, then wakes all waiting threads.
    @discardableResult package func changeForAll<Result>(_ body: (inout State) -> Result) -> Result {
        unsafe pthread_mutex_lock(lock)
        let result = body(&state)
        unsafe pthread_cond_broadcast(condition)
        unsafe pthread_mutex_unlock(lock)
        return result
    }

    /// Waits until `body` gives a value. It runs under the lock: at once, and after each change.
    @discardableResult package func wait<Result>(_ body: (inout State) -> Result?) -> Result {
        unsafe pthread_mutex_lock(lock)
        defer { unsafe pthread_mutex_unlock(lock) }
        while true {
            if let result = body(&state) { return result }
            unsafe pthread_cond_wait(condition, lock)
        }
    }

    /// As `wait`, for at most `limit`; nil when the time is up.
    @discardableResult package func wait<Result>(atMost limit: Duration, _ body: (inout State) -> Result?) -> Result? {
        var deadline = Self.moment(after: limit)
        unsafe pthread_mutex_lock(lock)
        defer { unsafe pthread_mutex_unlock(lock) }
        while true {
            if let result = body(&state) { return result }
            if unsafe pthread_cond_timedwait(condition, lock, &deadline) == ETIMEDOUT { return body(&state) }
        }
    }

    private static func moment(after limit: Duration) -> timespec {
        var now = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &now)
        let (seconds, attoseconds) = limit.components
        let nanoseconds = now.tv_nsec + Int(attoseconds / 1_000_000_000)
        return timespec(tv_sec: now.tv_sec + Int(seconds) + nanoseconds / 1_000_000_000, tv_nsec: nanoseconds % 1_000_000_000)
    }
}
