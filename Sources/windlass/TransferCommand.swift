import ArgumentParser
import FileSystemTypes
import Foundation
import Glibc
import Transfers

/// `windlass transfer`: jobs that are under way, and those that were interrupted.
struct TransferCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "transfer", abstract: "Shows, pauses, resumes and cancels transfers: cp, mv and sync.",
        discussion: "A transfer has a number from its begin until it is done; one that was interrupted keeps it.",
        subcommands: [List.self, Pause.self, Resume.self, Cancel.self])

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Lists transfers that are under way or interrupted.")
        @Flag(help: "One JSON object a line.") var json = false

        func run() throws {
            guard let base = TransferJobs.base else { return }
            for folder in JobFolder.all(in: base) {
                guard let job = KnownJob(folder) else { continue }
                Terminal.say(json ? job.line : job.text)
            }
        }
    }

    struct Pause: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lets a running transfer begin nothing more; what is under way ends.", discussion: "The same as SIGUSR1 to its process.")
        @Argument(help: "The number of the transfer.") var number: String

        func run() throws { try KnownJob.find(number).send(SIGUSR1) }
    }

    struct Resume: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lets a paused transfer go on, or takes up an interrupted one.",
            discussion: "One that is running gets SIGUSR2. One that was interrupted is carried out by this command, from where it was.")
        @Argument(help: "The number of the transfer.") var number: String

        func run() throws {
            let job = try KnownJob.find(number)
            if job.folder.process != nil { return try job.send(SIGUSR2) }
            try job.command().run()
        }
    }

    struct Cancel: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Ends a transfer and takes away what is there by half: parts in the store, files that are not whole.")
        @Argument(help: "The number of the transfer.") var number: String

        func run() throws {
            let job = try KnownJob.find(number)
            guard job.folder.process != nil else { return try job.command().cancel() }
            do throws(Errno) { try job.folder.markCancelled() } catch { throw Failure("cannot cancel it: \(error)") }
            try job.send(SIGTERM)
            let deadline = ContinuousClock.now + .seconds(60)
            while job.folder.process != nil {
                guard .now < deadline else { throw Failure("process \(job.process) does not end; end it, then cancel again") }
                usleep(50_000)
            }
        }
    }
}

/// A transfer that has a folder.
struct KnownJob {
    let folder: JobFolder
    let description: JobDescription

    init?(_ folder: JobFolder) {
        guard let description = folder.description else { return nil }
        self.folder = folder
        self.description = description
    }

    static func find(_ number: String) throws -> KnownJob {
        guard let base = TransferJobs.base, let job = JobFolder.all(in: base).first(where: { $0.number == number }).flatMap({ KnownJob($0) }) else {
            throw Failure("there is no transfer \(number): windlass transfer list")
        }
        return job
    }

    /// For messages.
    fileprivate var process: String { folder.process.map(String.init) ?? "of it" }

    fileprivate func send(_ signal: Int32) throws {
        guard let process = folder.process else {
            throw Failure("transfer \(folder.number) is not running: windlass transfer resume \(folder.number)")
        }
        guard kill(process, signal) == 0 else { throw Failure("cannot reach process \(process): \(Errno.current)") }
    }

    /// The command that it is of, in the folder in which it was given.
    fileprivate func command() throws -> any TransferringCommand {
        guard FileManager.default.changeCurrentDirectoryPath(description.folder) else {
            throw Failure("cannot go to \(description.folder), where the transfer was begun")
        }
        Invocation.replace(description.arguments)
        guard let command = try Windlass.parseAsRoot(description.arguments) as? any TransferringCommand else {
            throw Failure("transfer \(folder.number) is of no command that can be taken up")
        }
        return command
    }

    private var phase: String {
        guard folder.process != nil else { return folder.status?.phase == .failed ? "failed" : "interrupted" }
        return folder.status?.phase == .paused ? "paused" : "running"
    }

    fileprivate var text: String {
        let figures = folder.status?.figures ?? TransferFigures()
        let more = figures.isListed ? "" : "+"
        let files = "\(figures.doneFiles)/\(figures.files)\(more) files"
        let bytes = "\(StatusText.size(figures.doneBytes)) of \(StatusText.size(figures.bytes))\(more)"
        let error = folder.status?.error.map { "  (\($0))" } ?? ""
        return "\(folder.number)  \(phase)  \(files)  \(bytes)  \(description.source)  \(description.target)\(error)"
    }

    fileprivate var line: String {
        let figures = folder.status?.figures ?? TransferFigures()
        var line = EventLine(phase)
        line.time = Timestamp(seconds: description.begun).iso8601
        (line.job, line.source, line.target) = (folder.number, description.source, description.target)
        (line.files, line.done, line.bytes) = (figures.files, figures.doneBytes, figures.bytes)
        (line.failed, line.text) = (figures.failed, folder.status?.error)
        return line.line
    }
}
