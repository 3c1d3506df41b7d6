import Glibc
import Synchronization
import Threads

/// An HTTP/1.1 server on 127.0.0.1 that answers each request as the test says; one request a connection.
final class LoopbackServer: Sendable {
    struct Request: Sendable {
        let method: String
        let path: String
        /// Names in lower case.
        let headers: [String: String]
        let body: String
    }

    struct Answer: Sendable {
        var status = 200
        var headers: [String: String] = [:]
        var body = ""
        /// Before the answer.
        var delay: Duration = .zero
    }

    let port: Int
    private let listener: Int32
    private let seen = Mutex<[Request]>([])
    private let respond: @Sendable (Request) -> Answer

    var base: String { "http://127.0.0.1:\(port)" }
    var requests: [Request] { seen.withLock { $0 } }

    init(_ respond: @escaping @Sendable (Request) -> Answer) throws {
        self.respond = respond
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = listener
        unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                _ = unsafe bind(listener, address, length)
                _ = listen(listener, 128)
                _ = unsafe getsockname(listener, address, &length)
            }
        }
        port = Int(UInt16(bigEndian: address.sin_port))
        try NamedThread.start("loopback") { [weak self] in
            defer { close(listener) }
            while true {
                let connection = accept(listener, nil, nil)
                guard connection >= 0 else { return }
                guard let self, let thread = try? NamedThread.start("answer", { self.serve(connection) }) else { return }
                thread.detach()
            }
        }.detach()
    }

    /// The thread that accepts closes: until it has ended, the number must not become somebody else's.
    func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
    }

    private func serve(_ connection: Int32) {
        defer { close(connection) }
        guard let request = Self.read(connection) else { return }
        seen.withLock { $0.append(request) }
        let answer = respond(request)
        if answer.delay > .zero { usleep(UInt32(answer.delay / .microseconds(1))) }
        let extra = answer.headers.map { "\($0.key): \($0.value)\r\n" }.joined()
        let text = "HTTP/1.1 \(answer.status) Said\r\nContent-Length: \(answer.body.utf8.count)\r\nConnection: close\r\n\(extra)\r\n\(answer.body)"
        let bytes = Array(text.utf8)
        _ = unsafe send(connection, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    }

    private static func read(_ connection: Int32) -> Request? {
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = unsafe recv(connection, &block, block.count, 0)
            guard count > 0 else { return nil }
            bytes += block[..<count]
            if let request = parse(String(decoding: bytes, as: UTF8.self)) { return request }
        }
    }

    /// Nil while something is missing.
    private static func parse(_ text: String) -> Request? {
        let parts = text.split(separator: "\r\n\r\n", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { return nil }
        let lines = parts[0].split(separator: "\r\n")
        let words = lines.first?.split(separator: " ") ?? []
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            let halves = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            headers[halves[0].lowercased()] = halves.last.map { String($0.drop { $0 == " " }) }
        }
        guard words.count > 1, parts[1].utf8.count >= Int(headers["content-length"] ?? "0") ?? 0 else { return nil }
        return Request(method: String(words[0]), path: String(words[1]), headers: headers, body: String(parts[1]))
    }
}
