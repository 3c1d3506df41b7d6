import ArgumentParser
import Logging
import Metrics
import Reports
import Synchronization

extension MetricsPlace: ExpressibleByArgument {
    public init?(argument: String) { self.init(argument) }
}

/// Figures for programs that watch a mount.
struct MetricsOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Show metrics for Prometheus at http://HOST:PORT/metrics (:PORT for this machine only), or in a FILE with a slash in its name.",
            valueName: "host:port|file"))
    var metrics: MetricsPlace?

    /// Begins to show them, with nothing to tell until `MetricsExport.begin`. Nil where none are wanted.
    func export(_ logger: Logger) throws -> MetricsExport? {
        guard let metrics else { return nil }
        do throws(MetricsError) {
            return try MetricsExport(metrics, logger)
        } catch {
            throw Failure(error.description)
        }
    }
}

/// The metrics of one mount.
final class MetricsExport: Sendable {
    private let control: Mutex<MountControl?>
    private let server: Mutex<MetricsServer?>
    private let file: Mutex<MetricsFile?>

    init(_ place: MetricsPlace, _ logger: Logger) throws(MetricsError) {
        control = Mutex(nil)
        server = Mutex(nil)
        file = Mutex(nil)
        switch place {
        case .address(let host, let port):
            let made = try MetricsServer(host: host, port: port) { [weak self] in self?.text() }
            logger.notice("metrics are at http://\(made.address)/metrics")
            if made.isOpen { logger.warning("metrics at \(made.address) can be read by other machines: they name the bucket and the mount") }
            server.withLock { $0 = made }
        case .file(let path):
            let made = try MetricsFile(CredentialsOptions.absolute(path)) { [weak self] in
                self?.text()
            } complain: {
                logger.warning("\($0)")
            }
            file.withLock { $0 = made }
        }
    }

    /// From now on `control` is asked.
    func begin(_ control: MountControl) {
        self.control.withLock { $0 = control }
    }

    func stop() {
        server.withLock { $0 }?.stop()
        file.withLock { $0 }?.stop()
    }

    private func text() -> String? {
        guard let control = control.withLock({ $0 }) else { return nil }
        return waiting { try? await control.status() }.map { PrometheusText.text($0) }
    }
}
