import Glibc

/// A socket without any protocol: what a broken or hostile program would send.
final class RawSocket: Sendable {
    private let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)

    func close() {
        Glibc.close(descriptor)
    }

    func connect(_ path: String) -> Bool {
        unsafe withAddress(path) { unsafe Glibc.connect(descriptor, $0, $1) } == 0
    }

    func bindOnly(_ path: String) -> Bool {
        unsafe withAddress(path) { unsafe bind(descriptor, $0, $1) } == 0
    }

    func listen() -> Bool {
        Glibc.listen(descriptor, 4) == 0
    }

    /// Answers one caller and hangs up.
    func serveOnce(_ answer: [UInt8]) {
        let caller = Glibc.accept(descriptor, nil, nil)
        guard caller >= 0 else { return }
        var buffer = [UInt8](repeating: 0, count: 4096)
        unsafe _ = recv(caller, &buffer, buffer.count, 0)
        var sent = 0
        while sent < answer.count {
            let rest = Array(answer[sent...])
            let count = unsafe Glibc.send(caller, rest, rest.count, Int32(MSG_NOSIGNAL))
            guard count > 0 else { break }
            sent += count
        }
        Glibc.close(caller)
    }

    /// False when the other side does not take it.
    func send(_ bytes: [UInt8]) -> Bool {
        unsafe Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count
    }

    func readAll() -> [UInt8] {
        var result: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = unsafe recv(descriptor, &buffer, buffer.count, 0)
            guard count > 0 else { return result }
            result += buffer[..<count]
        }
    }

    private func withAddress(_ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let name = Array(path.utf8.prefix(107))
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: name) }
        return unsafe withUnsafePointer(to: address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe body($0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
        }
    }
}

/// Bytes that are the same in every run.
struct SeededBytes {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }

    mutating func number(below limit: Int) -> Int { Int(next() % UInt64(limit)) }

    mutating func bytes(upTo longest: Int) -> [UInt8] {
        (0..<number(below: longest + 1)).map { _ in UInt8(truncatingIfNeeded: next()) }
    }
}
