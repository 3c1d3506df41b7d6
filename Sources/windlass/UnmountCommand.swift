import ArgumentParser
import Control
import FuseBridge
import Glibc
import Reports

struct UnmountCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unmount", abstract: "Unmounts a directory once everything is stored.",
        discussion: "Ends with 1, and a line for each file, when something could not be stored; it is kept on the local disk.")

    @Argument(help: ArgumentHelp("The directory where the bucket is mounted.", valueName: "dir"))
    var directory: String

    @Flag(help: "Detach it at once, also when programs use it; waits for what is written all the same.")
    var lazy = false

    @Option(help: "Seconds to wait for what is still to be stored.")
    var timeout = 3600

    func run() throws {
        let remaining: [FileOutcome]
        do throws(FuseError) {
            remaining = try unmount()
        } catch {
            throw Failure(error.description)
        }
        guard !remaining.isEmpty else { return }
        for outcome in remaining { Terminal.complain("\(outcome.key): \(outcome.text)") }
        throw Failure("\(directory) is unmounted, and \(remaining.count == 1 ? "one file is" : "\(remaining.count) files are") not in the store")
    }

    /// What is not in the store in the end.
    private func unmount() throws(FuseError) -> [FileOutcome] {
        let mountPoint = try MountedDirectory.find(directory)
        let record = MountRecord.read(mountPoint: mountPoint)
        // Asked before, so that the mount cannot be gone before it is.
        let ending = try? EndingMount(RuntimeFolder.presentSocket(of: mountPoint))
        try lazy ? MountedDirectory.detach(mountPoint) : MountedDirectory.unmount(mountPoint)
        let deadline = ContinuousClock.now + .seconds(timeout)
        let remaining = ending.map { $0.wait(until: deadline) } ?? []
        if record != nil { try wait(mountPoint, deadline) }
        return remaining
    }

    /// The mount's process goes when it has stored everything.
    private func wait(_ mountPoint: String, _ deadline: ContinuousClock.Instant) throws(FuseError) {
        while let state = MountRecord.read(mountPoint: mountPoint) {
            if state.files > 0 { Terminal.showProgress("storing \(state.files) files, \(state.bytes >> 20) MiB") }
            guard ContinuousClock.now < deadline else {
                throw .unmountFailed(path: mountPoint, reason: "process \(state.process) is still storing \(state.files) files")
            }
            usleep(50_000)
        }
        Terminal.showProgress("")
    }
}

/// A mount that tells what remains when it has ended.
private struct EndingMount {
    private let client: ControlClient

    init(_ socket: String) throws(ControlError) {
        client = try ControlClient(socket)
        try client.ask(ControlRequest(.ending))
    }

    /// The files that are not in the store; empty also when the mount has gone without a word.
    func wait(until deadline: ContinuousClock.Instant) -> [FileOutcome] {
        var client = client
        var remaining: [FileOutcome] = []
        while .now < deadline, let answer = try? client.next(), !answer.isLast {
            if let pending = answer.pending, pending.files > 0 {
                Terminal.showProgress("storing \(pending.files) files, \(StatusText.size(pending.bytes))")
            }
            if let outcome = answer.outcome { remaining.append(outcome) }
        }
        Terminal.showProgress("")
        return remaining
    }
}
