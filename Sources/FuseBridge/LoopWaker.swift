import Glibc

/// Gets a thread out of `fuse_session_loop_mt`.
///
/// `fuse_session_exit` sets a flag only; the loop looks at it when a signal ends its sem_wait(3). The signal needs a
/// handler, or it would end the process, and the handler has nothing to do.
enum LoopWaker {
    /// A real-time signal that neither glibc nor Swift uses.
    private static let signal = __libc_current_sigrtmin() + 7

    /// Calls `attempt` until it gives true, at most for two seconds. A signal that comes between the look at the flag and the wait is lost,
    /// hence the repetition.
    static func wake(_ attempt: ((pthread_t) -> Void) -> Bool) {
        var action = sigaction()
        unsafe action.__sigaction_handler.sa_handler = { _ in }
        unsafe sigaction(signal, &action, nil)
        for _ in 0..<200 {
            if attempt({ _ = pthread_kill($0, signal) }) { return }
            usleep(10_000)
        }
    }
}
