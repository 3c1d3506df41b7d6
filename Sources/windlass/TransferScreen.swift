import FileSystemTypes
import Foundation
import Glibc
import Synchronization
import Transfers

/// Shows a transfer: as a bar on standard error, as lines of JSON on standard output, or both.
final class TransferScreen: Sendable {
    private struct State {
        var rate = TransferRate()
        var isDrawn = false
    }

    private let hasBar: Bool
    private let lines: LineWriter?
    private let state = Mutex(State())

    /// Nil where nothing is to be shown.
    init?(_ shown: TransferOptions.Shown) {
        let isTerminal = isatty(STDERR_FILENO) == 1
        hasBar = shown == .bar || shown == .auto && isTerminal
        let hasLines = shown == .json || shown == .auto && isatty(STDOUT_FILENO) != 1
        guard hasBar || hasLines else { return nil }
        lines = hasLines ? LineWriter() : nil
    }

    func begin(_ job: String, _ source: String, _ target: String) {
        guard let lines else { return }
        var line = EventLine("begun")
        (line.job, line.source, line.target) = (job, source, target)
        lines.add(line.line)
    }

    func show(_ event: TransferEvent) {
        lines?.add(EventLine(event).line)
        guard hasBar else { return }
        switch event {
        case .failed(let path, let error): above(path.isEmpty ? error.message : "\(path): \(error.message)")
        case .note(let path, let text): above("\(path): \(text)")
        default: break
        }
    }

    func paused(_ isPaused: Bool) {
        lines?.add(EventLine(isPaused ? "paused" : "resumed").line)
    }

    /// A line that stays, above the bar.
    private func above(_ text: String) {
        clear()
        Terminal.complain(text)
    }

    private func clear() {
        let isDrawn = state.withLock { state in
            defer { state.isDrawn = false }
            return state.isDrawn
        }
        if isDrawn { Terminal.write("\r\u{1B}[K", to: STDERR_FILENO) }
    }

    func draw(_ run: TransferRun, isWholeSecond: Bool) {
        if lines != nil, isWholeSecond { run.progress.tellMoved() }
        guard hasBar else { return }
        let figures = run.progress.figures
        let rate = state.withLock { state in
            state.isDrawn = true
            return state.rate.add(figures.doneBytes, at: .now)
        }
        let bar = TransferBar(figures: figures, rate: rate, isPaused: run.isPaused, name: run.progress.moving.first?.path.description ?? "")
        Terminal.write("\r\u{1B}[K" + bar.text(columns: Terminal.columns), to: STDERR_FILENO)
    }

    func end(_ outcome: TransferOutcome, seconds: Double) {
        if let lines {
            var line = EventLine("ended")
            line.status = outcome.fatal != nil ? "interrupted" : outcome.figures.failed > 0 ? "failed" : "done"
            line.files = outcome.figures.doneFiles
            line.bytes = outcome.figures.doneBytes
            (line.unchanged, line.deleted, line.failed) = (outcome.figures.unchanged, outcome.figures.deleted, outcome.figures.failed)
            line.seconds = (seconds * 1000).rounded() / 1000
            lines.add(line.line)
            lines.flush()
        }
        guard hasBar else { return }
        clear()
        Terminal.write(TransferBar.summary(outcome.figures, seconds: seconds) + "\n", to: STDERR_FILENO)
    }
}
