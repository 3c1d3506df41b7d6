internal import Foundation
package import Logging

/// One message with what belongs to it.
package struct LogEntry: Sendable {
    /// In seconds since 1970.
    package var time: Double
    package var level: Logger.Level
    /// On one line.
    package var message: String
    /// Names and values, sorted.
    package var fields: [(name: String, value: String)]

    /// Now.
    package init(_ level: Logger.Level, _ message: String, _ metadata: Logger.Metadata = [:]) {
        time = Date.now.timeIntervalSince1970
        self.level = level
        self.message = Self.line(message)
        fields = metadata.sorted { $0.key < $1.key }.map { ($0.key, Self.line($0.value.description)) }
    }

    /// The message and what belongs to it.
    package var text: String {
        fields.reduce(message) { "\($0) \($1.name)=\($1.value)" }
    }

    private static func line(_ text: String) -> String {
        text.split(whereSeparator: \.isNewline).joined(separator: " ")
    }
}

/// How messages are written.
package enum LogFormat: String, Sendable, CaseIterable {
    /// Time, level, text and fields on a line.
    case text
    /// An object on a line: `time`, `level`, `message`, and `fields` where there are any.
    case json
    /// To the journal of systemd, with each field under its own name.
    case journald

    /// Without the line's end; for `journald` what a log without a journal gets.
    package func line(_ entry: LogEntry) -> String {
        self == .json ? Self.object(entry) : "\(Self.moment(entry.time)) \(entry.level) \(entry.text)"
    }

    private struct Object: Encodable {
        let time: String
        let level: String
        let message: String
        let fields: [String: String]?
    }

    private static func object(_ entry: LogEntry) -> String {
        let fields = Dictionary(entry.fields.map { ($0.name, $0.value) }) { $1 }
        let object = Object(
            time: moment(entry.time), level: entry.level.rawValue, message: entry.message, fields: fields.isEmpty ? nil : fields)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(object) else { preconditionFailure("an entry is nothing but text") }
        return String(decoding: data, as: UTF8.self)
    }

    private static func moment(_ seconds: Double) -> String {
        Date(timeIntervalSince1970: seconds).formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    }
}
