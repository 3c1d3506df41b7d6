import FileSystemTypes
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

    /// In characters, of the window that standard error is.
    static var columns: Int {
        var window = winsize()
        guard unsafe ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &window) == 0, window.ws_col > 0 else { return 80 }
        return Int(window.ws_col)
    }

    static func write(_ text: String, to descriptor: Int32) {
        _ = write(Bytes(text), to: descriptor)
    }

    /// Whether all of it was taken.
    static func write(_ bytes: Bytes, to descriptor: Int32) -> Bool {
        for piece in bytes.pieces {
            var piece = piece
            while !piece.isEmpty {
                let written = unsafe piece.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
                guard written > 0 || errno == EINTR else { return false }
                piece = piece.dropFirst(max(0, written))
            }
        }
        return true
    }
}
