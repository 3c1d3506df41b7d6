internal import Foundation
internal import Glibc
internal import Threads

/// Answers `GET /metrics` over HTTP: one caller after the other on one thread, each within a few seconds.
package final class MetricsServer: Sendable {
    /// For a caller to ask, and to take its answer.
    private static let patience = 5
    private static let longestRequest = 16 << 10

    /// Where it listens; of port 0 the one that was free.
    package let address: String
    /// Other machines can ask, too.
    package let isOpen: Bool
    private let descriptor: Int32
    private let text: @Sendable () -> String?
    private let isStopped = Monitor(false)

    /// `text` may block; nil is answered with 503.
    package init(host: String, port: UInt16, _ text: @escaping @Sendable () -> String?) throws(MetricsError) {
        (descriptor, address, isOpen) = try Self.listen(host, port)
        self.text = text
        do throws(ThreadError) {
            try NamedThread.start("metrics") { [self] in run() }.detach()
        } catch {
            close(descriptor)
            throw MetricsError(error.description)
        }
    }

    package func stop() {
        isStopped.changeForAll { $0 = true }
    }

    private func run() {
        while !(isStopped.change { $0 }) {
            var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard unsafe poll(&entry, 1, 200) > 0 else { continue }
            let caller = accept(descriptor, nil, nil)
            guard caller >= 0 else {
                usleep(50_000)
                continue
            }
            _ = fcntl(caller, F_SETFD, FD_CLOEXEC)
            serve(caller)
            close(caller)
        }
        close(descriptor)
    }

    private func serve(_ caller: Int32) {
        guard let request = Self.request(from: caller, by: .now + .seconds(Self.patience)) else { return }
        Self.send(answer(to: request), to: caller, by: .now + .seconds(Self.patience))
    }

    private func answer(to request: String) -> String {
        let words = request.prefix { !$0.isNewline }.split(separator: " ")
        guard words.count == 3, words[2].hasPrefix("HTTP/1.") else { return Self.response("400 Bad Request", "this is no request\n") }
        guard words[0] == "GET" else { return Self.response("405 Method Not Allowed", "ask with GET\n") }
        guard words[1].prefix(while: { $0 != "?" }) == "/metrics" else { return Self.response("404 Not Found", "see /metrics\n") }
        guard let text = text() else { return Self.response("503 Service Unavailable", "the mount does not tell\n") }
        return Self.response("200 OK", text, type: PrometheusText.contentType)
    }

    private static func response(_ status: String, _ body: String, type: String = "text/plain; charset=utf-8") -> String {
        "HTTP/1.1 \(status)\r\nContent-Type: \(type)\r\nContent-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n\(body)"
    }

    /// Up to the empty line; nil where none came in time.
    private static func request(from caller: Int32, by deadline: ContinuousClock.Instant) -> String? {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        let end = Array("\r\n\r\n".utf8)
        while bytes.count < longestRequest {
            guard wait(for: POLLIN, on: caller, by: deadline) else { return nil }
            let count = unsafe recv(caller, &buffer, buffer.count, Int32(MSG_DONTWAIT))
            guard count > 0 else { return nil }
            bytes += buffer[..<count]
            if bytes.contains(end) { return String(decoding: bytes, as: UTF8.self) }
        }
        return nil
    }

    private static func send(_ text: String, to caller: Int32, by deadline: ContinuousClock.Instant) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty, wait(for: POLLOUT, on: caller, by: deadline) {
            let flags = Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL)
            let count = unsafe rest.withUnsafeBytes { unsafe Glibc.send(caller, $0.baseAddress, $0.count, flags) }
            guard count > 0 || errno == EAGAIN || errno == EINTR else { return }
            rest = rest.dropFirst(max(0, count))
        }
    }

    private static func wait(for event: Int32, on descriptor: Int32, by deadline: ContinuousClock.Instant) -> Bool {
        let left = max(0, (deadline - .now) / .milliseconds(1))
        var entry = pollfd(fd: descriptor, events: Int16(event), revents: 0)
        return unsafe poll(&entry, 1, Int32(left)) > 0
    }

    // MARK: The socket

    private static func listen(_ host: String, _ port: UInt16) throws(MetricsError) -> (Int32, String, Bool) {
        var hints = unsafe addrinfo()
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        unsafe hints.ai_flags = AI_PASSIVE
        var found: UnsafeMutablePointer<addrinfo>?
        guard unsafe getaddrinfo(host, "\(port)", &hints, &found) == 0, let first = unsafe found else {
            throw MetricsError("metrics cannot be shown at \(host):\(port): there is no such address")
        }
        defer { unsafe freeaddrinfo(first) }
        let descriptor = unsafe socket(first.pointee.ai_family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var one: Int32 = 1
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
        guard descriptor >= 0, unsafe bind(descriptor, first.pointee.ai_addr, first.pointee.ai_addrlen) == 0, Glibc.listen(descriptor, 8) == 0 else {
            let reason = unsafe String(cString: strerror(errno))
            if descriptor >= 0 { close(descriptor) }
            throw MetricsError("metrics cannot be shown at \(host):\(port): \(reason)")
        }
        let (name, number) = name(of: descriptor)
        return (descriptor, name.contains(":") ? "[\(name)]:\(number)" : "\(name):\(number)", !name.hasPrefix("127.") && name != "::1")
    }

    private static func name(of descriptor: Int32) -> (host: String, port: String) {
        var address = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        var host = [CChar](repeating: 0, count: 64)
        var port = [CChar](repeating: 0, count: 16)
        let code = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { target in
                guard unsafe getsockname(descriptor, target, &length) == 0 else { return Int32(-1) }
                return unsafe getnameinfo(target, length, &host, 64, &port, 16, NI_NUMERICHOST | NI_NUMERICSERV)
            }
        }
        guard code == 0 else { return ("unknown", "0") }
        return (text(host), text(port))
    }

    private static func text(_ characters: [CChar]) -> String {
        String(decoding: characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
