import Foundation
import Glibc
import Synchronization
import Threads

/// A server on loopback that does to each connection what a test says, rules of HTTP or not.
package final class ScriptedServer: Sendable {
    package enum Act: Sendable {
        case answer(String)
        case answerAndClose(String)
        case bytesAndClose([UInt8])
        /// Never answers.
        case hang
        /// An answer whose body has no end.
        case endless
        /// Speaks HTTP/2 with a client that began it: 200 with this body.
        case http2(String)
        /// Reads until the client gives up, answers nothing.
        case readAll
    }

    private struct State {
        var requests: [String] = []
        var connections = 0
        var bytesSent = 0
        var isStopped = false
    }

    package let port: UInt16
    private let listener: Int32
    private let act: @Sendable (String) -> Act
    private let state = Mutex(State())

    package init(_ act: @escaping @Sendable (String) -> Act) throws {
        self.act = act
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { raw in
                guard unsafe bind(listener, raw, length) == 0, listen(listener, 128) == 0 else { return Int32(-1) }
                return unsafe getsockname(listener, raw, &length)
            }
        }
        guard status == 0 else { throw POSIXError(.EADDRNOTAVAIL) }
        self.listener = listener
        port = UInt16(bigEndian: address.sin_port)
        try NamedThread.start("scripted-server") { [self] in acceptAll() }.detach()
    }

    deinit { stop() }

    package var url: String { "http://127.0.0.1:\(port)" }
    package var requests: [String] { state.withLock { $0.requests } }
    package var connections: Int { state.withLock { $0.connections } }
    package var bytesSent: Int { state.withLock { $0.bytesSent } }

    package func stop() {
        let isFirst = state.withLock { state in
            defer { state.isStopped = true }
            return !state.isStopped
        }
        guard isFirst else { return }
        // The thread that accepts closes: until it has ended, the number must not become somebody else's.
        shutdown(listener, Int32(SHUT_RDWR))
    }

    private func acceptAll() {
        defer { close(listener) }
        while true {
            let connection = accept(listener, nil, nil)
            guard connection >= 0 else { return }
            state.withLock { $0.connections += 1 }
            guard (try? NamedThread.start("scripted") { [self] in serve(connection) }.detach()) != nil else { return }
        }
    }

    private func serve(_ connection: Int32) {
        defer { close(connection) }
        while let request = readHead(connection) {
            state.withLock { $0.requests.append(request) }
            switch act(request) {
            case .answer(let text): guard send(text, connection) else { return }
            case .answerAndClose(let text):
                _ = send(text, connection)
                return
            case .bytesAndClose(let bytes):
                _ = send(bytes, connection)
                return
            case .hang, .readAll: drain(connection)
            case .http2(let body):
                answerHTTP2(body, connection)
                return
            case .endless:
                guard send("HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n", connection) else { return }
                let chunk = String(repeating: "x", count: 65_536)
                while send(chunk, connection) {}
                return
            }
        }
    }

    /// One request up to its empty line; the bodies of the requests here are at most a few bytes.
    private func readHead(_ connection: Int32) -> String? {
        var bytes: [UInt8] = []
        while true {
            var byte: UInt8 = 0
            guard unsafe recv(connection, &byte, 1, 0) == 1 else { return nil }
            bytes.append(byte)
            guard bytes.suffix(4) == [13, 10, 13, 10] else { continue }
            let head = String(decoding: bytes, as: UTF8.self)
            // A body of one byte may follow where the test sends one.
            if head.lowercased().contains("content-length: 1\r\n"), !head.contains("100-continue") { unsafe _ = recv(connection, &byte, 1, 0) }
            return head
        }
    }

    /// The rest of the preface, frames up to the first request, and one answer (RFC 9113, 3.4 and 4.1).
    private func answerHTTP2(_ body: String, _ connection: Int32) {
        guard receive(6, connection) != nil else { return }
        while let head = receive(9, connection) {
            let count = Int(head[0]) << 16 | Int(head[1]) << 8 | Int(head[2])
            guard count == 0 || receive(count, connection) != nil else { return }
            if head[3] == 1 { break }
        }
        let settings: [UInt8] = [0, 0, 0, 4, 0, 0, 0, 0, 0]
        let acknowledgement: [UInt8] = [0, 0, 0, 4, 1, 0, 0, 0, 0]
        let headers: [UInt8] = [0, 0, 1, 1, 4, 0, 0, 0, 1, 0x88]
        let data = [0, 0, UInt8(body.utf8.count), 0, 1, 0, 0, 0, 1] + Array(body.utf8)
        _ = send(settings + acknowledgement + headers + data, connection)
        drain(connection)
    }

    private func receive(_ count: Int, _ connection: Int32) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        var got = 0
        while got < count {
            let more = unsafe bytes[got...].withUnsafeMutableBytes { unsafe recv(connection, $0.baseAddress, $0.count, 0) }
            guard more > 0 else { return nil }
            got += more
        }
        return bytes
    }

    private func drain(_ connection: Int32) {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while unsafe recv(connection, &buffer, buffer.count, 0) > 0 {}
    }

    private func send(_ text: String, _ connection: Int32) -> Bool { send(Array(text.utf8), connection) }

    private func send(_ all: [UInt8], _ connection: Int32) -> Bool {
        var bytes = all[...]
        while !bytes.isEmpty {
            let count = unsafe bytes.withUnsafeBytes { unsafe Glibc.send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { return false }
            state.withLock { $0.bytesSent += count }
            bytes = bytes.dropFirst(count)
        }
        return true
    }
}
