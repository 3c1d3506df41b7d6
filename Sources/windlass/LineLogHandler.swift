import Foundation
import Glibc
import Logging

enum LogDestination: Sendable {
    /// An open file; each message is one write(2).
    case descriptor(Int32)
    /// syslog(3)
    case system
}

/// One line a message: time, level, text, metadata.
struct LineLogHandler: LogHandler {
    var logLevel = Logger.Level.notice
    var metadata: Logger.Metadata = [:]
    private let destination: LogDestination

    init(_ destination: LogDestination) {
        self.destination = destination
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var text = event.message.description
        for (name, value) in metadata.merging(event.metadata ?? [:], uniquingKeysWith: { $1 }).sorted(by: { $0.key < $1.key }) {
            text += " \(name)=\(value)"
        }
        let line = text.split(whereSeparator: \.isNewline).joined(separator: " ")
        switch destination {
        case .descriptor(let descriptor): Terminal.write("\(Self.now()) \(event.level) \(line)\n", to: descriptor)
        case .system: unsafe withVaList([line]) { unsafe vsyslog(LOG_DAEMON | Self.priority(event.level), "windlass: %@", $0) }
        }
    }

    private static func now() -> String {
        Date.now.formatted(.iso8601.time(includingFractionalSeconds: true))
    }

    private static func priority(_ level: Logger.Level) -> Int32 {
        switch level {
        case .trace, .debug: LOG_DEBUG
        case .info: LOG_INFO
        case .notice: LOG_NOTICE
        case .warning: LOG_WARNING
        case .error: LOG_ERR
        case .critical: LOG_CRIT
        }
    }
}
