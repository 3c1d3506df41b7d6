internal import Glibc
package import Logging

/// The journal of systemd, reached without its library.
///
/// Source: "Native Journal Protocol" of the systemd documentation: a datagram of `NAME=value` lines.
package struct JournalSocket: Sendable {
    package static let standardPath = "/run/systemd/journal/socket"

    /// A datagram holds no more with the default limits; what is longer is cut.
    private static let longestValue = 48 << 10
    private let descriptor: Int32
    private let path: String

    /// Nil where no socket can be made, or nothing is at `path`.
    package init?(_ path: String = Self.standardPath) {
        guard unsafe access(path, W_OK) == 0 else { return nil }
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        self.path = path
    }

    /// False when the journal did not take it.
    package func send(_ entry: LogEntry) -> Bool {
        Datagram.send(Self.datagram(entry), on: descriptor, to: path)
    }

    /// What is sent for an entry; the fields' names are in capitals, with `WINDLASS_` before them.
    package static func datagram(_ entry: LogEntry) -> [UInt8] {
        var lines = ["MESSAGE=\(cut(entry.text))", "PRIORITY=\(priority(entry.level))", "SYSLOG_IDENTIFIER=windlass"]
        lines += entry.fields.map { "WINDLASS_\(name($0.name))=\(cut($0.value))" }
        return Array((lines.joined(separator: "\n") + "\n").utf8)
    }

    /// As syslog(3) counts.
    package static func priority(_ level: Logger.Level) -> Int32 {
        switch level {
        case .trace, .debug: LOG_DEBUG
        case .info: LOG_INFO
        case .notice: LOG_NOTICE
        case .warning: LOG_WARNING
        case .error: LOG_ERR
        case .critical: LOG_CRIT
        }
    }

    private static func cut(_ text: String) -> Substring { text.prefix(longestValue / 4) }

    private static func name(_ name: String) -> String {
        String(name.uppercased().unicodeScalars.map { $0.isASCII && $0.properties.isAlphabetic || ("0"..."9").contains($0) ? Character($0) : "_" })
    }
}

/// Messages to a socket of this machine (unix(7)): to the journal and to systemd itself.
package enum Datagram {
    /// `path` may begin with `@`, for the abstract names of Linux. Never waits.
    package static func send(_ bytes: [UInt8], to path: String) -> Bool {
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return send(bytes, on: descriptor, to: path)
    }

    static func send(_ bytes: [UInt8], on descriptor: Int32, to path: String) -> Bool {
        var name = Array(path.utf8)
        if name.first == UInt8(ascii: "@") { name[0] = 0 }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        guard !name.isEmpty, name.count < MemoryLayout.size(ofValue: address.sun_path) else { return false }
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: name) }
        // An abstract name is as long as its address says.
        let length = MemoryLayout<sa_family_t>.size + name.count + (name[0] == 0 ? 0 : 1)
        let sent = unsafe withUnsafePointer(to: address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { target in
                unsafe sendto(descriptor, bytes, bytes.count, Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL), target, socklen_t(length))
            }
        }
        return sent == bytes.count
    }
}
