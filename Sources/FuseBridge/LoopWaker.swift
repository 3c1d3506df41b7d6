import Glibc

/// Gets a thread out of `fuse_session_loop_mt`.
///
/// `fuse_session_exit` sets a flag only; the loop looks at it when a signal ends its sem_wait(3). The signal needs a
/// handler, or it would end the process, and the handler has nothing to do.
enum LoopWaker {
    /// A real-time signal that neither glibc nor Swift uses.
    private static let signal = __libc_current_sigrtmin() + 7

    /// Lets the calling thread be woken: a thread inherits its signal mask, and those of libdispatch block everything.
    static func prepare() {
        var action = sigaction()
        unsafe action.__sigaction_handler.sa_handler = { _ in }
        unsafe sigaction(signal, &action, nil)
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        unsafe sigaddset(&signals, signal)
        unsafe pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    }

    /// Calls `attempt` until it gives true, at most for two seconds. A signal that comes between the look at the flag and the
    /// wait is lost, hence the repetition.
    static func wake(_ attempt: ((pthread_t) -> Void) -> Bool) {
        for _ in 0..<200 {
            if attempt({ _ = pthread_kill($0, signal) }) { return }
            usleep(10_000)
        }
    }
}
