import ArgumentParser
import Control
import Reports

/// Waits until what a mount has queued is stored.
struct MountFlush {
    let directory: String
    /// In seconds.
    let timeout: Double

    func run() throws {
        let mount = try RunningMount(directory)
        let deadline = ContinuousClock.now + .seconds(timeout)
        var failed: [FileOutcome] = []
        var isOver = false
        try mount.ask(ControlRequest(.sync)) { answer in
            if let pending = answer.pending { Terminal.showProgress("storing \(pending.files) files, \(StatusText.size(pending.bytes))") }
            if let outcome = answer.outcome { failed.append(outcome) }
            isOver = !answer.isLast && failed.isEmpty && .now >= deadline
            return !isOver
        }
        Terminal.showProgress("")
        if isOver { failed = try remaining(mount) }
        for outcome in failed { Terminal.complain("\(outcome.key): \(outcome.text)") }
        if isOver { Terminal.complain("not everything was stored within \(timeout) seconds; the mount goes on") }
        if isOver || !failed.isEmpty { throw ExitCode(1) }
    }

    private func remaining(_ mount: RunningMount) throws -> [FileOutcome] {
        let status = try mount.status()
        return status.files.filter { $0.phase != .open }.map { file in
            FileOutcome(key: file.key, text: "not stored yet" + (file.error.map { "; the last attempt failed: \($0)" } ?? ""), isFailure: true)
        }
    }
}
