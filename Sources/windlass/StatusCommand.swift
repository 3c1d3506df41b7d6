import ArgumentParser
import Control
import Foundation
import FuseBridge
import Reports

struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Shows what running mounts have still to store, and what they keep aside.",
        discussion: "Without a directory: all mounts of this user.")

    @Argument(help: ArgumentHelp("The directory where the bucket is mounted.", valueName: "dir"))
    var directory: String?

    @Flag(help: "Print JSON: one object for DIR, else an array.")
    var json = false

    func run() throws {
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
        socket = RuntimeFolder.socket(of: mountPoint)
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
