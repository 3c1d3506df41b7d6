import Crypto
import Glibc
import NIOPosix
import StoreServer

/// An answer as it came over the wire.
struct RawAnswer: Sendable, Equatable {
    var status: Int
    /// Lower-case names.
    var headers: [String: String]
    var body: [UInt8]
    /// What ended the connection.
    var wasReset: Bool

    var text: String { String(decoding: body, as: UTF8.self) }
    var contentLength: Int? { headers["content-length"].flatMap { Int($0) } }
}

/// A client of its own, signing by itself, that sees exactly what arrives. One connection for each request.
struct TestClient: Sendable {
    static let accessKey = "TESTKEY"
    static let secretKey = "test-secret"
    let port: Int

    struct Failure: Error {
        let what: String
    }

    /// Nil where the connection ended without an answer.
    func send(_ method: String, _ path: String, _ query: String = "", headers: [String: String] = [:], body: [UInt8] = [], sign: Bool = true)
        async throws
        -> RawAnswer?
    {
        let head = request(method, path, query, headers: headers, body: body, sign: sign)
        return try await NIOThreadPool.singleton.runIfActive { try exchange(Array(head.utf8) + body) }
    }

    private func request(_ method: String, _ path: String, _ query: String, headers: [String: String], body: [UInt8], sign: Bool) -> String {
        var all = headers
        all["host"] = "127.0.0.1:\(port)"
        all["x-amz-date"] = StoreTime.now.basicText
        all["x-amz-content-sha256"] = Hex.encode(SHA256.hash(data: body))
        if sign { all["authorization"] = authorization(method, path, query, all) }
        all["content-length"] = String(body.count)
        all["connection"] = "close"
        let target = query.isEmpty ? path : "\(path)?\(query)"
        return "\(method) \(target) HTTP/1.1\r\n" + all.map { "\($0.key): \($0.value)\r\n" }.joined() + "\r\n"
    }

    /// `query` must be in canonical form.
    private func authorization(_ method: String, _ path: String, _ query: String, _ headers: [String: String]) -> String {
        let sorted = headers.sorted { $0.key < $1.key }
        let names = sorted.map(\.key).joined(separator: ";")
        let lines = sorted.map { "\($0.key):\($0.value)\n" }.joined()
        let canonical = "\(method)\n\(path)\n\(query)\n\(lines)\n\(names)\n\(headers["x-amz-content-sha256"] ?? "")"
        let timestamp = headers["x-amz-date"] ?? ""
        let scope = "\(timestamp.prefix(8))/us-east-1/s3/aws4_request"
        let text = "AWS4-HMAC-SHA256\n\(timestamp)\n\(scope)\n\(Hex.encode(SHA256.hash(data: Array(canonical.utf8))))"
        var key = SymmetricKey(data: Array("AWS4\(Self.secretKey)".utf8))
        for part in scope.split(separator: "/") {
            key = SymmetricKey(data: Array(HMAC<SHA256>.authenticationCode(for: Array(part.utf8), using: key)))
        }
        let signature = Hex.encode(HMAC<SHA256>.authenticationCode(for: Array(text.utf8), using: key))
        return "AWS4-HMAC-SHA256 Credential=\(Self.accessKey)/\(scope), SignedHeaders=\(names), Signature=\(signature)"
    }

    private func exchange(_ bytes: [UInt8]) throws -> RawAnswer? {
        let socket = try connectedSocket()
        defer { close(socket) }
        var sent = 0
        while sent < bytes.count {
            let count = unsafe bytes[sent...].withUnsafeBytes { unsafe Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if count <= 0 { break }
            sent += count
        }
        var received: [UInt8] = []
        var wasReset = false
        while true {
            var buffer = [UInt8](repeating: 0, count: 65536)
            let count = unsafe recv(socket, &buffer, buffer.count, 0)
            if count < 0, errno == EAGAIN { throw Failure(what: "no answer in time") }
            wasReset = count < 0
            if count <= 0 { break }
            received += buffer[..<count]
        }
        return Self.parse(received, wasReset: wasReset)
    }

    private func connectedSocket() throws -> Int32 {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var limit = timeval(tv_sec: 10, tv_usec: 0)
        unsafe setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let result = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
        guard result == 0 else {
            close(socket)
            throw Failure(what: "cannot connect")
        }
        return socket
    }

    private static func parse(_ bytes: [UInt8], wasReset: Bool) -> RawAnswer? {
        let text = String(decoding: bytes, as: Unicode.ASCII.self)
        guard let end = bytes.indices.first(where: { bytes[$0...].starts(with: Array("\r\n\r\n".utf8)) }) else { return nil }
        let lines = String(decoding: bytes[..<end], as: UTF8.self).split(separator: "\r\n")
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            let sides = line.split(separator: ":", maxSplits: 1)
            headers[sides[0].lowercased()] = sides.count == 2 ? String(sides[1].drop { $0 == " " }) : ""
        }
        let status = text.split(separator: " ").dropFirst().first.flatMap { Int($0) }
        return RawAnswer(status: status ?? 0, headers: headers, body: Array(bytes[(end + 4)...]), wasReset: wasReset)
    }
}
