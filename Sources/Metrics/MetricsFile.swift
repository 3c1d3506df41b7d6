internal import Foundation
internal import Glibc
internal import Threads

/// A file of metrics for the textfile collector of the node exporter: it is never seen half written, and goes with the mount.
package final class MetricsFile: Sendable {
    package static let interval: Duration = .seconds(15)

    private let path: String
    private let isStopped = Monitor(false)
    private let hasEnded = Monitor(false)

    /// Writes what `text` gives at once and then every `interval`, on a thread of its own. Fails when the first time does.
    ///
    /// `complain` hears of a failure after a success, once for each change.
    package init(
        _ path: String, every interval: Duration = MetricsFile.interval, _ text: @escaping @Sendable () -> String?,
        complain: @escaping @Sendable (String) -> Void
    ) throws(MetricsError) {
        self.path = path
        try Self.write(text() ?? "", to: path)
        do throws(ThreadError) {
            try NamedThread.start("metrics") { [self] in
                var wasWritten = true
                var pause = min(interval, .seconds(1))
                while isStopped.wait(atMost: pause, { $0 ? true : nil }) == nil {
                    guard let text = text() else { continue }
                    pause = interval
                    do throws(MetricsError) {
                        try Self.write(text, to: path)
                        wasWritten = true
                    } catch {
                        if wasWritten { complain(error.description) }
                        wasWritten = false
                    }
                }
                unsafe _ = unlink(path)
                hasEnded.changeForAll { $0 = true }
            }.detach()
        } catch {
            throw MetricsError(error.description)
        }
    }

    /// The file is gone afterwards, unless its disk does not answer.
    package func stop() {
        isStopped.changeForAll { $0 = true }
        hasEnded.wait(atMost: .seconds(2)) { $0 ? true : nil }
    }

    private static func write(_ text: String, to path: String) throws(MetricsError) {
        // The collector reads names that end in .prom only.
        let other = path + ".\(getpid())"
        do {
            try Data(text.utf8).write(to: URL(filePath: other))
            guard unsafe chmod(other, 0o644) == 0, unsafe rename(other, path) == 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
        } catch {
            unsafe _ = unlink(other)
            throw MetricsError("cannot write metrics to \(path): \(error.localizedDescription)")
        }
    }
}
