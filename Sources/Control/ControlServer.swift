internal import Foundation
internal import Glibc
internal import Threads

/// Answers the commands that ask a running mount.
///
/// A socket in `RuntimeFolder`, for this user and root alone. One thread waits for callers, one more serves each of at most eight at a time.
package final class ControlServer: Sendable {
    private struct State {
        var callers = 0
        var isStopping = false
    }

    package typealias Handler = @Sendable (ControlRequest, ControlReply) async -> Void

    static let mostCallers = 8
    /// For a caller to ask, and to take an answer.
    static let patience: Duration = .seconds(10)
    /// How often a caller is shown that the mount lives.
    static let heartbeat: Duration = .seconds(1)

    package let path: String
    private let socket: ControlSocket
    private let inode: ino_t
    private let handler: Handler
    private let state = Monitor(State())

    /// Listens at `path`, in the place of a socket that a killed mount has left. Fails when somebody answers there.
    package init(_ path: String, _ handler: @escaping Handler) throws(ControlError) {
        if (try? ControlSocket.connect(path)) != nil { throw ControlError(.unusable, "another process answers at \(path)") }
        unsafe _ = unlink(path)
        socket = try ControlSocket.listen(path)
        inode = Self.inode(of: path) ?? 0
        self.path = path
        self.handler = handler
        do throws(ThreadError) {
            try NamedThread.start("control") { self.run() }.detach()
        } catch {
            unsafe _ = unlink(path)
            throw ControlError(.unusable, error.description)
        }
    }

    private static func inode(of path: String) -> ino_t? {
        var status = stat()
        return unsafe lstat(path, &status) == 0 ? status.st_ino : nil
    }

    /// Ends it, once the callers that are being served have their answers or `limit` has passed. The socket is gone afterwards.
    package func stop(within limit: Duration = .seconds(3)) {
        state.changeForAll { $0.isStopping = true }
        // Another mount may have taken the name since.
        if Self.inode(of: path) == inode { unsafe _ = unlink(path) }
        state.wait(atMost: limit) { $0.callers == 0 ? true : nil }
    }

    private func run() {
        while !(state.change { $0.isStopping }) {
            guard let caller = socket.accept(within: .milliseconds(200)) else { continue }
            admit(caller)
        }
    }

    private func admit(_ caller: ControlSocket) {
        guard let user = caller.peerUserID, user == geteuid() || user == 0 else { return }
        let isIn = state.change { state in
            guard state.callers < Self.mostCallers else { return false }
            state.callers += 1
            return true
        }
        guard isIn else { return refuse(caller, ControlError(.unusable, "the mount is busy with \(Self.mostCallers) other commands; try again")) }
        do throws(ThreadError) {
            try NamedThread.start("control-caller") {
                self.serve(caller)
                self.state.changeForAll { $0.callers -= 1 }
            }.detach()
        } catch {
            state.changeForAll { $0.callers -= 1 }
        }
    }

    private func serve(_ caller: ControlSocket) {
        do throws(ControlError) {
            let request = try readRequest(caller)
            let reply = ControlReply()
            let task = Task { [handler] in
                await handler(request, reply)
                reply.complete()
            }
            defer {
                reply.abandon()
                task.cancel()
            }
            try send(reply, to: caller)
        } catch {
            refuse(caller, error)
        }
    }

    private func readRequest(_ caller: ControlSocket) throws(ControlError) -> ControlRequest {
        let deadline = ContinuousClock.now + Self.patience
        var lines = LineBuffer(limit: LineCoding.longestRequest)
        while true {
            if let line = try lines.next() { return try LineCoding.request(line) }
            guard let bytes = try caller.receive(by: deadline) else { throw ControlError(.ended, "the caller has gone") }
            lines.append(bytes)
        }
    }

    private func send(_ reply: ControlReply, to caller: ControlSocket) throws(ControlError) {
        while let answers = reply.next(within: Self.heartbeat) {
            var bytes: [UInt8] = []
            for answer in answers.isEmpty ? [ControlAnswer()] : answers { bytes += try LineCoding.encode(answer) }
            try caller.send(bytes, by: .now + Self.patience)
        }
        try caller.send(try LineCoding.encode(ControlAnswer.last), by: .now + Self.patience)
    }

    /// A socket that is closed with something unread takes its answer along: what the caller still says is read, for a moment.
    private func refuse(_ caller: ControlSocket, _ error: ControlError) {
        guard let line = try? LineCoding.encode(ControlAnswer(error: error.description)) else { return }
        try? caller.send(line, by: .now + .seconds(1))
        caller.endSending()
        let deadline = ContinuousClock.now + .milliseconds(500)
        var left = LineCoding.longestRequest
        while left > 0, let bytes = try? caller.receive(by: deadline) { left -= bytes.count }
    }
}
