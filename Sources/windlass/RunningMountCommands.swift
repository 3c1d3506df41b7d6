import ArgumentParser
import Control
import Foundation
import FuseBridge
import Logging
import Reports

/// `windlass drop-cache DIR`
struct DropCacheCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drop-cache", abstract: "Makes a mount forget what it has read.",
        discussion: """
            In memory, on the disk and in the kernel. What has been written and is not in the store yet stays.
            A cache on the disk that other mounts share is emptied for them, too.
            """)

    @Argument(help: ArgumentHelp("The directory where the bucket is mounted.", valueName: "dir"))
    var directory: String

    func run() throws {
        try RunningMount(directory).tell(ControlRequest(.dropCache))
    }
}

/// `windlass refresh PATH`
struct RefreshCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "refresh", abstract: "Makes a mount ask the store again for a path.",
        discussion: """
            For a file, or for a folder and all below it, when somebody else has changed the bucket and --metadata-ttl is long, or --consistency is
            frozen. Costs no request by itself.
            """)

    @Argument(help: ArgumentHelp("A path in a mount; it need not be there.", valueName: "path"))
    var path: String

    func run() throws {
        let place = try MountedPath(path)
        var request = ControlRequest(.refresh)
        request.path = place.names
        try place.mount.tell(request)
    }
}

/// `windlass log-level DIR LEVEL`
struct LogLevelCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "log-level", abstract: "Changes what a running mount logs.",
        discussion: "At debug each request to the store is logged with a number, its status, its time and the store's own id for it.")

    @Argument(help: ArgumentHelp("The directory where the bucket is mounted.", valueName: "dir"))
    var directory: String

    @Argument(help: ArgumentHelp("trace, debug, info, notice, warning, error or critical.", valueName: "level"))
    var level: LogLevel

    func run() throws {
        var request = ControlRequest(.logLevel)
        request.level = level.level.rawValue
        try RunningMount(directory).tell(request)
    }
}

extension RunningMount {
    /// A request that is answered with one outcome, which is shown.
    fileprivate func tell(_ request: ControlRequest) throws {
        var outcome: FileOutcome?
        try ask(request) { answer in
            outcome = answer.outcome ?? outcome
            return true
        }
        guard let outcome else { throw Failure("the mount at \(mountPoint) gave no answer") }
        if outcome.isFailure { throw Failure(outcome.text) }
        Terminal.say(outcome.text)
    }
}

/// A path in a mount, which is found without asking the mount anything.
struct MountedPath {
    let mount: RunningMount
    /// From the top of the mount down.
    let names: [[UInt8]]

    init(_ path: String) throws {
        let all = Self.components(path)
        // From the top down: nothing below a mount is looked at.
        for count in 0...all.count {
            guard let mount = try? RunningMount("/" + all[..<count].joined(separator: "/")) else { continue }
            self.mount = mount
            names = all[count...].map { Array($0.utf8) }
            return
        }
        throw Failure("\(path) is in no mount of Windlass")
    }

    /// Without `.`, `..` and double slashes.
    private static func components(_ path: String) -> [Substring] {
        let whole = path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
        var names: [Substring] = []
        for name in whole.split(separator: "/") where name != "." {
            if name == ".." { _ = names.popLast() } else { names.append(name) }
        }
        return names
    }
}
