import CFuse3
import FileSystemTypes
import Glibc
import Logging

/// One request of the kernel, to be answered exactly once.
///
/// Answering consumes the value. Dropping it unanswered answers EIO and logs a fault: a forgotten path costs an error, not a
/// process that hangs in the kernel.
struct Request: ~Copyable, Sendable {
    private let pending: PendingRequest
    private let operation: StaticString
    private var isAnswered = false

    init(_ pending: PendingRequest, _ operation: StaticString) {
        self.pending = pending
        self.operation = operation
    }

    deinit {
        guard !isAnswered else { return }
        pending.bridge.logger.critical("a request was dropped without an answer", metadata: ["operation": "\(operation)"])
        pending.settle()
        unsafe _ = fuse_reply_err(pending.raw, EIO)
        pending.finish()
    }

    var bridge: Bridge { pending.bridge }

    /// Calls one of libfuse's reply functions. False when the kernel no longer wants the answer.
    @safe mutating func send(_ reply: (fuse_req_t) -> Int32) -> Bool {
        isAnswered = true
        pending.settle()
        let result = unsafe reply(pending.raw)
        pending.finish()
        return result == 0
    }

    consuming func succeed() {
        _ = send { unsafe fuse_reply_err($0, 0) }
    }

    /// A cancelled call may come back as ECANCELED; the interrupted program expects EINTR.
    consuming func fail(_ errno: Errno) {
        let code = errno.code == ECANCELED ? EINTR : errno.code
        _ = send { unsafe fuse_reply_err($0, code) }
    }
}
