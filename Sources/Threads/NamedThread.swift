import Glibc

/// The system refused another thread (pthread_create(3)).
package struct ThreadError: Error, CustomStringConvertible {
    package let name: String
    package let code: Int32

    package var description: String {
        unsafe "cannot start thread \(name): \(String(cString: strerror(code))); raise the limit on processes (ulimit -u)"
    }
}

/// A thread of our own, for work that blocks. It shows its name in `ps -L` and in debuggers.
@safe package struct NamedThread: @unchecked Sendable {  // a pthread_t is an opaque number
    private let thread: pthread_t

    /// Starts a thread that runs `body` once. `join` waits for it and must be called once, or `detach`.
    ///
    /// The kernel shows the first 15 bytes of `name`.
    package static func start(_ name: String, _ body: @escaping @Sendable () -> Void) throws(ThreadError) -> NamedThread {
        let start = unsafe Unmanaged.passRetained(ThreadStart(name: name, body: body))
        var thread = pthread_t()
        let code = unsafe pthread_create(&thread, nil, ThreadStart.run, start.toOpaque())
        guard code == 0 else {
            unsafe start.release()
            throw ThreadError(name: name, code: code)
        }
        return NamedThread(thread: thread)
    }

    /// Waits until the thread has ended.
    package func join() {
        _ = pthread_join(thread, nil)
    }

    /// Lets the thread end on its own.
    package func detach() {
        pthread_detach(thread)
    }
}

/// What a new thread is given to run.
private final class ThreadStart: Sendable {
    private let name: String
    private let body: @Sendable () -> Void

    init(name: String, body: @escaping @Sendable () -> Void) {
        self.name = name
        self.body = body
    }

    static let run: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { context in
        guard let context = unsafe context else { return nil }
        let start = unsafe Unmanaged<ThreadStart>.fromOpaque(context).takeRetainedValue()
        start.showName()
        start.body()
        return nil
    }

    /// pthread_setname_np(3) is a GNU extension that Swift does not import; this is the file that it writes.
    private func showName() {
        let descriptor = unsafe open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        let bytes = Array(name.utf8.prefix(15))
        unsafe _ = write(descriptor, bytes, bytes.count)
        close(descriptor)
    }
}
