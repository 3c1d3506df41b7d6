import FileSystemTypes
import Foundation
import Transfers

/// The jobs of this user: each has a folder below the state folder, from its begin until it is done.
enum TransferJobs {
    /// Nil where neither XDG_STATE_HOME nor HOME is set.
    static var base: LocalPath? {
        let environment = ProcessInfo.processInfo.environment
        if let state = environment["XDG_STATE_HOME"], state.hasPrefix("/") { return LocalPath("\(state)/windlass/transfers") }
        return environment["HOME"].flatMap { $0.hasPrefix("/") ? LocalPath("\($0)/.local/state/windlass/transfers") : nil }
    }

    static func folder(_ number: String) throws -> JobFolder? {
        guard let base else {
            Terminal.complain("neither XDG_STATE_HOME nor HOME is set: an interrupted transfer begins anew")
            return nil
        }
        do {
            try FileManager.default.createDirectory(
                atPath: base.description, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw Failure("cannot make the folder \(base) for checkpoints: \(error.localizedDescription)")
        }
        return JobFolder(base: base, number: number)
    }

    /// Makes its folder and takes its lock.
    static func begin(_ folder: JobFolder, source: String, target: String) throws -> JobLock {
        do throws(Errno) {
            let description = JobDescription(
                arguments: Invocation.arguments.filter { $0 != "--restart" }, folder: FileManager.default.currentDirectoryPath, source: source,
                target: target,
                begun: Timestamp.now.seconds)
            try folder.make(description)
            if let lock = try folder.lock() { return lock }
        } catch {
            throw Failure("cannot write the checkpoint in \(folder.path): \(error)")
        }
        let process = folder.process.map { " by process \($0)" } ?? ""
        throw Failure("this transfer is under way already\(process): windlass transfer list", code: .conflict)
    }

    static func extras(_ folder: JobFolder) throws -> PathSpool {
        do throws(Errno) {
            return try PathSpool(folder.extras)
        } catch {
            throw Failure("cannot write \(folder.extras): \(error)")
        }
    }

    static func remove(_ folder: JobFolder) throws {
        do throws(Errno) {
            try folder.remove()
        } catch {
            throw Failure("cannot delete the checkpoint in \(folder.path): \(error)")
        }
    }

    /// For `windlass transfer list`; a checkpoint serves without it, too.
    static func note(_ folder: JobFolder, _ outcome: TransferOutcome) {
        let phase: JobStatus.Phase = outcome.fatal != nil ? .interrupted : .failed
        let text = outcome.fatal.flatMap { $0.kind == .stopped ? nil : $0.message } ?? outcome.failures.first?.error.message
        try? folder.write(JobStatus(phase: phase, figures: outcome.figures, error: text))
    }
}
