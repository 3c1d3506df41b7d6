internal import Glibc

/// A stream socket of the local machine (unix(7)), with a deadline for each wait. Closed with its last reference.
final class ControlSocket: Sendable {
    let descriptor: Int32

    init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    deinit {
        close(descriptor)
    }

    /// The next bytes, at least one; nil when the other side has sent its last.
    func receive(by deadline: ContinuousClock.Instant) throws(ControlError) -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            try wait(for: POLLIN, by: deadline)
            let count = unsafe recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
            if count > 0 { return Array(buffer[..<count]) }
            if count == 0 { return nil }
            guard errno == EINTR || errno == EAGAIN else { throw Self.ended }
        }
    }

    func send(_ bytes: [UInt8], by deadline: ContinuousClock.Instant) throws(ControlError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            try wait(for: POLLOUT, by: deadline)
            let flags = Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL)
            let count = unsafe rest.withUnsafeBytes { unsafe Glibc.send(descriptor, $0.baseAddress, $0.count, flags) }
            if count > 0 { rest = rest.dropFirst(count) }
            guard count > 0 || errno == EINTR || errno == EAGAIN else { throw Self.ended }
        }
    }

    /// The other side reads the end after what was sent.
    func endSending() {
        shutdown(descriptor, Int32(SHUT_WR))
    }

    private static var ended: ControlError { ControlError(.ended, "the connection has ended") }

    private func wait(for event: Int32, by deadline: ContinuousClock.Instant) throws(ControlError) {
        guard Self.wait(for: event, on: descriptor, by: deadline) else { throw ControlError(.timedOut, "no answer in time") }
    }

    /// False when the time is up.
    static func wait(for event: Int32, on descriptor: Int32, by deadline: ContinuousClock.Instant) -> Bool {
        while true {
            let left = deadline - .now
            let milliseconds = left.components.seconds * 1000 + left.components.attoseconds / 1_000_000_000_000_000
            var entry = pollfd(fd: descriptor, events: Int16(event), revents: 0)
            let ready = unsafe poll(&entry, 1, Int32(clamping: max(0, milliseconds)))
            if ready > 0 { return true }
            if ready == 0, left <= .milliseconds(1) { return false }
            if ready < 0, errno != EINTR { return true }
        }
    }

    /// Of the process on the other side (`SO_PEERCRED`, unix(7)).
    var peerUserID: uid_t? {
        // `struct ucred`: process, user, group.
        var credentials: [UInt32] = [0, 0, 0]
        var length = socklen_t(12)
        guard unsafe getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &length) == 0, length == 12 else { return nil }
        return credentials[1]
    }

    // MARK: Names

    /// Fails with `noListener` where nobody listens at `path`.
    static func connect(_ path: String) throws(ControlError) -> ControlSocket {
        let socket = try make()
        let code = try unsafe withAddress(path) { unsafe Glibc.connect(socket.descriptor, $0, $1) }
        guard code == 0 else { throw ControlError(.noListener, "nobody answers at \(path)") }
        return socket
    }

    /// A socket that listens at `path`, for this user only. Nothing may be there.
    static func listen(_ path: String) throws(ControlError) -> ControlSocket {
        let socket = try make()
        // The folder is closed to others, so nobody comes in before the mode is set.
        let code = try unsafe withAddress(path) { unsafe bind(socket.descriptor, $0, $1) }
        guard code == 0, unsafe chmod(path, 0o600) == 0, Glibc.listen(socket.descriptor, 16) == 0 else {
            throw ControlError(.unusable, "cannot listen at \(path): \(unsafe String(cString: strerror(errno)))")
        }
        return socket
    }

    /// Waits for somebody to call, for at most `limit`.
    func accept(within limit: Duration) -> ControlSocket? {
        guard Self.wait(for: POLLIN, on: descriptor, by: .now + limit) else { return nil }
        let accepted = Glibc.accept(descriptor, nil, nil)
        // Without a descriptor to spare the caller stays in the queue.
        guard accepted >= 0 else {
            usleep(50_000)
            return nil
        }
        _ = fcntl(accepted, F_SETFD, FD_CLOEXEC)
        return ControlSocket(descriptor: accepted)
    }

    private static func make() throws(ControlError) -> ControlSocket {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw ControlError(.unusable, "cannot make a socket: \(unsafe String(cString: strerror(errno)))") }
        return ControlSocket(descriptor: descriptor)
    }

    /// A socket's address has room for 107 bytes only, so the folder is opened and named by its descriptor.
    private static func withAddress(_ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) throws(ControlError) -> Int32 {
        let slash = path.lastIndex(of: "/") ?? path.startIndex
        let folder = unsafe open(String(path[..<slash]), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw ControlError(.noListener, "there is no folder \(path[..<slash])") }
        defer { close(folder) }
        let name = Array("/proc/self/fd/\(folder)\(path[slash...])".utf8)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        guard name.count < MemoryLayout.size(ofValue: address.sun_path) else { throw ControlError(.unusable, "the name in \(path) is too long") }
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: name) }
        return unsafe withUnsafePointer(to: address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe body($0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
        }
    }
}
