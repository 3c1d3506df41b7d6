import ArgumentParser
import Control
import Foundation
import FuseBridge
import Glibc
import Reports

struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Shows what mounts do and have still to store.",
        discussion: "Without a directory: all mounts of this user.")

    @Argument(help: ArgumentHelp("The directory where the bucket is mounted.", valueName: "dir"))
    var directory: String?

    @Flag(help: "Print JSON: one object for DIR, else an array.")
    var json = false

    @Flag(help: "Draw it again and again, as top does, until Ctrl-C; with --json, or not to a terminal, print it again.")
    var watch = false

    @Option(help: ArgumentHelp("With --watch: how often.", valueName: "seconds"))
    var interval = 2.0

    func validate() throws {
        guard (0.1...3600).contains(interval) else { throw ValidationError("--interval is 0.1 to 3600 seconds") }
    }

    func run() throws {
        guard watch else { return try show() }
        if !json, isatty(STDOUT_FILENO) == 1 { return try StatusScreen.run(every: interval) { try lines() } }
        let signals = SignalSet([SIGINT, SIGTERM, SIGHUP])
        repeat { try show() } while signals.wait(atMost: interval) == nil
    }

    private func lines() throws -> [String] {
        let all = try directory.map { [try RunningMount($0).status()] } ?? RunningMount.all()
        guard !all.isEmpty else { return ["nothing is mounted"] }
        return all.map { StatusText.text($0) }.joined(separator: "\n\n").split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    private func show() throws {
        if let directory {
            let status = try RunningMount(directory).status()
            json ? Terminal.say(try StatusText.json(status)) : Terminal.say(StatusText.text(status))
            return
        }
        let all = try RunningMount.all()
        if json { return Terminal.say(try StatusText.json(all)) }
        if all.isEmpty { Terminal.say("nothing is mounted") }
        for (index, status) in all.enumerated() { Terminal.say((index > 0 ? "\n" : "") + StatusText.text(status)) }
    }
}

/// A mount of this user that can be asked.
struct RunningMount {
    let mountPoint: String
    let socket: String

    /// Fails when nothing of Windlass is mounted there.
    init(_ directory: String) throws {
        do throws(FuseError) {
            mountPoint = try MountedDirectory.find(directory)
        } catch {
            throw Failure(error.description)
        }
        socket = RuntimeFolder.presentSocket(of: mountPoint)
    }

    func status() throws -> MountStatus {
        do throws(ControlError) {
            return try Self.status(at: socket)
        } catch {
            throw Failure("the mount at \(mountPoint) does not answer: \(error)")
        }
    }

    /// Sends a request and gives each answer to `body`, until it says false.
    func ask(_ request: ControlRequest, _ body: (ControlAnswer) -> Bool) throws {
        do throws(ControlError) {
            try ControlClient.conversation(socket, request, body)
        } catch {
            throw Failure("the mount at \(mountPoint): \(error)")
        }
    }

    /// Of every mount that answers, in the order of their directories.
    static func all() throws -> [MountStatus] {
        do throws(ControlError) {
            // Sockets of killed mounts do not answer, and are replaced by the next mount there.
            return try RuntimeFolder.sockets().compactMap { try? status(at: $0) }.sorted { $0.mountPoint < $1.mountPoint }
        } catch {
            throw Failure(error.description)
        }
    }

    private static func status(at socket: String) throws(ControlError) -> MountStatus {
        var found: MountStatus?
        try ControlClient.conversation(socket, ControlRequest(.status)) { answer in
            found = answer.status ?? found
            return true
        }
        guard let found else { throw ControlError(.malformed, "it gave no status") }
        return found
    }
}
