import ArgumentParser
import Glibc
import Logging

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

    var defaultValueDescription: String { level.rawValue }
}

/// Where messages go and which.
struct LogOptions: ParsableArguments {
    @Option(help: "Least important messages to log: trace, debug, info, notice, warning, error or critical.")
    var logLevel = LogLevel(.notice)

    @Option(help: ArgumentHelp("Log to this file instead of standard error (foreground) or the system log (background).", valueName: "file"))
    var logFile: String?

    func logger(inBackground: Bool) throws -> Logger {
        let destination: LogDestination
        if let logFile {
            let descriptor = unsafe open(logFile, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o640)
            guard descriptor >= 0 else { throw Failure("cannot write the log file \(logFile): \(unsafe String(cString: strerror(errno)))") }
            destination = .descriptor(descriptor)
        } else {
            destination = inBackground ? .system : .descriptor(STDERR_FILENO)
        }
        var logger = Logger(label: "windlass") { _ in LineLogHandler(destination) }
        logger.logLevel = logLevel.level
        return logger
    }
}
