import Glibc

/// Waits for the first of some signals on the calling thread.
///
/// Made before any other thread: threads inherit what their maker has blocked, so the signals wait, from this moment on, for whoever asks for them.
struct SignalWait {
    private let awaited: sigset_t

    init(_ signals: [Int32]) {
        var set = sigset_t()
        unsafe sigemptyset(&set)
        for number in signals { unsafe sigaddset(&set, number) }
        unsafe pthread_sigmask(SIG_BLOCK, &set, nil)
        awaited = set
    }

    /// Also returns for one that came before the call.
    func wait() {
        var set = awaited
        var number: Int32 = 0
        while unsafe sigwait(&set, &number) != 0 {}
    }
}
