import Foundation
import Glibc
import Synchronization
import Threads

/// Answers every connection on a port of 127.0.0.1 once, as a test says by the request; with nothing it keeps silent.
final class OneAnswerServer: Sendable {
    let url: String
    private let listener: Int32
    private let seen = Mutex<[String]>([])

    var requests: [String] { seen.withLock { $0 } }

    convenience init(_ answer: String) throws {
        try self.init { _ in answer }
    }

    init(_ answer: @escaping @Sendable (String) -> String) throws {
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = listener
        unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                _ = unsafe bind(listener, address, length)
                _ = listen(listener, 16)
                _ = unsafe getsockname(listener, address, &length)
            }
        }
        url = "http://127.0.0.1:\(UInt16(bigEndian: address.sin_port))/"
        try NamedThread.start("one-answer") { [weak self] in
            defer { close(listener) }
            while true {
                let connection = accept(listener, nil, nil)
                guard connection >= 0 else { return }
                self?.serve(connection, answer)
            }
        }.detach()
    }

    /// The thread that accepts closes: until it has ended, the number must not become somebody else's.
    func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
    }

    /// Header and body of a request come in as many pieces as the sender likes.
    private func serve(_ connection: Int32, _ answering: (String) -> String) {
        defer { close(connection) }
        var text = ""
        while !Self.isWhole(text) {
            var block = [UInt8](repeating: 0, count: 64 << 10)
            let count = unsafe recv(connection, &block, block.count, 0)
            guard count > 0 else { break }
            text += String(decoding: block.prefix(count), as: UTF8.self)
        }
        seen.withLock { $0.append(text) }
        let answer = Array(answering(text).utf8)
        guard !answer.isEmpty else {
            usleep(60_000_000)
            return
        }
        var sent = 0
        while sent < answer.count {
            let wrote = unsafe answer[sent...].withUnsafeBytes { unsafe send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard wrote > 0 else { return }
            sent += wrote
        }
    }

    private static func isWhole(_ text: String) -> Bool {
        guard let end = text.range(of: "\r\n\r\n") else { return false }
        let length = text[..<end.lowerBound].components(separatedBy: "\r\n").lazy
            .compactMap { $0.lowercased().hasPrefix("content-length:") ? Int($0.dropFirst(15).trimmingCharacters(in: .whitespaces)) : nil }.first
        return text[end.upperBound...].utf8.count >= length ?? 0
    }
}
