import ArgumentParser
import Glibc

/// The command line of Windlass. Options and wiring only: the work is done by the layers below.
@main
struct Windlass: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "windlass",
        abstract: "Mounts a bucket of object storage as a directory.",
        discussion: """
            Begin with: windlass mount BUCKET DIR --endpoint URL
            Keys come from the environment, ~/.aws or ~/.config/windlass/credentials.
            If something is wrong: windlass doctor BUCKET --endpoint URL
            """,
        version: "windlass \(Version.text)",
        subcommands: [
            MountCommand.self, UnmountCommand.self, StatusCommand.self, SyncCommand.self, RefreshCommand.self, DropCacheCommand.self,
            LogLevelCommand.self, RecoverCommand.self, TransferCommand.self, BucketCommand.self, ObjectCommand.self, AccessKeyCommand.self,
            DoctorCommand.self,
        ],
        groupedSubcommands: [
            CommandGroup(
                name: "Short forms",
                subcommands: [LsCommand.self, CpCommand.self, MvCommand.self, RmCommand.self, ObjectCatCommand.self, DuCommand.self])
        ])

    /// Every failure is one line; the exit code tells which kind it is (`Failure.Code`).
    static func main() {
        do {
            try Invocation.begin()
            var command = try parseAsRoot(Invocation.arguments)
            try command.run()
        } catch let failure as Failure {
            Terminal.complain(failure.description)
            Invocation.end(failure.code.rawValue)
        } catch let code as ExitCode {
            Invocation.end(code.rawValue)
        } catch {
            finish(error)
        }
    }

    private static func finish(_ error: any Error) -> Never {
        guard exitCode(for: error) != .success else { exit(withError: error) }
        Terminal.complain("\(message(for: error)); see windlass --help")
        Invocation.end(Failure.Code.usage.rawValue)
    }
}

/// Why a command failed: one line that says what to do.
struct Failure: Error, CustomStringConvertible {
    /// What the program ends with.
    enum Code: Int32 {
        case failed = 1
        case usage = 2
        /// Somebody else's work, or what is there already, stands in the way.
        case conflict = 3
        /// The store, or its dialect, has nothing of the kind.
        case notOffered = 4
    }

    let description: String
    let code: Code

    init(_ description: String, code: Code = .failed) {
        self.description = description
        self.code = code
    }
}
