import ArgumentParser
import Control
import Reports

struct SyncCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sync", abstract: "Waits until what a mount has queued is stored.",
        discussion: "Ends with 1, and a line for each file that is not there, when the time is up or the store refuses one. Files that are open "
            + "with changes are stored when they are closed.")

    @Argument(help: ArgumentHelp("The directory where the bucket is mounted.", valueName: "dir"))
    var directory: String

    @Option(help: ArgumentHelp("Seconds to wait at most.", valueName: "seconds"))
    var timeout = 3600.0

    func validate() throws {
        guard (0...31_536_000).contains(timeout) else { throw ValidationError("--timeout is 0 to 31536000 seconds") }
    }

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
