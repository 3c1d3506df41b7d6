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
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }

    private func acceptAll() {
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
