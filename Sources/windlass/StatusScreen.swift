import Glibc
import Reports

/// What `windlass status --watch` draws: a screen that is drawn anew, as top(1) does it.
struct StatusScreen {
    /// In characters.
    struct Size: Hashable {
        var columns: Int
        var rows: Int
    }

    private static let enter = "\u{1B}[?1049h\u{1B}[?25l"
    private static let leave = "\u{1B}[?25h\u{1B}[?1049l"

    /// One drawing, over the one before. What is longer or wider than the screen is cut; its last line says so.
    static func drawing(_ lines: [String], _ size: Size) -> String {
        let room = max(1, size.rows)
        var shown = lines.prefix(room).map { String($0.prefix(max(1, size.columns))) }
        if lines.count > room { shown[room - 1] = String("... \(lines.count - room + 1) more lines; make the window larger".prefix(size.columns)) }
        return "\u{1B}[H" + shown.map { $0 + "\u{1B}[K" }.joined(separator: "\r\n") + "\u{1B}[J"
    }

    /// Draws what `lines` gives every `seconds`, until SIGINT, SIGTERM or SIGHUP; a changed window is drawn at once. What has been on the
    /// terminal is there again afterwards.
    static func run(every seconds: Double, _ lines: () throws -> [String]) throws {
        let signals = SignalSet([SIGINT, SIGTERM, SIGHUP, SIGWINCH])
        Terminal.write(enter, to: STDOUT_FILENO)
        defer { Terminal.write(leave, to: STDOUT_FILENO) }
        while true {
            Terminal.write(drawing(try lines(), size), to: STDOUT_FILENO)
            if let signal = signals.wait(atMost: seconds), signal != SIGWINCH { return }
        }
    }

    private static var size: Size {
        var window = winsize()
        guard unsafe ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &window) == 0, window.ws_col > 0, window.ws_row > 0 else {
            return Size(columns: 80, rows: 24)
        }
        return Size(columns: Int(window.ws_col), rows: Int(window.ws_row))
    }
}

/// Signals that wait to be asked for, from the making on. Made while there is one thread.
struct SignalSet {
    private let set: sigset_t

    init(_ numbers: [Int32]) {
        var set = sigset_t()
        unsafe sigemptyset(&set)
        for number in numbers { unsafe sigaddset(&set, number) }
        unsafe pthread_sigmask(SIG_BLOCK, &set, nil)
        self.set = set
    }

    /// The next one; nil when none came in time.
    func wait(atMost seconds: Double) -> Int32? {
        var set = set
        var limit = timespec(tv_sec: Int(seconds), tv_nsec: Int((seconds - seconds.rounded(.down)) * 1e9))
        let number = unsafe sigtimedwait(&set, nil, &limit)
        return number > 0 ? number : nil
    }
}
