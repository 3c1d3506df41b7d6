import Glibc
import Threads

/// Waits for SIGINT, SIGTERM and SIGHUP on a thread of its own. Made before any other thread, so that no other gets them.
struct SignalWatch {
    private let watched: sigset_t

    init() {
        var set = sigset_t()
        unsafe sigemptyset(&set)
        unsafe sigaddset(&set, SIGINT)
        unsafe sigaddset(&set, SIGTERM)
        unsafe sigaddset(&set, SIGHUP)
        unsafe pthread_sigmask(SIG_BLOCK, &set, nil)
        signal(SIGPIPE, SIG_IGN)
        watched = set
    }

    /// Calls `hangup` for each SIGHUP, and `body` for the first other signal; a second one ends the process at once.
    func onFirst(hangup: @escaping @Sendable () -> Void, _ body: @escaping @Sendable (Int32) -> Void) {
        let watched = watched
        do throws(ThreadError) {
            try NamedThread.start("signals") {
                let first = Self.next(watched, hangup)
                Self.endOnSecond(watched)
                body(first)
            }.detach()
        } catch {
            Terminal.complain(error.description)
        }
    }

    private static func endOnSecond(_ watched: sigset_t) {
        do throws(ThreadError) {
            try NamedThread.start("signals-2") {
                _ = Self.next(watched) {}
                Terminal.complain("ended by a second signal; files that were still open with changes are lost")
                _exit(1)
            }.detach()
        } catch {
            Terminal.complain(error.description)
        }
    }

    private static func next(_ watched: sigset_t, _ hangup: () -> Void) -> Int32 {
        var set = watched
        var number: Int32 = 0
        while true {
            guard unsafe sigwait(&set, &number) == 0 else { continue }
            guard number == SIGHUP else { return number }
            hangup()
        }
    }
}
