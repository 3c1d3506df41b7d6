import CFuse3
import FileSystemTypes
import Glibc

/// A request as libfuse hands it to a callback, good only while the callback runs, and the bridge that it is for.
@safe struct IncomingCall {
    let bridge: Bridge
    private let raw: fuse_req_t

    /// libfuse never passes nil.
    init(_ raw: fuse_req_t?) {
        guard let raw = unsafe raw else { preconditionFailure("libfuse called back without a request") }
        unsafe self.raw = raw
        unsafe bridge = Bridge.of(raw)
    }

    /// Answers a request with what `work` gives, through `reply`; with its errno when it throws.
    ///
    /// `work` starts on the calling thread (SE-0472), so what is answered from memory costs no hop. From its first
    /// suspension on it runs on the executor, and the libfuse worker goes back to the kernel.
    func answer<Answer: Sendable>(
        _ operation: StaticString,
        _ work: @escaping @Sendable (any FileSystem) async throws(Errno) -> Answer,
        reply: @escaping @Sendable (consuming Request, Answer) -> Void
    ) {
        let bridge = bridge
        let pending = unsafe PendingRequest(raw, bridge: bridge)
        let task = Task.immediate(executorPreference: bridge.executor) {
            let request = Request(pending, operation)
            do throws(Errno) {
                let answer = try await work(bridge.fileSystem)
                if bridge.mustDropReply(to: operation) { return }
                reply(request, answer)
            } catch {
                request.fail(error)
            }
        }
        pending.watch(task)
    }

    /// As `answer`, for operations that have nothing to say but that they succeeded.
    func perform(
        _ operation: StaticString, _ work: @escaping @Sendable (any FileSystem) async throws(Errno) -> Void
    ) {
        answer(operation, work) { request, _ in request.succeed() }
    }

    /// Answers at once, on the calling thread.
    func refuse(_ errno: Errno) {
        unsafe _ = fuse_reply_err(raw, errno.code)
    }

    /// Tells the kernel that a message without an answer was read.
    func acknowledge() {
        unsafe fuse_reply_none(raw)
    }

    /// Answers a write at once.
    func reply(written count: Int) {
        unsafe _ = fuse_reply_write(raw, count)
    }

    /// Answers a read of `limit` bytes at once.
    func reply(_ bytes: Bytes, limit: Int) {
        unsafe _ = ReadAnswer.send(bytes, limit: limit, to: raw)
    }

    /// Who makes the request.
    var caller: Caller {
        guard let context = unsafe fuse_req_ctx(raw)?.pointee else { return Caller(userID: 0, groupID: 0, processID: 0) }
        return Caller(
            userID: context.uid, groupID: context.gid, processID: context.pid, umask: UInt16(truncatingIfNeeded: context.umask & 0o777),
            groupLookup: ProcessGroups.of)
    }

    /// A name in the request, or nil after the request was answered with why the name cannot be one.
    func name(_ text: UnsafePointer<CChar>?) -> FileName? {
        guard let text = unsafe text else { preconditionFailure("libfuse called back without a name") }
        do throws(Errno) {
            return try unsafe FileName(text)
        } catch {
            refuse(error)
            return nil
        }
    }

    /// The open file of the request, or nil after the request was answered with EBADF.
    func handle(_ information: UnsafeMutablePointer<fuse_file_info>?) -> Handle? {
        guard let information = unsafe information else {
            refuse(.badHandle)
            return nil
        }
        return unsafe Handle(information.pointee.fh)
    }
}
