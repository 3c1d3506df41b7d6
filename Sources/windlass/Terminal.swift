import Glibc

/// What a person sees.
enum Terminal {
    /// One line on standard error, with the program's name before it.
    static func complain(_ message: String) {
        let line = message.split(whereSeparator: \.isNewline).joined(separator: " ")
        write("windlass: \(line)\n", to: STDERR_FILENO)
    }

    static func say(_ line: String) {
        write(line + "\n", to: STDOUT_FILENO)
    }

    /// Replaces the current line of a terminal; nothing elsewhere.
    static func showProgress(_ text: String) {
        guard isatty(STDERR_FILENO) == 1 else { return }
        write("\r\u{1B}[K\(text)", to: STDERR_FILENO)
    }

    static func write(_ text: String, to descriptor: Int32) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let written = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard written > 0 || errno == EINTR else { return }
            bytes = bytes.dropFirst(max(0, written))
        }
    }
}
