internal import Glibc
package import Logging
internal import Synchronization

/// Where the messages of a process go, and which: shared by all its loggers, and changed while it runs.
package final class LogSink: Sendable {
    package enum Destination: Hashable, Sendable {
        case standardError
        /// An absolute path.
        case file(String)
        /// syslog(3)
        case system
        /// The socket of systemd's journal.
        case journal(String)
    }

    /// A log that cannot be written: one line that says why.
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    private struct State {
        var level: Logger.Level
        var recent: [LogEntry] = []
    }

    /// How many of the last warnings and errors are remembered.
    package static let remembered = 20

    package let destination: Destination
    private let format: LogFormat
    /// Of a file or of standard error. It stays the same when the file is opened again.
    private let descriptor: Int32
    private let journal: JournalSocket?
    private let state: Mutex<State>

    package init(_ destination: Destination, format: LogFormat = .text, level: Logger.Level) throws(Failure) {
        self.destination = destination
        self.format = format
        state = Mutex(State(level: level))
        var journal: JournalSocket?
        switch destination {
        case .standardError: descriptor = STDERR_FILENO
        case .file(let path): descriptor = try Self.open(path)
        case .system: descriptor = -1
        case .journal(let path):
            descriptor = -1
            journal = JournalSocket(path)
            guard journal != nil else { throw Failure(description: "there is no journal at \(path); choose another --log-format") }
        }
        self.journal = journal
    }

    /// A logger that writes here.
    package func logger(_ label: String) -> Logger {
        Logger(label: label) { _ in SinkHandler(sink: self) }
    }

    /// Messages below it are dropped.
    package var level: Logger.Level {
        get { state.withLock { $0.level } }
        set { state.withLock { $0.level = newValue } }
    }

    /// The last warnings and errors, the oldest first.
    package var recent: [LogEntry] { state.withLock { $0.recent } }

    /// A file that was renamed is left, and one of the old name is made: for logrotate(8). Nothing is lost meanwhile. On failure the log goes on
    /// where it is.
    package func reopen() throws(Failure) {
        guard case .file(let path) = destination else { return }
        let new = try Self.open(path)
        defer { close(new) }
        guard dup2(new, descriptor) >= 0 else { throw Self.failure(path) }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    }

    func write(_ entry: LogEntry) {
        if entry.level >= .warning { remember(entry) }
        switch destination {
        case .standardError, .file: put(format.line(entry))
        case .journal: if journal?.send(entry) != true { tellSystem(entry, entry.text) }
        case .system: tellSystem(entry, format == .json ? format.line(entry) : entry.text)
        }
    }

    private func remember(_ entry: LogEntry) {
        state.withLock { state in
            if state.recent.count >= Self.remembered { state.recent.removeFirst() }
            state.recent.append(entry)
        }
    }

    /// Each line is one write(2), so that those of several threads do not mix.
    private func put(_ line: String) {
        var bytes = Array("\(line)\n".utf8)[...]
        while !bytes.isEmpty {
            let written = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard written > 0 || errno == EINTR else { return }
            bytes = bytes.dropFirst(max(0, written))
        }
    }

    private func tellSystem(_ entry: LogEntry, _ text: String) {
        unsafe text.withCString { text in
            unsafe withVaList([text]) { unsafe vsyslog(LOG_DAEMON | JournalSocket.priority(entry.level), "windlass: %s", $0) }
        }
    }

    private static func open(_ path: String) throws(Failure) -> Int32 {
        let descriptor = unsafe Glibc.open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o640)
        guard descriptor >= 0 else { throw failure(path) }
        return descriptor
    }

    private static func failure(_ path: String) -> Failure {
        Failure(description: "cannot write the log file \(path): \(unsafe String(cString: strerror(errno)))")
    }
}

/// What swift-log knows of a sink. The level is the sink's: it changes for all loggers at once.
private struct SinkHandler: LogHandler {
    let sink: LogSink
    var metadata: Logger.Metadata = [:]

    var logLevel: Logger.Level {
        get { sink.level }
        set { sink.level = newValue }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        sink.write(LogEntry(event.level, event.message.description, metadata.merging(event.metadata ?? [:]) { $1 }))
    }
}
