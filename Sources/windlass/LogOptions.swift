import ArgumentParser
import Glibc
import Logging
import Logs

/// A level as typed on the command line.
struct LogLevel: ExpressibleByArgument {
    let level: Logger.Level

    init(_ level: Logger.Level) {
        self.level = level
    }

    init?(argument: String) {
        guard let level = Logger.Level(rawValue: argument) else { return nil }
        self.level = level
    }

    static var allValueStrings: [String] { Logger.Level.allCases.map(\.rawValue) }

    var defaultValueDescription: String { level.rawValue }
}

extension LogFormat: ExpressibleByArgument {}

/// Where messages go and which.
struct LogOptions: ParsableArguments {
    @Option(help: "Least important messages to log: trace, debug, info, notice, warning, error or critical.")
    var logLevel = LogLevel(.notice)

    @Option(help: ArgumentHelp("Log to this file instead of standard error (foreground) or the system log (background).", valueName: "file"))
    var logFile: String?

    @Option(help: ArgumentHelp("text, json (an object on a line), or journald (systemd's journal, with fields of its own).", valueName: "format"))
    var logFormat = LogFormat.text

    func validate() throws {
        guard logFile == nil || logFormat != .journald else { throw ValidationError("--log-format journald and --log-file exclude each other") }
    }

    func sink(inBackground: Bool) throws -> LogSink {
        do throws(LogSink.Failure) {
            return try LogSink(destination(inBackground), format: logFormat, level: logLevel.level)
        } catch {
            throw Failure(error.description)
        }
    }

    private func destination(_ inBackground: Bool) -> LogSink.Destination {
        if let logFile { return .file(CredentialsOptions.absolute(logFile)) }
        if logFormat == .journald { return .journal(JournalSocket.standardPath) }
        return inBackground ? .system : .standardError
    }
}
